//! What is open for an instrument, in its own codes.

use diesel::prelude::*;
use drivers::contract::{Order, Query};
use jiff::Timestamp;

use crate::lab::analysis::dispatch::asked_for;
use crate::lab::analysis::status::State;
use crate::lab::zone;
use crate::store::conn::Conn;
use crate::store::error::StoreError;
use crate::store::samples;
use crate::store::schema::{analysis, analyte_map, control_material, method, sample};

/// An analyser that asks for everything gets so many samples at most; when those are measured it asks again.
const MOST: i64 = 200;

/// The orders that answer one query: a sample or control by the code the instrument read, or all that wait for it.
pub(super) fn for_query(
    conn: &mut Conn,
    instrument_id: i64,
    query: &Query,
    now: Timestamp,
) -> Result<Vec<Order>, StoreError> {
    let order = |asked: &str, open: Vec<String>| {
        let tests = asked_for(open, &query.tests);
        let order = Order { sample_id: Some(asked.to_owned()), tests, priority: None, action: None };
        Some(order).filter(|order| !order.tests.is_empty())
    };
    let asked = query.sample_id.as_deref().unwrap_or_default();
    // The instrument wants nothing any more (LIS02-A2 10.1.13).
    if query.status.as_deref().is_some_and(|status| status.trim() == "A") {
        return Ok(Vec::new());
    }
    if asked.trim().eq_ignore_ascii_case("ALL") {
        let mut orders = Vec::new();
        for (id, code) in waiting(conn, instrument_id)? {
            orders.extend(order(&code, tests(conn, instrument_id, id)?));
        }
        return Ok(orders);
    }
    let year = i64::from(zone::day(now).year());
    // The identity goes back exactly as it came: with the blanks some analysers put before it.
    let open = match samples::called(conn, asked, year)? {
        Some(id) => tests(conn, instrument_id, id)?,
        None => control(conn, instrument_id, asked)?,
    };
    Ok(order(asked, open).into_iter().collect())
}

/// The samples with analyses that wait for this very instrument, oldest first.
fn waiting(conn: &mut Conn, instrument_id: i64) -> Result<Vec<(i64, String)>, StoreError> {
    Ok(analysis::table
        .inner_join(method::table)
        .inner_join(sample::table)
        .filter(method::instrument_id.eq(instrument_id))
        .filter(analysis::state.eq(State::Ordered.name()))
        .select((sample::id, sample::code))
        .distinct()
        .order(sample::id)
        .limit(MOST)
        .load(conn)?)
}

/// The codes of what is ordered on a sample and not yet measured, on methods this instrument serves.
pub(super) fn tests(conn: &mut Conn, instrument_id: i64, sample_id: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<i64> = analysis::table
        .inner_join(method::table)
        .filter(analysis::sample_id.eq(sample_id))
        .filter(analysis::state.eq(State::Ordered.name()))
        .filter(method::instrument_id.eq(instrument_id).or(method::instrument_id.is_null()))
        .order(analysis::id)
        .select(analysis::id)
        .load(conn)?;
    codes(conn, instrument_id, &rows)
}

/// The instrument's codes for these analyses; the first of an analyte with several, each once.
pub(super) fn codes(conn: &mut Conn, instrument_id: i64, analyses: &[i64]) -> Result<Vec<String>, StoreError> {
    let analytes: Vec<i64> = analysis::table
        .filter(analysis::id.eq_any(analyses))
        .order(analysis::id)
        .select(analysis::analyte_id)
        .load(conn)?;
    called(conn, instrument_id, &analytes)
}

/// The codes of what a control is measured for.
fn control(conn: &mut Conn, instrument_id: i64, asked: &str) -> Result<Vec<String>, StoreError> {
    let analytes: Vec<i64> = control_material::table
        .filter(control_material::code.eq(asked.trim()))
        .filter(control_material::retired_at.is_null())
        .order(control_material::id)
        .select(control_material::analyte_id)
        .load(conn)?;
    called(conn, instrument_id, &analytes)
}

fn called(conn: &mut Conn, instrument_id: i64, analytes: &[i64]) -> Result<Vec<String>, StoreError> {
    let map: Vec<(i64, String)> = analyte_map::table
        .filter(analyte_map::instrument_id.eq(instrument_id))
        .filter(analyte_map::retired_at.is_null())
        .order(analyte_map::id)
        .select((analyte_map::analyte_id, analyte_map::code))
        .load(conn)?;
    let mut codes: Vec<String> = Vec::new();
    for analyte in analytes {
        let code = map.iter().find(|(of, _)| of == analyte).map(|(_, code)| code.trim());
        if let Some(code) = code.filter(|code| !codes.iter().any(|known| known == code)) {
            codes.push(code.to_owned());
        }
    }
    Ok(codes)
}
