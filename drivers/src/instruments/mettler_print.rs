//! Mettler Toledo balances with the print format instead of commands: every press of the Print key sends one line of 24
//! characters and CR LF: a tag of 6 (`N` net, `B` gross, `T` tare), the weight in 13, a blank, the unit in 4.
//! Truth: a recording of an MS204TS.

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::printed;
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "mettler-print",
    maker: "Mettler Toledo",
    models: &["MS204TS", "MS", "ML"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "7 print lines of an MS204TS, twice",
    serial: Serial::new(9600),
    link: || Box::new(Line::single()),
    parse,
    recognises: |bytes| printed::recognises(bytes, weight),
};

const WIDTH: usize = 24;

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let mut decoded = printed::read(message, "a print line of 24 characters", weight)?;
    decoded.instrument.vendor = Some("Mettler Toledo".to_owned());
    Ok(decoded)
}

/// A terminal program that writes its log as text puts two points in the place of CR and LF.
fn weight(line: &str) -> Option<Reading> {
    let line = if line.len() > WIDTH { line.strip_suffix("..")? } else { line };
    if line.len() != WIDTH {
        return None;
    }
    let (tag, rest) = line.split_at_checked(6)?;
    let (number, unit) = rest.split_at_checked(13)?;
    let flag = match tag.trim_start() {
        "N" => "net",
        "B" | "G" => "gross",
        "T" | "PT" => "tare",
        _ => return None,
    };
    let unit = unit.strip_prefix(' ')?.trim_end();
    printed::is_unit(unit).then_some(())?;
    Some(printed::value(printed::signed(number)?, Some(unit), &[flag]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_line_is_a_net_weight() {
        let reading = weight("     N     -12.0100 mg  ").unwrap();
        assert_eq!(reading.result.as_deref(), Some("-12.0100"));
        assert_eq!((reading.unit.as_deref(), reading.flags.as_slice()), (Some("mg"), &["net".to_owned()][..]));
    }

    #[test]
    fn a_line_of_another_width_or_tag_is_none() {
        for line in ["     N      -12.0100 mg  ", "     X     -12.0100 mg  ", "     N               mg  ", ""] {
            assert_eq!(weight(line), None, "{line}");
        }
    }
}
