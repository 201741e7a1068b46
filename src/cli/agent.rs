//! `qingke agent`: a bench computer.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;
use tokio::sync::watch;

use super::BAD_INPUT;
use crate::acquire::agent::{Agent, Settings};

/// Read this computer's instruments, keep what they say, and deliver it to a hub; survives the hub's absence.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke agent --config agent.toml\n\n\
    The file: hub = \"https://…\", token = \"…\" (shown once when the agent was enrolled), data_dir = \"…\", and ca_file = \"…\"\n\
    where the hub's certificate is not signed by a public authority. Environment variables QINGKE_AGENT_… override it.")]
pub struct Args {
    /// The configuration file.
    #[arg(long, default_value = "agent.toml")]
    config: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    hub: String,
    token: String,
    #[serde(default = "data_dir")]
    data_dir: PathBuf,
    ca_file: Option<PathBuf>,
}

fn data_dir() -> PathBuf {
    PathBuf::from("qingke-agent")
}

fn read(file: &Path) -> Result<Config, Box<figment::Error>> {
    Figment::from(Toml::file(file)).merge(Env::prefixed("QINGKE_AGENT_")).extract().map_err(Box::new)
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = match read(&args.config) {
        Ok(config) => config,
        Err(fault) => {
            eprintln!("qingke: configuration {}: {fault}", args.config.display());
            return Ok(ExitCode::from(BAD_INPUT));
        }
    };
    super::log();
    super::runtime()?.block_on(async {
        let settings = Settings { ca_file: config.ca_file, ..Settings::new(config.hub, config.token, config.data_dir) };
        let agent = Agent::open(settings)?;
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move {
            if let Err(error) = super::told_to_stop().await {
                tracing::error!(%error, "signals");
            }
            stop.send_replace(true);
        });
        agent.run(stopped).await;
        Ok(ExitCode::SUCCESS)
    })
}
