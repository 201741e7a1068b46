//! Bench agents: which computers may deliver, how each was last heard, and the token that enrols one.

mod api;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;
use jiff::{SignedDuration, Timestamp};
use rocket::{Route, State, get, post, routes};

use super::answer::Answer;
use super::display::{Chip, Stamp, Tone};
use super::error::Error;
use super::form::{self, Form};
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::staff::Staff;
use super::{Shared, secret};
use crate::acquire::LineState;
use crate::acquire::agent::Beat;
use crate::store::StoreError;
use crate::store::agents::Agent;
use crate::store::catalogue::Instrument;

/// An agent that was not heard for so long is silent: six beats.
const SILENT: SignedDuration = SignedDuration::from_secs(60);

/// A clock further off than this is told of: readings carry times to the minute.
const CLOCK: SignedDuration = SignedDuration::from_secs(30);

/// What an agent said of itself, read again.
pub(super) fn beat(agent: &Agent) -> Option<Beat> {
    serde_json::from_str(&agent.heard.as_ref()?.beat).ok()
}

pub(super) fn is_silent(agent: &Agent, now: Timestamp) -> bool {
    agent.heard.as_ref().is_none_or(|heard| heard.at.duration_until(now) > SILENT)
}

/// The lines of all agents as each last told them; a silent agent's lines are left out.
pub(super) async fn lines(shared: &Shared) -> Result<Vec<LineState>, Error> {
    let now = shared.clock.now();
    let heard = shared.store.agents().await?.into_iter().filter(|one| one.revoked_at.is_none() && !is_silent(one, now));
    Ok(heard.filter_map(|one| beat(&one)).flat_map(|beat| beat.lines).collect())
}

/// When each line of an agent last brought a message, as the agents said when they were last heard, however long ago.
pub(super) async fn last_messages(shared: &Shared) -> Result<BTreeMap<String, Timestamp>, Error> {
    let beats = shared.store.agents().await?.into_iter().filter_map(|one| beat(&one));
    Ok(beats.flat_map(|beat| beat.lines).filter_map(|line| Some((line.instrument, line.last_message_at?))).collect())
}

struct Row {
    id: i64,
    code: String,
    name: String,
    state: Chip,
    heard: Option<Stamp>,
    program: String,
    /// Codes of the instruments whose lines it owns.
    instruments: Vec<String>,
    /// Transmissions that wait in its journal.
    waiting: u64,
    /// Its clock differs from the hub's by so many seconds; empty when it does not.
    clock: String,
    revoked: bool,
}

fn row(l: &Locale, agent: Agent, instruments: &[Instrument]) -> Row {
    let beat = beat(&agent);
    let silent = is_silent(&agent, l.now);
    let state = match (agent.revoked_at.is_some(), agent.heard.is_some(), silent) {
        (true, ..) => l.chip(Tone::Gone, "agent-revoked"),
        (_, false, _) => l.chip(Tone::Plain, "agent-never"),
        (_, _, true) => l.chip(Tone::Bad, "agent-silent"),
        (_, _, false) => l.chip(Tone::Good, "agent-heard"),
    };
    let offset = match (&beat, &agent.heard) {
        (Some(beat), Some(heard)) => heard.at.duration_until(beat.now),
        _ => SignedDuration::ZERO,
    };
    Row {
        id: agent.id,
        state,
        heard: agent.heard.as_ref().map(|heard| l.ago(heard.at)),
        program: beat.as_ref().map(|beat| beat.program.clone()).unwrap_or_default(),
        waiting: beat.as_ref().map_or(0, |beat| beat.lines.iter().map(|line| line.undelivered).sum()),
        clock: if offset.abs() > CLOCK { l.t1("agent-clock", "seconds", offset.as_secs()) } else { String::new() },
        instruments: instruments
            .iter()
            .filter(|one| one.agent_id == Some(agent.id) && one.retired_at.is_none())
            .map(|one| one.code.clone())
            .collect(),
        revoked: agent.revoked_at.is_some(),
        code: agent.code,
        name: agent.name,
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "agents/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    form: Form,
    agents: Vec<Row>,
}

async fn list_page(shared: &Shared, staff: Staff, l: Locale, form: Form) -> Result<ListPage, Error> {
    let instruments: Vec<Instrument> = shared.store.list().await?;
    let agents = shared.store.agents().await?.into_iter().map(|one| row(&l, one, &instruments)).collect();
    Ok(ListPage { agents, form, l, staff })
}

#[get("/admin/agents")]
async fn list(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ListPage, Error> {
    let form = Form::new(&staff.csrf);
    list_page(shared, staff, l, form).await
}

/// The token, shown once, and the file it goes into.
#[derive(Template, WebTemplate)]
#[template(path = "agents/token.html")]
struct TokenPage {
    l: Locale,
    staff: Staff,
    code: String,
    token: String,
}

#[derive(rocket::Responder)]
enum Enrolment {
    Token(Box<TokenPage>),
    Again(Answer<ListPage>),
}

#[post("/admin/agents", data = "<posted>")]
async fn enrol(posted: Posted, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<Enrolment, Error> {
    let mut form = posted.into_form();
    let (code, name) = (form.required("code"), form.required("name"));
    if code.as_deref().is_some_and(|code| !form::is_code(code)) {
        form.refuse("code", "agent-code-wrong");
    }
    let (Some(code), Some(name), true) = (code, name, form.is_ok()) else {
        return Ok(Enrolment::Again(Answer::again(list_page(shared, staff, l, form).await?)));
    };
    let token = secret::token().map_err(Error::failed)?;
    let enrolled =
        shared.store.enrol_agent(staff.who(), shared.clock.now(), code.clone(), name, secret::hash(&token)).await;
    match enrolled {
        Ok(_) => Ok(Enrolment::Token(Box::new(TokenPage { l, staff, code, token }))),
        Err(StoreError::Conflict { .. }) => {
            form.refuse("code", "error-taken");
            Ok(Enrolment::Again(Answer::again(list_page(shared, staff, l, form).await?)))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "agents/show.html")]
struct ShowPage {
    l: Locale,
    staff: Staff,
    form: Form,
    agent: Row,
}

async fn show_page(shared: &Shared, staff: Staff, l: Locale, form: Form, id: i64) -> Result<ShowPage, Error> {
    let agent = shared.store.agent(id).await?.ok_or(Error::NotFound)?;
    let instruments: Vec<Instrument> = shared.store.list().await?;
    Ok(ShowPage { agent: row(&l, agent, &instruments), form, l, staff })
}

#[get("/admin/agents/<id>")]
async fn show(id: i64, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ShowPage, Error> {
    let form = Form::new(&staff.csrf);
    show_page(shared, staff, l, form, id).await
}

#[derive(rocket::Responder)]
enum Changed {
    Token(Box<TokenPage>),
    Answer(Answer<ShowPage>),
}

/// Revokes an agent with a reason, or gives it a new token.
#[post("/admin/agents/<id>", data = "<posted>")]
async fn change(id: i64, posted: Posted, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<Changed, Error> {
    let mut form = posted.into_form();
    let agent = shared.store.agent(id).await?.ok_or(Error::NotFound)?;
    let (by, now) = (staff.who(), shared.clock.now());
    match form.value("act") {
        "renew" => {
            let token = secret::token().map_err(Error::failed)?;
            shared.store.renew_agent(by, now, id, secret::hash(&token)).await?;
            Ok(Changed::Token(Box::new(TokenPage { l, staff, code: agent.code, token })))
        }
        "revoke" => {
            let Some(why) = form.required("reason") else {
                return Ok(Changed::Answer(Answer::again(show_page(shared, staff, l, form, id).await?)));
            };
            shared.store.revoke_agent(by, now, id, why).await?;
            let said = Message::new("agent-revoked-said").with("code", agent.code);
            Ok(Changed::Answer(super::answer::Done::to("/admin/agents").saying(said).into()))
        }
        _ => {
            form.refuse("act", "error-field-required");
            Ok(Changed::Answer(Answer::again(show_page(shared, staff, l, form, id).await?)))
        }
    }
}

pub fn group() -> Vec<Route> {
    [routes![list, enrol, show, change], api::group()].concat()
}
