//! The inbox of held readings, by line and by reason; one is resolved on its own page, several alike here.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::bytes::Line;
use crate::lab::analysis::matching::HeldFor;
use crate::lab::people::Act;
use crate::store::StoreError;
use crate::store::analyses::StepError;
use crate::store::catalogue::Instrument;
use crate::store::readings::{self, PAGE, Resolution, ResolveError, Which};
use crate::web::Shared;
use crate::web::answer::{Answer, Done};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::posted::Posted;
use crate::web::staff::Staff;

#[derive(Template, WebTemplate)]
#[template(path = "lines/inbox.html")]
struct InboxPage {
    l: Locale,
    staff: Staff,
    form: Form,
    may_resolve: bool,
    reasons: Vec<(String, String, i64, bool)>,
    /// The word of the chosen reason; empty: any.
    reason: String,
    /// Code and name of each instrument.
    instruments: Vec<(String, String)>,
    /// The code of the chosen one; empty: any.
    line: String,
    lines: Vec<Line>,
    all: i64,
    base: String,
    page: i64,
    last: i64,
}

/// The inbox's address with these filters, ready for one more.
fn address(reason: Option<HeldFor>, line: &str) -> String {
    let reason = reason.map(|why| format!("reason={why}&")).unwrap_or_default();
    let line = match line {
        "" => String::new(),
        line => format!("line={}&", rocket::http::RawStr::new(line).percent_encode()),
    };
    format!("/bench/inbox?{reason}{line}")
}

#[get("/bench/inbox?<reason>&<line>&<page>")]
async fn inbox(
    reason: Option<&str>,
    line: Option<&str>,
    page: Option<i64>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<InboxPage, Error> {
    let form = Form::new(&staff.csrf);
    inbox_page(shared, staff, l, form, reason, line, page).await
}

async fn inbox_page(
    shared: &Shared,
    staff: Staff,
    l: Locale,
    form: Form,
    reason: Option<&str>,
    line: Option<&str>,
    page: Option<i64>,
) -> Result<InboxPage, Error> {
    let chosen = reason.and_then(|word| word.parse::<HeldFor>().ok());
    let page = page.unwrap_or(1).clamp(1, 1_000_000);
    let line = line.unwrap_or_default().to_owned();
    let instruments: Vec<Instrument> = shared.store.list().await?;
    let instrument = match line.as_str() {
        "" => None,
        code => Some(instruments.iter().find(|one| one.code == code).ok_or(Error::NotFound)?.id),
    };
    let which = Which { held: true, held_for: chosen, instrument, ..Which::default() };
    let (found, all) = shared.store.reading(move |conn| readings::list(conn, which, page)).await?;
    let counts = shared.store.reading(move |conn| readings::held_counts(conn, instrument)).await?;
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    let tab = |why: Option<HeldFor>| address(why, &line).trim_end_matches(['&', '?']).to_owned();
    let mut reasons = vec![(tab(None), l.t("filter-all"), total, chosen.is_none())];
    for (why, count) in counts {
        reasons.push((tab(Some(why)), l.name("held", why), count, chosen == Some(why)));
    }
    Ok(InboxPage {
        lines: found.iter().map(|one| Line::new(&l, one)).collect(),
        instruments: instruments.iter().map(|one| (one.code.clone(), format!("{} {}", one.code, one.name))).collect(),
        reason: chosen.map(|why| why.to_string()).unwrap_or_default(),
        base: address(chosen, &line),
        last: (all + PAGE - 1) / PAGE,
        reasons,
        may_resolve: staff.actor.may(Act::ResolveReading),
        form,
        line,
        all,
        page,
        l,
        staff,
    })
}

/// The ticked readings, each in the version its page showed: `id.version`.
fn ticked(form: &Form) -> Vec<(i64, i64)> {
    let pair = |text: &str| {
        let (id, version) = text.split_once('.')?;
        Some((id.parse().ok()?, version.parse().ok()?))
    };
    form.all("seen").into_iter().filter_map(pair).collect()
}

/// Resolves the ticked readings alike: all of them or none, with one reason.
#[post("/bench/inbox", data = "<posted>")]
async fn resolve(posted: Posted, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<Answer<InboxPage>, Error> {
    let mut form = posted.into_form();
    let (why, line) = (form.value("held").to_owned(), form.value("line").to_owned());
    let page: Option<i64> = form.value("page").parse().ok();
    let seen = ticked(&form);
    if seen.is_empty() {
        form.refuse("seen", "inbox-nothing-ticked");
    }
    let reason = form.required("reason");
    let how = match (form.value("act"), reason) {
        ("reject", Some(reason)) => Some(Resolution::Reject { reason }),
        ("fit", Some(reason)) => Some(Resolution::Fit { reason }),
        _ => None,
    };
    let said = if form.is("act", "fit") { "inbox-fitted" } else { "inbox-rejected" };
    if let (Some(how), true) = (how, form.is_ok()) {
        let count = seen.len();
        match shared.store.resolve_readings(staff.who(), shared.clock.now(), seen, how).await {
            Ok(()) => {
                let back = address(why.parse().ok(), &line).trim_end_matches(['&', '?']).to_owned();
                return Ok(Done::to(back).saying(Message::new(said).with("n", count)).into());
            }
            Err(ResolveError::Of { id, error }) => {
                let key = match *error {
                    ResolveError::NoFit => "inbox-no-fit",
                    ResolveError::NotMapped => "inbox-not-mapped",
                    ResolveError::NoValue => "inbox-no-value",
                    ResolveError::Step(StepError::Refused(_)) => "inbox-refused",
                    ResolveError::Store(StoreError::Stale { .. })
                    | ResolveError::Step(StepError::Store(StoreError::Stale { .. })) => "inbox-stale",
                    error => return Err(Error::failed(error)),
                };
                form.refuse("seen", Message::new(key).with("id", id));
            }
            Err(error) => return Err(Error::failed(error)),
        }
    }
    let why = Some(why.as_str()).filter(|why| !why.is_empty());
    let page = inbox_page(shared, staff, l, form, why, Some(&line), page).await?;
    Ok(Answer::again(page))
}

pub fn group() -> Vec<Route> {
    routes![inbox, resolve]
}
