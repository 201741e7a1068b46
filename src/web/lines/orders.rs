//! Orders on their way to an instrument: what waits, what it has, what it did not take.

use rocket::{Route, State, post, routes};

use super::called;
use crate::lab::analysis::dispatch::{self, Kind};
use crate::lab::people::Act;
use crate::store::StoreError;
use crate::store::dispatches::{self, DispatchError, Sending};
use crate::web::Shared;
use crate::web::answer::Done;
use crate::web::display::{Chip, Stamp, Tone};
use crate::web::error::Error;
use crate::web::locale::{Locale, Message};
use crate::web::posted::Posted;
use crate::web::staff::Staff;

/// Orders in the list at most.
const SHOWN: i64 = 30;

/// An order as a row.
pub(super) struct Ordered {
    pub id: i64,
    pub at: Stamp,
    pub why: String,
    /// The transmission in which the instrument asked.
    pub asked: Option<i64>,
    /// Samples with their tests, a line each.
    pub what: Vec<(String, String)>,
    pub state: Chip,
    pub note: String,
    pub may_send_again: bool,
    pub may_withdraw: bool,
}

fn row(l: &Locale, one: Sending, may: bool) -> Ordered {
    use dispatch::State;
    let state = one.dispatch.state;
    let tone = match state {
        State::Sent => Tone::Good,
        State::Waiting => Tone::Active,
        State::Undelivered => Tone::Bad,
        State::Withdrawn | State::Expired => Tone::Gone,
    };
    let mut note: Vec<String> = Vec::new();
    if one.dispatch.attempts > 1 {
        note.push(l.n("dispatch-attempts", one.dispatch.attempts));
    }
    note.extend(one.fault.as_deref().map(|fault| match fault {
        "unanswered" | "absent" | "refused" => l.name("dispatch-fault", fault),
        word => word.to_owned(),
    }));
    let what = one.orders.iter().map(|order| {
        let tests = order.tests.join("、");
        let tests = if order.action.as_deref() == Some("C") { l.t1("dispatch-cancel", "tests", tests) } else { tests };
        (order.sample_id.as_deref().unwrap_or_default().trim().to_owned(), tests)
    });
    Ordered {
        id: one.id,
        at: l.time(one.created_at),
        why: l.name("dispatch-kind", one.dispatch.kind),
        asked: one.transmission.filter(|_| one.dispatch.kind == Kind::Answer),
        what: what.collect(),
        state: Chip::new(tone, l.name("dispatch", state)),
        note: note.join("，"),
        may_send_again: may && state == State::Undelivered,
        may_withdraw: may && matches!(state, State::Waiting | State::Undelivered),
    }
}

/// The newest orders to an instrument.
pub(super) async fn list(shared: &Shared, l: &Locale, staff: &Staff, instrument: i64) -> Result<Vec<Ordered>, Error> {
    let found = shared.store.reading(move |conn| dispatches::list(conn, instrument, SHOWN)).await?;
    let may = staff.actor.may(Act::WorkAtBench);
    Ok(found.into_iter().map(|one| row(l, one, may)).collect())
}

/// An undelivered order is sent again, or one that is not sent is taken back.
#[post("/bench/lines/<code>/orders/<id>", data = "<posted>")]
async fn act(code: &str, id: i64, posted: Posted, staff: Staff, shared: &State<Shared>) -> Result<Done, Error> {
    let instrument = called(shared, code).await?;
    let again = match posted.get("do") {
        Some("again") => true,
        Some("withdraw") => false,
        _ => return Err(Error::NotFound),
    };
    let here = format!("/bench/lines/{code}");
    match shared.store.change_dispatch(staff.who(), shared.clock.now(), instrument.id, id, again).await {
        Ok(_) => {
            let key = if again { "dispatch-again-done" } else { "dispatch-withdrawn-done" };
            Ok(Done::to(format!("{here}#orders")).saying(Message::new(key)))
        }
        Err(DispatchError::NotNow(_)) => Err(Error::Stale(here)),
        Err(DispatchError::Store(StoreError::Stale { .. })) => Err(Error::Stale(here)),
        Err(DispatchError::Store(error)) => Err(error.into()),
    }
}

pub fn group() -> Vec<Route> {
    routes![act]
}
