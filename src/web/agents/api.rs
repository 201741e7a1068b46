//! What bench agents ask of the hub: how they are, and that it takes what their instruments said.

use rocket::data::{Data, ToByteUnit as _};
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::serde::json::Json;
use rocket::{Request, Route, State, post, routes};
use serde::de::DeserializeOwned;

use crate::acquire::agent::{Assignment, Beat, Kept, Receipted, Spoken};
use crate::acquire::configured::lines_of;
use crate::acquire::intake::Hub;
use crate::acquire::parcel::Parcel;
use crate::acquire::{Intake as _, IntakeError, Saying, Transmission};
use crate::store::agents::Agent;
use crate::store::catalogue::Instrument;
use crate::web::{Shared, secret};

/// The longest parcel: a day's signal of a chromatograph is a few MiB, in base64 a third more.
const LARGEST: u64 = 64;

/// A bench agent that showed its token.
pub struct Enrolled(pub Agent);

/// An answer that is no success: the status, and a word for the agent's log.
type Refusal = (Status, String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Enrolled {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let given = request.headers().get_one("Authorization").and_then(|text| text.strip_prefix("Bearer "));
        let (Some(token), Some(shared)) = (given, request.rocket().state::<Shared>()) else {
            return Outcome::Error((Status::Unauthorized, ()));
        };
        match shared.store.agent_with_token(secret::hash(token.trim())).await {
            Ok(Some(agent)) => Outcome::Success(Self(agent)),
            Ok(None) => Outcome::Error((Status::Unauthorized, ())),
            Err(error) => {
                tracing::error!(%error, "agents");
                Outcome::Error((Status::ServiceUnavailable, ()))
            }
        }
    }
}

async fn body<T: DeserializeOwned>(data: Data<'_>) -> Result<T, Refusal> {
    let read = data.open(LARGEST.mebibytes()).into_bytes().await;
    let bytes = read.map_err(|error| (Status::BadRequest, error.to_string()))?;
    if !bytes.is_complete() {
        return Err((Status::PayloadTooLarge, format!("expected at most {LARGEST} MiB")));
    }
    serde_json::from_slice(&bytes).map_err(|error| (Status::BadRequest, error.to_string()))
}

fn failed(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "agents");
    (Status::ServiceUnavailable, "the hub's database does not answer".to_owned())
}

/// A stolen token must not speak for the instruments of another bench. What is refused stays in the agent's journal.
async fn own(shared: &Shared, agent: &Agent, instrument: &str) -> Result<(), Refusal> {
    let instruments: Vec<Instrument> = shared.store.list().await.map_err(failed)?;
    if instruments.iter().any(|one| one.code == instrument && one.agent_id == Some(agent.id)) {
        return Ok(());
    }
    tracing::warn!(agent = %agent.code, instrument, "an agent speaks for an instrument of another bench");
    Err((Status::UnprocessableEntity, format!("no instrument '{instrument}' at this bench")))
}

/// How an agent is; answered with the lines it is to run.
#[post("/api/agent/beat", data = "<data>")]
async fn beat(agent: Enrolled, data: Data<'_>, shared: &State<Shared>) -> Result<Json<Assignment>, Refusal> {
    let beat: Beat = body(data).await?;
    let kept = serde_json::to_string(&beat).map_err(failed)?;
    shared.store.hear_agent(agent.0.id, shared.clock.now(), kept).await.map_err(failed)?;
    let instruments: Vec<Instrument> = shared.store.list().await.map_err(failed)?;
    let profiles = shared.store.profile_texts().await.map_err(failed)?;
    Ok(Json(Assignment { lines: lines_of(Some(agent.0.id), instruments, &profiles) }))
}

/// Takes a transmission for good: success is answered after the commit, and a repeated delivery changes nothing.
#[post("/api/agent/deliver", data = "<data>")]
async fn deliver(agent: Enrolled, data: Data<'_>, shared: &State<Shared>) -> Result<Json<Receipted>, Refusal> {
    let parcel: Parcel = body(data).await?;
    let sent = Transmission::try_from(parcel).map_err(|error| (Status::UnprocessableEntity, error.to_string()))?;
    own(shared, &agent.0, &sent.instrument).await?;
    let hub = Hub { store: shared.store.clone() };
    let taken = rocket::tokio::task::spawn_blocking(move || {
        hub.deliver(&sent).map(|receipt| Receipted::new(&sent.bytes, receipt))
    });
    taken.await.map_err(failed)?.map(Json).map_err(failed)
}

/// Whether the record has this transmission with just these bytes: asked before an agent's journal lets it go.
#[post("/api/agent/has", data = "<data>")]
async fn has(_agent: Enrolled, data: Data<'_>, shared: &State<Shared>) -> Result<Json<Kept>, Refusal> {
    let parcel: Parcel = body(data).await?;
    let sent = Transmission::try_from(parcel).map_err(|error| (Status::UnprocessableEntity, error.to_string()))?;
    let hub = Hub { store: shared.store.clone() };
    let found = rocket::tokio::task::spawn_blocking(move || hub.has(&sent));
    found.await.map_err(failed)?.map(|has| Json(Kept { has })).map_err(failed)
}

/// What is to be said next on a line of this bench, or what became of the last.
#[post("/api/agent/say", data = "<data>")]
async fn say(agent: Enrolled, data: Data<'_>, shared: &State<Shared>) -> Result<Json<Option<Saying>>, Refusal> {
    let spoken: Spoken = body(data).await?;
    own(shared, &agent.0, &spoken.instrument).await?;
    let hub = Hub { store: shared.store.clone() };
    let said = rocket::tokio::task::spawn_blocking(move || {
        if let Some((id, said)) = &spoken.told {
            hub.said(&spoken.instrument, *id, said)?;
            return Ok(None);
        }
        hub.to_say(&spoken.instrument)
    });
    said.await.map_err(failed)?.map(Json).map_err(|error: IntakeError| failed(error))
}

pub fn group() -> Vec<Route> {
    routes![beat, deliver, has, say]
}
