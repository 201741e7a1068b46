//! A leaf: the public envelope of one act, as canonical JSON (RFC 8785) under a first line that names the format.

use serde::{Deserialize, Serialize};

use super::tree::Hash;

const FIRST_LINE: &str = "qingke-custody/v1\n";

/// What everybody may see of an act: no name, no value, no number of the laboratory but the gap-free accession.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    pub v: u32,
    /// `sample.received`, `analysis.approved`, …
    #[serde(rename = "type")]
    pub event: String,
    /// The instant, as [`crate::lab`] writes it: UTC, milliseconds.
    pub t: String,
    /// The random name of the row that this is about.
    pub subj: String,
    /// 1 for the first leaf of a subject, then one more each.
    pub ver: u64,
    /// The leaf of the same subject before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Previous>,
    /// Commitment to who did it, in hex; the opening is a field of the content.
    pub actor: String,
    pub role: String,
    /// Root of the content record.
    pub content: Hash,
    /// `<table>/<number>`: how to read the content.
    pub schema: String,
    /// Accession number of a sample: without gaps, so that hiding one shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acc: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Index of that leaf, as text: JSON numbers end at 2⁵³.
    pub i: String,
    pub h: Hash,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotALeaf {
    #[error("expected the first line 'qingke-custody/v1'")]
    FirstLine,
    #[error("expected an envelope: {0}")]
    Envelope(String),
    #[error("the envelope is not in canonical form")]
    NotCanonical,
}

impl Envelope {
    /// The bytes that are hashed.
    pub fn written(&self) -> Result<String, NotALeaf> {
        let json = serde_json_canonicalizer::to_string(self).map_err(|error| NotALeaf::Envelope(error.to_string()))?;
        Ok(format!("{FIRST_LINE}{json}"))
    }

    /// Accepts only what [`Envelope::written`] would write.
    pub fn read(data: &str) -> Result<Self, NotALeaf> {
        let json = data.strip_prefix(FIRST_LINE).ok_or(NotALeaf::FirstLine)?;
        let envelope: Self = serde_json::from_str(json).map_err(|error| NotALeaf::Envelope(error.to_string()))?;
        if envelope.written()? == data { Ok(envelope) } else { Err(NotALeaf::NotCanonical) }
    }
}

/// 80 random bits as `S-7Q2M-9F0K-…`: Crockford's base 32, without the letters that look like digits.
pub fn handle(random: [u8; 10]) -> String {
    let mut bits = random.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut letters: Vec<char> = Vec::new();
    for place in 0..16u32 {
        if place.is_multiple_of(4) && place > 0 {
            letters.push('-');
        }
        letters.extend("0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().nth((bits & 31) as usize));
        bits >>= 5;
    }
    letters.extend(['-', 'S']);
    letters.into_iter().rev().collect()
}
