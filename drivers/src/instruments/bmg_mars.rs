//! BMG Labtech MARS: CSV of one plate, the grid below `Raw Data`.
//! From exports of a PHERAstar and another reader.

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::rows::{Row, rows};
use crate::format::{dates, plate};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "bmg-mars",
    maker: "BMG Labtech",
    models: &["MARS", "PHERAstar", "CLARIOstar", "SPECTROstar"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "absorbance plates of 96 and 384 wells",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    let (text, _) = crate::format::encodings::read(head);
    let mut lines = text.lines();
    lines.next().is_some_and(|line| line.starts_with("User: ") && line.contains(",Path: "))
        && lines.next().is_some_and(|line| line.starts_with("Test name: "))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let value = |key: &str| {
        let cells = rows.iter().take(8).flat_map(|row| row.cells(','));
        cells.filter_map(|cell| Some(cell.strip_prefix(key)?.strip_prefix(": ")?.trim().to_owned())).next()
    };
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument { vendor: Some("BMG Labtech".to_owned()), ..Instrument::default() };
    let read_at = value("Date").zip(value("Time")).map(|(date, time)| format!("{date} {time}"));
    let measured_at = read_at.and_then(|text| dates::sure("read", &text, &mut decoded.warnings));
    let mut what: Option<String> = None;
    let mut columns = Vec::new();
    for row in &rows {
        let cells: Vec<_> = row.cells(',').collect();
        let first = cells.first().map(|cell| cell.trim()).unwrap_or_default();
        let heading = plate::heading(&cells);
        match () {
            () if !heading.is_empty() => columns = heading,
            () if plate::is_letter(first) => {
                for (well, literal) in plate::wells(first, &columns, &cells) {
                    let reading = Reading {
                        position: Some(well.into()),
                        analyte: what.as_deref().map(Into::into),
                        measured_at,
                        span: row.span.clone(),
                        ..Reading::default()
                    };
                    decoded.readings.push(plate::measured(reading, literal));
                }
            }
            // `Raw Data (450 1)`: the wavelength.
            () if first.contains(" Data (") || first.starts_with("Raw Data") => {
                what = Some(first.to_owned());
                columns = Vec::new();
            }
            () => {}
        }
    }
    if decoded.readings.is_empty() {
        let found = rows.first().map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: rows.len(), expected: "a grid of wells below 'Raw Data'", found });
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLATE: &str = "User: USER,Path: C:\\Data,Test run no.: 3,,\r\nTest name: ELISA,Date: 2026/3/2,Time: 16:54:03,,\r\n,,,\r\n\
        ID1: 472-0016,,,\r\nAbsorbance,,,\r\n\r\nRaw Data (450 1),,,\r\n\r\n,1,2,3\r\nA,0.031,,0.08\r\nB,,,\r\nC,2.368,>4,\r\n";

    #[test]
    fn empty_wells_are_not_readings() {
        assert!(recognises(PLATE.as_bytes()));
        let decoded = parse(&Message::plain(PLATE.as_bytes().to_vec(), 0)).unwrap();
        let said: Vec<_> = decoded.readings.iter().map(|r| (r.position.as_deref(), r.result.as_deref())).collect();
        assert_eq!(
            said,
            [
                (Some("A1"), Some("0.031")),
                (Some("A3"), Some("0.08")),
                (Some("C1"), Some("2.368")),
                (Some("C2"), Some(">4"))
            ]
        );
        assert_eq!(decoded.readings[0].analyte.as_deref(), Some("Raw Data (450 1)"));
        assert_eq!(decoded.readings[0].measured_at.map(|t| t.to_string()).as_deref(), Some("2026-03-02T16:54:03"));
    }

    #[test]
    fn a_head_alone_is_a_fault() {
        let head = PLATE.split("Raw Data").next().unwrap_or_default();
        assert!(parse(&Message::plain(head.as_bytes().to_vec(), 0)).is_err());
    }
}
