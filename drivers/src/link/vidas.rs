//! bioMérieux VIDAS: `STX RS field RS field ... GS c1 c2`, a sum in lower-case hex, answered with ACK or NAK.
//!
//! Truth: captures (the sum runs over everything after STX through GS); ENQ, ETX and EOT around it as the maker's
//! interface manual is cited by public drivers.

use std::borrow::Cow;
use std::time::Duration;

use jiff::civil::DateTime;

use crate::contract::{Event, Fault, Kind, Link, Message, Piece};
use crate::link::astm::checksum;
use crate::link::control::{ACK, CR, ENQ, EOT, ETX, GS, LF, NAK, STX};

const LIMIT: usize = 64 * 1024;
const NOISE: usize = 4 * 1024;
/// ETX, CR or LF follow the sum at once, or never.
const END: Duration = Duration::from_millis(500);
const SESSION: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Outside,
    Text,
    /// After GS, which stands at `stop` in what is held.
    Sum {
        stop: usize,
    },
    /// After the sum.
    End {
        stop: usize,
    },
}

#[derive(Debug, Default)]
pub struct Vidas {
    at: At,
    held: Vec<u8>,
    offset: usize,
    open: bool,
    previous: Vec<u8>,
    events: Vec<Event>,
}

impl Vidas {
    fn push(&mut self, byte: u8) {
        match (self.at, byte) {
            (At::End { stop }, CR | LF) if self.held.len() < stop + 5 => {
                self.held.push(byte);
                self.at = At::End { stop };
            }
            (At::End { stop }, ETX) => {
                self.held.push(byte);
                self.finish(stop);
            }
            (At::End { stop }, _) => {
                self.finish(stop);
                self.push(byte);
            }
            (_, STX) => {
                self.interrupt();
                self.held.push(byte);
                self.at = At::Text;
            }
            (_, ENQ) => {
                self.interrupt();
                self.held.push(byte);
                self.open = true;
                self.previous.clear();
                self.emit(Kind::Control, &[ACK], false);
            }
            (_, EOT) => {
                self.interrupt();
                self.held.push(byte);
                self.open = false;
                self.previous.clear();
                self.emit(Kind::Control, &[], true);
            }
            (At::Outside, _) => {
                self.held.push(byte);
                if self.held.len() >= NOISE {
                    self.emit(Kind::Noise, &[], false);
                }
            }
            (At::Text, _) => {
                self.held.push(byte);
                if byte == GS {
                    self.at = At::Sum { stop: self.held.len() - 1 };
                } else if self.held.len() > LIMIT {
                    let fault = Fault::TooLong { offset: self.offset, limit: LIMIT };
                    self.emit(Kind::Refused(fault), &[NAK], false);
                }
            }
            (At::Sum { stop }, ETX | CR | LF) => {
                self.at = At::End { stop };
                self.push(byte);
            }
            (At::Sum { stop }, _) => {
                self.held.push(byte);
                if self.held.len() == stop + 3 {
                    self.at = At::End { stop };
                }
            }
        }
    }

    fn emit(&mut self, kind: Kind, answer: &'static [u8], last: bool) {
        let wire = std::mem::take(&mut self.held);
        self.offset = if last { 0 } else { self.offset + wire.len() };
        self.at = At::Outside;
        self.events.push(Event { wire, kind, answer: Cow::Borrowed(answer), message: None, last });
    }

    fn interrupt(&mut self) {
        let offset = self.offset + self.held.len();
        match self.at {
            _ if self.held.is_empty() => {}
            At::Outside => self.emit(Kind::Noise, &[], false),
            _ => self.emit(Kind::Refused(Fault::Short { offset, expected: "GS and a sum" }), &[], false),
        }
    }

    fn finish(&mut self, stop: usize) {
        let checked = self.held.get(1..=stop).unwrap_or_default().to_vec();
        let sum: Vec<u8> = self.held.iter().skip(stop + 1).take(2).copied().collect();
        let computed = format!("{:02x}", checksum(&checked));
        if !sum.eq_ignore_ascii_case(computed.as_bytes()) {
            let found = sum.escape_ascii().to_string();
            let fault = Fault::Checksum { offset: self.offset + stop + 1, found, computed };
            return self.emit(Kind::Refused(fault), &[NAK], false);
        }
        if self.open && self.previous == checked {
            return self.emit(Kind::Repeated, &[ACK], false);
        }
        let text = checked.split_last().map(|(_, text)| text.to_vec()).unwrap_or_default();
        let pieces = vec![Piece { at: 0, wire: self.offset + 1, len: text.len() }];
        self.previous = checked;
        self.emit(Kind::Frame, &[ACK], !self.open);
        if let Some(event) = self.events.last_mut() {
            event.message = Some(Message { bytes: text, pieces });
        }
    }
}

impl Link for Vidas {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        for byte in bytes {
            self.push(*byte);
        }
        std::mem::take(&mut self.events)
    }

    fn patience(&self) -> Option<Duration> {
        match self.at {
            At::End { .. } => Some(END),
            At::Outside if self.held.is_empty() && !self.open => None,
            _ => Some(SESSION),
        }
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        match self.at {
            At::End { stop } => self.finish(stop),
            _ => return self.close(),
        }
        std::mem::take(&mut self.events)
    }

    fn close(&mut self) -> Vec<Event> {
        if let At::End { stop } = self.at {
            self.finish(stop);
        }
        self.interrupt();
        self.open = false;
        self.previous.clear();
        match self.events.last_mut() {
            Some(event) => {
                event.last = true;
                self.offset = 0;
            }
            None if self.offset > 0 => self.emit(Kind::Control, &[], true),
            None => {}
        }
        std::mem::take(&mut self.events)
    }
}
