//! Thermo VISIONlite: CSV of fixed wavelengths or of a quantitation, one row a sample.
//! From one file of each. What the spectrophotometer measured is read; what the program calculates from it is told.

use crate::contract::{
    Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Rejected, Serial, Transport,
};
use crate::format::plate::measured;
use crate::format::rows::{Row, rows};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "visionlite",
    maker: "Thermo Fisher",
    models: &["VISIONlite", "Evolution", "Helios", "AquaMate"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a table of one wavelength and a quantitation",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let (text, encoding) = crate::format::encodings::read(head);
    rows(&text, head, encoding).first().is_some_and(|row| !Table::of(row).measured.is_empty())
}

/// `500 nm   [A]` or `Ordinate [A]`: name and unit of a column, with its place.
struct Column {
    place: usize,
    name: String,
    unit: String,
}

struct Table {
    measured: Vec<Column>,
    calculated: Vec<Column>,
}

impl Table {
    fn of(row: &Row<'_>) -> Self {
        let mut table = Self { measured: Vec::new(), calculated: Vec::new() };
        if row.cells(',').next().as_deref().map(str::trim) != Some("Sample Name") {
            return table;
        }
        for (place, cell) in row.cells(',').enumerate() {
            let Some((name, unit)) = cell.split_once('[') else { continue };
            let column =
                Column { place, name: name.trim().to_owned(), unit: unit.trim_end_matches([']', ' ']).to_owned() };
            match column.name.as_str() {
                "Ordinate" => table.measured.push(column),
                name if name.ends_with(" nm") => table.measured.push(column),
                _ => table.calculated.push(column),
            }
        }
        table
    }
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let (names, below) = rows.split_first().ok_or(Fault::Nothing("an empty file"))?;
    let table = Table::of(names);
    if table.measured.is_empty() {
        let expected = "'Sample Name' and a column in nm or 'Ordinate'";
        return Err(Fault::Line { line: 1, expected, found: names.quoted() });
    }
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument {
        vendor: Some("Thermo Fisher".to_owned()),
        software: Some("VISIONlite".to_owned()),
        ..Instrument::default()
    };
    for row in below.iter().filter(|row| !row.is_blank(',')) {
        let cells: Vec<_> = row.cells(',').map(|cell| cell.trim().to_owned()).collect();
        let cell = |column: &Column| cells.get(column.place).filter(|text| !text.is_empty());
        let sample = cells.first().filter(|name| !name.is_empty());
        if !table.measured.iter().any(|column| cell(column).is_some()) {
            decoded.rejected.push(Rejected {
                offset: row.span.start,
                reason: format!("line {}: expected a sample and its absorbance, found '{}'", row.line, row.quoted()),
            });
        }
        for (column, literal) in table.measured.iter().filter_map(|column| Some((column, cell(column)?))) {
            let place = Reading {
                sample_id: sample.map(|text| text.as_str().into()),
                analyte: Some(column.name.as_str().into()),
                unit: Some(column.unit.as_str().into()),
                span: row.span.clone(),
                ..Reading::default()
            };
            decoded.readings.push(measured(place, literal));
        }
        for (column, literal) in table.calculated.iter().filter_map(|column| Some((column, cell(column)?))) {
            let name = sample.map(String::as_str).unwrap_or_default();
            decoded.warnings.push(format!("{name}: calculated {} {literal} {}", column.name, column.unit));
        }
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Decoded {
        assert!(recognises(text.as_bytes()), "{text}");
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn absorbances_are_readings_and_what_is_calculated_is_told() {
        let decoded =
            read("Sample Name,500 nm   [A],620 nm [A]\r\n26-041, 0.027, 0.100\r\n26-042,OVER,\r\n26-043,,\r\n");
        let said: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.sample_id.as_deref(), r.analyte.as_deref(), r.result.as_deref(), r.number))
            .collect();
        assert_eq!(
            said,
            [
                (Some("26-041"), Some("500 nm"), Some("0.027"), Some(0.027)),
                (Some("26-041"), Some("620 nm"), Some("0.100"), Some(0.1)),
                (Some("26-042"), Some("500 nm"), Some("OVER"), None),
            ]
        );
        assert_eq!((decoded.readings[0].unit.as_deref(), decoded.rejected.len()), (Some("A"), 1));
        let decoded =
            read("Sample Name,Dilution factor,Ordinate [A],Concentration [mg/L],Error\r\nx,1,0.02505,2.23503296,\r\n");
        assert_eq!(decoded.readings[0].result.as_deref(), Some("0.02505"));
        assert_eq!(decoded.warnings, ["x: calculated Concentration 2.23503296 mg/L"]);
    }

    #[test]
    fn other_tables_are_not_meant() {
        assert!(!recognises(b"Sample Name,Concentration [mg/L]\r\n"));
        assert!(parse(&Message::plain(b"Sample,500 nm [A]\r\n".to_vec(), 0)).is_err());
    }
}
