//! The bench agent: a computer beside the instruments that owns their lines and its own journal, and delivers to a hub.
//!
//! The lines it runs are the hub's to say; it remembers them, so that a morning without network begins like any other.

mod hub;
mod memory;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use self::hub::Remote;
use super::clock;
use super::lines::{LineConfig, Lines};
use super::live::LineState;
use super::pruning::{self, Ages};
use crate::store::journal::{Journal, JournalError};

pub use self::hub::{HubError, Kept, Receipted, Spoken};

/// How often the agent tells the hub how it is.
const BEAT: Duration = Duration::from_secs(10);

const PATIENCE: Duration = Duration::from_secs(30);

/// Which hub, and by what right.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `https://…`, without a path.
    pub hub: String,
    /// From the page of bench agents, shown once.
    pub token: String,
    pub data_dir: PathBuf,
    /// A PEM file of the authorities to trust for the hub's certificate instead of the public ones.
    pub ca_file: Option<PathBuf>,
    pub beat: Duration,
    /// A hub that does not answer for so long is away.
    pub patience: Duration,
}

impl Settings {
    pub fn new(hub: impl Into<String>, token: impl Into<String>, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            hub: hub.into(),
            token: token.into(),
            data_dir: data_dir.into(),
            ca_file: None,
            beat: BEAT,
            patience: PATIENCE,
        }
    }
}

/// How a bench agent is, told to the hub at each beat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beat {
    /// The program's version.
    pub program: String,
    /// The agent's clock as it sends this.
    pub now: Timestamp,
    /// The identity of its journal.
    pub epoch: String,
    pub lines: Vec<LineState>,
}

/// What the hub answers: the lines this agent is to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub lines: Vec<LineConfig>,
}

/// Why an agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    #[error("data_dir: {}: {source}", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Hub(#[from] HubError),
}

/// An agent that has opened its journal.
pub struct Agent {
    settings: Settings,
    epoch: String,
    journal: Journal,
    remote: Arc<Remote>,
    lines: Lines,
}

/// How long the agent's journal keeps what the hub has: long enough for a hub that is restored from last month's backup.
const AGES: Ages =
    Ages { delivered: Some(SignedDuration::from_hours(24 * 90)), polls: Some(SignedDuration::from_hours(24)) };

impl Agent {
    /// Opens the journal in the data directory. Needs no network.
    ///
    /// # Errors
    /// The folder or the journal cannot be used, or the settings do not name a hub.
    pub fn open(settings: Settings) -> Result<Self, AgentError> {
        let folder = |source| AgentError::Folder { path: settings.data_dir.clone(), source };
        std::fs::create_dir_all(&settings.data_dir).map_err(folder)?;
        let (journal, _) = Journal::open_or_set_aside(&settings.data_dir.join("journal.db"), clock::now())?;
        let remote = Arc::new(Remote::new(&settings)?);
        let epoch = journal.epoch().to_string();
        let lines = Lines::new(journal.clone(), Arc::clone(&remote) as Arc<dyn super::Intake>);
        Ok(Self { settings, epoch, journal, remote, lines })
    }

    /// Runs the lines until told to stop. What is not delivered then waits in the journal.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let memory = memory::Memory::new(&self.settings.data_dir);
        match memory.recall() {
            Ok(lines) => self.lines.apply(lines).await,
            Err(error) => tracing::warn!(%error, "the lines remembered from last time cannot be read"),
        }
        let intake = Arc::clone(&self.remote) as Arc<dyn super::Intake>;
        let pruning = tokio::spawn(pruning::run(self.journal.clone(), intake, AGES, stop.clone()));
        let mut heard: Option<Result<(), String>> = None;
        loop {
            let said = tokio::select! {
                said = self.beat() => said,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let told = match said {
                Ok(assignment) => {
                    if let Err(error) = memory.keep(&assignment.lines) {
                        tracing::warn!(%error, "cannot remember the lines");
                    }
                    self.lines.apply(assignment.lines).await;
                    Ok(())
                }
                Err(error) => Err(error.to_string()),
            };
            // Said when it changes, not at every beat of a day without network.
            if heard.as_ref() != Some(&told) {
                match &told {
                    Ok(()) => tracing::info!(hub = %self.settings.hub, "the hub answers"),
                    Err(error) => tracing::warn!(hub = %self.settings.hub, %error, "the hub does not answer"),
                }
                heard = Some(told);
            }
            tokio::select! {
                () = tokio::time::sleep(self.settings.beat) => (),
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        self.lines.stop().await;
        if let Err(error) = pruning.await {
            tracing::error!(%error, "pruning ended badly");
        }
    }

    async fn beat(&self) -> Result<Assignment, HubError> {
        let beat = Beat {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            now: clock::now(),
            epoch: self.epoch.clone(),
            lines: self.lines.snapshot(),
        };
        let remote = Arc::clone(&self.remote);
        tokio::task::spawn_blocking(move || remote.beat(&beat))
            .await
            .map_err(|error| HubError::Unreachable(error.to_string()))?
    }
}
