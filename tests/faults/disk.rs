//! Full disks and short writes: the instrument hears silence, not a promise; the line's state says so; and when there is
//! room again all goes on without anybody's help.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::alone::{ANSWER, Alone};
use crate::bench::{Laboratory, Program, SOON, listens, port, until};
use crate::check;
use crate::engines::Fresh;
use crate::instruments::{Analyser, Memory, Shared, call};

/// An instrument that waits no longer than this knows that it was not answered.
const SHORT: Duration = Duration::from_secs(1);

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Starts a program with a small disk of its own at `place`, seen by it alone; `None`, said aloud, where that may not be
/// done.
fn with_a_small_disk(place: &Path) -> Option<Vec<String>> {
    let mount = format!("mount -t tmpfs -o size=2m none '{}' && exec \"$0\" \"$@\"", place.display());
    // A user of its own where this is not root.
    for way in ["-m", "-rm"] {
        let tried = Command::new("unshare").args([way, "sh", "-c", &mount, "true"]).stderr(Stdio::null()).status();
        if tried.is_ok_and(|status| status.success()) {
            return Some(words(&["unshare", way, "sh", "-c", &mount]));
        }
    }
    eprintln!("NOT RUN: no file system may be mounted here (needs root or user namespaces)");
    None
}

/// One session of an instrument; whether it was answered.
fn session(port: u16, memory: &Shared, patience: Duration) -> bool {
    let Ok(mut wire) = call(port) else { return false };
    wire.set_read_timeout(Some(patience)).unwrap();
    Analyser::plain(Arc::clone(memory)).session_of(&mut wire, 1).is_ok()
}

fn full_disk(cycles: usize) {
    let fresh = Fresh::sqlite();
    let laboratory = Laboratory::new(&fresh.url);
    let place = laboratory.path("agent");
    fs::create_dir(&place).unwrap();
    let Some(by) = with_a_small_disk(&place) else { return };
    let port = port();
    let line = laboratory.line(true, "ASTM-1", "astm-lis2", "tcp-server", &format!("127.0.0.1:{port}"));
    let _hub = Program::start(&mut laboratory.hub());
    until("the hub listens", SOON, || listens(laboratory.hub_port));
    let agent = Program::start(&mut laboratory.agent_by(&by));
    let memory = Shared::default();
    until("the instrument is answered", SOON, || session(port, &memory, ANSWER));
    // The disk as the agent sees it.
    let root = Path::new("/proc").join(agent.id().to_string()).join("root");
    let filler = root.join(place.strip_prefix("/").unwrap()).join("filler");
    for cycle in 1..=cycles {
        let mut file = File::create(&filler).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        // There may be room inside the files for a little more.
        until("an instrument is not answered", SOON, || !session(port, &memory, SHORT));
        let acknowledged = memory.lock().unwrap().acknowledged().len();
        if cycle == 1 {
            until("the alarm is raised", Duration::from_secs(20), || laboratory.beat().contains("\"unkept\""));
        }
        assert!(!session(port, &memory, SHORT), "nothing is acknowledged while the disk is full");
        assert_eq!(memory.lock().unwrap().acknowledged().len(), acknowledged);
        drop(file);
        fs::remove_file(&filler).unwrap();
        let freed = Instant::now();
        until("the instrument is answered again", SOON, || session(port, &memory, ANSWER));
        assert!(freed.elapsed() < Duration::from_secs(20), "answered again only after {:?}", freed.elapsed());
    }
    arrived(&laboratory, line, &memory);
}

fn arrived(laboratory: &Laboratory, line: i64, memory: &Mutex<Memory>) {
    let faults = || {
        let memory = memory.lock().unwrap();
        check::frames(&laboratory.frames(line), &memory.acknowledged(), memory.sent)
    };
    until("all that was acknowledged is in the record", SOON, || faults().lost.is_empty());
    assert!(faults().none(), "{}", faults());
    assert_eq!(laboratory.verify(), Ok(()));
}

#[test]
fn on_a_full_disk_nothing_is_acknowledged_the_line_says_so_and_it_goes_on_by_itself() {
    full_disk(1);
}

#[test]
#[ignore = "takes some ten minutes"]
fn a_disk_is_full_a_hundred_times() {
    full_disk(100);
}

/// Starts a program that is told by an error, not by a signal, when a file may grow no more.
fn told_of_limits() -> Vec<String> {
    words(&["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
}

/// No file of the process grows beyond so many bytes: a write that would, is cut short at just that byte.
fn limit(program: &Program, bytes: Option<u64>) -> bool {
    let size = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let set = [format!("--pid={}", program.id()), format!("--fsize={size}:unlimited")];
    let tried = Command::new("prlimit").args(set).stderr(Stdio::null()).status();
    let works = tried.is_ok_and(|status| status.success());
    if !works {
        eprintln!("NOT RUN: prlimit is not there or may not be used (apt-get install util-linux)");
    }
    works
}

#[test]
fn a_write_that_is_cut_short_at_any_byte_leaves_nothing_half_kept() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Alone::new(&folder.path().join("agent"));
    let mut agent = Program::start(&mut bench.command(&told_of_limits()));
    assert!(bench.talk(&mut agent, 1, ANSWER), "{}", bench.log_text());
    // Inside a page, at its first and last byte, inside the header of a frame of the WAL.
    for more in [1, 23, 24, 25, 2_061, 4_119, 4_120, 4_121, 8_239, 9_000] {
        let kept = fs::metadata(bench.folder.join("journal.db-wal")).map_or(0, |file| file.len());
        if !limit(&agent, Some(kept + more)) {
            return;
        }
        let begun = Instant::now();
        while bench.talk(&mut agent, 1, Duration::from_millis(400)) {
            assert!(begun.elapsed() < SOON, "the limit at {kept} + {more} is never felt");
        }
        limit(&agent, None);
        until("the instrument is answered again", SOON, || bench.talk(&mut agent, 1, ANSWER));
    }
    agent.kill();
    let faults = bench.faults();
    assert!(faults.none(), "{faults}\n{}", bench.log_text());
}

#[test]
fn while_the_hubs_disk_is_full_the_bench_goes_on_and_delivers_afterwards() {
    let fresh = Fresh::sqlite();
    let laboratory = Laboratory::new(&fresh.url);
    let port = port();
    let line = laboratory.line(true, "ASTM-1", "astm-lis2", "tcp-server", &format!("127.0.0.1:{port}"));
    let hub = Program::start(&mut laboratory.hub_by(&told_of_limits()));
    until("the hub listens", SOON, || listens(laboratory.hub_port));
    let _agent = Program::start(&mut laboratory.agent());
    let memory = Shared::default();
    until("the instrument is answered", SOON, || session(port, &memory, ANSWER));
    arrived(&laboratory, line, &memory);
    if !limit(&hub, Some(1)) {
        return;
    }
    let before = laboratory.transmissions();
    for _ in 0..5 {
        assert!(session(port, &memory, ANSWER), "the bench does not care");
    }
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(laboratory.transmissions(), before, "the hub took what it could not keep");
    limit(&hub, None);
    arrived(&laboratory, line, &memory);
}
