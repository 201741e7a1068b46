//! kill -9 of the agent, of the hub and of both at random moments, while ten lines speak.
//!
//! The short form is part of every test run. The long form: `cargo test --test faults -- --ignored --nocapture kills`,
//! with `QINGKE_TEST_KILLS` (1,000 where it is not set) and `QINGKE_TEST_SEED` to repeat a run.

use std::time::{Duration, Instant, SystemTime};

use qingke::demo::instruments::Chance;

use crate::bench::{Laboratory, Program, SOON, listens, port, until};
use crate::check;
use crate::engines::Fresh;
use crate::instruments::Instrument;

/// A killed program answers its instruments again within so long.
const BACK: Duration = Duration::from_secs(5);
/// What waits is delivered after the last kill, and something of it arrives at least so often: the courier's longest pause.
const SETTLED: Duration = Duration::from_secs(40);

/// What is promised of a line.
#[derive(Clone, Copy, PartialEq)]
enum Promise {
    /// Acknowledged frames, and the results in messages whose last frame was acknowledged.
    Answered,
    /// Whole files.
    Files,
    /// Nothing is answered; what is there is there once and in order.
    Unanswered,
}

struct Line {
    code: &'static str,
    id: i64,
    at_the_bench: bool,
    promise: Promise,
    instrument: Instrument,
}

/// Ten lines: seven of the bench computer, three of the hub itself.
fn lines(laboratory: &Laboratory, pace: Duration, seed: u64) -> Vec<Line> {
    let mut lines = Vec::new();
    let chance = |code: &str| Chance::of(seed, code);
    let answered = [
        ("ASTM-1", true, "astm-lis2"),
        ("ASTM-2", true, "astm-lis2"),
        ("ASTM-3", true, "astm-lis2"),
        ("HL7-1", true, "hl7v2"),
        ("ASTM-4", false, "astm-lis2"),
        ("ASTM-5", false, "astm-lis2"),
        ("HL7-2", false, "hl7v2"),
    ];
    for (code, at_the_bench, driver) in answered {
        let port = port();
        let id = laboratory.line(at_the_bench, code, driver, "tcp-server", &format!("127.0.0.1:{port}"));
        let instrument = match driver {
            "hl7v2" => Instrument::hl7_analyser(port, pace, chance(code)),
            _ => Instrument::analyser(port, pace, chance(code)),
        };
        lines.push(Line { code, id, at_the_bench, promise: Promise::Answered, instrument });
    }
    let socket = laboratory.path("tty-analyser");
    let id = laboratory.line(true, "ASTM-6", "astm-lis2", "serial", socket.to_str().unwrap());
    let instrument = Instrument::serial_analyser(socket, pace, chance("ASTM-6"));
    lines.push(Line { code: "ASTM-6", id, at_the_bench: true, promise: Promise::Answered, instrument });
    let port = port();
    let id = laboratory.line(true, "TP-1", "mt-sics", "tcp-server", &format!("127.0.0.1:{port}"));
    let instrument = Instrument::balance(port, pace, chance("TP-1"));
    lines.push(Line { code: "TP-1", id, at_the_bench: true, promise: Promise::Unanswered, instrument });
    let reports = laboratory.path("reports");
    std::fs::create_dir(&reports).unwrap();
    let id = laboratory.line(true, "GC-1", "csv-results", "folder", reports.to_str().unwrap());
    let instrument = Instrument::data_system(reports, chance("GC-1"));
    lines.push(Line { code: "GC-1", id, at_the_bench: true, promise: Promise::Files, instrument });
    lines
}

/// A program that is killed and started again; its lives are measured.
struct Victim<'a> {
    start: Box<dyn Fn() -> Program + 'a>,
    program: Program,
    kills: usize,
    slowest: Duration,
}

impl<'a> Victim<'a> {
    fn new(start: impl Fn() -> Program + 'a) -> Self {
        let program = start();
        Self { start: Box::new(start), program, kills: 0, slowest: Duration::ZERO }
    }

    fn kill(&mut self, lines: &[Line], at_the_bench: bool) {
        assert!(!self.program.is_over(), "it ended by itself");
        let alive = self.program.started.elapsed();
        let firsts = lines.iter().filter(|line| line.at_the_bench == at_the_bench).filter_map(|line| {
            let first = line.instrument.memory.lock().unwrap().first_after(self.program.started)?;
            Some(first.duration_since(self.program.started))
        });
        match firsts.filter(|_| self.kills > 0).min() {
            Some(back) => self.slowest = self.slowest.max(back),
            None => assert!(alive < BACK || self.kills == 0, "no instrument was answered for {alive:?}"),
        }
        self.program.kill();
        self.kills += 1;
    }

    fn restart(&mut self) {
        self.program = (self.start)();
    }
}

fn seed() -> u64 {
    let given = std::env::var("QINGKE_TEST_SEED").ok().map(|seed| seed.parse().expect("QINGKE_TEST_SEED: a number"));
    given.unwrap_or_else(|| SystemTime::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_secs()))
}

/// Kills `kills` times while the instruments work, with up to `pace` between frames, lets everything settle, and holds the record against their memory.
fn crash(url: &str, kills: usize, pace: Duration) {
    let seed = seed();
    let engine = url.split(':').next().unwrap_or_default();
    eprintln!("{engine}: {kills} kills, QINGKE_TEST_SEED={seed}");
    let mut chance = Chance::of(seed, "kills");
    let laboratory = Laboratory::new(url);
    let lines = lines(&laboratory, pace, seed);
    let begun = Instant::now();
    let mut hub = Victim::new(|| Program::start(&mut laboratory.hub()));
    // An agent that finds no hub at its first beat asks again ten seconds later.
    until("the hub listens", SOON, || listens(laboratory.hub_port));
    let mut agent = Victim::new(|| Program::start(&mut laboratory.agent()));
    for line in lines.iter().filter(|line| line.promise == Promise::Answered) {
        until(&format!("{} is answered", line.code), SOON, || heard(line) > 0);
    }
    for n in 1..=kills {
        // Some die while they start, most at work.
        let wait = if chance.one_in(4) { chance.between(0.0, 150.0) } else { chance.between(150.0, 1_000.0) };
        std::thread::sleep(Duration::from_millis(wait as u64));
        let (both, at_the_bench) = (chance.one_in(4), chance.one_in(2));
        if both || at_the_bench {
            agent.kill(&lines, true);
        }
        if both || !at_the_bench {
            hub.kill(&lines, false);
        }
        if chance.one_in(20) {
            std::thread::sleep(Duration::from_millis(1_500));
        }
        if both || !at_the_bench {
            hub.restart();
        }
        if both || at_the_bench {
            agent.restart();
        }
        if n % 100 == 0 {
            let frames: usize = lines.iter().map(heard).sum();
            let verified = laboratory.verify();
            eprintln!("{engine}: {n} kills, {frames} frames acknowledged, {} s", begun.elapsed().as_secs());
            assert_eq!(verified, Ok(()), "after {n} kills");
        }
    }
    let (slowest, killed) = (hub.slowest.max(agent.slowest), [agent.kills, hub.kills]);
    until("the instruments are answered after the last kill", SOON, || {
        let quiet = |line: &Line, since| line.instrument.memory.lock().unwrap().first_after(since).is_none();
        let since = if lines[0].at_the_bench { agent.program.started } else { hub.program.started };
        !quiet(&lines[0], since)
    });
    for line in &lines {
        line.instrument.tell_to_stop();
    }
    let talked = begun.elapsed();
    let mut ended = Vec::new();
    for line in lines {
        let memory = line.instrument.stop();
        ended.push((line.code, line.id, line.promise, memory));
    }
    let missing = || -> usize {
        let lost = ended.iter().map(|(_, id, _, memory)| {
            let memory = memory.lock().unwrap();
            check::frames(&laboratory.frames(*id), &memory.acknowledged(), memory.sent).lost.len()
        });
        lost.sum()
    };
    let settling = Instant::now();
    let (mut left, mut seen) = (missing(), Instant::now());
    let (behind, mut looking) = (left, Duration::ZERO);
    while left > 0 && seen.elapsed() < SETTLED {
        // Looking costs as much as delivering: most of the time is left to that.
        std::thread::sleep(Duration::from_millis(300).max(looking * 4));
        let look = Instant::now();
        let now = missing();
        looking = look.elapsed();
        if now < left {
            (left, seen) = (now, Instant::now());
        }
    }
    let settled = settling.elapsed();
    assert!(agent.program.stop().success() && hub.program.stop().success());

    let (mut frames, mut results) = (0, 0);
    for (code, id, promise, memory) in &ended {
        let memory = memory.lock().unwrap();
        let acknowledged = memory.acknowledged();
        match promise {
            Promise::Unanswered => {
                let there: Vec<u64> = weights(&laboratory.bytes(*id));
                let faults = check::frames(&there, &[], memory.sent);
                assert!(faults.none() && !there.is_empty(), "{code}: {faults}");
            }
            Promise::Answered | Promise::Files => {
                let faults = check::frames(&laboratory.frames(*id), &acknowledged, memory.sent);
                assert!(faults.none() && !acknowledged.is_empty(), "{code}: {faults}");
                frames += acknowledged.len();
            }
        }
        if *promise == Promise::Answered {
            let faults = check::frames(&laboratory.results(*id), &memory.results, memory.sent);
            assert!(faults.none(), "{code}: results: {faults}");
            results += memory.results.len();
        }
    }
    assert_eq!(laboratory.verify(), Ok(()));
    assert!(slowest <= BACK, "back after {slowest:?}");
    eprintln!(
        "{engine}: seed {seed}: agent killed {}, hub killed {}; {frames} acknowledged frames and files, {results} results in \
         {} transmissions over {} s: 0 lost, 0 doubled, 0 out of order; back after {:.2} s at most; {behind} frames waited at \
         the last kill and arrived within {:.1} s; record verified",
        killed[0],
        killed[1],
        laboratory.transmissions(),
        talked.as_secs(),
        slowest.as_secs_f64(),
        settled.as_secs_f64()
    );
}

fn heard(line: &Line) -> usize {
    line.instrument.memory.lock().unwrap().acknowledged().len()
}

fn weights(transmissions: &[Vec<u8>]) -> Vec<u64> {
    let text = String::from_utf8_lossy(&transmissions.concat()).into_owned();
    text.lines().filter_map(|line| line.strip_prefix("S S")?.trim().split('.').next()?.parse().ok()).collect()
}

#[test]
fn every_acknowledged_frame_survives_kills_of_agent_and_hub_once_and_in_order_on_sqlite() {
    crash(&Fresh::sqlite().url, 5, Duration::from_millis(30));
}

#[test]
fn every_acknowledged_frame_survives_kills_of_agent_and_hub_once_and_in_order_on_postgresql() {
    crash(&Fresh::postgres().url, 5, Duration::from_millis(30));
}

fn long() -> usize {
    std::env::var("QINGKE_TEST_KILLS").map_or(1_000, |kills| kills.parse().expect("QINGKE_TEST_KILLS: a number"))
}

#[test]
#[ignore = "takes about half an hour"]
fn kills_for_a_day_on_sqlite() {
    crash(&Fresh::sqlite().url, long(), Duration::from_millis(60));
}

#[test]
#[ignore = "takes about half an hour"]
fn kills_for_a_day_on_postgresql() {
    crash(&Fresh::postgres().url, long(), Duration::from_millis(60));
}
