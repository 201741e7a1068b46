//! Held readings: each with the reason and what to do, and the decision of a person.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::bytes::{Line, fate_chip};
use crate::lab::analysis::matching::{Fate, HeldFor};
use crate::lab::people::Act;
use crate::store::StoreError;
use crate::store::analyses::StepError;
use crate::store::readings::{self, PAGE, Resolution, ResolveError, Shown, Which};
use crate::store::work;
use crate::web::Shared;
use crate::web::analysis_view::AnalysisView;
use crate::web::answer::{Answer, Done};
use crate::web::display::{Chip, Stamp};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::Locale;
use crate::web::posted::Posted;
use crate::web::staff::Staff;
use crate::web::steps;

#[derive(Template, WebTemplate)]
#[template(path = "lines/inbox.html")]
struct InboxPage {
    l: Locale,
    staff: Staff,
    reasons: Vec<(String, String, i64, bool)>,
    lines: Vec<Line>,
    all: i64,
    base: String,
    page: i64,
    last: i64,
}

#[get("/bench/inbox?<reason>&<page>")]
async fn inbox(
    reason: Option<&str>,
    page: Option<i64>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<InboxPage, Error> {
    let chosen = reason.and_then(|word| word.parse::<HeldFor>().ok());
    let page = page.unwrap_or(1).clamp(1, 1_000_000);
    let which = Which { held: true, held_for: chosen, ..Which::default() };
    let (found, all) = shared.store.reading(move |conn| readings::list(conn, which, page)).await?;
    let counts = shared.store.reading(readings::held_counts).await?;
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    let mut reasons = vec![("/bench/inbox".to_owned(), l.t("filter-all"), total, chosen.is_none())];
    for (why, count) in counts {
        reasons.push((format!("/bench/inbox?reason={why}"), l.name("held", why), count, chosen == Some(why)));
    }
    Ok(InboxPage {
        lines: found.iter().map(|one| Line::new(&l, one)).collect(),
        base: format!("/bench/inbox?reason={}&", chosen.map(|why| why.to_string()).unwrap_or_default()),
        last: (all + PAGE - 1) / PAGE,
        reasons,
        all,
        page,
        l,
        staff,
    })
}

/// A step in what became of a reading.
struct Past {
    at: Stamp,
    fate: Chip,
    why: String,
    who: String,
    reason: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "lines/reading.html")]
struct ReadingPage {
    l: Locale,
    staff: Staff,
    form: Form,
    line: Line,
    measured: String,
    absorbance: Vec<(String, String)>,
    advice: String,
    history: Vec<Past>,
    candidates: Vec<AnalysisView>,
    may_resolve: bool,
}

async fn found(shared: &Shared, id: i64) -> Result<Shown, Error> {
    let which = Which { id: Some(id), ..Which::default() };
    let (found, _) = shared.store.reading(move |conn| readings::list(conn, which, 1)).await?;
    found.into_iter().next().ok_or(Error::NotFound)
}

async fn page(shared: &Shared, staff: Staff, l: Locale, mut form: Form, one: Shown) -> Result<ReadingPage, Error> {
    let id = one.id;
    let past = shared.store.reading(move |conn| readings::history(conn, id)).await?;
    let people = shared.store.reading(work::people).await?;
    // The sample it names, or the one the person has typed.
    let typed = form.get("sample").map(str::to_owned);
    let sample = match (&typed, one.sample) {
        (Some(code), _) => shared.store.sample_called(code.clone(), shared.clock.now()).await?.map(|sample| sample.id),
        (None, sample) => sample,
    };
    if typed.is_some() && sample.is_none() {
        form.refuse("sample", "resolve-no-sample");
    }
    let candidates = match sample {
        Some(sample) => {
            let filter = work::Filter { sample: Some(sample), ..work::Filter::default() };
            let (lines, _) = shared.store.reading(move |conn| work::lines(conn, &filter, 1, 200)).await?;
            lines.iter().map(|line| AnalysisView::new(&l, line)).collect()
        }
        None => Vec::new(),
    };
    let absorbance = one.absorbance.clone().unwrap_or_default();
    let parts = [
        ("absorbance-start", absorbance.start),
        ("absorbance-end", absorbance.end),
        ("absorbance-change", absorbance.change),
    ];
    let history = past
        .into_iter()
        .map(|step| Past {
            at: l.time(step.at),
            fate: fate_chip(&l, step.fate),
            why: step.held_for.map(|why| l.name("held", why)).unwrap_or_default(),
            who: step.by.and_then(|by| people.get(&by).cloned()).unwrap_or_else(|| l.t("who-instrument")),
            reason: step.reason.unwrap_or_default(),
        })
        .collect();
    Ok(ReadingPage {
        line: Line::new(&l, &one),
        measured: one.measured_at.clone().unwrap_or_default().replace('T', " "),
        absorbance: parts.into_iter().filter_map(|(key, value)| Some((l.t(key), value?))).collect(),
        advice: one.held_for.map(|why| l.name("held-do", why)).unwrap_or_default(),
        may_resolve: staff.actor.may(Act::ResolveReading) && one.fate == Fate::Held,
        history,
        candidates,
        form,
        l,
        staff,
    })
}

#[get("/bench/readings/<id>?<sample>")]
async fn show(
    id: i64,
    sample: Option<&str>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<ReadingPage, Error> {
    let one = found(shared, id).await?;
    let form = Form::new(&staff.csrf).with("sample", sample.unwrap_or_default()).with("version", one.version);
    page(shared, staff, l, form, one).await
}

#[post("/bench/readings/<id>", data = "<posted>")]
async fn resolve(
    id: i64,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<ReadingPage>, Error> {
    let one = found(shared, id).await?;
    let mut form = posted.into_form();
    let reason = form.required("reason");
    let version: Option<i64> = form.parsed("version", "error-field-whole");
    let analysis: Option<i64> = match form.value("act") {
        "match" => form.parsed("analysis", "error-field-choice"),
        _ => None,
    };
    let how = match (form.value("act"), analysis, reason) {
        ("match", Some(analysis), Some(reason)) => Some(Resolution::Match { analysis, reason }),
        ("reject", _, Some(reason)) => Some(Resolution::Reject { reason }),
        _ => None,
    };
    let (Some(how), Some(version), true) = (how, version, form.is_ok()) else {
        return Ok(Answer::again(page(shared, staff, l, form, one).await?));
    };
    let said = if matches!(how, Resolution::Match { .. }) { "reading-matched" } else { "reading-rejected" };
    let here = format!("/bench/readings/{id}");
    match shared.store.resolve_reading(staff.who(), shared.clock.now(), id, version, how).await {
        Ok(()) => Ok(Done::to("/bench/inbox").saying(said).into()),
        Err(refusal @ (ResolveError::NoValue | ResolveError::NotMapped | ResolveError::OtherAnalyte)) => {
            let key = match refusal {
                ResolveError::NotMapped => "resolve-not-mapped",
                ResolveError::OtherAnalyte => "resolve-other-analyte",
                _ => "resolve-no-value",
            };
            form.refuse("analysis", key);
            Ok(Answer::again(page(shared, staff, l, form, one).await?))
        }
        Err(ResolveError::Step(StepError::Refused(refusal))) => {
            form.refuse("analysis", steps::message(&l, refusal));
            Ok(Answer::again(page(shared, staff, l, form, one).await?))
        }
        Err(
            ResolveError::Store(StoreError::Stale { .. })
            | ResolveError::Step(StepError::Store(StoreError::Stale { .. })),
        ) => Err(Error::Stale(here)),
        Err(ResolveError::Store(error) | ResolveError::Step(StepError::Store(error))) => Err(error.into()),
    }
}

pub fn group() -> Vec<Route> {
    routes![inbox, show, resolve]
}
