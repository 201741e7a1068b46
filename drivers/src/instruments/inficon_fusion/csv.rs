//! The table of results: a row a run, four blocks of columns (concentration, the same normalised, area, retention
//! time), each with the same compounds in the same order under the detectors that measured them.

use jiff::civil::DateTime;

use crate::contract::{Censored, Chromatogram, Decoded, Fault, Peak, Reading, Rejected};
use crate::format::numbers::{self, number};
use crate::format::rows::{Row, rows};
use crate::format::times;

pub fn read(bytes: &[u8]) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(bytes);
    let rows = rows(&text, bytes, encoding);
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    let mut table: Option<Table> = None;
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.cells(',').map(|cell| cell.trim().to_owned()).collect();
        match cells.get(1).map(String::as_str) {
            // Other methods may follow below with columns of their own.
            Some("SampleName") => table = Some(Table::read(row, &cells, rows.get(index + 1), rows.get(index + 2))?),
            _ if row.is_blank(',') => {}
            Some(_) => match &table {
                Some(table) if index > table.line => take(&mut decoded, table, row, &cells),
                _ => {}
            },
            None => decoded.rejected.push(Rejected {
                offset: row.span.start,
                reason: format!("line {}: expected a run, found '{}'", row.line, row.quoted()),
            }),
        }
    }
    if table.is_none() {
        let found = rows.first().map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: rows.len(), expected: "a row with SampleName and Concentration", found });
    }
    Ok(decoded)
}

struct Table {
    /// Index of the last row of names.
    line: usize,
    compounds: Vec<Compound>,
}

/// The places of a compound's cells.
struct Compound {
    name: String,
    detector: Option<String>,
    concentration: usize,
    area: Option<usize>,
    seconds: Option<usize>,
}

impl Table {
    fn read(
        top: &Row<'_>,
        blocks: &[String],
        detectors: Option<&Row<'_>>,
        names: Option<&Row<'_>>,
    ) -> Result<Self, Fault> {
        let fault = |expected| Fault::Line { line: top.line, expected, found: top.quoted() };
        let names_row = names.ok_or_else(|| fault("two rows below it, of detectors and compounds"))?;
        let block = |name: &str| blocks.iter().position(|cell| cell == name);
        let start = block("Concentration").ok_or_else(|| fault("a block Concentration"))?;
        let mut ends: Vec<usize> =
            ["NormalizedConcentration", "Area", "RT(s)"].iter().filter_map(|name| block(name)).collect();
        ends.sort_unstable();
        let names: Vec<String> = names_row.cells(',').map(|cell| cell.trim().to_owned()).collect();
        let end = ends.into_iter().find(|end| *end > start).unwrap_or(names.len());
        let detectors: Vec<String> =
            detectors.map(|row| row.cells(',').map(|cell| cell.trim().to_owned()).collect()).unwrap_or_default();
        let compounds = (start..end.min(names.len())).filter_map(|place| {
            let name = names.get(place).filter(|name| !name.is_empty())?;
            let own = detectors.get(start..=place).unwrap_or_default();
            let other = |block: Option<usize>| block.map(|block| block + (place - start));
            Some(Compound {
                name: name.clone(),
                // A detector stands above the first of its compounds.
                detector: own.iter().rev().find(|name| !name.is_empty()).cloned(),
                concentration: place,
                area: other(block("Area")),
                seconds: other(block("RT(s)")),
            })
        });
        Ok(Self { line: names_row.line.saturating_sub(1), compounds: compounds.collect() })
    }
}

fn take(decoded: &mut Decoded, table: &Table, row: &Row<'_>, cells: &[String]) {
    let sample_id = cells.get(1).filter(|name| !name.is_empty()).cloned();
    let Some(at) = cells.first().and_then(|text| time(text)) else {
        // Statistics of the runs above (`Average`, `% RSD`) belong to no sample.
        if sample_id.is_none() {
            return;
        }
        decoded.rejected.push(Rejected {
            offset: row.span.start,
            reason: format!("line {}: expected a run and its time, found '{}'", row.line, row.quoted()),
        });
        return;
    };
    let mut runs: Vec<Chromatogram> = Vec::new();
    for compound in &table.compounds {
        let cell = |place: Option<usize>| place.and_then(|place| cells.get(place)).map(String::as_str);
        let Some(literal) = cell(Some(compound.concentration)).filter(|text| !text.is_empty()) else { continue };
        let (value, censored) = numbers::read(literal);
        let area = cell(compound.area).and_then(number);
        // A compound without a peak is printed as 0, and one with a dip in its place too: neither was detected.
        let absent = value == Some(0.0) && area.is_some_and(|area| area <= 0.0);
        decoded.readings.push(Reading {
            sample_id: sample_id.as_deref().map(Into::into),
            position: compound.detector.as_deref().map(Into::into),
            analyte: Some(compound.name.as_str().into()),
            result: Some(literal.to_owned()).filter(|_| !absent).map(Into::into),
            number: value.filter(|_| !absent),
            censored: if absent { Some(Censored::NotDetected) } else { censored },
            measured_at: Some(at),
            span: row.span.clone(),
            ..Reading::default()
        });
        if absent || area.is_none() {
            continue;
        }
        let peak = Peak {
            name: Some(compound.name.clone()),
            retention_time_min: cell(compound.seconds).and_then(number).map(|seconds| seconds / 60.0),
            area,
            amount: value,
            ..Peak::default()
        };
        match runs.iter_mut().find(|run| run.detector == compound.detector) {
            Some(run) => run.peaks.push(peak),
            None => runs.push(Chromatogram {
                sample_id: sample_id.clone(),
                acquired_at: Some(at),
                detector: compound.detector.clone(),
                peaks: vec![peak],
                ..Chromatogram::default()
            }),
        }
    }
    decoded.chromatograms.extend(runs);
}

/// `2022-06-08 16:23:13`.
fn time(text: &str) -> Option<DateTime> {
    let (date, clock) = text.split_once(' ')?;
    let [year, month, day] = times::three(date, '-')?;
    Some(times::date(year, month, day)?.to_datetime(times::clock(clock)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = " ,WARNING: CSV format is subject to change without notice.\n\n\
        Method,SampleName,Concentration, , ,NormalizedConcentration, , ,Area, , ,RT(s), , ,\n\
        Detectors,,\"moduleA:tcd\",\" \",\"moduleB:tcd\",\"moduleA:tcd\",\" \",\"moduleB:tcd\",\"moduleA:tcd\",\" \",\"moduleB:tcd\"\n\
        Time (GMT 480 mins),,\"H2\",\"CO\",\"C2H6\",\"H2\",\"CO\",\"C2H6\",\"H2\",\"CO\",\"C2H6\",\"H2\",\"CO\",\"C2H6\"\n\
        2026-03-02 16:23:13,26-041,0.02282,0.00000,0.00012,99.5,0.0,0.5,1618.650,0.000,9.692,52.14,60.16,30.00\n";

    #[test]
    fn a_row_is_a_run_with_a_reading_a_compound() {
        let decoded = read(TABLE.as_bytes()).unwrap();
        let said: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.position.as_deref(), r.analyte.as_deref(), r.result.as_deref(), r.censored))
            .collect();
        let (a, b) = (Some("moduleA:tcd"), Some("moduleB:tcd"));
        assert_eq!(
            said,
            [
                (a, Some("H2"), Some("0.02282"), None),
                (a, Some("CO"), None, Some(Censored::NotDetected)),
                (b, Some("C2H6"), Some("0.00012"), None),
            ]
        );
        assert_eq!(decoded.readings[0].measured_at.map(|at| at.to_string()).as_deref(), Some("2026-03-02T16:23:13"));
        let [first, second] = decoded.chromatograms.as_slice() else { panic!("two detectors") };
        assert_eq!((first.peaks.len(), second.peaks.len()), (1, 1));
        assert_eq!(second.peaks[0].retention_time_min, Some(0.5));
    }

    #[test]
    fn a_run_without_a_time_is_told_and_statistics_are_no_run() {
        let decoded = read(TABLE.replace("2026-03-02 16:23:13", "today").as_bytes()).unwrap();
        assert!(decoded.readings.is_empty());
        assert_eq!(decoded.rejected.len(), 1);
        let decoded = read(format!("{TABLE}Average, ,0.02282,0.0,0.0\n% RSD, ,56.9,100.0,100.0\n").as_bytes()).unwrap();
        assert_eq!((decoded.readings.len(), decoded.rejected.len()), (3, 0));
        assert!(read(b"a,b\nc,d\n").is_err());
    }
}
