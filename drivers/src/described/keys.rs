//! Reads the keys of a profile one by one, so that every complaint names the key and says what was expected there.

use std::collections::BTreeSet;
use std::fmt;

use toml::{Table, Value};

/// Why a text is not a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// It is no TOML.
    #[error("line {line}: {problem}")]
    Toml { line: usize, problem: String },
    #[error("{key}: expected {expected}, found {found}")]
    Key { key: String, expected: String, found: String },
}

pub type Checked<T> = Result<T, ProfileError>;

/// One table of the profile, and which of its keys were asked for.
pub struct Keys<'t> {
    path: String,
    table: &'t Table,
    known: BTreeSet<&'static str>,
}

impl<'t> Keys<'t> {
    pub fn new(table: &'t Table) -> Self {
        Self { path: String::new(), table, known: BTreeSet::new() }
    }

    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub fn value(&mut self, key: &'static str) -> Option<&'t Value> {
        self.known.insert(key);
        self.table.get(key)
    }

    pub fn wrong<T>(&self, key: &str, expected: impl Into<String>, found: impl fmt::Display) -> Checked<T> {
        Err(ProfileError::Key { key: self.path(key), expected: expected.into(), found: found.to_string() })
    }

    pub fn missing<T>(&self, key: &str, expected: impl Into<String>) -> Checked<T> {
        self.wrong(key, expected, "nothing")
    }

    pub fn text(&mut self, key: &'static str) -> Checked<Option<&'t str>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => self.wrong(key, "a text", shown(other)),
        }
    }

    pub fn needed(&mut self, key: &'static str) -> Checked<&'t str> {
        match self.text(key)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => self.wrong(key, "a text", "an empty one"),
            None => self.missing(key, "a text"),
        }
    }

    /// A whole number in `1..=most`.
    pub fn count(&mut self, key: &'static str, most: usize) -> Checked<Option<usize>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = value.as_integer().and_then(|number| usize::try_from(number).ok());
        match number.filter(|number| (1..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => self.wrong(key, format!("a whole number from 1 to {most}"), shown(value)),
        }
    }

    pub fn flag(&mut self, key: &'static str) -> Checked<bool> {
        match self.value(key) {
            None => Ok(false),
            Some(Value::Boolean(flag)) => Ok(*flag),
            Some(other) => self.wrong(key, "true or false", shown(other)),
        }
    }

    /// One text, or a list of them.
    pub fn texts(&mut self, key: &'static str) -> Checked<Vec<String>> {
        let one = |value: &Value| value.as_str().map(str::to_owned);
        match self.value(key) {
            None => Ok(Vec::new()),
            Some(value @ Value::Array(list)) => {
                let texts: Option<Vec<String>> = list.iter().map(one).collect();
                texts.map_or_else(|| self.wrong(key, "a list of texts", shown(value)), Ok)
            }
            Some(value) => one(value).map_or_else(|| self.wrong(key, "texts", shown(value)), |text| Ok(vec![text])),
        }
    }

    /// A single character.
    pub fn character(&mut self, key: &'static str) -> Checked<Option<char>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(one), None) => Ok(Some(one)),
            _ => self.wrong(key, "one character", format!("\"{}\"", text.escape_default())),
        }
    }

    /// Bytes in hexadecimal: `"7E 01"`.
    pub fn bytes(&mut self, key: &'static str) -> Checked<Option<Vec<u8>>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let digits: Vec<u32> = text.chars().filter(|c| !c.is_whitespace()).map_while(|c| c.to_digit(16)).collect();
        let all = digits.len() == text.chars().filter(|c| !c.is_whitespace()).count();
        let pairs = digits.chunks_exact(2).filter_map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        });
        if all && !digits.is_empty() && digits.len().is_multiple_of(2) {
            Ok(Some(pairs.collect()))
        } else {
            self.wrong(key, "bytes in hexadecimal such as \"7E 01\"", format!("\"{text}\""))
        }
    }

    /// One of these words.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Checked<Option<T>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => self.wrong(key, one_of(words), format!("\"{text}\"")),
        }
    }

    /// What these words of the laboratory mean, key by key: `"Calibration Standard" = "calibrator"`.
    pub fn meanings<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Checked<Vec<(String, T)>> {
        let Some(table) = self.table(key)? else { return Ok(Vec::new()) };
        let meaning = |(literal, value): (&String, &Value)| {
            let found = value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
            match found {
                Some((_, meaning)) => Ok((literal.clone(), *meaning)),
                None => table.wrong(literal, one_of(words), shown(value)),
            }
        };
        table.table.iter().map(meaning).collect()
    }

    pub fn table(&mut self, key: &'static str) -> Checked<Option<Keys<'t>>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(Keys { path: self.path(key), table, known: BTreeSet::new() })),
            Some(other) => self.wrong(key, format!("a table [{}]", self.path(key)), shown(other)),
        }
    }

    /// The tables `[[key]]`.
    pub fn tables(&mut self, key: &'static str) -> Checked<Vec<Keys<'t>>> {
        let expected = format!("tables [[{}]]", self.path(key));
        match self.value(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => list
                .iter()
                .enumerate()
                .map(|(index, value)| match value {
                    Value::Table(table) => {
                        let path = format!("{}[{}]", self.path(key), index + 1);
                        Ok(Keys { path, table, known: BTreeSet::new() })
                    }
                    other => self.wrong(key, expected.clone(), shown(other)),
                })
                .collect(),
            Some(other) => self.wrong(key, expected, shown(other)),
        }
    }

    /// A table that stands in another's list or in the place of a text.
    pub fn inside(path: String, table: &'t Table) -> Self {
        Self { path, table, known: BTreeSet::new() }
    }

    /// Complains about the first key nobody asked for.
    pub fn end(self) -> Checked<()> {
        match self.table.keys().find(|key| !self.known.contains(key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let known: Vec<&str> = self.known.iter().copied().collect();
                self.wrong(key, format!("one of the keys {}", known.join(", ")), "a key without meaning")
            }
        }
    }
}

fn one_of<T>(words: &[(&str, T)]) -> String {
    let quoted: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    format!("one of {}", quoted.join(", "))
}

/// A value as its writer would know it again.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Table(_) => "a table".to_owned(),
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::String(text) => format!("\"{text}\""),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(time) => time.to_string(),
    }
}
