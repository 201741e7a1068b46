//! Rounding and comparing by GB/T 8170-2008: half to even, in one step, and full-value against rounded-value comparison.
//!
//! Values are decimals from entry to report; nothing here sees a float.

use rust_decimal::{Decimal, RoundingStrategy};

use super::by_name;
use crate::lab::words::names;

names! {
    /// How a value meets a limit (GB/T 8170-2008 clause 4.3). Full-value where the standard says nothing.
    Comparison {
        /// 全数值比较法: the value as it was computed.
        FullValue => "full-value",
        /// 修约值比较法: the value rounded to the limit's own digits.
        RoundedValue => "rounded-value",
    }
}

by_name!(Comparison);

/// To `decimals` places, keeping the zeros: `1.050` to one place is `1.0` (GB/T 8170-2008 clause 3.2).
pub fn to_decimals(value: Decimal, decimals: u32) -> Decimal {
    let mut rounded = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven);
    rounded.rescale(decimals);
    unsigned_zero(rounded)
}

/// To a multiple of `interval`: 1, 2 or 5 of any decimal place (GB/T 8170-2008 clauses 3.1 and 3.4: units, half units
/// and fifths). `None` for another interval or a number too large to compute.
pub fn to_interval(value: Decimal, interval: Decimal) -> Option<Decimal> {
    if !matches!(leading(interval)?, 1 | 2 | 5) {
        return None;
    }
    let steps = value.checked_div(interval)?.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
    let mut rounded = steps.checked_mul(interval)?;
    rounded.rescale(interval.scale());
    Some(unsigned_zero(rounded))
}

/// To `figures` significant figures, at least one; zeros are written while they are decimals.
/// `None` for no figures or a number too large to compute.
pub fn to_figures(value: Decimal, figures: u32) -> Option<Decimal> {
    if figures == 0 {
        return None;
    }
    if value.is_zero() {
        return Some(value);
    }
    let rounded = at_figures(value, figures)?;
    // 9.96 to two figures became 10.0: one zero too many.
    at_figures(rounded, figures)
}

fn at_figures(value: Decimal, figures: u32) -> Option<Decimal> {
    let digits = i64::from(value.mantissa().unsigned_abs().checked_ilog10()?) + 1;
    let decimals = i64::from(figures) - (digits - i64::from(value.scale()));
    match u32::try_from(decimals) {
        Ok(decimals) => Some(to_decimals(value, decimals.min(28))),
        Err(_) => to_interval(value, Decimal::from(10_i64.checked_pow(u32::try_from(-decimals).ok()?)?)),
    }
}

/// The only non-zero digit of `interval`, when it is positive and has just one.
fn leading(interval: Decimal) -> Option<i128> {
    let mut mantissa = interval.normalize().mantissa();
    while mantissa != 0 && mantissa % 10 == 0 {
        mantissa /= 10;
    }
    Some(mantissa).filter(|digit| (1..10).contains(digit))
}

fn unsigned_zero(mut value: Decimal) -> Decimal {
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    value
}

/// What is set against the limit under this way of comparing.
pub fn compared(value: Decimal, limit: Decimal, comparison: Comparison) -> Decimal {
    match comparison {
        Comparison::FullValue => value,
        Comparison::RoundedValue => to_decimals(value, limit.scale()),
    }
}

/// Whether `value` is more than `limit` allows.
pub fn exceeds(value: Decimal, limit: Decimal, comparison: Comparison) -> bool {
    compared(value, limit, comparison) > limit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_half_goes_to_the_even_digit_in_one_step() {
        for (value, decimals, rounded) in [
            ("12.1498", 0, "12"),
            ("12.1498", 1, "12.1"),
            ("10.5002", 0, "11"),
            ("1.050", 1, "1.0"),
            ("0.35", 1, "0.4"),
            ("-0.0365", 3, "-0.036"),
            ("8.53459", 2, "8.53"),
            ("15.4546", 0, "15"),
            ("-0.04", 1, "0.0"),
            ("7", 2, "7.00"),
        ] {
            assert_eq!(to_decimals(decimal(value), decimals).to_string(), rounded, "{value}");
        }
    }

    #[test]
    fn an_interval_may_be_a_unit_a_half_or_a_fifth_of_any_place() {
        for (value, interval, rounded) in [
            ("1268", "100", "1300"),
            ("2500", "1000", "2000"),
            ("3500", "1000", "4000"),
            ("-355", "10", "-360"),
            ("-325", "10", "-320"),
            ("28.165", "0.01", "28.16"),
            ("60.25", "0.5", "60.0"),
            ("60.38", "0.5", "60.5"),
            ("-60.75", "0.5", "-61.0"),
            ("830", "20", "840"),
            ("842", "20", "840"),
        ] {
            assert_eq!(to_interval(decimal(value), decimal(interval)).unwrap().to_string(), rounded, "{value}");
        }
        for interval in ["0", "0.3", "-1", "15"] {
            assert_eq!(to_interval(decimal("1"), decimal(interval)), None, "{interval}");
        }
    }

    #[test]
    fn figures_count_from_the_first_digit_that_is_not_zero() {
        for (value, figures, rounded) in [
            ("12.1498", 2, "12"),
            ("1268", 3, "1270"),
            ("0.5465", 3, "0.546"),
            ("0.546504", 3, "0.547"),
            ("9.96", 2, "10"),
            ("0.35", 3, "0.350"),
            ("0.35", 2, "0.35"),
            ("0.00999", 2, "0.010"),
            ("0.00", 2, "0.00"),
        ] {
            assert_eq!(to_figures(decimal(value), figures).unwrap().to_string(), rounded, "{value}");
        }
        assert_eq!(to_figures(decimal("1"), 0), None);
    }

    #[test]
    fn a_value_may_exceed_in_full_and_comply_when_rounded() {
        for (value, limit, full, rounded) in [
            ("0.012777", "0.01", true, false),
            ("0.020595", "0.02", true, false),
            ("0.020241", "0.02", true, false),
            ("0.452", "0.5", false, false),
            ("0.500", "0.5", false, false),
            ("0.549", "0.5", true, false),
            ("0.551", "0.5", true, true),
        ] {
            let exceeds = |comparison| exceeds(decimal(value), decimal(limit), comparison);
            assert_eq!((exceeds(Comparison::FullValue), exceeds(Comparison::RoundedValue)), (full, rounded), "{value}");
        }
    }
}
