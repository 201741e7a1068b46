//! Mettler Toledo balances that speak MT-SICS, the maker's standard interface command set.
//! Answers as the reference manual describes them (levels 0 and 1).
//!
//! We only listen: the balance answers to its own Print key with `S S`, and to whatever else is on its line.

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "mt-sics",
    maker: "Mettler Toledo",
    models: &["XS", "XP", "MS", "ML", "ME", "ICS", "IND"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Document,
    tested_against: "12 published answers",
    serial: Serial::new(9600),
    link: || Box::new(Line::grouped(more_follow)),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let tells = |line: &&str| matches!(weight(&tokens(line)), Some((_, Some(_)))) || is_answer(line);
    let may_stand_there =
        |line: &&str| weight(&tokens(line)).is_some() || matches!(tokens(line).as_slice(), [_, "I" | "L" | "A"]);
    lines.iter().any(tells) && lines.iter().all(|line| tells(line) || may_stand_there(line))
}

/// `I4 A "0123456789"`: a command of inquiry and a quoted text.
fn is_answer(line: &str) -> bool {
    let words = tokens(line);
    matches!(words.as_slice(), [command, status, ..]
        if command.starts_with('I') && command.len() <= 3 && matches!(*status, "A" | "B"))
        && line.contains('"')
}

/// `B`: more lines of the same answer follow; `A`: the last one.
fn more_follow(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    words.next().is_some_and(|command| command.first() == Some(&b'I')) && words.next() == Some(b"B")
}

/// Words between blanks; a quoted text is one word, without its quotation marks.
fn tokens(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// What a weighing answer says: a flag or none, and value and unit where there are any.
type Weighed<'a> = (Option<String>, Option<(&'a str, &'a str)>);

fn weight<'a>(words: &[&'a str]) -> Option<Weighed<'a>> {
    Some(match words {
        ["S", "S", "Error", code, ..] => (Some(format!("Error {code}")), None),
        ["S", "S", value, unit, ..] if number(value).is_some() => (None, Some((*value, *unit))),
        ["S", "D", value, unit, ..] if number(value).is_some() => (Some("moving".to_owned()), Some((*value, *unit))),
        ["S", "+"] => (Some("overload".to_owned()), None),
        ["S", "-"] => (Some("underload".to_owned()), None),
        _ => return None,
    })
}

/// A plain decimal number.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    if plain { text.parse().ok() } else { None }
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let text = std::str::from_utf8(&message.bytes)
        .map_err(|error| Fault::NotText { offset: error.valid_up_to(), encoding: "ASCII" })?;
    let mut decoded = Decoded { encoding: Some("utf-8"), ..Decoded::default() };
    decoded.instrument.vendor = Some("Mettler Toledo".to_owned());
    let mut at = 0;
    for (index, row) in text.split_inclusive('\n').enumerate() {
        let span = at..at + row.trim_end().len();
        at += row.len();
        let words = tokens(row);
        match words.as_slice() {
            [] => {}
            ["ES" | "ET" | "EL", ..] => decoded.warnings.push(format!("the balance refused a command: {}", row.trim())),
            // Not executable, wrong parameter, or done: about a command, not about a weight.
            [_, "I" | "L" | "A"] | [_] | ["Z" | "ZI" | "T" | "TI", "+" | "-" | "S" | "D", ..] => {
                decoded.warnings.push(format!("no weight: {}", row.trim()));
            }
            [command, "A" | "B", told @ ..] => identity(&mut decoded, command, told),
            words => {
                let (flag, said) = weight(words).ok_or_else(|| Fault::Line {
                    line: index + 1,
                    expected: "an MT-SICS answer",
                    found: row.trim().to_owned(),
                })?;
                decoded.readings.push(Reading {
                    result: said.map(|(value, _)| value.into()),
                    number: said.and_then(|(value, _)| number(value)),
                    unit: said.map(|(_, unit)| unit.into()),
                    flags: flag.into_iter().collect(),
                    span,
                    ..Reading::default()
                });
            }
        }
    }
    Ok(decoded)
}

/// I2: model, I3: software, I4: serial number. The others say what the balance can, which concerns nobody here.
fn identity(decoded: &mut Decoded, command: &str, told: &[&str]) {
    let Instrument { model, serial_number, software, .. } = &mut decoded.instrument;
    let place = match command {
        "I2" => model,
        "I3" => software,
        "I4" => serial_number,
        _ => return decoded.warnings.push(format!("no weight: {command} {}", told.join(" "))),
    };
    *place = told.first().map(|text| (*text).to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Decoded {
        parse(&Message::plain(line.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn a_stable_weight_is_kept_as_shown() {
        for (line, result, unit) in [
            ("S S     100.00 g\r\n", "100.00", "g"),
            ("S S      -0.0120 g\r\n", "-0.0120", "g"),
            ("S S       1.5 kg extra\r\n", "1.5", "kg"),
        ] {
            let reading = said(line).readings.remove(0);
            assert_eq!((reading.result.as_deref(), reading.unit.as_deref()), (Some(result), Some(unit)));
            assert!(reading.flags.is_empty());
        }
    }

    #[test]
    fn a_moving_weight_is_marked() {
        assert_eq!(said("S D     129.07 g\r\n").readings[0].flags, ["moving"]);
    }

    #[test]
    fn a_refusal_is_no_weight() {
        for (line, flag) in [("S +\r\n", "overload"), ("S -\r\n", "underload"), ("S S Error 10b\r\n", "Error 10b")] {
            let reading = said(line).readings.remove(0);
            assert_eq!((reading.result, reading.number, reading.unit), (None, None, None));
            assert_eq!(reading.flags, [flag]);
        }
        for line in ["S I\r\n", "S L\r\n", "Z A\r\n", "Z +\r\n", "ES\r\n"] {
            let decoded = said(line);
            assert_eq!((decoded.readings.len(), decoded.warnings.len()), (0, 1), "{line}");
        }
    }

    #[test]
    fn a_quoted_text_keeps_its_blanks() {
        assert_eq!(said("I2 A \"ICS469 OU 60.18 kg\"\r\n").instrument.model.as_deref(), Some("ICS469 OU 60.18 kg"));
        assert_eq!(said("I4 A \"1234567\"\r\n").instrument.serial_number.as_deref(), Some("1234567"));
    }

    #[test]
    fn an_answer_of_several_lines_is_one_message() {
        use crate::contract::Link;
        let mut link = Line::grouped(more_follow);
        assert!(link.feed(b"I0 B 0 \"I0\"\r\nI0 B 1 \"D\"\r\n").is_empty());
        assert_eq!(link.feed(b"I0 A 0 \"@\"\r\n").len(), 1);
    }

    #[test]
    fn a_capture_of_weights_is_known_and_other_text_is_not() {
        assert!(recognises(b"S S     100.00 g\r\nS +\r\nS I\r\n"));
        for text in [&b"S I\r\n"[..], b"S S 100.00 g\r\nSAMPLE 12\r\n", b"", b"sample,result\r\n"] {
            assert!(!recognises(text));
        }
    }

    #[test]
    fn a_line_that_is_no_answer_is_a_fault() {
        let fault = parse(&Message::plain(b"hello world and more\r\n".to_vec(), 0)).unwrap_err();
        assert!(matches!(fault, Fault::Line { line: 1, .. }));
    }
}
