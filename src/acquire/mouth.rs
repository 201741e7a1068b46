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
    /// Says what there is to say until told to stop. What is not said then waits in the record; what is being said then is
    /// brought to its end, or it would be said twice.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let rest = self.round(&stop).await;
            tokio::select! {
                () = self.bell.notified() => (),
                () = sleep(rest) => (),
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Says all that waits, one after another as it stands at its turn; answers how long to rest then.
    async fn round(&self, stop: &watch::Receiver<bool>) -> Duration {
        while !*stop.borrow() && matches!(self.live.snapshot().word, Word::Listening | Word::Receiving) {
            let saying = match self.ask(|intake, instrument| intake.to_say(instrument)).await {
                Ok(Some(saying)) => saying,
                Ok(None) => return LOOK,
                Err(error) => {
                    tracing::warn!(instrument = %self.instrument, %error, "what to say is not known");
                    return LOOK;
                }
            };
            let said = self.outbox.say(saying.message).await;
            tracing::info!(instrument = %self.instrument, order = saying.id, said = said.word(), "order");
            self.tell(saying.id, &said, stop).await;
            match said {
                Said::Taken | Said::Refused(_) => (),
                Said::Absent => return OFF,
                Said::Unanswered => return LOOK,
            }
        }
        LOOK
    }

    /// What became of an order is told before anything else is said, or it would be said twice.
    async fn tell(&self, id: i64, said: &Said, stop: &watch::Receiver<bool>) {
        loop {
            let told = said.clone();
            let Err(error) = self.ask(move |intake, instrument| intake.said(instrument, id, &told)).await else {
                return;
            };
            tracing::warn!(instrument = %self.instrument, order = id, said = said.word(), %error, "not told yet");
            if *stop.borrow() {
                return;
            }
            sleep(AGAIN).await;
        }
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
