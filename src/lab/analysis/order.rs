//! What an analysis carries from the moment it is ordered: method limits and the limits of the law as they stood then.
//!
//! A later edition of a standard never changes what an issued report was judged by (GB/T 27025-2019 7.8.6.2).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::value::Value;
use crate::lab::regulation::ban::BanSnapshot;
use crate::lab::regulation::limit::LimitSnapshot;
use crate::lab::regulation::rounding::Comparison;
use crate::lab::regulation::screening::{self, Threshold};
use crate::lab::regulation::verdict::{self, Control, Facts, Judgement};

/// Copied into the analysis when it is ordered, and all that its verdict reads beside the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub limit: Option<LimitSnapshot>,
    /// The table gave one answer; `false`: two limits applied at once, an error in the data.
    pub limit_clear: bool,
    pub ban: Option<BanSnapshot>,
    /// A screening method's threshold; then no limit is compared.
    pub threshold: Option<Threshold>,
}

/// An ordered analysis as a verdict sees it.
#[derive(Debug, Clone)]
pub struct Judged<'a> {
    pub value: Option<&'a Value>,
    pub unit: &'a str,
    pub lod: Option<Decimal>,
    pub loq: Option<Decimal>,
    pub control: Control,
    pub snapshot: &'a Snapshot,
}

/// The verdict of one analysis.
pub fn judge(analysis: &Judged<'_>) -> Judgement {
    if let Some(threshold) = &analysis.snapshot.threshold {
        return screening::screen(analysis.value, analysis.control, threshold);
    }
    verdict::judge(&Facts {
        value: analysis.value,
        unit: analysis.unit,
        basis: "",
        lod: analysis.lod,
        loq: analysis.loq,
        control: analysis.control,
        admissible: true,
        factors: true,
        limit_clear: analysis.snapshot.limit_clear,
        identified: true,
        limit: analysis.snapshot.limit.as_ref(),
        ban: analysis.snapshot.ban.as_ref(),
        comparison: Comparison::FullValue,
        provisional_counts: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::regulation::verdict::Verdict;

    #[test]
    fn a_rapid_method_screens_and_never_says_compliant() {
        let snapshot =
            Snapshot { limit: None, limit_clear: true, ban: None, threshold: Some(Threshold::gbt_5009_199()) };
        let value = Value::Number(Decimal::from(12));
        let judged =
            |control| Judged { value: Some(&value), unit: "%", lod: None, loq: None, control, snapshot: &snapshot };
        assert_eq!(judge(&judged(Control::Accepted)).verdict, Verdict::ScreeningNegative);
        assert_eq!(judge(&judged(Control::Failed)).verdict, Verdict::Undecided);
    }
}
