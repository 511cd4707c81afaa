//! Who is who: the two accounts' names, grants, tokens, codes, and the token endpoint.
//! The pages a person sees on the way are in `pages.rs`.

use super::wire::{base64url, Fail};
use super::Dropbox;
use crate::message::{Request, Response};
use crate::options::Options;
use crate::world::Ctx;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const CODE_LIFE_MS: u64 = 10 * 60 * 1000;

/// Everything that was granted.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    grants: BTreeMap<String, Grant>,
    access: BTreeMap<String, Access>,
    codes: BTreeMap<String, Code>,
}

/// A user's consent for the app: one linking. Its refresh token is its key.
#[derive(Clone, Debug)]
struct Grant {
    account: usize,
    scopes: Vec<String>,
    offline: bool,
    /// On the consent page, by a person; not by a script.
    consented: bool,
}

#[derive(Clone, Debug)]
struct Access {
    /// Key of the grant.
    grant: String,
    account: usize,
    scopes: Vec<String>,
    expires_ms: u64,
}

/// An authorization code, with what it is bound to.
#[derive(Clone, Debug)]
struct Code {
    account: usize,
    ask: Ask,
    expires_ms: u64,
}

/// What `/oauth2/authorize` was asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Absent: the code is shown for copying.
    pub redirect_uri: Option<String>,
    /// Comes back as it was.
    pub state: Option<String>,
    /// PKCE, S256.
    pub code_challenge: String,
    /// With refresh token.
    pub offline: bool,
    /// Asked for, in the order of the app's list.
    pub scopes: Vec<String>,
    /// Ask again even if granted before.
    pub force_reapprove: bool,
    /// Sign in again.
    pub force_reauthentication: bool,
}

impl Ask {
    /// Reads the address; the error is for the person, as no redirect can be trusted.
    pub fn read(options: &Options, request: &Request) -> Result<Self, String> {
        let query: BTreeMap<String, String> = request.query().into_iter().collect();
        let value = |name: &str| query.get(name).filter(|v| !v.is_empty()).cloned();
        if value("client_id").as_deref() != Some(options.dropbox_app_key.as_str()) {
            return Err("Invalid client_id: no app with this key.".into());
        }
        if value("response_type").as_deref() != Some("code") {
            return Err("Invalid response_type: must be \"code\".".into());
        }
        let redirect_uri = value("redirect_uri");
        if let Some(uri) = &redirect_uri {
            if !is_registered(options, uri) {
                return Err(format!(
                    "Invalid redirect_uri: \"{uri}\". It must exactly match one of the redirect \
                     URIs registered for the app."
                ));
            }
        }
        if value("state").is_some_and(|state| state.len() > 500) {
            return Err("Invalid state: more than 500 bytes.".into());
        }
        let challenge = value("code_challenge")
            .ok_or("Missing code_challenge: this app has no secret and must use PKCE.")?;
        if value("code_challenge_method").as_deref() != Some("S256") {
            return Err("Invalid code_challenge_method: must be \"S256\".".into());
        }
        if challenge.len() != 43 {
            return Err("Invalid code_challenge: not a SHA-256 in base64url.".into());
        }
        let offline = match value("token_access_type").as_deref() {
            None | Some("online") => false,
            Some("offline") => true,
            Some(other) => return Err(format!("Invalid token_access_type: \"{other}\".")),
        };
        let scopes = match value("scope") {
            None => options.dropbox_scopes.clone(),
            Some(text) => {
                let scopes: Vec<String> = text.split_whitespace().map(String::from).collect();
                if let Some(scope) = scopes.iter().find(|s| !options.dropbox_scopes.contains(s)) {
                    return Err(format!("Invalid scope: the app may not ask for \"{scope}\"."));
                }
                scopes
            }
        };
        let flag = |name: &str| value(name).as_deref() == Some("true");
        Ok(Ask {
            redirect_uri,
            state: value("state"),
            code_challenge: challenge,
            offline,
            scopes,
            force_reapprove: flag("force_reapprove"),
            force_reauthentication: flag("force_reauthentication"),
        })
    }
}

fn is_registered(options: &Options, uri: &str) -> bool {
    if options.dropbox_redirect_uris.iter().any(|registered| registered == uri) {
        return true;
    }
    let (scheme, port) = (options.scheme, options.port_base);
    ["127.0.0.1", "localhost"].iter().any(|host| {
        let page = uri.strip_prefix(&format!("{scheme}://{host}:{port}"));
        page.is_some_and(|path| path.starts_with('/') && !path.contains(['?', '#', ' ']))
    })
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Index of the account.
    pub account: usize,
    /// The token's scopes.
    pub scopes: Vec<String>,
}

impl Grants {
    /// Whether the account already agreed to all of these.
    pub fn has(&self, account: usize, scopes: &[String]) -> bool {
        self.grants.values().any(|g| {
            g.consented && g.account == account && scopes.iter().all(|s| g.scopes.contains(s))
        })
    }

    /// A code for one exchange.
    pub fn new_code(&mut self, ctx: &mut Ctx, account: usize, ask: Ask) -> String {
        let code = ctx.rng.token(43);
        let expires_ms = ctx.now_ms + CODE_LIFE_MS;
        self.codes.insert(code.clone(), Code { account, ask, expires_ms });
        code
    }

    /// Consent without pages: `(access token, refresh token)`, for the control port and tests.
    pub fn grant(
        &mut self,
        ctx: &mut Ctx,
        account: usize,
        scopes: Vec<String>,
    ) -> (String, String) {
        let refresh = self.new_grant(ctx, account, scopes.clone(), true, false);
        (self.new_access(ctx, &refresh, account, scopes), refresh)
    }

    fn new_grant(
        &mut self,
        ctx: &mut Ctx,
        account: usize,
        scopes: Vec<String>,
        offline: bool,
        consented: bool,
    ) -> String {
        let refresh = ctx.rng.token(64);
        let grant = Grant { account, scopes, offline, consented };
        self.grants.insert(refresh.clone(), grant);
        refresh
    }

    fn new_access(
        &mut self,
        ctx: &mut Ctx,
        grant: &str,
        account: usize,
        scopes: Vec<String>,
    ) -> String {
        let token = format!("sl.{}", ctx.rng.token(60));
        let expires_ms = ctx.now_ms + ctx.options.dropbox_token_life_s * 1000;
        self.access
            .insert(token.clone(), Access { grant: grant.into(), account, scopes, expires_ms });
        token
    }

    /// Who a token belongs to.
    pub fn caller(&self, ctx: &Ctx, token: &str) -> Result<Caller, Fail> {
        let refused = |tag: &str| Fail::Auth(json!({ ".tag": tag }));
        let Some(access) = self.access.get(token) else {
            if !token.starts_with("sl.") && !ctx.options.variants.dropbox.malformed_token_401 {
                return Err(Fail::Bad("The given OAuth 2 access token is malformed.".into()));
            }
            return Err(refused("invalid_access_token"));
        };
        if !self.grants.contains_key(&access.grant) {
            return Err(refused("invalid_access_token"));
        }
        if access.expires_ms <= ctx.now_ms {
            return Err(refused("expired_access_token"));
        }
        Ok(Caller { account: access.account, scopes: access.scopes.clone() })
    }

    /// The token is too old from now on.
    pub fn expire(&mut self, token: &str) {
        if let Some(access) = self.access.get_mut(token) {
            access.expires_ms = 0;
        }
    }

    /// Ends the linking behind a token: refresh token and all access tokens with it.
    pub fn revoke(&mut self, token: &str) {
        let grant =
            self.access.get(token).map_or(token, |access| access.grant.as_str()).to_string();
        self.grants.remove(&grant);
        self.access.retain(|_, access| access.grant != grant);
    }

    /// The user disconnects the app in the account's settings.
    pub fn revoke_account(&mut self, account: usize) {
        self.grants.retain(|_, grant| grant.account != account);
        self.access.retain(|_, access| access.account != account);
    }

    /// How many linkings an account has.
    pub fn count(&self, account: usize) -> usize {
        self.grants.values().filter(|grant| grant.account == account).count()
    }
}

impl Dropbox {
    /// `POST /oauth2/token`. Parameters come in a form body or, from the JavaScript SDK, in the query.
    pub(super) fn token_endpoint(&mut self, ctx: &mut Ctx, request: &Request) -> Response {
        if request.method != "POST" {
            ctx.unexpected = Some("the token endpoint takes POST only".into());
            return Response::text(405, "Method Not Allowed");
        }
        let mut parameters: BTreeMap<String, String> = request.query().into_iter().collect();
        parameters.extend(request.form());
        match self.token(ctx, &parameters) {
            Ok(answer) => Response::json(200, &answer),
            Err((error, description)) => {
                Response::json(400, &json!({"error": error, "error_description": description}))
            }
        }
    }

    fn token(
        &mut self,
        ctx: &mut Ctx,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Value, (&'static str, String)> {
        let value = |name: &str| parameters.get(name).map_or("", String::as_str);
        let missing =
            |name: &str| ("invalid_request", format!("missing required field \"{name}\""));
        if value("client_id") != ctx.options.dropbox_app_key {
            return Err(("invalid_client", "invalid client_id or client_secret".into()));
        }
        match value("grant_type") {
            "authorization_code" => {
                let gone = || ("invalid_grant", "code doesn't exist or has expired".to_string());
                // One use, good or bad.
                let code = self.grants.codes.remove(value("code")).ok_or_else(gone)?;
                if code.expires_ms <= ctx.now_ms {
                    return Err(gone());
                }
                if code.ask.redirect_uri.as_deref().unwrap_or("") != value("redirect_uri") {
                    return Err(("invalid_grant", "redirect_uri mismatch".into()));
                }
                let verifier = value("code_verifier");
                if verifier.is_empty() {
                    return Err(missing("code_verifier"));
                }
                let is_plausible = (43..=128).contains(&verifier.len())
                    && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
                let challenge = base64url(&Sha256::digest(verifier.as_bytes()));
                if !is_plausible || challenge != code.ask.code_challenge {
                    return Err(("invalid_grant", "invalid code verifier".into()));
                }
                let (account, ask) = (code.account, code.ask);
                let refresh =
                    self.grants.new_grant(ctx, account, ask.scopes.clone(), ask.offline, true);
                let scope = ask.scopes.join(" ");
                let access = self.grants.new_access(ctx, &refresh, account, ask.scopes);
                let who = &self.accounts[account];
                let mut answer = json!({
                    "access_token": access,
                    "token_type": "bearer",
                    "expires_in": ctx.options.dropbox_token_life_s,
                    "scope": scope,
                    "uid": who.uid,
                    "account_id": who.account_id,
                });
                if ask.offline {
                    answer["refresh_token"] = json!(refresh);
                }
                Ok(answer)
            }
            "refresh_token" => {
                let refresh = value("refresh_token");
                if refresh.is_empty() {
                    return Err(missing("refresh_token"));
                }
                if refresh.len() != 64 {
                    return Err(("invalid_grant", "refresh token is malformed".into()));
                }
                let Some(grant) = self.grants.grants.get(refresh).filter(|g| g.offline) else {
                    return Err(("invalid_grant", "refresh token is invalid or revoked".into()));
                };
                let (account, mut scopes) = (grant.account, grant.scopes.clone());
                if !value("scope").is_empty() {
                    let asked: Vec<String> =
                        value("scope").split_whitespace().map(String::from).collect();
                    if let Some(scope) = asked.iter().find(|s| !scopes.contains(s)) {
                        return Err((
                            "invalid_scope",
                            format!("scope \"{scope}\" was not granted"),
                        ));
                    }
                    scopes = asked;
                }
                let access = self.grants.new_access(ctx, refresh, account, scopes);
                Ok(json!({
                    "access_token": access,
                    "token_type": "bearer",
                    "expires_in": ctx.options.dropbox_token_life_s,
                }))
            }
            "" => Err(missing("grant_type")),
            other => Err(("unsupported_grant_type", format!("grant_type \"{other}\""))),
        }
    }

    /// The caller's token, from the header or the `authorization` parameter.
    pub(super) fn authorize(&self, ctx: &Ctx, request: &Request) -> Result<(String, Caller), Fail> {
        let parameter = request.query_value("authorization");
        let value = match (request.header("authorization"), &parameter) {
            (Some(value), _) => value,
            (None, Some(value)) => value.as_str(),
            (None, None) => return Err(Fail::Bad(
                "Must provide HTTP header \"Authorization\" or URL parameter \"authorization\"."
                    .into(),
            )),
        };
        let token = value.strip_prefix("Bearer ").ok_or_else(|| {
            Fail::Bad(
                "Invalid authorization value in HTTP header \"Authorization\": expecting \
                 \"Bearer <token>\"."
                    .into(),
            )
        })?;
        Ok((token.to_string(), self.grants.caller(ctx, token)?))
    }
}
