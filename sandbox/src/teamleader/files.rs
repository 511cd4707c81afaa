//! `files.*`: documents through the API. The bytes themselves pass over the file host, `transfer.rs`.

use serde_json::{json, Value};

use super::api::{Answer, Call, Refusal};
use super::model::{date_time, Document, Kind, Link, Subject, Upload};
use super::variants::{DeletedSubject, FolderSlash, ListOrder};
use super::Teamleader;

impl Teamleader {
    pub(crate) fn files_list(&self, call: &Call) -> Answer {
        let subject = &call.body["filter"]["subject"];
        if subject.is_null() {
            return Err(Refusal::field("filter.subject", "filter.subject must be present"));
        }
        let subject = call.subject(subject)?;
        let (number, size) = call.page()?;
        match self.permitted(&subject) {
            Ok(()) => {}
            Err(refusal)
                if refusal.status == 404
                    && self.settings.variants.deleted_subject == DeletedSubject::EmptyList => {}
            Err(refusal) => return Err(refusal),
        }
        let mut documents = self.documents(&subject);
        // A sort given as a list of strings is ignored, as every unknown sort is.
        let asked = call.body["sort"].as_array().is_some_and(|sorts| {
            sorts.iter().any(|s| {
                s["field"] == "updated_at" && (s["order"] == "desc" || s["order"].is_null())
            })
        });
        match self.settings.variants.list_order {
            _ if asked => newest_first(&mut documents),
            ListOrder::NewestFirst => newest_first(&mut documents),
            ListOrder::OldestFirst => {}
            ListOrder::ByName => documents.sort_by(|a, b| (&a.name, a.seq).cmp(&(&b.name, b.seq))),
        }
        let rows = documents.into_iter().skip(number.saturating_mul(size)).take(size);
        Ok(Some(json!({ "data": rows.map(row).collect::<Vec<Value>>() })))
    }

    pub(crate) fn files_info(&self, call: &Call) -> Answer {
        let document = self.permitted_document(call)?;
        Ok(Some(json!({ "data": row(document) })))
    }

    pub(crate) fn files_download(&mut self, call: &Call) -> Answer {
        let document_id = self.permitted_document(call)?.id.clone();
        let expires_ms = self.link_expiry_ms(call.now_ms);
        let secret = self.ids.secret();
        self.drop_expired_links(call.now_ms);
        self.links.insert(secret.clone(), Link::Download { document_id, expires_ms });
        Ok(Some(self.location(call, "download", &secret, expires_ms)))
    }

    pub(crate) fn files_upload(&mut self, call: &Call) -> Answer {
        let name = call.text("name")?.to_owned();
        if name.is_empty() {
            return Err(Refusal::field("name", "name must not be empty"));
        }
        let subject = call.subject(&call.body["subject"])?;
        if self.settings.strict_public_api && !subject.kind.upload_is_documented() {
            let title = format!("subject.type {} is not supported", subject.kind.name());
            return Err(Refusal::field("subject.type", title));
        }
        self.permitted(&subject)?;
        let folder = match &call.body["folder"] {
            Value::Null => self.default_folder().to_owned(),
            Value::String(folder) if folder.is_empty() => self.default_folder().to_owned(),
            Value::String(folder) => folder.clone(),
            _ => return Err(Refusal::field("folder", "folder must be a string")),
        };
        if folder.contains('/') && self.settings.variants.folder_slash == FolderSlash::Refused {
            return Err(Refusal::field("folder", "folder must not contain /"));
        }
        let expires_ms = self.link_expiry_ms(call.now_ms);
        let secret = self.ids.secret();
        let user_id = call.user.id.clone();
        let upload = Upload { subject, name, folder, user_id };
        self.drop_expired_links(call.now_ms);
        self.links.insert(secret.clone(), Link::Upload { upload, expires_ms });
        Ok(Some(self.location(call, "upload", &secret, expires_ms)))
    }

    pub(crate) fn files_delete(&mut self, call: &Call) -> Answer {
        let id = self.permitted_document(call)?.id.clone();
        self.remove_document(&id);
        Ok(None)
    }

    /// 404 for a record that does not stand, 403 for a forbidden one.
    pub(crate) fn permitted(&self, subject: &Subject) -> Result<(), Refusal> {
        match self.records.get(subject) {
            None => Err(Refusal::not_found(subject.kind.name())),
            Some(record) if record.forbidden => Err(Refusal::new(403, "Forbidden")),
            Some(_) => Ok(()),
        }
    }

    fn permitted_document(&self, call: &Call) -> Result<&Document, Refusal> {
        let document = self.documents.get(call.text("id")?);
        let document = document.ok_or_else(|| Refusal::not_found("file"))?;
        self.permitted(&document.subject)?;
        Ok(document)
    }

    fn link_expiry_ms(&self, now_ms: u64) -> u64 {
        // Whole seconds, as the answer writes them: the link dies when it says so.
        (now_ms / 1000 + self.settings.variants.link_lifetime_s) * 1000
    }

    fn location(&self, call: &Call, action: &str, secret: &str, expires_ms: u64) -> Value {
        let base = self.base_url(call.request, 2);
        json!({ "data": {
            "location": format!("{base}/{action}/{secret}"),
            "expires_at": date_time(expires_ms / 1000),
        } })
    }

    /// Expired links are kept for an hour, so that using one is told from guessing one; then nobody asks any more.
    fn drop_expired_links(&mut self, now_ms: u64) {
        if self.links.len() > 4096 {
            self.links.retain(|_, link| {
                let (Link::Download { expires_ms, .. } | Link::Upload { expires_ms, .. }) = link;
                *expires_ms + 3_600_000 > now_ms
            });
        }
    }
}

fn newest_first(documents: &mut [&Document]) {
    documents.sort_by_key(|d| std::cmp::Reverse((d.updated_s, d.seq)));
}

fn row(document: &Document) -> Value {
    let uploaded_by = document.uploaded_by.as_ref();
    json!({
        "id": document.id,
        "subject": { "type": document.subject.kind.name(), "id": document.subject.id },
        "name": document.name,
        "mime_type": document.mime_type,
        "size": document.content.bytes().len(),
        "updated_at": date_time(document.updated_s),
        "uploaded_by": uploaded_by.map(|id| json!({ "type": "user", "id": id })),
        "folder": document.folder,
    })
}

/// Which module's `migrate.id` type this is; new projects never had an integer id.
pub(crate) fn migrated(kind: &str) -> Option<Kind> {
    Kind::parse(kind).filter(|kind| *kind != Kind::NextgenProject)
}
