//! The Levey–Jennings chart of one control material: each result with its z score and what the rules say of it.

use rust_decimal::Decimal;

use super::material::Target;
use super::westgard::{self, Outcome, Point, Rule, Rules};

/// A control result as it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    pub result: Decimal,
    pub batch: Option<i64>,
}

/// A result on the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plotted {
    pub result: Decimal,
    pub z: Decimal,
    pub outcome: Outcome,
    /// The rules that hold at this result.
    pub rules: Vec<Rule>,
}

/// The chart of `series`, oldest first. Each result is judged as on its own day: later ones do not change it.
/// `None` when a result is too large to compute with.
pub fn plot(target: &Target, rules: &Rules, series: &[Measured]) -> Option<Vec<Plotted>> {
    let points = series
        .iter()
        .map(|measured| Some(Point { z: target.z(measured.result)?, batch: measured.batch }))
        .collect::<Option<Vec<Point>>>()?;
    let judged = series.iter().zip(&points).enumerate().map(|(at, (measured, point))| {
        let violations = rules.check_at(&points, at);
        Plotted {
            result: measured.result,
            z: point.z,
            outcome: westgard::outcome(&violations),
            rules: violations.iter().map(|violation| violation.rule).collect(),
        }
    });
    Some(judged.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_stands_on_the_chart_with_its_rules() {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        let target = Target::assigned(decimal("100"), decimal("5")).unwrap();
        let series = ["100", "111", "112", "84"].map(|result| Measured { result: decimal(result), batch: None });
        let plotted = plot(&target, &Rules::default(), &series).unwrap();
        let seen: Vec<_> =
            plotted.iter().map(|one| (one.z.normalize().to_string(), one.outcome, one.rules.clone())).collect();
        assert_eq!(
            seen,
            [
                ("0".to_owned(), Outcome::Accepted, vec![]),
                ("2.2".to_owned(), Outcome::Warning, vec![Rule::OneTwoS]),
                ("2.4".to_owned(), Outcome::Rejected, vec![Rule::OneTwoS, Rule::TwoTwoS]),
                ("-3.2".to_owned(), Outcome::Rejected, vec![Rule::OneTwoS, Rule::OneThreeS]),
            ]
        );
    }
}
