//! `qingke capture`: records a line in the notation of recorded conversations, so that a problem in the field becomes
//! a test by copying a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ::drivers::conversation::{Item, Side};
use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{BAD_INPUT, line};
use crate::acquire::clock;
use crate::acquire::port::{Port, Wire};

/// Record what is said on a line, with timing; Ctrl-C ends the recording
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke capture --port /dev/ttyUSB0 --driver astm-lis2 morning.txt")]
pub struct Args {
    #[command(flatten)]
    line: line::Options,
    /// Answer as this driver does (see `qingke drivers`); without it only listen
    #[arg(long, value_name = "ID")]
    driver: Option<String>,
    /// File to write; it must not exist
    file: PathBuf,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let driver = match &args.driver {
        None => None,
        Some(id) => match ::drivers::by_id(id) {
            Some(driver) => Some(driver),
            None => {
                eprintln!("no driver '{id}'; `qingke drivers` lists them");
                return Ok(ExitCode::from(BAD_INPUT));
            }
        },
    };
    super::runtime()?.block_on(async {
        let transport = args.line.transport(driver.as_ref());
        let place = transport.place().to_owned();
        let mut wire = Port::new(transport).open().await.with_context(|| place.clone())?;
        let file = File::create_new(&args.file).with_context(|| args.file.display().to_string())?;
        let mut tape = Tape { file, begun: Instant::now(), at: None };
        tape.write(&Item::Remark(format!("origin: {place}, {}", clock::now())))?;
        eprintln!("recording {place}; Ctrl-C ends");
        tokio::select! {
            ended = record(&mut wire, driver.map(|driver| driver.link()), &mut tape) => ended?,
            stopped = tokio::signal::ctrl_c() => stopped?,
        }
        tape.file.sync_all()?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The file that is being written.
struct Tape {
    file: File,
    begun: Instant,
    at: Option<Duration>,
}

impl Tape {
    fn write(&mut self, item: &Item) -> io::Result<()> {
        writeln!(self.file, "{item}")
    }

    /// Durable when it returns: what is answered afterwards was kept before.
    fn said(&mut self, side: Side, bytes: &[u8]) -> io::Result<()> {
        let now = Duration::from_millis(u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        if self.at.replace(now) != Some(now) {
            self.write(&Item::At(now))?;
        }
        self.write(&Item::Said(side, bytes.to_vec()))?;
        self.file.sync_data()
    }
}

/// Until the line closes.
async fn record(
    wire: &mut Box<dyn Wire>,
    mut link: Option<Box<dyn ::drivers::Link>>,
    tape: &mut Tape,
) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let patience = link.as_ref().and_then(|link| link.patience());
        let events = tokio::select! {
            read = wire.read(&mut buffer) => {
                let heard = buffer.get(..read?).unwrap_or_default();
                if heard.is_empty() {
                    eprintln!("the line closed");
                    return Ok(());
                }
                tape.said(Side::Instrument, heard)?;
                link.as_mut().map(|link| link.feed(heard))
            }
            () = silence(patience) => link.as_mut().map(|link| link.idle(clock::civil())),
        };
        for event in events.into_iter().flatten().filter(|event| !event.answer.is_empty()) {
            tape.said(Side::Host, &event.answer)?;
            wire.write_all(&event.answer).await?;
        }
    }
}

async fn silence(patience: Option<Duration>) {
    match patience {
        Some(patience) => tokio::time::sleep(patience).await,
        None => std::future::pending().await,
    }
}
