//! One control result: the rules it breaks, what it holds, and its resolution by a person.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::{MaterialView, ResultView, result, target, view};
use crate::lab::people::Act;
use crate::store::StoreError;
use crate::store::controls::{self, Which};
use crate::store::work::{self, Filter};
use crate::web::Shared;
use crate::web::analysis_view::AnalysisView;
use crate::web::answer::{Answer, Done, local};
use crate::web::display::Stamp;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::posted::Posted;
use crate::web::staff::Staff;

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
    // From a batch one goes back to the batch.
    let back = form.get("back").map_or(here.clone(), |back| local(back).to_owned());
    match shared.store.resolve_control(staff.who(), shared.clock.now(), id, version, reason).await {
        Ok(()) => Ok(Done::to(back).saying(Message::new("control-resolved")).into()),
        Err(StoreError::Stale { .. }) => Err(Error::Stale(here)),
        Err(error) => Err(error.into()),
    }
}

pub fn group() -> Vec<Route> {
    routes![show, resolve]
}
