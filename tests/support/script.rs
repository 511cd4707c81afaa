//! A service that answers by a closure: for answers that no faithful service would give.

use super::executor::{Executor, Timeline};
use super::ports::{seal, Network, Service, WorldPorts};
use super::power::Power;
use super::store::MemoryStore;
use sandbox::{Reply, Request, Response};
use serde_json::{json, Value};
use std::cell::RefCell;
use std::rc::Rc;
use teamleader_dropbox::auth::{App, Auth, Owner};

/// What a script answers.
pub type Answer = Box<dyn FnMut(&Request) -> Reply>;

/// Answers, and keeps what was asked.
pub struct Script {
    answer: Answer,
    /// All requests so far.
    pub asked: Vec<Request>,
}

impl Service for Script {
    fn answer(&mut self, request: &Request) -> (Reply, u64) {
        self.asked.push(request.clone());
        let reply = match (self.answer)(request) {
            Reply::Ready(response) => {
                let response = response
                    .with_header("access-control-allow-origin", "*")
                    .with_header("access-control-expose-headers", "dropbox-api-result");
                Reply::Ready(response)
            }
            other => other,
        };
        (reply, 0)
    }

    fn crm_token(&mut self, _user: &str) -> Option<String> {
        Some(format!("crm-token-{}", self.asked.len()))
    }

    fn follow(&mut self, _now_ms: u64) {}
}

/// A tab whose services follow a script.
pub struct Scripted {
    /// The script with what was asked.
    pub script: Rc<RefCell<Script>>,
    /// The tab.
    pub ports: Rc<WorldPorts<Script>>,
    /// Where the services seem to be.
    pub network: Rc<Network<Script>>,
    /// Runs the test.
    pub executor: Executor,
}

impl Scripted {
    /// Answers so.
    pub fn new(answer: impl FnMut(&Request) -> Reply + 'static) -> Self {
        let timeline = Timeline::new(1_767_603_600_000);
        let script = Rc::new(RefCell::new(Script { answer: Box::new(answer), asked: Vec::new() }));
        let network = Network::new(script.clone(), timeline.clone(), 7400);
        let store = MemoryStore::default();
        let ports = WorldPorts::new(&network, &store, &Power::new(), "anna", 1);
        Self { script, ports, network, executor: Executor::new(timeline) }
    }

    /// The tab's connection; nobody is connected yet.
    pub fn auth(&self) -> Rc<Auth<WorldPorts<Script>>> {
        let app = App {
            key: "app-key".into(),
            redirect_uri: "https://crm.example/plugin/oauth.html".into(),
            endpoints: self.network.endpoints(),
        };
        let owner = Owner { account: "acc".into(), user: "usr".into() };
        Rc::new(Auth::new(self.ports.clone(), app, &owner))
    }

    /// Connects, with a token that lives for so long (s).
    pub fn connect(&self, life_s: u64) {
        let row = json!({
            "account": { "id": "dbid:one", "name": "A Person", "email": "person@example.com" },
            "app_key": "app-key",
            "revoked": false,
            "sealed_refresh": seal("refresh-secret"),
            "sealed_access": seal("access-secret-0"),
            "expires_ms": self.executor.timeline().now_ms() + life_s * 1_000,
        });
        self.ports.store().put("auth/acc/usr", &row.to_string());
    }

    /// What was asked so far: `files.list`, `2/files/list_folder` …
    pub fn targets(&self) -> Vec<String> {
        let script = self.script.borrow();
        script.asked.iter().map(|request| request.target.trim_start_matches('/').into()).collect()
    }
}

/// No answer.
pub fn cut() -> Reply {
    Reply::Cut
}

/// 200 with JSON.
pub fn ok(value: Value) -> Reply {
    json(200, value)
}

/// Any status with JSON.
pub fn json(status: u16, value: Value) -> Reply {
    Reply::Ready(Response::json(status, &value))
}

/// Any status with plain text.
pub fn text(status: u16, text: &str) -> Reply {
    Reply::Ready(Response::text(status, text))
}
