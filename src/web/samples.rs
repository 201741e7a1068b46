//! Samples: the list, one sample with its custody and history, and what a scanned code opens.

mod containers;
mod label;
mod list;
mod plans;
mod receive;
mod register;
mod show;
#[cfg(test)]
mod tests;

use rocket::{Route, State, get, routes};

use super::Shared;
use super::answer::Done;
use super::display::{Chip, Tone};
use super::error::Error;
use super::locale::{Locale, Message};
use super::staff::Staff;
use crate::lab::sampling::sample::State as Stands;
use crate::lab::zone;
use crate::store::catalogue::Instrument;
use crate::store::containers as store_containers;
use crate::store::samples::Sample;

fn state_chip(l: &Locale, state: Stands) -> Chip {
    let tone = match state {
        Stands::Registered => Tone::Plain,
        Stands::Received | Stands::Testing => Tone::Active,
        Stands::Refused => Tone::Bad,
        Stands::Completed | Stands::Published => Tone::Good,
    };
    Chip::new(tone, l.name("sample-state", state))
}

async fn found(shared: &Shared, code: &str) -> Result<Sample, Error> {
    shared.store.sample_called(code.to_owned(), shared.clock.now()).await?.ok_or(Error::NotFound)
}

/// What a scanner or the search box opens: a sample, a container, an instrument, or the list.
#[get("/bench/open?<code>")]
async fn open(code: &str, _staff: Staff, shared: &State<Shared>) -> Result<Done, Error> {
    let text = code.trim().to_owned();
    let scanned = text.clone();
    let container = shared.store.reading(move |conn| store_containers::called(conn, &scanned)).await?;
    if let Some(container) = container {
        return Ok(Done::to(format!("/bench/containers/{}", container.code)));
    }
    if let Some(sample) = shared.store.sample_called(text.clone(), shared.clock.now()).await? {
        return Ok(Done::to(format!("/bench/samples/{}", sample.code)));
    }
    let instruments: Vec<Instrument> = shared.store.list().await?;
    if let Some(one) = instruments.iter().find(|one| one.code.eq_ignore_ascii_case(&text)) {
        return Ok(Done::to(format!("/bench/lines/{}", one.code)));
    }
    let query = rocket::http::RawStr::new(&text).percent_encode();
    Ok(Done::to(format!("/bench/samples?q={query}")).saying(Message::new("open-not-a-code").with("found", text)))
}

/// A civil time typed in the laboratory's zone.
fn instant(text: &str) -> Option<jiff::Timestamp> {
    let civil: jiff::civil::DateTime = text.trim().replace(' ', "T").parse().ok()?;
    zone::zone().to_timestamp(civil).ok()
}

/// What a label's QR code opens when it is followed inside the laboratory.
#[get("/t/<code>")]
async fn scanned(code: &str, staff: Staff, shared: &State<Shared>) -> Result<Done, Error> {
    open(code, staff, shared).await
}

pub fn group() -> Vec<Route> {
    [
        routes![open, scanned],
        list::group(),
        show::group(),
        plans::group(),
        register::group(),
        receive::group(),
        label::group(),
        containers::group(),
    ]
    .concat()
}
