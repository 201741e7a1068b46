//! Verified scales that print the digit beyond the verified resolution behind a stroke: `+012.34/5 G S` is 12.345.
//! Truth: a recording whose maker is not known.
//!
//! What the two letters mean is not published with it (gram and stable, or gross and stable): they are kept as flags,
//! and no unit is invented. A last letter other than `S` is taken for a weight that moves.

use crate::contract::{Direction, Profile, Proof, Reading, Serial, Transport};
use crate::format::printed;
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "scale-verification-digit",
    maker: "various",
    models: &["scales with a verification digit"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a recording of 8 lines, maker unknown",
    serial: Serial::new(9600),
    link: || Box::new(Line::single()),
    parse: |message| printed::read(message, "a weight with a digit after a stroke", weight),
    recognises: |bytes| printed::recognises(bytes, weight),
};

fn weight(line: &str) -> Option<Reading> {
    let (verified, rest) = line.split_once('/')?;
    verified.starts_with(['+', '-']).then_some(())?;
    let mut words = rest.split(' ');
    let digit = words.next().filter(|digit| digit.len() == 1 && digit.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (first, last) = (words.next()?, words.next()?);
    let letter = |word: &str| word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    if words.any(|word| !word.is_empty()) || !letter(first) || !letter(last) || !verified.contains('.') {
        return None;
    }
    let result = printed::signed(&format!("{verified}{digit}"))?;
    let moving = (last != "S").then_some("moving");
    let flags: Vec<&str> = moving.into_iter().chain(["last digit not verified", first, last]).collect();
    Some(printed::value(result, None, &flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digit_after_the_stroke_is_the_last_one() {
        let reading = weight("+012.34/5 G S").unwrap();
        assert_eq!((reading.result.as_deref(), reading.number), (Some("+012.345"), Some(12.345)));
        assert_eq!(
            (reading.unit, reading.flags),
            (None, vec!["last digit not verified".into(), "G".into(), "S".into()])
        );
        assert_eq!(weight("-000.34/5 G U").unwrap().flags.first().map(String::as_str), Some("moving"));
    }

    #[test]
    fn a_line_without_the_stroke_is_none() {
        for line in ["+012.345 G S", "012.34/5 G S", "+012.34/55 G S", "+012.34/5 G", "+1/2 a b", "+012/3 G S"] {
            assert_eq!(weight(line), None, "{line}");
        }
    }
}
