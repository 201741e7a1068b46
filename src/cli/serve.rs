//! `qingke serve`: the hub.

use std::path::PathBuf;
use std::process::ExitCode;

use tokio::sync::oneshot;

use super::BAD_INPUT;
use crate::config::Config;
use crate::hub::{Addresses, Hub};

/// Serve the laboratory's pages, the instruments' lines and the public portal.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke serve --config /etc/qingke.toml")]
pub struct Args {
    /// The configuration file (default: qingke.toml where there is one); environment variables QINGKE_… override it.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Check the configuration and say what is wrong, by key; serve nothing.
    #[arg(long)]
    check: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = match Config::load(args.config.as_deref()) {
        Ok(config) => config,
        Err(fault) => {
            eprintln!("qingke: configuration: {fault}");
            return Ok(ExitCode::from(BAD_INPUT));
        }
    };
    if args.check {
        eprintln!("qingke: the configuration is right");
        return Ok(ExitCode::SUCCESS);
    }
    super::log();
    let hub = Hub::open(config)?;
    super::runtime()?.block_on(async {
        if let Some(link) = hub.setup_link().await? {
            eprintln!("qingke: nobody can sign in yet; open this link once to set the laboratory up:\n  {link}");
        }
        let (ready, up) = oneshot::channel::<Addresses>();
        tokio::spawn(async move {
            if let Ok(addresses) = up.await {
                eprintln!("qingke: laboratory at http://{}", addresses.laboratory);
                eprintln!("qingke: public portal at http://{}", addresses.portal);
            }
        });
        hub.serve(ready).await
    })?;
    Ok(ExitCode::SUCCESS)
}
