//! The verdict of one value, with its reason and everything it was decided by.
//!
//! The order of rules is the laboratory's: is the result fit to be judged; is the substance banned (农产品质量安全法 2022,
//! article 36 item 1); is there a limit; what does it ask (article 36 item 2, GB 2763); how is it compared (GB/T 8170-2008
//! clause 4.3). A verdict reads the snapshot taken when the analysis was ordered, never the table. Nobody types one.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ban::BanSnapshot;
use super::limit::{Kind, LimitSnapshot, Requirement};
use super::rounding::{self, Comparison};
use super::{by_name, unit};
use crate::lab::analysis::value::Value;
use crate::lab::words::names;

names! {
    /// What is said of one value.
    Verdict {
        /// 合格.
        Compliant => "compliant",
        /// 不合格.
        NonCompliant => "non-compliant",
        /// 待判定: something is missing that can still come.
        Undecided => "undecided",
        /// 无法判定: the method is not fit for the limit.
        CannotDecide => "cannot-decide",
        /// 不作判定: no limit and no ban; the value is reported.
        NotJudged => "not-judged",
        /// 参考 against a provisional limit; not counted.
        ReferenceCompliant => "reference-compliant",
        ReferenceNonCompliant => "reference-non-compliant",
        /// A rapid test found nothing at or above its method's threshold. Says nothing about limits of the food law.
        ScreeningNegative => "screening-negative",
        /// A rapid test is positive; a laboratory test has to follow.
        ScreeningPositive => "screening-positive",
    }
}

names! {
    /// Why.
    Reason {
        NoValue => "no-value",
        NoNumber => "no-number",
        ControlMissing => "control-missing",
        ControlFailed => "control-failed",
        MethodNotAdmissible => "method-not-admissible",
        FactorMissing => "factor-missing",
        LimitAmbiguous => "limit-ambiguous",
        BasisDiffers => "basis-differs",
        UnitDiffers => "unit-differs",
        LodUnknown => "lod-unknown",
        LoqUnknown => "loq-unknown",
        NotIdentified => "not-identified",
        Banned => "banned",
        BannedNotFound => "banned-not-found",
        MustNotBeDetected => "must-not-be-detected",
        NotFound => "not-found",
        WithinLimit => "within-limit",
        AboveLimit => "above-limit",
        BelowLoq => "below-loq",
        LoqAboveLimit => "loq-above-limit",
        NoLimit => "no-limit",
        BelowThreshold => "below-threshold",
        AtOrAboveThreshold => "at-or-above-threshold",
    }
}

names! {
    /// How the controls measured beside the sample stand.
    Control {
        Accepted => "accepted",
        /// Not measured, or not signed yet.
        Missing => "missing",
        Failed => "failed",
    }
}

by_name!(Verdict, Reason, Control);

/// All that a verdict may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts<'a> {
    pub value: Option<&'a Value>,
    pub unit: &'a str,
    /// Basis of the result; empty: the whole portion.
    pub basis: &'a str,
    /// Both in the value's unit.
    pub lod: Option<Decimal>,
    pub loq: Option<Decimal>,
    pub control: Control,
    /// The method and its edition may be used for this analyte and commodity.
    pub admissible: bool,
    /// Every component of the residue has its factor.
    pub factors: bool,
    /// The limit table answered without a tie.
    pub limit_clear: bool,
    /// The method's identification criteria are met.
    pub identified: bool,
    pub limit: Option<&'a LimitSnapshot>,
    pub ban: Option<&'a BanSnapshot>,
    pub comparison: Comparison,
    /// Whether provisional limits count; by default they give a reference verdict only.
    pub provisional_counts: bool,
}

/// A verdict and what it rests on. Goes into the record as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub verdict: Verdict,
    pub reason: Reason,
    pub comparison: Comparison,
    /// What was set against the limit, in the limit's unit.
    pub compared: Option<Decimal>,
    /// The other way of comparing would have decided otherwise: to be shown on review.
    pub ways_disagree: bool,
    pub limit: Option<LimitSnapshot>,
    pub ban: Option<BanSnapshot>,
    /// Threshold of a screening method and its source.
    pub threshold: Option<super::screening::Threshold>,
}

impl Judgement {
    /// 合格 or 不合格 of the law: what a rate of compliance counts.
    pub fn counts(&self) -> bool {
        matches!(self.verdict, Verdict::Compliant | Verdict::NonCompliant)
    }
}

/// What the value says of presence at its limit of quantification.
enum Presence {
    Number,
    /// Detected without a number.
    Word,
    /// Not found, or a number too small to count.
    Nothing,
}

pub fn judge(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement {
        verdict: Verdict::Undecided,
        reason: Reason::NoValue,
        comparison: facts.comparison,
        compared: None,
        ways_disagree: false,
        limit: facts.limit.cloned(),
        ban: facts.ban.cloned(),
        threshold: None,
    };
    let (verdict, reason) = decide(facts, &mut judgement);
    judgement.verdict = verdict;
    judgement.reason = reason;
    judgement
}

fn decide(facts: &Facts<'_>, judgement: &mut Judgement) -> (Verdict, Reason) {
    let value = match (facts.value, facts.control) {
        (None, _) => return (Verdict::Undecided, Reason::NoValue),
        (_, Control::Missing) => return (Verdict::Undecided, Reason::ControlMissing),
        (_, Control::Failed) => return (Verdict::Undecided, Reason::ControlFailed),
        (Some(value), Control::Accepted) => value,
    };
    for (fit, reason) in [
        (facts.admissible, Reason::MethodNotAdmissible),
        (facts.factors, Reason::FactorMissing),
        (facts.limit_clear, Reason::LimitAmbiguous),
    ] {
        if !fit {
            return (Verdict::Undecided, reason);
        }
    }
    let presence = match value {
        Value::Number(number) if facts.loq.is_some_and(|loq| *number < loq) => Presence::Nothing,
        Value::Number(_) => Presence::Number,
        Value::Detected => Presence::Word,
        Value::Below(_) | Value::NotDetected => Presence::Nothing,
    };
    // An extraneous limit is made for what a banned substance left in the ground: there the number decides.
    let extraneous = facts.limit.is_some_and(|limit| limit.kind == Kind::Extraneous);
    if facts.ban.is_some() && !extraneous {
        match presence {
            Presence::Number if facts.loq.is_none() => return (Verdict::Undecided, Reason::LoqUnknown),
            Presence::Number | Presence::Word if !facts.identified => {
                return (Verdict::Undecided, Reason::NotIdentified);
            }
            Presence::Number | Presence::Word => return (Verdict::NonCompliant, Reason::Banned),
            Presence::Nothing if facts.limit.is_none() => return not_found(facts, value),
            Presence::Nothing => (),
        }
    }
    let Some(limit) = facts.limit else {
        return (Verdict::NotJudged, Reason::NoLimit);
    };
    if limit.basis != facts.basis {
        return (Verdict::Undecided, Reason::BasisDiffers);
    }
    let (verdict, reason) = match limit.requirement {
        Requirement::NotDetectable => undetectable(facts, value),
        Requirement::AtMost(most) => at_most(facts, value, limit, most, judgement),
    };
    match verdict {
        Verdict::Compliant if limit.provisional && !facts.provisional_counts => (Verdict::ReferenceCompliant, reason),
        Verdict::NonCompliant if limit.provisional && !facts.provisional_counts => {
            (Verdict::ReferenceNonCompliant, reason)
        }
        _ => (verdict, reason),
    }
}

/// A banned substance that was not found: said only as far as the method could have seen it.
fn not_found(facts: &Facts<'_>, value: &Value) -> (Verdict, Reason) {
    match (value, facts.loq.or(facts.lod)) {
        (_, None) => (Verdict::Undecided, Reason::LoqUnknown),
        // After dilution the value's own limit of quantification may be worse than the method's.
        (Value::Below(bound), Some(sees)) if *bound > sees => (Verdict::Undecided, Reason::NoNumber),
        _ => (Verdict::Compliant, Reason::BannedNotFound),
    }
}

/// 不得检出: what counts is the limit of detection.
fn undetectable(facts: &Facts<'_>, value: &Value) -> (Verdict, Reason) {
    match (value, facts.lod) {
        (Value::NotDetected, _) => (Verdict::Compliant, Reason::NotFound),
        (Value::Detected, _) => (Verdict::NonCompliant, Reason::MustNotBeDetected),
        (Value::Number(_) | Value::Below(_), None) => (Verdict::Undecided, Reason::LodUnknown),
        (Value::Number(number), Some(lod)) if *number >= lod => (Verdict::NonCompliant, Reason::MustNotBeDetected),
        (Value::Below(loq), Some(lod)) if *loq > lod => (Verdict::Undecided, Reason::NoNumber),
        (Value::Number(_) | Value::Below(_), Some(_)) => (Verdict::Compliant, Reason::NotFound),
    }
}

fn at_most(
    facts: &Facts<'_>,
    value: &Value,
    limit: &LimitSnapshot,
    most: Decimal,
    judgement: &mut Judgement,
) -> (Verdict, Reason) {
    // The limit of quantification that the value stands under, where it does.
    let under = match value {
        Value::Detected => return (Verdict::Undecided, Reason::NoNumber),
        Value::Number(number) if facts.loq.is_none_or(|loq| *number >= loq) => {
            let Some(number) = unit::convert(*number, facts.unit, &limit.unit) else {
                return (Verdict::Undecided, Reason::UnitDiffers);
            };
            judgement.compared = Some(rounding::compared(number, most, facts.comparison));
            let [full, rounded] = [Comparison::FullValue, Comparison::RoundedValue]
                .map(|comparison| rounding::exceeds(number, most, comparison));
            judgement.ways_disagree = full != rounded;
            return if rounding::exceeds(number, most, facts.comparison) {
                (Verdict::NonCompliant, Reason::AboveLimit)
            } else {
                (Verdict::Compliant, Reason::WithinLimit)
            };
        }
        Value::Number(_) | Value::NotDetected => facts.loq,
        // The value's own limit of quantification may be worse than the method's, after dilution.
        Value::Below(loq) => Some(*loq),
    };
    let Some(under) = under else {
        return (Verdict::Undecided, Reason::LoqUnknown);
    };
    match unit::convert(under, facts.unit, &limit.unit) {
        None => (Verdict::Undecided, Reason::UnitDiffers),
        Some(loq) if loq > most => (Verdict::CannotDecide, Reason::LoqAboveLimit),
        Some(_) => (Verdict::Compliant, Reason::BelowLoq),
    }
}

/// What is said of the whole sample. Nothing judged is never 合格.
pub fn overall(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let verdicts: Vec<Verdict> = verdicts.into_iter().collect();
    let any = |wanted: Verdict| verdicts.contains(&wanted);
    if any(Verdict::NonCompliant) {
        Verdict::NonCompliant
    } else if verdicts.is_empty() || any(Verdict::Undecided) || any(Verdict::CannotDecide) {
        Verdict::Undecided
    } else if any(Verdict::ScreeningPositive) {
        // What other items say does not answer a positive rapid test; its own confirmation replaces it.
        if any(Verdict::Compliant) { Verdict::Undecided } else { Verdict::ScreeningPositive }
    } else if any(Verdict::Compliant) {
        Verdict::Compliant
    } else if any(Verdict::ScreeningNegative) {
        Verdict::ScreeningNegative
    } else {
        Verdict::NotJudged
    }
}

#[cfg(test)]
#[path = "verdict/tests.rs"]
mod tests;
