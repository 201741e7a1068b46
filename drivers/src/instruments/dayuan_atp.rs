//! Dayuan DY-6100 ATP luminometer, for the cleanness of surfaces. Truth: a public driver of the vendor's software.
//!
//! A record is 19 bytes: one that is not explained, then number, light (RLU), lower and upper limit in two bytes each
//! (low first), group, program, second, minute, hour, day of the week, day, month, year since 2000, one more that is not
//! explained. That driver carries seconds above 59 into minutes, as the clock of the device goes wrong; such a time is
//! none here.

use jiff::civil::DateTime;

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::link::luminometer::{Luminometer, RECORD};

pub static PROFILE: Profile = Profile {
    id: "dayuan-atp",
    maker: "Dayuan (达元)",
    models: &["DY-6100"],
    transports: &[Transport::Serial, Transport::File],
    direction: Direction::TwoWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "nothing but what a public driver says",
    serial: Serial { baud: 9600, data_bits: 8, parity: 'E', stop_bits: 1 },
    link: || Box::new(Luminometer::default()),
    parse,
    recognises,
};

/// What stands before the records: `n` and the count, `g` and the device's number.
const HEAD: usize = 6;

fn recognises(bytes: &[u8]) -> bool {
    match bytes {
        [b'n', low, high, b'g', _, _, records @ ..] => {
            let count = usize::from(u16::from_le_bytes([*low, *high]));
            count > 0
                && count.checked_mul(RECORD) == Some(records.len())
                && records.chunks_exact(RECORD).all(|record| time(record).is_some())
        }
        _ => false,
    }
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let short = || Fault::Short { offset: message.bytes.len(), expected: "a head of 6 and records of 19 bytes" };
    let (head, records) = message.bytes.split_at_checked(HEAD).ok_or_else(short)?;
    let [_, _, _, _, low, high] = head else { return Err(short()) };
    if records.is_empty() || !records.len().is_multiple_of(RECORD) {
        return Err(short());
    }
    let mut decoded = Decoded::default();
    decoded.instrument.vendor = Some("Dayuan".to_owned());
    decoded.instrument.serial_number = Some(u16::from_le_bytes([*low, *high]).to_string());
    for (at, record) in records.chunks_exact(RECORD).enumerate() {
        let span = HEAD + at * RECORD..HEAD + (at + 1) * RECORD;
        decoded.readings.push(Reading { span, ..read(record).ok_or_else(short)? });
    }
    Ok(decoded)
}

fn read(record: &[u8]) -> Option<Reading> {
    let [_, n0, n1, r0, r1, l0, l1, u0, u1, group, program, ..] = record else { return None };
    let word = |low: &u8, high: &u8| u16::from_le_bytes([*low, *high]);
    let (number, light) = (word(n0, n1), word(r0, r1));
    let (lower, upper) = (word(l0, l1), word(u0, u1));
    let verdict = match light {
        light if light <= lower => "pass",
        light if light <= upper => "warning",
        _ => "over the limit",
    };
    let measured_at = time(record);
    let mut flags = vec![format!("number {number}"), format!("group {group}"), format!("program {program}")];
    flags.extend([format!("limits {lower} {upper}"), verdict.to_owned()]);
    Some(Reading {
        analyte: Some("RLU".into()),
        result: Some(light.to_string().into()),
        number: Some(f64::from(light)),
        unit: Some("RLU".into()),
        flags,
        measured_at,
        device_key: measured_at.map(|time| format!("{number} {time}")),
        ..Reading::default()
    })
}

fn time(record: &[u8]) -> Option<DateTime> {
    let [second, minute, hour, _, day, month, year, _] = record.get(11..)? else { return None };
    let part = |byte: &u8| i8::try_from(*byte).ok();
    let year = i16::from(*year).checked_add(2000)?;
    DateTime::new(year, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(light: u16, second: u8) -> Vec<u8> {
        let words: Vec<u8> = [12u16, light, 30, 100].iter().flat_map(|word| word.to_le_bytes()).collect();
        [&[0][..], &words, &[1, 5, second, 15, 8, 1, 2, 3, 26, 0]].concat()
    }

    fn one(light: u16, second: u8) -> Reading {
        let bytes = [&[b'n', 1, 0, b'g', 7, 0][..], &record(light, second)].concat();
        parse(&Message::plain(bytes, 0)).unwrap().readings.remove(0)
    }

    #[test]
    fn light_is_judged_by_the_devices_own_limits() {
        for (light, verdict) in [(30, "pass"), (31, "warning"), (100, "warning"), (101, "over the limit")] {
            let reading = one(light, 0);
            assert_eq!(reading.result, Some(light.to_string().into()));
            assert_eq!(reading.flags.last().map(String::as_str), Some(verdict), "{light}");
        }
        assert_eq!(one(5, 30).device_key.as_deref(), Some("12 2026-03-02T08:15:30"));
    }

    #[test]
    fn an_impossible_time_is_none_and_no_other_is_made_of_it() {
        let reading = one(5, 61);
        assert_eq!((reading.measured_at, reading.device_key), (None, None));
        assert_eq!(reading.result.as_deref(), Some("5"));
    }

    #[test]
    fn half_a_record_is_refused() {
        let bytes = [&[b'n', 1, 0, b'g', 7, 0][..], &record(5, 0)[..10]].concat();
        assert!(parse(&Message::plain(bytes, 0)).is_err());
    }
}
