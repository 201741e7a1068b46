//! Molecular Devices SoftMax Pro: text export, blocks `Plate:` and `Group:` that end with `~End`.
//! From exports of versions 5 to 7; the order of a plate's fields is that of the SoftMax Pro user guide, "Exporting".
//!
//! Only endpoint plates are read. Groups tell which sample a well holds; what they calculate is not read.

mod groups;
mod plates;

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Rejected, Serial, Transport};
use crate::format::rows::{Row, rows};
use crate::link::whole::Whole;
use groups::Wells;

pub static PROFILE: Profile = Profile {
    id: "softmax-pro",
    maker: "Molecular Devices",
    models: &["SoftMax Pro", "SpectraMax", "VersaMax", "Emax"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "three endpoint experiments, raw and reduced, in both plate formats",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(64)).unwrap_or_default();
    crate::format::encodings::read(head).0.starts_with("##BLOCKS=")
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    if !rows.first().is_some_and(|row| row.text.starts_with("##BLOCKS=")) {
        let found = rows.first().map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: 1, expected: "'##BLOCKS='", found });
    }
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument {
        vendor: Some("Molecular Devices".to_owned()),
        software: Some("SoftMax Pro".to_owned()),
        ..Instrument::default()
    };
    let blocks: Vec<&[Row<'_>]> = rows.split(|row| row.text.trim() == "~End").collect();
    let wells = Wells::read(&blocks);
    for block in &blocks {
        let start = block.iter().position(|row| row.text.starts_with("Plate:"));
        let Some((head, below)) = start.and_then(|at| block.get(at..)).and_then(<[_]>::split_first) else { continue };
        match plates::read(head, below, &wells) {
            Ok(readings) => decoded.readings.extend(readings),
            Err(reason) => decoded.rejected.push(Rejected {
                offset: head.span.start,
                reason: format!("line {}: {reason}, found '{}'", head.line, head.quoted()),
            }),
        }
    }
    if decoded.readings.is_empty() && decoded.rejected.is_empty() {
        return Err(Fault::Nothing("an experiment without a plate that was read"));
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Role;

    fn read(text: &str) -> Decoded {
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    type Said<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<f64>);

    fn said(decoded: &Decoded) -> Vec<Said<'_>> {
        let readings = decoded.readings.iter();
        readings.map(|r| (r.position.as_deref(), r.analyte.as_deref(), r.sample_id.as_deref(), r.number)).collect()
    }

    #[test]
    fn a_plate_stands_as_a_grid_for_each_wavelength_and_once_reduced() {
        let text = "##BLOCKS= 1\nPlate:\tPlate1\t1.3\tPlateFormat\tEndpoint\tAbsorbance\tRaw\tFALSE\t1\t\t\t\t\t\t2\t450 650 \t1\t2\t4\t1\t2\n\
            \tTemperature(\u{a1}C)\t1\t2\t\t1\t2\n\t35\t0.01\t0,02\t\t0.5\t0.6\n\t\tPath?\t\t\t0.7\t0.8\n\n\
            \t\t1\t2\n\t\t0.1\t0.2\n\t\t0.3\t0.4\n~End\n";
        assert!(recognises(text.as_bytes()));
        let decoded = read(text);
        let (a, b, r) = (Some("450"), Some("650"), Some("reduced"));
        assert_eq!(
            said(&decoded),
            [
                (Some("A1"), a, None, Some(0.01)),
                (Some("A2"), a, None, Some(0.02)),
                (Some("A1"), b, None, Some(0.5)),
                (Some("A2"), b, None, Some(0.6)),
                (Some("B1"), a, None, None),
                (Some("B1"), b, None, Some(0.7)),
                (Some("B2"), b, None, Some(0.8)),
                (Some("A1"), r, None, Some(0.1)),
                (Some("A2"), r, None, Some(0.2)),
                (Some("B1"), r, None, Some(0.3)),
                (Some("B2"), r, None, Some(0.4)),
            ]
        );
        assert_eq!(decoded.readings[4].flags, ["Path?"]);
    }

    #[test]
    fn a_plate_stands_as_a_list_and_its_groups_name_the_wells() {
        let text = "##BLOCKS= 3\nPlate:\tP\t1.3\tTimeFormat\tEndpoint\tAbsorbance\tRaw\tFALSE\t1\t\t\t\t\t\t1\t450 \t1\t2\t4\t1\t2\n\
            \tTemperature(\u{a1}C)\tA1\tA2\tB1\tB2\n\t37\t0.5\t\t0.7\t0.8\n\n\t\tA1\tA2\tB1\tB2\n\t\t0.4\t \t0.6\t0.7\n~End\n\
            Group: Standards\nSample\tWells\tValue\nStd1\tA1\t0.5\n~End\nGroup: Unknowns\nSample\tWell\tResult\n26-041\tB1\t3.1\n \tB2\t3.2\n\n\
            Group Column\tFormula Name\n1\tSample\n~End\n";
        let decoded = read(text);
        assert_eq!(
            said(&decoded),
            [
                (Some("A1"), Some("450"), Some("Std1"), Some(0.5)),
                (Some("B1"), Some("450"), Some("26-041"), Some(0.7)),
                (Some("B2"), Some("450"), Some("26-041"), Some(0.8)),
                (Some("A1"), Some("reduced"), Some("Std1"), Some(0.4)),
                (Some("B1"), Some("reduced"), Some("26-041"), Some(0.6)),
                (Some("B2"), Some("reduced"), Some("26-041"), Some(0.7)),
            ]
        );
        assert_eq!(decoded.readings[0].role, Role::Calibrator);
        assert_eq!(decoded.readings[1].role, Role::Unknown);
    }

    #[test]
    fn a_kinetic_plate_is_told_and_a_file_without_plates_refused() {
        let decoded = read("##BLOCKS= 1\nPlate:\tP\t1.3\tPlateFormat\tKinetic\tAbsorbance\n~End\n");
        assert!(decoded.rejected.iter().any(|r| r.reason.contains("endpoint")), "{:?}", decoded.rejected);
        assert!(parse(&Message::plain(b"##BLOCKS= 0\n~End\n".to_vec(), 0)).is_err());
        assert!(parse(&Message::plain(b"Plate:\n".to_vec(), 0)).is_err());
    }
}
