//! Dropbox's pages.
use super::Dropbox;
use crate::message::{Request, Response};
use crate::world::Ctx;
impl Dropbox {
    pub(super) fn handle_pages(&mut self, _ctx: &mut Ctx, _request: &Request) -> Response {
        Response::empty(404)
    }
}
