//! VWR symphony pH meters with output "Comp": each measurement is a line of 13 fields between commas: a number, serial
//! number, software, a number, `MM-DD-YYYY hh:mm:ss`, pH, `pH`, potential, `mV`, temperature, `C`, two numbers.
//! Truth: the one line in a public driver; its fields 1, 4, 12 and 13 are not explained there and not read here.

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::dates::{self, DateOrder};
use crate::format::{numbers, printed};
use crate::link::line::Line;

pub static PROFILE: Profile = Profile {
    id: "vwr-symphony",
    maker: "VWR",
    models: &["symphony SB70P", "symphony SB80PC"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "nothing but the line a public driver quotes",
    serial: Serial::new(9600),
    link: || Box::new(Line::single()),
    parse,
    recognises: |bytes| printed::recognises(bytes, measurement),
};

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let mut decoded = printed::read(message, "13 fields, the seventh 'pH' and the eleventh 'C'", measurement)?;
    let text = String::from_utf8_lossy(&message.bytes);
    let mut fields = text.trim().split(',').map(str::trim);
    let (serial_number, software) = (fields.nth(1).map(str::to_owned), fields.next().map(str::to_owned));
    decoded.instrument =
        Instrument { vendor: Some("VWR".to_owned()), serial_number, software, ..Instrument::default() };
    if decoded.readings.iter().any(|reading| reading.measured_at.is_none()) {
        decoded.warnings.push("the meter's date and time cannot be read".to_owned());
    }
    Ok(decoded)
}

fn measurement(line: &str) -> Option<Reading> {
    let fields: Vec<&str> = line.trim_start_matches(['>', ' ']).split(',').map(str::trim).collect();
    let [_, _, _, _, when, value, "pH", potential, "mV", temperature, "C", _, _] = fields.as_slice() else {
        return None;
    };
    let (number, censored) = numbers::read(value);
    let mut flags: Vec<String> = number.is_none().then(|| "no value".to_owned()).into_iter().collect();
    flags.extend([format!("{potential} mV"), format!("{temperature} C")]);
    Some(Reading {
        analyte: Some("pH".into()),
        result: (!value.is_empty()).then(|| (*value).into()),
        number,
        censored,
        flags,
        measured_at: dates::read(when, Some(DateOrder::MonthFirst)),
        ..Reading::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_ph_with_potential_and_temperature() {
        let reading = measurement("2,C00001,2.22,10,03-02-2026 09:15:00,6.98,pH,1.2,mV,21.3,C,60,100").unwrap();
        assert_eq!((reading.analyte.as_deref(), reading.result.as_deref()), (Some("pH"), Some("6.98")));
        assert_eq!(reading.flags, ["1.2 mV", "21.3 C"]);
        assert_eq!(reading.measured_at.map(|t| t.to_string()).as_deref(), Some("2026-03-02T09:15:00"));
    }

    #[test]
    fn a_line_with_a_field_lost_is_none() {
        assert_eq!(measurement("2,C00001,2.22,10,03-02-2026 09:15:00,6.98,pH,1.2,mV,21.3,C,60"), None);
        assert_eq!(measurement("2,C00001,2.22,10,03-02-2026 09:15:00,6.98,mV,1.2,mV,21.3,C,60,100"), None);
    }
}
