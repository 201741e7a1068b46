//! For the tests of pages: a laboratory on a fresh SQLite store, and people who are signed in.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rocket::http::{ContentType, Cookie, Header};
use rocket::local::asynchronous::{Client, LocalRequest, LocalResponse};
use rocket::{Build, Rocket};

use super::clock::Clock;
use super::{Listener, Shared, laboratory, password, secret};
use crate::lab::people::{PersonId, Role, Who};
use crate::store::Store;
use crate::store::people::NewPerson;
use crate::store::trial::engines::Fresh;

/// 2026-11-24T06:00:00Z, a Tuesday at 14:00 in the laboratory.
pub const NOW: i64 = 1_795_500_000;
pub const PASSWORD: &str = "barley field at dawn";

/// A laboratory without anybody in it, its clock set by hand.
pub struct Trial {
    pub client: Client,
    pub store: Store,
    second: Arc<AtomicI64>,
    _database: Option<Fresh>,
}

/// A browser of someone who is signed in.
pub struct Browser<'a> {
    trial: &'a Trial,
    token: String,
    pub csrf: String,
}

impl Trial {
    pub async fn start() -> Self {
        Self::with(|rocket| rocket).await
    }

    /// A laboratory to which something is added before it starts.
    pub async fn with(add: impl FnOnce(Rocket<Build>) -> Rocket<Build>) -> Self {
        let fresh = Fresh::sqlite();
        let trial = Self::built(&fresh.url, add).await;
        Self { _database: Some(fresh), ..trial }
    }

    /// On a database that the caller keeps.
    pub async fn on(url: &str) -> Self {
        Self::built(url, |rocket| rocket).await
    }

    async fn built(url: &str, add: impl FnOnce(Rocket<Build>) -> Rocket<Build>) -> Self {
        let store = Store::open(url).unwrap();
        store.migrate().unwrap();
        let second = Arc::new(AtomicI64::new(NOW));
        let told = Arc::clone(&second);
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let clock = Clock::with(move || Timestamp::from_second(told.load(Ordering::Relaxed)).unwrap(), zone);
        let listener = Listener { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 0, secure: false, ip_header: None };
        let rocket = add(laboratory(Shared::new(store.clone(), clock, listener)));
        // Each test hands its own cookies over, as several people's browsers would.
        let client = Client::untracked(rocket).await.unwrap();
        Self { client, store, second, _database: None }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.second.load(Ordering::Relaxed)).unwrap()
    }

    pub fn wait(&self, seconds: i64) {
        self.second.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Adds a person whose user name is the role's and whose password is [`PASSWORD`].
    pub async fn add(&self, role: Role) -> PersonId {
        let new = NewPerson {
            username: role.name().to_owned(),
            name: format!("{role} 卓玛"),
            password_hash: password::hash_now(PASSWORD).unwrap(),
            roles: BTreeSet::from([role]),
        };
        self.store.add_person(Who::Program, self.now(), new).await.unwrap()
    }

    /// A new person of this role, signed in without the form.
    pub async fn signed_in(&self, role: Role) -> Browser<'_> {
        let person = self.add(role).await;
        self.browser(person).await
    }

    /// Someone who is in the laboratory already, signed in without the form.
    pub async fn known(&self, username: &str) -> Browser<'_> {
        let person = self.store.find_by_username(username).await.unwrap().unwrap();
        self.browser(person.actor.id).await
    }

    /// Someone whose browser has this cookie: the token of their forms is read from a page.
    pub async fn with_cookie(&self, token: String) -> Browser<'_> {
        let mut browser = Browser { trial: self, token, csrf: String::new() };
        let html = browser.get("/account/password").await.into_string().await.unwrap_or_default();
        browser.csrf =
            html.split(r#"name="csrf" value=""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap().into();
        browser
    }

    async fn browser(&self, person: PersonId) -> Browser<'_> {
        let (token, csrf) = (secret::token().unwrap(), secret::token().unwrap());
        let actor = self.store.person(person).await.unwrap().unwrap().actor;
        self.store.session_open(secret::hash(&token), csrf.clone(), actor, self.now()).await.unwrap();
        Browser { trial: self, token, csrf }
    }
}

impl Browser<'_> {
    fn cookie(&self) -> Cookie<'static> {
        Cookie::new("sid", self.token.clone())
    }

    pub async fn get(&self, address: &str) -> LocalResponse<'_> {
        self.trial.client.get(address.to_owned()).cookie(self.cookie()).dispatch().await
    }

    /// Sends a request that was made elsewhere, as this person.
    pub async fn ask<'c>(&self, request: LocalRequest<'c>) -> LocalResponse<'c> {
        request.cookie(self.cookie()).dispatch().await
    }

    /// Posts fields with this session's token.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> LocalResponse<'_> {
        let with_token: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", self.csrf.as_str())]).collect();
        self.send(address, &with_token, None).await
    }

    /// Posts just these fields.
    pub async fn send(&self, address: &str, fields: &[(&str, &str)], origin: Option<&str>) -> LocalResponse<'_> {
        let mut request = self.trial.client.post(address.to_owned()).cookie(self.cookie());
        if let Some(origin) = origin {
            request = request.header(Header::new("Origin", origin.to_owned()));
        }
        request.header(ContentType::Form).body(body(fields)).dispatch().await
    }
}

pub fn body(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| rocket::http::RawStr::new(text).percent_encode().to_string();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}
