//! `qingke demo`: a whole laboratory in one process, with virtual instruments on real pseudo-terminals.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;
use tokio::sync::oneshot;

use crate::acquire::clock;
use crate::config::Config;
use crate::demo::county;
use crate::demo::instruments::{Queue, Running};
use crate::demo::life::Life;
use crate::demo::seed::{self, Account, Extent, Ids};
use crate::hub::{Addresses, Hub};
use crate::lab::people::Who;
use crate::store::catalogue::Instrument;

/// Run a whole laboratory: embedded database, virtual instruments, staff accounts, the hub and the public portal.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke demo --listen 127.0.0.1:8000")]
pub struct Args {
    /// Where its state is kept (default: a fresh temporary folder).
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Where the laboratory listens; the public portal takes the next port. Port 0 takes free ones.
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// The same seed makes the same county.
    #[arg(long, default_value_t = 2026)]
    seed: u64,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    super::log();
    // Kept until the process ends, and removed with it.
    let temporary = match &args.dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("qingke-demo-").tempdir()?),
    };
    let dir =
        args.dir.clone().or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default();
    let portal_port = if args.listen.port() == 0 {
        0
    } else {
        args.listen.port().checked_add(1).context("--listen: the portal needs the next port")?
    };
    let config = Config {
        data_dir: dir.clone(),
        listen: args.listen,
        portal_listen: SocketAddr::new(args.listen.ip(), portal_port),
        ..Config::default()
    };
    let hub = Hub::open(config)?;
    super::runtime()?.block_on(demonstrate(hub, dir, args.seed))?;
    Ok(ExitCode::SUCCESS)
}

async fn demonstrate(hub: Hub, dir: PathBuf, seed: u64) -> anyhow::Result<()> {
    let store = hub.store.clone();
    let (ids, accounts) = if store.has_nobody().await? {
        eprintln!("qingke: filling the county's laboratory, a few seconds …");
        let (filled, now) = (store.clone(), clock::now());
        tokio::task::spawn_blocking(move || seed::seed(&filled, seed, Extent::default(), now)).await??
    } else {
        (Arc::new(Ids::load(&store).await?), seed::known_accounts())
    };
    let queue = Arc::new(Queue::default());
    let mut running = Vec::new();
    let mut lines = Vec::new();
    let instruments: Vec<Instrument> = store.list().await?;
    for one in &county::INSTRUMENTS {
        let device = Running::start(one.what.device(one.code, seed, queue.clone()))
            .with_context(|| format!("{}: no pseudo-terminal", one.code))?;
        if let Some(instrument) = instruments.iter().find(|instrument| instrument.code == one.code) {
            let line = Instrument { address: device.path().to_owned(), ..instrument.clone() };
            store.change(Who::Program, clock::now(), line, None).await?;
        }
        lines.push(json!({ "instrument": one.code, "driver": one.what.driver(), "port": device.path() }));
        running.push(device);
    }
    let (ready, up) = oneshot::channel::<Addresses>();
    tokio::spawn(async move {
        let Ok(addresses) = up.await else { return };
        if let Err(error) = tell(&dir, &addresses, &accounts, lines) {
            eprintln!("qingke: {error:#}");
        }
    });
    tokio::spawn(Life::new(store, ids, queue, seed).go_on());
    hub.serve(ready).await?;
    drop(running);
    Ok(())
}

/// Writes `demo.json`, then prints the addresses and the accounts.
fn tell(
    dir: &std::path::Path,
    addresses: &Addresses,
    accounts: &[Account],
    lines: Vec<serde_json::Value>,
) -> anyhow::Result<()> {
    let url = format!("http://{}", addresses.laboratory);
    let portal_url = format!("http://{}", addresses.portal);
    let people: Vec<_> = accounts
        .iter()
        .map(|one| json!({ "role": one.role.name(), "username": one.username, "password": one.password }))
        .collect();
    let text = serde_json::to_vec_pretty(
        &json!({ "url": url, "portal_url": portal_url, "accounts": people, "lines": lines }),
    )?;
    // Whoever waits for the file must never read half of it.
    let path = dir.join("demo.json");
    let whole = dir.join("demo.json.part");
    std::fs::write(&whole, text).with_context(|| whole.display().to_string())?;
    std::fs::rename(&whole, &path).with_context(|| path.display().to_string())?;
    println!("laboratory     {url}");
    println!("public portal  {portal_url}");
    println!("state in       {}", dir.display());
    println!();
    println!("{:<16} {:<14} password", "role", "user name");
    for one in accounts {
        println!("{:<16} {:<14} {}", one.role.name(), one.username, one.password);
    }
    println!();
    println!("Ctrl-C stops it.");
    Ok(())
}
