//! Keeps the journal from growing for ever: what is old, and what the record surely has, goes.
//!
//! A delivery was marked only after the record's commit. It is asked again all the same before anything goes: a database
//! that was restored from an older backup no longer has what was delivered since, and then the journal is the only copy.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::clock;
use super::courier::Intake;
use crate::store::journal::{Journal, JournalError};

/// Often enough that a busy poller's day is not kept for a second one.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// How long the journal keeps what it could let go; `None`: for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Transmissions that the record has.
    pub delivered: Option<SignedDuration>,
    /// Polls that an instrument answered without data.
    pub polls: Option<SignedDuration>,
}

/// What went in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    pub delivered: usize,
    pub polls: usize,
    /// Old and marked as delivered, but the record does not have the same bytes: kept.
    pub missing: usize,
}

/// Lets go of what is old enough at `now`.
pub async fn prune(
    journal: &Journal,
    intake: &Arc<dyn Intake>,
    ages: Ages,
    now: Timestamp,
) -> Result<Pruned, JournalError> {
    let mut pruned = Pruned::default();
    if let Some(age) = ages.polls {
        loop {
            let gone = journal.prune_empty(now - age).await?;
            pruned.polls += gone;
            if gone == 0 {
                break;
            }
        }
    }
    let Some(age) = ages.delivered else { return Ok(pruned) };
    let mut after = 0;
    loop {
        let seqs = journal.delivered_before(now - age, after).await?;
        let Some(last) = seqs.last().copied() else { return Ok(pruned) };
        let mut known = Vec::new();
        for seq in seqs {
            let Some(transmission) = journal.read(seq).await? else { continue };
            let intake = Arc::clone(intake);
            let there = tokio::task::spawn_blocking(move || intake.has(&transmission)).await;
            match there {
                Ok(Ok(true)) => known.push(seq),
                Ok(Ok(false)) => {
                    tracing::error!(seq, "delivered, but the record does not have it: kept in the journal");
                    pruned.missing += 1;
                }
                // The record is away: nothing goes today.
                Ok(Err(error)) => {
                    tracing::warn!(%error, "journal not pruned");
                    return Ok(pruned);
                }
                Err(error) => return Err(JournalError::Write(error.to_string())),
            }
        }
        pruned.delivered += known.len();
        journal.prune_delivered(known).await?;
        after = last;
    }
}

/// Prunes now and every hour until told to stop.
pub async fn run(journal: Journal, intake: Arc<dyn Intake>, ages: Ages, mut stop: watch::Receiver<bool>) {
    loop {
        match prune(&journal, &intake, ages, clock::now()).await {
            Ok(pruned) if pruned == Pruned::default() => (),
            Ok(Pruned { delivered, polls, missing }) => tracing::info!(delivered, polls, missing, "journal pruned"),
            Err(error) => tracing::warn!(%error, "journal not pruned"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => (),
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}
