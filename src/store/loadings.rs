//! Which sample or control stands at which place of an instrument that knows places only.

use diesel::prelude::*;
use jiff::Timestamp;

use super::catalogue::{ControlMaterial, must_exist};
use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::{control_material, loading, sample};
use crate::lab::people::Who;

/// What is put at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    Sample(i64),
    Material(i64),
}

/// Puts something at a place; what stood there before is cleared.
pub(crate) fn place(tx: &mut Tx<'_>, instrument: i64, position: &str, put: Put) -> Result<i64, StoreError> {
    if let Put::Material(id) = put {
        must_exist::<ControlMaterial>(tx.conn, Some(id), "loading", "material")?;
    }
    clear(tx, instrument, Some(position))?;
    let by = match tx.by {
        Who::Person(actor) => actor.id.0,
        Who::Line(_) | Who::Program => return Err(StoreError::corrupt("loading", 0, "a place is filled by a person")),
    };
    let (sample, material) = match put {
        Put::Sample(id) => (Some(id), None),
        Put::Material(id) => (None, Some(id)),
    };
    let id = diesel::insert_into(loading::table)
        .values((
            loading::instrument_id.eq(instrument),
            loading::position.eq(position),
            loading::sample_id.eq(sample),
            loading::material_id.eq(material),
            loading::placed_by.eq(by),
            loading::placed_at.eq(instant::written(tx.at)),
        ))
        .returning(loading::id)
        .get_result(tx.conn)?;
    tx.record("loading.placed", "loading", id, None)?;
    Ok(id)
}

/// Takes away what stands at one place, or at all of them.
pub(crate) fn clear(tx: &mut Tx<'_>, instrument: i64, position: Option<&str>) -> Result<(), StoreError> {
    let mut query = loading::table
        .filter(loading::instrument_id.eq(instrument))
        .filter(loading::cleared_at.is_null())
        .select(loading::id)
        .into_boxed();
    if let Some(position) = position {
        query = query.filter(loading::position.eq(position.to_owned()));
    }
    let standing: Vec<i64> = query.load(tx.conn)?;
    for id in standing {
        diesel::update(loading::table.find(id))
            .set(loading::cleared_at.eq(instant::written(tx.at)))
            .execute(tx.conn)?;
        tx.record("loading.cleared", "loading", id, None)?;
    }
    Ok(())
}

/// What stands at each place: the position, and the sample's blind code or the control's name.
pub(crate) fn standing(conn: &mut Conn, instrument: i64) -> Result<Vec<(String, String)>, StoreError> {
    let rows: Vec<(String, Option<String>, Option<String>, Option<String>)> = loading::table
        .left_join(sample::table)
        .left_join(control_material::table)
        .filter(loading::instrument_id.eq(instrument))
        .filter(loading::cleared_at.is_null())
        .order(loading::id)
        .select((
            loading::position,
            sample::blind_code.nullable(),
            sample::commodity_written.nullable(),
            control_material::name.nullable(),
        ))
        .load(conn)?;
    let named = |(position, code, commodity, control): (String, Option<String>, Option<String>, Option<String>)| {
        let what = match (code, control) {
            (Some(code), _) => format!("{code} {}", commodity.unwrap_or_default()),
            (None, control) => control.unwrap_or_default(),
        };
        (position, what)
    };
    Ok(rows.into_iter().map(named).collect())
}

impl Store {
    /// Puts something at a place of an instrument; what stood there before is cleared.
    pub async fn put(
        &self,
        by: Who,
        at: Timestamp,
        instrument: i64,
        position: String,
        put: Put,
    ) -> Result<i64, StoreError> {
        self.writing(by, at, move |tx| place(tx, instrument, &position, put)).await
    }
}
