//! The file host: step 2 of an upload, and the addresses that `files.download` hands out. No bearer token here; who
//! has the address may use it until it expires.

use serde_json::json;

use super::api::Refusal;
use super::model::Link;
use super::variants::{Taken, UploadAnswer};
use super::{wire, Teamleader};
use crate::{Request, Response};

impl Teamleader {
    pub(crate) fn handle_transfer(&mut self, request: &Request, now_ms: u64) -> Response {
        let response = if request.method == "OPTIONS" {
            let response =
                Response::empty(204).with_header("access-control-allow-methods", "GET, POST");
            let response = response.with_header("access-control-allow-headers", "Content-Type");
            response.with_header("access-control-max-age", "600")
        } else {
            let body = self.settings.variants.error_body;
            match self.transfer(request, now_ms) {
                Ok(response) => response,
                Err(refusal) => refusal.response(body),
            }
        };
        response.with_header("access-control-allow-origin", "*")
    }

    fn transfer(&mut self, request: &Request, now_ms: u64) -> Result<Response, Refusal> {
        // The address alone is the permission; a bearer token sent along would be one leaked to another host.
        if request.header("authorization").is_some() {
            return Err(Refusal::new(400, "Only one way to authorise is allowed"));
        }
        let path = request.path();
        let (action, secret) = path
            .trim_start_matches('/')
            .split_once('/')
            .ok_or_else(|| Refusal::not_found("location"))?;
        let expired = || Refusal::new(403, "The location has expired");
        match (request.method.as_str(), action, self.links.get(secret)) {
            ("GET", "download", Some(Link::Download { document_id, expires_ms })) => {
                if *expires_ms <= now_ms {
                    return Err(expired());
                }
                let document = self.documents.get(document_id);
                let document = document.ok_or_else(|| Refusal::not_found("file"))?;
                let bytes = document.content.bytes().to_vec();
                let response = Response::bytes(200, document.mime_type, bytes);
                let response =
                    response.with_header("content-disposition", &wire::attachment(&document.name));
                Ok(response.with_header("cache-control", "private, no-store"))
            }
            ("POST", "upload", Some(Link::Upload { upload, expires_ms })) => {
                if *expires_ms <= now_ms {
                    return Err(expired());
                }
                let content_type = request.header("content-type").unwrap_or("");
                let is_form = content_type.to_ascii_lowercase().starts_with("multipart/");
                let refuses_empty = self.settings.variants.empty_upload == Taken::Refused;
                if is_form || request.body.is_empty() && refuses_empty {
                    return Err(Refusal::new(400, "empty body"));
                }
                if request.body.len() as u64 > self.settings.variants.upload_limit_bytes {
                    return Err(Refusal::new(400, "The file is too large"));
                }
                let upload = upload.clone();
                self.permitted(&upload.subject)?;
                // An address takes one document; sent again, it is unknown.
                self.links.remove(secret);
                let id = self.store_upload(upload, request.body.clone(), now_ms);
                Ok(match self.settings.variants.upload_answer {
                    UploadAnswer::WithId => {
                        Response::json(201, &json!({ "data": { "type": "file", "id": id } }))
                    }
                    UploadAnswer::Empty => Response::empty(204),
                })
            }
            (_, "download" | "upload", Some(_)) => Err(Refusal::new(405, "Method not allowed")),
            _ => Err(Refusal::not_found("location")),
        }
    }
}
