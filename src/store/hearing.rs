//! When each instrument was last heard, and what its messages say of its clock: from the transmissions in the record, so
//! that a restart forgets neither.

use std::collections::BTreeMap;

use diesel::prelude::*;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::intake::Read;
use super::journal::Transmission;
use super::ledger::Tx;
use super::schema::{clock_seen, instrument, transmission};
use crate::lab::line::clock::{self, Seen};

/// When the newest transmission of each instrument ended; a poll that brought nothing is no word of the instrument.
fn last_heard(conn: &mut Conn) -> Result<BTreeMap<i64, Timestamp>, StoreError> {
    let instruments: Vec<i64> =
        instrument::table.filter(instrument::retired_at.is_null()).select(instrument::id).load(conn)?;
    let mut heard = BTreeMap::new();
    // One small query each: the newest stands first in the index, however many there are.
    for id in instruments {
        let newest: Option<(i64, String)> = transmission::table
            .filter(transmission::instrument_id.eq(id))
            .filter(transmission::state.ne("empty"))
            .order(transmission::id.desc())
            .select((transmission::id, transmission::ended_at))
            .first(conn)
            .optional()?;
        if let Some((row, at)) = newest {
            heard.insert(id, instant::read("transmission", row, &at)?);
        }
    }
    Ok(heard)
}

/// Keeps what the times in a transmission show of the instrument's clock.
pub(super) fn note_clock(
    tx: &mut Tx<'_>,
    instrument_id: i64,
    id: i64,
    sent: &Transmission,
    messages: &[Read],
) -> Result<(), StoreError> {
    let said = messages.iter().filter_map(|message| message.sent_at).max();
    let readings = messages.iter().flat_map(|message| &message.readings).map(|one| &one.reading);
    let measured: Vec<DateTime> =
        readings.filter(|reading| !reading.doubtful_time).filter_map(|reading| reading.measured_at).collect();
    let Some(seen) = clock::seen(said, measured, sent.file.is_none(), sent.ended_at) else { return Ok(()) };
    diesel::insert_into(clock_seen::table)
        .values((
            clock_seen::instrument_id.eq(instrument_id),
            clock_seen::transmission_id.eq(id),
            clock_seen::shows.eq(seen.shows.name()),
            clock_seen::ahead_seconds.eq(seen.ahead.as_secs()),
            clock_seen::at.eq(instant::written(seen.at)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// How far an instrument's clock is from ours, by its newest transmissions that show it.
fn newest_clock(conn: &mut Conn, instrument_id: i64) -> Result<Option<Seen>, StoreError> {
    let mut newest = Vec::new();
    for shows in clock::Shows::ALL {
        let rows: Vec<(i64, i64, String)> = clock_seen::table
            .filter(clock_seen::instrument_id.eq(instrument_id))
            .filter(clock_seen::shows.eq(shows.name()))
            .order(clock_seen::id.desc())
            .limit(clock::RECENT as i64)
            .select((clock_seen::id, clock_seen::ahead_seconds, clock_seen::at))
            .load(conn)?;
        for (row, ahead, at) in rows {
            let (ahead, at) = (SignedDuration::from_secs(ahead), instant::read("clock_seen", row, &at)?);
            newest.push(Seen { shows: *shows, ahead, at });
        }
    }
    Ok(clock::offset(&newest))
}

impl Store {
    /// When each instrument in use was last heard, by its id.
    pub async fn last_heard(&self) -> Result<BTreeMap<i64, Timestamp>, StoreError> {
        self.reading(last_heard).await
    }

    /// How far an instrument's clock is from ours; `None`: no message has shown it.
    pub async fn instrument_clock(&self, instrument_id: i64) -> Result<Option<Seen>, StoreError> {
        self.reading(move |conn| newest_clock(conn, instrument_id)).await
    }
}
