//! The settings as elements: account, timed sync, linked records, linking many at once.

use super::documents_view::permille;
use super::icons::{self, icon};
use super::key::Key;
use super::lists::more;
use super::local::{Local, Message};
use super::markup::{
    act, ask, confirm, filled, head, in_tone, progress_bar, sentence, tone_shape, tone_word,
};
use super::model::{
    Action, Bulk, Candidate, ConnectFailure, Connection, ProgressView, SettingsView, Snapshot, Tone,
};
use super::node::{el, part, Element, Property};
use super::rows::halt_title;
use super::settings_view::{bulk_title, kind_name, linked_of, of_module};
use super::text::{t, Arg, Text};
use super::words::{name, Words};
use crate::auth::Account;
use crate::json::Read;
use crate::key;
use std::rc::Rc;
use sync_core::{decimal, LinkStatus, RecordKind, RecordState};

/// The intervals offered (minutes).
const INTERVALS: [u32; 6] = [15, 30, 60, 120, 240, 1440];

/// The settings.
pub fn settings_panel(view: &SettingsView<'_>, words: &Words, local: &Local) -> Box<Element> {
    let mut panel = part("section.panel settings").attr("data-screen", "settings");
    if let Some(obstacle) = &view.obstacle {
        let obstacle_part = part("section.obstacle")
            .attr("data-screen", obstacle.screen.word())
            .attr("data-tone", tone_word(obstacle.tone));
        panel = panel.child(obstacle_part.child(head(obstacle, words, local)));
    }
    let Snapshot { connection, status, .. } = view.snapshot;
    if let Connection::Connected(with) = connection {
        panel = panel
            .child(account(with, view.settings.space, words))
            .child(schedule(view, words))
            .child(bulk(&view.settings.bulk, words, local));
    }
    let is_connected = matches!(connection, Connection::Connected(_));
    if !status.links.is_empty() || is_connected {
        panel = panel.child(links(&status.links, words, local));
    }
    // There is a connection to end.
    if is_connected
        || matches!(
            connection,
            Connection::Revoked | Connection::Failed(ConnectFailure::OtherAccount)
        )
    {
        panel = panel.child(disconnect(words, local));
    }
    panel
}

/// A button whose verb stands elsewhere in the settings, too: its name says what it is about.
fn named(button: Box<Element>, verb: Key, about: Key, words: &Words) -> Box<Element> {
    let mut said = words.word(verb);
    let button = button.text(said.clone());
    said.push_str(": ");
    said.push_str(&words.word(about));
    button.attr("aria-label", said)
}

/// A part with a title.
fn block(selector: &'static str, title: String) -> Box<Element> {
    part(selector).child(part("h3.block-title").text(title))
}

/// A line that explains.
fn quiet(words: &Words, key: Key) -> Box<Element> {
    part("p.quiet").word(words, key)
}

fn account(with: &Account, space: Option<(u64, Option<u64>)>, words: &Words) -> Box<Element> {
    let person = part("div.person").child(icons::dropbox()).child(
        el("div")
            .child(el("p.name").child(name(&with.name)))
            .child(el("p.email").child(name(&with.email))),
    );
    let account = block("section.block account", words.word(key!("account"))).child(person);
    let Some((used, Some(allocated))) = space else { return account };
    let permille = permille(used, allocated);
    let said =
        t(key!("space")).with("used", Arg::Size(used)).with("allocated", Arg::Size(allocated));
    let said = words.say(&said);
    let meter = el("div")
        .class(if permille >= 950 { "space full" } else { "space" })
        .key("space")
        .attr("role", "meter")
        .attr("aria-label", words.word(key!("space_label")))
        .attr("aria-valuetext", said.clone());
    account.child(filled(meter, permille).child(part("p.quiet").text(said)))
}

fn interval(minutes: u32) -> Box<Text> {
    if minutes.is_multiple_of(60) {
        t(key!("every_hours")).count(minutes / 60)
    } else {
        t(key!("every_minutes")).count(minutes)
    }
}

fn schedule(view: &SettingsView<'_>, words: &Words) -> Box<Element> {
    let Snapshot { status, now_ms, .. } = view.snapshot;
    let present = view.settings.interval_minutes;
    let option =
        |minutes: u32| el("option").attr("value", decimal(minutes)).say(words, &interval(minutes));
    let mut select = el("select");
    let mut before = 0;
    for minutes in INTERVALS {
        // The host's own, in its place.
        if before < present && present < minutes {
            select = select.child(option(present));
        }
        select = select.child(option(minutes));
        before = minutes;
    }
    let select = select.holding(Property::Value(decimal(present))).on_change(|value| {
        let minutes = u32::read_text(value)?;
        Some(Message::Do(Rc::new(Action::SetInterval(minutes))))
    });
    let interval = part("label.field")
        .child(part("span.label").word(words, key!("interval")))
        .child(select.key("interval"));
    let pause = act("button secondary", Action::Pause(!status.paused)).key("pause");
    let pause = named(
        pause,
        if status.paused { key!("resume") } else { key!("pause") },
        key!("schedule"),
        words,
    );
    let now = act("button secondary", Action::SyncNow)
        .key("now")
        .child(icon(icons::SYNC))
        .word(words, key!("sync_now"));
    let now = if status.running { now.attr("aria-disabled", "true") } else { now };
    let last = match status.last_cycle_ms {
        _ if status.running => t(key!("syncing")),
        Some(at_ms) => t(key!("last_sync")).ago(at_ms, *now_ms),
        None => t(key!("never_synced")),
    };
    let mut when = part("p.when")
        .attr("role", "status")
        .attr("aria-live", "off")
        .child(el("span").key("last").say(words, &last));
    if status.paused {
        when = when.child(el("span").key("paused").word(words, key!("is_paused")));
    } else if let Some(due_ms) = status.due_ms {
        if !status.running && due_ms > now_ms + 60_000 {
            let next = t(key!("next_sync")).ago(due_ms, *now_ms);
            when = when.child(el("span").key("next").say(words, &next));
        }
    }
    block("section.block schedule", words.word(key!("schedule")))
        .child(when)
        .child(interval)
        .child(part("div.buttons").child(now).child(pause))
        .child(quiet(words, key!("schedule_what")))
}

fn links(rows: &[LinkStatus], words: &Words, local: &Local) -> Box<Element> {
    if rows.is_empty() {
        let block = block("section.block links", words.word(key!("linked_title")));
        return block.child(quiet(words, key!("linked_none")));
    }
    let title = words.say(&t(key!("linked")).count(rows.len() as u64));
    let block = block("section.block links", title);
    let shown = local.records_shown;
    let mut list = part("ul.rows");
    for row in rows.iter().take(shown) {
        list = list.child(link(row, words, local));
    }
    block.child(list).maybe(more(rows.len(), shown, Message::MoreRecords, words))
}

fn link_state(link: &LinkStatus) -> (Tone, Box<Text>) {
    match &link.state {
        RecordState::Queued => (Tone::Busy, t(key!("state_queued"))),
        RecordState::Working => (Tone::Busy, t(key!("state_working"))),
        RecordState::Halted(halt) => (Tone::Trouble, halt_title(halt)),
        RecordState::Settled if link.problem_count > 0 => {
            (Tone::Notice, t(key!("state_problems")).count(link.problem_count))
        }
        RecordState::Settled if link.synced_count == 0 => (Tone::Good, t(key!("state_empty"))),
        RecordState::Settled => (Tone::Good, t(key!("in_dropbox")).count(link.synced_count)),
    }
}

fn link(row: &LinkStatus, words: &Words, local: &Local) -> Box<Element> {
    let (tone, state) = link_state(row);
    let item = el("li.linked")
        .row_key([row.record.kind.word(), "/", &row.record.id].concat())
        .attr("data-tone", tone_word(tone));
    let how = el("p.how")
        .child(el("span").say(words, &kind_name(row.record.kind)))
        .text(" · ")
        .child(el("span.state").say(words, &state));
    let about = part("div.about").child(el("p.name").child(name(&row.name))).child(how);
    let item = item.child(in_tone(tone, icon(tone_shape(tone)))).child(about);
    let unlink = Rc::new(Action::Unlink(row.record.clone()));
    if local.asking.as_ref() == Some(&unlink) {
        let what = words.word(key!("unlink_what"));
        return item.child(confirm(&unlink, what, words.word(key!("unlink")), words));
    }
    let said = words.say(&t(key!("unlink_named")).name(&row.name));
    let unlink = ask("button small", unlink, local).key("unlink").attr("aria-label", said);
    item.child(unlink.word(words, key!("unlink")))
}

fn bulk(view: &Bulk, words: &Words, local: &Local) -> Box<Element> {
    let block = block("section.block bulk", words.word(key!("bulk")));
    if let Bulk::Choosing { kind, candidates } = view {
        return choosing(block, *kind, candidates, words, local);
    }
    let Some(title) = bulk_title(view) else {
        return choose_module(block, words, local, key!("bulk_list"));
    };
    let (line, key) = match view {
        Bulk::Failed { .. } => (el("p.warning"), "failed"),
        Bulk::Finished { .. } => (el("p.finished").child(icon(icons::CHECK)), "finished"),
        Bulk::Earlier { .. } => (el("p.quiet"), "earlier"),
        Bulk::Linking { .. } => (el("p.quiet"), "linking"),
        _ => (el("p.quiet"), "listing"),
    };
    let block = block.child(line.key(key).say(words, &title));
    match view {
        Bulk::Failed { .. } => choose_module(block, words, local, key!("try_again")),
        Bulk::Earlier { .. } => block.child(earlier(words)),
        Bulk::Linking { done_count, total_count, paused, .. } => {
            linking(block, (*done_count, *total_count), *paused, &title, words)
        }
        Bulk::Listing { .. } => block
            .child(progress_bar(None, &title, words))
            .child(part("div.buttons").child(stop(words, key!("cancel")))),
        _ => choose_module(block, words, local, key!("bulk_list")),
    }
}

fn stop(words: &Words, label: Key) -> Box<Element> {
    act("button secondary", Action::StopLinking).key("stop").word(words, label)
}

fn choose_module(block: Box<Element>, words: &Words, local: &Local, label: Key) -> Box<Element> {
    let mut select = el("select").key("module");
    for kind in RecordKind::ALL {
        let option = el("option").attr("value", kind.word()).say(words, &kind_name(kind));
        select = select.child(option);
    }
    let select = select
        .holding(Property::Value(local.module.word().to_owned()))
        .on_change(|value| RecordKind::from_word(value).map(Message::Module));
    let list =
        act("button secondary", Action::ListRecords(local.module)).key("list").word(words, label);
    block.child(quiet(words, key!("bulk_what"))).child(
        part("div.field")
            .child(
                part("label.choice")
                    .child(part("span.label").word(words, key!("module")))
                    .child(select),
            )
            .child(list),
    )
}

fn choosing(
    block: Box<Element>,
    kind: RecordKind,
    candidates: &Rc<Vec<Candidate>>,
    words: &Words,
    local: &Local,
) -> Box<Element> {
    let (mut open_count, mut ticked) = (0, Vec::new());
    for candidate in &**candidates {
        if !candidate.linked {
            open_count += 1;
            if local.ticked.contains(&candidate.id) {
                ticked.push(candidate.id.clone());
            }
        }
    }
    let ticked_count = ticked.len() as u64;
    if open_count == 0 {
        let none = of_module(key!("bulk_none"), kind);
        return block
            .child(sentence("p.quiet", &none, words).key("none"))
            .child(part("div.buttons").child(stop(words, key!("back"))));
    }
    let mut list = part("ul.candidates").attr("aria-label", words.say(&kind_name(kind)));
    for row in candidates.iter().take(local.records_shown) {
        list = list.child(candidate(row, words, local));
    }
    let block = block
        .child(tick_all(candidates, open_count, ticked_count, words))
        .child(list)
        .maybe(more(candidates.len(), local.records_shown, Message::MoreRecords, words));
    if let Some(action @ Action::LinkAll { chosen, .. }) = local.asking.as_deref() {
        let count = chosen.as_ref().map_or(open_count, |chosen| chosen.len() as u64);
        let what = of_module(key!("bulk_ask"), kind).count(count);
        let yes = words.say(&t(key!("bulk_yes")).count(count));
        return block.child(confirm(action, words.say(&what), yes, words));
    }
    let all = ticked_count == 0 || ticked_count == open_count;
    let label = if all {
        t(key!("bulk_all")).count(open_count)
    } else {
        t(key!("bulk_some")).count(ticked_count)
    };
    let action = Rc::new(Action::LinkAll { kind, chosen: (!all).then_some(ticked) });
    let link = ask("button primary", action, local).key("link").say(words, &label);
    block.child(part("div.buttons").child(link).child(stop(words, key!("cancel"))))
}

fn tick_all(
    candidates: &Rc<Vec<Candidate>>,
    open_count: u64,
    ticked_count: u64,
    words: &Words,
) -> Box<Element> {
    let state = match ticked_count {
        0 => Property::Checked(false),
        count if count == open_count => Property::Checked(true),
        _ => Property::Indeterminate,
    };
    let tick = el("input")
        .attr("type", "checkbox")
        .holding(state)
        .on_click(Message::TickAll(candidates.clone()));
    part("label.tick all")
        .child(tick)
        .child(el("span").say(words, &t(key!("bulk_select_all")).count(open_count)))
}

fn candidate(row: &Candidate, words: &Words, local: &Local) -> Box<Element> {
    let ticked = row.linked || local.ticked.contains(&row.id);
    let tick = el("input").attr("type", "checkbox").holding(Property::Checked(ticked));
    let tick = if row.linked {
        tick.attr("disabled", "")
    } else {
        tick.on_click(Message::Tick(row.id.clone()))
    };
    let linked = row.linked.then(|| part("span.already").word(words, key!("already_linked")));
    el("li")
        .row_key(row.id.clone())
        .child(el("label.tick").child(tick).child(name(&row.name)).maybe(linked))
}

/// The question about folders of the earlier integration, for all at once.
fn earlier(words: &Words) -> Box<Element> {
    let answer = |class, wanted, word: Key| {
        act(class, Action::TakeOver(wanted)).row_key(word.digits()).word(words, word)
    };
    part("div.buttons")
        .child(answer("button primary", true, key!("old_folder_move")))
        .child(answer("button secondary", false, key!("old_folder_leave")))
}

fn linking(
    block: Box<Element>,
    (done_count, total_count): (u32, u32),
    paused: bool,
    title: &Text,
    words: &Words,
) -> Box<Element> {
    let bar = ProgressView {
        permille: permille(done_count.into(), total_count.into()),
        counted: linked_of(done_count.into(), total_count),
        current: None,
        pace: Vec::new(),
    };
    let pause = act("button secondary", Action::PauseLinking(!paused)).key("pause");
    let pause =
        named(pause, if paused { key!("resume") } else { key!("pause") }, key!("bulk"), words);
    block
        .child(progress_bar(Some(&bar), title, words))
        .child(part("div.buttons").child(pause).child(stop(words, key!("stop"))))
        .child(quiet(words, key!("bulk_stop_what")))
}

fn disconnect(words: &Words, local: &Local) -> Box<Element> {
    let block = block("section.block disconnect", words.word(key!("connection")));
    let action = Rc::new(Action::Disconnect);
    if local.asking.as_ref() == Some(&action) {
        let yes = words.word(key!("disconnect"));
        return block.child(confirm(&action, words.word(key!("disconnect_what")), yes, words));
    }
    let button = ask("button destructive", action, local).key("disconnect");
    block
        .child(quiet(words, key!("disconnect_note")))
        .child(part("div.buttons").child(button.word(words, key!("disconnect"))))
}
