//! How far a monitoring plan has come: planned, sampled, and tested to the end.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::schema::{commodity, method, place, plan, plan_item, sample};
use crate::lab::sampling::form::Class;
use crate::lab::sampling::plan::{Planned, Progress};
use crate::lab::sampling::sample::State;

/// A plan with its items, in the order they were planned.
#[derive(Debug, Clone)]
pub struct Underway {
    pub code: String,
    pub name: String,
    pub class: Class,
    pub starts_on: String,
    pub ends_on: String,
    pub items: Vec<Item>,
}

/// How many samples of what, where and by which method, and how many of them there are.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: i64,
    pub commodity: String,
    pub commodity_en: String,
    /// `None`: anywhere.
    pub place: Option<String>,
    pub method: Option<String>,
    pub progress: Progress,
}

type PlanRow = (i64, String, String, String, String, String);
type ItemRow = (i64, i64, String, String, Option<String>, Option<String>, i64);

/// Every plan, the latest first.
pub(crate) fn underway(conn: &mut Conn) -> Result<Vec<Underway>, StoreError> {
    let plans: Vec<PlanRow> = plan::table
        .order((plan::starts_on.desc(), plan::id.desc()))
        .select((plan::id, plan::code, plan::name, plan::kind, plan::starts_on, plan::ends_on))
        .load(conn)?;
    let rows: Vec<ItemRow> = plan_item::table
        .inner_join(commodity::table)
        .left_join(place::table)
        .left_join(method::table)
        .order(plan_item::id)
        .select((
            plan_item::id,
            plan_item::plan_id,
            commodity::name,
            commodity::name_en,
            place::name.nullable(),
            method::code.nullable(),
            plan_item::quota,
        ))
        .load(conn)?;
    let sampled = sampled(conn)?;
    plans
        .into_iter()
        .map(|(id, code, name, kind, starts_on, ends_on)| {
            let items = rows.iter().filter(|(_, plan, ..)| *plan == id).map(|row| item(row, &sampled)).collect();
            let class = kind.parse().map_err(|error| StoreError::corrupt("plan", id, error))?;
            Ok(Underway { code, name, class, starts_on, ends_on, items })
        })
        .collect()
}

fn item(row: &ItemRow, sampled: &BTreeMap<i64, Vec<(State, i64)>>) -> Item {
    let (id, _, commodity, commodity_en, place, method, quota) = row.clone();
    let found = sampled.get(&id).map(Vec::as_slice).unwrap_or_default();
    Item { id, commodity, commodity_en, place, method, progress: Planned(quota).progress(found) }
}

/// For each item, how many of its samples stand in which state.
fn sampled(conn: &mut Conn) -> Result<BTreeMap<i64, Vec<(State, i64)>>, StoreError> {
    let rows: Vec<(Option<i64>, String, i64)> = sample::table
        .filter(sample::plan_item_id.is_not_null())
        .group_by((sample::plan_item_id, sample::state))
        .select((sample::plan_item_id, sample::state, count_star()))
        .load(conn)?;
    let mut sampled: BTreeMap<i64, Vec<(State, i64)>> = BTreeMap::new();
    for (item, state, count) in rows {
        let Some(item) = item else { continue };
        let state = state.parse().map_err(|error| StoreError::corrupt("sample", item, error))?;
        sampled.entry(item).or_default().push((state, count));
    }
    Ok(sampled)
}

impl Store {
    /// Every monitoring plan with how far it has come, the latest first.
    pub async fn plans(&self) -> Result<Vec<Underway>, StoreError> {
        self.reading(underway).await
    }
}
