//! Takes a transmission into the record: its bytes, what its messages say, and the fate of each reading, all at once
//! and once only.

mod facts;
mod fate;

use diesel::prelude::*;
use drivers::contract::{Chromatogram, Decoded, Query, Reading};
use jiff::civil::DateTime;
use serde::Serialize;

use self::facts::{At, Surroundings};
use super::conn::{Conn, Store};
use super::dispatches;
use super::error::StoreError;
use super::journal::{SourceFile, State, Stretch, Transmission};
use super::ledger::Tx;
use super::schema::{chromatogram, instrument, reading, transmission};
use super::{hearing, instant};
use crate::lab::digest::{hex, sha256};
use crate::lab::people::Who;

/// One message as its driver read it; offsets of readings are on the wire.
#[derive(Debug, Clone, Default)]
pub struct Read {
    pub readings: Vec<OnWire>,
    pub chromatograms: Vec<Chromatogram>,
    /// When the instrument says it sent the message, by its own clock.
    pub sent_at: Option<DateTime>,
    /// What the instrument asks, and the message in which it does.
    pub asked: Option<Asked>,
}

/// A host query.
#[derive(Debug, Clone)]
pub struct Asked {
    pub queries: Vec<Query>,
    pub message: Vec<u8>,
}

/// A reading and the stretch of the transmission that says so.
#[derive(Debug, Clone)]
pub struct OnWire {
    pub reading: Reading,
    pub start: usize,
    pub end: usize,
}

impl Read {
    /// Places what a driver read on the wire.
    pub fn new(message: &drivers::Message, decoded: Decoded) -> Self {
        let place = |mut reading: Reading| {
            let wire = message.on_wire(&reading.span);
            for text in [
                &mut reading.sample_id,
                &mut reading.position,
                &mut reading.analyte,
                &mut reading.result,
                &mut reading.unit,
            ] {
                *text = text.take().map(|text| if text.contains('\0') { storable(text.into()).into() } else { text });
            }
            reading.device_key = reading.device_key.take().map(storable);
            reading.flags = std::mem::take(&mut reading.flags).into_iter().map(storable).collect();
            OnWire { reading, start: wire.start, end: wire.end }
        };
        let asks = !decoded.queries.is_empty();
        let kept = |query: Query| Query {
            sample_id: query.sample_id.map(storable),
            tests: query.tests.into_iter().map(storable).collect(),
            ..query
        };
        let queries = decoded.queries.into_iter().map(kept).collect();
        let asked = asks.then(|| Asked { queries, message: message.bytes.clone() });
        let readings = decoded.readings.into_iter().map(place).collect();
        Self { readings, chromatograms: decoded.chromatograms, sent_at: decoded.sent_at, asked }
    }
}

/// No database column of text holds U+0000 on both engines; its picture stands for it. The bytes keep the real one.
pub fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{2400}") } else { text }
}

/// What was made of a transmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub transmission: i64,
    pub readings: u64,
    /// It had been taken before; nothing was changed.
    pub again: bool,
}

#[derive(Serialize)]
struct ChunkRow<'a> {
    offset: usize,
    len: usize,
    kind: &'static str,
    fault: Option<&'a str>,
    answer: String,
    at: String,
}

impl Store {
    /// Takes a transmission with what its driver read, and that driver's revision. `fault`: why some or all of it could
    /// not be read; the bytes are kept all the same. Blocking.
    pub fn take_in(
        &self,
        sent: &Transmission,
        messages: &[Read],
        fault: Option<&str>,
        revision: Option<&str>,
        at: jiff::Timestamp,
    ) -> Result<Taken, StoreError> {
        self.write(&Who::Line(sent.instrument.clone()), at, |tx| take_in(tx, sent, messages, fault, revision))
    }

    /// Whether the record has this transmission with just these bytes: by its number, or a file by its content. Blocking.
    pub fn has_taken(&self, sent: &Transmission) -> Result<bool, StoreError> {
        let digest = sha256(&sent.bytes);
        let identities = [sent.epoch.to_string(), set_back(sent, &digest)];
        let taken: Vec<(String, Vec<u8>)> = self.read(|conn| {
            Ok::<_, StoreError>(
                transmission::table
                    .filter(transmission::epoch.eq_any(&identities))
                    .filter(transmission::seq.eq(sent.seq))
                    .filter(transmission::started_at.eq(instant::written(sent.started_at)))
                    .select((transmission::sha256, transmission::bytes))
                    .load(conn)?,
            )
        })?;
        if taken.iter().any(|(kept, bytes)| *bytes == sent.bytes && *kept == digest) {
            return Ok(true);
        }
        match &sent.file {
            Some(_) => Ok(self.read(|conn| taken_file(conn, &sent.instrument, &sent.bytes))?.is_some()),
            None => Ok(false),
        }
    }
}

/// The transmission of the instrument that is a file of this very content. A line's journal knows them too, but a
/// journal may be lost, and the folder read anew by another.
fn taken_file(conn: &mut Conn, code: &str, bytes: &[u8]) -> Result<Option<i64>, StoreError> {
    let ids: Vec<(i64, Vec<u8>)> = transmission::table
        .inner_join(instrument::table)
        .filter(instrument::code.eq(code))
        .filter(transmission::file_name.is_not_null())
        .filter(transmission::sha256.eq(sha256(bytes)))
        .order(transmission::id)
        .select((transmission::id, transmission::bytes))
        .load(conn)?;
    Ok(ids.into_iter().find(|(_, kept)| kept == bytes).map(|(id, _)| id))
}

/// The newest file of the same name.
fn file_before(conn: &mut Conn, instrument_id: i64, file: &SourceFile) -> Result<Option<i64>, StoreError> {
    Ok(transmission::table
        .filter(transmission::instrument_id.eq(instrument_id))
        .filter(transmission::file_name.eq(&file.name))
        .order(transmission::id.desc())
        .select(transmission::id)
        .first(conn)
        .optional()?)
}

pub(crate) fn take_in(
    tx: &mut Tx<'_>,
    sent: &Transmission,
    messages: &[Read],
    fault: Option<&str>,
    revision: Option<&str>,
) -> Result<Taken, StoreError> {
    let digest = sha256(&sent.bytes);
    let count: u64 = messages.iter().map(|message| message.readings.len() as u64).sum();
    if sent.file.is_some()
        && let Some(id) = taken_file(tx.conn, &sent.instrument, &sent.bytes)?
    {
        return Ok(Taken { transmission: id, readings: count, again: true });
    }
    let mut epoch = sent.epoch.to_string();
    if let Some((id, kept, began)) = known(tx.conn, &epoch, sent.seq)? {
        if kept == digest && began == instant::written(sent.started_at) {
            return Ok(Taken { transmission: id, readings: count, again: true });
        }
        epoch = set_back(sent, &digest);
        if let Some((id, ..)) = known(tx.conn, &epoch, sent.seq)? {
            return Ok(Taken { transmission: id, readings: count, again: true });
        }
    }
    let instrument_id: i64 =
        instrument::table.filter(instrument::code.eq(&sent.instrument)).select(instrument::id).first(tx.conn)?;
    let state = match (sent.state, fault, count) {
        (State::Torn, ..) => "torn",
        (_, Some(_), 0) => "undecodable",
        (_, Some(_), _) => "partly-decoded",
        (State::Empty, ..) => "empty",
        (State::Complete, ..) => "decoded",
    };
    let corrects = match &sent.file {
        Some(file) => file_before(tx.conn, instrument_id, file)?,
        None => None,
    };
    let file = sent.file.as_ref();
    let id: i64 = diesel::insert_into(transmission::table)
        .values((
            transmission::instrument_id.eq(instrument_id),
            transmission::epoch.eq(&epoch),
            transmission::seq.eq(sent.seq),
            transmission::started_at.eq(instant::written(sent.started_at)),
            transmission::ended_at.eq(instant::written(sent.ended_at)),
            transmission::state.eq(state),
            transmission::fault.eq(fault.or(sent.fault.as_deref())),
            transmission::chunks.eq(chunks(&sent.chunks)?),
            transmission::sha256.eq(&digest),
            transmission::bytes.eq(&sent.bytes),
            transmission::file_name.eq(file.map(|file| &file.name)),
            transmission::file_modified_at.eq(file.and_then(|file| file.modified_at).map(instant::written)),
            transmission::corrects_id.eq(corrects),
            transmission::driver.eq(Some(&sent.driver).filter(|_| revision.is_some())),
            transmission::driver_revision.eq(revision),
        ))
        .returning(transmission::id)
        .get_result(tx.conn)?;
    tx.record("raw.captured", "transmission", id, None)?;
    let mut n = 0;
    for found in messages.iter().flat_map(|message| &message.chromatograms) {
        n += 1;
        keep_chromatogram(tx, id, n, found)?;
    }
    hearing::note_clock(tx, instrument_id, id, sent, messages)?;
    let around = Surroundings::load(tx.conn, instrument_id, sent.ended_at)?;
    let mut n = 0;
    for message in messages {
        let controls = facts::controls(&around, message, sent.ended_at);
        for (index, on_wire) in message.readings.iter().enumerate() {
            n += 1;
            let at = At { transmission: id, n, index, received: sent.ended_at };
            fate::keep(tx, &around, &controls, at, on_wire)?;
        }
        if let Some(asked) = &message.asked {
            dispatches::asked(tx, instrument_id, id, asked, sent.ended_at)?;
        }
    }
    Ok(Taken { transmission: id, readings: count, again: false })
}

/// The transmission under this identity, the hash of its bytes and when it began.
fn known(conn: &mut Conn, epoch: &str, seq: i64) -> Result<Option<(i64, String, String)>, StoreError> {
    Ok(transmission::table
        .filter(transmission::epoch.eq(epoch))
        .filter(transmission::seq.eq(seq))
        .select((transmission::id, transmission::sha256, transmission::started_at))
        .first(conn)
        .optional()?)
}

/// A journal that was set back to an older copy gives a number a second time, to another transmission: other bytes, or
/// the very same said again later, as a balance does. It is kept under an identity made of all four, so that it is taken,
/// and once only.
fn set_back(sent: &Transmission, digest: &str) -> String {
    let identity = format!("{} {} {digest} {}", sent.epoch, sent.seq, instant::written(sent.started_at));
    sha256(identity).chars().take(32).collect()
}

fn chunks(stretches: &[Stretch]) -> Result<String, StoreError> {
    let rows: Vec<ChunkRow<'_>> = stretches
        .iter()
        .map(|stretch| ChunkRow {
            offset: stretch.offset,
            len: stretch.len,
            kind: stretch.kind.word(),
            fault: stretch.fault.as_deref(),
            answer: hex(&stretch.answer),
            at: instant::written(stretch.at),
        })
        .collect();
    serde_json::to_string(&rows).map_err(|error| StoreError::corrupt("transmission", 0, error))
}

fn keep_chromatogram(tx: &mut Tx<'_>, transmission: i64, n: i64, found: &Chromatogram) -> Result<(), StoreError> {
    let corrupt = |error: serde_json::Error| StoreError::corrupt("chromatogram", 0, error);
    // The whole signal is in the bytes; what a page draws is kept thin.
    let trace = crate::lab::chromatography::thinned(found);
    let id: i64 = diesel::insert_into(chromatogram::table)
        .values((
            chromatogram::transmission_id.eq(transmission),
            chromatogram::n.eq(n),
            chromatogram::sample_text.eq(found.sample_id.as_deref()),
            chromatogram::detector.eq(found.detector.as_deref()),
            chromatogram::channel.eq(found.channel.as_deref()),
            chromatogram::acquired_at.eq(found.acquired_at.map(|time| time.to_string())),
            chromatogram::signal_unit.eq(found.signal_unit.as_deref()),
            chromatogram::points.eq(found.points as i64),
            chromatogram::peaks.eq(serde_json::to_string(&found.peaks).map_err(corrupt)?),
            chromatogram::trace.eq(serde_json::to_string(&trace).map_err(corrupt)?),
        ))
        .returning(chromatogram::id)
        .get_result(tx.conn)?;
    tx.record("raw.captured", "chromatogram", id, None)?;
    Ok(())
}

/// Whether this reading of the device is one we have: its id, or `None`.
fn same_measurement(tx: &mut Tx<'_>, instrument_id: i64, key: Option<&str>) -> Result<Option<i64>, StoreError> {
    let Some(key) = key else { return Ok(None) };
    Ok(reading::table
        .filter(reading::instrument_id.eq(instrument_id))
        .filter(reading::device_key.eq(key))
        .filter(reading::duplicate_of.is_null())
        .order(reading::id)
        .select(reading::id)
        .first(tx.conn)
        .optional()?)
}
