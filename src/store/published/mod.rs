//! The published store: a database of its own with nothing but what was published. The portal reads it and cannot write.

mod publisher;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use diesel::prelude::*;
use jiff::civil::Date;
use tokio::task::spawn_blocking;

pub use publisher::Publisher;

use self::schema::published_result as t;
use super::conn::{Conn, finished};
use super::error::StoreError;
use super::pool::Pool;
use crate::lab::catalogue::PlaceKind;
use crate::lab::disclosure::document::Document;
use crate::lab::regulation::verdict::Verdict;
use crate::lab::sampling::form::Class;

/// The published store, to be read. A clone is the same store.
#[derive(Clone)]
pub struct Published {
    pool: Arc<Pool>,
}

/// One version of a published result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub document: Document,
    /// Exactly the text whose hash is kept.
    pub written: String,
    pub sha256: String,
    /// Its place in the laboratory's record.
    pub leaf: i64,
    /// The version that took its place.
    pub replaced_by: Option<i64>,
}

/// Which results to list; empty and `None` are no filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub q: String,
    pub commodity: String,
    pub producer: String,
    /// Town or place.
    pub area: String,
    pub place_type: Option<PlaceKind>,
    pub verdict: Option<Verdict>,
    /// First and last day of sampling.
    pub from: Option<Date>,
    pub to: Option<Date>,
}

/// How many current results of one month have a verdict under a scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// `2026-11`
    pub month: String,
    pub scheme: Class,
    pub verdict: Verdict,
    pub count: i64,
}

pub const PAGE: i64 = 20;
const COLUMNS: (t::id, t::document, t::sha256, t::leaf, t::replaced_by) =
    (t::id, t::document, t::sha256, t::leaf, t::replaced_by);

type Row = (i64, String, String, i64, Option<i64>);

fn read((id, written, sha256, leaf, replaced_by): Row) -> Result<Entry, StoreError> {
    let document =
        serde_json::from_str(&written).map_err(|error| StoreError::corrupt("published_result", id, error))?;
    Ok(Entry { document, written, sha256, leaf, replaced_by })
}

/// A part of a text, with the signs that LIKE would take for its own.
fn part(text: &str) -> String {
    let text = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{text}%")
}

/// One page of the newest versions, the latest sampled first, and how many there are in all.
fn list(conn: &mut Conn, filter: &Filter, page: i64, per_page: i64) -> Result<(Vec<Entry>, i64), StoreError> {
    macro_rules! chosen {
        ($query:expr) => {{
            let mut query = $query.filter(t::replaced_by.is_null());
            for word in filter.q.split_whitespace() {
                query = query.filter(t::words.like(part(word)).escape('\\'));
            }
            if !filter.commodity.is_empty() {
                query = query.filter(t::commodity.like(part(&filter.commodity)).escape('\\'));
            }
            if !filter.producer.is_empty() {
                query = query.filter(t::producer.like(part(&filter.producer)).escape('\\'));
            }
            if !filter.area.is_empty() {
                query = query.filter(t::area.like(part(&filter.area)).escape('\\'));
            }
            if let Some(kind) = filter.place_type {
                query = query.filter(t::place_type.eq(kind.name()));
            }
            if let Some(verdict) = filter.verdict {
                query = query.filter(t::verdict.eq(verdict.name()));
            }
            if let Some(from) = filter.from {
                query = query.filter(t::sampled_on.ge(from.to_string()));
            }
            if let Some(to) = filter.to {
                query = query.filter(t::sampled_on.le(to.to_string()));
            }
            query
        }};
    }
    let all: i64 = chosen!(t::table.into_boxed()).count().get_result(conn)?;
    let rows: Vec<Row> = chosen!(t::table.select(COLUMNS).into_boxed())
        .order((t::sampled_on.desc(), t::id.desc()))
        .limit(per_page)
        .offset((page.max(1) - 1).saturating_mul(per_page))
        .load(conn)?;
    Ok((rows.into_iter().map(read).collect::<Result<_, _>>()?, all))
}

fn versions(conn: &mut Conn, public_id: &str) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<Row> = t::table.filter(t::public_id.eq(public_id)).order(t::version).select(COLUMNS).load(conn)?;
    rows.into_iter().map(read).collect()
}

fn of_sample(conn: &mut Conn, code: &str) -> Result<Option<String>, StoreError> {
    Ok(t::table.filter(t::sample_code.eq(code)).order(t::id.desc()).select(t::public_id).first(conn).optional()?)
}

fn tallies(conn: &mut Conn, from_month: &str) -> Result<Vec<Tally>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = t::table
        .filter(t::replaced_by.is_null())
        .filter(t::verdict.ne("withdrawn"))
        .filter(t::sampled_month.ge(from_month))
        .group_by((t::sampled_month, t::scheme, t::verdict))
        .select((t::sampled_month, t::scheme, t::verdict, diesel::dsl::count(t::id)))
        .load(conn)?;
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("published_result", 0, error);
    rows.into_iter()
        .map(|(month, scheme, verdict, count)| {
            Ok(Tally {
                month,
                scheme: scheme.parse().map_err(|error| corrupt(&error))?,
                verdict: verdict.parse().map_err(|error| corrupt(&error))?,
                count,
            })
        })
        .collect()
}

impl Published {
    /// Opens a published store that a hub has prepared.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        let published = Self { pool: Arc::new(Pool::open(url)?) };
        published.pool.read(publisher::check)?;
        Ok(published)
    }

    async fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let pool = Arc::clone(&self.pool);
        finished(spawn_blocking(move || pool.read(work)).await)
    }

    /// One page of `per_page` newest versions, the latest sampled first, and how many there are in all.
    pub async fn list(&self, filter: Filter, page: i64, per_page: i64) -> Result<(Vec<Entry>, i64), StoreError> {
        self.reading(move |conn| list(conn, &filter, page, per_page)).await
    }

    /// All versions of a publication, the first first; none: no such publication.
    pub async fn versions(&self, public_id: String) -> Result<Vec<Entry>, StoreError> {
        self.reading(move |conn| versions(conn, &public_id)).await
    }

    /// The publication of the sample with this code.
    pub async fn of_sample(&self, code: String) -> Result<Option<String>, StoreError> {
        self.reading(move |conn| of_sample(conn, &code)).await
    }

    /// The towns of which something is published.
    pub async fn towns(&self) -> Result<Vec<String>, StoreError> {
        self.reading(|conn| {
            Ok(t::table.filter(t::replaced_by.is_null()).select(t::town).distinct().order(t::town).load(conn)?)
        })
        .await
    }

    /// Current results by month, scheme and verdict from this month (`2026-06`) on.
    pub async fn tallies(&self, from_month: String) -> Result<Vec<Tally>, StoreError> {
        self.reading(move |conn| tallies(conn, &from_month)).await
    }

    /// Whether it answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.reading(publisher::check).await
    }
}
