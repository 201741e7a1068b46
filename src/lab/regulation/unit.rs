//! Units that differ by a power of ten only, so that a value keeps its digits: 20 µg/kg is 0.020 mg/kg.

use rust_decimal::Decimal;

/// What is measured per what, and by how many tens a unit is smaller than the largest of its kind.
fn place(unit: &str) -> Option<(&'static str, u32)> {
    Some(match unit.trim().replace(['μ', 'µ'], "u").as_str() {
        "g/kg" | "mg/g" => ("mass per mass", 0),
        "mg/kg" | "ug/g" => ("mass per mass", 3),
        "ug/kg" | "ng/g" => ("mass per mass", 6),
        "ng/kg" => ("mass per mass", 9),
        "g/L" | "mg/mL" => ("mass per volume", 0),
        "mg/L" | "ug/mL" => ("mass per volume", 3),
        "ug/L" | "ng/mL" => ("mass per volume", 6),
        "ng/L" => ("mass per volume", 9),
        _ => return None,
    })
}

/// `value` in the other unit, exactly. Units equal by their text need no table; `None` when there is no way.
pub fn convert(value: Decimal, from: &str, to: &str) -> Option<Decimal> {
    if from == to {
        return Some(value);
    }
    let ((kind, tens), (wanted, finer)) = (place(from)?, place(to)?);
    if kind != wanted {
        return None;
    }
    if tens >= finer {
        let scale = value.scale().checked_add(tens - finer)?;
        Decimal::try_from_i128_with_scale(value.mantissa(), scale).ok()
    } else {
        let shift = finer - tens;
        match value.scale().checked_sub(shift) {
            Some(scale) => Decimal::try_from_i128_with_scale(value.mantissa(), scale).ok(),
            None => value.checked_mul(Decimal::from(10_u64.checked_pow(shift)?)).map(|value| value.normalize()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_digits_when_the_point_moves() {
        for (value, from, to, wanted) in [
            ("20", "µg/kg", "mg/kg", "0.020"),
            ("1.50", "mg/kg", "mg/kg", "1.50"),
            ("0.0200", "mg/kg", "ug/kg", "20.0"),
            ("2", "mg/kg", "μg/kg", "2000"),
            ("0.5", "mg/L", "ug/mL", "0.5"),
        ] {
            assert_eq!(convert(value.parse().unwrap(), from, to).unwrap().to_string(), wanted, "{value} {from}");
        }
    }

    #[test]
    fn units_of_different_kinds_have_no_way_between_them() {
        for (from, to) in [("mg/kg", "mg/L"), ("%", "mg/kg"), ("", "mg/kg")] {
            assert_eq!(convert(Decimal::ONE, from, to), None, "{from} {to}");
        }
    }
}
