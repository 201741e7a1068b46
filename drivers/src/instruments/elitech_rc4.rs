//! Elitech RC-4 and RC-5 temperature loggers of cold stores and transports. Truth: the frames in the tests of the public
//! driver elitech-datareader; two of its examples have sums that do not hold, and are refused here.
//!
//! Temperatures are signed tenths of a degree. Their unit, and when each was measured, follow from what the device and
//! the head of its data said; a page alone has neither, and none is invented.

use jiff::SignedDuration;
use jiff::civil::DateTime;

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::cursor::Cursor;
use crate::link::dayuan::sum8;
use crate::link::elitech::{ANSWER, DEVICE_LEN, Elitech, HEAD_LEN};

pub static PROFILE: Profile = Profile {
    id: "elitech-rc4",
    maker: "Elitech",
    models: &["RC-4", "RC-5"],
    transports: &[Transport::Serial, Transport::File],
    direction: Direction::TwoWay,
    host: None,
    proof: Proof::Document,
    tested_against: "7 published frames, 5 of them with right sums",
    serial: Serial::new(115_200),
    link: || Box::new(Elitech::default()),
    parse,
    recognises,
};

/// Where in the device's answer its facts stand.
const INTERVAL: std::ops::Range<usize> = 5..8;
const NUMBER: std::ops::Range<usize> = 144..154;
const UNIT: usize = 157;
const CELSIUS: u8 = 0x31;

/// A record that was not taken.
const NONE: i16 = i16::MIN;

/// A page of temperatures alone looks like anything; the two answers before it do not.
fn recognises(bytes: &[u8]) -> bool {
    let Some((check, said)) = bytes.split_last() else { return false };
    let right = bytes.first() == Some(&ANSWER) && *check == sum8(said);
    right && (bytes.len() == DEVICE_LEN || (bytes.len() == HEAD_LEN && start(bytes, 0).is_ok()))
}

#[derive(Default)]
struct Context {
    number: Option<String>,
    interval: Option<SignedDuration>,
    unit: Option<String>,
    start: Option<DateTime>,
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let mut decoded = Decoded::default();
    let mut context = Context::default();
    // The pieces of a message are whole frames, in the order in which they were sent.
    for (index, piece) in message.pieces.iter().enumerate() {
        let frame = piece.at.checked_add(piece.len).and_then(|end| message.bytes.get(piece.at..end));
        let frame = frame.ok_or(Fault::Short { offset: message.bytes.len(), expected: "a frame" })?;
        match frame {
            // A page of 79 records is as long, but never the first frame of a reading.
            [ANSWER, ..] if frame.len() == DEVICE_LEN && index == 0 => device(frame, &mut context),
            [ANSWER, ..] if frame.len() == HEAD_LEN => context.start = Some(start(frame, piece.at)?),
            [ANSWER, said @ .., _] => page(said, piece.at, &context, &mut decoded)?,
            _ => return Err(Fault::Bytes { offset: piece.at, expected: "55", found: "another byte".to_owned() }),
        }
    }
    decoded.instrument =
        Instrument { vendor: Some("Elitech".to_owned()), serial_number: context.number, ..Instrument::default() };
    Ok(decoded)
}

fn device(frame: &[u8], context: &mut Context) {
    let number = frame.get(NUMBER).map(|digits| String::from_utf8_lossy(digits).trim_matches('\0').to_owned());
    context.number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_graphic()) && !number.is_empty());
    context.interval = match frame.get(INTERVAL) {
        Some([hours, minutes, seconds]) => {
            let seconds = i64::from(*hours) * 3600 + i64::from(*minutes) * 60 + i64::from(*seconds);
            (seconds > 0).then(|| SignedDuration::from_secs(seconds))
        }
        _ => None,
    };
    context.unit = (frame.get(UNIT) == Some(&CELSIUS)).then(|| "°C".to_owned());
}

/// Count, then year (two bytes), month, day, hour, minute, second of the first record.
fn start(frame: &[u8], at: usize) -> Result<DateTime, Fault> {
    let fault = || Fault::Bytes { offset: at, expected: "a date and a time", found: frame.escape_ascii().to_string() };
    let [_, _, _, high, low, month, day, hour, minute, second, _] = frame else { return Err(fault()) };
    let year = i16::from_be_bytes([*high, *low]);
    let part = |byte: &u8| i8::try_from(*byte).map_err(|_| fault());
    DateTime::new(year, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?, 0).map_err(|_| fault())
}

fn page(said: &[u8], at: usize, context: &Context, decoded: &mut Decoded) -> Result<(), Fault> {
    if !said.len().is_multiple_of(2) || said.is_empty() {
        return Err(Fault::Short { offset: at.saturating_add(said.len()), expected: "temperatures of two bytes" });
    }
    let mut cursor = Cursor::new(said, 0);
    let before = decoded.readings.len();
    for index in before..before.saturating_add(said.len() / 2) {
        let from = at.saturating_add(1).saturating_add(cursor.at());
        let pair: [u8; 2] = cursor.take(2, "a temperature")?.try_into().unwrap_or_default();
        let tenths = i16::from_be_bytes(pair);
        let measured_at = context.start.zip(context.interval).and_then(|(start, interval)| {
            let steps = i32::try_from(index).ok()?;
            start.checked_add(interval.checked_mul(steps)?).ok()
        });
        let mut reading = Reading {
            analyte: Some("temperature".into()),
            unit: context.unit.as_deref().map(Into::into),
            measured_at,
            span: from..from.saturating_add(2),
            ..Reading::default()
        };
        if tenths == NONE {
            reading.flags.push("no value".to_owned());
        } else {
            let sign = if tenths < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
            reading.number = text.parse().ok();
            reading.result = Some(text.into());
        }
        let number = context.number.as_deref().unwrap_or_default();
        reading.device_key = measured_at.map(|time| format!("{number} {time}"));
        decoded.readings.push(reading);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Piece;
    use crate::link::elitech::closed;

    #[test]
    fn a_page_alone_has_temperatures_but_no_times() {
        let bytes = closed(&[ANSWER, 0x00, 0x2B, 0xFF, 0xFB, 0x80, 0x00]);
        let readings = parse(&Message::plain(bytes, 0)).unwrap().readings;
        let said: Vec<Option<&str>> = readings.iter().map(|reading| reading.result.as_deref()).collect();
        assert_eq!(said, [Some("4.3"), Some("-0.5"), None]);
        assert!(readings.iter().all(|reading| reading.measured_at.is_none() && reading.unit.is_none()));
    }

    #[test]
    fn with_what_the_device_said_each_record_has_its_time_and_unit() {
        let mut device = vec![0; DEVICE_LEN];
        device[0] = ANSWER;
        device[7] = 30;
        device[NUMBER].copy_from_slice(b"2603020001");
        device[UNIT] = CELSIUS;
        let frames = [device, closed(&[ANSWER, 0, 2, 0x07, 0xEA, 3, 2, 8, 15, 0]), closed(&[ANSWER, 0, 40, 0, 41])];
        let mut message = Message::default();
        for frame in frames {
            message.pieces.push(Piece { at: message.bytes.len(), wire: message.bytes.len(), len: frame.len() });
            message.bytes.extend(frame);
        }
        let last = parse(&message).unwrap().readings.pop().unwrap();
        assert_eq!((last.result.as_deref(), last.unit.as_deref()), (Some("4.1"), Some("°C")));
        assert_eq!(last.device_key.as_deref(), Some("2603020001 2026-03-02T08:15:30"));
    }
}
