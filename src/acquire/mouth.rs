//! The mouth of a line: what the laboratory has to say to its instrument, one message after another.

use std::sync::Arc;
use std::time::Duration;

use drivers::Said;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::courier::{Intake, IntakeError};
use super::live::{Live, Word};
use super::outbox::Outbox;

/// How often the record is asked whether there is something to say.
const LOOK: Duration = Duration::from_secs(5);
/// An instrument that is off is left alone for so long.
const OFF: Duration = Duration::from_secs(60);
/// What became of an order is told again after this when the record is away.
const AGAIN: Duration = Duration::from_secs(2);

/// A message of the laboratory to an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    pub id: i64,
    #[serde(with = "super::parcel::bytes")]
    pub message: Vec<u8>,
}

/// The mouth of one line.
pub(super) struct Mouth {
    pub instrument: String,
    pub intake: Arc<dyn Intake>,
    pub outbox: Arc<Outbox>,
    pub live: Live,
    /// Rung when something was delivered: it may have been a question.
    pub bell: Arc<Notify>,
}

impl Mouth {
    /// Says what there is to say until told to stop. What is not said then waits in the record.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            let rest = tokio::select! {
                rest = self.round() => rest,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            tokio::select! {
                () = self.bell.notified() => (),
                () = sleep(rest) => (),
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Says all that waits; answers how long to rest then.
    async fn round(&self) -> Duration {
        if !matches!(self.live.snapshot().word, Word::Listening | Word::Receiving) {
            return LOOK;
        }
        let waiting = match self.ask(|intake, instrument| intake.to_say(instrument)).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(instrument = %self.instrument, %error, "what to say is not known");
                return LOOK;
            }
        };
        for saying in waiting {
            let said = self.outbox.say(saying.message).await;
            tracing::info!(instrument = %self.instrument, order = saying.id, said = said.word(), "order");
            let told = said.clone();
            // The instrument has it now: that is told before anything else is said, or it would be said twice.
            while let Err(error) = {
                let said = told.clone();
                self.ask(move |intake, instrument| intake.said(instrument, saying.id, &said)).await
            } {
                tracing::warn!(instrument = %self.instrument, order = saying.id, %error, "not told yet");
                sleep(AGAIN).await;
            }
            match said {
                Said::Taken | Said::Refused(_) => (),
                Said::Absent => return OFF,
                Said::Unanswered => return LOOK,
            }
        }
        LOOK
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Intake, &str) -> Result<T, IntakeError> + Send + 'static,
    ) -> Result<T, IntakeError> {
        let (intake, instrument) = (Arc::clone(&self.intake), self.instrument.clone());
        tokio::task::spawn_blocking(move || question(&*intake, &instrument))
            .await
            .map_err(|error| IntakeError(error.to_string()))?
    }
}
