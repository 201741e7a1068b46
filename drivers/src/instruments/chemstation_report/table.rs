//! Tables of peaks: two lines of names, a ruler `----|-------|` that says how wide the columns are, and the rows.

use std::ops::Range;

use super::super::chemstation;
use crate::contract::{Censored, Peak, Reading};
use crate::format::numbers;
use crate::format::rows::Row;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Signal,
    Time,
    Area,
    Height,
    AreaPercent,
    Amount,
    Name,
    Other,
}

/// A column by its characters.
struct Column {
    kind: Kind,
    place: Range<usize>,
}

pub struct Table {
    columns: Vec<Column>,
    /// The unit of heights is that of the signal.
    pub signal_unit: Option<String>,
    amount_unit: Option<String>,
}

pub struct Line {
    /// Number of the signal, where the row says it.
    pub signal: Option<String>,
    /// `None` for a compound that has no peak.
    pub peak: Option<Peak>,
    pub reading: Option<Reading>,
}

pub enum Found {
    Row(Box<Line>),
    /// A blank line, or a second line of a name.
    Nothing,
    End,
    Unreadable,
}

impl Table {
    /// The table whose ruler is row `at`.
    pub fn ruled(rows: &[Row<'_>], at: usize) -> Option<Self> {
        let ruler = rows.get(at)?.text.trim_end();
        let is_ruler = ruler.contains("---|") && ruler.chars().all(|c| matches!(c, '-' | '|' | '+'));
        if !is_ruler {
            return None;
        }
        let above = |lines: usize| at.checked_sub(lines).and_then(|at| rows.get(at)).map_or("", |row| row.text);
        let (names, below) = (words(above(2)), words(above(1)));
        let mut columns = Vec::new();
        let (mut signal_unit, mut amount_unit) = (None, None);
        let mut start = 0;
        for dashes in ruler.split(['|', '+']) {
            let place = start..start + dashes.chars().count();
            start = place.end + 1;
            let (name, below) = (over(&names, &place), over(&below, &place));
            let kind = kind(&name, &below);
            match kind {
                Kind::Height => signal_unit = chemstation::unit(&below),
                Kind::Amount if below == "%" => amount_unit = Some(below),
                Kind::Amount => amount_unit = chemstation::unit(&below),
                _ => {}
            }
            columns.push(Column { kind, place });
        }
        // The last column, often a name, may be longer than its ruler.
        if let Some(last) = columns.last_mut() {
            last.place.end = usize::MAX;
        }
        columns.iter().any(|column| column.kind == Kind::Time).then_some(Self { columns, signal_unit, amount_unit })
    }

    pub fn row(&self, row: &Row<'_>) -> Found {
        let text = row.text.trim_end();
        if text.trim().is_empty() {
            return Found::Nothing;
        }
        if text.starts_with("Totals")
            || text.starts_with(['=', '*', '-'])
            || text.starts_with(|c: char| c.is_alphabetic())
        {
            return Found::End;
        }
        let cell =
            |kind| self.columns.iter().find(|column| column.kind == kind).map_or("", |c| cut(text, &c.place).trim());
        let number = |kind| numbers::number(cell(kind));
        let Some(time) = number(Kind::Time) else { return Found::Unreadable };
        let name = chemstation::filled(cell(Kind::Name)).filter(|name| name.chars().any(|c| c != '?'));
        let literal = cell(Kind::Amount);
        let area = number(Kind::Area);
        let amount = numbers::number(literal);
        let peak = Peak {
            number: cell(Kind::Number).parse().ok(),
            name: name.clone(),
            retention_time_min: Some(time),
            area,
            height: number(Kind::Height),
            area_percent: number(Kind::AreaPercent),
            amount: amount.filter(|_| name.is_some()),
            unit: self.amount_unit.clone().filter(|_| name.is_some()),
            ..Peak::default()
        };
        let reading = name.filter(|_| !literal.is_empty()).map(|name| self.reading(name, literal));
        // The expected time of a compound that was not found stands in a row of dashes.
        let peak = (area.is_some() || peak.height.is_some()).then_some(peak);
        let signal = chemstation::filled(cell(Kind::Signal));
        Found::Row(Box::new(Line { signal, peak, reading }))
    }

    fn reading(&self, name: String, literal: &str) -> Reading {
        let (number, censored) = numbers::read(literal);
        let dash = literal.bytes().all(|byte| byte == b'-');
        Reading {
            analyte: Some(name.into()),
            result: Some(literal.into()),
            number,
            censored: if dash { Some(Censored::NotDetected) } else { censored },
            unit: self.amount_unit.as_deref().map(Into::into),
            ..Reading::default()
        }
    }
}

fn kind(name: &str, below: &str) -> Kind {
    match (name, below) {
        ("Peak" | "#", _) | ("", "#") => Kind::Number,
        ("Sig" | "Sig.", _) => Kind::Signal,
        ("RetTime" | "Meas. RetTime" | "Meas. Ret.", _) => Kind::Time,
        ("Area", "%") | ("Area %", _) => Kind::AreaPercent,
        ("Area", _) => Kind::Area,
        ("Height", "%") | ("Height %", _) => Kind::Other,
        ("Height", _) => Kind::Height,
        ("Amount", _) => Kind::Amount,
        ("Name" | "Compound Name", _) | ("", "Name") => Kind::Name,
        _ => Kind::Other,
    }
}

/// The words of a line, each with the place of its middle character.
fn words(line: &str) -> Vec<(usize, &str)> {
    let mut start = 0;
    let mut words = Vec::new();
    for word in line.split(' ') {
        let len = word.chars().count();
        if len > 0 {
            words.push((start + len / 2, word));
        }
        start += len + 1;
    }
    words
}

/// The words over a column: they are centred, and may be wider than it.
fn over(words: &[(usize, &str)], place: &Range<usize>) -> String {
    let own: Vec<&str> = words.iter().filter(|(middle, _)| place.contains(middle)).map(|(_, word)| *word).collect();
    own.join(" ")
}

/// The characters of a line in a column.
fn cut<'a>(line: &'a str, place: &Range<usize>) -> &'a str {
    let at = |count: usize| line.char_indices().nth(count).map_or(line.len(), |(at, _)| at);
    line.get(at(place.start)..at(place.end)).unwrap_or_default()
}
