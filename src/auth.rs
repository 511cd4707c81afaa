//! The connection to Dropbox: OAuth 2 with PKCE (S256), and the life of its tokens.
//!
//! Tokens rest sealed in the store, under the CRM account and user they belong to. The refresh token leaves
//! for Dropbox's token endpoint alone, always in a body. No token appears in an error, in `Debug` output or in
//! an address. Opening the window and receiving the code is the page's part (`www/oauth.html`).

use crate::backoff::{Backoff, Wait};
use crate::json::forms::structs;
use crate::json::{Read, Value, Write};
use crate::percent::{form, percent_encode};
use crate::ports::{Body, Endpoints, Ports, Request, Response, Row, StoreError};
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::rc::Rc;
use sync_core::{Failure, Side};

/// What the plugin asks for.
pub const SCOPES: &str =
    "account_info.read files.metadata.read files.content.read files.content.write";
/// How it asks: for a code, and with it for a token that can be renewed.
const CODE_FLOW: &str = "response_type=code&code_challenge_method=S256&token_access_type=offline";
/// Asks for the password again.
const SWITCH_ACCOUNT: &str = "&force_reapprove=true&force_reauthentication=true";
/// Tokens are renewed this long before they expire (ms), as the official clients do.
const EARLY_MS: u64 = 300_000;
/// A sign-in that takes longer than this has to begin again (ms).
const PENDING_MS: u64 = 900_000;
const TIMEOUT_MS: u32 = 30_000;
/// Takes the grant of the token back.
const REVOKE: &str = "auth/token/revoke";

/// The Dropbox app and where it lives.
#[derive(Clone, Debug)]
pub struct App {
    /// The app key (public).
    pub key: String,
    /// Our own redirect page, exactly as registered.
    pub redirect_uri: String,
    /// Dropbox.
    pub endpoints: Endpoints,
}

/// Whose connection it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The CRM account's id.
    pub account: String,
    /// The CRM user's id.
    pub user: String,
}

/// The connected Dropbox account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// `dbid:…`
    pub id: String,
    /// The person's name as displayed.
    pub name: String,
    /// The person's address.
    pub email: String,
}

/// A connection as stored, its tokens sealed.
#[derive(PartialEq, Eq)]
pub struct Connection {
    /// With whom.
    pub account: Account,
    app_key: String,
    /// The grant is gone: the user has to connect again. The state is kept.
    pub revoked: bool,
    sealed_refresh: String,
    sealed_access: String,
    expires_ms: u64,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Connection");
        shown.field("account", &self.account).field("revoked", &self.revoked);
        shown.finish_non_exhaustive()
    }
}

/// A sign-in begun here.
#[derive(Debug)]
pub struct SignIn {
    /// By this its answer is known.
    pub state: String,
    /// Where Dropbox asks the user.
    pub address: String,
}

/// Why connecting or a token failed. Carries no token, no code and no verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u32)]
pub enum AuthError {
    /// Nobody is connected.
    #[error("not connected to Dropbox")]
    NotConnected,
    /// The answer belongs to no sign-in begun here, or to one that was already answered.
    #[error("this sign-in was not begun here")]
    UnknownState,
    /// The sign-in took too long, or its code was used before.
    #[error("this sign-in has expired")]
    Expired,
    /// The user said no.
    #[error("the user declined")]
    Denied,
    /// The grant was taken back.
    #[error("Dropbox no longer grants access")]
    Revoked,
    /// Another Dropbox account is connected than the one whose state is in use.
    #[error("another Dropbox account is connected")]
    OtherAccount,
    /// The app key or its registration is wrong.
    #[error("Dropbox refuses the app")]
    Misconfigured,
    /// Dropbox did not answer.
    #[error("Dropbox does not answer")]
    Unavailable,
    /// Dropbox's answer made no sense.
    #[error("Dropbox's answer made no sense")]
    Malformed,
    /// The store or its key failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unavailable => Failure::Unavailable(Side::Dropbox),
            AuthError::Malformed => Failure::Malformed(Side::Dropbox),
            AuthError::Store(_) => Failure::Store,
            AuthError::NotConnected
            | AuthError::UnknownState
            | AuthError::Expired
            | AuthError::Denied
            | AuthError::Revoked
            | AuthError::OtherAccount
            | AuthError::Misconfigured => Failure::Unauthorized(Side::Dropbox),
        }
    }
}

/// A bearer token. Its text is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The header's value.
    pub fn bearer(&self) -> String {
        bearer(&self.0)
    }
}

fn bearer(token: &str) -> String {
    ["Bearer ", token].concat()
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A sign-in under way, in the store until it is answered.
struct Pending {
    sealed_verifier: String,
    redirect_uri: String,
    expires_ms: u64,
}

struct TokenAnswer {
    access_token: String,
    expires_in: u64,
    refresh_token: Option<String>,
}

structs! {
    Account { id, name, email, }
    Pending { sealed_verifier, redirect_uri, expires_ms, }
    Connection { account, app_key, revoked, sealed_refresh, sealed_access, expires_ms, }
    TokenAnswer { access_token, expires_in, refresh_token, }
}

/// Of the answer of `users/get_current_account`.
fn full_account<C>(response: &Response<C>) -> Option<Account> {
    if response.status != 200 {
        return None;
    }
    let value = Value::said(&response.text);
    Some(Account {
        id: value.text("account_id")?,
        name: value.field("name")?.text("display_name")?,
        email: value.text("email")?,
    })
}

/// Connects, hands out tokens, disconnects; for one CRM user.
pub struct Auth<P> {
    ports: Rc<P>,
    app: App,
    /// The owner, as the keys of the store name them.
    owner_key: String,
    /// Held by the one tab that changes the connection.
    lock_name: String,
    /// The token in use and when it expires (ms): the store is not read for every request.
    cached: RefCell<Option<(Token, u64)>>,
    /// The account whose state is in use; tokens of another are not handed out.
    bound: RefCell<Option<String>>,
}

impl<P> fmt::Debug for Auth<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("owner_key", &self.owner_key).finish_non_exhaustive()
    }
}

impl<P: Ports> Auth<P> {
    /// For one CRM user. Nothing is read yet.
    pub fn new(ports: Rc<P>, app: App, owner: &Owner) -> Self {
        let mut owner_key = percent_encode(&owner.account);
        owner_key.push('/');
        owner_key.push_str(&percent_encode(&owner.user));
        let lock_name = ["dropbox-token/", &owner_key].concat();
        let (cached, bound) = (RefCell::default(), RefCell::default());
        Self { ports, app, owner_key, lock_name, cached, bound }
    }

    /// Where Dropbox is.
    pub fn endpoints(&self) -> &Endpoints {
        &self.app.endpoints
    }

    /// Hands out tokens of this account alone from now on (G7).
    pub fn bind(&self, account_id: &str) {
        *self.bound.borrow_mut() = Some(account_id.into());
        *self.cached.borrow_mut() = None;
    }

    /// Begins a sign-in. `switch_account` asks for the password again.
    pub async fn begin(&self, locale: &str, switch_account: bool) -> Result<SignIn, AuthError> {
        let state = self.ports.random_text(40);
        let verifier = self.ports.random_text(96);
        let challenge = self.ports.sha256_base64url(&verifier).await;
        let pending = Pending {
            sealed_verifier: self.ports.seal(&verifier).await?,
            redirect_uri: self.app.redirect_uri.clone(),
            expires_ms: self.ports.now_ms() + PENDING_MS,
        };
        let mut changes = self.removals(false).await?;
        changes.push((self.pending_key(&state), Some(pending.write_text())));
        self.ports.save(changes).await?;
        let address = self.address(&state, &challenge, locale, switch_account);
        Ok(SignIn { state, address })
    }

    /// Where Dropbox asks the user.
    fn address(&self, state: &str, challenge: &str, locale: &str, switch_account: bool) -> String {
        let fields = form(&[
            ("client_id", &self.app.key),
            ("redirect_uri", &self.app.redirect_uri),
            ("state", state),
            ("code_challenge", challenge),
            ("scope", SCOPES),
            ("locale", locale),
        ]);
        let switch = if switch_account { SWITCH_ACCOUNT } else { "" };
        let page = "/oauth2/authorize?";
        [&self.app.endpoints.www, page, CODE_FLOW, "&", &fields, switch].concat()
    }

    /// The redirect page brought a code or an error (`access_denied`): exchanges the code and stores the connection, or
    /// says why there is none. A state works once.
    ///
    /// [`AuthError::OtherAccount`]: there is a connection with another account; it stays as it is.
    pub async fn complete(
        &self,
        state: &str,
        brought: Result<&str, &str>,
    ) -> Result<(), AuthError> {
        let pending = self.take_pending(state).await?;
        let code = match brought {
            Ok(code) => code,
            Err("access_denied") => return Err(AuthError::Denied),
            Err(_) => return Err(AuthError::Misconfigured),
        };
        let verifier = self.ports.open(&pending.sealed_verifier).await?;
        let fields = form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &self.app.key),
            ("code_verifier", &verifier),
            ("redirect_uri", &pending.redirect_uri),
        ]);
        let answer = match self.token_request(fields).await {
            Ok(answer) if answer.refresh_token.is_none() => return Err(AuthError::Malformed),
            Ok(answer) => answer,
            // The code, not the grant: there is no grant yet.
            Err(AuthError::Revoked) => return Err(AuthError::Expired),
            Err(error) => return Err(error),
        };
        let who = self.call("users/get_current_account", &answer.access_token).await?;
        let mut row = Box::new(Connection {
            account: full_account(&who).ok_or(AuthError::Malformed)?,
            app_key: self.app.key.clone(),
            revoked: false,
            sealed_refresh: String::new(),
            sealed_access: String::new(),
            expires_ms: 0,
        });
        let before = self.connection().await?;
        if before.is_some_and(|before| before.account.id != row.account.id) {
            // The state belongs to the account before: disconnecting first is a decision of the user (G7).
            let _ = self.call(REVOKE, &answer.access_token).await;
            return Err(AuthError::OtherAccount);
        }
        let _held = self.lock().await;
        *self.cached.borrow_mut() = None;
        self.keep(&mut row, Some(&answer)).await
    }

    /// The stored connection, if there is one.
    pub async fn connection(&self) -> Result<Option<Box<Connection>>, AuthError> {
        let row = self.ports.load(&self.key()).await?;
        // A row that cannot be read is no connection: the user connects again.
        Ok(row.and_then(|text| Box::read_text(&text)))
    }

    /// A token that is good for some minutes; after a 401, another one than was rejected. Renewed five minutes early, once
    /// across all tabs.
    pub async fn token(&self, rejected: Option<&Token>) -> Result<Token, AuthError> {
        if let Some((token, expires_ms)) = &*self.cached.borrow() {
            if rejected != Some(token) && self.ports.now_ms() + EARLY_MS < *expires_ms {
                return Ok(token.clone());
            }
        }
        // What the store holds now is the truth, for another tab may have renewed it.
        let _held = self.lock().await;
        *self.cached.borrow_mut() = None;
        let mut row = self.connection().await?.ok_or(AuthError::NotConnected)?;
        if self.bound.borrow().as_ref().is_some_and(|bound| *bound != row.account.id) {
            return Err(AuthError::OtherAccount);
        }
        if row.revoked {
            return Err(AuthError::Revoked);
        }
        let stored = Token(self.ports.open(&row.sealed_access).await?);
        let refused = rejected == Some(&stored);
        if !refused && self.ports.now_ms() + EARLY_MS < row.expires_ms {
            *self.cached.borrow_mut() = Some((stored.clone(), row.expires_ms));
            return Ok(stored);
        }
        let refresh = self.ports.open(&row.sealed_refresh).await?;
        let fields = form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
            ("client_id", &row.app_key),
        ]);
        let answer = self.token_request(fields).await;
        match answer {
            Ok(_) => {}
            Err(AuthError::Revoked) => row.revoked = true,
            // Renewed early: while the old one lasts, a short outage of the token endpoint harms nobody.
            Err(AuthError::Unavailable) if !refused && self.ports.now_ms() < row.expires_ms => {
                return Ok(stored);
            }
            Err(error) => return Err(error),
        }
        self.keep(&mut row, answer.as_deref().ok()).await?;
        let token = Token(answer?.access_token);
        *self.cached.borrow_mut() = Some((token.clone(), row.expires_ms));
        Ok(token)
    }

    /// Takes the grant back at Dropbox and forgets the connection here. All files stay.
    ///
    /// Where Dropbox cannot be told (offline), the user can unlink the app in Dropbox's settings.
    pub async fn disconnect(&self) -> Result<(), AuthError> {
        if let Ok(token) = self.token(None).await {
            let _ = self.call(REVOKE, &token.0).await;
        }
        *self.cached.borrow_mut() = None;
        let mut changes = self.removals(true).await?;
        changes.push((self.key(), None));
        let _held = self.lock().await;
        Ok(self.ports.save(changes).await?)
    }

    /// Stores the connection's row, with the tokens of an answer if there is one.
    async fn keep(
        &self,
        row: &mut Connection,
        answer: Option<&TokenAnswer>,
    ) -> Result<(), AuthError> {
        if let Some(answer) = answer {
            row.sealed_access = self.ports.seal(&answer.access_token).await?;
            let lasts_ms = answer.expires_in.saturating_mul(1_000);
            row.expires_ms = self.ports.now_ms().saturating_add(lasts_ms);
            if let Some(refresh) = &answer.refresh_token {
                row.sealed_refresh = self.ports.seal(refresh).await?;
            }
        }
        Ok(self.ports.save(vec![(self.key(), Some(row.write_text()))]).await?)
    }

    async fn token_request(&self, fields: String) -> Result<Box<TokenAnswer>, AuthError> {
        let url = [&self.app.endpoints.api, "/oauth2/token"].concat();
        let body = Body::Text(fields);
        let request = Request::post(url, "application/x-www-form-urlencoded", body, TIMEOUT_MS);
        let response = self.send(&request).await?;
        if response.status == 200 {
            return Box::read_text(&response.text).ok_or(AuthError::Malformed);
        }
        Err(match Value::said(&response.text).word("error") {
            Some("invalid_grant") => AuthError::Revoked,
            Some(_) => AuthError::Misconfigured,
            None => AuthError::Malformed,
        })
    }

    /// A route without an argument, with this very token.
    async fn call(&self, route: &str, token: &str) -> Result<Box<Response<P::Content>>, AuthError> {
        let url = [&self.app.endpoints.api, "/2/", route].concat();
        let mut request = Request::post_json(url, "null".into(), TIMEOUT_MS);
        request.authorization = Some(bearer(token));
        self.send(&request).await
    }

    /// Repeats after outages; every request here may be repeated (a code used twice is refused, not granted).
    async fn send(
        &self,
        request: &Request<P::Content>,
    ) -> Result<Box<Response<P::Content>>, AuthError> {
        let mut backoff = Backoff::new(Side::Dropbox);
        loop {
            match self.ports.send(request).await {
                Ok(response) if response.status != 429 && response.status < 500 => {
                    return Ok(response);
                }
                _ => {}
            }
            let wait = backoff.wait(&*self.ports, Wait::Outage);
            wait.map_err(|_| AuthError::Unavailable)?.await;
        }
    }

    /// Takes the sign-in out of the store: it is accepted once.
    async fn take_pending(&self, state: &str) -> Result<Box<Pending>, AuthError> {
        let _held = self.lock().await;
        let key = self.pending_key(state);
        let pending = self.pending(&key).await;
        if !matches!(pending, Err(AuthError::Store(_))) {
            self.ports.save(vec![(key, None)]).await?;
        }
        pending
    }

    /// A sign-in under way, if it is one that can still be finished.
    async fn pending(&self, key: &str) -> Result<Box<Pending>, AuthError> {
        let row = self.ports.load(key).await?;
        let pending: Option<Box<Pending>> = row.and_then(|text| Box::read_text(&text));
        let pending = pending.ok_or(AuthError::UnknownState)?;
        if pending.expires_ms < self.ports.now_ms() {
            return Err(AuthError::Expired);
        }
        Ok(pending)
    }

    /// Removals of the sign-ins under way: of all, or of those that nobody finished in time.
    async fn removals(&self, all: bool) -> Result<Vec<Row>, AuthError> {
        let mut removals = Vec::new();
        for key in self.ports.keys(&self.pending_key("")).await? {
            if !all {
                match self.pending(&key).await {
                    Ok(_) => continue,
                    Err(error @ AuthError::Store(_)) => return Err(error),
                    Err(_) => {}
                }
            }
            removals.push((key, None));
        }
        Ok(removals)
    }

    fn key(&self) -> String {
        ["auth/", &self.owner_key].concat()
    }

    fn pending_key(&self, state: &str) -> String {
        ["sign-in/", &self.owner_key, "/", &percent_encode(state)].concat()
    }

    /// One tab at a time changes the connection.
    fn lock(&self) -> impl Future<Output = P::Held> + '_ {
        self.ports.lock(&self.lock_name)
    }
}
