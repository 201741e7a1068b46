//! Unchained Labs Lunatic: CSV of a plate or chip, a head of pairs and then one row a measurement.
//! From an export of client version 8.3; names of columns hold line ends.

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::dates;
use crate::format::plate::measured;
use crate::format::rows::{Columns, Row, records};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "lunatic",
    maker: "Unchained Labs",
    models: &["Lunatic", "DropSense"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a table of two DNA samples",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    let (text, encoding) = crate::format::encodings::read(head);
    let records = records(&text, head, encoding);
    let lunatic = text.contains("Lunatic") || text.contains("DropSense");
    lunatic && records.iter().any(is_names)
}

/// The row of names: `Plate ID`, then a place and the name of the sample.
fn is_names(row: &Row<'_>) -> bool {
    let columns = names(row);
    columns.place(&["Plate ID"]).is_some() && columns.place(&["Sample name"]).is_some()
}

/// Names with their line ends made blanks: `Concentration (ng/ul)`.
fn names(row: &Row<'_>) -> Columns {
    let text = row.text.replace("\r\n", " ").replace(['\r', '\n'], " ");
    Columns::of(Row { line: row.line, text: &text, span: row.span.clone() }.cells(','))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let records = records(&text, &message.bytes, encoding);
    let Some(at) = records.iter().position(is_names) else {
        let found = records.first().map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: records.len(), expected: "columns 'Plate ID' and 'Sample name'", found });
    };
    let (head, table) = records.split_at_checked(at).unwrap_or_default();
    let value = |key: &str| {
        let row = head.iter().find(|row| row.cells(',').next().as_deref() == Some(key))?;
        row.cells(',').nth(1).map(|cell| cell.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument {
        vendor: Some("Unchained Labs".to_owned()),
        model: Some("Lunatic".to_owned()),
        serial_number: value("Instrument"),
        software: value("Software version"),
    };
    let Some((first, below)) = table.split_first() else { return Ok(decoded) };
    let columns = names(first);
    // A value's column is a ratio or an absorbance (`A260/A280`), or has a unit (`Concentration (ng/ul)`).
    let values: Vec<(usize, String, Option<String>)> =
        columns.names().iter().enumerate().filter_map(|(place, name)| quantity(place, name)).collect();
    let dates: Vec<String> = below
        .iter()
        .filter_map(|row| Some(columns.cell(&row.cells(',').collect::<Vec<_>>(), &["Date"])?.to_owned()))
        .collect();
    let mut times = dates::Times::of(dates.iter().map(String::as_str));
    for row in below.iter().filter(|row| !row.is_blank(',')) {
        let cells: Vec<_> = row.cells(',').collect();
        let cell = |names: &[&str]| columns.cell(&cells, names);
        let read_at = cell(&["Date"]).zip(cell(&["Time"])).map(|(date, time)| format!("{date} {time}"));
        let place = Reading {
            sample_id: cell(&["Sample name"]).map(Into::into),
            position: cell(&["Plate Position", "Position"]).map(Into::into),
            measured_at: read_at.and_then(|text| times.read(&text)),
            span: row.span.clone(),
            ..Reading::default()
        };
        for (column, analyte, unit) in &values {
            let Some(literal) = cells.get(*column).map(|cell| cell.trim()).filter(|text| !text.is_empty()) else {
                continue;
            };
            let own = Reading {
                analyte: Some(analyte.as_str().into()),
                unit: unit.as_deref().map(Into::into),
                ..place.clone()
            };
            decoded.readings.push(measured(own, literal));
        }
    }
    decoded.warnings.extend(times.warning());
    Ok(decoded)
}

fn quantity(place: usize, name: &str) -> Option<(usize, String, Option<String>)> {
    if let Some((what, unit)) = name.split_once('(') {
        return Some((place, what.trim().to_owned(), Some(unit.trim_end_matches(')').trim().to_owned())));
    }
    let absorbance =
        name.split('/').all(|part| part.strip_prefix('A').is_some_and(|digits| digits.parse::<u16>().is_ok()));
    absorbance.then(|| (place, name.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "Report,,,\r\nInstrument,123456,,\r\nSoftware version,8.2.0,,\r\nPlate type,Lunatic Plate,,\r\n,,,\r\n\
        Plate ID,\"Plate\r\nPosition\",Sample name,\"Concentration\r\n(ng/ul)\",A260/A280,A260,Sample group,Date,Time\r\n\
        P1,A1,26-041,182.6,1.94,3.65,G,28/02/2026,10:15:59\r\nP1,B1,,n.a.,,3.66,G,01/08/2026,10:15:59\r\n";

    #[test]
    fn each_quantity_of_a_row_is_a_reading() {
        assert!(recognises(TABLE.as_bytes()));
        let decoded = parse(&Message::plain(TABLE.as_bytes().to_vec(), 0)).unwrap();
        let said: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.position.as_deref(), r.analyte.as_deref(), r.number, r.unit.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                (Some("A1"), Some("Concentration"), Some(182.6), Some("ng/ul")),
                (Some("A1"), Some("A260/A280"), Some(1.94), None),
                (Some("A1"), Some("A260"), Some(3.65), None),
                (Some("B1"), Some("Concentration"), None, Some("ng/ul")),
                (Some("B1"), Some("A260"), Some(3.66), None),
            ]
        );
        assert_eq!(decoded.readings[0].sample_id.as_deref(), Some("26-041"));
        assert_eq!(decoded.readings[0].measured_at.map(|t| t.to_string()).as_deref(), Some("2026-02-28T10:15:59"));
        assert_eq!(decoded.readings[3].sample_id, None);
        assert_eq!(decoded.instrument.serial_number.as_deref(), Some("123456"));
        assert!(decoded.warnings.is_empty(), "{:?}", decoded.warnings);
        let doubtful = parse(&Message::plain(TABLE.replace("28/02", "02/03").into_bytes(), 0)).unwrap();
        assert_eq!((doubtful.warnings.len(), doubtful.readings[0].measured_at), (1, None));
    }

    #[test]
    fn a_report_without_its_table_is_a_fault() {
        let head = TABLE.split("Plate ID").next().unwrap_or_default();
        assert!(parse(&Message::plain(head.as_bytes().to_vec(), 0)).is_err());
    }
}
