//! Delivered again: the same parcel many times at once, a number that is used for other bytes, and a bench computer that
//! was set back to an older copy of its disk. Each measurement is in the record once, and none is ever overwritten.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use qingke::acquire::intake::Hub;
use qingke::acquire::{ChunkKind, Intake, State, Stretch, Transmission};
use qingke::store::Store;

use crate::bench::{Laboratory, Program, SOON, listens, port, until};
use crate::engines::{self, Fresh};
use crate::instruments::call;

fn weighing(seq: i64, grams: u64) -> Transmission {
    let at: Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
    let bytes = format!("S S {grams:>10}.00 g\r\n").into_bytes();
    Transmission {
        epoch: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        seq,
        instrument: "TP-1".to_owned(),
        driver: "mt-sics".to_owned(),
        file: None,
        started_at: at,
        ended_at: at,
        state: State::Complete,
        fault: None,
        chunks: vec![Stretch {
            offset: 0,
            len: bytes.len(),
            at,
            kind: ChunkKind::Frame,
            fault: None,
            answer: Vec::new(),
        }],
        messages: vec![drivers::Message::plain(bytes.clone(), 0)],
        bytes,
    }
}

/// `keys` parcels, every second one with a rival that has its number and other bytes, each delivered `times` times from
/// `threads` threads at once.
fn delivered_at_once(url: &str, keys: i64, times: usize, threads: usize) {
    let laboratory = Laboratory::new(url);
    let line = laboratory.line(false, "TP-1", "mt-sics", "tcp-server", "127.0.0.1:1");
    let hub = Arc::new(Hub { store: Store::open(url).unwrap() });
    let mut parcels = Vec::new();
    for key in 1..=keys {
        parcels.push(weighing(key, key as u64));
        if key % 2 == 0 {
            parcels.push(weighing(key, 1_000_000 + key as u64));
        }
    }
    let submissions = parcels.len() * times;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (hub, parcels) = (Arc::clone(&hub), &parcels);
            scope.spawn(move || {
                for turn in (thread..times).step_by(threads) {
                    for n in 0..parcels.len() {
                        let parcel = &parcels[(n * 7 + turn) % parcels.len()];
                        assert_eq!(hub.deliver(parcel).unwrap().readings, 1);
                    }
                }
            });
        }
    });
    let mut there = laboratory.results(line);
    there.sort_unstable();
    let mut expected: Vec<u64> = parcels.iter().filter_map(|parcel| grams(&parcel.bytes)).collect();
    expected.sort_unstable();
    assert_eq!(there, expected, "after {submissions} submissions");
    assert!(parcels.iter().all(|parcel| hub.has(parcel).unwrap()));
    assert_eq!(laboratory.verify(), Ok(()));
    eprintln!("{submissions} submissions of {} parcels, {} taken", parcels.len(), there.len());
}

fn grams(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.strip_prefix("S S")?.trim().split('.').next()?.parse().ok()
}

#[test]
fn the_same_parcel_delivered_many_times_at_once_is_taken_once_and_other_content_beside_it() {
    engines::each(|url| delivered_at_once(url, 10, 50, 8));
}

#[test]
#[ignore = "takes some minutes"]
fn fifty_thousand_submissions_are_taken_once_each() {
    engines::each(|url| delivered_at_once(url, 700, 50, 8));
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_bench_computer_set_back_to_an_older_copy_of_its_disk_doubles_nothing_and_loses_nothing() {
    let fresh = Fresh::sqlite();
    let laboratory = Laboratory::new(&fresh.url);
    let port = port();
    let line = laboratory.line(true, "TP-1", "mt-sics", "tcp-server", &format!("127.0.0.1:{port}"));
    let _hub = Program::start(&mut laboratory.hub());
    until("the hub listens", SOON, || listens(laboratory.hub_port));
    let mut expected = Vec::new();
    let (disk, older) = (laboratory.path("agent"), laboratory.path("older"));
    // The third day weighs the very same as the second, and its numbers are given a second time.
    for (day, weights) in [[1, 2, 3], [4, 5, 6], [4, 5, 7]].iter().enumerate() {
        if day == 2 {
            copy(&older, &disk);
        }
        let agent = Program::start(&mut laboratory.agent());
        let mut balance: Option<TcpStream> = None;
        until("the line listens", SOON, || {
            balance = call(port).ok();
            balance.is_some()
        });
        for grams in weights {
            write!(balance.as_mut().unwrap(), "S S {grams:>10}.00 g\r\n").unwrap();
            expected.push(*grams);
            until("the weighing is in the record", Duration::from_secs(10), || {
                laboratory.results(line).len() >= expected.len()
            });
        }
        assert!(agent.stop().success());
        if day == 0 {
            copy(&disk, &older);
        }
    }
    assert_eq!(laboratory.results(line), expected);
    assert_eq!(laboratory.verify(), Ok(()));
}
