//! From what a record says to readings: meanings, roles, times, and what had to be rejected.

use jiff::civil::DateTime;

use super::fields::{Meaning, Order};
use super::record::{Facts, Record, Said};
use super::{Described, Place};
use crate::contract::{Absorbance, Censored, Decoded, Instrument, Reading, Rejected, Role};
use crate::format::dates::{self, DateOrder};
use crate::format::{numbers, times};

/// What was taken from a message so far.
#[derive(Default)]
pub struct Taken {
    said: Vec<(Place, Said)>,
    rejected: Vec<Rejected>,
    instrument: Option<Instrument>,
    /// What lines above said.
    pub carried: Said,
}

impl Taken {
    pub fn reject(&mut self, place: &Place, reason: String) {
        let line = if place.line > 0 { format!("line {}: ", place.line) } else { String::new() };
        self.rejected.push(Rejected { offset: place.span.start, reason: format!("{line}{reason}") });
    }

    pub fn is_empty(&self) -> bool {
        self.said.is_empty() && self.rejected.is_empty()
    }
}

impl Described {
    /// Takes the readings of one record.
    pub(super) fn take(&self, record: &Record<'_>, taken: &mut Taken) {
        if taken.instrument.is_none() {
            let one = |source: &Option<super::Source>| source.as_ref().and_then(|source| record.trimmed(source));
            let own = &self.instrument;
            let found = Instrument {
                vendor: one(&own.vendor),
                model: one(&own.model),
                serial_number: one(&own.serial_number),
                software: one(&own.software),
            };
            taken.instrument = Some(found).filter(|found| *found != Instrument::default());
        }
        let before = taken.said.len();
        let mut meant_nothing = false;
        for fields in &self.readings {
            let said = Said::of(fields, record).or(&taken.carried);
            match (&said.result, self.shape.grid(), &record.facts) {
                (None, Some(grid), Facts::Cells { names, cells }) => {
                    for (name, cell) in names.iter().zip(cells).skip(grid.from) {
                        let (result, is_none) = (cell.trim(), grid.except.iter().any(|except| except == name));
                        if name.is_empty()
                            || result.is_empty()
                            || is_none
                            || self.meaning(result) == Some(Meaning::Nothing)
                        {
                            meant_nothing = true;
                            continue;
                        }
                        let (analyte, unit) = grid.column(name);
                        let own = Said { result: Some(result.to_owned()), analyte: Some(analyte), ..said.clone() };
                        taken.said.push((record.place.clone(), Said { unit: unit.or(own.unit.clone()), ..own }));
                    }
                }
                (Some(result), ..) if self.meaning(result) == Some(Meaning::Nothing) => meant_nothing = true,
                (Some(_), ..) => taken.said.push((record.place.clone(), said)),
                (None, ..) => {}
            }
        }
        if taken.said.len() == before && !meant_nothing {
            taken.reject(&record.place, "expected a result, found nothing in its place".to_owned());
        }
    }

    fn meaning(&self, result: &str) -> Option<Meaning> {
        self.values.iter().find(|(literal, _)| literal.trim().eq_ignore_ascii_case(result)).map(|(_, meaning)| *meaning)
    }

    /// Times can be told only when all of them are known: one date may prove the others.
    pub(super) fn finish(&self, taken: Taken) -> Decoded {
        let proved = taken.said.iter().filter_map(|(_, said)| said.time.as_ref());
        let proved = DateOrder::of(proved.filter(|(_, order)| *order == Order::Proved).map(|(text, _)| text.as_str()));
        let mut decoded = Decoded {
            instrument: taken.instrument.unwrap_or_default(),
            rejected: taken.rejected,
            ..Decoded::default()
        };
        let mut doubtful = None;
        for (place, said) in taken.said {
            let (measured_at, doubt) = match &said.time {
                None => (None, false),
                Some((text, order)) => when(text, order, proved),
            };
            if doubt {
                doubtful.get_or_insert_with(|| said.time.as_ref().map(|(text, _)| text.clone()).unwrap_or_default());
            }
            decoded.readings.push(Reading { measured_at, doubtful_time: doubt, ..self.reading(place, said) });
        }
        decoded
            .warnings
            .extend(doubtful.map(|text| format!("the time '{text}' cannot be told for sure: readings are held")));
        decoded
    }

    fn reading(&self, place: Place, said: Said) -> Reading {
        let literal = said.result.unwrap_or_default();
        let (mut number, mut censored, pointed) = match self.decimal {
            Some(decimal) => numbers::read_with(&literal, decimal),
            None => {
                let (number, censored) = numbers::read(&literal);
                (number, censored, None)
            }
        };
        let mut flags = said.flags;
        let mut result = pointed.unwrap_or_else(|| literal.clone());
        match self.meaning(&literal) {
            None | Some(Meaning::Nothing) => {}
            Some(Meaning::Detected) => {
                (number, censored) = (None, None);
                result = "detected".to_owned();
                flags.push(literal);
            }
            Some(Meaning::NotDetected) => (number, censored) = (None, Some(Censored::NotDetected)),
            Some(Meaning::Below) => censored = Some(Censored::Below),
            Some(Meaning::Above) => censored = Some(Censored::Above),
        }
        let [start, end, change] = said.absorbance;
        let absorbance = Absorbance { start, end, change };
        Reading {
            role: self.role(said.kind.as_deref(), said.sample.as_deref()),
            sample_id: said.sample.map(Into::into),
            position: said.position.map(Into::into),
            analyte: said.analyte.map(Into::into),
            result: Some(result.into()),
            number,
            censored,
            unit: said.unit.map(Into::into),
            flags,
            replicate: said.replicate.and_then(|text| text.parse().ok()),
            absorbance: Some(absorbance).filter(|absorbance| *absorbance != Absorbance::default()),
            device_key: said.key,
            span: place.span,
            ..Reading::default()
        }
    }

    fn role(&self, kind: Option<&str>, sample: Option<&str>) -> Role {
        let kind = kind.and_then(|kind| self.roles.kinds.iter().find(|(word, _)| word.eq_ignore_ascii_case(kind)));
        let sample = || {
            let sample = sample?.trim();
            self.roles.samples.iter().find(|(start, _)| sample.starts_with(start.as_str()))
        };
        kind.or_else(sample).map_or(Role::Unknown, |(_, role)| *role)
    }
}

/// A time, and whether there is a doubt. A date without a time of day is no instant, and no doubt.
fn when(text: &str, order: &Order, proved: Option<DateOrder>) -> (Option<DateTime>, bool) {
    let time = match order {
        Order::Format(format) => DateTime::strptime(format, text).ok(),
        Order::Known(order) => times::compact(text).or_else(|| dates::read(text, Some(*order))),
        Order::Proved => times::compact(text).or_else(|| dates::read(text, proved)),
    };
    let says_a_time = text.contains([':', '：', '时']) || matches!(order, Order::Format(_));
    (time, time.is_none() && says_a_time)
}

impl super::shape::Grid {
    /// The analyte and the unit that a column's name says.
    fn column(&self, name: &str) -> (String, Option<String>) {
        let unit = self.unit_in.and_then(|(open, close)| {
            let (analyte, unit) = name.strip_suffix(close)?.rsplit_once(open)?;
            Some((analyte.trim().to_owned(), Some(unit.trim().to_owned())))
        });
        unit.unwrap_or_else(|| (name.to_owned(), None))
    }
}
