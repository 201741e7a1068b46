//! Blocks of bytes between a start and an end, or of a known length, without a check and without an answer.

use std::time::Duration;

use jiff::civil::DateTime;

use super::held::{Held, noise, refused, whole};
use crate::contract::{Event, Fault, Link, Message};

/// Longest block, and longest stretch of noise in one event.
const LIMIT: usize = 64 * 1024;

/// A block comes without pauses: half of one after this is all that will come.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where a block ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With these bytes, the first time they stand behind the start; never empty.
    With(Vec<u8>),
    /// After so many bytes, start included; never 0.
    After(usize),
}

pub struct Block {
    /// What a block begins with; empty: with any byte.
    start: Vec<u8>,
    end: End,
    held: Held,
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    if what.is_empty() { Some(0) } else { memchr::memmem::find(bytes, what) }
}

impl Block {
    pub fn new(start: Vec<u8>, end: End) -> Self {
        Self { start, end, held: Held::default() }
    }

    /// Bytes of the block that begins with the first held byte.
    fn len(&self) -> Option<usize> {
        let bytes = self.held.bytes();
        match &self.end {
            End::After(len) => Some(*len).filter(|len| *len <= bytes.len()),
            End::With(end) => {
                let behind = bytes.get(self.start.len()..)?;
                find(behind, end).map(|at| self.start.len() + at + end.len())
            }
        }
    }

    fn events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let (held, offset) = (self.held.bytes().len(), self.held.offset());
            match find(self.held.bytes(), &self.start) {
                None if held >= LIMIT + self.start.len() => events.push(noise(self.held.take(LIMIT))),
                None => return events,
                Some(before) if before > 0 => events.push(noise(self.held.take(before.min(LIMIT)))),
                Some(_) => {
                    let event = match self.len() {
                        Some(len) if len <= LIMIT => {
                            let wire = self.held.take(len);
                            whole(wire.clone(), Message::plain(wire, offset))
                        }
                        _ if held > LIMIT => refused(self.held.take(LIMIT), Fault::TooLong { offset, limit: LIMIT }),
                        _ => return events,
                    };
                    self.held.restart();
                    events.push(Event { last: true, ..event });
                }
            }
        }
    }

    fn give_up(&mut self) -> Vec<Event> {
        if self.held.is_empty() {
            return Vec::new();
        }
        let (offset, wire) = (self.held.offset(), self.held.take_all());
        self.held.restart();
        let begun = wire.starts_with(&self.start) && !wire.iter().all(u8::is_ascii_whitespace);
        let torn = Fault::Short { offset: offset + wire.len(), expected: "the end of the block" };
        vec![Event { last: true, ..if begun { refused(wire, torn) } else { noise(wire) } }]
    }
}

impl Link for Block {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        self.events()
    }

    fn patience(&self) -> Option<Duration> {
        (!self.held.is_empty()).then_some(PATIENCE)
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
    use crate::contract::Kind;

    fn messages(events: &[Event]) -> Vec<&[u8]> {
        events.iter().filter_map(|event| event.message.as_ref()).map(|message| message.bytes.as_slice()).collect()
    }

    #[test]
    fn a_block_begins_and_ends_where_its_marks_stand() {
        let mut link = Block::new(b"\x02".to_vec(), End::With(b"\x03\r".to_vec()));
        let mut events = link.feed(b"noise\x02one\x03\r\x02two\x03");
        events.extend(link.feed(b"\r"));
        assert_eq!(messages(&events), [b"\x02one\x03\r".as_slice(), b"\x02two\x03\r"]);
        assert_eq!(events.first().map(|event| (&event.kind, event.wire.len())), Some((&Kind::Noise, 5)));
    }

    #[test]
    fn a_block_of_known_length_may_hold_its_own_start() {
        let mut link = Block::new(vec![0x7E], End::After(4));
        let events = link.feed(&[0x00, 0x7E, 0x7E, 1, 2, 0x7E, 9]);
        assert_eq!(messages(&events), [[0x7E, 0x7E, 1, 2].as_slice()]);
        let torn = link.close();
        assert!(matches!(torn.as_slice(), [Event { kind: Kind::Refused(Fault::Short { offset: 2, .. }), .. }]));
    }

    #[test]
    fn what_never_ends_is_bounded() {
        let mut link = Block::new(b"<".to_vec(), End::With(b">".to_vec()));
        let events = link.feed(&[b'<'; LIMIT + 1]);
        assert!(matches!(events.first().map(|event| &event.kind), Some(Kind::Refused(Fault::TooLong { .. }))));
    }
}
