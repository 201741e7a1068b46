//! A handful of open connections to one database, the engine chosen by the scheme of its address.
//!
//! SQLite: <https://sqlite.org/wal.html>; `synchronous=FULL` is what makes a committed byte survive a power cut.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::conn::Conn;
use super::error::StoreError;

/// More would only wait for the two cores of the smallest machine we serve.
const OPEN_AT_MOST: usize = 8;
/// Older ones can lose commits when two connections reset the WAL at once (fixed in 3.51.3).
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Engine {
    Sqlite,
    Postgres,
}

pub(in crate::store) struct Pool {
    url: String,
    engine: Engine,
    open: Mutex<Open>,
    returned: Condvar,
    /// Writers queue here, in turn, before they queue in the engine.
    writer: Mutex<()>,
}

#[derive(Default)]
struct Open {
    idle: Vec<Conn>,
    lent: usize,
}

impl Pool {
    pub(in crate::store) fn open(url: &str) -> Result<Self, StoreError> {
        let engine = if url.starts_with("sqlite://") {
            Engine::Sqlite
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres
        } else {
            return Err(StoreError::Scheme { found: shown(url) });
        };
        let pool = Self {
            url: url.to_owned(),
            engine,
            open: Mutex::default(),
            returned: Condvar::new(),
            writer: Mutex::default(),
        };
        let first = pool.connect()?;
        locked(&pool.open).idle.push(first);
        Ok(pool)
    }

    /// Work that sees one moment of the database and cannot change it.
    pub(in crate::store) fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut lent = self.lend()?;
        lent.only_reads(true)?;
        let result = in_transaction(lent.conn()?, ("BEGIN DEFERRED", READ_POSTGRES), work);
        lent.only_reads(false)?;
        result
    }

    /// Work that is kept whole or not at all. SQLite's write lock is taken first: a reader that turns writer would fail.
    pub(in crate::store) fn write<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = locked(&self.writer);
        let mut lent = self.lend()?;
        in_transaction(lent.conn()?, ("BEGIN IMMEDIATE", "BEGIN"), work)
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let mut open = locked(&self.open);
        while open.lent >= OPEN_AT_MOST {
            open = self.returned.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
        open.lent += 1;
        let idle = open.idle.pop();
        drop(open);
        let mut lent = Lent { pool: self, conn: idle };
        // A server that was restarted has hung up on the idle ones.
        if let Some(Conn::Pg(conn)) = &mut lent.conn
            && conn.batch_execute("SELECT 1").is_err()
        {
            lent.conn = None;
            locked(&self.open).idle.clear();
        }
        if lent.conn.is_none() {
            lent.conn = Some(self.connect()?);
        }
        Ok(lent)
    }

    fn connect(&self) -> Result<Conn, StoreError> {
        let unreachable =
            |error: ConnectionError| StoreError::Unreachable { url: shown(&self.url), cause: error.to_string() };
        match self.engine {
            Engine::Sqlite => {
                let path = self.url.trim_start_matches("sqlite://");
                let mut conn = SqliteConnection::establish(path).map_err(unreachable)?;
                prepare_sqlite(&mut conn)?;
                Ok(Conn::Sqlite(conn))
            }
            Engine::Postgres => {
                let mut conn = PgConnection::establish(&self.url).map_err(unreachable)?;
                prepare_postgres(&mut conn)?;
                Ok(Conn::Pg(conn))
            }
        }
    }
}

const READ_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A connection on loan; it comes back when it is dropped, unless its state is in doubt.
struct Lent<'a> {
    pool: &'a Pool,
    conn: Option<Conn>,
}

impl Lent<'_> {
    fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        self.conn.as_mut().ok_or(StoreError::Stopping)
    }

    /// PostgreSQL refuses a write inside a read-only transaction by itself.
    fn only_reads(&mut self, yes: bool) -> Result<(), StoreError> {
        if let Some(Conn::Sqlite(conn)) = &mut self.conn {
            conn.batch_execute(if yes { "PRAGMA query_only=ON" } else { "PRAGMA query_only=OFF" })?;
        }
        Ok(())
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut open = locked(&self.pool.open);
        open.lent -= 1;
        if let Some(mut conn) = self.conn.take()
            && !thread::panicking()
            && settled(&mut conn)
        {
            open.idle.push(conn);
        }
        self.pool.returned.notify_one();
    }
}

/// Whether no transaction was left open.
fn settled(conn: &mut Conn) -> bool {
    let status = match conn {
        Conn::Pg(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
        Conn::Sqlite(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
    };
    matches!(status.transaction_depth(), Ok(None))
}

fn in_transaction<T, E: From<StoreError>>(
    conn: &mut Conn,
    (begin_sqlite, begin_postgres): (&str, &str),
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    match conn {
        Conn::Pg(conn) => AnsiTransactionManager::begin_transaction_sql(conn, begin_postgres),
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, begin_sqlite),
    }
    .map_err(StoreError::from)?;
    let result = work(conn);
    let ended = match (&result, conn) {
        (Ok(_), Conn::Pg(conn)) => AnsiTransactionManager::commit_transaction(conn),
        (Ok(_), Conn::Sqlite(conn)) => AnsiTransactionManager::commit_transaction(conn),
        (Err(_), Conn::Pg(conn)) => AnsiTransactionManager::rollback_transaction(conn),
        (Err(_), Conn::Sqlite(conn)) => AnsiTransactionManager::rollback_transaction(conn),
    };
    // The work's own refusal says more than a rollback that failed after it.
    match (result, ended) {
        (Ok(_), Err(error)) => Err(StoreError::from(error).into()),
        (result, _) => result,
    }
}

fn prepare_sqlite(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    conn.batch_execute(
        "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
         PRAGMA trusted_schema=OFF; PRAGMA recursive_triggers=ON;",
    )?;
    let version = sql::<Text>("SELECT sqlite_version()").get_result::<String>(conn)?;
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    if parts.as_slice() < OLDEST_SQLITE.as_slice() {
        let expected = "3.51.3 or newer".to_owned();
        return Err(StoreError::Setting { what: "sqlite_version", expected, found: version });
    }
    let mode = sql::<Text>("PRAGMA journal_mode").get_result::<String>(conn)?;
    if mode != "wal" {
        return Err(StoreError::Setting { what: "journal_mode", expected: "wal".to_owned(), found: mode });
    }
    for (what, query, expected) in [
        ("busy_timeout", "PRAGMA busy_timeout", 5000),
        ("synchronous", "PRAGMA synchronous", 2),
        ("foreign_keys", "PRAGMA foreign_keys", 1),
        ("trusted_schema", "PRAGMA trusted_schema", 0),
        ("recursive_triggers", "PRAGMA recursive_triggers", 1),
    ] {
        let found = sql::<BigInt>(query).get_result::<i64>(conn)?;
        if found != expected {
            return Err(StoreError::Setting { what, expected: expected.to_string(), found: found.to_string() });
        }
    }
    Ok(())
}

fn prepare_postgres(conn: &mut PgConnection) -> Result<(), StoreError> {
    conn.batch_execute("SET synchronous_commit TO on; SET TIME ZONE 'UTC'; SET client_min_messages TO warning")?;
    for (what, query, expected) in [
        ("synchronous_commit", "SHOW synchronous_commit", "on"),
        ("TimeZone", "SHOW TIME ZONE", "UTC"),
        ("server_encoding", "SHOW server_encoding", "UTF8"),
    ] {
        let found = sql::<Text>(query).get_result::<String>(conn)?;
        if found != expected {
            return Err(StoreError::Setting { what, expected: expected.to_owned(), found });
        }
    }
    Ok(())
}

/// The address without its password, for messages.
fn shown(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}

/// A thread that panicked while holding the list leaves the list itself whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
