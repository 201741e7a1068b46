//! `qingke migrate`: brings the database's schema to this program's version.

use std::process::ExitCode;

use super::opened::Place;
use crate::store::Store;

/// Bring the database to this program's schema.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke migrate --config /etc/qingke.toml")]
pub struct Args {
    #[command(flatten)]
    place: Place,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = match args.place.config() {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    std::fs::create_dir_all(&config.data_dir)?;
    let applied = Store::open(&config.database())?.migrate()?;
    for name in &applied {
        println!("{name}");
    }
    eprintln!("qingke: {} migrations applied", applied.len());
    Ok(ExitCode::SUCCESS)
}
