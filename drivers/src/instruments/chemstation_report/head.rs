//! The head of a report: `key : value` in two columns, long values continued in the next line.

use jiff::civil::DateTime;

use super::super::chemstation;
use crate::contract::{Chromatogram, Decoded, Instrument, Reading};
use crate::format::dates::DateOrder;
use crate::format::rows::Row;

/// Keys that stand in the right column.
const RIGHT: [&str; 6] = ["Seq. Line", "Location", "Inj Volume", "Inj", "Acq. Method", "Barcode"];

/// Keys whose value may be continued.
const LEFT: [&str; 9] = [
    "Data File",
    "Sample Name",
    "Sample Info",
    "Acq. Operator",
    "Acq. Instrument",
    "Injection Date",
    "Last changed",
    "Sample ID",
    "LIMS ID",
];

pub struct Head {
    sample_id: Option<String>,
    acquired_at: Option<DateTime>,
}

impl Head {
    pub fn read(rows: &[Row<'_>], decoded: &mut Decoded) -> Self {
        let end = rows.iter().position(|row| row.text.trim_start().starts_with("Signal ")).unwrap_or(rows.len());
        let rows = rows.get(..end).unwrap_or_default();
        let value = |key: &str| value(rows, key);
        let dates: Vec<String> =
            ["Injection Date", "Last changed", "Acq. Date"].iter().filter_map(|key| value(key)).collect();
        let order = DateOrder::of(dates.iter().map(String::as_str));
        let injected = value("Injection Date");
        let acquired_at = injected.as_deref().and_then(|text| chemstation::time(text, order));
        if let (Some(text), None) = (&injected, acquired_at) {
            decoded.warnings.push(format!("injection date '{text}': day and month cannot be told apart"));
        }
        decoded.instrument = Instrument { model: value("Acq. Instrument"), ..chemstation::instrument() };
        let sample_id = ["LIMS ID", "Sample ID", "Sample Name"].iter().find_map(|key| value(key));
        let sample_id = sample_id.or_else(|| {
            let stem = chemstation::stem(&value("Data File")?)?;
            decoded.warnings.push("the report names no sample; its data file does".to_owned());
            Some(stem)
        });
        Self { sample_id, acquired_at }
    }

    pub fn chromatogram(&self, signal: &str) -> Chromatogram {
        Chromatogram { sample_id: self.sample_id.clone(), acquired_at: self.acquired_at, ..chemstation::trace(signal) }
    }

    pub fn reading(&self, reading: Reading) -> Reading {
        Reading { sample_id: self.sample_id.as_deref().map(Into::into), measured_at: self.acquired_at, ..reading }
    }
}

/// The value of a key at the start of a line; `Data File` has no colon in some versions.
fn value(rows: &[Row<'_>], key: &str) -> Option<String> {
    let at = rows.iter().position(|row| of_key(row.text, key).is_some())?;
    let mut value = left(of_key(rows.get(at)?.text, key)?).trim_end().to_owned();
    for more in rows.get(at + 1..).unwrap_or_default() {
        let continued = more.text.starts_with("          ") && !more.text.trim().is_empty();
        if !LEFT.contains(&key) || !continued || right(more.text).is_some() {
            break;
        }
        value.push_str(more.text.trim());
    }
    chemstation::filled(&value)
}

fn of_key<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(key)?;
    let after = rest.trim_start();
    match after.strip_prefix(':') {
        Some(value) => Some(value),
        None => (key == "Data File" && after.len() < rest.len()).then_some(after),
    }
}

/// The left column of what follows a key.
fn left(value: &str) -> &str {
    right(value).and_then(|at| value.get(..at)).unwrap_or(value)
}

/// Where the right column begins.
fn right(line: &str) -> Option<usize> {
    RIGHT
        .iter()
        .filter_map(|key| {
            let (before, after) = line.split_once(key)?;
            let own = before.ends_with("  ") && after.trim_start().starts_with(':');
            own.then_some(before.len())
        })
        .min()
}
