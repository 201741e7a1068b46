//! Agent or hub dies, or the system refuses, at one system call after the other (through strace). Without strace these tests
//! say so and prove nothing; `tests/run` installs it.
//!
//! Every point: `cargo test --test faults -- --ignored --nocapture every_system_call`. strace counts calls of one kind in
//! each thread: a point is the k-th call of a kind in whichever thread comes to its k-th first. One thread opens the
//! journal, one keeps, one answers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::alone::{ANSWER, Alone};
use crate::bench::{Laboratory, Program, SOON, port, until};
use crate::check;
use crate::engines::Fresh;
use crate::instruments::{Shared, talk};

/// Calls that change what a disk holds or what an instrument hears.
const CALLS: [&str; 14] = [
    "openat",
    "write",
    "writev",
    "pwrite64",
    "sendto",
    "sendmsg",
    "fdatasync",
    "fsync",
    "ftruncate",
    "fallocate",
    "unlink",
    "rename",
    "mkdir",
    "shutdown",
];

/// Whether this system lets strace work; says it where it does not.
pub fn strace_works() -> bool {
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let works = tried.is_ok_and(|status| status.success());
    if !works {
        eprintln!("NOT RUN: strace is not installed, or may trace nothing here (apt-get install strace)");
    }
    works
}

/// strace as a grandchild, so that the process we started is the agent itself.
pub fn traced(calls: &str, more: &[&str], output: &Path) -> Vec<String> {
    let own = ["strace", "-D", "-f", "-qq", "-o"];
    let calls = format!("trace={calls}");
    let mut all: Vec<String> = own.iter().map(|&word| word.to_owned()).collect();
    all.push(output.to_string_lossy().into_owned());
    all.extend(["-e".to_owned(), calls]);
    all.extend(more.iter().map(|&word| word.to_owned()));
    all
}

/// What the agent finds when it starts.
#[derive(Debug, Clone, Copy)]
pub enum Before {
    /// No journal.
    Nothing,
    /// A journal of yesterday, closed in order.
    Yesterday,
    /// A journal whose program was killed in the middle of a transmission.
    Wreck,
}

impl Before {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Yesterday, Self::Wreck];

    /// A bench that stands so.
    pub fn bench(self, folder: &Path) -> Alone {
        let bench = Alone::new(folder);
        if matches!(self, Self::Nothing) {
            return bench;
        }
        let mut agent = Program::start(&mut bench.command(&[]));
        assert!(bench.talk(&mut agent, 2, ANSWER), "{}", bench.log_text());
        match self {
            Self::Wreck => agent.kill(),
            _ => assert!(agent.stop().success()),
        }
        bench
    }
}

/// How often each call is made by the thread that makes it most.
pub fn counted(bench: &Alone, calls: &[&str]) -> BTreeMap<String, usize> {
    let output = bench.folder.with_extension("strace");
    let mut agent = Program::start(&mut bench.command(&traced(&calls.join(","), &[], &output)));
    assert!(bench.talk(&mut agent, SESSIONS, ANSWER), "{}", bench.log_text());
    agent.kill();
    counts_in(&output)
}

fn counts_in(output: &Path) -> BTreeMap<String, usize> {
    // The tracer writes its last lines when its process is gone.
    std::thread::sleep(Duration::from_millis(200));
    let mut by_thread: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in fs::read_to_string(output).unwrap().lines() {
        let mut words = line.split_whitespace();
        if let (Some(thread), Some((call, _))) = (words.next(), words.next().and_then(|word| word.split_once('('))) {
            *by_thread.entry((call.to_owned(), thread.to_owned())).or_default() += 1;
        }
    }
    let mut most: BTreeMap<String, usize> = BTreeMap::new();
    for ((call, _), count) in by_thread {
        let so_far = most.entry(call).or_default();
        *so_far = count.max(*so_far);
    }
    most
}

/// Sessions of the scenario, each with one message.
pub const SESSIONS: u64 = 2;

/// Every `step`-th point.
pub fn points(counts: BTreeMap<String, usize>, step: usize) -> Vec<(String, usize)> {
    let all = counts.into_iter().flat_map(|(call, count)| (1..=count).map(move |k| (call.clone(), k)));
    // The first points differ with the step, so that the short form has some of each kind.
    all.skip(step / 2).step_by(step).collect()
}

/// Kills the agent at points of the scenario; answers at how many it died.
fn killed_at_points(before: Before, most_points: usize) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let template = before.bench(&folder.path().join("before"));
    let counts = counted(&template.copied(&folder.path().join("counted")), &CALLS);
    let all: usize = counts.values().sum();
    let mut deaths = 0;
    for (call, k) in points(counts, all.div_ceil(most_points).max(1)) {
        let bench = template.copied(&folder.path().join(format!("{call}-{k}")));
        let inject = format!("inject={call}:signal=SIGKILL:when={k}");
        let mut agent = Program::start(&mut bench.command(&traced(&call, &["-e", &inject], Path::new("/dev/null"))));
        bench.talk(&mut agent, SESSIONS, ANSWER);
        deaths += usize::from(agent.is_over());
        agent.kill();
        drop(agent);
        back_to_work(&bench, &format!("{before:?}, {call} {k}"));
    }
    eprintln!("{before:?}: {all} points, killed at {deaths}");
    deaths
}

/// Started again without faults, the agent takes up its work at once, and its journal holds all that was acknowledged.
fn back_to_work(bench: &Alone, what: &str) {
    let begun = Instant::now();
    let mut agent = Program::start(&mut bench.command(&[]));
    assert!(bench.talk(&mut agent, 1, ANSWER), "{what}: not back to work\n{}", bench.log_text());
    assert!(begun.elapsed() < Duration::from_secs(5), "{what}: back only after {:?}", begun.elapsed());
    agent.kill();
    let faults = bench.faults();
    assert!(faults.none(), "{what}: {faults}\n{}", bench.log_text());
    let said = bench.log_text();
    assert!(!said.contains("panicked"), "{what}: {said}");
}

#[test]
fn an_agent_killed_at_a_system_call_has_lost_nothing_that_it_acknowledged() {
    if strace_works() {
        for before in Before::ALL {
            assert!(killed_at_points(before, 6) > 0, "{before:?}: nothing was killed");
        }
    }
}

#[test]
#[ignore = "takes some ten minutes"]
fn every_system_call_of_an_agent_is_survived() {
    assert!(strace_works());
    let begun = Instant::now();
    let deaths: usize = Before::ALL.into_iter().map(|before| killed_at_points(before, usize::MAX)).sum();
    eprintln!("killed at {deaths} system calls: 0 lost, 0 doubled, 0 out of order; {} s", begun.elapsed().as_secs());
}

/// Kills a hub, which has a line of its own, at points of the same scenario; what its instrument was promised is in the
/// record afterwards. Answers at how many it died.
fn hub_killed_at_points(most_points: usize) -> usize {
    let fresh = Fresh::sqlite();
    let laboratory = Laboratory::new(&fresh.url);
    let (port, memory) = (port(), Shared::default());
    let line = laboratory.line(false, "ASTM-1", "astm-lis2", "tcp-server", &format!("127.0.0.1:{port}"));
    let settled = |what: &str| {
        let mut hub = Program::start(&mut laboratory.hub());
        assert!(talk(port, &memory, || !hub.is_over(), 1, ANSWER), "{what}: not back to work");
        let faults = || {
            let memory = memory.lock().unwrap();
            check::frames(&laboratory.frames(line), &memory.acknowledged(), memory.sent)
        };
        until(what, SOON, || faults().lost.is_empty());
        assert!(faults().none(), "{what}: {}", faults());
        assert!(hub.stop().success());
    };
    settled("an undisturbed hub delivers");
    let output = laboratory.path("strace");
    let mut hub = Program::start(&mut laboratory.hub_by(&traced(&CALLS.join(","), &[], &output)));
    assert!(talk(port, &memory, || !hub.is_over(), SESSIONS, ANSWER));
    std::thread::sleep(Duration::from_millis(500));
    hub.kill();
    let counts = counts_in(&output);
    let all: usize = counts.values().sum();
    let mut deaths = 0;
    for (call, k) in points(counts, all.div_ceil(most_points).max(1)) {
        let inject = format!("inject={call}:signal=SIGKILL:when={k}");
        let by = traced(&call, &["-e", &inject], Path::new("/dev/null"));
        let mut hub = Program::start(&mut laboratory.hub_by(&by));
        talk(port, &memory, || !hub.is_over(), SESSIONS, ANSWER);
        // What is left of the scenario is delivery.
        for _ in 0..20 {
            if hub.is_over() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        deaths += usize::from(hub.is_over());
        hub.kill();
        settled(&format!("hub, {call} {k}"));
    }
    assert_eq!(laboratory.verify(), Ok(()));
    eprintln!("hub: {all} points, killed at {deaths}");
    deaths
}

#[test]
fn a_hub_killed_at_a_system_call_has_lost_nothing_that_its_lines_acknowledged() {
    if strace_works() {
        assert!(hub_killed_at_points(5) > 0, "nothing was killed");
    }
}

#[test]
#[ignore = "takes some ten minutes"]
fn every_system_call_of_a_hub_is_survived() {
    assert!(strace_works());
    let begun = Instant::now();
    let deaths = hub_killed_at_points(usize::MAX);
    eprintln!("hub killed at {deaths} system calls: 0 lost, 0 doubled; {} s", begun.elapsed().as_secs());
}

/// What the system may answer to a write or a sync.
const REFUSALS: [&str; 4] = ["EIO", "ENOSPC", "EDQUOT", "EINTR"];

/// The system refuses a call, once or from then on. No answer may promise what is not kept, and the program does not
/// fall: an instrument hears nothing, and is answered again when the fault is over.
fn refused_at_points(most_points: usize) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let template = Before::Yesterday.bench(&folder.path().join("before"));
    let kept = ["pwrite64", "fdatasync", "fsync", "ftruncate"];
    let counts = counted(&template.copied(&folder.path().join("counted")), &kept);
    let mut all = Vec::new();
    for (call, k) in points(counts, 1) {
        for refusal in REFUSALS {
            all.extend(["", "+"].map(|on| (call.clone(), k, refusal, on)));
        }
    }
    let total = all.len();
    let step = total.div_ceil(most_points).max(1);
    let mut tried = 0;
    // A step that is no divisor of the kinds meets them all.
    for (call, k, refusal, on) in all.into_iter().step_by(if step > 1 { step | 1 } else { 1 }) {
        let bench = template.copied(&folder.path().join(format!("{call}-{k}{on}-{refusal}")));
        let inject = format!("inject={call}:error={refusal}:when={k}{on}");
        let mut agent = Program::start(&mut bench.command(&traced(&call, &["-e", &inject], Path::new("/dev/null"))));
        let what = format!("{call} {k}{on} {refusal}");
        // A lasting fault is answered by silence: no need to listen to it for long.
        let answered = bench.talk(&mut agent, SESSIONS, Duration::from_millis(if on.is_empty() { 5_000 } else { 600 }));
        if on.is_empty() && !agent.is_over() {
            assert!(answered, "{what}: one fault, and no instrument is answered any more\n{}", bench.log_text());
        }
        agent.kill();
        drop(agent);
        back_to_work(&bench, &what);
        tried += 1;
    }
    eprintln!("refused at {tried} of {total} points");
    tried
}

#[test]
fn what_the_disk_refuses_is_never_acknowledged() {
    if strace_works() {
        assert!(refused_at_points(10) > 0);
    }
}

#[test]
#[ignore = "takes some twenty minutes"]
fn every_refused_system_call_of_an_agent_is_survived() {
    assert!(strace_works());
    let begun = Instant::now();
    let tried = refused_at_points(usize::MAX);
    eprintln!("refused at {tried} points: 0 acknowledged and lost; {} s", begun.elapsed().as_secs());
}
