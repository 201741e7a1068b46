//! Analyses: ordered on a sample, moved by the steps of their machine, every step kept.

mod history;
mod order;
mod steps;

use diesel::prelude::*;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::conn::Conn;
use super::error::StoreError;
use super::instant;
use super::schema::analysis;
use crate::lab::analysis::order::Snapshot;
use crate::lab::analysis::status::Status;

pub use self::history::{Happened, history, history_of_sample};
pub use self::order::OrderError;
pub(crate) use self::order::order;
pub use self::steps::StepError;
pub(crate) use self::steps::{move_sample, take_step};

/// An analysis with what its pages and its verdict need.
#[derive(Debug, Clone)]
pub struct Analysis {
    pub id: i64,
    pub sample: i64,
    pub method: i64,
    pub analyte: i64,
    pub batch: Option<i64>,
    pub unit: String,
    pub lod: Option<Decimal>,
    pub loq: Option<Decimal>,
    /// Decimals the method reports.
    pub decimals: u32,
    pub snapshot: Snapshot,
    pub status: Status,
    pub version: i64,
    pub ordered_at: Timestamp,
    pub ordered_by: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = analysis)]
struct Row {
    id: i64,
    sample_id: i64,
    method_id: i64,
    analyte_id: i64,
    batch_id: Option<i64>,
    unit: String,
    lod: Option<String>,
    loq: Option<String>,
    decimals: i64,
    limit_snapshot: String,
    status: String,
    version: i64,
    ordered_at: String,
    ordered_by: i64,
}

impl TryFrom<Row> for Analysis {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |what: &dyn std::fmt::Display| StoreError::corrupt("analysis", row.id, what);
        let decimal = |text: &Option<String>| {
            text.as_deref().map(str::parse::<Decimal>).transpose().map_err(|error| corrupt(&error))
        };
        Ok(Self {
            id: row.id,
            sample: row.sample_id,
            method: row.method_id,
            analyte: row.analyte_id,
            batch: row.batch_id,
            lod: decimal(&row.lod)?,
            loq: decimal(&row.loq)?,
            decimals: u32::try_from(row.decimals).map_err(|error| corrupt(&error))?,
            snapshot: serde_json::from_str(&row.limit_snapshot).map_err(|error| corrupt(&error))?,
            status: serde_json::from_str(&row.status).map_err(|error| corrupt(&error))?,
            version: row.version,
            ordered_at: instant::read("analysis", row.id, &row.ordered_at)?,
            ordered_by: row.ordered_by,
            unit: row.unit,
        })
    }
}

pub fn find(conn: &mut Conn, id: i64) -> Result<Option<Analysis>, StoreError> {
    let row: Option<Row> = analysis::table.find(id).select(Row::as_select()).first(conn).optional()?;
    row.map(Analysis::try_from).transpose()
}

pub(in crate::store) fn with_ids(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Analysis>, StoreError> {
    let rows: Vec<Row> =
        analysis::table.filter(analysis::id.eq_any(ids)).order(analysis::id).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(Analysis::try_from).collect()
}

/// The analyses of one sample, in the order they were ordered.
pub fn of_sample(conn: &mut Conn, sample_id: i64) -> Result<Vec<Analysis>, StoreError> {
    let rows: Vec<Row> = analysis::table
        .filter(analysis::sample_id.eq(sample_id))
        .order(analysis::id)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Analysis::try_from).collect()
}
fn json<T: serde::Serialize>(table: &'static str, id: i64, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::corrupt(table, id, error))
}
