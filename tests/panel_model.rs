//! Which screen a state leads to: no state is silent.
#![allow(clippy::unwrap_used, reason = "tests")]

use teamleader_dropbox::auth::Account;
use teamleader_dropbox::panel::model::Screen;
use teamleader_dropbox::panel::{view_of, ConnectFailure, Connection, Snapshot};

fn screen(connection: Connection) -> Screen {
    let snapshot = Snapshot { connection, online: true, ..Snapshot::default() };
    view_of(&snapshot).screen
}

#[test]
fn every_connection_has_its_screen() {
    let account =
        Account { id: "dbid:one".into(), name: "Anna".into(), email: "anna@example.com".into() };
    assert_eq!(screen(Connection::NotConnected), Screen::NotConnected);
    assert_eq!(screen(Connection::Connecting), Screen::Connecting);
    assert_eq!(screen(Connection::Failed(ConnectFailure::Denied)), Screen::ConnectFailed);
    assert_eq!(screen(Connection::Connected(account.into())), Screen::NotLinked);
}
