//! The receiving side of LIS01-A2: answers ENQ and frames, and joins what they carry into messages.

use std::borrow::Cow;
use std::time::Duration;

use jiff::civil::DateTime;
use memchr::{memchr2, memchr3};

use super::assembly::{Assembly, is_header, is_terminator};
use super::frame::{Frame, checksum};
use crate::contract::{Event, Fault, Kind, Link, Message};
use crate::link::control::{ACK, CR, ENQ, EOT, ETB, ETX, LF, NAK, STX};

/// Longest frame kept: the 64 000 of the standard and some room.
const FRAME: usize = 64 * 1024;
/// Longest message kept.
const MESSAGE: usize = 4 * 1024 * 1024;
/// Bytes that belong to nothing are given away in portions of this size.
const NOISE: usize = 4 * 1024;
/// A receiver waits this long for a frame or an EOT (LIS01-A2 6.5.2.4), then the line is neutral again.
const SESSION: Duration = Duration::from_secs(30);
/// CR and LF follow the check within milliseconds even at 1200 baud; instruments that send none must still be answered.
const FRAME_END: Duration = Duration::from_millis(500);
/// A transmission without frames is over when the line rests.
const BARE_END: Duration = Duration::from_secs(3);

const TERMINATOR: &str = "an L record";

/// A frame of the older standard with all that stands around its text fits in here.
const USUAL: usize = 256;
/// ETB or ETX, two check digits, CR, LF.
const AFTER_TEXT: usize = 5;

/// Where in the protocol the wire stands; `held` are the bytes not yet accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Between frames: what is held belongs to none.
    Outside,
    /// After STX.
    Text,
    /// After ETB or ETX, which stands at `stop` in what is held.
    Check { stop: usize },
    /// After the check digits: a CR and an LF may come.
    End { stop: usize },
    /// In a transmission that has no frames; the present line begins at `line`.
    Bare { line: usize },
}

/// A frame without a session must have number 1: then the instrument repeats the whole message, and nothing of it is
/// lost when this side was restarted in the middle.
#[derive(Debug)]
pub struct Receiver {
    at: At,
    held: Vec<u8>,
    /// Place of the first held byte in the transmission.
    offset: usize,
    /// Start of the present line in what is held outside of frames.
    line: usize,
    /// ENQ, or a first frame, was taken and the session has not ended.
    open: bool,
    expected: u8,
    /// Number and text of the last frame taken.
    previous: Option<(u8, Vec<u8>)>,
    message: Assembly,
    events: Vec<Event>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self {
            at: At::Outside,
            held: Vec::new(),
            offset: 0,
            line: 0,
            open: false,
            expected: 1,
            previous: None,
            message: Assembly::default(),
            events: Vec::new(),
        }
    }
}

impl Link for Receiver {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.events.reserve(bytes.len() / USUAL);
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            if *byte == STX
                && let Some(left) = self.at_once(rest)
            {
                rest = left;
            } else if self.at == At::Text {
                rest = self.text(rest);
            } else {
                self.push(*byte);
                rest = after;
            }
        }
        std::mem::take(&mut self.events)
    }

    fn patience(&self) -> Option<Duration> {
        match self.at {
            At::End { .. } => Some(FRAME_END),
            At::Bare { .. } => Some(BARE_END),
            At::Text | At::Check { .. } => Some(SESSION),
            At::Outside if self.open => Some(SESSION),
            At::Outside if self.held.is_empty() => None,
            At::Outside => Some(BARE_END),
        }
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        match self.at {
            At::End { stop } => self.finish_frame(stop),
            _ => self.give_up(),
        }
        std::mem::take(&mut self.events)
    }

    fn close(&mut self) -> Vec<Event> {
        if let At::End { stop } = self.at {
            self.finish_frame(stop);
        }
        self.give_up();
        std::mem::take(&mut self.events)
    }
}

impl Receiver {
    /// Nothing is under way: the next byte begins a transmission.
    pub(super) fn is_neutral(&self) -> bool {
        self.at == At::Outside && !self.open && self.held.is_empty() && self.offset == 0
    }

    /// Takes a frame that lies whole at the start of what was read, without a state for each of its bytes; gives what
    /// is left. What is in any way unusual goes byte by byte, so both ways come to the same.
    fn at_once<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        if self.at != At::Outside || !self.held.is_empty() {
            return None;
        }
        let text = bytes.get(1..)?;
        let stop = 1 + plain(text.get(..FRAME - 1).unwrap_or(text));
        let (frame, rest) = bytes.split_at_checked(stop + AFTER_TEXT)?;
        match frame.get(stop..)? {
            [ETB | ETX, a, b, CR, LF] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {}
            _ => return None,
        }
        self.held.extend_from_slice(frame);
        self.finish_frame(stop);
        Some(rest)
    }

    /// Takes at one go the bytes of a frame that mean nothing to the protocol, and the byte after them; gives what is
    /// left.
    fn text<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = (FRAME + 1).saturating_sub(self.held.len());
        let len = plain(bytes.get(..room).unwrap_or(bytes));
        let (text, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        self.held.extend_from_slice(text);
        if self.held.len() > FRAME {
            let fault = Fault::TooLong { offset: self.offset, limit: FRAME };
            self.refuse(fault);
            return rest;
        }
        let Some((byte, rest)) = rest.split_first() else { return rest };
        self.push(*byte);
        rest
    }

    fn push(&mut self, byte: u8) {
        match (self.at, byte) {
            (At::End { stop }, CR) if self.held.last() != Some(&CR) => {
                self.held.push(byte);
                self.at = At::End { stop };
            }
            (At::End { stop }, LF) => {
                self.held.push(byte);
                self.finish_frame(stop);
            }
            (At::End { stop }, _) => {
                self.finish_frame(stop);
                self.push(byte);
            }
            (_, STX) => {
                self.interrupt();
                self.held.reserve(USUAL);
                self.held.push(byte);
                self.at = At::Text;
            }
            (_, ENQ) => self.enquiry(),
            (_, EOT) => self.end_of_transmission(),
            (At::Outside, _) => self.outside(byte),
            (At::Bare { line }, _) => self.bare(byte, line),
            (At::Text, _) => {
                self.held.push(byte);
                if matches!(byte, ETB | ETX) {
                    self.at = At::Check { stop: self.held.len() - 1 };
                } else if self.held.len() > FRAME {
                    let fault = Fault::TooLong { offset: self.offset, limit: FRAME };
                    self.refuse(fault);
                }
            }
            (At::Check { stop }, CR | LF) => {
                self.at = At::End { stop };
                self.push(byte);
            }
            (At::Check { stop }, _) => {
                self.held.push(byte);
                if self.held.len() == stop + 3 {
                    self.at = At::End { stop };
                }
            }
        }
    }

    /// Gives away what is held, as `kind`.
    fn emit(&mut self, kind: Kind, answer: &'static [u8], last: bool) {
        let wire = std::mem::take(&mut self.held);
        self.offset = if last { 0 } else { self.offset + wire.len() };
        self.line = 0;
        self.events.push(Event { wire, kind, answer: Cow::Borrowed(answer), message: None, last });
    }

    fn refuse(&mut self, fault: Fault) {
        self.emit(Kind::Refused(fault), &[NAK], false);
        self.at = At::Outside;
    }

    /// Something else begins while a frame, a bare message or noise is held: that has ended, whole or not. Nothing is
    /// answered, as the answer to what begins would be taken for it.
    fn interrupt(&mut self) {
        let end = self.offset + self.held.len();
        match self.at {
            _ if self.held.is_empty() => {}
            At::Outside => self.emit(Kind::Noise, &[], false),
            At::Bare { line } => self.finish_bare(line),
            At::Text | At::Check { .. } | At::End { .. } => {
                let fault = Fault::Short { offset: end, expected: "ETB or ETX and a checksum" };
                self.emit(Kind::Refused(fault), &[], false);
            }
        }
        self.at = At::Outside;
    }

    fn enquiry(&mut self) {
        self.interrupt();
        if self.open && (self.previous.is_some() || !self.message.is_empty()) {
            self.finish_session();
        }
        self.held.push(ENQ);
        self.open = true;
        self.expected = 1;
        self.emit(Kind::Control, &[ACK], false);
    }

    fn end_of_transmission(&mut self) {
        self.interrupt();
        self.held.push(EOT);
        self.finish_session();
    }

    /// Ends the transmission with what is held, which may be nothing. A message without its end is refused: its
    /// frames are kept, but half a message must not look like a whole one.
    fn finish_session(&mut self) {
        let kind = if self.message.is_empty() {
            Kind::Control
        } else {
            Kind::Refused(Fault::Short { offset: self.offset, expected: TERMINATOR })
        };
        self.message.clear();
        self.previous = None;
        self.expected = 1;
        self.open = false;
        self.emit(kind, &[], true);
    }

    fn give_up(&mut self) {
        let noise = self.at == At::Outside && !self.held.is_empty();
        self.interrupt();
        if self.open {
            self.finish_session();
        } else if noise && let Some(event) = self.events.last_mut() {
            event.last = true;
            self.offset = 0;
        } else if self.offset > 0 {
            self.finish_session();
        }
    }

    fn outside(&mut self, byte: u8) {
        self.held.push(byte);
        let line = self.held.get(self.line..).unwrap_or_default();
        if !self.open && line.len() == 4 && is_header(line) {
            let header = self.held.split_off(self.line);
            if !self.held.is_empty() {
                self.emit(Kind::Noise, &[], false);
            }
            self.held = header;
            self.at = At::Bare { line: 0 };
        } else if matches!(byte, CR | LF) {
            self.line = self.held.len();
        }
        if self.at == At::Outside && self.held.len() >= NOISE {
            self.emit(Kind::Noise, &[], false);
        }
    }

    fn bare(&mut self, byte: u8, line: usize) {
        self.held.push(byte);
        let record = self.held.get(line..).unwrap_or_default();
        if line > 0 && record.len() == 4 && is_header(record) {
            let header = self.held.split_off(line);
            self.finish_bare(line);
            self.held = header;
            self.at = At::Bare { line: 0 };
        } else if !matches!(byte, CR | LF) {
            if self.held.len() > MESSAGE {
                let fault = Fault::TooLong { offset: self.offset, limit: MESSAGE };
                self.emit(Kind::Refused(fault), &[], false);
                self.at = At::Outside;
            }
        } else if is_terminator(record) {
            self.finish_bare(line);
        } else {
            self.at = At::Bare { line: self.held.len() };
        }
    }

    /// The bare transmission is over: a message if its present line is a terminator.
    fn finish_bare(&mut self, line: usize) {
        let whole = is_terminator(self.held.get(line..).unwrap_or_default());
        self.at = At::Outside;
        if !whole {
            let fault = Fault::Short { offset: self.offset + self.held.len(), expected: TERMINATOR };
            return self.emit(Kind::Refused(fault), &[], true);
        }
        let message = Message::plain(self.held.clone(), self.offset);
        self.emit(Kind::Frame, &[], true);
        if let Some(event) = self.events.last_mut() {
            event.message = Some(message);
        }
    }

    fn finish_frame(&mut self, stop: usize) {
        self.at = At::Outside;
        let held = std::mem::take(&mut self.held);
        let judged = self.judge(&held, stop).and_then(|frame| self.accept(&frame));
        self.held = held;
        match judged {
            Err(fault) => self.refuse(fault),
            Ok(kind) => {
                self.emit(kind, &[ACK], false);
                self.give_messages();
            }
        }
    }

    /// Whether this frame is the next one, or the one before it again; a next one is added to the message.
    fn accept(&mut self, frame: &Frame<'_>) -> Result<Kind, Fault> {
        // The header tells a message with new numbers from a repeated frame.
        let restarts = self.message.is_empty() && frame.number == 1 && is_header(frame.text);
        let repeated = self.previous.as_ref().is_some_and(|(n, text)| *n == frame.number && text == frame.text);
        if repeated {
            return Ok(Kind::Repeated);
        }
        if frame.number != self.expected && !restarts {
            return Err(Fault::FrameNumber {
                offset: self.offset + 1,
                expected: self.expected.to_string(),
                found: frame.number.to_string(),
            });
        }
        if self.message.len() + frame.text.len() > MESSAGE {
            return Err(Fault::TooLong { offset: self.offset, limit: MESSAGE });
        }
        self.open = true;
        self.expected = (frame.number + 1) % 8;
        let (number, text) = self.previous.get_or_insert_default();
        *number = frame.number;
        text.clear();
        text.extend_from_slice(frame.text);
        self.message.push(frame.text, self.offset + 2, frame.ends_record);
        Ok(Kind::Frame)
    }

    /// One event holds one message: those after the first in the same frame come with events of no bytes.
    fn give_messages(&mut self) {
        if let Some(event) = self.events.last_mut() {
            event.message = self.message.take();
        }
        while let Some(message) = self.message.take() {
            let event = Event {
                wire: Vec::new(),
                kind: Kind::Frame,
                answer: Cow::Borrowed(&[]),
                message: Some(message),
                last: false,
            };
            self.events.push(event);
        }
    }

    fn judge<'a>(&self, held: &'a [u8], stop: usize) -> Result<Frame<'a>, Fault> {
        let short = || Fault::Short { offset: self.offset + held.len(), expected: "a frame" };
        let (checked, digits) = held.split_at_checked(stop + 1).ok_or_else(short)?;
        let (_, checked) = checked.split_first().ok_or_else(short)?;
        let computed = checksum(checked);
        let digits: &[u8] = digits.get(..2).unwrap_or(digits);
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let found = match digits {
            [high, low] => digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        if found != Some(u32::from(computed)) {
            return Err(Fault::Checksum {
                offset: self.offset + stop + 1,
                found: digits.escape_ascii().to_string(),
                computed: format!("{computed:02X}"),
            });
        }
        match checked {
            [number @ b'0'..=b'7', text @ .., end] => {
                Ok(Frame { number: number - b'0', text, ends_record: *end == ETX })
            }
            [other, ..] => Err(Fault::FrameNumber {
                offset: self.offset + 1,
                expected: self.expected.to_string(),
                found: other.escape_ascii().to_string(),
            }),
            [] => Err(short()),
        }
    }
}

/// How many of these bytes stand before the first that ends a text, or begins something else in its place.
fn plain(bytes: &[u8]) -> usize {
    let end = memchr3(STX, ETX, ETB, bytes).unwrap_or(bytes.len());
    bytes.get(..end).and_then(|text| memchr2(ENQ, EOT, text)).unwrap_or(end)
}
