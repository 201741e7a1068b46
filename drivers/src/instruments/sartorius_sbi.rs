//! Sartorius balances with the SBI interface: print lines of 14 characters and CR LF (the manual counts 16), or of 20
//! with a tag of 6 before them (22). Layout as the SBI chapter of the balances' manuals and public drivers have it.
//!
//! A weight without a unit is not yet stable. A digit in brackets is beyond the verified resolution.

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::printed;
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "sartorius-sbi",
    maker: "Sartorius",
    models: &["Entris", "Quintix", "Secura", "BCE", "CPA"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Document,
    tested_against: "11 published print lines",
    serial: Serial { baud: 9600, data_bits: 8, parity: 'O', stop_bits: 1 },
    link: || Box::new(Line::single()),
    parse,
    recognises: |bytes| printed::recognises(bytes, of_full_width),
};

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let mut decoded = printed::read(message, "an SBI print line", weight)?;
    decoded.instrument.vendor = Some("Sartorius".to_owned());
    Ok(decoded)
}

/// Other makers print numbers and units too: without a command to go by, only the exact width tells.
fn of_full_width(line: &str) -> Option<Reading> {
    matches!(line.len(), 14 | 20).then(|| weight(line)).flatten()
}

fn weight(line: &str) -> Option<Reading> {
    if let Some(message) = display(line.trim()) {
        return Some(message);
    }
    let (tag, body) = match line.len() {
        17..=22 => line.split_at_checked(6)?,
        13..=16 => ("", line),
        _ => return None,
    };
    if let Some(message) = display(body.trim()) {
        return Some(message);
    }
    // Older balances print a character less or more; then only a sign in front shows that the front is not torn off.
    let full = if body.contains('[') { 15 } else { 14 };
    (body.starts_with(['+', '-']) || (body.starts_with(' ') && body.len() == full)).then_some(())?;
    let tag = tag.trim();
    let known = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
    let (body, unverified) = verified(body);
    let (result, unit) = match printed::amount(&body) {
        Some((result, unit)) => (result, Some(unit.to_owned())),
        None => (printed::signed(&body)?, None),
    };
    let mut flags = Vec::new();
    flags.extend(unit.is_none().then_some("moving"));
    flags.extend(unverified.then_some("last digit not verified"));
    flags.extend((!tag.is_empty()).then_some(if tag == "N" { "net" } else { tag }));
    known.then(|| printed::value(result, unit.as_deref(), &flags))
}

/// Takes the brackets from around one digit.
fn verified(body: &str) -> (String, bool) {
    match body.split_once('[').and_then(|(before, rest)| Some((before, rest.split_once(']')?))) {
        Some((before, (digit, after))) if digit.len() == 1 => (format!("{before}{digit}{after}"), true),
        _ => (body.to_owned(), false),
    }
}

/// What the display shows in the place of a weight.
fn display(text: &str) -> Option<Reading> {
    let flag = match text {
        "High" | "H" | "HH" => "overload".to_owned(),
        "Low" | "L" | "LL" => "underload".to_owned(),
        "- -" | "--" | "- - -" => "no value".to_owned(),
        "cal." | "Cal." | "Calib." => "no value: adjusting".to_owned(),
        _ => {
            let (word, code) = text.split_once(' ')?;
            let code = code.trim();
            let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
            (matches!(word, "Error" | "Err" | "Err.") && is_code).then(|| format!("error {code}"))?
        }
    };
    Some(printed::refusal(&flag))
}

#[cfg(test)]
mod tests {
    use compact_str::CompactString;

    use super::*;

    fn said(line: &str) -> (Option<CompactString>, Option<CompactString>, Vec<String>) {
        let reading = weight(line).unwrap();
        (reading.result, reading.unit, reading.flags)
    }

    #[test]
    fn both_widths_are_read() {
        assert_eq!(said("+   12.3456 g "), (Some("+12.3456".into()), Some("g".into()), vec![]));
        assert_eq!(said("N     +   12.3456 g "), (Some("+12.3456".into()), Some("g".into()), vec!["net".into()]));
        assert_eq!(said("G#    -   12.3456 kg"), (Some("-12.3456".into()), Some("kg".into()), vec!["G#".into()]));
    }

    #[test]
    fn a_weight_without_a_unit_is_still_moving() {
        assert_eq!(said("-    3.4560   "), (Some("-3.4560".into()), None, vec!["moving".into()]));
    }

    #[test]
    fn the_digit_in_brackets_is_kept_and_named() {
        let expected = (Some("+12.3456".into()), Some("g".into()), vec!["last digit not verified".into()]);
        assert_eq!(said("+  12.345[6]g "), expected);
    }

    #[test]
    fn what_the_display_says_is_never_a_weight() {
        for (line, flag) in [
            ("        High    ", "overload"),
            ("Stat         Low    ", "underload"),
            ("         - -    ", "no value"),
            ("      Error 54  ", "error 54"),
            ("        cal.    ", "no value: adjusting"),
        ] {
            assert_eq!(said(line), (None, None, vec![flag.to_owned()]), "{line}");
        }
    }

    #[test]
    fn a_torn_line_is_never_a_weight_without_its_sign() {
        let whole = "N     -    0.0120 g ";
        for lost in (1..whole.len()).filter(|lost| *lost != 6) {
            assert_eq!(weight(&whole[lost..]), None, "{}", &whole[lost..]);
        }
    }

    #[test]
    fn other_text_is_none() {
        for line in ["hello", "S S     100.00 g", "", "12.3 g 4", "[1]", "+  12.345[67]g "] {
            assert_eq!(weight(line), None, "{line}");
        }
    }
}
