//! Taiyang TTNJ and TTJ rapid testers: groups of eight channels, each an absorbance and a value.
//! The vendor's document on the serial protocol; it was checked on the one group it prints.

use jiff::civil::DateTime;

use crate::contract::{
    Absorbance, Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport,
};
use crate::link::taiyang::{GROUP, Taiyang};

pub static PROFILE: Profile = Profile {
    id: "taiyang-ttnj",
    maker: "Taiyang",
    models: &["TTNJ-8", "TTNJ-16", "TTNJ-24", "TTNJ-32", "TTJ-10H8", "TTJ-8H8", "TTJ-4H8"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::TwoWay,
    host: None,
    proof: Proof::Document,
    tested_against: "the group printed in the vendor's document",
    serial: Serial::new(9600),
    link: || Box::new(Taiyang::default()),
    parse,
    recognises,
};

const CHANNEL: usize = 8;

fn recognises(bytes: &[u8]) -> bool {
    bytes.windows(2 + GROUP).take(64).any(|window| match window {
        [0x1B, 0xC1, info @ ..] => clock(info).is_some(),
        _ => false,
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let bytes = message.bytes.as_slice();
    let start = bytes.len().checked_sub(GROUP).ok_or(Fault::Short { offset: bytes.len(), expected: "73 bytes" })?;
    let (before, group) = bytes.split_at_checked(start).unwrap_or_default();
    let [_, _, _, _, _, item, _, mask, info, channels @ ..] = group else {
        return Err(Fault::Short { offset: bytes.len(), expected: "nine bytes of information" });
    };
    let measured_at = clock(group);
    let mut decoded = Decoded {
        instrument: Instrument {
            vendor: Some("Taiyang".to_owned()),
            model: before.get(1).map(|code| model(*code)),
            ..Instrument::default()
        },
        ..Decoded::default()
    };
    let mut filled = 0_u8;
    for (index, (cells, number)) in channels.chunks_exact(CHANNEL).zip(1_u8..).enumerate() {
        let Some((absorbance, value)) = two_floats(cells) else { continue };
        if absorbance == 0.0 && value == 0.0 {
            continue;
        }
        filled |= 1 << index;
        let at = start + 9 + index * CHANNEL;
        let mut reading = Reading {
            position: Some(number.to_string().into()),
            analyte: Some(item.to_string().into()),
            measured_at,
            device_key: measured_at.map(|time| format!("{time} {item} {info:02X} {number}")),
            span: at..at + CHANNEL,
            ..Reading::default()
        };
        if absorbance.is_finite() {
            reading.absorbance = Some(Absorbance { change: Some(absorbance.to_string()), ..Absorbance::default() });
        }
        if value.is_finite() {
            let text = value.to_string();
            reading.number = text.parse().ok();
            reading.result = Some(text.into());
        } else {
            reading.flags.push("no value".to_owned());
        }
        decoded.readings.push(reading);
    }
    // The document's example counts the mask from the highest bit, its text from the lowest: neither is proof that
    // a channel was used, so the numbers decide.
    if *mask != filled && *mask != filled.reverse_bits() {
        decoded.warnings.push(format!("channel mask {mask:02X}, channels with numbers {filled:02X}"));
    }
    Ok(decoded)
}

/// Absorbance and value, both big-endian single precision. Their shortest text that reads back the same number is
/// what stands for them in the record.
fn two_floats(cells: &[u8]) -> Option<(f32, f32)> {
    let (absorbance, value) = cells.split_first_chunk::<4>()?;
    Some((f32::from_be_bytes(*absorbance), f32::from_be_bytes(value.try_into().ok()?)))
}

/// Plain binary numbers; the year counts from 2000.
fn clock(group: &[u8]) -> Option<DateTime> {
    let [second, minute, hour, day, month, _, year, ..] = group else { return None };
    let [second, minute, hour, day, month] =
        [second, minute, hour, day, month].map(|byte| i8::try_from(*byte).unwrap_or(-1));
    DateTime::new(2000 + i16::from(*year), month, day, hour, minute, second, 0).ok()
}

/// The document's table of model codes.
fn model(code: u8) -> String {
    match code {
        0x01 => "TTNJ-8".to_owned(),
        0x02 => "TTNJ-16".to_owned(),
        0x03 => "TTNJ-32".to_owned(),
        0x04 => "TTNJ-24".to_owned(),
        0x11 => "TTJ-10H8".to_owned(),
        0x12 => "TTJ-8H8".to_owned(),
        0x13 => "TTJ-4H8".to_owned(),
        code => format!("{code:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::taiyang;

    fn group(mask: u8, channels: &[(usize, f32, f32)]) -> Vec<u8> {
        taiyang::group([5, 30, 9, 2, 3, 1, 26, mask, 0x10], channels)
    }

    #[test]
    fn a_channel_has_its_absorbance_and_its_value_digit_for_digit() {
        let message = Message::plain(group(0x02, &[(2, 0.412, 37.6)]), 0);
        let decoded = parse(&message).unwrap();
        let reading = &decoded.readings[0];
        assert_eq!((reading.position.as_deref(), reading.analyte.as_deref()), (Some("2"), Some("1")));
        assert_eq!((reading.result.as_deref(), reading.number), (Some("37.6"), Some(37.6)));
        assert_eq!(reading.absorbance.as_ref().and_then(|a| a.change.as_deref()), Some("0.412"));
        assert_eq!(reading.device_key.as_deref(), Some("2026-03-02T09:30:05 1 10 2"));
        assert!(decoded.warnings.is_empty());
    }

    #[test]
    fn the_mask_may_be_counted_from_either_side_but_must_agree() {
        for (mask, warnings) in [(0x01, 0), (0x80, 0), (0x03, 1), (0x00, 1)] {
            let decoded = parse(&Message::plain(group(mask, &[(8, 0.4, 12.5)]), 0)).unwrap();
            assert_eq!((decoded.readings.len(), decoded.warnings.len()), (1, warnings), "mask {mask:02X}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_no_value() {
        let decoded = parse(&Message::plain(group(0x01, &[(1, 0.4, f32::NAN)]), 0)).unwrap();
        assert_eq!((decoded.readings[0].result.as_deref(), decoded.readings[0].number), (None, None));
        assert_eq!(decoded.readings[0].flags, ["no value"]);
    }
}
