//! A past transmission read again with the driver of today, beside what was kept. A look only: nothing is changed.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use crate::acquire::replay::{self, Again};
use crate::lab::analysis::again::{Pair, Part, Said, compare};
use crate::store::StoreError;
use crate::store::readings::{self, Shown};
use crate::store::transmissions::{self, Transmission};
use crate::web::Shared;
use crate::web::display::{Chip, Tone};
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

/// More readings than this, and those that are the same are only counted.
const MOST: usize = 500;

/// A part of a reading as it was kept and as it is read today.
struct Cell {
    kept: String,
    today: String,
    differs: bool,
}

struct Row {
    state: Chip,
    cells: Vec<Cell>,
}

#[derive(Template, WebTemplate)]
#[template(path = "lines/again.html")]
struct AgainPage {
    l: Locale,
    staff: Staff,
    one: Transmission,
    driver: String,
    /// There is no such driver any more.
    is_without_driver: bool,
    /// The link found no message.
    is_silent: bool,
    parts: Vec<String>,
    rows: Vec<Row>,
    same: usize,
    differing: usize,
    gone: usize,
    new: usize,
    /// Something differs.
    has_marks: bool,
    /// The readings that are the same are not in the table.
    is_cut: bool,
    fault_kept: String,
    fault_today: String,
    faults_differ: bool,
    signals_kept: usize,
    signals_today: usize,
}

#[get("/bench/transmissions/<id>/again")]
async fn show(id: i64, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<AgainPage, Error> {
    let whole = shared.store.reading(move |conn| transmissions::find(conn, id)).await?.ok_or(Error::NotFound)?;
    let raw = shared.store.reading(move |conn| transmissions::raw(conn, id)).await?.ok_or(Error::NotFound)?;
    let kept: Vec<Said> =
        shared.store.reading(move |conn| readings::all_of(conn, id)).await?.iter().map(said).collect();
    let driver = raw.driver.clone();
    let store = shared.store.clone();
    let read = rocket::tokio::task::spawn_blocking(move || {
        let found = store.driver(&raw.driver)?;
        Ok::<_, StoreError>(found.map(|(driver, _)| replay::again(&driver, &raw.bytes)))
    });
    let found = read.await.map_err(Error::failed)??;
    let is_without_driver = found.is_none();
    let Again { readings, chromatograms, fault, is_silent } = found.unwrap_or_default();
    let today: Vec<Said> = readings.iter().map(|one| Said::of(&one.reading, (one.start, one.end))).collect();
    let pairs = if is_without_driver { Vec::new() } else { compare(&kept, &today) };
    let count = |wanted: fn(&Pair<'_>) -> bool| pairs.iter().filter(|pair| wanted(pair)).count();
    let same = count(|pair| matches!(pair, Pair::Same(_)));
    let is_cut = pairs.len() > MOST;
    let shown = pairs.iter().filter(|pair| !is_cut || !matches!(pair, Pair::Same(_)));
    let fault_kept = whole.transmission.fault.clone().unwrap_or_default();
    let fault_today = fault.unwrap_or_default();
    Ok(AgainPage {
        rows: shown.map(|pair| row(&l, pair)).collect(),
        differing: count(|pair| matches!(pair, Pair::Differs { .. })),
        gone: count(|pair| matches!(pair, Pair::Gone(_))),
        new: count(|pair| matches!(pair, Pair::New(_))),
        has_marks: same < pairs.len(),
        same,
        is_cut,
        parts: Part::ALL.iter().map(|part| l.name("part", part)).collect(),
        // Why a line was torn was seen on the line; bytes alone do not tell it again.
        faults_differ: whole.transmission.state != "torn" && fault_kept != fault_today,
        fault_kept,
        fault_today,
        signals_kept: whole.chromatograms.len(),
        signals_today: chromatograms.len(),
        one: whole.transmission,
        is_without_driver,
        is_silent: is_silent && !is_without_driver,
        driver,
        l,
        staff,
    })
}

/// A reading as it was kept.
pub(in crate::web) fn said(one: &Shown) -> Said {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    Said {
        wire: one.wire,
        sample: text(&one.sample_text),
        position: text(&one.position),
        role: one.role.clone(),
        analyte: text(&one.analyte_code),
        result: text(&one.result),
        unit: text(&one.unit),
        flags: one.flags.join(" · "),
        measured: text(&one.measured_at),
    }
}

fn row(l: &Locale, pair: &Pair<'_>) -> Row {
    let blank = Said::default();
    let (tone, word, kept, today) = match pair {
        Pair::Same(kept) => (Tone::Good, "same", *kept, *kept),
        Pair::Differs { kept, today, .. } => (Tone::Warn, "differs", *kept, *today),
        Pair::Gone(kept) => (Tone::Bad, "gone", *kept, &blank),
        Pair::New(today) => (Tone::Active, "new", &blank, *today),
    };
    let differs = |part: Part| match pair {
        Pair::Same(_) => false,
        Pair::Differs { parts, .. } => parts.contains(&part),
        Pair::Gone(_) | Pair::New(_) => true,
    };
    let cell =
        |part: &Part| Cell { kept: shown(l, *part, kept), today: shown(l, *part, today), differs: differs(*part) };
    Row { state: Chip::new(tone, l.name("again", word)), cells: Part::ALL.iter().map(cell).collect() }
}

fn shown(l: &Locale, part: Part, said: &Said) -> String {
    match (part, said.part(part)) {
        (_, "") => String::new(),
        (Part::Role, word) => l.name("played", word),
        (Part::Measured, time) => time.replace('T', " "),
        (_, text) => text.to_owned(),
    }
}

pub fn group() -> Vec<Route> {
    routes![show]
}
