//! The lists below the panel's head as elements: problems, conflicts, documents with their marks, activity.

use super::icons::{self, icon};
use super::local::{Local, Message};
use super::markup::{anchor, press, sentence};
use super::model::{
    Action, ActivityRow, ConflictRow, DocumentRow, MarkWord, PanelView, ProblemRow, Target,
};
use super::node::{el, part, Element, Node};
use super::text::{t, Arg};
use super::words::{name, Words};
use std::rc::Rc;

/// Times in the activity list are drawn again this often (ms).
const MINUTE_MS: u64 = 60_000;

/// The long lists as they were drawn last: a copy of 500 documents moves the head ten times a second, and
/// these lists only now and then.
#[derive(Debug, Default)]
pub struct Seen {
    documents: Option<(Rc<Vec<DocumentRow>>, usize)>,
    activity: Option<(Rc<Vec<ActivityRow>>, u64)>,
}

/// Puts the lists below a panel's head.
pub fn below(
    panel: Box<Element>,
    view: &PanelView,
    words: &Words,
    local: &Local,
    now_ms: u64,
    seen: &mut Seen,
) -> Box<Element> {
    panel
        .maybe(problems(&view.problems, words))
        .maybe(conflicts(&view.conflicts, words))
        .maybe(documents(&view.documents, words, local, seen))
        .maybe(activity(&view.activity, words, now_ms, seen))
}

fn problems(rows: &[ProblemRow], words: &Words) -> Option<Box<Element>> {
    if rows.is_empty() {
        return None;
    }
    let rows = rows.iter().map(|row| {
        el("li").class("problem").child(icon(icons::TROUBLE)).child(
            el("div")
                .child(el("p").class("name").child(name(&row.name)))
                .child(sentence("p", "why", &row.text, words)),
        )
    });
    Some(part("ul", "problems").attr("aria-label", words.word("problems")).all(rows))
}

fn conflicts(rows: &[ConflictRow], words: &Words) -> Option<Box<Element>> {
    if rows.is_empty() {
        return None;
    }
    let version = |(file, path): &(String, Option<String>), label: &'static str| {
        el("p")
            .class("version")
            .child(el("span").class("whose").word(words, label))
            .child(linked_name(file, path.as_deref(), words))
    };
    let rows = rows.iter().map(|row| {
        let original = (!row.original.0.is_empty()).then(|| version(&row.original, "version_crm"));
        el("li")
            .class("conflict")
            .child(icon(icons::CONFLICT))
            .child(el("div").maybe(original).child(version(&row.copy, "version_dropbox")))
    });
    Some(part("ul", "conflicts").attr("aria-label", words.word("conflicts")).all(rows))
}

/// A file's name; as a link to Dropbox if it stands there.
fn linked_name(file: &str, path: Option<&str>, words: &Words) -> Box<Element> {
    match path.and_then(|path| words.href(&Target::Path(path.to_owned()))) {
        Some(href) => {
            anchor(href).class("file").attr("title", words.word("open")).child(name(file))
        }
        None => el("span").class("file").child(name(file)),
    }
}

/// A part that opens and closes; the browser remembers whether it is open.
fn fold(class: &'static str, title: String, open: bool) -> Box<Element> {
    let fold = part("details", class);
    let fold = if open { fold.attr("open", "") } else { fold };
    fold.child(part("summary", "summary").child(icon(icons::CHEVRON)).child(el("h3").text(title)))
}

fn documents(
    rows: &Rc<Vec<DocumentRow>>,
    words: &Words,
    local: &Local,
    seen: &mut Seen,
) -> Option<Box<Element>> {
    if rows.is_empty() {
        seen.documents = None;
        return None;
    }
    let shown = local.documents_shown;
    let title = t("documents").count(rows.len() as u64);
    let fold = fold("documents", words.say(&title), true);
    if seen
        .documents
        .as_ref()
        .is_some_and(|(last, last_shown)| last == rows && *last_shown == shown)
    {
        return Some(fold.keep());
    }
    seen.documents = Some((rows.clone(), shown));
    let list = part("ul", "rows").all(rows.iter().take(shown).map(|row| document(row, words)));
    Some(fold.child(list).maybe(more(rows.len(), shown, Message::MoreDocuments, words)))
}

/// The button below a list that shows more of it.
pub fn more(count: usize, shown: usize, message: Message, words: &Words) -> Option<Box<Element>> {
    let left = count.saturating_sub(shown) as u64;
    (left > 0).then(|| {
        press("button more", message).key("more").text(words.say(&t("show_more").count(left)))
    })
}

fn document(row: &DocumentRow, words: &Words) -> Box<Element> {
    let (word, shape) = match row.mark {
        MarkWord::Both => ("both", icons::CHECK),
        MarkWord::OnItsWay => ("on-its-way", icons::SYNC),
        MarkWord::CrmOnly => ("crm-only", icons::CRM_ONLY),
        MarkWord::DropboxOnly => ("dropbox-only", icons::DROPBOX_ONLY),
        MarkWord::Conflict => ("conflict", icons::CONFLICT),
        MarkWord::Refused => ("refused", icons::REFUSED),
    };
    let said = words.say(&row.text);
    let mark = el("span")
        .class("mark")
        .attr("role", "img")
        .attr("aria-label", said.clone())
        .attr("title", said)
        .child(icon(shape));
    let folder = (!row.folder.is_empty())
        .then(|| el("span").class("in-folder").key("in-folder").child(name(&row.folder)));
    let copy_back = row.copy_back.as_ref().map(|document| {
        press("button small", Message::Do(Action::CopyBack(document.clone())))
            .key("copy-back")
            .word(words, "copy_back")
    });
    el("li")
        .class("entry")
        .row_key(row.key.clone())
        .attr("data-mark", word)
        .child(mark.key("mark"))
        .child(
            part("div", "about")
                .child(linked_name(&row.name, row.path.as_deref(), words).key("file"))
                .maybe(folder)
                .child(sentence("span", "how", &row.text, words).key("how")),
        )
        .maybe(copy_back)
}

fn activity(
    rows: &Rc<Vec<ActivityRow>>,
    words: &Words,
    now_ms: u64,
    seen: &mut Seen,
) -> Option<Box<Element>> {
    if rows.is_empty() {
        seen.activity = None;
        return None;
    }
    let minute = now_ms / MINUTE_MS;
    let fold = fold("activity", words.word("activity"), false);
    if seen.activity.as_ref().is_some_and(|(last, at)| last == rows && *at == minute) {
        return Some(fold.keep());
    }
    seen.activity = Some((rows.clone(), minute));
    let list = rows.iter().map(|row| {
        let ago = Node::Text(words.say(&t("since").with("ago", Arg::Ago(row.at_ms, now_ms))));
        el("li")
            .class("happened")
            .row_key(row.key.clone())
            .child(sentence("span", "what", &row.text, words))
            .child(el("time").attr("title", words.texts.moment(row.at_ms)).child(ago))
    });
    let save =
        press("button small", Message::Do(Action::SaveLog)).key("save").word(words, "save_log");
    let note = part("p", "save-note").word(words, "save_log_what");
    Some(
        fold.child(part("ol", "rows").all(list))
            .child(part("div", "save-log").child(save).child(note)),
    )
}
