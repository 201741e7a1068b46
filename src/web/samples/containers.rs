//! One container: its chain of custody, and the next movement.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::receive::{our_place, our_places, said, words};
use super::show::{Held, Past};
use crate::lab::custody::{Condition, Event, Holding, Movement, SealState, Whereabouts};
use crate::store::StoreError;
use crate::store::containers::{self, Container, MoveError};
use crate::store::work;
use crate::web::Shared;
use crate::web::answer::{Answer, Done};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::posted::Posted;
use crate::web::staff::Staff;

/// What can be done with a container that the laboratory holds.
const MOVEMENTS: [Movement; 5] =
    [Movement::Move, Movement::HandOver, Movement::Open, Movement::Return, Movement::Dispose];

#[derive(Template, WebTemplate)]
#[template(path = "samples/container.html")]
struct ContainerPage {
    l: Locale,
    staff: Staff,
    form: Form,
    held: Held,
    sample: String,
    history: Vec<Past>,
    can_move: bool,
    movements: Vec<(String, String)>,
    places: Vec<(String, String)>,
    people: Vec<String>,
    seals: Vec<(String, String)>,
    conditions: Vec<(String, String)>,
}

async fn called(shared: &Shared, code: &str) -> Result<Container, Error> {
    let code = code.to_owned();
    shared.store.reading(move |conn| containers::called(conn, &code)).await?.ok_or(Error::NotFound)
}

async fn page(
    shared: &Shared,
    staff: Staff,
    l: Locale,
    form: Form,
    container: Container,
) -> Result<ContainerPage, Error> {
    let (id, sample) = (container.id, container.sample);
    let chain = shared.store.reading(move |conn| containers::chain(conn, id)).await?;
    let sample = shared.store.reading(move |conn| work::sheet_sample(conn, sample)).await?;
    let people = shared.store.reading(work::people).await?;
    Ok(ContainerPage {
        held: Held::new(&l, &container),
        sample: sample.code,
        history: chain.iter().map(|one| Past::moved(&l, "", one)).collect(),
        can_move: matches!(container.holding, Holding::Held { .. })
            && staff.actor.may(crate::lab::people::Act::MoveContainer),
        movements: words(&l, "movement", &MOVEMENTS),
        places: our_places(shared).await?,
        people: people.into_values().collect(),
        seals: words(&l, "seal", SealState::ALL),
        conditions: words(&l, "condition", Condition::ALL),
        form,
        l,
        staff,
    })
}

#[get("/bench/containers/<code>")]
async fn show(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ContainerPage, Error> {
    let container = called(shared, code).await?;
    let mut form = Form::new(&staff.csrf)
        .with("kind", Movement::Move)
        .with("seal", SealState::Intact)
        .with("condition", Condition::Good);
    if let Holding::Held { at, .. } = &container.holding {
        // The movement starts where the last one ended; a page gone stale is told so by this.
        form = form
            .with("from", &at.person)
            .with("from_place", at.place.map(|id| id.to_string()).unwrap_or_default())
            .with("to", &at.person);
    }
    page(shared, staff, l, form, container).await
}

#[post("/bench/containers/<code>", data = "<posted>")]
async fn act(
    code: &str,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<ContainerPage>, Error> {
    let container = called(shared, code).await?;
    let mut form = posted.into_form();
    let kind: Option<Movement> = form.parsed("kind", "error-field-choice");
    let (from, to) = (form.required("from"), form.required("to"));
    let from_place: Option<i64> = form.parsed_if_given("from_place", "error-field-choice");
    let to_place = our_place(shared, &mut form, "to_place").await?;
    let seal: Option<SealState> = form.parsed("seal", "error-field-choice");
    let condition: Option<Condition> = form.parsed("condition", "error-field-choice");
    let given = |name: &str| form.get(name).map(str::to_owned);
    let (temperature, reason) = (given("temperature"), given("reason"));
    let (Some(kind), Some(from), Some(to), Some(seal), Some(condition), true) =
        (kind, from, to, seal, condition, form.is_ok())
    else {
        return Ok(Answer::again(page(shared, staff, l, form, container).await?));
    };
    let event = Event {
        kind,
        from: Whereabouts { person: from, place: from_place },
        to: Whereabouts { person: to, place: to_place },
        seal,
        condition,
        temperature,
        reason,
    };
    let here = format!("/bench/containers/{}", container.code);
    match shared.store.move_container(staff.who(), shared.clock.now(), container.code.clone(), event).await {
        Ok(()) => Ok(Done::to(here).saying(Message::new("container-moved").with("code", &container.code)).into()),
        Err(MoveError::Store(StoreError::Stale { .. })) => Err(Error::Stale(here)),
        Err(MoveError::Store(error)) => Err(error.into()),
        Err(MoveError::Sample(_)) => Err(Error::Stale(here)),
        Err(MoveError::Refused(refusal)) => {
            form.refuse("kind", said(&l, &refusal));
            Ok(Answer::again(page(shared, staff, l, form, container).await?))
        }
    }
}

pub fn group() -> Vec<Route> {
    routes![show, act]
}
