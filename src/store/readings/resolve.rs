//! What a person decides about a held reading: it belongs to an analysis, it is the mass of a sample, or it is rejected.

use diesel::prelude::*;
use jiff::Timestamp;

use crate::lab::analysis::mapping;
use crate::lab::analysis::matching::{Fate, HeldFor};
use crate::lab::analysis::status::{State, Step};
use crate::lab::analysis::value::Value;
use crate::lab::people::{PersonId, Who};
use crate::store::analyses::{self, StepError};
use crate::store::conn::{Conn, Store};
use crate::store::error::StoreError;
use crate::store::instant;
use crate::store::ledger::Tx;
use crate::store::scans::{self, Weighed};
use crate::store::schema::{analyte_map, reading, reading_event};

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
}
