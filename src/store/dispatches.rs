//! Orders on their way to instruments: what they asked for, what is sent unasked, and what became of each.

mod open;

use diesel::prelude::*;
use drivers::Said;
use drivers::contract::Order;
use jiff::Timestamp;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::intake::{Asked, storable};
use super::ledger::Tx;
use super::schema::{dispatch, instrument, sample};
use crate::lab::analysis::dispatch::{Dispatch, Kind, NotNow, State, Step, When};
use crate::lab::people::Who;

/// An order on its way, as a page shows it and as it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    pub id: i64,
    pub dispatch: Dispatch,
    pub orders: Vec<Order>,
    /// What the instrument asked with, without its framing; of an answer.
    pub query: Option<Vec<u8>>,
    pub transmission: Option<i64>,
    /// Of an order that is sent unasked.
    pub sample: Option<i64>,
    /// What the instrument or the line said last.
    pub fault: Option<String>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// Characters of an instrument's reason that are kept.
const REASON: usize = 200;

/// Why an order on its way was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    #[error(transparent)]
    NotNow(#[from] NotNow),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for DispatchError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

#[derive(Queryable)]
struct Row {
    id: i64,
    kind: String,
    transmission_id: Option<i64>,
    sample_id: Option<i64>,
    query: Option<Vec<u8>>,
    orders: String,
    state: String,
    attempts: i64,
    fault: Option<String>,
    created_at: String,
    changed_at: String,
}

macro_rules! columns {
    () => {
        (
            dispatch::id,
            dispatch::kind,
            dispatch::transmission_id,
            dispatch::sample_id,
            dispatch::query,
            dispatch::orders,
            dispatch::state,
            dispatch::attempts,
            dispatch::fault,
            dispatch::created_at,
            dispatch::changed_at,
        )
    };
}

impl TryFrom<Row> for Sending {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |what: String| StoreError::corrupt("dispatch", row.id, what);
        let kind: Kind = row.kind.parse().map_err(|error: crate::lab::words::Unknown| corrupt(error.to_string()))?;
        let state: State = row.state.parse().map_err(|error: crate::lab::words::Unknown| corrupt(error.to_string()))?;
        Ok(Self {
            id: row.id,
            dispatch: Dispatch { kind, state, attempts: row.attempts },
            orders: serde_json::from_str(&row.orders).map_err(|error| corrupt(error.to_string()))?,
            query: row.query,
            transmission: row.transmission_id,
            sample: row.sample_id,
            fault: row.fault,
            created_at: instant::read("dispatch", row.id, &row.created_at)?,
            changed_at: instant::read("dispatch", row.id, &row.changed_at)?,
        })
    }
}

fn json(orders: &[Order]) -> Result<String, StoreError> {
    serde_json::to_string(orders).map_err(|error| StoreError::corrupt("dispatch", 0, error))
}

/// Where an order comes from.
enum Source<'a> {
    Query { transmission: i64, message: &'a [u8] },
    Sample(i64),
}

/// `since`: when it was asked for, or ordered.
fn put(
    tx: &mut Tx<'_>,
    instrument_id: i64,
    from: Source<'_>,
    orders: &[Order],
    since: Timestamp,
) -> Result<(), StoreError> {
    let (kind, transmission, query, sample) = match from {
        Source::Query { transmission, message } => (Kind::Answer, Some(transmission), Some(message), None),
        Source::Sample(id) => (Kind::Push, None, None, Some(id)),
    };
    let new = Dispatch::new(kind);
    let now = instant::written(tx.at);
    diesel::insert_into(dispatch::table)
        .values((
            dispatch::instrument_id.eq(instrument_id),
            dispatch::kind.eq(kind.name()),
            dispatch::transmission_id.eq(transmission),
            dispatch::query.eq(query),
            dispatch::sample_id.eq(sample),
            dispatch::orders.eq(json(orders)?),
            dispatch::state.eq(new.state.name()),
            dispatch::attempts.eq(new.attempts),
            dispatch::created_at.eq(instant::written(since)),
            dispatch::changed_at.eq(&now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// When this instrument is told what is ordered; `None`: when it asks.
fn told_when(conn: &mut Conn, instrument_id: i64) -> Result<Option<When>, StoreError> {
    let word: Option<String> = instrument::table.find(instrument_id).select(instrument::orders).first(conn)?;
    word.map(|word| word.parse().map_err(|error| StoreError::corrupt("instrument", instrument_id, error))).transpose()
}

/// The instrument asked: the answer is what is open now for the samples it names.
pub(in crate::store) fn asked(
    tx: &mut Tx<'_>,
    instrument_id: i64,
    transmission: i64,
    asked: &Asked,
    since: Timestamp,
) -> Result<(), StoreError> {
    if told_when(tx.conn, instrument_id)? == Some(When::Never) {
        return Ok(());
    }
    let mut orders = Vec::new();
    for query in &asked.queries {
        orders.extend(open::for_query(tx.conn, instrument_id, query, tx.at)?);
    }
    put(tx, instrument_id, Source::Query { transmission, message: &asked.message }, &orders, since)
}

/// Analyses were ordered: an instrument that wants its orders unasked gets them.
pub(in crate::store) fn ordered(
    tx: &mut Tx<'_>,
    instrument_id: Option<i64>,
    sample_id: i64,
    analyses: &[i64],
) -> Result<(), StoreError> {
    let Some(instrument) = instrument_id else { return Ok(()) };
    if told_when(tx.conn, instrument)? != Some(When::Pushed) {
        return Ok(());
    }
    let tests = open::codes(tx.conn, instrument, analyses)?;
    // A second order on a specimen adds to the first; as a new one it would take its place.
    let adds = !pushed(tx.conn, instrument, sample_id)?.is_empty();
    send(tx, instrument, sample_id, tests, adds.then_some("A"))
}

/// The orders of a sample that an instrument has or will get.
fn pushed(conn: &mut Conn, instrument_id: i64, sample_id: i64) -> Result<Vec<Sending>, StoreError> {
    let rows: Vec<Row> = dispatch::table
        .filter(dispatch::instrument_id.eq(instrument_id))
        .filter(dispatch::sample_id.eq(sample_id))
        .filter(dispatch::state.eq_any([State::Waiting.name(), State::Undelivered.name(), State::Sent.name()]))
        .order(dispatch::id)
        .select(columns!())
        .load(conn)?;
    rows.into_iter().map(Sending::try_from).collect()
}

/// An analysis was cancelled: an order that still waits is changed, one that was sent is taken back.
pub(in crate::store) fn cancelled(
    tx: &mut Tx<'_>,
    instrument_id: Option<i64>,
    sample_id: i64,
    analysis: i64,
) -> Result<(), StoreError> {
    let Some(instrument) = instrument_id else { return Ok(()) };
    let mut codes = open::codes(tx.conn, instrument, &[analysis])?;
    // Another method may want the same of the sample.
    let open = open::tests(tx.conn, instrument, sample_id)?;
    codes.retain(|code| !open.contains(code));
    let mut arrived = false;
    for mut one in pushed(tx.conn, instrument, sample_id)? {
        let has = |order: &Order| order.action.as_deref() != Some(TAKES_BACK) && shares(&order.tests, &codes);
        if !one.orders.iter().any(has) {
            continue;
        }
        arrived |= one.dispatch.may_have_arrived();
        if one.dispatch.state != State::Sent {
            drop_tests(&mut one.orders, |test| codes.contains(test));
            keep_orders(tx, &one)?;
        }
    }
    if arrived {
        send(tx, instrument, sample_id, codes, Some(TAKES_BACK))?;
    }
    Ok(())
}

/// The action by which an order is taken back (LIS02-A2 8.4.12).
const TAKES_BACK: &str = "C";

fn shares(tests: &[String], codes: &[String]) -> bool {
    tests.iter().any(|test| codes.contains(test))
}

fn drop_tests(orders: &mut Vec<Order>, gone: impl Fn(&String) -> bool) {
    for order in orders.iter_mut() {
        order.tests.retain(|test| !gone(test));
    }
    orders.retain(|order| !order.tests.is_empty());
}

/// Keeps what is left of an order; one of which nothing is left is withdrawn.
fn keep_orders(tx: &mut Tx<'_>, one: &Sending) -> Result<(), StoreError> {
    if one.orders.is_empty() {
        return step(tx, one, Step::Withdraw, None).map(drop).map_err(|error| match error {
            DispatchError::Store(error) => error,
            DispatchError::NotNow(error) => StoreError::corrupt("dispatch", one.id, error),
        });
    }
    diesel::update(dispatch::table.find(one.id)).set(dispatch::orders.eq(json(&one.orders)?)).execute(tx.conn)?;
    Ok(())
}

fn send(
    tx: &mut Tx<'_>,
    instrument: i64,
    sample_id: i64,
    tests: Vec<String>,
    action: Option<&str>,
) -> Result<(), StoreError> {
    if tests.is_empty() {
        return Ok(());
    }
    let code: String = sample::table.find(sample_id).select(sample::code).first(tx.conn)?;
    let order = Order { sample_id: Some(code), tests, priority: None, action: action.map(str::to_owned) };
    put(tx, instrument, Source::Sample(sample_id), &[order], tx.at)
}

/// Takes one step and keeps it.
fn step(tx: &mut Tx<'_>, one: &Sending, step: Step<'_>, fault: Option<&str>) -> Result<State, DispatchError> {
    let next = one.dispatch.apply(step)?;
    if next == one.dispatch && fault == one.fault.as_deref() {
        return Ok(next.state);
    }
    diesel::update(dispatch::table.find(one.id))
        .set((
            dispatch::state.eq(next.state.name()),
            dispatch::attempts.eq(next.attempts),
            dispatch::fault.eq(fault),
            dispatch::changed_at.eq(instant::written(tx.at)),
        ))
        .execute(tx.conn)?;
    Ok(next.state)
}

fn find(conn: &mut Conn, instrument_id: i64, id: i64) -> Result<Option<Sending>, StoreError> {
    let row: Option<Row> = dispatch::table
        .find(id)
        .filter(dispatch::instrument_id.eq(instrument_id))
        .select(columns!())
        .first(conn)
        .optional()?;
    row.map(Sending::try_from).transpose()
}

/// What is to be said to an instrument next: what it asked for first, as that is good for a short time only.
fn next(conn: &mut Conn, code: &str) -> Result<Option<Sending>, StoreError> {
    let row: Option<Row> = dispatch::table
        .inner_join(instrument::table)
        .filter(instrument::code.eq(code))
        .filter(dispatch::state.eq(State::Waiting.name()))
        .order((dispatch::transmission_id.is_null(), dispatch::id))
        .select(columns!())
        .first(conn)
        .optional()?;
    row.map(Sending::try_from).transpose()
}

/// The newest orders on their way to an instrument, or that arrived.
pub fn list(conn: &mut Conn, instrument_id: i64, most: i64) -> Result<Vec<Sending>, StoreError> {
    let rows: Vec<Row> = dispatch::table
        .filter(dispatch::instrument_id.eq(instrument_id))
        .order(dispatch::id.desc())
        .limit(most)
        .select(columns!())
        .load(conn)?;
    rows.into_iter().map(Sending::try_from).collect()
}

/// The instruments that did not take an order of this sample.
pub fn undelivered_of(conn: &mut Conn, sample_id: i64) -> Result<Vec<String>, StoreError> {
    Ok(dispatch::table
        .inner_join(instrument::table)
        .filter(dispatch::sample_id.eq(sample_id))
        .filter(dispatch::state.eq(State::Undelivered.name()))
        .select(instrument::code)
        .distinct()
        .order(instrument::code)
        .load(conn)?)
}

/// The instruments that did not take an order.
pub fn undelivered_to(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    Ok(dispatch::table
        .inner_join(instrument::table)
        .filter(dispatch::state.eq(State::Undelivered.name()))
        .select(instrument::code)
        .distinct()
        .order(instrument::code)
        .load(conn)?)
}

/// How many orders no instrument took.
pub(in crate::store) fn undelivered(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(dispatch::table.filter(dispatch::state.eq(State::Undelivered.name())).count().get_result(conn)?)
}

impl Store {
    /// What is to be said to an instrument next; answers that come too late are let go. Blocking.
    pub fn to_say(&self, code: &str, now: Timestamp) -> Result<Option<Sending>, StoreError> {
        loop {
            let Some(one) = self.read(|conn| next(conn, code))? else { return Ok(None) };
            let looked = one.dispatch.apply(Step::Look { since: one.created_at, now });
            if looked.is_ok_and(|next| next.state == State::Waiting) {
                return Ok(Some(one));
            }
            let by = Who::Line(code.to_owned());
            let look = Step::Look { since: one.created_at, now };
            match self.write(&by, now, |tx| step(tx, &one, look, one.fault.as_deref())) {
                Ok(_) => (),
                Err(DispatchError::Store(error)) => return Err(error),
                Err(DispatchError::NotNow(error)) => return Err(StoreError::corrupt("dispatch", one.id, error)),
            }
        }
    }

    /// What became of an order of an instrument. Told twice, or of one that a person has taken back, it changes nothing.
    /// Blocking.
    pub fn told(&self, code: &str, id: i64, said: &Said, now: Timestamp) -> Result<(), StoreError> {
        let fault = match said {
            Said::Taken => None,
            // What an instrument says may be long, and hold what no database keeps.
            Said::Refused(why) if !why.trim().is_empty() => Some(storable(why.chars().take(REASON).collect())),
            Said::Refused(_) | Said::Unanswered | Said::Absent => Some(said.word().to_owned()),
        };
        let written = self.write(&Who::Line(code.to_owned()), now, |tx| {
            let instrument: i64 =
                instrument::table.filter(instrument::code.eq(code)).select(instrument::id).first(tx.conn)?;
            match find(tx.conn, instrument, id)? {
                Some(one) => {
                    let late = one.dispatch.state == State::Withdrawn;
                    step(tx, &one, Step::Told(said), fault.as_deref())?;
                    // Taken back while it was being said: so it is taken back from the instrument.
                    if let Some(sample) = one.sample.filter(|_| late) {
                        let open = open::tests(tx.conn, instrument, sample)?;
                        let gone: Vec<String> = one.orders.iter().flat_map(|order| order.tests.clone()).collect();
                        let gone = gone.into_iter().filter(|test| !open.contains(test)).collect();
                        send(tx, instrument, sample, gone, Some(TAKES_BACK))?;
                    }
                    Ok(())
                }
                None => Ok(()),
            }
        });
        match written {
            Ok(()) | Err(DispatchError::NotNow(_)) => Ok(()),
            Err(DispatchError::Store(error)) => Err(error),
        }
    }

    /// A person has an undelivered order sent again, or takes it back.
    pub async fn change_dispatch(
        &self,
        by: Who,
        at: Timestamp,
        instrument_id: i64,
        id: i64,
        again: bool,
    ) -> Result<State, DispatchError> {
        self.writing(by, at, move |tx| {
            let Some(one) = find(tx.conn, instrument_id, id)? else {
                return Err(StoreError::Stale { table: "dispatch", id }.into());
            };
            if !again {
                return step(tx, &one, Step::Withdraw, None);
            }
            // Only what is still to be measured is sent again.
            let mut one = one;
            if let Some(sample) = one.sample {
                let open = open::tests(tx.conn, instrument_id, sample)?;
                for order in &mut one.orders {
                    if order.action.as_deref() != Some(TAKES_BACK) {
                        order.tests.retain(|test| open.contains(test));
                    }
                }
                drop_tests(&mut one.orders, |_| false);
                keep_orders(tx, &one)?;
            }
            if one.orders.is_empty() {
                return Ok(State::Withdrawn);
            }
            step(tx, &one, Step::Again, None)
        })
        .await
    }
}
