//! How fast LIS02 is read: the wire's bytes to checked frames, and further to typed readings, by the driver that lines
//! use. The stream is that of a busy laboratory, made anew from a seed; no two messages in it are equal.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use drivers::link::astm::{SHORT, frame, frames};
use drivers::{Driver, Kind, Message};

/// At least this much is on the wire, in bytes.
const STREAM: usize = 8 * 1024 * 1024;
/// The most that a session reads at once.
const READ: usize = 4096;

fn main() {
    divan::main();
}

fn driver() -> Driver {
    drivers::by_id("astm-lis2").expect("the driver is in the list")
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }

    fn time(&mut self) -> String {
        let [month, day] = [self.below(12) + 1, self.below(28) + 1];
        let [hour, minute, second] = [self.below(24), self.below(60), self.below(60)];
        format!("2026{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }
}

/// One message after LIS02-A2: a patient record for each specimen, its order, and its results with a comment here and
/// there. One of eight analysers writes Chinese.
fn message(chance: &mut Chance) -> Vec<String> {
    let analysers = ["Reader^ELISA 96^1.0^0042", "Chem 400^2.11-4^A-1189", "ABX^Count 60^V3.2^5521", "Gasanalysator"];
    let analytes = ["AFM1", "GLU", "CREA", "ALT", "CHE", "OTA", "T-2", "ZEN"];
    let units = ["ug/kg", "mg/L", "mmol/L", "U/L", "%"];
    let mut records = vec![format!("H|\\^&|||{}|||||||P|LIS2-A2|{}", chance.of(&analysers), chance.time())];
    for specimen in 1..=chance.below(12) + 1 {
        records.push(format!("P|{specimen}||{:06}", chance.below(1_000_000)));
        let (sample, rack) = (chance.below(1_000_000), chance.below(20));
        let matrix = if chance.below(8) == 0 { "生乳" } else { "milk" };
        let kind = if chance.below(20) == 0 { "Q" } else { "N" };
        records.push(format!("O|1|2026-{sample:06}^{rack}^{specimen}||^^^ALL|R||||||{kind}||||{matrix}"));
        for number in 1..=chance.below(6) + 1 {
            let sign = if chance.below(10) == 0 { "<" } else { "" };
            let (whole, parts, time) = (chance.below(400), chance.below(1000), chance.time());
            let (analyte, unit, flag) =
                (chance.of(&analytes), chance.of(&units), chance.of(&["N", "N", "N", "H", "L"]));
            let result = format!("{sign}{whole}.{parts:03}");
            records
                .push(format!("R|{number}|^^^{analyte}|{result}|{unit}|0.0 to 250.0|{flag}||F||op{specimen}||{time}"));
            if chance.below(12) == 0 {
                records.push(format!("C|1|I|{} out of range^{}|I", analyte, chance.below(100)));
            }
        }
    }
    records.push("L|1|N".to_owned());
    records
}

/// Sessions with ENQ and EOT. Half of the analysers put each record into a frame of its own, half fill their frames.
fn stream() -> Vec<u8> {
    let mut chance = Chance(20_261_124);
    let mut wire = Vec::with_capacity(STREAM + 64 * 1024);
    while wire.len() < STREAM {
        let records = message(&mut chance);
        wire.push(0x05);
        if chance.below(2) == 0 {
            let text: String = records.iter().map(|record| format!("{record}\r")).collect();
            wire.extend(frames(text.as_bytes(), SHORT).concat());
        } else {
            for (number, record) in (1..8).chain(0..1).cycle().zip(&records) {
                wire.extend(frame(number, format!("{record}\r").as_bytes(), true));
            }
        }
        wire.push(0x04);
    }
    wire
}

/// Every frame of the stream must be accepted: refusals would be fast and worth nothing.
fn messages(wire: &[u8]) -> Vec<Message> {
    let mut link = driver().link();
    let mut events: Vec<_> = wire.chunks(READ).flat_map(|read| link.feed(read)).collect();
    events.extend(link.close());
    assert!(events.iter().all(|event| matches!(event.kind, Kind::Control | Kind::Frame)));
    assert_eq!(events.iter().map(|event| event.wire.len()).sum::<usize>(), wire.len());
    let messages: Vec<_> = events.into_iter().filter_map(|event| event.message).collect();
    assert_eq!(messages.len(), wire.iter().filter(|byte| **byte == 0x04).count());
    messages
}

/// Framing: each byte seen, each checksum and number verified, each message joined.
#[divan::bench]
fn to_checked_frames(bencher: Bencher) {
    let wire = stream();
    messages(&wire);
    bencher.counter(BytesCount::of_slice(&wire)).bench_local(|| {
        let mut link = driver().link();
        wire.chunks(READ).map(|read| black_box(link.feed(black_box(read))).len()).sum::<usize>()
    });
}

/// All of it: framing, then every message parsed to typed readings.
#[divan::bench]
fn to_typed_readings(bencher: Bencher) {
    let wire = stream();
    // Other readers are given the same bytes by those who want to compare.
    if let Some(folder) = std::env::var_os("LIS02_FILES") {
        std::fs::write(std::path::Path::new(&folder).join("lis02.wire"), &wire).expect("the folder can be written to");
    }
    for message in messages(&wire) {
        let decoded = driver().parse(&message).expect("a whole message is read");
        assert!(decoded.rejected.is_empty() && !decoded.readings.is_empty());
    }
    bencher.counter(BytesCount::of_slice(&wire)).bench_local(|| {
        let mut link = driver().link();
        let mut readings = 0;
        for read in wire.chunks(READ) {
            for event in link.feed(black_box(read)) {
                if let Some(message) = &event.message {
                    readings += black_box(driver().parse(message)).map_or(0, |decoded| decoded.readings.len());
                }
            }
        }
        readings
    });
}

/// The parser alone, in bytes of the messages without their framing.
#[divan::bench]
fn messages_to_readings(bencher: Bencher) {
    let messages = messages(&stream());
    let bytes: usize = messages.iter().map(|message| message.bytes.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        messages.iter().map(|message| black_box(driver().parse(black_box(message))).is_ok()).filter(|ok| *ok).count()
    });
}
