//! Pages: a handler takes its proof, asks the store, asks the laboratory's rules, and returns a struct for its template.

pub mod access;
mod account;
mod admin;
mod agents;
mod analysis_view;
pub mod answer;
pub mod assets;
mod bench;
pub mod clock;
pub mod display;
pub mod error;
pub mod form;
mod headers;
mod health;
mod language;
mod lines;
pub mod locale;
mod login;
mod multipart;
pub mod notice;
pub mod password;
mod portal;
pub mod posted;
mod profiles;
mod publications;
mod qc;
mod result_view;
mod review;
mod samples;
pub mod secret;
pub mod session;
mod setup;
pub mod staff;
mod steps;
#[cfg(test)]
mod tests;
mod throttle;
mod today;
#[cfg(test)]
pub(in crate::web) mod trial;

use std::sync::Arc;

use rocket::figment::Figment;
use rocket::{Build, Config, Rocket, Route};

use self::clock::Clock;
use self::headers::Headers;
use self::password::Passwords;
use self::session::Cookies;
use self::throttle::Throttle;
use crate::acquire::lines::Lines;
use crate::store::Store;
use crate::store::published::{Published, Publisher};

/// The groups of the laboratory's pages: a new file of pages is one line here and its rows in [`access`].
const LABORATORY: &[fn() -> Vec<Route>] = &[
    account::group,
    admin::group,
    agents::group,
    assets::group,
    bench::group,
    health::group,
    language::group,
    lines::group,
    profiles::group,
    login::group,
    publications::group,
    qc::group,
    review::group,
    samples::group,
    setup::group,
    today::group,
];

/// The groups of the public portal.
const PORTAL: &[fn() -> Vec<Route>] = &[assets::group, health::group, language::group, portal::group];

/// Where and behind what a listener stands.
#[derive(Debug, Clone)]
pub struct Listener {
    pub address: std::net::IpAddr,
    /// 0 takes a free one.
    pub port: u16,
    /// Behind TLS (a reverse proxy's): cookies are Secure, browsers are told to stay.
    pub secure: bool,
    /// The header in which a configured proxy writes the caller's address; without a proxy no header is believed.
    pub ip_header: Option<String>,
}

impl Listener {
    fn figment(&self) -> Figment {
        let config = Config { address: self.address, port: self.port, cli_colors: false, ..Config::default() };
        let figment = Figment::from(config).merge(("log_level", "off"));
        match &self.ip_header {
            Some(header) => figment.merge(("ip_header", header)),
            None => figment.merge(("ip_header", false)),
        }
    }

    fn cookies(&self) -> Cookies {
        Cookies { secure: self.secure }
    }
}

/// What the laboratory's pages share.
#[derive(Clone)]
pub struct Shared {
    pub store: Store,
    pub clock: Clock,
    /// The instruments' lines of this process, where it has any.
    pub lines: Option<Arc<Lines>>,
    /// The public portal's address, for the QR code of a label.
    pub portal_url: String,
    /// The way to the published store, where this process has one.
    publisher: Option<Publisher>,
    passwords: Passwords,
    throttle: Throttle,
    listener: Listener,
}

impl Shared {
    pub fn new(store: Store, clock: Clock, listener: Listener) -> Self {
        Self {
            store,
            clock,
            lines: None,
            publisher: None,
            portal_url: String::new(),
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            listener,
        }
    }

    pub fn with_portal_url(mut self, address: String) -> Self {
        self.portal_url = address;
        self
    }

    pub fn with_lines(mut self, lines: Arc<Lines>) -> Self {
        self.lines = Some(lines);
        self
    }

    pub fn with_publisher(mut self, publisher: Publisher) -> Self {
        self.publisher = Some(publisher);
        self
    }

    pub fn cookies(&self) -> Cookies {
        self.listener.cookies()
    }
}

/// What has to answer before this listener can do its work.
pub(in crate::web) enum Ready {
    Laboratory(Store),
    Portal(Published),
}

/// The laboratory: everything behind a sign-in.
pub fn laboratory(shared: Shared) -> Rocket<Build> {
    let listener = shared.listener.clone();
    let clock = shared.clock.clone();
    let ready = Ready::Laboratory(shared.store.clone());
    base(&listener, clock, LABORATORY, true).manage(ready).attach(access::EveryRouteHasARow).manage(shared)
}

/// The public portal: no sign-in, nothing of the laboratory's in its state.
pub fn portal(clock: Clock, listener: &Listener, published: Published) -> Rocket<Build> {
    let ready = Ready::Portal(published.clone());
    base(listener, clock, PORTAL, false).manage(ready).manage(published)
}

fn base(listener: &Listener, clock: Clock, groups: &[fn() -> Vec<Route>], private: bool) -> Rocket<Build> {
    let routes: Vec<Route> = groups.iter().flat_map(|group| group()).collect();
    rocket::custom(listener.figment())
        .manage(clock)
        .manage(listener.cookies())
        .attach(Headers { private, secure: listener.secure })
        .mount("/", routes)
        .register("/", error::catchers())
}
