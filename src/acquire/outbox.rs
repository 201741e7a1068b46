//! A message on its way from a line's mouth to whatever session is open: one at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use drivers::Said;
use tokio::sync::{Notify, oneshot};
use tokio::time::sleep;

/// A session takes a message at once; where none does for so long, none is open.
const TAKEN_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub struct Outbox {
    put: Mutex<Option<Put>>,
    bell: Notify,
}

/// A message to be said, and where to tell what became of it.
#[derive(Debug)]
pub(super) struct Put {
    pub message: Vec<u8>,
    pub told: oneshot::Sender<Said>,
}

impl Outbox {
    /// Hands a message to the session that is open, and waits for what becomes of it.
    pub(super) async fn say(&self, message: Vec<u8>) -> Said {
        let (told, mut outcome) = oneshot::channel();
        *self.lock() = Some(Put { message, told });
        self.bell.notify_one();
        tokio::select! {
            biased;
            said = &mut outcome => return said.unwrap_or(Said::Unanswered),
            () = sleep(TAKEN_WITHIN) => if self.lock().take().is_some() { return Said::Absent },
        }
        outcome.await.unwrap_or(Said::Unanswered)
    }

    /// The next message; for the session.
    pub(super) async fn next(&self) -> Put {
        loop {
            if let Some(put) = self.lock().take() {
                return put;
            }
            self.bell.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Put>> {
        self.put.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
