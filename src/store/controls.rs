//! Control results: each judged by the Westgard rules as on its own day, and resolved by a person when rejected.

use diesel::prelude::*;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::batches;
use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::{analyte, batch, control_material, control_result, method};
use crate::lab::people::Who;
use crate::lab::qc::chart::{self, Measured, Plotted};
use crate::lab::qc::material::Target;
use crate::lab::qc::westgard::{Outcome, Rule, Rules};
use crate::lab::zone;

/// The rules look back ten results; a little more, so that a chart's left edge judges like its middle.
const LOOK_BACK: i64 = 30;

/// A control result before it is judged.
#[derive(Debug, Clone, Copy)]
pub struct NewResult {
    pub material: i64,
    pub batch: Option<i64>,
    pub reading: Option<i64>,
    pub value: Decimal,
    /// When it was measured.
    pub at: Timestamp,
}

/// Keeps a control result with what the rules say of it; answers its id.
pub(crate) fn add(tx: &mut Tx<'_>, new: NewResult) -> Result<i64, StoreError> {
    let NewResult { material, batch, reading, value, at } = new;
    let mut series = earlier(tx.conn, material, LOOK_BACK)?;
    series.push(Measured { result: value, batch });
    let target = target(tx.conn, material)?;
    let judged: Plotted = chart::plot(&target, &Rules::default(), &series)
        .and_then(|plotted| plotted.into_iter().next_back())
        .ok_or_else(|| StoreError::corrupt("control_material", material, "a result too large to judge"))?;
    let rules: Vec<&str> = judged.rules.iter().map(|rule| rule.name()).collect();
    let by = match tx.by {
        Who::Person(actor) => Some(actor.id.0),
        Who::Line(_) | Who::Program => None,
    };
    let id = diesel::insert_into(control_result::table)
        .values((
            control_result::material_id.eq(material),
            control_result::batch_id.eq(batch),
            control_result::reading_id.eq(reading),
            control_result::value.eq(value.to_string()),
            control_result::at.eq(instant::written(at)),
            control_result::by_id.eq(by),
            control_result::outcome.eq(judged.outcome.name()),
            control_result::rules.eq(rules.join(" ")),
            control_result::version.eq(1),
        ))
        .returning(control_result::id)
        .get_result(tx.conn)?;
    tx.record("control.measured", "control_result", id, None)?;
    Ok(id)
}

/// The last results of a material, oldest first.
pub(in crate::store) fn earlier(conn: &mut Conn, material: i64, count: i64) -> Result<Vec<Measured>, StoreError> {
    let rows: Vec<(i64, String, Option<i64>)> = control_result::table
        .filter(control_result::material_id.eq(material))
        .order(control_result::id.desc())
        .limit(count)
        .select((control_result::id, control_result::value, control_result::batch_id))
        .load(conn)?;
    rows.into_iter()
        .rev()
        .map(|(id, value, batch)| {
            let result = value.parse().map_err(|error| StoreError::corrupt("control_result", id, error))?;
            Ok(Measured { result, batch })
        })
        .collect()
}

/// The mean and standard deviation assigned to a material.
pub(in crate::store) fn target(conn: &mut Conn, material: i64) -> Result<Target, StoreError> {
    let (mean, s): (String, String) =
        control_material::table.find(material).select((control_material::mean, control_material::s)).first(conn)?;
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("control_material", material, error);
    let number = |text: &str| text.parse::<Decimal>().map_err(|error| corrupt(&error));
    Target::assigned(number(&mean)?, number(&s)?).map_err(|fault| corrupt(&fault))
}

/// The material with this code for this analyte.
pub(crate) fn material_of(conn: &mut Conn, code: &str, analyte: i64) -> Result<i64, StoreError> {
    Ok(control_material::table
        .filter(control_material::code.eq(code))
        .filter(control_material::analyte_id.eq(analyte))
        .select(control_material::id)
        .first(conn)?)
}

/// A person has looked into a rejected result: the reason is kept, and the batch is free again.
pub(crate) fn resolve(tx: &mut Tx<'_>, id: i64, version: i64, resolution: &str) -> Result<(), StoreError> {
    let by = match tx.by {
        Who::Person(actor) => actor.id.0,
        Who::Line(_) | Who::Program => {
            return Err(StoreError::corrupt("control_result", id, "a resolution needs a person"));
        }
    };
    let open = control_result::table
        .find(id)
        .filter(control_result::version.eq(version))
        .filter(control_result::resolved_at.is_null());
    let changed = diesel::update(open)
        .set((
            control_result::resolved_at.eq(instant::written(tx.at)),
            control_result::resolved_by.eq(by),
            control_result::resolution.eq(resolution),
            control_result::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(StoreError::Stale { table: "control_result", id });
    }
    tx.record("control.resolved", "control_result", id, Some(resolution))?;
    Ok(())
}

/// A control material with its newest result.
#[derive(Debug, Clone)]
pub struct Material {
    pub id: i64,
    pub code: String,
    pub name: String,
    pub lot: String,
    pub method: String,
    pub analyte: super::work::Name,
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
    let mut query = control_result::table.left_join(batch::table).into_boxed();
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

/// The materials in use, with their newest results.
pub(crate) fn materials(conn: &mut Conn, id: Option<i64>) -> Result<Vec<Material>, StoreError> {
    let mut query = control_material::table
        .inner_join(method::table)
        .inner_join(analyte::table)
        .filter(control_material::retired_at.is_null())
        .into_boxed();
    if let Some(id) = id {
        query = query.filter(control_material::id.eq(id));
    }
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
        let analyte = super::work::Name { zh, en };
        found.push(Material { id, code, name, lot, method, analyte, unit, mean, s, last, unresolved });
    }
    Ok(found)
}

/// The method a material controls.
pub(crate) fn method_of(conn: &mut Conn, material: i64) -> Result<i64, StoreError> {
    Ok(control_material::table.find(material).select(control_material::method_id).first(conn)?)
}

impl Store {
    /// A control result that a person typed, in the open batch of its method.
    pub async fn type_control(&self, by: Who, at: Timestamp, material: i64, value: Decimal) -> Result<i64, StoreError> {
        self.writing(by, at, move |tx| {
            let method = method_of(tx.conn, material)?;
            let day = zone::day(tx.at).strftime("%Y%m%d").to_string();
            let batch = batches::open_for(tx, method, None, &day)?;
            add(tx, NewResult { material, batch: Some(batch), reading: None, value, at })
        })
        .await
    }

    pub async fn resolve_control(
        &self,
        by: Who,
        at: Timestamp,
        id: i64,
        version: i64,
        resolution: String,
    ) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| resolve(tx, id, version, &resolution)).await
    }
}
