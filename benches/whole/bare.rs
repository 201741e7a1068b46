//! Bare durable commits: one row, one transaction, nothing else, under the journal's settings.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

diesel::table! {
    bare (n) {
        n -> BigInt,
        bytes -> Binary,
    }
}

pub struct Bare {
    conn: SqliteConnection,
    n: i64,
}

impl Bare {
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
        conn.batch_execute(
            "PRAGMA locking_mode=exclusive; PRAGMA journal_mode=wal; PRAGMA synchronous=FULL;
             CREATE TABLE bare (n INTEGER NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT;",
        )?;
        Ok(Self { conn, n: 0 })
    }

    /// Commits `count` rows of `size` bytes one after the other; how long each took. The statement is prepared once.
    pub fn commit(&mut self, count: usize, size: usize) -> anyhow::Result<Vec<Duration>> {
        let bytes = vec![b'x'; size];
        let one = |_| {
            self.n += 1;
            let begun = Instant::now();
            diesel::insert_into(bare::table)
                .values((bare::n.eq(self.n), bare::bytes.eq(&bytes)))
                .execute(&mut self.conn)?;
            Ok(begun.elapsed())
        };
        (0..count).map(one).collect()
    }
}
