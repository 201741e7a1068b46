//! A list of the set-up: its lines page by page, found by any text in them, retired ones last.

use askama::Template;
use askama_web::WebTemplate;
use rocket::http::RawStr;
use rocket::{Route, State, get, routes};

use super::fields::{self, Choice};
use super::list_named;
use super::lists::List;
use crate::store::catalogue::{
    Analyte, AnalyteMap, Catalogue, Commodity, ControlMaterial, Instrument, Laboratory, LimitValue, Method,
    MethodAnalyte, PAGE, Place, Plan, PlanItem, Producer,
};
use crate::web::Shared;
use crate::web::display::{Chip, Tone};
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

/// A column's head, and whether numbers stand in it.
struct Head {
    text: String,
    number: bool,
}

struct Cell {
    text: String,
    number: bool,
}

/// A line of a list: its address, and the cells as people read them.
struct Row {
    address: String,
    cells: Vec<Cell>,
    /// Retired, or a limit that nobody has compared with the printed standard.
    marks: Vec<Chip>,
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    list: &'static List,
    name: String,
    heads: Vec<Head>,
    rows: Vec<Row>,
    q: String,
    base: String,
    page: i64,
    last: i64,
    all: i64,
    may_add: bool,
}

#[get("/admin/<list>?<q>&<page>", rank = 20)]
async fn lines(
    list: &str,
    q: Option<&str>,
    page: Option<i64>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<ListPage, Error> {
    let list = list_named(list)?;
    let q = q.unwrap_or_default().trim().to_owned();
    let page = page.unwrap_or(1).clamp(1, 1_000_000);
    let (rows, all) = of_list!(list, rows(shared, &l, list, &q, page))?;
    Ok(ListPage {
        name: l.name("list", list.name),
        heads: list.shown().map(|field| Head { text: l.t(field.label), number: field.is.is_number() }).collect(),
        base: format!("/admin/{}?q={}&", list.name, RawStr::new(&q).percent_encode()),
        last: (all + PAGE - 1) / PAGE,
        may_add: list.name != "laboratory" || (all == 0 && q.is_empty()),
        rows,
        q,
        page,
        all,
        list,
        l,
        staff,
    })
}

async fn rows<T: Catalogue>(
    shared: &Shared,
    l: &Locale,
    list: &'static List,
    q: &str,
    page: i64,
) -> Result<(Vec<Row>, i64), Error> {
    let (lines, all): (Vec<T>, i64) = shared.store.list_page(q.to_owned(), page).await?;
    let mut columns: Vec<Vec<Choice>> = Vec::new();
    for field in list.shown() {
        let values = lines.iter().filter_map(|line| line.cell(field.cell)).collect();
        columns.push(fields::names(shared, l, field.is, values).await?);
    }
    let row = |line: &T| {
        let cells = list.shown().zip(&columns).map(|(field, names)| {
            let text = line.cell(field.cell).unwrap_or_default();
            let text = names.iter().find(|(value, _)| *value == text).map_or(text, |(_, name)| name.clone());
            Cell { text, number: field.is.is_number() }
        });
        Row {
            cells: cells.collect(),
            address: format!("/admin/{}/{}", list.name, line.id()),
            marks: [
                line.cell("retired_at").map(|_| l.chip(Tone::Gone, "admin-retired")),
                (list.name == "limits" && line.cell("checked_by").is_none())
                    .then(|| l.chip(Tone::Warn, "limit-unchecked")),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    };
    Ok((lines.iter().map(row).collect(), all))
}

pub fn group() -> Vec<Route> {
    routes![lines]
}
