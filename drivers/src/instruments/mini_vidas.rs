//! bioMérieux mini VIDAS immunoanalyser (Salmonella, Listeria, enterotoxin): fields of two letters and a text, each
//! after RS and closed by `|`. Truth: a capture; tags as public drivers name them.

use jiff::civil::DateTime;

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::{encodings, numbers, times};
use crate::link::vidas::Vidas;

pub const PROFILE: Profile = Profile {
    id: "mini-vidas",
    maker: "bioMérieux",
    models: &["mini VIDAS"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "1 capture of a mini VIDAS",
    serial: Serial::new(9600),
    link: || Box::new(Vidas::default()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    head.windows(4).any(|window| window == b"\x02\x1Emt")
}

#[derive(Default)]
struct Fields {
    sample: Option<String>,
    code: Option<String>,
    name: Option<String>,
    time: Option<String>,
    date: Option<String>,
    qualitative: Option<String>,
    quantitative: Option<String>,
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let mut fields = Fields::default();
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    // A long text is broken into stretches that each begin with RS: a field ends with its bar, not with RS.
    let joined: String = text.chars().filter(|c| *c != '\u{1E}').collect();
    for field in joined.trim_end_matches('|').split('|') {
        let (tag, value) = field.split_at_checked(2).ok_or_else(|| Fault::Bytes {
            offset: 0,
            expected: "fields of two letters and a text",
            found: field.escape_debug().to_string(),
        })?;
        let value = (!value.trim().is_empty()).then(|| value.to_owned());
        match tag {
            "mt" if value.as_deref() == Some("rsl") => {}
            "mt" => {
                return Err(Fault::Bytes {
                    offset: 0,
                    expected: "a message of results (mtrsl)",
                    found: field.to_owned(),
                });
            }
            "ci" => fields.sample = value,
            "rt" => fields.code = value,
            "rn" => fields.name = value,
            "tt" => fields.time = value,
            "td" => fields.date = value,
            "ql" => fields.qualitative = value,
            "qn" => fields.quantitative = value,
            // Who and what was tested: kept in the transmission, no part of a reading.
            "pi" | "pn" | "pb" | "ps" | "so" | "si" | "sp" | "id" | "is" | "nc" | "qd" | "y3" => {}
            _ => decoded.warnings.push(format!("field '{tag}' is not known")),
        }
    }
    decoded.instrument = Instrument {
        vendor: Some("bioMérieux".to_owned()),
        model: Some("mini VIDAS".to_owned()),
        ..Instrument::default()
    };
    let reading = reading(fields, &mut decoded.warnings, message.bytes.len());
    if reading.result.is_none() {
        return Err(Fault::Short { offset: message.bytes.len(), expected: "a result (ql or qn)" });
    }
    decoded.readings.push(reading);
    Ok(decoded)
}

fn reading(fields: Fields, warnings: &mut Vec<String>, len: usize) -> Reading {
    let measured_at = match (&fields.date, &fields.time) {
        (Some(date), Some(time)) => {
            let at = civil(date, time, warnings);
            if at.is_none() {
                warnings.push(format!("'{date} {time}' is no date and time"));
            }
            at
        }
        _ => None,
    };
    let (amount, unit) = match &fields.quantitative {
        Some(text) => amount_and_unit(text),
        None => (None, None),
    };
    let (number, censored) = amount.as_deref().map_or((None, None), numbers::read);
    let (result, flags) = match (amount, fields.qualitative) {
        (Some(amount), verdict) => (Some(amount), verdict.into_iter().collect()),
        (None, verdict) => (verdict, Vec::new()),
    };
    Reading {
        sample_id: fields.sample.map(Into::into),
        analyte: fields.code.or(fields.name).map(Into::into),
        result: result.map(Into::into),
        number,
        censored,
        unit: unit.map(Into::into),
        flags,
        measured_at,
        span: 0..len,
        ..Reading::default()
    }
}

/// `0.05`, or `1.20 UI/ml`: the number and what stands after the last blank.
fn amount_and_unit(text: &str) -> (Option<String>, Option<String>) {
    match text.trim().rsplit_once(' ') {
        Some((amount, unit)) if numbers::number(unit).is_none() => {
            (Some(amount.trim().to_owned()), Some(unit.to_owned()))
        }
        _ => (Some(text.to_owned()), None),
    }
}

/// The captured instrument writes month/day/year; the order is a setting of it, so a date that could be read both
/// ways is said to be.
fn civil(date: &str, time: &str, warnings: &mut Vec<String>) -> Option<DateTime> {
    let [month, day, year] = times::three(date, '/')?;
    if month <= 12 && day <= 12 && month != day {
        warnings.push(format!("date '{date}' was read as month/day/year"));
    }
    Some(times::date(year, month, day)?.to_datetime(times::clock(time)?))
}
