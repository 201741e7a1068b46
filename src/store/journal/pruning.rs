//! What the journal may let go: transmissions that the record has, and idle polls that carried nothing to record.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use jiff::Timestamp;

use super::rows::written;
use super::schema::{chunk, closing, delivery, transmission};
use super::{JournalError, State};

/// Rows of one round: the journal's thread is not kept from the instruments for long.
pub(super) const ROUND: i64 = 500;

/// Lets go of idle polls that ended before `before`, one round of them; answers how many. Nothing was ever said in them
/// that could be delivered.
pub(super) fn empty(conn: &mut SqliteConnection, before: Timestamp) -> Result<usize, JournalError> {
    let newest = super::rows::last_seq(conn)?;
    let seqs: Vec<i64> = closing::table
        .filter(closing::state.eq(State::Empty.word()))
        .filter(closing::ended_at.lt(written(before)))
        .filter(closing::transmission.lt(newest))
        .order(closing::transmission)
        .limit(ROUND)
        .select(closing::transmission)
        .load(conn)?;
    remove(conn, &seqs)?;
    Ok(seqs.len())
}

/// The delivered transmissions after `after` that were delivered before `before`, oldest first, one round of them.
pub(super) fn delivered(conn: &mut SqliteConnection, before: Timestamp, after: i64) -> Result<Vec<i64>, JournalError> {
    let newest = super::rows::last_seq(conn)?;
    Ok(delivery::table
        .filter(delivery::at.lt(written(before)))
        .filter(delivery::transmission.gt(after))
        .filter(delivery::transmission.lt(newest))
        .order(delivery::transmission)
        .limit(ROUND)
        .select(delivery::transmission)
        .load(conn)?)
}

/// Removes transmissions, bytes first: the triggers refuse any that is neither delivered nor empty.
pub(super) fn remove(conn: &mut SqliteConnection, seqs: &[i64]) -> Result<(), JournalError> {
    diesel::delete(chunk::table.filter(chunk::transmission.eq_any(seqs))).execute(conn)?;
    diesel::delete(delivery::table.filter(delivery::transmission.eq_any(seqs))).execute(conn)?;
    diesel::delete(closing::table.filter(closing::transmission.eq_any(seqs))).execute(conn)?;
    diesel::delete(transmission::table.filter(transmission::seq.eq_any(seqs))).execute(conn)?;
    Ok(())
}
