//! Cholinesterase inhibition recomputed from absorbances, and set against what the device says.
//!
//! GB/T 5009.199-2003: inhibition % = (ΔA0 − ΔAt) / ΔA0 × 100, ΔA0 of the control, ΔAt of the sample, both over the same
//! reaction time. Device programs are known to truncate, to show less than 0 as 0, and to alter what they print; that is
//! why both values are kept.

use drivers::contract::Absorbance;
use rust_decimal::Decimal;

use super::value::Value;
use crate::lab::regulation::rounding;

/// What a run's control must reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Criteria {
    /// Least change of absorbance of the control.
    pub least_control_change: Decimal,
}

impl Default for Criteria {
    /// 0.15, the limit built into current device programs; older ones ask for 0.3, which the text of GB/T 5009.199-2003
    /// is said to do as well. A station that has the text before it sets its own.
    fn default() -> Self {
        Self { least_control_change: Decimal::new(15, 2) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoInhibition {
    #[error("expected the absorbance of the control, found none")]
    NoControl,
    #[error("expected a control change of at least {least}, found {found}")]
    WeakControl { least: Decimal, found: Decimal },
    #[error("expected the absorbances of the sample, found none")]
    NoSample,
    #[error("expected an absorbance, found '{0}'")]
    Unreadable(String),
    #[error("the absorbances are too large to compute with")]
    TooLarge,
}

/// The inhibition in percent, unrounded. Below 0 it stays below 0: a turbid sample is seen, not hidden.
pub fn inhibition(
    control: Option<&Absorbance>,
    sample: &Absorbance,
    criteria: Criteria,
) -> Result<Decimal, NoInhibition> {
    let control = change(control.ok_or(NoInhibition::NoControl)?)?.ok_or(NoInhibition::NoControl)?;
    // The least change may be set to 0, but nothing is divided by it.
    if control < criteria.least_control_change || control <= Decimal::ZERO {
        return Err(NoInhibition::WeakControl { least: criteria.least_control_change, found: control });
    }
    let sample = change(sample)?.ok_or(NoInhibition::NoSample)?;
    let part = control.checked_sub(sample).and_then(|part| part.checked_mul(Decimal::ONE_HUNDRED));
    part.and_then(|part| part.checked_div(control)).ok_or(NoInhibition::TooLarge)
}

/// ΔA: the change the device sends, else the end less the start.
fn change(absorbance: &Absorbance) -> Result<Option<Decimal>, NoInhibition> {
    let number = |text: &Option<String>| match text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match Value::from_instrument(text) {
            Ok(Value::Number(number)) => Ok(Some(number)),
            _ => Err(NoInhibition::Unreadable(text.to_owned())),
        },
    };
    if let Some(change) = number(&absorbance.change)? {
        return Ok(Some(change));
    }
    match (number(&absorbance.start)?, number(&absorbance.end)?) {
        (Some(start), Some(end)) => end.checked_sub(start).map(Some).ok_or(NoInhibition::TooLarge),
        _ => Ok(None),
    }
}

/// The device's value beside ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// As the device wrote it.
    pub device: Decimal,
    /// Ours, rounded to the device's decimals.
    pub recomputed: Decimal,
    /// The device's less ours, unrounded.
    pub difference: Decimal,
    pub match_kind: Match,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Equal after rounding to the device's decimals.
    Rounded,
    /// Equal after cutting off: 37.6 printed as 37.
    Truncated,
    /// The device shows less than 0 as 0.
    FloorAtZero,
    /// More than rounding explains: shown to a person, who decides.
    Differs,
}

impl Agreement {
    /// Compares at the device's own number of decimals.
    pub fn between(device: Decimal, recomputed: Decimal) -> Self {
        let decimals = device.scale();
        let match_kind = if rounding::to_decimals(recomputed, decimals) == device {
            Match::Rounded
        } else if recomputed.trunc_with_scale(decimals) == device {
            Match::Truncated
        } else if device.is_zero() && recomputed < Decimal::ZERO {
            Match::FloorAtZero
        } else {
            Match::Differs
        };
        Self {
            device,
            recomputed: rounding::to_decimals(recomputed, decimals),
            difference: device.saturating_sub(recomputed),
            match_kind,
        }
    }

    pub fn beyond_rounding(&self) -> bool {
        self.match_kind == Match::Differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn changed(change: &str) -> Absorbance {
        Absorbance { change: Some(change.to_owned()), ..Absorbance::default() }
    }

    fn from_to(start: &str, end: &str) -> Absorbance {
        Absorbance { start: Some(start.to_owned()), end: Some(end.to_owned()), change: None }
    }

    fn computed(control: &Absorbance, sample: &Absorbance) -> String {
        let percent = inhibition(Some(control), sample, Criteria::default()).unwrap();
        rounding::to_decimals(percent, 2).to_string()
    }

    #[test]
    fn inhibition_is_the_missing_part_of_the_control_s_change() {
        for (control, sample, percent) in [
            (changed("0.9141"), changed("0.5702"), "37.62"),
            (from_to("0.102", "0.902"), from_to("0.110", "0.510"), "50.00"),
            (changed("0.800"), from_to("0.100", "0.100"), "100.00"),
            (changed("0.800"), changed("0.840"), "-5.00"),
            (changed("0.15"), changed("0"), "100.00"),
        ] {
            assert_eq!(computed(&control, &sample), percent);
        }
    }

    #[test]
    fn the_device_s_own_difference_comes_before_end_less_start() {
        let both = Absorbance { change: Some("0.400".to_owned()), ..from_to("0.1", "0.9") };
        assert_eq!(computed(&changed("0.800"), &both), "50.00");
    }

    #[test]
    fn without_a_good_control_there_is_a_reason_and_no_value() {
        let sample = changed("0.4");
        let of = |control: Option<&Absorbance>| inhibition(control, &sample, Criteria::default());
        let weak = |found| NoInhibition::WeakControl { least: decimal("0.15"), found: decimal(found) };
        assert_eq!(of(None), Err(NoInhibition::NoControl));
        assert_eq!(of(Some(&Absorbance::default())), Err(NoInhibition::NoControl));
        assert_eq!(of(Some(&changed("0.149"))), Err(weak("0.149")));
        assert_eq!(of(Some(&changed("-0.2"))), Err(weak("-0.2")));
        assert_eq!(of(Some(&changed("----"))), Err(NoInhibition::Unreadable("----".to_owned())));
        let none = Criteria { least_control_change: Decimal::ZERO };
        assert!(inhibition(Some(&changed("0")), &sample, none).is_err());
    }

    #[test]
    fn a_sample_without_absorbance_has_no_inhibition() {
        let of = |sample: &Absorbance| inhibition(Some(&changed("0.8")), sample, Criteria::default());
        assert_eq!(of(&Absorbance::default()), Err(NoInhibition::NoSample));
        assert_eq!(of(&Absorbance { end: None, ..from_to("0.1", "") }), Err(NoInhibition::NoSample));
        assert_eq!(of(&changed("<0.1")), Err(NoInhibition::Unreadable("<0.1".to_owned())));
    }

    #[test]
    fn a_device_value_agrees_when_rounding_or_its_known_habits_explain_it() {
        for (device, recomputed, match_kind) in [
            ("37.6", "37.6216", Match::Rounded),
            ("37.62", "37.6216", Match::Rounded),
            ("38", "37.6216", Match::Rounded),
            ("37", "37.6216", Match::Truncated),
            ("0", "-5.0", Match::FloorAtZero),
            ("-5", "-5.4", Match::Rounded),
            ("36", "37.6216", Match::Differs),
            ("37.7", "37.6216", Match::Differs),
            ("0", "3.2", Match::Differs),
        ] {
            let agreement = Agreement::between(decimal(device), decimal(recomputed));
            assert_eq!(agreement.match_kind, match_kind, "{device} for {recomputed}");
            assert_eq!(agreement.beyond_rounding(), match_kind == Match::Differs);
        }
        let agreement = Agreement::between(decimal("40.0"), decimal("37.6216"));
        assert_eq!(agreement.difference, decimal("2.3784"));
        assert_eq!(agreement.recomputed.to_string(), "37.6");
    }
}
