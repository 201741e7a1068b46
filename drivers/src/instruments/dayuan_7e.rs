//! Dayuan LZ-4000(T) and TL-310 pesticide-residue testers (cholinesterase inhibition, GB/T 5009.199, NY/T 448).
//! Record layouts from public drivers of these instruments; no instrument and no manual was seen.

use encoding_rs::GBK;
use jiff::civil::DateTime;

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::link::dayuan::{self, CRC_AA, Frame};
use crate::link::dayuan_cutter::frames_in;
use crate::link::dayuan_host::{DayuanHost, command};

pub static PROFILE: Profile = Profile {
    id: "dayuan-7e",
    maker: "Dayuan",
    models: &["LZ-4000", "LZ-4000T", "TL-310"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::TwoWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "frames named in public drivers, and records built from their field lists",
    serial: Serial::new(115_200),
    link: || Box::new(DayuanHost::default()),
    parse,
    recognises,
};

/// The code for the inhibition rate; the instruments send none, because they measure nothing else.
const INHIBITION: &str = "INH";

/// The instruments write 7FFE, and drivers take all above 32000, for "no value".
const NO_VALUE_ABOVE: u16 = 32_000;

fn recognises(bytes: &[u8]) -> bool {
    frames_in(bytes, &[CRC_AA]).iter().any(|frame| dayuan::open(frame).is_some_and(|frame| read(frame).is_some()))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let frame = dayuan::open(&message.bytes).ok_or(Fault::Short { offset: 0, expected: "a frame" })?;
    let (model, mut reading) = read(frame).ok_or_else(|| Fault::Bytes {
        offset: 1,
        expected: "a record (11 with 20 bytes, 16 with 21 bytes)",
        found: format!("command {:02X} with {} bytes", frame.command, frame.data.len()),
    })?;
    reading.span = 0..message.bytes.len();
    Ok(Decoded {
        instrument: Instrument {
            vendor: Some("Dayuan".to_owned()),
            model: Some(model.to_owned()),
            ..Instrument::default()
        },
        readings: vec![reading],
        encoding: Some("gbk"),
        ..Decoded::default()
    })
}

fn read(frame: Frame<'_>) -> Option<(&'static str, Reading)> {
    match (frame.command, frame.data) {
        (command::LZ_RECORD, [_, _, _, _, n0, n1, rest @ ..]) => {
            let (name, rest) = rest.split_at_checked(6)?;
            let [year, month, day, hour, minute, second, low, high] = rest else { return None };
            let time = clock(&[*year, *month, *day, *hour, *minute, *second]);
            let number = u16::from_le_bytes([*n0, *n1]);
            let mut reading = inhibition(u16::from_le_bytes([*low, *high]), 2);
            label(&mut reading, name);
            reading.measured_at = time;
            reading.device_key = time.map(|time| format!("{number} {time}"));
            Some(("LZ-4000", reading))
        }
        (command::TL_RECORD, [0xFF, _, _, _, _, channel, standard, rest @ ..]) => {
            let (when, rest) = rest.split_at_checked(6)?;
            let [n_high, n_low, _, _, low, high, verdict, _] = rest else { return None };
            let time = clock(when);
            let number = u16::from_be_bytes([*n_high, *n_low]);
            let mut reading = inhibition(u16::from_le_bytes([*low, *high]), 1);
            reading.position = Some(channel.to_string().into());
            reading.flags.extend(match standard {
                0 => Some("GB/T 5009.199".to_owned()),
                1 => Some("NY/T 448".to_owned()),
                _ => None,
            });
            reading.flags.extend(match verdict {
                1 => Some("over".to_owned()),
                2 => Some("pass".to_owned()),
                _ => None,
            });
            reading.measured_at = time;
            reading.device_key = time.map(|time| format!("{number} {channel} {time}"));
            Some(("TL-310", reading))
        }
        _ => None,
    }
}

/// A scaled inhibition. The digits are the instrument's; the point is where its scale says.
fn inhibition(raw: u16, decimals: u32) -> Reading {
    let mut reading = Reading { analyte: Some(INHIBITION.into()), unit: Some("%".into()), ..Reading::default() };
    // The instruments compute with signed numbers: a sample that inhibits less than the control is negative.
    let signed = i16::from_le_bytes(raw.to_le_bytes());
    if signed >= 0 && raw > NO_VALUE_ABOVE {
        reading.flags.push("no value".to_owned());
        return reading;
    }
    let scale = 10_u16.pow(decimals);
    let size = signed.unsigned_abs();
    let text = format!(
        "{}{}.{:0width$}",
        if signed < 0 { "-" } else { "" },
        size / scale,
        size % scale,
        width = decimals as usize
    );
    reading.number = text.parse().ok();
    reading.result = Some(text.into());
    reading
}

/// Six bytes of GBK, padded with zeros: what the operator typed, the code of the sample or only what it is (`白菜`).
/// Only a code names the sample: any number of samples are cabbages.
///
/// A name of four characters is cut in the middle of the fourth: what is left of it is no text, so it is left out and
/// the name is marked.
fn label(reading: &mut Reading, field: &[u8]) {
    let bytes: Vec<u8> = field.iter().copied().take_while(|byte| *byte != 0).collect();
    let (whole, broken) = GBK.decode_without_bom_handling(&bytes);
    let text = if broken {
        reading.flags.push("name cut".to_owned());
        let before = bytes.split_last().map_or(&[][..], |(_, before)| before);
        GBK.decode_without_bom_handling(before).0
    } else {
        whole
    };
    let text = text.trim_end();
    if text.is_ascii() && text.bytes().any(|byte| byte.is_ascii_digit()) {
        reading.sample_id = Some(text.into());
    } else if !text.is_empty() {
        reading.flags.push(format!("name {text}"));
    }
}

/// Year since 2000, month, day, hour, minute, second; `None` for a clock that was never set.
fn clock(bytes: &[u8]) -> Option<DateTime> {
    let [year, month, day, hour, minute, second] = bytes else { return None };
    let [month, day, hour, minute, second] =
        [month, day, hour, minute, second].map(|byte| i8::try_from(*byte).unwrap_or(-1));
    DateTime::new(2000 + i16::from(*year), month, day, hour, minute, second, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::dayuan::frame;

    fn lz(name: &[u8; 6], when: [u8; 6], raw: i16) -> Reading {
        let data = [&[1, 0, 0, 0, 1, 0][..], name, &when, &raw.to_le_bytes()].concat();
        let bytes = frame(command::LZ_RECORD, &data, CRC_AA);
        parse(&Message::plain(bytes, 0)).unwrap().readings.remove(0)
    }

    #[test]
    fn an_inhibition_keeps_both_decimals_and_its_sign() {
        for (raw, text, number) in [
            (3765, "37.65", 37.65),
            (0, "0.00", 0.0),
            (-125, "-1.25", -1.25),
            (-5, "-0.05", -0.05),
            (10_000, "100.00", 100.0),
        ] {
            let reading = lz(b"A-01\0\0", [26, 3, 2, 8, 30, 5], raw);
            assert_eq!((reading.result.as_deref(), reading.number), (Some(text), Some(number)));
            assert_eq!(reading.unit.as_deref(), Some("%"));
        }
    }

    #[test]
    fn no_value_is_no_zero() {
        for raw in [0x7FFE, 32_001] {
            let reading = lz(b"A-01\0\0", [26, 3, 2, 8, 30, 5], raw);
            assert_eq!((reading.result, reading.number), (None, None));
            assert_eq!(reading.flags, ["no value"]);
        }
    }

    #[test]
    fn a_name_cut_in_the_middle_of_a_character_keeps_its_whole_characters() {
        let reading = lz(&[0xB0, 0xD7, 0xB2, 0xCB, b'1', 0xD0], [26, 3, 2, 8, 30, 5], 100);
        assert_eq!(reading.flags, ["name cut", "name 白菜1"]);
    }

    #[test]
    fn a_code_names_the_sample_and_a_vegetable_does_not() {
        let when = [26, 3, 2, 8, 30, 5];
        assert_eq!(lz(b"A-01\0\0", when, 100).sample_id.as_deref(), Some("A-01"));
        let cabbage = lz(&[0xB0, 0xD7, 0xB2, 0xCB, 0, 0], when, 100);
        assert_eq!((cabbage.sample_id, cabbage.flags), (None, vec!["name 白菜".to_owned()]));
    }

    #[test]
    fn a_clock_that_was_never_set_gives_no_time_and_no_identity() {
        let reading = lz(b"A-01\0\0", [0; 6], 100);
        assert_eq!((reading.measured_at, reading.device_key), (None, None));
    }

    #[test]
    fn a_tl_310_record_names_its_channel_and_its_standard() {
        let data = [0xFF, 1, 0, 1, 0, 3, 1, 26, 3, 2, 8, 30, 5, 0, 17, 0, 0, 0x2C, 0x03, 1, 0];
        let bytes = frame(command::TL_RECORD, &data, CRC_AA);
        let reading = parse(&Message::plain(bytes, 0)).unwrap().readings.remove(0);
        assert_eq!(reading.position.as_deref(), Some("3"));
        assert_eq!(reading.result.as_deref(), Some("81.2"));
        assert_eq!(reading.flags, ["NY/T 448", "over"]);
        assert_eq!(reading.device_key.as_deref(), Some("17 3 2026-03-02T08:30:05"));
    }
}
