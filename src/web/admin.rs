//! The laboratory's set-up by pages: every list with its lines and one form for a line, made from one description.

mod lists;
mod people;

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use self::lists::{Is, LISTS, List};
use super::Shared;
use super::answer::{Answer, Done};
use super::error::Error;
use super::form::Form;
use super::locale::{Locale, Message};
use super::posted::Posted;
use super::staff::Staff;
use crate::acquire::configured::configured;
use crate::lab::people::Act;
use crate::store::StoreError;
use crate::store::catalogue::{
    self, Analyte, AnalyteMap, Catalogue, Commodity, ControlMaterial, Instrument, Laboratory, LimitValue, Method,
    MethodAnalyte, Place, Plan, PlanItem, Producer,
};

/// Does the same for the type of whichever list was asked for.
macro_rules! of_list {
    ($list:expr, $work:ident ( $($arg:expr),* )) => {
        match $list.name {
            "laboratory" => $work::<Laboratory>($($arg),*).await,
            "places" => $work::<Place>($($arg),*).await,
            "producers" => $work::<Producer>($($arg),*).await,
            "commodities" => $work::<Commodity>($($arg),*).await,
            "analytes" => $work::<Analyte>($($arg),*).await,
            "instruments" => $work::<Instrument>($($arg),*).await,
            "methods" => $work::<Method>($($arg),*).await,
            "method-analytes" => $work::<MethodAnalyte>($($arg),*).await,
            "maps" => $work::<AnalyteMap>($($arg),*).await,
            "limits" => $work::<LimitValue>($($arg),*).await,
            "plans" => $work::<Plan>($($arg),*).await,
            "plan-items" => $work::<PlanItem>($($arg),*).await,
            "controls" => $work::<ControlMaterial>($($arg),*).await,
            _ => Err(Error::NotFound),
        }
    };
}

/// A list on the overview.
struct Tile {
    address: String,
    name: String,
    why: String,
    count: usize,
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/overview.html")]
struct OverviewPage {
    l: Locale,
    staff: Staff,
    tiles: Vec<Tile>,
    people: usize,
    may_manage_people: bool,
    begin: bool,
}

async fn count<T: Catalogue>(shared: &Shared) -> Result<usize, Error> {
    Ok(shared.store.list::<T>().await?.len())
}

#[get("/admin")]
async fn overview(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<OverviewPage, Error> {
    let mut tiles = Vec::new();
    for list in LISTS {
        let count = of_list!(list, count(shared))?;
        tiles.push(Tile {
            address: format!("/admin/{}", list.name),
            name: l.name("list", list.name),
            why: l.name("list-why", list.name),
            count,
        });
    }
    Ok(OverviewPage {
        people: shared.store.people().await?.len(),
        may_manage_people: staff.actor.may(Act::ManagePeople),
        begin: tiles.iter().any(|tile| tile.count == 0),
        tiles,
        l,
        staff,
    })
}

/// A line of a list: its address, and the cells as people read them.
struct Row {
    address: String,
    cells: Vec<String>,
    retired: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    list: &'static List,
    name: String,
    heads: Vec<String>,
    rows: Vec<Row>,
    q: String,
}

fn list_named(name: &str) -> Result<&'static List, Error> {
    LISTS.iter().find(|list| list.name == name).ok_or(Error::NotFound)
}

#[get("/admin/<list>?<q>", rank = 20)]
async fn lines(
    list: &str,
    q: Option<&str>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<ListPage, Error> {
    let list = list_named(list)?;
    let q = q.unwrap_or_default().trim().to_owned();
    let rows = of_list!(list, rows(shared, &l, list, &q))?;
    Ok(ListPage {
        name: l.name("list", list.name),
        heads: list.shown().map(|field| l.t(field.label)).collect(),
        rows,
        q,
        list,
        l,
        staff,
    })
}

async fn rows<T: Catalogue>(shared: &Shared, l: &Locale, list: &'static List, q: &str) -> Result<Vec<Row>, Error> {
    let all: Vec<T> = shared.store.list().await?;
    let mut choices = Vec::new();
    for field in list.shown() {
        choices.push(lists::choices(shared, l, field.is).await?);
    }
    let row = |line: &T| {
        let cells = list
            .shown()
            .zip(&choices)
            .map(|(field, choices)| {
                let text = line.cell(field.cell).unwrap_or_default();
                choices.iter().find(|(value, _)| *value == text).map_or(text, |(_, name)| name.clone())
            })
            .collect();
        Row {
            address: format!("/admin/{}/{}", list.name, line.id()),
            cells,
            retired: line.cell("retired_at").is_some(),
        }
    };
    let mut rows: Vec<Row> = all.iter().map(row).collect();
    rows.retain(|row| q.is_empty() || row.cells.iter().any(|cell| cell.contains(q)));
    rows.sort_by_key(|row| row.retired);
    Ok(rows)
}

/// One field of the form, with what can be chosen.
struct FieldView {
    cell: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: &'static str,
    mode: &'static str,
    required: bool,
    choices: Vec<(String, String)>,
    is_choice: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "admin/line.html")]
struct LinePage {
    l: Locale,
    staff: Staff,
    form: Form,
    list: &'static List,
    name: String,
    address: String,
    fields: Vec<FieldView>,
    is_new: bool,
    can_retire: bool,
    retired: bool,
}

async fn line_page(
    shared: &Shared,
    staff: Staff,
    l: Locale,
    form: Form,
    list: &'static List,
    id: Option<i64>,
) -> Result<LinePage, Error> {
    let mut fields = Vec::new();
    for field in list.fields {
        let choices = lists::choices(shared, &l, field.is).await?;
        let (kind, mode) = match field.is {
            Is::Date => ("date", ""),
            Is::Whole => ("text", "numeric"),
            Is::Decimal => ("text", "decimal"),
            _ => ("text", ""),
        };
        fields.push(FieldView {
            cell: field.cell,
            label: field.label,
            hint: field.hint,
            required: field.required,
            is_choice: matches!(field.is, Is::Word(_) | Is::Line(_) | Is::Driver),
            kind,
            mode,
            choices,
        });
    }
    Ok(LinePage {
        name: l.name("list", list.name),
        address: id.map_or(format!("/admin/{}/new", list.name), |id| format!("/admin/{}/{id}", list.name)),
        is_new: id.is_none(),
        can_retire: list.retires && id.is_some(),
        retired: form.get("retired_at").is_some(),
        fields,
        list,
        form,
        l,
        staff,
    })
}

#[get("/admin/<list>/new", rank = 20)]
async fn blank(list: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<LinePage, Error> {
    let list = list_named(list)?;
    let form = list.fields.iter().fold(Form::new(&staff.csrf), |form, field| {
        if field.preset.is_empty() { form } else { form.with(field.cell, field.preset) }
    });
    line_page(shared, staff, l, form, list, None).await
}

#[get("/admin/<list>/<id>", rank = 21)]
async fn line(list: &str, id: i64, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<LinePage, Error> {
    let list = list_named(list)?;
    let form = of_list!(list, filled(shared, &staff.csrf, list, id))?;
    line_page(shared, staff, l, form, list, Some(id)).await
}

async fn filled<T: Catalogue>(shared: &Shared, csrf: &str, list: &'static List, id: i64) -> Result<Form, Error> {
    let line: T = shared.store.line(id).await?.ok_or(Error::NotFound)?;
    let form = list
        .fields
        .iter()
        .fold(Form::new(csrf), |form, field| form.with(field.cell, line.cell(field.cell).unwrap_or_default()));
    let form = if line.cell("line_enabled_at").is_some() { form.with("line_on", "on") } else { form };
    Ok(form.with("retired_at", line.cell("retired_at").unwrap_or_default()))
}

#[post("/admin/<list>/new", data = "<posted>", rank = 20)]
async fn add(
    list: &str,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<LinePage>, Error> {
    keep(list, None, posted, staff, shared, l).await
}

#[post("/admin/<list>/<id>", data = "<posted>", rank = 21)]
async fn change(
    list: &str,
    id: i64,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<LinePage>, Error> {
    keep(list, Some(id), posted, staff, shared, l).await
}

async fn keep(
    list: &str,
    id: Option<i64>,
    posted: Posted,
    staff: Staff,
    shared: &Shared,
    l: Locale,
) -> Result<Answer<LinePage>, Error> {
    let list = list_named(list)?;
    let mut form = posted.into_form();
    let kept = of_list!(list, keep_line(shared, &staff, list, id, &mut form))?;
    if !kept {
        return Ok(Answer::again(line_page(shared, staff, l, form, list, id).await?));
    }
    if list.name == "instruments" {
        // The lines follow the set-up at once.
        if let Some(lines) = &shared.lines {
            let wanted = configured(shared.store.list::<Instrument>().await?);
            lines.apply(wanted).await.map_err(Error::failed)?;
        }
    }
    let name = form.get("name").or(form.get("code")).unwrap_or_default();
    Ok(Done::to(format!("/admin/{}", list.name)).saying(Message::new("admin-kept").with("name", name)).into())
}

/// Reads the form into the line and keeps it; `false` when a field is wrong and says so.
async fn keep_line<T: Catalogue>(
    shared: &Shared,
    staff: &Staff,
    list: &'static List,
    id: Option<i64>,
    form: &mut Form,
) -> Result<bool, Error> {
    let now = shared.clock.now();
    let mut line = match id {
        Some(id) => shared.store.line::<T>(id).await?.ok_or(Error::NotFound)?,
        None => {
            let mut fresh = T::default();
            for stamp in ["created_at", "updated_at"] {
                fresh.fill(stamp, Some(catalogue::written(now)));
            }
            fresh
        }
    };
    for field in list.fields {
        let text = form.get(field.cell).map(str::to_owned);
        if field.required && text.is_none() {
            form.refuse(field.cell, "error-field-required");
            continue;
        }
        if let Some(key) = text.as_deref().and_then(|text| field.is.objection(text)) {
            form.refuse(field.cell, Message::new(key).with("found", text.unwrap_or_default()));
            continue;
        }
        if !line.fill(field.cell, text) && field.required {
            form.refuse(field.cell, "error-field-required");
        }
    }
    let why = form.get("why").map(str::to_owned);
    match form.value("act") {
        "retire" | "restore" if why.is_none() => form.refuse("why", "error-field-required"),
        "retire" => {
            line.fill("retired_at", Some(catalogue::written(now)));
        }
        "restore" => {
            line.fill("retired_at", None);
        }
        _ => (),
    }
    // A limit without its number, or a group inside itself, would keep everybody from ordering.
    if list.name == "limits" && form.is("requirement", "max") != form.get("value").is_some() {
        form.refuse("value", "error-limit-value");
    }
    if list.name == "commodities" && id.is_some() && inside_itself(shared, form, id).await? {
        form.refuse("parent_id", "error-circle");
    }
    if list.name == "instruments" {
        let on = form.is("line_on", "on");
        let since = line.cell("line_enabled_at");
        line.fill("line_enabled_at", on.then(|| since.unwrap_or_else(|| catalogue::written(now))));
    }
    if !form.is_ok() {
        return Ok(false);
    }
    let kept = match id {
        Some(_) => shared.store.change(staff.who(), now, line, why).await,
        None => shared.store.add(staff.who(), now, line).await.map(|_| ()),
    };
    match kept {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict { .. }) => {
            form.refuse("code", "error-taken");
            Ok(false)
        }
        Err(StoreError::Stale { .. }) => Err(Error::Stale(format!("/admin/{}", list.name))),
        Err(error) => Err(error.into()),
    }
}

/// Whether the chosen group lies, however deep, inside the commodity that is being changed.
async fn inside_itself(shared: &Shared, form: &Form, id: Option<i64>) -> Result<bool, Error> {
    let all: Vec<Commodity> = shared.store.list().await?;
    let mut above = form.get("parent_id").and_then(|text| text.parse::<i64>().ok());
    for _ in 0..=all.len() {
        match above {
            None => return Ok(false),
            Some(here) if Some(here) == id => return Ok(true),
            Some(here) => above = all.iter().find(|one| one.id == here).and_then(|one| one.parent_id),
        }
    }
    Ok(true)
}

pub fn group() -> Vec<Route> {
    [routes![overview, lines, blank, line, add, change], people::group()].concat()
}
