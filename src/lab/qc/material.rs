//! A control material: what its lot should read, and how the mean and s of a chart come about.
//!
//! Mean and s are assigned by the maker or estimated from at least 20 in-control results of this laboratory (ISO 7870-2;
//! Westgard: 20 results on different days). s has n − 1 degrees of freedom.

use jiff::civil::Date;
use rust_decimal::{Decimal, MathematicalOps};

/// Results needed before a laboratory's own mean and s hold.
pub const LEAST_RESULTS: usize = 20;

/// One lot of a control material for one analyte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    pub code: String,
    pub name: String,
    pub lot: String,
    pub unit: String,
    pub target: Target,
    pub from: Date,
    /// The last day of use.
    pub to: Option<Date>,
}

impl Material {
    pub fn is_in_use(&self, on: Date) -> bool {
        self.from <= on && self.to.is_none_or(|to| on <= to)
    }
}

/// Mean and standard deviation, in the material's unit; s is above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    mean: Decimal,
    s: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("expected a standard deviation above 0, found {0}")]
    NoSpread(Decimal),
    #[error("expected at least {LEAST_RESULTS} in-control results, found {0}")]
    TooFew(usize),
    #[error("the results are too large to compute with")]
    TooLarge,
}

impl Target {
    pub fn assigned(mean: Decimal, s: Decimal) -> Result<Self, Fault> {
        if s > Decimal::ZERO { Ok(Self { mean, s }) } else { Err(Fault::NoSpread(s)) }
    }

    /// From in-control results: the mean with one decimal more than the results have, s with two.
    pub fn estimated(results: &[Decimal]) -> Result<Self, Fault> {
        if results.len() < LEAST_RESULTS {
            return Err(Fault::TooFew(results.len()));
        }
        let decimals = results.iter().map(Decimal::scale).max().unwrap_or(0);
        let count = Decimal::from(results.len());
        let total = results.iter().try_fold(Decimal::ZERO, |sum, one| sum.checked_add(*one)).ok_or(Fault::TooLarge)?;
        let mean = total.checked_div(count).ok_or(Fault::TooLarge)?;
        let squares = results
            .iter()
            .map(|one| one.checked_sub(mean).and_then(|apart| apart.checked_mul(apart)))
            .try_fold(Decimal::ZERO, |sum, square| sum.checked_add(square?))
            .ok_or(Fault::TooLarge)?;
        let variance = squares.checked_div(count - Decimal::ONE).ok_or(Fault::TooLarge)?;
        let s = variance.sqrt().ok_or(Fault::TooLarge)?;
        Self::assigned(mean.round_dp(decimals.saturating_add(1)), s.round_dp(decimals.saturating_add(2)))
    }

    pub fn mean(&self) -> Decimal {
        self.mean
    }

    pub fn s(&self) -> Decimal {
        self.s
    }

    /// How many s the result is from the mean; exact on the lines themselves. `None`: too large to compute.
    pub fn z(&self, result: Decimal) -> Option<Decimal> {
        result.checked_sub(self.mean)?.checked_div(self.s)
    }

    /// The result at `z` standard deviations: where a line of the chart lies.
    pub fn at(&self, z: i32) -> Decimal {
        self.mean.saturating_add(self.s.saturating_mul(Decimal::from(z)))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_target_needs_twenty_results() {
        let results: Vec<Decimal> = (0..20).map(|one| decimal(["9.8", "10.2"][one % 2])).collect();
        let target = Target::estimated(&results).unwrap();
        assert_eq!(target.mean(), decimal("10"));
        // 0.2 · √(20/19) = 0.20520
        assert_eq!(target.s(), decimal("0.205"));
        assert_eq!(Target::estimated(&results[..19]), Err(Fault::TooFew(19)));
    }

    #[test]
    fn a_material_that_never_varies_has_no_chart() {
        assert_eq!(Target::estimated(&[decimal("5.0"); 20]), Err(Fault::NoSpread(decimal("0"))));
        assert!(Target::assigned(decimal("5"), decimal("-1")).is_err());
    }

    #[test]
    fn a_result_on_a_line_is_exactly_on_it() {
        let target = Target::assigned(decimal("0.1"), decimal("0.03")).unwrap();
        for z in -3..=3 {
            assert_eq!(target.z(target.at(z)), Some(Decimal::from(z)));
        }
    }

    #[test]
    fn a_lot_is_used_from_its_first_to_its_last_day() {
        let material = Material {
            code: "QC-1".to_owned(),
            name: "spiked spinach".to_owned(),
            lot: "2601".to_owned(),
            unit: "mg/kg".to_owned(),
            target: Target::assigned(decimal("1"), decimal("0.1")).unwrap(),
            from: date(2026, 9, 1),
            to: Some(date(2026, 11, 30)),
        };
        assert!(material.is_in_use(date(2026, 9, 1)) && material.is_in_use(date(2026, 11, 30)));
        assert!(!material.is_in_use(date(2026, 8, 31)) && !material.is_in_use(date(2026, 12, 1)));
    }
}
