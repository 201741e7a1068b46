//! The walk over the recorded tables: each row against the fold of its content records, bytes against their SHA-256.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use sha2::{Digest, Sha256};

use super::{AT_A_TIME, Finding, Report, Walked};
use crate::lab::digest::hex;
use crate::lab::disclosure::ledger::content::{self, Row};
use crate::store::conn::Conn;
use crate::store::error::StoreError;
use crate::store::ledger::{ledger_content, ledger_subject, row_as_json};
use crate::store::recorded::{RECORDED, Recorded};

struct Subject {
    id: i64,
    ver: i64,
    last_leaf: i64,
}

pub(super) fn walk(conn: &mut Conn, walked: &Walked, report: &mut Report) -> Result<(), StoreError> {
    for what in RECORDED {
        let mut after = None;
        loop {
            let rows = load_rows(conn, what, after)?;
            // Past the last row, the subjects without one.
            let to = if rows.len() as i64 == AT_A_TIME { rows.keys().next_back().copied() } else { None };
            let subjects = load_subjects(conn, what.table, after, to)?;
            table(conn, what, &rows, &subjects, walked, report)?;
            if to.is_none() {
                break;
            }
            after = to;
        }
    }
    let known: Vec<&str> = RECORDED.iter().map(|one| one.table).collect();
    let strangers: Vec<(String, i64)> = ledger_subject::table
        .filter(diesel::dsl::not(ledger_subject::table_name.eq_any(known)))
        .select((ledger_subject::table_name, ledger_subject::row_id))
        .load(conn)?;
    let stranger = |(table, id)| Finding::Subject { table, id, what: "is no table of the record".to_owned() };
    report.findings.extend(strangers.into_iter().map(stranger));
    Ok(())
}

fn table(
    conn: &mut Conn,
    what: &Recorded,
    rows: &BTreeMap<i64, Row>,
    subjects: &BTreeMap<i64, Subject>,
    walked: &Walked,
    report: &mut Report,
) -> Result<(), StoreError> {
    let folds = folds(conn, subjects.values().map(|subject| subject.id).collect())?;
    let ids: BTreeSet<i64> = rows.keys().chain(subjects.keys()).copied().collect();
    for id in ids {
        let table = what.table.to_owned();
        let Some(subject) = subjects.get(&id) else {
            report.findings.push(Finding::Unrecorded { table, id });
            report.rows += 1;
            continue;
        };
        if let Some(said) = list_differs(subject, walked) {
            report.findings.push(Finding::Subject { table: table.clone(), id, what: said });
        }
        let Some(row) = rows.get(&id) else {
            report.findings.push(Finding::Missing { table, id, last_leaf: subject.last_leaf });
            continue;
        };
        report.rows += 1;
        // Content that is not what its leaf commits to has its finding and proves nothing about the row; so does a
        // subject whose leaves are gone.
        if walked.doubtful.contains(&subject.id) || !walked.last.contains_key(&subject.id) {
            continue;
        }
        let nothing = Row::new();
        let fold = match folds.get(&subject.id) {
            Some(Ok(fold)) => fold,
            Some(Err(said)) => {
                let (leaf, what) = (subject.last_leaf, said.clone());
                report.findings.push(Finding::Content { leaf, table, id, what });
                continue;
            }
            None => &nothing,
        };
        for (column, found) in row {
            let recorded = fold.get(column).cloned().flatten();
            if recorded != *found {
                let (table, column, found) = (table.clone(), column.clone(), found.clone());
                report.findings.push(Finding::Column {
                    table,
                    id,
                    column,
                    recorded,
                    found,
                    last_leaf: subject.last_leaf,
                });
            }
        }
        if let Some((bytes, digest)) = what.bytes {
            let found = sha256(conn, what.table, bytes, id)?;
            let recorded = fold.get(digest).cloned().flatten();
            if recorded.as_deref() != Some(&found) {
                report.findings.push(Finding::Bytes { table, id, recorded, found, last_leaf: subject.last_leaf });
            }
        }
    }
    Ok(())
}

/// The list of subjects only helps to find a leaf; the leaves themselves say what is true.
fn list_differs(subject: &Subject, walked: &Walked) -> Option<String> {
    let Some(last) = walked.last.get(&subject.id) else { return Some("no leaf is about it".to_owned()) };
    let same = subject.last_leaf == last.leaf && u64::try_from(subject.ver) == Ok(last.ver);
    let found = (subject.ver, subject.last_leaf);
    (!same)
        .then(|| format!("says version {} at leaf {}, the leaves say {} at {}", found.0, found.1, last.ver, last.leaf))
}

fn load_rows(conn: &mut Conn, what: &Recorded, after: Option<i64>) -> Result<BTreeMap<i64, Row>, StoreError> {
    let json = row_as_json(conn.engine(), what);
    let query = format!("SELECT id, {json} FROM {} WHERE id > ", what.table);
    // No id is that small: they count from 1.
    let rows: Vec<(i64, String)> = sql::<(BigInt, Text)>(&query)
        .bind::<BigInt, _>(after.unwrap_or(i64::MIN))
        .sql(&format!(" ORDER BY id LIMIT {AT_A_TIME}"))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, json)| {
            let row = serde_json::from_str(&json).map_err(|error| StoreError::corrupt(what.table, id, error))?;
            Ok((id, row))
        })
        .collect()
}

fn load_subjects(
    conn: &mut Conn,
    table: &str,
    after: Option<i64>,
    to: Option<i64>,
) -> Result<BTreeMap<i64, Subject>, StoreError> {
    let rows: Vec<(i64, i64, i64, i64)> = ledger_subject::table
        .filter(ledger_subject::table_name.eq(table))
        .filter(ledger_subject::row_id.gt(after.unwrap_or(i64::MIN)))
        .filter(ledger_subject::row_id.le(to.unwrap_or(i64::MAX)))
        .select((ledger_subject::row_id, ledger_subject::id, ledger_subject::ver, ledger_subject::last_leaf))
        .load(conn)?;
    Ok(rows.into_iter().map(|(row, id, ver, last_leaf)| (row, Subject { id, ver, last_leaf })).collect())
}

/// What the content records of each subject say together.
fn folds(conn: &mut Conn, subjects: Vec<i64>) -> Result<HashMap<i64, Result<Row, String>>, StoreError> {
    let mut folds: HashMap<i64, Result<Row, String>> = HashMap::new();
    // SQLite admits 32,766 variables; the subjects past the last row can be more.
    for some in subjects.chunks(10_000) {
        let records: Vec<(i64, String)> = ledger_content::table
            .filter(ledger_content::subject_id.eq_any(some))
            .order((ledger_content::subject_id, ledger_content::leaf_index))
            .select((ledger_content::subject_id, ledger_content::fields))
            .load(conn)?;
        for (subject, text) in records {
            let fold = folds.entry(subject).or_insert_with(|| Ok(Row::new()));
            if let Ok(row) = fold {
                let laid = content::read(&text).and_then(|fields| content::fold(row, &fields));
                if let Err(error) = laid {
                    *fold = Err(error.to_string());
                }
            }
        }
    }
    Ok(folds)
}

fn sha256(conn: &mut Conn, table: &str, column: &str, id: i64) -> Result<String, StoreError> {
    let query = format!("SELECT {column} FROM {table} WHERE id = ");
    let bytes: Vec<u8> = sql::<Binary>(&query).bind::<BigInt, _>(id).get_result(conn)?;
    Ok(hex(&Sha256::digest(&bytes)))
}
