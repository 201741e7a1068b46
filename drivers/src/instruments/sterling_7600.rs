//! Sterling Scale 7600 counting scale: answers `Gross   0.010 lb`, `Net`, `Tare` or `Count  15 Pieces`, with the
//! command that was sent to it echoed before them, of which bytes may be lost. Truth: lines in a public driver's tests.

use crate::contract::{Direction, Profile, Proof, Reading, Serial, Transport};
use crate::format::printed;
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "sterling-7600",
    maker: "Sterling Scale",
    models: &["7600"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Document,
    tested_against: "5 published lines",
    serial: Serial::new(9600),
    link: || Box::new(Line::single()),
    parse: |message| printed::read(message, "Gross, Net, Tare or Count and a value", weight),
    recognises: |bytes| printed::recognises(bytes, weight),
};

/// Longest command of the scale.
const ECHO: usize = 4;

fn weight(line: &str) -> Option<Reading> {
    for (word, flag) in [("Count", "count"), ("Gross", "gross"), ("Net", "net"), ("Tare", "tare")] {
        let Some((echo, rest)) = line.split_once(word) else { continue };
        let is_echo = echo.len() <= ECHO && echo.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_echo && rest.starts_with(' ') {
            let (result, unit) = printed::amount(rest)?;
            return Some(printed::value(result, Some(unit), &[flag]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_the_echoed_command_does_not_matter() {
        for line in ["SGWGross   1.250 kg", "WGross   1.250 kg", "Gross   1.250 kg"] {
            let reading = weight(line).unwrap();
            assert_eq!((reading.result.as_deref(), reading.unit.as_deref()), (Some("1.250"), Some("kg")), "{line}");
            assert_eq!(reading.flags, ["gross"], "{line}");
        }
        assert_eq!(weight("SCOCount      7 Pieces").unwrap().unit.as_deref(), Some("Pieces"));
    }

    #[test]
    fn other_words_are_none() {
        for line in ["gross 1.0 kg", "the Net 1.0 kg", "Net", "Net  kg", "Network 1 kg", "SGW"] {
            assert_eq!(weight(line), None, "{line}");
        }
    }
}
