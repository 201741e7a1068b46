//! A trace as plain numbers, one point a row: time and signal, without a word. Several data systems export it.
//! From an export of HappyTools; there is no document, and nothing in the file says what it is.

use crate::contract::{Chromatogram, Decoded, Direction, Fault, Message, Profile, Proof, Serial, Transport};
use crate::format::numbers::with_decimal;
use crate::format::rows::{Row, rows};
use crate::format::trace::{PRINTED, Points};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "csv-trace",
    maker: "any",
    models: &["time and signal as CSV"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a trace of a fluorescence detector",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// Fewer rows of two numbers could be anything.
const TELLING: usize = 8;

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let (text, encoding) = crate::format::encodings::read(head);
    let rows = rows(&text, head, encoding);
    let Some(layout) = rows.first().and_then(Layout::of) else { return false };
    // The last row may be cut by the end of what was looked at.
    let times = rows.iter().rev().skip(1).rev().map(|row| layout.point(row).map(|(time, _)| time));
    let times: Option<Vec<f64>> = times.collect();
    times.is_some_and(|times| times.len() >= TELLING && times.is_sorted_by(|before, after| before < after))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let first = rows.first().ok_or(Fault::Nothing("an empty file"))?;
    let layout = Layout::of(first).ok_or_else(|| Fault::Line {
        line: 1,
        expected: "a time and a value, parted by tab, semicolon or comma",
        found: first.quoted(),
    })?;
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    let columns = (0, layout.cells.saturating_sub(1));
    let number = |cell: &str| with_decimal(cell, layout.decimal);
    let points = Points::printed(&rows, layout.separator, columns, number, &mut decoded.rejected);
    decoded.warnings.push("the file states no unit of time and no sample: minutes are assumed".to_owned());
    decoded.chromatograms.push(points.into_chromatogram(Chromatogram::default(), PRINTED));
    Ok(decoded)
}

#[derive(Debug, Clone, Copy)]
struct Layout {
    separator: char,
    decimal: char,
    cells: usize,
}

impl Layout {
    /// The first separator with which a row is a point. A comma beside another separator is a decimal comma.
    fn of(row: &Row<'_>) -> Option<Self> {
        ['\t', ';', ','].into_iter().find_map(|separator| {
            let decimal = if separator != ',' && row.text.contains(',') && !row.text.contains('.') { ',' } else { '.' };
            let layout = Self { separator, decimal, cells: row.cells(separator).count() };
            layout.point(row).is_some().then_some(layout)
        })
    }

    /// A time in front and a value at the end; between them at most the step to the point before.
    fn point(self, row: &Row<'_>) -> Option<(f64, f64)> {
        let cells: Vec<_> = row.cells(self.separator).collect();
        let number = |text: &str| with_decimal(text, self.decimal);
        match cells.as_slice() {
            [time, value] => number(time).zip(number(value)),
            [time, step, value] if number(step).is_some() || step.trim() == "n.a." => number(time).zip(number(value)),
            _ => None,
        }
        .filter(|_| cells.len() == self.cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(step: &str, separator: &str) -> String {
        (0..20).map(|i| format!("{:.4}{separator}{}{:.3}\n", f64::from(i) * 0.05, step, f64::from(i) * 1.5)).collect()
    }

    #[test]
    fn two_or_three_columns_with_any_separator_are_a_trace() {
        let comma = trace("", ";").replace('.', ",");
        for text in [trace("", ","), trace("", "\t"), trace("3.0,", ","), comma] {
            assert!(recognises(text.as_bytes()), "{text}");
            let decoded = parse(&Message::plain(text.clone().into_bytes(), 0)).unwrap();
            let [trace] = decoded.chromatograms.as_slice() else { panic!("one trace") };
            assert_eq!((trace.points, trace.signal.get(19).copied()), (20, Some(28.5)), "{text}");
            assert!(decoded.warnings.iter().any(|w| w.contains("minutes")));
        }
    }

    #[test]
    fn words_and_times_that_go_back_are_no_trace() {
        let back: String = (0..20).map(|i| format!("{},{i}\n", 20 - i)).collect();
        for text in ["a,b\n".repeat(20), back, trace("", ",").lines().take(3).collect()] {
            assert!(!recognises(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_row_that_is_no_point_is_told() {
        let decoded = parse(&Message::plain(b"0,1\n0.5,x\n1,3\n".to_vec(), 0)).unwrap();
        assert_eq!(decoded.rejected.len(), 1);
        assert!(parse(&Message::plain(b"hello\n".to_vec(), 0)).is_err());
    }
}
