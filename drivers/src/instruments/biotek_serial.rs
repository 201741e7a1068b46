//! BioTek (Agilent) plate readers on their serial or USB serial line: a reply of `row,column,value` triples that ends
//! with ETX. Rows end with CR LF, and every second one runs from the last column to the first. Before the triples stand
//! four fields, after them a trailer of numbers with SUB between them. Truth: a reply of a Cytation 5.
//!
//! The reply names no wavelength: analyte and unit are the method's.

use std::time::Duration;

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::numbers;
use crate::link::until::Until;

pub static PROFILE: Profile = Profile {
    id: "biotek-serial",
    maker: "BioTek (Agilent)",
    models: &["Cytation 5", "Synergy", "ELx800", "Epoch"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "1 reply of a Cytation 5",
    serial: Serial { baud: 9600, data_bits: 8, parity: 'N', stop_bits: 2 },
    link: || Box::new(Until::listening(b"\x03", Duration::from_secs(60))),
    parse,
    recognises,
};

/// Plate and read numbers, time, and the number that the trailer repeats.
const HEAD: usize = 4;
const SUB: char = '\x1A';
const ACK: char = '\x06';

fn recognises(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\x06").unwrap_or(bytes);
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    match bytes {
        [a, b, b',', c, b',', b'\r', d, e, f, b':', ..] => digits(&[*a, *b, *c, *d, *e, *f]),
        _ => false,
    }
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let text = std::str::from_utf8(&message.bytes)
        .map_err(|error| Fault::NotText { offset: error.valid_up_to(), encoding: "ASCII" })?;
    let mut decoded = Decoded { encoding: Some("utf-8"), ..Decoded::default() };
    decoded.instrument.vendor = Some("BioTek".to_owned());
    let said = text.trim_end_matches('\x03');
    if !said.contains(',') {
        let said = said.trim_matches(|c: char| c.is_ascii_control());
        // ACK and ETX alone acknowledge a command of whoever asks the reader.
        if !said.is_empty() {
            decoded.warnings.push(format!("an answer without a plate: '{}'", said.escape_debug()));
        }
        return Ok(decoded);
    }
    let (rows, trailer) = said.rsplit_once('\n').ok_or(Fault::Short { offset: text.len(), expected: "a trailer" })?;
    let mut fields = fields(rows);
    let head: Vec<&str> = fields.by_ref().take(HEAD).map(|(_, field)| field.trim_start_matches(ACK)).collect();
    trail(&head, trailer, rows.len(), &mut decoded)?;
    while let Some((at, row)) = fields.next() {
        let (Some((_, column)), Some((value_at, value))) = (fields.next(), fields.next()) else {
            return Err(Fault::Short { offset: at, expected: "a row, a column and a value" });
        };
        let position = well(row, column).ok_or_else(|| Fault::Bytes {
            offset: at,
            expected: "a row and a column of a plate",
            found: format!("'{row},{column}'"),
        })?;
        decoded.readings.push(measured(position, value, at..value_at.saturating_add(value.len()))?);
    }
    if decoded.readings.is_empty() {
        return Err(Fault::Short { offset: rows.len(), expected: "a value of a well" });
    }
    Ok(decoded)
}

/// The fields between commas and line ends, with their places; the ends of rows leave empty ones between them.
fn fields(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0usize;
    text.split([',', '\r', '\n'])
        .map(move |field| {
            let start = at;
            at = at.saturating_add(field.len()).saturating_add(1);
            (start, field)
        })
        .filter(|(_, field)| !field.is_empty())
}

/// `228 SUB 041 SUB 0000`: the number of the head again, one that is not explained, and the state after the read.
fn trail(head: &[&str], trailer: &str, offset: usize, decoded: &mut Decoded) -> Result<(), Fault> {
    let parts: Vec<&str> = trailer.split(SUB).collect();
    let ([_, _, _, number], [again, _, state]) = (head, parts.as_slice()) else {
        return Err(Fault::Bytes {
            offset,
            expected: "a trailer of three numbers",
            found: trailer.escape_debug().to_string(),
        });
    };
    if number != again {
        decoded.warnings.push(format!("head and trailer differ: {number} and {again}"));
    }
    if *state != "0000" {
        decoded.warnings.push(format!("the reader reports state {state}"));
    }
    Ok(())
}

/// `01` and `12` are A12.
fn well(row: &str, column: &str) -> Option<String> {
    let row = row.parse::<u8>().ok().filter(|row| (1..=26).contains(row))?;
    let column = column.parse::<u8>().ok().filter(|column| (1..=48).contains(column))?;
    Some(format!("{}{column}", char::from(b'A' + row - 1)))
}

fn measured(position: String, value: &str, span: std::ops::Range<usize>) -> Result<Reading, Fault> {
    let number = numbers::number(value);
    if number.is_none() && !value.bytes().all(|byte| byte == b'*') {
        let offset = span.start;
        return Err(Fault::Bytes { offset, expected: "a value or asterisks", found: format!("'{value}'") });
    }
    let flags = number.is_none().then(|| "no value".to_owned()).into_iter().collect();
    Ok(Reading {
        position: Some(position.into()),
        result: Some(value.into()),
        number,
        flags,
        span,
        ..Reading::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Decoded, Fault> {
        parse(&Message::plain(text.as_bytes().to_vec(), 0))
    }

    #[test]
    fn a_row_that_runs_backwards_keeps_its_wells() {
        let reply = "01,1,\r000:00:00.0,228,01,01,+0.1100,01,02,*******\r\n,02,02,+0.2200,02,01,+0.2100\r\n228\x1A041\x1A0000\x03";
        let decoded = read(reply).unwrap();
        let wells: Vec<(&str, &str, bool)> = decoded
            .readings
            .iter()
            .map(|r| (r.position.as_deref().unwrap(), r.result.as_deref().unwrap(), r.number.is_some()))
            .collect();
        let expected =
            [("A1", "+0.1100", true), ("A2", "*******", false), ("B2", "+0.2200", true), ("B1", "+0.2100", true)];
        assert_eq!(wells, expected);
        assert!(decoded.warnings.is_empty());
    }

    #[test]
    fn a_reply_with_a_part_lost_is_refused() {
        for reply in [
            "01,1,\r000:00:00.0,228,01,01,+0.1100,01,02\r\n228\x1A041\x1A0000\x03",
            "01,1,\r000:00:00.0,228,01,01,+0.1x00\r\n228\x1A041\x1A0000\x03",
            "01,1,\r000:00:00.0,228,01,99,+0.1100\r\n228\x1A041\x1A0000\x03",
            "01,1,\r000:00:00.0,228,01,01,+0.1100\r\n228\x03",
            "01,1,\r000:00:00.0,228,01,01,+0.1100\x03",
        ] {
            assert!(read(reply).is_err(), "{}", reply.escape_debug());
        }
    }

    #[test]
    fn a_short_answer_is_no_plate() {
        let decoded = read("\x062360000\x03").unwrap();
        assert_eq!((decoded.readings.len(), decoded.warnings.len()), (0, 1));
    }
}
