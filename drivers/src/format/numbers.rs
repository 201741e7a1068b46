//! Literal results to numbers: what an instrument prints where a number may stand.

use std::borrow::Cow;

use crate::contract::Censored;

/// The value and the censoring of a literal result; both `None` where it is neither (a word, `----`, two numbers).
///
/// A decimal comma is a comma that cannot be a thousands separator: `12,5` and `0,125` are read, `1,234` is not.
pub fn read(literal: &str) -> (Option<f64>, Option<Censored>) {
    let text = literal.trim();
    if is_not_detected(text) {
        return (None, Some(Censored::NotDetected));
    }
    let (censored, digits) = qualifier(text);
    (number(digits.trim()), if digits.trim().is_empty() { None } else { censored })
}

/// As [`read`], with the decimal sign known: also the digits with a point and without the signs that part thousands.
pub fn read_with(literal: &str, decimal: char) -> (Option<f64>, Option<Censored>, Option<String>) {
    let text = literal.trim();
    if is_not_detected(text) {
        return (None, Some(Censored::NotDetected), None);
    }
    let (censored, digits) = qualifier(text);
    let sign = text.get(..text.len() - digits.len()).unwrap_or_default();
    let plain = pointed(digits, decimal);
    match number(&plain) {
        Some(value) => (Some(value), censored, Some(format!("{sign}{plain}"))),
        None => (None, if digits.trim().is_empty() { None } else { censored }, None),
    }
}

/// Splits a leading `<`, `>`, `<=`, `>=`, `≤` or `≥` off.
fn qualifier(text: &str) -> (Option<Censored>, &str) {
    for (sign, censored) in [
        ("<=", Censored::Below),
        (">=", Censored::Above),
        ("<", Censored::Below),
        (">", Censored::Above),
        ("≤", Censored::Below),
        ("≥", Censored::Above),
        ("＜", Censored::Below),
        ("＞", Censored::Above),
    ] {
        if let Some(rest) = text.strip_prefix(sign) {
            return (Some(censored), rest);
        }
    }
    (None, text)
}

fn is_not_detected(text: &str) -> bool {
    ["ND", "N.D.", "N.D", "NOT DETECTED"].iter().any(|word| text.eq_ignore_ascii_case(word)) || text == "未检出"
}

/// A plain decimal number with an optional exponent; no words such as `inf`, no grouping.
pub fn number(text: &str) -> Option<f64> {
    let text = decimal_point(text)?;
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E'));
    let value = plain.then(|| text.parse::<f64>().ok()).flatten()?;
    value.is_finite().then_some(value)
}

fn decimal_point(text: &str) -> Option<Cow<'_, str>> {
    let Some((whole, fraction)) = text.split_once(',') else {
        return Some(Cow::Borrowed(text));
    };
    let grouping = fraction.len() == 3 && whole.trim_start_matches(['-', '+']) != "0";
    (!grouping && !fraction.contains([',', '.']) && !whole.contains('.')).then(|| format!("{whole}.{fraction}").into())
}

/// A number whose decimal sign is known: the other sign and blanks part its thousands (`65,603.37`, `65 603,37`).
pub fn with_decimal(text: &str, decimal: char) -> Option<f64> {
    number(&pointed(text, decimal))
}

fn pointed(text: &str, decimal: char) -> String {
    let grouping = if decimal == ',' { '.' } else { ',' };
    let plain = text.trim().chars().filter(|c| *c != grouping && !c.is_whitespace());
    plain.map(|c| if c == decimal { '.' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_a_number_a_bound_or_neither() {
        let cases = [
            ("1.20", Some(1.2), None),
            ("  5.5", Some(5.5), None),
            ("-2.0", Some(-2.0), None),
            ("6.48446e-1", Some(0.648446), None),
            ("12,5", Some(12.5), None),
            ("0,002", Some(0.002), None),
            ("1,234", None, None),
            ("1.234,5", None, None),
            ("<0.05", Some(0.05), Some(Censored::Below)),
            ("<0,002", Some(0.002), Some(Censored::Below)),
            ("> 400", Some(400.0), Some(Censored::Above)),
            ("≤2", Some(2.0), Some(Censored::Below)),
            ("ND", None, Some(Censored::NotDetected)),
            ("not detected", None, Some(Censored::NotDetected)),
            ("未检出", None, Some(Censored::NotDetected)),
            ("NEGATIVE", None, None),
            ("-----", None, None),
            ("inf", None, None),
            ("NaN", None, None),
            ("1e999", None, None),
            ("<", None, None),
            ("", None, None),
        ];
        for (literal, value, censored) in cases {
            assert_eq!(read(literal), (value, censored), "{literal}");
        }
    }

    #[test]
    fn digits_stay_when_the_decimal_sign_becomes_a_point() {
        let read = |text, sign| read_with(text, sign);
        assert_eq!(read("1.234,50", ','), (Some(1234.5), None, Some("1234.50".to_owned())));
        assert_eq!(read("<0,050", ','), (Some(0.05), Some(Censored::Below), Some("<0.050".to_owned())));
        assert_eq!(read("ND", ','), (None, Some(Censored::NotDetected), None));
        assert_eq!(read("-----", '.'), (None, None, None));
        assert_eq!(read("<", '.'), (None, None, None));
    }

    #[test]
    fn a_known_decimal_sign_leaves_no_doubt() {
        let cases = [
            ("65,603.370000", '.', Some(65603.37)),
            ("0,016", ',', Some(0.016)),
            ("1.234,5", ',', Some(1234.5)),
            ("1 234,5", ',', Some(1234.5)),
            ("-210,061", ',', Some(-210.061)),
            ("n.a.", '.', None),
            ("", ',', None),
        ];
        for (text, decimal, value) in cases {
            assert_eq!(with_decimal(text, decimal), value, "{text}");
        }
    }
}
