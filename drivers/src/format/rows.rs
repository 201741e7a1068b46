//! Lines and cells of delimited text, each with the bytes it came from.
//!
//! Exports end their lines with LF, CR LF or CR, some with two of them in one file. Cells are parted as RFC 4180 says,
//! but with any separator.

use std::borrow::Cow;
use std::ops::Range;

/// One line of a text.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Counted from 1.
    pub line: usize,
    pub text: &'a str,
    /// Bytes of the message.
    pub span: Range<usize>,
}

impl<'a> Row<'a> {
    pub fn cells(&self, separator: char) -> Cells<'a> {
        Cells { rest: Some(self.text), separator }
    }

    /// Whether there is nothing but separators, quotes and blanks.
    pub fn is_blank(&self, separator: char) -> bool {
        self.text.chars().all(|c| c == separator || c == '"' || c.is_whitespace())
    }

    /// The beginning of the line, to be quoted in a reason.
    pub fn quoted(&self) -> String {
        self.text.chars().take(40).collect()
    }
}

/// The lines of `text`, which was decoded from `bytes`. What ends a line is one byte in every encoding but UTF-16, so
/// the lines of both are counted alike.
pub fn rows<'a>(text: &'a str, bytes: &[u8], encoding: &str) -> Vec<Row<'a>> {
    split(text, bytes, encoding, false)
}

/// The same, but a line goes on as long as a quote is open: cells of some tables hold line ends. Lines are then rows.
pub fn records<'a>(text: &'a str, bytes: &[u8], encoding: &str) -> Vec<Row<'a>> {
    split(text, bytes, encoding, true)
}

fn split<'a>(text: &'a str, bytes: &[u8], encoding: &str, quoted: bool) -> Vec<Row<'a>> {
    let (units, width) = units(bytes, encoding);
    let mut places = Pieces { bytes: &units, at: 0, quoted };
    Pieces { bytes: text.as_bytes(), at: 0, quoted }
        .enumerate()
        .map(|(index, piece)| {
            let place = places.next().unwrap_or(units.len()..units.len());
            let span = width * place.start..(width * place.end).min(bytes.len());
            let text = text.get(piece).unwrap_or_default().trim_end_matches(['\r', '\n']);
            Row { line: index + 1, text, span }
        })
        .collect()
}

/// One byte for each unit of the encoding, and how many bytes a unit has: what is no ASCII character only has to be
/// none in the units of UTF-16.
fn units<'b>(bytes: &'b [u8], encoding: &str) -> (Cow<'b, [u8]>, usize) {
    let unit = |unit: &[u8]| match (encoding, unit) {
        ("utf-16le", [ascii, 0]) | ("utf-16be", [0, ascii]) => *ascii,
        _ => 0x80,
    };
    if encoding.starts_with("utf-16") { (bytes.chunks(2).map(unit).collect(), 2) } else { (Cow::Borrowed(bytes), 1) }
}

/// Stretches that end behind LF, CR LF or CR.
struct Pieces<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Whether quotes hide the ends of lines.
    quoted: bool,
}

impl Iterator for Pieces<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let mut open = false;
        let end = rest.iter().position(|byte| {
            open ^= self.quoted && *byte == b'"';
            !open && matches!(byte, b'\r' | b'\n')
        });
        let len = match end {
            None => rest.len(),
            Some(at) if rest.get(at..at + 2) == Some(b"\r\n") => at + 2,
            Some(at) => at + 1,
        };
        self.at = start + len;
        Some(start..self.at)
    }
}

/// The cells of a line, without their quotes.
pub struct Cells<'a> {
    rest: Option<&'a str>,
    separator: char,
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let line = self.rest.take()?;
        let Some(mut inside) = line.trim_start_matches(' ').strip_prefix('"') else {
            let (cell, rest) = line.split_once(self.separator).map_or((line, None), |(cell, rest)| (cell, Some(rest)));
            self.rest = rest;
            return Some(Cow::Borrowed(cell));
        };
        let mut cell = String::new();
        loop {
            let Some((before, after)) = inside.split_once('"') else {
                // A quote that is never closed: the rest of the line is the cell.
                cell.push_str(inside);
                return Some(Cow::Owned(cell));
            };
            cell.push_str(before);
            if let Some(more) = after.strip_prefix('"') {
                cell.push('"');
                inside = more;
                continue;
            }
            let (tail, rest) =
                after.split_once(self.separator).map_or((after, None), |(tail, rest)| (tail, Some(rest)));
            cell.push_str(tail.trim_end());
            self.rest = rest;
            return Some(Cow::Owned(cell));
        }
    }
}

/// The names above a table, and which cell of a row each belongs to.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    names: Vec<String>,
}

impl Columns {
    pub fn of(cells: Cells<'_>) -> Self {
        Self { names: cells.map(|cell| cell.trim().to_owned()).collect() }
    }

    /// Place of the first of these names that the table has; upper and lower case are the same.
    pub fn place(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|own| own.eq_ignore_ascii_case(name)))
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The cell of the first of these columns, trimmed; `None` if it is empty.
    pub fn cell<'c>(&self, cells: &'c [Cow<'_, str>], names: &[&str]) -> Option<&'c str> {
        cells.get(self.place(names)?).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways_and_know_their_bytes() {
        let bytes = b"a,1\r\nb,2\rc,3\n\nd";
        let rows = rows("a,1\r\nb,2\rc,3\n\nd", bytes, "utf-8");
        let texts: Vec<_> = rows.iter().map(|row| (row.line, row.text, row.span.clone())).collect();
        assert_eq!(texts, [(1, "a,1", 0..5), (2, "b,2", 5..9), (3, "c,3", 9..13), (4, "", 13..14), (5, "d", 14..15)]);
    }

    #[test]
    fn a_mark_and_single_bytes_do_not_shift_the_places() {
        let bytes = b"\xEF\xBB\xBFa\nb\n";
        assert_eq!(rows("a\nb\n", bytes, "utf-8")[1].span, 5..7);
        let bytes = b"\xB5g\nb\n";
        assert_eq!(rows("µg\nb\n", bytes, "windows-1252")[1].span, 3..5);
    }

    #[test]
    fn a_quoted_cell_may_hold_the_end_of_a_line() {
        let text = "a,\"Plate\r\nPosition\"\r\n1,A1\r\n";
        let records = records(text, text.as_bytes(), "utf-8");
        assert_eq!(records.iter().map(|row| row.cells(',').count()).collect::<Vec<_>>(), [2, 2]);
        assert_eq!(records[0].cells(',').nth(1).as_deref(), Some("Plate\r\nPosition"));
    }

    #[test]
    fn lines_of_utf_16_know_their_bytes() {
        // The character of the first line holds the bytes of both line ends.
        let text = "\u{0a0d}\r\nb\n";
        let low: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let high: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (bytes, encoding) in [(low, "utf-16le"), (high, "utf-16be")] {
            let spans: Vec<_> = rows(text, &bytes, encoding).into_iter().map(|row| row.span).collect();
            assert_eq!(spans, [0..8, 8..12], "{encoding}");
        }
    }

    #[test]
    fn quotes_are_taken_off_and_hide_separators() {
        let cases: [(&str, &[&str]); 6] = [
            ("a,b,", &["a", "b", ""]),
            ("\"a,b\",c", &["a,b", "c"]),
            ("\"say \"\"x\"\"\",c", &["say \"x\"", "c"]),
            ("\"208,401.988 \",\"open", &["208,401.988 ", "open"]),
            ("", &[""]),
            (" \"a\" , b", &["a", " b"]),
        ];
        for (line, cells) in cases {
            let row = Row { line: 1, text: line, span: 0..0 };
            assert_eq!(row.cells(',').collect::<Vec<_>>(), cells, "{line}");
        }
    }

    #[test]
    fn a_column_is_found_by_any_of_its_names() {
        let row = |text| Row { line: 1, text, span: 0..0 };
        let columns = Columns::of(row("Name\tArea ").cells('\t'));
        let cells: Vec<_> = row("DDT\t 12.50\tx").cells('\t').collect();
        assert_eq!(columns.cell(&cells, &["Peak Area", "area"]), Some("12.50"));
        assert_eq!(columns.cell(&cells, &["Height"]), None);
    }
}
