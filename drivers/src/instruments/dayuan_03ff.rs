//! Dayuan DY-3000 and kin (DY-3500, DY-6600, TL-300): frames that start with 03, exclusive-or checks.
//! Frame layout from public drivers and one logged request; no answer of an instrument was seen.
//!
//! Frames are checked and kept. Their records are not read: where channel, time and value stand in them is not
//! published, and a guess would be a result nobody measured.

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Serial, Transport};
use crate::link::dayuan_xor::{DayuanXor, xor};

pub static PROFILE: Profile = Profile {
    id: "dayuan-03ff",
    maker: "Dayuan",
    models: &["DY-3000", "DY-3500", "DY-6600", "TL-300"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "one logged request; frames are checked and kept, records not yet read",
    serial: Serial::new(9600),
    link: || Box::new(DayuanXor::default()),
    parse,
    recognises,
};

const HEADER: usize = 12;

fn recognises(bytes: &[u8]) -> bool {
    bytes.windows(HEADER).take(64).any(|header| match header {
        [0x03, 0xFE | 0xFF, _, 0, .., sum, _] => header.get(..10).map(xor) == Some(*sum) && *sum != 0,
        _ => false,
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (command, len) = (message.bytes.get(2), message.bytes.len());
    let command = command.ok_or(Fault::Short { offset: len, expected: "a command" })?;
    Err(Fault::Bytes {
        offset: 2,
        expected: "a record whose layout is known",
        found: format!("an answer to command {command:02X} with {} bytes of data", len.saturating_sub(HEADER)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::dayuan_xor::frame;

    #[test]
    fn a_record_of_unknown_layout_is_refused_by_name_and_never_guessed() {
        let fault = parse(&Message::plain(frame(false, 0x45, 0, &[1, 0x80, 0, 0, 0, 0, 0, 0]), 0)).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "offset 2: expected a record whose layout is known, found an answer to command 45 with 8 bytes of data"
        );
    }

    #[test]
    fn the_family_is_known_by_a_header_whose_check_is_right() {
        let mut bytes = frame(true, 0x43, 0, &[1, 2, 3]);
        assert!(recognises(&bytes));
        bytes[10] ^= 1;
        assert!(!recognises(&bytes));
    }
}
