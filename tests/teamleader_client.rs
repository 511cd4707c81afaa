//! The CRM's client against the sandbox's CRM, and against answers no faithful service gives.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;
