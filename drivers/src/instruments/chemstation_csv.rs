//! Agilent ChemStation: CSV in UTF-16 — a signal or spectra (`DAD1A.CSV`) and the peaks of one signal (`REPORT01.CSV`).
//! From files of ChemStation; neither has a public document.

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Message, Peak, Profile, Proof, Rejected, Serial, Transport,
};
use crate::format::encodings;
use crate::format::numbers::number;
use crate::format::rows::{Row, rows};
use crate::format::trace::{PRINTED, Points};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "chemstation-csv",
    maker: "Agilent",
    models: &["1100/1200/1260 HPLC", "6890/7890 GC", "OpenLab CDS ChemStation Edition"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "the signal of a DAD; peak tables by construction only",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The first row holds wavelengths behind an empty cell.
    Wavelengths,
    /// A time and a value in each row.
    Signal,
    /// Number, retention time, type, width, area, height and area percent of a peak in each row.
    Peaks,
}

fn form(first: &Row<'_>, encoding: &str) -> Option<Form> {
    let cells: Vec<_> = first.cells(',').collect();
    let numbers: Vec<bool> = cells.iter().map(|cell| number(cell.trim()).is_some()).collect();
    match (cells.as_slice(), numbers.as_slice()) {
        ([empty, ..], [false, rest @ ..]) if empty.trim().is_empty() && !rest.is_empty() => {
            rest.iter().all(|number| *number).then_some(Form::Wavelengths)
        }
        // Other data systems write two columns too, but not in UTF-16.
        (_, [true, true]) if encoding == "utf-16le" => Some(Form::Signal),
        ([_, _, kind, ..], [true, true, false, true, true, true, true]) => {
            kind.trim().chars().all(|c| c.is_ascii_alphabetic() || c == ' ').then_some(Form::Peaks)
        }
        _ => None,
    }
}

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    let (text, encoding) = encodings::read(head);
    let rows = rows(&text, head, encoding);
    let known = rows.first().and_then(|first| form(first, encoding));
    let second_is_numbers = || {
        let mut cells = rows.get(1)?.cells(',');
        Some(number(cells.next()?.trim()).is_some() && number(cells.next()?.trim()).is_some())
    };
    known.is_some() && (known == Some(Form::Peaks) || second_is_numbers() == Some(true))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let first = rows.first().ok_or(Fault::Nothing("an empty file"))?;
    let form = form(first, encoding).ok_or_else(|| Fault::Line {
        line: 1,
        expected: "wavelengths, a time and a value, or the seven cells of a peak",
        found: first.quoted(),
    })?;
    let mut decoded =
        Decoded { encoding: Some(encoding), instrument: super::chemstation::instrument(), ..Decoded::default() };
    let traces = match form {
        Form::Wavelengths => {
            let names: Vec<_> = first.cells(',').skip(1).map(|cell| number(cell.trim())).collect();
            let points = rows.get(1..).unwrap_or_default();
            traces(points, names.len(), &mut decoded.rejected)
                .into_iter()
                .zip(names)
                .map(|(points, wavelength)| {
                    let channel = wavelength.map(|wavelength| format!("{wavelength} nm"));
                    points.into_chromatogram(Chromatogram { channel, ..Chromatogram::default() }, PRINTED)
                })
                .collect()
        }
        Form::Signal => {
            let points = Points::printed(&rows, ',', (0, 1), number, &mut decoded.rejected);
            vec![points.into_chromatogram(Chromatogram::default(), PRINTED)]
        }
        Form::Peaks => vec![Chromatogram { peaks: peaks(&rows, &mut decoded.rejected), ..Chromatogram::default() }],
    };
    decoded.chromatograms = traces;
    Ok(decoded)
}

/// A trace for each column behind the times, in one pass over the rows.
fn traces(rows: &[Row<'_>], columns: usize, rejected: &mut Vec<Rejected>) -> Vec<Points> {
    let mut traces = vec![Points::default(); columns];
    for row in rows.iter().filter(|row| !row.is_blank(',')) {
        let values: Vec<Option<f64>> = row.cells(',').map(|cell| number(cell.trim())).collect();
        match values.split_first() {
            Some((Some(time), values)) if values.len() == columns && values.iter().all(Option::is_some) => {
                for (trace, value) in traces.iter_mut().zip(values.iter().flatten()) {
                    trace.push(*time, *value);
                }
            }
            _ => rejected.push(reject(row, "a time and a value for each wavelength")),
        }
    }
    traces
}

fn peaks(rows: &[Row<'_>], rejected: &mut Vec<Rejected>) -> Vec<Peak> {
    let mut peaks = Vec::new();
    for row in rows.iter().filter(|row| !row.is_blank(',')) {
        let cells: Vec<_> = row.cells(',').collect();
        let at = |place: usize| cells.get(place).and_then(|cell| number(cell.trim()));
        match (cells.len(), at(1)) {
            (7, Some(time)) => peaks.push(Peak {
                number: cells.first().and_then(|cell| cell.trim().parse().ok()),
                retention_time_min: Some(time),
                area: at(4),
                height: at(5),
                area_percent: at(6),
                ..Peak::default()
            }),
            _ => rejected.push(reject(row, "the seven cells of a peak")),
        }
    }
    peaks
}

fn reject(row: &Row<'_>, expected: &str) -> Rejected {
    let reason = format!("line {}: expected {expected}, found '{}'", row.line, row.quoted());
    Rejected { offset: row.span.start, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn read(text: &str) -> Decoded {
        assert!(recognises(&wide(text)), "{text}");
        parse(&Message::plain(wide(text), 0)).unwrap()
    }

    #[test]
    fn a_signal_has_its_points_with_or_without_its_wavelength() {
        let decoded = read(",220.00000\r\n0.002,-4.0860\r\n0.010,-4.1136\r\n0.018,-4.1427\r\n");
        let trace = &decoded.chromatograms[0];
        assert_eq!((trace.channel.as_deref(), trace.points), (Some("220 nm"), 3));
        assert_eq!(trace.signal, [-4.086, -4.1136, -4.1427]);
        let decoded = read("0.002,-4.0860\r\n0.010,-4.1136\r\n");
        assert_eq!((decoded.chromatograms[0].channel.as_deref(), decoded.chromatograms[0].points), (None, 2));
    }

    #[test]
    fn spectra_are_a_trace_for_each_wavelength_and_a_torn_row_is_none() {
        let decoded = read(",200.0,202.0\r\n0.0,1.0,2.0\r\n0.1,3.0,4.0\r\n0.2,5.0\r\n");
        let traces: Vec<_> = decoded.chromatograms.iter().map(|c| c.signal.as_slice()).collect();
        assert_eq!(traces, [[1.0, 3.0], [2.0, 4.0]]);
        assert!(decoded.rejected[0].reason.starts_with("line 4: expected a time and a value for each wavelength"));
    }

    #[test]
    fn a_peak_has_seven_cells() {
        let decoded =
            read("1,1.442,\"BV  \",0.4671,831.18597,22.49623,98.0\r\n2,2.348,\"MM R\",0.19,16.9,37.6,2.0\r\n");
        let peaks: Vec<_> = decoded.chromatograms[0].peaks.iter().map(|p| (p.number, p.area, p.area_percent)).collect();
        assert_eq!(peaks, [(Some(1), Some(831.18597), Some(98.0)), (Some(2), Some(16.9), Some(2.0))]);
    }

    #[test]
    fn two_columns_of_another_data_system_are_not_taken() {
        assert!(!recognises(b"0.002,-4.0860\r\n0.010,-4.1136\r\n"));
        assert!(!recognises(&wide("Sample,Area\r\n1,2\r\n")));
    }
}
