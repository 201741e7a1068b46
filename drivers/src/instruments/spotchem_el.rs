//! Arkray Spotchem EL SE-1520 electrolyte analyser (milk, serum of live animals): one line of fixed text between STX
//! and ETX. Truth: a capture.

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::{encodings, numbers, times};
use crate::link::stx_etx::StxEtx;

pub const PROFILE: Profile = Profile {
    id: "spotchem-el",
    maker: "Arkray",
    models: &["Spotchem EL SE-1520"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "1 capture of a Spotchem EL",
    serial: Serial::new(9600),
    link: || Box::new(StxEtx::default()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    head.windows(20).any(|window| match window {
        [0x02, text @ ..] => {
            matches!(text, [_, _, b'/', _, _, b'/', _, _, b' ', _, _, b':', _, _, b' ', b'I', b'D', b'#', ..])
        }
        _ => false,
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let fault = |expected: &'static str, found: &str| Fault::Line { line: 1, expected, found: found.to_owned() };
    let (stamp, rest) = text.split_once("ID#").ok_or_else(|| fault("a time and ID#", text.trim()))?;
    let (date, time) = stamp.trim().split_once(' ').ok_or_else(|| fault("a date and a time", stamp))?;
    let civil = times::three(date, '/').and_then(|[year, month, day]| times::date(year, month, day));
    let measured_at = civil.zip(times::clock(time)).map(|(date, time)| date.to_datetime(time));
    let (id, rest) = rest.split_once('[').ok_or_else(|| fault("a sample type in brackets", rest))?;
    let (_kind, rest) = rest.split_once(']').ok_or_else(|| fault("the end of the sample type", rest))?;
    let mut decoded = Decoded {
        encoding: Some(encoding),
        instrument: Instrument {
            vendor: Some("Arkray".to_owned()),
            model: Some("Spotchem EL".to_owned()),
            ..Instrument::default()
        },
        ..Decoded::default()
    };
    if measured_at.is_none() {
        decoded.warnings.push(format!("'{}' is no date and time", stamp.trim()));
    }
    let sample_id = id.strip_prefix(' ').unwrap_or(id).trim_end();
    let mut words = rest.split_whitespace();
    while let Some(name) = words.next() {
        let (Some(literal), Some(unit)) = (words.next(), words.next()) else {
            return Err(fault("a value and a unit", name));
        };
        let (number, censored) = numbers::read(literal);
        if unit.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(fault("a unit", unit));
        }
        decoded.readings.push(Reading {
            sample_id: (!sample_id.is_empty()).then(|| sample_id.into()),
            analyte: Some(name.into()),
            result: Some(literal.into()),
            number,
            censored,
            unit: Some(unit.into()),
            measured_at,
            span: 0..message.bytes.len(),
            ..Reading::default()
        });
    }
    if decoded.readings.is_empty() {
        return Err(Fault::Short { offset: message.bytes.len(), expected: "a result" });
    }
    Ok(decoded)
}
