//! The private content behind a leaf: what was written, each field under a salt of its own.
//!
//! The leaf carries only the root. Opening a field shows its name, salt and value; the others stay unguessable
//! (security design 3.1). A content record holds the columns that changed; the fold of a subject's records is its row.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use super::tree::{Hash, leaf_hash, root};

/// Names that are not columns begin with this.
const ACT: char = '@';
/// Who did it.
pub const WHO: &str = "@who";
/// What was done, as the event type.
pub const WHAT: &str = "@what";
/// The reason given, where one was.
pub const WHY: &str = "@why";

/// A row as text, by column; NULL is `None`.
pub type Row = BTreeMap<String, Option<String>>;

/// 32 random bytes that make a commitment unguessable.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

/// One field of a content record.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    #[serde(rename = "n")]
    pub name: String,
    #[serde(rename = "s")]
    pub salt: Salt,
    #[serde(rename = "v")]
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("expected a list of fields with name, salt and value: {0}")]
    Fields(String),
    #[error("field '{0}': expected text or null")]
    NotText(String),
    #[error("field '{0}': has no canonical JSON: {1}")]
    NotCanonical(String, String),
    #[error("field '{0}' is there twice")]
    Twice(String),
}

impl Field {
    pub fn text(name: &str, salt: Salt, value: Option<&str>) -> Self {
        Self { name: name.to_owned(), salt, value: value.map_or(Value::Null, Value::from) }
    }

    /// `HMAC-SHA256(salt, "qingke-field/v1" 00 name 00 JCS(value))`
    pub fn commitment(&self) -> Result<Hash, Unreadable> {
        let value = serde_json_canonicalizer::to_vec(&self.value)
            .map_err(|error| Unreadable::NotCanonical(self.name.clone(), error.to_string()))?;
        // A key shorter than the block is padded with zeros (RFC 2104), which is this.
        let mut key = [0u8; 64];
        key.iter_mut().zip(self.salt.0).for_each(|(byte, salt)| *byte = salt);
        let mut mac = Hmac::<Sha256>::new(&key.into());
        for part in [b"qingke-field/v1".as_slice(), &[0], self.name.as_bytes(), &[0], &value] {
            mac.update(part);
        }
        Ok(Hash(mac.finalize().into_bytes().into()))
    }
}

/// The root that the leaf carries: a tree over `name 00 commitment`, in the order of the names' bytes.
pub fn content_root(fields: &[Field]) -> Result<Hash, Unreadable> {
    let mut leaves = BTreeMap::new();
    for field in fields {
        let mut leaf = field.name.clone().into_bytes();
        leaf.push(0);
        leaf.extend(field.commitment()?.0);
        if leaves.insert(field.name.as_bytes(), leaf_hash(&leaf)).is_some() {
            return Err(Unreadable::Twice(field.name.clone()));
        }
    }
    Ok(root(leaves.into_values()))
}

/// The stored form of a content record.
pub fn written(fields: &[Field]) -> Result<String, Unreadable> {
    serde_json::to_string(fields).map_err(|error| Unreadable::Fields(error.to_string()))
}

pub fn read(text: &str) -> Result<Vec<Field>, Unreadable> {
    serde_json::from_str(text).map_err(|error| Unreadable::Fields(error.to_string()))
}

/// Lays a later record over what earlier ones said.
pub fn fold(row: &mut Row, fields: &[Field]) -> Result<(), Unreadable> {
    for field in fields.iter().filter(|field| !field.name.starts_with(ACT)) {
        let value = match &field.value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            _ => return Err(Unreadable::NotText(field.name.clone())),
        };
        row.insert(field.name.clone(), value);
    }
    Ok(())
}

/// The columns of `now` that `before` says otherwise, or does not say. A column added later is NULL in older rows.
pub fn changes<'a>(before: &'a Row, now: &'a Row) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
    now.iter()
        .filter(|(column, value)| before.get(*column) != Some(value))
        .map(|(column, value)| (column.as_str(), value.as_deref()))
}

impl Serialize for Salt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Hash(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Hash::deserialize(deserializer).map(|hash| Salt(hash.0))
    }
}
