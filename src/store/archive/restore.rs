//! Reading an archive back into an empty database of either engine: proved whole before, proved true after.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::seal::Hashing;
use super::{ArchiveError, Beside, FORMAT, MANIFEST, Manifest, Part, file_entry, seal, table_entry};
use crate::lab::digest::hex;
use crate::store::conn::{Conn, Store};
use crate::store::error::StoreError;
use crate::store::migrations::{self, MIGRATIONS};
use crate::store::pool::Engine;
use crate::store::tables::{Kind, Table, tables};
use crate::store::verify;

/// How many rows travel to the database in one statement, and how many bytes at most begin another.
const ROWS: usize = 200;
const BYTES: usize = 1 << 20;

type Zip<'a> = ZipArchive<BufReader<&'a File>>;

impl Store {
    /// Fills this database, which must be empty, and the files beside it, which must not exist. All or nothing. Blocking.
    pub fn restore(&self, from: &Path, beside: &[Beside]) -> Result<Manifest, ArchiveError> {
        let file = whole(from)?;
        let mut zip = ZipArchive::new(BufReader::new(&file)).map_err(|error| ArchiveError::damaged(from, error))?;
        let manifest = manifest(&mut zip, from)?;
        let files = unpack(&mut zip, from, &manifest, beside)?;
        self.writing_freely(|conn| {
            fill(conn, &mut zip, from, &manifest)?;
            // Inside the transaction: a file that cannot be placed undoes the rows too.
            place(files)
        })?;
        Ok(manifest)
    }
}

/// Opens an archive whose seal holds.
pub fn whole(from: &Path) -> Result<File, ArchiveError> {
    let mut file = File::open(from).map_err(ArchiveError::file(from))?;
    if seal::holds(&mut file).map_err(ArchiveError::file(from))? {
        return Ok(file);
    }
    let what = "its seal does not hold: it was cut or altered, or it is no backup";
    Err(ArchiveError::damaged(from, what))
}

fn manifest(zip: &mut Zip<'_>, path: &Path) -> Result<Manifest, ArchiveError> {
    let damaged = |what: String| ArchiveError::damaged(path, what);
    let entry = zip.by_name(MANIFEST).map_err(|error| damaged(format!("{MANIFEST}: {error}")))?;
    let manifest: Manifest = serde_json::from_reader(entry).map_err(|error| damaged(format!("{MANIFEST}: {error}")))?;
    if manifest.format != FORMAT {
        return Err(damaged(format!("expected the format {FORMAT}, found '{}'", manifest.format)));
    }
    for (index, name) in manifest.migrations.iter().enumerate() {
        if MIGRATIONS.get(index).is_none_or(|ours| ours.name != name) {
            return Err(StoreError::Newer { name: name.clone() }.into());
        }
    }
    Ok(manifest)
}

fn fill(conn: &mut Conn, zip: &mut Zip<'_>, path: &Path, manifest: &Manifest) -> Result<(), ArchiveError> {
    if let Some(table) = tables(conn)?.into_iter().next() {
        return Err(ArchiveError::NotEmpty { table: table.name });
    }
    for migration in MIGRATIONS.iter().take(manifest.migrations.len()) {
        migration.apply(conn)?;
    }
    let there = tables(conn)?;
    let names = |parts: &[Part]| parts.iter().map(|part| part.name.clone()).collect::<Vec<_>>();
    let expected: Vec<String> = there.iter().map(|table| table.name.clone()).collect();
    if names(&manifest.tables) != expected {
        return Err(ArchiveError::damaged(path, "its tables are not those of its migrations"));
    }
    let foreign = defer_foreign_keys(conn)?;
    for (table, part) in there.iter().zip(&manifest.tables) {
        fill_table(conn, zip, path, table, part)?;
    }
    restore_foreign_keys(conn, &foreign)?;
    if matches!(conn, Conn::Pg(_)) {
        continue_numbers(conn, &there)?;
    }
    let report = verify_as_archived(conn, manifest, path)?;
    match report.findings.into_iter().collect::<Vec<_>>().as_slice() {
        [] => Ok(()),
        [first, rest @ ..] => Err(ArchiveError::Unproven { count: rest.len() + 1, first: Box::new(first.clone()) }),
    }
}

/// An older archive is brought to our schema first, which adds leaves; the tree it came with is checked before that.
fn verify_as_archived(conn: &mut Conn, manifest: &Manifest, path: &Path) -> Result<verify::Report, ArchiveError> {
    let (leaves, root): (i64, String) = {
        use crate::store::ledger::ledger_head;
        ledger_head::table.find(1).select((ledger_head::size, ledger_head::root)).first(conn)?
    };
    if (leaves, &root) != (manifest.leaves, &manifest.root) {
        let what = format!(
            "its manifest says {} leaves under {}, its tables {leaves} under {root}",
            manifest.leaves, manifest.root
        );
        return Err(ArchiveError::damaged(path, what));
    }
    while migrations::step(conn, Timestamp::now())?.is_some() {}
    Ok(verify::check(conn)?)
}

fn fill_table(conn: &mut Conn, zip: &mut Zip<'_>, path: &Path, table: &Table, part: &Part) -> Result<(), ArchiveError> {
    let name = table_entry(&table.name);
    let damaged = |what: String| ArchiveError::damaged(path, format!("{name}: {what}"));
    let entry = zip.by_name(&name).map_err(|error| damaged(error.to_string()))?;
    let mut lines = BufReader::new(entry);
    let insert =
        if table.name == "ledger_head" { update_from_json(conn, table) } else { insert_from_json(conn, table) };
    let (mut hasher, mut rows, mut batch, mut waiting) = (Sha256::new(), 0u64, Vec::new(), 0usize);
    loop {
        let mut line = String::new();
        let read = lines.read_line(&mut line).map_err(|error| damaged(error.to_string()))?;
        if read > 0 {
            hasher.update(line.as_bytes());
            rows += 1;
            waiting += read;
            batch.push(line);
        }
        let full = batch.len() >= ROWS || waiting >= BYTES || read == 0;
        if full && !batch.is_empty() {
            let count = batch.len();
            let json = format!("[{}]", batch.join(","));
            let done = diesel::sql_query(&insert).bind::<Text, _>(json).execute(conn)?;
            if done != count {
                return Err(damaged(format!("{count} rows, of which the database took {done}")));
            }
            batch.clear();
            waiting = 0;
        }
        if read == 0 {
            break;
        }
    }
    let sha256 = hex(&hasher.finalize());
    if (rows, &sha256) != (part.size, &part.sha256) {
        let what = format!("expected {} rows with SHA-256 {}, found {rows} with {sha256}", part.size, part.sha256);
        return Err(damaged(what));
    }
    Ok(())
}

/// The value of each column, out of one JSON object.
fn values(engine: Engine, table: &Table) -> Vec<String> {
    let value = |name: &str, kind| match (engine, kind) {
        (Engine::Sqlite, Kind::Bytes) => format!("unhex(value ->> '{name}')"),
        (Engine::Sqlite, Kind::Text | Kind::Integer) => format!("value ->> '{name}'"),
        (Engine::Postgres, Kind::Bytes) => format!("decode(value ->> '{name}', 'hex')"),
        (Engine::Postgres, Kind::Integer) => format!("(value ->> '{name}')::bigint"),
        (Engine::Postgres, Kind::Text) => format!("value ->> '{name}'"),
    };
    table.columns.iter().map(|column| value(&column.name, column.kind)).collect()
}

fn source(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "json_each($1)",
        Engine::Postgres => "json_array_elements($1::json)",
    }
}

fn insert_from_json(conn: &Conn, table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let values = values(conn.engine(), table);
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {}",
        table.name,
        names.join(", "),
        values.join(", "),
        source(conn.engine())
    )
}

/// The head's one row is made by its migration and never deleted.
fn update_from_json(conn: &Conn, table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let values = values(conn.engine(), table).join(", ");
    let source = source(conn.engine());
    format!("UPDATE {} SET ({}) = (SELECT {values} FROM {source}) WHERE id = 1", table.name, names.join(", "))
}

/// Tables come in the order of their names, not of their references. Answers what [`restore_foreign_keys`] undoes.
fn defer_foreign_keys(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    if matches!(conn, Conn::Sqlite(_)) {
        conn.batch_execute("PRAGMA defer_foreign_keys=ON")?;
        return Ok(Vec::new());
    }
    let query = "SELECT k.conrelid::regclass::text, k.conname::text FROM pg_constraint k \
                 WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace";
    let foreign: Vec<(String, String)> = sql::<(Text, Text)>(query).load(conn)?;
    for (table, name) in &foreign {
        conn.batch_execute(&format!("ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED"))?;
    }
    Ok(foreign)
}

fn restore_foreign_keys(conn: &mut Conn, foreign: &[(String, String)]) -> Result<(), StoreError> {
    if foreign.is_empty() {
        return Ok(());
    }
    conn.batch_execute("SET CONSTRAINTS ALL IMMEDIATE")?;
    for (table, name) in foreign {
        conn.batch_execute(&format!("ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE"))?;
    }
    Ok(())
}

/// PostgreSQL counts on from the rows; SQLite's AUTOINCREMENT has seen them.
fn continue_numbers(conn: &mut Conn, there: &[Table]) -> Result<(), StoreError> {
    for table in there {
        let Some(key) = table.columns.first().map(|key| &key.name) else { continue };
        let sequence: Option<String> =
            sql::<Nullable<Text>>(&format!("SELECT pg_get_serial_sequence('{}', '{key}')", table.name))
                .get_result(conn)?;
        if let Some(sequence) = sequence {
            conn.batch_execute(&format!(
                "SELECT setval('{sequence}', max({key})) FROM {} HAVING max({key}) IS NOT NULL",
                table.name
            ))?;
        }
    }
    Ok(())
}

/// Unpacks the files beside the database into temporary ones next to where they belong.
fn unpack(
    zip: &mut Zip<'_>,
    path: &Path,
    manifest: &Manifest,
    beside: &[Beside],
) -> Result<Vec<(tempfile::NamedTempFile, PathBuf)>, ArchiveError> {
    let mut files = Vec::new();
    for part in &manifest.files {
        let damaged = |what: String| ArchiveError::damaged(path, format!("{}: {what}", part.name));
        let Some(place) = beside.iter().find(|one| one.name == part.name) else {
            return Err(damaged("no place is known for this file".to_owned()));
        };
        if place.path.exists() {
            return Err(ArchiveError::Exists { path: place.path.clone() });
        }
        let folder = place.path.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(folder).map_err(ArchiveError::file(folder))?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(ArchiveError::file(folder))?;
        let mut entry = zip.by_name(&file_entry(&part.name)).map_err(|error| damaged(error.to_string()))?;
        let mut hashed = Hashing { to: &mut file, hasher: Sha256::new() };
        let size = io::copy(&mut entry, &mut hashed).map_err(|error| damaged(error.to_string()))?;
        let sha256 = hex(&hashed.hasher.finalize());
        if (size, &sha256) != (part.size, &part.sha256) {
            return Err(damaged(format!("expected SHA-256 {}, found {sha256}", part.sha256)));
        }
        file.as_file().sync_all().map_err(ArchiveError::file(&place.path))?;
        files.push((file, place.path.clone()));
    }
    Ok(files)
}

fn place(files: Vec<(tempfile::NamedTempFile, PathBuf)>) -> Result<(), ArchiveError> {
    let mut placed: Vec<PathBuf> = Vec::new();
    for (file, path) in files {
        if let Err(error) = file.persist_noclobber(&path) {
            for path in &placed {
                // The first failure is reported; the rows are undone with it.
                let _ = fs::remove_file(path);
            }
            return Err(ArchiveError::File { path, cause: error.error });
        }
        placed.push(path);
    }
    Ok(())
}
