//! One tab of a browser: all port traits over the in-process world. No logic of the plugin.
//!
//! Plays the browser's part of cross-origin rules: an answer that may not be read is a network error, and
//! headers that are not exposed are not seen.

use super::executor::{next_random, Timeline};
use super::power::Power;
use super::store::{Held, MemoryStore};
use sandbox::{Origin, Reply, World};
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use sync_core::ContentHash;
use teamleader_dropbox::ports::{
    Body, Clock, CrmTokens, Endpoints, Locks, Method, Request, Response, Row, Secrets, Store,
    StoreError, Text, Transport, TransportError,
};
use unicode_normalization::UnicodeNormalization;

/// Bytes in the page.
pub type Content = Arc<[u8]>;

/// The header of an answer that the plugin reads.
const API_RESULT: &str = "dropbox-api-result";

/// What answers requests: the world, or a script in its place.
pub trait Service {
    /// Answers one request, and says how long the answer takes (ms).
    fn answer(&mut self, request: &sandbox::Request) -> (Reply, u64);
    /// A bearer token of the CRM for a user.
    fn crm_token(&mut self, user: &str) -> Option<String>;
    /// Time has moved (ms).
    fn follow(&mut self, now_ms: u64);
    /// Somebody asks an address that is no part of it: for a service that leads people astray.
    fn led_astray(&self) {
        panic!("the plugin asks the two services alone");
    }
}

impl Service for World {
    fn answer(&mut self, request: &sandbox::Request) -> (Reply, u64) {
        let reply = self.handle(request);
        (reply, self.delay_ms)
    }

    fn crm_token(&mut self, user: &str) -> Option<String> {
        let now_ms = self.now_ms;
        self.crm.issue_token(user, now_ms).map(|(token, _)| token)
    }

    fn follow(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
    }
}

/// Looks on while a service answers.
pub trait Watch<S> {
    /// The request has arrived; nothing is done yet.
    fn before(&mut self, service: &S, request: &sandbox::Request);
    /// It is done, or not.
    fn after(&mut self, service: &S, request: &sandbox::Request, reply: &Reply);
}

/// The network between all tabs and a service.
pub struct Network<S> {
    service: Rc<RefCell<S>>,
    timeline: Rc<Timeline>,
    port_base: u16,
    latency_ms: Cell<u64>,
    /// Draws how long each way takes, up to so much (ms).
    drawn_latency: Cell<Option<(u64, u64)>>,
    watch: RefCell<Option<Box<dyn Watch<S>>>>,
    /// Requests that have left so far, the latest of them that was answered, and answers that another overtook.
    departures: Cell<(u64, u64, u64)>,
    /// Requests that wait for any other request (longpolls).
    parked: RefCell<Vec<Waker>>,
    /// Answers so far.
    answers: Cell<u64>,
}

impl<S: Service + 'static> Network<S> {
    /// To this service, whose origins lie at `http://127.0.0.1:<port_base + offset>`.
    pub fn new(service: Rc<RefCell<S>>, timeline: Rc<Timeline>, port_base: u16) -> Rc<Self> {
        let follower = service.clone();
        timeline.follow(move |now_ms| follower.borrow_mut().follow(now_ms));
        Rc::new(Self {
            service,
            timeline,
            port_base,
            latency_ms: Cell::new(0),
            drawn_latency: Cell::new(None),
            watch: RefCell::new(None),
            departures: Cell::new((0, 0, 0)),
            parked: RefCell::default(),
            answers: Cell::new(0),
        })
    }

    /// So long from a request to its answer, besides what the service takes (ms).
    pub fn set_latency_ms(&self, latency_ms: u64) {
        self.latency_ms.set(latency_ms);
    }

    /// Each way of each request, and each transaction, takes a time of its own, drawn from this seed: at most so
    /// long (ms). Answers then come out of order.
    pub fn draw_latency(&self, seed: u64, at_most_ms: u64) {
        self.drawn_latency.set(Some((seed, at_most_ms)));
    }

    /// Lets somebody look on.
    pub fn watch(&self, watch: impl Watch<S> + 'static) {
        *self.watch.borrow_mut() = Some(Box::new(watch));
    }

    /// How many answers were overtaken by the answer to a later request.
    pub fn overtaken_count(&self) -> u64 {
        self.departures.get().2
    }

    /// One way.
    async fn travel(&self) {
        let drawn_ms = self.drawn_latency.get().map_or(0, |(mut state, at_most_ms)| {
            let number = next_random(&mut state);
            self.drawn_latency.set(Some((state, at_most_ms)));
            number % (at_most_ms + 1)
        });
        if drawn_ms > 0 {
            self.timeline.sleep_until(self.timeline.now_ms() + drawn_ms).await;
        }
    }

    fn depart(&self) -> u64 {
        let (left, latest, overtaken) = self.departures.get();
        self.departures.set((left + 1, latest, overtaken));
        left + 1
    }

    fn arrive(&self, number: u64) {
        let (left, latest, overtaken) = self.departures.get();
        self.departures.set((left, latest.max(number), overtaken + u64::from(number < latest)));
    }

    fn answer(&self, wire: &sandbox::Request) -> (Reply, u64) {
        let mut service = self.service.borrow_mut();
        let mut watch = self.watch.borrow_mut();
        if let Some(watch) = watch.as_mut() {
            watch.before(&service, wire);
        }
        let answered = service.answer(wire);
        if let Some(watch) = watch.as_mut() {
            watch.after(&service, wire, &answered.0);
        }
        answered
    }

    /// Something happened in the world that was no request: longpolls look again.
    pub fn nudge(&self) {
        self.answers.set(self.answers.get() + 1);
        std::mem::take(&mut *self.parked.borrow_mut()).into_iter().for_each(Waker::wake);
    }

    /// Where the plugin finds Dropbox.
    pub fn endpoints(&self) -> Endpoints {
        Endpoints {
            api: self.url(Origin::DropboxApi),
            content: self.url(Origin::DropboxContent),
            notify: self.url(Origin::DropboxNotify),
            www: self.url(Origin::DropboxWww),
        }
    }

    /// Where an origin is found.
    pub fn url(&self, origin: Origin) -> String {
        format!("http://127.0.0.1:{}", self.port_base + origin.offset())
    }

    fn origin_of(&self, url: &str) -> Option<(Origin, String)> {
        let rest = url.strip_prefix("http://127.0.0.1:")?;
        let (port, target) = rest.split_at(rest.find('/')?);
        let offset = port.parse::<u16>().ok()?.checked_sub(self.port_base)?;
        let (origin, _) = Origin::ALL.into_iter().find(|(_, other)| *other == offset)?;
        Some((origin, target.into()))
    }
}

/// One tab.
pub struct WorldPorts<S = World> {
    network: Rc<Network<S>>,
    store: MemoryStore,
    power: Rc<Power>,
    /// The signed-in user of the CRM, by id or first name.
    crm_user: String,
    crm_token: RefCell<Option<(String, u64)>>,
    random: Cell<u64>,
    clock_offset_ms: Cell<i64>,
    online: Cell<bool>,
    bytes_held: Cell<u64>,
}

impl<S: Service + 'static> WorldPorts<S> {
    /// A tab of the browser that owns the store; the seed is its only randomness.
    pub fn new(
        network: &Rc<Network<S>>,
        store: &MemoryStore,
        power: &Rc<Power>,
        crm_user: &str,
        seed: u64,
    ) -> Rc<Self> {
        Rc::new(Self {
            network: network.clone(),
            store: store.clone(),
            power: power.clone(),
            crm_user: crm_user.into(),
            crm_token: RefCell::new(None),
            random: Cell::new(seed),
            clock_offset_ms: Cell::new(0),
            online: Cell::new(true),
            bytes_held: Cell::new(0),
        })
    }

    /// The browser's clock goes wrong by so much (ms).
    pub fn set_clock_offset_ms(&self, offset_ms: i64) {
        self.clock_offset_ms.set(offset_ms);
    }

    /// Whether requests leave at all.
    pub fn set_online(&self, online: bool) {
        self.online.set(online);
    }

    /// The tab's power.
    pub fn power(&self) -> &Rc<Power> {
        &self.power
    }

    /// The browser's store.
    pub fn store(&self) -> &MemoryStore {
        &self.store
    }

    /// Bytes of contents that were received, all together.
    pub fn bytes_received(&self) -> u64 {
        self.bytes_held.get()
    }

    fn next(&self) -> u64 {
        let mut state = self.random.get();
        let number = next_random(&mut state);
        self.random.set(state);
        number
    }

    /// Nothing where nobody listens.
    fn wire_request(&self, request: &Request<Content>) -> Option<sandbox::Request> {
        let Some((origin, target)) = self.network.origin_of(&request.url) else {
            self.network.service.borrow().led_astray();
            return None;
        };
        let mut wire = sandbox::Request::new(
            origin,
            match request.method {
                Method::Get => "GET",
                Method::Post => "POST",
            },
            &target,
        );
        let address = self.network.url(origin);
        wire = wire
            .with_header("host", address.trim_start_matches("http://"))
            .with_header("origin", &self.network.url(Origin::Crm));
        for (name, value) in &request.headers {
            wire = wire.with_header(name, value);
        }
        if let Some(authorization) = &request.authorization {
            wire = wire.with_header("authorization", authorization);
        }
        Some(match &request.body {
            Body::Empty => wire,
            Body::Text(text) => wire.with_body(text.as_bytes()),
            Body::Content(content) => wire.with_body(&**content),
        })
    }

    /// The answer as a page sees it.
    fn page_response(
        &self,
        request: &Request<Content>,
        response: sandbox::Response,
    ) -> Result<Response<Content>, TransportError> {
        let header = |name: &str| response.header(name).unwrap_or_default().to_lowercase();
        let allowed = header("access-control-allow-origin");
        if allowed != "*" && allowed != self.network.url(Origin::Crm) {
            return Err(TransportError);
        }
        let exposed = header("access-control-expose-headers");
        let is_readable = exposed.split(',').any(|other| other.trim() == API_RESULT);
        let api_result = response.header(API_RESULT).filter(|_| is_readable).unwrap_or_default();
        let api_result = api_result.to_owned();
        let good = (200..300).contains(&response.status);
        let (text, content) = if request.wants_content && good {
            self.bytes_held.set(self.bytes_held.get() + response.body.len() as u64);
            (String::new(), Some(Content::from(&*response.body)))
        } else {
            (String::from_utf8_lossy(&response.body).into_owned(), None)
        };
        Ok(Response { status: response.status, api_result, text, content })
    }

    /// Asks, and asks again while the service parks the request.
    async fn ask(
        &self,
        wire: &sandbox::Request,
        timeout_ms: u32,
    ) -> Result<sandbox::Response, TransportError> {
        let timeline = &self.network.timeline;
        let give_up_ms = timeline.now_ms() + u64::from(timeout_ms);
        let first = self.power.step(|| self.network.answer(wire)).await;
        let (mut reply, mut delay_ms) = first;
        loop {
            match reply {
                Reply::Ready(response) => {
                    self.network.nudge();
                    if delay_ms > 0 {
                        timeline.sleep_until(timeline.now_ms() + delay_ms).await;
                    }
                    return Ok(response);
                }
                Reply::Cut | Reply::CutInBody(_) => {
                    self.network.nudge();
                    return Err(TransportError);
                }
                Reply::Parked { until_ms } => {
                    if timeline.now_ms() >= give_up_ms {
                        return Err(TransportError);
                    }
                    let waiting = self.nudged_or(until_ms.min(give_up_ms));
                    waiting.await;
                    (reply, delay_ms) = self.network.answer(wire);
                }
            }
        }
    }

    /// Until another request was answered, or until this moment (ms).
    async fn nudged_or(&self, until_ms: u64) {
        let mut sleep = pin!(self.network.timeline.sleep_until(until_ms));
        let answers = self.network.answers.get();
        poll_fn(|context| {
            if self.network.answers.get() != answers {
                return Poll::Ready(());
            }
            self.network.parked.borrow_mut().push(context.waker().clone());
            sleep.as_mut().poll(context)
        })
        .await;
    }
}

impl<S: Service + 'static> Transport for WorldPorts<S> {
    type Content = Content;

    async fn send(
        &self,
        request: &Request<Content>,
    ) -> Result<Box<Response<Content>>, TransportError> {
        let timeline = &self.network.timeline;
        // Others may come in between, on the way there and on the way back.
        timeline.pass().await;
        if !self.online.get() {
            return self.power.step(|| Err(TransportError)).await;
        }
        let latency_ms = self.network.latency_ms.get();
        if latency_ms > 0 {
            timeline.sleep_until(timeline.now_ms() + latency_ms).await;
        }
        let wire = self.wire_request(request).ok_or(TransportError)?;
        // A longpoll is overtaken by everything, which says nothing.
        let number = (wire.origin != Origin::DropboxNotify).then(|| self.network.depart());
        self.network.travel().await;
        let response = self.ask(&wire, request.timeout_ms).await?;
        self.network.travel().await;
        number.into_iter().for_each(|number| self.network.arrive(number));
        if response.status == 401 && wire.origin == Origin::CrmApi {
            self.crm_token.replace(None);
        }
        timeline.pass().await;
        self.page_response(request, response).map(Box::new)
    }

    async fn content_hash(&self, content: &Content) -> Result<ContentHash, TransportError> {
        Ok(content_hash(content))
    }

    fn size_bytes(&self, content: &Content) -> u64 {
        content.len() as u64
    }
}

impl<S: Service + 'static> Clock for WorldPorts<S> {
    fn now_ms(&self) -> u64 {
        self.network.timeline.now_ms().saturating_add_signed(self.clock_offset_ms.get())
    }

    async fn sleep(&self, duration_ms: u32) {
        let timeline = &self.network.timeline;
        timeline.sleep_until(timeline.now_ms() + u64::from(duration_ms)).await;
    }

    fn random(&self) -> u32 {
        (self.next() >> 32) as u32
    }

    fn today(&self) -> String {
        sandbox::clock::utc_z(self.now_ms())[..10].into()
    }
}

impl<S: Service + 'static> Store for WorldPorts<S> {
    async fn load(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.network.timeline.pass().await;
        self.store.load(key)
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store.keys(prefix)
    }

    async fn save_rows(&self, next: &mut dyn FnMut() -> Option<Row>) -> Result<(), StoreError> {
        let changes = std::iter::from_fn(next).collect();
        self.network.timeline.pass().await;
        self.network.travel().await;
        let saved = self.power.step(|| self.store.save(changes)).await;
        self.network.travel().await;
        saved
    }
}

/// Not a cipher: only makes sure that nobody takes what is sealed for the plain text.
fn mask(bytes: impl Iterator<Item = u8>) -> Vec<u8> {
    bytes.map(|byte| byte ^ 0x5a).collect()
}

impl<S: Service + 'static> Secrets for WorldPorts<S> {
    async fn seal(&self, plain: &str) -> Result<String, StoreError> {
        Ok(seal(plain))
    }

    async fn open(&self, sealed: &str) -> Result<String, StoreError> {
        let hex = sealed.strip_prefix("sealed:").ok_or(StoreError)?;
        let pairs = hex.as_bytes().chunks(2);
        let bytes = pairs.map(|pair| {
            let text = std::str::from_utf8(pair).map_err(|_| StoreError)?;
            u8::from_str_radix(text, 16).map_err(|_| StoreError)
        });
        let bytes: Vec<u8> = bytes.collect::<Result<_, _>>()?;
        String::from_utf8(mask(bytes.into_iter())).map_err(|_| StoreError)
    }

    fn random_text(&self, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| LETTERS[(self.next() % 62) as usize] as char).collect()
    }

    async fn sha256_base64url(&self, text: &str) -> String {
        base64url(&Sha256::digest(text.as_bytes()))
    }
}

/// As [`Secrets::seal`] of every tab here does.
pub fn seal(plain: &str) -> String {
    let hex = mask(plain.bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("sealed:{hex}")
}

impl<S: Service + 'static> Locks for WorldPorts<S> {
    type Held = Held;

    async fn lock(&self, name: &str) -> Held {
        self.store.lock(name).await
    }
}

impl<S: Service + 'static> CrmTokens for WorldPorts<S> {
    /// The host hands out a token for some minutes, and another one after a 401.
    async fn crm_token(&self, _refused: Option<&str>) -> Option<String> {
        let now_ms = self.network.timeline.now_ms();
        if let Some((token, until_ms)) = &*self.crm_token.borrow() {
            if now_ms < *until_ms {
                return Some(token.clone());
            }
        }
        let token = self.network.service.borrow_mut().crm_token(&self.crm_user)?;
        self.crm_token.replace(Some((token.clone(), now_ms + 600_000)));
        Some(token)
    }
}

impl<S: Service + 'static> Text for WorldPorts<S> {
    fn nfc(&self, text: &str) -> String {
        text.nfc().collect()
    }
}

/// Dropbox's content hash, written down once more from its documentation.
pub fn content_hash(bytes: &[u8]) -> ContentHash {
    let mut whole = Sha256::new();
    for block in bytes.chunks(4 * 1024 * 1024) {
        whole.update(Sha256::digest(block));
    }
    ContentHash(whole.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for index in 0..=chunk.len() {
            text.push(LETTERS[(bits >> (18 - 6 * index) & 63) as usize] as char);
        }
    }
    text
}
