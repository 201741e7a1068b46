//! The inbox of held readings, by line and by reason.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use super::bytes::Line;
use crate::lab::analysis::matching::HeldFor;
use crate::store::catalogue::Instrument;
use crate::store::readings::{self, PAGE, Which};
use crate::web::Shared;
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

#[derive(Template, WebTemplate)]
#[template(path = "lines/inbox.html")]
struct InboxPage {
    l: Locale,
    staff: Staff,
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
        line,
        all,
        page,
        l,
        staff,
    })
}

pub fn group() -> Vec<Route> {
    routes![inbox]
}
