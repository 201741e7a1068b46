//! Files and captures to the JSON of `qingke decode`.

mod json;

use crate::contract::{Decoded, Event, Fault, Kind, Rejected};
use crate::driver::Driver;
use crate::instruments::{all, by_id};

/// What one file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The name as it was given.
    pub file: String,
    pub driver: String,
    pub encoding: Option<&'static str>,
    pub messages: Vec<Decoded>,
    /// Offsets are into the file.
    pub rejected: Vec<Rejected>,
    pub warnings: Vec<String>,
}

/// Why nothing can be read from a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no driver '{0}'; `qingke drivers` lists them")]
    NoDriver(String),
    #[error("{file}: no known format, at offset 0: expected the output of an instrument, found '{found}'")]
    Unknown { file: String, found: String },
    #[error("{file}: looks like {driver}, at offset {offset}: {reason}")]
    Nothing { file: String, driver: String, offset: usize, reason: String },
}

/// Reads `bytes` as `driver` says, or as the driver that recognises them and makes most of them.
pub fn decode(file: &str, bytes: &[u8], driver: Option<&str>) -> Result<Document, Refusal> {
    if let Some(id) = driver {
        let driver = by_id(id).ok_or_else(|| Refusal::NoDriver(id.to_owned()))?;
        return decode_with(file, bytes, &driver);
    }
    let documents = all().filter(|driver| driver.recognises(bytes)).map(|driver| read(file, bytes, &driver));
    // `max_by_key` takes the last of equals; the first in the list is meant.
    let best = documents.collect::<Vec<_>>().into_iter().rev().max_by_key(worth);
    match best {
        Some(document) => refuse_nothing(document, bytes, false),
        None => Err(Refusal::Unknown {
            file: file.to_owned(),
            found: bytes.get(..32).unwrap_or(bytes).escape_ascii().to_string(),
        }),
    }
}

/// Reads `bytes` as this driver says.
///
/// # Errors
/// Nothing in them could be read.
pub fn decode_with(file: &str, bytes: &[u8], driver: &Driver) -> Result<Document, Refusal> {
    refuse_nothing(read(file, bytes, driver), bytes, true)
}

/// Formats that say more and leave less out are likelier to be the right one.
fn worth(document: &Document) -> (bool, std::cmp::Reverse<usize>, usize) {
    let facts = document.messages.iter().map(facts).sum();
    (facts > 0, std::cmp::Reverse(document.rejected.len()), facts)
}

fn facts(message: &Decoded) -> usize {
    message.readings.len() + message.chromatograms.len() + message.orders.len() + message.queries.len()
}

/// A file in which nothing is decoded is refused. With a driver given, right frames that hold no result are not
/// nothing: a request of the host, say.
fn refuse_nothing(document: Document, bytes: &[u8], asked: bool) -> Result<Document, Refusal> {
    if !document.messages.is_empty() || (asked && document.rejected.is_empty() && !bytes.is_empty()) {
        return Ok(document);
    }
    let (offset, reason) = match document.rejected.into_iter().next() {
        Some(first) => (first.offset, first.reason),
        None => (bytes.len(), "the end, and no message before it".to_owned()),
    };
    Err(Refusal::Nothing { file: document.file, driver: document.driver, offset, reason })
}

/// The file as this driver reads it, whatever comes of it.
fn read(file: &str, bytes: &[u8], driver: &Driver) -> Document {
    let mut document = Document {
        file: file.to_owned(),
        driver: driver.id().to_owned(),
        encoding: None,
        messages: Vec::new(),
        rejected: Vec::new(),
        warnings: Vec::new(),
    };
    let mut link = driver.link();
    let mut place = Place::default();
    for event in link.feed(bytes).into_iter().chain(link.close()) {
        document.take(&event, &place, driver);
        place.pass(&event);
    }
    document
}

/// Where in the file an event stands, and the transmission it belongs to.
#[derive(Default)]
struct Place {
    at: usize,
    transmission: usize,
}

impl Place {
    fn pass(&mut self, event: &Event) {
        self.at += event.wire.len();
        if event.last {
            self.transmission = self.at;
        }
    }
}

impl Document {
    fn take(&mut self, event: &Event, place: &Place, driver: &Driver) {
        match &event.kind {
            Kind::Refused(fault) => {
                let fault = fault.clone().moved(place.transmission);
                self.rejected.push(Rejected { offset: fault.offset().unwrap_or(place.at), reason: fault.to_string() });
            }
            Kind::Noise if !is_margin(&event.wire) => {
                self.warnings.push(format!("offset {}: {} bytes belong to no frame", place.at, event.wire.len()));
            }
            Kind::Repeated => self.warnings.push(format!("offset {}: a frame was sent again", place.at)),
            Kind::Noise | Kind::Control | Kind::Frame => {}
        }
        let Some(message) = &event.message else { return };
        let on_file = |at: usize| place.transmission + message.on_wire(&(at..at + 1)).start;
        match driver.parse(message) {
            Ok(decoded) => {
                self.encoding = self.encoding.or(decoded.encoding);
                self.warnings.extend(decoded.warnings.iter().cloned());
                let moved = decoded.rejected.iter().map(|r| Rejected { offset: on_file(r.offset), ..r.clone() });
                self.rejected.extend(moved);
                self.messages.push(decoded);
            }
            Err(fault) => self.rejected.push(self.fault(&fault, on_file)),
        }
    }

    fn fault(&self, fault: &Fault, on_file: impl Fn(usize) -> usize) -> Rejected {
        Rejected { offset: on_file(fault.offset().unwrap_or(0)), reason: fault.to_string() }
    }
}

/// Blank lines and the remark lines of a file.
fn is_margin(bytes: &[u8]) -> bool {
    bytes.split(|b| matches!(b, b'\r' | b'\n')).all(|line| line.trim_ascii().is_empty() || line.starts_with(b"#"))
}
