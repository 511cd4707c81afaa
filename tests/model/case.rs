//! One record, brought to an agreed state; then users act on both sides, a cycle runs, and both sides are compared by
//! name and content.

use super::{Browser, Content, Fault, Variants, World};
use sync_core::*;

pub const X: Content = 10;
pub const Y: Content = 20;
pub const Z: Content = 30;
pub const ROOT: &str = "/companies/acme/r0";

pub struct Case {
    pub world: World,
    pub browser: Browser,
    pub record: Record,
}

/// Both ways of reporting a removed folder, and uploads allowed or refused.
pub fn variants(one_way: bool) -> impl Iterator<Item = Variants> {
    [false, true].into_iter().map(move |deleted_lists_children| Variants {
        deleted_lists_children,
        one_way,
        ..Variants::default()
    })
}

impl Case {
    /// A linked record; `agreed` documents stand on both sides.
    pub fn new(variants: Variants, agreed: &[(&str, Content)]) -> Self {
        let record = Record::new(RecordKind::Company, "r0");
        let mut world = World::new(variants, 1);
        world.verbose = true;
        world.records.entry(record.clone()).or_default();
        for (name, content) in agreed {
            world.add(&record, "", name, *content);
        }
        let mut case = Self { world, browser: Browser::new(0), record };
        case.press();
        if variants.one_way {
            // What the CRM refuses is learned from its answer to an upload.
            case.put("probe", 77_777).run().remove("probe").run();
        }
        case
    }
    pub fn press(&mut self) {
        self.browser.press(&mut self.world, &self.record);
    }
    pub fn run(&mut self) -> &mut Self {
        self.world.clock += 1000;
        self.browser.run(&mut self.world);
        self
    }
    pub fn doc(&self, name: &str) -> String {
        let docs = &self.world.records[&self.record].docs;
        docs.iter().find(|(_, doc)| doc.place.name == name).map(|(id, _)| id.clone()).unwrap()
    }
    /// Begins a cycle and goes on until such an effect is about to be carried out.
    pub fn run_until(&mut self, wanted: impl Fn(&Effect) -> bool) {
        self.world.clock += 1000;
        self.browser.send(Event::Run, self.world.clock);
        while !self.browser.tasks.iter().any(|task| wanted(&task.effect)) {
            assert!(!self.browser.tasks.is_empty(), "no such effect:\n{}", self.trace());
            self.browser.finish(&mut self.world, 0, Fault::None);
        }
    }
    /// Ends the effect under way that is meant.
    pub fn finish(&mut self, fault: Fault, meant: impl Fn(&Effect) -> bool) {
        let at = self.browser.tasks.iter().position(|task| meant(&task.effect));
        self.browser.finish(&mut self.world, at.expect("it is under way"), fault);
    }
    /// Another linked record of this name.
    pub fn link(&mut self, id: &str, name: &str) -> Record {
        let record = Record::new(RecordKind::Company, id);
        self.world.records.entry(record.clone()).or_default();
        let press = Event::Press { record: record.clone(), name: name.into() };
        self.send(press);
        record
    }
    pub fn send(&mut self, event: Event) {
        self.browser.send(event, self.world.clock);
        self.browser.settle(&mut self.world);
    }
    /// How often something was done.
    pub fn count(&self, what: &str) -> usize {
        self.world.trace.iter().filter(|line| line.contains(what)).count()
    }
    pub fn trace(&self) -> String {
        self.world.trace.iter().rev().take(12).rev().cloned().collect::<Vec<_>>().join("\n")
    }
    pub fn crm_edit(&mut self, name: &str, content: Content) -> &mut Self {
        let id = self.doc(name);
        self.world.edit(&self.record.clone(), &id, content);
        self
    }
    pub fn crm_delete(&mut self, name: &str) -> &mut Self {
        let id = self.doc(name);
        self.world.records.get_mut(&self.record).unwrap().docs.remove(&id);
        self
    }
    pub fn crm_rename(&mut self, name: &str, to: &str) -> &mut Self {
        let id = self.doc(name);
        let doc = self.world.records.get_mut(&self.record).unwrap().docs.remove(&id).unwrap();
        self.world.add(&self.record.clone(), &doc.place.folder, to, doc.content);
        self
    }
    pub fn put(&mut self, name: &str, content: Content) -> &mut Self {
        let path = format!("{ROOT}/{name}");
        self.world.put(0, &path, content).unwrap();
        self
    }
    pub fn remove(&mut self, name: &str) -> &mut Self {
        assert!(self.world.delete(0, &format!("{ROOT}/{name}")));
        self
    }
    pub fn rename(&mut self, name: &str, to: &str) -> &mut Self {
        assert!(self.world.rename(
            0,
            &format!("{ROOT}/{name}"),
            &format!("/Companies/Acme/r0/{to}")
        ));
        self
    }
    /// Both sides as `name=content`, folders in front; and the next cycle must write nothing.
    pub fn expect(&mut self, crm: &[(&str, Content)], dropbox: &[(&str, Content)]) -> &mut Self {
        let mut seen_crm: Vec<(String, Content)> = self.world.records[&self.record]
            .docs
            .values()
            .map(|doc| {
                let folder = if doc.place.folder == self.world.default_folder {
                    ""
                } else {
                    &doc.place.folder
                };
                let slash = if folder.is_empty() { "" } else { "/" };
                (format!("{folder}{slash}{}", doc.place.name), doc.content)
            })
            .collect();
        seen_crm.sort();
        let below = format!("{ROOT}/");
        let seen_dropbox: Vec<(String, Content)> = self
            .world
            .files(0)
            .into_iter()
            .filter_map(|(key, content)| Some((key.strip_prefix(&below)?.to_string(), content)))
            .collect();
        let own = |side: &[(&str, Content)]| -> Vec<(String, Content)> {
            let mut side: Vec<(String, Content)> =
                side.iter().map(|(name, content)| (name.to_string(), *content)).collect();
            side.sort();
            side
        };
        let trace = self.trace();
        assert_eq!(seen_crm, own(crm), "the CRM's side\n{trace}");
        assert_eq!(seen_dropbox, own(dropbox), "Dropbox's side\n{trace}");
        let writes = self.world.writes + self.world.shared_writes;
        self.run_quietly();
        let after = self.world.writes + self.world.shared_writes;
        assert_eq!(after, writes, "a cycle without changes wrote something\n{trace}");
        self
    }
    pub fn run_quietly(&mut self) {
        self.world.clock += 1000;
        self.browser.run(&mut self.world);
    }
    pub fn status(&self) -> RecordStatus {
        self.browser.engine.record_status(&self.record).unwrap()
    }
    pub fn mark(&self, name: &str) -> Mark {
        self.status().items.into_iter().find(|item| item.place.name == name).unwrap().mark
    }
    pub fn halt(&self) -> Option<Halt> {
        match self.status().state {
            RecordState::Halted(halt) => Some(halt),
            _ => None,
        }
    }
}

/// A row of the matrix in every variant: agreed, what users do, both sides afterwards.
pub fn row(
    one_way: bool,
    agreed: &[(&str, Content)],
    act: impl Fn(&mut Case),
    crm: &[(&str, Content)],
    dropbox: &[(&str, Content)],
) {
    for variants in variants(one_way) {
        let mut case = Case::new(variants, agreed);
        act(&mut case);
        case.run().expect(crm, dropbox);
    }
}

pub const A: &str = "a.txt";
pub const COPY: &str = "a (conflicted copy 2026-01-31).txt";

fn many(count: u64) -> Vec<(String, Content)> {
    (0..count).map(|n| (format!("{n:03}.txt"), 1000 + n * 3)).collect()
}

pub fn with_many(count: u64) -> Case {
    let agreed = many(count);
    let agreed: Vec<(&str, Content)> = agreed.iter().map(|(n, c)| (n.as_str(), *c)).collect();
    Case::new(Variants::default(), &agreed)
}
