//! The Westgard rules over the results of one control material, in the order they were measured.
//!
//! Westgard, Barry, Hunt, Groth, Clin Chem 27 (1981) 493. What the texts leave open is decided here and can be set: a
//! limit is violated when it is exceeded, not when it is met; R-4s looks within one batch only; 1-2s warns and rejects
//! nothing. All rules are applied directly, without the 1-2s gate of the manual procedure. A result that someone has
//! excluded is left out by the caller; a rejected one stays and counts on.

use rust_decimal::Decimal;

use crate::lab::words::names;

names! {
    Rule {
        /// One result beyond 2 s: a warning.
        OneTwoS => "1-2s",
        /// One result beyond 3 s.
        OneThreeS => "1-3s",
        /// Two in a row beyond 2 s on one side.
        TwoTwoS => "2-2s",
        /// In one batch, one beyond +2 s and another beyond −2 s.
        RFourS => "R-4s",
        /// Four in a row beyond 1 s on one side.
        FourOneS => "4-1s",
        /// Ten in a row on one side of the mean.
        TenX => "10-x",
    }
}

names! {
    /// What the rules say of a result.
    Outcome {
        Accepted => "accepted",
        Warning => "warning",
        /// Holds the batch until someone resolves it with a reason.
        Rejected => "rejected",
    }
}

impl Rule {
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::OneTwoS => Outcome::Warning,
            Self::OneThreeS | Self::TwoTwoS | Self::RFourS | Self::FourOneS | Self::TenX => Outcome::Rejected,
        }
    }
}

/// A control result as the rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Standard deviations from the mean.
    pub z: Decimal,
    /// The batch it was measured in; `None`: in none, and so beside no other result.
    pub batch: Option<i64>,
}

/// Where the limit itself belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boundary {
    /// A result on the line is inside.
    #[default]
    Exceeds,
    /// A result on the line is outside.
    Reaches,
}

/// Which results R-4s compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Range {
    /// One beyond +2 s and one beyond −2 s within a batch.
    #[default]
    WithinBatch,
    /// A difference of 4 s between a result and the one before it, whatever the batch.
    Consecutive,
}

/// The rules in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub rules: Vec<Rule>,
    pub boundary: Boundary,
    pub range: Range,
}

impl Default for Rules {
    fn default() -> Self {
        Self { rules: Rule::ALL.to_vec(), boundary: Boundary::default(), range: Range::default() }
    }
}

/// A rule that came to hold, and the results that make it hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub rule: Rule,
    /// Places in the series, from 0, the last one being `at`.
    pub points: Vec<usize>,
    pub at: usize,
}

impl Rules {
    /// Every violation in the series: one for each result at which a rule holds, in the order of results.
    pub fn check(&self, points: &[Point]) -> Vec<Violation> {
        (0..points.len()).flat_map(|at| self.check_at(points, at)).collect()
    }

    /// What the rules say of the result at `at`, seen from that day: later results do not count.
    pub fn check_at(&self, points: &[Point], at: usize) -> Vec<Violation> {
        let seen = points.get(..at.saturating_add(1)).unwrap_or_default();
        self.rules
            .iter()
            .filter_map(|rule| self.offenders(*rule, seen).map(|points| Violation { rule: *rule, points, at }))
            .collect()
    }

    fn offenders(&self, rule: Rule, seen: &[Point]) -> Option<Vec<usize>> {
        match rule {
            Rule::OneTwoS => self.run(seen, 1, 2),
            Rule::OneThreeS => self.run(seen, 1, 3),
            Rule::TwoTwoS => self.run(seen, 2, 2),
            Rule::FourOneS => self.run(seen, 4, 1),
            // A result on the mean is on neither side, wherever the limits belong.
            Rule::TenX => one_sided(seen, 10, |z| z > Decimal::ZERO),
            Rule::RFourS => self.range(seen),
        }
    }

    /// The last `length` results, when all are beyond `limit` s on one side.
    fn run(&self, seen: &[Point], length: usize, limit: i32) -> Option<Vec<usize>> {
        one_sided(seen, length, |z| self.beyond(z, limit))
    }

    fn beyond(&self, z: Decimal, limit: i32) -> bool {
        match self.boundary {
            Boundary::Exceeds => z > Decimal::from(limit),
            Boundary::Reaches => z >= Decimal::from(limit),
        }
    }

    fn range(&self, seen: &[Point]) -> Option<Vec<usize>> {
        let (last, earlier) = seen.split_last()?;
        let at = earlier.len();
        let other = match self.range {
            Range::WithinBatch => earlier.iter().rposition(|point| {
                let apart = |up: Decimal, down: Decimal| self.beyond(up, 2) && self.beyond(-down, 2);
                point.batch.is_some() && point.batch == last.batch && (apart(point.z, last.z) || apart(last.z, point.z))
            }),
            Range::Consecutive => earlier.last().and_then(|before| {
                let difference = before.z.checked_sub(last.z)?.abs();
                self.beyond(difference, 4).then(|| at.saturating_sub(1))
            }),
        };
        other.map(|other| vec![other, at])
    }
}

fn one_sided(seen: &[Point], length: usize, beyond: impl Fn(Decimal) -> bool) -> Option<Vec<usize>> {
    let first = seen.len().checked_sub(length)?;
    let window = seen.get(first..)?;
    let all = |sign: Decimal| window.iter().all(|point| beyond(point.z * sign));
    (all(Decimal::ONE) || all(Decimal::NEGATIVE_ONE)).then(|| (first..seen.len()).collect())
}

/// The gravest outcome among violations; accepted when there are none.
pub fn outcome(violations: &[Violation]) -> Outcome {
    violations.iter().map(|violation| violation.rule.outcome()).max().unwrap_or(Outcome::Accepted)
}

#[cfg(test)]
#[path = "westgard/tests.rs"]
mod tests;
