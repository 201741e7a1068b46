//! The commands: one file each, with its `Args` and its `run`.

mod capture;
mod decode;
mod drivers;
mod line;
mod ports;
mod replay;

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
    Decode(decode::Args),
    Drivers(drivers::Args),
    Ports(ports::Args),
    Capture(capture::Args),
    Replay(replay::Args),
}

impl Cli {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Decode(args) => decode::run(args),
            Command::Drivers(args) => drivers::run(args),
            Command::Ports(args) => ports::run(args),
            Command::Capture(args) => capture::run(args),
            Command::Replay(args) => replay::run(args),
        }
    }
}
