//! What a check of the record can find, named so that a person finds the place.

use std::fmt;

use serde::Serialize;

/// The outcome of a check.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub leaves: i64,
    /// The root of the tree as recomputed, in base64.
    pub root: String,
    pub rows: i64,
    pub findings: Vec<Finding>,
}

/// One thing that is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// The head of the ledger does not fit its leaves.
    Head { what: String },
    /// An interior hash of the tree does not fit those below it.
    Hash { position: i64 },
    /// A leaf was changed, added or taken away. `table` and `id`: what it is about, as far as that can be told.
    Leaf { leaf: i64, table: Option<String>, id: Option<i64>, what: String },
    /// The private content of a leaf is not what the leaf commits to.
    Content { leaf: i64, table: String, id: i64, what: String },
    /// The list of subjects says something else than the leaves.
    Subject { table: String, id: i64, what: String },
    /// A row was changed outside the record.
    Column { table: String, id: i64, column: String, recorded: Option<String>, found: Option<String>, last_leaf: i64 },
    /// A row was taken away outside the record.
    Missing { table: String, id: i64, last_leaf: i64 },
    /// A row was added outside the record.
    Unrecorded { table: String, id: i64 },
    /// The bytes of a row are not those whose SHA-256 was recorded.
    Bytes { table: String, id: i64, recorded: Option<String>, found: String, last_leaf: i64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head { what } => write!(f, "head of the ledger: {what}"),
            Self::Hash { position } => write!(f, "ledger_hash {position}: does not fit the hashes below it"),
            Self::Leaf { leaf, table: Some(table), id: Some(id), what } => {
                write!(f, "{table} {id}: leaf {leaf}: {what}")
            }
            Self::Leaf { leaf, what, .. } => write!(f, "leaf {leaf}: {what}"),
            Self::Content { leaf, table, id, what } => write!(f, "{table} {id}: content of leaf {leaf}: {what}"),
            Self::Subject { table, id, what } => write!(f, "{table} {id}: list of subjects: {what}"),
            Self::Column { table, id, column, recorded, found, last_leaf } => {
                let (recorded, found) = (shown(recorded.as_deref()), shown(found.as_deref()));
                write!(f, "{table} {id}: {column}: the record says {recorded}, the row says {found} (leaf {last_leaf})")
            }
            Self::Missing { table, id, last_leaf } => {
                write!(f, "{table} {id}: is in the record, but the row is gone (leaf {last_leaf})")
            }
            Self::Unrecorded { table, id } => write!(f, "{table} {id}: the row is there, but not in the record"),
            Self::Bytes { table, id, recorded, found, last_leaf } => {
                let recorded = shown(recorded.as_deref());
                write!(
                    f,
                    "{table} {id}: bytes: the record says SHA-256 {recorded}, they have '{found}' (leaf {last_leaf})"
                )
            }
        }
    }
}

/// A value in a line of text: quoted, and a long one cut, because a limit or a trace can fill pages.
fn shown(value: Option<&str>) -> String {
    const LONGEST: usize = 80;
    match value {
        None => "nothing".to_owned(),
        Some(text) if text.chars().count() > LONGEST => {
            format!("'{}…'", text.chars().take(LONGEST).collect::<String>())
        }
        Some(text) => format!("'{text}'"),
    }
}
