//! Analyses: ordered on a sample, moved by the steps of their machine, every step kept.

use diesel::prelude::*;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::ledger::Tx;
use super::schema::{analysis, analysis_event, analyte, commodity, method, method_analyte, sample};
use super::{batches, instant, regulation};
use crate::lab::analysis::order::Snapshot;
use crate::lab::analysis::status::{self, Standing, Status, Step};
use crate::lab::people::{PersonId, Who};
use crate::lab::regulation::ban;
use crate::lab::regulation::limit::{self, Sampled};
use crate::lab::regulation::screening::Threshold;
use crate::lab::sampling::sample as samples;
use crate::lab::zone;

/// Why a step on an analysis did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Refused(#[from] status::Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for StepError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Why an order was not taken.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error(transparent)]
    Sample(#[from] samples::Refusal),
    #[error("the method names no analyte")]
    NoAnalyte,
    #[error("every analyte of the method is ordered on this sample already")]
    Already,
    #[error("the method is not in force on the day of sampling")]
    NotInForce,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for OrderError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// An analysis with what its pages and its verdict need.
#[derive(Debug, Clone)]
pub struct Analysis {
    pub id: i64,
    pub sample: i64,
    pub method: i64,
    pub analyte: i64,
    pub batch: Option<i64>,
    pub unit: String,
    pub lod: Option<Decimal>,
    pub loq: Option<Decimal>,
    /// Decimals the method reports.
    pub decimals: u32,
    pub snapshot: Snapshot,
    pub status: Status,
    pub version: i64,
    pub ordered_at: Timestamp,
}

#[derive(Queryable)]
struct Row {
    id: i64,
    sample_id: i64,
    method_id: i64,
    analyte_id: i64,
    batch_id: Option<i64>,
    unit: String,
    lod: Option<String>,
    loq: Option<String>,
    decimals: i64,
    limit_snapshot: String,
    status: String,
    version: i64,
    ordered_at: String,
}

type Columns = (
    analysis::id,
    analysis::sample_id,
    analysis::method_id,
    analysis::analyte_id,
    analysis::batch_id,
    analysis::unit,
    analysis::lod,
    analysis::loq,
    analysis::decimals,
    analysis::limit_snapshot,
    analysis::status,
    analysis::version,
    analysis::ordered_at,
);

const COLUMNS: Columns = (
    analysis::id,
    analysis::sample_id,
    analysis::method_id,
    analysis::analyte_id,
    analysis::batch_id,
    analysis::unit,
    analysis::lod,
    analysis::loq,
    analysis::decimals,
    analysis::limit_snapshot,
    analysis::status,
    analysis::version,
    analysis::ordered_at,
);

impl TryFrom<Row> for Analysis {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |what: &dyn std::fmt::Display| StoreError::corrupt("analysis", row.id, what);
        let decimal = |text: &Option<String>| {
            text.as_deref().map(str::parse::<Decimal>).transpose().map_err(|error| corrupt(&error))
        };
        Ok(Self {
            id: row.id,
            sample: row.sample_id,
            method: row.method_id,
            analyte: row.analyte_id,
            batch: row.batch_id,
            lod: decimal(&row.lod)?,
            loq: decimal(&row.loq)?,
            decimals: u32::try_from(row.decimals).map_err(|error| corrupt(&error))?,
            snapshot: serde_json::from_str(&row.limit_snapshot).map_err(|error| corrupt(&error))?,
            status: serde_json::from_str(&row.status).map_err(|error| corrupt(&error))?,
            version: row.version,
            ordered_at: instant::read("analysis", row.id, &row.ordered_at)?,
            unit: row.unit,
        })
    }
}

pub fn find(conn: &mut Conn, id: i64) -> Result<Option<Analysis>, StoreError> {
    let row: Option<Row> = analysis::table.find(id).select(COLUMNS).first(conn).optional()?;
    row.map(Analysis::try_from).transpose()
}

pub(in crate::store) fn with_ids(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Analysis>, StoreError> {
    let rows: Vec<Row> =
        analysis::table.filter(analysis::id.eq_any(ids)).order(analysis::id).select(COLUMNS).load(conn)?;
    rows.into_iter().map(Analysis::try_from).collect()
}

/// The analyses of one sample, in the order they were ordered.
pub fn of_sample(conn: &mut Conn, sample_id: i64) -> Result<Vec<Analysis>, StoreError> {
    let rows: Vec<Row> =
        analysis::table.filter(analysis::sample_id.eq(sample_id)).order(analysis::id).select(COLUMNS).load(conn)?;
    rows.into_iter().map(Analysis::try_from).collect()
}

#[derive(Queryable)]
struct Item {
    analyte_id: i64,
    analyte: String,
    unit: String,
    lod: Option<String>,
    loq: Option<String>,
    decimals: i64,
    threshold: Option<String>,
}

#[derive(Queryable)]
struct Ordered {
    state: String,
    version: i64,
    commodity: String,
    written: String,
    sampled_at: String,
}

#[derive(Queryable)]
struct MethodRow {
    code: String,
    kind: String,
    instrument_id: Option<i64>,
    effective_from: String,
    effective_to: Option<String>,
}

/// A method by which one only screens.
pub const SCREENING: &str = "screening";

/// Orders every analyte of the method that is not ordered on the sample yet, with the limits as they stand on the day
/// of sampling. Answers the new analyses.
pub(crate) fn order(tx: &mut Tx<'_>, sample_id: i64, method_id: i64) -> Result<Vec<i64>, OrderError> {
    let by = person(tx)?;
    let found: Ordered = sample::table
        .inner_join(commodity::table)
        .filter(sample::id.eq(sample_id))
        .select((sample::state, sample::version, commodity::code, sample::commodity_written, sample::sampled_at))
        .first(tx.conn)?;
    let state: samples::State = found.state.parse().map_err(|error| StoreError::corrupt("sample", sample_id, error))?;
    let next = state.apply(samples::Step::Order)?;
    let day = zone::day(instant::read("sample", sample_id, &found.sampled_at)?);
    let method: MethodRow = method::table
        .find(method_id)
        .select((method::code, method::kind, method::instrument_id, method::effective_from, method::effective_to))
        .first(tx.conn)?;
    if *method.effective_from > *day.to_string() || method.effective_to.is_some_and(|to| *to < *day.to_string()) {
        return Err(OrderError::NotInForce);
    }
    let items: Vec<Item> = method_analyte::table
        .inner_join(analyte::table)
        .filter(method_analyte::method_id.eq(method_id))
        .filter(method_analyte::retired_at.is_null())
        .order(method_analyte::id)
        .select((
            analyte::id,
            analyte::code,
            method_analyte::unit,
            method_analyte::lod,
            method_analyte::loq,
            method_analyte::decimals,
            method_analyte::threshold,
        ))
        .load(tx.conn)?;
    if items.is_empty() {
        return Err(OrderError::NoAnalyte);
    }
    let present: Vec<i64> = analysis::table
        .filter(analysis::sample_id.eq(sample_id))
        .filter(analysis::method_id.eq(method_id))
        .select(analysis::analyte_id)
        .load(tx.conn)?;
    let tree = regulation::tree(tx.conn)?;
    let sampled = Sampled { written: &found.written, code: &found.commodity };
    let batch = batches::open_for(tx, method_id, method.instrument_id, &today(tx.at))?;
    let mut ids = Vec::new();
    for item in items.into_iter().filter(|item| !present.contains(&item.analyte_id)) {
        let limits = regulation::limits_of(tx.conn, item.analyte_id)?;
        let bans = regulation::bans_of(tx.conn, item.analyte_id)?;
        let limit = limit::find(&limits, &tree, &item.analyte, sampled, day);
        let threshold = match (&*method.kind, &item.threshold) {
            (SCREENING, Some(percent)) => Some(Threshold {
                percent: percent.parse().map_err(|error| StoreError::corrupt("method_analyte", method_id, error))?,
                standard: method.code.clone(),
            }),
            _ => None,
        };
        let snapshot = Snapshot {
            limit_clear: limit.is_ok(),
            limit: limit.ok().flatten(),
            ban: ban::find(&bans, &tree, &item.analyte, sampled, day),
            threshold,
        };
        let status = Status::new();
        let id: i64 = diesel::insert_into(analysis::table)
            .values((
                analysis::sample_id.eq(sample_id),
                analysis::method_id.eq(method_id),
                analysis::analyte_id.eq(item.analyte_id),
                analysis::batch_id.eq(batch),
                analysis::unit.eq(&item.unit),
                analysis::lod.eq(&item.lod),
                analysis::loq.eq(&item.loq),
                analysis::decimals.eq(item.decimals),
                analysis::threshold.eq(&item.threshold),
                analysis::limit_snapshot.eq(json("analysis", 0, &snapshot)?),
                analysis::state.eq(status.state().name()),
                analysis::status.eq(json("analysis", 0, &status)?),
                analysis::version.eq(1),
                analysis::ordered_at.eq(instant::written(tx.at)),
                analysis::ordered_by.eq(by),
            ))
            .returning(analysis::id)
            .get_result(tx.conn)?;
        tx.record("analysis.ordered", "analysis", id, None)?;
        ids.push(id);
    }
    if ids.is_empty() {
        return Err(OrderError::Already);
    }
    move_sample(tx, sample_id, next, found.version, "sample.testing")?;
    Ok(ids)
}

/// Takes one step on an analysis and keeps it: the row, its history, the leaf; a sample whose last analysis is settled
/// is completed with it. `version`: what the person saw; `None` for a reading that came by itself.
pub(crate) fn take_step(tx: &mut Tx<'_>, id: i64, version: Option<i64>, step: &Step) -> Result<Status, StepError> {
    let stale = StoreError::Stale { table: "analysis", id };
    let Some(found) = find(tx.conn, id)? else { return Err(stale.into()) };
    if version.is_some_and(|version| version != found.version) {
        return Err(stale.into());
    }
    let by = match tx.by {
        Who::Person(actor) => Some(actor.id),
        Who::Line(_) | Who::Program => None,
    };
    let batch_held = match found.batch {
        Some(batch) => batches::held(tx.conn, batch)?,
        None => false,
    };
    let (next, taken) = found.status.apply(step, Standing { by, batch_held })?;
    let changed = diesel::update(analysis::table.find(id).filter(analysis::version.eq(found.version)))
        .set((
            analysis::state.eq(next.state().name()),
            analysis::status.eq(json("analysis", id, &next)?),
            analysis::value.eq(next.entry().map(|entry| entry.value.as_str())),
            analysis::version.eq(found.version + 1),
        ))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(stale.into());
    }
    let event: i64 = diesel::insert_into(analysis_event::table)
        .values((
            analysis_event::analysis_id.eq(id),
            analysis_event::n.eq(found.version),
            analysis_event::step.eq(taken.step.name()),
            analysis_event::from_state.eq(taken.from.name()),
            analysis_event::to_state.eq(taken.to.name()),
            analysis_event::value.eq(taken.value.as_deref()),
            analysis_event::reason.eq(taken.reason.as_deref()),
            analysis_event::by_id.eq(by.map(|id| id.0)),
            analysis_event::at.eq(instant::written(tx.at)),
        ))
        .returning(analysis_event::id)
        .get_result(tx.conn)?;
    let reason = taken.reason.as_deref();
    tx.record(leaf_of(taken.step), "analysis", id, reason)?;
    tx.record("analysis.step", "analysis_event", event, reason)?;
    settle_sample(tx, found.sample)?;
    Ok(next)
}

/// The event names of the record (security design 3.8).
fn leaf_of(step: status::StepName) -> &'static str {
    use status::StepName;
    match step {
        StepName::Capture => "result.captured",
        StepName::Enter => "result.entered_manually",
        StepName::Confirm => "result.confirmed",
        StepName::Submit => "result.submitted",
        StepName::Review => "result.reviewed",
        StepName::Approve => "result.approved",
        StepName::Return => "result.returned",
        StepName::Retest => "result.rejected",
        StepName::Cancel => "analysis.cancelled",
    }
}

/// A sample is completed when every analysis is approved or cancelled, and open again when one is not.
fn settle_sample(tx: &mut Tx<'_>, sample_id: i64) -> Result<(), StoreError> {
    let (state, version): (String, i64) =
        sample::table.find(sample_id).select((sample::state, sample::version)).first(tx.conn)?;
    let state: samples::State = state.parse().map_err(|error| StoreError::corrupt("sample", sample_id, error))?;
    let states: Vec<String> =
        analysis::table.filter(analysis::sample_id.eq(sample_id)).select(analysis::state).load(tx.conn)?;
    let approved = states.iter().any(|state| state == status::State::Approved.name());
    let open =
        states.iter().any(|state| state != status::State::Approved.name() && state != status::State::Cancelled.name());
    let step = match (approved, open) {
        (true, false) => samples::Step::Complete,
        (_, true) => samples::Step::Reopen,
        (false, false) => return Ok(()),
    };
    match state.apply(step) {
        Ok(next) => move_sample(tx, sample_id, next, version, "sample.settled"),
        Err(_) => Ok(()),
    }
}

pub(crate) fn move_sample(
    tx: &mut Tx<'_>,
    id: i64,
    next: samples::State,
    version: i64,
    event: &'static str,
) -> Result<(), StoreError> {
    let changed = diesel::update(sample::table.find(id).filter(sample::version.eq(version)))
        .set((sample::state.eq(next.name()), sample::version.eq(version + 1)))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(StoreError::Stale { table: "sample", id });
    }
    tx.record(event, "sample", id, None)?;
    Ok(())
}

fn person(tx: &Tx<'_>) -> Result<i64, StoreError> {
    match tx.by {
        Who::Person(actor) => Ok(actor.id.0),
        Who::Line(_) | Who::Program => Err(StoreError::corrupt("analysis", 0, "an order needs a person")),
    }
}

fn today(at: Timestamp) -> String {
    zone::day(at).strftime("%Y%m%d").to_string()
}

fn json<T: serde::Serialize>(table: &'static str, id: i64, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::corrupt(table, id, error))
}

/// One step of an analysis' history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    pub step: status::StepName,
    pub from: status::State,
    pub to: status::State,
    pub value: Option<String>,
    pub reason: Option<String>,
    pub by: Option<PersonId>,
    pub at: Timestamp,
}

type EventRow = (i64, String, String, String, Option<String>, Option<String>, Option<i64>, String);

pub fn history(conn: &mut Conn, id: i64) -> Result<Vec<Happened>, StoreError> {
    let rows: Vec<EventRow> = analysis_event::table
        .filter(analysis_event::analysis_id.eq(id))
        .order(analysis_event::n)
        .select((
            analysis_event::id,
            analysis_event::step,
            analysis_event::from_state,
            analysis_event::to_state,
            analysis_event::value,
            analysis_event::reason,
            analysis_event::by_id,
            analysis_event::at,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(row, step, from, to, value, reason, by, at)| {
            let corrupt = |error: crate::lab::words::Unknown| StoreError::corrupt("analysis_event", row, error);
            Ok(Happened {
                step: step.parse().map_err(corrupt)?,
                from: from.parse().map_err(corrupt)?,
                to: to.parse().map_err(corrupt)?,
                at: instant::read("analysis_event", row, &at)?,
                by: by.map(PersonId),
                value,
                reason,
            })
        })
        .collect()
}

impl Store {
    /// Orders every analyte of these methods that is not ordered on the sample yet.
    pub async fn order(
        &self,
        by: Who,
        at: Timestamp,
        sample_id: i64,
        methods: Vec<i64>,
    ) -> Result<Vec<i64>, OrderError> {
        self.writing(by, at, move |tx| {
            let mut ids = Vec::new();
            for method in methods {
                ids.extend(order(tx, sample_id, method)?);
            }
            Ok(ids)
        })
        .await
    }
}
