//! Mettler Toledo DL55 titrator: the results R1, R2 … of each sample, as an operator keeps them in a workbook.
//! From one workbook of a water laboratory; the titrator itself prints, so columns are those of that laboratory.

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::plate;
use crate::format::workbook::{self, Row, Sheet};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "mettler-dl55",
    maker: "Mettler Toledo",
    models: &["DL55"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a workbook with 64 results of 8 samples",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// Columns: the sample's place in the series (which Excel takes for a date: `1/8`), the sample, when, the number of the
/// result (`R1 =`), the value, its unit, its name.
const PLACE: usize = 0;
const SAMPLE: usize = 1;
const WHEN: usize = 2;
const NUMBER: usize = 3;
const VALUE: usize = 4;
const UNIT: usize = 5;
const NAME: usize = 6;

fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK") && workbook::read(bytes).is_ok_and(|sheets| sheets.iter().any(is_series))
}

fn is_series(sheet: &Sheet) -> bool {
    sheet.rows.iter().take(20).filter(|row| is_result(row)).count() >= 2
}

/// Whether a row holds a result: `R1 =` in its column.
fn is_result(row: &Row) -> bool {
    let number = row.cell(NUMBER).and_then(|text| text.strip_prefix('R')?.strip_suffix('='));
    number.is_some_and(|digits| digits.trim_end().parse::<u8>().is_ok())
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let sheets = workbook::read(&message.bytes)?;
    let instrument = Instrument {
        vendor: Some("Mettler Toledo".to_owned()),
        model: Some("DL55".to_owned()),
        ..Instrument::default()
    };
    let mut decoded = Decoded { instrument, ..Decoded::default() };
    for sheet in sheets.iter().filter(|sheet| is_series(sheet)) {
        take(sheet, &mut decoded, message.bytes.len());
    }
    if decoded.readings.is_empty() {
        return Err(Fault::Nothing("a workbook without a row 'R1 =' and a value"));
    }
    Ok(decoded)
}

fn take(sheet: &Sheet, decoded: &mut Decoded, len: usize) {
    let mut sample = Reading { span: 0..len, ..Reading::default() };
    for row in sheet.rows.iter().filter(|row| is_result(row)) {
        // Any of the three begins another sample: one whose name was left out must not get the name of the one before.
        if [PLACE, SAMPLE, WHEN].into_iter().any(|column| row.cell(column).is_some()) {
            sample.sample_id = row.cell(SAMPLE).map(Into::into);
            sample.measured_at = row.cell(WHEN).and_then(|number| sheet.instant(number));
            if let (Some(text), None) = (row.cell(WHEN), sample.measured_at) {
                decoded.warnings.push(format!("row {}: '{text}' is no date and time", row.number));
            }
        }
        let Some(literal) = row.cell(VALUE) else {
            decoded.warnings.push(format!("row {}: no value", row.number));
            continue;
        };
        let named =
            Reading { analyte: row.cell(NAME).map(Into::into), unit: row.cell(UNIT).map(Into::into), ..sample.clone() };
        decoded.readings.push(plate::measured(named, literal));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::workbook::tests::workbook;

    fn series() -> Vec<u8> {
        workbook(&[
            &["46024", "26-071", "46083.3542245370", "R1 =", "7.54", "pH", "pH at start"],
            &["", "", "", "R2 =", "NaN", "mg/L CaCO3", "Alkalinity"],
            &["46055", "", "46083.3611111111", "R1 =", "7.1", "pH", "pH at start"],
            &["", "", "", "R2 =", "", "mg/L CaCO3", "Alkalinity"],
            &["", "", "", "mean", "7.3", "pH", "pH at start"],
        ])
    }

    #[test]
    fn each_result_has_its_sample_and_its_time() {
        assert!(recognises(&series()));
        let decoded = parse(&Message::plain(series(), 0)).unwrap();
        let said: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| {
                let time = r.measured_at.map(|at| at.to_string()).unwrap_or_default();
                (r.sample_id.as_deref(), r.analyte.as_deref(), r.number, r.unit.as_deref(), time)
            })
            .collect();
        let (start, time) = (Some("pH at start"), "2026-03-02T08:30:05".to_owned());
        assert_eq!(
            said,
            [
                (Some("26-071"), start, Some(7.54), Some("pH"), time.clone()),
                (Some("26-071"), Some("Alkalinity"), None, Some("mg/L CaCO3"), time),
                (None, start, Some(7.1), Some("pH"), "2026-03-02T08:40:00".to_owned()),
            ]
        );
        assert_eq!(decoded.warnings, ["row 4: no value"]);
    }

    #[test]
    fn what_could_not_be_computed_is_no_zero() {
        let decoded = parse(&Message::plain(series(), 0)).unwrap();
        assert_eq!((decoded.readings[1].result.as_deref(), decoded.readings[1].number), (Some("NaN"), None));
        assert_eq!(decoded.readings[1].flags, ["NaN"]);
    }

    #[test]
    fn another_workbook_is_not_meant() {
        let bytes = workbook(&[&["Well", "R1 =", "0.5"], &["A1", "R2 =", "0.7"]]);
        assert!(!recognises(&bytes));
        assert!(parse(&Message::plain(bytes, 0)).is_err());
    }
}
