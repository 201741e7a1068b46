//! A whole file, or a whole print-out: everything until the end is one message.
//!
//! A file ends when it is closed. A print-out on a line has no end of its own: it ends with a form feed or EOT, or
//! when the instrument has been silent for a while.

use std::time::Duration;

use jiff::civil::DateTime;

use super::held::{Held, noise, refused, whole};
use crate::contract::{Event, Fault, Link, Message};

/// Larger than any export of a data system that was seen (a day of one detector at 25 Hz is 20 MB of text).
const LIMIT: usize = 64 << 20;

const FORM_FEED: u8 = 0x0C;
const EOT: u8 = 0x04;

#[derive(Default)]
pub struct Whole {
    held: Held,
    /// How much of what is held has been searched for an end.
    searched: usize,
    gap: Option<Duration>,
}

impl Whole {
    /// One message when the file is at its end.
    pub fn file() -> Self {
        Self::default()
    }

    /// A message at each form feed or EOT, and after `gap` of silence.
    pub fn print_out(gap: Duration) -> Self {
        Self { gap: Some(gap), ..Self::default() }
    }

    /// Length up to and with the end of the print-out.
    fn ended(&mut self) -> Option<usize> {
        self.gap?;
        let found = self
            .held
            .bytes()
            .iter()
            .skip(self.searched)
            .position(|byte| matches!(*byte, FORM_FEED | EOT))
            .map(|at| self.searched + at + 1);
        self.searched = if found.is_some() { 0 } else { self.held.bytes().len() };
        found
    }

    fn message(&mut self, len: usize) -> Event {
        let offset = self.held.offset();
        let wire = self.held.take(len);
        let says_nothing = wire.iter().all(|byte| matches!(*byte, 0 | FORM_FEED | EOT) || byte.is_ascii_whitespace());
        let event = if says_nothing { noise(wire) } else { whole(wire.clone(), Message::plain(wire, offset)) };
        self.finish(event)
    }

    fn finish(&mut self, event: Event) -> Event {
        self.searched = 0;
        self.held.restart();
        Event { last: true, ..event }
    }

    fn rest(&mut self) -> Vec<Event> {
        match self.held.bytes().len() {
            0 => Vec::new(),
            len => vec![self.message(len)],
        }
    }
}

impl Link for Whole {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        let mut events = Vec::new();
        loop {
            match self.ended() {
                Some(len) if len <= LIMIT => events.push(self.message(len)),
                None if self.held.bytes().len() <= LIMIT => return events,
                _ => {
                    let offset = self.held.offset();
                    let event = refused(self.held.take(LIMIT), Fault::TooLong { offset, limit: LIMIT });
                    events.push(self.finish(event));
                }
            }
        }
    }

    fn patience(&self) -> Option<Duration> {
        if self.held.is_empty() { None } else { self.gap }
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        if self.gap.is_some() { self.rest() } else { Vec::new() }
    }

    fn close(&mut self) -> Vec<Event> {
        self.rest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_one_message_when_it_is_closed() {
        let mut link = Whole::file();
        assert!(link.feed(b"a\x0Cb").is_empty());
        assert_eq!(link.patience(), None);
        let events = link.close();
        assert_eq!(events.first().and_then(|event| event.message.clone()), Some(Message::plain(b"a\x0Cb".to_vec(), 0)));
    }

    #[test]
    fn a_print_out_ends_with_silence_or_a_form_feed() {
        let gap = Duration::from_secs(2);
        let mut link = Whole::print_out(gap);
        let events = link.feed(b"first\x0C\r\nsecond");
        assert_eq!(events.len(), 1);
        assert_eq!(link.patience(), Some(gap));
        let events = link.idle(DateTime::default());
        let message = events.first().and_then(|event| event.message.clone());
        assert_eq!(message, Some(Message::plain(b"\r\nsecond".to_vec(), 0)));
        assert_eq!(link.patience(), None);
    }
}
