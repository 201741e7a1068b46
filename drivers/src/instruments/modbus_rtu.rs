//! Instruments that speak Modbus RTU, such as the Dayuan DY-2620 frying-oil tester (function 65).
//! Framing: Modbus over serial line V1.02.
//!
//! Frames are checked and kept. What a register means is the instrument's own affair and not in the frame, so no
//! reading is made of it here.

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Serial, Transport};
use crate::link::modbus_rtu::{ModbusRtu, crc16};

pub static PROFILE: Profile = Profile {
    id: "modbus-rtu",
    maker: "various",
    models: &["Modbus RTU", "DY-2620"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Document,
    tested_against: "4 published frames; frames are checked and kept, registers not read",
    serial: Serial::new(9600),
    link: || Box::new(ModbusRtu::default()),
    parse,
    recognises,
};

/// A CRC of two bytes alone would recognise one file in 65 536 by chance; a standard function code makes it rare.
fn recognises(bytes: &[u8]) -> bool {
    match bytes {
        [1..=247, 1..=6 | 15 | 16 | 0x41..=0x48 | 0x65, .., low, high] if (6..=256).contains(&bytes.len()) => {
            bytes.split_last_chunk::<2>().is_some_and(|(said, _)| crc16(said) == u16::from_le_bytes([*low, *high]))
        }
        _ => false,
    }
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    match message.bytes.as_slice() {
        [_, function, code, ..] if function & 0x80 != 0 => Err(Fault::Bytes {
            offset: 1,
            expected: "an answer",
            found: format!("exception {code:02X} to function {:02X}", function & 0x7F),
        }),
        [unit, function, ..] => Err(Fault::Bytes {
            offset: 0,
            expected: "registers whose meaning is known",
            found: format!("function {function:02X} of unit {unit}"),
        }),
        _ => Err(Fault::Short { offset: message.bytes.len(), expected: "a function code" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::modbus_rtu::frame;

    #[test]
    fn a_frame_with_a_right_crc_is_recognised_and_one_without_is_not() {
        let mut bytes = frame(1, 0x65, &[0, 0, 0, 1]);
        assert!(recognises(&bytes));
        bytes[2] ^= 1;
        assert!(!recognises(&bytes));
    }

    #[test]
    fn a_register_is_never_taken_for_a_result() {
        let fault = parse(&Message::plain(frame(1, 3, &[2, 0, 37]), 0)).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "offset 0: expected registers whose meaning is known, found function 03 of unit 1"
        );
    }
}
