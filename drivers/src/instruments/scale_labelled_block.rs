//! Scales that print a labelled block for each weighing: limits, gross, net and tare, date, number of the scale, status.
//! Its lines end with CR, the block with CR LF after `STATUS`. Truth: a recording whose maker is not known.
//!
//! The block names no unit, so none is given.

use jiff::civil::DateTime;

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::{months, printed};
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "scale-labelled-block",
    maker: "various",
    models: &["scales that print labelled blocks"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a recording of 110 blocks, maker unknown",
    serial: Serial::new(9600),
    link: || Box::new(Line::grouped(|line| !line.starts_with(b"STATUS"))),
    parse,
    recognises,
};

const WEIGHTS: [&str; 3] = ["GROSS WEIGHT", "NET WEIGHT", "TARE"];

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let holds = |text: &str| head.windows(text.len()).any(|window| window == text.as_bytes());
    WEIGHTS.into_iter().all(holds) && holds("\rSTATUS ")
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let mut decoded = Decoded { encoding: Some("utf-8"), ..Decoded::default() };
    let mut at = 0usize;
    let mut flags = Vec::new();
    for (index, row) in message.bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')).enumerate() {
        let start = at;
        at = at.saturating_add(row.len());
        let row = row.trim_ascii_end();
        let fault = |expected| Fault::Line { line: index + 1, expected, found: row.escape_ascii().to_string() };
        // The status is not text: a byte above 7F and a mark.
        if let Some(status) = row.strip_prefix(b"STATUS ") {
            flags.push(format!("status {}", status.escape_ascii()));
            continue;
        }
        let text = std::str::from_utf8(row).map_err(|_| fault("a labelled line"))?;
        if let Some(date) = text.strip_prefix("DATE & TIME ") {
            decoded.sent_at = Some(time(date).ok_or_else(|| fault("a date and a time"))?);
        } else if let Some(number) = text.strip_prefix("SCALE NO ") {
            flags.push(format!("scale {}", number.trim()));
        } else if let Some((label, rest)) = WEIGHTS.iter().find_map(|label| Some((*label, text.strip_prefix(label)?))) {
            let result = printed::signed(rest).ok_or_else(|| fault("a weight"))?;
            let span = start..start.saturating_add(row.len());
            let analyte = Some(label.to_owned());
            decoded.readings.push(Reading {
                analyte: analyte.map(Into::into),
                span,
                ..printed::value(result, None, &[])
            });
        } else if !text.is_empty() && !text.starts_with("SET P") {
            return Err(fault("a labelled line"));
        }
    }
    if decoded.readings.len() != WEIGHTS.len() {
        return Err(Fault::Short { offset: message.bytes.len(), expected: "gross, net and tare" });
    }
    for reading in &mut decoded.readings {
        reading.flags.extend(flags.iter().cloned());
        reading.measured_at = decoded.sent_at;
    }
    Ok(decoded)
}

/// `JAN. 14,2024  06:29AM`.
fn time(text: &str) -> Option<DateTime> {
    let (clock, half) = text.split_at_checked(text.len().checked_sub(2)?)?;
    months::read(&format!("{clock} {half}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_month_leaves_no_doubt_about_the_time() {
        assert_eq!(time("MAR. 02,2026  06:29PM").map(|t| t.to_string()).as_deref(), Some("2026-03-02T18:29:00"));
        assert_eq!(time("02.03.2026  06:29"), None);
    }

    #[test]
    fn a_block_without_its_head_is_no_weighing() {
        let fault = parse(&Message::plain(b"TARE      1.5\rSCALE NO 1\rSTATUS \x83*\r\n".to_vec(), 0)).unwrap_err();
        assert!(matches!(fault, Fault::Short { .. }));
    }
}
