//! Review (审核) and approval (批准): what waits, one sample's results with reasons to look, signatures, and the sheet.

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::analysis_view::{self, AnalysisView};
use super::answer::{Answer, Done};
use super::display::{Chip, Stamp};
use super::error::Error;
use super::form::Form;
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::staff::Staff;
use super::{Shared, steps};
use crate::lab::analysis::status::{State as Stands, Status, Step};
use crate::lab::people::Act;
use crate::lab::regulation::verdict::overall;
use crate::store::catalogue::Laboratory;
use crate::store::work::{self, Filter, Line, SheetSample, Waiting};

/// A sample in a reviewer's list.
struct WaitingView {
    code: String,
    blind_code: String,
    commodity: String,
    town: String,
    class: String,
    sampled_at: Stamp,
    count: i64,
}

#[derive(Template, WebTemplate)]
#[template(path = "review/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    submitted: Vec<WaitingView>,
    reviewed: Vec<WaitingView>,
    may_review: bool,
    may_approve: bool,
}

fn waiting(l: &Locale, rows: Vec<Waiting>) -> Vec<WaitingView> {
    rows.into_iter()
        .map(|row| WaitingView {
            class: l.name("class", &row.class),
            sampled_at: l.time(row.sampled_at),
            code: row.sample_code,
            blind_code: row.blind_code,
            commodity: row.commodity,
            town: row.town,
            count: row.count,
        })
        .collect()
}

#[get("/review")]
async fn list(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ListPage, Error> {
    let submitted = shared.store.reading(|conn| work::waiting(conn, Stands::Submitted)).await?;
    let reviewed = shared.store.reading(|conn| work::waiting(conn, Stands::Reviewed)).await?;
    Ok(ListPage {
        submitted: waiting(&l, submitted),
        reviewed: waiting(&l, reviewed),
        may_review: staff.actor.may(Act::ReviewValue),
        may_approve: staff.actor.may(Act::ApproveValue),
        l,
        staff,
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "review/show.html")]
struct ReviewPage {
    l: Locale,
    staff: Staff,
    form: Form,
    sample: SheetSample,
    class: String,
    sampled_at: Stamp,
    overall: Chip,
    look: Vec<AnalysisView>,
    fine: Vec<AnalysisView>,
    held: bool,
    may_review: bool,
    may_approve: bool,
}

async fn review_page(shared: &Shared, staff: Staff, l: Locale, form: Form, code: &str) -> Result<ReviewPage, Error> {
    let (id, lines) = of_sample(shared, code).await?;
    let sample = shared.store.reading(move |conn| work::sheet_sample(conn, id)).await?;
    let views: Vec<AnalysisView> = lines.iter().map(|line| AnalysisView::new(&l, line)).collect();
    let stands = |state| views.iter().any(|view| view.state == state);
    let may_review = staff.actor.may(Act::ReviewValue) && stands(Stands::Submitted);
    let may_approve = staff.actor.may(Act::ApproveValue) && stands(Stands::Reviewed);
    let held = views.iter().any(|view| view.held);
    let overall = overall_chip(&l, &lines);
    let (look, fine) = views.into_iter().partition(AnalysisView::needs_a_look);
    Ok(ReviewPage {
        class: l.name("class", &sample.class),
        sampled_at: l.time(sample.sampled_at),
        sample,
        overall,
        look,
        fine,
        held,
        may_review,
        may_approve,
        form,
        l,
        staff,
    })
}

async fn of_sample(shared: &Shared, code: &str) -> Result<(i64, Vec<Line>), Error> {
    let code = code.to_owned();
    let id = shared.store.reading(move |conn| work::sample_of_code(conn, &code)).await?.ok_or(Error::NotFound)?;
    let filter = Filter { sample: Some(id), ..Filter::default() };
    let (lines, _) = shared.store.reading(move |conn| work::lines(conn, &filter, 1, 500)).await?;
    Ok((id, lines))
}

fn overall_chip(l: &Locale, lines: &[Line]) -> Chip {
    let judged: Vec<_> = lines
        .iter()
        .filter(|line| line.analysis.status.state() != Stands::Cancelled)
        .map(|line| {
            let value = line.analysis.status.entry().and_then(|entry| entry.value.parse().ok());
            analysis_view::judgement(line, value.as_ref()).verdict
        })
        .collect();
    let overall = overall(judged);
    Chip::new(analysis_view::tone(overall), l.name("overall", overall))
}

#[get("/review/samples/<code>")]
async fn show(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ReviewPage, Error> {
    let form = Form::new(&staff.csrf);
    review_page(shared, staff, l, form, code).await
}

/// Reviews, approves, returns or sends back to be measured again; each ticked analysis, with one signature.
#[post("/review/samples/<code>", data = "<posted>")]
async fn act(
    code: &str,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<ReviewPage>, Error> {
    let mut form = posted.into_form();
    let seen = steps::seen(&form);
    if seen.is_empty() {
        form.refuse("seen", "review-nothing-ticked");
    }
    let step = match form.value("act") {
        "review" => Some(Step::Review),
        "approve" => Some(Step::Approve),
        "return" => form.required("reason").map(|reason| Step::Return { reason }),
        "retest" => form.required("reason").map(|reason| Step::Retest { reason }),
        _ => {
            form.refuse("act", "error-field-required");
            None
        }
    };
    let needed = match &step {
        Some(Step::Approve) => Act::ApproveValue,
        Some(Step::Review) => Act::ReviewValue,
        _ if staff.actor.may(Act::ReviewValue) => Act::ReviewValue,
        _ => Act::ApproveValue,
    };
    if !staff.actor.may(needed) {
        return Err(Error::Forbidden);
    }
    let signed = shared.sign(&staff, &mut form).await?;
    let (Some(step), true, true) = (step, signed, form.is_ok()) else {
        return Ok(Answer::again(review_page(shared, staff, l, form, code).await?));
    };
    let (count, said) = (seen.len(), format!("said-{}-all", step.name()));
    let here = format!("/review/samples/{code}");
    match steps::try_take(shared, &staff, seen, step, &here).await? {
        Ok(()) => Ok(Done::to(here).saying(Message::new(said).with("n", count)).into()),
        Err(refusal) => {
            form.refuse("act", steps::message(&l, refusal));
            Ok(Answer::again(review_page(shared, staff, l, form, code).await?))
        }
    }
}

/// Who signed in which capacity, and when: printed under the sheet.
struct Signature {
    role: String,
    name: String,
    at: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "review/sheet.html")]
struct SheetPage {
    l: Locale,
    staff: Staff,
    laboratory: Option<Laboratory>,
    sample: SheetSample,
    class: String,
    stage: String,
    sampled_at: Stamp,
    overall: Chip,
    lines: Vec<AnalysisView>,
    signatures: Vec<Signature>,
    finished: bool,
}

#[get("/review/samples/<code>/sheet")]
async fn sheet(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<SheetPage, Error> {
    let (id, lines) = of_sample(shared, code).await?;
    let sample = shared.store.reading(move |conn| work::sheet_sample(conn, id)).await?;
    let people = shared.store.reading(work::people).await?;
    let reported: Vec<&Line> = lines.iter().filter(|line| line.analysis.status.state() != Stands::Cancelled).collect();
    let finished = !reported.is_empty() && reported.iter().all(|line| line.analysis.status.state() == Stands::Approved);
    let mut signers: BTreeMap<(&str, i64), ()> = BTreeMap::new();
    for line in &reported {
        if let Status::Approved { analyst, reviewer, approver, .. } = &line.analysis.status {
            for signer in [("1-prepared", *analyst), ("2-reviewed", *reviewer), ("3-approved", *approver)] {
                signers.insert(signer, ());
            }
        }
    }
    let ids: Vec<i64> = reported.iter().map(|line| line.analysis.id).collect();
    let approved_at = shared.store.reading(move |conn| work::approved_at(conn, &ids)).await?;
    let at = approved_at.map(|at| l.day(at)).unwrap_or_default();
    let signatures = signers
        .into_keys()
        .map(|(role, person)| Signature {
            role: l.name("sheet", role.split_once('-').map_or(role, |(_, word)| word)),
            name: people.get(&person).cloned().unwrap_or_default(),
            at: at.clone(),
        })
        .collect();
    let laboratory = shared.store.list::<Laboratory>().await?.into_iter().next();
    Ok(SheetPage {
        overall: overall_chip(&l, &lines),
        class: l.name("class", &sample.class),
        stage: l.name("stage", &sample.stage),
        sampled_at: l.time(sample.sampled_at),
        lines: reported.into_iter().map(|line| AnalysisView::new(&l, line)).collect(),
        laboratory,
        sample,
        signatures,
        finished,
        l,
        staff,
    })
}

pub fn group() -> Vec<Route> {
    routes![list, show, act, sheet]
}
