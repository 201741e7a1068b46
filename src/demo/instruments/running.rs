//! A device at work on its pseudo-terminal.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::Device;
use super::pty::Pty;
use crate::acquire::clock;
use crate::lab::zone;

const TICK: Duration = Duration::from_millis(100);

/// A device that talks until this is dropped.
#[derive(Debug)]
pub struct Running {
    path: String,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts the device on a terminal of its own. Must be called inside a tokio runtime.
    pub fn start(device: Box<dyn Device>) -> io::Result<Self> {
        let pty = Pty::open()?;
        let path = pty.path().to_owned();
        let task = tokio::spawn(async move {
            if let Err(error) = talk(device, pty).await {
                tracing::error!(%error, "virtual instrument ended");
            }
        });
        Ok(Self { path, task })
    }

    /// Where the host's end is opened.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The clock of the county's instruments runs in the laboratory's civil time, wherever the demonstration does.
async fn talk(mut device: Box<dyn Device>, mut pty: Pty) -> io::Result<()> {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut buffer = [0; 1024];
    loop {
        let said = tokio::select! {
            read = pty.read(&mut buffer) => match read? {
                0 => return Ok(()),
                read => device.hear(buffer.get(..read).unwrap_or_default(), zone::civil(clock::now())),
            },
            _ = ticks.tick() => device.tick(zone::civil(clock::now())),
        };
        pty.write_all(&said).await?;
    }
}
