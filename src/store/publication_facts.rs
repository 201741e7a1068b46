//! What decides about publishing a sample, gathered from its row, its analyses and their batches.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::conn::Conn;
use super::error::StoreError;
use super::instant;
use super::schema::{analyte, commodity, laboratory, place, producer, sample};
use super::work::{self, Filter};
use crate::lab::analysis::order::{self, Judged};
use crate::lab::analysis::value::Value;
use crate::lab::catalogue::AnalyteKind;
use crate::lab::disclosure::document::Words;
use crate::lab::disclosure::publication::{Facts, Tested};
use crate::lab::regulation::verdict::Control;
use crate::lab::zone;

/// More analyses than any sample has.
const ALL: i64 = 1_000;

/// The sample with exactly this code.
pub(in crate::store) fn sample_called(conn: &mut Conn, code: &str) -> Result<Option<i64>, StoreError> {
    Ok(sample::table.filter(sample::code.eq(code)).select(sample::id).first(conn).optional()?)
}

type Row = (
    (String, String, i64, String, String, String),
    (Option<String>, Option<String>, Option<String>, Option<String>, String),
);

/// The facts of a sample with its version; `None`: no such sample.
pub(in crate::store) fn facts(conn: &mut Conn, id: i64) -> Result<Option<(Facts, i64)>, StoreError> {
    let row: Option<Row> = sample::table
        .inner_join(commodity::table)
        .left_join(producer::table)
        .left_join(place::table)
        .filter(sample::id.eq(id))
        .select((
            (
                sample::class,
                sample::state,
                sample::version,
                sample::commodity_written,
                commodity::name_en,
                sample::sampled_at,
            ),
            (
                producer::kind.nullable(),
                producer::name.nullable(),
                place::kind.nullable(),
                place::name.nullable(),
                sample::town,
            ),
        ))
        .first(conn)
        .optional()?;
    let Some(((class, state, version, zh, en, sampled_at), (producer_kind, producer, place_kind, place, town))) = row
    else {
        return Ok(None);
    };
    let corrupt = |error: &dyn std::fmt::Display| StoreError::corrupt("sample", id, error);
    let producer = producer_kind.zip(producer).map(|(kind, name)| Ok((kind.parse()?, name)));
    let place = place_kind.zip(place).map(|(kind, name)| Ok((kind.parse()?, name)));
    let own: Option<(String, String)> =
        laboratory::table.select((laboratory::name, laboratory::name_en)).first(conn).optional()?;
    let facts = Facts {
        class: class.parse().map_err(|error| corrupt(&error))?,
        state: state.parse().map_err(|error| corrupt(&error))?,
        sampled_on: zone::day(instant::read("sample", id, &sampled_at)?),
        commodity: Words { zh, en },
        place: place.transpose().map_err(|error: crate::lab::words::Unknown| corrupt(&error))?,
        town,
        producer: producer.transpose().map_err(|error: crate::lab::words::Unknown| corrupt(&error))?,
        laboratory: own.map(|(zh, en)| Words { zh, en }).unwrap_or_default(),
        results: results(conn, id)?,
    };
    Ok(Some((facts, version)))
}

fn results(conn: &mut Conn, sample_id: i64) -> Result<Vec<Tested>, StoreError> {
    let filter = Filter { sample: Some(sample_id), ..Filter::default() };
    let (lines, _) = work::lines(conn, &filter, 1, ALL)?;
    let analytes: Vec<i64> = lines.iter().map(|line| line.analysis.analyte).collect();
    let kinds: BTreeMap<i64, String> = analyte::table
        .filter(analyte::id.eq_any(analytes))
        .select((analyte::id, analyte::kind))
        .load::<(i64, String)>(conn)?
        .into_iter()
        .collect();
    lines
        .into_iter()
        .map(|line| {
            let analysis = &line.analysis;
            let text = analysis.status.entry().map(|entry| entry.value.clone()).unwrap_or_default();
            let value = text.parse::<Value>().ok();
            let kind = kinds.get(&analysis.analyte).map(String::as_str).unwrap_or_default();
            let kind: AnalyteKind =
                kind.parse().map_err(|error| StoreError::corrupt("analyte", analysis.analyte, error))?;
            let judgement = order::judge(&Judged {
                value: value.as_ref(),
                unit: &analysis.unit,
                lod: analysis.lod,
                loq: analysis.loq,
                control: if line.held { Control::Failed } else { Control::Accepted },
                snapshot: &analysis.snapshot,
            });
            Ok(Tested {
                analyte: Words { zh: line.analyte.zh.clone(), en: line.analyte.en.clone() },
                kind,
                method: line.method_code.clone(),
                state: analysis.status.state(),
                held: line.held,
                value: text,
                unit: analysis.unit.clone(),
                judgement,
            })
        })
        .collect()
}
