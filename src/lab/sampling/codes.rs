//! The codes on labels: a sample's accession number, its blind code, and its containers.
//!
//! Every code ends its body with a check character after the pure systems of ISO 7064:2003, with modulus 31 and radix 3:
//! 31 is prime and 3 a primitive root of it, so every single wrong character and every swap of two characters is found,
//! and the check character stays within the alphabet. The alphabet has no I, L, O, S or U, which are read as 1, 0 and 5.

use std::fmt;
use std::str::FromStr;

use crate::lab::words::names;

const ALPHABET: &[u8; MODULUS as usize] = b"0123456789ABCDEFGHJKMNPQRTVWXYZ";
const MODULUS: u32 = 31;
const RADIX: u32 = 3;
const PREFIX: &str = "QK";
/// Five digits a year: more samples than a county station takes in ten.
const LAST_NUMBER: u32 = 99_999;
const BLIND_LENGTH: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("expected {expected}, found '{found}'")]
    Shape { expected: &'static str, found: String },
    #[error("'{0}': the check character is wrong, one character was misread or two were swapped")]
    Check(String),
    #[error("expected a year from 2000 to 2099, found {0}")]
    Year(i16),
    #[error("the numbers of this year are used up")]
    Full,
}

/// `QK2600123-7`: the year's 123rd sample of 2026. Numbers run without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleCode {
    /// Within the century.
    year: u8,
    number: u32,
}

impl SampleCode {
    /// The code that follows `last`, the newest code of all; a new year begins at 1.
    pub fn next(last: Option<Self>, year: i16) -> Result<Self, Fault> {
        let year = year
            .checked_sub(2000)
            .and_then(|year| u8::try_from(year).ok())
            .filter(|year| *year < 100)
            .ok_or(Fault::Year(year))?;
        let number = last.filter(|last| last.year == year).map_or(0, |last| last.number);
        if number >= LAST_NUMBER { Err(Fault::Full) } else { Ok(Self { year, number: number + 1 }) }
    }

    pub fn year(self) -> i16 {
        2000 + i16::from(self.year)
    }

    pub fn number(self) -> u32 {
        self.number
    }

    fn body(self) -> String {
        format!("{PREFIX}{:02}{:05}", self.year, self.number)
    }

    fn from_plain(plain: &str, found: &str) -> Result<Self, Fault> {
        let shape = || Fault::Shape { expected: "a sample code like QK2600123-7", found: found.to_owned() };
        let body = checked(plain, found)?;
        let digits = body.strip_prefix(PREFIX).filter(|digits| digits.len() == 7).ok_or_else(shape)?;
        let (year, number) = digits.split_at_checked(2).ok_or_else(shape)?;
        let (year, number) = (year.parse().map_err(|_| shape())?, number.parse().map_err(|_| shape())?);
        if number == 0 { Err(shape()) } else { Ok(Self { year, number }) }
    }
}

impl fmt::Display for SampleCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body();
        write!(f, "{body}-{}", check(&body))
    }
}

impl FromStr for SampleCode {
    type Err = Fault;

    /// Reads what a scanner or a hand gives: any case, blanks and hyphens anywhere.
    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::from_plain(&plain(text), text)
    }
}

/// `7KM4P-X`: what the bench sees instead of the sample's number, so that nobody knows whose sample it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindCode(String);

impl BlindCode {
    /// From random bytes; whether the code is free the caller asks.
    pub fn from_random(bytes: [u8; 8]) -> Self {
        let mut rest = u64::from_be_bytes(bytes);
        let mut body = String::with_capacity(BLIND_LENGTH);
        for _ in 0..BLIND_LENGTH {
            body.push(letter(u32::try_from(rest % u64::from(MODULUS)).unwrap_or(0)));
            rest /= u64::from(MODULUS);
        }
        Self(body)
    }
}

impl fmt::Display for BlindCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, check(&self.0))
    }
}

impl FromStr for BlindCode {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let plain = plain(text);
        let body = checked(&plain, text)?;
        if body.len() == BLIND_LENGTH {
            Ok(Self(body.to_owned()))
        } else {
            Err(Fault::Shape { expected: "a blind code like 7KM4P-X", found: text.to_owned() })
        }
    }
}

names! {
    /// What a container holds.
    Content {
        Main => "M",
        /// 备样, kept sealed for a re-test.
        Reserve => "R",
    }
}

/// `QK2600123-7-M1`, an aliquot of it `QK2600123-7-M1-A2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerCode {
    pub sample: SampleCode,
    pub content: Content,
    /// From 1.
    pub number: u16,
    /// Divisions down from the container, each from 1.
    pub aliquots: Vec<u16>,
}

impl ContainerCode {
    pub fn new(sample: SampleCode, content: Content, number: u16) -> Self {
        Self { sample, content, number, aliquots: Vec::new() }
    }

    pub fn aliquot(&self, number: u16) -> Self {
        let mut aliquots = self.aliquots.clone();
        aliquots.push(number);
        Self { aliquots, ..self.clone() }
    }

    /// The container an aliquot was taken from; a container as it came has none.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.aliquots.split_last()?;
        Some(Self { aliquots: rest.to_vec(), ..self.clone() })
    }
}

impl fmt::Display for ContainerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}{}", self.sample, self.content, self.number)?;
        self.aliquots.iter().try_for_each(|number| write!(f, "-A{number}"))
    }
}

impl FromStr for ContainerCode {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let shape = || Fault::Shape { expected: "a container code like QK2600123-7-M1", found: text.to_owned() };
        let plain = plain(text);
        let (sample, container) = plain.split_at_checked(SAMPLE_LENGTH).ok_or_else(shape)?;
        let mut parts = container.split('A');
        let (content, number) = parts.next().and_then(|first| first.split_at_checked(1)).ok_or_else(shape)?;
        let count = |digits: &str| match digits.parse::<u16>() {
            Ok(number) if number > 0 && number.to_string() == digits => Ok(number),
            _ => Err(shape()),
        };
        Ok(Self {
            sample: SampleCode::from_plain(sample, text)?,
            content: content.parse().map_err(|_| shape())?,
            number: count(number)?,
            aliquots: parts.map(count).collect::<Result<_, _>>()?,
        })
    }
}

/// Prefix, year, number and check character.
const SAMPLE_LENGTH: usize = 10;

/// A code as scanned or typed, without blanks and hyphens, in capitals of the alphabet.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|one| !one.is_whitespace() && !matches!(one, '-' | '‐' | '－'));
    kept.flat_map(char::to_uppercase)
        .map(|one| match one {
            'O' => '0',
            'I' | 'L' => '1',
            'S' => '5',
            other => other,
        })
        .collect()
}

/// The body of a code whose last character checks it.
fn checked<'a>(plain: &'a str, found: &str) -> Result<&'a str, Fault> {
    let shape = || Fault::Shape { expected: "capital letters and digits", found: found.to_owned() };
    if plain.is_empty() || plain.bytes().any(|byte| value(byte).is_none()) {
        return Err(shape());
    }
    let (body, last) = plain.split_at_checked(plain.len() - 1).ok_or_else(shape)?;
    if last.chars().eq([check(body)]) { Ok(body) } else { Err(Fault::Check(found.to_owned())) }
}

/// The character that makes the weighted sum 1: the weights are 1 for itself, then 3, 9, … to the left.
fn check(body: &str) -> char {
    let sum = body.bytes().fold(0, |sum, byte| (sum + value(byte).unwrap_or(0)) * RADIX % MODULUS);
    letter((MODULUS + 1 - sum) % MODULUS)
}

fn value(byte: u8) -> Option<u32> {
    ALPHABET.iter().position(|one| *one == byte).and_then(|place| u32::try_from(place).ok())
}

fn letter(value: u32) -> char {
    usize::try_from(value).ok().and_then(|place| ALPHABET.get(place)).map_or('0', |byte| char::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(year: u8, number: u32) -> SampleCode {
        SampleCode { year, number }
    }

    #[test]
    fn numbers_run_without_gaps_and_begin_anew_each_year() {
        let first = SampleCode::next(None, 2026).unwrap();
        assert_eq!((first.year(), first.number()), (2026, 1));
        assert_eq!(SampleCode::next(Some(first), 2026).unwrap().number(), 2);
        assert_eq!(SampleCode::next(Some(sample(26, 500)), 2027).unwrap().number(), 1);
        assert_eq!(SampleCode::next(Some(sample(26, LAST_NUMBER)), 2026), Err(Fault::Full));
        for year in [1999, 2100, i16::MIN] {
            assert_eq!(SampleCode::next(None, year), Err(Fault::Year(year)));
        }
    }

    #[test]
    fn a_scanned_code_may_come_in_any_case_with_blanks() {
        let code = sample(26, 123);
        let text = code.to_string();
        assert!(text.starts_with("QK2600123-"), "{text}");
        for scanned in [
            text.clone(),
            text.to_lowercase(),
            format!(" {text}\r\n"),
            text.replace('-', ""),
            text.replace("00", "Oo "),
        ] {
            assert_eq!(scanned.parse(), Ok(code), "{scanned:?}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused_with_what_was_expected() {
        for text in ["", "-", "QK", "样品", "QK26", "QK2600123", "XX2600123-7", "7KM4P"] {
            assert!(text.parse::<SampleCode>().is_err(), "{text:?}");
        }
        // No number 0, though its check character may be right.
        let zero = format!("QK2600000-{}", check("QK2600000"));
        assert!(matches!(zero.parse::<SampleCode>(), Err(Fault::Shape { .. })));
        assert!(sample(26, 1).to_string().parse::<BlindCode>().is_err());
    }

    #[test]
    fn an_aliquot_knows_the_container_it_came_from() {
        let main = ContainerCode::new(sample(26, 123), Content::Main, 1);
        let aliquot = main.aliquot(2);
        assert_eq!(aliquot.to_string(), format!("{}-M1-A2", main.sample));
        assert_eq!(aliquot.parent(), Some(main.clone()));
        assert_eq!(main.parent(), None);
        assert_eq!(aliquot.aliquot(12).parent(), Some(aliquot));
    }

    #[test]
    fn a_container_s_code_reads_back() {
        let reserve = ContainerCode::new(sample(26, 7), Content::Reserve, 12);
        for code in [reserve.clone(), reserve.aliquot(3), reserve.aliquot(3).aliquot(10)] {
            assert_eq!(code.to_string().parse(), Ok(code.clone()));
            assert_eq!(code.to_string().to_lowercase().parse(), Ok(code));
        }
        let sample = sample(26, 7);
        for text in ["", "M", "M0", "X1", "M1A", "M01", "M1-A0", "M99999", "M1B2"] {
            assert!(format!("{sample}-{text}").parse::<ContainerCode>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_blind_code_shows_nothing_of_the_sample() {
        let code = BlindCode::from_random([1, 2, 3, 4, 5, 6, 7, 8]);
        let text = code.to_string();
        assert_eq!(text.len(), 7, "{text}");
        assert_eq!(text.to_lowercase().parse(), Ok(code));
        assert!(!text.contains(['I', 'L', 'O', 'S', 'U']));
    }

    proptest! {
        #[test]
        fn every_wrong_character_is_found(year in 0_u8..100, number in 1..=LAST_NUMBER, at in 0_usize..10, with in 0_usize..31) {
            let code = plain(&sample(year, number).to_string());
            let mut wrong: Vec<u8> = code.clone().into_bytes();
            wrong[at] = ALPHABET[with];
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(checked(&wrong, "").is_ok(), wrong == code);
        }

        #[test]
        fn every_swap_of_two_characters_is_found(year in 0_u8..100, number in 1..=LAST_NUMBER, one in 0_usize..10, two in 0_usize..10) {
            let code = plain(&sample(year, number).to_string());
            let mut wrong: Vec<u8> = code.clone().into_bytes();
            wrong.swap(one, two);
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(checked(&wrong, "").is_ok(), wrong == code);
        }

        #[test]
        fn every_blind_code_reads_back(bytes: [u8; 8]) {
            let code = BlindCode::from_random(bytes);
            prop_assert_eq!(code.to_string().parse(), Ok(code));
        }

        #[test]
        fn no_text_makes_a_code_panic(text in ".{0,20}") {
            let _ = (text.parse::<SampleCode>(), text.parse::<BlindCode>(), text.parse::<ContainerCode>());
        }
    }
}
