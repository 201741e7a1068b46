//! The grammar of the reports: sections `[Name(channel)]`, in them `key SEP value`, or a table with a row of names.

use std::ops::Range;

/// One line with its place in the message.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    pub text: &'a str,
    pub separator: char,
    /// Bytes of the message; the whole message where characters are not bytes (UTF-16).
    pub span: Range<usize>,
}

impl<'a> Row<'a> {
    pub fn cells(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.text.split(self.separator)
    }

    /// Whether there is nothing but separators and blanks.
    pub fn is_blank(&self) -> bool {
        self.text.chars().all(|c| c == self.separator || c.is_whitespace())
    }
}

#[derive(Debug)]
pub struct Section<'a> {
    pub name: &'a str,
    /// What stands in parentheses: `Detector A-Ch1`.
    pub channel: Option<&'a str>,
    pub rows: Vec<Row<'a>>,
}

pub struct Report<'a> {
    pub sections: Vec<Section<'a>>,
}

/// The lines of a text with their places in `bytes`, from which it was decoded.
pub fn rows<'a>(text: &'a str, bytes: &[u8], encoding: &str, separator: char) -> Vec<Row<'a>> {
    let mut at = 0;
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    text.split_inclusive('\n')
        .map(|line| {
            let len = lines.next().map_or(0, <[u8]>::len);
            let line = line.trim_end_matches(['\r', '\n']);
            let start = at;
            at += len;
            let span = if encoding.starts_with("utf-16") { 0..bytes.len() } else { start..at };
            Row { text: line, separator, span }
        })
        .collect()
}

/// Tab, unless the first lines hold none.
fn separator(text: &str) -> char {
    if text.lines().take(60).any(|line| line.contains('\t')) { '\t' } else { ',' }
}

impl<'a> Report<'a> {
    pub fn read(text: &'a str, bytes: &[u8], encoding: &str) -> Self {
        let separator = separator(text);
        let mut sections: Vec<Section<'a>> = Vec::new();
        for row in rows(text, bytes, encoding, separator) {
            if let Some((name, channel)) = heading(row.text, separator) {
                sections.push(Section { name, channel, rows: Vec::new() });
            } else if let Some(section) = sections.last_mut() {
                section.rows.push(row);
            }
        }
        Self { sections }
    }

    pub fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }
}

fn heading(line: &str, separator: char) -> Option<(&str, Option<&str>)> {
    let line = line.trim_end_matches([separator, ' ']);
    let inside = line.strip_prefix('[')?.strip_suffix(']')?;
    match inside.strip_suffix(')').and_then(|inside| inside.split_once('(')) {
        Some((name, channel)) => Some((name.trim(), Some(channel.trim()))),
        None => Some((inside.trim(), None)),
    }
}

impl<'a> Section<'a> {
    /// What stands behind `key`, unless that is nothing.
    pub fn value(&self, key: &str) -> Option<&'a str> {
        let row = self.rows.iter().find(|row| row.cells().next() == Some(key))?;
        row.text.split_once(row.separator).map(|(_, value)| value).filter(|value| !value.trim().is_empty())
    }

    /// The table whose row of names starts with `first`.
    pub fn table(&self, first: &str) -> Option<Table<'a, '_>> {
        let at = self.rows.iter().position(|row| row.cells().next() == Some(first))?;
        let names = self.rows.get(at)?.cells().map(str::trim).collect();
        let rows = self.rows.get(at + 1..).unwrap_or_default();
        let end = rows.iter().position(Row::is_blank).unwrap_or(rows.len());
        Some(Table { names, rows: rows.get(..end).unwrap_or_default() })
    }
}

pub struct Table<'a, 'r> {
    pub names: Vec<&'a str>,
    pub rows: &'r [Row<'a>],
}

impl<'a> Table<'a, '_> {
    /// The cell of the first of these columns that the table has.
    pub fn cell(&self, row: &Row<'a>, columns: &[&str]) -> Option<&'a str> {
        let at = columns.iter().find_map(|column| self.names.iter().position(|name| name == column))?;
        row.cells().nth(at).map(str::trim).filter(|cell| !cell.is_empty())
    }

    /// The same, as a number.
    pub fn number(&self, row: &Row<'a>, columns: &[&str]) -> Option<f64> {
        crate::format::numbers::number(self.cell(row, columns)?)
    }
}
