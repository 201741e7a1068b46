//! Instruments and their lines: what each is doing now, live, and what it has sent.

pub(super) mod again;
mod bytes;
pub(super) mod chromatogram;
pub(super) mod heard;
mod imports;
mod inbox;
mod orders;
mod places;
mod reading;
mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use rocket::response::stream::{Event, EventStream};
use rocket::{Route, Shutdown, State, get, post, routes};

use self::record::Record;
use super::Shared;
use super::answer::Done;
use super::display::{Chip, Stamp, Tone};
use super::error::Error;
use super::form::Form;
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::staff::Staff;
use crate::acquire::configured::configured;
use crate::acquire::{LineState, Word};
use crate::store::catalogue::Instrument;
use crate::store::transmissions::{self, Transmission};
use crate::store::{dispatches, readings};

/// An instrument's line as a row.
struct LineView {
    code: String,
    name: String,
    port: String,
    state: Chip,
    last: Option<Stamp>,
    readings: u64,
    /// Held readings that came today.
    held: i64,
    waiting: u64,
    rate: u64,
    fault: String,
    /// It should have spoken by now: the sentence.
    silent: Option<String>,
}

fn view(
    l: &Locale,
    instrument: &Instrument,
    state: Option<&LineState>,
    heard: Option<Timestamp>,
    held: i64,
) -> Result<LineView, Error> {
    let word = state.map_or(Word::Off, |state| state.word);
    let (tone, key) = match word {
        Word::Off => (Tone::Gone, "line-off"),
        Word::Waiting => (Tone::Warn, "line-waiting"),
        Word::Listening => (Tone::Good, "line-listening"),
        Word::Receiving => (Tone::Active, "line-receiving"),
        Word::Unkept => (Tone::Bad, "line-unkept"),
    };
    Ok(LineView {
        silent: heard::silent(instrument, heard, l.now)?.map(|silence| heard::say_silent(l, silence)),
        code: instrument.code.clone(),
        name: format!("{} {}", instrument.name, instrument.model),
        port: state.map_or_else(|| instrument.address.clone(), |state| state.port.clone()),
        state: l.chip(tone, key),
        last: heard.map(|at| l.ago(at)),
        readings: state.map_or(0, |state| state.readings_today),
        held,
        waiting: state.map_or(0, |state| state.undelivered),
        rate: state.map_or(0, |state| state.bytes_per_second),
        fault: state.and_then(|state| state.last_fault.clone()).unwrap_or_default(),
    })
}

/// The lines of this process and of every agent that is heard.
async fn states(shared: &Shared) -> Result<Vec<LineState>, Error> {
    let mut states = shared.lines.as_ref().map(|lines| lines.snapshot()).unwrap_or_default();
    states.extend(super::agents::lines(shared).await?);
    Ok(states)
}

async fn views(shared: &Shared, l: &Locale) -> Result<Vec<LineView>, Error> {
    let instruments: Vec<Instrument> = shared.store.list().await?;
    let states = states(shared).await?;
    let held = held_today(shared).await?;
    let heard = heard::heard(shared, &instruments, &states).await?;
    let shown = instruments.iter().filter(|one| one.retired_at.is_none());
    let row = |one: &Instrument| {
        let state = states.iter().find(|state| state.instrument == one.code);
        view(l, one, state, heard.get(&one.id).copied(), held.get(&one.id).copied().unwrap_or_default())
    };
    shown.map(row).collect()
}

/// How many of each instrument's readings of this civil day wait for a person.
async fn held_today(shared: &Shared) -> Result<BTreeMap<i64, i64>, Error> {
    let today = shared.clock.zone().to_datetime(shared.clock.now()).date();
    let midnight = shared.clock.zone().to_timestamp(today.into()).map_err(Error::failed)?;
    Ok(shared.store.reading(move |conn| readings::held_since(conn, midnight)).await?)
}

#[derive(Template, WebTemplate)]
#[template(path = "lines/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    lines: Vec<LineView>,
    /// Instruments that did not take an order.
    undelivered: Vec<String>,
}

/// The rows alone, sent again at each change.
#[derive(Template)]
#[template(path = "lines/rows.html")]
struct Rows {
    l: Locale,
    lines: Vec<LineView>,
}

#[get("/bench/lines")]
async fn list(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ListPage, Error> {
    let undelivered = shared.store.reading(dispatches::undelivered_to).await?;
    Ok(ListPage { lines: views(shared, &l).await?, undelivered, l, staff })
}

/// The rows of the list, whenever a line changes; ends with the program.
#[get("/bench/lines/live")]
async fn live<'a>(_staff: Staff, shared: &'a State<Shared>, l: Locale, mut end: Shutdown) -> EventStream![Event + 'a] {
    let shared = shared.inner().clone();
    EventStream! {
        let Some(lines) = shared.lines.clone() else { return };
        let mut events = lines.events();
        loop {
            let rows = match views(&shared, &l.at(shared.clock.now())).await {
                Ok(lines) => Rows { l: l.at(shared.clock.now()), lines }.render(),
                Err(error) => {
                    tracing::warn!(%error, "live lines");
                    break;
                }
            };
            match rows {
                Ok(rows) => yield Event::data(rows.replace('\n', " ")),
                Err(error) => {
                    tracing::error!(%error, "live lines");
                    break;
                }
            }
            tokio::select! {
                // One that lags has missed changes; the next rows say how things are.
                _ = events.recv() => tokio::time::sleep(std::time::Duration::from_millis(300)).await,
                _ = tokio::time::sleep(std::time::Duration::from_secs(15)) => (),
                _ = &mut end => break,
            }
        }
    }
}

/// A transmission in a list.
struct Sent {
    id: i64,
    at: Stamp,
    state: Chip,
    fault: String,
    /// Which revision of its driver read it.
    revision: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "lines/show.html")]
struct ShowPage {
    l: Locale,
    staff: Staff,
    form: Form,
    line: LineView,
    record: Record,
    instrument: Instrument,
    /// The line is a watched folder.
    is_folder: bool,
    files: Vec<imports::File>,
    sent: Vec<Sent>,
    /// The instrument takes orders; those on their way.
    takes_orders: bool,
    orders: Vec<orders::Ordered>,
    may_restart: bool,
}

pub(super) fn transmission_chip(l: &Locale, state: &str) -> Chip {
    let tone = match state {
        "decoded" => Tone::Good,
        "torn" | "partly-decoded" => Tone::Warn,
        "undecodable" => Tone::Bad,
        _ => Tone::Plain,
    };
    Chip::new(tone, l.name("transmission", state))
}

fn sent(l: &Locale, one: Transmission) -> Sent {
    Sent {
        id: one.id,
        at: l.time(one.ended_at),
        state: transmission_chip(l, &one.state),
        fault: one.fault.unwrap_or_default(),
        revision: one.driver.zip(one.revision).map(|(driver, n)| format!("{driver} {n}")).unwrap_or_default(),
    }
}

pub(super) async fn called(shared: &Shared, code: &str) -> Result<Instrument, Error> {
    let instruments: Vec<Instrument> = shared.store.list().await?;
    instruments.into_iter().find(|one| one.code == code).ok_or(Error::NotFound)
}

#[get("/bench/lines/<code>")]
async fn show(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ShowPage, Error> {
    let instrument = called(shared, code).await?;
    let states = states(shared).await?;
    let id = instrument.id;
    let held = held_today(shared).await?.get(&id).copied().unwrap_or_default();
    let state = states.iter().find(|state| state.instrument == code);
    let heard = heard::heard(shared, std::slice::from_ref(&instrument), &states).await?.get(&id).copied();
    let line = view(&l, &instrument, state, heard, held)?;
    let record = record::record(shared, &staff, &l, &instrument, state).await?;
    let rows = shared.store.reading(move |conn| transmissions::list(conn, id, 50)).await?;
    let unread = state.map(|state| state.files.as_slice()).unwrap_or_default();
    let files = imports::report(shared, &l, id, unread).await?;
    let orders = orders::list(shared, &l, &staff, id).await?;
    let takes_orders = shared.store.takes_orders(instrument.driver.clone()).await?;
    Ok(ShowPage {
        takes_orders,
        orders,
        form: Form::new(&staff.csrf),
        is_folder: instrument.transport == "folder",
        files,
        // Files have a report of their own.
        sent: rows.into_iter().filter(|one| one.file.is_none()).map(|one| sent(&l, one)).collect(),
        may_restart: staff.actor.may(crate::lab::people::Act::WorkAtBench),
        line,
        record,
        instrument,
        l,
        staff,
    })
}

/// Starts the line anew: everything as set up, this one closed and opened again.
#[post("/bench/lines/<code>/restart", data = "<_posted>")]
async fn restart(code: &str, _posted: Posted, _staff: Staff, shared: &State<Shared>) -> Result<Done, Error> {
    let instrument = called(shared, code).await?;
    reload(shared, Some(&instrument.code)).await?;
    Ok(Done::to(format!("/bench/lines/{code}")).saying(Message::new("line-restarted").with("code", code)))
}

/// Makes the running lines those of the set-up; `anew`: this instrument's line is closed first.
pub(super) async fn reload(shared: &Shared, anew: Option<&str>) -> Result<(), Error> {
    let Some(lines) = &shared.lines else { return Ok(()) };
    let profiles = shared.store.profile_texts().await?;
    let wanted = configured(shared.store.list::<Instrument>().await?, &profiles);
    if let Some(code) = anew {
        let others = wanted.iter().filter(|line| line.instrument != code).cloned().collect();
        lines.apply(others).await;
    }
    lines.apply(wanted).await;
    Ok(())
}

pub fn group() -> Vec<Route> {
    let own = routes![list, live, show, restart];
    let more = [bytes::group(), chromatogram::group(), again::group(), inbox::group(), reading::group()];
    [own, more.concat(), places::group(), orders::group()].concat()
}
