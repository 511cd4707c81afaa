//! The implicit grant, by which an application in a browser gets a token of the API without a secret.
//!
//! As the vendor's blueprint of the API documents it (`src/authentication.apib`): `response_type=token`, an answer in the
//! fragment of the redirect address, 900 seconds, no refresh token, authorise again. Errors travel as RFC 6749,
//! 4.2.2.1 says. The code grant needs a client secret and is not played. Whether a person who agreed once is asked
//! again, and whether the page may stand in a frame, is the variant `authorize-again`.

use std::collections::BTreeMap;

use super::model::{Token, User};
use super::variants::AuthorizeAgain;
use super::{pages, Teamleader};
use crate::{html_escape, percent_encode, Request, Response};

/// What `expires_in` says.
const TOKEN_LIFE_S: u64 = 900;
const PATH: &str = "/oauth2/authorize";

/// What an application asks for.
struct Ask {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    state: Option<String>,
}

impl Ask {
    fn read(fields: &BTreeMap<String, String>) -> Ask {
        let value = |name: &str| fields.get(name).cloned().unwrap_or_default();
        Ask {
            client_id: value("client_id"),
            redirect_uri: value("redirect_uri"),
            response_type: value("response_type"),
            state: fields.get("state").cloned(),
        }
    }

    /// As the address has it, so that a form comes back with the same question.
    fn query(&self) -> String {
        let mut query = format!(
            "client_id={}&redirect_uri={}&response_type={}",
            percent_encode(&self.client_id),
            percent_encode(&self.redirect_uri),
            percent_encode(&self.response_type)
        );
        if let Some(state) = &self.state {
            query.push_str(&format!("&state={}", percent_encode(state)));
        }
        query
    }

    /// Back to the application, with the answer where only its page can read it.
    fn back(&self, answer: &str) -> Response {
        let mut location = format!("{}#{answer}", self.redirect_uri);
        if let Some(state) = &self.state {
            location.push_str(&format!("&state={}", percent_encode(state)));
        }
        Response::see_other(&location)
    }
}

impl Teamleader {
    /// `None`: not one of these pages.
    pub(super) fn handle_authorize(&mut self, request: &Request, now_ms: u64) -> Option<Response> {
        let response = match (request.method.as_str(), request.path()) {
            ("GET", PATH) => self.authorize(request, now_ms),
            ("POST", PATH) => self.decide(request, now_ms),
            ("POST", "/sign-in") => self.sign_in_by_form(request),
            _ => return None,
        };
        let framed = self.settings.variants.authorize_again == AuthorizeAgain::InFrame;
        // No `form-action`: the answer to the form leads to the application's origin.
        let policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'";
        let response = response.with_header("referrer-policy", "no-referrer");
        Some(if framed {
            response.with_header("content-security-policy", policy)
        } else {
            let policy = format!("{policy}; frame-ancestors 'none'");
            let response = response.with_header("content-security-policy", &policy);
            response.with_header("x-frame-options", "DENY")
        })
    }

    fn authorize(&mut self, request: &Request, now_ms: u64) -> Response {
        let ask = Ask::read(&request.query().into_iter().collect());
        if let Some(refusal) = self.refuse(&ask) {
            return refusal;
        }
        // Between two sites a frame's request carries no cookie (SameSite=Lax): nobody is signed in there. Here all
        // origins are one site, so the cookie is left unread. A redirect alone no frame policy would stop.
        let in_frame = request.header("sec-fetch-dest") == Some("iframe");
        let unknown = in_frame && self.settings.variants.authorize_again != AuthorizeAgain::InFrame;
        let Some(user) = self.visitor(request).filter(|_| !unknown) else {
            return self.sign_in_form(&format!("{PATH}?{}", ask.query()));
        };
        let agreed = self.agreements.contains(&(user.id.clone(), ask.client_id.clone()));
        if agreed && self.settings.variants.authorize_again != AuthorizeAgain::Asks {
            return self.grant(&ask, &user, now_ms);
        }
        consent_page(&ask, &user)
    }

    fn decide(&mut self, request: &Request, now_ms: u64) -> Response {
        let fields: BTreeMap<String, String> = request.form().into_iter().collect();
        let ask = Ask::read(&fields);
        if let Some(refusal) = self.refuse(&ask) {
            return refusal;
        }
        let Some(user) = self.visitor(request) else {
            return self.sign_in_form(&format!("{PATH}?{}", ask.query()));
        };
        if fields.get("decision").map(String::as_str) != Some("allow") {
            return ask.back("error=access_denied");
        }
        self.agreements.insert((user.id.clone(), ask.client_id.clone()));
        self.grant(&ask, &user, now_ms)
    }

    /// What is wrong with the question. Who asks under a wrong name or address is told nothing on it.
    fn refuse(&self, ask: &Ask) -> Option<Response> {
        let error = |text: &str| {
            let body = format!("<h1>This did not work</h1><p>{}</p>", html_escape(text));
            Some(Response::html(400, &pages::small("Error", &body)))
        };
        if ask.client_id != self.settings.client_id {
            return error("invalid_client: there is no integration with this client id.");
        }
        if !self.settings.redirect_uris.contains(&ask.redirect_uri) {
            return error("invalid_request: the redirect_uri is not one of the integration's.");
        }
        match ask.response_type.as_str() {
            "token" => None,
            "" => Some(ask.back("error=invalid_request")),
            _ => Some(ask.back("error=unsupported_response_type")),
        }
    }

    fn grant(&mut self, ask: &Ask, user: &User, now_ms: u64) -> Response {
        let text = format!("tl.{}", self.ids.secret());
        let expires_ms = now_ms + TOKEN_LIFE_S * 1000;
        self.tokens.insert(text.clone(), Token { user_id: user.id.clone(), expires_ms });
        ask.back(&format!("token_type=Bearer&expires_in={TOKEN_LIFE_S}&access_token={text}"))
    }

    /// The sign-in that leads on to another page of the CRM.
    pub(super) fn sign_in_form(&self, next: &str) -> Response {
        let buttons: String = self
            .users
            .iter()
            .map(|user| {
                format!(
                    "<button class=\"button button-large\" name=user value=\"{}\"><span class=avatar \
                     aria-hidden=true>{}</span>Sign in as {}</button>",
                    user.id,
                    &user.first_name[..1],
                    html_escape(&format!("{} {}", user.first_name, user.last_name)),
                )
            })
            .collect();
        let body = format!(
            "<h1>Sign in</h1><p class=faint>This is a demo CRM. Choose who you are.</p>\
             <form method=post action=\"/sign-in\" class=stack><input type=hidden name=next \
             value=\"{}\">{buttons}</form>",
            html_escape(next)
        );
        Response::html(200, &pages::small("Sign in", &body))
    }

    fn sign_in_by_form(&mut self, request: &Request) -> Response {
        let fields: BTreeMap<String, String> = request.form().into_iter().collect();
        let wanted = fields.get("user").map(String::as_str).unwrap_or("");
        let Some(user) = self.users.iter().find(|user| user.id == wanted).cloned() else {
            return Response::html(400, &pages::small("Sign in", "<h1>There is no such user</h1>"));
        };
        // Only back into these pages.
        let next =
            fields.get("next").filter(|next| next.starts_with('/') && !next.starts_with("//"));
        let cookie = self.open_session(&user);
        Response::see_other(next.map_or("/", String::as_str)).with_header("set-cookie", &cookie)
    }
}

fn consent_page(ask: &Ask, user: &User) -> Response {
    let hidden = |name: &str, value: &str| {
        format!("<input type=hidden name={name} value=\"{}\">", html_escape(value))
    };
    let mut fields = hidden("client_id", &ask.client_id);
    fields += &hidden("redirect_uri", &ask.redirect_uri);
    fields += &hidden("response_type", &ask.response_type);
    if let Some(state) = &ask.state {
        fields += &hidden("state", state);
    }
    let body = format!(
        "<h1>Dropbox asks for access</h1><p>It will see and change, for {}: companies, contacts, \
         projects, meetings, products and their files.</p><form method=post action=\"{PATH}\" \
         class=stack>{fields}<button class=\"button button-primary\" name=decision value=allow>\
         Allow</button><button class=button name=decision value=deny>Cancel</button></form>",
        html_escape(&format!("{} {}", user.first_name, user.last_name)),
    );
    Response::html(200, &pages::small("Access", &body))
}
