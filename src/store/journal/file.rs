//! The journal's file: opened with the settings under which an acknowledged byte survives a power cut, or not at all.
//!
//! Truth: <https://www.sqlite.org/pragma.html>. In WAL mode only `synchronous=FULL` syncs at each commit.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use jiff::Timestamp;

use super::schema::{chunk, closing, journal, transmission};
use super::{Epoch, JournalError, State};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/journal");

/// Older libraries can lose a WAL under a concurrent reset.
const OLDEST_SQLITE: i32 = 3_051_003;

const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// The settings as they read back.
const SETTINGS: [(&str, &str); 5] = [
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("foreign_keys", "1"),
    ("trusted_schema", "0"),
    ("recursive_triggers", "1"),
];

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Integer)]
    number: i32,
}

/// Opens the file, makes it when there is none, and checks it.
pub(super) fn open(path: &Path) -> Result<SqliteConnection, JournalError> {
    let failed = |reason: String| JournalError::Open { path: path.to_owned(), reason };
    let is_new = !path.exists();
    let name = path.to_str().ok_or_else(|| failed("the path is not UTF-8".to_owned()))?;
    let mut conn = SqliteConnection::establish(name).map_err(|error| failed(error.to_string()))?;
    conn.batch_execute("PRAGMA busy_timeout=5000;").map_err(|error| failed(error.to_string()))?;
    for (name, value) in SETTINGS {
        conn.batch_execute(&format!("PRAGMA {name}={value};")).map_err(|error| match error.to_string() {
            text if text.contains("not a database") || text.contains("malformed") => JournalError::Damaged(text),
            text => failed(text),
        })?;
    }
    check_settings(&mut conn)?;
    check_contents(&mut conn)?;
    conn.run_pending_migrations(MIGRATIONS).map_err(|error| failed(error.to_string()))?;
    if is_new {
        keep_name(path).map_err(|error| failed(error.to_string()))?;
    }
    // What an earlier connection could not sync is read again and made durable before anything is promised.
    conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);").map_err(|error| failed(error.to_string()))?;
    Ok(conn)
}

/// Keeps a second program from writing into the same journal, while one that copies it for a backup may read.
pub(super) fn lock(path: &Path) -> Result<File, JournalError> {
    let failed = |reason: String| JournalError::Open { path: path.to_owned(), reason };
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::create(&name).map_err(|error| failed(error.to_string()))?;
    let begun = Instant::now();
    // A program that is just ending lets go within moments.
    while let Err(error) = file.try_lock() {
        if begun.elapsed() > LOCK_PATIENCE {
            return Err(failed(format!("another program uses this journal ({error})")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(file)
}

fn check_settings(conn: &mut SqliteConnection) -> Result<(), JournalError> {
    let Version { number } = diesel::sql_query(
        "SELECT CAST(substr(v, 1, 1) AS INTEGER) * 1000000
              + CAST(substr(v, 3, instr(substr(v, 3), '.') - 1) AS INTEGER) * 1000
              + CAST(substr(v, 3 + instr(substr(v, 3), '.')) AS INTEGER) AS number
         FROM (SELECT sqlite_version() AS v)",
    )
    .get_result(conn)?;
    if number < OLDEST_SQLITE {
        return Err(JournalError::Library { found: number, oldest: OLDEST_SQLITE });
    }
    for (name, expected) in SETTINGS {
        let query = format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}");
        let Setting { value } = diesel::sql_query(query).get_result(conn)?;
        if value != expected {
            return Err(JournalError::Setting { name, expected, found: value });
        }
    }
    Ok(())
}

fn check_contents(conn: &mut SqliteConnection) -> Result<(), JournalError> {
    let Setting { value } = diesel::sql_query("SELECT quick_check AS value FROM pragma_quick_check")
        .get_result(conn)
        .map_err(|error| JournalError::Damaged(error.to_string()))?;
    if value == "ok" { Ok(()) } else { Err(JournalError::Damaged(value)) }
}

/// Makes the new file's name durable: without it a power cut can leave the bytes without a directory entry.
fn keep_name(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Renames an unreadable journal, with what SQLite keeps beside it, and gives its new name. It is kept: somebody may
/// still get bytes out of it.
pub(super) fn set_aside(path: &Path, at: Timestamp) -> std::io::Result<PathBuf> {
    let mark = format!(".unreadable-{}", at.strftime("%Y%m%dT%H%M%SZ"));
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    for ending in ["", "-wal", "-shm"] {
        match std::fs::rename(beside(ending), beside(&format!("{mark}{ending}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => (),
        }
    }
    Ok(beside(&mark))
}

/// The file's epoch, made with its first opening.
pub(super) fn epoch(conn: &mut SqliteConnection) -> Result<Epoch, JournalError> {
    conn.immediate_transaction(|conn| {
        let stored: Option<String> = journal::table.select(journal::epoch).first(conn).optional()?;
        if let Some(stored) = stored {
            return stored.parse().map_err(|error| JournalError::row("journal", 1, error));
        }
        let epoch = Epoch::random().map_err(|error| JournalError::Write(error.to_string()))?;
        diesel::insert_into(journal::table)
            .values((journal::only.eq(1), journal::epoch.eq(epoch.to_string())))
            .execute(conn)?;
        Ok(epoch)
    })
}

/// Closes what a crash left open as torn: it ended, as far as anyone knows, with its last kept chunk.
pub(super) fn close_left_open(conn: &mut SqliteConnection) -> Result<(), JournalError> {
    conn.immediate_transaction(|conn| {
        let open: Vec<(i64, String)> = transmission::table
            .left_join(closing::table.on(closing::transmission.eq(transmission::seq)))
            .filter(closing::transmission.nullable().is_null())
            .select((transmission::seq, transmission::started_at))
            .load(conn)?;
        for (seq, started_at) in open {
            let last: Option<String> = chunk::table
                .filter(chunk::transmission.eq(seq))
                .order(chunk::n.desc())
                .select(chunk::at)
                .first(conn)
                .optional()?;
            diesel::insert_into(closing::table)
                .values((
                    closing::transmission.eq(seq),
                    closing::state.eq(State::Torn.word()),
                    closing::fault.eq("the program ended before the transmission did"),
                    closing::ended_at.eq(last.unwrap_or(started_at)),
                ))
                .execute(conn)?;
        }
        Ok(())
    })
}
