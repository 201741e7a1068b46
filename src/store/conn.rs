//! The laboratory's database: opening it, reading it, and writing to it together with the record.

use std::path::Path;
use std::sync::Arc;

use diesel::prelude::*;
use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::error::StoreError;
use super::ledger::{self, Tx};
use super::migrations;
use super::pool::{Engine, Pool};
use crate::lab::people::Who;

/// One query code for both engines.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

impl Conn {
    pub(in crate::store) fn engine(&self) -> Engine {
        match self {
            Self::Pg(_) => Engine::Postgres,
            Self::Sqlite(_) => Engine::Sqlite,
        }
    }
}

/// The laboratory's database. A clone is the same database.
#[derive(Clone)]
pub struct Store {
    pool: Arc<Pool>,
}

impl Store {
    /// `sqlite://PATH` or `postgres://…`.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { pool: Arc::new(Pool::open(url)?) })
    }

    /// As [`Store::open`], but an SQLite file that is not there is an error and is not made.
    pub fn open_existing(url: &str) -> Result<Self, StoreError> {
        match url.strip_prefix("sqlite://") {
            Some(path) if !Path::new(path).is_file() => {
                Err(StoreError::Unreachable { url: url.to_owned(), cause: "no such file".to_owned() })
            }
            _ => Self::open(url),
        }
    }

    /// Brings the schema to this program's version; answers the names of what was applied.
    pub fn migrate(&self) -> Result<Vec<String>, StoreError> {
        let mut applied = Vec::new();
        while let Some(name) = self.pool.write(|conn| migrations::step(conn, Timestamp::now()))? {
            applied.push(name.to_owned());
        }
        Ok(applied)
    }

    /// Refuses a database whose schema is not exactly this program's.
    pub fn check_schema(&self) -> Result<(), StoreError> {
        self.pool.read(migrations::check)
    }

    /// Reads one moment of the database. Blocking.
    pub(crate) fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        self.pool.read(work)
    }

    /// Writes rows and their leaves, all or nothing; writers queue at the ledger's head. Blocking.
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        by: &Who,
        at: Timestamp,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.pool.write(|conn| {
            ledger::take(conn)?;
            work(&mut Tx { conn, by, at })
        })
    }

    /// Writes without the ledger's head, which an empty database does not have yet.
    pub(in crate::store) fn writing_freely<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        self.pool.write(work)
    }

    /// [`Store::read`] for pages: off the threads that answer requests.
    pub(crate) async fn reading<T, E>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        finished(spawn_blocking(move || store.read(work)).await)
    }

    /// [`Store::write`] for pages: off the threads that answer requests.
    pub(crate) async fn writing<T, E>(
        &self,
        by: Who,
        at: Timestamp,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        finished(spawn_blocking(move || store.write(&by, at, work)).await)
    }
}

/// A panic goes on in the caller; a task that never ran means that the program is stopping.
pub(in crate::store) fn finished<T, E: From<StoreError>>(
    joined: Result<Result<T, E>, tokio::task::JoinError>,
) -> Result<T, E> {
    match joined {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(StoreError::Stopping.into()),
    }
}
