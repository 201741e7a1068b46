//! Lines of text: each is a message, or several together where the instrument says that more follow.
//!
//! A line ends with LF, with CR LF, or with a CR after which something else (or silence) comes.

use std::time::Duration;

use jiff::civil::DateTime;

use super::held::{Held, event, noise, refused, whole};
use crate::contract::{Event, Fault, Kind, Link, Message};

/// No instrument here sends longer lines; without a bound a wrong baud rate would fill the memory.
const LIMIT: usize = 4096;

/// After a CR: long enough for an LF at 1200 baud.
const AFTER_CR: Duration = Duration::from_millis(200);

/// In the middle of a line: an instrument sends a line in one go, so it was torn.
const IN_A_LINE: Duration = Duration::from_secs(5);

pub struct Line {
    held: Held,
    more: fn(&[u8]) -> bool,
}

impl Line {
    /// Each line is a message.
    pub fn single() -> Self {
        Self::grouped(|_| false)
    }

    /// `more` tells, of a line without its end, whether the next one belongs to the same message.
    pub fn grouped(more: fn(&[u8]) -> bool) -> Self {
        Self { held: Held::default(), more }
    }

    /// Length of the first complete message with its line ends. `silent`: a CR at the end counts as a line end.
    fn complete(&self, silent: bool) -> Option<usize> {
        let bytes = self.held.bytes();
        let mut start = 0;
        loop {
            let rest = bytes.get(start..)?;
            let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
            let (line, tail) = rest.split_at_checked(end)?;
            let len = match (tail.first(), tail.get(1)) {
                (Some(b'\r'), Some(b'\n')) => 2,
                (Some(b'\r'), None) if !silent => return None,
                _ => 1,
            };
            start += end + len;
            if !(self.more)(line) {
                return Some(start);
            }
        }
    }

    fn events(&mut self, silent: bool) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let offset = self.held.offset();
            let mut event = match self.complete(silent) {
                Some(len) if len <= LIMIT => {
                    let wire = self.held.take(len);
                    if wire.iter().all(u8::is_ascii_whitespace) {
                        event(wire, Kind::Noise)
                    } else {
                        whole(wire.clone(), Message::plain(wire, offset))
                    }
                }
                None if self.held.bytes().len() <= LIMIT => return events,
                _ => refused(self.held.take(LIMIT), Fault::TooLong { offset, limit: LIMIT }),
            };
            event.last = true;
            self.held.restart();
            events.push(event);
        }
    }

    /// What is held never became a line.
    fn give_up(&mut self) -> Vec<Event> {
        let mut events = self.events(true);
        if !self.held.is_empty() {
            let (offset, wire) = (self.held.offset(), self.held.take_all());
            let torn = Fault::Short { offset: offset + wire.len(), expected: "the end of the line" };
            let what = if wire.iter().all(u8::is_ascii_whitespace) { noise(wire) } else { refused(wire, torn) };
            self.held.restart();
            events.push(Event { last: true, ..what });
        }
        events
    }
}

impl Link for Line {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        self.events(false)
    }

    fn patience(&self) -> Option<Duration> {
        match self.held.bytes().last() {
            None => None,
            Some(b'\r') => Some(AFTER_CR),
            Some(_) => Some(IN_A_LINE),
        }
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        if self.held.bytes().last() == Some(&b'\r') && self.complete(true).is_some() {
            return self.events(true);
        }
        self.give_up()
    }

    /// Half a line is not a message: of `100.00 kg` it could say `10`.
    fn close(&mut self) -> Vec<Event> {
        self.give_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(events: Vec<Event>) -> Vec<String> {
        events
            .into_iter()
            .filter_map(|event| event.message)
            .map(|message| String::from_utf8_lossy(&message.bytes).into_owned())
            .collect()
    }

    #[test]
    fn every_kind_of_line_end_ends_a_line() {
        let mut link = Line::single();
        assert_eq!(texts(link.feed(b"one\r\ntwo\nthree\rfour\r")), ["one\r\n", "two\n", "three\r"]);
        assert_eq!(link.patience(), Some(AFTER_CR));
        assert_eq!(texts(link.idle(DateTime::default())), ["four\r"]);
        assert_eq!(link.patience(), None);
    }

    #[test]
    fn half_a_line_is_kept_until_the_rest_comes() {
        let mut link = Line::single();
        assert!(link.feed(b"S S   10").is_empty());
        assert_eq!(texts(link.feed(b"0.00 g\r\n")), ["S S   100.00 g\r\n"]);
    }

    #[test]
    fn a_torn_line_is_never_a_weight() {
        let mut link = Line::single();
        link.feed(b"S S   10");
        let events = link.close();
        assert!(matches!(events.as_slice(), [Event { kind: Kind::Refused(Fault::Short { offset: 8, .. }), .. }]));
        assert!(texts(events).is_empty());
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let mut link = Line::single();
        let events = link.feed(&[b'x'; LIMIT + 1]);
        assert!(matches!(events.as_slice(), [Event { kind: Kind::Refused(Fault::TooLong { .. }), .. }]));
    }
}
