//! One line of a list: its form, made from the list's fields, and what keeping it does.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::codes::{self, Code};
use super::contents::{self, Determined};
use super::fields::{self, Choice, Is};
use super::lists::List;
use super::{list_named, rules};
use crate::store::StoreError;
use crate::store::catalogue::{
    self, Analyte, AnalyteMap, Catalogue, Commodity, ControlMaterial, Instrument, Laboratory, LimitValue, Method,
    MethodAnalyte, Place, Plan, PlanItem, Producer,
};
use crate::store::profiles::PREFIX;
use crate::store::work;
use crate::web::Shared;
use crate::web::answer::{Answer, Done, local};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::posted::Posted;
use crate::web::staff::Staff;

/// One field of the form, with what can be chosen.
struct FieldView {
    cell: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: &'static str,
    mode: &'static str,
    required: bool,
    choices: Vec<Choice>,
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
    /// 0: a new line.
    id: i64,
    code_in_address: String,
    fields: Vec<FieldView>,
    is_new: bool,
    can_retire: bool,
    retired: bool,
    /// Who compared a limit with the printed standard; `None`: nobody, or no limit.
    checked_by: Option<String>,
    /// What an instrument sends that its map does not know.
    codes: Vec<Code>,
    /// What a method determines.
    determined: Vec<Determined>,
    analytes: Vec<Choice>,
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
        let choices = fields::choices(shared, &l, field.is, form.value(field.cell)).await?;
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
            is_choice: field.is.is_choice(),
            kind,
            mode,
            choices,
        });
    }
    let analytes = match (list.name, id) {
        ("instruments" | "methods", Some(_)) => {
            fields::choices(shared, &l, Is::Line(fields::Other::Analytes), "").await?
        }
        _ => Vec::new(),
    };
    let (codes, determined) = match (list.name, id) {
        ("instruments", Some(id)) => (codes::unmapped(shared, &l, id).await?, Vec::new()),
        ("methods", Some(id)) => (Vec::new(), contents::determined(shared, &l, id).await?),
        _ => (Vec::new(), Vec::new()),
    };
    let checked_by = match form.get("checked_by").and_then(|text| text.parse::<i64>().ok()) {
        Some(person) => shared.store.reading(work::people).await?.remove(&person),
        None => None,
    };
    Ok(LinePage {
        name: l.name("list", list.name),
        address: id.map_or(format!("/admin/{}/new", list.name), |id| format!("/admin/{}/{id}", list.name)),
        is_new: id.is_none(),
        code_in_address: rocket::http::RawStr::new(form.value("code")).percent_encode().to_string(),
        id: id.unwrap_or_default(),
        can_retire: list.retires && id.is_some(),
        retired: form.get("retired_at").is_some(),
        checked_by,
        codes,
        determined,
        analytes,
        fields,
        list,
        form,
        l,
        staff,
    })
}

#[get("/admin/<list>/new", rank = 20)]
async fn blank(list: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<Answer<LinePage>, Error> {
    let list = list_named(list)?;
    // There is one laboratory: it is changed, not added.
    if list.name == "laboratory"
        && let Some(one) = shared.store.list::<Laboratory>().await?.first()
    {
        return Ok(Done::to(format!("/admin/laboratory/{}", one.id)).into());
    }
    let form = list.fields.iter().fold(Form::new(&staff.csrf), |form, field| {
        if field.preset.is_empty() { form } else { form.with(field.cell, field.preset) }
    });
    Ok(Answer::shown(line_page(shared, staff, l, form, list, None).await?))
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
    Ok(with_state(form.with("version", line.version()), &line))
}

/// What the page shows of a line beside its fields; never taken from what a browser sends.
fn with_state<T: Catalogue>(mut form: Form, line: &T) -> Form {
    for cell in ["retired_at", "checked_by"] {
        form.set(cell, line.cell(cell).unwrap_or_default());
    }
    form
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
    if let Some(code) = form.get("driver").and_then(|driver| driver.strip_prefix(PREFIX))
        && shared.store.profile(code.to_owned()).await?.is_none_or(|one| one.retired_at.is_some())
    {
        form.refuse("driver", "error-field-choice");
    }
    if list.name == "instruments" {
        rules::preset_serial(shared, &mut form).await?;
    }
    let kept = of_list!(list, keep_line(shared, &staff, &l, list, id, &mut form))?;
    if !kept {
        return Ok(Answer::again(line_page(shared, staff, l, form, list, id).await?));
    }
    if list.name == "instruments" {
        // The lines follow the set-up at once.
        crate::web::lines::reload(shared, None).await?;
    }
    let name = form.get("name").or(form.get("code")).or(form.get("written")).unwrap_or_default();
    // A part of an instrument or a method leads back to where it was added.
    let back = form.get("back").map_or(format!("/admin/{}", list.name), |back| local(back).to_owned());
    Ok(Done::to(back).saying(Message::new("admin-kept").with("name", name)).into())
}

/// Reads the form into the line and keeps it; `false` when a field is wrong and says so.
async fn keep_line<T: Catalogue>(
    shared: &Shared,
    staff: &Staff,
    l: &Locale,
    list: &'static List,
    id: Option<i64>,
    form: &mut Form,
) -> Result<bool, Error> {
    let now = shared.clock.now();
    let mut line = match id {
        Some(id) => shared.store.line::<T>(id).await?.ok_or(Error::NotFound)?,
        None => {
            let mut fresh = T::default();
            fresh.fill("created_at", Some(catalogue::written(now)));
            fresh
        }
    };
    if id.is_some() {
        *form = with_state(std::mem::take(form), &line);
        if !form.is("version", &line.version().to_string()) {
            say_stale(shared, l, list, &line, form).await?;
            return Ok(false);
        }
    }
    let mut changed = false;
    for field in list.fields {
        let text = form.get(field.cell).map(str::to_owned);
        if field.required && text.is_none() {
            form.refuse(field.cell, "error-field-required");
            continue;
        }
        let read = text.as_deref().map(|text| field.is.read(text)).transpose();
        match read {
            Err(key) => form.refuse(field.cell, Message::new(key).with("found", text.unwrap_or_default())),
            Ok(read) => {
                changed |= line.cell(field.cell) != read;
                line.fill(field.cell, read);
            }
        }
    }
    rules::check(shared, list, form, id).await?;
    let why = form.get("why").map(str::to_owned);
    let act = form.value("act").to_owned();
    match act.as_str() {
        "retire" | "restore" if why.is_none() => form.refuse("why", "error-field-required"),
        "retire" => {
            line.fill("retired_at", Some(catalogue::written(now)));
        }
        "restore" => {
            line.fill("retired_at", None);
        }
        _ => (),
    }
    match list.name {
        // Whoever changes a limit has not yet compared it: the check lapses unless it is given with the change.
        "limits" if act == "check" => {
            line.fill("checked_by", Some(staff.actor.id.0.to_string()));
        }
        "limits" if changed => {
            line.fill("checked_by", None);
        }
        "instruments" => {
            let on = form.is("line_on", "on");
            let since = line.cell("line_enabled_at");
            line.fill("line_enabled_at", on.then(|| since.unwrap_or_else(|| catalogue::written(now))));
        }
        "laboratory" => {
            line.fill("updated_at", Some(catalogue::written(now)));
        }
        _ => (),
    }
    if !form.is_ok() {
        return Ok(false);
    }
    let kept = match id {
        Some(_) => shared.store.change(staff.who(), now, line, why).await,
        None => shared.store.add(staff.who(), now, line).await.map(|_| ()),
    };
    match (kept, id) {
        (Ok(()), _) => Ok(true),
        (Err(StoreError::Taken { field, .. }), _) => {
            form.refuse(field, "error-field-taken");
            Ok(false)
        }
        (Err(StoreError::Unknown { field, .. }), _) => {
            form.refuse(field, "error-unknown-line");
            Ok(false)
        }
        (Err(StoreError::Stale { .. }), Some(id)) => {
            let line = shared.store.line::<T>(id).await?.ok_or(Error::NotFound)?;
            say_stale(shared, l, list, &line, form).await?;
            Ok(false)
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// Somebody else changed the line meanwhile: says so, and beside each field what stands there now; what was typed
/// stays, and keeping it again replaces theirs knowingly.
async fn say_stale<T: Catalogue>(
    shared: &Shared,
    l: &Locale,
    list: &'static List,
    line: &T,
    form: &mut Form,
) -> Result<(), Error> {
    form.set("version", line.version());
    form.refuse("why", "error-line-stale");
    for field in list.fields {
        let now = line.cell(field.cell).unwrap_or_default();
        if form.get(field.cell).unwrap_or_default() == now {
            continue;
        }
        let names = fields::names(shared, l, field.is, vec![now.clone()]).await?;
        let shown = names.into_iter().find(|(value, _)| *value == now).map_or(now, |(_, name)| name);
        let shown = if shown.is_empty() { l.t("admin-nothing") } else { shown };
        form.refuse(field.cell, Message::new("error-field-stale").with("now", shown));
    }
    Ok(())
}

pub fn group() -> Vec<Route> {
    routes![blank, line, add, change]
}
