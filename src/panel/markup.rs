//! The panel of one record as elements: from the head down to the lists.

use super::icons::{self, icon};
use super::key::Key;
use super::lists::{self, Seen};
use super::local::{Local, Message};
use super::model::{Action, Button, Link, PanelView, ProgressView, Screen, Tone, Weight};
use super::node::{el, part, Element};
use super::text::Text;
use super::words::{name, Words};
use crate::key;
use std::rc::Rc;
use sync_core::decimal;

/// The panel of one record. What `seen` knows to be unchanged is kept as it stands.
pub fn documents_panel(
    view: &PanelView,
    words: &Words,
    local: &Local,
    now_ms: u64,
    seen: &mut Option<Seen>,
) -> Box<Element> {
    let panel = part("section.panel")
        .attr("data-screen", view.screen.word())
        .attr("data-tone", tone_word(view.tone))
        .attr("aria-label", "Dropbox")
        .child(bar(view, words))
        .child(head(view, words, local));
    lists::below(panel, view, words, local, now_ms, seen)
}

/// A panel's head without its lists: also what stands in the way of all records, in the settings.
pub fn head(view: &PanelView, words: &Words, local: &Local) -> Box<Element> {
    let mut head = part("div.head").child(status_line(view, words));
    if let Some(detail) = &view.detail {
        head = head.child(part("p.detail").say(words, detail));
    }
    if view.bar {
        head = head.child(progress_bar(view.progress.as_deref(), &view.title, words));
    }
    if let (true, Some(record)) = (view.affected, &view.record) {
        let mut files = part("ul.affected").attr("tabindex", "0");
        for file in &record.affected {
            files = files.child(el("li").child(name(file)));
        }
        head = head.maybe(files.unless_empty());
    }
    head = head.maybe(buttons(view, words, local));
    let mut notes = part("div.notes");
    for note in &view.notes {
        notes = notes.child(el("p").say(words, note));
    }
    head.maybe(notes.unless_empty())
}

/// The strip on top: whose panel this is, and the way to the folder.
fn bar(view: &PanelView, words: &Words) -> Box<Element> {
    let title = part("h2.brand").child(icons::dropbox()).text("Dropbox");
    let record = view.record.as_ref().filter(|_| view.folder);
    let folder = record.and_then(|record| words.in_app_folder(record.folder.as_ref()?));
    let open = folder.map(|href| link_out(href, key!("open"), words).class("folder"));
    part("header.bar").child(title).maybe(open)
}

/// A link to Dropbox's site.
fn link_out(href: String, label: Key, words: &Words) -> Box<Element> {
    anchor(href)
        .row_key(label.digits())
        .child(el("span").word(words, label))
        .child(icon(icons::OUT))
}

/// An `<a>` that gives nothing of this page away.
pub fn anchor(href: String) -> Box<Element> {
    el("a").attr("href", href).attr("target", "_blank").attr("rel", "noopener noreferrer")
}

/// "12 documents in Dropbox · just now". Not live by itself: the time in it changes all the while.
fn status_line(view: &PanelView, words: &Words) -> Box<Element> {
    let since = view.since.as_ref().map(|since| part("span.since").text(" · ").say(words, since));
    let text = part("p.title")
        .attr("role", "status")
        .attr("aria-live", "off")
        .attr("tabindex", "-1")
        .child(part("strong.what").say(words, &view.title))
        .maybe(since);
    part("div.line").child(tone_icon(view.tone)).child(text)
}

fn tone_icon(tone: Tone) -> Box<Element> {
    let icon = match tone {
        // What turns says that something moves; the bar says how far.
        Tone::Busy => el("span.spinner").attr("aria-hidden", "true"),
        tone => icon(tone_shape(tone)),
    };
    in_tone(tone, icon)
}

/// An icon that stands for a tone; another tone's is another element.
pub fn in_tone(tone: Tone, icon: Box<Element>) -> Box<Element> {
    el("span.tone").key(tone_word(tone)).child(icon)
}

/// The tone's icon.
pub fn tone_shape(tone: Tone) -> &'static str {
    match tone {
        Tone::Quiet => icons::LINK,
        Tone::Busy => icons::SYNC,
        Tone::Good => icons::CHECK,
        Tone::Notice => icons::NOTICE,
        Tone::Trouble => icons::TROUBLE,
    }
}

/// The tone's name for the styles.
pub fn tone_word(tone: Tone) -> &'static str {
    match tone {
        Tone::Quiet => "quiet",
        Tone::Busy => "busy",
        Tone::Good => "good",
        Tone::Notice => "notice",
        Tone::Trouble => "trouble",
    }
}

/// How far the work is. All it says stands in `aria-valuetext` too: what is inside a progress bar is not read out.
pub fn progress_bar(progress: Option<&ProgressView>, title: &Text, words: &Words) -> Box<Element> {
    let bar = part("div.progress").attr("role", "progressbar").attr("aria-label", words.say(title));
    // Its end is not known yet.
    let Some(progress) = progress else {
        return bar.child(part("div.track").child(part("div.unknown")));
    };
    let mut said = words.say(&progress.counted);
    let mut line = part("div.counted").child(part("span.count").text(said.clone()));
    let mut paces = String::new();
    for pace in &progress.pace {
        if !paces.is_empty() {
            paces.push_str(" · ");
        }
        paces.push_str(&words.say(pace));
    }
    if !paces.is_empty() {
        line = line.child(part("span.pace").text(paces));
    }
    let mut current = part("div.current");
    if let Some(document) = &progress.current {
        said.push_str(", ");
        said.push_str(&super::text::safe_name(document));
        current = current.child(name(document));
    }
    filled(bar, progress.permille).child(line).child(current).attr("aria-valuetext", said)
}

/// With a track that is filled so far, in thousandths.
pub fn filled(bar: Box<Element>, permille: u32) -> Box<Element> {
    let percent = decimal(permille / 10);
    let width = ["inline-size:", &percent, ".", &decimal(permille % 10), "%"].concat();
    bar.attr("aria-valuemin", "0")
        .attr("aria-valuemax", "100")
        .attr("aria-valuenow", percent)
        .child(part("div.track").child(part("div.done").attr("style", width)))
}

fn buttons(view: &PanelView, words: &Words, local: &Local) -> Option<Box<Element>> {
    let mut buttons = part("div.buttons");
    for shown in &view.buttons {
        if local.asking.as_ref() == Some(&shown.action) {
            let what = match view.screen {
                Screen::Guard => key!("ask_guard"),
                _ => key!("ask_sure"),
            };
            let yes = words.say(&shown.label);
            return Some(confirm(&shown.action, words.word(what), yes, words));
        }
        buttons = buttons.child(button(shown, words, local));
    }
    if let Some(Link { label, page }) = view.link {
        let link = words.on_site(page).map(|href| link_out(href, label, words).class("link"));
        buttons = buttons.maybe(link);
    }
    buttons.unless_empty()
}

fn button(button: &Button, words: &Words, local: &Local) -> Box<Element> {
    let class = match button.weight {
        Weight::Primary => "button primary",
        Weight::Secondary => "button secondary",
        Weight::Destructive => "button destructive",
    };
    let action = button.action.clone();
    let shown = match *action {
        // What takes something away is asked first.
        Action::Decide { confirmed: true, .. } => ask(class, action, local),
        _ => press(class, Message::Do(action)),
    };
    let icon = matches!(*button.action, Action::Press).then(|| icon(icons::SYNC));
    shown.row_key(button.label.key.digits()).maybe(icon).say(words, &button.label)
}

/// A `<button>`.
pub fn press(class: &'static str, message: Message) -> Box<Element> {
    el("button").class(class).attr("type", "button").on_click(message)
}

/// A `<button>` that does this.
pub fn act(class: &'static str, action: Action) -> Box<Element> {
    press(class, Message::Do(Rc::new(action)))
}

/// A `<button>` that asks first; it has the focus again once that was answered.
pub fn ask(class: &'static str, action: Rc<Action>, local: &Local) -> Box<Element> {
    let focus = local.answered.as_ref() == Some(&action);
    press(class, Message::Ask(action)).focused_if(focus)
}

/// A question in place of the buttons that asked it. The focus goes to the harmless answer.
pub fn confirm(action: &Action, what: String, yes: String, words: &Words) -> Box<Element> {
    let weight = match action {
        Action::LinkAll { .. } => "button primary",
        _ => "button destructive",
    };
    part("div.confirm")
        .attr("role", "group")
        .attr("aria-label", what.clone())
        .child(el("p").text(what))
        .child(
            part("div.buttons").child(press(weight, Message::Yes).key("yes").text(yes)).child(
                press("button secondary", Message::No)
                    .key("no")
                    .word(words, key!("cancel"))
                    .focused_if(true),
            ),
        )
}

/// A sentence in an element.
pub fn sentence(selector: &'static str, text: &Text, words: &Words) -> Box<Element> {
    el(selector).say(words, text)
}
