//! `qingke drivers`: the catalogue of instrument drivers.

use std::io::Write;
use std::process::ExitCode;

use ::drivers::{Direction, Driver, Proof, Serial, Transport};
use serde::Serialize;

/// List the instrument drivers and how sure we are of each
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke drivers --json")]
pub struct Args {
    /// Print the catalogue as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    maker: &'a str,
    models: Vec<&'a str>,
    transports: &'a [Transport],
    direction: Direction,
    proof: Proof,
    tested_against: &'a str,
    serial: Serial,
    /// Described in a profile instead of code.
    profile: bool,
}

impl<'a> From<&'a Driver> for Entry<'a> {
    fn from(driver: &'a Driver) -> Self {
        Self {
            id: driver.id(),
            maker: driver.maker(),
            models: driver.models(),
            transports: driver.transports(),
            direction: driver.direction(),
            proof: driver.proof(),
            tested_against: driver.tested_against(),
            serial: driver.serial(),
            profile: matches!(driver, Driver::Described(_)),
        }
    }
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let drivers: Vec<Driver> = ::drivers::all().collect();
    let entries: Vec<Entry<'_>> = drivers.iter().map(Entry::from).collect();
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&entries)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for entry in entries {
        let transports: Vec<&str> = entry.transports.iter().map(|transport| transport_word(*transport)).collect();
        let direction = match entry.direction {
            Direction::OneWay => "one-way",
            Direction::TwoWay => "two-way",
        };
        let models = entry.models.join(", ");
        writeln!(
            out,
            "{:<24} {:<8} {:<18} {} {}; {}",
            entry.id,
            direction,
            transports.join(","),
            entry.maker,
            models,
            entry.tested_against
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn transport_word(transport: Transport) -> &'static str {
    match transport {
        Transport::Serial => "serial",
        Transport::Tcp => "tcp",
        Transport::File => "file",
    }
}
