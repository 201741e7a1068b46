//! What a person decides about a held reading: it belongs to an analysis, it is the mass of a sample, or it is rejected.

use diesel::prelude::*;
use jiff::Timestamp;

use crate::lab::analysis::mapping;
use crate::lab::analysis::matching::{self, Fate, HeldFor, NotReopened};
use crate::lab::analysis::status::{Source, State, Step};
use crate::lab::analysis::value::Value;
use crate::lab::people::{PersonId, Who};
use crate::lab::zone;
use crate::store::analyses::{self, StepError};
use crate::store::conn::{Conn, Store};
use crate::store::error::StoreError;
use crate::store::instant;
use crate::store::ledger::Tx;
use crate::store::samples;
use crate::store::scans::{self, Weighed};
use crate::store::schema::{analysis, analyte_map, reading, reading_event};

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
    /// It is a mass of this sample, which nobody had scanned.
    Weigh {
        sample: i64,
        reason: String,
    },
    Reject {
        reason: String,
    },
    /// It belongs to the one analysis of its sample that waits for just this: analyte and unit by the map.
    Fit {
        reason: String,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("the reading gives no value that an analysis could take")]
    NoValue,
    /// It is not held because a mass lacks its sample.
    #[error("the reading is not a mass without a sample")]
    NoMass,
    /// Code and unit are not mapped on this instrument: the number could mean anything.
    #[error("the instrument's code and unit are not mapped")]
    NotMapped,
    #[error("the analysis is of another analyte or in another unit than the reading")]
    OtherAnalyte,
    #[error("not one analysis of the reading's sample waits for it, but none or several")]
    NoFit,
    #[error(transparent)]
    NotReopened(#[from] NotReopened),
    /// One of several readings that were to be resolved together; none was.
    #[error("reading {id}: {error}")]
    Of { id: i64, error: Box<ResolveError> },
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
        Resolution::Weigh { sample, reason } => {
            weigh(tx, id, *sample, reason)?;
            (Fate::Weighing, None, Some(*sample), reason)
        }
        Resolution::Reject { reason } => (Fate::Rejected, None, None, reason),
        Resolution::Fit { reason } => {
            let analysis = fitting(tx.conn, id)?.ok_or(ResolveError::NoFit)?;
            return resolve(tx, id, version, &Resolution::Match { analysis, reason: reason.clone() });
        }
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
    let leaf = if fate == Fate::Rejected { "reading.rejected" } else { "reading.resolved" };
    tx.record(leaf, "reading", id, Some(reason))?;
    tx.record("reading.settled", "reading_event", event, Some(reason))?;
    Ok(())
}

/// The one analysis of the reading's sample that waits for it.
fn fitting(conn: &mut Conn, id: i64) -> Result<Option<i64>, ResolveError> {
    let worth = worth(conn, id)?.ok_or(ResolveError::NotMapped)?;
    let sample: Option<i64> = reading::table.find(id).select(reading::sample_id).first(conn)?;
    let Some(sample) = sample else { return Ok(None) };
    let waiting: Vec<i64> = analysis::table
        .filter(analysis::sample_id.eq(sample))
        .filter(analysis::analyte_id.eq(worth.analyte))
        .filter(analysis::unit.eq(&worth.unit))
        .filter(analysis::state.eq(State::Ordered.name()))
        .limit(2)
        .select(analysis::id)
        .load(conn)?;
    Ok(match waiting.as_slice() {
        [one] => Some(*one),
        _ => None,
    })
}

/// Resolves several readings alike, each in the version the person saw: all of them or none.
fn resolve_all(tx: &mut Tx<'_>, seen: &[(i64, i64)], how: &Resolution) -> Result<(), ResolveError> {
    for (id, version) in seen {
        resolve(tx, *id, *version, how).map_err(|error| ResolveError::Of { id: *id, error: Box::new(error) })?;
    }
    Ok(())
}

/// What a person decided last about a reading, if anybody did, and why it had waited.
fn decided(conn: &mut Conn, id: i64) -> Result<(bool, Option<String>), StoreError> {
    let events: Vec<(Option<i64>, Option<String>)> = reading_event::table
        .filter(reading_event::reading_id.eq(id))
        .order(reading_event::n.desc())
        .select((reading_event::by_id, reading_event::held_for))
        .load(conn)?;
    let by_person = events.first().is_some_and(|(by, _)| by.is_some());
    Ok((by_person, events.into_iter().find_map(|(_, why)| why)))
}

/// Whether the analysis still has just this reading's value, and nobody has signed it.
fn value_waits(conn: &mut Conn, id: i64, analysis: Option<i64>) -> Result<bool, StoreError> {
    let Some(analysis) = analysis else { return Ok(false) };
    let found = analyses::find(conn, analysis)?;
    Ok(found.is_some_and(|found| {
        let is_own = found.status.entry().is_some_and(|entry| entry.source == Source::Reading(id));
        is_own && found.status.state() == State::Measured
    }))
}

fn fate_of(conn: &mut Conn, id: i64) -> Result<(Fate, Option<i64>), StoreError> {
    let (fate, analysis): (String, Option<i64>) =
        reading::table.find(id).select((reading::fate, reading::analysis_id)).first(conn)?;
    Ok((fate.parse().map_err(|error| StoreError::corrupt("reading", id, error))?, analysis))
}

/// Whether the decision about a reading can still be taken back.
pub(crate) fn may_reopen(conn: &mut Conn, id: i64) -> Result<Result<(), NotReopened>, StoreError> {
    let (fate, analysis) = fate_of(conn, id)?;
    let (by_person, _) = decided(conn, id)?;
    Ok(matching::reopen(fate, by_person, value_waits(conn, id, analysis)?))
}

/// Takes a decision back: the reading waits again for the reason it had waited, and its analysis for a value.
fn reopen(tx: &mut Tx<'_>, id: i64, version: i64, reason: &str) -> Result<(), ResolveError> {
    may_reopen(tx.conn, id)??;
    let (_, analysis) = fate_of(tx.conn, id)?;
    let (_, why) = decided(tx.conn, id)?;
    if let Some(analysis) = analysis {
        analyses::take_step(tx, analysis, None, &Step::Retest { reason: reason.to_owned() })?;
    }
    // The sample it names by itself; what stood at its place, a reading without a name keeps.
    let (text, received, sample): (Option<String>, String, Option<i64>) = reading::table
        .find(id)
        .select((reading::sample_text, reading::received_at, reading::sample_id))
        .first(tx.conn)?;
    let year = i64::from(zone::day(instant::read("reading", id, &received)?).year());
    let sample = match text {
        Some(text) => samples::called(tx.conn, &text, year)?,
        None => sample,
    };
    let changed = diesel::update(reading::table.find(id).filter(reading::version.eq(version)))
        .set((
            reading::fate.eq(Fate::Held.name()),
            reading::held_for.eq(why.as_deref()),
            reading::analysis_id.eq(None::<i64>),
            reading::sample_id.eq(sample),
            reading::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(StoreError::Stale { table: "reading", id }.into());
    }
    let by = match tx.by {
        Who::Person(actor) => Some(actor.id.0),
        Who::Line(_) | Who::Program => None,
    };
    let event: i64 = diesel::insert_into(reading_event::table)
        .values((
            reading_event::reading_id.eq(id),
            reading_event::n.eq(version + 1),
            reading_event::fate.eq(Fate::Held.name()),
            reading_event::held_for.eq(why.as_deref()),
            reading_event::reason.eq(reason),
            reading_event::by_id.eq(by),
            reading_event::at.eq(instant::written(tx.at)),
        ))
        .returning(reading_event::id)
        .get_result(tx.conn)?;
    tx.record("reading.reopened", "reading", id, Some(reason))?;
    tx.record("reading.settled", "reading_event", event, Some(reason))?;
    Ok(())
}

/// Keeps a held mass as the mass of this sample.
fn weigh(tx: &mut Tx<'_>, id: i64, sample: i64, reason: &str) -> Result<(), ResolveError> {
    type Said = (Option<String>, Option<String>, Option<String>, String);
    let (why, mass, unit, received): Said = reading::table
        .find(id)
        .select((reading::held_for, reading::result, reading::unit, reading::received_at))
        .first(tx.conn)?;
    let why: Option<HeldFor> =
        why.as_deref().map(str::parse).transpose().map_err(|error| StoreError::corrupt("reading", id, error))?;
    let (Some(mass), Some(unit), true) = (mass, unit, why.is_some_and(HeldFor::is_mass)) else {
        return Err(ResolveError::NoMass);
    };
    let at = instant::read("reading", id, &received)?;
    scans::weigh(tx, Weighed { reading: id, scan: None, sample, mass: &mass, unit: &unit, at }, Some(reason))?;
    Ok(())
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

    /// Resolves several held readings alike, given as id and version; all of them or none.
    pub async fn resolve_readings(
        &self,
        by: Who,
        at: Timestamp,
        seen: Vec<(i64, i64)>,
        how: Resolution,
    ) -> Result<(), ResolveError> {
        self.writing(by, at, move |tx| resolve_all(tx, &seen, &how)).await
    }

    /// Takes a person's decision about a reading back, until its value was used.
    pub async fn reopen_reading(
        &self,
        by: Who,
        at: Timestamp,
        id: i64,
        version: i64,
        reason: String,
    ) -> Result<(), ResolveError> {
        self.writing(by, at, move |tx| reopen(tx, id, version, &reason)).await
    }
}
