//! Open data: the newest version of everything published as CSV and JSON Lines, and what each column means.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};
use serde_json::{Value, json};

use super::reply::{CSV, Data, JSON_LINES, Reply};
use crate::lab::disclosure::document::Item;
use crate::lab::regulation::verdict::Verdict;
use crate::store::published::{Entry, Filter, Published};
use crate::web::error::Error;
use crate::web::locale::Locale;

/// The columns of the CSV, in order; each has a sentence `column-…`. One line a tested item.
const COLUMNS: [&str; 25] = [
    "id",
    "version",
    "kind",
    "notice",
    "published_at",
    "sampled_on",
    "commodity",
    "commodity_en",
    "place",
    "place_type",
    "town",
    "producer",
    "scheme",
    "overall",
    "item",
    "item_en",
    "item_verdict",
    "result",
    "unit",
    "limit",
    "limit_unit",
    "standard",
    "method",
    "laboratory",
    "reason",
];

/// Rows fetched at once.
const STEP: i64 = 500;

async fn everything(published: &Published) -> Result<Vec<Entry>, Error> {
    let mut all = Vec::new();
    for page in 1.. {
        let (entries, count) = published.list(Filter::default(), page, STEP).await?;
        let end = entries.is_empty() || page.saturating_mul(STEP) >= count;
        all.extend(entries);
        if end {
            break;
        }
    }
    Ok(all)
}

/// A cell that a spreadsheet does not take for a formula (OWASP, CSV injection).
fn harmless(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

fn line(entry: &Entry, item: Option<&Item>) -> [String; 25] {
    let document = &entry.document;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let of = |field: fn(&Item) -> Option<String>| item.and_then(field).unwrap_or_default();
    [
        document.id.clone(),
        document.version.to_string(),
        document.kind.to_string(),
        document.notice.clone(),
        document.published_at.to_string(),
        document.sampled_on.to_string(),
        document.commodity.zh.clone(),
        document.commodity.en.clone(),
        text(&document.place),
        text(&document.place_type),
        document.town.clone(),
        text(&document.producer),
        document.scheme.clone(),
        document.overall.map(|overall: Verdict| overall.to_string()).unwrap_or_default(),
        of(|item| Some(item.analyte.zh.clone())),
        of(|item| Some(item.analyte.en.clone())),
        of(|item| Some(item.verdict.to_string())),
        of(|item| item.result.clone()),
        of(|item| item.unit.clone()),
        of(|item| item.limit.clone()),
        of(|item| item.limit_unit.clone()),
        of(|item| item.standard.clone()),
        of(|item| Some(item.method.clone())),
        document.laboratory.zh.clone(),
        document.replaces.as_ref().map(|replaces| replaces.reason.clone()).unwrap_or_default(),
    ]
    .map(|cell| harmless(&cell))
}

/// With a byte order mark: the spreadsheets of Chinese offices read GBK without one.
pub fn as_csv(entries: &[Entry]) -> Result<String, Error> {
    let mut csv = csv::Writer::from_writer(Vec::from("\u{feff}"));
    csv.write_record(COLUMNS).map_err(Error::failed)?;
    for entry in entries {
        if entry.document.items.is_empty() {
            csv.write_record(line(entry, None)).map_err(Error::failed)?;
        }
        for item in &entry.document.items {
            csv.write_record(line(entry, Some(item))).map_err(Error::failed)?;
        }
    }
    let bytes = csv.into_inner().map_err(|error| Error::failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(Error::failed)
}

fn as_value(entry: &Entry) -> Result<Value, Error> {
    let document = serde_json::to_value(&entry.document).map_err(Error::failed)?;
    Ok(json!({ "document": document, "sha256": entry.sha256, "leaf": entry.leaf, "replaced_by": entry.replaced_by }))
}

pub fn page_as_json(entries: &[Entry], all: i64, page: i64, pages: i64) -> Result<String, Error> {
    let results = entries.iter().map(as_value).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "total": all, "page": page, "pages": pages, "results": results }).to_string())
}

pub fn one_as_json(entry: &Entry, versions: &[Entry]) -> Result<String, Error> {
    let trail: Vec<Value> = versions
        .iter()
        .map(|version| {
            let document = &version.document;
            let reason = document.replaces.as_ref().map(|replaces| &replaces.reason);
            json!({ "version": document.version, "kind": document.kind, "published_at": document.published_at,
                "reason": reason, "sha256": version.sha256, "leaf": version.leaf })
        })
        .collect();
    let mut value = as_value(entry)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("versions".to_owned(), trail.into());
    }
    Ok(value.to_string())
}

/// One column of the dictionary.
struct Column {
    name: &'static str,
    meaning: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "portal/data.html")]
struct DataPage {
    l: Locale,
    path: String,
    columns: Vec<Column>,
}

#[get("/open-data")]
fn show(l: Locale) -> Reply<DataPage> {
    let columns = COLUMNS.map(|name| Column { name, meaning: l.name("column", name.replace('_', "-")) });
    Reply::page(DataPage { path: "/open-data".to_owned(), columns: columns.into(), l })
}

#[get("/open-data/results.csv")]
async fn csv_file(published: &State<Published>) -> Result<Data, Error> {
    let text = as_csv(&everything(published).await?)?;
    Ok(Data { kind: CSV, text, file: Some("results.csv") })
}

#[get("/open-data/results.jsonl")]
async fn lines_file(published: &State<Published>) -> Result<Data, Error> {
    let mut text = String::new();
    for entry in everything(published).await? {
        text.push_str(&as_value(&entry)?.to_string());
        text.push('\n');
    }
    Ok(Data { kind: JSON_LINES, text, file: Some("results.jsonl") })
}

pub fn group() -> Vec<Route> {
    routes![show, csv_file, lines_file]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        for (cell, kept) in [("=1+1", "'=1+1"), ("@SUM", "'@SUM"), ("-5", "'-5"), ("菠菜", "菠菜"), ("", "")] {
            assert_eq!(harmless(cell), kept);
        }
    }
}
