//! What the commands on a laboratory's data share: which configuration, which folder, which database.

use std::path::PathBuf;
use std::process::ExitCode;

use super::BAD_INPUT;
use crate::config::Config;
use crate::store::archive::Beside;

/// Which laboratory a command is about.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The configuration file (default: qingke.toml where there is one).
    #[arg(long)]
    config: Option<PathBuf>,
    /// The data directory, instead of the configuration's.
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl Place {
    /// The configuration, or what is wrong with it said on stderr.
    pub fn config(&self) -> Result<Config, ExitCode> {
        let mut config = Config::load(self.config.as_deref()).map_err(|fault| {
            eprintln!("qingke: configuration: {fault}");
            ExitCode::from(BAD_INPUT)
        })?;
        if let Some(dir) = &self.dir {
            config.data_dir = dir.clone();
        }
        Ok(config)
    }

    /// As [`Place::config`], for a database that must be there: opening a missing file would make an empty one.
    pub fn existing(&self) -> Result<Config, ExitCode> {
        let config = self.config()?;
        if let Some(path) = config.database().strip_prefix("sqlite://")
            && !std::path::Path::new(path).is_file()
        {
            eprintln!("qingke: expected a laboratory's database at {path}, found none");
            return Err(ExitCode::from(BAD_INPUT));
        }
        Ok(config)
    }
}

/// The SQLite files that belong to the laboratory beside its database.
pub fn beside(config: &Config) -> Vec<Beside> {
    let mut files = vec![Beside { name: "journal.db", path: config.journal() }];
    if let Some(path) = config.published().strip_prefix("sqlite://") {
        files.push(Beside { name: "published.db", path: PathBuf::from(path) });
    }
    files
}
