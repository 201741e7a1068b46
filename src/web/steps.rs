//! Taking steps on analyses from pages: what was ticked, and why a step is refused, in words.

use super::Shared;
use super::error::Error;
use super::form::Form;
use super::locale::{Locale, Message};
use super::staff::Staff;
use crate::lab::analysis::status::{Refusal, Step};
use crate::store::StoreError;
use crate::store::analyses::StepError;
use crate::store::work::Seen;

/// The ticked analyses, each in the version its page showed: `id.version`.
pub fn seen(form: &Form) -> Vec<Seen> {
    form.all("seen")
        .into_iter()
        .filter_map(|text| {
            let (analysis, version) = text.split_once('.')?;
            Some(Seen { analysis: analysis.parse().ok()?, version: version.parse().ok()? })
        })
        .collect()
}

/// Takes the step on all of them or on none; a refusal of the rules comes back to be said, staleness is its own page.
pub async fn try_take(
    shared: &Shared,
    staff: &Staff,
    seen: Vec<Seen>,
    step: Step,
    here: &str,
) -> Result<Result<(), Refusal>, Error> {
    match shared.store.take_steps(staff.who(), shared.clock.now(), seen, step).await {
        Ok(_) => Ok(Ok(())),
        Err(StepError::Refused(refusal)) => Ok(Err(refusal)),
        Err(StepError::Store(StoreError::Stale { .. })) => Err(Error::Stale(here.to_owned())),
        Err(StepError::Store(error)) => Err(error.into()),
    }
}

/// As [`try_take`], where a refusal is a page of its own.
pub async fn take(shared: &Shared, staff: &Staff, seen: Vec<Seen>, step: Step, here: &str) -> Result<(), Error> {
    try_take(shared, staff, seen, step, here).await?.map_err(|refusal| Error::refused(key(refusal)))
}

fn key(refusal: Refusal) -> Message {
    match refusal {
        Refusal::NotNow { step, .. } => Message::new("step-not-now").with("step", step),
        Refusal::SamePerson(step) => Message::new(format!("step-same-person-{step}")),
        Refusal::BatchHeld(_) => Message::new("step-batch-held"),
        Refusal::NoReason(_) => Message::new("step-no-reason"),
        Refusal::Nobody(_) => Message::new("step-nobody"),
        Refusal::NotTheirs(_) => Message::new("step-not-yours"),
    }
}

/// The refusal with its words in the reader's language.
pub fn message(l: &Locale, refusal: Refusal) -> Message {
    match refusal {
        Refusal::NotNow { state, step } => {
            Message::new("step-not-now-in").with("step", l.name("step", step)).with("state", l.name("state", state))
        }
        other => key(other),
    }
}
