//! Published results: a list with filters, and one result with all its versions.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use super::asked::{Asked, Format};
use super::data;
use super::reply::{CSV, Data, Reply};
use crate::lab::catalogue::PlaceKind;
use crate::lab::regulation::verdict::Verdict;
use crate::store::published::{Entry, Filter, PAGE, Published};
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::result_view::{self, ResultLine, ResultView};

/// A choice of a filter.
struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "portal/results.html")]
struct ResultsPage {
    l: Locale,
    path: String,
    filter: Filter,
    from: String,
    to: String,
    verdicts: Vec<Choice>,
    place_types: Vec<Choice>,
    towns: Vec<String>,
    narrowed: bool,
    found: Vec<ResultLine>,
    all: i64,
    page: i64,
    last: i64,
    /// This address up to its page.
    base: String,
    query: String,
}

/// The verdicts that a published sample can have.
const VERDICTS: [Verdict; 3] = [Verdict::Compliant, Verdict::NonCompliant, Verdict::ScreeningNegative];

#[get("/results")]
async fn list(asked: Asked, published: &State<Published>, l: Locale) -> Result<Reply<ResultsPage>, Error> {
    answer(asked.format, &asked, published, l).await
}

#[get("/results.json")]
async fn list_json(asked: Asked, published: &State<Published>, l: Locale) -> Result<Reply<ResultsPage>, Error> {
    answer(Format::Json, &asked, published, l).await
}

#[get("/results.csv")]
async fn list_csv(asked: Asked, published: &State<Published>, l: Locale) -> Result<Reply<ResultsPage>, Error> {
    answer(Format::Csv, &asked, published, l).await
}

async fn answer(format: Format, asked: &Asked, published: &Published, l: Locale) -> Result<Reply<ResultsPage>, Error> {
    let (filter, page) = (asked.filter()?, asked.page()?);
    let (entries, all) = published.list(filter.clone(), page, PAGE).await?;
    let last = all.div_euclid(PAGE) + i64::from(all.rem_euclid(PAGE) > 0);
    match format {
        Format::Json => return Ok(Reply::json(data::page_as_json(&entries, all, page, last.max(1))?)),
        Format::Csv => {
            let text = data::as_csv(&entries)?;
            return Ok(Reply::Data(Data { kind: CSV, text, file: Some("results.csv") }));
        }
        Format::Page => (),
    }
    let query = asked.without_page();
    let kinds = PlaceKind::ALL.iter().filter(|kind| !kind.is_ours());
    Ok(Reply::page(ResultsPage {
        path: if query.is_empty() {
            "/results".to_owned()
        } else {
            format!("/results?{}", query.trim_end_matches('&'))
        },
        base: format!("/results?{query}"),
        query: query.trim_end_matches('&').to_owned(),
        from: filter.from.map(|day| day.to_string()).unwrap_or_default(),
        to: filter.to.map(|day| day.to_string()).unwrap_or_default(),
        verdicts: VERDICTS
            .into_iter()
            .map(|one| Choice {
                value: one.to_string(),
                name: l.name("public-verdict", one),
                chosen: filter.verdict == Some(one),
            })
            .collect(),
        place_types: kinds
            .map(|kind| Choice {
                value: kind.to_string(),
                name: l.name("place-type", kind),
                chosen: filter.place_type == Some(*kind),
            })
            .collect(),
        towns: published.towns().await?,
        narrowed: Filter { q: String::new(), ..filter.clone() } != Filter::default(),
        found: entries.iter().map(|entry| ResultLine::new(&l, &entry.document)).collect(),
        filter,
        all,
        page,
        last,
        l,
    }))
}

/// A line of the trail of corrections.
struct Trail {
    version: i64,
    kind: String,
    on: String,
    reason: String,
    /// Its own address; empty where one is, or where nothing may be seen any more.
    address: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "portal/result.html")]
struct ResultPage {
    l: Locale,
    path: String,
    id: String,
    commodity: String,
    place: String,
    sampled_on: String,
    result: ResultView,
    trail: Vec<Trail>,
    /// Shown is a version that another has replaced.
    old: bool,
    withdrawn: bool,
}

/// The versions of a publication and the one asked for; without a wish the newest. What was withdrawn is seen no more.
pub async fn chosen(published: &Published, id: &str, wish: Option<i64>) -> Result<(Vec<Entry>, Entry), Error> {
    let versions = published.versions(id.to_owned()).await?;
    let newest = versions.last().ok_or(Error::NotFound)?;
    let entry = match wish {
        Some(wish) if !newest.document.is_withdrawn() => {
            versions.iter().find(|entry| entry.document.version == wish).ok_or(Error::NotFound)?
        }
        _ => newest,
    };
    let entry = entry.clone();
    Ok((versions, entry))
}

#[get("/results/<id>")]
async fn show(id: &str, asked: Asked, published: &State<Published>, l: Locale) -> Result<Reply<ResultPage>, Error> {
    let (id, format) = match (id.strip_suffix(".json"), id.strip_suffix(".csv")) {
        (Some(id), _) => (id, Format::Json),
        (_, Some(id)) => (id, Format::Csv),
        _ => (id, asked.format),
    };
    let (versions, entry) = chosen(published, id, asked.version()?).await?;
    match format {
        Format::Json => return Ok(Reply::json(data::one_as_json(&entry, &versions)?)),
        Format::Csv => {
            let text = data::as_csv(std::slice::from_ref(&entry))?;
            return Ok(Reply::Data(Data { kind: CSV, text, file: Some("result.csv") }));
        }
        Format::Page => (),
    }
    let document = &entry.document;
    let withdrawn = versions.last().is_some_and(|newest| newest.document.is_withdrawn());
    let trail = versions.iter().rev().map(|version| Trail {
        version: version.document.version,
        kind: l.name("publication-kind", version.document.kind),
        on: l.day(version.document.published_at),
        reason: version.document.replaces.as_ref().map(|replaces| replaces.reason.clone()).unwrap_or_default(),
        address: if withdrawn || version.document.version == document.version {
            String::new()
        } else {
            format!("/results/{id}?version={}", version.document.version)
        },
    });
    Ok(Reply::page(ResultPage {
        path: format!("/results/{id}"),
        id: id.to_owned(),
        commodity: result_view::words(&l, &document.commodity),
        place: result_view::place(&l, document),
        sampled_on: result_view::day(&l, document.sampled_on),
        result: ResultView::new(&l, document),
        trail: if versions.len() > 1 { trail.collect() } else { Vec::new() },
        old: entry.replaced_by.is_some(),
        withdrawn,
        l,
    }))
}

pub fn group() -> Vec<Route> {
    routes![list, list_json, list_csv, show]
}
