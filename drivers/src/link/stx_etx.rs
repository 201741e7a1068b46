//! Text between STX and ETX without a check and without an answer, as printers' ports of small analysers send it.

use std::borrow::Cow;
use std::time::Duration;

use jiff::civil::DateTime;

use crate::contract::{Event, Fault, Kind, Link, Message, Piece};
use crate::link::control::{ETX, STX};

/// Longest text kept.
const LIMIT: usize = 64 * 1024;
/// A print-out comes without pauses; half of one after this is all that will come.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Default)]
pub struct StxEtx {
    held: Vec<u8>,
    inside: bool,
    offset: usize,
    events: Vec<Event>,
}

impl StxEtx {
    fn push(&mut self, byte: u8) {
        if byte == STX {
            self.interrupt();
            self.inside = true;
        }
        self.held.push(byte);
        if self.inside && byte == ETX {
            let text = self.held.get(1..self.held.len() - 1).unwrap_or_default().to_vec();
            let pieces = vec![Piece { at: 0, wire: self.offset + 1, len: text.len() }];
            self.emit(Kind::Frame, Some(Message { bytes: text, pieces }), true);
        } else if self.held.len() >= LIMIT {
            let kind = if self.inside {
                Kind::Refused(Fault::TooLong { offset: self.offset, limit: LIMIT })
            } else {
                Kind::Noise
            };
            self.emit(kind, None, false);
        }
    }

    fn interrupt(&mut self) {
        let offset = self.offset + self.held.len();
        match (self.held.is_empty(), self.inside) {
            (true, _) => {}
            (false, false) => self.emit(Kind::Noise, None, false),
            (false, true) => self.emit(Kind::Refused(Fault::Short { offset, expected: "ETX" }), None, true),
        }
    }

    fn emit(&mut self, kind: Kind, message: Option<Message>, last: bool) {
        let wire = std::mem::take(&mut self.held);
        self.offset = if last { 0 } else { self.offset + wire.len() };
        self.inside = false;
        self.events.push(Event { wire, kind, answer: Cow::Borrowed(&[]), message, last });
    }
}

impl Link for StxEtx {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        for byte in bytes {
            self.push(*byte);
        }
        std::mem::take(&mut self.events)
    }

    fn patience(&self) -> Option<Duration> {
        (!self.held.is_empty()).then_some(PATIENCE)
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        self.close()
    }

    fn close(&mut self) -> Vec<Event> {
        self.interrupt();
        if let Some(event) = self.events.last_mut() {
            event.last = true;
            self.offset = 0;
        }
        std::mem::take(&mut self.events)
    }
}
