//! Thermo GENESYS 30 visible spectrophotometer: scans as tab-separated text, a reading a wavelength.
//! From one scan; files of fixed wavelengths of the same instrument were not seen and are not read.

use compact_str::format_compact;

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::plate::measured;
use crate::format::rows::{Row, rows};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "genesys-uv",
    maker: "Thermo Fisher",
    models: &["GENESYS 30"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a scan from 325 to 480 nm",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let (text, _) = crate::format::encodings::read(head);
    text.starts_with("Scan\t") && text.lines().any(|line| line.starts_with("wavelength(nm)"))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let value = |key: &str| {
        let pairs = rows.iter().filter_map(|row| row.text.split_once('\t'));
        pairs.filter(|(own, _)| *own == key).map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    };
    let at = rows.iter().position(|row| row.text.starts_with("wavelength(nm)"));
    let mode = value("Mode").unwrap_or("ABS");
    let column = at.and_then(|at| rows.get(at)?.cells('\t').position(|cell| cell.trim() == mode));
    let (Some(at), Some(column)) = (at, column) else {
        let found = rows.first().map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: rows.len(), expected: "columns 'wavelength(nm)' and that of the mode", found });
    };
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument { vendor: Some("Thermo Fisher".to_owned()), ..Instrument::default() };
    for row in rows.iter().skip(at + 1) {
        let cells: Vec<_> = row.cells('\t').map(|cell| cell.trim().to_owned()).collect();
        let (Some(wavelength), Some(literal)) = (cells.first(), cells.get(column)) else { continue };
        if wavelength.is_empty() || literal.is_empty() {
            continue;
        }
        let place = Reading {
            analyte: Some(format_compact!("{wavelength} nm")),
            unit: Some(mode.into()),
            span: row.span.clone(),
            ..Reading::default()
        };
        decoded.readings.push(measured(place, literal));
    }
    if let Some(declared) = value("Length").filter(|text| text.parse() != Ok(decoded.readings.len())) {
        decoded.warnings.push(format!("Length says {declared}, found {}", decoded.readings.len()));
    }
    decoded.warnings.push("a scan names no sample".to_owned());
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCAN: &str = "Scan\tScan_1.tsv\t\nMode\tABS\t\nLower\t325\t\nLength\t3\t\n\nwavelength(nm) \t ABS \t %T\n\
        325.0\t2.385\t0.41\n326.0\t2.450\t0.35\n";

    #[test]
    fn every_wavelength_is_a_reading_in_the_mode_of_the_scan() {
        assert!(recognises(SCAN.as_bytes()));
        let decoded = parse(&Message::plain(SCAN.as_bytes().to_vec(), 0)).unwrap();
        let said: Vec<_> = decoded.readings.iter().map(|r| (r.analyte.as_deref(), r.result.as_deref())).collect();
        assert_eq!(said, [(Some("325.0 nm"), Some("2.385")), (Some("326.0 nm"), Some("2.450"))]);
        assert!(decoded.warnings.iter().any(|w| w.contains("says 3, found 2")), "{:?}", decoded.warnings);
        let transmittance = SCAN.replace("Mode\tABS", "Mode\t%T");
        let decoded = parse(&Message::plain(transmittance.into_bytes(), 0)).unwrap();
        assert_eq!(decoded.readings[0].result.as_deref(), Some("0.41"));
    }

    #[test]
    fn a_scan_without_its_column_is_a_fault() {
        assert!(parse(&Message::plain(b"Scan\tx\nMode\tE\nwavelength(nm)\tABS\n".to_vec(), 0)).is_err());
    }
}
