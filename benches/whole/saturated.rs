//! Sixty-four lines that never rest: what they cost this program, and how late it answers.
//!
//! The analysers are another process, so that the processor time and memory measured are ours: the serial ports, the
//! sessions and the journal. Each sends its next frame when 115,200 baud would have brought the last byte of it.

use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use drivers::Serial;
use qingke::acquire::Transport;
use qingke::acquire::live::Live;
use qingke::acquire::outbox::Outbox;
use qingke::acquire::port::Port;
use qingke::acquire::session::Session;
use qingke::demo::instruments::pty::Pty;
use qingke::store::journal::Journal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::sleep;

use super::{Row, lines, machine, ms, quantile};

/// The argument with which this program is the analysers.
pub const ANALYSERS: &str = "--analysers";

const LINES: usize = 64;
const BAUD: u32 = 115_200;
/// Start bit, eight data bits, stop bit.
const BITS: u32 = 10;
const PLAY: Duration = Duration::from_secs(20);
/// The instrument sends a frame again when no answer came for so long (LIS01-A2 6.5.2.2).
const LATE: Duration = Duration::from_secs(15);

/// How long the wire is busy with so many bytes.
fn on_the_wire(bytes: usize) -> Duration {
    Duration::from_secs_f64(bytes as f64 * f64::from(BITS) / f64::from(BAUD))
}

/// One analyser: whole transmissions until the time is over; how long each frame waited for its answer.
async fn play(mut line: Pty, first: usize) -> anyhow::Result<Vec<Duration>> {
    let begun = Instant::now();
    let mut waited = Vec::new();
    let mut number = first;
    // Not all in step.
    sleep(on_the_wire(first * 4)).await;
    while begun.elapsed() < PLAY {
        say(&mut line, &[0x05]).await?;
        for frame in lines::message(number) {
            waited.push(say(&mut line, &frame).await?);
        }
        line.write_all(&[0x04]).await?;
        number += LINES;
    }
    Ok(waited)
}

/// Sends a frame as slowly as its wire and hears the answer.
async fn say(line: &mut Pty, frame: &[u8]) -> anyhow::Result<Duration> {
    sleep(on_the_wire(frame.len())).await;
    line.write_all(frame).await?;
    let sent = Instant::now();
    let answer = line.read_u8().await?;
    ensure!(answer == 0x06, "expected ACK, found {answer:#04x}");
    Ok(sent.elapsed())
}

/// The other process: says where its analysers are, waits for a word, plays, and says how long their frames waited.
pub fn analysers() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let analysers: Vec<Pty> = (0..LINES).map(|_| Pty::open()).collect::<Result<_, _>>()?;
        for analyser in &analysers {
            println!("{}", analyser.path());
        }
        stdout().flush()?;
        stdin().read_line(&mut String::new())?;
        let playing: Vec<_> =
            analysers.into_iter().enumerate().map(|(first, line)| tokio::spawn(play(line, first))).collect();
        let mut waited = Vec::new();
        for analyser in playing {
            waited.extend(analyser.await??);
        }
        let late = waited.iter().filter(|time| **time >= LATE).count();
        let [half, most, longest] = [0.5, 0.99, 1.0].map(|share| ms(quantile(&mut waited, share)));
        println!("{}|p50 {half}, p99 {most}, longest {longest}|{late}", waited.len());
        Ok(())
    })
}

/// Our side: a session on each line, in the runtime of the program.
async fn listen(path: String, code: String, journal: Journal, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let driver = drivers::by_id("astm-lis2").context("the driver is in the list")?;
    let live = Live::new(&code, driver.id(), String::new(), broadcast::channel(256).0);
    let (bell, outbox) = (Notify::new(), Outbox::default());
    let session =
        Session { instrument: &code, driver: &driver, keeper: &journal, live: &live, bell: &bell, outbox: &outbox };
    let mut port = Port::new(Transport::serial(&path, Serial::new(BAUD))).open().await?;
    session.run(&mut port, stop).await;
    Ok(())
}

pub fn measured(runtime: &Runtime, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let journal = Journal::open(&folder.join("saturated.db"))?;
    let mut process = Command::new(std::env::current_exe()?)
        .arg(ANALYSERS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("the analysers")?;
    let mut heard = BufReader::new(process.stdout.take().context("its output")?).lines();
    let (stop, stopped) = watch::channel(false);
    let mut sessions = Vec::with_capacity(LINES);
    for number in 0..LINES {
        let path = heard.next().context("the analysers have ended")??;
        let code = format!("A{number}");
        sessions.push(runtime.spawn(listen(path, code, journal.clone(), stopped.clone())));
    }
    std::thread::sleep(Duration::from_secs(1));
    let (before, begun) = (machine::processor_time()?, Instant::now());
    process.stdin.take().context("its input")?.write_all(b"\n")?;
    let told = heard.next().context("the analysers have ended")??;
    let (used, took) = (machine::processor_time()? - before, begun.elapsed());
    let memory = machine::resident()?;
    ensure!(process.wait()?.success(), "the analysers failed");
    stop.send_replace(true);
    for session in sessions {
        runtime.block_on(session)??;
    }
    let [frames, waits, late] = told.split('|').collect::<Vec<_>>()[..] else {
        anyhow::bail!("expected three facts, found {told}");
    };
    let per_second = frames.parse::<f64>()? / took.as_secs_f64();
    let name = format!("{LINES} lines at {BAUD} baud, pseudo-terminals");
    let frame = lines::message(0).first().map_or(0, Vec::len);
    let wire = LINES as f64 / on_the_wire(frame).as_secs_f64();
    Ok(vec![
        Row::new(
            format!("{name}: frames acknowledged per second"),
            format!("{per_second:.0}"),
            format!("the wires bring at most {wire:.0}"),
        ),
        Row::new(format!("{name}: frame sent to ACK read"), waits, format!("{late} later than {} s", LATE.as_secs())),
        Row::new(
            format!("{name}: processor time, ports, sessions and journal"),
            format!("{:.2} cores", used.as_secs_f64() / took.as_secs_f64()),
            format!("{:.0} MB resident", memory as f64 / 1e6),
        ),
    ])
}
