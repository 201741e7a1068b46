//! The shapes a record can have, what is said once for several records, and which records are no measurements.

use regex::Regex;

use super::binary::Check;
use super::fields::{Fields, Has, When, pattern};
use super::keys::{Checked, Keys};
use crate::format::rows::{Columns, rows};

#[derive(Debug)]
pub enum Shape {
    /// Rows of cells.
    Delimited {
        separator: char,
        header: Vec<String>,
        skip: usize,
        grid: Option<Grid>,
        /// Cells in quotes may hold the ends of lines.
        lines_in_quotes: bool,
    },
    /// Lines with fields at fixed columns.
    Fixed { skip: usize },
    /// Lines of a key and a value; several lines are one record.
    Pairs { separators: Vec<char>, begin: Option<String> },
    /// Lines, or the whole message, that a pattern with named groups matches.
    Pattern { pattern: Regex, over_all: bool },
    /// The bytes of a block.
    Binary { check: Option<Check> },
}

/// Samples down, analytes across.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// First column of results, from 0.
    pub from: usize,
    /// Columns that are none.
    pub except: Vec<String>,
    /// Around the unit in a column's name: `Ca [mg/L]`.
    pub unit_in: Option<(char, char)>,
}

#[derive(Clone, Copy)]
enum Word {
    Delimited,
    Fixed,
    Pairs,
    Pattern,
    Binary,
}

const WORDS: [(&str, Word); 5] = [
    ("delimited", Word::Delimited),
    ("fixed-width", Word::Fixed),
    ("key-value", Word::Pairs),
    ("pattern", Word::Pattern),
    ("binary", Word::Binary),
];

impl Shape {
    pub fn read(keys: &mut Keys<'_>) -> Checked<(Self, Has)> {
        let Some(mut own) = keys.table("record")? else {
            return keys.missing("record", "a table [record] with shape = \"delimited\" and so on");
        };
        let Some(word) = own.word("shape", &WORDS)? else {
            return own.missing("shape", "\"delimited\", \"fixed-width\", \"key-value\", \"pattern\" or \"binary\"");
        };
        let found = match word {
            Word::Delimited => {
                let Some(separator) = own.character("separator")? else {
                    return own.missing("separator", "one character such as \",\" or \"\\t\"");
                };
                let header: Vec<String> = own.texts("header")?.iter().map(|name| name.trim().to_owned()).collect();
                let skip = own.count("skip_lines", 1000)?.unwrap_or(0);
                let grid = grid(&mut own)?;
                let has = Has::Cells { named: !header.is_empty() || grid.is_some() };
                let lines_in_quotes = own.flag("lines_in_quotes")?;
                (Self::Delimited { separator, header, skip, grid, lines_in_quotes }, has)
            }
            Word::Fixed => (Self::Fixed { skip: own.count("skip_lines", 1000)?.unwrap_or(0) }, Has::Columns),
            Word::Pairs => {
                let separators: Vec<char> = own.text("separators")?.unwrap_or(":：=").chars().collect();
                if separators.is_empty() {
                    return own.wrong("separators", "at least one character", "none");
                }
                (Self::Pairs { separators, begin: own.text("begin")?.map(str::to_owned) }, Has::Keys)
            }
            Word::Pattern => {
                let Some(pattern) = pattern(&mut own, "pattern")? else {
                    return own.missing("pattern", "a regular expression with named groups such as (?<result>[0-9.]+)");
                };
                let groups = pattern.capture_names().flatten().map(str::to_owned).collect();
                (Self::Pattern { pattern, over_all: own.flag("over_all")? }, Has::Groups(groups))
            }
            Word::Binary => (Self::Binary { check: Check::read(&mut own)? }, Has::Bytes),
        };
        own.end()?;
        Ok(found)
    }

    pub fn grid(&self) -> Option<&Grid> {
        match self {
            Self::Delimited { grid, .. } => grid.as_ref(),
            _ => None,
        }
    }

    pub fn header(&self) -> &[String] {
        match self {
            Self::Delimited { header, .. } => header,
            _ => &[],
        }
    }

    /// Whether a row of `text` holds the names of the header; true where there is none.
    pub fn heads(&self, text: &str) -> bool {
        let Self::Delimited { separator, header, .. } = self else { return true };
        header.is_empty()
            || rows(text, text.as_bytes(), "utf-8")
                .iter()
                .any(|row| has_names(&Columns::of(row.cells(*separator)), header))
    }
}

pub fn has_names(columns: &Columns, header: &[String]) -> bool {
    header.iter().all(|name| columns.place(&[name]).is_some())
}

fn grid(keys: &mut Keys<'_>) -> Checked<Option<Grid>> {
    let Some(mut own) = keys.table("grid")? else { return Ok(None) };
    let grid = Grid {
        from: own.count("from", 1000)?.unwrap_or(2).saturating_sub(1),
        except: own.texts("except")?,
        unit_in: own.word("unit_in", &[("[]", ('[', ']')), ("()", ('(', ')'))])?,
    };
    own.end()?;
    Ok(Some(grid))
}

/// A line that says something for the records behind it: `Sample:,26-041,Method:,ICP`.
#[derive(Debug)]
pub struct Carry {
    pub when: CarryWhen,
    pub fields: Fields,
}

#[derive(Debug)]
pub enum CarryWhen {
    Says(When),
    Matches(Regex),
}

impl Carry {
    pub fn all(keys: &mut Keys<'_>, has: &Has) -> Checked<Vec<Self>> {
        keys.tables("carry")?
            .into_iter()
            .map(|mut own| {
                let (when, has) = match has {
                    // The names of the columns stand below such a line, or elsewhere.
                    Has::Cells { .. } | Has::Columns => {
                        let has = if matches!(has, Has::Columns) { Has::Columns } else { Has::Cells { named: false } };
                        let Some(mut when) = own.table("when")? else {
                            return own.missing("when", "a table such as { field = 1, is = \"Sample:\" }");
                        };
                        let says = When::read(&mut when, &has)?;
                        when.end()?;
                        (CarryWhen::Says(says), has)
                    }
                    Has::Groups(_) => {
                        let Some(pattern) = pattern(&mut own, "pattern")? else {
                            return own.missing("pattern", "a regular expression with named groups");
                        };
                        let groups = pattern.capture_names().flatten().map(str::to_owned).collect();
                        (CarryWhen::Matches(pattern), Has::Groups(groups))
                    }
                    Has::Keys | Has::Bytes => {
                        return own.wrong("when", "no [[carry]] with this shape of record", "one");
                    }
                };
                let Some(fields) = own.table("fields")? else {
                    return own.missing("fields", "a table with what the line says: { sample = 2 }");
                };
                let fields = Fields::read(fields, &has)?;
                own.end()?;
                Ok(Self { when, fields })
            })
            .collect()
    }
}

/// Records that are no measurements: statistics, titles, ends.
#[derive(Debug)]
pub struct Skip {
    pub when: When,
    /// Everything behind it as well.
    pub rest: bool,
}

impl Skip {
    pub fn all(keys: &mut Keys<'_>, has: &Has) -> Checked<Vec<Self>> {
        keys.tables("skip")?
            .into_iter()
            .map(|mut own| {
                let skip = Self { when: When::read(&mut own, has)?, rest: own.flag("rest")? };
                own.end()?;
                Ok(skip)
            })
            .collect()
    }
}
