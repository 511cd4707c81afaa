//! The sign-in and the life of tokens, the attacker's part among it.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::{percent_decode, Reply, Request};
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;
use support::ports::WorldPorts;
use support::power::Power;
use support::script::{cut, json as answer, ok, text, Script, Scripted};
use sync_core::{Failure, Side};
use teamleader_dropbox::auth::{App, Auth, AuthError, Owner, SCOPES};

type Connecting = Rc<Auth<WorldPorts<Script>>>;

const DAY_S: u64 = 86_400;

/// A token endpoint and an account that do what they should.
fn kind(request: &Request) -> Reply {
    thread_local! { static NUMBER: Cell<u32> = const { Cell::new(0) }; }
    let number = NUMBER.replace(NUMBER.get() + 1);
    match request.path() {
        "/oauth2/token" => {
            let mut tokens = json!({
                "access_token": format!("access-secret-new-{number}"),
                "expires_in": 14400,
                "token_type": "bearer",
            });
            if field(request, "grant_type").as_deref() == Some("authorization_code") {
                tokens["refresh_token"] = json!("refresh-secret-new");
                tokens["account_id"] = json!("dbid:one");
            }
            ok(tokens)
        }
        "/2/users/get_current_account" => ok(json!({
            "account_id": "dbid:one",
            "name": { "display_name": "Anna Peeters" },
            "email": "anna@example.com",
        })),
        "/2/auth/token/revoke" => ok(json!(null)),
        other => panic!("{other}"),
    }
}

fn field(request: &Request, name: &str) -> Option<String> {
    request.form().into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
}

fn query(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.clone().find(|(other, _)| *other == name).map(|(_, value)| percent_decode(value, true))
}

fn begin(script: &mut Scripted, auth: &Connecting) -> (String, String) {
    let begun = script.executor.block_on(auth.begin("nl-BE", false)).unwrap();
    assert_eq!(query(&begun.address, "state").as_ref(), Some(&begun.state));
    (begun.address, begun.state)
}

fn asked(script: &Scripted, path: &str) -> Vec<Request> {
    let script = script.script.borrow();
    script.asked.iter().filter(|request| request.path() == path).cloned().collect()
}

#[test]
fn a_sign_in_from_begin_to_account() {
    let mut script = Scripted::new(kind);
    let auth = script.auth();
    let (address, state) = begin(&mut script, &auth);
    assert!(address.starts_with("http://127.0.0.1:7410/oauth2/authorize?"));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "app-key"),
        ("redirect_uri", "https://crm.example/plugin/oauth.html"),
        ("code_challenge_method", "S256"),
        ("token_access_type", "offline"),
        ("scope", SCOPES),
        ("locale", "nl-BE"),
    ] {
        assert_eq!(query(&address, name).as_deref(), Some(value));
    }
    assert_eq!(query(&address, "force_reauthentication"), None);
    script.executor.block_on(auth.complete(&state, Ok("the-code"))).unwrap();
    let connection = script.executor.block_on(auth.connection()).unwrap().unwrap();
    let account = connection.account;
    assert_eq!((account.id.as_str(), account.name.as_str()), ("dbid:one", "Anna Peeters"));
    assert!(!connection.revoked);

    let exchange = &asked(&script, "/oauth2/token")[0];
    let verifier = field(exchange, "code_verifier").unwrap();
    assert!((43..=128).contains(&verifier.len()));
    use teamleader_dropbox::ports::Secrets;
    let challenge = script.executor.block_on(script.ports.sha256_base64url(&verifier));
    assert_eq!(query(&address, "code_challenge"), Some(challenge));
    assert_eq!(field(exchange, "code").as_deref(), Some("the-code"));
    let redirect = field(exchange, "redirect_uri");
    assert_eq!(redirect, query(&address, "redirect_uri"));
}

#[test]
fn the_challenge_is_the_one_of_the_standard() {
    use teamleader_dropbox::ports::Secrets;
    let mut script = Scripted::new(kind);
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = script.executor.block_on(script.ports.sha256_base64url(verifier));
    assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

#[test]
fn a_forged_a_repeated_and_a_late_state_are_refused_without_a_request() {
    let mut script = Scripted::new(kind);
    let auth = script.auth();
    let (_, state) = begin(&mut script, &auth);
    let forged = script.executor.block_on(auth.complete("another", Ok("code")));
    assert_eq!(forged.unwrap_err(), AuthError::UnknownState);
    assert!(script.targets().is_empty());

    script.executor.block_on(auth.complete(&state, Ok("code"))).unwrap();
    let before = script.targets().len();
    let replayed = script.executor.block_on(auth.complete(&state, Ok("code")));
    assert_eq!(replayed.unwrap_err(), AuthError::UnknownState);
    assert_eq!(script.targets().len(), before);

    let (_, state) = begin(&mut script, &auth);
    script.executor.run_for(3_600_000);
    let late = script.executor.block_on(auth.complete(&state, Ok("code")));
    assert_eq!(late.unwrap_err(), AuthError::Expired);
    assert_eq!(script.targets().len(), before);
}

#[test]
fn a_state_of_another_user_or_another_browser_is_refused() {
    let mut script = Scripted::new(kind);
    let auth = script.auth();
    let (_, state) = begin(&mut script, &auth);
    let app = App {
        key: "app-key".into(),
        redirect_uri: "https://crm.example/plugin/oauth.html".into(),
        endpoints: script.network.endpoints(),
    };
    let other = Owner { account: "acc".into(), user: "other".into() };
    let other = Auth::new(script.ports.clone(), app.clone(), &other);
    let taken = script.executor.block_on(other.complete(&state, Ok("code")));
    assert_eq!(taken.unwrap_err(), AuthError::UnknownState);

    let elsewhere = support::store::MemoryStore::default();
    let ports = WorldPorts::new(&script.network, &elsewhere, &Power::new(), "anna", 9);
    let owner = Owner { account: "acc".into(), user: "usr".into() };
    let elsewhere = Auth::new(ports, app, &owner);
    let taken = script.executor.block_on(elsewhere.complete(&state, Ok("code")));
    assert_eq!(taken.unwrap_err(), AuthError::UnknownState);
    assert!(script.targets().is_empty());
}

#[test]
fn a_code_that_expired_or_a_user_who_declines_leaves_nothing_half_connected() {
    let mut script = Scripted::new(|_| answer(400, json!({ "error": "invalid_grant" })));
    let auth = script.auth();
    let (_, state) = begin(&mut script, &auth);
    let done = script.executor.block_on(auth.complete(&state, Ok("old")));
    assert_eq!(done.unwrap_err(), AuthError::Expired);
    assert_eq!(script.executor.block_on(auth.connection()).unwrap(), None);

    let (_, state) = begin(&mut script, &auth);
    let declined = script.executor.block_on(auth.complete(&state, Err("access_denied")));
    assert_eq!(declined.unwrap_err(), AuthError::Denied);
    assert_eq!(script.executor.block_on(auth.connection()).unwrap(), None);
    assert!(script.ports.store().rows().is_empty());
}

#[test]
fn no_token_rests_in_the_open_or_stands_in_an_address_or_in_debug_output() {
    let mut script = Scripted::new(kind);
    let auth = script.auth();
    let (address, state) = begin(&mut script, &auth);
    let rows = |script: &Scripted| format!("{:?}", script.ports.store().rows());
    let pending = rows(&script);
    script.executor.block_on(auth.complete(&state, Ok("the-code"))).unwrap();
    let verifier = field(&asked(&script, "/oauth2/token")[0], "code_verifier").unwrap();
    let token = script.executor.block_on(auth.token(None)).unwrap();
    let shown = format!("{auth:?} {token:?} {}", rows(&script));
    for secret in ["access-secret", "refresh-secret", verifier.as_str()] {
        assert!(!shown.contains(secret));
        assert!(!pending.contains(secret));
        assert!(!address.contains(secret));
        assert!(script.targets().iter().all(|target| !target.contains(secret)));
    }
    assert!(token.bearer().starts_with("Bearer access-secret"));

    script.executor.block_on(auth.token(Some(&token))).unwrap();
    let script = script.script.borrow();
    let carries =
        |request: &&Request| String::from_utf8_lossy(&request.body).contains("refresh-secret");
    let carriers: Vec<&str> = script.asked.iter().filter(carries).map(Request::path).collect();
    assert_eq!(carriers, ["/oauth2/token"], "the refresh token goes to the token endpoint alone");
}

#[test]
fn c6_a_token_is_renewed_five_minutes_early_and_then_kept() {
    let mut script = Scripted::new(kind);
    script.connect(3_600);
    let auth = script.auth();
    script.executor.run_for(3_299_000);
    script.executor.block_on(auth.token(None)).unwrap();
    assert_eq!(script.targets().len(), 0);
    script.executor.run_for(2_000);
    let renewed = script.executor.block_on(auth.token(None)).unwrap();
    assert_eq!(script.targets().len(), 1);
    let sent = &asked(&script, "/oauth2/token")[0];
    assert_eq!(field(sent, "grant_type").as_deref(), Some("refresh_token"));
    assert_eq!(field(sent, "refresh_token").as_deref(), Some("refresh-secret"));
    assert_eq!(field(sent, "client_id").as_deref(), Some("app-key"));
    assert!(script.executor.block_on(auth.token(None)).unwrap() == renewed);
    assert_eq!(script.targets().len(), 1);
}

#[test]
fn p4_many_tabs_renew_once() {
    let mut script = Scripted::new(kind);
    script.connect(60);
    let tabs: Vec<Connecting> = (0..5).map(|_| script.auth()).collect();
    for tab in &tabs {
        for _ in 0..3 {
            let tab = tab.clone();
            let asking = async move { drop(tab.token(None).await.unwrap()) };
            script.executor.spawn(&Power::new(), asking);
        }
    }
    script.executor.run_for(60_000);
    assert_eq!(script.targets(), ["oauth2/token"]);
}

#[test]
fn p4_a_token_refused_in_several_tabs_is_renewed_once() {
    let mut script = Scripted::new(kind);
    script.connect(DAY_S);
    let tabs: Vec<Connecting> = (0..3).map(|_| script.auth()).collect();
    let old = script.executor.block_on(tabs[0].token(None)).unwrap();
    for tab in tabs {
        let old = old.clone();
        let renewing = async move { drop(tab.token(Some(&old)).await.unwrap()) };
        script.executor.spawn(&Power::new(), renewing);
    }
    script.executor.run_for(60_000);
    assert_eq!(script.targets(), ["oauth2/token"]);
}

#[test]
fn c4_an_outage_of_the_token_endpoint_is_no_harm_while_the_token_lasts() {
    let mut script = Scripted::new(|_| text(503, "Service Unavailable"));
    script.connect(240);
    let auth = script.auth();
    assert!(script.executor.block_on(auth.token(None)).is_ok());
    script.executor.run_for(240_000);
    let refused = script.executor.block_on(auth.token(None)).unwrap_err();
    assert_eq!(refused, AuthError::Unavailable);
    assert_eq!(Failure::from(refused), Failure::Unavailable(Side::Dropbox));
}

#[test]
fn c7_a_revoked_grant_is_remembered_and_connecting_again_heals_it() {
    let revoked = Rc::new(Cell::new(true));
    let now = revoked.clone();
    let mut script = Scripted::new(move |request| {
        if now.get() {
            let body = json!({
                "error": "invalid_grant",
                "error_description": "refresh token is invalid or revoked",
            });
            return answer(400, body);
        }
        kind(request)
    });
    script.connect(60);
    let auth = script.auth();
    for _ in 0..2 {
        let refused = script.executor.block_on(auth.token(None)).unwrap_err();
        assert_eq!(refused, AuthError::Revoked);
        assert_eq!(Failure::from(refused), Failure::Unauthorized(Side::Dropbox));
    }
    assert_eq!(script.targets().len(), 1);
    let connection = script.executor.block_on(auth.connection()).unwrap().unwrap();
    assert!(connection.revoked, "who was connected is still known");

    revoked.set(false);
    let (_, state) = begin(&mut script, &auth);
    script.executor.block_on(auth.complete(&state, Ok("code"))).unwrap();
    assert!(script.executor.block_on(auth.token(None)).is_ok());
}

#[test]
fn g7_tokens_of_another_account_are_not_handed_out() {
    let mut script = Scripted::new(kind);
    script.connect(DAY_S);
    let auth = script.auth();
    auth.bind("dbid:two");
    let refused = script.executor.block_on(auth.token(None)).unwrap_err();
    assert_eq!(refused, AuthError::OtherAccount);
    auth.bind("dbid:one");
    assert!(script.executor.block_on(auth.token(None)).is_ok());
}

#[test]
fn p9_disconnecting_revokes_and_forgets() {
    let mut script = Scripted::new(kind);
    script.connect(DAY_S);
    let auth = script.auth();
    begin(&mut script, &auth);
    script.executor.block_on(auth.disconnect()).unwrap();
    assert_eq!(asked(&script, "/2/auth/token/revoke").len(), 1);
    assert!(script.ports.store().rows().is_empty());
    assert_eq!(script.executor.block_on(auth.token(None)).unwrap_err(), AuthError::NotConnected);

    let mut script = Scripted::new(|_| cut());
    script.connect(DAY_S);
    let auth = script.auth();
    script
        .executor
        .block_on(auth.disconnect())
        .expect("it is forgotten though Dropbox was not told");
    assert!(script.ports.store().rows().is_empty());
}

#[test]
fn c13_a_store_that_fails_is_told_as_such() {
    let mut script = Scripted::new(kind);
    script.connect(60);
    let auth = script.auth();
    script.ports.store().fail_loads(1);
    let failed = script.executor.block_on(auth.token(None)).unwrap_err();
    assert_eq!(Failure::from(failed), Failure::Store);
    assert!(script.executor.block_on(auth.token(None)).is_ok());
}

#[test]
fn c16_a_clock_set_back_hides_no_expiry() {
    let mut script = Scripted::new(kind);
    script.connect(600);
    let auth = script.auth();
    let old = script.executor.block_on(auth.token(None)).unwrap();
    script.executor.run_for(700_000);
    script.ports.set_clock_offset_ms(-(DAY_S as i64) * 1_000);
    assert!(script.executor.block_on(auth.token(None)).unwrap() == old, "it looks fresh");
    assert!(script.executor.block_on(auth.token(Some(&old))).unwrap() != old);
}
