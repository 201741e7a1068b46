//! What is always right, for every driver in the list.

mod recordings;

use drivers::conversation::{Conversation, Item, Side};
use drivers::{Driver, Event, Message, Order, Reading, Stamp, Transport};
use jiff::civil::DateTime;
use proptest::prelude::*;
use recordings::Recording;
use std::time::Duration;

/// Bytes in which frames, records and lines are likely to begin and end.
fn telling() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => prop::sample::select(b"\x02\x03\x04\x05\x06\x0a\x0d\x15\x17\x1d\x1e\x7e\xaa\x1b".to_vec()),
        3 => prop::sample::select(b"HPORQL|\\^&01234567ABCDEF.,<> ".to_vec()),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..300)
}

/// What some instrument of the recordings said, with one byte changed.
fn damaged() -> impl Strategy<Value = (usize, usize, u8)> {
    (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1u8..).prop_map(|(which, place, change)| {
        let recordings = recordings::all();
        let which = which.index(recordings.len());
        let len = recordings[which].conversation.heard().len().max(1);
        (which, place.index(len), change)
    })
}

fn heard(which: usize, place: usize, change: u8) -> (Driver, Vec<u8>) {
    let recording = &recordings::all()[which];
    let mut bytes = recording.conversation.heard();
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= change;
    }
    (recording.driver.clone(), bytes)
}

fn run(profile: &Driver, bytes: &[u8], size: usize) -> Vec<Event> {
    let mut link = profile.link();
    let mut events: Vec<Event> = bytes.chunks(size).flat_map(|piece| link.feed(piece)).collect();
    events.extend(link.close());
    events
}

fn check(profile: &Driver, bytes: &[u8], size: usize) -> Result<(), TestCaseError> {
    let whole = run(profile, bytes, usize::MAX);
    prop_assert_eq!(&whole, &run(profile, bytes, size), "{}: reads of {} bytes", profile.id(), size);
    let wire: Vec<u8> = whole.iter().flat_map(|event| event.wire.clone()).collect();
    prop_assert_eq!(wire.escape_ascii().to_string(), bytes.escape_ascii().to_string(), "{}", profile.id());
    let (mut from, mut to) = (0, 0);
    for event in &whole {
        to += event.wire.len();
        if let Some(message) = &event.message {
            for piece in &message.pieces {
                let kept = message.bytes.get(piece.at..piece.at + piece.len);
                let sent = wire[from..to].get(piece.wire..piece.wire + piece.len);
                prop_assert_eq!(kept, sent, "{}: the text kept is the text sent: {:?}", profile.id(), piece);
            }
            lies_within(profile, message)?;
        }
        from = if event.last { to } else { from };
    }
    Ok(())
}

/// What is said of a place in a message is a place in it, counted in bytes.
fn lies_within(profile: &Driver, message: &Message) -> Result<(), TestCaseError> {
    let len = message.bytes.len();
    match profile.parse(message) {
        Ok(decoded) => {
            for reading in &decoded.readings {
                prop_assert!(reading.span.start <= reading.span.end && reading.span.end <= len, "{}", profile.id());
            }
            for rejected in &decoded.rejected {
                prop_assert!(rejected.offset <= len, "{}: {:?}", profile.id(), rejected);
            }
        }
        Err(fault) => prop_assert!(fault.offset().is_none_or(|at| at <= len), "{}: {} of {len}", profile.id(), fault),
    }
    Ok(())
}

/// Found by fuzzing: a place in the text of an XML file was told as one in its bytes.
#[test]
fn a_place_is_counted_in_bytes_whatever_the_encoding() {
    for recording in recordings::all() {
        let heard = recording.conversation.heard();
        let (before, after) = heard.split_at(heard.len() / 2);
        let torn = &after[..after.len() / 2];
        for letters in [&b"\xE9".repeat(300), &b"\xB0\xD7".repeat(300)] {
            let message = Message::plain([before, letters, torn].concat(), 0);
            lies_within(&recording.driver, &message)
                .unwrap_or_else(|error| panic!("{}: {error}", recording.path.display()));
        }
    }
}

const NOW: DateTime = DateTime::constant(2026, 3, 2, 9, 15, 2, 0);

/// Every driver that takes orders, and an order in its words.
fn hosts() -> Vec<(Driver, Vec<u8>)> {
    let order = Order { sample_id: Some("QK2600123-7".to_owned()), tests: vec!["AFM1".to_owned()], ..Order::default() };
    let stamp = Stamp { now: NOW, id: "41" };
    let write = |driver: Driver| {
        driver.host().map(|host| (host.order)(std::slice::from_ref(&order), &stamp)).map(|text| (driver, text))
    };
    drivers::all().filter_map(write).collect()
}

/// What is ordered is what the driver reads in the order again, and a link takes orders just where its driver has words
/// for them.
#[test]
fn a_driver_that_takes_orders_reads_back_its_own() {
    assert!(hosts().len() >= 2);
    for (driver, order) in hosts() {
        let decoded = driver.parse(&Message::plain(order, 0)).unwrap();
        let found: Vec<_> =
            decoded.orders.iter().map(|order| (order.sample_id.as_deref(), order.tests.clone())).collect();
        assert_eq!(found, [(Some("QK2600123-7"), vec!["AFM1".to_owned()])], "{}", driver.id());
    }
    for driver in drivers::all() {
        let order = hosts().into_iter().find(|(host, _)| host.id() == driver.id()).map(|(_, order)| order);
        assert_eq!(driver.link().say(&order.clone().unwrap_or_default()), order.is_some(), "{}", driver.id());
    }
}

fn readings(profile: &Driver, bytes: &[u8]) -> Vec<Reading> {
    run(profile, bytes, usize::MAX)
        .iter()
        .filter_map(|event| profile.parse(event.message.as_ref()?).ok())
        .flat_map(|decoded| decoded.readings)
        .map(|reading| Reading { span: 0..0, ..reading })
        .collect()
}

proptest! {
    #[test]
    fn how_bytes_are_cut_changes_nothing_and_each_is_accounted_for_once(bytes in telling(), size in 1usize..9) {
        for profile in drivers::all() {
            check(&profile, &bytes, size)?;
        }
    }

    #[test]
    fn the_same_holds_for_a_conversation_on_a_bad_line((which, place, change) in damaged(), size in 1usize..9) {
        let (profile, bytes) = heard(which, place, change);
        check(&profile, &bytes, size)?;
    }

    #[test]
    fn no_message_makes_a_driver_fall_over(bytes: Vec<u8>, likely in telling()) {
        for profile in drivers::all() {
            for bytes in [&bytes, &likely] {
                let _ = profile.parse(&Message::plain(bytes.clone(), 0));
                let _ = profile.recognises(bytes);
            }
        }
    }

    #[test]
    fn a_link_may_be_used_after_its_end(bytes in telling()) {
        for profile in drivers::all() {
            let mut link = profile.link();
            link.feed(&bytes);
            link.close();
            let mut again: Vec<Event> = link.feed(&bytes);
            again.extend(link.close());
            let wire: usize = again.iter().map(|event| event.wire.len()).sum();
            prop_assert_eq!(wire, bytes.len(), "{}", profile.id());
        }
    }

    #[test]
    fn while_we_speak_each_byte_is_accounted_for_too(bytes in telling(), size in 1usize..9) {
        for (profile, order) in hosts() {
            let run = |size: usize| {
                let mut link = profile.link();
                assert!(link.say(&order), "{}", profile.id());
                let mut events = link.idle(NOW);
                events.extend(bytes.chunks(size).flat_map(|piece| link.feed(piece)));
                events.extend(link.close());
                (events, link.said())
            };
            let (whole, said) = run(usize::MAX);
            prop_assert_eq!(&(whole.clone(), said.clone()), &run(size), "{}: reads of {} bytes", profile.id(), size);
            let wire: Vec<u8> = whole.iter().flat_map(|event| event.wire.clone()).collect();
            prop_assert_eq!(wire.escape_ascii().to_string(), bytes.escape_ascii().to_string(), "{}", profile.id());
            prop_assert!(said.is_some(), "{}: it is told what became of the order", profile.id());
        }
    }

    #[test]
    fn what_capture_writes_replay_reads(items in prop::collection::vec(item(), 0..20)) {
        let conversation = Conversation { items };
        prop_assert_eq!(conversation.to_string().parse::<Conversation>(), Ok(conversation));
    }
}

fn item() -> impl Strategy<Value = Item> {
    let side = prop_oneof![Just(Side::Instrument), Just(Side::Host)];
    prop_oneof![
        "[ -~\u{4e00}-\u{4eff}]{0,30}".prop_map(Item::Remark),
        (0u64..10_000_000).prop_map(|ms| Item::At(Duration::from_millis(ms))),
        (side.clone(), any::<Vec<u8>>()).prop_map(|(side, bytes)| Item::Said(side, bytes)),
        (side, any::<String>()).prop_map(|(side, text)| Item::Said(side, text.into_bytes())),
    ]
}

/// What a plug put in, or a port opened, leaves on a line.
const NOISE: [&[u8]; 4] = [&[0x00], &[0x00, 0x00, 0x7F, 0x7F], &[0xFF, 0xF0], &[0x0D, 0x0A]];

#[test]
fn noise_before_and_after_what_an_instrument_says_costs_only_the_noise() {
    // A print-out of a data system is one text from its first character on, and no instrument at the other end of a plug.
    let serial = |recording: &Recording| {
        recording.driver.transports().contains(&Transport::Serial) && recording.driver.id() != "shimadzu-ascii"
    };
    let mut lost = Vec::new();
    for recording in recordings::all().iter().filter(|recording| serial(recording)) {
        let said = recording.conversation.heard();
        let right = readings(&recording.driver, &said);
        for noise in NOISE {
            for (place, bytes) in [("before", [noise, &said].concat()), ("after", [&said, noise].concat())] {
                let found = readings(&recording.driver, &bytes);
                if !right.iter().all(|reading| found.contains(reading)) {
                    lost.push(format!("{}: {} {place}", recording.path.display(), noise.escape_ascii()));
                }
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// Links whose frames carry a sum over all they hold.
const SUMMED: [&str; 2] = ["astm-lis2", "mini-vidas"];

/// A sum modulo 256 changes with every single byte it covers, so one wrong byte inside a frame is always seen. What
/// it cannot see is two errors that cancel out, or two bytes exchanged; and a byte that becomes an end of frame cuts
/// the text where the next two characters may, once in 256, be its sum.
#[test]
fn one_wrong_byte_in_a_summed_frame_never_makes_another_reading() {
    for recording in recordings::all().iter().filter(|r| SUMMED.contains(&r.driver.id())) {
        let good = recording.conversation.heard();
        let framed = good.contains(&0x02);
        let right = readings(&recording.driver, &good);
        for place in (0..good.len()).filter(|_| framed) {
            for change in [0x01, 0x04, 0x10, 0x80, 0xFF] {
                let mut bytes = good.clone();
                bytes[place] ^= change;
                for reading in readings(&recording.driver, &bytes) {
                    let name = recording.path.display();
                    assert!(right.contains(&reading), "{name}: byte {place} ^ {change:#x} gives {reading:?}");
                }
            }
        }
    }
}
