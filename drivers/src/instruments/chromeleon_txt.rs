//! Thermo Chromeleon 7: text export of one channel, header fields in paragraphs and then the trace.
//! From exports of four data systems; the format has no public document.
//!
//! Decimal sign, grouping of thousands and order of day and month are those of the computer's region. The file states
//! none of them, so they are taken from fields that leave no doubt.

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Serial, Transport,
};
use crate::format::dates;
use crate::format::numbers::with_decimal;
use crate::format::rows::{Row, rows};
use crate::format::trace::{PRINTED, Points};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "chromeleon-txt",
    maker: "Thermo Fisher",
    models: &["Chromeleon 7", "Dionex UltiMate 3000", "Vanquish", "ICS"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "exports of a UV, an electrochemical, a refractive index and a fluorescence channel",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// Headings of the paragraph that holds the trace, of older and newer versions.
const DATA: [&str; 2] = ["Chromatogram Data:", "Raw Data:"];

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    let (text, _) = crate::format::encodings::read(head);
    let known = ["Injection Information:", "Raw Data Information:", "Chromatogram Data Information:"];
    text.split(['\r', '\n']).filter(|line| known.contains(&line.trim())).count() >= 2
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let Some(at) = rows.iter().position(|row| DATA.contains(&row.text.trim())) else {
        let found = rows.first().map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: rows.len(), expected: "'Chromatogram Data:' or 'Raw Data:'", found });
    };
    let (above, below) = rows.split_at_checked(at + 1).unwrap_or_default();
    let head = Head { rows: above };
    let (names, points) = below
        .split_first()
        .ok_or(Fault::Short { offset: message.bytes.len(), expected: "the names of the columns" })?;
    let columns = columns(names)?;

    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    let decimal = head.decimal();
    let points = Points::printed(points, '\t', columns, |cell| with_decimal(cell, decimal), &mut decoded.rejected);
    if let Some(declared) = head.value("Data Points").filter(|text| text.parse() != Ok(points.signal.len())) {
        decoded.warnings.push(format!("Data Points says {declared}, found {}", points.signal.len()));
    }
    let software = head.value("Generating Data System").or_else(|| head.value("Exporting Data System"));
    decoded.instrument = Instrument { software: software.map(str::to_owned), ..Instrument::default() };
    let unit = names.cells('\t').nth(columns.1).and_then(|cell| in_parentheses(&cell));
    let place = Chromatogram {
        sample_id: head.value("Injection").map(str::to_owned),
        acquired_at: head.acquired_at(&mut decoded.warnings),
        detector: head.value("Detector").map(str::to_owned),
        channel: head.value("Channel").map(str::to_owned),
        signal_unit: head.value("Signal Unit").map(str::to_owned).or(unit),
        ..Chromatogram::default()
    };
    decoded.chromatograms.push(points.into_chromatogram(place, PRINTED));
    Ok(decoded)
}

/// Which cells hold the time in minutes and the value.
fn columns(names: &Row<'_>) -> Result<(usize, usize), Fault> {
    let place = |start: &str| names.cells('\t').position(|cell| cell.trim().starts_with(start));
    place("Time (min)").zip(place("Value")).ok_or_else(|| Fault::Line {
        line: names.line,
        expected: "the columns 'Time (min)' and 'Value'",
        found: names.quoted(),
    })
}

fn in_parentheses(text: &str) -> Option<String> {
    let (_, inside) = text.split_once('(')?;
    let (unit, _) = inside.split_once(')')?;
    (!unit.trim().is_empty()).then(|| unit.trim().to_owned())
}

/// `key TAB value`, grouped under headings that end with a colon.
struct Head<'r, 'a> {
    rows: &'r [Row<'a>],
}

impl<'a> Head<'_, 'a> {
    fn value(&self, key: &str) -> Option<&'a str> {
        let pairs = self.rows.iter().filter_map(|row| row.text.split_once('\t'));
        pairs.filter(|(own, _)| own.trim() == key).map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    }

    /// Fields that are never as large as a thousand: a comma in one of them is a decimal sign.
    fn decimal(&self) -> char {
        let small = ["Time Min. (min)", "Dilution Factor", "Average Step (s)", "Min. Step (s)"];
        let comma =
            small.iter().filter_map(|key| self.value(key)).any(|text| text.contains(',') && !text.contains('.'));
        if comma { ',' } else { '.' }
    }

    fn acquired_at(&self, warnings: &mut Vec<String>) -> Option<jiff::civil::DateTime> {
        let date = self.value("Injection Date")?;
        let text = format!("{date} {}", self.value("Injection Time")?);
        dates::sure("injected", &text, warnings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: &str = "File Path\tchrom://lab/UV_1.chm\r\nChannel\tUV_VIS_1\r\n\r\nInjection Information:\r\n\
        Injection\t26-041\r\nInjection Date\t28.02.2026\r\nInjection Time\t16:52:02\r\nDilution Factor\t1,0000\r\n\r\n\
        Chromatogram Data Information:\r\nData Points\t3\r\nDetector\tUV\r\nSignal Unit\tmAU\r\n\
        Signal Max.\t1.210,5\r\n\r\nChromatogram Data:\r\nTime (min)\tStep (s)\tValue (mAU)\r\n\
        0,000000\tn.a.\t-0,089600\r0,016667\t1\t12,250\r0,033333\t1\t1.210,500000\r\n";

    fn read(text: &str) -> Decoded {
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn a_decimal_comma_and_mixed_line_ends_are_read() {
        let decoded = read(EXPORT);
        let [trace] = decoded.chromatograms.as_slice() else { panic!("one channel") };
        assert_eq!(trace.signal, [-0.0896, 12.25, 1210.5]);
        assert_eq!((trace.start_min, trace.points, trace.signal_unit.as_deref()), (Some(0.0), 3, Some("mAU")));
        assert_eq!(trace.sample_id.as_deref(), Some("26-041"));
        assert_eq!((trace.detector.as_deref(), trace.channel.as_deref()), (Some("UV"), Some("UV_VIS_1")));
        assert_eq!(trace.acquired_at.map(|at| at.to_string()).as_deref(), Some("2026-02-28T16:52:02"));
        assert!(decoded.warnings.is_empty() && decoded.rejected.is_empty(), "{decoded:?}");
    }

    #[test]
    fn a_point_without_a_value_is_told_and_leaves_a_gap_in_time() {
        let decoded = read(&EXPORT.replace("12,250", "n.a.").replace("28.02.2026", "03.02.2026"));
        let [trace] = decoded.chromatograms.as_slice() else { panic!("one channel") };
        assert_eq!((trace.points, trace.acquired_at), (2, None));
        assert!(decoded.rejected.iter().any(|r| r.reason.contains("n.a.")), "{:?}", decoded.rejected);
        assert!(decoded.warnings.iter().any(|w| w.contains("Data Points says 3, found 2")), "{:?}", decoded.warnings);
        assert!(decoded.warnings.iter().any(|w| w.contains("03.02.2026")), "{:?}", decoded.warnings);
    }

    #[test]
    fn a_head_without_a_trace_is_a_fault() {
        let head = EXPORT.split("Chromatogram Data:").next().unwrap_or_default();
        let fault = parse(&Message::plain(head.as_bytes().to_vec(), 0)).unwrap_err();
        assert!(matches!(fault, Fault::Line { .. }), "{fault}");
    }
}
