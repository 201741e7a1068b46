//! A&D balances and T-Scale scales: `ST,GS,   245.6 g`. Stable or not, then gross, net or tare where the scale knows
//! them, then the weight; one maker prints two layouts. Truth: recordings of two T-Scale scales; the heads `OL` and
//! `QT` from A&D's manuals.

use crate::contract::{Direction, Profile, Proof, Reading, Serial, Transport};
use crate::format::printed;
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "and-print",
    maker: "A&D, T-Scale",
    models: &["A&D FX", "A&D GX", "A&D EK", "T-Scale NHB", "T-Scale QHW"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "recordings of two T-Scale scales, 1,238 lines",
    serial: Serial::new(9600),
    link: || Box::new(Line::single()),
    parse: |message| printed::read(message, "a line that begins with ST, US, OL or QT", weight),
    recognises: |bytes| printed::recognises(bytes, weight),
};

fn weight(line: &str) -> Option<Reading> {
    let (head, rest) = line.trim_start().split_once(',')?;
    let state = match head {
        "ST" => None,
        "US" => Some("moving"),
        "OL" => return overload(rest),
        "QT" => Some("count"),
        _ => return None,
    };
    let (mode, rest) = mode(rest);
    let (result, unit) = printed::amount(rest)?;
    let flags: Vec<&str> = state.into_iter().chain(mode).collect();
    Some(printed::value(result, Some(unit), &flags))
}

/// What stands in the place of the weight is the largest number the display can show.
fn overload(rest: &str) -> Option<Reading> {
    let printable = rest.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    printable.then(|| printed::refusal("overload"))
}

fn mode(rest: &str) -> (Option<&'static str>, &str) {
    for (word, flag) in [("GS", "gross"), ("NT", "net"), ("TR", "tare")] {
        if let Some(after) = rest.strip_prefix(word) {
            return (Some(flag), after.strip_prefix(',').unwrap_or(after));
        }
    }
    (None, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_of_one_maker_are_read() {
        for (line, result, unit, flags) in [
            ("ST,GS,   251.4 g", "251.4", "g", &["gross"][..]),
            ("ST,GS    21.3g  ", "21.3", "g", &["gross"]),
            ("US,NT,-   1.25kg", "-1.25", "kg", &["moving", "net"]),
            ("ST,+00123.45  g", "+00123.45", "g", &[]),
            ("QT,+00000012 PC", "+00000012", "PC", &["count"]),
        ] {
            let reading = weight(line).unwrap();
            assert_eq!((reading.result.as_deref(), reading.unit.as_deref()), (Some(result), Some(unit)), "{line}");
            assert_eq!(reading.flags, flags, "{line}");
        }
    }

    #[test]
    fn an_overload_is_no_weight() {
        let reading = weight("OL,+9999999E+19").unwrap();
        assert_eq!((reading.result, reading.number, reading.flags), (None, None, vec!["overload".to_owned()]));
    }

    #[test]
    fn a_torn_or_foreign_line_is_none() {
        for line in ["S    20.7g  ", "T,GS,   245.6 g", "ST,GS,   ", "ST,GS,   2 45.6 g", "XX,GS,  1 g"] {
            assert_eq!(weight(line), None, "{line}");
        }
    }
}
