//! Readings as pages show them, and what became of each.

mod resolve;

use std::collections::BTreeMap;

use diesel::dsl::count;
use diesel::prelude::*;
use jiff::Timestamp;

pub(crate) use resolve::may_reopen;
pub use resolve::{Resolution, ResolveError};

use super::conn::Conn;
use super::error::StoreError;
use super::instant;
use super::schema::{instrument, reading, reading_event};
use crate::lab::analysis::matching::{Fate, HeldFor};

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
    Ok((called(conn, &ids)?, all))
}

/// Readings by their ids, in the order asked for.
fn called(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Shown>, StoreError> {
    let rows: Vec<Row> = reading::table
        .inner_join(instrument::table)
        .filter(reading::id.eq_any(ids))
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
    Ok(found)
}

/// Readings asked for at once: SQLite takes a limited number of arguments.
const ROUND: usize = 500;

/// All readings of a transmission, in their order.
pub(crate) fn all_of(conn: &mut Conn, transmission: i64) -> Result<Vec<Shown>, StoreError> {
    let ids: Vec<i64> = reading::table
        .filter(reading::transmission_id.eq(transmission))
        .order(reading::n)
        .select(reading::id)
        .load(conn)?;
    let mut found = Vec::with_capacity(ids.len());
    for round in ids.chunks(ROUND) {
        found.extend(called(conn, round)?);
    }
    Ok(found)
}

/// How many held readings there are for each reason, of one instrument or of all.
pub(crate) fn held_counts(conn: &mut Conn, instrument: Option<i64>) -> Result<Vec<(HeldFor, i64)>, StoreError> {
    let mut query = reading::table
        .group_by(reading::held_for)
        .select((reading::held_for, count(reading::id)))
        .filter(reading::fate.eq(Fate::Held.name()))
        .into_boxed();
    if let Some(instrument) = instrument {
        query = query.filter(reading::instrument_id.eq(instrument));
    }
    let rows: Vec<(Option<String>, i64)> = query.load(conn)?;
    let mut counts = BTreeMap::new();
    for (why, count) in rows {
        let why = why.as_deref().unwrap_or_default().parse::<HeldFor>();
        counts.insert(why.map_err(|error| StoreError::corrupt("reading", 0, error))?, count);
    }
    Ok(counts.into_iter().collect())
}

/// How many readings of each instrument that came at this instant or later are held, by the instrument's id.
pub(crate) fn held_since(conn: &mut Conn, since: Timestamp) -> Result<BTreeMap<i64, i64>, StoreError> {
    let rows: Vec<(i64, i64)> = reading::table
        .filter(reading::fate.eq(Fate::Held.name()))
        .filter(reading::received_at.ge(instant::written(since)))
        .group_by(reading::instrument_id)
        .select((reading::instrument_id, count(reading::id)))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// The position each of these readings was measured at; a reading without one is left out.
pub(crate) fn positions(conn: &mut Conn, ids: &[i64]) -> Result<BTreeMap<i64, String>, StoreError> {
    let rows: Vec<(i64, Option<String>)> =
        reading::table.filter(reading::id.eq_any(ids)).select((reading::id, reading::position)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, position)| Some((id, position?))).collect())
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
