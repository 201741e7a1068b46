//! Molecular Devices plate readers (SpectraMax, Gemini) on their serial line: answers end with `>`. After `OK>` comes the
//! answer to `!TRANSFER`: time, temperature and plate between tabs, a list of wavelengths (`L:`), then for each
//! wavelength an `L:` line and a line per column, `1:` and the values of its rows from A on. Truth: the parser of a
//! public driver; no reply was seen.

use std::time::Duration;

use compact_str::format_compact;

use crate::contract::{Censored, Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::numbers;
use crate::link::until::Until;

pub static PROFILE: Profile = Profile {
    id: "softmax-serial",
    maker: "Molecular Devices",
    models: &["SpectraMax 384 Plus", "SpectraMax M5", "Gemini EM"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "nothing but what a public driver's parser says",
    serial: Serial::new(9600),
    link: || Box::new(Until::listening(b">", Duration::from_secs(60))),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(head) else { return false };
    let mut lines = text.trim_start_matches(['O', 'K', '>', '\r', '\n']).lines();
    let first = lines.next().unwrap_or_default();
    let mut parts = first.split('\t').map(|part| numbers::number(part.trim()).is_some());
    let numbers = parts.next() == Some(true) && parts.next() == Some(true);
    numbers && lines.next().is_some_and(|line| line.starts_with("L:") || line.starts_with("exL:"))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let text = std::str::from_utf8(&message.bytes)
        .map_err(|error| Fault::NotText { offset: error.valid_up_to(), encoding: "ASCII" })?;
    let mut decoded = Decoded { encoding: Some("utf-8"), ..Decoded::default() };
    decoded.instrument.vendor = Some("Molecular Devices".to_owned());
    let said = text.trim_end_matches('>');
    if said.trim() == "OK" {
        return Ok(decoded);
    }
    if said.contains("FAIL") {
        decoded.warnings.push(format!("the reader answered '{}'", said.trim().escape_debug()));
        return Ok(decoded);
    }
    let mut wavelength: Option<String> = None;
    // The list of all wavelengths is an `L:` line too: the last one before a column is that column's.
    let mut at = 0usize;
    for (index, row) in said.split_inclusive('\n').enumerate() {
        let start = at;
        at = at.saturating_add(row.len());
        let line = row.trim();
        let fault = |expected| Fault::Line { line: index + 1, expected, found: line.to_owned() };
        match line.split_once(':') {
            _ if line.is_empty() => {}
            None if wavelength.is_none() && is_head(line) => {}
            Some(("L", list)) => wavelength = Some(list.split_whitespace().collect::<Vec<_>>().join(" ")),
            Some(("exL" | "emL", _)) => {}
            Some((column, values)) => {
                let column = column.trim().parse::<u8>().ok().filter(|column| (1..=48).contains(column));
                let column = column.ok_or_else(|| fault("a column of a plate"))?;
                let wavelength = wavelength.as_deref().ok_or_else(|| fault("an L: line before the first column"))?;
                let readings = rows(values, column, wavelength).ok_or_else(|| fault("values, #SAT or -"))?;
                let span = start..start.saturating_add(row.trim_end().len());
                decoded.readings.extend(readings.into_iter().map(|r| Reading { span: span.clone(), ..r }));
            }
            None => return Err(fault("time and temperature, L: or a column")),
        }
    }
    if decoded.readings.is_empty() {
        return Err(Fault::Short { offset: text.len(), expected: "a column of values" });
    }
    Ok(decoded)
}

fn is_head(line: &str) -> bool {
    let mut parts = line.split('\t').map(|part| numbers::number(part.trim()));
    matches!((parts.next(), parts.next()), (Some(Some(_)), Some(Some(_))))
}

/// The values of one column, from row A on.
fn rows(values: &str, column: u8, wavelength: &str) -> Option<Vec<Reading>> {
    let values = values.split_whitespace().zip(b'A'..=b'Z');
    values
        .map(|(value, row)| {
            let number = numbers::number(value);
            let (censored, flag) = match value {
                "#SAT" => (Some(Censored::Above), Some("no value: saturated")),
                "-" => (None, Some("no value")),
                _ => {
                    number?;
                    (None, None)
                }
            };
            Some(Reading {
                position: Some(format_compact!("{}{column}", char::from(row))),
                analyte: (!wavelength.is_empty()).then(|| wavelength.into()),
                result: Some(value.into()),
                number,
                censored,
                flags: flag.map(str::to_owned).into_iter().collect(),
                ..Reading::default()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Decoded, Fault> {
        parse(&Message::plain(text.as_bytes().to_vec(), 0))
    }

    #[test]
    fn a_column_holds_its_wells_from_a_on() {
        let text = "12.5\t25.1\t96-well\r\nL:\t450\t630\r\nL:\t450\r\n 1:\t0.11\t0.12\r\n 2:\t#SAT\t-\r\nL:\t630\r\n 1:\t0.04\t0.05\r\n>";
        let said: Vec<String> = read(text)
            .unwrap()
            .readings
            .iter()
            .map(|r| {
                format!(
                    "{} {} {}",
                    r.position.as_deref().unwrap(),
                    r.analyte.as_deref().unwrap(),
                    r.result.as_deref().unwrap()
                )
            })
            .collect();
        assert_eq!(said, ["A1 450 0.11", "B1 450 0.12", "A2 450 #SAT", "B2 450 -", "A1 630 0.04", "B1 630 0.05"]);
    }

    #[test]
    fn saturation_and_a_dash_are_never_numbers() {
        let readings = read("12.5\t25.1\tx\r\nL:\t450\r\nL:\t450\r\n1:\t#SAT\t-\r\n>").unwrap().readings;
        assert!(readings.iter().all(|reading| reading.number.is_none() && !reading.flags.is_empty()));
        assert_eq!(readings.first().unwrap().censored, Some(Censored::Above));
    }

    #[test]
    fn ok_says_nothing_and_a_failure_is_told() {
        assert!(read("OK\r\n>").unwrap().warnings.is_empty());
        assert_eq!(read("FAIL\t107\r\n>").unwrap().warnings.len(), 1);
        assert!(read("12.5\t25.1\tx\r\nL:\t450\r\n1:\t0.1x\r\n>").is_err());
        assert!(read("1:\t0.1\r\n>").is_err());
    }
}
