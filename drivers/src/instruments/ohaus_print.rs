//! Ohaus Defender scales: print lines of 16 characters, `   0.360 kg    G`: the weight in 8, a blank, the unit, then `?`
//! while the weight moves, and gross or net as the last letter. Truth: a recording of a Defender 3000.

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::printed;
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "ohaus-print",
    maker: "Ohaus",
    models: &["Defender 3000"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a recording of a Defender 3000, 454 lines",
    serial: Serial::new(9600),
    link: || Box::new(Line::single()),
    parse,
    recognises: |bytes| printed::recognises(bytes, weight),
};

const WIDTH: usize = 16;

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let mut decoded = printed::read(message, "a print line of 16 characters", weight)?;
    decoded.instrument.vendor = Some("Ohaus".to_owned());
    Ok(decoded)
}

fn weight(line: &str) -> Option<Reading> {
    if line.len() != WIDTH {
        return None;
    }
    let (number, rest) = line.split_at_checked(8)?;
    let rest = rest.strip_prefix(' ')?;
    let (flag, rest) = match (rest.strip_suffix('G'), rest.strip_suffix('N'), rest.strip_suffix('T')) {
        (Some(rest), ..) => ("gross", rest),
        (_, Some(rest), _) => ("net", rest),
        (.., Some(rest)) => ("tare", rest),
        _ => return None,
    };
    let (unit, moving) = match rest.trim_end().strip_suffix('?') {
        Some(unit) => (unit.trim_end(), true),
        None => (rest.trim_end(), false),
    };
    printed::is_unit(unit).then_some(())?;
    let flags: Vec<&str> = moving.then_some("moving").into_iter().chain([flag]).collect();
    Some(printed::value(printed::signed(number)?, Some(unit), &flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_says_that_the_weight_moves() {
        for (line, result, flags) in [
            ("   2.415 kg    G", "2.415", &["gross"][..]),
            ("-  2.415 kg    N", "-2.415", &["net"]),
            ("   2.415 kg   ?G", "2.415", &["moving", "gross"]),
        ] {
            let reading = weight(line).unwrap();
            assert_eq!((reading.result.as_deref(), reading.unit.as_deref()), (Some(result), Some("kg")), "{line}");
            assert_eq!(reading.flags, flags, "{line}");
        }
    }

    #[test]
    fn a_torn_line_is_no_weight() {
        for line in ["   G", "  2.415 kg    G", "   2.415 kg     ", "           kg   G", "   2.415        G"] {
            assert_eq!(weight(line), None, "{line}");
        }
    }
}
