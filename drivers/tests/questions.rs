//! In a recorded conversation we ask again what was asked then, in the same order.

use std::path::Path;

use drivers::conversation::{Conversation, Item, Side};
use drivers::{Direction, by_id};
use jiff::civil::{DateTime, date};

/// The day of the recordings.
fn day() -> DateTime {
    date(2026, 3, 2).at(12, 0, 0, 0)
}

/// Plays the instrument's side and collects ours: what follows from its words, or from its silence.
fn asked(id: &str, recording: &Conversation) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut link = (by_id(id).unwrap().link)();
    let (mut recorded, mut ours, mut pending) = (Vec::new(), Vec::new(), Vec::new());
    for item in &recording.items {
        match item {
            Item::Said(Side::Instrument, bytes) => {
                pending.extend(link.feed(bytes).into_iter().map(|event| event.answer));
            }
            Item::Said(Side::Host, bytes) => {
                pending.retain(|answer: &Vec<u8>| !answer.is_empty());
                if pending.is_empty() {
                    pending.extend(link.idle(day()).into_iter().map(|event| event.answer));
                }
                recorded.push(bytes.clone());
                ours.push(pending.iter().flatten().copied().collect());
                pending.clear();
            }
            _ => {}
        }
    }
    (recorded, ours)
}

#[test]
fn we_ask_what_was_asked_in_the_recording() {
    for (id, name) in [
        ("dayuan-7e", "lz4000_day"),
        ("dayuan-7e", "tl310_eight_channels"),
        ("taiyang-ttnj", "two_groups"),
        ("dayuan-dy6260", "two_records"),
    ] {
        assert_eq!(by_id(id).unwrap().direction, Direction::TwoWay);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{id}/{name}.txt"));
        let recording: Conversation = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let (recorded, ours) = asked(id, &recording);
        assert!(!recorded.is_empty(), "{id}/{name}");
        assert_eq!(ours, recorded, "{id}/{name}");
    }
}
