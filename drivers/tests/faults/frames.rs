//! Cases of frames: wrong checks and lengths, numbers repeated and skipped, ends that are missing or in the middle, and start
//! bytes where they start nothing.

use std::time::Duration;

use drivers::link::astm::{checksum, frame};
use drivers::link::{dayuan, dayuan_xor, elitech, modbus_rtu, taiyang};
use drivers::{Reading, by_id};

use crate::line::Line;

const HEADER: &[u8] = b"H|\\^&|||LFR-2000|||||||P|LIS2-A2|20260302101500\r";
const ORDER: &[u8] = b"O|1|26-044||^^^MEL\r";
const RESULT: &[u8] = b"R|1|^^^MEL|1.20|mg/kg||N||F||||20260302111500\r";
const END: &[u8] = b"L|1|N\r";

const ENQ: &[u8] = b"\x05";
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
const EOT: &[u8] = b"\x04";

fn astm(parts: &[&[u8]]) -> Line {
    let mut line = Line::of(&by_id("astm-lis2").unwrap());
    for part in parts {
        line.hear(part);
    }
    line
}

fn results(line: &Line) -> Vec<String> {
    line.readings().into_iter().filter_map(|reading| reading.result.map(Into::into)).collect()
}

fn session() -> [Vec<u8>; 4] {
    [frame(1, HEADER, true), frame(2, ORDER, true), frame(3, RESULT, true), frame(4, END, true)]
}

#[test]
fn two_frames_in_one_read_are_two_and_each_is_answered() {
    let line = astm(&[&[ENQ, &session().concat(), EOT].concat()]);
    assert_eq!((results(&line), line.answers()), (vec!["1.20".to_owned()], vec![ACK; 5]));
}

#[test]
fn a_segment_of_a_network_is_no_frame_wherever_it_ends() {
    let whole = [ENQ, &session().concat(), EOT].concat();
    for at in 1..whole.len() {
        let (first, second) = whole.split_at(at);
        let line = astm(&[first, second]);
        assert_eq!((results(&line), line.answers()), (vec!["1.20".to_owned()], vec![ACK; 5]), "cut at {at}");
    }
}

#[test]
fn the_checksum_of_a_frame_that_ends_with_etb_is_verified_like_any() {
    let (first, second) = RESULT.split_at(20);
    let [header, order, ..] = session();
    let mut bad = frame(3, first, false);
    bad[6] ^= 0x01;
    let tail = [frame(4, second, true), frame(5, END, true)].concat();
    let mut line = astm(&[ENQ, &header, &order, &bad]);
    assert_eq!(line.answers(), [ACK, ACK, ACK, NAK]);
    assert!(line.refused()[0].contains("checksum"), "{:?}", line.refused());
    line.hear(&[&frame(3, first, false)[..], &tail, EOT].concat());
    assert_eq!((results(&line), line.answers()), (vec!["1.20".to_owned()], vec![ACK, ACK, ACK, NAK, ACK, ACK, ACK]));
}

#[test]
fn a_frame_number_repeated_after_a_lost_acknowledgement_counts_once() {
    let [header, order, result, end] = session();
    let line = astm(&[ENQ, &header, &order, &result, &result, &end, EOT]);
    assert_eq!((results(&line), line.answers()), (vec!["1.20".to_owned()], vec![ACK; 6]));
}

#[test]
fn a_frame_number_skipped_is_refused_and_half_a_message_is_none() {
    let [header, _, result, end] = session();
    let line = astm(&[ENQ, &header, &result, &end, EOT]);
    assert_eq!((results(&line), line.answers()), (vec![], vec![ACK, ACK, NAK, NAK]));
    assert!(line.refused()[0].contains("frame number 3, expected 2"), "{:?}", line.refused());
}

#[test]
fn two_equal_results_of_two_frames_are_two() {
    let [header, order, result, _] = session();
    let line = astm(&[ENQ, &header, &order, &result, &frame(4, RESULT, true), &frame(5, END, true), EOT]);
    assert_eq!(results(&line), ["1.20", "1.20"]);
}

/// LIS01 ends a frame with CR and LF after its check: some instruments send one of them, or none.
#[test]
fn a_frame_without_its_lf_or_its_cr_is_taken() {
    for end in ["\r", "\n", ""] {
        let mut line = astm(&[ENQ]);
        for frame in session() {
            line.hear(frame.strip_suffix(b"\r\n").unwrap());
            line.hear(end.as_bytes());
            line.rest(Duration::from_secs(1));
        }
        line.hear(EOT);
        assert_eq!((results(&line), line.answers()), (vec!["1.20".to_owned()], vec![ACK; 5]), "{end:?}");
    }
}

#[test]
fn checks_in_small_letters_are_the_same_checks() {
    // A text whose sum has a letter in both digits.
    let text =
        (b' '..).map(|pad| [&b"1"[..], HEADER, &[pad, 0x03]].concat()).find(|text| checksum(text) == 0xAB).unwrap();
    for digits in ["AB", "ab", "Ab"] {
        let line = astm(&[ENQ, b"\x02", &text, digits.as_bytes(), b"\r\n"]);
        assert_eq!(line.answers(), [ACK, ACK], "{digits}");
    }
    let fields = b"\x1emtrsl|\x1eci26-071|\x1ertSLM|\x1ett08:35|\x1etd03/25/26|\x1eqlNEGATIVE|\x1eqn0.08|\x1d";
    for digits in [format!("{:02x}", checksum(fields)), format!("{:02X}", checksum(fields))] {
        let mut vidas = Line::of(&by_id("mini-vidas").unwrap());
        vidas.hear(&[ENQ, b"\x02", fields, digits.as_bytes(), b"\x03", EOT].concat());
        assert_eq!(vidas.readings().len(), 1, "{digits}");
    }
}

#[test]
fn silence_after_an_enquiry_leaves_the_line_to_the_next_one() {
    let mut line = astm(&[ENQ]);
    line.rest(Duration::from_secs(30));
    line.hear(&[ENQ, &session().concat(), EOT].concat());
    assert_eq!((results(&line), line.answers()), (vec!["1.20".to_owned()], vec![ACK; 6]));
}

#[test]
fn silence_after_a_frame_that_ends_with_etb_drops_the_message_and_keeps_its_bytes() {
    let [header, order, ..] = session();
    let part = frame(3, RESULT.split_at(20).0, false);
    let mut line = astm(&[ENQ, &header, &order, &part]);
    line.rest(Duration::from_secs(30));
    assert_eq!(results(&line), Vec::<String>::new());
    assert_eq!(line.refused().len(), 1, "half a message is told: {:?}", line.refused());
    assert_eq!(line.wire(), [ENQ, &header, &order, &part].concat());
    // Not glued to the rest, if that comes.
    line.hear(&[frame(4, RESULT.split_at(20).1, true), frame(5, END, true)].concat());
    assert_eq!(results(&line), Vec::<String>::new());
}

#[test]
fn silence_after_half_a_frame_drops_it_and_the_next_session_is_whole() {
    let [header, order, result, _] = session();
    for len in 1..result.len() - 4 {
        let mut line = astm(&[ENQ, &header, &order, &result[..len]]);
        line.rest(Duration::from_secs(61));
        line.hear(&[ENQ, &session().concat(), EOT].concat());
        assert_eq!(results(&line), ["1.20"], "{len} bytes of it");
    }
}

#[test]
fn an_eot_in_the_middle_of_a_message_makes_it_none() {
    let [header, order, result, _] = session();
    let mut line = astm(&[ENQ, &header, &order, &result, EOT]);
    assert_eq!((results(&line), line.refused().len()), (vec![], 1));
    line.hear(&[ENQ, &session().concat(), EOT].concat());
    assert_eq!(results(&line), ["1.20"]);
}

#[test]
fn an_eot_inside_a_frame_ends_the_session_and_the_frame_is_refused() {
    let [header, order, result, _] = session();
    let line = astm(&[ENQ, &header, &order, &result[..12], EOT, &result[12..]]);
    assert_eq!(results(&line), Vec::<String>::new());
    assert!(!line.refused().is_empty());
}

#[test]
fn an_enquiry_asked_twice_is_answered_twice() {
    let line = astm(&[ENQ, ENQ, &session().concat(), EOT]);
    assert_eq!((results(&line), line.answers()), (vec!["1.20".to_owned()], vec![ACK; 6]));
}

/// An LZ-4000's record of one sample; the data of the frame.
fn lz(name: &[u8; 6], raw: i16) -> Vec<u8> {
    [&[1, 0, 0, 0, 1, 0][..], name, &[26, 3, 2, 8, 30, 5], &raw.to_le_bytes()].concat()
}

fn heard(driver: &str, bytes: &[u8]) -> Line {
    let mut line = Line::of(&by_id(driver).unwrap());
    line.hear(bytes);
    line.unplug();
    line
}

fn one(line: &Line) -> Reading {
    let readings = line.readings();
    let [reading] = readings.as_slice() else { panic!("{} readings, {:?}", readings.len(), line.refused()) };
    reading.clone()
}

#[test]
fn a_start_byte_inside_the_data_starts_nothing() {
    let tester = dayuan::frame(0x11, &lz(b"\x7E\xAA26\x7E\0", 812), dayuan::CRC_AA);
    assert_eq!(one(&heard("dayuan-7e", &tester)).result.as_deref(), Some("8.12"));
    let frames = [
        ("dayuan-03ff", dayuan_xor::frame(false, 0x45, 0, &[3, 0xFE, 3, 0xFF, 0x45])),
        ("modbus-rtu", modbus_rtu::frame(1, 3, &[4, 1, 3, 1, 3])),
    ];
    for (driver, frame) in frames {
        let taken: Vec<_> = heard(driver, &frame).events.into_iter().filter_map(|event| event.message).collect();
        assert_eq!(taken.len(), 1, "{driver}");
        assert_eq!(taken[0].bytes, frame, "{driver}");
    }
    // 1B begins every mark of a Taiyang tester, and is a day, an hour or a second as well.
    let group = taiyang::group([0x1B, 0x1B, 9, 2, 3, 1, 26, 0x80, 0x10], &[(1, 0.412, 37.6)]);
    let line = heard("taiyang-ttnj", &[&taiyang::GROUPS[..], &group, &taiyang::END].concat());
    assert_eq!(one(&line).result.as_deref(), Some("37.6"));
    // STX inside a text of LIS01 is against the standard: what began before it is refused, never joined with the rest.
    let mut result = RESULT.to_vec();
    result[12] = 0x02;
    let [header, order, ..] = session();
    assert_eq!(results(&astm(&[ENQ, &header, &order, &frame(3, &result, true), EOT])), Vec::<String>::new());
}

#[test]
fn a_wrong_check_is_refused_by_every_driver_that_has_one() {
    let last = |mut bytes: Vec<u8>, back: usize| {
        let at = bytes.len() - back;
        bytes[at] ^= 0x01;
        bytes
    };
    let xored = dayuan_xor::frame(false, 0x45, 0, &[1, 2, 3]);
    let hanna = b"\x020110RR+006.85E+00+0008.9+025.00";
    let hanna = [&hanna[..], format!("{:02X}\x03", checksum(&hanna[1..])).as_bytes()].concat();
    for (driver, frame) in [
        ("astm-lis2", last(frame(1, HEADER, true), 3)),
        ("dayuan-7e", last(dayuan::frame(0x11, &lz(b"26-071", 812), dayuan::CRC_AA), 2)),
        ("dayuan-bx1", last(dayuan::frame(0x16, &[1; 40], dayuan::SUM_7E), 2)),
        ("dayuan-photometer", last(dayuan::frame(0x15, &[1; 8], dayuan::SUM_7E), 2)),
        ("dayuan-03ff", last(xored.clone(), 1)),
        ("dayuan-03ff", last(xored, 5)),
        ("elitech-rc4", elitech::closed(&[0x55, 0, 40]).into_iter().map(|byte| byte ^ 1).collect()),
        ("modbus-rtu", last(modbus_rtu::frame(1, 3, &[2, 0, 37]), 1)),
        ("hanna-ph", last(hanna, 2)),
    ] {
        let line = heard(driver, &frame);
        assert!(line.readings().is_empty(), "{driver}");
        let unread = line
            .events
            .iter()
            .all(|event| event.message.as_ref().is_none_or(|message| by_id(driver).unwrap().parse(message).is_err()));
        assert!(unread && line.wire() == frame, "{driver}: {:?}", line.refused());
    }
}

#[test]
fn a_wrong_length_costs_its_frame_and_not_the_one_behind_it() {
    let good = dayuan::frame(0x11, &lz(b"26-072", 812), dayuan::CRC_AA);
    for length in [0, 1, 19, 21, 40, 255] {
        let mut bad = dayuan::frame(0x11, &lz(b"26-071", 555), dayuan::CRC_AA);
        bad[2] = length;
        let line = heard("dayuan-7e", &[&bad[..], &good].concat());
        assert_eq!(one(&line).sample_id.as_deref(), Some("26-072"), "length {length}");
    }
    let good = dayuan_xor::frame(false, 0x45, 0, &[1, 2, 3]);
    for length in [0, 1, 2, 4, 200] {
        let mut bad = good.clone();
        bad[8] = length;
        let line = heard("dayuan-03ff", &[&bad[..], &good].concat());
        let taken = line.events.iter().filter(|event| event.message.is_some()).count();
        assert_eq!(taken, 1, "length {length}: {:?}", line.refused());
    }
    // One register, and the count of two.
    assert!(heard("modbus-rtu", &modbus_rtu::frame(1, 3, &[4, 0, 37])).events.iter().all(|e| e.message.is_none()));
    // A count of records that does not hold.
    for count in [0u8, 2, 9] {
        let record = [0, 12, 0, 25, 0, 30, 0, 100, 0, 1, 5, 30, 15, 8, 1, 2, 3, 26, 0];
        let line = heard("dayuan-atp", &[&[b'n', count, 0, b'g', 7, 0][..], &record].concat());
        assert!(line.readings().is_empty(), "count {count}");
    }
}
