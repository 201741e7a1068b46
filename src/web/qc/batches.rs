//! Batches: what was measured together, what its controls say, what they hold, and closing a batch.

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::{ResultView, outcome_chip, result, target};
use crate::lab::analysis::status::{Source, State as Stands};
use crate::lab::people::Act;
use crate::lab::qc::batch::{self, Hold, rack_order};
use crate::store::batches::{self, Batch, CloseError, PAGE, Which};
use crate::store::catalogue::Instrument;
use crate::store::controls::{self, Kept, Material};
use crate::store::readings;
use crate::store::work::{self, Filter, Line};
use crate::web::Shared;
use crate::web::analysis_view::{self, AnalysisView};
use crate::web::answer::Done;
use crate::web::display::{Chip, Stamp, Tone};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::posted::Posted;
use crate::web::staff::Staff;

/// A control of a batch in the list: which material, and what the rules say.
struct Said {
    id: i64,
    material: String,
    outcome: Chip,
    rules: String,
}

/// A batch in the list and at the head of its page.
struct BatchView {
    id: i64,
    code: String,
    method: String,
    method_name: String,
    instrument: String,
    opened: Stamp,
    closed: Option<Stamp>,
    samples: i64,
    analyses: i64,
    controls: Vec<Said>,
    hold: Chip,
}

fn view(l: &Locale, one: &Batch, materials: &BTreeMap<i64, Material>) -> BatchView {
    let said = |kept: &Kept| Said {
        id: kept.id,
        material: materials.get(&kept.material).map(|one| named(l, one)).unwrap_or_default(),
        outcome: outcome_chip(l, kept.outcome),
        rules: rules(kept),
    };
    let hold = one.hold();
    let tone = match hold {
        Hold::Held => Tone::Bad,
        Hold::Released => Tone::Good,
        Hold::Unchecked => Tone::Plain,
    };
    BatchView {
        id: one.id,
        code: one.code.clone(),
        method: one.method.clone(),
        method_name: analysis_view::name(l, &one.method_name),
        instrument: one.instrument.clone().unwrap_or_default(),
        opened: l.time(one.opened_at),
        closed: one.closed_at.map(|at| l.time(at)),
        samples: one.samples,
        analyses: one.analyses,
        controls: one.controls.iter().map(said).collect(),
        hold: Chip::new(tone, l.name("hold", hold)),
    }
}

fn named(l: &Locale, material: &Material) -> String {
    format!("{} · {}", material.code, analysis_view::name(l, &material.analyte))
}

fn rules(kept: &Kept) -> String {
    kept.rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

async fn materials(shared: &Shared, of: &[&Kept]) -> Result<BTreeMap<i64, Material>, Error> {
    let mut ids: Vec<i64> = of.iter().map(|kept| kept.material).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = shared.store.reading(move |conn| controls::with_ids(conn, &ids)).await?;
    Ok(found.into_iter().map(|one| (one.id, one)).collect())
}

#[derive(Template, WebTemplate)]
#[template(path = "qc/batches.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    tabs: Vec<(String, String, bool)>,
    batches: Vec<BatchView>,
    base: String,
    page: i64,
    last: i64,
}

#[get("/qc/batches?<state>&<page>")]
async fn list(
    state: Option<&str>,
    page: Option<i64>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<ListPage, Error> {
    let open = match state {
        Some("open") => Some(true),
        Some("closed") => Some(false),
        _ => None,
    };
    let page = page.unwrap_or(1).clamp(1, 1_000_000);
    let which = Which { open, ..Which::default() };
    let (found, all) = shared.store.reading(move |conn| batches::list(conn, which, page)).await?;
    let kept: Vec<&Kept> = found.iter().flat_map(|one| &one.controls).collect();
    let materials = materials(shared, &kept).await?;
    let tab = |address: &str, key: &str, here: bool| (format!("/qc/batches{address}"), l.t(key), here);
    Ok(ListPage {
        tabs: vec![
            tab("", "filter-all", open.is_none()),
            tab("?state=open", "batch-open", open == Some(true)),
            tab("?state=closed", "batch-closed", open == Some(false)),
        ],
        base: match open {
            None => "/qc/batches?".to_owned(),
            Some(true) => "/qc/batches?state=open&".to_owned(),
            Some(false) => "/qc/batches?state=closed&".to_owned(),
        },
        batches: found.iter().map(|one| view(&l, one, &materials)).collect(),
        last: (all + PAGE - 1) / PAGE,
        page,
        l,
        staff,
    })
}

/// What one line of a batch is of.
enum Of {
    Sample(AnalysisView),
    Control { name: String, unit: String, one: ResultView, material: i64 },
}

/// One line of a batch: what stood at a position, or was typed.
struct Row {
    position: String,
    of: Of,
}

#[derive(Template, WebTemplate)]
#[template(path = "qc/batch.html")]
struct BatchPage {
    l: Locale,
    staff: Staff,
    form: Form,
    batch: BatchView,
    rows: Vec<Row>,
    /// Analyses that wait for a signature which the hold refuses.
    stopped: usize,
    /// The rejected control that waits longest.
    waits: Option<(ResultView, String)>,
    may_resolve: bool,
    may_close: bool,
    /// It is open and measured by an instrument with a data system, or by none that is known.
    has_sequence: bool,
}

/// Whether sequence tables are of use: the set-up names a data system, or what it sends comes from one.
fn takes_tables(instrument: &Instrument) -> bool {
    instrument.data_system.is_some() || instrument.transport == "folder"
}

/// Analyses of one batch on its page: a batch of a day has far fewer.
const MOST: i64 = 1000;

#[get("/qc/batches/<id>")]
async fn show(id: i64, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<BatchPage, Error> {
    let which = Which { id: Some(id), ..Which::default() };
    let (found, _) = shared.store.reading(move |conn| batches::list(conn, which, 1)).await?;
    let found = found.into_iter().next().ok_or(Error::NotFound)?;
    let filter = Filter { batch: Some(id), ..Filter::default() };
    let (lines, _) = shared.store.reading(move |conn| work::lines(conn, &filter, 1, MOST)).await?;
    let materials = materials(shared, &found.controls.iter().collect::<Vec<_>>()).await?;
    let rows = rows(shared, &l, &found, &lines, &materials).await?;
    let waiting = found.controls.iter().find(|kept| result(&l, kept, None).waits);
    let waits = waiting.map(|kept| {
        let material = materials.get(&kept.material);
        let name = material.map(|one| named(&l, one)).unwrap_or_default();
        (result(&l, kept, material.and_then(target).as_ref()), name)
    });
    let form = Form::new(&staff.csrf).with("version", waiting.map(|kept| kept.version).unwrap_or_default());
    let held = found.hold() == Hold::Held;
    let instruments: Vec<Instrument> = shared.store.list().await?;
    let own = found.instrument.as_ref().and_then(|code| instruments.iter().find(|one| one.code == *code));
    let has_sequence = found.closed_at.is_none() && own.is_some_and(takes_tables);
    Ok(BatchPage {
        stopped: if held {
            lines
                .iter()
                .filter(|line| matches!(line.analysis.status.state(), Stands::Submitted | Stands::Reviewed))
                .count()
        } else {
            0
        },
        may_resolve: waits.is_some() && staff.actor.may(Act::ResolveControl),
        may_close: batch::close(found.closed_at.is_some(), found.hold()).is_ok() && staff.actor.may(Act::RecordControl),
        has_sequence,
        batch: view(&l, &found, &materials),
        rows,
        waits,
        form,
        l,
        staff,
    })
}

/// Samples and controls by position, those without one after them as they came; what is not measured comes last.
async fn rows(
    shared: &Shared,
    l: &Locale,
    batch: &Batch,
    lines: &[Line],
    materials: &BTreeMap<i64, Material>,
) -> Result<Vec<Row>, Error> {
    let reading_of = |line: &Line| match line.analysis.status.entry().map(|entry| &entry.source) {
        Some(Source::Reading(id)) => Some(*id),
        Some(Source::Hand) | None => None,
    };
    let ids: Vec<i64> =
        lines.iter().filter_map(reading_of).chain(batch.controls.iter().filter_map(|kept| kept.reading)).collect();
    let positions = shared.store.reading(move |conn| readings::positions(conn, &ids)).await?;
    let place = |reading: Option<i64>| reading.and_then(|id| positions.get(&id).cloned()).unwrap_or_default();
    let sample = |line: &Line| {
        let reading = reading_of(line);
        let measured = line.analysis.status.entry().is_some();
        let row = Row { position: place(reading), of: Of::Sample(AnalysisView::new(l, line)) };
        ((!measured, reading.unwrap_or(i64::MAX)), row)
    };
    let control = |kept: &Kept| {
        let material = materials.get(&kept.material);
        let of = Of::Control {
            name: material.map(|one| named(l, one)).unwrap_or_default(),
            unit: material.map(|one| one.unit.clone()).unwrap_or_default(),
            one: result(l, kept, material.and_then(target).as_ref()),
            material: kept.material,
        };
        ((false, kept.reading.unwrap_or(i64::MAX)), Row { position: place(kept.reading), of })
    };
    let mut all: Vec<_> = batch.controls.iter().map(control).chain(lines.iter().map(sample)).collect();
    all.sort_by_key(|((late, reading), row)| {
        let (number, name) = rack_order(&row.position);
        (*late, row.position.is_empty(), number, name.to_owned(), *reading)
    });
    Ok(all.into_iter().map(|(_, row)| row).collect())
}

/// Closes the batch.
#[post("/qc/batches/<id>", data = "<_posted>")]
async fn close(id: i64, _posted: Posted, staff: Staff, shared: &State<Shared>) -> Result<Done, Error> {
    match shared.store.close_batch(staff.who(), shared.clock.now(), id).await {
        Ok(()) => Ok(Done::to(format!("/qc/batches/{id}")).saying(Message::new("batch-said-closed"))),
        Err(CloseError::Refused(batch::Refusal::Already)) => Err(Error::refused("batch-closed-already")),
        Err(CloseError::Refused(batch::Refusal::Held)) => Err(Error::refused("batch-close-held")),
        Err(CloseError::Unknown) => Err(Error::NotFound),
        Err(CloseError::Store(error)) => Err(error.into()),
    }
}

pub fn group() -> Vec<Route> {
    routes![list, show, close]
}
