//! `qingke backup` and `qingke restore`: the whole laboratory in one file, for either engine.

use std::path::PathBuf;
use std::process::ExitCode;

use super::BAD_INPUT;
use super::opened::{Place, beside};
use crate::acquire::clock;
use crate::store::Store;
use crate::store::archive::{self, ArchiveError};

/// Write the whole laboratory into one archive, while it runs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke backup /backup/2026-11-24.qingke")]
pub struct BackupArgs {
    /// The archive to write; it must not exist.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Fill an empty data directory or database from an archive, and prove it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke restore /backup/2026-11-24.qingke --dir /var/lib/qingke")]
pub struct RestoreArgs {
    /// The archive to read.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

pub fn backup(args: BackupArgs) -> anyhow::Result<ExitCode> {
    let config = match args.place.existing() {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let store = Store::open(&config.database())?;
    let now = clock::now();
    match store.backup(&args.file, &beside(&config), now) {
        Ok(manifest) => {
            // The archive is whole either way; only the administrator's page would not know of it.
            if let Err(error) = store.note_backup(now) {
                eprintln!("qingke: the archive is written, but its time could not be kept: {error}");
            }
            let rows: u64 = manifest.tables.iter().map(|table| table.size).sum();
            println!("{}: {rows} rows, {} leaves, root {}", args.file.display(), manifest.leaves, manifest.root);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => refused(error),
    }
}

pub fn restore(args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let config = match args.place.config() {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    // Before an empty database is made for nothing.
    if let Err(error) = archive::whole(&args.file) {
        return refused(error);
    }
    std::fs::create_dir_all(&config.data_dir)?;
    let store = Store::open(&config.database())?;
    match store.restore(&args.file, &beside(&config)) {
        Ok(manifest) => {
            println!("restored and verified: {} leaves, root {}", manifest.leaves, manifest.root);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => refused(error),
    }
}

/// What the person gave is bad input; what the machine did is a failure.
fn refused(error: ArchiveError) -> anyhow::Result<ExitCode> {
    match error {
        ArchiveError::Exists { .. } | ArchiveError::Damaged { .. } | ArchiveError::NotEmpty { .. } => {
            eprintln!("qingke: {error}");
            Ok(ExitCode::from(BAD_INPUT))
        }
        other => Err(other.into()),
    }
}
