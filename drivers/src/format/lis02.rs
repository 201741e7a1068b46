//! LIS02-A2 / E1394 records: lines of fields, with delimiters that the header record declares (section 5.4).

use std::ops::Range;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_till, take_while_m_n};
use nom::character::complete::{char, one_of, satisfy};
use nom::combinator::map;
use nom::multi::separated_list0;
use nom::sequence::{delimited, preceded};

use super::encodings;
use crate::contract::Fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    pub field: char,
    pub repeat: char,
    pub component: char,
    pub escape: char,
}

/// One line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// From 1.
    pub line: usize,
    /// Its bytes in the message, without the line end.
    pub span: Range<usize>,
    fields: Vec<String>,
}

impl Record {
    /// The record type: `H`, `P`, `O`, `R`, `C`, `M`, `Q`, `S`, `L`, or whatever stands in its place.
    pub fn kind(&self) -> &str {
        self.field(1)
    }

    /// Field `number`, counted from 1 as in the standard (1 is the record type), escapes untouched; empty if absent.
    pub fn field(&self, number: usize) -> &str {
        number.checked_sub(1).and_then(|at| self.fields.get(at)).map_or("", String::as_str)
    }

    /// The line as it was sent.
    pub fn text(&self, delimiters: Delimiters) -> String {
        self.fields.join(&delimiters.field.to_string())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub delimiters: Delimiters,
    pub records: Vec<Record>,
    pub encoding: &'static str,
    /// Lines that begin with `#`, as files written by people have them; no record type does.
    pub remarks: usize,
}

/// The records of one message. Its first record must be a header, as nothing can be cut without it.
pub fn read(bytes: &[u8]) -> Result<Text, Fault> {
    let encoding = encodings::of(bytes);
    let lines: Vec<(usize, Range<usize>, String)> = lines(bytes)
        .map(|(line, span)| {
            let text = encodings::decode(bytes.get(span.clone()).unwrap_or_default(), encoding);
            (line, span, text)
        })
        .collect();
    let remarks = lines.iter().filter(|(.., text)| text.starts_with('#')).count();
    let mut lines = lines.into_iter().filter(|(.., text)| !text.starts_with('#') && !text.trim().is_empty()).peekable();
    let (line, _, first) = lines.peek().ok_or(Fault::Nothing("a message without records"))?;
    let delimiters = header(first).ok_or_else(|| Fault::Line {
        line: *line,
        expected: "a header record with four delimiters",
        found: first.chars().take(40).collect(),
    })?;
    let records =
        lines.map(|(line, span, text)| Record { line, span, fields: split(&text, delimiters.field) }).collect();
    Ok(Text { delimiters, records, encoding: encodings::name(encoding), remarks })
}

/// Numbered lines, ended by CR, LF or both; line ends are never part of a two-byte character.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
    let mut start = 0;
    let mut line = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let len = rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
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

fn split(text: &str, delimiter: char) -> Vec<String> {
    let cell = take_till::<_, _, nom::error::Error<&str>>(|c| c == delimiter);
    separated_list0(char(delimiter), map(cell, str::to_owned)).parse(text).map(|(_, cells)| cells).unwrap_or_default()
}

impl Delimiters {
    pub fn repeats(self, field: &str) -> impl Iterator<Item = &str> {
        field.split(self.repeat)
    }

    pub fn components(self, field: &str) -> impl Iterator<Item = &str> {
        field.split(self.component)
    }

    /// The only component that is not blank; the whole field where there are several.
    pub fn code(self, field: &str) -> String {
        let mut filled = self.components(field).filter(|part| !part.trim().is_empty());
        match (filled.next(), filled.next()) {
            (Some(only), None) => self.plain(only),
            _ => self.plain(field),
        }
    }

    /// Escapes resolved: `&F&`, `&S&`, `&R&`, `&E&` and `&X0D&` (section 5.4.3). An escape delimiter that begins none
    /// of them stands for itself.
    pub fn plain(self, text: &str) -> String {
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
        out
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
        assert_eq!(text.records[1].field(4), "x");
    }
}
