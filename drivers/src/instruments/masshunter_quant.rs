//! Agilent MassHunter Quantitative Analysis: the batch table as CSV, a row for each sample, a group of columns for
//! each compound. Two rows of names: groups, then columns. From four exports; the format has no public document.

mod columns;

use std::borrow::Cow;

use super::{chemstation, masshunter};
use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Instrument, Message, Peak, Profile, Proof, Reading, Rejected, Serial,
    Transport,
};
use crate::format::dates::{self, DateOrder};
use crate::format::encodings;
use crate::format::numbers::number;
use crate::format::rows::records;
use crate::link::whole::Whole;
use columns::{Columns, Compound, cell};

pub static PROFILE: Profile = Profile {
    id: "masshunter-quant",
    maker: "Agilent",
    models: &["MassHunter Quantitative Analysis"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "batch tables of a GC-MS and of triple quadrupoles",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// The separator of a table: comma, tab, or semicolon where the comma is the decimal sign.
fn separator(first: &str) -> Option<char> {
    [',', '\t', ';'].into_iter().find(|mark| first.strip_prefix("Sample").is_some_and(|rest| rest.starts_with(*mark)))
}

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(65536)).unwrap_or_default();
    let (text, _) = encodings::read(head);
    let mut lines = text.lines();
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    separator(first).is_some()
        && first.contains(" Results")
        && ["Name", "Data File", "Acq. Date-Time"].iter().any(|name| second.contains(name))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let rows = records(&text, &message.bytes, encoding);
    let (groups, names) = match rows.as_slice() {
        [groups, names, ..] => (groups, names),
        _ => return Err(Fault::Line { line: 1, expected: "two rows of names", found: "the end".to_owned() }),
    };
    let separator = separator(groups.text).ok_or_else(|| Fault::Line {
        line: 1,
        expected: "the group `Sample`",
        found: groups.quoted(),
    })?;
    let columns = Columns::read(groups.cells(separator), names.cells(separator));
    if columns.names_no_sample() {
        let found = names.quoted();
        return Err(Fault::Line { line: 2, expected: "a column `Name` or `Data File` under `Sample`", found });
    }
    let filled = rows.get(2..).unwrap_or_default().iter().filter(|row| !row.is_blank(separator));
    let table: Vec<(_, Vec<_>)> = filled.map(|row| (row, row.cells(separator).collect())).collect();
    let times: Vec<&str> = table.iter().filter_map(|(_, cells)| cell(cells, columns.acquired)).collect();
    let order = DateOrder::of(times.iter().copied());
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument { software: Some("MassHunter".to_owned()), ..chemstation::instrument() };
    if order.is_none()
        && let Some(text) = times.iter().find(|text| dates::read(text, None).is_none())
    {
        decoded.warnings.push(format!("acquired '{text}': day and month cannot be told apart"));
    }
    for (row, cells) in &table {
        let Some(sample_id) = cell(cells, columns.name).or_else(|| cell(cells, columns.file)) else {
            let reason = format!("line {}: expected a sample, found '{}'", row.line, row.quoted());
            decoded.rejected.push(Rejected { offset: row.span.start, reason });
            continue;
        };
        let sample = Reading {
            sample_id: Some(sample_id.into()),
            position: cell(cells, columns.position).map(Into::into),
            role: masshunter::role(cell(cells, columns.kind).unwrap_or_default()),
            measured_at: cell(cells, columns.acquired).and_then(|text| dates::read(text, order)),
            flags: columns.marks(cells),
            span: row.span.clone(),
            ..Reading::default()
        };
        let told = columns.compounds.iter().map(|compound| tell(compound, cells));
        let mut run = Chromatogram {
            sample_id: sample.sample_id.as_deref().map(str::to_owned),
            acquired_at: sample.measured_at,
            ..Chromatogram::default()
        };
        for (peak, reading) in told {
            run.peaks.extend(peak);
            decoded.readings.extend(reading.map(|own| Reading {
                flags: [sample.flags.clone(), own.flags].concat(),
                analyte: own.analyte,
                result: own.result,
                number: own.number,
                censored: own.censored,
                unit: own.unit,
                ..sample.clone()
            }));
        }
        decoded.chromatograms.push(run);
    }
    Ok(decoded)
}

/// The peak and the amount of one compound in one row; a blank cell says nothing.
fn tell(compound: &Compound, cells: &[Cow<'_, str>]) -> (Option<Peak>, Option<Reading>) {
    let value = |at| cell(cells, at).and_then(number);
    let literal = cell(cells, compound.amount);
    let unit = cell(cells, compound.unit).map(str::to_owned);
    let (area, time) = (value(compound.area), value(compound.time));
    let peak = (area.is_some() || time.is_some()).then(|| Peak {
        name: Some(compound.name.clone()),
        retention_time_min: time,
        area,
        height: value(compound.height),
        amount: literal.and_then(number),
        unit: unit.clone().filter(|_| literal.is_some()),
        ..Peak::default()
    });
    let by_hand = cell(cells, compound.by_hand).filter(|text| text.eq_ignore_ascii_case("true"));
    let reading = literal.map(|literal| Reading {
        analyte: Some(compound.name.as_str().into()),
        unit: unit.map(Into::into),
        flags: by_hand.map(|_| "MI".to_owned()).into_iter().collect(),
        ..masshunter::amount(literal)
    });
    (peak, reading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Censored, Role};

    const TABLE: &str = "Sample,,,,,,chlorpyrifos Method,chlorpyrifos Results,,,,Qualifier (197.0 -> 169.0) Results,\
        \"2,4-D (ISTD) Results\",\r\n\
        ,Name,Data File,Type,Level,Acq. Date-Time,Units,RT,Resp.,Final Conc.,MI,Ratio,RT,Resp.\r\n\
        !,26-041,a.d,Sample,,3/2/2026 2:30 PM,mg/kg,6.842,109108,0.0510,True,46.2,5.1,2592\r\n\
        ,STD 3,b.d,Cal,3,3/13/2026 14:45,mg/kg,6.840,5000,0.1000,False,45,5.1,2600\r\n\
        ,26-042,c.d,Sample,,3/13/2026 15:00,mg/kg,,,,,,5.1,2610\r\n\
        ,26-043,d.d,Sample,,3/13/2026 15:15,mg/kg,,,ND,,,5.1,2620\r\n";

    fn read(text: &str) -> Decoded {
        assert!(recognises(text.as_bytes()));
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn a_row_is_a_sample_and_a_group_of_columns_a_compound() {
        let decoded = read(TABLE);
        let readings: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.sample_id.as_deref(), r.analyte.as_deref(), r.result.as_deref(), r.censored, r.role))
            .collect();
        let compound = Some("chlorpyrifos");
        assert_eq!(
            readings,
            [
                (Some("26-041"), compound, Some("0.0510"), None, Role::Unknown),
                (Some("STD 3"), compound, Some("0.1000"), None, Role::Calibrator),
                (Some("26-043"), compound, Some("ND"), Some(Censored::NotDetected), Role::Unknown),
            ]
        );
        let first = &decoded.readings[0];
        assert_eq!(
            (first.unit.as_deref(), first.flags.as_slice()),
            (Some("mg/kg"), ["!".to_owned(), "MI".to_owned()].as_slice())
        );
        assert_eq!(first.measured_at.map(|time| time.to_string()).as_deref(), Some("2026-03-02T14:30:00"));
    }

    #[test]
    fn peaks_keep_their_areas_and_a_comma_in_a_name_splits_no_group() {
        let decoded = read(TABLE);
        let areas: Vec<Vec<_>> = decoded
            .chromatograms
            .iter()
            .map(|run| run.peaks.iter().map(|peak| (peak.name.as_deref().unwrap(), peak.area.unwrap())).collect())
            .collect();
        assert_eq!(areas[0], [("chlorpyrifos", 109108.0), ("2,4-D (ISTD)", 2592.0)]);
        assert_eq!(areas[2], [("2,4-D (ISTD)", 2610.0)]);
    }

    #[test]
    fn a_name_of_two_lines_is_one_cell() {
        let decoded = read("Sample,DDT Results\r\nName,Area\r\n\"26-041\r\nagain\",5\r\n26-042,6\r\n");
        let areas: Vec<_> = decoded.chromatograms.iter().map(|run| run.peaks[0].area).collect();
        assert_eq!(areas, [Some(5.0), Some(6.0)]);
    }

    #[test]
    fn a_second_injection_of_a_sample_is_one_of_its_own() {
        let decoded = read(&TABLE.replace("STD 3", "26-041"));
        let own = decoded.chromatograms.iter().filter(|run| run.sample_id.as_deref() == Some("26-041")).count();
        assert_eq!(own, 2);
    }

    #[test]
    fn a_table_that_names_no_sample_is_refused() {
        let text = "Sample,DDT Results\r\nAcq. Date-Time,Area\r\n3/13/2026 14:45,5\r\n";
        let fault = parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "line 2: expected a column `Name` or `Data File` under `Sample`, found 'Acq. Date-Time,Area'"
        );
    }

    #[test]
    fn names_in_latin_1_are_read() {
        let bytes = b"Sample,DDT Results\r\nName,Area\r\nB\xF6siger,5\r\n".to_vec();
        let decoded = parse(&Message::plain(bytes, 0)).unwrap();
        assert_eq!(decoded.chromatograms[0].sample_id.as_deref(), Some("Bösiger"));
        assert_eq!(decoded.encoding, Some("windows-1252"));
    }
}
