//! Bench pH meters that stream `4.54pH 24.7°C ATC` while they measure, and print a short report at the end point: date,
//! time, value, temperature, the name of the method. The degree sign is F8, as in code page 437. Truth: a recording
//! whose maker is not known.

use jiff::civil::DateTime;

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::{months, printed};
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "ph-atc-stream",
    maker: "various",
    models: &["bench pH meters with automatic temperature compensation"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a recording of 17 values and a report, maker unknown",
    serial: Serial::new(9600),
    link: || Box::new(Line::grouped(report_goes_on)),
    parse,
    recognises,
};

const DEGREE: u8 = 0xF8;

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let mut lines = head.split(|byte| *byte == b'\n');
    lines.any(|line| matches!(said(line.trim_ascii_end()), Some(Said::Value(_, Some(_)))))
}

/// The report's lines up to its temperature belong together.
fn report_goes_on(line: &[u8]) -> bool {
    match said(line) {
        Some(Said::Date(_) | Said::Clock(_) | Said::Value(_, None)) => true,
        Some(Said::Value(..) | Said::Temperature(_) | Said::Words) => false,
        // An empty line ends nothing, and one with a blank stands inside of the report.
        None => line == b" ",
    }
}

enum Said {
    /// A pH, and the temperature if it stands in the same line.
    Value(String, Option<String>),
    Temperature(String),
    Date(String),
    Clock(String),
    /// What the method is called.
    Words,
}

fn said(line: &[u8]) -> Option<Said> {
    if let Some((value, rest)) = split_at(line, b"pH") {
        let value = printed::signed(value).filter(|value| has_decimals(value))?;
        return match rest.trim_ascii() {
            [] => Some(Said::Value(value, None)),
            rest => Some(Said::Value(value, Some(temperature(rest)?))),
        };
    }
    if let Some(temperature) = temperature(line.trim_ascii()) {
        return Some(Said::Temperature(temperature));
    }
    let text = std::str::from_utf8(line).ok()?.trim();
    let words = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' ');
    match () {
        () if text.is_empty() => None,
        () if crate::format::times::clock(text).is_some() => Some(Said::Clock(text.to_owned())),
        () if months::read(&format!("{text} 00:00")).is_some() => Some(Said::Date(text.to_owned())),
        () if words(text) => Some(Said::Words),
        () => None,
    }
}

/// The meters print two or three decimals: of a line torn at its start, `1pH` is none.
fn has_decimals(value: &str) -> bool {
    value.split_once('.').is_some_and(|(whole, decimals)| !whole.is_empty() && (2..=3).contains(&decimals.len()))
}

/// `24.7°C ATC` or `24.7°C MTC`: compensated automatically, or by a temperature typed in.
fn temperature(text: &[u8]) -> Option<String> {
    let at = text.iter().position(|byte| *byte == DEGREE)?;
    let (number, rest) = text.split_at_checked(at)?;
    let unit = std::str::from_utf8(rest.get(1..)?).ok()?;
    matches!(unit, "C" | "C ATC" | "C MTC" | "F ATC" | "F MTC").then_some(())?;
    Some(format!("{} °{unit}", printed::signed(std::str::from_utf8(number).ok()?)?))
}

fn split_at<'a>(line: &'a [u8], mark: &[u8]) -> Option<(&'a str, &'a [u8])> {
    let at = line.windows(mark.len()).position(|window| window == mark)?;
    let (before, rest) = line.split_at_checked(at)?;
    Some((std::str::from_utf8(before).ok()?, rest.get(mark.len()..)?))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let mut decoded = Decoded { encoding: Some("cp437"), ..Decoded::default() };
    let (mut date, mut clock) = (None, None);
    let mut at = 0usize;
    let (mut number, mut after_cr) = (0usize, false);
    // Some adapters drop one of the two ends of a line.
    for row in message.bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
        number = number.saturating_add(usize::from(!(after_cr && row == b"\n")));
        after_cr = row.ends_with(b"\r");
        let start = at;
        at = at.saturating_add(row.len());
        let line = row.trim_ascii();
        match said(line) {
            Some(Said::Value(value, beside)) => {
                let span = start..start.saturating_add(row.trim_ascii_end().len());
                let flags: Vec<&str> = beside.as_deref().into_iter().collect();
                let analyte = Some("pH".to_owned());
                decoded.readings.push(Reading {
                    analyte: analyte.map(Into::into),
                    span,
                    ..printed::value(value, None, &flags)
                });
            }
            Some(Said::Temperature(text)) => match decoded.readings.last_mut() {
                Some(reading) => reading.flags.push(text),
                None => decoded.warnings.push(format!("no pH: {text}")),
            },
            Some(Said::Date(text)) => date = Some(text),
            Some(Said::Clock(text)) => clock = Some(text),
            Some(Said::Words) => decoded.warnings.push(format!("no pH: {}", line.escape_ascii())),
            None if line.is_empty() => {}
            None => {
                return Err(Fault::Line {
                    line: number,
                    expected: "a pH and a temperature, or a line of a report",
                    found: line.escape_ascii().to_string(),
                });
            }
        }
    }
    let reported = date.zip(clock).and_then(|(date, clock)| time(&date, &clock));
    if let Some(time) = reported {
        for reading in &mut decoded.readings {
            reading.measured_at = Some(time);
            reading.flags.push("end point".to_owned());
        }
    }
    Ok(decoded)
}

/// `20-Feb-2023` and `11:16`.
fn time(date: &str, clock: &str) -> Option<DateTime> {
    months::read(&format!("{date} {clock}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Decoded, Fault> {
        parse(&Message::plain(bytes.to_vec(), 0))
    }

    #[test]
    fn a_line_of_the_stream_is_a_ph_with_its_temperature() {
        let reading = read(b"6.98pH 21.3\xF8C ATC\r\n").unwrap().readings.remove(0);
        assert_eq!((reading.analyte.as_deref(), reading.result.as_deref()), (Some("pH"), Some("6.98")));
        assert_eq!(reading.flags, ["21.3 °C ATC"]);
    }

    #[test]
    fn a_report_says_when_the_end_point_was_reached() {
        let decoded = read(b"2-Mar-2026\r\n08:15\r\n \r\n6.98pH\r\n21.3\xF8C ATC\r\n").unwrap();
        let reading = decoded.readings.first().unwrap();
        assert_eq!(reading.measured_at.map(|t| t.to_string()).as_deref(), Some("2026-03-02T08:15:00"));
        assert_eq!(reading.flags, ["21.3 °C ATC", "end point"]);
    }

    #[test]
    fn a_torn_line_is_no_ph() {
        for line in
            [&b"pH 21.3\xF8C ATC\r\n"[..], b"6.98pH 21.3\r\n", b"6.9x8pH\r\n", b"8pH\r\n", b"98pH 21.3\xF8C AT\r\n"]
        {
            assert!(read(line).is_err(), "{}", line.escape_ascii());
        }
    }
}
