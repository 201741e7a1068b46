//! What the journal writes and reads: rows are private, words and instants are parsed at the door.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use drivers::{Message, Piece};
use jiff::Timestamp;

use super::schema::{chunk, closing, delivery, file, transmission};
use super::{Chunk, Closing, Epoch, JournalError, Keep, Opening, SourceFile, State, Stretch, Transmission};

/// UTC, RFC 3339, exactly milliseconds: sorts as it reads.
pub(super) fn written(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn instant(table: &'static str, seq: i64, text: &str) -> Result<Timestamp, JournalError> {
    text.parse().map_err(|error| JournalError::row(table, seq, error))
}

/// Appends what is not yet there. Asked again after a doubtful commit it finds its own rows and agrees.
pub(super) fn append(conn: &mut SqliteConnection, keep: &Keep) -> Result<(), JournalError> {
    if let Some(opening) = &keep.opening {
        open(conn, keep.seq, opening)?;
    }
    for (n, chunk) in (keep.first..).zip(&keep.chunks) {
        append_chunk(conn, keep.seq, n, chunk)?;
    }
    keep.closing.as_ref().map_or(Ok(()), |closing| close(conn, keep.seq, closing))
}

fn open(conn: &mut SqliteConnection, seq: i64, opening: &Opening) -> Result<(), JournalError> {
    let there: Option<(String, String)> =
        transmission::table.find(seq).select((transmission::line, transmission::started_at)).first(conn).optional()?;
    let started_at = written(opening.started_at);
    match there {
        None => {
            diesel::insert_into(transmission::table)
                .values((
                    transmission::seq.eq(seq),
                    transmission::line.eq(&opening.instrument),
                    transmission::driver.eq(&opening.driver),
                    transmission::started_at.eq(started_at),
                ))
                .execute(conn)?;
            opening.file.as_ref().map_or(Ok(()), |it| keep_file(conn, seq, &opening.instrument, it))
        }
        Some(row) if row == (opening.instrument.clone(), started_at) => Ok(()),
        Some(_) => Err(JournalError::Other { seq, n: None }),
    }
}

/// The key of the table refuses a content that the line has read before.
fn keep_file(conn: &mut SqliteConnection, seq: i64, line: &str, it: &SourceFile) -> Result<(), JournalError> {
    diesel::insert_into(file::table)
        .values((
            file::line.eq(line),
            file::sha256.eq(&it.sha256),
            file::transmission.eq(seq),
            file::name.eq(&it.name),
            file::modified_at.eq(it.modified_at.map(written)),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn file_read(conn: &mut SqliteConnection, line: &str, sha256: &str) -> Result<Option<String>, JournalError> {
    Ok(file::table.find((line, sha256)).select(file::name).first(conn).optional()?)
}

fn source_file(conn: &mut SqliteConnection, seq: i64) -> Result<Option<SourceFile>, JournalError> {
    let row: Option<(String, Option<String>, String)> = file::table
        .filter(file::transmission.eq(seq))
        .select((file::name, file::modified_at, file::sha256))
        .first(conn)
        .optional()?;
    let Some((name, modified_at, sha256)) = row else { return Ok(None) };
    let modified_at = modified_at.map(|text| instant("file", seq, &text)).transpose()?;
    Ok(Some(SourceFile { name, modified_at, sha256 }))
}

fn append_chunk(conn: &mut SqliteConnection, seq: i64, n: i64, it: &Chunk) -> Result<(), JournalError> {
    let there: Option<Vec<u8>> = chunk::table.find((seq, n)).select(chunk::bytes).first(conn).optional()?;
    match there {
        None => {
            let pieces = it.message.as_ref().map(|message| {
                let pieces: Vec<_> = message.pieces.iter().map(|piece| (piece.at, piece.wire, piece.len)).collect();
                serde_json::json!(pieces).to_string()
            });
            diesel::insert_into(chunk::table)
                .values((
                    chunk::transmission.eq(seq),
                    chunk::n.eq(n),
                    chunk::at.eq(written(it.at)),
                    chunk::kind.eq(it.kind.word()),
                    chunk::bytes.eq(&it.bytes),
                    chunk::answer.eq(&it.answer),
                    chunk::fault.eq(&it.fault),
                    chunk::message.eq(it.message.as_ref().map(|message| &message.bytes)),
                    chunk::pieces.eq(pieces),
                ))
                .execute(conn)?;
            Ok(())
        }
        Some(bytes) if bytes == it.bytes => Ok(()),
        Some(_) => Err(JournalError::Other { seq, n: Some(n) }),
    }
}

fn close(conn: &mut SqliteConnection, seq: i64, it: &Closing) -> Result<(), JournalError> {
    let there: Option<String> = closing::table.find(seq).select(closing::state).first(conn).optional()?;
    match there {
        None => {
            diesel::insert_into(closing::table)
                .values((
                    closing::transmission.eq(seq),
                    closing::state.eq(it.state.word()),
                    closing::fault.eq(&it.fault),
                    closing::ended_at.eq(written(it.ended_at)),
                ))
                .execute(conn)?;
            Ok(())
        }
        Some(state) if state == it.state.word() => Ok(()),
        Some(_) => Err(JournalError::Other { seq, n: None }),
    }
}

pub(super) fn mark_delivered(conn: &mut SqliteConnection, seq: i64, at: Timestamp) -> Result<(), JournalError> {
    let there: Option<i64> = delivery::table.find(seq).select(delivery::transmission).first(conn).optional()?;
    if there.is_none() {
        diesel::insert_into(delivery::table)
            .values((delivery::transmission.eq(seq), delivery::at.eq(written(at))))
            .execute(conn)?;
    }
    Ok(())
}

/// The closed transmissions of a line that nobody has taken yet, oldest first; empty ones have nothing to take.
pub(super) fn undelivered(conn: &mut SqliteConnection, line: &str) -> Result<Vec<i64>, JournalError> {
    let seqs = transmission::table
        .inner_join(closing::table.on(closing::transmission.eq(transmission::seq)))
        .left_join(delivery::table.on(delivery::transmission.eq(transmission::seq)))
        .filter(transmission::line.eq(line))
        .filter(closing::state.ne(State::Empty.word()))
        .filter(delivery::transmission.nullable().is_null())
        .order(transmission::seq)
        .select(transmission::seq)
        .load(conn)?;
    Ok(seqs)
}

/// The lines of which something waits to be taken.
pub(super) fn waiting(conn: &mut SqliteConnection) -> Result<Vec<String>, JournalError> {
    Ok(transmission::table
        .inner_join(closing::table.on(closing::transmission.eq(transmission::seq)))
        .left_join(delivery::table.on(delivery::transmission.eq(transmission::seq)))
        .filter(closing::state.ne(State::Empty.word()))
        .filter(delivery::transmission.nullable().is_null())
        .order(transmission::line)
        .select(transmission::line)
        .distinct()
        .load(conn)?)
}

pub(super) fn last_seq(conn: &mut SqliteConnection) -> Result<i64, JournalError> {
    let last: Option<i64> = transmission::table.select(diesel::dsl::max(transmission::seq)).first(conn)?;
    Ok(last.unwrap_or(0))
}

#[derive(Queryable)]
struct ChunkRow {
    _transmission: i64,
    n: i64,
    at: String,
    kind: String,
    bytes: Vec<u8>,
    answer: Vec<u8>,
    fault: Option<String>,
    message: Option<Vec<u8>>,
    pieces: Option<String>,
}

/// A closed transmission; `None` when there is none of this number.
pub(super) fn read(conn: &mut SqliteConnection, epoch: Epoch, seq: i64) -> Result<Option<Transmission>, JournalError> {
    let row: Option<(String, String, String, String, Option<String>, String)> = transmission::table
        .inner_join(closing::table.on(closing::transmission.eq(transmission::seq)))
        .filter(transmission::seq.eq(seq))
        .select((
            transmission::line,
            transmission::driver,
            transmission::started_at,
            closing::state,
            closing::fault,
            closing::ended_at,
        ))
        .first(conn)
        .optional()?;
    let Some((instrument, driver, started_at, state, fault, ended_at)) = row else { return Ok(None) };
    let mut whole = Transmission {
        epoch,
        seq,
        instrument,
        driver,
        file: source_file(conn, seq)?,
        started_at: instant("transmission", seq, &started_at)?,
        ended_at: instant("closing", seq, &ended_at)?,
        state: state.parse().map_err(|error| JournalError::row("closing", seq, error))?,
        fault,
        bytes: Vec::new(),
        chunks: Vec::new(),
        messages: Vec::new(),
    };
    let rows: Vec<ChunkRow> = chunk::table.filter(chunk::transmission.eq(seq)).order(chunk::n).load(conn)?;
    for row in rows {
        whole.chunks.push(Stretch {
            offset: whole.bytes.len(),
            len: row.bytes.len(),
            at: instant("chunk", seq, &row.at)?,
            kind: row.kind.parse().map_err(|error| JournalError::row("chunk", seq, error))?,
            fault: row.fault,
            answer: row.answer,
        });
        whole.bytes.extend(row.bytes);
        if let (Some(bytes), Some(pieces)) = (row.message, row.pieces) {
            let pieces: Vec<(usize, usize, usize)> = serde_json::from_str(&pieces)
                .map_err(|error| JournalError::row("chunk", seq, format!("chunk {}: {error}", row.n)))?;
            let pieces = pieces.into_iter().map(|(at, wire, len)| Piece { at, wire, len }).collect();
            whole.messages.push(Message { bytes, pieces });
        }
    }
    Ok(Some(whole))
}
