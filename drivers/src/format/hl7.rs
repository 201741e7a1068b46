//! HL7 v2 messages: segments of fields, with delimiters that the MSH segment declares (HL7 v2.5.1 chapter 2).

pub mod answer;

use std::borrow::Cow;
use std::ops::Range;

use encoding_rs::Encoding;
use jiff::civil::DateTime;

use super::{encodings, times};
use crate::contract::Fault;

/// No message of an instrument has more segments; a file of line ends would fill the memory.
const SEGMENTS: usize = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    pub field: char,
    pub component: char,
    pub repeat: char,
    pub escape: Option<char>,
    pub sub: Option<char>,
}

/// A message cut into its segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub delimiters: Delimiters,
    pub encoding: &'static str,
    segments: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    line: usize,
    span: Range<usize>,
    text: String,
}

#[derive(Debug, Clone, Copy)]
pub struct Segment<'t> {
    row: &'t Row,
    delimiters: Delimiters,
}

impl<'t> Segment<'t> {
    /// From 1.
    pub fn line(&self) -> usize {
        self.row.line
    }

    /// Its bytes in the message, without the line end.
    pub fn span(&self) -> Range<usize> {
        self.row.span.clone()
    }

    /// `MSH`, `OBX` …, or whatever stands before the first delimiter.
    pub fn name(&self) -> &'t str {
        self.cell(0)
    }

    /// Field `number` as the standard counts it, escapes untouched; empty if absent. MSH-1 is the delimiter itself,
    /// so its fields stand one place further left than those of other segments.
    pub fn field(&self, number: usize) -> &'t str {
        let shift = usize::from(self.name() == "MSH");
        if number <= shift { "" } else { self.cell(number - shift) }
    }

    fn cell(&self, at: usize) -> &'t str {
        self.row.text.split(self.delimiters.field).nth(at).unwrap_or_default()
    }
}

impl Delimiters {
    /// From the first bytes of an MSH segment.
    fn declared(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix("MSH")?.chars();
        let field = rest.next().filter(char::is_ascii_punctuation)?;
        let mut mark = || rest.next().filter(|c| c.is_ascii_punctuation() && *c != field);
        let component = mark()?;
        let repeat = mark()?;
        Some(Self { field, component, repeat, escape: mark(), sub: mark() })
    }

    pub fn components<'a>(&self, field: &'a str) -> impl Iterator<Item = &'a str> {
        field.split(self.component)
    }

    pub fn repeats<'a>(&self, field: &'a str) -> impl Iterator<Item = &'a str> {
        field.split(self.repeat)
    }

    /// The first component that is not empty, as text.
    pub fn first(&self, field: &str) -> String {
        self.plain(self.components(field).find(|part| !part.trim().is_empty()).unwrap_or_default()).into_owned()
    }

    /// Escape sequences replaced (section 2.7): `\F\ \S\ \T\ \R\ \E\` and `\Xhh…\`; others stay as they are.
    pub fn plain<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(escape) = self.escape.filter(|escape| text.contains(*escape)) else { return Cow::Borrowed(text) };
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(escape) {
            out.push_str(before);
            let Some((name, after)) = after.split_once(escape) else {
                out.push(escape);
                rest = after;
                break;
            };
            match self.escaped(name) {
                Some(plain) => out.push_str(&plain),
                None => out.extend([escape].into_iter().chain(name.chars()).chain([escape])),
            }
            rest = after;
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    fn escaped(&self, name: &str) -> Option<String> {
        Some(match name {
            "F" => self.field.to_string(),
            "S" => self.component.to_string(),
            "R" => self.repeat.to_string(),
            "T" => self.sub?.to_string(),
            "E" => self.escape?.to_string(),
            _ => {
                let digits = name.strip_prefix('X').filter(|digits| digits.is_ascii() && digits.len() % 2 == 0)?;
                let pairs = (0..digits.len()).step_by(2).map(|at| digits.get(at..at + 2));
                let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>()?;
                encodings::read(&bytes).0
            }
        })
    }
}

impl Text {
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.segments.iter().map(|row| Segment { row, delimiters: self.delimiters })
    }

    /// The MSH segment.
    pub fn head(&self) -> Option<Segment<'_>> {
        self.segments().next()
    }
}

/// Cuts a message. Segments end with CR; files and some instruments use LF or both. Lines are cut before characters are
/// read: the second byte of a Chinese character may be a delimiter, but never a line end.
pub fn read(bytes: &[u8]) -> Result<Text, Fault> {
    let encoding = encodings::of(bytes);
    let mut segments = Vec::new();
    let mut at = 0usize;
    let mut line = 0usize;
    for raw in bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
        let start = at;
        at = at.saturating_add(raw.len());
        let ends_the_line_before = raw == b"\n" && start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'\r');
        line += usize::from(!ends_the_line_before);
        let row = raw.trim_ascii_end();
        if row.trim_ascii().is_empty() {
            continue;
        }
        if segments.len() == SEGMENTS {
            return Err(Fault::TooLong { offset: start, limit: SEGMENTS });
        }
        segments.push(Row { line, span: start..start.saturating_add(row.len()), text: text(row, encoding) });
    }
    let first = segments.first().ok_or(Fault::Nothing("a message without segments"))?;
    let delimiters = Delimiters::declared(&first.text).ok_or_else(|| Fault::Line {
        line: first.line,
        expected: "an MSH segment that declares its delimiters",
        found: first.text.chars().take(40).collect(),
    })?;
    Ok(Text { delimiters, encoding: encodings::name(encoding), segments })
}

fn text(row: &[u8], encoding: &'static Encoding) -> String {
    encodings::decode(row, encoding).into_owned()
}

/// `YYYYMMDDhhmm[ss[.s…]][+zzzz]`: the civil time; a zone says which clock, and the clock is what is kept.
pub fn time(text: &str) -> Option<DateTime> {
    let end = text.find(['.', '+', '-']).unwrap_or(text.len());
    times::compact(text.get(..end)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiters() -> Delimiters {
        read(b"MSH|^~\\&|A").unwrap().delimiters
    }

    #[test]
    fn fields_are_counted_as_the_standard_counts_them() {
        let text = read(b"MSH|^~\\&|APP|LAB\rOBX|1|NM|GLU||5.1|mmol/L\n\r\n").unwrap();
        let segments: Vec<Segment<'_>> = text.segments().collect();
        assert_eq!((segments[0].field(2), segments[0].field(3), segments[0].field(99)), ("^~\\&", "APP", ""));
        assert_eq!((segments[1].name(), segments[1].field(5), segments[1].line()), ("OBX", "5.1", 2));
        assert_eq!(segments[1].span(), 17..41);
    }

    #[test]
    fn an_escape_becomes_the_character_it_stands_for() {
        for (text, plain) in [
            ("10\\S\\3/uL", "10^3/uL"),
            ("a\\F\\b\\T\\c\\R\\d\\E\\", "a|b&c~d\\"),
            ("\\XC3A9\\", "é"),
            ("\\.br\\", "\\.br\\"),
            ("50 \\ 60", "50 \\ 60"),
            ("\\X4\\", "\\X4\\"),
        ] {
            assert_eq!(delimiters().plain(text), plain, "{text}");
        }
    }

    #[test]
    fn a_chinese_character_may_hold_a_delimiter() {
        let gbk = encoding_rs::GB18030.encode("MSH|^~\\&|仪器|二部\rPID|1||||王鷟^张").0.into_owned();
        let text = read(&gbk).unwrap();
        assert_eq!(text.encoding, "gb18030");
        assert_eq!(text.segments().nth(1).unwrap().field(5), "王鷟^张");
    }

    #[test]
    fn a_time_with_a_zone_is_the_clock_it_was_read_on() {
        assert_eq!(time("20260302091530.25+0800").map(|t| t.to_string()).as_deref(), Some("2026-03-02T09:15:30"));
        assert_eq!(time("20260302"), None);
        assert_eq!(time(""), None);
    }

    #[test]
    fn what_does_not_begin_with_a_header_is_refused() {
        for bytes in [&b"PID|1"[..], b"MSH", b"MSHa^~\\&", b"MSH||||", b"\r\n"] {
            assert!(read(bytes).is_err());
        }
    }
}
