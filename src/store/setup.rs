//! What the set-up's pages ask beside the lists: what is not mapped yet, what nobody has checked, how the record stands.

use std::collections::BTreeMap;

use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use jiff::Timestamp;

use super::catalogue::MethodAnalyte;
use super::conn::{Conn, Store};
use super::error::StoreError;
use super::schema::{analyte_map, backup_made, limit_value, method_analyte, reading};
use super::{instant, ledger};
use crate::lab::analysis::mapping;
use crate::lab::analysis::matching::Fate;
use crate::lab::people::Who;

/// A code in held readings that the instrument's map does not know with this unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmapped {
    pub code: String,
    /// As the instrument sent it; empty: it sent none.
    pub unit: String,
    pub count: i64,
    pub last: Timestamp,
}

type Sent = (Option<String>, Option<String>, i64, Option<String>);

fn unmapped(conn: &mut Conn, id: i64) -> Result<Vec<Unmapped>, StoreError> {
    let sent: Vec<Sent> = reading::table
        .filter(reading::instrument_id.eq(id))
        .filter(reading::fate.eq(Fate::Held.name()))
        .filter(reading::analyte_code.is_not_null())
        .group_by((reading::analyte_code, reading::unit))
        .order((reading::analyte_code, reading::unit))
        .select((reading::analyte_code, reading::unit, count_star(), max(reading::received_at)))
        .load(conn)?;
    let map: Vec<(String, String)> = analyte_map::table
        .filter(analyte_map::instrument_id.eq(id))
        .filter(analyte_map::retired_at.is_null())
        .select((analyte_map::code, analyte_map::unit))
        .load(conn)?;
    let known = |code: &str, unit: &str| {
        map.iter().any(|(mapped, of)| mapping::is_called(code, mapped) && of.trim() == unit.trim())
    };
    let mut found = Vec::new();
    for (code, unit, count, last) in sent {
        let (code, unit) = (code.unwrap_or_default(), unit.unwrap_or_default());
        if !code.trim().is_empty() && !known(&code, &unit) {
            let last = instant::read("reading", id, &last.unwrap_or_default())?;
            found.push(Unmapped { code, unit, count, last });
        }
    }
    Ok(found)
}

/// Of each analyte: how many lines of limits there are, and how many of them nobody has checked.
fn limits_counted(conn: &mut Conn, analytes: &[i64]) -> Result<BTreeMap<i64, (i64, i64)>, StoreError> {
    let of = limit_value::table.filter(limit_value::analyte_id.eq_any(analytes));
    let all: Vec<(i64, i64)> =
        of.group_by(limit_value::analyte_id).select((limit_value::analyte_id, count_star())).load(conn)?;
    let open: Vec<(i64, i64)> = limit_value::table
        .filter(limit_value::analyte_id.eq_any(analytes))
        .filter(limit_value::checked_by.is_null())
        .group_by(limit_value::analyte_id)
        .select((limit_value::analyte_id, count_star()))
        .load(conn)?;
    let mut counted: BTreeMap<i64, (i64, i64)> = all.into_iter().map(|(id, count)| (id, (count, 0))).collect();
    for (id, count) in open {
        counted.entry(id).or_default().1 = count;
    }
    Ok(counted)
}

impl Store {
    /// The codes of an instrument's held readings that wait for a line in its map.
    pub async fn unmapped_codes(&self, instrument: i64) -> Result<Vec<Unmapped>, StoreError> {
        self.reading(move |conn| unmapped(conn, instrument)).await
    }

    /// What a method determines, retired lines last.
    pub async fn method_analytes(&self, method: i64) -> Result<Vec<MethodAnalyte>, StoreError> {
        self.reading(move |conn| {
            Ok(method_analyte::table
                .filter(method_analyte::method_id.eq(method))
                .order((method_analyte::retired_at.is_not_null(), method_analyte::id))
                .load(conn)?)
        })
        .await
    }

    pub async fn limits_counted(&self, analytes: Vec<i64>) -> Result<BTreeMap<i64, (i64, i64)>, StoreError> {
        self.reading(move |conn| limits_counted(conn, &analytes)).await
    }

    /// How many lines of limits nobody has compared with the printed standard.
    pub async fn unchecked_limits(&self) -> Result<i64, StoreError> {
        self.reading(|conn| {
            Ok(limit_value::table.filter(limit_value::checked_by.is_null()).count().get_result(conn)?)
        })
        .await
    }

    /// How many leaves the record has.
    pub async fn ledger_size(&self) -> Result<u64, StoreError> {
        self.reading(|conn| Ok(ledger::frontier(conn)?.size())).await
    }

    /// Remembers that an archive of the laboratory was made. Blocking.
    pub fn note_backup(&self, at: Timestamp) -> Result<(), StoreError> {
        self.write(&Who::Program, at, |tx| {
            diesel::insert_into(backup_made::table)
                .values(backup_made::at.eq(instant::written(tx.at)))
                .execute(tx.conn)?;
            Ok(())
        })
    }

    /// When the last archive of the laboratory was made.
    pub async fn last_backup(&self) -> Result<Option<Timestamp>, StoreError> {
        self.reading(|conn| {
            let last: Option<(i64, String)> =
                backup_made::table.order(backup_made::id.desc()).first(conn).optional()?;
            last.map(|(id, at)| instant::read("backup_made", id, &at)).transpose()
        })
        .await
    }
}
