//! Answers that are one JSON array: it ends where its brackets do.

use std::time::Duration;

use jiff::civil::DateTime;

use super::held::{Held, noise, refused, request, whole};
use crate::contract::{Event, Fault, Link, Message};

/// A few thousand records.
const LIMIT: usize = 4 << 20;

/// Between two questions.
const POLL: Duration = Duration::from_secs(30);

/// In the middle of an answer.
const IN_AN_ANSWER: Duration = Duration::from_secs(5);

pub struct JsonArray {
    held: Held,
    question: &'static [u8],
}

impl JsonArray {
    /// Asks `question` when the line is silent.
    pub fn asked(question: &'static [u8]) -> Self {
        Self { held: Held::default(), question }
    }

    /// Length of what stands before the array, or of the array, if that can be told.
    fn cut(&self) -> Option<(bool, usize)> {
        let bytes = self.held.bytes();
        let start = bytes.iter().position(|byte| *byte == b'[')?;
        if start > 0 {
            return Some((false, start));
        }
        let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'[' | b'{' if !quoted => depth += 1,
                b']' | b'}' if !quoted => {
                    depth -= 1;
                    if depth == 0 {
                        return Some((true, at + 1));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn give_up(&mut self) -> Vec<Event> {
        if self.held.is_empty() {
            return Vec::new();
        }
        let (offset, wire) = (self.held.offset(), self.held.take_all());
        let short = Fault::Short { offset: offset + wire.len(), expected: "the end of a JSON array" };
        let event = if wire.first() == Some(&b'[') { refused(wire, short) } else { noise(wire) };
        self.held.restart();
        vec![Event { last: true, ..event }]
    }
}

impl Link for JsonArray {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        let mut events = Vec::new();
        loop {
            let offset = self.held.offset();
            let event = match self.cut() {
                Some((false, len)) if len <= LIMIT => noise(self.held.take(len)),
                Some((true, len)) if len <= LIMIT => {
                    let wire = self.held.take(len);
                    self.held.restart();
                    Event { last: true, ..whole(wire.clone(), Message::plain(wire, offset)) }
                }
                None if self.held.bytes().len() <= LIMIT => return events,
                _ => refused(self.held.take(LIMIT), Fault::TooLong { offset, limit: LIMIT }),
            };
            events.push(event);
        }
    }

    fn patience(&self) -> Option<Duration> {
        Some(if self.held.is_empty() { POLL } else { IN_AN_ANSWER })
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        let mut events = self.give_up();
        events.push(request(self.question.to_vec()));
        events
    }

    fn close(&mut self) -> Vec<Event> {
        self.give_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_ends_with_its_last_bracket_and_not_with_one_in_a_text() {
        let mut link = JsonArray::asked(b"READ");
        assert!(link.feed(br#"[{"a": "x]\"]""#).is_empty());
        let events = link.feed(b"}]\r\n");
        assert_eq!(events.iter().filter(|event| event.message.is_some()).count(), 1);
        assert_eq!(link.idle(DateTime::default()).last().map(|event| &*event.answer), Some(b"READ".as_slice()));
    }

    #[test]
    fn half_an_array_is_refused() {
        let mut link = JsonArray::asked(b"READ");
        link.feed(b"[{");
        assert_eq!(link.close().iter().filter(|event| event.message.is_some()).count(), 0);
    }
}
