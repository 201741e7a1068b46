//! BioTek Gen5: text report of one plate, endpoint grids and kinetic tables.
//! From reports of two versions; what a report holds is set in its export, the parts are recognised by their form.

mod kinetic;

use std::collections::BTreeMap;

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::rows::{Row, rows};
use crate::format::{dates, plate};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "biotek-gen5",
    maker: "BioTek",
    models: &["Gen5", "Synergy", "Epoch", "ELx808", "Cytation"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "two endpoint reports and a growth curve",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    let (text, _) = crate::format::encodings::read(head);
    let known = ["Software Version\t", "Reader Type:", "Procedure Details"];
    known.iter().all(|key| text.lines().any(|line| line.starts_with(key)))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let value = |key: &str| {
        let pairs = rows.iter().filter_map(|row| row.text.split_once('\t'));
        let own = pairs.filter(|(own, _)| own.trim_end_matches(':') == key).map(|(_, value)| value.trim());
        own.into_iter().find(|value| !value.is_empty() && !value.eq_ignore_ascii_case("n/a") && *value != "Unknown")
    };
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument {
        vendor: Some("BioTek".to_owned()),
        model: value("Reader Type").map(str::to_owned),
        serial_number: value("Reader Serial Number").map(str::to_owned),
        software: value("Software Version").map(|version| format!("Gen5 {version}")),
    };
    let read_at = value("Date").zip(value("Time")).map(|(date, time)| format!("{date} {time}"));
    let measured_at = read_at.and_then(|text| dates::sure("read", &text, &mut decoded.warnings));

    let layout = Layout::read(&rows);
    let place = Reading { measured_at, ..Reading::default() };
    for at in 0..rows.len() {
        let (above, below) = rows.split_at_checked(at).unwrap_or_default();
        match above.last().map(|row| row.text.trim()) {
            Some("Results") => decoded.readings.extend(grid(below, &layout, &place)),
            _ => decoded.chromatograms.extend(kinetic::read(below, measured_at)),
        }
    }
    if decoded.readings.is_empty() && decoded.chromatograms.is_empty() {
        let found = rows.iter().find(|row| !row.text.trim().is_empty()).map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: rows.len(), expected: "a grid below 'Results', or a table of times", found });
    }
    Ok(decoded)
}

/// One row of a grid, with the letter of its plate row: several kinds of value may stand below each other in one.
fn lines<'r, 'a>(rows: &'r [Row<'a>]) -> Option<(Vec<(usize, u32)>, Vec<(String, &'r Row<'a>)>)> {
    let (heading, below) = rows.split_first()?;
    let columns = plate::heading(&heading.cells('\t').collect::<Vec<_>>());
    if columns.is_empty() {
        return None;
    }
    let mut letter = None;
    let lines = below.iter().take_while(|row| !row.is_blank('\t')).map_while(|row| {
        let first = row.cells('\t').next()?.trim().to_owned();
        match first.is_empty() {
            true => {}
            false if plate::is_letter(&first) => letter = Some(first),
            false => return None,
        }
        Some((letter.clone()?, row))
    });
    Some((columns, lines.collect()))
}

/// The wells of a grid. What they are stands behind the last column: `abs450:450`, `[Concentration]`.
fn grid(rows: &[Row<'_>], layout: &Layout, place: &Reading) -> Vec<Reading> {
    let Some((columns, lines)) = lines(rows) else { return Vec::new() };
    let behind = columns.last().map_or(0, |(place, _)| place + 1);
    let mut readings = Vec::new();
    for (letter, row) in lines {
        let cells: Vec<_> = row.cells('\t').collect();
        let kind = cells.get(behind).map(|cell| cell.trim().to_owned()).filter(|kind| !kind.is_empty());
        for (well, literal) in plate::wells(&letter, &columns, &cells) {
            let name = layout.name(&well);
            let reading = Reading {
                sample_id: name.map(Into::into),
                role: name.map(plate::role).unwrap_or_default(),
                position: Some(well.into()),
                analyte: kind.as_deref().map(Into::into),
                span: row.span.clone(),
                ..place.clone()
            };
            readings.push(plate::measured(reading, literal));
        }
    }
    readings
}

/// Which well holds what, from the grid below `Layout`.
struct Layout {
    names: BTreeMap<String, String>,
}

impl Layout {
    fn read(rows: &[Row<'_>]) -> Self {
        let at = rows.iter().position(|row| row.text.trim() == "Layout").map_or(rows.len(), |at| at + 1);
        let grid = lines(rows.get(at..).unwrap_or_default());
        let (columns, lines) = grid.unwrap_or_default();
        let named = lines.iter().filter(|(_, row)| row.text.trim_end().ends_with("Well ID"));
        let wells = named.flat_map(|(letter, row)| {
            let cells: Vec<_> = row.cells('\t').collect();
            let wells = plate::wells(letter, &columns, &cells);
            wells.into_iter().map(|(well, name)| (well, name.to_owned())).collect::<Vec<_>>()
        });
        Self { names: wells.collect() }
    }

    fn name(&self, well: &str) -> Option<&str> {
        self.names.get(well).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Role;

    const REPORT: &str = "\r\n\r\nSoftware Version\t3.12.08\r\n\r\nPlate Number\tPlate 1\r\nDate\t2026/3/2\r\n\
        Time\t5:27:15 PM\r\nReader Type:\tSynergy H1\r\nReader Serial Number:\tUnknown\r\n\r\nProcedure Details\r\n\r\n\
        Layout\r\n\t1\t2\t3\r\nA\tSTD1\tSPL1:1\tBLK\tWell ID\r\n\t2000\t1\t\tConc/Dil\r\n\r\nResults\r\n\t1\t2\t3\r\n\
        A\t2.100\tOVRFLW\t-0.000\tabs450:450\r\n\t198.42\t\t0.302\t[Concentration]\r\nB\t0.051\t\t\tabs450:450\r\n\r\n";

    fn read(text: &str) -> Decoded {
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn a_grid_has_several_values_a_well_and_the_layout_names_them() {
        assert!(recognises(REPORT.as_bytes()));
        let decoded = read(REPORT);
        let said: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| {
                (r.position.as_deref(), r.sample_id.as_deref(), r.analyte.as_deref(), r.result.as_deref(), r.number)
            })
            .collect();
        let (absorbance, amount) = (Some("abs450:450"), Some("[Concentration]"));
        assert_eq!(
            said,
            [
                (Some("A1"), Some("STD1"), absorbance, Some("2.100"), Some(2.1)),
                (Some("A2"), Some("SPL1:1"), absorbance, Some("OVRFLW"), None),
                (Some("A3"), Some("BLK"), absorbance, Some("-0.000"), Some(-0.0)),
                (Some("A1"), Some("STD1"), amount, Some("198.42"), Some(198.42)),
                (Some("A3"), Some("BLK"), amount, Some("0.302"), Some(0.302)),
                (Some("B1"), None, absorbance, Some("0.051"), Some(0.051)),
            ]
        );
        assert_eq!(decoded.readings[1].flags, ["OVRFLW"]);
        assert_eq!((decoded.readings[0].role, decoded.readings[2].role), (Role::Calibrator, Role::Blank));
        assert_eq!(decoded.readings[0].measured_at.map(|t| t.to_string()).as_deref(), Some("2026-03-02T17:27:15"));
        assert_eq!(decoded.instrument.serial_number, None);
    }

    #[test]
    fn a_kinetic_run_is_a_curve_for_each_well() {
        let text = REPORT.replace(
            "Results",
            "600\r\n\r\nTime\tT\u{b0} 600\tA1\tA2\r\n0:00:22\t30.0\t-0.066\t0.1\r\n0:04:22\t30.0\t-0.068\t0.2\r\n0:00:00\r\n\r\nResults",
        );
        let decoded = read(&text);
        let [first, second] = decoded.chromatograms.as_slice() else { panic!("two wells") };
        assert_eq!((first.channel.as_deref(), first.signal.as_slice()), (Some("A1"), [-0.066, -0.068].as_slice()));
        assert_eq!(second.points, 2);
        assert!(second.interval_min.is_some_and(|minutes| (minutes - 4.0).abs() < 1e-9), "{second:?}");
        assert_eq!(decoded.readings.len(), 6);
    }

    #[test]
    fn a_report_without_results_is_a_fault() {
        let text = REPORT.split("Results").next().unwrap_or_default();
        assert!(parse(&Message::plain(text.as_bytes().to_vec(), 0)).is_err());
    }
}
