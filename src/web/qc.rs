//! Quality control: materials and their charts, one result with its rules, what it holds, and its resolution.

use askama::Template;
use askama_web::WebTemplate;
use jiff::SignedDuration;
use rocket::{Route, State, get, post, routes};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Shared;
use super::analysis_view::{self, AnalysisView};
use super::answer::{Answer, Done};
use super::display::{Chip, Picture, Stamp, Tone};
use super::error::Error;
use super::form::Form;
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::staff::Staff;
use crate::chart::levey_jennings::{self, Dot};
use crate::chart::svg::Caption;
use crate::lab::people::Act;
use crate::lab::qc::material::Target;
use crate::lab::qc::westgard::Outcome;
use crate::store::StoreError;
use crate::store::controls::{self, Kept, Material, Which};
use crate::store::work::{self, Filter};

/// A control result in a table.
struct ResultView {
    id: i64,
    at: Stamp,
    value: String,
    z: String,
    outcome: Chip,
    rules: String,
    batch: String,
    resolved: String,
    waits: bool,
}

/// A control material in the list.
struct MaterialView {
    id: i64,
    code: String,
    name: String,
    lot: String,
    analyte: String,
    method: String,
    target: String,
    last: Option<ResultView>,
    unresolved: i64,
}

fn outcome_chip(l: &Locale, outcome: Outcome) -> Chip {
    let tone = match outcome {
        Outcome::Accepted => Tone::Good,
        Outcome::Warning => Tone::Warn,
        Outcome::Rejected => Tone::Bad,
    };
    Chip::new(tone, l.name("outcome", outcome))
}

fn target(material: &Material) -> Option<Target> {
    Target::assigned(material.mean.parse().ok()?, material.s.parse().ok()?).ok()
}

fn result(l: &Locale, kept: &Kept, target: Option<&Target>) -> ResultView {
    let z = target.and_then(|target| target.z(kept.value)).map(|z| z.round_dp(2).to_string()).unwrap_or_default();
    let rules: Vec<String> = kept.rules.iter().map(|rule| rule.to_string()).collect();
    ResultView {
        id: kept.id,
        at: l.time(kept.at),
        value: kept.value.to_string(),
        z,
        outcome: outcome_chip(l, kept.outcome),
        rules: rules.join(" "),
        batch: kept.batch_code.clone().unwrap_or_default(),
        resolved: kept.resolution.clone().unwrap_or_default(),
        waits: kept.outcome == Outcome::Rejected && kept.resolved_at.is_none(),
    }
}

fn view(l: &Locale, one: &Material) -> MaterialView {
    let target = target(one);
    MaterialView {
        id: one.id,
        code: one.code.clone(),
        name: one.name.clone(),
        lot: one.lot.clone(),
        analyte: analysis_view::name(l, &one.analyte),
        method: one.method.clone(),
        target: format!("{} ± {} {}", one.mean, one.s, one.unit),
        last: one.last.as_ref().map(|kept| result(l, kept, target.as_ref())),
        unresolved: one.unresolved,
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "qc/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    materials: Vec<MaterialView>,
    waiting: Vec<(ResultView, String)>,
}

#[get("/qc")]
async fn list(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ListPage, Error> {
    let (materials, waiting) = shared
        .store
        .reading(|conn| {
            let waiting = controls::results(conn, Which { waiting: true, ..Which::default() })?;
            Ok::<_, StoreError>((controls::materials(conn, None)?, waiting))
        })
        .await?;
    let named = |kept: &Kept| {
        let material = materials.iter().find(|one| one.id == kept.material);
        let target = material.and_then(target);
        let name = material.map(|one| format!("{} · {}", one.code, analysis_view::name(&l, &one.analyte)));
        (result(&l, kept, target.as_ref()), name.unwrap_or_default())
    };
    Ok(ListPage {
        waiting: waiting.iter().map(named).collect(),
        materials: materials.iter().map(|one| view(&l, one)).collect(),
        l,
        staff,
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "qc/material.html")]
struct MaterialPage {
    l: Locale,
    staff: Staff,
    form: Form,
    material: MaterialView,
    chart: Picture,
    results: Vec<ResultView>,
    months: Vec<(String, String, bool)>,
    may_record: bool,
}

async fn material_page(
    shared: &Shared,
    staff: Staff,
    l: Locale,
    form: Form,
    id: i64,
    months: i64,
) -> Result<MaterialPage, Error> {
    let since = shared.clock.now() - SignedDuration::from_hours(24 * 31 * months);
    let (materials, kept) = shared
        .store
        .reading(move |conn| {
            let which = Which { material: Some(id), since: Some(since), ..Which::default() };
            Ok::<_, StoreError>((controls::materials(conn, Some(id))?, controls::results(conn, which)?))
        })
        .await?;
    let material = materials.into_iter().next().ok_or(Error::NotFound)?;
    let target = target(&material);
    let dots: Vec<Dot> = kept
        .iter()
        .filter_map(|one| {
            let z = target.as_ref()?.z(one.value)?;
            let rules: Vec<&str> = one.rules.iter().map(|rule| rule.name()).collect();
            let label = l.day(one.at);
            let tooltip = format!("{label} {} {} {}", one.value, l.name("outcome", one.outcome), rules.join(" "));
            Some(Dot { z: z.to_f64()?, outcome: one.outcome, tooltip, label })
        })
        .collect();
    let at = |z: i32| target.as_ref().map(|target| target.at(z).to_string()).unwrap_or_default();
    let lines = [-3, -2, -1, 0, 1, 2, 3].map(|z| match z {
        0 => l.t1("chart-mean", "value", at(0)),
        z => l.t2("chart-line", "z", format!("{z:+}"), "value", at(z)),
    });
    let title = l.t2("chart-title", "code", &material.code, "analyte", analysis_view::name(&l, &material.analyte));
    let description = l.t1("chart-description", "n", dots.len());
    let chart = Picture(levey_jennings::draw(&dots, &lines, Caption { title: &title, description: &description }));
    let months =
        [1, 3, 12].map(|n| (format!("/qc/materials/{id}?months={n}"), l.n("chart-months", n), n == months)).to_vec();
    Ok(MaterialPage {
        results: kept.iter().rev().map(|one| result(&l, one, target.as_ref())).collect(),
        material: view(&l, &material),
        may_record: staff.actor.may(Act::RecordControl),
        months,
        chart,
        form,
        l,
        staff,
    })
}

#[get("/qc/materials/<id>?<months>")]
async fn material(
    id: i64,
    months: Option<i64>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<MaterialPage, Error> {
    let form = Form::new(&staff.csrf);
    material_page(shared, staff, l, form, id, months.unwrap_or(3).clamp(1, 36)).await
}

/// A control that was measured on an instrument without a line, typed by hand.
#[post("/qc/materials/<id>", data = "<posted>")]
async fn measured(
    id: i64,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<MaterialPage>, Error> {
    let mut form = posted.into_form();
    let Some(value) = form.parsed::<Decimal>("value", "error-field-number") else {
        return Ok(Answer::again(material_page(shared, staff, l, form, id, 3).await?));
    };
    let kept = shared.store.type_control(staff.who(), shared.clock.now(), id, value).await?;
    Ok(Done::to(format!("/qc/results/{kept}")).saying("control-kept").into())
}

#[derive(Template, WebTemplate)]
#[template(path = "qc/result.html")]
struct ResultPage {
    l: Locale,
    staff: Staff,
    form: Form,
    one: ResultView,
    material: MaterialView,
    rules: Vec<(String, String)>,
    reading: Option<i64>,
    held: Vec<AnalysisView>,
    held_count: i64,
    resolved_by: String,
    resolved_at: Option<Stamp>,
    may_resolve: bool,
}

async fn result_page(shared: &Shared, staff: Staff, l: Locale, mut form: Form, id: i64) -> Result<ResultPage, Error> {
    let kept = shared
        .store
        .reading(move |conn| controls::results(conn, Which { id: Some(id), ..Which::default() }))
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    let of = kept.material;
    let materials = shared.store.reading(move |conn| controls::materials(conn, Some(of))).await?;
    let material = materials.into_iter().next().ok_or(Error::NotFound)?;
    let (lines, held_count) = match kept.batch {
        Some(batch) => shared.store.work(Filter { batch: Some(batch), ..Filter::default() }, 1).await?,
        None => (Vec::new(), 0),
    };
    let people = shared.store.reading(work::people).await?;
    if form.get("version").is_none() {
        form = form.with("version", kept.version);
    }
    let target = target(&material);
    let one = result(&l, &kept, target.as_ref());
    Ok(ResultPage {
        rules: kept.rules.iter().map(|rule| (rule.to_string(), l.name("rule", rule))).collect(),
        may_resolve: one.waits && staff.actor.may(Act::ResolveControl),
        material: view(&l, &material),
        reading: kept.reading,
        held: lines.iter().map(|line| AnalysisView::new(&l, line)).collect(),
        resolved_by: kept.resolved_by.and_then(|id| people.get(&id).cloned()).unwrap_or_default(),
        resolved_at: kept.resolved_at.map(|at| l.time(at)),
        held_count,
        one,
        form,
        l,
        staff,
    })
}

#[get("/qc/results/<id>")]
async fn show(id: i64, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ResultPage, Error> {
    let form = Form::new(&staff.csrf);
    result_page(shared, staff, l, form, id).await
}

#[post("/qc/results/<id>", data = "<posted>")]
async fn resolve(
    id: i64,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<ResultPage>, Error> {
    let mut form = posted.into_form();
    let reason = form.required("reason");
    let version: Option<i64> = form.parsed("version", "error-field-whole");
    let signed = shared.sign(&staff, &mut form).await?;
    let (Some(reason), Some(version), true, true) = (reason, version, signed, form.is_ok()) else {
        return Ok(Answer::again(result_page(shared, staff, l, form, id).await?));
    };
    let here = format!("/qc/results/{id}");
    match shared.store.resolve_control(staff.who(), shared.clock.now(), id, version, reason).await {
        Ok(()) => Ok(Done::to(here).saying(Message::new("control-resolved")).into()),
        Err(StoreError::Stale { .. }) => Err(Error::Stale(here)),
        Err(error) => Err(error.into()),
    }
}

pub fn group() -> Vec<Route> {
    routes![list, material, measured, show, resolve]
}
