//! Receiving a sample: the hand-over between two named people, or the refusal with a reason.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::found;
use crate::lab::catalogue::PlaceKind;
use crate::lab::custody::{self, Condition, Event, Movement, SealState, Whereabouts};
use crate::store::StoreError;
use crate::store::catalogue::Place;
use crate::store::containers::MoveError;
use crate::store::samples::Sample;
use crate::web::Shared;
use crate::web::answer::{Answer, Done};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::posted::Posted;
use crate::web::staff::Staff;

#[derive(Template, WebTemplate)]
#[template(path = "samples/receive.html")]
struct ReceivePage {
    l: Locale,
    staff: Staff,
    form: Form,
    sample: Sample,
    places: Vec<(String, String)>,
    seals: Vec<(String, String)>,
    conditions: Vec<(String, String)>,
}

/// The places of the laboratory where a container can stand.
pub(super) async fn our_places(shared: &Shared) -> Result<Vec<(String, String)>, Error> {
    let places: Vec<Place> = shared.store.list().await?;
    let ours =
        |place: &Place| place.kind.parse::<PlaceKind>().is_ok_and(PlaceKind::is_ours) && place.retired_at.is_none();
    Ok(places.into_iter().filter(ours).map(|place| (place.id.to_string(), place.name)).collect())
}

/// The place a form names: one of the laboratory's own, or none where none is given.
pub(super) async fn our_place(shared: &Shared, form: &mut Form, field: &str) -> Result<Option<i64>, Error> {
    let named: Option<i64> = form.parsed_if_given(field, "error-field-choice");
    let Some(id) = named else { return Ok(None) };
    let known = our_places(shared).await?.iter().any(|(ours, _)| *ours == id.to_string());
    if !known {
        form.refuse(field, Message::new("error-field-choice").with("found", id));
    }
    Ok(named.filter(|_| known))
}

pub(super) fn words<T: std::fmt::Display + Copy>(l: &Locale, list: &str, all: &[T]) -> Vec<(String, String)> {
    all.iter().map(|one| (one.to_string(), l.name(list, one))).collect()
}

/// A refusal of the custody rules in the reader's language.
pub(super) fn said(l: &Locale, refusal: &custody::Refusal) -> Message {
    use custody::Refusal;
    match refusal {
        Refusal::NotThere { held, named } => Message::new("custody-not-there").with("held", held).with("named", named),
        Refusal::OtherPlace => Message::new("custody-other-place"),
        Refusal::Ended(movement) => Message::new("custody-ended").with("movement", l.name("movement-done", movement)),
        Refusal::NotReceived(_) => Message::new("custody-not-received"),
        Refusal::ReceivedAlready => Message::new("custody-received-already"),
        Refusal::SamePerson => Message::new("custody-same-person"),
        Refusal::NoReason(_) => Message::new("custody-no-reason"),
        Refusal::Doubtful(_) => Message::new("custody-doubtful"),
        Refusal::Temperature(found) => Message::new("custody-temperature").with("found", found),
        Refusal::NoName => Message::new("custody-no-name"),
    }
}

async fn page(shared: &Shared, staff: Staff, l: Locale, form: Form, sample: Sample) -> Result<ReceivePage, Error> {
    Ok(ReceivePage {
        places: our_places(shared).await?,
        seals: words(&l, "seal", SealState::ALL),
        conditions: words(&l, "condition", Condition::ALL),
        form,
        sample,
        l,
        staff,
    })
}

#[get("/bench/samples/<code>/receive")]
async fn show(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ReceivePage, Error> {
    let sample = found(shared, code).await?;
    let form = Form::new(&staff.csrf)
        .with("from", sample.form.samplers.first().cloned().unwrap_or_default())
        .with("to", &staff.actor.name)
        .with("seal", SealState::Intact)
        .with("condition", Condition::Good)
        .with("version", sample.version);
    page(shared, staff, l, form, sample).await
}

#[post("/bench/samples/<code>/receive", data = "<posted>")]
async fn receive(
    code: &str,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<ReceivePage>, Error> {
    let sample = found(shared, code).await?;
    let mut form = posted.into_form();
    let refuse = form.value("act") == "refuse";
    let (from, to) = (form.required("from"), form.required("to"));
    let seal: Option<SealState> = form.parsed("seal", "error-field-choice");
    let condition: Option<Condition> = form.parsed("condition", "error-field-choice");
    let version: Option<i64> = form.parsed("version", "error-field-whole");
    let place = if refuse { None } else { our_place(shared, &mut form, "place").await? };
    if !refuse && form.value("place").is_empty() {
        form.refuse("place", "error-field-required");
    }
    let retained = our_place(shared, &mut form, "retained_place").await?;
    let given = |name: &str| form.get(name).map(str::to_owned);
    let (temperature, reason) = (given("temperature"), given("reason"));
    let (Some(from), Some(to), Some(seal), Some(condition), Some(version), true) =
        (from, to, seal, condition, version, form.is_ok())
    else {
        return Ok(Answer::again(page(shared, staff, l, form, sample).await?));
    };
    let event = Event {
        kind: if refuse { Movement::Refuse } else { Movement::Receive },
        from: Whereabouts { person: from, place: None },
        to: Whereabouts { person: to, place },
        seal,
        condition,
        temperature,
        reason,
    };
    let here = format!("/bench/samples/{}", sample.code);
    match shared.store.hand_over_sample(staff.who(), shared.clock.now(), sample.id, version, event, retained).await {
        Ok(()) => {
            let key = if refuse { "sample-refused" } else { "sample-received" };
            Ok(Done::to(here).saying(Message::new(key).with("code", &sample.code)).into())
        }
        Err(MoveError::Store(StoreError::Stale { .. })) => Err(Error::Stale(here)),
        Err(MoveError::Store(error)) => Err(error.into()),
        Err(MoveError::Sample(refusal)) => {
            let state = l.name("sample-state", refusal.state);
            form.refuse("act", Message::new("custody-sample-state").with("state", state));
            Ok(Answer::again(page(shared, staff, l, form, sample).await?))
        }
        Err(MoveError::Refused(refusal)) => {
            form.refuse("reason", said(&l, &refusal));
            Ok(Answer::again(page(shared, staff, l, form, sample).await?))
        }
    }
}

pub fn group() -> Vec<Route> {
    routes![show, receive]
}
