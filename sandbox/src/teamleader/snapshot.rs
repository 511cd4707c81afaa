//! The whole account in and out as JSON, for the control port: `POST /seed` and `GET /state`.

use serde_json::{json, Value};

use super::model::{date_time, Kind, Subject};
use super::{wire, Teamleader};

impl Teamleader {
    /// Adds records and documents.
    ///
    /// ```json
    /// {"clear": true, "records": [{"kind": "company", "id": "…", "name": "Pied Piper", "details": {},
    ///   "documents": [{"name": "a.txt", "folder": "Contracts/2026", "text": "…"},
    ///                 {"name": "b.bin", "base64": "…"}, {"name": "c.bin", "size": 4194304}]}]}
    /// ```
    /// `id`, `details`, `folder` and `documents` may be missing; `size` makes that many bytes, different for each name.
    /// A record that stands keeps its documents and gets these too. Returns the subjects and document ids made:
    /// `{"records":[{"kind":…,"id":…,"documents":[…]}]}`.
    ///
    /// # Errors
    /// What is wrong with the JSON; what came before it stays.
    pub fn seed(&mut self, seed: &Value, now_ms: u64) -> Result<Value, String> {
        if seed["clear"] == true {
            let subjects: Vec<Subject> = self.records.keys().cloned().collect();
            subjects.iter().for_each(|subject| self.delete_record(subject));
        }
        let mut made = Vec::new();
        for row in seed["records"].as_array().into_iter().flatten() {
            let kind = row["kind"].as_str().and_then(Kind::parse);
            let kind = kind.ok_or_else(|| format!("no kind of record: {}", row["kind"]))?;
            let id = row["id"].as_str().map_or_else(|| self.ids.uuid(), str::to_owned);
            let mut subject = Subject::new(kind, &id);
            if !self.records.contains_key(&subject) {
                let name = row["name"].as_str().unwrap_or("");
                subject = self.add_record_with_id(kind, &id, name, now_ms);
                self.change_record(&subject, |record| {
                    if row["name"].is_null() && kind == Kind::Product {
                        record.name = None;
                    }
                    if let Some(details) = row["details"].as_object() {
                        record.details = details.clone();
                    }
                });
            }
            let mut documents = Vec::new();
            for document in row["documents"].as_array().into_iter().flatten() {
                let name = document["name"].as_str().ok_or("a document without a name")?;
                let bytes = seed_bytes(document, name)?;
                let folder = document["folder"].as_str().unwrap_or("");
                documents.extend(self.user_add(&subject, folder, name, bytes, now_ms));
            }
            made.push(json!({ "kind": kind.name(), "id": id, "documents": documents }));
        }
        Ok(json!({ "records": made }))
    }

    /// Calls of the control port below `/crm/`: what people do on the CRM's pages, for scripts.
    ///
    /// `POST sample {}` · `record/rename {kind,id,name}` · `record/forbid {kind,id,forbidden}` · `record/delete
    /// {kind,id}` · `document/add {kind,id,folder,name,text|base64|size}` · `document/edit {document,text|…}` ·
    /// `document/rename {document,name}` · `document/move {document,folder}` · `document/delete {document}` ·
    /// `documents/delete {documents}` (all at once: no listing sees a part of it) · `plugin {installed}` · `tokens/expire {}`. Those that end with a document answer `{"document": id}`.
    ///
    /// # Errors
    /// The call is unknown, or the record or document does not stand.
    pub fn control(
        &mut self,
        method: &str,
        rest: &str,
        body: &Value,
        now_ms: u64,
    ) -> Result<Value, String> {
        let text = |name: &str| body[name].as_str().unwrap_or("").to_owned();
        let id = text("document");
        let after = |id: Option<String>| {
            id.map(|id| json!({ "document": id }))
                .ok_or_else(|| "there is no such record or document".to_owned())
        };
        let subject = || -> Result<Subject, String> {
            let kind = body["kind"].as_str().and_then(Kind::parse);
            let subject = Subject::new(kind.ok_or("no such kind")?, text("id"));
            let stands = self.records.contains_key(&subject);
            stands.then_some(subject).ok_or_else(|| "there is no such record".to_owned())
        };
        match (method, rest) {
            ("POST", "sample") => self.load_sample(now_ms),
            ("POST", "record/rename") => {
                let subject = subject()?;
                self.rename_record(&subject, &text("name"), now_ms);
            }
            ("POST", "record/forbid") => {
                let subject = subject()?;
                self.forbid_record(&subject, body["forbidden"] == true);
            }
            ("POST", "record/delete") => {
                let subject = subject()?;
                self.delete_record(&subject);
            }
            ("POST", "document/add") => {
                let (subject, name) = (subject()?, text("name"));
                let bytes = seed_bytes(body, &name)?;
                return after(self.user_add(&subject, &text("folder"), &name, bytes, now_ms));
            }
            ("POST", "document/edit") => {
                let bytes = seed_bytes(body, &id)?;
                return after(self.user_edit(&id, bytes, now_ms));
            }
            ("POST", "document/rename") => {
                return after(self.user_rename(&id, &text("name"), now_ms));
            }
            ("POST", "document/move") => {
                return after(self.user_move(&id, &text("folder"), now_ms));
            }
            ("POST", "document/delete") => {
                if !self.user_delete(&id) {
                    return Err("there is no such document".to_owned());
                }
            }
            ("POST", "documents/delete") => {
                let ids = body["documents"].as_array().into_iter().flatten();
                for id in ids.filter_map(Value::as_str) {
                    if !self.user_delete(id) {
                        return Err(format!("there is no document {id}"));
                    }
                }
            }
            ("POST", "tokens/expire") => self.expire_tokens(),
            ("POST", "plugin") => {
                // From now on the marketplace offers another version.
                if let Some(path) = body["offer"].as_str() {
                    self.offered = Some(path.into());
                }
                match body["installed"].as_bool() {
                    Some(true) => self.install_plugin()?,
                    Some(false) => self.installed = None,
                    None => {}
                }
            }
            _ => return Err(format!("no such control call: /crm/{rest}")),
        }
        Ok(json!({}))
    }

    /// Every record with its documents and their Dropbox content hashes, in a fixed order.
    pub fn state(&self) -> Value {
        let records: Vec<Value> = self
            .records
            .values()
            .map(|record| {
                let mut documents = self.documents(&record.subject);
                documents
                    .sort_by(|a, b| (&a.folder, &a.name, a.seq).cmp(&(&b.folder, &b.name, b.seq)));
                let documents: Vec<Value> = documents
                    .into_iter()
                    .map(|d| {
                        json!({
                            "id": d.id, "name": d.name, "folder": d.folder,
                            "size": d.content.bytes().len(),
                            "content_hash": d.content.hash(),
                            "updated_at": date_time(d.updated_s),
                        })
                    })
                    .collect();
                json!({
                    "kind": record.subject.kind.name(), "module": record.subject.kind.module(),
                    "id": record.subject.id, "name": record.display_name(),
                    "number": record.number, "documents": documents,
                })
            })
            .collect();
        json!({
            "account_id": self.account_id,
            "default_folder": self.default_folder(),
            "plugin_installed": self.installed.is_some(),
            "users": self.users.iter()
                .map(|u| json!({ "id": u.id, "first_name": u.first_name, "last_name": u.last_name }))
                .collect::<Vec<Value>>(),
            "records": records,
        })
    }
}

fn seed_bytes(document: &Value, name: &str) -> Result<Vec<u8>, String> {
    if let Some(text) = document["text"].as_str() {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some(text) = document["base64"].as_str() {
        return wire::base64(text).ok_or_else(|| format!("{name}: not base64"));
    }
    match document["size"].as_u64() {
        Some(size) => Ok(filler(name, size as usize)),
        None => Err(format!("{name}: needs text, base64 or size")),
    }
}

/// Bytes that differ by name and do not repeat within a block: a mixed-up upload cannot hash alike.
fn filler(name: &str, size: usize) -> Vec<u8> {
    let seed = name.bytes().fold(size as u64, |n, b| n.wrapping_mul(31) + u64::from(b));
    let mut ids = super::model::Ids::new(seed);
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        bytes.extend_from_slice(&ids.bits().to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}
