//! Connecting: the window of Dropbox's sign-in, and the answer it brings back.
//!
//! The answer comes from our redirect page (`www/oauth.html`): over a channel from a window, or, where the browser
//! blocks windows, through the storage of the tab when the whole page went there and came back. Which of both it
//! is stands in the page's storage under the sign-in's state, so the redirect page need not guess.

use super::App;
use crate::auth::{self, AuthError};
use crate::json::forms::structs;
use crate::json::{Object, Read, Write};
use crate::panel::{ConnectFailure, Connection};
use crate::platform::{self, sleep, window, Popup};
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;
use web_sys::Storage;

/// Where the redirect page speaks. Also in `www/oauth.js`.
pub(super) const CHANNEL: &str = "teamleader-dropbox/sign-in";
/// Where the page to come back to is remembered, by state. Also in `www/oauth.js`.
const RETURN: &str = "teamleader-dropbox/return/";
/// Where the redirect page leaves its answer for the page it goes back to. Also in `www/oauth.js`.
const ANSWER: &str = "teamleader-dropbox/answer";
/// How often the window is looked at (ms).
const LOOK_MS: u32 = 400;

/// What the redirect page heard from Dropbox.
pub(super) struct Answer {
    state: String,
    code: Option<String>,
    error: Option<String>,
}

structs! { Answer { state, code, error, } }

/// A sign-in begun in this tab.
pub(super) struct SignIn {
    state: String,
    popup: Popup,
}

fn store(storage: Result<Option<Storage>, JsValue>) -> Option<Storage> {
    storage.ok().flatten()
}

/// The answer, where the whole page went to Dropbox and came back.
pub(super) fn answer_left_here() -> Option<Answer> {
    let storage = store(window().session_storage())?;
    let text = storage.get_item(ANSWER).ok().flatten()?;
    let _: Result<(), JsValue> = storage.remove_item(ANSWER);
    Answer::read_text(&text)
}

impl App {
    /// What the redirect page says.
    pub(super) fn hear_sign_in(self: &Rc<Self>, text: &str) {
        let Some(answer) = Answer::read_text(text) else { return };
        let ours = self.sign_in.borrow().as_ref().is_some_and(|begun| begun.state == answer.state);
        if ours {
            if let Some(channel) = &*self.sign_ins.borrow() {
                channel.say(&Object(&[("taken", &answer.state)]).write_text());
            }
            platform::spawn(self.clone().answered(answer));
        }
    }

    /// Opens Dropbox's sign-in. Call inside a click: otherwise the browser blocks the window.
    pub(super) fn connect(self: &Rc<Self>) {
        self.cancel_connect();
        let popup = Popup::open();
        let switch_account =
            matches!(*self.connection.borrow(), Connection::Failed(ConnectFailure::OtherAccount));
        *self.connection.borrow_mut() = Connection::Connecting;
        self.draw();
        platform::spawn(self.clone().begin(popup, switch_account));
    }

    async fn begin(self: Rc<Self>, popup: Option<Popup>, switch_account: bool) {
        let begun = self.auth.begin(&self.locale, switch_account).await;
        if let Some(begun) = self.go(popup, begun) {
            self.watch_window(begun).await;
        }
    }

    /// Goes to Dropbox: in the window, or with the whole page. What was begun, if there is a window to watch.
    fn go(
        self: &Rc<Self>,
        popup: Option<Popup>,
        begun: Result<auth::SignIn, AuthError>,
    ) -> Option<Weak<SignIn>> {
        match (popup, begun) {
            (None, Ok(begun)) => self.leave(&begun),
            (Some(popup), Ok(auth::SignIn { state, address })) if self.is_connecting() => {
                popup.go(&address);
                let begun = Rc::new(SignIn { state, popup });
                let watched = Rc::downgrade(&begun);
                *self.sign_in.borrow_mut() = Some(begun);
                return Some(watched);
            }
            (popup, begun) => {
                if let Some(popup) = popup {
                    popup.close();
                }
                if let Err(error) = begun {
                    self.failed(&error);
                }
            }
        }
        None
    }

    /// The browser blocks windows: the whole page goes, and comes back to where it was.
    fn leave(&self, begun: &auth::SignIn) {
        let here = window().location().href().unwrap_or_default();
        if let Some(storage) = store(window().local_storage()) {
            let _: Result<(), JsValue> = storage.set_item(&[RETURN, &begun.state].concat(), &here);
        }
        let _: Result<(), JsValue> = window().location().assign(&begun.address);
    }

    /// Says so when the window was closed. An answer is still taken: a page may look closed and not be.
    async fn watch_window(self: &Rc<Self>, begun: Weak<SignIn>) {
        loop {
            sleep(LOOK_MS).await;
            let Some(begun) = begun.upgrade() else { return };
            if begun.popup.looks_closed() && self.is_connecting() {
                *self.connection.borrow_mut() = Connection::Failed(ConnectFailure::PopupClosed);
                self.draw();
                return;
            }
        }
    }

    /// The person changed their mind.
    pub(super) fn cancel_connect(self: &Rc<Self>) {
        self.close_window();
        if self.is_connecting() {
            *self.connection.borrow_mut() = Connection::NotConnected;
            platform::spawn(self.clone().read_connection());
        }
    }

    fn close_window(&self) {
        if let Some(begun) = self.sign_in.take() {
            begun.popup.close();
        }
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(*self.connection.borrow(), Connection::Connecting)
    }

    pub(super) async fn answered(self: Rc<Self>, answer: Answer) {
        self.close_window();
        let brought = match (&answer.code, &answer.error) {
            (Some(code), None) => Ok(&**code),
            (_, error) => Err(error.as_deref().unwrap_or_default()),
        };
        match self.auth.complete(&answer.state, brought).await {
            Ok(()) => self.connection_changed(),
            Err(error) => self.failed(&error),
        }
    }

    fn failed(self: &Rc<Self>, error: &AuthError) {
        *self.connection.borrow_mut() = Connection::Failed(match error {
            AuthError::Denied => ConnectFailure::Denied,
            AuthError::Expired => ConnectFailure::Expired,
            AuthError::UnknownState => ConnectFailure::StateMismatch,
            AuthError::OtherAccount => ConnectFailure::OtherAccount,
            AuthError::Misconfigured => ConnectFailure::Misconfigured,
            AuthError::Store(_) => ConnectFailure::Store,
            AuthError::NotConnected
            | AuthError::Revoked
            | AuthError::Unavailable
            | AuthError::Malformed => ConnectFailure::Network,
        });
        self.draw();
    }
}
