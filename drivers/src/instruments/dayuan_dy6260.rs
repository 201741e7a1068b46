//! Dayuan DY-6260 multi-residue reader: TCP port 10086, asked with READ, answers an array of records in JSON.
//! From a comment in a public driver; no instrument was seen.

use serde::Deserialize;

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport};
use crate::format::numbers;
use crate::link::json_array::JsonArray;

pub static PROFILE: Profile = Profile {
    id: "dayuan-dy6260",
    maker: "Dayuan",
    models: &["DY-6260"],
    transports: &[Transport::Tcp, Transport::File],
    direction: Direction::TwoWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "one answer quoted in a public driver",
    serial: Serial::new(9600),
    link: || Box::new(JsonArray::asked(b"READ")),
    parse,
    recognises,
};

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "检测结果")]
    result: Option<String>,
    #[serde(rename = "检测项目")]
    item: Option<String>,
    #[serde(rename = "样品编号")]
    number: Option<String>,
    #[serde(rename = "样品名称")]
    name: Option<String>,
    #[serde(rename = "检测时间")]
    time: Option<String>,
}

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    text.trim_start().starts_with('[') && text.contains("\"检测项目\"") && text.contains("\"检测结果\"")
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let records: Vec<Record> = serde_json::from_slice(&message.bytes).map_err(|error| Fault::Line {
        line: error.line(),
        expected: "an array of records in JSON",
        found: error.to_string(),
    })?;
    let readings = records.into_iter().map(|record| reading(record, message.bytes.len())).collect();
    let instrument =
        Instrument { vendor: Some("Dayuan".to_owned()), model: Some("DY-6260".to_owned()), ..Instrument::default() };
    Ok(Decoded { instrument, readings, encoding: Some("utf-8"), ..Decoded::default() })
}

fn reading(record: Record, len: usize) -> Reading {
    let measured_at = record.time.as_deref().and_then(|text| text.trim().parse().ok());
    // The record's number names it where there is one; the time and the item do where there is none, because the
    // reader measures one strip at a time.
    let device_key = measured_at.map(|time: jiff::civil::DateTime| {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{time} {} {}", part(&record.item), part(&record.number))
    });
    let (number, censored) = record.result.as_deref().map_or((None, None), numbers::read);
    Reading {
        sample_id: record.number.filter(|text| !text.trim().is_empty()).map(Into::into),
        analyte: record.item.map(Into::into),
        result: record.result.map(Into::into),
        number,
        censored,
        flags: record.name.into_iter().map(|name| format!("name {name}")).collect(),
        measured_at,
        device_key,
        span: 0..len,
        ..Reading::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_a_sample_number_has_none() {
        let text =
            r#"[{"检测结果": "阴性", "检测项目": "克伦特罗", "样品名称": "猪肉", "检测时间": "2026-03-02 09:30:05"}]"#;
        let decoded = parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap();
        let reading = &decoded.readings[0];
        assert_eq!((reading.sample_id.as_deref(), reading.result.as_deref()), (None, Some("阴性")));
        assert_eq!(
            (reading.number, reading.measured_at.map(|t| t.to_string()).as_deref()),
            (None, Some("2026-03-02T09:30:05"))
        );
        assert_eq!(reading.flags, ["name 猪肉"]);
        assert!(recognises(text.as_bytes()));
    }

    #[test]
    fn what_is_no_array_of_records_is_a_fault() {
        assert!(matches!(parse(&Message::plain(b"[1]".to_vec(), 0)), Err(Fault::Line { .. })));
    }
}
