//! Watched folders: each file an instrument writes becomes one transmission, known by its content and not by its name.
//!
//! A folder is looked through again and again, because network shares tell nobody of changes. A file is read when it
//! has stayed unchanged for a while and did not change while it was read; until then, and when it cannot be read, it is
//! tried again for as long as it is there. Files are never changed, moved or deleted by us.

mod listing;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use drivers::{Driver, Link};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use self::listing::{Found, Mark, Outcome};
use self::pattern::Pattern;
use super::clock;
use super::live::{Live, Word};
use super::port::PortFault;
use super::replay;
use super::session::Open;
use crate::lab::digest::sha256;
use crate::store::journal::{Chunk, Closing, Journal, JournalError, Keep, Opening, SourceFile, State};

/// How long a file must stay unchanged where the line does not say: data systems write a report within a few seconds.
pub const SETTLE_SECONDS: u32 = 10;
/// How often the folder is looked through.
const EVERY: Duration = Duration::from_secs(2);
/// The largest file that is taken, as large as the largest message of a driver.
const LIMIT: u64 = 64 << 20;
/// Unread files that are told of at most.
const TOLD: usize = 100;

/// A file that is in the folder and not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Below the folder.
    pub name: String,
    pub size: u64,
    pub since: Timestamp,
    pub why: Why,
}

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum Why {
    /// It has changed a moment ago.
    Settling,
    Empty,
    /// Another program has it locked.
    Busy,
    /// What the file system says.
    Unreadable(String),
    TooLarge,
    /// The same content was read before, under this name.
    SameAs(String),
}

/// What a folder's files are given to.
pub(super) struct Taker<'a> {
    pub instrument: &'a str,
    pub driver: &'a Driver,
    pub journal: &'a Journal,
    pub live: &'a Live,
    /// Rung when a transmission was closed.
    pub bell: &'a Notify,
}

/// Why a look did not come to its end.
#[derive(Debug)]
pub(super) enum Hindered {
    Folder(PortFault),
    Journal(JournalError),
}

impl From<JournalError> for Hindered {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// A watched folder and what is known of its files.
pub(super) struct Folder {
    path: PathBuf,
    pattern: Pattern,
    settle: Duration,
    known: BTreeMap<String, Known>,
}

/// A file as it was last seen; it has been so since.
struct Known {
    mark: Mark,
    since: Instant,
    at: Timestamp,
    /// `None`: it is read.
    why: Option<Why>,
}

impl Known {
    fn is_done(&self) -> bool {
        matches!(self.why, None | Some(Why::SameAs(_)))
    }
}

impl Folder {
    pub fn new(path: &str, pattern: &str, settle_seconds: u32) -> Self {
        Self {
            path: PathBuf::from(path),
            pattern: Pattern::new(pattern),
            settle: Duration::from_secs(settle_seconds.into()),
            known: BTreeMap::new(),
        }
    }

    /// Looks through the folder until told to stop.
    pub async fn run(mut self, taker: &Taker<'_>, mut stop: watch::Receiver<bool>) {
        loop {
            // A look that is broken off loses nothing: what was kept is known by its content.
            let looked = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                looked = self.look(Instant::now(), taker) => looked,
            };
            match looked {
                Ok(()) => taker.live.turn(Word::Listening, None),
                Err(Hindered::Folder(fault)) => taker.live.turn(Word::Waiting, Some(fault)),
                Err(Hindered::Journal(error)) => {
                    tracing::error!(instrument = taker.instrument, %error, "file not kept, tried again");
                    taker.live.turn(Word::Unkept, None);
                    taker.live.fault(error.to_string());
                }
            }
            tokio::select! {
                () = sleep(EVERY) => (),
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// One look through the folder: what is ripe is read and kept, the oldest file first.
    pub async fn look(&mut self, now: Instant, taker: &Taker<'_>) -> Result<(), Hindered> {
        let (root, pattern) = (self.path.clone(), self.pattern.clone());
        let found = blocking(move || listing::list(&root, &pattern)).await?;
        let found = found.map_err(|error| Hindered::Folder(error.into()))?;
        let names: BTreeSet<&str> = found.iter().map(|one| one.name.as_str()).collect();
        self.known.retain(|name, _| names.contains(name.as_str()));
        let mut outcome = Ok(());
        for one in found {
            outcome = self.meet(one, now, taker).await;
            if outcome.is_err() {
                break;
            }
        }
        taker.live.files(self.unread());
        outcome
    }

    async fn meet(&mut self, found: Found, now: Instant, taker: &Taker<'_>) -> Result<(), Hindered> {
        let fresh = || Known { mark: found.mark.clone(), since: now, at: clock::now(), why: Some(Why::Settling) };
        let known = self.known.entry(found.name.clone()).or_insert_with(fresh);
        if known.mark != found.mark {
            *known = fresh();
        }
        if known.is_done() {
            return Ok(());
        }
        known.why = match &found.mark {
            Mark::Unknown(reason) => Some(Why::Unreadable(reason.clone())),
            Mark::Seen { size: 0, .. } => Some(Why::Empty),
            Mark::Seen { size, .. } if *size > LIMIT => Some(Why::TooLarge),
            Mark::Seen { .. } if now.duration_since(known.since) < self.settle => Some(Why::Settling),
            Mark::Seen { .. } => {
                let (path, mark) = (found.path.clone(), found.mark.clone());
                match blocking(move || listing::read(&path, &mark)).await? {
                    Outcome::Whole(bytes) => take(&found, &bytes, taker).await?,
                    Outcome::Changed => {
                        // Its new size and time are met at the next look.
                        known.since = now;
                        Some(Why::Settling)
                    }
                    Outcome::Busy => Some(Why::Busy),
                    Outcome::Unreadable(reason) => Some(Why::Unreadable(reason)),
                }
            }
        };
        Ok(())
    }

    /// The files that are not read, the newest first.
    fn unread(&self) -> Vec<Unread> {
        let unread = |(name, known): (&String, &Known)| {
            Some(Unread { name: name.clone(), size: known.mark.size(), since: known.at, why: known.why.clone()? })
        };
        let mut all: Vec<Unread> = self.known.iter().filter_map(unread).collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.since));
        all.truncate(TOLD);
        all
    }
}

/// Keeps a file's content, unless the line has it; says why it is not read then.
async fn take(found: &Found, bytes: &[u8], taker: &Taker<'_>) -> Result<Option<Why>, Hindered> {
    let sha256 = sha256(bytes);
    if let Some(before) = taker.journal.file_read(taker.instrument, &sha256).await? {
        return Ok(Some(Why::SameAs(before.clone())).filter(|_| before != found.name));
    }
    let now = clock::now();
    let modified_at = found.mark.modified().and_then(|time| Timestamp::try_from(time).ok());
    let file = SourceFile { name: found.name.clone(), modified_at, sha256 };
    let opening = Opening {
        instrument: taker.instrument.to_owned(),
        driver: taker.driver.id().to_owned(),
        file: Some(file),
        started_at: now,
    };
    let seq = taker.journal.next_seq();
    let (chunks, closing) = conversation(taker.driver.link().as_mut(), bytes, seq, now);
    taker.live.heard(bytes.len());
    let fault = closing.fault.clone();
    taker.journal.keep(Keep { seq, opening: Some(opening), first: 0, chunks, closing: Some(closing) }).await?;
    taker.live.message(now);
    taker.live.transmission();
    if let Some(fault) = fault {
        taker.live.fault(format!("{}: {fault}", found.name));
    }
    taker.bell.notify_one();
    Ok(None)
}

/// What the link makes of a whole file; there is nobody to answer.
fn conversation(link: &mut dyn Link, bytes: &[u8], seq: i64, now: Timestamp) -> (Vec<Chunk>, Closing) {
    let mut chunks = Vec::new();
    for event in replay::whole(link, bytes) {
        let mut chunk = Chunk::new(&event, now);
        chunk.answer.clear();
        if !chunk.bytes.is_empty() || chunk.message.is_some() {
            chunks.push(chunk);
        }
    }
    let mut open = Open::new(seq);
    open.count(&chunks);
    let closing = open.closing(now);
    // A file that says nothing is shown, unlike the idle poll of a wire.
    let closing = match closing.state {
        State::Empty => Closing { state: State::Torn, fault: Some("no message became whole".to_owned()), ..closing },
        State::Complete | State::Torn => closing,
    };
    (chunks, closing)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Hindered> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Hindered::Folder(PortFault::Other(error.to_string())))
}
