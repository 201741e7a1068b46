//! Profiles of the laboratory's own: written beside a capture, tried on it and on a line's past, saved as a revision.

#[cfg(test)]
mod tests;
mod trying;

use askama::Template;
use askama_web::WebTemplate;
use drivers::described::Described;
use rocket::{Route, State, get, post, routes};

use self::trying::{Capture, History, Shown};
use super::Shared;
use super::answer::{Answer, Done};
use super::display::Stamp;
use super::error::Error;
use super::form::{self, Form};
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::staff::Staff;
use crate::store::StoreError;
use crate::store::catalogue::Instrument;
use crate::store::profiles::{Draft, PREFIX, Profile};

/// What a new profile begins with: a table in a file, with the keys most devices need.
const BEGINNING: &str = include_str!("../../templates/profiles/beginning.toml");

struct Row {
    code: String,
    name: String,
    revision: i64,
    saved: Option<Stamp>,
    /// Codes of the instruments that it reads.
    instruments: Vec<String>,
}

#[derive(Template, WebTemplate)]
#[template(path = "profiles/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    profiles: Vec<Row>,
}

#[get("/admin/profiles")]
async fn list(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ListPage, Error> {
    let instruments: Vec<Instrument> = shared.store.list().await?;
    let row = |one: Profile| {
        let (newest, driver) = (one.revisions.first(), format!("{PREFIX}{}", one.code));
        let reads = instruments.iter().filter(|instrument| instrument.driver == driver);
        Row {
            revision: newest.map_or(0, |newest| newest.n),
            saved: newest.map(|newest| l.ago(newest.at)),
            instruments: reads.map(|instrument| instrument.code.clone()).collect(),
            code: one.code,
            name: one.name,
        }
    };
    let profiles = shared.store.profiles().await?.into_iter().map(row).collect();
    Ok(ListPage { profiles, l, staff })
}

struct Saved {
    n: i64,
    at: Stamp,
    reason: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "profiles/edit.html")]
struct EditPage {
    l: Locale,
    staff: Staff,
    form: Form,
    /// Of the saved profile; empty for a new one.
    code: String,
    revisions: Vec<Saved>,
    /// Instruments whose past the profile can be tried on: code and name.
    instruments: Vec<(String, String)>,
    shown: Option<Shown>,
    history: Option<History>,
}

async fn edit_page(
    shared: &Shared,
    staff: Staff,
    l: Locale,
    form: Form,
    profile: Option<Profile>,
    tried: (Option<Shown>, Option<History>),
) -> Result<EditPage, Error> {
    let instruments: Vec<Instrument> = shared.store.list().await?;
    let (code, revisions) = profile.map_or((String::new(), Vec::new()), |one| (one.code, one.revisions));
    Ok(EditPage {
        code,
        revisions: revisions
            .into_iter()
            .map(|one| Saved { n: one.n, at: l.time(one.at), reason: one.reason })
            .collect(),
        instruments: instruments.into_iter().map(|one| (one.code, one.name)).collect(),
        shown: tried.0,
        history: tried.1,
        form,
        l,
        staff,
    })
}

#[get("/admin/profiles/new")]
async fn fresh(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<EditPage, Error> {
    let form = Form::new(&staff.csrf).with("text", BEGINNING).with("as", "text");
    edit_page(shared, staff, l, form, None, (None, None)).await
}

/// A profile to edit, in its newest revision or, to look back or to return to it, in an older one.
#[get("/admin/profiles/<code>?<revision>")]
async fn edit(
    code: &str,
    revision: Option<i64>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<EditPage, Error> {
    let profile = shared.store.profile(code.to_owned()).await?.ok_or(Error::NotFound)?;
    let newest = profile.revisions.first().map_or(0, |one| one.n);
    let chosen = profile.revisions.iter().find(|one| one.n == revision.unwrap_or(newest)).ok_or(Error::NotFound)?;
    let form = Form::new(&staff.csrf)
        .with("name", &profile.name)
        .with("text", &chosen.text)
        .with("before", newest)
        .with("as", "text");
    edit_page(shared, staff, l, form, Some(profile), (None, None)).await
}

#[post("/admin/profiles/new", data = "<posted>")]
async fn create(posted: Posted, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<Answer<EditPage>, Error> {
    act(posted, staff, shared, l, None).await
}

#[post("/admin/profiles/<code>", data = "<posted>")]
async fn revise(
    code: &str,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<EditPage>, Error> {
    let profile = shared.store.profile(code.to_owned()).await?.ok_or(Error::NotFound)?;
    act(posted, staff, shared, l, Some(profile)).await
}

/// Tries the profile on the capture or on a line's past, or saves it.
async fn act(
    posted: Posted,
    staff: Staff,
    shared: &Shared,
    l: Locale,
    profile: Option<Profile>,
) -> Result<Answer<EditPage>, Error> {
    let mut form = posted.into_form();
    let code = profile.as_ref().map_or_else(|| form.value("code").to_owned(), |one| one.code.clone());
    let checked = Described::from_toml(&format!("{PREFIX}{code}"), form.value("text"));
    let described = match checked {
        Ok(described) => Some(described),
        Err(fault) => {
            form.refuse("text", Message::new("profile-wrong").with("fault", fault));
            None
        }
    };
    let act = form.value("act").to_owned();
    match (act.as_str(), described) {
        ("save", _) => save(form, staff, shared, l, profile, code).await,
        ("history", Some(described)) => {
            let wanted = form.value("instrument").to_owned();
            let instruments: Vec<Instrument> = shared.store.list().await?;
            let Some(instrument) = instruments.into_iter().find(|one| one.code == wanted) else {
                form.refuse("instrument", "error-field-choice");
                return Ok(Answer::again(edit_page(shared, staff, l, form, profile, (None, None)).await?));
            };
            let history = trying::history(shared, &l, instrument.id, described).await?;
            Ok(Answer::shown(edit_page(shared, staff, l, form, profile, (None, Some(history))).await?))
        }
        (_, Some(described)) => match Capture::of(shared, &mut form).await? {
            Some(capture) => {
                let shown = trying::shown(&l, &capture, described);
                Ok(Answer::shown(edit_page(shared, staff, l, form, profile, (Some(shown), None)).await?))
            }
            None => Ok(Answer::again(edit_page(shared, staff, l, form, profile, (None, None)).await?)),
        },
        (_, None) => Ok(Answer::again(edit_page(shared, staff, l, form, profile, (None, None)).await?)),
    }
}

async fn save(
    mut form: Form,
    staff: Staff,
    shared: &Shared,
    l: Locale,
    profile: Option<Profile>,
    code: String,
) -> Result<Answer<EditPage>, Error> {
    if !form::is_code(&code) || code == "new" {
        form.refuse("code", "profile-code-wrong");
    }
    let (name, reason) = (form.required("name"), form.required("reason"));
    let (Some(name), Some(reason), true) = (name, reason, form.is_ok()) else {
        return Ok(Answer::again(edit_page(shared, staff, l, form, profile, (None, None)).await?));
    };
    let before = if profile.is_some() { form.value("before").parse().unwrap_or_default() } else { 0 };
    let draft = Draft { code: code.clone(), name, text: form.value("text").to_owned(), reason, before };
    match shared.store.save_profile(staff.who(), shared.clock.now(), draft).await {
        Ok(n) => {
            // The lines that it reads follow at once.
            super::lines::reload(shared, None).await?;
            let said = Message::new("profile-saved").with("code", &code).with("n", n);
            Ok(Done::to(format!("/admin/profiles/{code}")).saying(said).into())
        }
        Err(StoreError::Conflict { .. }) => {
            form.refuse("code", "error-taken");
            Ok(Answer::again(edit_page(shared, staff, l, form, profile, (None, None)).await?))
        }
        Err(StoreError::Stale { .. }) => {
            // Somebody saved meanwhile; what was typed stays, and the next save goes on top of theirs.
            let newest = shared.store.profile(code).await?;
            form.set("before", newest.as_ref().and_then(|one| one.revisions.first()).map_or(0, |one| one.n));
            form.refuse("text", "profile-stale");
            Ok(Answer::again(edit_page(shared, staff, l, form, newest, (None, None)).await?))
        }
        Err(error) => Err(error.into()),
    }
}

pub fn group() -> Vec<Route> {
    routes![list, fresh, edit, create, revise]
}
