//! One record of any shape, and how a source finds its fact there.

use std::borrow::Cow;

use regex::Captures;

use super::Place;
use super::binary;
use super::fields::{Fields, Order, Source, When};

pub struct Record<'a> {
    pub place: Place,
    /// The whole line, for conditions on it.
    pub text: &'a str,
    pub facts: Facts<'a>,
}

pub enum Facts<'a> {
    Cells { names: &'a [String], cells: Vec<Cow<'a, str>> },
    Line(&'a str),
    Pairs(Vec<(&'a str, &'a str)>),
    Groups(Captures<'a>),
    Bytes(&'a [u8]),
}

impl Record<'_> {
    /// The fact as it stands there, blanks included; `None` where there is nothing.
    pub fn literal(&self, source: &Source) -> Option<String> {
        let found = match (source, &self.facts) {
            (Source::Text(text), _) => Cow::Borrowed(text.as_str()),
            (Source::Named { name, nth }, Facts::Cells { names, cells }) => {
                let mut places = names.iter().enumerate().filter(|(_, own)| own.eq_ignore_ascii_case(name));
                Cow::Borrowed(cells.get(places.nth(*nth)?.0)?.as_ref())
            }
            (Source::Place(place), Facts::Cells { cells, .. }) => Cow::Borrowed(cells.get(*place)?.as_ref()),
            (Source::Columns { from, length }, Facts::Line(line)) => {
                Cow::Owned(line.chars().skip(*from).take(*length).collect::<String>().trim().to_owned())
            }
            (Source::Named { name, .. }, Facts::Pairs(pairs)) => {
                Cow::Borrowed(pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1)
            }
            (Source::Named { name, .. }, Facts::Groups(groups)) => Cow::Borrowed(groups.name(name)?.as_str()),
            (Source::Bytes(number), Facts::Bytes(bytes)) => Cow::Owned(binary::literal(bytes, *number)?),
            _ => return None,
        };
        (!found.trim().is_empty()).then(|| found.into_owned())
    }

    pub fn trimmed(&self, source: &Source) -> Option<String> {
        self.literal(source).map(|text| text.trim().to_owned())
    }

    /// Whether a condition holds of this record.
    pub fn is(&self, when: &When) -> bool {
        match &when.field {
            Some(field) => when.holds(&self.trimmed(field).unwrap_or_default()),
            None => when.holds(self.text),
        }
    }
}

/// What the fields of one record say, as text.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub sample: Option<String>,
    pub position: Option<String>,
    pub analyte: Option<String>,
    pub result: Option<String>,
    pub unit: Option<String>,
    pub flags: Vec<String>,
    pub replicate: Option<String>,
    pub time: Option<(String, Order)>,
    pub kind: Option<String>,
    pub key: Option<String>,
    pub absorbance: [Option<String>; 3],
}

impl Said {
    pub fn of(fields: &Fields, record: &Record<'_>) -> Self {
        let one = |source: &Option<Source>| source.as_ref().and_then(|source| record.trimmed(source));
        let all = |sources: &[Source]| -> Vec<String> { sources.iter().filter_map(|s| record.trimmed(s)).collect() };
        // A key with a part missing names no measurement.
        let key: Option<Vec<String>> = fields.key.iter().map(|source| record.trimmed(source)).collect();
        Self {
            sample: fields.sample.as_ref().and_then(|source| record.literal(source)),
            position: one(&fields.position),
            analyte: one(&fields.analyte),
            result: one(&fields.result),
            unit: one(&fields.unit),
            flags: all(&fields.flags),
            replicate: one(&fields.replicate),
            time: fields.time.as_ref().and_then(|time| {
                let text = all(&time.of).join(" ");
                (!text.is_empty()).then(|| (text, time.order.clone()))
            }),
            kind: one(&fields.kind),
            key: key.filter(|parts| !parts.is_empty()).map(|parts| parts.join(" ")),
            absorbance: [one(&fields.absorbance_start), one(&fields.absorbance_end), one(&fields.absorbance_change)],
        }
    }

    /// This, and what a line above said where this says nothing.
    #[must_use]
    pub fn or(self, above: &Self) -> Self {
        let [start, end, change] = self.absorbance;
        let [start_above, end_above, change_above] = above.absorbance.clone();
        Self {
            sample: self.sample.or_else(|| above.sample.clone()),
            position: self.position.or_else(|| above.position.clone()),
            analyte: self.analyte.or_else(|| above.analyte.clone()),
            result: self.result.or_else(|| above.result.clone()),
            unit: self.unit.or_else(|| above.unit.clone()),
            flags: if self.flags.is_empty() { above.flags.clone() } else { self.flags },
            replicate: self.replicate.or_else(|| above.replicate.clone()),
            time: self.time.or_else(|| above.time.clone()),
            kind: self.kind.or_else(|| above.kind.clone()),
            key: self.key.or_else(|| above.key.clone()),
            absorbance: [start.or(start_above), end.or(end_above), change.or(change_above)],
        }
    }
}
