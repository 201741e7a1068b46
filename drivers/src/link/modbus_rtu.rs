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
                if found == computed {
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
