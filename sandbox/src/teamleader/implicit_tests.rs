//! The implicit grant and the detail pages, as a browser meets them.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::model::Kind;
use super::{Settings, Teamleader};
use crate::{Origin, Request, Response};

const NOW_MS: u64 = 1_764_000_000_000;
const ASK: &str = "/oauth2/authorize?client_id=sandbox-client-id&response_type=token&state=s%201\
                   &redirect_uri=https%3A%2F%2Fsite.example%2Fback.html";

struct Browser {
    crm: Teamleader,
    cookie: Option<String>,
    /// What the answer is for, as browsers say.
    dest: Option<&'static str>,
}

impl Browser {
    fn new(variants: &[(&str, &str)]) -> Browser {
        let mut settings = Settings {
            redirect_uris: vec!["https://site.example/back.html".to_owned()],
            ..Settings::default()
        };
        for (name, value) in variants {
            settings.variants.set(name, value).unwrap().unwrap();
        }
        Browser { crm: Teamleader::new(settings, 7), cookie: None, dest: None }
    }

    fn get(&mut self, target: &str) -> Response {
        self.send("GET", target, "")
    }

    fn send(&mut self, method: &str, target: &str, form: &str) -> Response {
        let mut request = Request::new(Origin::Crm, method, target).with_body(form);
        if let Some(cookie) = &self.cookie {
            request = request.with_header("cookie", cookie);
        }
        if let Some(dest) = self.dest {
            request = request.with_header("sec-fetch-dest", dest);
        }
        let response = self.crm.handle(&request, NOW_MS);
        if let Some(cookie) = response.header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        response
    }

    fn sign_in(&mut self) {
        let user = self.crm.users()[0].id.clone();
        let response = self.send("POST", "/sign-in", &format!("user={user}&next=%2Fhere"));
        assert_eq!(location(&response), "/here");
    }

    /// Answers the consent page.
    fn decide(&mut self, decision: &str) -> Response {
        let form = ASK.split_once('?').unwrap().1;
        self.send("POST", "/oauth2/authorize", &format!("{form}&decision={decision}"))
    }

    fn users_me(&mut self, token: &str, now_ms: u64) -> u16 {
        let request = Request::new(Origin::CrmApi, "POST", "/users.me")
            .with_header("authorization", &format!("Bearer {token}"));
        self.crm.handle(&request, now_ms).status
    }
}

fn location(response: &Response) -> &str {
    assert_eq!(response.status, 303, "{}", text(response));
    response.header("location").unwrap()
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

#[test]
fn a_token_comes_back_in_the_fragment_and_lives_fifteen_minutes() {
    let mut browser = Browser::new(&[]);
    assert!(text(&browser.get(ASK)).contains("Sign in as Anna"));
    browser.sign_in();
    assert!(text(&browser.get(ASK)).contains("asks for access"));
    let response = browser.decide("allow");
    let back = location(&response);
    let start = "https://site.example/back.html#token_type=Bearer&expires_in=900&access_token=";
    let rest = back.strip_prefix(start).unwrap_or_else(|| panic!("{back}"));
    let (token, state) = rest.split_once("&state=").unwrap();
    assert_eq!(state, "s%201");
    assert_eq!(browser.users_me(token, NOW_MS + 899_000), 200);
    assert_eq!(browser.users_me(token, NOW_MS + 900_000), 401);
    // Agreed once: no further question.
    assert!(location(&browser.get(ASK)).starts_with(start));
}

#[test]
fn a_refusal_comes_back_as_an_error() {
    let mut browser = Browser::new(&[]);
    browser.sign_in();
    let back = "https://site.example/back.html#error=access_denied&state=s%201";
    assert_eq!(location(&browser.decide("deny")), back);
    let code = ASK.replace("=token", "=code");
    let back = "https://site.example/back.html#error=unsupported_response_type&state=s%201";
    assert_eq!(location(&browser.get(&code)), back);
}

#[test]
fn nothing_goes_to_an_address_that_is_not_registered() {
    let mut browser = Browser::new(&[]);
    browser.sign_in();
    for wrong in [ASK.replace("back.html", "other.html"), ASK.replace("client-id", "client")] {
        let response = browser.get(&wrong);
        assert_eq!((response.status, response.header("location")), (400, None));
    }
}

#[test]
fn whether_it_may_stand_in_a_frame_is_a_variant() {
    for (value, framed, asks) in
        [("in-window", false, false), ("in-frame", true, false), ("asks", false, true)]
    {
        let mut browser = Browser::new(&[("authorize-again", value)]);
        browser.sign_in();
        browser.decide("allow");
        let response = browser.get(ASK);
        assert_eq!(response.header("x-frame-options").is_none(), framed, "{value}");
        assert_eq!(response.status == 200, asks, "{value}");
        browser.dest = Some("iframe");
        let response = browser.get(ASK);
        assert_eq!(response.status == 303, framed, "{value}");
    }
}

#[test]
fn detail_pages_show_a_record_of_their_kind_to_who_is_signed_in() {
    let mut browser = Browser::new(&[]);
    let company = browser.crm.add_record(Kind::Company, "Pied & Piper", NOW_MS);
    let address = format!("/company_detail.php?id={}", company.id);
    assert!(text(&browser.get(&address)).contains("Sign in as Anna"));
    browser.sign_in();
    let page = text(&browser.get(&address));
    assert!(page.contains("<h1>Pied &amp; Piper</h1>") && page.contains("data-widget=files"));
    let elsewhere = address.replace("company", "contact");
    assert_eq!(browser.get(&elsewhere).status, 404);
}
