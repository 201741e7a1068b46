//! What was scanned at a bench, and the masses weighed after it: the next weighing there belongs to it.

use diesel::prelude::*;
use jiff::Timestamp;

use super::catalogue::{Place, must_exist};
use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::{sample, scan, weighing};
use crate::lab::people::Who;

/// Keeps that a sample's code was scanned at a bench.
pub(crate) fn add(tx: &mut Tx<'_>, bench: i64, code: &str, sample: i64) -> Result<i64, StoreError> {
    must_exist::<Place>(tx.conn, Some(bench), "scan", "bench")?;
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

/// A mass that was weighed, and where it belongs.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Weighed<'a> {
    pub reading: i64,
    /// `None`: nobody had scanned, and a person said later which sample it was.
    pub scan: Option<i64>,
    pub sample: i64,
    pub mass: &'a str,
    pub unit: &'a str,
    pub at: Timestamp,
}

/// Keeps the mass of a sample.
pub(in crate::store) fn weigh(tx: &mut Tx<'_>, it: Weighed<'_>, reason: Option<&str>) -> Result<(), StoreError> {
    let id: i64 = diesel::insert_into(weighing::table)
        .values((
            weighing::reading_id.eq(it.reading),
            weighing::scan_id.eq(it.scan),
            weighing::sample_id.eq(it.sample),
            weighing::mass.eq(it.mass.trim()),
            weighing::unit.eq(it.unit),
            weighing::at.eq(instant::written(it.at)),
        ))
        .returning(weighing::id)
        .get_result(tx.conn)?;
    tx.record("sample.weighed", "weighing", id, reason)?;
    Ok(())
}

/// A scan, with the masses weighed after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    pub at: Timestamp,
    pub sample: String,
    pub blind_code: String,
    pub commodity: String,
    pub masses: Vec<String>,
}

/// The last scans at a bench, newest first.
pub(crate) fn last(conn: &mut Conn, bench: i64, count: i64) -> Result<Vec<Scan>, StoreError> {
    let rows: Vec<(i64, String, String, String, String)> = scan::table
        .inner_join(sample::table)
        .filter(scan::bench_id.eq(bench))
        .order(scan::id.desc())
        .limit(count)
        .select((scan::id, scan::at, sample::code, sample::blind_code, sample::commodity_written))
        .load(conn)?;
    let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
    let weighed: Vec<(Option<i64>, String, String)> = weighing::table
        .filter(weighing::scan_id.eq_any(ids.iter().copied().map(Some).collect::<Vec<_>>()))
        .order(weighing::id)
        .select((weighing::scan_id, weighing::mass, weighing::unit))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, at, sample, blind_code, commodity)| {
            let own = weighed.iter().filter(|(scan, ..)| *scan == Some(id));
            let masses = own.map(|(_, mass, unit)| format!("{mass} {unit}")).collect();
            Ok(Scan { at: instant::read("scan", id, &at)?, sample, blind_code, commodity, masses })
        })
        .collect()
}

impl Store {
    /// Keeps that a person scanned a sample's code at a bench.
    pub async fn scan(&self, by: Who, at: Timestamp, bench: i64, code: String, sample: i64) -> Result<i64, StoreError> {
        self.writing(by, at, move |tx| add(tx, bench, &code, sample)).await
    }
}
