//! Batches: what was measured together, samples and controls, and whether a rejected control holds it.

use diesel::prelude::*;
use jiff::Timestamp;

use super::conn::Conn;
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::{batch, control_result, instrument, method};
use crate::lab::people::Who;

/// A batch as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub id: i64,
    pub code: String,
    pub method: i64,
    pub instrument: Option<i64>,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// Control results that were rejected and that nobody has resolved.
    pub unresolved: i64,
}

/// Whether a rejected control result of the batch waits for a person.
pub(crate) fn held(conn: &mut Conn, batch_id: i64) -> Result<bool, StoreError> {
    Ok(unresolved(conn, batch_id)? > 0)
}

fn unresolved(conn: &mut Conn, batch_id: i64) -> Result<i64, StoreError> {
    Ok(control_result::table
        .filter(control_result::batch_id.eq(batch_id))
        .filter(control_result::outcome.eq("rejected"))
        .filter(control_result::resolved_at.is_null())
        .count()
        .get_result(conn)?)
}

type Row = (i64, String, i64, Option<i64>, String, Option<String>);

fn read(conn: &mut Conn, row: Row) -> Result<Batch, StoreError> {
    let (id, code, method, instrument, opened_at, closed_at) = row;
    let at = |text: &str| instant::read("batch", id, text);
    Ok(Batch {
        opened_at: at(&opened_at)?,
        closed_at: closed_at.as_deref().map(at).transpose()?,
        unresolved: unresolved(conn, id)?,
        id,
        code,
        method,
        instrument,
    })
}

pub fn find(conn: &mut Conn, id: i64) -> Result<Option<Batch>, StoreError> {
    let row: Option<Row> = batch::table.find(id).select(columns()).first(conn).optional()?;
    row.map(|row| read(conn, row)).transpose()
}

type Columns = (batch::id, batch::code, batch::method_id, batch::instrument_id, batch::opened_at, batch::closed_at);

const fn columns() -> Columns {
    (batch::id, batch::code, batch::method_id, batch::instrument_id, batch::opened_at, batch::closed_at)
}

/// The open batch of a method, opened today's date in its code when there is none: readings that come by themselves
/// still belong to what was measured together.
pub(crate) fn open_for(
    tx: &mut Tx<'_>,
    method_id: i64,
    instrument_id: Option<i64>,
    day: &str,
) -> Result<i64, StoreError> {
    let open: Option<i64> = batch::table
        .filter(batch::method_id.eq(method_id))
        .filter(batch::closed_at.is_null())
        .filter(batch::code.like(format!("{day}-%")))
        .order(batch::id.desc())
        .select(batch::id)
        .first(tx.conn)
        .optional()?;
    match open {
        Some(id) => Ok(id),
        None => open_new(tx, method_id, instrument_id, day),
    }
}

/// Opens a batch; its code is the day, the instrument and a running number: `20261124-GC2-1`.
pub(crate) fn open_new(
    tx: &mut Tx<'_>,
    method_id: i64,
    instrument_id: Option<i64>,
    day: &str,
) -> Result<i64, StoreError> {
    let tag: String = match instrument_id {
        Some(id) => instrument::table.find(id).select(instrument::code).first(tx.conn)?,
        None => format!("M{}", method::table.find(method_id).select(method::id).first::<i64>(tx.conn)?),
    };
    let stem = format!("{day}-{tag}-");
    let earlier: i64 = batch::table.filter(batch::code.like(format!("{stem}%"))).count().get_result(tx.conn)?;
    let opened_by = match tx.by {
        Who::Person(actor) => Some(actor.id.0),
        Who::Line(_) | Who::Program => None,
    };
    let id = diesel::insert_into(batch::table)
        .values((
            batch::code.eq(format!("{stem}{}", earlier + 1)),
            batch::method_id.eq(method_id),
            batch::instrument_id.eq(instrument_id),
            batch::opened_at.eq(instant::written(tx.at)),
            batch::opened_by.eq(opened_by),
        ))
        .returning(batch::id)
        .get_result(tx.conn)?;
    tx.record("batch.opened", "batch", id, None)?;
    Ok(id)
}
