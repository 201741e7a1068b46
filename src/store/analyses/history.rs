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

type Row = (i64, String, String, String, Option<String>, Option<String>, Option<i64>, String);
type Columns = (
    analysis_event::id,
    analysis_event::step,
    analysis_event::from_state,
    analysis_event::to_state,
    analysis_event::value,
    analysis_event::reason,
    analysis_event::by_id,
    analysis_event::at,
);

const COLUMNS: Columns = (
    analysis_event::id,
    analysis_event::step,
    analysis_event::from_state,
    analysis_event::to_state,
    analysis_event::value,
    analysis_event::reason,
    analysis_event::by_id,
    analysis_event::at,
);

fn read((row, step, from, to, value, reason, by, at): Row) -> Result<Happened, StoreError> {
    let corrupt = |error: crate::lab::words::Unknown| StoreError::corrupt("analysis_event", row, error);
    Ok(Happened {
        step: step.parse().map_err(corrupt)?,
        from: from.parse().map_err(corrupt)?,
        to: to.parse().map_err(corrupt)?,
        at: instant::read("analysis_event", row, &at)?,
        by: by.map(PersonId),
        value,
        reason,
    })
}

/// The steps of one analysis, in order.
pub fn history(conn: &mut Conn, id: i64) -> Result<Vec<Happened>, StoreError> {
    let rows: Vec<Row> = analysis_event::table
        .filter(analysis_event::analysis_id.eq(id))
        .order(analysis_event::n)
        .select(COLUMNS)
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The steps of every analysis of a sample, each with its analysis, in order.
pub fn history_of_sample(conn: &mut Conn, sample: i64) -> Result<Vec<(i64, Happened)>, StoreError> {
    let rows: Vec<(i64, Row)> = analysis_event::table
        .inner_join(analysis::table)
        .filter(analysis::sample_id.eq(sample))
        .order(analysis_event::id)
        .select((analysis::id, COLUMNS))
        .load(conn)?;
    rows.into_iter().map(|(id, row)| Ok((id, read(row)?))).collect()
}
