//! `qingke decode`: instrument files and captures to JSON.

use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use super::BAD_INPUT;

/// Decode captures or instrument files to JSON, one object per file
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke decode --driver astm-lis2 capture.txt")]
pub struct Args {
    /// Driver to read with (see `qingke drivers`); without it the format is recognised
    #[arg(long, value_name = "ID")]
    driver: Option<String>,
    /// Also print the points of signals
    #[arg(long)]
    points: bool,
    /// Files to read; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for file in &args.files {
        let bytes = match read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{file}: {error}");
                code = ExitCode::from(BAD_INPUT);
                continue;
            }
        };
        match ::drivers::decode::decode(file, &bytes, args.driver.as_deref()) {
            Ok(document) => writeln!(std::io::stdout(), "{}", document.json(args.points)?)?,
            Err(refusal) => {
                eprintln!("{refusal}");
                code = ExitCode::from(BAD_INPUT);
            }
        }
    }
    Ok(code)
}

fn read(file: &str) -> std::io::Result<Vec<u8>> {
    if file == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(Path::new(file))
}
