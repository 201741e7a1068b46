//! Agilent MassHunter: the total ion chromatogram of one run as CSV or TSV, with the path and the date above the points.
//! From an export of MassHunter; the form with column names as MassHunter Qualitative writes it.

use super::chemstation;
use crate::contract::{Chromatogram, Decoded, Direction, Fault, Message, Profile, Proof, Serial, Transport};
use crate::format::numbers::number;
use crate::format::rows::{Row, rows};
use crate::format::trace::{PRINTED, Points};
use crate::format::{encodings, months};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "masshunter-csv",
    maker: "Agilent",
    models: &["MassHunter GC/MS", "MassHunter LC/MS"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "the total ion chromatogram of a GC-MS",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

const POINTS: &str = "Start of data points";
const COLUMNS: &str = "#Point,X(Minutes),Y(Counts)";

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let (text, _) = encodings::read(head);
    text.lines().nth(1).is_some_and(|line| matches!(line.trim(), POINTS | COLUMNS))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let (head, mark) = match rows.as_slice() {
        [head, mark, ..] if matches!(mark.text.trim(), POINTS | COLUMNS) => (head, mark),
        other => {
            let found = other.get(1).map(Row::quoted).unwrap_or_default();
            return Err(Fault::Line { line: 2, expected: "`Start of data points`", found });
        }
    };
    let mut decoded = Decoded {
        encoding: Some(encoding),
        instrument: crate::contract::Instrument {
            software: Some("MassHunter".to_owned()),
            ..chemstation::instrument()
        },
        ..Decoded::default()
    };
    let points = rows.get(2..).unwrap_or_default();
    let (place, columns) = if mark.text.trim() == POINTS {
        let (path, date) = path_and_date(head.text);
        let acquired_at = date.and_then(months::read);
        (Chromatogram { sample_id: chemstation::stem(path), acquired_at, ..Chromatogram::default() }, (0, 1))
    } else {
        // `#"+ESI TIC Scan Frag=135.0V 26-041.d "`: the kind of the trace, then the data file.
        let title = head.text.trim().trim_start_matches('#').trim_matches('"').trim();
        let (kind, file) = title.rsplit_once(' ').unwrap_or(("", title));
        (
            Chromatogram {
                sample_id: chemstation::stem(file),
                channel: chemstation::filled(kind),
                ..Chromatogram::default()
            },
            (1, 2),
        )
    };
    let separator = if points.first().is_some_and(|row| row.text.contains('\t')) { '\t' } else { ',' };
    let points = Points::printed(points, separator, columns, number, &mut decoded.rejected);
    if points.signal.is_empty() {
        return Err(Fault::Line { line: 3, expected: "a time and a count", found: "none".to_owned() });
    }
    decoded.chromatograms.push(points.into_chromatogram(place, PRINTED));
    Ok(decoded)
}

/// `D:\MassHunter\Data\26-041 .D Tue Dec 17 10:13:57 2019`.
fn path_and_date(line: &str) -> (&str, Option<&str>) {
    let end = [".D ", ".d "].iter().filter_map(|end| line.rfind(end)).max();
    match end.and_then(|end| line.split_at_checked(end + 2)) {
        Some((path, date)) => (path, Some(date)),
        None => (line, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Decoded {
        assert!(recognises(text.as_bytes()));
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn a_trace_of_uneven_scans_keeps_their_times() {
        let decoded = read(
            "\u{feff}D:\\Data\\青稞 26.041 .D Mon Mar  2 14:30:00 2026\r\nStart of data points\r\n0.09353,11398\r\n\
             0.09555,383281\r\n0.09995,11394\r\n",
        );
        let trace = &decoded.chromatograms[0];
        assert_eq!(trace.sample_id.as_deref(), Some("青稞 26.041"));
        assert_eq!(trace.acquired_at.map(|time| time.to_string()).as_deref(), Some("2026-03-02T14:30:00"));
        assert_eq!(trace.signal, [11398.0, 383281.0, 11394.0]);
        assert_eq!((trace.interval_min, trace.times_min.as_slice()), (None, [0.09353, 0.09555, 0.09995].as_slice()));
    }

    #[test]
    fn the_form_with_column_names_is_read_as_well_and_a_torn_row_is_told() {
        let decoded =
            read("#\"+ESI TIC Scan 26-041.d \"\r\n#Point,X(Minutes),Y(Counts)\r\n0,0.1,5\r\n1,0.2,6\r\n2,0.3\r\n");
        let trace = &decoded.chromatograms[0];
        assert_eq!((trace.sample_id.as_deref(), trace.channel.as_deref()), (Some("26-041"), Some("+ESI TIC Scan")));
        assert_eq!((trace.points, trace.signal.as_slice()), (2, [5.0, 6.0].as_slice()));
        assert!(decoded.rejected[0].reason.starts_with("line 5:"), "{:?}", decoded.rejected);
    }

    #[test]
    fn a_head_without_points_is_a_fault() {
        let fault = parse(&Message::plain(b"D:\\x.D\r\nStart of data points\r\n".to_vec(), 0)).unwrap_err();
        assert_eq!(fault.to_string(), "line 3: expected a time and a count, found 'none'");
    }
}
