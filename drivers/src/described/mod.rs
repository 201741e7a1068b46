//! Devices described in a profile (TOML) instead of code: the checked types, and how a profile behaves as a driver.
//!
//! What may stand in a profile is taught in docs/profiles.md. A profile is data: it cannot loop, allocate without
//! bound or fail a line; whatever it says, the bytes are kept first.

mod binary;
mod fields;
mod keys;
mod reading;
mod record;
mod shape;
mod text;

use std::ops::Range;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use regex::Regex;

use self::fields::{Fields, Meaning, Roles, Source};
pub use self::keys::ProfileError;
use self::keys::{Checked, Keys};
use self::shape::{Carry, Shape, Skip};
use crate::contract::{Decoded, Fault, Link, Message, Proof, Serial, Transport};
use crate::driver::Driver;
use crate::link::block::{Block, End};
use crate::link::line::Line;
use crate::link::whole::Whole;

/// A profile that passed its checks.
#[derive(Debug)]
pub struct Described {
    pub id: String,
    pub maker: String,
    pub models: Vec<String>,
    pub transports: Vec<Transport>,
    pub proof: Proof,
    pub tested_against: String,
    pub serial: Serial,
    link: LinkKind,
    encoding: Option<&'static Encoding>,
    decimal: Option<char>,
    recognise: Recognise,
    shape: Shape,
    readings: Vec<Fields>,
    instrument: InstrumentFields,
    carry: Vec<Carry>,
    skip: Vec<Skip>,
    values: Vec<(String, Meaning)>,
    roles: Roles,
}

#[derive(Debug)]
enum LinkKind {
    File,
    PrintOut(Duration),
    Line,
    Block { start: Vec<u8>, end: End },
}

/// What tells this device's output from others'.
#[derive(Debug, Default)]
struct Recognise {
    starts: Option<String>,
    contains: Vec<String>,
    pattern: Option<Regex>,
    bytes: Option<Vec<u8>>,
}

#[derive(Debug, Default)]
struct InstrumentFields {
    vendor: Option<Source>,
    model: Option<Source>,
    serial_number: Option<Source>,
    software: Option<Source>,
}

/// How much of a file is looked at to recognise it.
const TELLING: usize = 16 * 1024;

/// A profile is written by hand; nothing longer is one.
const LONGEST: usize = 64 * 1024;

const ENCODINGS: [(&str, &Encoding); 7] = [
    ("utf-8", UTF_8),
    ("utf-16le", UTF_16LE),
    ("utf-16be", UTF_16BE),
    ("gbk", GB18030),
    ("gb18030", GB18030),
    ("latin-1", WINDOWS_1252),
    ("windows-1252", WINDOWS_1252),
];

impl Described {
    /// Checks a profile. `id` is the name under which a line calls it.
    ///
    /// # Errors
    /// The text is no TOML, or a key is missing, unknown or not what was expected there.
    pub fn from_toml(id: &str, text: &str) -> Checked<Self> {
        if text.len() > LONGEST {
            return Err(ProfileError::Toml { line: 1, problem: format!("longer than {LONGEST} bytes") });
        }
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            ProfileError::Toml { line: before.matches('\n').count() + 1, problem: error.message().to_owned() }
        })?;
        let mut keys = Keys::new(&table);
        let (link, usual) = link(&mut keys)?;
        let (encoding, decimal) = text_keys(&mut keys)?;
        let (shape, has) = Shape::read(&mut keys)?;
        let base = match keys.table("fields")? {
            Some(fields) => Fields::read(fields, &has)?,
            None => Fields::default(),
        };
        let mut readings = Vec::new();
        for own in keys.tables("reading")? {
            readings.push(Fields::read(own, &has)?.or(&base));
        }
        if readings.is_empty() {
            readings.push(base);
        }
        for (index, fields) in readings.iter().enumerate() {
            let key =
                if readings.len() > 1 { format!("reading[{}].result", index + 1) } else { "fields.result".to_owned() };
            match (shape.grid().is_some(), &fields.result, &fields.analyte) {
                (true, None, None) | (false, Some(_), _) => {}
                (true, ..) => return keys.wrong(&key, "no result and no analyte: record.grid gives them", "one"),
                (false, None, _) => return keys.missing(&key, "where the result stands"),
            }
        }
        let instrument = match keys.table("instrument")? {
            None => InstrumentFields::default(),
            Some(mut own) => {
                let found = InstrumentFields {
                    vendor: fields::source(&mut own, "vendor", &has)?,
                    model: fields::source(&mut own, "model", &has)?,
                    serial_number: fields::source(&mut own, "serial_number", &has)?,
                    software: fields::source(&mut own, "software", &has)?,
                };
                own.end()?;
                found
            }
        };
        let roles = keys.table("roles")?.map(Roles::read).transpose()?.unwrap_or_default();
        let described = Self {
            id: id.to_owned(),
            maker: keys.needed("maker")?.to_owned(),
            models: keys.texts("models")?,
            transports: keys.transports()?.unwrap_or(usual),
            proof: keys.word("proof", &PROOFS)?.unwrap_or(Proof::Construction),
            tested_against: keys.text("tested_against")?.unwrap_or_default().to_owned(),
            serial: serial(&mut keys)?,
            link,
            encoding,
            decimal,
            recognise: recognise(&mut keys)?,
            carry: Carry::all(&mut keys, &has)?,
            skip: Skip::all(&mut keys, &has)?,
            values: keys.meanings("values", &Meaning::WORDS)?,
            shape,
            readings,
            instrument,
            roles,
        };
        keys.end()?;
        Ok(described)
    }

    pub fn link(&self) -> Box<dyn Link> {
        match &self.link {
            LinkKind::File => Box::new(Whole::file()),
            LinkKind::PrintOut(gap) => Box::new(Whole::print_out(*gap)),
            LinkKind::Line => Box::new(Line::single()),
            LinkKind::Block { start, end } => Box::new(Block::new(start.clone(), end.clone())),
        }
    }

    /// What a message says; records that cannot be read are rejected one by one.
    ///
    /// # Errors
    /// Nothing in it is a record of this profile.
    pub fn parse(&self, message: &Message) -> Result<Decoded, Fault> {
        let mut taken = reading::Taken::default();
        let encoding = match &self.shape {
            Shape::Binary { check } => {
                self.binary(&message.bytes, check.as_ref(), &mut taken)?;
                None
            }
            _ => Some(self.text(&message.bytes, &mut taken)?),
        };
        Ok(Decoded { encoding, ..self.finish(taken) })
    }

    pub fn recognises(&self, bytes: &[u8]) -> bool {
        let Recognise { starts, contains, pattern, bytes: mark } = &self.recognise;
        let head = bytes.get(..TELLING).unwrap_or(bytes);
        if let Some(mark) = mark {
            return head.starts_with(mark);
        }
        let asked = starts.is_some() || !contains.is_empty() || pattern.is_some();
        if !asked && self.shape.header().is_empty() {
            return false;
        }
        let (text, _) = crate::format::encodings::read(head);
        starts.as_ref().is_none_or(|start| text.starts_with(start.as_str()))
            && contains.iter().all(|one| text.contains(one.as_str()))
            && pattern.as_ref().is_none_or(|pattern| pattern.is_match(&text))
            && self.shape.heads(&text)
    }
}

const PROOFS: [(&str, Proof); 3] =
    [("instrument", Proof::Instrument), ("document", Proof::Document), ("construction", Proof::Construction)];

impl Keys<'_> {
    fn transports(&mut self) -> Checked<Option<Vec<Transport>>> {
        const WORDS: [(&str, Transport); 3] =
            [("serial", Transport::Serial), ("tcp", Transport::Tcp), ("file", Transport::File)];
        let texts = self.texts("transports")?;
        let found = texts.iter().map(|text| match WORDS.iter().find(|(word, _)| word == text) {
            Some((_, transport)) => Ok(*transport),
            None => self.wrong("transports", "\"serial\", \"tcp\" or \"file\"", format!("\"{text}\"")),
        });
        let found: Vec<Transport> = found.collect::<Checked<_>>()?;
        Ok(Some(found).filter(|found| !found.is_empty()))
    }
}

fn link(keys: &mut Keys<'_>) -> Checked<(LinkKind, Vec<Transport>)> {
    #[derive(Clone, Copy)]
    enum Kind {
        File,
        PrintOut,
        Line,
        Block,
    }
    let words = [("file", Kind::File), ("print-out", Kind::PrintOut), ("line", Kind::Line), ("block", Kind::Block)];
    let Some(mut own) = keys.table("link")? else {
        return keys.missing("link", "a table [link] with kind = \"file\", \"print-out\", \"line\" or \"block\"");
    };
    let Some(kind) = own.word("kind", &words)? else {
        return own.missing("kind", "\"file\", \"print-out\", \"line\" or \"block\"");
    };
    let wired = vec![Transport::Serial, Transport::Tcp];
    let found = match kind {
        Kind::File => (LinkKind::File, vec![Transport::File]),
        Kind::Line => (LinkKind::Line, wired),
        Kind::PrintOut => {
            let seconds = own.count("silence_seconds", 600)?.unwrap_or(3);
            (LinkKind::PrintOut(Duration::from_secs(seconds as u64)), wired)
        }
        Kind::Block => {
            let start = own.bytes("start")?.unwrap_or_default();
            let end = match (own.bytes("end")?, own.count("length", 65_536)?) {
                (Some(end), None) => End::With(end),
                (None, Some(length)) if length >= start.len() => End::After(length),
                (None, Some(length)) => return own.wrong("length", "at least the length of start", length),
                _ => return own.wrong("end", "either end (bytes in hexadecimal) or length", "both or neither"),
            };
            (LinkKind::Block { start, end }, wired)
        }
    };
    own.end()?;
    Ok(found)
}

fn text_keys(keys: &mut Keys<'_>) -> Checked<(Option<&'static Encoding>, Option<char>)> {
    let Some(mut own) = keys.table("text")? else { return Ok((None, None)) };
    let found = (own.word("encoding", &ENCODINGS)?, own.word("decimal", &[(".", '.'), (",", ',')])?);
    own.end()?;
    Ok(found)
}

fn serial(keys: &mut Keys<'_>) -> Checked<Serial> {
    let usual = Serial::new(9600);
    let Some(mut own) = keys.table("serial")? else { return Ok(usual) };
    let small = |number: Option<usize>, usual: u8| number.and_then(|n| u8::try_from(n).ok()).unwrap_or(usual);
    let serial = Serial {
        baud: own.count("baud", 4_000_000)?.and_then(|n| u32::try_from(n).ok()).unwrap_or(usual.baud),
        data_bits: small(own.count("data_bits", 8)?, usual.data_bits),
        parity: own.word("parity", &[("N", 'N'), ("E", 'E'), ("O", 'O')])?.unwrap_or(usual.parity),
        stop_bits: small(own.count("stop_bits", 2)?, usual.stop_bits),
    };
    own.end()?;
    Ok(serial)
}

fn recognise(keys: &mut Keys<'_>) -> Checked<Recognise> {
    let Some(mut own) = keys.table("recognise")? else { return Ok(Recognise::default()) };
    let found = Recognise {
        starts: own.text("starts")?.map(str::to_owned),
        contains: own.texts("contains")?,
        pattern: fields::pattern(&mut own, "pattern")?,
        bytes: own.bytes("bytes")?,
    };
    own.end()?;
    Ok(found)
}

/// The stretch of a message a record came from, and its line (from 1; 0 where there are no lines).
#[derive(Debug, Clone)]
struct Place {
    line: usize,
    span: Range<usize>,
}

macro_rules! profiles {
    ($($id:literal),* $(,)?) => {
        [$(($id, include_str!(concat!("../../profiles/", $id, ".toml")))),*]
    };
}

/// The profiles that come with the program: id and text.
pub static BUILT_IN: [(&str, &str); 9] = profiles![
    "csv-grid",
    "csv-results",
    "foss-fiastar",
    "icp-short-report",
    "lachat-quickchem",
    "roche-c111-csv",
    "varian-vista",
    "winlab32",
    "wondfo-finecare",
];

/// The built-in profiles as drivers. One that does not pass its checks is left out; a test sees to it that none is.
pub fn built_in() -> &'static [Driver] {
    static READ: LazyLock<Vec<Driver>> = LazyLock::new(|| {
        let read = BUILT_IN.iter().filter_map(|(id, text)| Described::from_toml(id, text).ok());
        read.map(|profile| Driver::Described(Arc::new(profile))).collect()
    });
    &READ
}

#[cfg(test)]
mod tests;
