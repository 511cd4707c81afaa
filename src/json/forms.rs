//! What is stored, and what tabs say to each other: each type's fields, for reading and for writing.
//!
//! The forms are those of serde's defaults (a variant with content is an object of one field), listed here once more
//! because of their size in WebAssembly: derived code took 110 kilobytes of it, these lists take a fourth.
//! Fields nobody knows are passed over.

use super::{key, separate, text, Read, Value, Write};
use std::rc::Rc;
use sync_core::map::Map;
use sync_core::*;

/// Something that can be a field. It is read in place, so that reading a type moves none of its fields about.
pub(crate) trait Form {
    /// One of it, to be read over.
    fn blank() -> Self
    where
        Self: Sized;

    /// Reads it; `None` where the value is of the wrong type. What it is then is not to be used.
    fn fill(&mut self, value: &Value) -> Option<()>;
}

impl<T: Form> Read for T {
    fn read(value: &Value) -> Option<Self> {
        let mut new = T::blank();
        new.fill(value)?;
        Some(new)
    }
}

/// The fields of an object, as long as all that were asked for could be read.
pub(crate) struct Fields<'v> {
    object: &'v Value,
    complete: bool,
}

impl<'v> Fields<'v> {
    /// Of this value, which has none if it is no object.
    pub(crate) fn of(object: &'v Value) -> Self {
        Self { object, complete: matches!(object, Value::Object(_)) }
    }

    /// Reads a field that has to be there, unless its type says otherwise.
    ///
    /// Never inlined: some two hundred fields are read, and a call is less code than what it does.
    #[inline(never)]
    pub(crate) fn read(&mut self, name: &str, form: &mut dyn Form) {
        // What is absent is as `null`, which an option alone takes.
        let value = self.object.field(name).unwrap_or(&Value::Null);
        self.complete &= form.fill(value).is_some();
    }

    /// Reads a field that stays blank where it is absent.
    pub(crate) fn read_if_there(&mut self, name: &str, form: &mut dyn Form) {
        if self.object.field(name).is_some() {
            self.read(name, form);
        }
    }

    /// Whether all of them could be read.
    pub(crate) fn complete(self) -> Option<()> {
        self.complete.then_some(())
    }
}

impl Form for String {
    fn blank() -> Self {
        Self::new()
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        *self = value.as_text()?.to_owned();
        Some(())
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

/// Nothing is wanted of it.
impl Form for () {
    fn blank() -> Self {}

    fn fill(&mut self, _: &Value) -> Option<()> {
        Some(())
    }
}

/// Nothing.
impl Write for () {
    fn write(&self, out: &mut String) {
        out.push_str("null");
    }
}

impl Form for bool {
    fn blank() -> Self {
        false
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        *self = match value {
            Value::True => true,
            Value::False => false,
            _ => return None,
        };
        Some(())
    }
}

impl Write for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

impl Form for u64 {
    fn blank() -> Self {
        0
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let Value::Unsigned(number) = value else { return None };
        *self = *number;
        Some(())
    }
}

impl Write for u64 {
    fn write(&self, out: &mut String) {
        push_decimal(out, *self);
    }
}

impl Form for u32 {
    fn blank() -> Self {
        0
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        *self = u32::try_from(u64::read(value)?).ok()?;
        Some(())
    }
}

impl Write for u32 {
    fn write(&self, out: &mut String) {
        u64::from(*self).write(out);
    }
}

impl<T: Form> Form for Option<T> {
    fn blank() -> Self {
        None
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Null => Some(()),
            value => self.insert(T::blank()).fill(value),
        }
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

impl<T: Form> Form for Box<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        (**self).fill(value)
    }
}

impl<T: Write> Write for Box<T> {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl<T: Form> Form for Rc<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        // What is being read is not shared yet.
        Rc::get_mut(self)?.fill(value)
    }
}

impl<T: Write> Write for Rc<T> {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl<T: Form> Form for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let Value::List(values) = value else { return None };
        self.reserve_exact(values.len());
        for value in values {
            let last = self.len();
            self.push(T::blank());
            self[last].fill(value)?;
        }
        Some(())
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
        for value in self {
            separate(out);
            value.write(out);
        }
        out.push(']');
    }
}

impl<A: Form, B: Form> Form for (A, B) {
    fn blank() -> Self {
        (A::blank(), B::blank())
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let Value::List(values) = value else { return None };
        let [first, second] = values.as_slice() else { return None };
        self.0.fill(first)?;
        self.1.fill(second)
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

impl<T: Read> Form for Map<String, T> {
    fn blank() -> Self {
        Self::new()
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let Value::Object(fields) = value else { return None };
        for (name, value) in fields {
            self.insert(name.clone(), T::read(value)?);
        }
        Some(())
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

/// Which of these names it is; each of them ends with a space.
pub(crate) fn position(names: &str, name: &str) -> Option<usize> {
    names.split_terminator(' ').position(|known| known == name)
}

/// The name at this position: [`position`]'s other half.
pub(crate) fn name_at(names: &str, position: usize) -> &str {
    names.split_terminator(' ').nth(position).unwrap_or_default()
}

/// Newtypes over text.
macro_rules! texts {
    ($($name:ident)*) => {$(
        impl Form for $name {
            fn blank() -> Self {
                Self(String::new())
            }

            fn fill(&mut self, value: &Value) -> Option<()> {
                self.0.fill(value)
            }
        }

        impl Write for $name {
            fn write(&self, out: &mut String) {
                text(out, &self.0);
            }
        }
    )*};
}

/// Structs: `Name { field, field optional, }`. What is optional stays blank where rows written earlier are without it.
macro_rules! structs {
    ($($name:ident { $($field:ident $($optional:ident)?,)* })*) => {$(
        impl $crate::json::forms::Form for $name {
            fn blank() -> Self {
                Self { $($field: $crate::json::forms::Form::blank(),)* }
            }

            fn fill(&mut self, value: &$crate::json::Value) -> Option<()> {
                let mut fields = $crate::json::forms::Fields::of(value);
                $($crate::json::forms::structs!(
                    @read fields, stringify!($field), &mut self.$field $(, $optional)?
                );)*
                fields.complete()
            }
        }

        impl $crate::json::Write for $name {
            fn write(&self, out: &mut String) {
                out.push('{');
                $($crate::json::field(out, stringify!($field), &self.$field);)*
                out.push('}');
            }
        }
    )*};
    (@read $fields:ident, $name:expr, $form:expr) => { $fields.read($name, $form) };
    (@read $fields:ident, $name:expr, $form:expr, optional) => { $fields.read_if_there($name, $form) };
}

/// Enums: variants without content, `Name(content)`, or `Name { field }`.
macro_rules! enums {
    ($($name:ident { $($variants:tt)* })*) => {$(
        impl $crate::json::forms::Form for $name {
            fn blank() -> Self {
                $crate::json::forms::enums!(@first $($variants)*)
            }

            fn fill(&mut self, value: &$crate::json::Value) -> Option<()> {
                let (name, content) = $crate::json::forms::variant(value)?;
                // Of enums whose variants all stand alone.
                let _ = content;
                $crate::json::forms::enums!(@read self, name, content, $($variants)*)
            }
        }

        impl $crate::json::Write for $name {
            fn write(&self, out: &mut String) {
                $crate::json::forms::enums!(@write self, out, $($variants)*)
            }
        }
    )*};
    // The variant's position, counted from `$at`.
    (@position $self:ident, $at:expr,) => { $at };
    (
        @position $self:ident, $at:expr,
        $variant:ident $(($content:ident))? $({ $($field:ident,)* })?, $($rest:tt)*
    ) => {
        if matches!($self, Self::$variant { .. }) {
            $at
        } else {
            $crate::json::forms::enums!(@position $self, $at + 1, $($rest)*)
        }
    };
    // The variant at this position, of those from `$at` on; its content is blank.
    (@blank $position:ident, $at:expr,) => { return None };
    (
        @blank $position:ident, $at:expr,
        $variant:ident $(($content:ident))? $({ $($field:ident,)* })?, $($rest:tt)*
    ) => {
        if $position == $at {
            $crate::json::forms::enums!(@first $variant $(($content))? $({ $($field,)* })?,)
        } else {
            $crate::json::forms::enums!(@blank $position, $at + 1, $($rest)*)
        }
    };
    (@first $variant:ident $(($content:ident))? $({ $($field:ident,)* })?, $($rest:tt)*) => {
        Self::$variant
            $(({
                let $content = $crate::json::forms::Form::blank();
                $content
            }))?
            $({ $($field: $crate::json::forms::Form::blank(),)* })?
    };
    (
        @read $self:ident, $name:ident, $value:ident,
        $($variant:ident $(($content:ident))? $({ $($field:ident,)* })?,)*
    ) => {
        {
            let names = concat!($(stringify!($variant), " "),*);
            let position = $crate::json::forms::position(names, $name)?;
            *$self = $crate::json::forms::enums!(
                @blank position, 0, $($variant $(($content))? $({ $($field,)* })?,)*
            );
            match $self {
                $(Self::$variant $(($content))? $({ $($field,)* })? => {
                    $($content.fill($value)?;)?
                    $(
                        let mut fields = $crate::json::forms::Fields::of($value);
                        $(fields.read(stringify!($field), $field);)*
                        fields.complete()?;
                    )?
                })*
            }
            Some(())
        }
    };
    (
        @write $self:ident, $out:ident,
        $($variant:ident $(($content:ident))? $({ $($field:ident,)* })?,)*
    ) => {
        {
            let position = $crate::json::forms::enums!(
                @position $self, 0, $($variant $(($content))? $({ $($field,)* })?,)*
            );
            let name = $crate::json::forms::name_at(concat!($(stringify!($variant), " "),*), position);
            match $self {
                $(Self::$variant $(($content))? $({ $($field,)* })? => {
                    #[allow(unused_mut, unused_assignments, reason = "not every variant has content")]
                    let mut plain = true;
                    $(
                        plain = false;
                        $crate::json::variant($out, name, $content);
                    )?
                    $(
                        plain = false;
                        $crate::json::open_variant($out, name);
                        $($crate::json::field($out, stringify!($field), $field);)*
                        $crate::json::close_variant($out);
                    )?
                    if plain {
                        $crate::json::text($out, name);
                    }
                })*
            }
        }
    };
}

pub(crate) use {enums, structs};

texts! { DocumentId FileId FolderId Revision ContentHash Cursor }

impl Form for RecordKind {
    fn blank() -> Self {
        Self::Contact
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        *self = Self::from_word(value.as_text()?)?;
        Some(())
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
        schema, cursor, links, refused_kinds, slash_refused, astral_refused optional, default_folder,
        paused, last_cycle_ms, due_ms, halt, named_ms, shared optional,
    }
    Link {
        record, name, named, folder, folder_removed, pressed, dirty, listed_ms, settled_ms,
        synced_count, file_count, problem_count, halt, confirmed, rests_until_ms, shared optional,
    }
    FolderEntry { id, path, path_lower, }
    Shared { browser, generation, retired, mine, files, unlinked, }
    SharedFile { name, seen, known, due, }
    Lease { generation, holder, state, slash_refused, astral_refused, default_folder, }
    Share { generation, records, }
    SharedRecord { record, name, named, folder, pairs, }
    StoredRecord { schema, nodes, documents, pairs, attempts, refusals, activity, }
    Document { id, place, nfc, size_bytes, updated_at, hash, }
    Pair { crm, dropbox, hash, superseded optional, lost_path, }
    CrmSide { id, place, size_bytes, updated_at, }
    DropboxSide { id, path, rev, }
    Attempt { place, hash, file, replaces, at_ms, }
    Refusal { subject, reason, }
    Status { running, paused, error, halt, last_cycle_ms, due_ms, links, }
    LinkStatus { record, name, state, synced_count, problem_count, settled_ms, }
    RecordStatus {
        record, name, state, folder, one_way, progress, settled_ms, items, problems, activity,
        affected optional, cancelled optional,
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
    RecordState { Queued, Working, Settled, Halted(halt), }
    Mark { Both, OnItsWay, CrmOnly, DropboxOnly, ConflictedCopy, Refused(reason), }
    ProblemKind { Refused(reason), OutOfSpace, OneWay, NewerInDropbox, }
    Halt {
        CrmEmpty { synced_count, }, ManyDeletes { delete_count, synced_count, },
        ManyChanges { change_count, synced_count, side, }, FolderRemoved, CrmForbidden, CrmGone,
        Malformed, AllFoldersGone, AppFolderGone,
    }
    Happened {
        Linked, CopiedToDropbox, UpdatedInDropbox, CopiedToCrm, UpdatedInCrm,
        MovedInDropbox { from, }, MovedInCrm { from, }, DeletedInDropbox, KeptInCrm,
        KeptBoth { copy, }, Refused(reason), FolderMoved, FolderKept, Halted(halt),
        Decided { confirmed, },
    }
}
