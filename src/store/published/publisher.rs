//! The hub's side of the published store: its schema, and copying into it what was published.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tokio::task::spawn_blocking;

use super::Published;
use super::schema::{published_migration, published_result};
use crate::lab::digest::sha256;
use crate::lab::disclosure::document::Document;
use crate::lab::regulation::verdict::Verdict;
use crate::store::conn::{Conn, Store, finished};
use crate::store::error::StoreError;
use crate::store::pool::{Engine, Pool};
use crate::store::publications::{self, Version};

const NAME: &str = "0001_published";
const SQLITE: &str = include_str!("../../../migrations/published/sqlite/0001_published/up.sql");
const POSTGRES: &str = include_str!("../../../migrations/published/postgres/0001_published/up.sql");

/// Rows in one transaction.
const STEP: i64 = 200;

/// Writes the published store. The portal never gets one.
#[derive(Clone)]
pub struct Publisher {
    pool: Arc<Pool>,
}

impl Publisher {
    /// Opens the published store and brings its schema up to date.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        let pool = Arc::new(Pool::open(url)?);
        pool.write(|conn| {
            take_turn(conn)?;
            if applied(conn)?.is_empty() {
                conn.batch_execute(match conn.engine() {
                    Engine::Sqlite => SQLITE,
                    Engine::Postgres => POSTGRES,
                })?;
                diesel::insert_into(published_migration::table)
                    .values(published_migration::name.eq(NAME))
                    .execute(conn)?;
            }
            check(conn)
        })?;
        Ok(Self { pool })
    }

    /// The same store as the portal sees it.
    pub fn published(&self) -> Published {
        Published { pool: Arc::clone(&self.pool) }
    }

    /// Copies what is missing, in the order in which it was published; answers how many. Doing it again copies nothing.
    pub fn copy(&self, from: &Store) -> Result<u64, StoreError> {
        let mut copied = 0;
        loop {
            let now = self.pool.write(|conn| {
                take_turn(conn)?;
                let last: Option<i64> =
                    published_result::table.select(diesel::dsl::max(published_result::source)).first(conn)?;
                let missing = from.read(|conn| publications::after(conn, last.unwrap_or(0), STEP))?;
                for (version, written) in &missing {
                    insert(conn, version, written)?;
                }
                Ok::<_, StoreError>(u64::try_from(missing.len()).unwrap_or_default())
            })?;
            if now == 0 {
                return Ok(copied);
            }
            copied += now;
        }
    }

    /// [`Publisher::copy`], off the threads that answer requests.
    pub async fn copying(&self, from: &Store) -> Result<u64, StoreError> {
        let (publisher, from) = (self.clone(), from.clone());
        finished(spawn_blocking(move || publisher.copy(&from)).await)
    }
}

/// Two programs that copy at once take turns; the number is ours alone ("publis" in ASCII).
fn take_turn(conn: &mut Conn) -> Result<(), StoreError> {
    if let Conn::Pg(conn) = conn {
        conn.batch_execute("SELECT pg_advisory_xact_lock(123666857652595)")?;
    }
    Ok(())
}

fn applied(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let there = match conn.engine() {
        Engine::Sqlite => "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'published_migration'",
        Engine::Postgres => "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('published_migration')",
    };
    if sql::<BigInt>(there).get_result::<i64>(conn)? == 0 {
        return Ok(Vec::new());
    }
    Ok(published_migration::table.order(published_migration::id).select(published_migration::name).load(conn)?)
}

/// Refuses a store whose schema is not exactly this program's.
pub(super) fn check(conn: &mut Conn) -> Result<(), StoreError> {
    match applied(conn)?.as_slice() {
        [] => Err(StoreError::Older { name: NAME.to_owned() }),
        [name] if name == NAME => Ok(()),
        [.., newest] => Err(StoreError::Newer { name: newest.clone() }),
    }
}

fn insert(conn: &mut Conn, version: &Version, written: &str) -> Result<(), StoreError> {
    let document = &version.document;
    let corrupt = |what: &str| StoreError::corrupt("publication", version.id, what);
    if sha256(written) != version.sha256 {
        return Err(corrupt("the document is not the one whose hash is kept"));
    }
    diesel::update(
        published_result::table
            .filter(published_result::public_id.eq(&document.id))
            .filter(published_result::replaced_by.is_null()),
    )
    .set(published_result::replaced_by.eq(document.version))
    .execute(conn)?;
    diesel::insert_into(published_result::table)
        .values((
            (
                published_result::source.eq(version.id),
                published_result::public_id.eq(&document.id),
                published_result::version.eq(document.version),
                published_result::sample_code.eq(&version.sample_code),
                published_result::document.eq(written),
                published_result::sha256.eq(&version.sha256),
                published_result::leaf.eq(version.leaf),
                published_result::verdict.eq(document.overall.map(Verdict::name).unwrap_or("withdrawn")),
                published_result::scheme.eq(&document.scheme),
            ),
            (
                published_result::sampled_on.eq(document.sampled_on.to_string()),
                published_result::sampled_month.eq(document.sampled_on.strftime("%Y-%m").to_string()),
                published_result::commodity
                    .eq(searchable([document.commodity.zh.as_str(), document.commodity.en.as_str()])),
                published_result::producer.eq(searchable(document.producer.as_deref())),
                published_result::town.eq(&document.town),
                published_result::area
                    .eq(searchable([document.town.as_str()].into_iter().chain(document.place.as_deref()))),
                published_result::place_type.eq(document.place_type.as_deref().unwrap_or_default()),
                published_result::words.eq(words(document)),
            ),
        ))
        .execute(conn)?;
    Ok(())
}

/// All that a free search looks into.
fn words(document: &Document) -> String {
    let own = [&document.commodity.zh, &document.commodity.en, &document.town, &document.notice, &document.id];
    let known = [&document.place, &document.producer].into_iter().flatten();
    let failed = document.items.iter().filter(|item| item.verdict == Verdict::NonCompliant);
    let analytes = failed.flat_map(|item| [&item.analyte.zh, &item.analyte.en]);
    searchable(own.into_iter().chain(known).chain(analytes).map(String::as_str))
}

/// One text in small letters, alike on both engines.
fn searchable<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().collect::<Vec<_>>().join("\n").to_lowercase()
}
