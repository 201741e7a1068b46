//! Samples: registered with a gap-free number, found by any of their codes, listed by what one searches for.

use diesel::prelude::*;
use jiff::Timestamp;

use super::catalogue::{Commodity, Place, PlanItem, Producer, must_exist};
use super::conn::{Conn, Store};
use super::containers;
use super::error::StoreError;
use super::instant;
use super::ledger::{Extra, Tx};
use super::schema::{commodity, container, place, producer, sample, weighing};
use super::search::{self, lower};
use crate::lab::people::Who;
use crate::lab::sampling::codes::{BlindCode, ContainerCode, SampleCode};
use crate::lab::sampling::form::{Class, SamplingForm, Stage};
use crate::lab::sampling::sample::State;
use crate::lab::zone;

/// A sampling form ready to be registered.
#[derive(Debug, Clone)]
pub struct NewSample {
    pub class: Class,
    pub stage: Stage,
    pub commodity: i64,
    /// The commodity's name as the samplers wrote it; never replaced by the list's.
    pub commodity_written: String,
    pub producer: Option<i64>,
    pub place: Option<i64>,
    pub town: String,
    pub plan_item: Option<i64>,
    pub sampled_at: Timestamp,
    pub form: SamplingForm,
}

/// A sample that was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    pub id: i64,
    pub code: SampleCode,
}

/// Registers a sample with its containers; the number is the year's next, without a gap.
pub(crate) fn register(tx: &mut Tx<'_>, new: &NewSample) -> Result<Registered, StoreError> {
    must_exist::<Commodity>(tx.conn, Some(new.commodity), "sample", "commodity")?;
    must_exist::<Producer>(tx.conn, new.producer, "sample", "producer")?;
    must_exist::<Place>(tx.conn, new.place, "sample", "place")?;
    must_exist::<PlanItem>(tx.conn, new.plan_item, "sample", "plan_item")?;
    let year = zone::day(tx.at).year();
    let last: Option<(i64, String)> = sample::table
        .filter(sample::year.eq(i64::from(year)))
        .order(sample::accession.desc())
        .select((sample::id, sample::code))
        .first(tx.conn)
        .optional()?;
    let last = match last {
        None => None,
        Some((id, code)) => Some(code.parse::<SampleCode>().map_err(|fault| StoreError::corrupt("sample", id, fault))?),
    };
    let code = SampleCode::next(last, year).map_err(|fault| StoreError::corrupt("sample", 0, fault))?;
    let accession = i64::from(code.number());
    let form = serde_json::to_string(&new.form).map_err(|error| StoreError::corrupt("sample", 0, error))?;
    let by = match tx.by {
        Who::Person(actor) => actor.id.0,
        Who::Line(_) | Who::Program => return Err(StoreError::corrupt("sample", 0, "a sample needs a person")),
    };
    let id: i64 = diesel::insert_into(sample::table)
        .values((
            sample::code.eq(code.to_string()),
            sample::blind_code.eq(free_blind_code(tx.conn)?),
            sample::year.eq(i64::from(year)),
            sample::accession.eq(accession),
            sample::class.eq(new.class.name()),
            sample::stage.eq(new.stage.name()),
            sample::commodity_id.eq(new.commodity),
            sample::commodity_written.eq(&new.commodity_written),
            sample::producer_id.eq(new.producer),
            sample::place_id.eq(new.place),
            sample::town.eq(&new.town),
            sample::plan_item_id.eq(new.plan_item),
            sample::sampled_at.eq(instant::written(new.sampled_at)),
            sample::form.eq(form),
            sample::state.eq(State::Registered.name()),
            sample::version.eq(1),
            sample::registered_at.eq(instant::written(tx.at)),
            sample::registered_by.eq(by),
        ))
        .returning(sample::id)
        .get_result(tx.conn)?;
    tx.record_with("sample.registered", "sample", id, None, Extra::Accession(accession))?;
    containers::seal(tx, id, code, &new.form)?;
    Ok(Registered { id, code })
}

fn free_blind_code(conn: &mut Conn) -> Result<String, StoreError> {
    loop {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Random(error.to_string()))?;
        let code = BlindCode::from_random(bytes).to_string();
        let taken: i64 = sample::table.filter(sample::blind_code.eq(&code)).count().get_result(conn)?;
        if taken == 0 {
            return Ok(code);
        }
    }
}

/// The sample that a code means: its own code, its blind code, one of its containers', or its running number of `year`
/// where a device's display holds no more.
pub(crate) fn called(conn: &mut Conn, text: &str, year: i64) -> Result<Option<i64>, StoreError> {
    let text = text.split('^').next().unwrap_or_default().trim();
    if let Ok(code) = text.parse::<SampleCode>() {
        return with_code(conn, &code.to_string());
    }
    if let Ok(code) = text.parse::<ContainerCode>() {
        let code = code.to_string();
        return Ok(container::table
            .filter(container::code.eq(code))
            .select(container::sample_id)
            .first(conn)
            .optional()?);
    }
    if let Ok(code) = text.parse::<BlindCode>() {
        let code = code.to_string();
        return Ok(sample::table.filter(sample::blind_code.eq(code)).select(sample::id).first(conn).optional()?);
    }
    match text.parse::<i64>() {
        Ok(accession) if text.len() <= 6 => Ok(sample::table
            .filter(sample::year.eq(year))
            .filter(sample::accession.eq(accession))
            .select(sample::id)
            .first(conn)
            .optional()?),
        _ => Ok(None),
    }
}

fn with_code(conn: &mut Conn, code: &str) -> Result<Option<i64>, StoreError> {
    Ok(sample::table.filter(sample::code.eq(code)).select(sample::id).first(conn).optional()?)
}

/// A sample as a list and its own page show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub id: i64,
    pub code: String,
    pub blind_code: String,
    pub class: Class,
    pub stage: Stage,
    pub commodity: String,
    pub commodity_listed: String,
    pub commodity_en: String,
    pub producer: Option<String>,
    pub place: Option<String>,
    pub town: String,
    pub sampled_at: Timestamp,
    pub form: SamplingForm,
    pub state: State,
    pub version: i64,
    pub registered_at: Timestamp,
    pub registered_by: i64,
}

type Row = (
    (i64, String, String, String, String, String, String, String, Option<String>, Option<String>),
    (String, String, String, String, i64, String, i64),
);

fn read((names, rest): Row) -> Result<Sample, StoreError> {
    let (id, code, blind_code, class, stage, commodity, commodity_listed, commodity_en, producer, place) = names;
    let (town, sampled_at, form, state, version, registered_at, registered_by) = rest;
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("sample", id, error);
    Ok(Sample {
        class: class.parse().map_err(|error| corrupt(&error))?,
        stage: stage.parse().map_err(|error| corrupt(&error))?,
        sampled_at: instant::read("sample", id, &sampled_at)?,
        form: serde_json::from_str(&form).map_err(|error| corrupt(&error))?,
        state: state.parse().map_err(|error| corrupt(&error))?,
        registered_at: instant::read("sample", id, &registered_at)?,
        id,
        code,
        blind_code,
        commodity,
        commodity_listed,
        commodity_en,
        producer,
        place,
        town,
        version,
        registered_by,
    })
}

/// Which samples to list; `None` and empty are no filter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of a code or of the commodity's name.
    pub text: String,
    pub state: Option<State>,
    pub class: Option<Class>,
    pub town: String,
    pub place: Option<i64>,
    pub plan_item: Option<i64>,
    /// Sampled at or after the first instant and before the second.
    pub from: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

pub const PAGE: i64 = 50;

/// One page of samples, newest first, and how many there are in all.
pub(crate) fn list(conn: &mut Conn, filter: &Filter, page: i64) -> Result<(Vec<Sample>, i64), StoreError> {
    macro_rules! chosen {
        ($query:expr) => {{
            let mut query = $query;
            if !filter.text.is_empty() {
                let part = search::part(&filter.text);
                query = query.filter(
                    lower(sample::code)
                        .like(part.clone())
                        .escape('\\')
                        .or(lower(sample::blind_code).like(part.clone()).escape('\\'))
                        .or(lower(sample::commodity_written).like(part).escape('\\')),
                );
            }
            if let Some(state) = filter.state {
                query = query.filter(sample::state.eq(state.name()));
            }
            if let Some(class) = filter.class {
                query = query.filter(sample::class.eq(class.name()));
            }
            if !filter.town.is_empty() {
                query = query.filter(sample::town.eq(filter.town.clone()));
            }
            if let Some(place) = filter.place {
                query = query.filter(sample::place_id.eq(place));
            }
            if let Some(item) = filter.plan_item {
                query = query.filter(sample::plan_item_id.eq(item));
            }
            if let Some(from) = filter.from {
                query = query.filter(sample::sampled_at.ge(instant::written(from)));
            }
            if let Some(before) = filter.before {
                query = query.filter(sample::sampled_at.lt(instant::written(before)));
            }
            query
        }};
    }
    let all: i64 = chosen!(sample::table.into_boxed()).count().get_result(conn)?;
    let ids: Vec<i64> = chosen!(sample::table.select(sample::id).into_boxed())
        .order(sample::id.desc())
        .limit(PAGE)
        .offset((page.max(1) - 1) * PAGE)
        .load(conn)?;
    let mut found = with_ids(conn, &ids)?;
    found.sort_by_key(|sample| -sample.id);
    Ok((found, all))
}

pub(crate) fn find(conn: &mut Conn, id: i64) -> Result<Option<Sample>, StoreError> {
    Ok(with_ids(conn, &[id])?.into_iter().next())
}

fn with_ids(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Sample>, StoreError> {
    let rows: Vec<Row> = sample::table
        .inner_join(commodity::table)
        .left_join(producer::table)
        .left_join(place::table)
        .filter(sample::id.eq_any(ids))
        .select((
            (
                sample::id,
                sample::code,
                sample::blind_code,
                sample::class,
                sample::stage,
                sample::commodity_written,
                commodity::name,
                commodity::name_en,
                producer::name.nullable(),
                place::name.nullable(),
            ),
            (
                sample::town,
                sample::sampled_at,
                sample::form,
                sample::state,
                sample::version,
                sample::registered_at,
                sample::registered_by,
            ),
        ))
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

impl Store {
    pub async fn register(&self, by: Who, at: Timestamp, new: NewSample) -> Result<Registered, StoreError> {
        self.writing(by, at, move |tx| register(tx, &new)).await
    }

    pub async fn samples(&self, filter: Filter, page: i64) -> Result<(Vec<Sample>, i64), StoreError> {
        self.reading(move |conn| list(conn, &filter, page)).await
    }

    /// The sample that a scanned or typed code means.
    pub async fn sample_called(&self, text: String, at: Timestamp) -> Result<Option<Sample>, StoreError> {
        self.reading(move |conn| match called(conn, &text, i64::from(zone::day(at).year()))? {
            Some(id) => find(conn, id),
            None => Ok(None),
        })
        .await
    }
}

/// What of a sample was weighed out, and when.
pub(crate) fn weighings(conn: &mut Conn, id: i64) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let rows: Vec<(i64, String, String, String)> = weighing::table
        .filter(weighing::sample_id.eq(id))
        .order(weighing::id)
        .select((weighing::id, weighing::mass, weighing::unit, weighing::at))
        .load(conn)?;
    rows.into_iter()
        .map(|(row, mass, unit, at)| Ok((format!("{mass} {unit}"), instant::read("weighing", row, &at)?)))
        .collect()
}
