//! A fresh database on each engine for a test, gone when the test is over.
//!
//! SQLite: a file in a temporary folder. PostgreSQL: a database of its own on the server that `QINGKE_TEST_POSTGRES`
//! names (a URL that may create databases); without it the test fails, because skipping would say nothing.

use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, process};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// Runs `work` with the address of a fresh database of each engine.
pub fn each(work: impl Fn(&str)) {
    let sqlite = Fresh::sqlite();
    work(&sqlite.url);
    let postgres = Fresh::postgres();
    work(&postgres.url);
}

/// A database that is dropped with this value.
pub struct Fresh {
    pub url: String,
    keep: Keep,
}

enum Keep {
    Folder(#[allow(dead_code, reason = "held until the test is over")] tempfile::TempDir),
    Database { server: String, name: String },
}

impl Fresh {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("laboratory.db").display());
        Self { url, keep: Keep::Folder(folder) }
    }

    pub fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = env::var("QINGKE_TEST_POSTGRES").expect(
            "QINGKE_TEST_POSTGRES must name a PostgreSQL server, such as postgres://postgres@localhost/postgres",
        );
        let name = format!("qingke_test_{}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut admin = PgConnection::establish(&server).expect("the server of QINGKE_TEST_POSTGRES");
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        admin.batch_execute(&create).expect("a fresh database");
        let (front, _) = server.rsplit_once('/').expect("a URL that ends in a database name");
        Self { url: format!("{front}/{name}"), keep: Keep::Database { server, name } }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Keep::Database { server, name } = &self.keep
            && let Ok(mut admin) = PgConnection::establish(server)
        {
            // A test that fails is reported by its own panic, not by a second one here.
            let _ = admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}
