//! Transmissions as they were kept: their bytes, what the link made of them, the chromatograms in them.

use diesel::dsl::{count, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use jiff::Timestamp;

use super::chromatograms::{self, Kept};
use super::conn::Conn;
use super::error::StoreError;
use super::instant;
use super::schema::{chromatogram, instrument, reading, transmission};
use crate::lab::analysis::matching::Fate;

/// What the link made of a stretch of a transmission.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Stretch {
    pub offset: usize,
    pub len: usize,
    pub kind: String,
    pub fault: Option<String>,
    /// Our answer, in hex.
    pub answer: String,
    pub at: String,
}

/// A transmission without its bytes.
#[derive(Debug, Clone)]
pub struct Transmission {
    pub id: i64,
    pub instrument: String,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub state: String,
    pub fault: Option<String>,
    pub sha256: String,
    /// The file's name below the watched folder; `None`: it came over a wire.
    pub file: Option<String>,
    pub modified_at: Option<Timestamp>,
    /// The file of the same name before this one.
    pub corrects: Option<i64>,
    /// What read it, and in which revision; `None`: before that was kept, or there was no driver.
    pub driver: Option<String>,
    pub revision: Option<String>,
}

type SentRow = (
    (i64, String, String, String, String, Option<String>, String),
    (Option<String>, Option<String>, Option<i64>, Option<String>, Option<String>),
);

macro_rules! sent_row {
    () => {
        (
            (
                transmission::id,
                instrument::code,
                transmission::started_at,
                transmission::ended_at,
                transmission::state,
                transmission::fault,
                transmission::sha256,
            ),
            (
                transmission::file_name,
                transmission::file_modified_at,
                transmission::corrects_id,
                transmission::driver,
                transmission::driver_revision,
            ),
        )
    };
}

fn sent(row: SentRow) -> Result<Transmission, StoreError> {
    let ((id, instrument, started_at, ended_at, state, fault, sha256), (file, modified_at, corrects, driver, revision)) =
        row;
    Ok(Transmission {
        started_at: instant::read("transmission", id, &started_at)?,
        ended_at: instant::read("transmission", id, &ended_at)?,
        modified_at: modified_at.as_deref().map(|text| instant::read("transmission", id, text)).transpose()?,
        id,
        instrument,
        state,
        fault,
        sha256,
        file,
        corrects,
        driver,
        revision,
    })
}

/// The newest transmissions of an instrument.
pub(crate) fn list(conn: &mut Conn, instrument_id: i64, count: i64) -> Result<Vec<Transmission>, StoreError> {
    let rows: Vec<SentRow> = transmission::table
        .inner_join(instrument::table)
        .filter(transmission::instrument_id.eq(instrument_id))
        .order(transmission::id.desc())
        .limit(count)
        .select(sent_row!())
        .load(conn)?;
    rows.into_iter().map(sent).collect()
}

/// A file of a watched folder as it was taken in.
#[derive(Debug, Clone)]
pub struct Import {
    pub transmission: Transmission,
    pub size: i64,
    pub readings: i64,
    /// Readings that still wait for a person.
    pub held: i64,
    pub chromatograms: i64,
    /// A later file of the same name.
    pub corrected_by: Option<i64>,
}

/// The newest files of an instrument.
pub(crate) fn imports(conn: &mut Conn, instrument_id: i64, limit: i64) -> Result<Vec<Import>, StoreError> {
    let size = sql::<BigInt>("CAST(length(transmission.bytes) AS BIGINT)");
    let rows: Vec<(SentRow, i64)> = transmission::table
        .inner_join(instrument::table)
        .filter(transmission::instrument_id.eq(instrument_id))
        .filter(transmission::file_name.is_not_null())
        .order(transmission::id.desc())
        .limit(limit)
        .select((sent_row!(), size))
        .load(conn)?;
    let ids: Vec<i64> = rows.iter().map(|(row, _)| row.0.0).collect();
    let fates: Vec<(i64, String, i64)> = reading::table
        .filter(reading::transmission_id.eq_any(&ids))
        .group_by((reading::transmission_id, reading::fate))
        .select((reading::transmission_id, reading::fate, count(reading::id)))
        .load(conn)?;
    let signals: Vec<(i64, i64)> = chromatogram::table
        .filter(chromatogram::transmission_id.eq_any(&ids))
        .group_by(chromatogram::transmission_id)
        .select((chromatogram::transmission_id, count(chromatogram::id)))
        .load(conn)?;
    let later: Vec<(Option<i64>, i64)> = transmission::table
        .filter(transmission::corrects_id.eq_any(&ids))
        .select((transmission::corrects_id, transmission::id))
        .load(conn)?;
    let import = |(row, size): (SentRow, i64)| {
        let transmission = sent(row)?;
        let id = transmission.id;
        let of = |held_only: bool| {
            let own = fates.iter().filter(|(of, fate, _)| *of == id && (!held_only || fate == Fate::Held.name()));
            own.map(|(.., count)| count).sum()
        };
        Ok(Import {
            size,
            readings: of(false),
            held: of(true),
            chromatograms: signals.iter().filter(|(of, _)| *of == id).map(|(_, count)| count).sum(),
            corrected_by: later.iter().find(|(of, _)| *of == Some(id)).map(|(_, by)| *by),
            transmission,
        })
    };
    rows.into_iter().map(import).collect()
}

/// One transmission with its bytes and what the link made of them.
#[derive(Debug, Clone)]
pub struct Whole {
    pub transmission: Transmission,
    pub bytes: Vec<u8>,
    pub stretches: Vec<Stretch>,
    pub chromatograms: Vec<Kept>,
}

pub(crate) fn find(conn: &mut Conn, id: i64) -> Result<Option<Whole>, StoreError> {
    let row: Option<(SentRow, String, Vec<u8>)> = transmission::table
        .inner_join(instrument::table)
        .filter(transmission::id.eq(id))
        .select((sent_row!(), transmission::chunks, transmission::bytes))
        .first(conn)
        .optional()?;
    let Some((row, chunks, bytes)) = row else { return Ok(None) };
    let corrupt = |error: serde_json::Error| StoreError::corrupt("transmission", id, error);
    let stretches = serde_json::from_str(&chunks).map_err(corrupt)?;
    let ids: Vec<i64> = chromatogram::table
        .filter(chromatogram::transmission_id.eq(id))
        .order(chromatogram::n)
        .select(chromatogram::id)
        .load(conn)?;
    let chromatograms = chromatograms::called(conn, &ids)?;
    Ok(Some(Whole { transmission: sent(row)?, bytes, stretches, chromatograms }))
}

/// The bytes of a transmission, and what its instrument's line reads with today.
#[derive(Debug, Clone)]
pub struct Raw {
    pub driver: String,
    pub bytes: Vec<u8>,
}

pub(crate) fn raw(conn: &mut Conn, id: i64) -> Result<Option<Raw>, StoreError> {
    let row: Option<(String, Vec<u8>)> = transmission::table
        .inner_join(instrument::table)
        .filter(transmission::id.eq(id))
        .select((instrument::driver, transmission::bytes))
        .first(conn)
        .optional()?;
    Ok(row.map(|(driver, bytes)| Raw { driver, bytes }))
}

/// The bytes of the next `count` transmissions of an instrument behind the one called `after`, in order.
pub(crate) fn past(
    conn: &mut Conn,
    instrument: i64,
    after: i64,
    count: i64,
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    Ok(transmission::table
        .filter(transmission::instrument_id.eq(instrument))
        .filter(transmission::id.gt(after))
        .order(transmission::id)
        .limit(count)
        .select((transmission::id, transmission::bytes))
        .load(conn)?)
}
