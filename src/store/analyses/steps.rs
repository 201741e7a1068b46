//! The steps of an analysis: the row, its history and the leaf change together, and the sample follows.

use diesel::prelude::*;

use super::{find, json};
use crate::lab::analysis::status::{self, Standing, Status, Step};
use crate::lab::people::Who;
use crate::lab::sampling::sample as samples;
use crate::lab::zone;
use crate::store::error::StoreError;
use crate::store::ledger::Tx;
use crate::store::schema::{analysis, analysis_event, method, reading, sample};
use crate::store::{batches, dispatches, instant};

/// Why a step on an analysis did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Refused(#[from] status::Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for StepError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The batch that a step measures in: a batch is what was measured together, not what was ordered together. A reading
/// belongs to the day it came, however late it was delivered or placed.
fn measured_in(tx: &mut Tx<'_>, method: i64, step: &Step) -> Result<Option<i64>, StoreError> {
    let at = match step {
        Step::Capture { reading: id, .. } => {
            let at: String = reading::table.find(id).select(reading::received_at).first(tx.conn)?;
            instant::read("reading", *id, &at)?
        }
        Step::Enter { .. } => tx.at,
        _ => return Ok(None),
    };
    let day = zone::day(at).strftime("%Y%m%d").to_string();
    batches::open_for(tx, method, None, &day).map(Some)
}

/// Takes one step on an analysis and keeps it: the row, its history, the leaf; a sample whose last analysis is settled
/// is completed with it. `version`: what the person saw; `None` for a reading that came by itself.
pub(crate) fn take_step(tx: &mut Tx<'_>, id: i64, version: Option<i64>, step: &Step) -> Result<Status, StepError> {
    let stale = StoreError::Stale { table: "analysis", id };
    let Some(found) = find(tx.conn, id)? else { return Err(stale.into()) };
    if version.is_some_and(|version| version != found.version) {
        return Err(stale.into());
    }
    let by = match tx.by {
        Who::Person(actor) => Some(actor.id),
        Who::Line(_) | Who::Program => None,
    };
    let sends_back = matches!(step, Step::Return { .. } | Step::Retest { .. } | Step::Cancel { .. });
    if sends_back
        && let Who::Person(actor) = tx.by
        && !status::may_send_back(actor, found.status.state())
    {
        return Err(status::Refusal::NotTheirs(step.name()).into());
    }
    let batch_held = match found.batch {
        Some(batch) => batches::held(tx.conn, batch)?,
        None => false,
    };
    let (next, taken) = found.status.apply(step, Standing { by, batch_held })?;
    let batch = measured_in(tx, found.method, step)?.or(found.batch);
    let changed = diesel::update(analysis::table.find(id).filter(analysis::version.eq(found.version)))
        .set((
            analysis::batch_id.eq(batch),
            analysis::state.eq(next.state().name()),
            analysis::status.eq(json("analysis", id, &next)?),
            analysis::value.eq(next.entry().map(|entry| entry.value.as_str())),
            analysis::version.eq(found.version + 1),
        ))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(stale.into());
    }
    let event: i64 = diesel::insert_into(analysis_event::table)
        .values((
            analysis_event::analysis_id.eq(id),
            analysis_event::n.eq(found.version),
            analysis_event::step.eq(taken.step.name()),
            analysis_event::from_state.eq(taken.from.name()),
            analysis_event::to_state.eq(taken.to.name()),
            analysis_event::value.eq(taken.value.as_deref()),
            analysis_event::reason.eq(taken.reason.as_deref()),
            analysis_event::by_id.eq(by.map(|id| id.0)),
            analysis_event::at.eq(instant::written(tx.at)),
        ))
        .returning(analysis_event::id)
        .get_result(tx.conn)?;
    let reason = taken.reason.as_deref();
    tx.record(leaf_of(taken.step), "analysis", id, reason)?;
    tx.record("analysis.step", "analysis_event", event, reason)?;
    if matches!(step, Step::Cancel { .. } | Step::Retest { .. }) {
        let instrument: Option<i64> = method::table.find(found.method).select(method::instrument_id).first(tx.conn)?;
        match step {
            Step::Retest { .. } => dispatches::ordered(tx, instrument, found.sample, &[id])?,
            _ => dispatches::cancelled(tx, instrument, found.sample, id)?,
        }
    }
    settle_sample(tx, found.sample)?;
    Ok(next)
}

/// The event names of the record (security design 3.8).
fn leaf_of(step: status::StepName) -> &'static str {
    use status::StepName;
    match step {
        StepName::Capture => "result.captured",
        StepName::Enter => "result.entered_manually",
        StepName::Confirm => "result.confirmed",
        StepName::Submit => "result.submitted",
        StepName::Review => "result.reviewed",
        StepName::Approve => "result.approved",
        StepName::Return => "result.returned",
        StepName::Retest => "result.rejected",
        StepName::Cancel => "analysis.cancelled",
    }
}

/// A sample is completed when every analysis is approved or cancelled, and open again when one is not.
fn settle_sample(tx: &mut Tx<'_>, sample_id: i64) -> Result<(), StoreError> {
    let (state, version): (String, i64) =
        sample::table.find(sample_id).select((sample::state, sample::version)).first(tx.conn)?;
    let state: samples::State = state.parse().map_err(|error| StoreError::corrupt("sample", sample_id, error))?;
    // A sample may have hundreds of analyses, each of which comes by here: the first that is open tells enough.
    let of_sample = || analysis::table.filter(analysis::sample_id.eq(sample_id)).select(analysis::id);
    let (approved, cancelled) = (status::State::Approved.name(), status::State::Cancelled.name());
    let open = of_sample()
        .filter(analysis::state.ne(approved))
        .filter(analysis::state.ne(cancelled))
        .first::<i64>(tx.conn)
        .optional()?
        .is_some();
    let approved =
        !open && of_sample().filter(analysis::state.eq(approved)).first::<i64>(tx.conn).optional()?.is_some();
    let step = match (approved, open) {
        (true, false) => samples::Step::Complete,
        (_, true) => samples::Step::Reopen,
        (false, false) => return Ok(()),
    };
    match state.apply(step) {
        Ok(next) => move_sample(tx, sample_id, next, version, "sample.settled"),
        Err(_) => Ok(()),
    }
}

pub(crate) fn move_sample(
    tx: &mut Tx<'_>,
    id: i64,
    next: samples::State,
    version: i64,
    event: &'static str,
) -> Result<(), StoreError> {
    let changed = diesel::update(sample::table.find(id).filter(sample::version.eq(version)))
        .set((sample::state.eq(next.name()), sample::version.eq(version + 1)))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(StoreError::Stale { table: "sample", id });
    }
    tx.record(event, "sample", id, None)?;
    Ok(())
}
