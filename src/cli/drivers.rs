//! `qingke drivers`: the catalogue of instrument drivers.

use std::io::Write;
use std::process::ExitCode;

use ::drivers::{ALL, Direction, Profile, Proof, Serial, Transport};
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
struct Entry {
    id: &'static str,
    maker: &'static str,
    models: &'static [&'static str],
    transports: &'static [Transport],
    direction: Direction,
    proof: Proof,
    tested_against: &'static str,
    serial: Serial,
}

impl From<&Profile> for Entry {
    fn from(profile: &Profile) -> Self {
        Self {
            id: profile.id,
            maker: profile.maker,
            models: profile.models,
            transports: profile.transports,
            direction: profile.direction,
            proof: profile.proof,
            tested_against: profile.tested_against,
            serial: profile.serial,
        }
    }
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let entries: Vec<Entry> = ALL.iter().map(|profile| Entry::from(*profile)).collect();
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
