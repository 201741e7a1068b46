//! Delivery: carries closed transmissions from the journal to the record, in order, until each one is taken.

use std::sync::Arc;
use std::time::Duration;

use drivers::Said;
use tokio::sync::{Notify, watch};

use super::live::Live;
use super::mouth::Saying;
use super::{Transmission, clock};
use crate::store::journal::{Journal, JournalError};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The record, as the lines see it.
pub trait Intake: Send + Sync {
    /// Takes a transmission for good. Called from a thread that may block. Called again with one it has already taken
    /// (same epoch and number), it changes nothing and answers as before.
    ///
    /// # Errors
    /// The record could not take it; it will be offered again. Bytes that mean nothing are no error: they are taken
    /// and shown as undecodable.
    fn deliver(&self, transmission: &Transmission) -> Result<Receipt, IntakeError>;

    /// Whether the record has this transmission with just these bytes. Called from a thread that may block.
    ///
    /// # Errors
    /// The record could not be asked.
    fn has(&self, transmission: &Transmission) -> Result<bool, IntakeError>;

    /// What is to be said to an instrument next. Called from a thread that may block.
    ///
    /// # Errors
    /// The record could not be asked.
    fn to_say(&self, _instrument: &str) -> Result<Option<Saying>, IntakeError> {
        Ok(None)
    }

    /// Takes what became of it. Called again, it changes nothing.
    ///
    /// # Errors
    /// The record could not keep it; it will be told again.
    fn said(&self, _instrument: &str, _id: i64, _said: &Said) -> Result<(), IntakeError> {
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Receipt {
    /// How many readings were found in it.
    pub readings: u64,
}

/// Why the record could not take a transmission now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IntakeError(pub String);

/// The courier of one line.
pub(super) struct Courier {
    pub instrument: String,
    pub journal: Journal,
    pub intake: Arc<dyn Intake>,
    pub live: Live,
    /// Rung when a transmission was closed.
    pub bell: Arc<Notify>,
    /// Rung when one was delivered.
    pub delivered: Arc<Notify>,
}

impl Courier {
    /// Delivers until told to stop. What is not delivered then waits in the journal.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.round(&stop, &mut pause).await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    tokio::select! {
                        () = self.bell.notified() => (),
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                }
                Err(error) => {
                    tracing::warn!(instrument = %self.instrument, %error, "delivery failed, trying again");
                    self.live.fault(error);
                    tokio::select! {
                        () = tokio::time::sleep(pause) => (),
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Delivers all that waits, oldest first; stops at the first that is not taken, so that order is kept. Whatever is
    /// taken ends the growing of `pause`: a hub that comes and goes is not away.
    async fn round(&self, stop: &watch::Receiver<bool>, pause: &mut Duration) -> Result<(), String> {
        let text = |error: JournalError| error.to_string();
        let seqs = self.journal.undelivered(&self.instrument).await.map_err(text)?;
        let mut left = seqs.len() as u64;
        self.live.waits(left);
        for seq in seqs {
            if *stop.borrow() {
                break;
            }
            let Some(transmission) = self.journal.read(seq).await.map_err(text)? else {
                return Err(format!("journal: transmission {seq} is not closed"));
            };
            let intake = Arc::clone(&self.intake);
            let receipt = tokio::task::spawn_blocking(move || intake.deliver(&transmission))
                .await
                .map_err(|error| format!("transmission {seq}: {error}"))?
                .map_err(|error| format!("transmission {seq}: {error}"))?;
            self.journal.delivered(seq, clock::now()).await.map_err(text)?;
            *pause = FIRST_PAUSE;
            left -= 1;
            self.live.waits(left);
            self.live.delivered(seq, receipt.readings);
            self.delivered.notify_one();
        }
        Ok(())
    }
}
