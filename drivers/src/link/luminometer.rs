//! The host's side of the talk with a Dayuan DY-6100 ATP luminometer (a public driver of the vendor's software): `N` asks
//! for the number of records (answer `n` and two bytes, low first), `G` for the device's number (`g` and two bytes), `R`
//! for all records of 19 bytes. There is no check: only these lengths frame. `D` deletes and `E` hangs the device:
//! neither is ever sent.

use std::time::Duration;

use jiff::civil::DateTime;

use super::held::{Held, event, noise, refused, request, whole};
use crate::contract::{Event, Fault, Kind, Link, Message, Piece};

pub const RECORD: usize = 19;

/// All that is stored is sent each time.
const BETWEEN: Duration = Duration::from_secs(60);
const REPLY: Duration = Duration::from_secs(5);
const NOISE: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Quiet,
    /// The number of records is known, or was asked for.
    Number,
    Records,
}

#[derive(Default)]
pub struct Luminometer {
    held: Held,
    at: At,
    asked: bool,
    count: usize,
    /// Answers before the records, which belong to the message.
    told: Message,
}

impl Luminometer {
    fn next(&mut self) -> Option<Event> {
        let bytes = self.held.bytes();
        if self.at == At::Records {
            let len = self.count.checked_mul(RECORD)?;
            (bytes.len() >= len).then_some(())?;
            return Some(self.records(len));
        }
        let mark = if self.at == At::Quiet { b'n' } else { b'g' };
        match bytes.iter().position(|byte| *byte == mark) {
            None if bytes.len() >= NOISE => Some(noise(self.held.take(NOISE))),
            None => None,
            Some(at) if at >= NOISE => Some(noise(self.held.take(NOISE))),
            Some(0) => self.answer(),
            Some(at) if bytes.len() >= at.saturating_add(3) => Some(noise(self.held.take(at))),
            Some(_) => None,
        }
    }

    fn answer(&mut self) -> Option<Event> {
        let [_, low, high, ..] = self.held.bytes() else { return None };
        let number = usize::from(u16::from_le_bytes([*low, *high]));
        let offset = self.held.offset();
        if self.at == At::Quiet {
            self.told = Message::default();
            self.count = number;
        }
        let wire = self.held.take(3);
        self.told.pieces.push(Piece { at: self.told.bytes.len(), wire: offset, len: wire.len() });
        self.told.bytes.extend(&wire);
        let (at, answer): (At, &'static [u8]) = match self.at {
            At::Quiet if number == 0 => return Some(self.finish(event(wire, Kind::Control))),
            At::Quiet => (At::Number, b"G"),
            At::Number | At::Records => (At::Records, b"R"),
        };
        self.at = at;
        let answer = if self.asked { answer } else { &[] };
        Some(Event { answer: answer.into(), ..event(wire, Kind::Control) })
    }

    fn records(&mut self, len: usize) -> Event {
        let offset = self.held.offset();
        let wire = self.held.take(len);
        let mut message = std::mem::take(&mut self.told);
        message.pieces.push(Piece { at: message.bytes.len(), wire: offset, len });
        message.bytes.extend(&wire);
        self.finish(whole(wire, message))
    }

    fn finish(&mut self, event: Event) -> Event {
        self.at = At::Quiet;
        self.asked = false;
        self.held.restart();
        Event { last: true, ..event }
    }

    fn give_up(&mut self) -> Vec<Event> {
        if self.held.is_empty() && self.at == At::Quiet {
            return Vec::new();
        }
        let (offset, wire) = (self.held.offset(), self.held.take_all());
        let event = match (self.at, wire.is_empty()) {
            (At::Quiet, _) => noise(wire),
            (_, true) => event(wire, Kind::Control),
            _ => {
                let offset = offset + wire.len();
                refused(wire, Fault::Short { offset, expected: "the answer, or all records" })
            }
        };
        vec![self.finish(event)]
    }
}

impl Link for Luminometer {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        std::iter::from_fn(|| self.next()).collect()
    }

    fn patience(&self) -> Option<Duration> {
        Some(if self.held.is_empty() && self.at == At::Quiet && !self.asked { BETWEEN } else { REPLY })
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        let events = self.give_up();
        if !events.is_empty() || self.asked {
            self.asked = false;
            return events;
        }
        self.asked = true;
        vec![request(b"N".to_vec())]
    }

    fn close(&mut self) -> Vec<Event> {
        self.asked = false;
        self.give_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_are_asked_for_when_there_are_any() {
        let mut link = Luminometer::default();
        assert_eq!(*link.idle(DateTime::default())[0].answer, *b"N");
        assert_eq!(*link.feed(&[b'n', 1, 0])[0].answer, *b"G");
        assert_eq!(*link.feed(&[b'g', 7, 0])[0].answer, *b"R");
        assert!(link.feed(&[0; RECORD - 1]).is_empty());
        let events = link.feed(&[0]);
        assert_eq!(events[0].message.as_ref().map(|m| m.bytes.len()), Some(6 + RECORD));
        assert_eq!(*link.idle(DateTime::default())[0].answer, *b"N");
        assert!(link.feed(&[b'n', 0, 0])[0].last);
    }

    #[test]
    fn records_cut_short_are_refused() {
        let mut link = Luminometer::default();
        link.feed(&[b'n', 2, 0, b'g', 7, 0]);
        link.feed(&[0; RECORD]);
        let events = link.idle(DateTime::default());
        assert!(matches!(events.as_slice(), [Event { kind: Kind::Refused(Fault::Short { .. }), .. }]));
    }
}
