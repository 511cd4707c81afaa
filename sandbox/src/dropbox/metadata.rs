//! Metadata as JSON: concrete (`FileMetadata`, no `.tag`) and as the union `Metadata` (with `.tag`).

use super::names::{name_of, parent_of};
use super::tree::{File, Node};
use crate::clock::utc_z;
use crate::variants::DropboxVariants;
use serde_json::{json, Value};

/// `FileMetadata` or `FolderMetadata` without `.tag`.
pub fn concrete(variants: &DropboxVariants, key: &str, display: &str, node: &Node) -> Value {
    match &node.file {
        Some(file) => file_metadata(variants, key, display, &node.id, &node.name, file),
        None => json!({
            "name": &*node.name,
            "path_lower": key,
            "path_display": shown(variants, key, display),
            "id": &*node.id,
        }),
    }
}

/// `FileMetadata` without `.tag`, also of a past revision.
pub fn file_metadata(
    variants: &DropboxVariants,
    key: &str,
    display: &str,
    id: &str,
    name: &str,
    file: &File,
) -> Value {
    json!({
        "name": name,
        "path_lower": key,
        "path_display": shown(variants, key, display),
        "id": id,
        "client_modified": utc_z(file.client_modified_ms),
        "server_modified": utc_z(file.server_modified_ms),
        "rev": &*file.rev,
        "size": file.content.size(),
        "is_downloadable": file.is_downloadable,
        "content_hash": file.content.hash(),
    })
}

/// The union `Metadata`; no node is `deleted`.
pub fn tagged(variants: &DropboxVariants, key: &str, display: &str, node: Option<&Node>) -> Value {
    let Some(node) = node else {
        return json!({
            ".tag": "deleted",
            "name": name_of(display),
            "path_lower": key,
            "path_display": shown(variants, key, display),
        });
    };
    let mut value = concrete(variants, key, display, node);
    value[".tag"] = json!(if node.file.is_some() { "file" } else { "folder" });
    value
}

fn shown(variants: &DropboxVariants, key: &str, display: &str) -> String {
    if variants.display_parents_lowered {
        return format!("{}/{}", parent_of(key), name_of(display));
    }
    display.to_string()
}
