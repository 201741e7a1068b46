//! Shimadzu LabSolutions quantitation browser: one block a compound, one row a data file, then statistics.
//! From a table of a Nexera LC-2040C; the format has no public document.

use super::shimadzu_ascii::sections::{Row, Table, rows};
use super::shimadzu_ascii::tables;
use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::dates::{self, DateOrder};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "shimadzu-quant",
    maker: "Shimadzu",
    models: &["LC-2030", "LC-2040C", "LabSolutions"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a quantitation table of an LC-2040C",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let (text, _) = crate::format::encodings::read(head);
    let mut lines = text.lines();
    lines.next().is_some_and(|line| line.starts_with("ID#\t"))
        && lines.next().is_some_and(|line| line.starts_with("Name\t"))
        && lines.next().is_some_and(|line| line.starts_with("\tData Filename\t"))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding, '\t');
    let order =
        DateOrder::of(rows.iter().flat_map(Row::cells).filter(|cell| cell.contains([':']) && cell.contains('/')));
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument { vendor: Some("Shimadzu".to_owned()), ..Instrument::default() };
    let mut compound: Option<&str> = None;
    let mut names: Vec<&str> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let mut cells = row.cells();
        match (cells.next().map(str::trim), cells.next().map(str::trim)) {
            _ if row.is_blank() => {}
            (Some("ID#"), _) => (compound, names) = (None, Vec::new()),
            (Some("Name"), name) => compound = name.filter(|name| !name.is_empty()),
            (Some(""), Some("Data Filename")) => names = row.cells().map(str::trim).collect(),
            // Statistics of the rows above: Average, %RSD, Maximum, Minimum, Std. Dev.
            (Some(""), Some(_)) if !names.is_empty() => {}
            (Some(_), Some(_)) if !names.is_empty() => {
                let table = Table { names: names.clone(), rows: &[] };
                decoded.readings.extend(reading(&table, row, compound, order));
            }
            (first, _) => {
                return Err(Fault::Line {
                    line: index + 1,
                    expected: "ID#, Name, or a row of a table",
                    found: first.unwrap_or_default().chars().take(40).collect(),
                });
            }
        }
    }
    Ok(decoded)
}

fn reading(table: &Table<'_, '_>, row: &Row<'_>, compound: Option<&str>, order: Option<DateOrder>) -> Option<Reading> {
    let literal = table.cell(row, &["Conc."])?;
    let mut reading = Reading {
        sample_id: table.cell(row, &["Sample ID"]).or_else(|| table.cell(row, &["Sample Name"])).map(Into::into),
        role: tables::role(table.cell(row, &["Sample Type"]).unwrap_or_default()),
        analyte: compound.map(Into::into),
        unit: table.cell(row, &["Unit", "Units"]).map(Into::into),
        measured_at: table
            .cell(row, &["Date Acquired", "Acquired", "Acq. Date"])
            .and_then(|text| dates::read(text, order)),
        span: row.span.clone(),
        ..Reading::default()
    };
    tables::amount(&mut reading, literal);
    Some(reading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Censored, Role};

    const TABLE: &str = "ID#\t1\t\t\t\t\nName\tchlorpyrifos\t\t\t\t\n\tData Filename\tSample Name\tSample ID\tSample Type\tConc.\n\
        1\ta.lcd\tS1\t2026-000123\tUnknown\t0.0512\n2\tb.lcd\tS2\t\tStandard\t-----\n\tAverage\t\t\t\t0.0512\n\t\t\t\t\t\n";

    #[test]
    fn rows_are_readings_and_statistics_are_not() {
        let decoded = parse(&Message::plain(TABLE.as_bytes().to_vec(), 0)).unwrap();
        let read: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.sample_id.as_deref(), r.analyte.as_deref(), r.result.as_deref(), r.censored, r.role))
            .collect();
        let compound = Some("chlorpyrifos");
        assert_eq!(
            read,
            [
                (Some("2026-000123"), compound, Some("0.0512"), None, Role::Unknown),
                (Some("S2"), compound, Some("-----"), Some(Censored::NotDetected), Role::Calibrator),
            ]
        );
    }

    #[test]
    fn a_row_outside_a_table_is_a_fault() {
        let fault = parse(&Message::plain(b"ID#\t1\nName\tx\nhello\tworld\n".to_vec(), 0)).unwrap_err();
        assert!(matches!(fault, Fault::Line { line: 3, .. }));
    }
}
