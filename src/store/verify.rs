//! Checking the record: the tree is recomputed from its leaves, each content record is compared with its leaf, and each
//! row with the fold of its content records. What differs is named, one by one.

mod findings;
mod rows;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::{HashMap, HashSet};

pub use findings::{Finding, Report};

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::migrations;
use crate::lab::disclosure::ledger::tree::Hash;

/// How many leaves or rows are held in memory at a time.
const AT_A_TIME: i64 = 500;

/// What the leaves say of a subject, once all were read.
#[derive(Debug, Clone, Copy)]
struct Last {
    leaf: i64,
    ver: u64,
    hash: Option<Hash>,
}

/// What the walk over the leaves found out for the walk over the rows.
#[derive(Default)]
struct Walked {
    last: HashMap<i64, Last>,
    /// Subjects whose content records are not what their leaves committed to: their fold would prove nothing.
    doubtful: HashSet<i64>,
}

impl Store {
    /// Checks the whole record at one moment of the database. Blocking.
    pub fn verify(&self) -> Result<Report, StoreError> {
        self.read(|conn| {
            migrations::check(conn)?;
            check(conn)
        })
    }
}

pub(in crate::store) fn check(conn: &mut Conn) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let walked = tree::walk(conn, &mut report)?;
    rows::walk(conn, &walked, &mut report)?;
    Ok(report)
}
