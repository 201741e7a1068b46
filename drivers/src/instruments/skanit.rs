//! Thermo SkanIt: XLSX report of plate readers, a grid for each step and plate.
//! From a luminescence report; what a report holds is set in SkanIt, only its grids are read.

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::workbook::{self, Sheet};
use crate::format::{dates, plate};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "skanit",
    maker: "Thermo Fisher",
    models: &["SkanIt", "Multiskan", "Varioskan", "Luminoskan"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a luminescence report of one plate",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK") && workbook::read(bytes).is_ok_and(|sheets| sheets.iter().any(is_report))
}

/// The first rows name the report and the file of the session.
fn is_report(sheet: &Sheet) -> bool {
    let mut texts = sheet.rows.iter().take(5).filter_map(|row| row.cell(0));
    texts.any(|text| text == "Measurement results" || text.ends_with(".skax"))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let sheets = workbook::read(&message.bytes)?;
    let instrument = Instrument {
        vendor: Some("Thermo Fisher".to_owned()),
        software: Some("SkanIt".to_owned()),
        ..Instrument::default()
    };
    let mut decoded = Decoded { instrument, ..Decoded::default() };
    for sheet in sheets.iter().filter(|sheet| is_report(sheet)) {
        take(sheet, &mut decoded, message.bytes.len());
    }
    if decoded.readings.is_empty() {
        return Err(Fault::Nothing("a workbook without a SkanIt report, or a report without a grid"));
    }
    Ok(decoded)
}

/// The grids of a sheet. In the corner of a grid stands the unit; above it the wavelength, and above that the step.
fn take(sheet: &Sheet, decoded: &mut Decoded, len: usize) {
    let dated = sheet
        .rows
        .iter()
        .take(5)
        .filter_map(|row| row.cell(0))
        .find(|text| text.contains(['/', '-']) && text.contains(':'));
    let measured_at = dated.and_then(|text| dates::sure("reported", text, &mut decoded.warnings));
    let (mut step, mut above): (Option<String>, Option<String>) = (None, None);
    let (mut columns, mut unit) = (Vec::new(), None);
    for row in &sheet.rows {
        let cells = row.texts();
        let first = cells.first().copied().unwrap_or_default();
        let heading = plate::heading(&cells);
        match () {
            () if !heading.is_empty() => {
                (columns, unit) = (heading, Some(first.to_owned()).filter(|unit| !unit.is_empty()))
            }
            () if plate::is_letter(first) && !columns.is_empty() => {
                for (well, literal) in plate::wells(first, &columns, &cells) {
                    let place = Reading {
                        position: Some(well.into()),
                        analyte: step.as_deref().map(Into::into),
                        unit: unit.as_deref().map(Into::into),
                        measured_at,
                        span: 0..len,
                        ..Reading::default()
                    };
                    decoded.readings.push(plate::measured(place, literal));
                }
            }
            () if first.is_empty() => {}
            () => {
                // `Wavelength: 450 nm` stands below the step it belongs to.
                if let Some(wavelength) = first.strip_prefix("Wavelength:").map(str::trim) {
                    let name = above.take();
                    let said = (wavelength != "0 nm").then_some(wavelength);
                    step = name.into_iter().chain(said.map(str::to_owned)).reduce(|a, b| format!("{a}, {b}"));
                }
                above = Some(first.to_owned());
                columns = Vec::new();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::workbook::tests::workbook;

    #[test]
    fn each_step_has_its_grid() {
        let bytes = workbook(&[
            &["Measurement results"],
            &["ELISA.skax"],
            &["3/2/2026 3:02:30 PM"],
            &["Absorbance 1"],
            &["Wavelength: 450 nm"],
            &["Plate 1"],
            &["Abs", "1", "2", "3"],
            &["A", "0.105", "", "OVER"],
            &["B", "0.2", "0.25", "1.5"],
            &["Luminescence 2"],
            &["Wavelength: 0 nm"],
            &["RLU", "1", "2"],
            &["A", "105.4", "111.6"],
        ]);
        assert!(recognises(&bytes));
        let decoded = parse(&Message::plain(bytes, 0)).unwrap();
        let said: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.position.as_deref(), r.analyte.as_deref(), r.number, r.unit.as_deref()))
            .collect();
        let (absorbance, light) = (Some("Absorbance 1, 450 nm"), Some("Luminescence 2"));
        assert_eq!(
            said,
            [
                (Some("A1"), absorbance, Some(0.105), Some("Abs")),
                (Some("A3"), absorbance, None, Some("Abs")),
                (Some("B1"), absorbance, Some(0.2), Some("Abs")),
                (Some("B2"), absorbance, Some(0.25), Some("Abs")),
                (Some("B3"), absorbance, Some(1.5), Some("Abs")),
                (Some("A1"), light, Some(105.4), Some("RLU")),
                (Some("A2"), light, Some(111.6), Some("RLU")),
            ]
        );
        assert!(decoded.warnings.iter().any(|w| w.contains("3/2/2026")), "{:?}", decoded.warnings);
    }

    #[test]
    fn another_workbook_is_not_meant() {
        let bytes = workbook(&[&["Well positions", "Label1"]]);
        assert!(!recognises(&bytes));
        assert!(parse(&Message::plain(bytes, 0)).is_err());
    }
}
