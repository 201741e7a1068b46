//! The commodity tree, limits and bans, as the rules of regulation read them.

use diesel::prelude::*;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::conn::Conn;
use super::error::StoreError;
use super::schema::{analyte, commodity, limit_value};
use crate::lab::regulation::ban::Ban;
use crate::lab::regulation::commodity::{Commodity, Tree};
use crate::lab::regulation::limit::{Limit, Requirement};

#[derive(Queryable)]
struct CommodityRow {
    id: i64,
    code: String,
    name: String,
    parent_id: Option<i64>,
    synonyms: String,
}

/// Every commodity and group, as a tree.
pub(in crate::store) fn tree(conn: &mut Conn) -> Result<Tree, StoreError> {
    let rows: Vec<CommodityRow> = commodity::table
        .select((commodity::id, commodity::code, commodity::name, commodity::parent_id, commodity::synonyms))
        .order(commodity::id)
        .load(conn)?;
    let code_of = |id: i64| rows.iter().find(|row| row.id == id).map(|row| row.code.clone());
    let commodities = rows.iter().map(|row| Commodity {
        code: row.code.clone(),
        name: row.name.clone(),
        parent: row.parent_id.and_then(code_of),
        aliases: split(&row.synonyms),
    });
    Tree::new(commodities).map_err(|fault| StoreError::corrupt("commodity", 0, fault))
}

#[derive(Queryable)]
struct LimitRow {
    id: i64,
    analyte: String,
    commodity: String,
    written: String,
    requirement: String,
    value: Option<String>,
    unit: String,
    basis: String,
    kind: String,
    excludes: String,
    standard: String,
    clause: String,
    from: String,
    to: Option<String>,
    temporary_since: Option<String>,
}

impl TryFrom<LimitRow> for Limit {
    type Error = StoreError;

    fn try_from(row: LimitRow) -> Result<Self, StoreError> {
        let corrupt = |what: &dyn std::fmt::Display| StoreError::corrupt("limit_value", row.id, what);
        let requirement = match (row.requirement.as_str(), &row.value) {
            (MAX, Some(value)) => Requirement::AtMost(value.parse::<Decimal>().map_err(|error| corrupt(&error))?),
            (NOT_DETECTED, None) => Requirement::NotDetectable,
            (found, _) => return Err(corrupt(&format!("requirement '{found}' does not fit its value"))),
        };
        let date = |text: &str| text.parse::<Date>().map_err(|error| corrupt(&error));
        Ok(Self {
            kind: row.kind.parse().map_err(|error| corrupt(&error))?,
            from: date(&row.from)?,
            to: row.to.as_deref().map(date).transpose()?,
            excludes: split(&row.excludes),
            provisional: row.temporary_since.is_some(),
            requirement,
            analyte: row.analyte,
            commodity: row.commodity,
            written: row.written,
            unit: row.unit,
            basis: row.basis,
            standard: row.standard,
            clause: row.clause,
        })
    }
}

/// A limit is a number not to be exceeded.
pub(in crate::store) const MAX: &str = "max";
/// 不得检出
pub(in crate::store) const NOT_DETECTED: &str = "not-detected";

/// The limits of one analyte, of every edition.
pub(in crate::store) fn limits_of(conn: &mut Conn, analyte_id: i64) -> Result<Vec<Limit>, StoreError> {
    let rows: Vec<LimitRow> = limit_value::table
        .inner_join(analyte::table)
        .inner_join(commodity::table)
        .filter(limit_value::analyte_id.eq(analyte_id))
        .select((
            limit_value::id,
            analyte::code,
            commodity::code,
            limit_value::written,
            limit_value::requirement,
            limit_value::value,
            limit_value::unit,
            limit_value::basis,
            limit_value::kind,
            limit_value::excludes,
            limit_value::standard,
            limit_value::clause,
            limit_value::effective_from,
            limit_value::effective_to,
            limit_value::temporary_since,
        ))
        .load(conn)?;
    rows.into_iter().map(Limit::try_from).collect()
}

type BanRow = (String, Option<String>, Option<String>, Option<String>);

/// The ban of one analyte, if there is one.
pub(in crate::store) fn bans_of(conn: &mut Conn, analyte_id: i64) -> Result<Vec<Ban>, StoreError> {
    let row: Option<BanRow> = analyte::table
        .find(analyte_id)
        .select((analyte::code, analyte::banned_from, analyte::banned_scope, analyte::banned_basis))
        .first(conn)
        .optional()?;
    let Some((code, Some(from), scope, basis)) = row else { return Ok(Vec::new()) };
    let from = from.parse().map_err(|error| StoreError::corrupt("analyte", analyte_id, error))?;
    let commodities = split(scope.as_deref().unwrap_or_default());
    Ok(vec![Ban { analyte: code, basis: basis.unwrap_or_default(), commodities, from, to: None }])
}

/// Lists inside a cell are parted by `|`.
fn split(cell: &str) -> Vec<String> {
    cell.split('|').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
