//! What a driver says today beside what was kept when the bytes came: which readings are the same, which differ and in
//! what, which are there on one side only.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use drivers::contract::{CompactString, Reading, Role as Played};

use crate::lab::words::names;

names! {
    /// A part of a reading that can be compared.
    Part {
        Sample => "sample",
        Position => "position",
        Role => "role",
        Analyte => "analyte",
        Result => "result",
        Unit => "unit",
        Flags => "flags",
        Measured => "measured",
    }
}

/// What a reading says, each part as the record writes it; an empty text where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// First byte on the wire, and the byte after its last.
    pub wire: (usize, usize),
    pub sample: String,
    pub position: String,
    pub role: String,
    pub analyte: String,
    pub result: String,
    pub unit: String,
    pub flags: String,
    pub measured: String,
}

impl Said {
    /// A reading as a driver gives it.
    pub fn of(reading: &Reading, wire: (usize, usize)) -> Self {
        let text = |part: &Option<CompactString>| part.as_deref().unwrap_or_default().to_owned();
        let role = match reading.role {
            Played::Unknown => "unknown",
            Played::Blank => "blank",
            Played::Control => "control",
            Played::Calibrator => "calibrator",
            Played::Spike => "spike",
            Played::Duplicate => "duplicate",
        };
        Self {
            wire,
            sample: text(&reading.sample_id),
            position: text(&reading.position),
            role: role.to_owned(),
            analyte: text(&reading.analyte),
            result: text(&reading.result),
            unit: text(&reading.unit),
            flags: reading.flags.join(" · "),
            measured: reading.measured_at.map(|time| time.to_string()).unwrap_or_default(),
        }
    }

    pub fn part(&self, part: Part) -> &str {
        match part {
            Part::Sample => &self.sample,
            Part::Position => &self.position,
            Part::Role => &self.role,
            Part::Analyte => &self.analyte,
            Part::Result => &self.result,
            Part::Unit => &self.unit,
            Part::Flags => &self.flags,
            Part::Measured => &self.measured,
        }
    }
}

/// One measurement on both sides, or on one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pair<'a> {
    Same(&'a Said),
    Differs {
        kept: &'a Said,
        today: &'a Said,
        parts: Vec<Part>,
    },
    /// Today's driver does not find it.
    Gone(&'a Said),
    /// The record does not have it.
    New(&'a Said),
}

/// By what two readings are taken for one measurement: the surest first. Equal values alone never make a pair.
const KEYS: [fn(&Said) -> (String, usize); 3] = [
    |said| (format!("{}\0{}\0{}", said.sample, said.analyte, said.position), said.wire.0),
    |said| (said.analyte.clone(), said.wire.0),
    |said| (format!("{}\0{}\0{}", said.sample, said.analyte, said.position), 0),
];

/// Pairs the readings: those kept in their order, then the new ones.
pub fn compare<'a>(kept: &'a [Said], today: &'a [Said]) -> Vec<Pair<'a>> {
    let mut partner: BTreeMap<usize, &Said> = BTreeMap::new();
    let mut free: BTreeSet<usize> = (0..today.len()).collect();
    for key in KEYS {
        let mut waiting: BTreeMap<(String, usize), VecDeque<usize>> = BTreeMap::new();
        for (at, said) in today.iter().enumerate().filter(|(at, _)| free.contains(at)) {
            waiting.entry(key(said)).or_default().push_back(at);
        }
        for (at, said) in kept.iter().enumerate() {
            if partner.contains_key(&at) {
                continue;
            }
            let found = waiting.get_mut(&key(said)).and_then(VecDeque::pop_front);
            if let Some((other, today)) = found.and_then(|other| Some((other, today.get(other)?))) {
                free.remove(&other);
                partner.insert(at, today);
            }
        }
    }
    let pair = |(at, kept): (usize, &'a Said)| match partner.get(&at) {
        None => Pair::Gone(kept),
        Some(today) => {
            let differs = |part: &Part| kept.part(*part) != today.part(*part);
            let parts: Vec<Part> = Part::ALL.iter().copied().filter(differs).collect();
            if parts.is_empty() { Pair::Same(kept) } else { Pair::Differs { kept, today, parts } }
        }
    };
    let paired = kept.iter().enumerate().map(pair);
    paired.chain(free.iter().filter_map(|at| today.get(*at)).map(Pair::New)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(at: usize, sample: &str, analyte: &str, result: &str) -> Said {
        let text = str::to_owned;
        Said {
            wire: (at, at + 5),
            sample: text(sample),
            analyte: text(analyte),
            result: text(result),
            ..Said::default()
        }
    }

    #[test]
    fn what_today_reads_the_same_is_the_same() {
        let kept = [said(0, "S1", "A", "1.20"), said(9, "S1", "A", "1.20")];
        assert_eq!(compare(&kept, &kept), [Pair::Same(&kept[0]), Pair::Same(&kept[1])]);
    }

    #[test]
    fn a_value_that_is_read_otherwise_today_is_marked_in_its_part() {
        let (kept, today) = ([said(0, "S1", "A", "ND")], [said(0, "S1", "A", "0.0")]);
        let parts = vec![Part::Result];
        assert_eq!(compare(&kept, &today), [Pair::Differs { kept: &kept[0], today: &today[0], parts }]);
    }

    #[test]
    fn a_sample_that_is_read_otherwise_is_still_the_same_measurement_of_the_same_bytes() {
        let (kept, today) = ([said(4, "S1 ", "A", "1")], [said(4, "S1", "A", "1")]);
        assert!(matches!(&compare(&kept, &today)[..], [Pair::Differs { parts, .. }] if parts == &[Part::Sample]));
    }

    #[test]
    fn equal_values_do_not_make_two_measurements_one() {
        let (kept, today) = ([said(0, "S1", "A", "1")], [said(50, "S2", "B", "1")]);
        assert_eq!(compare(&kept, &today), [Pair::Gone(&kept[0]), Pair::New(&today[0])]);
    }

    #[test]
    fn a_second_injection_that_the_old_driver_dropped_is_new() {
        let (kept, today) = ([said(0, "S1", "A", "ND")], [said(0, "S1", "A", "ND"), said(9, "S1", "A", "ND")]);
        assert_eq!(compare(&kept, &today), [Pair::Same(&kept[0]), Pair::New(&today[1])]);
    }
}
