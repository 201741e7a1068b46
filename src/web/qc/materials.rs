//! A control material with its Levey–Jennings chart, and a result that a person types.

use askama::Template;
use askama_web::WebTemplate;
use jiff::SignedDuration;
use rocket::{Route, State, get, post, routes};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{MaterialView, ResultView, result, target, view};
use crate::chart::levey_jennings::{self, Dot};
use crate::chart::svg::Caption;
use crate::lab::people::Act;
use crate::store::StoreError;
use crate::store::controls::{self, Which};
use crate::web::Shared;
use crate::web::analysis_view;
use crate::web::answer::{Answer, Done};
use crate::web::display::Picture;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::Locale;
use crate::web::posted::Posted;
use crate::web::staff::Staff;

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

pub fn group() -> Vec<Route> {
    routes![material, measured]
}
