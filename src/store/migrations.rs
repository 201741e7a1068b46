//! The schema, step by step, forward only; each step is itself a leaf of the record.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use jiff::Timestamp;

use super::conn::Conn;
use super::error::StoreError;
use super::instant::written;
use super::ledger::{Tx, take};
use super::pool::Engine;
use crate::lab::people::Who;

pub(in crate::store) struct Migration {
    pub name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, "/up.sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, "/up.sql")),
        }
    };
}

pub(in crate::store) const MIGRATIONS: &[Migration] = &[
    migration!("0001_ledger"),
    migration!("0002_laboratory"),
    migration!("0003_agents"),
    migration!("0004_folders"),
    migration!("0005_profiles"),
    migration!("0006_hours"),
    migration!("0007_dispatches"),
    migration!("0008_lookups"),
];

impl Migration {
    pub(in crate::store) fn apply(&self, conn: &mut Conn) -> Result<(), StoreError> {
        let script = match conn.engine() {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        };
        Ok(conn.batch_execute(script)?)
    }
}

diesel::table! {
    schema_migration (id) {
        id -> BigInt,
        name -> Text,
        applied_at -> Text,
        program -> Text,
    }
}

/// Names of what was applied, in order. Empty for an empty database.
pub(in crate::store) fn applied(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let there = match conn.engine() {
        Engine::Sqlite => "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'",
        Engine::Postgres => "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_migration')",
    };
    if sql::<BigInt>(there).get_result::<i64>(conn)? == 0 {
        return Ok(Vec::new());
    }
    Ok(schema_migration::table.order(schema_migration::id).select(schema_migration::name).load(conn)?)
}

/// The steps still to go, after checking that those done are the first of ours.
pub(in crate::store) fn missing(conn: &mut Conn) -> Result<&'static [Migration], StoreError> {
    let done = applied(conn)?;
    for (index, name) in done.iter().enumerate() {
        if MIGRATIONS.get(index).is_none_or(|ours| ours.name != name) {
            return Err(StoreError::Newer { name: name.clone() });
        }
    }
    Ok(MIGRATIONS.get(done.len()..).unwrap_or_default())
}

pub(in crate::store) fn check(conn: &mut Conn) -> Result<(), StoreError> {
    match missing(conn)? {
        [] => Ok(()),
        [next, ..] => Err(StoreError::Older { name: next.name.to_owned() }),
    }
}

/// Applies the next step, if any, inside the transaction of `conn`.
pub(in crate::store) fn step(conn: &mut Conn, at: Timestamp) -> Result<Option<&'static str>, StoreError> {
    if let Conn::Pg(conn) = conn {
        // Two programs that start together take turns; the number is ours alone ("qingke" in ASCII).
        conn.batch_execute("SELECT pg_advisory_xact_lock(124652237302629)")?;
    }
    let Some(next) = missing(conn)?.first() else { return Ok(None) };
    next.apply(conn)?;
    take(conn)?;
    let id = diesel::insert_into(schema_migration::table)
        .values((
            schema_migration::name.eq(next.name),
            schema_migration::applied_at.eq(written(at)),
            schema_migration::program.eq(env!("CARGO_PKG_VERSION")),
        ))
        .returning(schema_migration::id)
        .get_result::<i64>(conn)?;
    Tx { conn, by: &Who::Program, at }.record("migration.applied", "schema_migration", id, None)?;
    Ok(Some(next.name))
}
