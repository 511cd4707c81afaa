//! The lists below the panel's head as elements: problems, conflicts, documents with their marks, activity.

use super::icons::{self, icon};
use super::key::Key;
use super::local::{Local, Message};
use super::markup::{act, anchor, press, sentence};
use super::model::{Action, PanelView};
use super::node::{el, part, Element};
use super::rows;
use super::text::t;
use super::words::{name, Words};
use crate::key;
use std::rc::Rc;
use sync_core::{decimal, Activity, Item, Mark, RecordStatus};

/// Times in the activity list are drawn again this often (ms).
const MINUTE_MS: u64 = 60_000;

/// What the long lists were drawn from last: a copy of 500 documents moves the head ten times a second, and
/// these lists only now and then.
#[derive(Debug)]
pub struct Seen {
    record: Rc<RecordStatus>,
    online: bool,
    documents_shown: usize,
    minute: u64,
}

impl Seen {
    fn same_documents(&self, now: &Self) -> bool {
        self.record.items == now.record.items
            && self.record.state == now.record.state
            && (self.online, self.documents_shown) == (now.online, now.documents_shown)
    }

    /// A line never changes: when it was, and about what, tells it from the others.
    fn same_activity(&self, now: &Self) -> bool {
        let (before, after) = (&self.record.activity, &now.record.activity);
        let same = |(one, other): (&Rc<Activity>, &Rc<Activity>)| {
            one.at_ms == other.at_ms && one.name == other.name
        };
        self.minute == now.minute
            && before.len() == after.len()
            && before.iter().zip(after).all(same)
    }
}

/// Puts the lists below a panel's head.
pub fn below(
    mut panel: Box<Element>,
    view: &PanelView,
    words: &Words,
    local: &Local,
    now_ms: u64,
    seen: &mut Option<Seen>,
) -> Box<Element> {
    let before = seen.take();
    let Some(record) = &view.record else { return panel };
    let now = seen.insert(Seen {
        record: record.clone(),
        online: view.online,
        documents_shown: local.documents_shown,
        minute: now_ms / MINUTE_MS,
    });
    let keep_documents = before.as_ref().is_some_and(|before| before.same_documents(now));
    let keep_activity = before.as_ref().is_some_and(|before| before.same_activity(now));
    if view.problems {
        panel = panel.maybe(problems(record, words));
    }
    if view.conflicts {
        panel = panel.maybe(conflicts(record, words));
    }
    panel.maybe(documents(now, words, keep_documents)).maybe(activity(
        &record.activity,
        words,
        now_ms,
        keep_activity,
    ))
}

fn problems(record: &RecordStatus, words: &Words) -> Option<Box<Element>> {
    let mut list = part("ul.problems").attr("aria-label", words.word(key!("problems")));
    for (place, what) in rows::problems(record) {
        let text = el("div")
            .child(el("p.name").child(name(&rows::with_folder(place))))
            .child(el("p.why").word(words, what));
        list = list.child(el("li.problem").child(icon(icons::TROUBLE)).child(text));
    }
    list.unless_empty()
}

fn conflicts(record: &RecordStatus, words: &Words) -> Option<Box<Element>> {
    let version = |item: &Item, label: Key| {
        el("p.version").child(el("span.whose").word(words, label)).child(linked_name(item, words))
    };
    let mut list = part("ul.conflicts").attr("aria-label", words.word(key!("conflicts")));
    for (original, copy) in rows::conflicts(record) {
        let versions = el("div")
            .maybe(original.map(|original| version(original, key!("version_crm"))))
            .child(version(copy, key!("version_dropbox")));
        list = list.child(el("li.conflict").child(icon(icons::CONFLICT)).child(versions));
    }
    list.unless_empty()
}

/// A file's name; as a link to Dropbox if it stands there.
fn linked_name(item: &Item, words: &Words) -> Box<Element> {
    let file = name(&item.place.name);
    match item.path.as_ref().and_then(|path| words.in_app_folder(path)) {
        Some(href) => {
            anchor(href).class("file").attr("title", words.word(key!("open"))).child(file)
        }
        None => el("span.file").child(file),
    }
}

/// A part that opens and closes; the browser remembers whether it is open.
fn fold(selector: &'static str, title: String, open: bool) -> Box<Element> {
    let fold = part(selector);
    let fold = if open { fold.attr("open", "") } else { fold };
    fold.child(part("summary.summary").child(icon(icons::CHEVRON)).child(el("h3").text(title)))
}

fn documents(now: &Seen, words: &Words, keep: bool) -> Option<Box<Element>> {
    let items = &now.record.items;
    if items.is_empty() {
        return None;
    }
    let title = t(key!("documents")).count(items.len() as u64);
    let fold = fold("details.documents", words.say(&title), true);
    if keep {
        return Some(fold.keep());
    }
    let shown = now.documents_shown;
    let mut list = part("ul.rows");
    for item in items.iter().take(shown) {
        list = list.child(document(item, now, words));
    }
    Some(fold.child(list).maybe(more(items.len(), shown, Message::MoreDocuments, words)))
}

/// The button below a list that shows more of it.
pub fn more(count: usize, shown: usize, message: Message, words: &Words) -> Option<Box<Element>> {
    let left = count.saturating_sub(shown) as u64;
    (left > 0).then(|| {
        press("button more", message).key("more").say(words, &t(key!("show_more")).count(left))
    })
}

fn document(item: &Item, now: &Seen, words: &Words) -> Box<Element> {
    let (sign, text) = rows::marked(item, &now.record.state, now.online);
    let said = words.word(text);
    let mark = el("span.mark")
        .attr("role", "img")
        .attr("aria-label", said.clone())
        .attr("title", said.clone())
        .child(icon(sign.icon));
    let mut about = part("div.about").child(linked_name(item, words).key("file"));
    if !item.place.folder.is_empty() {
        about = about.child(part("span.in-folder").child(name(&item.place.folder)));
    }
    let row = el("li.entry")
        .row_key(rows::key(item))
        .attr("data-mark", sign.word)
        .child(mark.key("mark"))
        .child(about.child(part("span.how").text(said)));
    match &item.document {
        Some(document) if item.mark == Mark::CrmOnly => row.child(
            act("button small", Action::CopyBack(document.clone()))
                .key("copy-back")
                .word(words, key!("copy_back")),
        ),
        _ => row,
    }
}

fn activity(
    happened: &[Rc<Activity>],
    words: &Words,
    now_ms: u64,
    keep: bool,
) -> Option<Box<Element>> {
    if happened.is_empty() {
        return None;
    }
    let fold = fold("details.activity", words.word(key!("activity")), false);
    if keep {
        return Some(fold.keep());
    }
    let mut list = part("ol.rows");
    // Counted from the oldest: a new line on top leaves the keys of the others alone.
    let mut number = happened.len() as u64;
    for activity in happened {
        let since = t(key!("since")).ago(activity.at_ms, now_ms);
        list = list.child(
            el("li.happened")
                .row_key([decimal(number), decimal(activity.at_ms)].join(" "))
                .child(sentence("span.what", &rows::happened(activity), words))
                .child(
                    el("time").attr("title", words.texts.moment(activity.at_ms)).say(words, &since),
                ),
        );
        number -= 1;
    }
    let save = act("button small", Action::SaveLog).key("save").word(words, key!("save_log"));
    let note = part("p.save-note").word(words, key!("save_log_what"));
    Some(fold.child(list).child(part("div.save-log").child(save).child(note)))
}
