//! Dayuan DY-6200 additive testers and DY-6400 moisture meters, which keep their records until they are asked. Truth: two
//! public drivers of the vendor's software.
//!
//! Greeting `6A 5A A5 69`, request `6A 5B A4 69`; then records that begin with 6A, and the end `6A` and eight times 99.
//! The DY-6200 sends 13 bytes a record: number and value (hundredths) low byte first, item, verdict, and the time in
//! decimal digits. The DY-6400 sends 9: value in four decimal digits (tenths), kind of sample, date, number, and a byte
//! that is not explained. There is no check. Neither sends a unit: it is the method's. The command that deletes the
//! records is never sent.

use std::time::Duration;

use compact_str::format_compact;
use jiff::civil::DateTime;

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::times;
use crate::link::until::{Asking, Until};

pub static PROFILE: Profile = Profile {
    id: "dayuan-6a",
    maker: "Dayuan (达元)",
    models: &["DY-6200", "DY-6400"],
    transports: &[Transport::Serial, Transport::File],
    direction: Direction::TwoWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "nothing but what two public drivers say",
    serial: Serial::new(9600),
    link: || Box::new(Until::asking(END, Duration::from_secs(5), ASKING)),
    parse,
    recognises,
};

const START: u8 = 0x6A;
const GREETING: &[u8] = &[START, 0x5A, 0xA5, 0x69];
const READ: &[u8] = &[START, 0x5B, 0xA4, 0x69];
const END: &[u8] = &[START, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99];

/// All that is stored is sent each time.
const ASKING: Asking = Asking { questions: &[GREETING, READ], between: Duration::from_secs(30) };

const LONG: usize = 13;
const SHORT: usize = 9;

fn recognises(bytes: &[u8]) -> bool {
    let Some(at) = bytes.windows(END.len()).position(|window| window == END) else { return false };
    bytes.get(..at).is_some_and(|said| !said.is_empty() && records(said).is_some_and(|r| !r.is_empty()))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    // What stands before the first record is noise of the plug.
    let noise = message.bytes.iter().take_while(|byte| **byte != START).count();
    let said = message.bytes.get(noise..).and_then(|said| said.strip_suffix(END));
    let said = said.ok_or(Fault::Short { offset: message.bytes.len(), expected: "6A 99 …" })?;
    let mut decoded = Decoded::default();
    decoded.instrument.vendor = Some("Dayuan".to_owned());
    decoded.readings = records(said).ok_or_else(|| Fault::Bytes {
        offset: 0,
        expected: "records of 13 or of 9 bytes that begin with 6A and hold a date",
        found: format!("{} bytes", said.len()),
    })?;
    for reading in &mut decoded.readings {
        reading.span = reading.span.start.saturating_add(noise)..reading.span.end.saturating_add(noise);
    }
    Ok(decoded)
}

/// The greeting comes back before an end of its own. A length that both kinds divide is told by the dates.
fn records(said: &[u8]) -> Option<Vec<Reading>> {
    if matches!(said, [] | [START, 0x5A, 0xA5, 0x69]) {
        return Some(Vec::new());
    }
    let all = |len: usize, read: fn(&[u8]) -> Option<Reading>| -> Option<Vec<Reading>> {
        said.len().is_multiple_of(len).then_some(())?;
        let cut = said.chunks_exact(len).enumerate();
        let spans = cut.map(|(at, record)| Some(Reading { span: at * len..(at + 1) * len, ..read(record)? }));
        spans.collect()
    };
    match (all(LONG, additive), all(SHORT, moisture)) {
        (Some(readings), None) | (None, Some(readings)) => Some(readings),
        _ => None,
    }
}

fn additive(record: &[u8]) -> Option<Reading> {
    let [START, low, high, value_low, value_high, item, verdict, year, month, day, hour, minute, second] = record
    else {
        return None;
    };
    let time = moment([year, month, day, hour, minute, second])?;
    let number = u16::from_le_bytes([*low, *high]);
    let value = u16::from_le_bytes([*value_low, *value_high]);
    let mut flags = vec![format!("number {number}")];
    flags.extend(match verdict {
        1 => Some("pass".to_owned()),
        2 => Some("over the limit".to_owned()),
        3 => Some("suspicious".to_owned()),
        4 => Some("no value: out of range".to_owned()),
        _ => Some(format!("verdict {verdict:02X}")),
    });
    let text = (*verdict != 4).then(|| format!("{}.{:02}", value / 100, value % 100));
    Some(Reading {
        analyte: Some(format_compact!("{item:02X}")),
        number: text.as_deref().and_then(|text| text.parse().ok()),
        result: text.map(Into::into),
        flags,
        measured_at: Some(time),
        device_key: Some(format!("{number} {time}")),
        ..Reading::default()
    })
}

/// A date is no instant: it is kept as it is.
fn moisture(record: &[u8]) -> Option<Reading> {
    let [START, high, low, kind, year, month, day, number, _] = record else { return None };
    let value = u16::from(decimal(*high)?) * 100 + u16::from(decimal(*low)?);
    let date = times::date(i16::from(decimal(*year)?), i16::from(decimal(*month)?), i16::from(decimal(*day)?))?;
    let text = format!("{}.{}", value / 10, value % 10);
    Some(Reading {
        number: text.parse().ok(),
        result: Some(text.into()),
        flags: vec![format!("number {number:02X}"), format!("kind {kind:02X}"), format!("date {date}")],
        ..Reading::default()
    })
}

/// Two decimal digits in a byte.
fn decimal(byte: u8) -> Option<u8> {
    let (tens, ones) = (byte >> 4, byte & 0x0F);
    (tens < 10 && ones < 10).then_some(tens * 10 + ones)
}

fn moment(bytes: [&u8; 6]) -> Option<DateTime> {
    let mut parts = bytes.iter().map(|byte| decimal(**byte));
    let mut next = || parts.next().flatten();
    let date = times::date(i16::from(next()?), i16::from(next()?), i16::from(next()?))?;
    let mut part = || next().and_then(|n| i8::try_from(n).ok());
    let time = jiff::civil::Time::new(part()?, part()?, part()?, 0).ok()?;
    Some(date.to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NITRITE: [u8; LONG] = [START, 7, 0, 0x2C, 0x01, 2, 1, 0x26, 0x03, 0x02, 0x08, 0x15, 0x30];

    fn read(records: &[&[u8]]) -> Result<Decoded, Fault> {
        parse(&Message::plain([records.concat().as_slice(), END].concat(), 0))
    }

    #[test]
    fn a_record_of_an_additive_tester_has_its_own_identity() {
        let reading = read(&[&NITRITE]).unwrap().readings.remove(0);
        assert_eq!((reading.analyte.as_deref(), reading.result.as_deref()), (Some("02"), Some("3.00")));
        assert_eq!(reading.device_key.as_deref(), Some("7 2026-03-02T08:15:30"));
        assert_eq!(reading.flags, ["number 7", "pass"]);
    }

    #[test]
    fn out_of_range_is_no_value() {
        let mut record = NITRITE;
        record[6] = 4;
        let reading = read(&[&record]).unwrap().readings.remove(0);
        assert_eq!((reading.result, reading.number), (None, None));
    }

    #[test]
    fn a_moisture_meter_sends_shorter_records() {
        let record = [START, 0x07, 0x65, 1, 0x26, 0x03, 0x02, 0x12, 0x69];
        let reading = read(&[&record]).unwrap().readings.remove(0);
        assert_eq!(reading.result.as_deref(), Some("76.5"));
        assert_eq!((reading.flags.last().map(String::as_str), reading.measured_at), (Some("date 2026-03-02"), None));
    }

    #[test]
    fn a_record_that_is_short_of_a_byte_costs_the_whole_answer() {
        assert!(read(&[&NITRITE, &NITRITE[..12]]).is_err());
        assert!(read(&[&[START; 13]]).is_err());
    }

    #[test]
    fn an_empty_store_says_nothing() {
        assert!(read(&[]).unwrap().readings.is_empty());
        assert!(read(&[GREETING]).unwrap().readings.is_empty());
    }
}
