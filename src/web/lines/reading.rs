//! One reading: what the device said, what became of it, and for a held one the decision of a person.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::bytes::{Line, fate_chip};
use super::chromatogram::{Behind, behind};
use crate::lab::analysis::matching::{Fate, HeldFor};
use crate::lab::people::Act;
use crate::store::StoreError;
use crate::store::analyses::StepError;
use crate::store::readings::{self, Resolution, ResolveError, Shown, Which};
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
    behind: Vec<Behind>,
    history: Vec<Past>,
    candidates: Vec<AnalysisView>,
    /// The held reading is a mass: it needs a sample, not an analysis.
    is_mass: bool,
    /// Blind code and name of the sample that the mass would go to.
    weighed: Option<String>,
    may_resolve: bool,
    /// A person's decision that can still be taken back.
    may_reopen: bool,
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
    let found = match &typed {
        Some(code) => shared.store.sample_called(code.clone(), shared.clock.now()).await?,
        None => None,
    };
    let sample = if typed.is_some() { found.as_ref().map(|sample| sample.id) } else { one.sample };
    let is_mass = one.held_for.is_some_and(HeldFor::is_mass);
    if typed.is_some() && sample.is_none() {
        form.refuse("sample", "resolve-no-sample");
    }
    let candidates = match sample {
        Some(sample) if !is_mass => {
            let filter = work::Filter { sample: Some(sample), ..work::Filter::default() };
            let (lines, _) = shared.store.reading(move |conn| work::lines(conn, &filter, 1, 200)).await?;
            lines.iter().map(|line| AnalysisView::new(&l, line)).collect()
        }
        Some(_) | None => Vec::new(),
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
    let reopen = shared.store.reading(move |conn| readings::may_reopen(conn, id)).await?;
    Ok(ReadingPage {
        may_reopen: staff.actor.may(Act::ResolveReading) && reopen.is_ok(),
        behind: behind(shared, &l, id).await?,
        line: Line::new(&l, &one),
        measured: one.measured_at.clone().unwrap_or_default().replace('T', " "),
        absorbance: parts.into_iter().filter_map(|(key, value)| Some((l.t(key), value?))).collect(),
        advice: one.held_for.map(|why| l.name("held-do", why)).unwrap_or_default(),
        may_resolve: staff.actor.may(Act::ResolveReading) && one.fate == Fate::Held,
        weighed: found.filter(|_| is_mass).map(|sample| format!("{} {}", sample.blind_code, sample.commodity)),
        is_mass,
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
    let sample = match (form.value("act"), form.get("sample").map(str::to_owned)) {
        ("weigh", Some(code)) => shared.store.sample_called(code, shared.clock.now()).await?.map(|sample| sample.id),
        _ => None,
    };
    if form.value("act") == "weigh" && sample.is_none() {
        form.refuse("sample", "resolve-no-sample");
    }
    if form.is("act", "reopen") {
        return reopen(form, reason.zip(version), staff, shared, l, one).await;
    }
    let how = match (form.value("act"), analysis, reason) {
        ("weigh", _, Some(reason)) => sample.map(|sample| Resolution::Weigh { sample, reason }),
        ("match", Some(analysis), Some(reason)) => Some(Resolution::Match { analysis, reason }),
        ("reject", _, Some(reason)) => Some(Resolution::Reject { reason }),
        _ => None,
    };
    let (Some(how), Some(version), true) = (how, version, form.is_ok()) else {
        return Ok(Answer::again(page(shared, staff, l, form, one).await?));
    };
    let said = match how {
        Resolution::Match { .. } => "reading-matched",
        Resolution::Weigh { .. } => "reading-weighed",
        Resolution::Reject { .. } => "reading-rejected",
        Resolution::Fit { .. } => "reading-matched",
    };
    let here = format!("/bench/readings/{id}");
    match shared.store.resolve_reading(staff.who(), shared.clock.now(), id, version, how).await {
        // Back to the reading, where the decision can be taken back.
        Ok(()) => Ok(Done::to(here).saying(said).into()),
        Err(
            refusal @ (ResolveError::NoValue
            | ResolveError::NoMass
            | ResolveError::NotMapped
            | ResolveError::OtherAnalyte),
        ) => {
            let key = match refusal {
                ResolveError::NoMass => "resolve-no-mass",
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
        // No person asks for these here.
        Err(error @ (ResolveError::NoFit | ResolveError::NotReopened(_) | ResolveError::Of { .. })) => {
            Err(Error::failed(error))
        }
    }
}

/// Takes the decision back, with a reason.
async fn reopen(
    mut form: Form,
    given: Option<(String, i64)>,
    staff: Staff,
    shared: &Shared,
    l: Locale,
    one: Shown,
) -> Result<Answer<ReadingPage>, Error> {
    let Some((reason, version)) = given else {
        return Ok(Answer::again(page(shared, staff, l, form, one).await?));
    };
    let here = format!("/bench/readings/{}", one.id);
    match shared.store.reopen_reading(staff.who(), shared.clock.now(), one.id, version, reason).await {
        Ok(()) => Ok(Done::to(here).saying("reading-reopened").into()),
        Err(ResolveError::NotReopened(_)) => Err(Error::refused("reopen-used")),
        Err(ResolveError::Step(StepError::Refused(refusal))) => {
            form.refuse("reason", steps::message(&l, refusal));
            Ok(Answer::again(page(shared, staff, l, form, one).await?))
        }
        Err(
            ResolveError::Store(StoreError::Stale { .. })
            | ResolveError::Step(StepError::Store(StoreError::Stale { .. })),
        ) => Err(Error::Stale(here)),
        Err(error) => Err(Error::failed(error)),
    }
}

pub fn group() -> Vec<Route> {
    routes![show, resolve]
}
