//! A residue that is defined as a sum: components, factors to the substance it is expressed as, non-detects.
//!
//! Definitions are GB 2763-2026, clause x.3 of each pesticide; factors are ratios of molecular weights. How non-detects
//! count in a sum no standard says: it is the laboratory's choice and stands beside the sum.

use rust_decimal::Decimal;

use super::by_name;
use crate::lab::analysis::value::Value;
use crate::lab::words::names;

names! {
    /// What a component below its limit of quantification adds.
    NonDetects {
        Zero => "zero",
        HalfLoq => "half-loq",
        Loq => "loq",
    }
}

by_name!(NonDetects);

/// One valid result of one component, in the unit of the sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub analyte: String,
    pub value: Value,
    pub loq: Option<Decimal>,
    /// To the substance the residue is expressed as; 1 for that substance itself, and never 1 for want of knowing.
    pub factor: Option<Decimal>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("expected a factor for {0}, found none")]
    NoFactor(String),
    #[error("expected one valid result for {0}, found two")]
    Twice(String),
    #[error("expected a limit of quantification for {0}, found none")]
    NoLoq(String),
    #[error("expected a number for {0}, found only that it was detected")]
    NoNumber(String),
    #[error("expected a component, found none")]
    Empty,
    #[error("the sum is too large to compute")]
    TooLarge,
}

/// The sum, unrounded; `not detected` when no component was found, whatever non-detects count as.
pub fn sum(components: &[Component], non_detects: NonDetects) -> Result<Value, Fault> {
    if components.is_empty() {
        return Err(Fault::Empty);
    }
    let (mut total, mut found) = (Decimal::ZERO, false);
    for (place, component) in components.iter().enumerate() {
        if components.iter().take(place).any(|earlier| earlier.analyte == component.analyte) {
            return Err(Fault::Twice(component.analyte.clone()));
        }
        let factor = component.factor.ok_or_else(|| Fault::NoFactor(component.analyte.clone()))?;
        let amount = match component.value {
            Value::Number(number) if component.loq.is_none_or(|loq| number >= loq) => {
                found = true;
                number
            }
            Value::Detected => return Err(Fault::NoNumber(component.analyte.clone())),
            Value::Number(_) | Value::Below(_) | Value::NotDetected => unfound(component, non_detects)?,
        };
        total = amount.checked_mul(factor).and_then(|amount| total.checked_add(amount)).ok_or(Fault::TooLarge)?;
    }
    Ok(if found { Value::Number(total) } else { Value::NotDetected })
}

fn unfound(component: &Component, non_detects: NonDetects) -> Result<Decimal, Fault> {
    let loq = || {
        match component.value {
            Value::Below(loq) => Some(loq),
            _ => component.loq,
        }
        .ok_or_else(|| Fault::NoLoq(component.analyte.clone()))
    };
    Ok(match non_detects {
        NonDetects::Zero => Decimal::ZERO,
        NonDetects::HalfLoq => loq()? / Decimal::TWO,
        NonDetects::Loq => loq()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(analyte: &str, value: &str, factor: Option<&str>) -> Component {
        Component {
            analyte: analyte.to_owned(),
            value: value.parse().unwrap(),
            loq: Some("0.005".parse().unwrap()),
            factor: factor.map(|factor| factor.parse().unwrap()),
        }
    }

    fn phorate() -> Vec<Component> {
        vec![
            component("甲拌磷", "not detected", Some("1")),
            component("甲拌磷砜", "0.008", Some("0.8906")),
            component("甲拌磷亚砜", "0.006", Some("0.9421")),
        ]
    }

    #[test]
    fn components_are_summed_as_the_substance_they_are_expressed_as() {
        assert_eq!(sum(&phorate(), NonDetects::Zero).unwrap().to_string(), "0.0127774");
        assert_eq!(sum(&phorate(), NonDetects::Loq).unwrap().to_string(), "0.0177774");
        assert_eq!(sum(&phorate(), NonDetects::HalfLoq).unwrap().to_string(), "0.0152774");
    }

    #[test]
    fn nothing_found_is_not_detected_and_never_a_number() {
        let nothing = [component("a", "not detected", Some("1")), component("b", "<0.005", Some("0.9"))];
        for way in NonDetects::ALL {
            assert_eq!(sum(&nothing, *way), Ok(Value::NotDetected), "{way}");
        }
    }

    #[test]
    fn a_missing_factor_is_an_error_and_never_one() {
        let sulfide = [component("氟虫腈硫醚", "0.0195", None)];
        assert_eq!(sum(&sulfide, NonDetects::Zero), Err(Fault::NoFactor("氟虫腈硫醚".to_owned())));
    }

    #[test]
    fn a_component_counts_once() {
        let twice = [component("克百威", "0.015", Some("1")), component("克百威", "0.016", Some("1"))];
        assert_eq!(sum(&twice, NonDetects::Zero), Err(Fault::Twice("克百威".to_owned())));
    }

    #[test]
    fn a_sum_of_nothing_or_of_words_is_refused() {
        assert_eq!(sum(&[], NonDetects::Zero), Err(Fault::Empty));
        let word = [component("a", "detected", Some("1"))];
        assert_eq!(sum(&word, NonDetects::Zero), Err(Fault::NoNumber("a".to_owned())));
        let unknown = [Component { loq: None, ..component("a", "not detected", Some("1")) }];
        assert_eq!(sum(&unknown, NonDetects::Loq), Err(Fault::NoLoq("a".to_owned())));
    }
}
