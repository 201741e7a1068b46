//! Which part of a record says what: sources, fields, times, roles, what to skip.

use regex::Regex;
use toml::Value;

use super::keys::{Checked, Keys, shown};
use crate::contract::Role;
use crate::format::dates::DateOrder;

/// Where a fact stands in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A column by its name (the n-th of that name, from 0), a key, or a named group.
    Named { name: String, nth: usize },
    /// A cell, from 0.
    Place(usize),
    /// Characters of the line, from 0.
    Columns { from: usize, length: usize },
    /// Bytes of the block.
    Bytes(Number),
    /// The profile says it, not the device.
    Text(String),
}

/// A number or a text in a binary block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// From 0.
    pub at: usize,
    pub kind: NumberKind,
    /// Bytes of a text or of packed decimal digits.
    pub length: usize,
    /// Digits behind the point that the device leaves out.
    pub decimals: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberKind {
    Unsigned {
        width: usize,
        little: bool,
    },
    Signed {
        width: usize,
        little: bool,
    },
    Float {
        little: bool,
    },
    /// Two decimal digits a byte.
    Packed,
    Text,
}

impl NumberKind {
    const WORDS: [(&str, Self); 14] = [
        ("u8", Self::Unsigned { width: 1, little: true }),
        ("i8", Self::Signed { width: 1, little: true }),
        ("u16le", Self::Unsigned { width: 2, little: true }),
        ("u16be", Self::Unsigned { width: 2, little: false }),
        ("i16le", Self::Signed { width: 2, little: true }),
        ("i16be", Self::Signed { width: 2, little: false }),
        ("u32le", Self::Unsigned { width: 4, little: true }),
        ("u32be", Self::Unsigned { width: 4, little: false }),
        ("i32le", Self::Signed { width: 4, little: true }),
        ("i32be", Self::Signed { width: 4, little: false }),
        ("f32le", Self::Float { little: true }),
        ("f32be", Self::Float { little: false }),
        ("bcd", Self::Packed),
        ("text", Self::Text),
    ];
}

/// The sources that a shape of record has.
#[derive(Debug, Clone)]
pub enum Has {
    /// Cells under names, or without any.
    Cells {
        named: bool,
    },
    Columns,
    Keys,
    Groups(Vec<String>),
    Bytes,
}

impl Has {
    fn expected(&self) -> String {
        match self {
            Self::Cells { named: true } => "a column's name, or its number from 1".to_owned(),
            Self::Cells { named: false } => "a column's number from 1 (record.header names no columns)".to_owned(),
            Self::Columns => "{ from = 1, length = 8 }".to_owned(),
            Self::Keys => "a key's name".to_owned(),
            Self::Groups(groups) => format!("a group of the pattern: {}", groups.join(", ")),
            Self::Bytes => "{ at = 1, type = \"u16le\" }".to_owned(),
        }
    }
}

impl Source {
    /// `"Name"`, `3`, or a table.
    pub fn read(path: String, value: &Value, has: &Has) -> Checked<Self> {
        let empty = toml::Table::new();
        let asked = Keys::inside(path.clone(), value.as_table().unwrap_or(&empty));
        let no = |found: String| -> Checked<Self> {
            Err(super::ProfileError::Key {
                key: path.clone(),
                expected: format!("{}, or {{ text = \"…\" }}", has.expected()),
                found,
            })
        };
        match (value, has) {
            (Value::String(name), Has::Cells { named: true } | Has::Keys) => {
                Ok(Self::Named { name: name.clone(), nth: 0 })
            }
            (Value::String(name), Has::Groups(groups)) if groups.contains(name) => {
                Ok(Self::Named { name: name.clone(), nth: 0 })
            }
            (Value::Integer(place), Has::Cells { .. }) => {
                match usize::try_from(*place).ok().and_then(|p| p.checked_sub(1)) {
                    Some(place) => Ok(Self::Place(place)),
                    None => no(place.to_string()),
                }
            }
            (Value::Table(table), _) => {
                let source = Self::table(asked, has, table.contains_key("text"))?;
                source.map_or_else(|| no(shown(value)), Ok)
            }
            _ => no(shown(value)),
        }
    }

    fn table(mut keys: Keys<'_>, has: &Has, fixed: bool) -> Checked<Option<Self>> {
        let source = if fixed {
            Some(Self::Text(keys.needed("text")?.to_owned()))
        } else {
            match has {
                Has::Cells { named: true } => {
                    let name = keys.needed("column")?.to_owned();
                    let nth = keys.count("nth", 99)?.unwrap_or(1).saturating_sub(1);
                    Some(Self::Named { name, nth })
                }
                Has::Columns => {
                    let (Some(from), Some(length)) = (keys.count("from", 4096)?, keys.count("length", 4096)?) else {
                        return Ok(None);
                    };
                    Some(Self::Columns { from: from.saturating_sub(1), length })
                }
                Has::Bytes => {
                    let Some(at) = keys.count("at", 65_536)? else { return Ok(None) };
                    let Some(kind) = keys.word("type", &NumberKind::WORDS)? else { return Ok(None) };
                    let length = keys.count("length", 1024)?;
                    if matches!(kind, NumberKind::Packed | NumberKind::Text) && length.is_none() {
                        return keys.missing("length", "how many bytes it takes");
                    }
                    let decimals = keys.count("decimals", 12)?.unwrap_or(0);
                    let at = at.saturating_sub(1);
                    Some(Self::Bytes(Number { at, kind, length: length.unwrap_or(0), decimals }))
                }
                Has::Cells { named: false } | Has::Keys | Has::Groups(_) => return Ok(None),
            }
        };
        keys.end()?;
        Ok(source)
    }
}

/// A source, if the key is there.
pub fn source(keys: &mut Keys<'_>, key: &'static str, has: &Has) -> Checked<Option<Source>> {
    let path = keys.path(key);
    keys.value(key).map(|value| Source::read(path, value, has)).transpose()
}

/// One source, or a list of them.
pub fn sources(keys: &mut Keys<'_>, key: &'static str, has: &Has) -> Checked<Vec<Source>> {
    let path = keys.path(key);
    match keys.value(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => list
            .iter()
            .enumerate()
            .map(|(index, value)| Source::read(format!("{path}[{}]", index + 1), value, has))
            .collect(),
        Some(value) => Ok(vec![Source::read(path, value, has)?]),
    }
}

/// How a date is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// As some date of the same message proves it; otherwise the reading is held.
    Proved,
    Known(DateOrder),
    /// `%d.%m.%Y %H:%M`
    Format(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// Joined with a blank.
    pub of: Vec<Source>,
    pub order: Order,
}

impl Time {
    fn read(keys: &mut Keys<'_>, has: &Has) -> Checked<Option<Self>> {
        let path = keys.path("time");
        let Some(value) = keys.value("time") else { return Ok(None) };
        let Some(table) = value.as_table().filter(|table| table.contains_key("of")) else {
            return Ok(Some(Self { of: sources(keys, "time", has)?, order: Order::Proved }));
        };
        let mut own = Keys::inside(path, table);
        let of = sources(&mut own, "of", has)?;
        let orders = [
            ("proved", Order::Proved),
            ("day-first", Order::Known(DateOrder::DayFirst)),
            ("month-first", Order::Known(DateOrder::MonthFirst)),
        ];
        let words: Vec<(&str, usize)> = orders.iter().enumerate().map(|(at, (word, _))| (*word, at)).collect();
        let order = own.word("order", &words)?.and_then(|at| orders.get(at)).map(|(_, order)| order.clone());
        let order = match own.text("format")? {
            None => order.unwrap_or(Order::Proved),
            Some(_) if order.is_some() => return own.wrong("format", "a format or an order", "both"),
            Some(format) => {
                // What cannot be written cannot be read either: a wrong letter shows before the first reading.
                let sample = jiff::civil::DateTime::default();
                match jiff::fmt::strtime::format(format, sample) {
                    Ok(text) if jiff::civil::DateTime::strptime(format, &text).is_ok() => {
                        Order::Format(format.to_owned())
                    }
                    Ok(_) => return own.wrong("format", "day and time such as \"%d.%m.%Y %H:%M\"", format),
                    Err(problem) => return own.wrong("format", "a format such as \"%d.%m.%Y %H:%M\"", problem),
                }
            }
        };
        own.end()?;
        Ok(Some(Self { of, order }))
    }
}

/// The fields of a record; those of a `[[reading]]` stand before the common ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    pub sample: Option<Source>,
    pub position: Option<Source>,
    pub analyte: Option<Source>,
    pub result: Option<Source>,
    pub unit: Option<Source>,
    pub flags: Vec<Source>,
    pub replicate: Option<Source>,
    pub time: Option<Time>,
    /// What the device calls the kind of sample; the meaning is in `[roles]`.
    pub kind: Option<Source>,
    /// The device's own identity of the measurement.
    pub key: Vec<Source>,
    pub absorbance_start: Option<Source>,
    pub absorbance_end: Option<Source>,
    pub absorbance_change: Option<Source>,
}

impl Fields {
    pub fn read(mut keys: Keys<'_>, has: &Has) -> Checked<Self> {
        let fields = Self {
            sample: source(&mut keys, "sample", has)?,
            position: source(&mut keys, "position", has)?,
            analyte: source(&mut keys, "analyte", has)?,
            result: source(&mut keys, "result", has)?,
            unit: source(&mut keys, "unit", has)?,
            flags: sources(&mut keys, "flags", has)?,
            replicate: source(&mut keys, "replicate", has)?,
            time: Time::read(&mut keys, has)?,
            kind: source(&mut keys, "kind", has)?,
            key: sources(&mut keys, "key", has)?,
            absorbance_start: source(&mut keys, "absorbance_start", has)?,
            absorbance_end: source(&mut keys, "absorbance_end", has)?,
            absorbance_change: source(&mut keys, "absorbance_change", has)?,
        };
        keys.end()?;
        Ok(fields)
    }

    /// These, and the others where these say nothing.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        let list = |own: Vec<Source>, other: &Vec<Source>| if own.is_empty() { other.clone() } else { own };
        Self {
            sample: self.sample.or_else(|| other.sample.clone()),
            position: self.position.or_else(|| other.position.clone()),
            analyte: self.analyte.or_else(|| other.analyte.clone()),
            result: self.result.or_else(|| other.result.clone()),
            unit: self.unit.or_else(|| other.unit.clone()),
            flags: list(self.flags, &other.flags),
            replicate: self.replicate.or_else(|| other.replicate.clone()),
            time: self.time.or_else(|| other.time.clone()),
            kind: self.kind.or_else(|| other.kind.clone()),
            key: list(self.key, &other.key),
            absorbance_start: self.absorbance_start.or_else(|| other.absorbance_start.clone()),
            absorbance_end: self.absorbance_end.or_else(|| other.absorbance_end.clone()),
            absorbance_change: self.absorbance_change.or_else(|| other.absorbance_change.clone()),
        }
    }
}

/// What a literal result means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    NotDetected,
    /// There, without a number.
    Detected,
    Below,
    Above,
    /// The device measured nothing: no reading.
    Nothing,
}

impl Meaning {
    pub const WORDS: [(&'static str, Self); 5] = [
        ("not-detected", Self::NotDetected),
        ("detected", Self::Detected),
        ("below", Self::Below),
        ("above", Self::Above),
        ("nothing", Self::Nothing),
    ];
}

/// Which records are no samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    /// By what the field `kind` says.
    pub kinds: Vec<(String, Role)>,
    /// By what the sample's name begins with.
    pub samples: Vec<(String, Role)>,
}

impl Roles {
    const WORDS: [(&'static str, Role); 6] = [
        ("sample", Role::Unknown),
        ("blank", Role::Blank),
        ("control", Role::Control),
        ("calibrator", Role::Calibrator),
        ("spike", Role::Spike),
        ("duplicate", Role::Duplicate),
    ];

    pub fn read(mut keys: Keys<'_>) -> Checked<Self> {
        let roles =
            Self { kinds: keys.meanings("kinds", &Self::WORDS)?, samples: keys.meanings("samples", &Self::WORDS)? };
        keys.end()?;
        Ok(roles)
    }
}

/// A condition on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// `None`: the whole line.
    pub field: Option<Source>,
    pub is: Vec<String>,
    pub starts: Vec<String>,
    pub contains: Vec<String>,
    /// The field is empty.
    pub blank: bool,
}

impl When {
    pub fn read(keys: &mut Keys<'_>, has: &Has) -> Checked<Self> {
        let when = Self {
            field: source(keys, "field", has)?,
            is: keys.texts("is")?,
            starts: keys.texts("starts")?,
            contains: keys.texts("contains")?,
            blank: keys.flag("blank")?,
        };
        if when.is.is_empty() && when.starts.is_empty() && when.contains.is_empty() && !when.blank {
            return keys.missing("is", "is, starts or contains with texts, or blank = true");
        }
        Ok(when)
    }

    pub fn holds(&self, text: &str) -> bool {
        let text = text.trim();
        (self.blank && text.is_empty())
            || self.is.iter().any(|one| one.eq_ignore_ascii_case(text))
            || self.starts.iter().any(|one| text.starts_with(one.as_str()))
            || self.contains.iter().any(|one| text.contains(one.as_str()))
    }
}

/// A pattern with a bounded size: a profile must not be able to fill the memory.
pub fn pattern(keys: &mut Keys<'_>, key: &'static str) -> Checked<Option<Regex>> {
    let Some(text) = keys.text(key)? else { return Ok(None) };
    match regex::RegexBuilder::new(text).size_limit(1 << 20).build() {
        Ok(pattern) => Ok(Some(pattern)),
        Err(problem) => {
            let last = problem.to_string().lines().last().unwrap_or_default().trim().to_owned();
            keys.wrong(key, "a regular expression", last)
        }
    }
}
