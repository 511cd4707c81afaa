//! What goes wrong: the faults C1–C18, drawn and planned.

use crate::history::History;
use crate::support::power::Cut;
use sandbox::{BodyKind, Effect, Fault, Origin, TooManyWritesForm};
use serde_json::json;
use sync_core::SCHEMA;

impl History {
    /// Draws a fault and plans it, or does it at once.
    pub fn fault(&mut self) {
        let browser = self.any_browser();
        match self.rng.below(21) {
            0 | 1 => self.kill(browser),
            2 => self.limit(),
            3 => self.other_writers(),
            4 => self.outage(),
            5 | 6 => self.lost_answer(),
            7 => {
                let (origin, side) = self.side();
                self.plan(&format!("C6 {side}"), origin, "", 4, 1, Effect::ExpireToken);
            }
            8 => self.plan("C7", Origin::DropboxApi, "2/", 4, 1, Effect::RevokeGrant),
            9 => self.plan("C8", Origin::DropboxApi, "list_folder", 1, 1, Effect::CursorReset),
            10 => self.damage(),
            11 => self.broken_body(),
            12 => {
                let failure = json!({".tag": "path", "path": {".tag": "insufficient_space"}});
                let effect = Effect::DropboxEntryError { failure, says: String::new() };
                self.plan("C11", Origin::DropboxApi, "finish_batch", 1, 1, effect);
            }
            13 => self.refusal(),
            14 => self.store_fails(browser),
            15 => {
                self.met("fault: C14");
                self.close(browser);
                self.browsers[browser].store.wipe("state/");
            }
            16 => self.newer_state(browser),
            17 => {
                let back = self.rng.one_in(2);
                self.met(if back { "fault: C16 back" } else { "fault: C16 forward" });
                let days = 1 + self.rng.below(3) as i64;
                let offset_ms = if back { -days } else { days } * 86_400_000;
                self.browsers[browser].clock_offset_ms = offset_ms;
                if let Some(open) = &self.browsers[browser].open {
                    open.tab.ports.set_clock_offset_ms(offset_ms);
                }
            }
            18 => {
                let (path, name) = if self.rng.one_in(2) {
                    ("download", "C18 down")
                } else {
                    ("upload", "C18 up")
                };
                let effect =
                    Effect::Status { status: 403, retry_after: None, body: BodyKind::Json };
                self.plan(name, Origin::CrmFiles, path, 2, 1, effect);
            }
            19 => {
                // G9: for a while.
                let subject = self.any_subject();
                self.met("crm: record forbidden");
                self.scene.world().crm.forbid_record(&subject, true);
                self.forbidden.push(subject);
            }
            _ if self.rng.one_in(3) => {
                let account = self.browsers[browser].account;
                self.empty_dropbox(account);
            }
            _ => self.disconnect(browser),
        }
    }

    fn plan(
        &mut self,
        name: &str,
        origin: Origin,
        path: &str,
        skip: u64,
        times: u32,
        effect: Effect,
    ) {
        let skip = self.rng.below(skip) as u32;
        let fault = Fault { skip, times, ..Fault::new(origin, path, effect) };
        let mut ledger = self.ledger.borrow_mut();
        ledger.note(|| format!("plan {name} {fault:?}"));
        ledger.plan(&mut self.scene.world(), name, fault);
    }

    /// Any of the two services' hosts, and whose it is.
    fn side(&mut self) -> (Origin, &'static str) {
        match self.rng.below(3) {
            0 => (Origin::DropboxApi, "dropbox"),
            1 => (Origin::DropboxContent, "dropbox"),
            _ => (Origin::CrmApi, "crm"),
        }
    }

    fn any_host(&mut self) -> (Origin, &'static str) {
        if self.rng.one_in(4) {
            (Origin::CrmFiles, "crm")
        } else {
            self.side()
        }
    }

    /// C1: at one of the next requests or transactions, before or after it had its effect.
    fn kill(&mut self, browser: usize) {
        let step = 1 + self.rng.below(14);
        let side = if self.rng.one_in(2) { Cut::Before } else { Cut::After };
        let Some(open) = &self.browsers[browser].open else { return };
        let power = open.tab.ports.power();
        power.cut_at(power.step_count() + step, side);
        self.browsers[browser].cut = Some(side);
        self.met(&format!("plan: C1|in {step} steps {side:?}"));
    }

    fn limit(&mut self) {
        let (origin, side) = self.any_host();
        let plain = self.rng.one_in(2);
        let body = if plain { BodyKind::Plain } else { BodyKind::Json };
        let retry_after = self.rng.one_in(2).then_some(2);
        let name = format!("C2 {side} {}", if plain { "plain" } else { "json" });
        let times = 1 + self.rng.below(3) as u32;
        self.plan(&name, origin, "", 4, times, Effect::Status { status: 429, retry_after, body });
    }

    fn other_writers(&mut self) {
        let batches = ["finish_batch_v2", "move_batch_v2", "delete_batch"];
        let single = ["create_folder_v2", "copy_v2", "move_v2"];
        let times = 1 + self.rng.below(2) as u32;
        match self.rng.below(3) {
            0 => {
                let all = [&batches[..], &single[..]].concat();
                let route = self.pick(&all).unwrap_or_default();
                let effect = Effect::TooManyWrites(TooManyWritesForm::Status429);
                self.plan("C3 429", Origin::DropboxApi, route, 1, times, effect);
            }
            1 => {
                let route = self.pick(&single).unwrap_or_default();
                let inner = json!({".tag": "too_many_write_operations"});
                let error = match route {
                    "create_folder_v2" => json!({".tag": "path", "path": inner}),
                    _ => inner,
                };
                self.plan(
                    "C3 409",
                    Origin::DropboxApi,
                    route,
                    1,
                    times,
                    Effect::DropboxError(error),
                );
            }
            _ => {
                let route = self.pick(&batches).unwrap_or_default();
                let effect = Effect::TooManyWrites(TooManyWritesForm::BatchEntries);
                self.plan("C3 entries", Origin::DropboxApi, route, 1, times, effect);
            }
        }
    }

    fn outage(&mut self) {
        let (origin, side) = self.any_host();
        let status = self.pick(&[500, 502, 503, 504]).unwrap_or(500);
        // Now and then longer than anybody's patience.
        let times = if self.rng.one_in(5) { 12 } else { 1 + self.rng.below(3) as u32 };
        let effect = Effect::ServerError { status, acted: false };
        self.plan(&format!("C4 {side}"), origin, "", 5, times, effect);
    }

    fn lost_answer(&mut self) {
        let (origin, side) = self.any_host();
        let (name, effect) = match self.rng.below(4) {
            0 => ("before", Effect::CutBefore),
            1 => ("after", Effect::ServerError { status: 504, acted: true }),
            _ => ("after", Effect::CutAfter),
        };
        // Writes are few among the requests: half of these faults are kept for them.
        let writes = match origin {
            Origin::DropboxApi => &["_batch", "_v2"][..],
            Origin::CrmApi => &["files.delete", "files.upload"],
            Origin::CrmFiles => &["upload"],
            _ => &[""],
        };
        let path = if self.rng.one_in(2) { self.pick(writes).unwrap_or_default() } else { "" };
        let times = if self.rng.one_in(8) { 8 } else { 1 };
        self.plan(&format!("C5 {side} {name}"), origin, path, 3, times, effect);
    }

    /// C9. Not on the way down from the CRM: it publishes no hash, so nobody could tell.
    fn damage(&mut self) {
        let (name, origin, path) = [
            ("C9 dropbox up", Origin::DropboxContent, "upload_session/start"),
            ("C9 dropbox down", Origin::DropboxContent, "files/download"),
            ("C9 crm up", Origin::CrmFiles, "upload"),
        ][self.rng.below(3) as usize];
        self.plan(name, origin, path, 2, 1, Effect::BadHash);
    }

    fn broken_body(&mut self) {
        let (name, origin, path) = [
            ("C10 dropbox", Origin::DropboxContent, "files/download"),
            ("C10 dropbox", Origin::DropboxApi, "list_folder"),
            ("C10 crm", Origin::CrmFiles, "download"),
            ("C10 crm", Origin::CrmApi, "files.list"),
        ][self.rng.below(4) as usize];
        let effect = if self.rng.one_in(2) { Effect::TruncateBody } else { Effect::CutInBody };
        self.plan(name, origin, path, 2, 1, effect);
    }

    /// C12, for one file.
    fn refusal(&mut self) {
        if self.rng.one_in(2) {
            let tag = self.pick(&["restricted_content", "unsupported_file"]).unwrap_or_default();
            let error = match tag {
                "unsupported_file" => json!({".tag": "unsupported_file"}),
                _ => json!({".tag": "path", "path": {".tag": tag}}),
            };
            let effect = Effect::DropboxError(error);
            self.plan("C12", Origin::DropboxContent, "files/download", 1, 1, effect);
        } else {
            let failure = json!({".tag": "path", "path": {".tag": "disallowed_name"}});
            let effect = Effect::DropboxEntryError { failure, says: String::new() };
            self.plan("C12", Origin::DropboxApi, "finish_batch", 1, 1, effect);
        }
    }

    fn store_fails(&mut self, browser: usize) {
        let count = 1 + self.rng.below(2) as u32;
        if self.rng.one_in(3) {
            self.met("fault: C13 load");
            self.browsers[browser].store.fail_loads(count);
        } else {
            self.met("fault: C13 save");
            self.browsers[browser].store.fail_saves(count);
        }
    }

    /// C15: a newer version wrote the state; this one has to leave it alone until the newer one has gone.
    fn newer_state(&mut self, browser: usize) {
        self.close(browser);
        let store = self.browsers[browser].store.clone();
        let rows = store.rows();
        let Some((key, row)) = rows.iter().find(|(key, _)| key.ends_with("/index")) else {
            return;
        };
        self.met("fault: C15");
        let newer =
            row.replacen(&format!("\"schema\":{SCHEMA}"), &format!("\"schema\":{}", SCHEMA + 1), 1);
        store.put(key, &newer);
        let state = || -> Vec<(String, String)> {
            store.rows().into_iter().filter(|(key, _)| key.starts_with("state/")).collect()
        };
        let before = state();
        store.fail_loads(0);
        self.open(browser);
        let refused = self.browsers[browser].open.is_none();
        if !refused || state() != before {
            let mut ledger = self.ledger.borrow_mut();
            ledger.violation.get_or_insert_with(|| "newer state was touched".into());
        }
        self.close(browser);
        store.put(key, row);
    }

    /// P9, and L4 when the user comes back.
    fn disconnect(&mut self, browser: usize) {
        let Some(driver) = self.driver(browser) else { return };
        self.met("tab: disconnected");
        let until_ms = self.scene.now_ms() + 3_600_000;
        let retiring = driver.clone();
        let retire = async move { retiring.retire().await };
        // The tab may be about to die; then nobody disconnects.
        let _ = self.scene.executor.try_block_on(until_ms, retire);
        self.close(browser);
    }
}
