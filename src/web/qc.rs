//! Quality control: what waits for a person, and the materials with their newest results.

mod batches;
mod materials;
mod results;
mod sequence;
#[cfg(test)]
mod tests;

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use super::display::{Chip, Stamp, Tone};
use super::error::Error;
use super::locale::Locale;
use super::staff::Staff;
use super::{Shared, analysis_view};
use crate::lab::qc::material::Target;
use crate::lab::qc::westgard::Outcome;
use crate::store::StoreError;
use crate::store::controls::{self, Kept, Material, Which};

/// A control result in a table.
struct ResultView {
    id: i64,
    at: Stamp,
    value: String,
    z: String,
    outcome: Chip,
    rules: String,
    batch: String,
    batch_id: Option<i64>,
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
        batch_id: kept.batch,
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

pub fn group() -> Vec<Route> {
    [routes![list], materials::group(), results::group(), batches::group(), sequence::group()].concat()
}
