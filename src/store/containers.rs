//! Containers and their chain of custody: each movement starts where the last one ended, or is not written.

use diesel::prelude::*;
use jiff::Timestamp;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::ledger::Tx;
use super::schema::{container, custody_event, place, sample};
use super::{analyses, instant};
use crate::lab::custody::{self, Condition, ContainerKind, Event, Holding, Movement, SealState, Whereabouts};
use crate::lab::people::Who;
use crate::lab::sampling::codes::{ContainerCode, Content, SampleCode};
use crate::lab::sampling::form::SamplingForm;
use crate::lab::sampling::sample::{self as samples, Step};

/// Why a movement was not written.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error(transparent)]
    Refused(#[from] custody::Refusal),
    #[error(transparent)]
    Sample(#[from] samples::Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for MoveError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A container with the end of its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pub id: i64,
    pub sample: i64,
    pub code: String,
    pub kind: ContainerKind,
    pub quantity: String,
    pub unit: String,
    pub seal: String,
    pub holding: Holding,
    /// The name of the place where it is.
    pub place: Option<String>,
}

/// One event of a chain, with the names of its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub n: i64,
    pub kind: Movement,
    pub from_person: String,
    pub from_place: Option<String>,
    pub to_person: String,
    pub to_place: Option<String>,
    pub seal: SealState,
    pub condition: Condition,
    pub temperature: Option<String>,
    pub reason: Option<String>,
    pub at: Timestamp,
    pub by: i64,
}

/// The containers that come with a sample: the main portion, and the retained portion (备样) where one was taken.
pub(in crate::store) fn seal(
    tx: &mut Tx<'_>,
    sample_id: i64,
    code: SampleCode,
    form: &SamplingForm,
) -> Result<(), StoreError> {
    let main = (ContainerKind::Main, Content::Main, &form.quantity, &form.seal);
    let retained = (ContainerKind::Retained, Content::Reserve, &form.retained_quantity, &form.retained_seal);
    for (kind, content, quantity, seal) in [main, retained] {
        if kind == ContainerKind::Retained && quantity.trim().is_empty() {
            continue;
        }
        let id: i64 = diesel::insert_into(container::table)
            .values((
                container::sample_id.eq(sample_id),
                container::code.eq(ContainerCode::new(code, content, 1).to_string()),
                container::kind.eq(kind.name()),
                container::quantity.eq(quantity.trim()),
                container::unit.eq(form.quantity_unit.trim()),
                container::seal.eq(seal.trim()),
                container::created_at.eq(instant::written(tx.at)),
            ))
            .returning(container::id)
            .get_result(tx.conn)?;
        tx.record("container.created", "container", id, None)?;
    }
    Ok(())
}

type Row = (i64, i64, String, String, String, String, String, String);

fn read(conn: &mut Conn, row: Row) -> Result<Container, StoreError> {
    let (id, sample, code, kind, quantity, unit, seal, form) = row;
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("container", id, error);
    let form: SamplingForm = serde_json::from_str(&form).map_err(|error| corrupt(&error))?;
    let holding = holding(conn, id, &form)?;
    let place = match &holding {
        Holding::Held { at: Whereabouts { place: Some(place), .. }, .. } => Some(place_name(conn, *place)?),
        _ => None,
    };
    Ok(Container {
        kind: kind.parse().map_err(|error| corrupt(&error))?,
        id,
        sample,
        code,
        quantity,
        unit,
        seal,
        holding,
        place,
    })
}

fn place_name(conn: &mut Conn, id: i64) -> Result<String, StoreError> {
    Ok(place::table.find(id).select(place::name).first(conn)?)
}

type End = (i64, String, String, Option<i64>);

/// The end of a container's chain; before the first event it is with the first sampler.
fn holding(conn: &mut Conn, id: i64, form: &SamplingForm) -> Result<Holding, StoreError> {
    let end: Option<End> = custody_event::table
        .filter(custody_event::container_id.eq(id))
        .order(custody_event::n.desc())
        .select((custody_event::n, custody_event::kind, custody_event::to_person, custody_event::to_place_id))
        .first(conn)
        .optional()?;
    let Some((n, kind, person, place)) = end else {
        return Ok(Holding::WithSampler { sampler: form.samplers.first().cloned().unwrap_or_default() });
    };
    let kind: Movement = kind.parse().map_err(|error| StoreError::corrupt("custody_event", id, error))?;
    Ok(match kind {
        Movement::Refuse | Movement::Return | Movement::Dispose => Holding::Ended { by: kind, n },
        _ => Holding::Held { at: Whereabouts { person, place }, n },
    })
}

fn load(conn: &mut Conn, of_sample: Option<i64>, code: Option<&str>) -> Result<Vec<Container>, StoreError> {
    let mut query = container::table.inner_join(sample::table).into_boxed();
    if let Some(sample) = of_sample {
        query = query.filter(container::sample_id.eq(sample));
    }
    if let Some(code) = code {
        query = query.filter(container::code.eq(code.to_owned()));
    }
    let rows: Vec<Row> = query
        .order(container::id)
        .select((
            container::id,
            container::sample_id,
            container::code,
            container::kind,
            container::quantity,
            container::unit,
            container::seal,
            sample::form,
        ))
        .load(conn)?;
    rows.into_iter().map(|row| read(conn, row)).collect()
}

pub(crate) fn of_sample(conn: &mut Conn, sample: i64) -> Result<Vec<Container>, StoreError> {
    load(conn, Some(sample), None)
}

/// The container with this code, in any way a scanner gives it.
pub(crate) fn called(conn: &mut Conn, text: &str) -> Result<Option<Container>, StoreError> {
    let Ok(code) = text.parse::<ContainerCode>() else { return Ok(None) };
    Ok(load(conn, None, Some(&code.to_string()))?.into_iter().next())
}

/// Writes one movement of one container, if its chain allows it.
pub(crate) fn move_one(tx: &mut Tx<'_>, container: &Container, event: &Event) -> Result<(), MoveError> {
    let next = custody::apply(&container.holding, event)?;
    let n = match &next {
        Holding::Held { n, .. } | Holding::Ended { n, .. } => *n,
        Holding::WithSampler { .. } => 1,
    };
    let by = match tx.by {
        Who::Person(actor) => actor.id.0,
        Who::Line(_) | Who::Program => {
            return Err(StoreError::corrupt("custody_event", container.id, "a movement needs a person").into());
        }
    };
    let id: i64 = diesel::insert_into(custody_event::table)
        .values((
            custody_event::container_id.eq(container.id),
            custody_event::n.eq(n),
            custody_event::kind.eq(event.kind.name()),
            custody_event::from_person.eq(&event.from.person),
            custody_event::from_place_id.eq(event.from.place),
            custody_event::to_person.eq(&event.to.person),
            custody_event::to_place_id.eq(event.to.place),
            custody_event::seal_state.eq(event.seal.name()),
            custody_event::condition.eq(event.condition.name()),
            custody_event::temperature.eq(event.temperature.as_deref()),
            custody_event::reason.eq(event.reason.as_deref()),
            custody_event::at.eq(instant::written(tx.at)),
            custody_event::by_id.eq(by),
        ))
        .returning(custody_event::id)
        .get_result(tx.conn)
        .map_err(|error| match StoreError::from(error) {
            // Somebody else wrote the same next event.
            StoreError::Conflict { .. } => StoreError::Stale { table: "container", id: container.id },
            other => other,
        })?;
    tx.record("custody.moved", "custody_event", id, event.reason.as_deref())?;
    Ok(())
}

/// Receives or refuses a sample: the hand-over of all its containers, and the sample's state with it. Each container
/// may go to a place of its own.
pub(crate) fn hand_over_sample(
    tx: &mut Tx<'_>,
    sample_id: i64,
    version: i64,
    event: &Event,
    retained_place: Option<i64>,
) -> Result<(), MoveError> {
    let state: String = sample::table.find(sample_id).select(sample::state).first(tx.conn)?;
    let state: samples::State = state.parse().map_err(|error| StoreError::corrupt("sample", sample_id, error))?;
    let (step, leaf) = match event.kind {
        Movement::Refuse => (Step::Refuse, "sample.refused"),
        _ => (Step::Receive, "sample.received"),
    };
    let next = state.apply(step)?;
    for container in of_sample(tx.conn, sample_id)? {
        let mut event = event.clone();
        if container.kind == ContainerKind::Retained && retained_place.is_some() {
            event.to.place = retained_place;
        }
        move_one(tx, &container, &event)?;
    }
    analyses::move_sample(tx, sample_id, next, version, leaf)?;
    Ok(())
}

type MovedRow = (
    (i64, i64, String, String, Option<i64>, String, Option<i64>),
    (String, String, Option<String>, Option<String>, String, i64),
);

/// A container's chain from its first event.
pub(crate) fn chain(conn: &mut Conn, id: i64) -> Result<Vec<Moved>, StoreError> {
    let rows: Vec<MovedRow> = custody_event::table
        .filter(custody_event::container_id.eq(id))
        .order(custody_event::n)
        .select((
            (
                custody_event::id,
                custody_event::n,
                custody_event::kind,
                custody_event::from_person,
                custody_event::from_place_id,
                custody_event::to_person,
                custody_event::to_place_id,
            ),
            (
                custody_event::seal_state,
                custody_event::condition,
                custody_event::temperature,
                custody_event::reason,
                custody_event::at,
                custody_event::by_id,
            ),
        ))
        .load(conn)?;
    let mut chain = Vec::new();
    for ((row, n, kind, from_person, from, to_person, to), (seal, condition, temperature, reason, at, by)) in rows {
        let corrupt = |error: crate::lab::words::Unknown| StoreError::corrupt("custody_event", row, error);
        chain.push(Moved {
            n,
            kind: kind.parse().map_err(corrupt)?,
            from_person,
            from_place: from.map(|place| place_name(conn, place)).transpose()?,
            to_person,
            to_place: to.map(|place| place_name(conn, place)).transpose()?,
            seal: seal.parse().map_err(corrupt)?,
            condition: condition.parse().map_err(corrupt)?,
            temperature,
            reason,
            at: instant::read("custody_event", row, &at)?,
            by,
        });
    }
    Ok(chain)
}

impl Store {
    /// Receives or refuses a sample, in the version the person saw.
    pub async fn hand_over_sample(
        &self,
        by: Who,
        at: Timestamp,
        sample: i64,
        version: i64,
        event: Event,
        retained_place: Option<i64>,
    ) -> Result<(), MoveError> {
        self.writing(by, at, move |tx| hand_over_sample(tx, sample, version, &event, retained_place)).await
    }

    /// Writes one movement of the container with this code.
    pub async fn move_container(&self, by: Who, at: Timestamp, code: String, event: Event) -> Result<(), MoveError> {
        self.writing(by, at, move |tx| {
            let container = called(tx.conn, &code)?
                .ok_or_else(|| StoreError::corrupt("container", 0, format!("no container {code}")))?;
            move_one(tx, &container, &event)
        })
        .await
    }
}
