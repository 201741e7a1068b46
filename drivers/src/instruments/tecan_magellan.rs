//! Tecan Magellan: XLSX workbook with the wells below each other, a column a measurement.
//! From a workbook of an ULTRA reader; which lists a workbook has is set in Magellan's export.

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::workbook::{self, Row, Sheet};
use crate::format::{dates, plate};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "tecan-magellan",
    maker: "Tecan",
    models: &["Magellan", "ULTRA", "Sunrise", "Infinite"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a workbook of 384 wells at two wavelengths",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

const WELLS: &str = "Well positions";

fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK")
        && workbook::read(bytes).is_ok_and(|sheets| sheets.iter().any(|sheet| heading(sheet).is_some()))
}

/// Place of the row that begins with `Well positions`.
fn heading(sheet: &Sheet) -> Option<usize> {
    sheet.rows.iter().position(|row| row.cell(0) == Some(WELLS))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let sheets = workbook::read(&message.bytes)?;
    let mut decoded = Decoded::default();
    for sheet in &sheets {
        let Some(at) = heading(sheet) else { continue };
        let (above, below) = sheet.rows.split_at_checked(at + 1).unwrap_or_default();
        let about = About::read(below);
        decoded.instrument = Instrument {
            vendor: Some("Tecan".to_owned()),
            serial_number: about.value("Instrument serial number").map(str::to_owned),
            software: Some("Magellan".to_owned()),
            ..Instrument::default()
        };
        let measured_at = about.measured_at(&mut decoded.warnings);
        let labels = above.last().map(Row::texts).unwrap_or_default();
        for row in below.iter().filter(|row| row.cell(0).is_some_and(plate::is_well)) {
            for (index, label) in labels.iter().enumerate().skip(1).filter(|(_, label)| !label.is_empty()) {
                let Some(literal) = row.cell(index) else { continue };
                let place = Reading {
                    position: row.cell(0).map(Into::into),
                    analyte: Some(about.wavelength(index).unwrap_or(label).into()),
                    unit: about.value("Unit").map(Into::into),
                    measured_at,
                    span: 0..message.bytes.len(),
                    ..Reading::default()
                };
                decoded.readings.push(plate::measured(place, literal));
            }
        }
    }
    if decoded.readings.is_empty() {
        return Err(Fault::Nothing("a workbook without a list of wells below 'Well positions'"));
    }
    Ok(decoded)
}

/// What stands in the first column below the wells: one `key: value` a row.
struct About<'r> {
    lines: Vec<&'r str>,
}

impl<'r> About<'r> {
    fn read(rows: &'r [Row]) -> Self {
        Self { lines: rows.iter().filter_map(|row| row.cell(0)).filter(|text| !plate::is_well(text)).collect() }
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &'r str> {
        let pairs = self.lines.iter().filter_map(|line| line.split_once(':'));
        pairs.filter(move |(own, _)| *own == key).map(|(_, value)| value.trim())
    }

    fn value(&self, key: &str) -> Option<&'r str> {
        self.values(key).next()
    }

    /// The wavelength of the measurement in this column: they are described in the order of their columns.
    fn wavelength(&self, column: usize) -> Option<&'r str> {
        self.values("Measurement wavelength").nth(column.checked_sub(1)?)
    }

    /// `Date of measurement: 2021-07-08/Time of measurement: 14:34:46`.
    fn measured_at(&self, warnings: &mut Vec<String>) -> Option<jiff::civil::DateTime> {
        let line = self.lines.iter().find_map(|line| line.strip_prefix("Date of measurement: "))?;
        let (date, time) = line.split_once("/Time of measurement: ")?;
        dates::sure("read", &format!("{date} {time}"), warnings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::workbook::tests::workbook;

    #[test]
    fn a_well_has_a_value_a_measurement() {
        let bytes = workbook(&[
            &[WELLS, "Label1", "Label2"],
            &["", "0s", "0s"],
            &["A1", "0.0557", "0.0509"],
            &["A2", "OVER", "0.049"],
            &["Date of measurement: 2026-03-02/Time of measurement: 14:34:46"],
            &["Instrument serial number: 12901"],
            &["Measurement wavelength: 485 nm"],
            &["Unit: OD"],
            &["Measurement wavelength: 560 nm"],
        ]);
        assert!(recognises(&bytes));
        let decoded = parse(&Message::plain(bytes, 0)).unwrap();
        let said: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.position.as_deref(), r.analyte.as_deref(), r.number, r.flags.len()))
            .collect();
        let (a, b) = (Some("485 nm"), Some("560 nm"));
        assert_eq!(
            said,
            [
                (Some("A1"), a, Some(0.0557), 0),
                (Some("A1"), b, Some(0.0509), 0),
                (Some("A2"), a, None, 1),
                (Some("A2"), b, Some(0.049), 0),
            ]
        );
        assert_eq!(decoded.readings[0].measured_at.map(|t| t.to_string()).as_deref(), Some("2026-03-02T14:34:46"));
        assert_eq!(decoded.readings[0].unit.as_deref(), Some("OD"));
    }

    #[test]
    fn another_workbook_is_not_meant() {
        let bytes = workbook(&[&["Measurement results"]]);
        assert!(!recognises(&bytes));
        assert!(parse(&Message::plain(bytes, 0)).is_err());
    }
}
