//! `qingke verify`: recomputes the record and names what was altered.

use std::process::ExitCode;

use super::opened::Place;
use crate::store::Store;

/// Check the record: tree, content and rows; name each record that was altered.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke verify --dir /var/lib/qingke")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = match args.place.existing() {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let report = Store::open(&config.database())?.verify()?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        for finding in &report.findings {
            println!("{finding}");
        }
        let outcome = if report.findings.is_empty() { "ok" } else { "ALTERED" };
        println!(
            "{outcome}: {} leaves, {} rows, {} findings, root {}",
            report.leaves,
            report.rows,
            report.findings.len(),
            report.root
        );
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
