//! The cookie of a signed-in person, and the token that every form must carry.

use jiff::SignedDuration;
use rocket::Request;
use rocket::http::{Cookie, CookieJar, SameSite, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::time::Duration;

use super::error::Error;
use super::{Shared, secret};
use crate::lab::session::is_alive;
use crate::store::StoreError;
use crate::store::sessions::Session;

/// The cookies we set: over TLS with the `__Host-` prefix, which browsers accept only when Secure and from this host.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    pub secure: bool,
}

impl Cookies {
    pub fn session(self) -> &'static str {
        if self.secure { "__Host-sid" } else { "sid" }
    }

    /// The token of forms that are filled in before anybody is signed in (double submit).
    pub fn visitor(self) -> &'static str {
        if self.secure { "__Host-form" } else { "form" }
    }

    pub fn make(self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build((name, value)).path("/").http_only(true).secure(self.secure).same_site(SameSite::Strict).build()
    }

    /// A cookie for a person's convenience, kept a year.
    pub fn preference(self, name: &'static str, value: String) -> Cookie<'static> {
        let mut cookie = self.make(name, value);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(Duration::days(365));
        cookie
    }

    pub fn forget(self, jar: &CookieJar<'_>, name: &'static str) {
        jar.remove(self.make(name, String::new()));
    }
}

/// What this request's session cookie says, looked up once a request.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    pub session: Option<Session>,
    /// The token that this visitor's forms carry; empty when there is no cookie yet.
    pub csrf: String,
}

impl Visitor {
    /// Looks the cookie up. A store that fails is an error, never "not signed in".
    pub async fn of<'r>(request: &'r Request<'_>) -> Result<&'r Self, Status> {
        let looked_up = request.local_cache_async(async { Self::look_up(request).await }).await;
        looked_up.as_ref().map_err(|status| *status)
    }

    async fn look_up(request: &Request<'_>) -> Result<Self, Status> {
        let Some(shared) = request.rocket().state::<Shared>() else { return Ok(Self::default()) };
        let cookies = shared.cookies();
        if let Some(cookie) = request.cookies().get(cookies.session()) {
            let found = alive(shared, secret::hash(cookie.value())).await;
            let session = found.map_err(|error| Error::from(error).logged(request))?;
            if let Some(session) = session {
                return Ok(Self { csrf: session.csrf.clone(), session: Some(session) });
            }
        }
        let csrf = request.cookies().get(cookies.visitor()).map(|cookie| cookie.value().to_owned());
        Ok(Self { session: None, csrf: csrf.unwrap_or_default() })
    }
}

/// The session, if it is still alive; that it was seen is written once a minute, not with every page.
async fn alive(shared: &Shared, token_hash: String) -> Result<Option<Session>, StoreError> {
    let now = shared.clock.now();
    let found = shared.store.session(token_hash.clone()).await?;
    let Some(session) = found.filter(|session| is_alive(session.opened_at, session.seen_at, now)) else {
        return Ok(None);
    };
    if session.seen_at.duration_until(now) >= SignedDuration::from_mins(1) {
        shared.store.session_seen(token_hash, now).await?;
    }
    Ok(Some(session))
}

/// The token for a form that anybody may fill in; sets the cookie it is compared with.
#[derive(Debug, Clone)]
pub struct Csrf(pub String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Csrf {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let visitor = match Visitor::of(request).await {
            Ok(visitor) => visitor,
            Err(status) => return Outcome::Error((status, ())),
        };
        if !visitor.csrf.is_empty() {
            return Outcome::Success(Self(visitor.csrf.clone()));
        }
        let (Some(shared), Ok(token)) = (request.rocket().state::<Shared>(), secret::token()) else {
            return Outcome::Error((Status::ServiceUnavailable, ()));
        };
        let cookies = shared.cookies();
        request.cookies().add(cookies.make(cookies.visitor(), token.clone()));
        Outcome::Success(Self(token))
    }
}
