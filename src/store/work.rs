//! Analyses as lists and sample pages show them, with the names a person reads.

use std::collections::BTreeMap;

use diesel::prelude::*;
use jiff::Timestamp;

use super::analyses::{self, Analysis, StepError};
use super::conn::{Conn, Store};
use super::error::StoreError;
use super::schema::{analysis, analysis_event, analyte, batch, commodity, method, person, place, producer, sample};
use super::{batches, instant};
use crate::lab::analysis::status::{State, Status, Step};
use crate::lab::people::Who;

/// A name in both languages of the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub zh: String,
    pub en: String,
}

/// One analysis with its surroundings.
#[derive(Debug, Clone)]
pub struct Line {
    pub analysis: Analysis,
    pub sample_code: String,
    pub blind_code: String,
    pub commodity: Name,
    pub analyte: Name,
    pub method_code: String,
    pub batch_code: Option<String>,
    pub sampled_at: Timestamp,
    /// A rejected control of its batch waits for a person.
    pub held: bool,
}

/// Which lines to show; `None` is no filter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub states: Vec<State>,
    pub method: Option<i64>,
    pub batch: Option<i64>,
    pub sample: Option<i64>,
    pub analysis: Option<i64>,
}

/// Lines on one page of a list.
pub const PAGE: i64 = 50;

type Names = (String, String, String, String, String, String, String, String, Option<String>, String);

/// One page of lines, oldest order first, and how many there are in all.
pub fn lines(conn: &mut Conn, filter: &Filter, page: i64, per_page: i64) -> Result<(Vec<Line>, i64), StoreError> {
    let states: Vec<&str> = filter.states.iter().map(|state| state.name()).collect();
    macro_rules! chosen {
        ($query:expr) => {{
            let mut query = $query;
            if !states.is_empty() {
                query = query.filter(analysis::state.eq_any(states.clone()));
            }
            if let Some(method) = filter.method {
                query = query.filter(analysis::method_id.eq(method));
            }
            if let Some(batch) = filter.batch {
                query = query.filter(analysis::batch_id.eq(batch));
            }
            if let Some(sample) = filter.sample {
                query = query.filter(analysis::sample_id.eq(sample));
            }
            if let Some(id) = filter.analysis {
                query = query.filter(analysis::id.eq(id));
            }
            query
        }};
    }
    let all: i64 = chosen!(analysis::table.into_boxed()).count().get_result(conn)?;
    let ids: Vec<i64> = chosen!(analysis::table.select(analysis::id).into_boxed())
        .order(analysis::id)
        .limit(per_page)
        .offset((page.max(1) - 1) * per_page)
        .load(conn)?;
    let mut found = Vec::new();
    let mut holds: BTreeMap<i64, bool> = BTreeMap::new();
    for analysis in analyses::with_ids(conn, &ids)? {
        let names: Names = analysis::table
            .inner_join(sample::table.inner_join(commodity::table))
            .inner_join(analyte::table)
            .inner_join(method::table)
            .left_join(batch::table)
            .filter(analysis::id.eq(analysis.id))
            .select((
                sample::code,
                sample::blind_code,
                commodity::name,
                commodity::name_en,
                sample::commodity_written,
                analyte::name,
                analyte::name_en,
                method::code,
                batch::code.nullable(),
                sample::sampled_at,
            ))
            .first(conn)?;
        let (sample_code, blind_code, _, commodity_en, written, analyte_zh, analyte_en, method_code, batch_code, at) =
            names;
        let held = match analysis.batch {
            None => false,
            Some(batch) => match holds.get(&batch) {
                Some(held) => *held,
                None => {
                    let held = batches::held(conn, batch)?;
                    holds.insert(batch, held);
                    held
                }
            },
        };
        found.push(Line {
            sampled_at: instant::read("sample", analysis.sample, &at)?,
            analysis,
            sample_code,
            blind_code,
            commodity: Name { zh: written, en: commodity_en },
            analyte: Name { zh: analyte_zh, en: analyte_en },
            method_code,
            batch_code,
            held,
        });
    }
    Ok((found, all))
}

/// How many analyses stand in each state.
pub fn counts(conn: &mut Conn) -> Result<BTreeMap<State, i64>, StoreError> {
    let mut counts = BTreeMap::new();
    for state in State::ALL {
        let count = analysis::table.filter(analysis::state.eq(state.name())).count().get_result(conn)?;
        counts.insert(*state, count);
    }
    Ok(counts)
}

/// A sample that has analyses in a state, for the lists of reviewers and approvers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub sample_code: String,
    pub blind_code: String,
    pub commodity: String,
    pub town: String,
    pub class: String,
    pub sampled_at: Timestamp,
    pub count: i64,
}

type WaitingRow = (i64, String, String, String, String, String, String, i64);

pub fn waiting(conn: &mut Conn, state: State) -> Result<Vec<Waiting>, StoreError> {
    let rows: Vec<WaitingRow> = analysis::table
        .inner_join(sample::table)
        .filter(analysis::state.eq(state.name()))
        .group_by((
            sample::id,
            sample::code,
            sample::blind_code,
            sample::commodity_written,
            sample::town,
            sample::class,
            sample::sampled_at,
        ))
        .select((
            sample::id,
            sample::code,
            sample::blind_code,
            sample::commodity_written,
            sample::town,
            sample::class,
            sample::sampled_at,
            diesel::dsl::count(analysis::id),
        ))
        .order(sample::id)
        .limit(200)
        .load(conn)?;
    rows.into_iter()
        .map(|(id, sample_code, blind_code, commodity, town, class, at, count)| {
            let sampled_at = instant::read("sample", id, &at)?;
            Ok(Waiting { sample_code, blind_code, commodity, town, class, sampled_at, count })
        })
        .collect()
}

/// The id of the sample with this code or blind code.
pub fn sample_of_code(conn: &mut Conn, code: &str) -> Result<Option<i64>, StoreError> {
    Ok(sample::table
        .filter(sample::code.eq(code).or(sample::blind_code.eq(code)))
        .select(sample::id)
        .first(conn)
        .optional()?)
}

/// The printed names of people by id.
pub fn people(conn: &mut Conn) -> Result<BTreeMap<i64, String>, StoreError> {
    let rows: Vec<(i64, String)> = person::table.select((person::id, person::display_name)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// An analysis a person acts on, in the version they saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub analysis: i64,
    pub version: i64,
}

impl Store {
    /// Takes the same step on every one of these analyses, or on none.
    pub async fn take_steps(
        &self,
        by: Who,
        at: Timestamp,
        seen: Vec<Seen>,
        step: Step,
    ) -> Result<Vec<Status>, StepError> {
        self.writing(by, at, move |tx| {
            seen.iter().map(|one| analyses::take_step(tx, one.analysis, Some(one.version), &step)).collect()
        })
        .await
    }

    pub async fn work(&self, filter: Filter, page: i64) -> Result<(Vec<Line>, i64), StoreError> {
        self.reading(move |conn| lines(conn, &filter, page, PAGE)).await
    }
}

/// The commodity of a sample as the sampler wrote it.
pub fn sample_name(conn: &mut Conn, id: i64) -> Result<String, StoreError> {
    Ok(sample::table.find(id).select(sample::commodity_written).first(conn)?)
}

/// What a result sheet says of its sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetSample {
    pub code: String,
    pub commodity: String,
    pub class: String,
    pub stage: String,
    pub town: String,
    pub place: Option<String>,
    pub producer: Option<String>,
    pub state: String,
    pub sampled_at: Timestamp,
    pub form: crate::lab::sampling::form::SamplingForm,
}

type SheetRow = (String, String, String, String, String, Option<String>, Option<String>, String, String, String);

pub fn sheet_sample(conn: &mut Conn, id: i64) -> Result<SheetSample, StoreError> {
    let row: SheetRow = sample::table
        .left_join(place::table)
        .left_join(producer::table)
        .filter(sample::id.eq(id))
        .select((
            sample::code,
            sample::commodity_written,
            sample::class,
            sample::stage,
            sample::town,
            place::name.nullable(),
            producer::name.nullable(),
            sample::state,
            sample::sampled_at,
            sample::form,
        ))
        .first(conn)?;
    let (code, commodity, class, stage, town, place, producer, state, at, form) = row;
    Ok(SheetSample {
        sampled_at: instant::read("sample", id, &at)?,
        form: serde_json::from_str(&form).map_err(|error| StoreError::corrupt("sample", id, error))?,
        code,
        commodity,
        class,
        stage,
        town,
        place,
        producer,
        state,
    })
}

/// When the last of these analyses was approved.
pub fn approved_at(conn: &mut Conn, ids: &[i64]) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<(i64, String)> = analysis_event::table
        .filter(analysis_event::analysis_id.eq_any(ids))
        .filter(analysis_event::to_state.eq(State::Approved.name()))
        .order(analysis_event::id.desc())
        .select((analysis_event::id, analysis_event::at))
        .first(conn)
        .optional()?;
    row.map(|(id, at)| instant::read("analysis_event", id, &at)).transpose()
}
