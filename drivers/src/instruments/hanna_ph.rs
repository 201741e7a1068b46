//! Hanna bench pH meters (HI 221 and kin): the answer to `RAS` between STX and ETX: mode 2, status 2, state of the two
//! readings 2, the pH in 11 characters, the potential in 7, the temperature in 7, then the sum of all these bytes as two
//! hexadecimal digits. Truth: the chapter "PC interface" of the manual as a public logger quotes it.

use crate::contract::{Censored, Decoded, Direction, Fault, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::numbers;
use crate::link::dayuan::sum8;
use crate::link::stx_etx::StxEtx;

pub static PROFILE: Profile = Profile {
    id: "hanna-ph",
    maker: "Hanna Instruments",
    models: &["HI 221", "HI 223"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "nothing but the columns a public logger quotes from the manual",
    serial: Serial::new(9600),
    link: || Box::new(StxEtx::default()),
    parse,
    recognises,
};

/// Widths of what the answer holds after its mode, status and states.
const PRIMARY: usize = 11;
const OTHER: usize = 7;

const OUT_OF_CALIBRATION: u8 = 0x04;

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    head.split(|byte| *byte == 0x02).skip(1).any(|block| {
        let answer = block.split(|byte| *byte == 0x03).next().unwrap_or_default();
        answer.len() < block.len() && read(answer).is_ok()
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let mut decoded = read(&message.bytes)?;
    decoded.instrument.vendor = Some("Hanna Instruments".to_owned());
    Ok(decoded)
}

fn read(bytes: &[u8]) -> Result<Decoded, Fault> {
    let short = || Fault::Short { offset: bytes.len(), expected: "mode, status, readings and a sum" };
    let (said, digits) = bytes.split_last_chunk::<2>().ok_or_else(short)?;
    let found = String::from_utf8_lossy(digits).into_owned();
    let computed = format!("{:02X}", sum8(said));
    if !found.eq_ignore_ascii_case(&computed) {
        return Err(Fault::Checksum { offset: said.len(), found, computed });
    }
    let text =
        std::str::from_utf8(said).map_err(|error| Fault::NotText { offset: error.valid_up_to(), encoding: "ASCII" })?;
    let fault = |offset, expected, found: &str| Fault::Bytes { offset, expected, found: format!("'{found}'") };
    let part = |at: usize, len: usize| text.get(at..at.saturating_add(len)).ok_or_else(short);
    let (mode, status, states) = (part(0, 2)?, part(2, 2)?, part(4, 2)?);
    let (analyte, unit, potential) = match mode {
        "00" | "01" | "02" => ("pH", None, Some(part(6 + PRIMARY, OTHER)?)),
        "03" => ("mV", Some("mV"), None),
        _ => return Err(fault(0, "a mode of 00 to 03", mode)),
    };
    let width = 6 + PRIMARY + potential.map_or(0, str::len);
    let temperature = part(width, OTHER)?;
    if said.len() != width + OTHER {
        return Err(fault(width + OTHER, "the end of the readings", part(width + OTHER, said.len() - width - OTHER)?));
    }
    let status = u8::from_str_radix(status, 16).map_err(|_| fault(2, "a status of two digits", status))?;
    let mut reading = primary(part(6, PRIMARY)?, states).ok_or_else(|| fault(4, "R, O or U and a number", states))?;
    if status & OUT_OF_CALIBRATION != 0 {
        reading.flags.push("out of calibration range".to_owned());
    }
    for (text, unit) in potential.map(|text| (text, "mV")).into_iter().chain([(temperature, "C")]) {
        numbers::number(text).ok_or_else(|| fault(6 + PRIMARY, "a signed number", text))?;
        reading.flags.push(format!("{text} {unit}"));
    }
    reading.analyte = Some(analyte.into());
    reading.unit = unit.map(Into::into);
    reading.span = 0..bytes.len();
    Ok(Decoded { encoding: Some("utf-8"), readings: vec![reading], ..Decoded::default() })
}

/// The exponent is always printed; one of zero changes nothing and is left out. Out of range there is no value.
fn primary(text: &str, states: &str) -> Option<Reading> {
    let number = numbers::number(text)?;
    Some(match states.chars().next()? {
        'R' => {
            let literal = text.strip_suffix("E+00").unwrap_or(text);
            Reading { result: Some(literal.into()), number: Some(number), ..Reading::default() }
        }
        'O' => outside(Censored::Above, "no value: over range"),
        'U' => outside(Censored::Below, "no value: under range"),
        _ => return None,
    })
}

fn outside(censored: Censored, flag: &str) -> Reading {
    Reading { censored: Some(censored), flags: vec![flag.to_owned()], ..Reading::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(said: &str) -> Result<Decoded, Fault> {
        let bytes = format!("{said}{:02X}", sum8(said.as_bytes())).into_bytes();
        parse(&Message::plain(bytes, 1))
    }

    #[test]
    fn an_answer_is_a_ph_with_potential_and_temperature() {
        let reading = answer("0110RR+006.85E+00+0008.9+025.00").unwrap().readings.remove(0);
        assert_eq!((reading.analyte.as_deref(), reading.result.as_deref()), (Some("pH"), Some("+006.85")));
        assert_eq!(reading.flags, ["+0008.9 mV", "+025.00 C"]);
    }

    #[test]
    fn out_of_range_is_no_value() {
        let reading = answer("0114OR+016.00E+00+0008.9+025.00").unwrap().readings.remove(0);
        assert_eq!((reading.result, reading.number, reading.censored), (None, None, Some(Censored::Above)));
        assert_eq!(reading.flags.get(1).map(String::as_str), Some("out of calibration range"));
    }

    #[test]
    fn a_wrong_sum_or_width_is_refused() {
        let mut bytes = b"0110RR+006.85E+00+0008.9+025.0000".to_vec();
        assert!(matches!(parse(&Message::plain(bytes.clone(), 1)), Err(Fault::Checksum { .. })));
        bytes.clear();
        assert!(matches!(parse(&Message::plain(bytes, 1)), Err(Fault::Short { .. })));
        assert!(answer("0110RR+006.85E+00+0008.9+025.000").is_err());
        assert!(answer("0910RR+006.85E+00+0008.9+025.00").is_err());
    }
}
