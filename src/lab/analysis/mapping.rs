//! From what an instrument calls and counts to what a method does: analyte codes, units, and what only weighs.

use drivers::contract::{Absorbance, Reading};
use rust_decimal::Decimal;

use super::value::Value;

/// A value in the method's unit. A factor of 1 changes no digit; any other is multiplied exactly, and zeros that only
/// the multiplication put behind the point go.
pub fn converted(value: Value, factor: Decimal) -> Option<Value> {
    if factor == Decimal::ONE {
        return Some(value);
    }
    let times = |number: Decimal| {
        let product = number.checked_mul(factor)?;
        Some(if factor > Decimal::ONE { product.normalize() } else { product })
    };
    Some(match value {
        Value::Number(number) => Value::Number(times(number)?),
        Value::Below(loq) => Value::Below(times(loq)?),
        Value::Detected | Value::NotDetected => value,
    })
}

/// Whether an instrument's code for an analyte is the one that was mapped: the code as sent, or one of the components
/// that an analyser packs into it (`^^^413` is `413`).
pub fn is_called(sent: &str, mapped: &str) -> bool {
    let (sent, mapped) = (sent.trim(), mapped.trim());
    sent == mapped || sent.split('^').any(|part| !part.is_empty() && part.trim() == mapped)
}

/// Whether the instrument sent light only: start and end of a reaction, from which the inhibition is ours to compute.
pub fn is_light_only(absorbance: &Absorbance) -> bool {
    absorbance.start.is_some() && absorbance.end.is_some()
}

/// A mass without a sample, a place or an analyte of its own is a weighing: it belongs to what was scanned last.
pub fn is_weighing(reading: &Reading) -> bool {
    let mass = reading.unit.as_deref().is_some_and(|unit| matches!(unit.trim(), "g" | "mg" | "kg" | "ug" | "µg"));
    mass && reading.sample_id.is_none() && reading.position.is_none()
}

/// What the device itself says against using the value. A name or a standard is no objection.
pub fn is_unstable(flags: &[String]) -> bool {
    const OBJECTIONS: [&str; 6] = ["moving", "no value", "channel fault", "overload", "underload", "error"];
    // A preliminary or cancelled result is none: LIS02-A2 field 9, HL7 table 0085; C is a correction, V a verified one.
    let preliminary =
        |flag: &String| flag.strip_prefix("status ").is_some_and(|status| !matches!(status.trim(), "F" | "C" | "V"));
    flags.iter().any(|flag| OBJECTIONS.iter().any(|objection| flag.starts_with(objection)) || preliminary(flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_converted_without_inventing_or_losing_a_digit() {
        for (value, factor, converted_to) in [
            ("12.50", "1", "12.50"),
            ("12.50", "0.001", "0.01250"),
            ("<5", "0.001", "<0.005"),
            ("1.2", "1000", "1200"),
            ("0.0125", "1000", "12.5"),
            ("not detected", "0.001", "not detected"),
        ] {
            let value: Value = value.parse().unwrap();
            assert_eq!(converted(value, factor.parse().unwrap()).unwrap().to_string(), converted_to);
        }
    }

    #[test]
    fn a_preliminary_result_is_not_used_and_a_corrected_one_is() {
        for (flags, unused) in [(vec!["status P"], true), (vec!["H", "status X"], true), (vec!["status C"], false)] {
            let flags: Vec<String> = flags.into_iter().map(str::to_owned).collect();
            assert_eq!(is_unstable(&flags), unused, "{flags:?}");
        }
    }

    #[test]
    fn an_analysers_packed_code_is_known_by_its_component() {
        assert!(is_called("^^^413", "413"));
        assert!(is_called(" INH ", "INH"));
        assert!(!is_called("^^^413", "41"));
    }

    #[test]
    fn a_moving_weight_is_objected_to_and_a_name_is_not() {
        assert!(is_unstable(&["moving".to_owned()]));
        assert!(!is_unstable(&["name 12".to_owned(), "H".to_owned()]));
    }
}
