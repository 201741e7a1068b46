//! A serial cable that is pulled and put back, in the middle of a frame: the line is back within three seconds, and what
//! stood before the gap is never joined to what came after it.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::alone::ANSWER;
use crate::bench::{Laboratory, Program, SOON, listens, until};
use crate::check;
use crate::engines::Fresh;
use crate::instruments::{Analyser, Shared, Terminal};

const BACK: Duration = Duration::from_secs(3);
const ENQ: u8 = 0x05;

/// The first half of a frame: no answer is due, and none of it may show up in another frame.
const HALF: &[u8] = b"\x021H|\\^&|HALF A FRA";

fn pulled_and_put_back(times: usize) {
    let fresh = Fresh::sqlite();
    let laboratory = Laboratory::new(&fresh.url);
    let socket = laboratory.path("tty-analyser");
    let line = laboratory.line(true, "ASTM-1", "astm-lis2", "serial", socket.to_str().unwrap());
    let _hub = Program::start(&mut laboratory.hub());
    until("the hub listens", SOON, || listens(laboratory.hub_port));
    let _agent = Program::start(&mut laboratory.agent());
    let memory = Shared::default();
    let mut slowest = Duration::ZERO;
    for time in 0..times {
        let mut cable = Terminal::open(socket.clone()).unwrap();
        let plugged = Instant::now();
        until("the host opens its end", ANSWER, || cable.has_host());
        // The agent learns of its lines only after its start.
        if time > 0 {
            slowest = slowest.max(plugged.elapsed());
        }
        let mut analyser = Analyser::plain(Arc::clone(&memory));
        analyser.session_of(&mut cable, 1).unwrap();
        // The cable is pulled between two frames, or inside of one.
        analyser.enquire(&mut cable).unwrap();
        analyser.message(&mut cable, &mut 0).unwrap();
        if time % 2 == 0 {
            cable.write_all(HALF).unwrap();
            // What the host has not yet read goes with the cable.
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    assert!(slowest < BACK, "back after {slowest:?}");
    let faults = || {
        let memory = memory.lock().unwrap();
        check::frames(&laboratory.frames(line), &memory.acknowledged(), memory.sent)
    };
    until("all that was acknowledged is in the record", SOON, || faults().lost.is_empty());
    assert!(faults().none(), "{}", faults());
    let all = laboratory.bytes(line);
    let halves = all.iter().filter(|bytes| bytes.windows(4).any(|four| four == b"HALF")).count();
    for bytes in &all {
        assert_eq!(bytes.first(), Some(&ENQ), "each transmission begins anew");
        let glued = bytes.windows(8).any(|window| window.starts_with(b"A FRA") && window[5..].contains(&ENQ));
        assert!(!glued, "{:?}", String::from_utf8_lossy(bytes));
    }
    assert!((1..=times.div_ceil(2)).contains(&halves), "half frames are kept, too: {halves}");
    assert_eq!(laboratory.verify(), Ok(()));
    eprintln!("pulled and put back {times} times: back after {:.2} s at most", slowest.as_secs_f64());
}

#[test]
fn a_cable_pulled_and_put_back_is_read_again_within_three_seconds_and_no_frame_spans_the_gap() {
    pulled_and_put_back(5);
}

#[test]
#[ignore = "takes some three minutes"]
fn a_cable_is_pulled_two_hundred_times() {
    pulled_and_put_back(200);
}
