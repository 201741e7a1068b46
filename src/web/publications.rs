//! Publishing (公示): what may go out and why not, what the public will see, and corrections and withdrawals.

#[cfg(test)]
mod tests;

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::Shared;
use super::answer::{Answer, Done};
use super::display::{Chip, Stamp, Tone};
use super::error::Error;
use super::form::Form;
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::result_view::{self, ResultView};
use super::staff::Staff;
use crate::lab::disclosure::document;
use crate::lab::disclosure::publication::{Blocked, Kind, Refusal, Request};
use crate::lab::people::Act;
use crate::store::StoreError;
use crate::store::publications::{self, Candidate, PAGE, PublishError, Version};

/// A completed sample in the list.
struct CandidateView {
    code: String,
    commodity: String,
    town: String,
    class: String,
    sampled_on: String,
    overall: Chip,
    blocked: Vec<String>,
}

/// A version that went out.
struct PublishedView {
    id: String,
    version: i64,
    kind: Chip,
    notice: String,
    sample_code: String,
    commodity: String,
    at: Stamp,
    by: String,
    reason: String,
    leaf: i64,
}

#[derive(Template, WebTemplate)]
#[template(path = "publications/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    may_publish: bool,
    ready: Vec<CandidateView>,
    blocked: Vec<CandidateView>,
    published: Vec<PublishedView>,
    page: i64,
    last: i64,
}

fn candidate_view(l: &Locale, one: Candidate) -> CandidateView {
    let overall = one.facts.overall();
    CandidateView {
        commodity: one.facts.commodity.zh.clone(),
        town: one.facts.town.clone(),
        class: l.name("class", one.facts.class),
        sampled_on: one.facts.sampled_on.to_string(),
        overall: Chip::new(super::analysis_view::tone(overall), l.name("overall", overall)),
        blocked: one.blocked.iter().map(|why| l.name("blocked", why)).collect(),
        code: one.code,
    }
}

fn published_view(l: &Locale, one: &Version) -> PublishedView {
    let tone = match one.document.kind {
        Kind::Original => Tone::Good,
        Kind::Correction => Tone::Active,
        Kind::Withdrawal => Tone::Gone,
    };
    PublishedView {
        id: one.document.id.clone(),
        version: one.document.version,
        kind: Chip::new(tone, l.name("publication-kind", one.document.kind)),
        notice: one.document.notice.clone(),
        sample_code: one.sample_code.clone(),
        commodity: result_view::words(l, &one.document.commodity),
        at: l.time(one.at),
        by: one.by.clone(),
        reason: one.reason.clone().unwrap_or_default(),
        leaf: one.leaf,
    }
}

#[get("/review/publications?<page>")]
async fn list(page: Option<i64>, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ListPage, Error> {
    let page = page.unwrap_or(1).max(1);
    let (found, waiting) = shared.store.reading(move |conn| publications::candidates(conn, page)).await?;
    let (out, all) = shared.store.reading(move |conn| publications::list(conn, page)).await?;
    let (ready, blocked) =
        found.into_iter().map(|one| candidate_view(&l, one)).partition(|one: &CandidateView| one.blocked.is_empty());
    Ok(ListPage {
        may_publish: staff.actor.may(Act::Publish),
        ready,
        blocked,
        published: out.iter().map(|one| published_view(&l, one)).collect(),
        last: (all.max(waiting) + PAGE - 1) / PAGE,
        page,
        l,
        staff,
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "publications/new.html")]
struct NewPage {
    l: Locale,
    staff: Staff,
    form: Form,
    code: String,
    commodity: String,
    /// Why it cannot go out whatever is stated.
    blocked: Vec<String>,
    needs_authority: bool,
    failed: bool,
    left_out: usize,
    /// `None`: no result may be told.
    preview: Option<ResultView>,
}

async fn new_page(shared: &Shared, staff: Staff, l: Locale, form: Form, code: &str) -> Result<NewPage, Error> {
    let wanted = code.to_owned();
    let (found, version) =
        shared.store.reading(move |conn| publications::candidate(conn, &wanted)).await?.ok_or(Error::NotFound)?;
    let form = if form.get("seen").is_none() { form.with("seen", version) } else { form };
    let facts = &found.facts;
    let preview = document::preview(facts, &request(&form), shared.clock.now());
    let told = !preview.items.is_empty();
    Ok(NewPage {
        commodity: facts.commodity.zh.clone(),
        blocked: found.blocked.iter().map(|why| l.name("blocked", why)).collect(),
        needs_authority: facts.needs_authority(),
        failed: facts.overall() == crate::lab::regulation::verdict::Verdict::NonCompliant,
        left_out: facts.reported().count().saturating_sub(facts.told().count()),
        preview: told.then(|| ResultView::new(&l, &preview)),
        code: code.to_owned(),
        form,
        l,
        staff,
    })
}

fn request(form: &Form) -> Request {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    Request {
        notice: text("notice"),
        authority: text("authority"),
        remark: text("remark"),
        objection_over: form.is("objection", "over"),
    }
}

/// Says beside its field what the rules or the record refuse; what is nobody's field is its own page.
fn refuse(form: &mut Form, error: PublishError, here: &str) -> Result<(), Error> {
    let blocked = match error {
        PublishError::Blocked(blocked) => blocked,
        PublishError::Refused(refusal) => {
            let field = match refusal {
                Refusal::NoReason | Refusal::PersonalNumber => "reason",
                Refusal::Already | Refusal::NotYet | Refusal::Withdrawn => "act",
            };
            form.refuse(field, refusal_key(refusal));
            return Ok(());
        }
        PublishError::Unknown => return Err(Error::NotFound),
        PublishError::Store(StoreError::Stale { .. }) => return Err(Error::Stale(here.to_owned())),
        PublishError::Store(error) => return Err(error.into()),
    };
    for why in blocked {
        let field = match why {
            Blocked::NoNotice => "notice",
            Blocked::AuthorityMissing => "authority",
            Blocked::ObjectionOpen => "objection",
            Blocked::PersonalNumber => "remark",
            _ => "act",
        };
        form.refuse(field, Message::new(format!("blocked-{why}")));
    }
    Ok(())
}

fn refusal_key(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Already => "publish-already",
        Refusal::NotYet => "publish-not-yet",
        Refusal::Withdrawn => "publish-withdrawn",
        Refusal::NoReason => "publish-no-reason",
        Refusal::PersonalNumber => "blocked-personal-number",
    }
}

#[get("/review/publications/new/<code>")]
async fn new(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<NewPage, Error> {
    let form = Form::new(&staff.csrf);
    new_page(shared, staff, l, form, code).await
}

#[post("/review/publications/new/<code>", data = "<posted>")]
async fn publish(
    code: &str,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<NewPage>, Error> {
    let mut form = posted.into_form();
    let here = format!("/review/publications/new/{code}");
    let seen = form.parsed::<i64>("seen", "error-field-whole");
    let signed = shared.sign(&staff, &mut form).await?;
    if let (Some(seen), true) = (seen, signed) {
        let (by, at) = (staff.who(), shared.clock.now());
        match shared.store.publish(by, at, code.to_owned(), seen, request(&form)).await {
            Ok(id) => {
                shared.tell_the_public().await;
                let said = Message::new("said-published").with("id", &id);
                return Ok(Done::to(format!("/review/publications/{id}")).saying(said).into());
            }
            Err(error) => refuse(&mut form, error, &here)?,
        }
    }
    Ok(Answer::again(new_page(shared, staff, l, form, code).await?))
}

#[derive(Template, WebTemplate)]
#[template(path = "publications/show.html")]
struct ShowPage {
    l: Locale,
    staff: Staff,
    form: Form,
    id: String,
    commodity: String,
    sample_code: String,
    chip: Chip,
    versions: Vec<PublishedView>,
    shown: ResultView,
    may_change: bool,
    needs_authority: bool,
}

async fn show_page(shared: &Shared, staff: Staff, l: Locale, form: Form, id: &str) -> Result<ShowPage, Error> {
    let wanted = id.to_owned();
    let versions = shared.store.reading(move |conn| publications::versions(conn, &wanted)).await?;
    let newest = versions.last().ok_or(Error::NotFound)?;
    let document = &newest.document;
    let form = if form.get("seen").is_none() {
        form.with("seen", document.version)
            .with("notice", &document.notice)
            .with("remark", document.remark.as_deref().unwrap_or_default())
            .with("authority", document.authority.as_deref().unwrap_or_default())
    } else {
        form
    };
    Ok(ShowPage {
        id: id.to_owned(),
        commodity: result_view::words(&l, &document.commodity),
        sample_code: newest.sample_code.clone(),
        chip: result_view::verdict(&l, document),
        versions: versions.iter().rev().map(|one| published_view(&l, one)).collect(),
        shown: ResultView::new(&l, document),
        may_change: staff.actor.may(Act::Publish) && !document.is_withdrawn(),
        needs_authority: document.authority.is_some(),
        form,
        l,
        staff,
    })
}

#[get("/review/publications/<id>")]
async fn show(id: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ShowPage, Error> {
    let form = Form::new(&staff.csrf);
    show_page(shared, staff, l, form, id).await
}

/// Corrects or withdraws.
#[post("/review/publications/<id>", data = "<posted>")]
async fn change(
    id: &str,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<ShowPage>, Error> {
    let mut form = posted.into_form();
    let here = format!("/review/publications/{id}");
    let seen = form.parsed::<i64>("seen", "error-field-whole");
    let reason = form.required("reason");
    let signed = shared.sign(&staff, &mut form).await?;
    if let (Some(seen), Some(reason), true) = (seen, reason, signed) {
        let (by, at, which) = (staff.who(), shared.clock.now(), (id.to_owned(), seen));
        let (done, said) = match form.value("act") {
            "correct" => {
                // A failure was published only after the time for objections.
                let request = Request { objection_over: true, ..request(&form) };
                (shared.store.correct(by, at, which, request, reason).await, "said-corrected")
            }
            "withdraw" => (shared.store.withdraw(by, at, which, reason).await, "said-withdrawn"),
            _ => return Err(Error::Bad(Message::new("error-400-what"))),
        };
        match done {
            Ok(version) => {
                shared.tell_the_public().await;
                return Ok(Done::to(here).saying(Message::new(said).with("version", version)).into());
            }
            Err(error) => refuse(&mut form, error, &here)?,
        }
    }
    Ok(Answer::again(show_page(shared, staff, l, form, id).await?))
}

impl Shared {
    /// Copies what is new to the published store. What fails now is copied after the next publication or start.
    async fn tell_the_public(&self) {
        let Some(publisher) = &self.publisher else { return };
        if let Err(error) = publisher.copying(&self.store).await {
            tracing::error!(%error, "published, and not yet copied to the published store");
        }
    }
}

pub fn group() -> Vec<Route> {
    routes![list, new, publish, show, change]
}
