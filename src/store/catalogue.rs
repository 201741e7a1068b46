//! The laboratory's set-up: places, producers, commodities, analytes, methods, instruments, maps, limits, plans, and
//! control materials. Plain texts edited on pages, so row and type are one; every change is in the record.

mod cell;
mod lists;
mod making;

pub use self::lists::{
    Analyte, AnalyteMap, Commodity, ControlMaterial, Instrument, Laboratory, LimitValue, Method, MethodAnalyte, Place,
    Plan, PlanItem, Producer,
};

use jiff::Timestamp;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use crate::lab::people::Who;

/// A list that pages edit line by line.
pub trait Catalogue: Default + Send + 'static {
    /// The name of the list, as its pages and its events in the record have it.
    const NAME: &'static str;

    fn id(&self) -> i64;
    /// How often the line was kept; 1 when it was new.
    fn version(&self) -> i64;
    /// The line as someone changes it who saw this version.
    fn seen(self, version: i64) -> Self;
    fn find(conn: &mut Conn, id: i64) -> Result<Option<Self>, StoreError>;
    /// Every line, in the order of entry, retired ones too.
    fn all(conn: &mut Conn) -> Result<Vec<Self>, StoreError>;
    /// The lines with these ids, in any order.
    fn some(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Self>, StoreError>;
    /// How many lines are in use.
    fn count(conn: &mut Conn) -> Result<i64, StoreError>;
    /// The ids of the lines that have this part in a text of their own.
    fn named(conn: &mut Conn, part: &str) -> Result<Vec<i64>, StoreError>;
    /// The ids of the lines that have this part in a text of theirs or of a line they refer to; retired ones last.
    fn search(conn: &mut Conn, part: &str) -> Result<Vec<i64>, StoreError>;
    /// Keeps a new line and answers its id; the id and version it carries are not looked at.
    fn add(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError>;
    /// Replaces the line with its id, if its version is still the one it carries.
    fn change(&self, tx: &mut Tx<'_>, why: Option<&str>) -> Result<(), StoreError>;
    /// A cell as text; `None` for an empty one.
    fn cell(&self, name: &str) -> Option<String>;
    /// Fills a cell from text. `false`: there is no such cell, or the text does not fit it.
    fn fill(&mut self, name: &str, text: Option<String>) -> bool;
}

/// Lines on one page of a list.
pub const PAGE: i64 = 50;

/// One page of the lines with this part in them, and how many there are in all.
fn page<T: Catalogue>(conn: &mut Conn, part: &str, page: i64) -> Result<(Vec<T>, i64), StoreError> {
    let ids = T::search(conn, part)?;
    let first = usize::try_from((page.max(1) - 1) * PAGE).unwrap_or(usize::MAX);
    let here: Vec<i64> = ids.iter().copied().skip(first).take(PAGE as usize).collect();
    let mut lines = T::some(conn, &here)?;
    lines.sort_by_key(|line| here.iter().position(|id| *id == line.id()));
    Ok((lines, i64::try_from(ids.len()).unwrap_or(i64::MAX)))
}

/// Refuses a line of another list that is not there, and says which field named it.
pub(in crate::store) fn must_exist<T: Catalogue>(
    conn: &mut Conn,
    id: Option<i64>,
    table: &'static str,
    field: &'static str,
) -> Result<(), StoreError> {
    match id {
        Some(id) if T::find(conn, id)?.is_none() => Err(StoreError::Unknown { table, field }),
        _ => Ok(()),
    }
}

impl Store {
    /// Every line of a list.
    pub async fn list<T: Catalogue>(&self) -> Result<Vec<T>, StoreError> {
        self.reading(T::all).await
    }

    /// One page of a list's lines with this part in them, and how many there are in all.
    pub async fn list_page<T: Catalogue>(&self, part: String, at: i64) -> Result<(Vec<T>, i64), StoreError> {
        self.reading(move |conn| page(conn, &part, at)).await
    }

    /// The lines with these ids.
    pub async fn lines<T: Catalogue>(&self, ids: Vec<i64>) -> Result<Vec<T>, StoreError> {
        self.reading(move |conn| T::some(conn, &ids)).await
    }

    /// How many lines of a list are in use.
    pub async fn in_use<T: Catalogue>(&self) -> Result<i64, StoreError> {
        self.reading(T::count).await
    }

    pub async fn line<T: Catalogue>(&self, id: i64) -> Result<Option<T>, StoreError> {
        self.reading(move |conn| T::find(conn, id)).await
    }

    /// Keeps a new line and answers its id.
    pub async fn add<T: Catalogue>(&self, by: Who, at: Timestamp, line: T) -> Result<i64, StoreError> {
        self.writing(by, at, move |tx| line.add(tx)).await
    }

    pub async fn change<T: Catalogue>(
        &self,
        by: Who,
        at: Timestamp,
        line: T,
        why: Option<String>,
    ) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| line.change(tx, why.as_deref())).await
    }
}

/// The instant as the lists write it.
pub fn written(at: Timestamp) -> String {
    instant::written(at)
}
