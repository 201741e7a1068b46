//! What was scanned at a bench: the next weighing there belongs to it.

use diesel::prelude::*;

use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::scan;
use crate::lab::people::Who;

/// Keeps that a sample's code was scanned at a bench.
pub(crate) fn add(tx: &mut Tx<'_>, bench: i64, code: &str, sample: i64) -> Result<i64, StoreError> {
    let by = match tx.by {
        Who::Person(actor) => actor.id.0,
        Who::Line(_) | Who::Program => return Err(StoreError::corrupt("scan", 0, "a person scans")),
    };
    let id = diesel::insert_into(scan::table)
        .values((
            scan::bench_id.eq(bench),
            scan::code.eq(code),
            scan::sample_id.eq(sample),
            scan::by_id.eq(by),
            scan::at.eq(instant::written(tx.at)),
        ))
        .returning(scan::id)
        .get_result(tx.conn)?;
    tx.record("sample.scanned", "scan", id, None)?;
    Ok(id)
}
