//! Serves the world over sockets.
fn main() {}
