//! A transmission: what came over a line in one session, kept byte for byte, and what our side made of it.

use std::fmt;
use std::str::FromStr;

use drivers::{Event, Kind, Message};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The identity of a journal file: 128 random bits. A transmission is known everywhere by its epoch and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch([u8; 16]);

impl Epoch {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)?;
        Ok(Self(bits))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Epoch {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        u128::from_str_radix(text, 16)
            .ok()
            .filter(|_| text.len() == 32)
            .map(|bits| Self(bits.to_be_bytes()))
            .ok_or_else(|| UnknownWord { expected: "32 hexadecimal digits", found: text.to_owned() })
    }
}

/// What came over a line in one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmission {
    pub epoch: Epoch,
    /// Counts up over all lines of the journal; never used twice.
    pub seq: i64,
    /// The instrument's code in the laboratory.
    pub instrument: String,
    /// The driver whose link cut the bytes.
    pub driver: String,
    /// The file it was, where the line is a watched folder.
    pub file: Option<SourceFile>,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub state: State,
    /// Why it is torn.
    pub fault: Option<String>,
    /// Everything that was received, in order, exactly.
    pub bytes: Vec<u8>,
    /// What the link made of each stretch of `bytes`.
    pub chunks: Vec<Stretch>,
    /// The messages that became whole; their pieces point into `bytes`.
    pub messages: Vec<Message>,
}

/// A file of a watched folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Below the folder, parts joined by `/`.
    pub name: String,
    /// When the file system says that it was last changed; `None`: it says nothing sensible.
    pub modified_at: Option<Timestamp>,
    /// SHA-256 of the content, in hex: the file's identity.
    pub sha256: String,
}

/// How a transmission ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// At least one message, and nothing refused that was not made good.
    Complete,
    /// Something was said that never became whole.
    Torn,
    /// Nothing was reported: a keep-alive, a request answered with "nothing", an idle detector.
    Empty,
}

/// What the link made of a stretch of the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// First byte in the transmission.
    pub offset: usize,
    pub len: usize,
    pub at: Timestamp,
    pub kind: ChunkKind,
    pub fault: Option<String>,
    /// What we answered once the bytes were kept.
    pub answer: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChunkKind {
    Control,
    Frame,
    Repeated,
    Refused,
    Noise,
}

/// A stretch on its way into the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub at: Timestamp,
    pub kind: ChunkKind,
    pub bytes: Vec<u8>,
    pub answer: Vec<u8>,
    pub fault: Option<String>,
    pub message: Option<Message>,
}

impl Chunk {
    /// An event of a link as the journal keeps it.
    pub fn new(event: &Event, at: Timestamp) -> Self {
        let (kind, fault) = match &event.kind {
            Kind::Control => (ChunkKind::Control, None),
            Kind::Frame => (ChunkKind::Frame, None),
            Kind::Repeated => (ChunkKind::Repeated, None),
            Kind::Refused(fault) => (ChunkKind::Refused, Some(fault.to_string())),
            Kind::Noise => (ChunkKind::Noise, None),
        };
        let (bytes, answer) = (event.wire.clone(), event.answer.to_vec());
        Self { at, kind, bytes, answer, fault, message: event.message.clone() }
    }
}

/// A stored word that has no meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found '{found}'")]
pub struct UnknownWord {
    expected: &'static str,
    found: String,
}

macro_rules! words {
    ($type:ident, $expected:literal, $($case:ident = $word:literal),+) => {
        impl $type {
            /// The word in the journal, in JSON and in the keys of the texts.
            pub fn word(self) -> &'static str {
                match self { $(Self::$case => $word),+ }
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$case),)+
                    _ => Err(UnknownWord { expected: $expected, found: text.to_owned() }),
                }
            }
        }
    };
}

words!(State, "a state of a transmission", Complete = "complete", Torn = "torn", Empty = "empty");
words!(
    ChunkKind,
    "a kind of chunk",
    Control = "control",
    Frame = "frame",
    Repeated = "repeated",
    Refused = "refused",
    Noise = "noise"
);
