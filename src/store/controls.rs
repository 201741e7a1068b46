//! Control results: each judged by the Westgard rules as on its own day, and resolved by a person when rejected.

mod shown;

use diesel::prelude::*;
use jiff::Timestamp;
use rust_decimal::Decimal;

pub(in crate::store) use shown::in_batches;
pub use shown::{Kept, Material, Which};
pub(crate) use shown::{materials, results, with_ids};

use super::batches;
use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::{control_material, control_result};
use crate::lab::people::Who;
use crate::lab::qc::chart::{self, Measured, Plotted};
use crate::lab::qc::material::Target;
use crate::lab::qc::westgard::Rules;
use crate::lab::zone;

/// The rules look back ten results; a little more, so that a chart's left edge judges like its middle.
const LOOK_BACK: i64 = 30;

/// A control result before it is judged.
#[derive(Debug, Clone, Copy)]
pub struct NewResult {
    pub material: i64,
    pub batch: Option<i64>,
    pub reading: Option<i64>,
    pub value: Decimal,
    /// When it was measured.
    pub at: Timestamp,
}

/// Keeps a control result with what the rules say of it; answers its id.
pub(crate) fn add(tx: &mut Tx<'_>, new: NewResult) -> Result<i64, StoreError> {
    let NewResult { material, batch, reading, value, at } = new;
    let mut series = earlier(tx.conn, material, LOOK_BACK)?;
    series.push(Measured { result: value, batch });
    let target = target(tx.conn, material)?;
    let judged: Plotted = chart::plot(&target, &Rules::default(), &series)
        .and_then(|plotted| plotted.into_iter().next_back())
        .ok_or_else(|| StoreError::corrupt("control_material", material, "a result too large to judge"))?;
    let rules: Vec<&str> = judged.rules.iter().map(|rule| rule.name()).collect();
    let by = match tx.by {
        Who::Person(actor) => Some(actor.id.0),
        Who::Line(_) | Who::Program => None,
    };
    let id = diesel::insert_into(control_result::table)
        .values((
            control_result::material_id.eq(material),
            control_result::batch_id.eq(batch),
            control_result::reading_id.eq(reading),
            control_result::value.eq(value.to_string()),
            control_result::at.eq(instant::written(at)),
            control_result::by_id.eq(by),
            control_result::outcome.eq(judged.outcome.name()),
            control_result::rules.eq(rules.join(" ")),
            control_result::version.eq(1),
        ))
        .returning(control_result::id)
        .get_result(tx.conn)?;
    tx.record("control.measured", "control_result", id, None)?;
    Ok(id)
}

/// The last results of a material, oldest first.
pub(in crate::store) fn earlier(conn: &mut Conn, material: i64, count: i64) -> Result<Vec<Measured>, StoreError> {
    let rows: Vec<(i64, String, Option<i64>)> = control_result::table
        .filter(control_result::material_id.eq(material))
        .order(control_result::id.desc())
        .limit(count)
        .select((control_result::id, control_result::value, control_result::batch_id))
        .load(conn)?;
    rows.into_iter()
        .rev()
        .map(|(id, value, batch)| {
            let result = value.parse().map_err(|error| StoreError::corrupt("control_result", id, error))?;
            Ok(Measured { result, batch })
        })
        .collect()
}

/// The mean and standard deviation assigned to a material.
pub(in crate::store) fn target(conn: &mut Conn, material: i64) -> Result<Target, StoreError> {
    let (mean, s): (String, String) =
        control_material::table.find(material).select((control_material::mean, control_material::s)).first(conn)?;
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("control_material", material, error);
    let number = |text: &str| text.parse::<Decimal>().map_err(|error| corrupt(&error));
    Target::assigned(number(&mean)?, number(&s)?).map_err(|fault| corrupt(&fault))
}

/// The material with this code for this analyte.
pub(crate) fn material_of(conn: &mut Conn, code: &str, analyte: i64) -> Result<i64, StoreError> {
    Ok(control_material::table
        .filter(control_material::code.eq(code))
        .filter(control_material::analyte_id.eq(analyte))
        .select(control_material::id)
        .first(conn)?)
}

/// A person has looked into a rejected result: the reason is kept, and the batch is free again.
pub(crate) fn resolve(tx: &mut Tx<'_>, id: i64, version: i64, resolution: &str) -> Result<(), StoreError> {
    let by = match tx.by {
        Who::Person(actor) => actor.id.0,
        Who::Line(_) | Who::Program => {
            return Err(StoreError::corrupt("control_result", id, "a resolution needs a person"));
        }
    };
    let open = control_result::table
        .find(id)
        .filter(control_result::version.eq(version))
        .filter(control_result::resolved_at.is_null());
    let changed = diesel::update(open)
        .set((
            control_result::resolved_at.eq(instant::written(tx.at)),
            control_result::resolved_by.eq(by),
            control_result::resolution.eq(resolution),
            control_result::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(StoreError::Stale { table: "control_result", id });
    }
    tx.record("control.resolved", "control_result", id, Some(resolution))?;
    Ok(())
}

/// The method a material controls.
pub(crate) fn method_of(conn: &mut Conn, material: i64) -> Result<i64, StoreError> {
    Ok(control_material::table.find(material).select(control_material::method_id).first(conn)?)
}

impl Store {
    /// A control result that a person typed, in the open batch of its method.
    pub async fn type_control(&self, by: Who, at: Timestamp, material: i64, value: Decimal) -> Result<i64, StoreError> {
        self.writing(by, at, move |tx| {
            let method = method_of(tx.conn, material)?;
            let day = zone::day(tx.at).strftime("%Y%m%d").to_string();
            let batch = batches::open_for(tx, method, None, &day)?;
            add(tx, NewResult { material, batch: Some(batch), reading: None, value, at })
        })
        .await
    }

    pub async fn resolve_control(
        &self,
        by: Who,
        at: Timestamp,
        id: i64,
        version: i64,
        resolution: String,
    ) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| resolve(tx, id, version, &resolution)).await
    }
}
