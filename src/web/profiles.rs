//! Profiles of the laboratory's own: written beside a capture, tried on it and on a line's past, saved as a revision.

mod serial;
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
use crate::lab::line::{self, InUse};
use crate::store::StoreError;
use crate::store::catalogue::Instrument;
use crate::store::profiles::{Draft, PREFIX, Profile, RetireError};
use crate::store::work;

/// What a new profile begins with: a table in a file, with the keys most devices need.
const BEGINNING: &str = include_str!("../../templates/profiles/beginning.toml");

struct Row {
    code: String,
    name: String,
    revision: i64,
    saved: Option<Stamp>,
    /// Codes of the instruments that it reads.
    instruments: Vec<String>,
    retired: bool,
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
            retired: one.retired_at.is_some(),
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
    who: String,
    reason: String,
}

/// An instrument that reads with the profile.
struct Reads {
    code: String,
    name: String,
    /// Its line is switched on.
    is_on: bool,
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
    presets: &'static [&'static str],
    reads: Vec<Reads>,
    retired: Option<Stamp>,
    may_retire: bool,
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
    let people = shared.store.reading(work::people).await?;
    let retired = profile.as_ref().and_then(|one| one.retired_at).map(|at| l.time(at));
    let (code, revisions) = profile.map_or((String::new(), Vec::new()), |one| (one.code, one.revisions));
    let driver = format!("{PREFIX}{code}");
    let reads: Vec<Reads> = instruments
        .iter()
        .filter(|one| !code.is_empty() && one.driver == driver && one.retired_at.is_none())
        .map(|one| Reads { code: one.code.clone(), name: one.name.clone(), is_on: one.line_enabled_at.is_some() })
        .collect();
    Ok(EditPage {
        code,
        revisions: revisions
            .into_iter()
            .map(|one| Saved {
                n: one.n,
                at: l.time(one.at),
                who: one.by.and_then(|by| people.get(&by).cloned()).unwrap_or_default(),
                reason: one.reason,
            })
            .collect(),
        instruments: instruments.into_iter().map(|one| (one.code, one.name)).collect(),
        presets: &serial::PRESETS,
        may_retire: line::may_retire(reads.iter().filter(|one| one.is_on).map(|one| one.code.clone()).collect())
            .is_ok(),
        reads,
        retired,
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
    match (form.value("act"), &profile) {
        ("retire", Some(_)) => return retire(form, staff, shared, l, profile, code, true).await,
        ("restore", Some(_)) => return retire(form, staff, shared, l, profile, code, false).await,
        ("serial", _) => {
            match serial::with_preset(form.value("text"), form.value("serial")) {
                Some(text) => form.set("text", text),
                None => form.refuse("serial", "error-field-choice"),
            }
            let page = edit_page(shared, staff, l, form, profile, (None, None)).await?;
            return Ok(if page.form.is_ok() { Answer::shown(page) } else { Answer::again(page) });
        }
        _ => (),
    }
    trying::keep_upload(&mut form);
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

/// Retires the profile with a reason, or takes it into use again.
async fn retire(
    mut form: Form,
    staff: Staff,
    shared: &Shared,
    l: Locale,
    profile: Option<Profile>,
    code: String,
    retired: bool,
) -> Result<Answer<EditPage>, Error> {
    let Some(why) = form.required("why") else {
        return Ok(Answer::again(
            edit_page(shared, staff, l, with_newest(form, &profile), profile, (None, None)).await?,
        ));
    };
    match shared.store.retire_profile(staff.who(), shared.clock.now(), code.clone(), retired, why).await {
        Ok(()) => {
            let said = if retired { "profile-retired-said" } else { "profile-restored-said" };
            Ok(Done::to("/admin/profiles").saying(Message::new(said).with("code", code)).into())
        }
        Err(RetireError::InUse(InUse(lines))) => {
            form.refuse("why", Message::new("profile-in-use").with("lines", lines.join(" ")));
            Ok(Answer::again(edit_page(shared, staff, l, with_newest(form, &profile), profile, (None, None)).await?))
        }
        Err(RetireError::Unchanged) => Err(Error::Stale(format!("/admin/profiles/{code}"))),
        Err(RetireError::Store(error)) => Err(error.into()),
    }
}

/// The form of the page around the one that was sent, which had a reason only.
fn with_newest(mut form: Form, profile: &Option<Profile>) -> Form {
    if let Some(one) = profile {
        form.set("name", &one.name);
        form.set("as", "text");
        if let Some(newest) = one.revisions.first() {
            form.set("text", &newest.text);
            form.set("before", newest.n);
        }
    }
    form
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
