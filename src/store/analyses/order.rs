//! Ordering analyses: every analyte of a method, with the limits as they stand on the day of sampling.

use std::collections::BTreeSet;

use diesel::prelude::*;
use jiff::Timestamp;

use super::json;
use super::steps::{StepError, move_sample, take_step};
use crate::lab::analysis::order::Snapshot;
use crate::lab::analysis::status::{self, Status, Step};
use crate::lab::catalogue::MethodKind;
use crate::lab::people::Who;
use crate::lab::regulation::ban;
use crate::lab::regulation::limit::{self, Sampled};
use crate::lab::regulation::screening::Threshold;
use crate::lab::sampling::sample as samples;
use crate::lab::zone;
use crate::store::conn::{Conn, Store};
use crate::store::error::StoreError;
use crate::store::ledger::Tx;
use crate::store::schema::{analysis, analysis_event, analyte, commodity, method, method_analyte, sample};
use crate::store::{batches, dispatches, instant, regulation};

/// Why an order was not taken.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error(transparent)]
    Sample(#[from] samples::Refusal),
    #[error("there is no such method")]
    NoMethod,
    #[error("the method names no analyte")]
    NoAnalyte,
    #[error("a screening method needs a threshold for each analyte")]
    NoThreshold,
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
        .first(tx.conn)
        .optional()?
        .ok_or(OrderError::NoMethod)?;
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
        .filter(analysis::state.ne(status::State::Cancelled.name()))
        .select(analysis::analyte_id)
        .load(tx.conn)?;
    let tree = regulation::tree(tx.conn)?;
    let sampled = Sampled { written: &found.written, code: &found.commodity };
    let batch = batches::open_for(tx, method_id, method.instrument_id, &today(tx.at))?;
    let kind: MethodKind = method.kind.parse().map_err(|error| StoreError::corrupt("method", method_id, error))?;
    let mut ids = Vec::new();
    for item in items.into_iter().filter(|item| !present.contains(&item.analyte_id)) {
        let limits = regulation::limits_of(tx.conn, item.analyte_id)?;
        let bans = regulation::bans_of(tx.conn, item.analyte_id)?;
        let limit = limit::find(&limits, &tree, &item.analyte, sampled, day);
        let threshold = match (kind, &item.threshold) {
            (MethodKind::Screening, Some(percent)) => Some(Threshold {
                percent: percent.parse().map_err(|error| StoreError::corrupt("method_analyte", method_id, error))?,
                standard: method.code.clone(),
            }),
            // Judged by the limits of the law, a rapid test would say more than it can.
            (MethodKind::Screening, None) => return Err(OrderError::NoThreshold),
            _ => None,
        };
        let snapshot = Snapshot {
            limit_clear: limit.is_ok(),
            limit: limit.ok().flatten(),
            ban: ban::find(&bans, &tree, &item.analyte, sampled, day),
            threshold,
        };
        let status = Status::again(earlier_hands(tx.conn, sample_id, method_id, item.analyte_id)?);
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
    dispatches::ordered(tx, method.instrument_id, sample_id, &ids)?;
    Ok(ids)
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

/// Whoever took a step on an order of the same analysis that was cancelled.
fn earlier_hands(conn: &mut Conn, sample: i64, method: i64, analyte: i64) -> Result<BTreeSet<i64>, StoreError> {
    let hands: Vec<Option<i64>> = analysis_event::table
        .inner_join(analysis::table)
        .filter(analysis::sample_id.eq(sample))
        .filter(analysis::method_id.eq(method))
        .filter(analysis::analyte_id.eq(analyte))
        .filter(analysis_event::value.is_not_null())
        .select(analysis_event::by_id)
        .distinct()
        .load(conn)?;
    Ok(hands.into_iter().flatten().collect())
}

/// Takes back what `by` ordered on a sample at one instant, as far as nothing has been measured yet. Answers how many.
pub(crate) fn take_back(tx: &mut Tx<'_>, sample_id: i64, at: Timestamp, reason: &str) -> Result<usize, StepError> {
    let by = person(tx)?;
    let ids: Vec<i64> = analysis::table
        .filter(analysis::sample_id.eq(sample_id))
        .filter(analysis::ordered_at.eq(instant::written(at)))
        .filter(analysis::ordered_by.eq(by))
        .filter(analysis::state.eq(status::State::Ordered.name()))
        .order(analysis::id)
        .select(analysis::id)
        .load(tx.conn)?;
    for id in &ids {
        take_step(tx, *id, None, &Step::Cancel { reason: reason.to_owned() })?;
    }
    Ok(ids.len())
}

impl Store {
    /// Takes back what was ordered on a sample at one instant; `reason` as the record shall say it.
    pub async fn take_back_order(
        &self,
        by: Who,
        now: Timestamp,
        sample_id: i64,
        ordered_at: Timestamp,
        reason: String,
    ) -> Result<usize, StepError> {
        self.writing(by, now, move |tx| take_back(tx, sample_id, ordered_at, &reason)).await
    }

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
