//! Records of text: rows of cells, fixed columns, keys with values, patterns.

use std::borrow::Cow;

use regex::Regex;

use super::reading::Taken;
use super::record::{Facts, Record, Said};
use super::shape::{Carry, CarryWhen, Grid, Shape, has_names};
use super::{Described, Place};
use crate::contract::Fault;
use crate::format::encodings;
use crate::format::rows::{Columns, Row, records, rows};

/// What a skip rule says of a record.
#[derive(PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
    /// Nor anything behind it.
    NoMore,
}

impl Described {
    /// Takes the records of a text; gives the name of its encoding.
    pub(super) fn text(&self, bytes: &[u8], taken: &mut Taken) -> Result<&'static str, Fault> {
        let (text, encoding) = match self.encoding {
            Some(encoding) => (encodings::decode(bytes, encoding), encodings::name(encoding)),
            None => {
                let (text, name) = encodings::read(bytes);
                (Cow::Owned(text), name)
            }
        };
        let rows = match &self.shape {
            Shape::Delimited { lines_in_quotes: true, .. } => records(&text, bytes, encoding),
            _ => rows(&text, bytes, encoding),
        };
        match &self.shape {
            Shape::Delimited { separator, header, skip, grid, .. } => {
                let rows = rows.iter().skip(*skip);
                self.cells(rows, *separator, header, grid.as_ref(), taken)?;
            }
            Shape::Fixed { skip } => self.columns(rows.iter().skip(*skip), taken),
            Shape::Pairs { separators, begin } => self.pairs(&rows, separators, begin.as_deref(), taken),
            Shape::Pattern { pattern, over_all: false } => self.lines(&rows, pattern, taken),
            Shape::Pattern { pattern, over_all: true } => self.matches(&text, bytes, pattern, taken),
            Shape::Binary { .. } => {}
        }
        if taken.is_empty() && !text.trim().is_empty() && rows.len() == 1 {
            let found = rows.first().map(Row::quoted).unwrap_or_default();
            return Err(Fault::Record { line: 1, expected: "a record of the profile".to_owned(), found });
        }
        Ok(encoding)
    }

    fn wanted(&self, record: &Record<'_>) -> Wanted {
        match self.skip.iter().find(|skip| record.is(&skip.when)) {
            None => Wanted::Yes,
            Some(skip) if skip.rest => Wanted::NoMore,
            Some(_) => Wanted::No,
        }
    }

    /// Whether a line speaks for those behind it; then what it says is taken down.
    fn carries(&self, record: &Record<'_>, taken: &mut Taken) -> bool {
        let found = self.carry.iter().find(|carry| matches!(&carry.when, CarryWhen::Says(when) if record.is(when)));
        if let Some(Carry { fields, .. }) = found {
            taken.carried = Said::of(fields, record);
        }
        found.is_some()
    }

    fn cells<'r>(
        &self,
        rows: impl Iterator<Item = &'r Row<'r>>,
        separator: char,
        header: &[String],
        grid: Option<&Grid>,
        taken: &mut Taken,
    ) -> Result<(), Fault> {
        let mut names = Columns::default();
        let mut first = None;
        for row in rows.filter(|row| !row.is_blank(separator)) {
            first.get_or_insert(row);
            let named = names.names().to_vec();
            let record = Record {
                place: Place { line: row.line, span: row.span.clone() },
                text: row.text,
                facts: Facts::Cells { names: &named, cells: row.cells(separator).collect() },
            };
            if self.carries(&record, taken) {
                continue;
            }
            if header.is_empty() && grid.is_some() && named.is_empty() {
                names = Columns::of(row.cells(separator));
                continue;
            }
            if !header.is_empty() {
                let columns = Columns::of(row.cells(separator));
                if has_names(&columns, header) {
                    names = columns;
                    continue;
                }
                if named.is_empty() {
                    continue;
                }
            }
            match self.wanted(&record) {
                Wanted::No => continue,
                Wanted::NoMore => break,
                Wanted::Yes => {}
            }
            let filled = row.cells(separator).enumerate().filter(|(_, cell)| !cell.trim().is_empty());
            let filled = filled.last().map_or(0, |(at, _)| at + 1);
            if !named.is_empty() && filled > named.len() {
                let reason = format!("expected at most {} cells as in the header, found {filled}", named.len());
                taken.reject(&record.place, reason);
                continue;
            }
            self.take(&record, taken);
        }
        match first {
            Some(row) if names.names().is_empty() && !header.is_empty() => Err(Fault::Record {
                line: row.line,
                expected: format!("a row with the columns {}", header.join(", ")),
                found: row.quoted(),
            }),
            _ => Ok(()),
        }
    }

    fn columns<'r>(&self, rows: impl Iterator<Item = &'r Row<'r>>, taken: &mut Taken) {
        for row in rows.filter(|row| !row.text.trim().is_empty()) {
            let record = Record {
                place: Place { line: row.line, span: row.span.clone() },
                text: row.text,
                facts: Facts::Line(row.text),
            };
            if self.carries(&record, taken) {
                continue;
            }
            match self.wanted(&record) {
                Wanted::No => {}
                Wanted::NoMore => break,
                Wanted::Yes => self.take(&record, taken),
            }
        }
    }

    /// A record ends with a blank line, or where the key `begin` comes again.
    fn pairs(&self, rows: &[Row<'_>], separators: &[char], begin: Option<&str>, taken: &mut Taken) {
        let mut open: Vec<(&Row<'_>, &str, &str)> = Vec::new();
        for row in rows {
            let pair = row.text.split_once(separators).map(|(key, value)| (key.trim(), value.trim()));
            match pair {
                Some((key, value)) => {
                    if begin.is_some_and(|begin| begin.eq_ignore_ascii_case(key)) {
                        self.block(&mut open, taken);
                    }
                    open.push((row, key, value));
                }
                None if row.text.trim().is_empty() && begin.is_none() => self.block(&mut open, taken),
                None => {}
            }
        }
        self.block(&mut open, taken);
    }

    fn block(&self, open: &mut Vec<(&Row<'_>, &str, &str)>, taken: &mut Taken) {
        let lines = std::mem::take(open);
        let (Some((first, ..)), Some((last, ..))) = (lines.first(), lines.last()) else { return };
        let record = Record {
            place: Place { line: first.line, span: first.span.start..last.span.end },
            text: first.text,
            facts: Facts::Pairs(lines.iter().map(|(_, key, value)| (*key, *value)).collect()),
        };
        if self.wanted(&record) == Wanted::Yes {
            self.take(&record, taken);
        }
    }

    fn lines(&self, rows: &[Row<'_>], pattern: &Regex, taken: &mut Taken) {
        for row in rows.iter().filter(|row| !row.text.trim().is_empty()) {
            let place = Place { line: row.line, span: row.span.clone() };
            let carried = self.carry.iter().find_map(|carry| match &carry.when {
                CarryWhen::Matches(pattern) => pattern.captures(row.text).map(|groups| (carry, groups)),
                CarryWhen::Says(_) => None,
            });
            if let Some((carry, groups)) = carried {
                let record = Record { place, text: row.text, facts: Facts::Groups(groups) };
                taken.carried = Said::of(&carry.fields, &record);
                continue;
            }
            let groups = pattern.captures(row.text);
            let is_record = groups.is_some();
            let facts = groups.map_or(Facts::Line(row.text), Facts::Groups);
            let record = Record { place, text: row.text, facts };
            match self.wanted(&record) {
                Wanted::No => {}
                Wanted::NoMore => break,
                Wanted::Yes if is_record => self.take(&record, taken),
                Wanted::Yes => {
                    let reason = format!("expected a line as the pattern says, found '{}'", row.quoted());
                    taken.reject(&record.place, reason);
                }
            }
        }
    }

    /// Each match anywhere in the message is a record.
    fn matches(&self, text: &str, bytes: &[u8], pattern: &Regex, taken: &mut Taken) {
        let mut found = false;
        for groups in pattern.captures_iter(text) {
            found = true;
            let whole = groups.get(0);
            // Offsets in the text are offsets in the message where every character is as long in both.
            let span = whole.filter(|_| text.as_bytes() == bytes).map_or(0..bytes.len(), |whole| whole.range());
            let line = text.get(..whole.map_or(0, |whole| whole.start())).map_or(1, |t| t.matches('\n').count() + 1);
            let text = whole.map_or("", |whole| whole.as_str());
            let record = Record { place: Place { line, span }, text, facts: Facts::Groups(groups) };
            match self.wanted(&record) {
                Wanted::No => {}
                Wanted::NoMore => break,
                Wanted::Yes => self.take(&record, taken),
            }
        }
        if !found && !text.trim().is_empty() {
            let quoted: String = text.trim().chars().take(40).collect();
            let place = Place { line: 1, span: 0..bytes.len() };
            taken.reject(&place, format!("expected a match of the pattern, found '{quoted}'"));
        }
    }
}
