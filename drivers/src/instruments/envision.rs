//! PerkinElmer EnVision: CSV of one or several plates, a grid below each `Results for`.
//! From an export of version 1.14.

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::rows::{Columns, Row, rows};
use crate::format::{dates, plate};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "envision",
    maker: "PerkinElmer",
    models: &["EnVision"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "two absorbance plates",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let (text, _) = crate::format::encodings::read(bytes);
    text.starts_with("Plate information") && text.lines().any(|line| line.starts_with("Results for "))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    let serial = rows.iter().find(|row| row.text.starts_with("Serial#:"));
    let version = rows.iter().find_map(|row| row.text.trim().strip_prefix("Exported with "));
    decoded.instrument = Instrument {
        vendor: Some("PerkinElmer".to_owned()),
        model: Some("EnVision".to_owned()),
        serial_number: serial.and_then(|row| row.cells(',').nth(4)).map(|cell| plain(&cell)),
        software: version.map(|text| text.trim_end_matches(',').to_owned()),
    };
    let stamps: Vec<String> = rows.iter().flat_map(|row| row.cells(',')).map(|cell| cell.trim().to_owned()).collect();
    let stamps = stamps.iter().map(String::as_str).filter(|text| text.contains('/') && text.contains(':'));
    let mut times = dates::Times::of(stamps);
    let mut reading = Reading::default();
    let mut columns = Vec::new();
    // A map of the plate has the same form as its results.
    let mut results = false;
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<_> = row.cells(',').collect();
        let first = cells.first().map(|cell| cell.trim()).unwrap_or_default();
        let heading = plate::heading(&cells);
        match () {
            () if first == "Plate information" => {
                let below = rows.get(index + 1).zip(rows.get(index + 2));
                reading = below.map(|(names, plate)| about(names, plate, &mut times)).unwrap_or_default();
                (columns, results) = (Vec::new(), false);
            }
            () if !heading.is_empty() => columns = if results { heading } else { Vec::new() },
            () if plate::is_letter(first) => {
                for (well, literal) in plate::wells(first, &columns, &cells) {
                    let own = Reading { position: Some(well.into()), span: row.span.clone(), ..reading.clone() };
                    decoded.readings.push(plate::measured(own, literal));
                }
            }
            () if first.is_empty() => {}
            () => {
                let label = first.strip_prefix("Results for ");
                (columns, results) = (Vec::new(), label.is_some());
                reading.analyte = label.map(Into::into);
            }
        }
    }
    decoded.warnings.extend(times.warning());
    if decoded.readings.is_empty() {
        let found = rows.first().map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: rows.len(), expected: "a grid of wells below 'Results for'", found });
    }
    Ok(decoded)
}

/// What the two rows below `Plate information` say of a plate: when it was read, and which repeat it is.
fn about(names: &Row<'_>, plate: &Row<'_>, times: &mut dates::Times) -> Reading {
    let columns = Columns::of(names.cells(','));
    let cells: Vec<_> = plate.cells(',').collect();
    let read_at = columns.cell(&cells, &["Measurement date", "Measurement date "]);
    Reading {
        measured_at: read_at.and_then(|text| times.read(text)),
        replicate: columns.cell(&cells, &["Repeat"]).and_then(|text| text.parse().ok()),
        ..Reading::default()
    }
}

/// `="1050242"`, written so that Excel keeps it a text.
fn plain(cell: &str) -> String {
    cell.trim().trim_start_matches('=').trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLATES: &str = "Plate information\nPlate,Repeat,Barcode,Measurement date,\n1,1,=\"\",1/15/2026 10:30:00 AM,\n\n\
        Background information\nPlate,Label,Result,\n1,A450,0,\n\nResults for A450(1) - channel 1 (A)\n,01,02,\nA,0.1500,0.0850,\n\
        B,0.1000,,\n\nPlate information\nPlate,Repeat,Barcode,Measurement date,\n2,1,=\"\",2/3/2026 10:31:35 AM,\n\n\
        Results for A450(1) - channel 1 (A)\n,01,02,\nA,0.2000,OVER,\n\nPlatemap:\nPlate,,,,1\n\n,01,02,\nA,- ,- ,\n\nBasic assay information\nSerial#: ,,,,=\"1050242\"\n\n\
        Exported with EnVision Workstation version 1.14\n";

    #[test]
    fn each_plate_has_its_own_time_and_one_proves_the_order_of_the_other() {
        assert!(recognises(PLATES.as_bytes()));
        let decoded = parse(&Message::plain(PLATES.as_bytes().to_vec(), 0)).unwrap();
        let said: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.position.as_deref(), r.number, r.measured_at.is_some(), r.flags.len()))
            .collect();
        assert_eq!(
            said,
            [
                (Some("A1"), Some(0.15), true, 0),
                (Some("A2"), Some(0.085), true, 0),
                (Some("B1"), Some(0.1), true, 0),
                (Some("A1"), Some(0.2), true, 0),
                (Some("A2"), None, true, 1),
            ]
        );
        assert_eq!(decoded.instrument.serial_number.as_deref(), Some("1050242"));
        assert!(decoded.warnings.is_empty(), "{:?}", decoded.warnings);
    }

    #[test]
    fn a_plate_without_a_grid_is_a_fault() {
        let head = PLATES.split("Results for").next().unwrap_or_default();
        assert!(parse(&Message::plain(head.as_bytes().to_vec(), 0)).is_err());
    }
}
