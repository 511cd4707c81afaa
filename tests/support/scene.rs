//! A world with its browsers, tabs and drivers, put together.

use super::executor::{Executor, TaskId, Timeline};
use super::ports::{seal, Network, WorldPorts};
use super::power::Power;
use super::store::MemoryStore;
use sandbox::{Options, World};
use serde_json::json;
use std::cell::{RefCell, RefMut};
use std::rc::Rc;
use sync_core::{Config, Event, Record, RecordKind};
use teamleader_dropbox::auth::{App, Auth, Owner};
use teamleader_dropbox::driver::{Driver, OpenError, Setup, StateKey};
use teamleader_dropbox::dropbox::Dropbox;
use teamleader_dropbox::teamleader::Teamleader;
use teamleader_dropbox::wire::Wire;

/// A world in virtual time.
pub struct Scene {
    /// Both services.
    pub world: Rc<RefCell<World>>,
    /// The way to them.
    pub network: Rc<Network<World>>,
    /// Runs all tabs.
    pub executor: Executor,
    redirect_uri: String,
    app_key: String,
}

/// A tab with a CRM user in it.
#[derive(Clone)]
pub struct Tab {
    /// Its surroundings.
    pub ports: Rc<WorldPorts>,
    /// Its connection.
    pub auth: Rc<Auth<WorldPorts>>,
    /// Whose it is.
    pub owner: Owner,
}

impl Scene {
    /// A world made so. With a seed, the order of tasks is drawn.
    pub fn new(options: Options, seed: Option<u64>) -> Self {
        Self::of(World::new(options), seed)
    }

    /// A world as it stands.
    pub fn of(world: World, seed: Option<u64>) -> Self {
        let timeline = Timeline::new(world.now_ms);
        let port_base = world.options.port_base;
        let app_key = world.options.dropbox_app_key.clone();
        let world = Rc::new(RefCell::new(world));
        let network = Network::new(world.clone(), timeline.clone(), port_base);
        let executor = match seed {
            Some(seed) => Executor::with_seed(timeline, seed),
            None => Executor::new(timeline),
        };
        let redirect_uri = format!("{}/plugin/oauth.html", network.url(sandbox::Origin::Crm));
        Self { world, network, executor, redirect_uri, app_key }
    }

    /// The world, between two steps.
    pub fn world(&self) -> RefMut<'_, World> {
        self.world.borrow_mut()
    }

    /// Now (ms since 1970).
    pub fn now_ms(&self) -> u64 {
        self.executor.timeline().now_ms()
    }

    /// A tab in the browser that owns this store, with this CRM user (`anna`, `bram`) signed in.
    pub fn tab(&self, browser: &MemoryStore, user: &str, seed: u64) -> Tab {
        let ports = WorldPorts::new(&self.network, browser, &Power::new(), user, seed);
        let world = self.world.borrow();
        let account = world.crm.account_id().to_owned();
        let users = world.crm.users().iter();
        let found = users.clone().find(|other| other.first_name.eq_ignore_ascii_case(user));
        let owner = Owner { account, user: found.expect("the sandbox has this user").id.clone() };
        let app = App {
            key: self.app_key.clone(),
            redirect_uri: self.redirect_uri.clone(),
            endpoints: self.network.endpoints(),
        };
        let auth = Rc::new(Auth::new(ports.clone(), app, &owner));
        Tab { ports, auth, owner }
    }

    /// Connects a tab's user to a Dropbox account of the world, as if by the sign-in; gives the account's id.
    ///
    /// Writes the row that a sign-in leaves; the sign-in itself is tested in `tests/auth.rs`.
    pub fn connect(&self, tab: &Tab, dropbox_account: usize) -> String {
        let wish = json!({ "account": dropbox_account });
        let tokens = self
            .world()
            .with_dropbox(|dropbox, ctx| dropbox.control_tokens(ctx, &wish))
            .expect("the world has this account");
        let id = tokens["account_id"].as_str().expect("an account has an id").to_owned();
        let sealed = |name: &str| seal(tokens[name].as_str().expect("tokens are text"));
        let row = json!({
            "account": { "id": id, "name": "A Person", "email": "person@example.com" },
            "app_key": self.app_key,
            "revoked": false,
            "sealed_refresh": sealed("refresh_token"),
            "sealed_access": sealed("access_token"),
            "expires_ms": self.now_ms() + 14_400_000,
        });
        let key = format!("auth/{}/{}", tab.owner.account, tab.owner.user);
        tab.ports.store().put(&key, &row.to_string());
        id
    }

    /// Both clients of a tab, without a driver.
    pub fn clients(&self, tab: &Tab) -> (Dropbox<WorldPorts>, Teamleader<WorldPorts>) {
        let wire = Rc::new(Wire::new(tab.ports.clone()));
        let api = self.network.url(sandbox::Origin::CrmApi);
        (Dropbox::new(wire.clone(), tab.auth.clone()), Teamleader::new(wire, &api))
    }

    /// What a driver of this tab is told, without longpoll.
    pub fn setup(&self, tab: &Tab, dropbox_account: &str) -> Setup {
        Setup {
            key: StateKey {
                account: tab.owner.account.clone(),
                user: tab.owner.user.clone(),
                dropbox: dropbox_account.into(),
            },
            crm_api_base: self.network.url(sandbox::Origin::CrmApi),
            config: Config::default(),
            longpoll: false,
        }
    }

    /// Opens a driver in a tab and lets it run until its power is cut or it is stopped.
    pub fn drive(
        &mut self,
        tab: &Tab,
        setup: Setup,
    ) -> Result<(Rc<Driver<WorldPorts>>, TaskId), OpenError> {
        let opened = Driver::open(tab.ports.clone(), tab.auth.clone(), setup);
        let driver = Rc::new(self.executor.block_on(opened)?);
        let running = driver.clone();
        let task = self.executor.spawn(tab.ports.power(), async move { running.run().await });
        Ok((driver, task))
    }

    /// Begins this driver's cycles when they are due, until the tab's power is cut.
    pub fn keep_time(&mut self, tab: &Tab, driver: &Rc<Driver<WorldPorts>>) {
        let (timeline, driver) = (self.executor.timeline().clone(), driver.clone());
        let looking = async move { keep_time(&timeline, &driver).await };
        self.executor.spawn(tab.ports.power(), looking);
    }

    /// A record in the CRM.
    pub fn add_record(&self, kind: RecordKind, name: &str) -> Record {
        use sandbox::teamleader::model::Kind;
        let sandbox_kind = match kind {
            RecordKind::Contact => Kind::Contact,
            RecordKind::Company => Kind::Company,
            RecordKind::Project => Kind::NextgenProject,
            RecordKind::Meeting => Kind::Meeting,
            RecordKind::Product => Kind::Product,
        };
        let now_ms = self.now_ms();
        let subject = self.world().crm.add_record(sandbox_kind, name, now_ms);
        Record::new(kind, subject.id)
    }
}

/// Looks every minute whether a cycle is due, as `plugin.js` does. Never ends.
pub async fn keep_time(timeline: &Timeline, driver: &Driver<WorldPorts>) {
    loop {
        if driver.is_due() {
            driver.send(Event::Run);
        }
        timeline.sleep_until(timeline.now_ms() + 60_000).await;
    }
}
