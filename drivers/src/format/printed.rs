//! Lines that balances and meters print: one line, one value. How a line is laid out is each driver's own affair; what
//! the makers share is here.

use super::numbers;
use crate::contract::{Decoded, Fault, Message, Reading};

/// How much of a capture is looked at before it is recognised.
const HEAD: usize = 4096;

/// What one line says, or `None` if it is none of this instrument's lines.
pub type Grammar = fn(&str) -> Option<Reading>;

/// The one line of a message as `grammar` reads it. Bytes before it that do not print are passed over: a plug put in
/// or a port opened sends some, and they stay on the wire.
pub fn read(message: &Message, expected: &'static str, grammar: Grammar) -> Result<Decoded, Fault> {
    let (start, said) = line(&message.bytes);
    let text = std::str::from_utf8(said)
        .map_err(|error| Fault::NotText { offset: start.saturating_add(error.valid_up_to()), encoding: "ASCII" })?;
    let reading = grammar(text).ok_or_else(|| Fault::Line { line: 1, expected, found: text.trim().to_owned() })?;
    let span = start..start.saturating_add(said.trim_ascii_end().len());
    Ok(Decoded { encoding: Some("utf-8"), readings: vec![Reading { span, ..reading }], ..Decoded::default() })
}

/// Whether every whole line is one that `grammar` reads. The first may be torn, the last is not looked at.
pub fn recognises(bytes: &[u8], grammar: Grammar) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let Some(end) = head.iter().rposition(|byte| *byte == b'\n') else { return false };
    let whole = head.get(..end).unwrap_or_default();
    let lines = whole.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let read = |row: &[u8]| std::str::from_utf8(line(row).1).is_ok_and(|text| grammar(text).is_some());
    let mut understood = 0usize;
    for (at, row) in lines.enumerate() {
        match read(row) {
            true => understood += 1,
            false if at == 0 => {}
            false => return false,
        }
    }
    understood > 0
}

/// Where the printable text begins, and the text without its line end.
fn line(bytes: &[u8]) -> (usize, &[u8]) {
    let start = bytes.iter().take_while(|byte| !matches!(**byte, b' '..=b'~')).count();
    let mut said = bytes.get(start..).unwrap_or_default();
    while let [rest @ .., b'\r' | b'\n'] = said {
        said = rest;
    }
    (start, said)
}

/// A number as displays print it, with blanks between sign and digits: `-  3.456` is `-3.456`. A plus stays.
pub fn signed(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.get(..1)?, digits.trim_start()),
        None => ("", text),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (plain && numbers::number(digits).is_some()).then(|| format!("{sign}{digits}"))
}

/// A number and a unit of letters behind it, with or without blanks between: `   245.6 g`, `    20.7g  `.
pub fn amount(text: &str) -> Option<(String, &str)> {
    let text = text.trim();
    let end = text.rfind(|c: char| c.is_ascii_digit() || c == '.')?;
    let (number, unit) = text.split_at_checked(end.saturating_add(1))?;
    let unit = unit.trim();
    is_unit(unit).then_some(())?;
    Some((signed(number)?, unit))
}

/// A word a balance may print as a unit.
pub fn is_unit(word: &str) -> bool {
    (1..=6).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'%')
}

/// A value that was read, with what was printed beside it.
pub fn value(result: String, unit: Option<&str>, flags: &[&str]) -> Reading {
    Reading {
        number: numbers::number(&result),
        result: Some(result.into()),
        unit: unit.map(Into::into),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        ..Reading::default()
    }
}

/// What a display shows in the place of a value: never a number.
pub fn refusal(flag: &str) -> Reading {
    Reading { flags: vec![flag.to_owned()], ..Reading::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grammar(line: &str) -> Option<Reading> {
        let (result, unit) = amount(line)?;
        Some(value(result, Some(unit), &[]))
    }

    #[test]
    fn a_sign_apart_from_its_digits_stays_a_sign() {
        for (text, expected) in [
            ("-  3.456", Some("-3.456")),
            ("+12.30", Some("+12.30")),
            ("  0.010", Some("0.010")),
            ("1 2.3", None),
            ("1.2.3", None),
            ("-", None),
            ("--5", None),
            ("1e5", None),
        ] {
            assert_eq!(signed(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_unit_may_stick_to_its_number() {
        assert_eq!(amount("    20.7g  "), Some(("20.7".to_owned(), "g")));
        assert_eq!(amount("   245.6 g"), Some(("245.6".to_owned(), "g")));
        assert_eq!(amount("245.6"), None);
        assert_eq!(amount("g"), None);
    }

    #[test]
    fn noise_before_a_line_costs_only_the_noise() {
        let decoded = read(&Message::plain(b"\x00\x7F\xFF 1.5 g\r\n".to_vec(), 0), "a weight", grammar).unwrap();
        let reading = decoded.readings.first().unwrap();
        assert_eq!((reading.result.as_deref(), reading.span.clone()), (Some("1.5"), 3..9));
    }

    #[test]
    fn a_capture_may_begin_and_end_in_the_middle_of_a_line() {
        assert!(recognises(b"5 x g\r\n 1.5 g\r\n 1.6 g\r\n 1.", grammar));
        assert!(!recognises(b" 1.5 g\r\nhello\r\n", grammar));
        assert!(!recognises(b"hello\r\n", grammar));
        assert!(!recognises(b" 1.5 g", grammar));
    }
}
