//! What every instrument driver promises: the words `drivers` and the application share.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

pub use compact_str::CompactString;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// One instrument family written in code: how its bytes become messages, and what a message means. Families described
/// in TOML are [`crate::described::Described`]; both are a [`crate::Driver`].
#[derive(Debug)]
pub struct Profile {
    /// Stable name, equal to the file name with `-` for `_`: `astm-lis2`.
    pub id: &'static str,
    pub maker: &'static str,
    /// Models that speak this, as printed on them.
    pub models: &'static [&'static str],
    pub transports: &'static [Transport],
    pub direction: Direction,
    /// What is said to it as a host, where the family takes orders; its links then [`Link::say`].
    pub host: Option<&'static Host>,
    pub proof: Proof,
    /// What was tested against, in one line: `12 captures of 7 analysers`.
    pub tested_against: &'static str,
    /// The maker's usual serial settings; a line's configuration may differ.
    pub serial: Serial,
    pub link: fn() -> Box<dyn Link>,
    pub parse: fn(&Message) -> Result<Decoded, Fault>,
    /// Whether these bytes look like this family's output. Never true for fewer than a few telling bytes.
    pub recognises: fn(&[u8]) -> bool,
}

/// What a host says to instruments of a family that ask for orders or take them unasked.
#[derive(Debug)]
pub struct Host {
    /// The answer to a query: the orders that are open for the samples it names, or that there are none. `None`: the
    /// message asks for nothing that is known.
    pub answer: fn(&Message, &[Order], &Stamp<'_>) -> Option<Vec<u8>>,
    /// Orders, unasked. Action `A` adds to what was ordered on the sample before, `C` takes back.
    pub order: fn(&[Order], &Stamp<'_>) -> Vec<u8>,
}

/// What a message of ours carries beside its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// This computer's civil time.
    pub now: DateTime,
    /// Ours, and new for each message.
    pub id: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    Serial,
    Tcp,
    File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    OneWay,
    TwoWay,
}

/// How sure we are of a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Decodes output recorded from a real instrument.
    Instrument,
    /// Built from the maker's document.
    Document,
    /// Built from other public descriptions; no foreign data was seen.
    Construction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Serial {
    pub baud: u32,
    pub data_bits: u8,
    /// `N`, `E` or `O`.
    pub parity: char,
    pub stop_bits: u8,
}

impl Serial {
    pub const fn new(baud: u32) -> Self {
        Self { baud, data_bits: 8, parity: 'N', stop_bits: 1 }
    }
}

/// How bytes become messages: a state machine without a port.
///
/// Laws, tested over every profile: how the bytes are cut into reads changes nothing; the `wire` of all events,
/// joined with what [`Link::close`] still gives, is exactly what was fed, byte for byte.
pub trait Link: Send {
    /// Takes what was read and says what it was.
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event>;

    /// How long the wire may stay silent in the present state before [`Link::idle`] is to be called; `None`: for ever.
    fn patience(&self) -> Option<Duration>;

    /// The wire has been silent for [`Link::patience`]: time to ask again, to give up on half a frame, or to call a
    /// message complete. `now` is this computer's civil time, for requests that carry a date.
    fn idle(&mut self, now: DateTime) -> Vec<Event>;

    /// The wire is gone, or the file is at its end: gives what is still held, as a message if it is whole.
    fn close(&mut self) -> Vec<Event>;

    /// Takes a message to be said to the instrument as soon as the protocol lets us: [`Link::patience`] and
    /// [`Link::idle`] see to it from now on. Whether it was taken: a link that only listens takes none, and one that
    /// still has one to say takes no second.
    fn say(&mut self, _message: &[u8]) -> bool {
        false
    }

    /// What became of the message that was taken to be said; told once.
    fn said(&mut self) -> Option<Said> {
        None
    }
}

/// What became of a message of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// The instrument has it.
    Taken,
    /// The instrument has it not, and says so: after all attempts of the protocol, or with a reason.
    Refused(String),
    /// The instrument began to listen and fell silent, or the line was lost meanwhile: it may have it or not.
    Unanswered,
    /// Nobody is there.
    Absent,
}

impl Said {
    /// A word for logs and lists.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused(_) => "refused",
            Self::Unanswered => "unanswered",
            Self::Absent => "absent",
        }
    }
}

/// What a link made of a stretch of the wire.
///
/// The session keeps `wire` durably, then writes `answer`, then takes `message`: an answer is a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The received bytes this event accounts for; may be empty (a request of ours after silence).
    pub wire: Vec<u8>,
    pub kind: Kind,
    /// What to write to the instrument once `wire` is kept; may be empty. Most answers are one byte, always the same.
    pub answer: Cow<'static, [u8]>,
    /// A message that became whole with these bytes.
    pub message: Option<Message>,
    /// The transmission ends with this event; offsets start again at 0 after it.
    pub last: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A request of ours, or handshake bytes that carry no content (ENQ, EOT).
    Control,
    /// A frame whose number and check are right.
    Frame,
    /// A frame we already had: the instrument did not see our acknowledgement.
    Repeated,
    /// A frame that was refused, kept as what it was.
    Refused(Fault),
    /// Bytes between frames that belong to none.
    Noise,
}

/// A whole message without its framing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    pub bytes: Vec<u8>,
    /// Where each stretch of `bytes` stood on the wire, in order.
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// First byte in the message.
    pub at: usize,
    /// First byte on the wire, counted from the start of the transmission.
    pub wire: usize,
    pub len: usize,
}

impl Message {
    /// A message that is the wire itself, from `wire` on.
    pub fn plain(bytes: Vec<u8>, wire: usize) -> Self {
        let len = bytes.len();
        Self { bytes, pieces: vec![Piece { at: 0, wire, len }] }
    }

    /// The stretch of the transmission from which `span` of the message came: from its first byte to its last,
    /// framing between them included.
    pub fn on_wire(&self, span: &Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            self.pieces
                .iter()
                .rev()
                .find(|piece| piece.at <= at)
                .map_or(at, |piece| piece.wire + (at - piece.at).min(piece.len))
        };
        let start = place(span.start);
        let end = span.end.checked_sub(1).map_or(start, |last| place(last) + 1);
        start..end.max(start)
    }
}

/// What one message says.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Decoded {
    pub instrument: Instrument,
    /// The instrument's own clock, which has no zone.
    pub sent_at: Option<DateTime>,
    pub readings: Vec<Reading>,
    pub chromatograms: Vec<Chromatogram>,
    pub orders: Vec<Order>,
    pub queries: Vec<Query>,
    /// The text encoding found, where there is text.
    #[serde(skip)]
    pub encoding: Option<&'static str>,
    /// What is odd but no fault: a declared count that does not hold.
    #[serde(skip)]
    pub warnings: Vec<String>,
    /// Parts that could not be read while the rest could; offsets are into the message.
    #[serde(skip)]
    pub rejected: Vec<Rejected>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    pub offset: usize,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Instrument {
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub software: Option<String>,
}

/// What an instrument said about one sample and one analyte. A missing fact is `None`, never an invention.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Reading {
    /// Exactly as sent, leading blanks included.
    pub sample_id: Option<CompactString>,
    /// Channel, well, rack place.
    pub position: Option<CompactString>,
    pub role: Role,
    /// The instrument's code for the analyte, as sent.
    pub analyte: Option<CompactString>,
    /// The instrument's literal text, never reformatted: `1.20` stays `1.20`. Only where a profile of the laboratory
    /// declares the decimal sign is it written as a point, without the signs that part thousands; no digit changes.
    pub result: Option<CompactString>,
    /// The value of `result` where it is a number. For calculations outside the record; the record keeps the text.
    pub number: Option<f64>,
    pub censored: Option<Censored>,
    pub unit: Option<CompactString>,
    pub flags: Vec<String>,
    pub measured_at: Option<DateTime>,
    /// The instrument said when, in a way that can be read as two times: `measured_at` is `None`, and a person decides.
    #[serde(skip)]
    pub doubtful_time: bool,
    pub replicate: Option<u32>,
    /// What the value was computed from, where the instrument tells.
    #[serde(skip)]
    pub absorbance: Option<Absorbance>,
    /// The instrument's own identity of this measurement (its record number and time), where it has a true one:
    /// the same key read again is the same measurement. Equal values are not.
    #[serde(skip)]
    pub device_key: Option<String>,
    /// Which bytes of the message say so.
    #[serde(skip)]
    pub span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    #[default]
    Unknown,
    Blank,
    Control,
    Calibrator,
    Spike,
    Duplicate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Censored {
    #[serde(rename = "<")]
    Below,
    #[serde(rename = ">")]
    Above,
    #[serde(rename = "ND")]
    NotDetected,
}

/// Absorbances behind a cholinesterase inhibition (GB/T 5009.199): literal texts, no unit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
pub struct Absorbance {
    pub start: Option<String>,
    pub end: Option<String>,
    /// `end - start`, where the instrument sends the difference itself.
    pub change: Option<String>,
}

/// A detector's trace and what the data system integrated in it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Chromatogram {
    pub sample_id: Option<String>,
    pub acquired_at: Option<DateTime>,
    pub detector: Option<String>,
    pub channel: Option<String>,
    pub start_min: Option<f64>,
    pub interval_min: Option<f64>,
    pub points: usize,
    pub signal_unit: Option<String>,
    pub peaks: Vec<Peak>,
    /// The trace, in `signal_unit`.
    #[serde(skip)]
    pub signal: Vec<f64>,
    /// Times of the points in minutes, when sampling is uneven.
    #[serde(skip)]
    pub times_min: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
pub struct Peak {
    pub number: Option<u32>,
    pub name: Option<String>,
    pub retention_time_min: Option<f64>,
    pub area: Option<f64>,
    pub height: Option<f64>,
    pub area_percent: Option<f64>,
    pub start_min: Option<f64>,
    pub end_min: Option<f64>,
    pub amount: Option<f64>,
    pub unit: Option<String>,
}

/// An order found in a message (a host's, or an echo of it).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Order {
    pub sample_id: Option<String>,
    pub tests: Vec<String>,
    pub priority: Option<String>,
    pub action: Option<String>,
}

/// An instrument asks what is ordered on a sample.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Query {
    pub sample_id: Option<String>,
    pub tests: Vec<String>,
    pub status: Option<String>,
}

/// What stopped making sense, where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("offset {offset}: checksum {found}, computed {computed}")]
    Checksum { offset: usize, found: String, computed: String },
    #[error("offset {offset}: frame number {found}, expected {expected}")]
    FrameNumber { offset: usize, expected: String, found: String },
    #[error("line {line}: expected {expected}, found '{found}'")]
    Line { line: usize, expected: &'static str, found: String },
    /// As [`Fault::Line`], where what was expected is known from a profile only.
    #[error("line {line}: expected {expected}, found '{found}'")]
    Record { line: usize, expected: String, found: String },
    #[error("offset {offset}: expected {expected}, found {found}")]
    Bytes { offset: usize, expected: &'static str, found: String },
    #[error("offset {offset}: the message ends early, expected {expected}")]
    Short { offset: usize, expected: &'static str },
    #[error("offset {offset}: more than {limit} bytes without an end")]
    TooLong { offset: usize, limit: usize },
    #[error("offset {offset}: not {encoding} text")]
    NotText { offset: usize, encoding: &'static str },
    #[error("nothing to read: {0}")]
    Nothing(&'static str),
}

impl Fault {
    /// Where it is, if it knows a byte; a line number is none.
    pub fn offset(&self) -> Option<usize> {
        match self {
            Self::Checksum { offset, .. }
            | Self::FrameNumber { offset, .. }
            | Self::Bytes { offset, .. }
            | Self::Short { offset, .. }
            | Self::TooLong { offset, .. }
            | Self::NotText { offset, .. } => Some(*offset),
            Self::Line { .. } | Self::Record { .. } | Self::Nothing(_) => None,
        }
    }

    /// The same fault counted from `by` bytes earlier: from the start of a file instead of a transmission.
    #[must_use]
    pub fn moved(self, by: usize) -> Self {
        self.placed(|offset| offset.saturating_add(by))
    }

    /// The same fault with its place counted otherwise: in bytes instead of characters.
    #[must_use]
    pub fn placed(mut self, place: impl FnOnce(usize) -> usize) -> Self {
        match &mut self {
            Self::Checksum { offset, .. }
            | Self::FrameNumber { offset, .. }
            | Self::Bytes { offset, .. }
            | Self::Short { offset, .. }
            | Self::TooLong { offset, .. }
            | Self::NotText { offset, .. } => *offset = place(*offset),
            Self::Line { .. } | Self::Record { .. } | Self::Nothing(_) => {}
        }
        self
    }
}
