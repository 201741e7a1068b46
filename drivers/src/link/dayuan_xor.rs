//! Frames of the Dayuan testers that start with 03: header with its exclusive-or, then data with theirs.
//! From public drivers and logs of these instruments.
//!
//! `03 FF command 00`, parameter (4 bytes), length (2 bytes), both low byte first, exclusive-or of these ten bytes,
//! exclusive-or of the data, data. Answers start with `03 FE`.

use std::time::Duration;

use jiff::civil::DateTime;

use super::held::{Held, event, noise, refused, whole};
use crate::contract::{Event, Fault, Kind, Link, Message};

const HEADER: usize = 12;

/// A day of an eight-channel tester; more is a length read from noise.
const LONGEST: usize = 16 * 1024;

const NOISE: usize = 1024;

/// In the middle of a frame at 9600 baud.
const IN_A_FRAME: Duration = Duration::from_secs(2);

pub fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// A frame; `host` frames start 03 FF, the instrument's 03 FE. Data longer than a length field can say is cut.
pub fn frame(host: bool, command: u8, parameter: u32, data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let data: Vec<u8> = data.iter().take(usize::from(len)).copied().collect();
    let mut frame = vec![0x03, if host { 0xFF } else { 0xFE }, command, 0];
    frame.extend(parameter.to_le_bytes());
    frame.extend(len.to_le_bytes());
    frame.extend([xor(&frame), xor(&data)]);
    frame.extend(data);
    frame
}

#[derive(Default)]
pub struct DayuanXor {
    held: Held,
    passed: usize,
}

enum Found {
    Frame(usize),
    Wrong { len: usize, at: usize, found: u8, computed: u8 },
    Unfinished,
    Nothing,
}

fn look(bytes: &[u8]) -> Found {
    match bytes {
        [] | [0x03] => return if bytes.is_empty() { Found::Nothing } else { Found::Unfinished },
        [0x03, 0xFF | 0xFE, ..] => {}
        _ => return Found::Nothing,
    }
    let Some(header) = bytes.get(..HEADER) else { return Found::Unfinished };
    let [.., low, high, header_sum, data_sum] = header else { return Found::Unfinished };
    let computed = xor(header.get(..10).unwrap_or_default());
    if computed != *header_sum {
        return Found::Wrong { len: HEADER, at: 10, found: *header_sum, computed };
    }
    let len = usize::from(u16::from_le_bytes([*low, *high]));
    if len > LONGEST {
        return Found::Nothing;
    }
    let Some(data) = bytes.get(HEADER..HEADER + len) else { return Found::Unfinished };
    let computed = xor(data);
    if computed != *data_sum {
        return Found::Wrong { len: HEADER + len, at: 11, found: *data_sum, computed };
    }
    Found::Frame(HEADER + len)
}

impl DayuanXor {
    fn next(&mut self) -> Option<Event> {
        loop {
            let ready = match look(self.held.bytes().get(self.passed..).unwrap_or_default()) {
                Found::Nothing if self.passed >= self.held.bytes().len() => return None,
                Found::Nothing if self.passed + 1 < NOISE => {
                    self.passed += 1;
                    continue;
                }
                Found::Nothing => {
                    self.passed = 0;
                    return Some(noise(self.held.take(NOISE)));
                }
                Found::Unfinished => return None,
                ready => ready,
            };
            if self.passed > 0 {
                let before = std::mem::take(&mut self.passed);
                return Some(noise(self.held.take(before)));
            }
            let offset = self.held.offset();
            return match ready {
                Found::Frame(len) => {
                    let wire = self.held.take(len);
                    self.held.restart();
                    let host = wire.get(1) == Some(&0xFF);
                    let event = if host {
                        event(wire, Kind::Control)
                    } else {
                        whole(wire.clone(), Message::plain(wire, offset))
                    };
                    Some(Event { last: true, ..event })
                }
                Found::Wrong { len, at, found, computed } => {
                    // A wrong header says nothing about where the frame ends: only its own bytes are refused.
                    let (found, computed) = (format!("{found:02X}"), format!("{computed:02X}"));
                    Some(refused(self.held.take(len), Fault::Checksum { offset: offset + at, found, computed }))
                }
                Found::Unfinished | Found::Nothing => None,
            };
        }
    }

    fn give_up(&mut self) -> Vec<Event> {
        let mut events: Vec<Event> = std::iter::from_fn(|| self.next()).collect();
        while self.passed < self.held.bytes().len() {
            self.passed += 1;
            events.extend(std::iter::from_fn(|| self.next()));
        }
        self.passed = 0;
        if !self.held.is_empty() {
            let (offset, wire) = (self.held.offset(), self.held.take_all());
            let short = Fault::Short { offset: offset + wire.len(), expected: "the rest of a frame" };
            let framed = wire.first() == Some(&0x03) && wire.len() > 2;
            events.push(if framed { refused(wire, short) } else { noise(wire) });
        }
        events
    }
}

impl Link for DayuanXor {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        std::iter::from_fn(|| self.next()).collect()
    }

    fn patience(&self) -> Option<Duration> {
        (!self.held.is_empty()).then_some(IN_A_FRAME)
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        self.give_up()
    }

    fn close(&mut self) -> Vec<Event> {
        self.give_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_built_as_the_logged_one() {
        let data = [0x00, 0x00, 0xF1, 0x24, 0xFF, 0xFF, 0xF1, 0x24];
        let built = frame(true, 0x43, 0, &data);
        assert_eq!(built.get(..12), Some(&[3, 0xFF, 0x43, 0, 0, 0, 0, 0, 8, 0, 0xB7, 0][..]));
        let events = DayuanXor::default().feed(&built);
        assert!(matches!(events.as_slice(), [Event { kind: Kind::Control, .. }]));
    }

    #[test]
    fn a_wrong_check_in_header_or_data_is_refused() {
        for at in [10, 11] {
            let mut bytes = frame(false, 0x45, 0, &[1, 2, 3]);
            bytes[at] ^= 1;
            let mut link = DayuanXor::default();
            let events = [link.feed(&bytes), link.close()].concat();
            assert!(matches!(
                events.first().map(|event| &event.kind),
                Some(Kind::Refused(Fault::Checksum { offset, .. })) if *offset == at
            ));
        }
    }
}
