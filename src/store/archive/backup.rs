//! Making an archive while the laboratory works: one moment of the database, written beside its name and then renamed.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::seal::Hashing;
use super::{ArchiveError, Beside, FORMAT, MANIFEST, Manifest, Part, file_entry, seal, table_entry};
use crate::lab::digest::hex;
use crate::store::conn::{Conn, Store};
use crate::store::error::StoreError;
use crate::store::instant;
use crate::store::ledger::ledger_head;
use crate::store::migrations;
use crate::store::pool::Engine;
use crate::store::tables::{Kind, Table, tables};

const AT_A_TIME: i64 = 500;

impl Store {
    /// Writes the whole laboratory into one file. Blocking.
    pub fn backup(&self, to: &Path, beside: &[Beside], at: Timestamp) -> Result<Manifest, ArchiveError> {
        if to.exists() {
            return Err(ArchiveError::Exists { path: to.to_owned() });
        }
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(ArchiveError::file(folder))?;
        // The journal first: what it has delivered by then is in the database that is read after it.
        let copies = beside
            .iter()
            .filter(|one| one.path.is_file())
            .map(|one| Ok((one.name, copy_of(&one.path, folder)?)))
            .collect::<Result<Vec<_>, ArchiveError>>()?;
        let manifest = self.read(|conn| write(conn, to, file.as_file(), &copies, at))?;
        seal::set(file.as_file_mut()).map_err(ArchiveError::file(to))?;
        file.as_file().sync_all().map_err(ArchiveError::file(to))?;
        file.persist_noclobber(to).map_err(|error| ArchiveError::File { path: to.to_owned(), cause: error.error })?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(ArchiveError::file(folder))?;
        Ok(manifest)
    }
}

/// A copy of an SQLite file that others may be writing to.
fn copy_of(path: &Path, folder: &Path) -> Result<tempfile::TempPath, ArchiveError> {
    let copy = tempfile::NamedTempFile::new_in(folder).map_err(ArchiveError::file(folder))?.into_temp_path();
    let unreachable =
        |error: ConnectionError| StoreError::Unreachable { url: path.display().to_string(), cause: error.to_string() };
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).map_err(unreachable)?;
    let target = copy.to_string_lossy().into_owned();
    diesel::sql_query("VACUUM INTO $1").bind::<Text, _>(target).execute(&mut conn)?;
    Ok(copy)
}

fn write(
    conn: &mut Conn,
    path: &Path,
    file: &File,
    copies: &[(&'static str, tempfile::TempPath)],
    at: Timestamp,
) -> Result<Manifest, ArchiveError> {
    let zipped =
        |error: zip::result::ZipError| ArchiveError::File { path: path.to_owned(), cause: io::Error::other(error) };
    let options = SimpleFileOptions::default().large_file(true);
    let mut zip = ZipWriter::new(io::BufWriter::new(file));
    let migrations = migrations::applied(conn)?;
    if migrations.is_empty() {
        migrations::check(conn)?;
    }
    let (leaves, root): (i64, String) =
        ledger_head::table.find(1).select((ledger_head::size, ledger_head::root)).first(conn)?;
    let mut parts = Vec::new();
    for table in tables(conn)? {
        zip.start_file(table_entry(&table.name), options).map_err(zipped)?;
        let (size, sha256) =
            write_table(conn, &table, &mut |line| zip.write_all(line).map_err(ArchiveError::file(path)))?;
        parts.push(Part { name: table.name, size, sha256 });
    }
    let mut files = Vec::new();
    for (name, copy) in copies {
        zip.start_file(file_entry(name), options).map_err(zipped)?;
        let mut hashed = Hashing { to: &mut zip, hasher: Sha256::new() };
        let mut source = File::open(copy).map_err(ArchiveError::file(copy))?;
        let size = io::copy(&mut source, &mut hashed).map_err(ArchiveError::file(path))?;
        let sha256 = hex(&hashed.hasher.finalize());
        files.push(Part { name: (*name).to_owned(), size, sha256 });
    }
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: instant::written(at),
        migrations,
        leaves,
        root,
        tables: parts,
        files,
    };
    zip.start_file(MANIFEST, options).map_err(zipped)?;
    serde_json::to_writer_pretty(&mut zip, &manifest)
        .map_err(|error| ArchiveError::File { path: path.to_owned(), cause: error.into() })?;
    zip.set_raw_comment(Box::new(seal::BLANK)).map_err(zipped)?;
    zip.finish().map_err(zipped)?.flush().map_err(ArchiveError::file(path))?;
    Ok(manifest)
}

/// Rows by their key, one JSON object a line with its names sorted: the same text on both engines.
fn write_table(
    conn: &mut Conn,
    table: &Table,
    line: &mut impl FnMut(&[u8]) -> Result<(), ArchiveError>,
) -> Result<(u64, String), ArchiveError> {
    let Some(key) = table.columns.first() else { return Ok((0, hex(&Sha256::digest(b"")))) };
    let engine = conn.engine();
    let pairs: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let name = &column.name;
            match (column.kind, engine) {
                (Kind::Bytes, Engine::Sqlite) => format!("'{name}', lower(hex({name}))"),
                (Kind::Bytes, Engine::Postgres) => format!("'{name}', encode({name}, 'hex')"),
                (Kind::Text | Kind::Integer, _) => format!("'{name}', {name}"),
            }
        })
        .collect();
    let object = match engine {
        Engine::Sqlite => format!("json_object({})", pairs.join(", ")),
        Engine::Postgres => format!("json_build_object({})::text", pairs.join(", ")),
    };
    let query = format!("SELECT {}, {object} FROM {} WHERE {} > ", key.name, table.name, key.name);
    let order = format!(" ORDER BY {} LIMIT {AT_A_TIME}", key.name);
    let (mut rows, mut hasher, mut after) = (0, Sha256::new(), i64::MIN);
    loop {
        let some: Vec<(i64, String)> = sql::<(BigInt, Text)>(&query).bind::<BigInt, _>(after).sql(&order).load(conn)?;
        for (key, json) in &some {
            let corrupt = |error: serde_json::Error| StoreError::Setting {
                what: "row as JSON",
                expected: "an object".to_owned(),
                found: format!("{} {key}: {error}", table.name),
            };
            let row: Map<String, Value> = serde_json::from_str(json).map_err(corrupt)?;
            let mut text = serde_json::to_vec(&row).map_err(corrupt)?;
            text.push(b'\n');
            hasher.update(&text);
            line(&text)?;
            rows += 1;
            after = *key;
        }
        if (some.len() as i64) < AT_A_TIME {
            return Ok((rows, hex(&hasher.finalize())));
        }
    }
}
