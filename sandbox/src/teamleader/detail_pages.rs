//! The detail pages of records at the addresses that the API's `web_url` names, without any place for a plugin.
//!
//! `company_detail.php?id=<uuid>` and `contact_detail.php?id=<uuid>` are documented; those of the other three kinds are
//! named alike here, which nobody promises. What a page looks like inside is not documented at all: a widget with the
//! record's documents stands in it, or only a tab at the edge, as the variant `documents-place` says. The markup is
//! this sandbox's own. What the page does is in `detail.js`, over the CRM's private interface.

use super::model::{Kind, Record, Subject};
use super::variants::DocumentsPlace;
use super::{pages, Teamleader};
use crate::{html_escape, Request, Response};

const ADDRESSES: [(&str, &[Kind]); 5] = [
    ("/company_detail.php", &[Kind::Company]),
    ("/contact_detail.php", &[Kind::Contact]),
    ("/project_detail.php", &[Kind::NextgenProject, Kind::Project]),
    ("/meeting_detail.php", &[Kind::Meeting]),
    ("/product_detail.php", &[Kind::Product]),
];

impl Teamleader {
    /// `None`: not the address of a detail page.
    pub(super) fn handle_detail_page(&self, request: &Request) -> Option<Response> {
        let (_, kinds) = ADDRESSES.iter().find(|(path, _)| *path == request.path())?;
        if self.visitor(request).is_none() {
            return Some(self.sign_in_form(&request.target));
        }
        let id = request.query_value("id").unwrap_or_default();
        let record = kinds
            .iter()
            .find_map(|kind| self.records.get(&Subject::new(*kind, id.as_str())))
            .filter(|record| !record.forbidden);
        Some(match record {
            Some(record) => Response::html(200, &self.detail_page(record)),
            None => {
                Response::html(404, &pages::small("Not found", "<h1>This page does not exist</h1>"))
            }
        })
    }

    fn detail_page(&self, record: &Record) -> String {
        let name = html_escape(&record.display_name());
        let (kind, module) = (record.subject.kind.name(), record.subject.kind.module());
        let count = self.documents(&record.subject).len();
        let documents = match self.settings.variants.documents_place {
            DocumentsPlace::Widget => {
                "<section class=\"island widget files-widget\" data-widget=files \
                 aria-labelledby=files-title><header class=widget-header><h2 id=files-title>\
                 Files</h2><label class=\"button button-small\">Add<input type=file multiple hidden \
                 id=add></label></header><table><thead><tr><th>Name<th class=optional>Folder\
                 <th class=optional>Date added<th></tr></thead><tbody id=files></tbody></table>\
                 </section>"
                    .to_owned()
            }
            DocumentsPlace::Tab => format!("<button class=files-tab>Files ({count})</button>"),
        };
        format!(
            "<!doctype html><html lang=en><head><meta charset=utf-8>\
             <meta name=viewport content=\"width=device-width, initial-scale=1\">\
             <title>{name} · CRM</title><link rel=stylesheet href=\"/assets/crm.css\">\
             <link rel=stylesheet href=\"/assets/detail.css\">\
             <script type=module src=\"/assets/detail.js\"></script></head>\
             <body data-module={module} data-id=\"{id}\" data-kind={kind}>\
             <header class=top><div class=brand><span class=brand-mark></span>Lumen &amp; Co</div>\
             </header><main class=detail><div class=record-head><h1>{name}</h1></div>\
             <div class=columns><div class=column-main><section class=\"island widget\">\
             <header class=widget-header><h2>Details</h2></header><p class=\"hint padded\">\
             Number {number}</p></section></div><div class=column-side>{documents}</div></div>\
             </main><div id=toasts role=status aria-live=polite></div></body></html>",
            id = html_escape(&record.subject.id),
            number = record.number,
        )
    }
}
