//! Thermo NanoDrop: table of a plate, one row a measurement, as text with tabs or as CSV.
//! From a file of a NanoDrop 8000 (protein A280).

use crate::contract::{
    Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Rejected, Serial, Transport,
};
use crate::format::dates;
use crate::format::plate::measured;
use crate::format::rows::{Columns, Row, rows};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "nanodrop",
    maker: "Thermo Fisher",
    models: &["NanoDrop 8000", "NanoDrop 2000"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a table of seven proteins of a NanoDrop 8000",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

const AMOUNT: &[&str] = &["conc.", "Conc.", "ng/ul", "Nucleic Acid Conc."];
/// Absorbances at 10 mm, of the method that was used.
const ABSORBANCE: &[&str] = &["A280 10mm", "A260 10mm", "A280", "A260"];

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let (text, encoding) = crate::format::encodings::read(head);
    rows(&text, head, encoding).first().and_then(table).is_some()
}

fn table(row: &Row<'_>) -> Option<(char, Columns)> {
    ['\t', ','].into_iter().find_map(|separator| {
        let columns = Columns::of(row.cells(separator));
        let own = columns.place(&["Sample ID"]).is_some() && columns.place(&["Cursor Pos.", "260/280"]).is_some();
        (own && columns.place(ABSORBANCE).or(columns.place(AMOUNT)).is_some()).then_some((separator, columns))
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let (names, below) = rows.split_first().ok_or(Fault::Nothing("an empty file"))?;
    let (separator, columns) = table(names).ok_or_else(|| Fault::Line {
        line: 1,
        expected: "columns 'Sample ID', '260/280' and an absorbance or a concentration",
        found: names.quoted(),
    })?;
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument {
        vendor: Some("Thermo Fisher".to_owned()),
        model: Some("NanoDrop".to_owned()),
        ..Instrument::default()
    };
    let dates: Vec<String> = below
        .iter()
        .filter_map(|row| Some(columns.cell(&row.cells(separator).collect::<Vec<_>>(), &["Date"])?.to_owned()))
        .collect();
    let mut times = dates::Times::of(dates.iter().map(String::as_str));
    for row in below.iter().filter(|row| !row.is_blank(separator)) {
        let cells: Vec<_> = row.cells(separator).collect();
        let cell = |names: &[&str]| columns.cell(&cells, names);
        let read_at = cell(&["Date"]).zip(cell(&["Time"])).map(|(date, time)| format!("{date} {time}"));
        let place = Reading {
            sample_id: cell(&["Sample ID"]).map(Into::into),
            position: cell(&["Well", "Pos."]).map(Into::into),
            measured_at: read_at.and_then(|text| times.read(&text)),
            span: row.span.clone(),
            ..Reading::default()
        };
        let before = decoded.readings.len();
        for (names, unit) in [(AMOUNT, cell(&["units", "Unit", "Units"])), (ABSORBANCE, None)] {
            let Some(literal) = cell(names) else { continue };
            let name = columns.place(names).and_then(|at| columns.names().get(at)).cloned();
            let own = Reading { analyte: name.map(Into::into), unit: unit.map(Into::into), ..place.clone() };
            decoded.readings.push(measured(own, literal));
        }
        if decoded.readings.len() == before {
            decoded.rejected.push(Rejected {
                offset: row.span.start,
                reason: format!(
                    "line {}: expected a concentration or an absorbance, found '{}'",
                    row.line,
                    row.quoted()
                ),
            });
        }
    }
    decoded.warnings.extend(times.warning());
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "Plate ID\tWell \tSample ID\tUser ID\tDate \tTime \tconc. \tunits \t260/280 \tA280 10mm\tCursor Pos.\r\n\
        P1\tA1\t26-041\tDefault\t5/26/2026\t3:36 PM\t1.961\tmg/ml\t0.59\t3.177\t280\r\n\
        P1\tB1\tBlank 1\tDefault\t5/6/2026\t3:36 PM\t\tmg/ml\t\t-0.001\t280\r\nP1\tC1\tx\tDefault\t\t\t\t\t\t\t\r\n\t\r\n";

    #[test]
    fn a_row_is_a_concentration_and_an_absorbance() {
        for text in [TABLE.to_owned(), TABLE.replace('\t', ",")] {
            assert!(recognises(text.as_bytes()));
            let decoded = parse(&Message::plain(text.into_bytes(), 0)).unwrap();
            let said: Vec<_> = decoded
                .readings
                .iter()
                .map(|r| (r.position.as_deref(), r.analyte.as_deref(), r.result.as_deref(), r.unit.as_deref()))
                .collect();
            assert_eq!(
                said,
                [
                    (Some("A1"), Some("conc."), Some("1.961"), Some("mg/ml")),
                    (Some("A1"), Some("A280 10mm"), Some("3.177"), None),
                    (Some("B1"), Some("A280 10mm"), Some("-0.001"), None),
                ]
            );
            assert_eq!(decoded.readings[0].measured_at.map(|t| t.to_string()).as_deref(), Some("2026-05-26T15:36:00"));
            assert_eq!(decoded.readings[2].measured_at.map(|t| t.to_string()).as_deref(), Some("2026-05-06T15:36:00"));
            assert_eq!((decoded.rejected.len(), decoded.warnings.len()), (1, 0));
        }
    }

    #[test]
    fn other_tables_are_not_meant() {
        assert!(!recognises(b"Sample ID\tResult\r\n"));
        assert!(parse(&Message::plain(b"Sample ID\tResult\r\n".to_vec(), 0)).is_err());
    }
}
