//! The bench: the work list, what is ordered on a sample, and one analysis with its steps.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::analysis_view::{self, AnalysisView};
use super::answer::{Answer, Done};
use super::display::{Chip, Stamp};
use super::error::Error;
use super::form::Form;
use super::lines::chromatogram::{Behind, behind};
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::staff::Staff;
use super::{Shared, steps};
use crate::lab::analysis::status::{State as Stands, Step};
use crate::lab::analysis::value::Value;
use crate::lab::people::Act;
use crate::store::analyses::{self, Happened, OrderError, StepError};
use crate::store::catalogue::Method;
use crate::store::work::{self, Filter, PAGE, Seen};

#[derive(Template, WebTemplate)]
#[template(path = "bench/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    form: Form,
    /// Id and name of each method.
    methods: Vec<(String, String)>,
    method: String,
    state: String,
    tabs: Vec<(String, String, i64, bool)>,
    lines: Vec<AnalysisView>,
    base: String,
    page: i64,
    last: i64,
    may_submit: bool,
}

/// What the bench still has to do something about.
const OPEN: [Stands; 3] = [Stands::Ordered, Stands::Entered, Stands::Measured];

#[get("/bench?<state>&<method>&<page>")]
async fn list(
    state: Option<&str>,
    method: Option<i64>,
    page: Option<i64>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<ListPage, Error> {
    let chosen = state.and_then(|state| state.parse::<Stands>().ok());
    let filter = Filter { states: chosen.map_or(OPEN.to_vec(), |one| vec![one]), method, ..Filter::default() };
    let page = page.unwrap_or(1).clamp(1, 1_000_000);
    let (lines, all) = shared.store.work(filter, page).await?;
    let counts = shared.store.reading(work::counts).await?;
    let open: i64 = OPEN.iter().filter_map(|state| counts.get(state)).sum();
    let mut tabs = vec![("/bench".to_owned(), l.t("bench-open"), open, chosen.is_none())];
    for one in Stands::ALL {
        let count = counts.get(one).copied().unwrap_or_default();
        tabs.push((format!("/bench?state={one}"), l.name("state", one), count, chosen == Some(*one)));
    }
    let state = chosen.map(|one| one.to_string()).unwrap_or_default();
    Ok(ListPage {
        form: Form::new(&staff.csrf),
        methods: methods(shared, &l).await?,
        method: method.map(|id| id.to_string()).unwrap_or_default(),
        base: format!("/bench?state={state}&method={}&", method.map(|id| id.to_string()).unwrap_or_default()),
        tabs,
        state,
        lines: lines.iter().map(|line| AnalysisView::new(&l, line)).collect(),
        page,
        last: (all + PAGE - 1) / PAGE,
        may_submit: staff.actor.may(Act::SubmitValue),
        l,
        staff,
    })
}

/// Submits the ticked values: 编制 for all of them with one signature.
#[post("/bench/submit", data = "<posted>")]
async fn submit(posted: Posted, staff: Staff, shared: &State<Shared>) -> Result<Done, Error> {
    let mut form = posted.into_form();
    let seen = steps::seen(&form);
    if seen.is_empty() {
        return Err(Error::refused("bench-nothing-ticked"));
    }
    if !shared.sign(&staff, &mut form).await? {
        return Err(Error::refused("error-signature"));
    }
    let count = seen.len();
    steps::take(shared, &staff, seen, Step::Submit, "/bench").await?;
    Ok(Done::to("/bench").saying(Message::new("bench-submitted").with("n", count)))
}

#[derive(Template, WebTemplate)]
#[template(path = "bench/order.html")]
struct OrderPage {
    l: Locale,
    staff: Staff,
    form: Form,
    code: String,
    commodity: String,
    methods: Vec<(String, String)>,
    lines: Vec<AnalysisView>,
}

/// The methods one can order, by name.
async fn methods(shared: &Shared, l: &Locale) -> Result<Vec<(String, String)>, Error> {
    let all: Vec<Method> = shared.store.list().await?;
    let ordered = all.into_iter().filter(|method| method.retired_at.is_none());
    Ok(ordered
        .map(|method| (method.id.to_string(), format!("{} {}", method.code, l.pick(&method.name, &method.name_en))))
        .collect())
}

async fn order_page(
    shared: &Shared,
    staff: Staff,
    l: Locale,
    form: Form,
    code: &str,
    id: i64,
) -> Result<OrderPage, Error> {
    let (lines, _) = shared.store.work(Filter { sample: Some(id), ..Filter::default() }, 1).await?;
    let sample = shared.store.reading(move |conn| work::sample_name(conn, id)).await?;
    Ok(OrderPage {
        form,
        code: code.to_owned(),
        commodity: sample,
        methods: methods(shared, &l).await?,
        lines: lines.iter().map(|line| AnalysisView::new(&l, line)).collect(),
        l,
        staff,
    })
}

async fn sample_id(shared: &Shared, code: &str) -> Result<i64, Error> {
    let code = code.to_owned();
    shared.store.reading(move |conn| work::sample_of_code(conn, &code)).await?.ok_or(Error::NotFound)
}

#[get("/bench/samples/<code>/order")]
async fn order(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<OrderPage, Error> {
    let id = sample_id(shared, code).await?;
    let form = Form::new(&staff.csrf);
    order_page(shared, staff, l, form, code, id).await
}

#[post("/bench/samples/<code>/order", data = "<posted>")]
async fn place_order(
    code: &str,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<OrderPage>, Error> {
    let id = sample_id(shared, code).await?;
    let mut form = posted.into_form();
    let methods: Vec<i64> = form.all("method").iter().filter_map(|id| id.parse().ok()).collect();
    if methods.is_empty() {
        form.refuse("method", "order-choose-method");
        return Ok(Answer::again(order_page(shared, staff, l, form, code, id).await?));
    }
    let now = shared.clock.now();
    match shared.store.order(staff.who(), now, id, methods).await {
        Ok(ids) => {
            let message = Message::new("order-placed").with("n", ids.len());
            let here = format!("/bench/samples/{code}/order");
            let undo = format!("{here}/undo/{}", now.as_millisecond());
            Ok(Done::to(here).saying(message).undo(undo).into())
        }
        Err(OrderError::Store(error)) => Err(error.into()),
        Err(refusal) => {
            form.refuse(
                "method",
                match refusal {
                    OrderError::Sample(refusal) => {
                        Message::new("order-refused-sample").with("state", l.name("sample-state", refusal.state))
                    }
                    OrderError::NoMethod => Message::new("order-choose-method"),
                    OrderError::NoAnalyte => Message::new("order-no-analyte"),
                    OrderError::NoThreshold => Message::new("order-no-threshold"),
                    OrderError::Already => Message::new("order-already"),
                    OrderError::NotInForce | OrderError::Store(_) => Message::new("order-not-in-force"),
                },
            );
            Ok(Answer::again(order_page(shared, staff, l, form, code, id).await?))
        }
    }
}

/// Takes back what this person has just ordered, as far as nothing is measured.
#[post("/bench/samples/<code>/order/undo/<at>", data = "<_posted>")]
async fn undo_order(
    code: &str,
    at: i64,
    _posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Done, Error> {
    let id = sample_id(shared, code).await?;
    let ordered_at = jiff::Timestamp::from_millisecond(at).map_err(|_| Error::NotFound)?;
    let reason = l.t("order-undone-reason");
    let taken = shared.store.take_back_order(staff.who(), shared.clock.now(), id, ordered_at, reason).await;
    let said = match taken {
        Ok(0) => Message::new("order-nothing-to-undo"),
        Ok(n) => Message::new("order-undone").with("n", n),
        Err(StepError::Refused(_)) => Message::new("order-nothing-to-undo"),
        Err(StepError::Store(error)) => return Err(error.into()),
    };
    Ok(Done::to(format!("/bench/samples/{code}/order")).saying(said))
}

/// A step of the history as the page shows it.
struct Past {
    at: Stamp,
    who: String,
    step: String,
    to: Chip,
    value: String,
    reason: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "bench/analysis.html")]
struct AnalysisPage {
    l: Locale,
    staff: Staff,
    form: Form,
    line: AnalysisView,
    reading: Option<i64>,
    /// The chromatograms that the value was read from.
    behind: Vec<Behind>,
    history: Vec<Past>,
    may_enter: bool,
    may_submit: bool,
    confirm: bool,
}

async fn analysis_page(shared: &Shared, staff: Staff, l: Locale, form: Form, id: i64) -> Result<AnalysisPage, Error> {
    let (lines, _) = shared.store.work(Filter { analysis: Some(id), ..Filter::default() }, 1).await?;
    let line = lines.first().ok_or(Error::NotFound)?;
    let past = shared.store.reading(move |conn| analyses::history(conn, id)).await?;
    let people = shared.store.reading(work::people).await?;
    let history = past
        .into_iter()
        .map(|one: Happened| Past {
            at: l.time(one.at),
            who: one.by.and_then(|id| people.get(&id.0).cloned()).unwrap_or_else(|| l.t("who-instrument")),
            step: l.name("step", one.step),
            to: analysis_view::state_chip(&l, one.to),
            value: analysis_view::shown_value(&l, one.value.and_then(|value| value.parse().ok()).as_ref()),
            reason: one.reason.unwrap_or_default(),
        })
        .collect();
    let reading = line.analysis.status.entry().and_then(|entry| match entry.source {
        crate::lab::analysis::status::Source::Reading(id) => Some(id),
        crate::lab::analysis::status::Source::Hand => None,
    });
    let behind = match reading {
        Some(reading) => behind(shared, &l, reading).await?,
        None => Vec::new(),
    };
    Ok(AnalysisPage {
        behind,
        line: AnalysisView::new(&l, line),
        reading,
        history,
        may_enter: staff.actor.may(Act::EnterValue),
        may_submit: staff.actor.may(Act::SubmitValue),
        confirm: line.analysis.status.state() == Stands::Entered,
        form,
        l,
        staff,
    })
}

#[get("/bench/analyses/<id>")]
async fn analysis(id: i64, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<AnalysisPage, Error> {
    let form = Form::new(&staff.csrf);
    analysis_page(shared, staff, l, form, id).await
}

/// What the form of an analysis asks for.
fn asked(form: &mut Form) -> Option<Step> {
    let act = form.value("act").to_owned();
    match act.as_str() {
        "enter" => {
            let text = form.required("value")?;
            match Value::from_instrument(&text) {
                Ok(value) => Some(Step::Enter { value: value.to_string() }),
                Err(_) => {
                    form.refuse("value", Message::new("error-value").with("found", text));
                    None
                }
            }
        }
        "confirm" => Some(Step::Confirm),
        "submit" => Some(Step::Submit),
        "retest" => form.required("reason").map(|reason| Step::Retest { reason }),
        "cancel" => form.required("reason").map(|reason| Step::Cancel { reason }),
        _ => {
            form.refuse("act", "error-field-required");
            None
        }
    }
}

#[post("/bench/analyses/<id>", data = "<posted>")]
async fn step(
    id: i64,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<AnalysisPage>, Error> {
    let mut form = posted.into_form();
    let step = asked(&mut form);
    let signs = matches!(step, Some(Step::Submit | Step::Confirm));
    let signed = !signs || shared.sign(&staff, &mut form).await?;
    let (Some(step), true) = (step, signed) else {
        return Ok(Answer::again(analysis_page(shared, staff, l, form, id).await?));
    };
    let Some(version) = form.parsed("version", "error-field-whole") else {
        return Ok(Answer::again(analysis_page(shared, staff, l, form, id).await?));
    };
    let here = format!("/bench/analyses/{id}");
    let said = Message::new(format!("said-{}", step.name()));
    match steps::try_take(shared, &staff, vec![Seen { analysis: id, version }], step, &here).await? {
        Ok(()) => Ok(Done::to(here).saying(said).into()),
        Err(refusal) => {
            form.refuse("act", steps::message(&l, refusal));
            Ok(Answer::again(analysis_page(shared, staff, l, form, id).await?))
        }
    }
}

pub fn group() -> Vec<Route> {
    routes![list, submit, order, place_order, undo_order, analysis, step]
}
