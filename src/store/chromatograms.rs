//! Chromatograms as they were kept: a signal thinned for drawing, the data system's own peaks, and what stands beside it.

use std::collections::BTreeSet;

use diesel::prelude::*;
use drivers::contract::Peak;
use jiff::Timestamp;

use super::conn::Conn;
use super::error::StoreError;
use super::instant;
use super::schema::{analysis, chromatogram, control_result, instrument, reading, transmission};
use crate::lab::analysis::sequence::{self, Companion};
use crate::lab::chromatography::Trace;

/// One chromatogram.
#[derive(Debug, Clone)]
pub struct Kept {
    pub id: i64,
    pub transmission: i64,
    /// Which of its transmission, from 1.
    pub n: i64,
    /// The instrument's code.
    pub instrument: String,
    pub received_at: Timestamp,
    pub file: Option<String>,
    pub sample_text: Option<String>,
    pub detector: Option<String>,
    pub channel: Option<String>,
    /// The instrument's own time.
    pub acquired_at: Option<String>,
    pub signal_unit: Option<String>,
    /// How many points the signal had before it was thinned.
    pub points: i64,
    pub peaks: Vec<Peak>,
    pub trace: Trace,
}

type Row = (
    (i64, i64, i64, String, String, Option<String>),
    (Option<String>, Option<String>, Option<String>, Option<String>, Option<String>),
    (i64, String, String),
);

fn kept((own, said, drawn): Row) -> Result<Kept, StoreError> {
    let (id, transmission, n, instrument, received_at, file) = own;
    let (sample_text, detector, channel, acquired_at, signal_unit) = said;
    let (points, peaks, trace) = drawn;
    let corrupt = |error: serde_json::Error| StoreError::corrupt("chromatogram", id, error);
    Ok(Kept {
        received_at: instant::read("transmission", transmission, &received_at)?,
        peaks: serde_json::from_str(&peaks).map_err(corrupt)?,
        trace: serde_json::from_str(&trace).map_err(corrupt)?,
        id,
        transmission,
        n,
        instrument,
        file,
        sample_text,
        detector,
        channel,
        acquired_at,
        signal_unit,
        points,
    })
}

/// Chromatograms by their ids, in the order asked for; one that is not there is left out.
pub(crate) fn called(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<Row> = chromatogram::table
        .inner_join(transmission::table.inner_join(instrument::table))
        .filter(chromatogram::id.eq_any(ids))
        .select((
            (
                chromatogram::id,
                chromatogram::transmission_id,
                chromatogram::n,
                instrument::code,
                transmission::ended_at,
                transmission::file_name,
            ),
            (
                chromatogram::sample_text,
                chromatogram::detector,
                chromatogram::channel,
                chromatogram::acquired_at,
                chromatogram::signal_unit,
            ),
            (chromatogram::points, chromatogram::peaks, chromatogram::trace),
        ))
        .load(conn)?;
    let mut found = rows.into_iter().map(kept).collect::<Result<Vec<_>, _>>()?;
    found.sort_by_key(|one| ids.iter().position(|id| *id == one.id));
    Ok(found)
}

/// A chromatogram that may be laid over another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    pub id: i64,
    pub sample_text: Option<String>,
    pub channel: Option<String>,
    pub file: Option<String>,
    pub received_at: Timestamp,
    /// Measured in one batch with the other.
    pub in_batch: bool,
}

/// Neighbours of the same instrument on each side, at most.
const NEIGHBOURS: i64 = 10;
/// Members of the batch, at most.
const MEMBERS: i64 = 40;

/// How far back a run's blank and standard are looked for.
const LOOK_BACK: i64 = 200;

/// What stands beside a chromatogram: those of its batch first, then those its instrument recorded before and after.
pub(crate) fn beside(conn: &mut Conn, one: &Kept) -> Result<Vec<Beside>, StoreError> {
    let instrument_id: i64 =
        transmission::table.find(one.transmission).select(transmission::instrument_id).first(conn)?;
    let members = of_batch(conn, instrument_id, one)?;
    let near = |conn: &mut Conn, before: bool| -> Result<Vec<i64>, StoreError> {
        let own = chromatogram::table
            .inner_join(transmission::table)
            .filter(transmission::instrument_id.eq(instrument_id))
            .select(chromatogram::id)
            .limit(NEIGHBOURS)
            .into_boxed();
        Ok(if before {
            own.filter(chromatogram::id.lt(one.id)).order(chromatogram::id.desc()).load(conn)?
        } else {
            own.filter(chromatogram::id.gt(one.id)).order(chromatogram::id.asc()).load(conn)?
        })
    };
    let mut ids: BTreeSet<i64> = near(conn, true)?.into_iter().chain(near(conn, false)?).collect();
    ids.extend(&members);
    ids.remove(&one.id);
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut found = listed(conn, &ids, &members)?;
    found.sort_by_key(|one| !one.in_batch);
    Ok(found)
}

/// The blank and the standard that belong to a run: the newest of its instrument before it with the same channel, known
/// by what the data system calls them or by the names of our sequence tables.
pub(crate) fn companions(conn: &mut Conn, id: i64) -> Result<Vec<i64>, StoreError> {
    let row: Option<(i64, Option<String>)> = chromatogram::table
        .inner_join(transmission::table)
        .filter(chromatogram::id.eq(id))
        .select((transmission::instrument_id, chromatogram::channel))
        .first(conn)
        .optional()?;
    let Some((instrument_id, channel)) = row else { return Ok(Vec::new()) };
    let near: Vec<(i64, i64, Option<String>, Option<String>)> = chromatogram::table
        .inner_join(transmission::table)
        .filter(transmission::instrument_id.eq(instrument_id))
        .filter(chromatogram::id.lt(id))
        .order(chromatogram::id.desc())
        .limit(LOOK_BACK)
        .select((chromatogram::id, chromatogram::transmission_id, chromatogram::sample_text, chromatogram::channel))
        .load(conn)?;
    let earlier: Vec<(i64, i64, Option<String>)> =
        near.into_iter().filter(|one| one.3 == channel).map(|(id, sent, name, _)| (id, sent, name)).collect();
    let sent: Vec<i64> = earlier.iter().map(|(_, sent, _)| *sent).collect();
    let roles: Vec<(i64, String)> = reading::table
        .filter(reading::transmission_id.eq_any(&sent))
        .filter(reading::role.eq_any(["blank", "calibrator"]))
        .select((reading::transmission_id, reading::role))
        .distinct()
        .load(conn)?;
    let newest = |wanted: Companion| {
        let role = |sent: i64| roles.iter().find(|(of, _)| *of == sent).map(|(_, role)| role.as_str());
        let is = |(_, sent, name): &&(i64, i64, Option<String>)| {
            sequence::companion(role(*sent), name.as_deref().unwrap_or_default()) == Some(wanted)
        };
        earlier.iter().find(is).map(|(id, ..)| *id)
    };
    Ok([Companion::Blank, Companion::Standard].into_iter().filter_map(newest).collect())
}

fn listed(conn: &mut Conn, ids: &[i64], members: &BTreeSet<i64>) -> Result<Vec<Beside>, StoreError> {
    let rows: Vec<(i64, Option<String>, Option<String>, Option<String>, String)> = chromatogram::table
        .inner_join(transmission::table)
        .filter(chromatogram::id.eq_any(ids))
        .order(chromatogram::id)
        .select((
            chromatogram::id,
            chromatogram::sample_text,
            chromatogram::channel,
            transmission::file_name,
            transmission::ended_at,
        ))
        .load(conn)?;
    let beside = |(id, sample_text, channel, file, at): (i64, _, _, _, String)| {
        let received_at = instant::read("transmission", id, &at)?;
        Ok(Beside { id, sample_text, channel, file, received_at, in_batch: members.contains(&id) })
    };
    rows.into_iter().map(beside).collect()
}

/// The chromatograms of what was measured in one batch with this one, samples and controls. A signal and its results
/// may come in two files, so a run is known by its transmission or by what it calls its sample.
fn of_batch(conn: &mut Conn, instrument_id: i64, one: &Kept) -> Result<BTreeSet<i64>, StoreError> {
    let own: Vec<i64> = reading::table
        .filter(reading::instrument_id.eq(instrument_id))
        .filter(
            reading::transmission_id
                .eq(one.transmission)
                .or(reading::sample_text.is_not_null().and(reading::sample_text.eq(one.sample_text.as_deref()))),
        )
        .order(reading::id.desc())
        .limit(500)
        .select(reading::id)
        .load(conn)?;
    let mut batches: Vec<Option<i64>> = reading::table
        .inner_join(analysis::table)
        .filter(reading::id.eq_any(&own))
        .select(analysis::batch_id)
        .distinct()
        .load(conn)?;
    batches.extend(
        control_result::table
            .filter(control_result::reading_id.eq_any(&own))
            .select(control_result::batch_id)
            .distinct()
            .load::<Option<i64>>(conn)?,
    );
    let batches: Vec<i64> = batches.into_iter().flatten().collect();
    let samples: Vec<(i64, Option<String>)> = reading::table
        .inner_join(analysis::table)
        .filter(reading::instrument_id.eq(instrument_id))
        .filter(analysis::batch_id.eq_any(&batches))
        .select((reading::transmission_id, reading::sample_text))
        .distinct()
        .load(conn)?;
    let controls: Vec<(i64, Option<String>)> = control_result::table
        .inner_join(reading::table)
        .filter(reading::instrument_id.eq(instrument_id))
        .filter(control_result::batch_id.eq_any(&batches))
        .select((reading::transmission_id, reading::sample_text))
        .distinct()
        .load(conn)?;
    let (sent, called): (Vec<i64>, Vec<Option<String>>) = samples.into_iter().chain(controls).unzip();
    let called: Vec<String> = called.into_iter().flatten().collect();
    let ids: Vec<i64> = chromatogram::table
        .inner_join(transmission::table)
        .filter(transmission::instrument_id.eq(instrument_id))
        .filter(chromatogram::transmission_id.eq_any(sent).or(chromatogram::sample_text.eq_any(called)))
        .order(chromatogram::id.desc())
        .limit(MEMBERS)
        .select(chromatogram::id)
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// A result has so many chromatograms at most that are worth a link.
const OF_READING: i64 = 4;

/// The chromatograms of a reading: those of its transmission that name its sample, or all of them; where it has none,
/// the newest of the instrument that name the sample.
pub(crate) fn of_reading(conn: &mut Conn, id: i64) -> Result<Vec<Beside>, StoreError> {
    let row: Option<(i64, i64, Option<String>)> = reading::table
        .find(id)
        .select((reading::transmission_id, reading::instrument_id, reading::sample_text))
        .first(conn)
        .optional()?;
    let Some((sent, instrument_id, sample)) = row else { return Ok(Vec::new()) };
    let own = chromatogram::table.filter(chromatogram::transmission_id.eq(sent));
    let all: Vec<(i64, Option<String>)> =
        own.order(chromatogram::n).select((chromatogram::id, chromatogram::sample_text)).load(conn)?;
    let named: Vec<i64> = all.iter().filter(|(_, text)| text.is_some() && *text == sample).map(|(id, _)| *id).collect();
    let ids: Vec<i64> = match (named.is_empty(), all.is_empty(), sample) {
        (false, ..) => named,
        (true, false, _) => all.into_iter().map(|(id, _)| id).collect(),
        (true, true, Some(sample)) => chromatogram::table
            .inner_join(transmission::table)
            .filter(transmission::instrument_id.eq(instrument_id))
            .filter(chromatogram::sample_text.eq(sample))
            .order(chromatogram::id.desc())
            .limit(OF_READING)
            .select(chromatogram::id)
            .load(conn)?,
        (true, true, None) => Vec::new(),
    };
    let mut found = listed(conn, &ids, &BTreeSet::new())?;
    found.truncate(OF_READING as usize);
    Ok(found)
}
