//! Thermo Orion Star A-series meters: each measurement is one line of fields between commas, as an answer to `GETMEAS`
//! or printed at the Log/Print key. The answer begins with the command, padded to 16 characters, mixes CR and LF, and
//! ends with the prompt `>`. Truth: an answer in a public driver's documentation.
//!
//! Fields: model, serial number, software, user, date and time, sample, channel, mode, value, unit, then pairs of a
//! value and its unit (mV, temperature, slope), method, number in the log.

use std::time::Duration;

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::dates::{self, DateOrder};
use crate::format::numbers;
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "orion-star",
    maker: "Thermo Scientific",
    models: &["Orion Star A211", "Orion Star A215", "Orion Star A221"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Document,
    tested_against: "2 published answers of an A215",
    serial: Serial::new(9600),
    link: || Box::new(Whole::print_out(Duration::from_secs(1))),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(head) else { return false };
    text.split(['\r', '\n']).any(is_measurement)
}

fn is_measurement(line: &str) -> bool {
    let mut fields = line.split(',');
    fields.nth(6).is_some_and(|channel| channel.trim().starts_with("CH-")) && fields.count() >= 3
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    // A plug put in, or a port opened, leaves bytes before the first answer.
    let mut at = message.bytes.iter().take_while(|byte| !byte.is_ascii_graphic()).count();
    let text = std::str::from_utf8(message.bytes.get(at..).unwrap_or_default())
        .map_err(|error| Fault::NotText { offset: at.saturating_add(error.valid_up_to()), encoding: "ASCII" })?;
    let mut decoded = Decoded { encoding: Some("utf-8"), ..Decoded::default() };
    for (index, row) in text.split_inclusive(['\r', '\n']).enumerate() {
        let start = at;
        at = at.saturating_add(row.len());
        let line = row.trim_end();
        let said = line.trim_matches(['>', ' ']);
        if said.is_empty() || is_command(said) {
            continue;
        }
        let fault = |expected| Fault::Line { line: index + 1, expected, found: line.to_owned() };
        if !row.ends_with(['\r', '\n']) {
            return Err(Fault::Short { offset: at, expected: "the end of the line" });
        }
        let fields: Vec<&str> = said.split(',').map(str::trim).collect();
        let reading = measurement(&fields, &mut decoded).ok_or_else(|| fault("a measurement of at least 10 fields"))?;
        let span = start..start.saturating_add(line.len());
        decoded.readings.push(Reading { span, ..reading });
    }
    if decoded.readings.is_empty() {
        decoded.warnings.push("the meter has no measurement".to_owned());
    }
    Ok(decoded)
}

/// Commands are echoed: `GETMEAS`, `GETCAL`, `SYSTEM`.
fn is_command(line: &str) -> bool {
    line.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ')
}

fn measurement(fields: &[&str], decoded: &mut Decoded) -> Option<Reading> {
    let [model, serial, software, _user, when, sample, channel, mode, rest @ ..] = fields else { return None };
    let [value, unit, rest @ ..] = rest else { return None };
    channel.starts_with("CH-").then_some(())?;
    let some = |text: &str| (!text.is_empty() && text.bytes().any(|byte| byte != b'-')).then(|| text.to_owned());
    decoded.instrument = Instrument {
        vendor: Some("Thermo Scientific".to_owned()),
        model: some(model),
        serial_number: some(serial),
        software: some(software),
    };
    let measured_at = dates::read(when, None);
    // With another order of the numbers it is a date all the same: then it may be two, and a person decides.
    let doubtful_time = measured_at.is_none() && dates::read(when, Some(DateOrder::MonthFirst)).is_some();
    if measured_at.is_none() {
        decoded.warnings.push(format!("field 5: '{when}' is no date, or may be two"));
    }
    let (number, censored) = numbers::read(value);
    let mut flags: Vec<String> = (number.is_none()).then(|| "no value".to_owned()).into_iter().collect();
    let mut rest = rest;
    while let [value, unit, after @ ..] = rest {
        if numbers::number(value).is_some() && !unit.is_empty() && !unit.starts_with('#') {
            flags.push(format!("{value} {unit}"));
        }
        rest = after;
    }
    Some(Reading {
        sample_id: some(sample).map(Into::into),
        position: some(channel).map(Into::into),
        analyte: some(mode).map(Into::into),
        result: (!value.is_empty()).then(|| (*value).into()),
        number,
        censored,
        unit: some(unit).map(Into::into),
        flags,
        measured_at,
        doubtful_time,
        ..Reading::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "A211 pH,B00001,3.10,LAB,2026/03/02 09:15:00,S-7,CH-1,pH,6.98,pH,1.2, mV,21.3,C,98.7,%,M001,#12";

    fn read(text: &str) -> Result<Decoded, Fault> {
        parse(&Message::plain(text.as_bytes().to_vec(), 0))
    }

    #[test]
    fn an_answer_is_a_ph_with_what_was_measured_beside_it() {
        let decoded = read(&format!("GETMEAS         \r\n\r\n\r{LINE}\n\r\r>")).unwrap();
        let reading = decoded.readings.first().unwrap();
        assert_eq!(reading.sample_id.as_deref(), Some("S-7"));
        assert_eq!((reading.analyte.as_deref(), reading.result.as_deref()), (Some("pH"), Some("6.98")));
        assert_eq!(reading.flags, ["1.2 mV", "21.3 C", "98.7 %"]);
        assert_eq!(reading.measured_at.map(|t| t.to_string()).as_deref(), Some("2026-03-02T09:15:00"));
        assert_eq!(decoded.instrument.serial_number.as_deref(), Some("B00001"));
    }

    #[test]
    fn a_date_that_could_be_two_days_is_none() {
        let decoded = read(&format!("{}\r\n", LINE.replace("2026/03/02", "03/02/26"))).unwrap();
        let reading = decoded.readings.first().unwrap();
        assert_eq!((reading.measured_at, reading.doubtful_time, decoded.warnings.len()), (None, true, 1));
    }

    #[test]
    fn half_a_line_is_no_ph() {
        assert!(matches!(read(LINE), Err(Fault::Short { .. })));
        assert!(matches!(read(&format!("{}\r\n", &LINE[..60])), Err(Fault::Line { .. })));
    }

    #[test]
    fn a_meter_without_a_measurement_says_so() {
        let decoded = read("GETMEAS         \r\n\r\n\r>").unwrap();
        assert_eq!((decoded.readings.len(), decoded.warnings.len()), (0, 1));
    }
}
