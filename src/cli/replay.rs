//! `qingke replay`: plays a recorded conversation down a line as the instrument would, handshakes included.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use ::drivers::conversation::{Conversation, Item, Side};
use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout};

use super::{BAD_INPUT, line};
use crate::acquire::port::{Port, Wire};

/// Play a recorded conversation down a line as the instrument: says its part, waits for the host's
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: qingke replay morning.txt --port /dev/ttyUSB1 --speed 10")]
pub struct Args {
    /// Recorded conversation
    file: PathBuf,
    #[command(flatten)]
    line: line::Options,
    /// How many times as fast as recorded; 0: without pauses
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Seconds to wait for an answer
    #[arg(long, default_value_t = 15.0, value_name = "SECONDS")]
    patience: f64,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let name = args.file.display();
    let wrong = |what: &str| {
        eprintln!("{name}: {what}");
        Ok(ExitCode::from(BAD_INPUT))
    };
    let text = match std::fs::read_to_string(&args.file) {
        Ok(text) => text,
        Err(error) => return wrong(&error.to_string()),
    };
    let conversation: Conversation = match text.parse() {
        Ok(conversation) => conversation,
        Err(error) => return wrong(&format!("{error}")),
    };
    let speeds = |speed: f64| speed == 0.0 || (0.001..=1e6).contains(&speed);
    let (Ok(patience), true) = (Duration::try_from_secs_f64(args.patience), speeds(args.speed)) else {
        return wrong("expected --speed 0 or from 0.001 to 1000000, and --patience 0 or more");
    };
    super::runtime()?.block_on(async {
        let transport = args.line.transport(None);
        let place = transport.place().to_owned();
        let mut wire = Port::new(transport).open().await.with_context(|| place)?;
        match play(&conversation, &mut wire, args.speed, patience).await? {
            None => Ok(ExitCode::SUCCESS),
            Some(difference) => {
                eprintln!("{name}: {difference}");
                Ok(ExitCode::FAILURE)
            }
        }
    })
}

/// Gives what was expected and what came where the two differ.
async fn play(
    conversation: &Conversation,
    wire: &mut Box<dyn Wire>,
    speed: f64,
    patience: Duration,
) -> anyhow::Result<Option<String>> {
    let begun = Instant::now();
    for (turn, item) in conversation.items.iter().enumerate() {
        match item {
            Item::Remark(_) => (),
            Item::At(_) if speed == 0.0 => (),
            Item::At(time) => sleep_until(begun + time.div_f64(speed)).await,
            Item::Said(Side::Instrument, bytes) => {
                wire.write_all(bytes).await?;
                wire.flush().await?;
            }
            Item::Said(Side::Host, expected) => {
                let came = hear(wire, expected, patience).await?;
                if came != *expected {
                    let came = match came.as_slice() {
                        [] => "nothing".to_owned(),
                        came => format!("'{}'", Item::Said(Side::Host, came.to_vec())),
                    };
                    return Ok(Some(format!("item {}: expected '{item}', came {came}", turn + 1)));
                }
            }
        }
    }
    Ok(None)
}

/// Reads as many bytes as are expected, up to the first that differs, or until patience ends.
async fn hear(wire: &mut Box<dyn Wire>, expected: &[u8], patience: Duration) -> std::io::Result<Vec<u8>> {
    let mut came = Vec::new();
    while came.len() < expected.len() && expected.starts_with(&came) {
        let mut byte = [0];
        match timeout(patience, wire.read(&mut byte)).await {
            Err(_) => break,
            Ok(read) => match read? {
                0 => break,
                _ => came.extend(byte),
            },
        }
    }
    Ok(came)
}
