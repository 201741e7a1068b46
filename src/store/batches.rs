//! Batches: what was measured together, samples and controls, and whether a rejected control holds it.

use diesel::dsl::count;
use diesel::expression_methods::AggregateExpressionMethods;
use diesel::prelude::*;
use jiff::Timestamp;

use super::conn::{Conn, Store};
use super::controls::{self, Kept};
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::{analysis, batch, control_result, instrument, method};
use super::work::Name;
use crate::lab::analysis::status::State;
use crate::lab::people::Who;
use crate::lab::qc::batch::{self as batch_rules, Hold};

/// Whether a rejected control result of the batch waits for a person.
pub(crate) fn held(conn: &mut Conn, batch_id: i64) -> Result<bool, StoreError> {
    Ok(unresolved(conn, batch_id)? > 0)
}

fn unresolved(conn: &mut Conn, batch_id: i64) -> Result<i64, StoreError> {
    Ok(control_result::table
        .filter(control_result::batch_id.eq(batch_id))
        .filter(control_result::outcome.eq("rejected"))
        .filter(control_result::resolved_at.is_null())
        .count()
        .get_result(conn)?)
}

/// A batch with what was measured in it.
#[derive(Debug, Clone)]
pub struct Batch {
    pub id: i64,
    pub code: String,
    pub method: String,
    pub method_name: Name,
    /// The code of the instrument.
    pub instrument: Option<String>,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub samples: i64,
    pub analyses: i64,
    /// From oldest to newest.
    pub controls: Vec<Kept>,
}

impl Batch {
    pub fn hold(&self) -> Hold {
        batch_rules::hold(self.controls.iter().map(|one| (one.outcome, one.resolved_at.is_some())))
    }
}

/// Which batches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which {
    pub id: Option<i64>,
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
}

/// Batches on one page of a list.
pub const PAGE: i64 = 30;

type Row = (i64, String, String, String, String, Option<String>, String, Option<String>);

/// One page of batches, the newest first, and how many there are in all.
pub(crate) fn list(conn: &mut Conn, which: Which, page: i64) -> Result<(Vec<Batch>, i64), StoreError> {
    macro_rules! chosen {
        ($query:expr) => {{
            let mut query = $query;
            if let Some(id) = which.id {
                query = query.filter(batch::id.eq(id));
            }
            match which.open {
                Some(true) => query = query.filter(batch::closed_at.is_null()),
                Some(false) => query = query.filter(batch::closed_at.is_not_null()),
                None => (),
            }
            query
        }};
    }
    let all: i64 = chosen!(batch::table.into_boxed()).count().get_result(conn)?;
    let rows: Vec<Row> = chosen!(batch::table.inner_join(method::table).left_join(instrument::table).into_boxed())
        .order(batch::id.desc())
        .limit(PAGE)
        .offset((page.max(1) - 1) * PAGE)
        .select((
            batch::id,
            batch::code,
            method::code,
            method::name,
            method::name_en,
            instrument::code.nullable(),
            batch::opened_at,
            batch::closed_at,
        ))
        .load(conn)?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let counted: Vec<(Option<i64>, i64, i64)> = analysis::table
        .filter(analysis::batch_id.eq_any(&ids))
        .filter(analysis::state.ne(State::Cancelled.name()))
        .group_by(analysis::batch_id)
        .select((analysis::batch_id, count(analysis::id), count(analysis::sample_id).aggregate_distinct()))
        .load(conn)?;
    let mut controls = controls::in_batches(conn, &ids)?;
    let mut found = Vec::new();
    for (id, code, method, zh, en, instrument, opened_at, closed_at) in rows {
        let at = |text: &str| instant::read("batch", id, text);
        let (analyses, samples) = counted
            .iter()
            .find(|(batch, ..)| *batch == Some(id))
            .map_or((0, 0), |(_, analyses, samples)| (*analyses, *samples));
        found.push(Batch {
            opened_at: at(&opened_at)?,
            closed_at: closed_at.as_deref().map(at).transpose()?,
            controls: controls.extract_if(.., |one| one.batch == Some(id)).collect(),
            method_name: Name { zh, en },
            id,
            code,
            method,
            instrument,
            samples,
            analyses,
        });
    }
    Ok((found, all))
}

/// Why a batch was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    #[error(transparent)]
    Refused(#[from] batch_rules::Refusal),
    #[error("no such batch")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for CloseError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Closes a batch: nothing that is measured from now on belongs to it.
pub(crate) fn close(tx: &mut Tx<'_>, id: i64) -> Result<(), CloseError> {
    let (found, _) = list(tx.conn, Which { id: Some(id), open: None }, 1)?;
    let found = found.into_iter().next().ok_or(CloseError::Unknown)?;
    batch_rules::close(found.closed_at.is_some(), found.hold())?;
    diesel::update(batch::table.find(id)).set(batch::closed_at.eq(instant::written(tx.at))).execute(tx.conn)?;
    tx.record("batch.closed", "batch", id, None)?;
    Ok(())
}

impl Store {
    pub async fn close_batch(&self, by: Who, at: Timestamp, id: i64) -> Result<(), CloseError> {
        self.writing(by, at, move |tx| close(tx, id)).await
    }
}

/// The open batch of a method, opened today's date in its code when there is none: readings that come by themselves
/// still belong to what was measured together.
pub(crate) fn open_for(
    tx: &mut Tx<'_>,
    method_id: i64,
    instrument_id: Option<i64>,
    day: &str,
) -> Result<i64, StoreError> {
    let open: Option<i64> = batch::table
        .filter(batch::method_id.eq(method_id))
        .filter(batch::closed_at.is_null())
        .filter(batch::code.like(format!("{day}-%")))
        .order(batch::id.desc())
        .select(batch::id)
        .first(tx.conn)
        .optional()?;
    match open {
        Some(id) => Ok(id),
        None => open_new(tx, method_id, instrument_id, day),
    }
}

/// Opens a batch; its code is the day, the instrument and a running number: `20261124-GC2-1`.
pub(crate) fn open_new(
    tx: &mut Tx<'_>,
    method_id: i64,
    instrument_id: Option<i64>,
    day: &str,
) -> Result<i64, StoreError> {
    let own: Option<i64> = method::table.find(method_id).select(method::instrument_id).first(tx.conn)?;
    let instrument_id = instrument_id.or(own);
    let tag: String = match instrument_id {
        Some(id) => instrument::table.find(id).select(instrument::code).first(tx.conn)?,
        None => format!("M{}", method::table.find(method_id).select(method::id).first::<i64>(tx.conn)?),
    };
    let stem = format!("{day}-{tag}-");
    let earlier: i64 = batch::table.filter(batch::code.like(format!("{stem}%"))).count().get_result(tx.conn)?;
    let opened_by = match tx.by {
        Who::Person(actor) => Some(actor.id.0),
        Who::Line(_) | Who::Program => None,
    };
    let id = diesel::insert_into(batch::table)
        .values((
            batch::code.eq(format!("{stem}{}", earlier + 1)),
            batch::method_id.eq(method_id),
            batch::instrument_id.eq(instrument_id),
            batch::opened_at.eq(instant::written(tx.at)),
            batch::opened_by.eq(opened_by),
        ))
        .returning(batch::id)
        .get_result(tx.conn)?;
    tx.record("batch.opened", "batch", id, None)?;
    Ok(id)
}
