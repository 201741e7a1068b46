//! The set-up at a glance: every list with how much is in it, and what an administrator should look after.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use super::lists::LISTS;
use crate::acquire::Word;
use crate::lab::people::Act;
use crate::store::catalogue::{
    Analyte, AnalyteMap, Catalogue, Commodity, ControlMaterial, Instrument, Laboratory, LimitValue, Method,
    MethodAnalyte, Place, Plan, PlanItem, Producer,
};
use crate::web::Shared;
use crate::web::display::Stamp;
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

/// A list on the overview.
struct Tile {
    address: String,
    name: String,
    why: String,
    count: i64,
}

/// A line that is on and has said nothing for a day, or cannot be opened.
struct Silent {
    code: String,
    last: Option<Stamp>,
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
    unchecked: i64,
    silent: Vec<Silent>,
    leaves: u64,
    backup: Option<Stamp>,
    backup_is_old: bool,
}

/// A line that is switched on and silent for longer is worth a look.
const SILENT_AFTER_HOURS: i64 = 24;
/// The manual asks for a backup every night; one missed night may be seen to the next day.
const BACKUP_AFTER_HOURS: i64 = 48;

async fn count<T: Catalogue>(shared: &Shared) -> Result<i64, Error> {
    Ok(shared.store.in_use::<T>().await?)
}

#[get("/admin")]
async fn overview(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<OverviewPage, Error> {
    let mut tiles = Vec::new();
    for list in LISTS {
        tiles.push(Tile {
            address: format!("/admin/{}", list.name),
            name: l.name("list", list.name),
            why: l.name("list-why", list.name),
            count: of_list!(list, count(shared))?,
        });
    }
    let now = shared.clock.now();
    let hours_since = |at: jiff::Timestamp| now.duration_since(at).as_hours();
    let states = shared.lines.as_ref().map(|lines| lines.snapshot()).unwrap_or_default();
    let silent = states
        .iter()
        .filter(|line| line.word != Word::Off)
        .filter(|line| hours_since(line.last_message_at.unwrap_or(line.since)) >= SILENT_AFTER_HOURS)
        .map(|line| Silent { code: line.instrument.clone(), last: line.last_message_at.map(|at| l.ago(at)) })
        .collect();
    let backup = shared.store.last_backup().await?;
    Ok(OverviewPage {
        people: shared.store.people().await?.iter().filter(|person| person.disabled_at.is_none()).count(),
        may_manage_people: staff.actor.may(Act::ManagePeople),
        begin: tiles.iter().any(|tile| tile.count == 0),
        unchecked: shared.store.unchecked_limits().await?,
        leaves: shared.store.ledger_size().await?,
        backup: backup.map(|at| l.ago(at)),
        backup_is_old: backup.is_none_or(|at| hours_since(at) >= BACKUP_AFTER_HOURS),
        silent,
        tiles,
        l,
        staff,
    })
}

pub fn group() -> Vec<Route> {
    routes![overview]
}
