//! The header: texts with a length byte and numbers, at places that depend on the version.

use std::borrow::Cow;

use encoding_rs::UTF_16LE;
use jiff::civil::DateTime;

use crate::contract::{Fault, Instrument};

/// How the points are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Differences, in segments.
    Differences,
    /// Differences of differences.
    SecondDifferences,
    /// Floating point numbers.
    Array,
    /// Spectra, one after the other.
    Spectra,
}

/// Where things stand in one generation of headers.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    version: &'static str,
    coding: Coding,
    /// Texts are UTF-16; in older versions they are in the code page of the computer.
    wide: bool,
    /// Times of the first and the last point are floating point numbers.
    float_times: bool,
    kind: usize,
    sample: usize,
    date: usize,
    model: usize,
    revision: Option<usize>,
    unit: usize,
    signal: Option<usize>,
    /// Seconds between points: a numerator and a denominator of 16 bits.
    step: Option<usize>,
    intercept: Option<usize>,
    slope: usize,
}

const OLD: Layout = Layout {
    version: "30",
    coding: Coding::Differences,
    wide: false,
    float_times: false,
    kind: 4,
    sample: 24,
    date: 178,
    model: 208,
    revision: Some(405),
    unit: 580,
    signal: Some(596),
    step: Some(530),
    intercept: Some(636),
    slope: 644,
};

const NEW: Layout = Layout {
    version: "130",
    coding: Coding::Differences,
    wide: true,
    float_times: false,
    kind: 347,
    sample: 858,
    date: 2391,
    model: 2492,
    revision: Some(3802),
    unit: 4172,
    signal: Some(4213),
    step: Some(4122),
    intercept: Some(4724),
    slope: 4732,
};

static LAYOUTS: [Layout; 8] = [
    Layout { version: "8", ..OLD },
    OLD,
    Layout { version: "81", coding: Coding::SecondDifferences, float_times: true, ..OLD },
    NEW,
    Layout { version: "179", coding: Coding::Array, float_times: true, ..NEW },
    Layout { version: "181", coding: Coding::SecondDifferences, float_times: true, ..NEW },
    Layout {
        version: "31",
        coding: Coding::Spectra,
        revision: None,
        unit: 326,
        signal: None,
        step: None,
        intercept: None,
        slope: 318,
        ..OLD
    },
    Layout {
        version: "131",
        coding: Coding::Spectra,
        revision: None,
        unit: 3093,
        signal: Some(3136),
        step: None,
        intercept: None,
        slope: 3085,
        ..NEW
    },
];

/// The layout whose version the first text of the file names.
pub fn layout(bytes: &[u8]) -> Option<&'static Layout> {
    let (len, rest) = bytes.split_first()?;
    let version = rest.get(..usize::from(*len))?;
    LAYOUTS.iter().find(|layout| layout.version.as_bytes() == version)
}

impl Layout {
    /// `LC DATA FILE`, `GC DATA FILE`; OpenLab writes `OL`.
    pub fn says_data_file(&self, bytes: &[u8]) -> bool {
        text(bytes, self.kind, self.wide).is_some_and(|kind| kind.contains("DATA FILE") || kind.starts_with("OL"))
    }
}

/// What is true for the whole file.
#[derive(Debug)]
pub struct Header<'a> {
    pub version: &'static str,
    pub coding: Coding,
    pub sample: Option<String>,
    /// As written.
    pub date: String,
    pub acquired_at: Option<DateTime>,
    pub unit: Option<String>,
    pub signal: Option<String>,
    /// The file is one of OpenLab CDS.
    pub openlab: bool,
    /// First and last point, in milliseconds.
    pub times: (f64, f64),
    /// How many spectra the header declares.
    pub declared: u32,
    /// Milliseconds between points.
    pub step: Option<f64>,
    pub intercept: f64,
    pub slope: f64,
    /// First byte of the data.
    pub start: usize,
    pub data: &'a [u8],
    model: Option<String>,
    revision: Option<String>,
}

/// Where the header says in which block of 512 bytes the data begin, counted from 1.
const DATA_BLOCK: usize = 264;
const BLOCK: usize = 512;
/// First byte of the index that follows spectra; 0 where there is none.
const INDEX: usize = 260;
/// Number of spectra, or of segments.
const DECLARED: usize = 278;
const TIMES: usize = 282;

impl<'a> Header<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let layout = layout(bytes).ok_or_else(|| Fault::Bytes {
            offset: 0,
            expected: "version 8, 30, 31, 81, 130, 131, 179 or 181",
            found: bytes.get(..8).unwrap_or(bytes).escape_ascii().to_string(),
        })?;
        let block = number(bytes, DATA_BLOCK, u32::from_be_bytes, "the block in which the data begin")?;
        let start = usize::try_from(block).ok().and_then(|block| block.checked_sub(1)?.checked_mul(BLOCK));
        let start = start.filter(|start| (layout.slope + 8..=bytes.len()).contains(start)).ok_or(Fault::Bytes {
            offset: DATA_BLOCK,
            expected: "a block after the header and inside the file",
            found: block.to_string(),
        })?;
        let index = number(bytes, INDEX, u32::from_be_bytes, "the place of an index")?;
        let end = usize::try_from(index).ok().filter(|index| (start..bytes.len()).contains(index));
        let times = if layout.float_times {
            let time = |at| number(bytes, at, f32::from_be_bytes, "a time").map(f64::from);
            (time(TIMES)?, time(TIMES + 4)?)
        } else {
            let time = |at| number(bytes, at, i32::from_be_bytes, "a time").map(f64::from);
            (time(TIMES)?, time(TIMES + 4)?)
        };
        let slope = number(bytes, layout.slope, f64::from_be_bytes, "a scaling factor")?;
        let finite = slope.is_finite() && times.0.is_finite() && times.1.is_finite() && times.0 <= times.1;
        if !finite {
            let found = format!("factor {slope}, {} to {} ms", times.0, times.1);
            return Err(Fault::Bytes { offset: TIMES, expected: "a factor, and times that rise", found });
        }
        let date = text(bytes, layout.date, layout.wide).unwrap_or_default();
        Ok(Self {
            version: layout.version,
            coding: layout.coding,
            sample: text(bytes, layout.sample, layout.wide),
            acquired_at: super::super::chemstation::time(&date, None),
            date,
            unit: text(bytes, layout.unit, layout.wide),
            signal: layout.signal.and_then(|at| text(bytes, at, layout.wide)),
            openlab: text(bytes, layout.kind, layout.wide).is_some_and(|kind| kind.starts_with("OL")),
            times,
            declared: number(bytes, DECLARED, u32::from_be_bytes, "a count")?,
            step: layout.step.and_then(|at| step(bytes, at)),
            intercept: match layout.intercept {
                // Some files have no number there.
                Some(at) => Some(number(bytes, at, f64::from_be_bytes, "an intercept")?).filter(|n| n.is_finite()),
                None => None,
            }
            .unwrap_or(0.0),
            slope,
            start,
            data: bytes.get(start..end.unwrap_or(bytes.len())).unwrap_or_default(),
            model: text(bytes, layout.model, layout.wide),
            revision: layout.revision.and_then(|at| text(bytes, at, layout.wide)),
        })
    }

    pub fn instrument(&self) -> Instrument {
        let software = self.revision.as_ref().map(|revision| format!("ChemStation {revision}"));
        Instrument { model: self.model.clone(), software, ..super::super::chemstation::instrument() }
    }
}

fn number<const N: usize, T>(
    bytes: &[u8],
    at: usize,
    read: fn([u8; N]) -> T,
    expected: &'static str,
) -> Result<T, Fault> {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map(|bytes| read(*bytes))
        .ok_or(Fault::Short { offset: bytes.len(), expected })
}

fn step(bytes: &[u8], at: usize) -> Option<f64> {
    let part = |at| number(bytes, at, u16::from_be_bytes, "").ok().filter(|part| *part > 0).map(f64::from);
    Some(1000.0 * part(at)? / part(at + 2)?)
}

/// The text at this place, exactly as written; `None` where there is none.
fn text(bytes: &[u8], at: usize, wide: bool) -> Option<String> {
    let (len, rest) = bytes.get(at..)?.split_first()?;
    let len = usize::from(*len);
    let text = if wide {
        UTF_16LE.decode_without_bom_handling(rest.get(..2 * len)?).0
    } else {
        Cow::Owned(crate::format::encodings::read(rest.get(..len)?).0)
    };
    (!text.trim().is_empty()).then(|| text.trim_end_matches(['\0', ' ']).to_owned())
}
