//! The first minute of an empty laboratory: a one-time link makes the first administrator.

use std::collections::BTreeSet;

use askama::Template;
use askama_web::WebTemplate;
use rocket::http::CookieJar;
use rocket::{Route, State, get, post, routes};

use super::answer::{Answer, Done};
use super::error::Error;
use super::form::Form;
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::session::Csrf;
use super::{Shared, password, secret};
use crate::lab::people::Role;
use crate::store::catalogue::{self, Laboratory};
use crate::store::people::NewPerson;

#[derive(Template, WebTemplate)]
#[template(path = "setup/show.html")]
pub struct SetupPage {
    l: Locale,
    form: Form,
    token: String,
}

#[get("/setup/<token>")]
async fn show(token: &str, shared: &State<Shared>, csrf: Csrf, l: Locale) -> Result<SetupPage, Error> {
    require_open(shared, token).await?;
    Ok(SetupPage { l, form: Form::new(csrf.0), token: token.to_owned() })
}

#[post("/setup/<token>", data = "<posted>")]
async fn found(
    token: &str,
    posted: Posted,
    shared: &State<Shared>,
    jar: &CookieJar<'_>,
    l: Locale,
) -> Result<Answer<SetupPage>, Error> {
    require_open(shared, token).await?;
    let mut form = posted.into_form();
    let read = read(&mut form);
    form.forget("password");
    form.forget("password-again");
    let Some(first) = read else {
        return Ok(Answer::again(SetupPage { l, form, token: token.to_owned() }));
    };
    let now = shared.clock.now();
    let laboratory = Laboratory {
        id: 0,
        version: 1,
        name: first.laboratory,
        name_en: first.laboratory_en,
        address: String::new(),
        phone: String::new(),
        updated_at: catalogue::written(now),
    };
    let new = NewPerson {
        username: first.username,
        name: first.name,
        password_hash: shared.passwords.hash(&first.password).await?,
        roles: BTreeSet::from([Role::Administrator]),
    };
    let founded = shared.store.found_laboratory(now, secret::hash(token), laboratory, new).await?;
    let id = founded.ok_or_else(|| Error::refused("error-setup-used"))?;
    let person = shared.store.person(id).await?.ok_or(Error::NotFound)?;
    shared.open_session(&person.actor, jar).await?;
    Ok(Done::to("/").saying("setup-done").into())
}

async fn require_open(shared: &Shared, token: &str) -> Result<(), Error> {
    let open = shared.store.is_setup_link_open(secret::hash(token), shared.clock.now()).await?;
    if open { Ok(()) } else { Err(Error::refused("error-setup-used")) }
}

struct First {
    laboratory: String,
    laboratory_en: String,
    name: String,
    username: String,
    password: String,
}

fn read(form: &mut Form) -> Option<First> {
    let laboratory = form.required("laboratory");
    let laboratory_en = form.get("laboratory-en").unwrap_or_default().to_owned();
    let name = form.required("name");
    let username = form.required("username");
    if username.as_deref().is_some_and(|username| !is_username(username)) {
        form.refuse("username", "error-username");
    }
    let password = form.value("password").to_owned();
    if let Some(objection) = password::objection(&password, username.as_deref().unwrap_or_default()) {
        form.refuse("password", objection);
    } else if password != form.value("password-again") {
        form.refuse("password-again", Message::new("error-password-differs"));
    }
    let first = First { laboratory: laboratory?, laboratory_en, name: name?, username: username?, password };
    form.is_ok().then_some(first)
}

/// Typed on any keyboard, read aloud without doubt.
pub fn is_username(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    (2..=32).contains(&text.len()) && text.chars().all(allowed)
}

pub fn group() -> Vec<Route> {
    routes![show, found]
}
