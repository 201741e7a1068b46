//! The program: reads the command line and runs one command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match qingke::cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("qingke: {error:#}");
            ExitCode::FAILURE
        }
    }
}
