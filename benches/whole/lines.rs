//! Lines: an analyser sends frames, the real session commits each to the real journal and acknowledges it.
//!
//! The sender is an instrument that never waits by itself: its next frame follows each acknowledgement at once. Delivery
//! to the laboratory's database is another task of the program and is left out.

use std::future::Future;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use drivers::Serial;
use drivers::link::astm::{Outcome, Role, SHORT, Sender, frames};
use qingke::acquire::Transport;
use qingke::acquire::live::Live;
use qingke::acquire::outbox::Outbox;
use qingke::acquire::port::Port;
use qingke::acquire::session::{Keeper, Session};
use qingke::demo::instruments::pty::Pty;
use qingke::store::journal::{Journal, JournalError, Keep};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, broadcast, watch};

use super::bare::Bare;
use super::{Row, median, ms, quantile};

const ROUNDS: usize = 5;
/// Frames in a transmission, with ENQ before and EOT after them, which are committed too.
const FRAMES: usize = 100;
/// Transmissions of a round.
const SENT: usize = 4;
const LINES: usize = 8;

/// The journal, and when it last said that something is durable.
struct Watched {
    journal: Journal,
    committed: Mutex<Instant>,
}

impl Keeper for Watched {
    fn next_seq(&self) -> i64 {
        self.journal.next_seq()
    }

    fn keep(&self, keep: Keep) -> impl Future<Output = Result<(), JournalError>> + Send {
        let kept = self.journal.keep(keep);
        async {
            kept.await?;
            *self.committed.lock().expect("nobody panics") = Instant::now();
            Ok(())
        }
    }
}

/// What the instrument saw of one frame.
#[derive(Clone, Copy)]
struct Answered {
    /// From the last byte written to the acknowledgement read.
    sent: Duration,
    /// From the commit to the acknowledgement read.
    committed: Duration,
}

/// One round of one kind.
struct Round {
    frames: Vec<Answered>,
    took: Duration,
}

impl Round {
    fn per_second(&self) -> f64 {
        self.frames.len() as f64 / self.took.as_secs_f64()
    }
}

/// A message of exactly `FRAMES` full frames: results until the text is long enough, then the end.
pub fn message(number: usize) -> Vec<Vec<u8>> {
    let mut text = format!("H|\\^&|||Reader^ELISA 96^1.0^0042|||||||P|LIS2-A2|20261124{:06}\rP|1\r", number % 240_000);
    let mut result = 0;
    while text.len() < SHORT * (FRAMES - 1) {
        result += 1;
        let value = (number * 7919 + result * 104_729) % 100_000;
        text.push_str(&format!(
            "O|1|2026-{value:06}||^^^AFM1|R\rR|1|^^^AFM1|{}.{:03}|ug/kg||N||F\r",
            value / 1000,
            value % 1000
        ));
    }
    text.push_str("L|1|N\r");
    frames(text.as_bytes(), SHORT)
}

/// Plays whole transmissions as the analyser.
async fn play<L>(line: &mut L, watched: &Watched, transmissions: usize) -> anyhow::Result<Vec<Answered>>
where
    L: AsyncRead + AsyncWrite + Unpin,
{
    let mut answered = Vec::with_capacity(transmissions * FRAMES);
    for number in 0..transmissions {
        let frames = message(number);
        ensure!(frames.len() == FRAMES, "expected {FRAMES} frames, found {}", frames.len());
        let mut sender = Sender::new(Role::Instrument, frames);
        let mut turn = sender.start();
        while turn.outcome.is_none() {
            let is_frame = turn.write.len() > 1;
            line.write_all(&turn.write).await?;
            let written = Instant::now();
            let mut byte = [0];
            line.read_exact(&mut byte).await?;
            let heard = Instant::now();
            if is_frame {
                let committed = *watched.committed.lock().expect("nobody panics");
                answered
                    .push(Answered { sent: heard - written, committed: heard.saturating_duration_since(committed) });
            }
            let [byte] = byte;
            ensure!(byte == 0x06, "expected ACK, found {byte:#04x}");
            turn = sender.hear(byte);
        }
        ensure!(turn.outcome == Some(Outcome::Sent), "{:?}", turn.outcome);
        line.write_all(&turn.write).await?;
    }
    Ok(answered)
}

/// The session on one end, the analyser on the other, until all is sent.
async fn talk<A, B>(
    mut ours: A,
    mut theirs: B,
    watched: &Watched,
    transmissions: usize,
) -> anyhow::Result<Vec<Answered>>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let driver = drivers::by_id("astm-lis2").context("the driver is in the list")?;
    let live = Live::new("A", driver.id(), String::new(), broadcast::channel(256).0);
    let (bell, (stop, stopped)) = (Notify::new(), watch::channel(false));
    let outbox = Outbox::default();
    let session =
        Session { instrument: "A", driver: &driver, keeper: watched, live: &live, bell: &bell, outbox: &outbox };
    tokio::select! {
        ended = session.run(&mut ours, stopped) => anyhow::bail!("the session ended: {ended:?}"),
        answered = play(&mut theirs, watched, transmissions) => {
            drop(stop);
            answered
        }
    }
}

/// Over pipes in memory: nothing but the session and the journal.
async fn over_pipes(journal: Journal) -> anyhow::Result<Round> {
    let watched = Watched { journal, committed: Mutex::new(Instant::now()) };
    let (ours, theirs) = duplex(4096);
    let begun = Instant::now();
    let frames = talk(ours, theirs, &watched, SENT).await?;
    Ok(Round { frames, took: begun.elapsed() })
}

/// Over a pseudo-terminal, opened on our side as a serial port is.
async fn over_terminal(journal: Journal) -> anyhow::Result<Round> {
    let watched = Watched { journal, committed: Mutex::new(Instant::now()) };
    let theirs = Pty::open()?;
    let ours = Port::new(Transport::serial(theirs.path(), Serial::new(115_200))).open().await?;
    let begun = Instant::now();
    let frames = talk(ours, theirs, &watched, SENT).await?;
    Ok(Round { frames, took: begun.elapsed() })
}

/// Eight lines at once into one journal.
async fn many_lines(journal: Journal) -> anyhow::Result<Round> {
    let begun = Instant::now();
    let talks: Vec<_> = (0..LINES).map(|_| tokio::spawn(over_pipes(journal.clone()))).collect();
    let mut frames = Vec::new();
    for talk in talks {
        frames.extend(talk.await??.frames);
    }
    Ok(Round { frames, took: begun.elapsed() })
}

/// What one frame's row holds beside its number: the wire's bytes, an instant, the kind and the answer.
fn row_size() -> usize {
    let wire = message(0).first().map_or(0, Vec::len);
    wire + "2026-11-24T00:00:00.000Z".len() + "frame".len() + 1
}

pub fn measured(runtime: &Runtime, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let journal = Journal::open(&folder.join("journal.db"))?;
    let mut bare = Bare::open(&folder.join("bare.db"))?;
    let (count, size) = (FRAMES * SENT, row_size());
    // Files grow and statements are prepared outside of what is measured.
    bare.commit(50, size)?;
    runtime.block_on(over_pipes(journal.clone()))?;
    let (mut commits, mut rates) = (Vec::new(), Vec::new());
    let (mut pipes, mut terminals, mut many) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        commits.extend(bare.commit(count, size)?);
        rates.push(count as f64 / begun.elapsed().as_secs_f64());
        pipes.push(runtime.block_on(runtime.spawn(over_pipes(journal.clone())))??);
        terminals.push(runtime.block_on(runtime.spawn(over_terminal(journal.clone())))??);
        many.push(runtime.block_on(many_lines(journal.clone()))?);
    }
    let bare_rate = median(rates.clone());
    let bare_times = format!(
        "bare commit of {size} bytes: p50 {}, p99 {}",
        ms(quantile(&mut commits, 0.5)),
        ms(quantile(&mut commits, 0.99))
    );
    let mut rows = Vec::new();
    for (name, kind) in
        [("one line, pipes", &pipes), ("one line, pseudo-terminal", &terminals), ("eight lines, pipes", &many)]
    {
        let all: Vec<Answered> = kind.iter().flat_map(|round| round.frames.iter().copied()).collect();
        let mut sent: Vec<_> = all.iter().map(|one| one.sent).collect();
        rows.push(Row::new(
            format!("{name}: frame sent to ACK read, commit included"),
            format!("p50 {}, p99 {}", ms(quantile(&mut sent, 0.5)), ms(quantile(&mut sent, 0.99))),
            bare_times.clone(),
        ));
        // With several lines the last commit may be another line's.
        if !std::ptr::eq(kind, &many) {
            let mut committed: Vec<_> = all.iter().map(|one| one.committed).collect();
            rows.push(Row::new(
                format!("{name}: frame committed to ACK read"),
                format!("p50 {}, p99 {}", ms(quantile(&mut committed, 0.5)), ms(quantile(&mut committed, 0.99))),
                "",
            ));
        }
        let ratios = kind.iter().zip(&rates).map(|(round, bare)| round.per_second() / bare).collect();
        rows.push(Row::new(
            format!("{name}: durable acknowledged frames per second"),
            format!("{:.0}", median(kind.iter().map(Round::per_second).collect())),
            format!("{bare_rate:.0} bare commits per second; ratio {:.2}", median(ratios)),
        ));
    }
    Ok(rows)
}
