//! Modbus RTU frames: silence of 3.5 characters ends one, a CRC-16 proves it (Modbus over serial line V1.02, 2.5.1).

use std::time::Duration;

use jiff::civil::DateTime;

use super::held::{Held, refused, whole};
use crate::contract::{Event, Fault, Link, Message};

/// The standard's longest frame: address, 253 bytes, CRC.
const LONGEST: usize = 256;

/// The standard asks for 3.5 characters (4 ms at 9600 baud). An operating system does not measure that, so this is
/// what a USB adapter may hold back, and still far below the pause between two answers.
const SILENCE: Duration = Duration::from_millis(50);

/// CRC-16/MODBUS: polynomial A001 reflected, start FFFF. Sent low byte first.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc: u16, _| if crc & 1 != 0 { (crc >> 1) ^ 0xA001 } else { crc >> 1 })
    })
}

/// A frame: unit, function and what follows, with its CRC.
pub fn frame(unit: u8, function: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = [&[unit, function], data].concat();
    let crc = crc16(&frame).to_le_bytes();
    frame.extend(crc);
    frame
}

/// Whether a frame with a right CRC has the length its function has. The CRC of a frame and a zero behind it is right too
/// (its remainder stays zero), so a byte of noise at the end is seen by the length only.
fn has_its_length(frame: &[u8]) -> bool {
    let len = frame.len();
    let one_more = matches!(frame.split_last(), Some((0, before)) if crc16(before) == 0);
    match frame {
        [_, 1..=4, count, ..] => len == 5 + usize::from(*count) || (len == 8 && !one_more),
        [_, 5 | 6, ..] => len == 8,
        [_, 15 | 16, _, _, _, _, count, ..] => len == 8 || len == 9 + usize::from(*count),
        [_, 0x80..=0xFF, ..] => len == 5,
        _ => !one_more,
    }
}

#[derive(Default)]
pub struct ModbusRtu {
    held: Held,
}

impl ModbusRtu {
    fn frame(&mut self) -> Vec<Event> {
        if self.held.is_empty() {
            return Vec::new();
        }
        let offset = self.held.offset();
        let wire = self.held.take_all();
        self.held.restart();
        let event = match wire.split_last_chunk::<2>() {
            Some((said, crc)) if said.len() >= 2 => {
                let (found, computed) = (u16::from_le_bytes(*crc), crc16(said));
                if found == computed && !has_its_length(&wire) {
                    let found = format!("{} bytes", wire.len());
                    refused(wire, Fault::Bytes { offset, expected: "as many bytes as the function has", found })
                } else if found == computed {
                    whole(wire.clone(), Message::plain(wire, offset))
                } else {
                    let (found, computed) = (format!("{found:04X}"), format!("{computed:04X}"));
                    let offset = offset + said.len();
                    refused(wire, Fault::Checksum { offset, found, computed })
                }
            }
            _ => {
                let offset = offset + wire.len();
                refused(wire, Fault::Short { offset, expected: "at least 4 bytes of a frame" })
            }
        };
        vec![Event { last: true, ..event }]
    }
}

impl Link for ModbusRtu {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        let mut events = Vec::new();
        while self.held.bytes().len() > LONGEST {
            let offset = self.held.offset();
            let long = refused(self.held.take(LONGEST), Fault::TooLong { offset, limit: LONGEST });
            events.push(Event { last: true, ..long });
            self.held.restart();
        }
        events
    }

    fn patience(&self) -> Option<Duration> {
        (!self.held.is_empty()).then_some(SILENCE)
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        self.frame()
    }

    fn close(&mut self) -> Vec<Event> {
        self.frame()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Kind;

    #[test]
    fn the_crc_agrees_with_the_standards_example() {
        assert_eq!(frame(0x11, 0x03, &[0x00, 0x6B, 0x00, 0x03]), [0x11, 0x03, 0x00, 0x6B, 0x00, 0x03, 0x76, 0x87]);
    }

    #[test]
    fn a_zero_behind_a_frame_is_seen_by_the_length() {
        for (bytes, taken) in [
            (frame(1, 3, &[2, 0, 37]), true),
            (frame(1, 3, &[0, 0x6B, 0, 3]), true),
            (frame(1, 16, &[0, 1, 0, 1, 2, 0, 7]), true),
            (frame(1, 0x83, &[2]), true),
            (frame(1, 0x65, &[0, 0, 0, 1]), true),
            (frame(1, 3, &[3, 0, 37]), false),
            (frame(1, 6, &[0, 1, 0]), false),
        ] {
            let mut link = ModbusRtu::default();
            link.feed(&bytes);
            assert_eq!(link.close().iter().any(|event| event.message.is_some()), taken, "{bytes:02X?}");
            if taken {
                link.feed(&[&bytes[..], &[0]].concat());
            }
            assert!(link.close().iter().all(|event| event.message.is_none()), "{bytes:02X?} and a zero");
        }
    }

    #[test]
    fn silence_ends_a_frame_and_a_wrong_crc_is_refused() {
        let mut link = ModbusRtu::default();
        let bytes = frame(1, 0x65, &[0, 0, 0, 1]);
        assert!(link.feed(&bytes).is_empty());
        assert!(link.idle(DateTime::default()).iter().all(|event| event.message.is_some()));
        let wrong: Vec<u8> = bytes.iter().map(|byte| byte ^ 1).collect();
        link.feed(&wrong);
        let events = link.idle(DateTime::default());
        assert!(matches!(events.as_slice(), [Event { kind: Kind::Refused(Fault::Checksum { offset: 6, .. }), .. }]));
    }
}
