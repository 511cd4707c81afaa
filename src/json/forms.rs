//! What is stored, and what tabs say to each other: each type's fields, for reading and for writing.
//!
//! The forms are those of serde's defaults (a variant with content is an object of one field), listed here once more
//! because of their size in WebAssembly: derived code took 110 kilobytes of it, these lists take a fourth.
//! A field that is absent takes what stands behind `=`; fields nobody knows are passed over.

use super::{key, text, Read, Value, Write};
use sync_core::map::Map;
use sync_core::*;

impl Read for String {
    fn read(value: &Value) -> Option<Self> {
        value.as_text().map(str::to_owned)
    }
}

impl Write for String {
    fn write(&self, out: &mut String) {
        text(out, self);
    }
}

impl Write for str {
    fn write(&self, out: &mut String) {
        text(out, self);
    }
}

impl<T: Write + ?Sized> Write for &T {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

/// Nothing.
impl Write for () {
    fn write(&self, out: &mut String) {
        out.push_str("null");
    }
}

impl Read for bool {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }
}

impl Write for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

impl Read for u64 {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Unsigned(number) => Some(*number),
            _ => None,
        }
    }
}

impl Write for u64 {
    fn write(&self, out: &mut String) {
        out.push_str(&self.to_string());
    }
}

impl Read for u32 {
    fn read(value: &Value) -> Option<Self> {
        u32::try_from(u64::read(value)?).ok()
    }
}

impl Write for u32 {
    fn write(&self, out: &mut String) {
        u64::from(*self).write(out);
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => out.push_str("null"),
        }
    }
}

impl<T: Read> Read for Box<T> {
    fn read(value: &Value) -> Option<Self> {
        T::read(value).map(Box::new)
    }
}

impl<T: Write> Write for Box<T> {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, out: &mut String) {
        self.as_slice().write(out);
    }
}

impl<T: Write> Write for [T] {
    fn write(&self, out: &mut String) {
        out.push('[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            value.write(out);
        }
        out.push(']');
    }
}

impl<A: Read, B: Read> Read for (A, B) {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::List(values) => match values.as_slice() {
                [first, second] => Some((A::read(first)?, B::read(second)?)),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<A: Write, B: Write> Write for (A, B) {
    fn write(&self, out: &mut String) {
        out.push('[');
        self.0.write(out);
        out.push(',');
        self.1.write(out);
        out.push(']');
    }
}

impl<T: Read> Read for Map<String, T> {
    fn read(value: &Value) -> Option<Self> {
        let Value::Object(fields) = value else { return None };
        let mut map = Map::new();
        for (name, value) in fields {
            map.insert(name.clone(), T::read(value)?);
        }
        Some(map)
    }
}

impl<T: Write> Write for Map<String, T> {
    fn write(&self, out: &mut String) {
        out.push('{');
        for (name, value) in self {
            key(out, name);
            value.write(out);
        }
        out.push('}');
    }
}

/// What a field holds; absent where the type says what that means.
pub(crate) fn field<T: Read>(found: Option<&Value>) -> Option<T> {
    match found {
        Some(value) => T::read(value),
        None => T::absent(),
    }
}

/// A variant's name and its content: `"Name"` or `{"Name": content}`.
pub(crate) fn variant(value: &Value) -> Option<(&str, &Value)> {
    match value {
        Value::Text(name) => Some((name, &Value::Null)),
        Value::Object(fields) => match fields.as_slice() {
            [(name, content)] => Some((name, content)),
            _ => None,
        },
        _ => None,
    }
}

/// Newtypes over text.
macro_rules! texts {
    ($($name:ident)*) => {$(
        impl Read for $name {
            fn read(value: &Value) -> Option<Self> {
                String::read(value).map(Self)
            }
        }

        impl Write for $name {
            fn write(&self, out: &mut String) {
                text(out, &self.0);
            }
        }
    )*};
}

/// Structs: `Name { field, field = when absent }`.
macro_rules! structs {
    ($($name:ident { $($field:ident $(= $absent:expr)?,)* })*) => {$(
        impl $crate::json::Read for $name {
            fn read(value: &$crate::json::Value) -> Option<Self> {
                if !matches!(value, $crate::json::Value::Object(_)) {
                    return None;
                }
                Some(Self {
                    $($field: match value.field(stringify!($field)) {
                        $(None => $absent,)?
                        found => $crate::json::forms::field(found)?,
                    },)*
                })
            }
        }

        impl $crate::json::Write for $name {
            fn write(&self, out: &mut String) {
                out.push('{');
                $(
                    $crate::json::key(out, stringify!($field));
                    $crate::json::Write::write(&self.$field, out);
                )*
                out.push('}');
            }
        }
    )*};
}

/// Enums: variants without content, `Name(content)`, or `Name { field }`.
macro_rules! enums {
    ($($name:ident {
        $($variant:ident $(($content:ident))? $({ $($field:ident,)* })?,)*
    })*) => {$(
        impl $crate::json::Read for $name {
            fn read(value: &$crate::json::Value) -> Option<Self> {
                let (name, content) = $crate::json::forms::variant(value)?;
                // Of enums whose variants all stand alone.
                let _ = content;
                Some(match name {
                    $(stringify!($variant) => Self::$variant
                        $(({
                            let $content = $crate::json::Read::read(content)?;
                            $content
                        }))?
                        $({ $($field: $crate::json::forms::field(content.field(stringify!($field)))?,)* })?,
                    )*
                    _ => return None,
                })
            }
        }

        impl $crate::json::Write for $name {
            fn write(&self, out: &mut String) {
                match self {
                    $(Self::$variant $(($content))? $({ $($field,)* })? => {
                        #[allow(unused_mut, unused_assignments, reason = "not every variant has content")]
                        let mut plain = true;
                        $(
                            plain = false;
                            out.push('{');
                            $crate::json::key(out, stringify!($variant));
                            $crate::json::Write::write($content, out);
                            out.push('}');
                        )?
                        $(
                            plain = false;
                            out.push('{');
                            $crate::json::key(out, stringify!($variant));
                            out.push('{');
                            $(
                                $crate::json::key(out, stringify!($field));
                                $crate::json::Write::write($field, out);
                            )*
                            out.push_str("}}");
                        )?
                        if plain {
                            $crate::json::text(out, stringify!($variant));
                        }
                    })*
                }
            }
        }
    )*};
}

pub(crate) use {enums, structs};

texts! { DocumentId FileId FolderId Revision ContentHash Cursor }

impl Read for RecordKind {
    fn read(value: &Value) -> Option<Self> {
        Self::from_word(value.as_text()?)
    }
}

impl Write for RecordKind {
    fn write(&self, out: &mut String) {
        text(out, self.word());
    }
}

structs! {
    Record { kind, id, }
    Place { folder, name, }
    StoredIndex {
        schema, cursor, links, refused_kinds, slash_refused, astral_refused = false, default_folder,
        paused, last_cycle_ms, due_ms, halt, named_ms, shared = Shared::default(),
    }
    Link {
        record, name, named, folder, folder_removed, pressed, dirty, listed_ms, settled_ms,
        synced_count, file_count, problem_count, halt, confirmed, rests_until_ms, shared = false,
    }
    LinkedFolder { id, path, path_lower, }
    Shared { browser, generation, retired, mine, files, unlinked, }
    SharedFile { name, seen, known, due, }
    Lease { generation, holder, state, slash_refused, astral_refused, default_folder, }
    Share { generation, records, }
    SharedRecord { record, name, named, folder, pairs, }
    StoredRecord { schema, nodes, documents, pairs, attempts, refusals, activity, }
    SeenDocument { id, place, nfc, size_bytes, updated_at, hash, }
    Pair { crm, dropbox, hash, superseded = Vec::new(), lost_path, }
    CrmSide { id, place, size_bytes, updated_at, }
    DropboxSide { id, path, rev, }
    Attempt { place, hash, file, replaces, at_ms, }
    Refusal { subject, reason, }
    Status { running, paused, error, halt, last_cycle_ms, due_ms, links, }
    LinkStatus { record, name, state, synced_count, problem_count, settled_ms, }
    RecordStatus {
        record, name, state, folder, one_way, progress, settled_ms, items, problems, activity,
        affected = Vec::new(), cancelled = false,
    }
    Item { place, document, file, path, mark, }
    Progress { done_count, total_count, done_bytes, total_bytes, current, started_ms, }
    Problem { place, kind, }
    Activity { at_ms, name, what, }
    SyncReport {
        to_dropbox, to_crm, moved, deleted, conflicts, problems, halted, requests, duration_ms,
        error,
    }
}

enums! {
    Side { Crm, Dropbox, }
    LeaseState { Free, Held, Retired, }
    Reason { TooLarge, Name, Restricted, Unsupported, Damaged, CrmRefused, DropboxRefused, }
    Failure {
        Unavailable(side), Unauthorized(side), Forbidden, NotFound, CursorReset, Conflict,
        Refused(reason), OutOfSpace, KindRefused, SlashRefused, TooManyFiles, Store,
        Newer, Malformed(side), Cancelled,
    }
    Node { Folder { name, }, File { name, id, rev, size_bytes, hash, }, }
    Subject { Document { id, updated_at, place, }, File { id, rev, path, }, }
    RecordState { NotLinked, Queued, Working, Settled, Halted(halt), }
    Mark { Both, OnItsWay, CrmOnly, DropboxOnly, ConflictedCopy, Refused(reason), }
    ProblemKind { Refused(reason), OutOfSpace, OneWay, NewerInDropbox, }
    Halt {
        CrmEmpty { synced_count, }, ManyDeletes { delete_count, synced_count, },
        ManyChanges { change_count, synced_count, side, }, FolderRemoved, CrmForbidden, CrmGone,
        Malformed, AllFoldersGone, AppFolderGone, WrongAccount,
    }
    Happened {
        Linked, CopiedToDropbox, UpdatedInDropbox, CopiedToCrm, UpdatedInCrm, Matched,
        MovedInDropbox { from, }, MovedInCrm { from, }, DeletedInDropbox, KeptInCrm,
        KeptBoth { copy, }, Refused(reason), FolderMoved, FolderKept, Halted(halt),
        Decided { confirmed, },
    }
}
