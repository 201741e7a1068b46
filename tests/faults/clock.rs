//! Clocks that jump: the computers' time is moved while instruments speak (libfaketime). Order and identity come from
//! numbers, never from a clock. Without libfaketime this test says so and proves nothing; `tests/run` installs it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use crate::alone::ANSWER;
use crate::bench::{Laboratory, Program, SOON, listens, port, until};
use crate::check;
use crate::engines::Fresh;
use crate::instruments::{Analyser, Shared, call};

fn library() -> Option<PathBuf> {
    let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let found =
        places.iter().map(|place| PathBuf::from(place).join("faketime/libfaketime.so.1")).find(|it| it.is_file());
    if found.is_none() {
        eprintln!("NOT RUN: libfaketime is not installed (apt-get install faketime)");
    }
    found
}

/// A program whose wall clock is what a file says; its waiting is not touched.
fn with_clock(mut command: Command, library: &PathBuf, file: &PathBuf) -> Program {
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", file)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1");
    Program::start(&mut command)
}

/// Steps of a second and of an hour, 400 days back and forth, the beginning of Unix time, a leap day's last second, a
/// clock that stands still, a clock at half speed, the hour that a summer time would have taken twice.
const CLOCKS: [&str; 14] = [
    "+0",
    "+1",
    "-1",
    "+3600",
    "-3600",
    "-400d",
    "+400d",
    "@1970-01-01 00:00:00",
    "@2028-02-29 23:59:59",
    "2026-11-24 10:00:00",
    "+0 x0.5",
    "@2026-10-25 02:59:58",
    "@2026-10-25 02:00:00",
    "+0",
];

#[test]
fn clocks_that_jump_change_neither_order_nor_identity() {
    let Some(library) = library() else { return };
    let fresh = Fresh::sqlite();
    let laboratory = Laboratory::new(&fresh.url);
    let ports = [port(), port()];
    let lines = [(true, "ASTM-1", ports[0]), (false, "ASTM-2", ports[1])].map(|(at_the_bench, code, port)| {
        laboratory.line(at_the_bench, code, "astm-lis2", "tcp-server", &format!("127.0.0.1:{port}"))
    });
    let clocks = [laboratory.path("hub.clock"), laboratory.path("agent.clock")];
    for clock in &clocks {
        fs::write(clock, CLOCKS[0]).unwrap();
    }
    let hub = with_clock(laboratory.hub(), &library, &clocks[0]);
    until("the hub listens", SOON, || listens(laboratory.hub_port));
    let agent = with_clock(laboratory.agent(), &library, &clocks[1]);
    let memories = [Shared::default(), Shared::default()];
    for (memory, port) in memories.iter().zip(ports) {
        let mut wire = None;
        until("the line listens", SOON, || {
            wire = call(port).ok();
            wire.is_some()
        });
        let mut wire = wire.unwrap();
        wire.set_read_timeout(Some(ANSWER)).unwrap();
        let mut analyser = Analyser::plain(Arc::clone(memory));
        for (n, says) in CLOCKS.iter().enumerate() {
            // The hub's clock and the agent's go their own ways, and jump in the middle of a session.
            analyser.enquire(&mut wire).unwrap();
            let mut frame = 0;
            analyser.message(&mut wire, &mut frame).unwrap();
            for (clock, says) in clocks.iter().zip([says, &CLOCKS[CLOCKS.len() - 1 - n]]) {
                let new = clock.with_extension("new");
                fs::write(&new, says).unwrap();
                fs::rename(&new, clock).unwrap();
            }
            analyser.message(&mut wire, &mut frame).unwrap();
            analyser.end(&mut wire).unwrap();
        }
    }
    let faults = |n: usize| {
        let memory = memories[n].lock().unwrap();
        check::frames(&laboratory.frames(lines[n]), &memory.acknowledged(), memory.sent)
    };
    for n in [0, 1] {
        until("all that was acknowledged is in the record", SOON, || faults(n).lost.is_empty());
        assert!(faults(n).none(), "{}", faults(n));
    }
    let jumps = laboratory.years();
    assert!(jumps.iter().any(|year| year == "1970") && jumps.iter().any(|year| year == "2028"), "{jumps:?}");
    assert!(agent.stop().success() && hub.stop().success());
    assert_eq!(laboratory.verify(), Ok(()));
}
