//! What waits for somebody right now, counted.

use diesel::prelude::*;

use super::conn::{Conn, Store};
use super::dispatches;
use super::error::StoreError;
use super::schema::{analysis, control_result, reading, sample};
use crate::lab::analysis::matching::Fate;
use crate::lab::analysis::status::State;
use crate::lab::qc::westgard::Outcome;
use crate::lab::sampling::sample::State as Stands;

/// How many of each wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    pub to_receive: i64,
    pub to_measure: i64,
    pub to_confirm: i64,
    pub to_submit: i64,
    pub to_review: i64,
    pub to_approve: i64,
    pub to_publish: i64,
    pub held_readings: i64,
    pub rejected_controls: i64,
    /// Orders that no instrument took.
    pub undelivered_orders: i64,
}

pub(crate) fn waiting(conn: &mut Conn) -> Result<Waiting, StoreError> {
    let mut analyses =
        |state: State| analysis::table.filter(analysis::state.eq(state.name())).count().get_result::<i64>(conn);
    let (to_measure, to_confirm, to_submit) =
        (analyses(State::Ordered)?, analyses(State::Entered)?, analyses(State::Measured)?);
    let (to_review, to_approve) = (analyses(State::Submitted)?, analyses(State::Reviewed)?);
    let mut samples =
        |state: Stands| sample::table.filter(sample::state.eq(state.name())).count().get_result::<i64>(conn);
    let (to_receive, to_publish) = (samples(Stands::Registered)?, samples(Stands::Completed)?);
    let held_readings = reading::table.filter(reading::fate.eq(Fate::Held.name())).count().get_result(conn)?;
    let rejected_controls = control_result::table
        .filter(control_result::outcome.eq(Outcome::Rejected.name()))
        .filter(control_result::resolved_at.is_null())
        .count()
        .get_result(conn)?;
    Ok(Waiting {
        to_receive,
        to_measure,
        to_confirm,
        to_submit,
        to_review,
        to_approve,
        to_publish,
        held_readings,
        rejected_controls,
        undelivered_orders: dispatches::undelivered(conn)?,
    })
}

impl Store {
    pub async fn waiting(&self) -> Result<Waiting, StoreError> {
        self.reading(waiting).await
    }
}
