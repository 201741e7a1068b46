//! Control materials and their results as pages show them.

use diesel::prelude::*;
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::lab::qc::westgard::{Outcome, Rule};
use crate::store::conn::Conn;
use crate::store::error::StoreError;
use crate::store::instant;
use crate::store::schema::{analyte, batch, control_material, control_result, method};
use crate::store::work::Name;

/// A control material with its newest result.
#[derive(Debug, Clone)]
pub struct Material {
    pub id: i64,
    pub code: String,
    pub name: String,
    pub lot: String,
    pub method: String,
    pub analyte: Name,
    pub unit: String,
    pub mean: String,
    pub s: String,
    pub last: Option<Kept>,
    /// Rejected results that nobody has resolved.
    pub unresolved: i64,
}

/// A control result as it was kept.
#[derive(Debug, Clone)]
pub struct Kept {
    pub id: i64,
    pub material: i64,
    pub batch: Option<i64>,
    pub batch_code: Option<String>,
    pub reading: Option<i64>,
    pub value: Decimal,
    pub at: Timestamp,
    pub outcome: Outcome,
    pub rules: Vec<Rule>,
    pub version: i64,
    pub resolved_at: Option<Timestamp>,
    pub resolved_by: Option<i64>,
    pub resolution: Option<String>,
}

type KeptRow = (
    (i64, i64, Option<i64>, Option<String>, Option<i64>, String, String),
    (String, String, i64, Option<String>, Option<i64>, Option<String>),
);

fn kept(row: KeptRow) -> Result<Kept, StoreError> {
    let ((id, material, batch, batch_code, reading, value, at), more) = row;
    let (outcome, rules, version, resolved_at, resolved_by, resolution) = more;
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("control_result", id, error);
    let rules = rules.split_whitespace().map(str::parse).collect::<Result<_, _>>().map_err(|error| corrupt(&error))?;
    Ok(Kept {
        value: value.parse().map_err(|error| corrupt(&error))?,
        at: instant::read("control_result", id, &at)?,
        outcome: outcome.parse().map_err(|error| corrupt(&error))?,
        resolved_at: resolved_at.as_deref().map(|at| instant::read("control_result", id, at)).transpose()?,
        id,
        material,
        batch,
        batch_code,
        reading,
        rules,
        version,
        resolved_by,
        resolution,
    })
}

/// Which results.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which {
    pub id: Option<i64>,
    pub material: Option<i64>,
    pub batch: Option<i64>,
    pub since: Option<Timestamp>,
    /// Rejected, and nobody has resolved them.
    pub waiting: bool,
}

/// Results from oldest to newest.
pub(crate) fn results(conn: &mut Conn, which: Which) -> Result<Vec<Kept>, StoreError> {
    select(conn, which, None)
}

/// The results of some batches, from oldest to newest.
pub(in crate::store) fn in_batches(conn: &mut Conn, batches: &[i64]) -> Result<Vec<Kept>, StoreError> {
    select(conn, Which::default(), Some(batches))
}

fn select(conn: &mut Conn, which: Which, batches: Option<&[i64]>) -> Result<Vec<Kept>, StoreError> {
    let mut query = control_result::table.left_join(batch::table).into_boxed();
    if let Some(batches) = batches {
        query = query.filter(control_result::batch_id.eq_any(batches.to_vec()));
    }
    if let Some(id) = which.id {
        query = query.filter(control_result::id.eq(id));
    }
    if let Some(material) = which.material {
        query = query.filter(control_result::material_id.eq(material));
    }
    if let Some(batch) = which.batch {
        query = query.filter(control_result::batch_id.eq(batch));
    }
    if let Some(since) = which.since {
        query = query.filter(control_result::at.ge(instant::written(since)));
    }
    if which.waiting {
        query = query
            .filter(control_result::outcome.eq(Outcome::Rejected.name()))
            .filter(control_result::resolved_at.is_null());
    }
    let rows: Vec<KeptRow> = query
        .order(control_result::id)
        .select((
            (
                control_result::id,
                control_result::material_id,
                control_result::batch_id,
                batch::code.nullable(),
                control_result::reading_id,
                control_result::value,
                control_result::at,
            ),
            (
                control_result::outcome,
                control_result::rules,
                control_result::version,
                control_result::resolved_at,
                control_result::resolved_by,
                control_result::resolution,
            ),
        ))
        .load(conn)?;
    rows.into_iter().map(kept).collect()
}

type MaterialRow = (i64, String, String, String, String, String, String, String, String, String);

/// The materials in use, or one of them, with their newest results.
pub(crate) fn materials(conn: &mut Conn, id: Option<i64>) -> Result<Vec<Material>, StoreError> {
    let mut ids = control_material::table
        .filter(control_material::retired_at.is_null())
        .order(control_material::id)
        .select(control_material::id)
        .into_boxed();
    if let Some(id) = id {
        // The chart of a lot that is used up is still looked at.
        ids = control_material::table.filter(control_material::id.eq(id)).select(control_material::id).into_boxed();
    }
    let ids: Vec<i64> = ids.load(conn)?;
    with_ids(conn, &ids)
}

/// These materials, used up or not.
pub(crate) fn with_ids(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Material>, StoreError> {
    let query = control_material::table
        .inner_join(method::table)
        .inner_join(analyte::table)
        .filter(control_material::id.eq_any(ids));
    let rows: Vec<MaterialRow> = query
        .order(control_material::id)
        .select((
            control_material::id,
            control_material::code,
            control_material::name,
            control_material::lot,
            method::code,
            analyte::name,
            analyte::name_en,
            control_material::unit,
            control_material::mean,
            control_material::s,
        ))
        .load(conn)?;
    let mut found = Vec::new();
    for (id, code, name, lot, method, zh, en, unit, mean, s) in rows {
        let newest: Option<i64> = control_result::table
            .filter(control_result::material_id.eq(id))
            .order(control_result::id.desc())
            .select(control_result::id)
            .first(conn)
            .optional()?;
        let last = match newest {
            Some(newest) => results(conn, Which { id: Some(newest), ..Which::default() })?.pop(),
            None => None,
        };
        let waiting = Which { material: Some(id), waiting: true, ..Which::default() };
        let unresolved = results(conn, waiting)?.len() as i64;
        let analyte = Name { zh, en };
        found.push(Material { id, code, name, lot, method, analyte, unit, mean, s, last, unresolved });
    }
    Ok(found)
}
