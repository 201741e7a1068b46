//! Rapid screening of cholinesterase inhibition: positive from the threshold of its own method on, and never 合格 or 不合格.
//!
//! GB/T 5009.199-2003: positive from 50 % inhibition; NY/T 448-2001: from 70 %. The threshold belongs to the method. A
//! positive is followed by a laboratory test before anyone is blamed (食品安全法 article 112; 农产品质量安全法 article 50).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::rounding::Comparison;
use super::verdict::{Control, Judgement, Reason, Verdict};
use crate::lab::analysis::value::Value;

/// From where on a method calls its result positive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// Percent inhibition.
    pub percent: Decimal,
    pub standard: String,
}

impl Threshold {
    /// GB/T 5009.199-2003, method 1 (enzyme inhibition).
    pub fn gbt_5009_199() -> Self {
        Self { percent: Decimal::from(50), standard: "GB/T 5009.199-2003".to_owned() }
    }

    /// NY/T 448-2001.
    pub fn nyt_448() -> Self {
        Self { percent: Decimal::from(70), standard: "NY/T 448-2001".to_owned() }
    }
}

/// Judges a rapid result. The full value is compared: 49.96 % is not 50 %.
pub fn screen(value: Option<&Value>, control: Control, threshold: &Threshold) -> Judgement {
    let (verdict, reason) = match (value, control) {
        (None, _) => (Verdict::Undecided, Reason::NoValue),
        (_, Control::Missing) => (Verdict::Undecided, Reason::ControlMissing),
        (_, Control::Failed) => (Verdict::Undecided, Reason::ControlFailed),
        (Some(Value::Number(percent)), Control::Accepted) if *percent >= threshold.percent => {
            (Verdict::ScreeningPositive, Reason::AtOrAboveThreshold)
        }
        (Some(Value::Number(_)), Control::Accepted) => (Verdict::ScreeningNegative, Reason::BelowThreshold),
        (Some(Value::Below(percent)), Control::Accepted) if *percent <= threshold.percent => {
            (Verdict::ScreeningNegative, Reason::BelowThreshold)
        }
        (Some(Value::Below(_)), Control::Accepted) => (Verdict::Undecided, Reason::NoNumber),
        (Some(Value::Detected), Control::Accepted) => (Verdict::ScreeningPositive, Reason::AtOrAboveThreshold),
        (Some(Value::NotDetected), Control::Accepted) => (Verdict::ScreeningNegative, Reason::BelowThreshold),
    };
    Judgement {
        verdict,
        reason,
        comparison: Comparison::FullValue,
        compared: value.and_then(Value::number),
        ways_disagree: false,
        limit: None,
        ban: None,
        threshold: Some(threshold.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_the_method_s_own() {
        use Verdict::{ScreeningNegative, ScreeningPositive, Undecided};
        for (value, five_zero, seven_zero) in [
            ("49.96", ScreeningNegative, ScreeningNegative),
            ("50", ScreeningPositive, ScreeningNegative),
            ("50.0", ScreeningPositive, ScreeningNegative),
            ("69.99", ScreeningPositive, ScreeningNegative),
            ("70", ScreeningPositive, ScreeningPositive),
            ("-3.2", ScreeningNegative, ScreeningNegative),
            ("<5", ScreeningNegative, ScreeningNegative),
            ("<60", Undecided, ScreeningNegative),
            ("not detected", ScreeningNegative, ScreeningNegative),
            ("detected", ScreeningPositive, ScreeningPositive),
        ] {
            let value = value.parse().unwrap();
            let said = |threshold| screen(Some(&value), Control::Accepted, &threshold).verdict;
            assert_eq!(
                (said(Threshold::gbt_5009_199()), said(Threshold::nyt_448())),
                (five_zero, seven_zero),
                "{value}"
            );
        }
    }

    #[test]
    fn a_rapid_test_never_says_what_the_food_law_says() {
        for text in ["0", "50", "100", "detected", "not detected", "<10"] {
            let value = text.parse().unwrap();
            for control in Control::ALL {
                assert!(!screen(Some(&value), *control, &Threshold::gbt_5009_199()).counts());
            }
        }
    }

    #[test]
    fn without_a_good_control_a_rapid_test_says_nothing() {
        let value = "99".parse().unwrap();
        let said = |value, control| screen(value, control, &Threshold::nyt_448()).reason;
        assert_eq!(said(Some(&value), Control::Missing), Reason::ControlMissing);
        assert_eq!(said(Some(&value), Control::Failed), Reason::ControlFailed);
        assert_eq!(said(None, Control::Accepted), Reason::NoValue);
    }
}
