//! Cases that any line knows, on every serial driver with each of its recordings.

use std::time::Duration;

use crate::line::{Line, Step, invented, places, read, serial, steps};

/// What is wrong with a recording, by name; empty where all is well.
fn every(case: impl Fn(&crate::recordings::Recording, &[Step]) -> Vec<String>) {
    let mut wrong = Vec::new();
    for recording in serial() {
        let name = name(&recording);
        wrong.extend(case(&recording, &steps(&recording)).into_iter().take(3).map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn name(recording: &crate::recordings::Recording) -> String {
    format!("{}/{}", recording.driver.id(), recording.path.file_stem().unwrap().to_str().unwrap())
}

/// The same steps with every read cut into single bytes.
fn byte_by_byte(steps: &[Step]) -> Vec<Step> {
    let cut = |step: &Step| match step {
        Step::Heard(bytes) => bytes.iter().map(|byte| Step::Heard(vec![*byte])).collect(),
        Step::Rest => vec![Step::Rest],
    };
    steps.iter().flat_map(cut).collect()
}

fn long_silence() -> Duration {
    Duration::from_secs(30 * 60)
}

#[test]
fn reads_of_one_byte_say_the_same_as_reads_of_all() {
    every(|recording, steps| {
        let (right, found) = (read(&recording.driver, steps), read(&recording.driver, &byte_by_byte(steps)));
        (right != found).then(|| format!("{found:?}")).into_iter().collect()
    });
}

/// Where a silence is what ends a frame, two in one read are one stretch, which check or length refuse; and where a
/// message has an identity of its own, the second is known as the first (`link::mllp`).
const OTHERWISE: [&str; 3] = ["modbus-rtu", "elitech-rc4", "hl7v2"];

#[test]
fn what_comes_twice_in_one_read_is_read_twice() {
    every(|recording, steps| {
        let mut wrong = Vec::new();
        for whole in transmissions(recording, steps) {
            let heard = |bytes: &[u8]| {
                let mut line = Line::of(&recording.driver);
                line.hear(bytes);
                line.unplug();
                line.readings().len()
            };
            let (once, twice) = (heard(&whole), heard(&[whole.clone(), whole].concat()));
            if twice != 2 * once && !OTHERWISE.contains(&recording.driver.id()) {
                wrong.push(format!("{once} and {twice}"));
            }
        }
        wrong
    });
}

/// The stretches of the wire that are a transmission with a message each.
fn transmissions(recording: &crate::recordings::Recording, steps: &[Step]) -> Vec<Vec<u8>> {
    let mut line = Line::of(&recording.driver);
    line.play(steps);
    let ends = line.events.split_inclusive(|event| event.last);
    ends.filter(|events| {
        events.last().is_some_and(|event| event.last) && events.iter().any(|event| event.message.is_some())
    })
    .map(|events| events.iter().flat_map(|event| event.wire.clone()).collect())
    .collect()
}

fn heard(steps: &[Step]) -> Vec<u8> {
    let bytes = |step: &Step| if let Step::Heard(bytes) = step { bytes.clone() } else { Vec::new() };
    steps.iter().flat_map(bytes).collect()
}

/// The steps of which the first bytes were not heard.
fn from(steps: &[Step], at: usize) -> Vec<Step> {
    let mut left = at;
    let mut rest = Vec::new();
    for step in steps {
        match step {
            Step::Heard(bytes) => {
                let missed = left.min(bytes.len());
                left -= missed;
                rest.push(Step::Heard(bytes[missed..].to_vec()));
            }
            Step::Rest => rest.push(Step::Rest),
        }
    }
    rest
}

/// The steps until so many bytes were heard.
fn until(steps: &[Step], at: usize) -> Vec<Step> {
    let mut left = at;
    let mut first = Vec::new();
    for step in steps {
        match step {
            Step::Heard(bytes) if bytes.len() >= left => {
                first.push(Step::Heard(bytes[..left].to_vec()));
                break;
            }
            Step::Heard(bytes) => {
                left -= bytes.len();
                first.push(step.clone());
            }
            Step::Rest => first.push(Step::Rest),
        }
    }
    first
}

/// A message of HL7 of which only the first byte of the frame was lost is whole, and read like one in a file; sent again
/// it is read again.
const TAKEN_AS_A_FILE: [&str; 1] = ["hl7v2/control_acknowledgement_lost"];

#[test]
fn who_listens_from_the_middle_of_a_frame_reads_nothing_that_was_not_said() {
    every(|recording, steps| {
        let right = read(&recording.driver, steps);
        let invented = |at: usize| invented(&right, &read(&recording.driver, &from(steps, at)));
        let places = places(heard(steps).len()).filter(|_| !TAKEN_AS_A_FILE.contains(&name(recording).as_str()));
        let wrong = places.map(|at| (at, invented(at))).filter(|(_, invented)| !invented.is_empty());
        wrong.map(|(at, invented)| format!("from byte {at}: {}", invented.join(", "))).collect()
    });
}

#[test]
fn silence_in_the_middle_of_a_frame_costs_that_frame_and_not_the_next() {
    every(|recording, steps| {
        let right = read(&recording.driver, steps);
        let mut wrong = Vec::new();
        for at in places(heard(steps).len()) {
            let mut line = Line::of(&recording.driver);
            line.play(&until(steps, at));
            line.rest(Duration::from_secs(45));
            let invented = invented(&right, &line.readings());
            line.play(steps);
            line.unplug();
            // Of what came before the silence some may be known again.
            let found = line.readings();
            if !invented.is_empty() {
                wrong.push(format!("half a frame of {at} bytes says {}", invented.join(", ")));
            } else if found.len() < right.len() {
                wrong.push(format!("after silence at byte {at}: {} of {}", found.len(), right.len()));
            }
        }
        wrong
    });
}

/// A message that was taken before the plug was pulled, and comes again in another session, is another one.
const COMES_AGAIN: [&str; 1] = ["hl7v2/control_acknowledgement_lost"];

#[test]
fn unplugged_at_any_byte_and_back_with_bytes_lost_nothing_is_glued_together() {
    every(|recording, steps| {
        let right = read(&recording.driver, steps);
        let len = heard(steps).len();
        let mut wrong = Vec::new();
        for at in places(len).filter(|_| !COMES_AGAIN.contains(&name(recording).as_str())) {
            for lost in [0, 1, 7] {
                let mut line = Line::of(&recording.driver);
                line.play(&until(steps, at));
                line.unplug();
                line.play(&from(steps, (at + lost).min(len)));
                line.unplug();
                let invented = invented(&right, &line.readings());
                if !invented.is_empty() {
                    wrong.push(format!("unplugged at {at}, {lost} lost: {}", invented.join(", ")));
                }
            }
        }
        wrong
    });
}

/// What a receiver makes of a line that changes its level once: a start bit, some zeros, then ones.
const JUNK: [u8; 9] = [0x00, 0x80, 0xC0, 0xE0, 0xF0, 0xF8, 0xFC, 0xFE, 0xFF];

/// A logger's frame ends with silence: what stands before it belongs to it, and its sum refuses both. It says no more
/// than its kind, unit and clock, without which its records are still read.
#[test]
fn a_junk_byte_when_the_port_is_opened_costs_no_value() {
    every(|recording, steps| {
        let right = read(&recording.driver, steps);
        let mut wrong = Vec::new();
        for junk in JUNK {
            let mut line = Line::of(&recording.driver);
            line.hear(&[junk]);
            line.play(steps);
            line.unplug();
            let found = line.readings();
            let same = if recording.driver.id() == "elitech-rc4" { found.len() == right.len() } else { found == right };
            if !same || !invented(&right, &found).is_empty() {
                wrong.push(format!("{junk:02X} before it: {} of {}", found.len(), right.len()));
            }
        }
        wrong
    });
}

#[test]
fn half_an_hour_without_a_word_is_no_message_and_the_next_is_read() {
    every(|recording, steps| {
        let right = read(&recording.driver, steps);
        let mut line = Line::of(&recording.driver);
        line.rest(long_silence());
        let (nothing, refused) = (line.readings(), line.refused());
        line.play(steps);
        line.unplug();
        let found = line.readings();
        let mut wrong = Vec::new();
        if !nothing.is_empty() || !refused.is_empty() {
            wrong.push(format!("silence says {nothing:?} {refused:?}"));
        }
        if !invented(&found, &right).is_empty() {
            wrong.push(format!("after it {} of {}", found.len(), right.len()));
        }
        wrong
    });
}

/// What a receiver set to `theirs` baud hears when `ours` was sent: eight data bits, no parity.
fn at_another_baud(bytes: &[u8], ours: u32, theirs: u32) -> Vec<u8> {
    let bits: Vec<bool> = bytes
        .iter()
        .flat_map(|byte| {
            let data = (0..8).map(|at| byte >> at & 1 == 1).collect::<Vec<_>>();
            [vec![false], data, vec![true]].concat()
        })
        .collect();
    // The level in the middle of a bit of theirs that begins at `start`, in bits of theirs.
    let level = |start: f64, bit: u32| {
        let at = (start + f64::from(bit) + 0.5) * f64::from(ours) / f64::from(theirs);
        bits.get(at as usize).copied().unwrap_or(true)
    };
    let length = bits.len() as f64 * f64::from(theirs) / f64::from(ours);
    let (mut heard, mut at) = (Vec::new(), 0.0);
    while at < length {
        if level(at - 0.5, 0) {
            at += 0.25;
            continue;
        }
        let byte = (0..8).fold(0u8, |byte, bit| byte | u8::from(level(at, bit + 1)) << bit);
        heard.push(byte);
        at += 10.0;
    }
    heard
}

#[test]
fn a_wrong_baud_rate_is_never_a_reading() {
    assert_eq!(at_another_baud(b"AZ", 9600, 9600), b"AZ");
    every(|recording, steps| {
        let right = read(&recording.driver, steps);
        let mut wrong = Vec::new();
        for (ours, theirs) in
            [(9600, 1200), (9600, 2400), (9600, 4800), (9600, 19_200), (9600, 38_400), (9600, 115_200)]
        {
            let mut line = Line::of(&recording.driver);
            let garbage = at_another_baud(&heard(steps), ours, theirs);
            line.hear(&garbage);
            line.rest(Duration::from_secs(45));
            if !line.readings().is_empty() {
                wrong.push(format!("{theirs} for {ours}: {}", invented(&[], &line.readings()).join(", ")));
            }
            line.play(steps);
            line.unplug();
            if line.wire() != [garbage, heard(steps)].concat() {
                wrong.push(format!("{theirs} for {ours}: bytes are lost"));
            }
            if !invented(&line.readings(), &right).is_empty() {
                wrong.push(format!("set right after {theirs}: {} of {}", line.readings().len(), right.len()));
            }
        }
        wrong
    });
}

/// A reader whose answer ends with CR LF and a prompt, and is nothing without them.
const ENDS_OTHERWISE: &str = "softmax-serial";

#[test]
fn a_line_that_ends_with_cr_or_lf_alone_is_read_like_one_with_both() {
    every(|recording, steps| {
        let right = read(&recording.driver, steps);
        let text = heard(steps);
        let lines = text.windows(2).any(|two| two == b"\r\n")
            && !text.iter().any(|byte| *byte < 0x20 && !matches!(*byte, b'\r' | b'\n' | b'\t'));
        if !lines || recording.driver.id() == ENDS_OTHERWISE {
            return Vec::new();
        }
        let mut wrong = Vec::new();
        for end in [&b"\r"[..], b"\n"] {
            let changed: Vec<Step> = steps
                .iter()
                .map(|step| match step {
                    Step::Heard(bytes) => Step::Heard(replaced(bytes, b"\r\n", end)),
                    Step::Rest => Step::Rest,
                })
                .collect();
            let found = read(&recording.driver, &changed);
            if found != right {
                wrong.push(format!("{}: {} of {}", end.escape_ascii(), found.len(), right.len()));
            }
        }
        wrong
    });
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let Some(byte) = rest.first() {
        match rest.strip_prefix(old) {
            Some(after) => {
                out.extend(new);
                rest = after;
            }
            None => {
                out.push(*byte);
                rest = &rest[1..];
            }
        }
    }
    out
}
