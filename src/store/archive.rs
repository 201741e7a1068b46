//! The archive: a laboratory in one file that either engine can read back, whole or not at all.
//!
//! A ZIP with `manifest.json`, one JSON Lines file per table (rows by key, bytes as hex) and the SQLite files beside the
//! database (journal, published store). Its last 64 characters are the SHA-256 of all before, so that a cut or a flipped
//! bit anywhere is seen before anything is read.

mod backup;
mod restore;
mod seal;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

pub use restore::whole;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::verify::Finding;

const FORMAT: &str = "qingke-backup/1";
const MANIFEST: &str = "manifest.json";

/// What is in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: String,
    /// The version of the program that made it.
    pub program: String,
    pub made_at: String,
    /// The schema, as the migrations that made it.
    pub migrations: Vec<String>,
    /// Leaves of the ledger, and its root.
    pub leaves: i64,
    pub root: String,
    pub tables: Vec<Part>,
    pub files: Vec<Part>,
}

/// A table or a file of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub name: String,
    /// Rows of a table, bytes of a file.
    pub size: u64,
    /// SHA-256 of what is in the archive, in hex: equal rows give equal digests on both engines.
    pub sha256: String,
}

/// An SQLite file of the data directory: the name it has in the archive, and where it lies.
#[derive(Debug, Clone)]
pub struct Beside {
    pub name: &'static str,
    pub path: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error("{}: is there already", path.display())]
    Exists { path: PathBuf },
    /// Cut, altered, or no archive of ours.
    #[error("{}: {what}", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error("the database is not empty: it has the table {table}")]
    NotEmpty { table: String },
    #[error("the archive does not prove itself: {} findings, the first: {first}", count)]
    Unproven { count: usize, first: Box<Finding> },
}

impl ArchiveError {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |cause| Self::File { path: path.to_owned(), cause }
    }

    fn damaged(path: &Path, what: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.to_string() }
    }
}

impl From<diesel::result::Error> for ArchiveError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

fn table_entry(name: &str) -> String {
    format!("tables/{name}.jsonl")
}

fn file_entry(name: &str) -> String {
    format!("files/{name}")
}
