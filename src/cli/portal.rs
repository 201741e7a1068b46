//! `qingke portal`: the public portal alone, over the published store and nothing else.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::BAD_INPUT;
use crate::acquire::clock;
use crate::config::Config;
use crate::lab::zone::zone;
use crate::store::published::Published;
use crate::web::clock::Clock;
use crate::web::{self, Listener};

/// Serve the public portal alone, over the published store that a hub fills.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke portal --config /etc/qingke-portal.toml")]
pub struct Args {
    /// The configuration file; of it only published_url, portal_listen and the proxy's keys are read.
    #[arg(long)]
    config: Option<PathBuf>,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = match Config::load(args.config.as_deref()) {
        Ok(config) => config,
        Err(fault) => {
            eprintln!("qingke: configuration: {fault}");
            return Ok(ExitCode::from(BAD_INPUT));
        }
    };
    super::log();
    let published = Published::open(&config.published())
        .context("published_url: the published store cannot be read; start the hub once to prepare it")?;
    let listener = Listener {
        address: config.portal_listen.ip(),
        port: config.portal_listen.port(),
        secure: config.behind_tls_proxy,
        ip_header: (!config.ip_header.is_empty()).then(|| config.ip_header.clone()),
    };
    eprintln!("qingke: public portal at http://{}", config.portal_listen);
    let portal = web::portal(Clock::with(clock::now, zone()), &listener, published);
    super::runtime()?.block_on(portal.launch()).map_err(|error| anyhow::anyhow!("cannot serve: {error}"))?;
    Ok(ExitCode::SUCCESS)
}
