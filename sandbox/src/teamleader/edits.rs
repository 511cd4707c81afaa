//! What people do on the CRM's pages, as plain methods: the pages call them, and so do tests and the simulation.
//!
//! Every method returns `None` or does nothing where the record or document does not stand.

use std::sync::Arc;

use super::model::{mime_type, Content, Document, Kind, Record, Subject, Upload};
use super::variants::{Identity, SameNameUpload, Touch};
use super::Teamleader;

impl Teamleader {
    /// Makes a record; its id is drawn. For contacts the name is split at the first space.
    pub fn add_record(&mut self, kind: Kind, name: &str, now_ms: u64) -> Subject {
        let id = self.ids.uuid();
        self.add_record_with_id(kind, &id, name, now_ms)
    }

    /// As [`Teamleader::add_record`], with a given id. A record that stands there already is replaced.
    pub fn add_record_with_id(&mut self, kind: Kind, id: &str, name: &str, now_ms: u64) -> Subject {
        let subject = Subject::new(kind, id);
        let (first_name, name) = split_name(kind, name);
        self.next_number += 1;
        let record = Record {
            subject: subject.clone(),
            first_name,
            name: Some(name),
            number: self.next_number,
            added_s: now_ms / 1000,
            updated_s: now_ms / 1000,
            forbidden: false,
            details: serde_json::Map::new(),
        };
        self.records.insert(subject.clone(), record);
        subject
    }

    /// Lets a caller fill in what [`Teamleader::add_record`] leaves out (details, number, a null name).
    pub fn change_record(&mut self, subject: &Subject, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.records.get_mut(subject) {
            change(record);
        }
    }

    /// Renames a record. For contacts the name is split at the first space.
    pub fn rename_record(&mut self, subject: &Subject, name: &str, now_ms: u64) {
        let (first_name, name) = split_name(subject.kind, name);
        self.change_record(subject, |record| {
            record.first_name = first_name;
            record.name = Some(name);
            record.updated_s = (now_ms / 1000).max(record.updated_s + 1);
        });
    }

    /// From now on everybody gets 403 for the record and its documents, or no longer.
    pub fn forbid_record(&mut self, subject: &Subject, forbidden: bool) {
        self.change_record(subject, |record| record.forbidden = forbidden);
    }

    /// Deletes a record with its documents.
    pub fn delete_record(&mut self, subject: &Subject) {
        for (_, id) in self.by_record.remove(subject).unwrap_or_default() {
            self.documents.remove(&id);
        }
        self.records.remove(subject);
    }

    /// Adds a document; an empty folder name means the default folder. Returns its id. On the CRM's pages a second
    /// document of the same name stands beside the first.
    pub fn user_add(
        &mut self,
        subject: &Subject,
        folder: &str,
        name: &str,
        bytes: impl Into<Arc<[u8]>>,
        now_ms: u64,
    ) -> Option<String> {
        if !self.records.contains_key(subject) {
            return None;
        }
        let folder = if folder.is_empty() { self.default_folder() } else { folder }.to_owned();
        let uploaded_by = self.users.first().map(|user| user.id.clone());
        let document = Document {
            id: self.ids.uuid(),
            subject: subject.clone(),
            mime_type: mime_type(name),
            name: name.to_owned(),
            folder,
            content: Content::new(bytes),
            updated_s: now_ms / 1000,
            uploaded_by,
            seq: 0,
            earlier_versions: 0,
        };
        Some(self.insert_document(document))
    }

    /// Gives a document new content. Returns the id it has afterwards.
    pub fn user_edit(
        &mut self,
        id: &str,
        bytes: impl Into<Arc<[u8]>>,
        now_ms: u64,
    ) -> Option<String> {
        let identity = self.settings.variants.edit;
        let content = Content::new(bytes);
        self.change_document(id, identity, |document| {
            document.content = content;
            document.earlier_versions += 1;
            document.updated_s = (now_ms / 1000).max(document.updated_s + 1);
        })
    }

    /// Renames a document. Returns the id it has afterwards.
    pub fn user_rename(&mut self, id: &str, name: &str, now_ms: u64) -> Option<String> {
        let identity = self.settings.variants.rename;
        let touches = self.settings.variants.updated_at == Touch::EveryChange;
        self.change_document(id, identity, |document| {
            document.name = name.to_owned();
            document.mime_type = mime_type(name);
            if touches {
                document.updated_s = (now_ms / 1000).max(document.updated_s + 1);
            }
        })
    }

    /// Moves a document to a folder of its record. Returns the id it has afterwards.
    pub fn user_move(&mut self, id: &str, folder: &str, now_ms: u64) -> Option<String> {
        let identity = self.settings.variants.rename;
        let touches = self.settings.variants.updated_at == Touch::EveryChange;
        let folder = if folder.is_empty() { self.default_folder() } else { folder }.to_owned();
        self.change_document(id, identity, |document| {
            document.folder = folder;
            if touches {
                document.updated_s = (now_ms / 1000).max(document.updated_s + 1);
            }
        })
    }

    /// Deletes a document. Whether it stood.
    pub fn user_delete(&mut self, id: &str) -> bool {
        self.remove_document(id)
    }

    /// Step 2 of an upload arrived: a new document, or a new version of the one of that name.
    pub(crate) fn store_upload(&mut self, upload: Upload, bytes: Vec<u8>, now_ms: u64) -> String {
        if self.settings.variants.same_name_upload == SameNameUpload::NewVersion {
            let twin = self.documents(&upload.subject).into_iter().rev();
            let mut twin = twin.filter(|d| d.name == upload.name && d.folder == upload.folder);
            if let Some(id) = twin.next().map(|d| d.id.clone()) {
                let content = Content::new(bytes);
                self.change_document(&id, Identity::SameId, |document| {
                    document.content = content;
                    document.earlier_versions += 1;
                    document.uploaded_by = Some(upload.user_id);
                    document.updated_s = (now_ms / 1000).max(document.updated_s + 1);
                });
                return id;
            }
        }
        let document = Document {
            id: self.ids.uuid(),
            subject: upload.subject,
            mime_type: mime_type(&upload.name),
            name: upload.name,
            folder: upload.folder,
            content: Content::new(bytes),
            updated_s: now_ms / 1000,
            uploaded_by: Some(upload.user_id),
            seq: 0,
            earlier_versions: 0,
        };
        self.insert_document(document)
    }

    pub(crate) fn insert_document(&mut self, mut document: Document) -> String {
        self.next_seq += 1;
        document.seq = self.next_seq;
        let id = document.id.clone();
        let of_record = self.by_record.entry(document.subject.clone()).or_default();
        of_record.insert((document.seq, id.clone()));
        self.documents.insert(id.clone(), document);
        id
    }

    pub(crate) fn remove_document(&mut self, id: &str) -> bool {
        let Some(document) = self.documents.remove(id) else {
            return false;
        };
        if let Some(of_record) = self.by_record.get_mut(&document.subject) {
            of_record.remove(&(document.seq, document.id));
        }
        true
    }

    fn change_document(
        &mut self,
        id: &str,
        identity: Identity,
        change: impl FnOnce(&mut Document),
    ) -> Option<String> {
        if identity == Identity::SameId {
            change(self.documents.get_mut(id)?);
            return Some(id.to_owned());
        }
        let mut document = self.documents.get(id)?.clone();
        self.remove_document(id);
        change(&mut document);
        document.id = self.ids.uuid();
        Some(self.insert_document(document))
    }
}

fn split_name(kind: Kind, name: &str) -> (String, String) {
    match name.split_once(' ') {
        Some((first, last)) if kind == Kind::Contact => (first.to_owned(), last.to_owned()),
        _ => (String::new(), name.to_owned()),
    }
}
