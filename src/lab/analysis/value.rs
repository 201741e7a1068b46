//! A value: what the laboratory reports for one analyte, digit for digit as it was written.
//!
//! Parsed once, at the door. A non-detect is a kind of its own and never 0 (GB/T 27025-2019 7.8.2.1 asks for results as
//! they are; GB/T 8170-2008 for digits that are kept). The words stored are `detected` and `not detected`; pages say
//! them in the reader's language.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use drivers::contract::Censored;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is reported. Text form: `1.50`, `<0.05`, `detected`, `not detected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Value {
    /// Keeps its trailing zeros: `1.50` is not written `1.5`.
    Number(Decimal),
    /// Less than the limit of quantification, which is the number carried.
    Below(Decimal),
    /// There, without a number.
    Detected,
    NotDetected,
}

const DETECTED: &str = "detected";
const NOT_DETECTED: &str = "not detected";

/// Why a text is not a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("expected a value, found nothing")]
    Empty,
    #[error("expected a decimal number with '.', found '{0}'")]
    NotANumber(String),
    #[error("expected at most 28 digits, found '{0}'")]
    TooManyDigits(String),
    #[error("expected a limit of quantification above 0 after '<', found '{0}'")]
    BelowNothing(String),
    /// The sample must be diluted and measured again.
    #[error("expected a value inside the measuring range, found '{0}'")]
    AboveRange(String),
    #[error("expected digits that were measured, found the exponent of '{0}' that would invent zeros")]
    InventsDigits(String),
}

impl Value {
    /// The number, when there is one; `<0.05` has none.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Below(_) | Self::Detected | Self::NotDetected => None,
        }
    }

    /// How the value stands to `limit`, as far as it says: `<0.05` is less than 0.05 and than 0.1, but nothing is
    /// known of it against 0.02; the words say nothing about any number.
    pub fn against(&self, limit: Decimal) -> Option<Ordering> {
        match self {
            Self::Number(number) => Some(number.cmp(&limit)),
            Self::Below(loq) if *loq <= limit => Some(Ordering::Less),
            Self::Below(_) | Self::Detected | Self::NotDetected => None,
        }
    }

    /// Reads an instrument's literal text. Blanks around it and a plus sign or padding zeros before it carry no digit
    /// and go (`00012.50` is `12.50`); full-width signs are signs; an exponent moves the point (`1.20E-3` is
    /// `0.00120`) unless it would write zeros that nobody measured (`1.2E3`); a decimal comma is refused, because it
    /// may part thousands.
    pub fn from_instrument(text: &str) -> Result<Self, Unreadable> {
        let plain: String = text.trim().chars().map(narrow).collect();
        match plain.to_lowercase().as_str() {
            "" => Err(Unreadable::Empty),
            "nd" | "n.d." | "n.d" | "not detected" | "未检出" | "阴性" | "negative" | "neg" => {
                Ok(Self::NotDetected)
            }
            "detected" | "检出" | "阳性" | "positive" | "pos" => Ok(Self::Detected),
            _ => match plain.split_at_checked(1) {
                Some((">" | "≥", _)) => Err(Unreadable::AboveRange(text.to_owned())),
                Some(("<" | "≤", number)) => below(measured(number.trim_start())?, text),
                _ => measured(&plain).map(Self::Number),
            },
        }
    }

    /// As [`Value::from_instrument`], with the mark that the driver read beside the text.
    pub fn from_reading(text: &str, censored: Option<Censored>) -> Result<Self, Unreadable> {
        match (Self::from_instrument(text), censored) {
            (_, Some(Censored::Above)) => Err(Unreadable::AboveRange(text.to_owned())),
            (_, Some(Censored::NotDetected)) => Ok(Self::NotDetected),
            (Ok(Self::Number(loq)), Some(Censored::Below)) => below(loq, text),
            (value, _) => value,
        }
    }
}

fn below(loq: Decimal, text: &str) -> Result<Value, Unreadable> {
    if loq > Decimal::ZERO { Ok(Value::Below(loq)) } else { Err(Unreadable::BelowNothing(text.to_owned())) }
}

/// Chinese instruments print signs and digits in full width.
fn narrow(one: char) -> char {
    match one {
        '＜' | '〈' => '<',
        '＞' | '〉' => '>',
        '．' => '.',
        '－' | '−' => '-',
        '＋' => '+',
        '０'..='９' => char::from_u32(u32::from(one) - u32::from('０') + u32::from('0')).unwrap_or(one),
        other => other,
    }
}

/// An instrument's number, with all its digits and none besides.
fn measured(text: &str) -> Result<Decimal, Unreadable> {
    let refuse = || Unreadable::NotANumber(text.to_owned());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| refuse())?),
        None => (text, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !(whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())) || (whole.len() + fraction.len() == 0)
    {
        return Err(refuse());
    }
    let decimals = i32::try_from(fraction.len()).ok().and_then(|len| len.checked_sub(exponent));
    let scale = match decimals {
        Some(decimals) if decimals < 0 => return Err(Unreadable::InventsDigits(text.to_owned())),
        Some(decimals) => u32::try_from(decimals).ok(),
        None => None,
    };
    let long = || Unreadable::TooManyDigits(text.to_owned());
    let all: i128 = format!("{sign}{whole}{fraction}").parse().map_err(|_| long())?;
    Decimal::try_from_i128_with_scale(all, scale.ok_or_else(long)?).map_err(|_| long())
}

/// The stored form, exactly: what would not be written back digit for digit is refused.
impl FromStr for Value {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        match text {
            "" => Err(Unreadable::Empty),
            DETECTED => Ok(Self::Detected),
            NOT_DETECTED => Ok(Self::NotDetected),
            _ => match text.strip_prefix('<') {
                Some(number) => below(written(number)?, text),
                None => written(text).map(Self::Number),
            },
        }
    }
}

fn written(text: &str) -> Result<Decimal, Unreadable> {
    let number = measured(text)?;
    if number.to_string() == text { Ok(number) } else { Err(Unreadable::NotANumber(text.to_owned())) }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Below(loq) => write!(f, "<{loq}"),
            Self::Detected => f.write_str(DETECTED),
            Self::NotDetected => f.write_str(NOT_DETECTED),
        }
    }
}

impl TryFrom<String> for Value {
    type Error = Unreadable;

    fn try_from(text: String) -> Result<Self, Unreadable> {
        text.parse()
    }
}

impl From<Value> for String {
    fn from(value: Value) -> Self {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        for text in ["1.50", "0.030", "<0.05", "detected", "not detected", "120", "-3.20", "0", "0.00"] {
            assert_eq!(text.parse::<Value>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_stored_value_has_one_form_only() {
        for text in
            ["", " 1", "1 ", "+1", "01", ".5", "1.", "1,5", "1e3", "ND", "< 0.05", "<0", "<-1", "<", "NaN", "１"]
        {
            assert!(text.parse::<Value>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_instrument_s_text_keeps_its_digits() {
        for (text, kept) in [
            ("1.20", "1.20"),
            ("  37.60 ", "37.60"),
            ("+0.5", "0.5"),
            ("00012.50", "12.50"),
            (".50", "0.50"),
            ("1.20E-3", "0.00120"),
            ("1.20e+02", "120"),
            ("<0.05", "<0.05"),
            ("＜ 0.050", "<0.050"),
            ("－１．２０", "-1.20"),
            ("ND", "not detected"),
            ("未检出", "not detected"),
            ("阳性", "detected"),
        ] {
            assert_eq!(Value::from_instrument(text).unwrap().to_string(), kept, "{text:?}");
        }
    }

    #[test]
    fn a_doubtful_text_is_refused_and_not_repaired() {
        let text = |text: &str| text.to_owned();
        for (found, why) in [
            ("", Unreadable::Empty),
            ("   ", Unreadable::Empty),
            ("12,5", Unreadable::NotANumber(text("12,5"))),
            ("1.2.3", Unreadable::NotANumber(text("1.2.3"))),
            ("----", Unreadable::NotANumber(text("----"))),
            ("0.5 mg", Unreadable::NotANumber(text("0.5 mg"))),
            (">500", Unreadable::AboveRange(text(">500"))),
            ("1.2E3", Unreadable::InventsDigits(text("1.2E3"))),
            ("<0.00", Unreadable::BelowNothing(text("<0.00"))),
        ] {
            assert_eq!(Value::from_instrument(found), Err(why), "{found:?}");
        }
        assert!(matches!(Value::from_instrument("0.12345678901234567890123456789"), Err(Unreadable::TooManyDigits(_))));
        assert!(Value::from_instrument("1e-2147483648").is_err());
    }

    #[test]
    fn a_mark_beside_the_number_counts() {
        assert_eq!(Value::from_reading("0.05", Some(Censored::Below)), Ok(Value::Below(decimal("0.05"))));
        assert_eq!(Value::from_reading("0", Some(Censored::NotDetected)), Ok(Value::NotDetected));
        assert!(Value::from_reading("500", Some(Censored::Above)).is_err());
        assert_eq!(Value::from_reading("500", None), Ok(Value::Number(decimal("500"))));
    }

    #[test]
    fn less_than_the_loq_is_known_only_against_limits_at_or_above_it() {
        let value = Value::Below(decimal("0.05"));
        assert_eq!(value.against(decimal("0.05")), Some(Ordering::Less));
        assert_eq!(value.against(decimal("0.02")), None);
        assert_eq!(Value::NotDetected.against(decimal("1")), None);
        assert_eq!(Value::NotDetected.number(), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_value_panic_and_every_value_reads_back(text in ".{0,40}|[-+<>0-9.eE ]{0,12}") {
            if let Ok(value) = Value::from_instrument(&text) {
                prop_assert_eq!(value.to_string().parse::<Value>(), Ok(value));
            }
        }
    }
}
