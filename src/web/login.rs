//! Signing in and out, and signing again: who has the password is the person.

use std::net::IpAddr;

use askama::Template;
use askama_web::WebTemplate;
use rocket::http::CookieJar;
use rocket::{Route, State, get, post, routes};

use super::answer::{Answer, Done, local};
use super::error::Error;
use super::form::Form;
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::session::Csrf;
use super::staff::Staff;
use super::{Shared, secret};
use crate::lab::people::Actor;
use crate::store::people::Person;

#[derive(Template, WebTemplate)]
#[template(path = "login/show.html")]
pub struct LoginPage {
    l: Locale,
    form: Form,
}

#[get("/login?<to>")]
fn show(to: Option<&str>, csrf: Csrf, l: Locale) -> LoginPage {
    LoginPage { l, form: Form::new(csrf.0).with("to", local(to.unwrap_or("/"))) }
}

#[post("/login", data = "<posted>")]
async fn sign_in(
    posted: Posted,
    shared: &State<Shared>,
    address: Option<IpAddr>,
    jar: &CookieJar<'_>,
    l: Locale,
) -> Result<Answer<LoginPage>, Error> {
    let mut form = posted.into_form();
    let password = form.value("password").to_owned();
    form.forget("password");
    let Some(username) = form.required("username") else { return Ok(Answer::again(LoginPage { l, form })) };
    let account = shared.store.find_by_username(&username).await?.filter(|person| person.disabled_at.is_none());
    if !shared.is_password(account.as_ref(), &username, address, &password).await? {
        form.refuse("username", "error-login");
        return Ok(Answer::again(LoginPage { l, form }));
    }
    let Some(account) = account else { return Err(Error::Forbidden) };
    shared.open_session(&account.actor, jar).await?;
    tracing::info!(person = account.actor.id.0, "signed in");
    Ok(Done::to(local(form.value("to"))).into())
}

#[post("/logout", data = "<_posted>")]
async fn sign_out(staff: Staff, _posted: Posted, shared: &State<Shared>, jar: &CookieJar<'_>) -> Result<Done, Error> {
    let cookies = shared.cookies();
    if let Some(cookie) = jar.get(cookies.session()) {
        shared.store.session_close(secret::hash(cookie.value()), staff.actor.clone(), shared.clock.now()).await?;
    }
    cookies.forget(jar, cookies.session());
    tracing::info!(person = staff.actor.id.0, "signed out");
    Ok(Done::to("/login"))
}

impl Shared {
    /// Verifies a password under the throttle; an unknown name takes the same time and gets the same answer.
    async fn is_password(
        &self,
        account: Option<&Person>,
        username: &str,
        address: Option<IpAddr>,
        password: &str,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        match self.throttle.wait(username, address, now) {
            0 => (),
            seconds => return Err(Error::Wait(seconds)),
        }
        let stored = account.map(|account| account.password_hash.as_str());
        let right = self.passwords.verify(stored, password).await?;
        if right {
            self.throttle.passed(username);
        } else {
            tracing::warn!(username = %username.escape_debug(), ?address, "wrong name or password");
            self.throttle.failed(username, address, now);
        }
        Ok(right)
    }

    /// A new session with a new token; the old one of this browser is forgotten (ASVS 5.0, 7.2.4).
    pub(super) async fn open_session(&self, person: &Actor, jar: &CookieJar<'_>) -> Result<(), Error> {
        let (token, csrf) = (secret::token().map_err(Error::failed)?, secret::token().map_err(Error::failed)?);
        self.store.session_open(secret::hash(&token), csrf, person.clone(), self.clock.now()).await?;
        let cookies = self.cookies();
        cookies.forget(jar, cookies.visitor());
        jar.add(cookies.make(cookies.session(), token));
        Ok(())
    }

    /// Re-authentication for a signature (21 CFR 11.200, ASVS 5.0, 7.5.3): whether the field `password` of the form is
    /// the signed-in person's. A wrong one is written beside the field; the password never travels back.
    pub async fn sign(&self, staff: &Staff, form: &mut Form) -> Result<bool, Error> {
        let password = form.value("password").to_owned();
        form.forget("password");
        if password.is_empty() {
            form.refuse("password", "error-field-required");
            return Ok(false);
        }
        let account = self.store.person(staff.actor.id).await?;
        let username = account.as_ref().map(|account| account.username.clone()).unwrap_or_default();
        let right = self.is_password(account.as_ref(), &username, None, &password).await?;
        if !right {
            form.refuse("password", Message::new("error-signature"));
        }
        Ok(right)
    }
}

pub fn group() -> Vec<Route> {
    routes![show, sign_in, sign_out]
}
