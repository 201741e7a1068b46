//! Who may go where: one table from address to act. A route without a row is refused, so nothing is open by oversight.

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::Method;
use rocket::{Build, Rocket, Route};

use crate::lab::people::{Act, Actor};

/// What an address asks of the one who knocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Nobody needs to sign in.
    Open,
    /// Any signed-in person.
    SignedIn,
    /// A signed-in person with a role that may do this.
    For(Act),
}

impl Door {
    pub fn admits(self, actor: &Actor) -> bool {
        match self {
            Self::Open | Self::SignedIn => true,
            Self::For(act) => actor.may(act),
        }
    }
}

type Row = (Method, &'static str, Door);

/// The table: method, address as the route writes it, door. One line a route, by group of pages.
const TABLE: &[Row] = &[
    // assets, health, language, signing in
    (Method::Get, "/static/<hash>/<name>", Door::Open),
    (Method::Get, "/favicon.ico", Door::Open),
    (Method::Get, "/refused", Door::Open),
    (Method::Get, "/healthz", Door::Open),
    (Method::Get, "/readyz", Door::Open),
    (Method::Get, "/language/<lang>", Door::Open),
    (Method::Get, "/login", Door::Open),
    (Method::Post, "/login", Door::Open),
    (Method::Post, "/logout", Door::SignedIn),
    (Method::Get, "/setup/<token>", Door::Open),
    (Method::Post, "/setup/<token>", Door::Open),
    // today
    (Method::Get, "/", Door::SignedIn),
    // samples and custody
    // bench and held readings
    // instruments, lines, transmissions
    // review and approval
    // control
    // publications
    // set-up of the laboratory
];

/// The door of an address as a route writes it; `None` means nobody thought of it.
pub fn door(method: Method, path: &str) -> Option<Door> {
    TABLE.iter().find(|(m, p, _)| *m == method && *p == path).map(|(.., door)| *door)
}

pub fn door_of(route: &Route) -> Option<Door> {
    door(route.method, route.uri.path())
}

/// Keeps a laboratory with a forgotten route from starting at all.
pub struct EveryRouteHasARow;

#[rocket::async_trait]
impl Fairing for EveryRouteHasARow {
    fn info(&self) -> Info {
        Info { name: "every route has a row in the access table", kind: Kind::Ignite }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let forgotten: Vec<String> =
            rocket.routes().filter(|route| door_of(route).is_none()).map(ToString::to_string).collect();
        if forgotten.is_empty() {
            return Ok(rocket);
        }
        tracing::error!(?forgotten, "routes without a row in the access table");
        Err(rocket)
    }
}
