//! The journal: every byte from every line, durable before it is answered, in an SQLite file of its own.
//!
//! Who finds the file free commits in its own thread: a line that is alone waits for its disk and for nobody else. What
//! comes meanwhile goes to a thread that commits all that waits in one transaction, so a busy hour costs no more disk
//! syncs than a quiet one. A caller is told only after the commit. A commit that failed is never trusted again: the
//! file is opened anew and checked before the next one.

mod commit;
mod file;
mod pruning;
mod rows;
mod schema;
#[cfg(test)]
mod tests;
mod transmission;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};

use diesel::Connection;
use diesel::sqlite::SqliteConnection;
use jiff::Timestamp;
use tokio::sync::oneshot;

use commit::{Committer, Work};

pub use transmission::{Chunk, ChunkKind, Epoch, SourceFile, State, Stretch, Transmission, UnknownWord};

/// Bytes that a line says at once. More is a file, and writing it takes longer than changing threads.
const FRAME: usize = 64 * 1024;

/// What one commit appends to one transmission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    pub seq: i64,
    /// With the first chunks.
    pub opening: Option<Opening>,
    /// The number of the first of `chunks` in the transmission, from 0.
    pub first: i64,
    pub chunks: Vec<Chunk>,
    /// With the last chunks.
    pub closing: Option<Closing>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The instrument's code in the laboratory.
    pub instrument: String,
    pub driver: String,
    /// The file it is; its content must be new to the line.
    pub file: Option<SourceFile>,
    pub started_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    pub state: State,
    pub fault: Option<String>,
    pub ended_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    #[error("journal {}: {reason}", path.display())]
    Open { path: PathBuf, reason: String },
    #[error("journal: expected SQLite {oldest} or newer, found {found}")]
    Library { found: i32, oldest: i32 },
    #[error("journal: expected {name}={expected}, found {found}")]
    Setting { name: &'static str, expected: &'static str, found: String },
    #[error("journal: the file is damaged: {0}")]
    Damaged(String),
    #[error("journal: {0}")]
    Write(String),
    #[error("journal: transmission {seq} already holds something else{}", n.map_or(String::new(), |n| format!(" as chunk {n}")))]
    Other { seq: i64, n: Option<i64> },
    #[error("journal: {table} {seq}: {reason}")]
    Row { table: &'static str, seq: i64, reason: String },
    #[error("journal: its thread has ended")]
    Ended,
}

impl JournalError {
    fn row(table: &'static str, seq: i64, reason: impl fmt::Display) -> Self {
        Self::Row { table, seq, reason: reason.to_string() }
    }
}

impl From<diesel::result::Error> for JournalError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Write(error.to_string())
    }
}

/// A handle on the journal; clones share the file.
#[derive(Debug, Clone)]
pub struct Journal {
    epoch: Epoch,
    next: Arc<AtomicI64>,
    committer: Arc<Committer>,
    works: mpsc::Sender<Work>,
}

impl Journal {
    /// Opens the journal, makes the file when there is none, and closes what a crash left open as torn.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let lock = file::lock(path)?;
        let mut conn = file::open(path)?;
        let epoch = file::epoch(&mut conn)?;
        file::close_left_open(&mut conn)?;
        let next = Arc::new(AtomicI64::new(rows::last_seq(&mut conn)? + 1));
        let (works, inbox) = mpsc::channel();
        let committer = Arc::new(Committer::new(path, conn, lock));
        let thread = Arc::clone(&committer);
        std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || thread.serve(&inbox))
            .map_err(|error| JournalError::Write(error.to_string()))?;
        Ok(Self { epoch, next, committer, works })
    }

    /// Opens the journal; one that is damaged is set aside under the name that is also given, and a new one begun: an
    /// unreadable past must not stop today's instruments.
    pub fn open_or_set_aside(path: &Path, now: Timestamp) -> Result<(Self, Option<PathBuf>), JournalError> {
        match Self::open(path) {
            Err(JournalError::Damaged(reason)) => {
                let aside = file::set_aside(path, now)
                    .map_err(|error| JournalError::Open { path: path.to_owned(), reason: error.to_string() })?;
                tracing::error!(%reason, aside = %aside.display(), "journal is damaged and set aside");
                Self::open(path).map(|journal| (journal, Some(aside)))
            }
            opened => opened.map(|journal| (journal, None)),
        }
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// A number for a new transmission; it may stay unused, it is never given twice.
    pub fn next_seq(&self) -> i64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns once everything in `keep` is committed and synced. Asking again with the same content is harmless.
    pub async fn keep(&self, keep: Keep) -> Result<(), JournalError> {
        let size: usize = keep.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
        let (work, answer) = work(move |conn| rows::append(conn, &keep));
        let left = if size > FRAME { Some(work) } else { self.committer.at_once(work) };
        if let Some(work) = left {
            self.send(work)?;
        }
        answer.await.map_err(|_| JournalError::Ended)?
    }

    /// The closed transmissions of an instrument that wait to be delivered, oldest first.
    pub async fn undelivered(&self, instrument: &str) -> Result<Vec<i64>, JournalError> {
        let instrument = instrument.to_owned();
        self.ask(move |conn| rows::undelivered(conn, &instrument)).await
    }

    /// The instruments of which something waits to be delivered, whether their lines still run or not.
    pub async fn waiting(&self) -> Result<Vec<String>, JournalError> {
        self.ask(rows::waiting).await
    }

    /// The name under which the line has read a file of this content (SHA-256 in hex); `None`: it has not.
    pub async fn file_read(&self, instrument: &str, sha256: &str) -> Result<Option<String>, JournalError> {
        let (instrument, sha256) = (instrument.to_owned(), sha256.to_owned());
        self.ask(move |conn| rows::file_read(conn, &instrument, &sha256)).await
    }

    /// A closed transmission; `None` when there is none of this number.
    pub async fn read(&self, seq: i64) -> Result<Option<Transmission>, JournalError> {
        let epoch = self.epoch;
        self.ask(move |conn| rows::read(conn, epoch, seq)).await
    }

    /// Notes that the record has this transmission.
    pub async fn delivered(&self, seq: i64, at: Timestamp) -> Result<(), JournalError> {
        self.ask(move |conn| rows::mark_delivered(conn, seq, at)).await
    }

    /// Lets go of idle polls that ended before this instant, a round of them; answers how many. They said nothing that
    /// could be delivered.
    pub async fn prune_empty(&self, before: Timestamp) -> Result<usize, JournalError> {
        self.ask(move |conn| pruning::empty(conn, before)).await
    }

    /// A round of the transmissions after `after` that were delivered before this instant, oldest first.
    pub async fn delivered_before(&self, before: Timestamp, after: i64) -> Result<Vec<i64>, JournalError> {
        self.ask(move |conn| pruning::delivered(conn, before, after)).await
    }

    /// Lets go of delivered transmissions; the file refuses all of them if one is not delivered, or is the newest.
    pub async fn prune_delivered(&self, seqs: Vec<i64>) -> Result<(), JournalError> {
        self.ask(move |conn| pruning::remove(conn, &seqs)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let (work, answer) = self::work(work);
        self.send(work)?;
        answer.await.map_err(|_| JournalError::Ended)?
    }

    fn send(&self, work: Work) -> Result<(), JournalError> {
        self.committer.expect();
        self.works.send(work).map_err(|_| JournalError::Ended)
    }
}

/// Work on the file, and where its outcome arrives once it is committed.
fn work<T: Send + 'static>(
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, JournalError> + Send + 'static,
) -> (Work, oneshot::Receiver<Result<T, JournalError>>) {
    let (reply, answer) = oneshot::channel();
    let work: Work = Box::new(move |conn| {
        // A savepoint each: one caller's refused row does not take its neighbours along.
        let outcome = conn.and_then(|conn| conn.transaction(work));
        Box::new(move |committed| {
            // A caller that has gone away needs no answer.
            let _ = reply.send(committed.and(outcome));
        })
    });
    (work, answer)
}
