//! Transmissions as they were kept: their bytes, what the link made of them, the chromatograms in them.

use diesel::prelude::*;
use jiff::Timestamp;

use super::conn::Conn;
use super::error::StoreError;
use super::instant;
use super::schema::{chromatogram, instrument, transmission};
use crate::lab::chromatography::Trace;

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
}

type SentRow = (i64, String, String, String, String, Option<String>, String);

fn sent(row: SentRow) -> Result<Transmission, StoreError> {
    let (id, instrument, started_at, ended_at, state, fault, sha256) = row;
    Ok(Transmission {
        started_at: instant::read("transmission", id, &started_at)?,
        ended_at: instant::read("transmission", id, &ended_at)?,
        id,
        instrument,
        state,
        fault,
        sha256,
    })
}

/// The newest transmissions of an instrument.
pub(crate) fn list(conn: &mut Conn, instrument_id: i64, count: i64) -> Result<Vec<Transmission>, StoreError> {
    let rows: Vec<SentRow> = transmission::table
        .inner_join(instrument::table)
        .filter(transmission::instrument_id.eq(instrument_id))
        .order(transmission::id.desc())
        .limit(count)
        .select((
            transmission::id,
            instrument::code,
            transmission::started_at,
            transmission::ended_at,
            transmission::state,
            transmission::fault,
            transmission::sha256,
        ))
        .load(conn)?;
    rows.into_iter().map(sent).collect()
}

/// A chromatogram as it is drawn, with its peaks.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub sample_text: Option<String>,
    pub detector: Option<String>,
    pub signal_unit: Option<String>,
    pub peaks: Vec<serde_json::Value>,
    pub trace: Trace,
}

/// One transmission with its bytes and what the link made of them.
#[derive(Debug, Clone)]
pub struct Whole {
    pub transmission: Transmission,
    pub bytes: Vec<u8>,
    pub stretches: Vec<Stretch>,
    pub chromatograms: Vec<Drawn>,
}

pub(crate) fn find(conn: &mut Conn, id: i64) -> Result<Option<Whole>, StoreError> {
    let row: Option<(SentRow, String, Vec<u8>)> = transmission::table
        .inner_join(instrument::table)
        .filter(transmission::id.eq(id))
        .select((
            (
                transmission::id,
                instrument::code,
                transmission::started_at,
                transmission::ended_at,
                transmission::state,
                transmission::fault,
                transmission::sha256,
            ),
            transmission::chunks,
            transmission::bytes,
        ))
        .first(conn)
        .optional()?;
    let Some((row, chunks, bytes)) = row else { return Ok(None) };
    let corrupt = |error: serde_json::Error| StoreError::corrupt("transmission", id, error);
    let stretches = serde_json::from_str(&chunks).map_err(corrupt)?;
    let rows: Vec<(Option<String>, Option<String>, Option<String>, String, String)> = chromatogram::table
        .filter(chromatogram::transmission_id.eq(id))
        .order(chromatogram::n)
        .select((
            chromatogram::sample_text,
            chromatogram::detector,
            chromatogram::signal_unit,
            chromatogram::peaks,
            chromatogram::trace,
        ))
        .load(conn)?;
    let drawn = |(sample_text, detector, signal_unit, peaks, trace): (_, _, _, String, String)| {
        Ok(Drawn {
            sample_text,
            detector,
            signal_unit,
            peaks: serde_json::from_str(&peaks).map_err(corrupt)?,
            trace: serde_json::from_str(&trace).map_err(corrupt)?,
        })
    };
    let chromatograms = rows.into_iter().map(drawn).collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Some(Whole { transmission: sent(row)?, bytes, stretches, chromatograms }))
}
