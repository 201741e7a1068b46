//! Texts of frames joined into messages: from an H record to the end of an L record (LIS02-A2 section 5).

use memchr::memchr2;

use crate::contract::{Message, Piece};
use crate::link::control::{CR, LF};

/// A message of some specimens fits in here.
const USUAL: usize = 2048;

#[derive(Debug, Default)]
pub(super) struct Assembly {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    /// Start of the first record that is not known to be complete.
    record: usize,
}

impl Assembly {
    pub fn is_empty(&self) -> bool {
        self.bytes.iter().all(|b| matches!(b, &CR | &LF))
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds the text of a frame that stands at `wire`. Where a frame ends with ETX but without the CR that ends a
    /// record, the CR is added: it has no place on the wire.
    pub fn push(&mut self, text: &[u8], wire: usize, ends_record: bool) {
        if self.bytes.is_empty() {
            self.bytes.reserve(USUAL);
        }
        if !text.is_empty() {
            self.pieces.push(Piece { at: self.bytes.len(), wire, len: text.len() });
        }
        self.bytes.extend_from_slice(text);
        if ends_record && !matches!(self.bytes.last(), None | Some(&CR | &LF)) {
            self.bytes.push(CR);
        }
    }

    /// The next whole message: up to and with the first complete L record.
    pub fn take(&mut self) -> Option<Message> {
        loop {
            let rest = self.bytes.get(self.record..)?;
            let end = self.record + memchr2(CR, LF, rest)? + 1;
            let terminator = is_terminator(rest);
            self.record = end;
            if terminator {
                return Some(self.split(end));
            }
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn split(&mut self, end: usize) -> Message {
        let rest = self.bytes.split_off(end);
        let rest_is_empty = rest.is_empty();
        let bytes = std::mem::replace(&mut self.bytes, rest);
        self.record = 0;
        if rest_is_empty {
            return Message { bytes, pieces: std::mem::take(&mut self.pieces) };
        }
        let (mut head, mut tail) = (Vec::with_capacity(self.pieces.len()), Vec::new());
        for piece in self.pieces.drain(..) {
            let inside = end.saturating_sub(piece.at).min(piece.len);
            if inside > 0 {
                head.push(Piece { len: inside, ..piece });
            }
            if inside < piece.len {
                tail.push(Piece { at: (piece.at + inside) - end, wire: piece.wire + inside, len: piece.len - inside });
            }
        }
        self.pieces = tail;
        Message { bytes, pieces: head }
    }
}

/// Whether a record is the terminator: an L and a delimiter, or an L alone.
pub(super) fn is_terminator(record: &[u8]) -> bool {
    match record {
        [b'L'] => true,
        [b'L', next, ..] => next.is_ascii_punctuation() || matches!(next, &CR | &LF),
        _ => false,
    }
}

/// Whether a line opens a message: an H and the four delimiters it declares, none of them a letter or a digit.
pub(super) fn is_header(line: &[u8]) -> bool {
    matches!(line, [b'H', a, b, c, ..] if [a, b, c].iter().all(|d| d.is_ascii_punctuation()))
}
