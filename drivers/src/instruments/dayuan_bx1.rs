//! Dayuan BX1 colloidal-gold scanner: the curve of light along a test strip.
//! From public drivers of the scanner and a log of the frames one driver received.
//!
//! Read from the wire, or from that driver's log: a line with the time, then a frame in hex. Whether a line on the
//! strip is one is not decided here: the curve is kept as it was measured.

use std::time::Duration;

use jiff::civil::DateTime;

use crate::contract::{
    Chromatogram, Decoded, Direction, Event, Fault, Instrument, Link, Message, Profile, Proof, Serial, Transport,
};
use crate::link::dayuan::{CRC_7E, SUM_7E, SUM_7E_HIGH, Variant, crc8, open, sum8};
use crate::link::dayuan_cutter::{Cut, Cutter, frames_in};
use crate::link::held::whole;
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "dayuan-bx1",
    maker: "Dayuan",
    models: &["BX1"],
    transports: &[Transport::Serial, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "logged frames of one scanner (firmware of 2018)",
    serial: Serial::new(115_200),
    link: || Box::new(Scanner::Unknown),
    parse,
    recognises,
};

const VARIANTS: &[Variant] = &[SUM_7E_HIGH, SUM_7E, CRC_7E];

/// Light along the strip, low byte first.
const CURVE: u8 = 0x16;

/// In the middle of a frame.
const IN_A_FRAME: Duration = Duration::from_secs(2);

/// Frames on a wire, or lines of a log: the first byte tells.
enum Scanner {
    Unknown,
    Wire { cutter: Cutter, waiting: bool },
    Log(Line),
}

impl Scanner {
    fn events(&mut self, give_up: bool) -> Vec<Event> {
        let Self::Wire { cutter, waiting } = self else { return Vec::new() };
        let mut cuts: Vec<Cut> = cutter.by_ref().collect();
        if give_up {
            cuts.extend(std::iter::from_fn(|| cutter.give_up()));
            *waiting = false;
        }
        cuts.into_iter()
            .map(|cut| match cut {
                Cut::Frame { wire, offset } => whole(wire.clone(), Message::plain(wire, offset)),
                Cut::Other(event) => event,
            })
            .collect()
    }
}

impl Link for Scanner {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        if let (Self::Unknown, Some(first)) = (&self, bytes.first()) {
            *self = if first.is_ascii_digit() {
                Self::Log(Line::grouped(is_time))
            } else {
                Self::Wire { cutter: Cutter::new(VARIANTS), waiting: false }
            };
        }
        match self {
            Self::Unknown => Vec::new(),
            Self::Log(line) => line.feed(bytes),
            Self::Wire { cutter, waiting } => {
                cutter.push(bytes);
                *waiting = true;
                self.events(false)
            }
        }
    }

    fn patience(&self) -> Option<Duration> {
        match self {
            Self::Log(line) => line.patience(),
            Self::Wire { waiting: true, .. } => Some(IN_A_FRAME),
            Self::Unknown | Self::Wire { .. } => None,
        }
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        self.close()
    }

    /// After silence the first byte tells anew: a digit may have been noise on the wire of a scanner.
    fn close(&mut self) -> Vec<Event> {
        let Self::Log(line) = self else { return self.events(true) };
        let events = line.close();
        *self = Self::Unknown;
        events
    }
}

/// `11:33:24`: the line of the log that stands before its frame.
fn is_time(line: &[u8]) -> bool {
    line.len() == 8 && line.iter().all(|byte| byte.is_ascii_digit() || *byte == b':')
}

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    match lines.next() {
        Some(time) if is_time(time) => lines.next().is_some_and(|line| line.starts_with(b"7E,")),
        _ => head.starts_with(&[0x7E, 0x02, 0x00, 0x03]) || head.starts_with(&[0x7E, CURVE, 0x00, 0xB4]),
    }
}

/// The frame of a message: the message itself, or what its last line says in hex.
fn frame_of(message: &[u8]) -> Result<Vec<u8>, Fault> {
    if message.first() == Some(&0x7E) {
        return Ok(message.to_vec());
    }
    let line = message.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let at = message.trim_ascii_end().len() - line.len();
    let byte = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|text| u8::from_str_radix(text.trim(), 16).ok());
    line.split(|byte| *byte == b',').map(byte).collect::<Option<Vec<u8>>>().ok_or_else(|| Fault::Bytes {
        offset: at,
        expected: "bytes in hex with commas between them",
        found: String::from_utf8_lossy(line).chars().take(40).collect(),
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let frame = frame_of(&message.bytes)?;
    let checked = frame.get(1..frame.len().saturating_sub(2)).unwrap_or_default();
    let (Some(opened), [.., check, _end]) = (open(&frame), frame.as_slice()) else {
        return Err(Fault::Short { offset: message.bytes.len(), expected: "a frame of at least 6 bytes" });
    };
    // The log was never cut by a link, so the check is made here for both.
    let computed = sum8(checked);
    if computed != *check && crc8(checked) != *check {
        let (found, computed) = (format!("{check:02X}"), format!("{computed:02X}"));
        return Err(Fault::Checksum { offset: 0, found, computed });
    }
    if frames_in(&frame, VARIANTS).first() != Some(&frame) {
        let expected = "7E, a command, a length, as many bytes of data, a check and 7E";
        return Err(Fault::Bytes { offset: 0, expected, found: format!("{} bytes", frame.len()) });
    }
    let mut decoded = Decoded {
        instrument: Instrument {
            vendor: Some("Dayuan".to_owned()),
            model: Some("BX1".to_owned()),
            ..Instrument::default()
        },
        ..Decoded::default()
    };
    if opened.command == CURVE && !opened.data.is_empty() {
        if opened.data.len() % 2 != 0 {
            decoded.warnings.push(format!("a curve of {} bytes ends in half a point", opened.data.len()));
        }
        let signal: Vec<f64> = opened
            .data
            .chunks_exact(2)
            .filter_map(|point| Some(f64::from(u16::from_le_bytes(point.try_into().ok()?))))
            .collect();
        decoded.chromatograms.push(Chromatogram {
            detector: Some("strip".to_owned()),
            points: signal.len(),
            signal,
            ..Chromatogram::default()
        });
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::dayuan::frame;

    fn curve() -> Vec<u8> {
        let points: Vec<u8> = [2340_u16, 2860, 0x7E7E, 3429].iter().flat_map(|point| point.to_le_bytes()).collect();
        frame(CURVE, &points, SUM_7E_HIGH)
    }

    #[test]
    fn a_curve_holds_its_points_and_nothing_of_its_frame() {
        let events = Scanner::Unknown.feed(&curve());
        let message = events.first().and_then(|event| event.message.clone()).unwrap();
        let decoded = parse(&message).unwrap();
        assert_eq!(decoded.chromatograms[0].signal, [2340.0, 2860.0, 32382.0, 3429.0]);
    }

    #[test]
    fn a_log_says_the_same_as_the_wire() {
        let hex: Vec<String> = curve().iter().map(|byte| format!("{byte:02X}")).collect();
        let log = format!("11:33:24\r\n{}\r\n\r\n11:33:25\r\n7E,12,00,00,12,7E\r\n", hex.join(","));
        let messages: Vec<Decoded> = Scanner::Unknown
            .feed(log.as_bytes())
            .iter()
            .filter_map(|event| parse(event.message.as_ref()?).ok())
            .collect();
        assert_eq!(messages.iter().map(|decoded| decoded.chromatograms.len()).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(messages[0].chromatograms[0].points, 4);
    }

    #[test]
    fn a_wrong_check_in_a_log_is_a_fault() {
        let fault = parse(&Message::plain(b"11:33:25\r\n7E,12,00,00,13,7E\r\n".to_vec(), 0)).unwrap_err();
        assert!(matches!(fault, Fault::Checksum { .. }));
    }

    /// Found by fuzzing: of a line of a log only the sum was looked at.
    #[test]
    fn a_line_of_a_log_with_a_right_sum_and_a_wrong_length_or_end_is_no_frame() {
        for line in ["7E,12,00,00,12,00", "7E,12,01,00,13,7E", "11,12,00,00,12,7E"] {
            let message = Message::plain(format!("11:33:25\r\n{line}\r\n").into_bytes(), 0);
            assert!(matches!(parse(&message), Err(Fault::Bytes { .. })), "{line}");
        }
    }
}
