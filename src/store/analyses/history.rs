//! What happened to analyses, step by step.

use diesel::prelude::*;
use jiff::Timestamp;

use crate::lab::analysis::status;
use crate::lab::people::PersonId;
use crate::store::conn::Conn;
use crate::store::error::StoreError;
use crate::store::instant;
use crate::store::schema::{analysis, analysis_event};

/// One step of an analysis' history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    pub step: status::StepName,
    pub from: status::State,
    pub to: status::State,
    pub value: Option<String>,
    pub reason: Option<String>,
    pub by: Option<PersonId>,
    pub at: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = analysis_event)]
struct Row {
    id: i64,
    step: String,
    from_state: String,
    to_state: String,
    value: Option<String>,
    reason: Option<String>,
    by_id: Option<i64>,
    at: String,
}

impl TryFrom<Row> for Happened {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |error: crate::lab::words::Unknown| StoreError::corrupt("analysis_event", row.id, error);
        Ok(Self {
            step: row.step.parse().map_err(corrupt)?,
            from: row.from_state.parse().map_err(corrupt)?,
            to: row.to_state.parse().map_err(corrupt)?,
            at: instant::read("analysis_event", row.id, &row.at)?,
            by: row.by_id.map(PersonId),
            value: row.value,
            reason: row.reason,
        })
    }
}

/// The steps of one analysis, in order.
pub fn history(conn: &mut Conn, id: i64) -> Result<Vec<Happened>, StoreError> {
    let rows: Vec<Row> = analysis_event::table
        .filter(analysis_event::analysis_id.eq(id))
        .order(analysis_event::n)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Happened::try_from).collect()
}

/// The steps of every analysis of a sample, each with its analysis, in order.
pub fn history_of_sample(conn: &mut Conn, sample: i64) -> Result<Vec<(i64, Happened)>, StoreError> {
    let rows: Vec<(i64, Row)> = analysis_event::table
        .inner_join(analysis::table)
        .filter(analysis::sample_id.eq(sample))
        .order(analysis_event::id)
        .select((analysis::id, Row::as_select()))
        .load(conn)?;
    rows.into_iter().map(|(id, row)| Ok((id, row.try_into()?))).collect()
}
