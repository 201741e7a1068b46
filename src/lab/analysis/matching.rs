//! How a reading finds its analysis, or why it is held for a person.
//!
//! A reading is never dropped and never guessed: it is matched, held with a reason, marked a duplicate of one we have
//! (only where the instrument itself gives the measurement an identity), or rejected by a person.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::lab::words::names;

names! {
    /// What became of a reading.
    Fate {
        Matched => "matched",
        Control => "control",
        Weighing => "weighing",
        Held => "held",
        Duplicate => "duplicate",
        Rejected => "rejected",
    }
}

names! {
    /// Why a reading waits for a person.
    HeldFor {
        NoSampleCode => "no-sample-code",
        UnknownSample => "unknown-sample",
        UnmappedAnalyte => "unmapped-analyte",
        NoSuchAnalysis => "no-such-analysis",
        TwoCandidates => "two-candidates",
        UnitDiffers => "unit-differs",
        AmbiguousTime => "ambiguous-time",
        AlreadyMeasured => "already-measured",
        NoValue => "no-value",
        Unstable => "unstable",
        DeviceDisagrees => "device-disagrees",
        NoControl => "no-control",
        NoScan => "no-scan",
        /// The instrument measured a control, and no material of ours is known to be it.
        UnknownControl => "unknown-control",
    }
}

impl HeldFor {
    /// A mass that only lacks its sample: a person may still say which it was.
    pub const fn is_mass(self) -> bool {
        matches!(self, Self::NoScan)
    }
}

/// Why what became of a reading is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReopened {
    #[error("nobody has decided about the reading: it found its place by itself, or still waits")]
    NotDecided,
    #[error("the value, or the mass, has been used since")]
    Used,
}

/// Whether a person's decision about a reading may be taken back: until something was built on it. A value is used when
/// its analysis has gone on, or has another value by now; a mass is used at once, for custody counts what was taken.
pub fn reopen(fate: Fate, decided_by_person: bool, value_waits: bool) -> Result<(), NotReopened> {
    match (fate, decided_by_person) {
        (_, false) | (Fate::Held | Fate::Control | Fate::Duplicate, true) => Err(NotReopened::NotDecided),
        (Fate::Rejected, true) => Ok(()),
        (Fate::Matched, true) if value_waits => Ok(()),
        (Fate::Matched | Fate::Weighing, true) => Err(NotReopened::Used),
    }
}

/// An open or closed analysis that a reading might belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub analysis: i64,
    pub unit: String,
    /// It still waits for a value.
    pub waiting: bool,
}

/// How the reading's code is mapped on this instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    pub analyte: i64,
    /// The unit the value has after conversion by the mapping.
    pub unit: String,
}

/// What is known about a reading when its fate is decided.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// A code was sent, or a sample stands at the reading's position.
    pub names_sample: bool,
    /// The code or place leads to a sample of ours.
    pub sample: Option<i64>,
    pub mapping: Option<Mapping>,
    /// The instrument's code is mapped, but not with the unit that was sent.
    pub mapped_with_other_unit: bool,
    /// Analyses of that sample for that analyte on methods this instrument serves.
    pub candidates: Vec<Candidate>,
    pub has_value: bool,
    /// The device says its own value was not final (moving weight, error flag).
    pub unstable: bool,
    pub doubtful_time: bool,
    /// Device value and recomputed value differ beyond rounding.
    pub disagrees: bool,
    /// The value needs a control that is missing or not valid.
    pub control_missing: bool,
    /// A reading we already have carries the same identity given by the device.
    pub same_measurement: Option<i64>,
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Matched(i64),
    Held(HeldFor),
    DuplicateOf(i64),
}

/// Decides the fate of a sample's reading; the first obstacle in a fixed order is the reason a person sees.
pub fn decide(facts: &Facts) -> Decision {
    if let Some(reading) = facts.same_measurement {
        return Decision::DuplicateOf(reading);
    }
    if !facts.names_sample {
        return Decision::Held(HeldFor::NoSampleCode);
    }
    if facts.sample.is_none() {
        return Decision::Held(HeldFor::UnknownSample);
    }
    let Some(mapping) = &facts.mapping else {
        let why = if facts.mapped_with_other_unit { HeldFor::UnitDiffers } else { HeldFor::UnmappedAnalyte };
        return Decision::Held(why);
    };
    if facts.control_missing {
        return Decision::Held(HeldFor::NoControl);
    }
    if !facts.has_value {
        return Decision::Held(HeldFor::NoValue);
    }
    if facts.unstable {
        return Decision::Held(HeldFor::Unstable);
    }
    if facts.doubtful_time {
        return Decision::Held(HeldFor::AmbiguousTime);
    }
    let mut waiting = facts.candidates.iter().filter(|candidate| candidate.waiting);
    let (candidate, second) = (waiting.next(), waiting.next());
    let decision = match (candidate, second) {
        (Some(_), Some(_)) => Decision::Held(HeldFor::TwoCandidates),
        (Some(candidate), None) if candidate.unit != mapping.unit => Decision::Held(HeldFor::UnitDiffers),
        (Some(candidate), None) => Decision::Matched(candidate.analysis),
        (None, _) if facts.candidates.is_empty() => Decision::Held(HeldFor::NoSuchAnalysis),
        (None, _) => Decision::Held(HeldFor::AlreadyMeasured),
    };
    match decision {
        Decision::Matched(_) if facts.disagrees => Decision::Held(HeldFor::DeviceDisagrees),
        decision => decision,
    }
}

/// How far an instrument's clock may run ahead of ours before its time is doubtful.
const AHEAD_MINUTES: i64 = 60;

/// An instrument's clock has no zone. Its time is doubtful when the laboratory's zone has that hour twice or never,
/// when it lies more than an hour after we received it, or before the sample was taken.
pub fn doubtful_time(measured: DateTime, zone: &TimeZone, received: Timestamp, sampled: Option<Timestamp>) -> bool {
    let AmbiguousOffset::Unambiguous { offset } = zone.to_ambiguous_timestamp(measured).offset() else { return true };
    let Ok(measured) = offset.to_timestamp(measured) else { return true };
    let ahead = measured.as_second().saturating_sub(received.as_second());
    ahead > AHEAD_MINUTES * 60 || sampled.is_some_and(|sampled| measured < sampled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Facts {
        Facts {
            names_sample: true,
            sample: Some(4),
            mapping: Some(Mapping { analyte: 2, unit: "%".to_owned() }),
            candidates: vec![Candidate { analysis: 11, unit: "%".to_owned(), waiting: true }],
            has_value: true,
            ..Facts::default()
        }
    }

    #[test]
    fn a_reading_that_names_one_waiting_analysis_is_matched() {
        assert_eq!(decide(&good()), Decision::Matched(11));
    }

    #[test]
    fn every_obstacle_holds_the_reading_with_its_own_reason() {
        let other = |analysis| Candidate { analysis, unit: "%".to_owned(), waiting: true };
        let measured = Candidate { analysis: 11, unit: "%".to_owned(), waiting: false };
        let table = [
            (Facts { names_sample: false, sample: None, ..good() }, HeldFor::NoSampleCode),
            (Facts { sample: None, ..good() }, HeldFor::UnknownSample),
            (Facts { mapping: None, ..good() }, HeldFor::UnmappedAnalyte),
            (Facts { mapping: None, mapped_with_other_unit: true, ..good() }, HeldFor::UnitDiffers),
            (Facts { candidates: Vec::new(), ..good() }, HeldFor::NoSuchAnalysis),
            (Facts { candidates: vec![other(11), other(12)], ..good() }, HeldFor::TwoCandidates),
            (Facts { candidates: vec![measured], ..good() }, HeldFor::AlreadyMeasured),
            (Facts { mapping: Some(Mapping { analyte: 2, unit: "mg/kg".to_owned() }), ..good() }, HeldFor::UnitDiffers),
            (Facts { has_value: false, ..good() }, HeldFor::NoValue),
            (Facts { unstable: true, ..good() }, HeldFor::Unstable),
            (Facts { doubtful_time: true, ..good() }, HeldFor::AmbiguousTime),
            (Facts { disagrees: true, ..good() }, HeldFor::DeviceDisagrees),
            (Facts { control_missing: true, ..good() }, HeldFor::NoControl),
        ];
        for (facts, why) in table {
            assert_eq!(decide(&facts), Decision::Held(why));
        }
    }

    #[test]
    fn only_the_devices_own_identity_makes_a_duplicate() {
        assert_eq!(decide(&Facts { same_measurement: Some(3), ..good() }), Decision::DuplicateOf(3));
    }

    #[test]
    fn an_hour_that_the_zone_has_twice_is_doubtful() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let received: Timestamp = "2026-10-25T12:00:00Z".parse().unwrap();
        assert!(doubtful_time("2026-10-25T02:30:00".parse().unwrap(), &zone, received, None));
        assert!(!doubtful_time("2026-10-25T03:30:00".parse().unwrap(), &zone, received, None));
    }

    #[test]
    fn a_measurement_before_the_sampling_or_far_ahead_of_us_is_doubtful() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let received: Timestamp = "2026-11-24T02:00:00Z".parse().unwrap();
        let sampled: Timestamp = "2026-11-24T01:00:00Z".parse().unwrap();
        assert!(doubtful_time("2026-11-24T08:59:00".parse().unwrap(), &zone, received, Some(sampled)));
        assert!(doubtful_time("2026-11-24T11:30:00".parse().unwrap(), &zone, received, None));
        assert!(!doubtful_time("2026-11-24T09:59:00".parse().unwrap(), &zone, received, Some(sampled)));
    }

    #[test]
    fn a_decision_is_taken_back_until_it_was_used() {
        let used = Err(NotReopened::Used);
        for (fate, by_person, waits, expected) in [
            (Fate::Rejected, true, false, Ok(())),
            (Fate::Matched, true, true, Ok(())),
            (Fate::Matched, true, false, used),
            (Fate::Weighing, true, true, used),
            (Fate::Matched, false, true, Err(NotReopened::NotDecided)),
            (Fate::Held, true, false, Err(NotReopened::NotDecided)),
            (Fate::Duplicate, false, false, Err(NotReopened::NotDecided)),
        ] {
            assert_eq!(reopen(fate, by_person, waits), expected, "{fate} {by_person} {waits}");
        }
    }
}
