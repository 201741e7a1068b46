//! What a barcode scanner sends for a label of a reagent or a parcel: GS1 element strings (GS1 General Specifications,
//! chapters 3, 5.1 and 7.12), with or without the symbology identifier of ISO/IEC 15424 before them.
//!
//! Numbers that are fixed in length follow each other directly; all others end with GS, unless they are the last. A
//! scanner that is set up badly drops the GS: what then looks like two elements in one is told as a doubt, and no guess
//! is made.

use std::ops::Range;

use jiff::civil::Date;

use crate::contract::Fault;

/// The separator as scanners send it on a serial line, and as Ctrl+] from a keyboard.
pub const GS: &str = "\x1D";

/// What the scanner says about the code it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbology {
    /// `]C1`
    Gs1_128,
    /// `]e0`
    DataBar,
    /// `]d2`
    DataMatrix,
    /// `]Q3`
    QrCode,
    /// Any other code: its text is no element string.
    Plain,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan {
    pub elements: Vec<Element>,
    /// What may have been run together.
    pub doubts: Vec<Doubt>,
}

/// An application identifier and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub identifier: String,
    pub value: String,
    /// Bytes of the scan without its symbology identifier.
    pub span: Range<usize>,
}

/// The end of a value of variable length reads as an element of its own: a separator may have been lost before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub identifier: String,
    pub looks_like: String,
}

impl Scan {
    /// The value of an identifier, if it occurs.
    pub fn value(&self, identifier: &str) -> Option<&str> {
        self.elements.iter().find(|element| element.identifier == identifier).map(|element| element.value.as_str())
    }

    /// The number of the trade item, 14 digits.
    pub fn gtin(&self) -> Option<&str> {
        self.value("01").or_else(|| self.value("02"))
    }

    pub fn lot(&self) -> Option<&str> {
        self.value("10")
    }

    pub fn serial(&self) -> Option<&str> {
        self.value("21")
    }

    /// The day after which it is not to be used (17), or not of its best quality any more (15).
    pub fn expires(&self, this_year: i16) -> Option<Date> {
        self.value("17").or_else(|| self.value("15")).and_then(|text| date(text, this_year))
    }

    pub fn made(&self, this_year: i16) -> Option<Date> {
        self.value("11").and_then(|text| date(text, this_year))
    }
}

/// Splits a symbology identifier (`]` and two characters) off.
pub fn symbology(scan: &str) -> (Option<Symbology>, &str) {
    let Some((mark, rest)) = scan.strip_prefix(']').and_then(|rest| rest.split_at_checked(2)) else {
        return (None, scan);
    };
    let symbology = match mark {
        "C1" => Symbology::Gs1_128,
        "e0" => Symbology::DataBar,
        "d2" => Symbology::DataMatrix,
        "Q3" => Symbology::QrCode,
        _ => Symbology::Plain,
    };
    (Some(symbology), rest)
}

/// Reads a scan as element strings. `separator` is [`GS`], or what the scanner is set to send in its place (some send a
/// blank, some `029`).
pub fn read(scan: &str, separator: &str) -> Result<Scan, Fault> {
    let (_, text) = symbology(scan.trim_end_matches(['\r', '\n']));
    if text.is_empty() {
        return Err(Fault::Nothing("a scan without text"));
    }
    let mut out = Scan::default();
    let mut at = 0usize;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let rule = rule(rest).ok_or_else(|| Fault::Bytes {
            offset: at,
            expected: "an application identifier",
            found: format!("'{}'", rest.chars().take(4).collect::<String>()),
        })?;
        let (identifier, after) = rest.split_at_checked(rule.digits).ok_or_else(|| short(text.len()))?;
        let (value, passed) = cut(after, &rule, separator).ok_or_else(|| short(text.len()))?;
        let start = at.saturating_add(rule.digits);
        check(identifier, value, &rule, start)?;
        if rule.variable {
            out.doubts.extend(doubt(identifier, value));
        }
        let span = at..start.saturating_add(value.len());
        out.elements.push(Element { identifier: identifier.to_owned(), value: value.to_owned(), span });
        at = start.saturating_add(passed);
    }
    Ok(out)
}

fn short(offset: usize) -> Fault {
    Fault::Short { offset, expected: "the whole value of an application identifier" }
}

/// How long the value of an identifier is, and what it is made of.
struct Rule {
    /// Digits of the identifier itself.
    digits: usize,
    longest: usize,
    /// Of variable length, so that a separator ends it; the others always have `longest` characters.
    variable: bool,
    numeric: bool,
}

/// The identifiers that occur on labels of goods and reagents; figure 3.2-1 of the specifications has more.
fn rule(text: &str) -> Option<Rule> {
    let number = |len: usize| text.get(..len).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let rule = |digits, longest, variable, numeric| Some(Rule { digits, longest, variable, numeric });
    let fixed = |digits, longest| rule(digits, longest, false, true);
    let text_up_to = |digits, longest| rule(digits, longest, true, false);
    let digits_up_to = |digits, longest| rule(digits, longest, true, true);
    let three = number(3).unwrap_or_default();
    let four = number(4).unwrap_or_default();
    match number(2)? {
        "00" => fixed(2, 18),
        "01" | "02" | "03" => fixed(2, 14),
        "11" | "12" | "13" | "15" | "16" | "17" => fixed(2, 6),
        "20" => fixed(2, 2),
        "31" | "32" | "33" | "34" | "35" | "36" if four.len() == 4 => fixed(4, 6),
        "41" if three.len() == 3 => fixed(3, 13),
        "10" | "21" | "22" => text_up_to(2, 20),
        "30" | "37" => digits_up_to(2, 8),
        "90" => text_up_to(2, 30),
        "91" | "92" | "93" | "94" | "95" | "96" | "97" | "98" | "99" => text_up_to(2, 90),
        "39" => match four.get(..3)? {
            "390" | "392" => digits_up_to(4, 15),
            "391" | "393" => digits_up_to(4, 18),
            _ => None,
        },
        _ => match three {
            "240" | "241" | "250" | "251" | "400" | "401" | "403" => text_up_to(3, 30),
            "420" => text_up_to(3, 20),
            "421" => text_up_to(3, 12),
            "422" => rule(3, 3, true, true),
            _ if four == "7003" => rule(4, 10, true, true),
            _ if four == "8005" => rule(4, 6, true, true),
            _ => None,
        },
    }
}

/// The value, and how many bytes are passed with it. A separator after a value of fixed length is needless, but sent.
fn cut<'t>(after: &'t str, rule: &Rule, separator: &str) -> Option<(&'t str, usize)> {
    let end = match (rule.variable, separator.is_empty()) {
        (false, _) => rule.longest,
        (true, true) => after.len(),
        (true, false) => after.find(separator).unwrap_or(after.len()),
    };
    let (value, rest) = after.split_at_checked(end)?;
    let separated = !separator.is_empty() && rest.starts_with(separator);
    Some((value, end + if separated { separator.len() } else { 0 }))
}

fn check(identifier: &str, value: &str, rule: &Rule, offset: usize) -> Result<(), Fault> {
    let wrong = |expected| Err(Fault::Bytes { offset, expected, found: format!("'{value}'") });
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match () {
        () if value.is_empty() || value.len() > rule.longest => wrong("a value as long as its identifier allows"),
        () if rule.numeric && !digits => wrong("digits"),
        () if !value.bytes().all(|byte| matches!(byte, b'!'..=b'z')) => wrong("printed characters"),
        () if has_check_digit(identifier) => check_digit(value, offset),
        () if is_date(identifier) && !is_possible(value) => wrong("a date of six digits"),
        () => Ok(()),
    }
}

fn has_check_digit(identifier: &str) -> bool {
    matches!(identifier, "00" | "01" | "02" | "03") || (identifier.starts_with("41") && identifier.len() == 3)
}

/// Section 7.9: weights 3 and 1 from the right, the check digit makes the sum a multiple of ten.
fn check_digit(value: &str, offset: usize) -> Result<(), Fault> {
    let Some((last, before)) = value.as_bytes().split_last() else { return Err(short(offset)) };
    let weighted = before.iter().rev().zip([3u32, 1].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight).sum();
    let computed = (10 - sum % 10) % 10;
    if u32::from(last.wrapping_sub(b'0')) == computed {
        return Ok(());
    }
    let offset = offset.saturating_add(before.len());
    Err(Fault::Checksum { offset, found: char::from(*last).to_string(), computed: computed.to_string() })
}

fn is_date(identifier: &str) -> bool {
    matches!(identifier, "11" | "12" | "13" | "15" | "16" | "17")
}

fn is_possible(value: &str) -> bool {
    // 29 February is possible in some year only; 2000 had one.
    date(value, 2000).is_some() || (value.ends_with("0229") && value.len() == 6)
}

/// `YYMMDD`. The year is the one within 50 years of this one (section 7.12); day 00 is the last of its month.
pub fn date(text: &str, this_year: i16) -> Option<Date> {
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| text.get(from..from + 2)?.parse::<i8>().ok();
    let (years, month, day) = (i16::from(part(0)?), part(2)?, part(4)?);
    let century = this_year - this_year.rem_euclid(100);
    let year = match years - this_year.rem_euclid(100) {
        51.. => century + years - 100,
        ..=-50 => century + years + 100,
        _ => century + years,
    };
    match day {
        0 => Some(Date::new(year, month, 1).ok()?.last_of_month()),
        day => Date::new(year, month, day).ok(),
    }
}

/// A value that ends like an element of fixed length, date or number with a right check digit.
fn doubt(identifier: &str, value: &str) -> Option<Doubt> {
    let ends_with =
        |len: usize| value.len().checked_sub(len).filter(|before| *before > 0).and_then(|at| value.get(at..));
    let looks_like = [8, 16].into_iter().filter_map(ends_with).find(|end| {
        let Some((inner, value)) = end.split_at_checked(2) else { return false };
        (is_date(inner) && value.len() == 6 && is_possible(value))
            || (matches!(inner, "01" | "02")
                && value.bytes().all(|byte| byte.is_ascii_digit())
                && check_digit(value, 0).is_ok())
    })?;
    Some(Doubt { identifier: identifier.to_owned(), looks_like: looks_like.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as day;

    fn said(scan: &str) -> Vec<(String, String)> {
        read(scan, GS).unwrap().elements.into_iter().map(|e| (e.identifier, e.value)).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(identifier, value)| ((*identifier).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_reagent_label_tells_item_lot_expiry_and_serial() {
        let scan = read("]d2010950110153000317261231", GS).unwrap();
        assert_eq!((scan.gtin(), scan.expires(2026)), (Some("09501101530003"), Some(day(2026, 12, 31))));
        let scan = read("01095011015300031726123110LOT-7\x1D21A1B2\r\n", GS).unwrap();
        assert_eq!((scan.lot(), scan.serial()), (Some("LOT-7"), Some("A1B2")));
        assert!(scan.doubts.is_empty());
    }

    #[test]
    fn fixed_and_variable_elements_follow_each_other_in_any_order() {
        let elements = said("310300052539224711");
        assert_eq!(elements, pairs(&[("3103", "000525"), ("3922", "4711")]));
        let elements = said("10AB\x1D3724\x1D15270100\x1D4215551234567");
        assert_eq!(elements, pairs(&[("10", "AB"), ("37", "24"), ("15", "270100"), ("421", "5551234567")]));
    }

    #[test]
    fn a_scanner_may_send_something_else_for_the_separator() {
        for separator in [" ", "029"] {
            let scan = read(&format!("10AB{separator}21C"), separator).unwrap();
            assert_eq!((scan.lot(), scan.serial()), (Some("AB"), Some("C")), "{separator}");
        }
    }

    #[test]
    fn a_lost_separator_is_a_doubt_and_not_a_guess() {
        let scan = read("10XYZ17261231", GS).unwrap();
        assert_eq!(scan.lot(), Some("XYZ17261231"));
        assert_eq!(scan.doubts, [Doubt { identifier: "10".to_owned(), looks_like: "17261231".to_owned() }]);
    }

    #[test]
    fn a_wrong_digit_or_a_cut_scan_is_refused() {
        for scan in
            ["0109501101530004", "010950110153000", "172612", "17261331", "17XX1231", "5512", "10", "", "]C1", "10a b"]
        {
            assert!(read(scan, GS).is_err(), "{scan}");
        }
    }

    #[test]
    fn the_century_slides_with_the_present_year_and_day_nought_is_the_last() {
        for (text, this_year, expected) in [
            ("261231", 2026, Some(day(2026, 12, 31))),
            ("760101", 2026, Some(day(2076, 1, 1))),
            ("770101", 2026, Some(day(1977, 1, 1))),
            ("010101", 2080, Some(day(2101, 1, 1))),
            ("280200", 2026, Some(day(2028, 2, 29))),
            ("270229", 2026, None),
            ("2612", 2026, None),
        ] {
            assert_eq!(date(text, this_year), expected, "{text}");
        }
    }

    #[test]
    fn a_plain_code_keeps_its_text() {
        assert_eq!(symbology("]C02026-000123"), (Some(Symbology::Plain), "2026-000123"));
        assert_eq!(symbology("2026-000123"), (None, "2026-000123"));
        assert_eq!(symbology("]Q3010950110153000"), (Some(Symbology::QrCode), "010950110153000"));
    }
}
