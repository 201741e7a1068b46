//! A transmission on its way from a bench computer to the hub: JSON, bytes in base64, checked before it is believed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use drivers::Message;
use drivers::contract::Piece;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::journal::{SourceFile, Stretch, Transmission};

/// A transmission as JSON carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parcel {
    epoch: String,
    seq: i64,
    instrument: String,
    driver: String,
    #[serde(default)]
    file: Option<SourceFile>,
    started_at: Timestamp,
    ended_at: Timestamp,
    state: String,
    fault: Option<String>,
    bytes: String,
    chunks: Vec<Part>,
    messages: Vec<Whole>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    offset: usize,
    len: usize,
    at: Timestamp,
    kind: String,
    fault: Option<String>,
    answer: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    bytes: String,
    /// First byte in the message, first byte on the wire, length.
    pieces: Vec<(usize, usize, usize)>,
}

/// Bytes of other JSON between agent and hub.
pub(super) mod bytes {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64_STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        BASE64_STANDARD.decode(String::deserialize(from)?).map_err(de::Error::custom)
    }
}

/// Why a parcel is not a transmission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Damaged {
    pub field: &'static str,
    pub reason: String,
}

fn damaged(field: &'static str, reason: impl ToString) -> Damaged {
    Damaged { field, reason: reason.to_string() }
}

impl From<&Transmission> for Parcel {
    fn from(sent: &Transmission) -> Self {
        let part = |stretch: &Stretch| Part {
            offset: stretch.offset,
            len: stretch.len,
            at: stretch.at,
            kind: stretch.kind.word().to_owned(),
            fault: stretch.fault.clone(),
            answer: BASE64_STANDARD.encode(&stretch.answer),
        };
        let whole = |message: &Message| Whole {
            bytes: BASE64_STANDARD.encode(&message.bytes),
            pieces: message.pieces.iter().map(|piece| (piece.at, piece.wire, piece.len)).collect(),
        };
        Self {
            epoch: sent.epoch.to_string(),
            seq: sent.seq,
            instrument: sent.instrument.clone(),
            driver: sent.driver.clone(),
            file: sent.file.clone(),
            started_at: sent.started_at,
            ended_at: sent.ended_at,
            state: sent.state.word().to_owned(),
            fault: sent.fault.clone(),
            bytes: BASE64_STANDARD.encode(&sent.bytes),
            chunks: sent.chunks.iter().map(part).collect(),
            messages: sent.messages.iter().map(whole).collect(),
        }
    }
}

impl TryFrom<Parcel> for Transmission {
    type Error = Damaged;

    fn try_from(parcel: Parcel) -> Result<Self, Damaged> {
        let bytes = decoded("bytes", &parcel.bytes)?;
        let chunks = parcel.chunks.into_iter().map(stretch).collect::<Result<Vec<_>, _>>()?;
        let accounted = chunks
            .iter()
            .try_fold(0_usize, |end, chunk| (chunk.offset == end).then(|| end.checked_add(chunk.len)).flatten());
        if accounted != Some(bytes.len()) {
            let reason = format!("expected stretches that make up all {} bytes", bytes.len());
            return Err(Damaged { field: "chunks", reason });
        }
        let messages = parcel.messages.into_iter().map(|whole| message(whole, bytes.len()));
        Ok(Self {
            epoch: parcel.epoch.parse().map_err(|error| damaged("epoch", error))?,
            seq: parcel.seq,
            instrument: parcel.instrument,
            driver: parcel.driver,
            file: parcel.file,
            started_at: parcel.started_at,
            ended_at: parcel.ended_at,
            state: parcel.state.parse().map_err(|error| damaged("state", error))?,
            fault: parcel.fault,
            chunks,
            messages: messages.collect::<Result<_, _>>()?,
            bytes,
        })
    }
}

fn decoded(field: &'static str, text: &str) -> Result<Vec<u8>, Damaged> {
    BASE64_STANDARD.decode(text).map_err(|error| damaged(field, error))
}

fn stretch(part: Part) -> Result<Stretch, Damaged> {
    Ok(Stretch {
        offset: part.offset,
        len: part.len,
        at: part.at,
        kind: part.kind.parse().map_err(|error| damaged("chunks.kind", error))?,
        fault: part.fault,
        answer: decoded("chunks.answer", &part.answer)?,
    })
}

fn message(whole: Whole, wire: usize) -> Result<Message, Damaged> {
    let bytes = decoded("messages.bytes", &whole.bytes)?;
    let within = |from: usize, len: usize, end: usize| from.checked_add(len).is_some_and(|last| last <= end);
    if let Some(piece) =
        whole.pieces.iter().find(|(at, on, len)| !within(*at, *len, bytes.len()) || !within(*on, *len, wire))
    {
        let reason = format!("expected a stretch of {} and {wire} bytes, found {piece:?}", bytes.len());
        return Err(Damaged { field: "messages.pieces", reason });
    }
    let pieces = whole.pieces.into_iter().map(|(at, wire, len)| Piece { at, wire, len }).collect();
    Ok(Message { bytes, pieces })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::journal::{ChunkKind, State};

    fn sent() -> Transmission {
        let at: Timestamp = "2026-11-24T06:00:00.481Z".parse().unwrap();
        let stretch = |offset, len, kind| Stretch { offset, len, at, kind, fault: None, answer: vec![6] };
        Transmission {
            epoch: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
            seq: 7,
            instrument: "NC-1".to_owned(),
            driver: "dayuan-7e".to_owned(),
            file: Some(SourceFile { name: "a/1.txt".to_owned(), modified_at: Some(at), sha256: "0".repeat(64) }),
            started_at: at,
            ended_at: at,
            state: State::Torn,
            fault: Some("a half frame".to_owned()),
            bytes: b"\x7e\x00\xff\xe9noise".to_vec(),
            chunks: vec![stretch(0, 4, ChunkKind::Frame), stretch(4, 5, ChunkKind::Noise)],
            messages: vec![Message::plain(b"\xff\xe9".to_vec(), 2)],
        }
    }

    fn carried(change: impl Fn(&mut serde_json::Value)) -> Result<Transmission, String> {
        let mut json = serde_json::to_value(Parcel::from(&sent())).unwrap();
        change(&mut json);
        let parcel: Parcel = serde_json::from_value(json).map_err(|error| error.to_string())?;
        Transmission::try_from(parcel).map_err(|error| error.to_string())
    }

    #[test]
    fn what_arrives_is_what_was_sent_to_the_byte() {
        assert_eq!(carried(|_| ()).unwrap(), sent());
    }

    #[test]
    fn a_damaged_parcel_is_refused_and_the_refusal_names_the_field() {
        let cases: [(&str, fn(&mut serde_json::Value)); 6] = [
            ("epoch", |json| json["epoch"] = "xyz".into()),
            ("state", |json| json["state"] = "lost".into()),
            ("bytes", |json| json["bytes"] = "%%%".into()),
            ("chunks", |json| json["chunks"][1]["len"] = 4.into()),
            ("messages.pieces", |json| json["messages"][0]["pieces"][0][1] = 900.into()),
            ("extra", |json| json["extra"] = 1.into()),
        ];
        for (field, change) in cases {
            let error = carried(change).unwrap_err();
            assert!(error.contains(field), "{field}: {error}");
        }
    }
}
