//! Readings and the transmissions they came in: shown with their bytes, and held ones resolved by a person.

use diesel::prelude::*;
use jiff::Timestamp;

use super::analyses::{self, StepError};
use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::{analyte_map, chromatogram, instrument, reading, reading_event, transmission};
use crate::lab::analysis::mapping;
use crate::lab::analysis::matching::{Fate, HeldFor};
use crate::lab::analysis::status::{State, Step};
use crate::lab::analysis::value::Value;
use crate::lab::chromatography::Trace;
use crate::lab::people::{PersonId, Who};

/// A reading as pages show it.
#[derive(Debug, Clone)]
pub struct Shown {
    pub id: i64,
    pub transmission: i64,
    pub instrument: String,
    pub n: i64,
    pub wire: (usize, usize),
    pub sample_text: Option<String>,
    pub position: Option<String>,
    pub role: String,
    pub analyte_code: Option<String>,
    pub result: Option<String>,
    pub unit: Option<String>,
    pub flags: Vec<String>,
    pub measured_at: Option<String>,
    pub received_at: Timestamp,
    pub absorbance: Option<drivers::contract::Absorbance>,
    /// The inhibition computed by us from absorbances, in percent.
    pub recomputed: Option<String>,
    pub fate: Fate,
    pub held_for: Option<HeldFor>,
    pub analysis: Option<i64>,
    pub sample: Option<i64>,
    pub duplicate_of: Option<i64>,
    pub version: i64,
}

type Row = (
    (i64, i64, String, i64, i64, i64, Option<String>, Option<String>, String, Option<String>, Option<String>),
    (Option<String>, String, Option<String>, String, Option<String>, Option<String>, String, Option<String>),
    (Option<i64>, Option<i64>, Option<i64>, i64),
);

fn read((said, more, fate): Row) -> Result<Shown, StoreError> {
    let (id, transmission, instrument, n, start, end, sample_text, position, role, analyte_code, result) = said;
    let (unit, flags, measured_at, received_at, absorbance, recomputed, word, held_for) = more;
    let (analysis, sample, duplicate_of, version) = fate;
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("reading", id, error);
    let offset = |number: i64| usize::try_from(number).map_err(|error| corrupt(&error));
    Ok(Shown {
        wire: (offset(start)?, offset(end)?),
        flags: serde_json::from_str(&flags).map_err(|error| corrupt(&error))?,
        received_at: instant::read("reading", id, &received_at)?,
        absorbance: absorbance.as_deref().map(serde_json::from_str).transpose().map_err(|error| corrupt(&error))?,
        fate: word.parse().map_err(|error| corrupt(&error))?,
        held_for: held_for.as_deref().map(str::parse).transpose().map_err(|error| corrupt(&error))?,
        id,
        transmission,
        instrument,
        n,
        sample_text,
        position,
        role,
        analyte_code,
        result,
        unit,
        measured_at,
        recomputed,
        analysis,
        sample,
        duplicate_of,
        version,
    })
}

/// Which readings: one, those of a transmission, or the held ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which {
    pub id: Option<i64>,
    pub transmission: Option<i64>,
    pub held: bool,
    pub held_for: Option<HeldFor>,
    pub instrument: Option<i64>,
}

pub const PAGE: i64 = 50;

/// Readings of one page, newest first for held ones, in order within a transmission; and how many in all.
pub(crate) fn list(conn: &mut Conn, which: Which, page: i64) -> Result<(Vec<Shown>, i64), StoreError> {
    macro_rules! chosen {
        ($query:expr) => {{
            let mut query = $query;
            if let Some(id) = which.id {
                query = query.filter(reading::id.eq(id));
            }
            if let Some(transmission) = which.transmission {
                query = query.filter(reading::transmission_id.eq(transmission));
            }
            if which.held {
                query = query.filter(reading::fate.eq(Fate::Held.name()));
            }
            if let Some(why) = which.held_for {
                query = query.filter(reading::held_for.eq(why.name()));
            }
            if let Some(instrument) = which.instrument {
                query = query.filter(reading::instrument_id.eq(instrument));
            }
            query
        }};
    }
    let all: i64 = chosen!(reading::table.into_boxed()).count().get_result(conn)?;
    let ids: Vec<i64> = if which.transmission.is_some() {
        chosen!(reading::table.select(reading::id).into_boxed()).order(reading::n).limit(500).load(conn)?
    } else {
        chosen!(reading::table.select(reading::id).into_boxed())
            .order(reading::id.desc())
            .limit(PAGE)
            .offset((page.max(1) - 1) * PAGE)
            .load(conn)?
    };
    let rows: Vec<Row> = reading::table
        .inner_join(instrument::table)
        .filter(reading::id.eq_any(&ids))
        .select((
            (
                reading::id,
                reading::transmission_id,
                instrument::code,
                reading::n,
                reading::wire_start,
                reading::wire_end,
                reading::sample_text,
                reading::position,
                reading::role,
                reading::analyte_code,
                reading::result,
            ),
            (
                reading::unit,
                reading::flags,
                reading::measured_at,
                reading::received_at,
                reading::absorbance,
                reading::recomputed,
                reading::fate,
                reading::held_for,
            ),
            (reading::analysis_id, reading::sample_id, reading::duplicate_of, reading::version),
        ))
        .load(conn)?;
    let mut found = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    found.sort_by_key(|one| ids.iter().position(|id| *id == one.id));
    Ok((found, all))
}

/// How many held readings there are for each reason.
pub(crate) fn held_counts(conn: &mut Conn) -> Result<Vec<(HeldFor, i64)>, StoreError> {
    let mut counts = Vec::new();
    for why in HeldFor::ALL {
        let count: i64 = reading::table
            .filter(reading::fate.eq(Fate::Held.name()))
            .filter(reading::held_for.eq(why.name()))
            .count()
            .get_result(conn)?;
        if count > 0 {
            counts.push((*why, count));
        }
    }
    Ok(counts)
}

/// A step in what became of a reading.
#[derive(Debug, Clone)]
pub struct Settled {
    pub fate: Fate,
    pub held_for: Option<HeldFor>,
    pub reason: Option<String>,
    pub by: Option<i64>,
    pub at: Timestamp,
}

type EventRow = (i64, String, Option<String>, Option<String>, Option<i64>, String);

pub(crate) fn history(conn: &mut Conn, id: i64) -> Result<Vec<Settled>, StoreError> {
    let rows: Vec<EventRow> = reading_event::table
        .filter(reading_event::reading_id.eq(id))
        .order(reading_event::n)
        .select((
            reading_event::id,
            reading_event::fate,
            reading_event::held_for,
            reading_event::reason,
            reading_event::by_id,
            reading_event::at,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(row, fate, held_for, reason, by, at)| {
            let corrupt = |error: crate::lab::words::Unknown| StoreError::corrupt("reading_event", row, error);
            Ok(Settled {
                fate: fate.parse().map_err(corrupt)?,
                held_for: held_for.as_deref().map(str::parse).transpose().map_err(corrupt)?,
                at: instant::read("reading_event", row, &at)?,
                reason,
                by,
            })
        })
        .collect()
}

/// What a reading is worth by the map of its instrument: the analyte, the method's unit, and the value in it.
struct Worth {
    analyte: i64,
    unit: String,
    value: Option<Value>,
}

/// `None`: the instrument's code and unit are not mapped, so that nobody knows what the number means.
fn worth(conn: &mut Conn, id: i64) -> Result<Option<Worth>, StoreError> {
    type Said = (i64, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>);
    let (instrument_id, code, result, censored, unit, absorbance, recomputed): Said = reading::table
        .find(id)
        .select((
            reading::instrument_id,
            reading::analyte_code,
            reading::result,
            reading::censored,
            reading::unit,
            reading::absorbance,
            reading::recomputed,
        ))
        .first(conn)?;
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("reading", id, error);
    let rows: Vec<(String, String, i64, String, String)> = analyte_map::table
        .filter(analyte_map::instrument_id.eq(instrument_id))
        .filter(analyte_map::retired_at.is_null())
        .select((
            analyte_map::code,
            analyte_map::unit,
            analyte_map::analyte_id,
            analyte_map::to_unit,
            analyte_map::factor,
        ))
        .load(conn)?;
    let (code, unit) = (code.unwrap_or_default(), unit.unwrap_or_default());
    let mapped =
        rows.into_iter().find(|(called, of, ..)| mapping::is_called(&code, called) && of.trim() == unit.trim());
    let Some((_, _, analyte, unit, factor)) = mapped else { return Ok(None) };
    let absorbance: Option<drivers::contract::Absorbance> =
        absorbance.as_deref().map(serde_json::from_str).transpose().map_err(|error| corrupt(&error))?;
    if absorbance.as_ref().is_some_and(mapping::is_light_only) {
        return Ok(Some(Worth { analyte, unit, value: recomputed.and_then(|text| text.parse().ok()) }));
    }
    let censored = match censored.as_deref() {
        Some("<") => Some(drivers::contract::Censored::Below),
        Some(">") => Some(drivers::contract::Censored::Above),
        Some(_) => Some(drivers::contract::Censored::NotDetected),
        None => None,
    };
    let factor = factor.parse().map_err(|error| corrupt(&error))?;
    let value = result.and_then(|text| Value::from_reading(&text, censored).ok());
    Ok(Some(Worth { analyte, unit, value: value.and_then(|value| mapping::converted(value, factor)) }))
}

/// What a person decides about a held reading.
#[derive(Debug, Clone)]
pub enum Resolution {
    /// It belongs to this analysis; a value the analysis already has is put aside with the reason.
    Match {
        analysis: i64,
        reason: String,
    },
    Reject {
        reason: String,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("the reading gives no value that an analysis could take")]
    NoValue,
    /// Code and unit are not mapped on this instrument: the number could mean anything.
    #[error("the instrument's code and unit are not mapped")]
    NotMapped,
    #[error("the analysis is of another analyte or in another unit than the reading")]
    OtherAnalyte,
    #[error(transparent)]
    Step(#[from] StepError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for ResolveError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Resolves a held reading in the version the person saw.
pub(crate) fn resolve(tx: &mut Tx<'_>, id: i64, version: i64, how: &Resolution) -> Result<(), ResolveError> {
    let by = match tx.by {
        Who::Person(actor) => actor.id,
        Who::Line(_) | Who::Program => {
            return Err(StoreError::corrupt("reading", id, "a person resolves a reading").into());
        }
    };
    let (fate, analysis, sample, reason) = match how {
        Resolution::Match { analysis, reason } => {
            let worth = worth(tx.conn, id)?.ok_or(ResolveError::NotMapped)?;
            let value = worth.value.ok_or(ResolveError::NoValue)?;
            let Some(found) = analyses::find(tx.conn, *analysis)? else {
                return Err(StoreError::Stale { table: "analysis", id: *analysis }.into());
            };
            if (found.analyte, &found.unit) != (worth.analyte, &worth.unit) {
                return Err(ResolveError::OtherAnalyte);
            }
            if found.status.state() != State::Ordered {
                analyses::take_step(tx, *analysis, None, &Step::Retest { reason: reason.clone() })?;
            }
            let step = Step::Capture { value: value.to_string(), reading: id, matched_by: Some(PersonId(by.0)) };
            analyses::take_step(tx, *analysis, None, &step)?;
            (Fate::Matched, Some(*analysis), Some(found.sample), reason)
        }
        Resolution::Reject { reason } => (Fate::Rejected, None, None, reason),
    };
    let held = reading::table.find(id).filter(reading::version.eq(version)).filter(reading::fate.eq(Fate::Held.name()));
    let changed = diesel::update(held)
        .set((
            reading::fate.eq(fate.name()),
            reading::held_for.eq(None::<String>),
            reading::analysis_id.eq(analysis),
            reading::sample_id.eq(sample),
            reading::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(StoreError::Stale { table: "reading", id }.into());
    }
    let event: i64 = diesel::insert_into(reading_event::table)
        .values((
            reading_event::reading_id.eq(id),
            reading_event::n.eq(version + 1),
            reading_event::fate.eq(fate.name()),
            reading_event::analysis_id.eq(analysis),
            reading_event::reason.eq(reason),
            reading_event::by_id.eq(by.0),
            reading_event::at.eq(instant::written(tx.at)),
        ))
        .returning(reading_event::id)
        .get_result(tx.conn)?;
    let leaf = if fate == Fate::Matched { "reading.resolved" } else { "reading.rejected" };
    tx.record(leaf, "reading", id, Some(reason))?;
    tx.record("reading.settled", "reading_event", event, Some(reason))?;
    Ok(())
}

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
pub(crate) fn transmissions(conn: &mut Conn, instrument_id: i64, count: i64) -> Result<Vec<Transmission>, StoreError> {
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

pub(crate) fn transmission(conn: &mut Conn, id: i64) -> Result<Option<Whole>, StoreError> {
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

impl Store {
    pub async fn resolve_reading(
        &self,
        by: Who,
        at: Timestamp,
        id: i64,
        version: i64,
        how: Resolution,
    ) -> Result<(), ResolveError> {
        self.writing(by, at, move |tx| resolve(tx, id, version, &how)).await
    }
}
