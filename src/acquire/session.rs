//! A session: one connected line, from its opening to its end. First keep, then promise.
//!
//! What the link makes of a stretch of the wire is committed to the journal before its answer is written. When the
//! journal refuses, nothing is answered and nothing is read: the bytes are offered to it again until it takes them. An
//! answer that became late by that is withheld; the instrument repeats itself and gets its answer then.

use std::future::{Future, pending};
use std::io;
use std::time::Duration;

use drivers::{Driver, Event, Said};
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use super::clock;
use super::live::{Live, Word};
use super::outbox::{Outbox, Put};
use crate::store::journal::{Chunk, ChunkKind, Closing, Journal, JournalError, Keep, Opening, State};

/// Shorter than the 15 s an ASTM sender waits for its answer.
const TIMELY: Duration = Duration::from_secs(5);
/// A port that takes no byte for so long has an instrument that is off or holds us back for good.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// An unfinished transmission that stays silent longer than any protocol waits is torn.
const SILENCE: Duration = Duration::from_secs(120);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Where a session keeps what it hears.
pub trait Keeper: Sync {
    /// A number for a new transmission.
    fn next_seq(&self) -> i64;
    /// Returns once all of it is durable.
    fn keep(&self, keep: Keep) -> impl Future<Output = Result<(), JournalError>> + Send;
}

impl Keeper for Journal {
    fn next_seq(&self) -> i64 {
        self.next_seq()
    }

    fn keep(&self, keep: Keep) -> impl Future<Output = Result<(), JournalError>> + Send {
        self.keep(keep)
    }
}

/// How a session ended.
#[derive(Debug)]
pub enum Ended {
    /// The other side is gone: a read of nothing.
    Closed,
    Lost(io::Error),
    /// We were told to stop.
    Stopped,
}

/// What a session needs beside the line and its link.
pub struct Session<'a, K> {
    pub instrument: &'a str,
    pub driver: &'a Driver,
    pub keeper: &'a K,
    pub live: &'a Live,
    /// Rung when a transmission was closed.
    pub bell: &'a Notify,
    /// What is to be said on the line.
    pub outbox: &'a Outbox,
}

/// The transmission under way.
pub(super) struct Open {
    seq: i64,
    chunks: i64,
    messages: usize,
    /// A refusal that no later frame has made good.
    refused: Option<String>,
    /// Bytes that belong to no frame.
    noise: bool,
}

enum Step {
    Read(usize),
    Say(Put),
    Silent,
    GiveUp,
    End(Ended),
}

impl<K: Keeper> Session<'_, K> {
    /// Talks until the line ends or `stop` turns true.
    pub async fn run<L>(&self, line: &mut L, mut stop: watch::Receiver<bool>) -> Ended
    where
        L: AsyncRead + AsyncWrite + Unpin,
    {
        let mut link = self.driver.link();
        let mut talk = Talk { open: None, request: None };
        let mut asked: Option<oneshot::Sender<Said>> = None;
        let mut buffer = [0; 4096];
        let mut heard = Instant::now();
        self.live.turn(Word::Listening, None);
        loop {
            let silence = talk.open.as_ref().map(|_| SILENCE.saturating_sub(heard.elapsed()));
            let step = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => Step::End(Ended::Stopped),
                read = line.read(&mut buffer) => match read {
                    Ok(0) => Step::End(Ended::Closed),
                    Ok(read) => Step::Read(read),
                    Err(error) => Step::End(Ended::Lost(error)),
                },
                put = self.outbox.next(), if asked.is_none() => Step::Say(put),
                () = patience(silence) => Step::GiveUp,
                () = patience(link.patience()) => Step::Silent,
            };
            let mut said = None;
            let (events, end) = match step {
                Step::Say(put) if link.say(&put.message) => {
                    asked = Some(put.told);
                    continue;
                }
                Step::Say(put) => {
                    // Nobody waits for it any more where this fails.
                    let _ = put.told.send(Said::Refused(String::new()));
                    continue;
                }
                Step::Read(read) => {
                    heard = Instant::now();
                    self.live.heard(read);
                    (link.feed(buffer.get(..read).unwrap_or_default()), None)
                }
                Step::Silent => (link.idle(clock::civil()), None),
                Step::GiveUp => {
                    let mut gone = std::mem::replace(&mut link, self.driver.link());
                    let events = gone.close();
                    said = gone.said();
                    (events, Some((None, "the line fell silent")))
                }
                Step::End(ended) => {
                    let why = match ended {
                        Ended::Stopped => "the line was stopped",
                        Ended::Closed | Ended::Lost(_) => "the line closed",
                    };
                    (link.close(), Some((Some(ended), why)))
                }
            };
            let taken = self.take(&mut talk, &events, end.as_ref().map(|(_, why)| *why), line, &stop).await;
            if let Some(said) = said.or_else(|| link.said())
                && let Some(told) = asked.take()
            {
                // What was withheld or did not go out, the instrument does not have.
                let said =
                    if matches!((&taken, &said), (Ok(true), _) | (_, Said::Refused(_))) { said } else { Said::Absent };
                let _ = told.send(said);
            }
            match (taken, end) {
                (Err(ended @ Ended::Lost(_)), None | Some((None, _))) => {
                    // The line was lost while we answered: what the link still holds is kept, and nothing stays open.
                    let held = link.close();
                    if let Some(told) = asked.take() {
                        let _ = told.send(link.said().unwrap_or(Said::Absent));
                    }
                    let kept = self.take(&mut talk, &held, Some("the line closed"), line, &stop).await;
                    return kept.err().filter(|ended| matches!(ended, Ended::Stopped)).unwrap_or(ended);
                }
                (Err(ended), _) | (Ok(_), Some((Some(ended), _))) => return ended,
                (Ok(_), _) => (),
            }
        }
    }

    /// Keeps and answers events, a transmission at a time. `torn`: why what stays open then is closed. Says whether all
    /// answers went out.
    async fn take<L>(
        &self,
        talk: &mut Talk,
        events: &[Event],
        torn: Option<&str>,
        line: &mut L,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, Ended>
    where
        L: AsyncWrite + Unpin,
    {
        let now = clock::now();
        let mut answered = true;
        let mut groups: Vec<&[Event]> = events.split_inclusive(|event| event.last).collect();
        if torn.is_some() && groups.last().is_none_or(|group| group.last().is_none_or(|event| event.last)) {
            groups.push(&[]);
        }
        let count = groups.len();
        // Why nothing can be written any more; what was heard is kept all the same.
        let mut lost = None;
        for (index, group) in groups.into_iter().enumerate() {
            let torn = torn.filter(|_| index + 1 == count);
            let mut timely = true;
            if let Some(keep) = talk.keep(self, group, torn, now) {
                let closing = keep.closing.clone();
                timely = self.keep_surely(keep, stop).await?;
                self.tell(group, closing.as_ref(), now);
            }
            answered &= timely || group.iter().all(|event| event.answer.is_empty());
            if torn.is_none() && timely && lost.is_none() {
                for event in group.iter().filter(|event| !event.answer.is_empty()) {
                    if let Err(ended) = answer(line, &event.answer).await {
                        lost = Some(ended);
                        break;
                    }
                }
            }
        }
        lost.map_or(Ok(answered), Err)
    }

    /// Offers the bytes to the journal until it takes them; says whether that was soon enough to answer.
    async fn keep_surely(&self, keep: Keep, stop: &watch::Receiver<bool>) -> Result<bool, Ended> {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut stop = stop.clone();
        while let Err(error) = self.keeper.keep(keep.clone()).await {
            tracing::error!(instrument = self.instrument, seq = keep.seq, %error, "bytes not kept, not answered");
            self.live.turn(Word::Unkept, None);
            self.live.fault(error.to_string());
            tokio::select! {
                () = sleep(pause) => (),
                _ = stop.wait_for(|stop| *stop) => return Err(Ended::Stopped),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(begun.elapsed() < TIMELY)
    }

    /// Tells the pages and the courier what was kept.
    fn tell(&self, group: &[Event], closing: Option<&Closing>, now: Timestamp) {
        if group.iter().any(|event| event.message.is_some()) {
            self.live.message(now);
        }
        match closing {
            None => self.live.turn(Word::Receiving, None),
            Some(closing) => {
                if let Some(fault) = &closing.fault {
                    self.live.fault(fault.clone());
                }
                if closing.state != State::Empty {
                    self.live.transmission();
                    self.bell.notify_one();
                }
                self.live.turn(Word::Listening, None);
            }
        }
    }
}

/// What has been said and not yet closed.
struct Talk {
    open: Option<Open>,
    /// Our last request while nothing was under way: the beginning of what it brings.
    request: Option<Chunk>,
}

impl Talk {
    /// What is to be committed for these events; nothing while only we have spoken.
    fn keep<K: Keeper>(
        &mut self,
        session: &Session<'_, K>,
        group: &[Event],
        torn: Option<&str>,
        now: Timestamp,
    ) -> Option<Keep> {
        let mut chunks: Vec<Chunk> = group.iter().map(|event| Chunk::new(event, now)).collect();
        let mut opening = None;
        if self.open.is_none() {
            let spoken = chunks.iter().any(|chunk| !chunk.bytes.is_empty() || chunk.message.is_some());
            if !spoken {
                // A request that ended without a word is the beginning of nothing.
                let ended = group.last().is_some_and(|event| event.last);
                let request = chunks.pop().filter(|chunk| !chunk.answer.is_empty()).or(self.request.take());
                self.request = request.filter(|_| !ended);
                return None;
            }
            if let Some(request) = self.request.take() {
                chunks.insert(0, request);
            }
            opening = Some(Opening {
                instrument: session.instrument.to_owned(),
                driver: session.driver.id().to_owned(),
                file: None,
                started_at: chunks.first().map_or(now, |chunk| chunk.at),
            });
        }
        let open = self.open.get_or_insert_with(|| Open::new(session.keeper.next_seq()));
        let first = open.chunks;
        open.count(&chunks);
        let seq = open.seq;
        let whole = group.last().is_some_and(|event| event.last);
        let closing = if whole {
            Some(open.closing(now))
        } else {
            torn.map(|why| Closing { state: State::Torn, fault: Some(why.to_owned()), ended_at: now })
        };
        if closing.is_some() {
            self.open = None;
        }
        Some(Keep { seq, opening, first, chunks, closing })
    }
}

impl Open {
    pub(super) fn new(seq: i64) -> Self {
        Self { seq, chunks: 0, messages: 0, refused: None, noise: false }
    }

    pub(super) fn count(&mut self, chunks: &[Chunk]) {
        for chunk in chunks {
            self.chunks += 1;
            self.messages += usize::from(chunk.message.is_some());
            self.noise |= chunk.kind == ChunkKind::Noise;
            match chunk.kind {
                ChunkKind::Refused => self.refused = chunk.fault.clone(),
                ChunkKind::Frame | ChunkKind::Repeated => self.refused = None,
                ChunkKind::Control | ChunkKind::Noise => (),
            }
        }
    }

    pub(super) fn closing(&self, now: Timestamp) -> Closing {
        let (state, fault) = match (&self.refused, self.messages) {
            (Some(fault), _) => (State::Torn, Some(fault.clone())),
            (None, 0) if self.noise => (State::Torn, Some("no message became whole".to_owned())),
            // What a link accepts and then ends without a message carried none: a keep-alive, an idle detector.
            (None, 0) => (State::Empty, None),
            (None, _) => (State::Complete, None),
        };
        Closing { state, fault, ended_at: now }
    }
}

async fn answer<L: AsyncWrite + Unpin>(line: &mut L, bytes: &[u8]) -> Result<(), Ended> {
    let written = timeout(WRITE_PATIENCE, async {
        line.write_all(bytes).await?;
        line.flush().await
    });
    match written.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Ended::Lost(error)),
        Err(late) => Err(Ended::Lost(io::Error::new(io::ErrorKind::TimedOut, late))),
    }
}

/// Returns after this long; never for `None`.
async fn patience(patience: Option<Duration>) {
    match patience {
        Some(patience) => sleep(patience).await,
        None => pending().await,
    }
}
