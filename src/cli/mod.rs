//! The commands: one file each, with its `Args` and its `run`.

mod agent;
mod backup;
mod capture;
mod decode;
#[cfg(unix)]
mod demo;
mod drivers;
mod line;
mod migrate;
mod opened;
mod portal;
mod ports;
mod replay;
mod serve;
mod user;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Bad usage or bad input (any other failure is 1).
const BAD_INPUT: u8 = 2;

/// Qingke (青稞): a laboratory information management system for county food-testing laboratories.
#[derive(Debug, Parser)]
#[command(name = "qingke", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Agent(agent::Args),
    Decode(decode::Args),
    // Its virtual instruments speak over pseudo-terminals, which only Unix has.
    #[cfg(unix)]
    Demo(demo::Args),
    Drivers(drivers::Args),
    Serve(serve::Args),
    Portal(portal::Args),
    Migrate(migrate::Args),
    Verify(verify::Args),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    User(user::Args),
    Ports(ports::Args),
    Capture(capture::Args),
    Replay(replay::Args),
}

impl Cli {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Agent(args) => agent::run(args),
            Command::Decode(args) => decode::run(args),
            #[cfg(unix)]
            Command::Demo(args) => demo::run(args),
            Command::Drivers(args) => drivers::run(args),
            Command::Serve(args) => serve::run(args),
            Command::Portal(args) => portal::run(args),
            Command::Migrate(args) => migrate::run(args),
            Command::Verify(args) => verify::run(args),
            Command::Backup(args) => backup::backup(args),
            Command::Restore(args) => backup::restore(args),
            Command::User(args) => user::run(args),
            Command::Ports(args) => ports::run(args),
            Command::Capture(args) => capture::run(args),
            Command::Replay(args) => replay::run(args),
        }
    }
}

/// Logs to stderr; `RUST_LOG` chooses what.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("qingke=info,rocket=error,warn"));
    // A second call, in a test, changes nothing.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Returns when the program is asked to end: Ctrl-C anywhere, SIGTERM where there are signals.
async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            told = tokio::signal::ctrl_c() => told,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
