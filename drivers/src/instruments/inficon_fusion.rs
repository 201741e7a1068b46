//! INFICON Micro GC Fusion: results of many runs as CSV, or one run with its traces as JSON (`.fusion-data`).
//! From files of two instruments; the maker promises no stability for the CSV, as its first line says.

mod csv;
mod json;

use crate::contract::{Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Serial, Transport};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "inficon-fusion",
    maker: "INFICON",
    models: &["Micro GC Fusion"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a table of 16 runs and the traces of one run",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    is_json(bytes) && holds(bytes, b"\"nValuesPerSecond\"") || {
        let head = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
        holds(head, b"SampleName,Concentration") && holds(head, b"Detectors,")
    }
}

fn is_json(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{")
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let mut decoded = if is_json(&message.bytes) { json::read(&message.bytes)? } else { csv::read(&message.bytes)? };
    decoded.instrument = Instrument {
        vendor: Some("INFICON".to_owned()),
        model: Some("Micro GC Fusion".to_owned()),
        ..decoded.instrument
    };
    Ok(decoded)
}
