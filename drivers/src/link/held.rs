//! Bytes that have arrived and are not yet accounted for, and where on the wire they stand.

use std::borrow::Cow;

use crate::contract::{Event, Fault, Kind, Message};

/// What a link holds between reads.
#[derive(Debug, Default)]
pub struct Held {
    bytes: Vec<u8>,
    /// How many of `bytes` are accounted for: they leave the vector only now and then, because moving the rest
    /// for each frame would make a large file slow.
    start: usize,
    offset: usize,
}

impl Held {
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 && self.start >= self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// What is still to be accounted for.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// Where the first held byte stands in the transmission.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The first `len` held bytes, which the caller accounts for from now on.
    pub fn take(&mut self, len: usize) -> Vec<u8> {
        let taken: Vec<u8> = self.bytes().iter().take(len).copied().collect();
        self.start += taken.len();
        self.offset += taken.len();
        taken
    }

    /// All that is held.
    pub fn take_all(&mut self) -> Vec<u8> {
        self.take(self.bytes().len())
    }

    /// A new transmission begins with the next byte.
    pub fn restart(&mut self) {
        self.offset = 0;
    }
}

/// A stretch of the wire that needs no answer and completes no message.
pub fn event(wire: Vec<u8>, kind: Kind) -> Event {
    Event { wire, kind, answer: Cow::Borrowed(&[]), message: None, last: false }
}

/// A stretch that belongs to no frame.
pub fn noise(wire: Vec<u8>) -> Event {
    event(wire, Kind::Noise)
}

/// A stretch that was refused, and why.
pub fn refused(wire: Vec<u8>, fault: Fault) -> Event {
    event(wire, Kind::Refused(fault))
}

/// A request of ours after silence.
pub fn request(bytes: Vec<u8>) -> Event {
    Event { answer: bytes.into(), ..event(Vec::new(), Kind::Control) }
}

/// A stretch that completes a message.
pub fn whole(wire: Vec<u8>, message: Message) -> Event {
    Event { message: Some(message), ..event(wire, Kind::Frame) }
}
