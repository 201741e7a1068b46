//! LIS02-A2 / E1394 records: lines of fields, with delimiters that the header record declares (section 5.4).

pub mod answer;

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr_iter, memchr2};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_till, take_while_m_n};
use nom::character::complete::{char, one_of, satisfy};
use nom::combinator::map;
use nom::sequence::{delimited, preceded};

use super::encodings;
use crate::contract::Fault;

/// Bytes of a usual record and of a usual field with its delimiter: for the first guess of how many there are.
const RECORD: usize = 64;
const FIELD: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    pub field: char,
    pub repeat: char,
    pub component: char,
    pub escape: char,
}

/// One line of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'t> {
    /// From 1.
    pub line: usize,
    /// Its first byte in the message.
    start: usize,
    /// Its bytes in the message, without the line end.
    len: usize,
    text: &'t str,
    /// Where each field ends in `text`; the next begins after one delimiter.
    ends: &'t [usize],
}

impl<'t> Record<'t> {
    /// Its bytes in the message, without the line end.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start + self.len
    }

    /// The record type: `H`, `P`, `O`, `R`, `C`, `M`, `Q`, `S`, `L`, or whatever stands in its place.
    pub fn kind(&self) -> &'t str {
        self.field(1)
    }

    /// Field `number`, counted from 1 as in the standard (1 is the record type), escapes untouched; empty if absent.
    pub fn field(&self, number: usize) -> &'t str {
        let end = |at: usize| self.ends.get(at).copied();
        let span = match number.checked_sub(1) {
            Some(0) => end(0).map(|end| 0..end),
            Some(at) => end(at - 1).zip(end(at)).map(|(before, end)| before + 1..end),
            None => None,
        };
        span.and_then(|span| self.text.get(span)).unwrap_or_default()
    }
}

/// A line that is a record, and which of the ends of fields are its own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row<'a> {
    line: usize,
    span: Range<usize>,
    text: Cow<'a, str>,
    ends: Range<usize>,
}

/// The ends of all fields stand in one list: a list for each record would cost more than the cutting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    pub delimiters: Delimiters,
    rows: Vec<Row<'a>>,
    ends: Vec<usize>,
    pub encoding: &'static str,
    /// Lines that begin with `#`, as files written by people have them; no record type does.
    pub remarks: usize,
}

impl Text<'_> {
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.rows.iter().map(|row| Record {
            line: row.line,
            start: row.span.start,
            len: row.span.len(),
            text: &row.text,
            ends: self.ends.get(row.ends.clone()).unwrap_or_default(),
        })
    }
}

/// The records of one message. Its first record must be a header, as nothing can be cut without it.
pub fn read(bytes: &[u8]) -> Result<Text<'_>, Fault> {
    let encoding = encodings::of(bytes);
    let utf8 = std::str::from_utf8(bytes).ok();
    let mut remarks = 0;
    let mut cut = None;
    let (mut rows, mut ends) = (Vec::with_capacity(bytes.len() / RECORD), Vec::with_capacity(bytes.len() / FIELD));
    for (line, span) in lines(bytes) {
        // Text of most messages need not be decoded; a mark at its start is taken away by decoding.
        let text = match utf8.and_then(|text| text.get(span.clone())) {
            Some(text) if !text.starts_with('\u{FEFF}') => Cow::Borrowed(text),
            _ => encodings::decode(bytes.get(span.clone()).unwrap_or_default(), encoding),
        };
        if text.starts_with('#') {
            remarks += 1;
            continue;
        }
        if text.trim().is_empty() {
            continue;
        }
        let delimiters = match cut {
            Some(delimiters) => delimiters,
            None => header(&text).ok_or_else(|| Fault::Line {
                line,
                expected: "a header record with four delimiters",
                found: text.chars().take(40).collect(),
            })?,
        };
        cut = Some(delimiters);
        // Delimiters are ASCII: the header would not have been understood otherwise.
        let delimiter = u8::try_from(delimiters.field).unwrap_or(b'|');
        let first = ends.len();
        ends.extend(memchr_iter(delimiter, text.as_bytes()));
        ends.push(text.len());
        rows.push(Row { line, span, text, ends: first..ends.len() });
    }
    let delimiters = cut.ok_or(Fault::Nothing("a message without records"))?;
    Ok(Text { delimiters, rows, ends, encoding: encodings::name(encoding), remarks })
}

/// Numbered lines, ended by CR, LF or both; line ends are never part of a two-byte character.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
    let mut start = 0;
    let mut line = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let len = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let end = rest.get(len..).unwrap_or_default();
        let span = start..start + len;
        start += len + if end.starts_with(b"\r\n") { 2 } else { 1 };
        line += 1;
        Some((line, span))
    })
}

/// `H|\^&`; a bridge that doubles the backslash (`H|\\^&`) is understood.
fn header(line: &str) -> Option<Delimiters> {
    let mark = || satisfy::<_, &str, nom::error::Error<&str>>(|c| c.is_ascii_punctuation());
    let (rest, field) = preceded(one_of("Hh"), mark()).parse(line).ok()?;
    let (_, declared) = take_till::<_, _, nom::error::Error<&str>>(|c| c == field).parse(rest).ok()?;
    let marks: Vec<char> = declared.chars().collect();
    let (repeat, component, escape) = match marks.as_slice() {
        [a, b, c] => (*a, *b, *c),
        [a, again, b, c] if a == again => (*a, *b, *c),
        _ => return None,
    };
    let distinct = repeat != component && component != escape && repeat != escape;
    let marks = [repeat, component, escape].iter().all(char::is_ascii_punctuation);
    (distinct && marks).then_some(Delimiters { field, repeat, component, escape })
}

impl Delimiters {
    pub fn repeats(self, field: &str) -> impl Iterator<Item = &str> {
        field.split(self.repeat)
    }

    pub fn components(self, field: &str) -> impl Iterator<Item = &str> {
        field.split(self.component)
    }

    /// The only component that is not blank; the whole field where there are several.
    pub fn code(self, field: &str) -> Cow<'_, str> {
        let mut filled = self.components(field).filter(|part| !part.trim().is_empty());
        match (filled.next(), filled.next()) {
            (Some(only), None) => self.plain(only),
            _ => self.plain(field),
        }
    }

    /// Escapes resolved: `&F&`, `&S&`, `&R&`, `&E&` and `&X0D&` (section 5.4.3). An escape delimiter that begins none
    /// of them stands for itself.
    pub fn plain(self, text: &str) -> Cow<'_, str> {
        if !text.contains(self.escape) {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(self.escape) {
            out.push_str(before);
            let from = rest.get(before.len()..).unwrap_or_default();
            match self.escaped(from) {
                Some((left, meant)) => {
                    out.push_str(&meant);
                    rest = left;
                }
                None => {
                    out.push(self.escape);
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    fn escaped(self, text: &str) -> Option<(&str, String)> {
        let hex = take_while_m_n::<_, &str, nom::error::Error<&str>>(2, 2, |c: char| c.is_ascii_hexdigit());
        let body = alt((
            map(char('F'), |_| self.field.to_string()),
            map(char('S'), |_| self.component.to_string()),
            map(char('R'), |_| self.repeat.to_string()),
            map(char('E'), |_| self.escape.to_string()),
            map(preceded(char('X'), hex), |digits: &str| {
                u8::from_str_radix(digits, 16).map(|byte| char::from(byte).to_string()).unwrap_or_default()
            }),
        ));
        delimited(char(self.escape), body, char(self.escape)).parse(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_declares_the_delimiters() {
        let usual = Delimiters { field: '|', repeat: '\\', component: '^', escape: '&' };
        assert_eq!(header(r"H|\^&|||"), Some(usual));
        assert_eq!(header(r"H|\\^&|||"), Some(usual));
        assert_eq!(header(r"H|@^\|x"), Some(Delimiters { repeat: '@', escape: '\\', ..usual }));
        for bad in ["H||||", "H;^&;;;", "H|\\^", "P|1", "", "H|aaa|", "H|^^^|"] {
            assert_eq!(header(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_escape_stands_for_a_delimiter_and_a_lone_one_for_itself() {
        let d = Delimiters { field: '|', repeat: '\\', component: '^', escape: '&' };
        assert_eq!(d.plain("a&F&b&S&c&R&d&E&e&X41&f"), "a|b^c\\d&eAf");
        assert_eq!(d.plain("R&D & more&"), "R&D & more&");
    }

    #[test]
    fn a_second_byte_that_looks_like_a_delimiter_does_not_cut_a_name() {
        // 瀨 is 9E 7C in GBK, and 7C alone is the field delimiter.
        let bytes = [b"H|\\^&\rO|1|".as_slice(), b"\xC5\xA3\x9E\x7C|x\r"].concat();
        let text = read(&bytes).unwrap();
        assert_eq!(text.encoding, "gb18030");
        assert_eq!(text.records().nth(1).unwrap().field(4), "x");
    }
}
