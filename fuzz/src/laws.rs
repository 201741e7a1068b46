//! The laws of `drivers::Link` and `drivers::Driver`, asserted for one driver and one input.

use drivers::{Censored, Decoded, Driver, Event, Kind, Message, Transport, decode};
use jiff::civil::{DateTime, date};

use crate::checks::Check;

/// Which frames must hold which check. A driver without one is judged by the other laws.
fn check(driver: &str) -> Option<Check> {
    Some(match driver {
        "astm-lis2" => Check::SumBehind { end: 0x03 },
        "mini-vidas" => Check::SumBehind { end: 0x1D },
        "hanna-ph" => Check::SumBeforeEtx,
        "elitech-rc4" => Check::SumOfAll,
        "dayuan-7e" | "dayuan-bx1" | "dayuan-photometer" => Check::Dayuan,
        "dayuan-03ff" => Check::Xor,
        "modbus-rtu" => Check::Crc16,
        _ => return None,
    })
}

/// Where to cut is told by the input itself, so that an input that was found is all that is needed to find it again.
struct Dice(u64);

impl Dice {
    fn of(bytes: &[u8]) -> Self {
        Self(
            bytes
                .iter()
                .fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)),
        )
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides
    }
}

fn morning() -> DateTime {
    date(2026, 3, 2).at(8, 0, 0, 0)
}

fn at_once(driver: &Driver, bytes: &[u8]) -> Vec<Event> {
    let mut link = driver.link();
    let mut events = link.feed(bytes);
    events.extend(link.close());
    events
}

/// In reads of any length; if `silent`, with silences between them, and with something to say to those who listen.
fn in_pieces(driver: &Driver, bytes: &[u8], dice: &mut Dice, silent: bool) -> Vec<Event> {
    let mut link = driver.link();
    let (mut events, mut rest) = (Vec::new(), bytes);
    // Short reads and long ones: some links only differ where a frame is cut twice.
    let longest = [1, 3, 16, 256][dice.roll(4)];
    if silent && dice.roll(2) == 0 {
        link.say(b"H|\\^&\rO|1|26-071||^^^MEL\rL|1|N\r");
    }
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(1 + dice.roll(longest)));
        rest = after;
        events.extend(link.feed(piece));
        if silent && dice.roll(4) == 0 && link.patience().is_some() {
            events.extend(link.idle(morning()));
        }
    }
    events.extend(link.close());
    let _ = link.said();
    events
}

/// Every law that holds for a driver, on these bytes.
pub fn all(driver: &Driver, bytes: &[u8]) {
    let mut dice = Dice::of(bytes);
    let whole = at_once(driver, bytes);
    accounted(&whole, bytes);
    checked(driver, &whole);
    read(driver, &whole);
    let _ = driver.recognises(bytes);
    let on_a_line = driver.transports().iter().any(|way| *way != Transport::File);
    // A file is one read; that its link does not care is seen often enough.
    if on_a_line || dice.roll(8) == 0 {
        assert_eq!(whole, in_pieces(driver, bytes, &mut dice, false), "how bytes are cut changes nothing");
        let silent = in_pieces(driver, bytes, &mut dice, true);
        accounted(&silent, bytes);
        checked(driver, &silent);
        read(driver, &silent);
    }
    if on_a_line {
        // Behind a check hardly any changed byte comes through: the grammar gets the bytes as they are, too.
        parsed(driver, &Message::plain(bytes.to_vec(), 0));
    }
    if dice.roll(8) == 0
        && let Ok(document) = decode::decode_with("input", bytes, driver)
    {
        document.json(true).expect("a document can always be written");
    }
}

/// The wire of all events is what was fed, and each message says truly where on the wire it stood.
fn accounted(events: &[Event], bytes: &[u8]) {
    let wire = events.iter().map(|event| event.wire.as_slice()).collect::<Vec<_>>().concat();
    assert_eq!(wire, bytes, "every byte is accounted for once");
    let (mut from, mut to) = (0, 0);
    for event in events {
        to += event.wire.len();
        let transmission = &bytes[from..to];
        for piece in event.message.iter().flat_map(|message| message.pieces.iter().map(move |piece| (message, piece))) {
            let (message, piece) = piece;
            assert_eq!(
                message.bytes.get(piece.at..piece.at + piece.len),
                transmission.get(piece.wire..piece.wire + piece.len),
                "the text kept is the text sent: {piece:?}"
            );
        }
        if event.last {
            from = to;
        }
    }
}

/// No frame is taken whose check does not hold.
fn checked(driver: &Driver, events: &[Event]) {
    let Some(check) = check(driver.id()) else { return };
    for event in events.iter().filter(|event| event.kind == Kind::Frame && !event.wire.is_empty()) {
        // Records without frames, and the log of a scanner's frames in hexadecimal digits.
        let bare = match driver.id() {
            "astm-lis2" => !event.wire.contains(&0x02),
            "dayuan-bx1" => event.wire.first() != Some(&0x7E),
            _ => false,
        };
        let read = event.message.as_ref().is_none_or(|message| driver.parse(message).is_ok());
        assert!(bare || !read || check.holds(&event.wire), "taken against its check: {}", event.wire.escape_ascii());
    }
}

fn read(driver: &Driver, events: &[Event]) {
    for message in events.iter().filter_map(|event| event.message.as_ref()) {
        parsed(driver, message);
    }
}

/// What a driver says of a message lies within the message.
fn parsed(driver: &Driver, message: &Message) {
    let len = message.bytes.len();
    match driver.parse(message) {
        Ok(decoded) => plausible(&decoded, len),
        Err(fault) => assert!(fault.offset().is_none_or(|at| at <= len), "{fault}: the message has {len} bytes"),
    }
    let _ = message.on_wire(&(0..len));
}

fn plausible(decoded: &Decoded, len: usize) {
    for rejected in &decoded.rejected {
        assert!(rejected.offset <= len, "{rejected:?}: the message has {len} bytes");
    }
    for reading in &decoded.readings {
        let span = &reading.span;
        assert!(span.start <= span.end && span.end <= len, "{span:?}: the message has {len} bytes");
        assert!(reading.number.is_none_or(f64::is_finite), "{reading:?}: a number that is none");
        assert!(reading.number.is_none() || reading.result.is_some(), "{reading:?}: a number that was not sent");
        assert!(
            reading.censored != Some(Censored::NotDetected) || reading.number.is_none(),
            "{reading:?}: not detected is no number"
        );
    }
}
