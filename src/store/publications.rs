//! Publications: append-only rows, each the finished document of a sample, its correction or its withdrawal.

use std::collections::BTreeMap;

use diesel::prelude::*;
use jiff::Timestamp;

use super::analyses::move_sample;
use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::ledger::{Tx, ledger_subject};
use super::publication_facts::{facts, sample_called};
use super::schema::{person, publication, sample};
use crate::lab::digest::sha256;
use crate::lab::disclosure::document::{Document, Numbering, Replaces, document, withdrawal};
use crate::lab::disclosure::publication::{self as rules, Blocked, Facts, Kind, Refusal, Request, Step};
use crate::lab::people::Who;
use crate::lab::sampling::sample as samples;

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("blocked: {}", .0.iter().map(|one| one.name()).collect::<Vec<_>>().join(", "))]
    Blocked(Vec<Blocked>),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("no such sample or publication")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for PublishError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// One version of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub id: i64,
    pub document: Document,
    pub sha256: String,
    pub sample_code: String,
    pub reason: Option<String>,
    pub at: Timestamp,
    pub by: String,
    /// Where the record has it.
    pub leaf: i64,
}

/// A completed sample, and why it cannot be published (empty: it can).
#[derive(Debug, Clone)]
pub struct Candidate {
    pub code: String,
    pub facts: Facts,
    pub blocked: Vec<Blocked>,
}

pub const PAGE: i64 = 30;

type Last = (i64, i64, String, i64, String);

fn last_of(conn: &mut Conn, public_id: &str) -> Result<Option<Last>, StoreError> {
    Ok(publication::table
        .filter(publication::public_id.eq(public_id))
        .order(publication::version.desc())
        .select((
            publication::id,
            publication::version,
            publication::kind,
            publication::sample_id,
            publication::document,
        ))
        .first(conn)
        .optional()?)
}

fn read_document(id: i64, text: &str) -> Result<Document, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt("publication", id, error))
}

/// Publishes a completed sample in the version its page showed; answers the publication's name.
pub(crate) fn publish(tx: &mut Tx<'_>, code: &str, seen: i64, request: &Request) -> Result<String, PublishError> {
    let sample_id = sample_called(tx.conn, code)?.ok_or(PublishError::Unknown)?;
    let before: i64 = publication::table.filter(publication::sample_id.eq(sample_id)).count().get_result(tx.conn)?;
    if before > 0 {
        return Err(Refusal::Already.into());
    }
    let (kind, version) = rules::next(None, Step::Publish, "")?;
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Random(error.to_string()))?;
    let n = Numbering { id: rules::public_id(bytes), version, kind, at: tx.at, replaces: None };
    let (facts, sample_version) = facts(tx.conn, sample_id)?.ok_or(PublishError::Unknown)?;
    if sample_version != seen {
        return Err(StoreError::Stale { table: "sample", id: sample_id }.into());
    }
    let document = document(&facts, request, n).map_err(PublishError::Blocked)?;
    // The document's own gate has let this state through; the machine says so again.
    let next =
        facts.state.apply(samples::Step::Publish).map_err(|_| PublishError::Blocked(vec![Blocked::NotCompleted]))?;
    move_sample(tx, sample_id, next, seen, "sample.published")?;
    keep(tx, sample_id, &document, None)?;
    Ok(document.id)
}

/// Publishes the sample's facts as they are now beside the version `seen`.
pub(crate) fn correct(
    tx: &mut Tx<'_>,
    public_id: &str,
    seen: i64,
    request: &Request,
    reason: &str,
) -> Result<i64, PublishError> {
    let (id, version, kind, sample_id, _) = last_of(tx.conn, public_id)?.ok_or(PublishError::Unknown)?;
    let (kind, next) = rules::next(Some((read_kind(id, &kind)?, version)), Step::Correct, reason)?;
    not_stale(id, version, seen)?;
    let replaces = Some(Replaces { version, reason: reason.trim().to_owned() });
    let n = Numbering { id: public_id.to_owned(), version: next, kind, at: tx.at, replaces };
    let (facts, _) = facts(tx.conn, sample_id)?.ok_or(PublishError::Unknown)?;
    let document = document(&facts, request, n).map_err(PublishError::Blocked)?;
    keep(tx, sample_id, &document, Some(reason))?;
    Ok(next)
}

/// Puts a notice in the place of the version `seen`.
pub(crate) fn withdraw(tx: &mut Tx<'_>, public_id: &str, seen: i64, reason: &str) -> Result<i64, PublishError> {
    let (id, version, kind, sample_id, text) = last_of(tx.conn, public_id)?.ok_or(PublishError::Unknown)?;
    let (_, next) = rules::next(Some((read_kind(id, &kind)?, version)), Step::Withdraw, reason)?;
    not_stale(id, version, seen)?;
    let document = withdrawal(&read_document(id, &text)?, next, tx.at, reason);
    keep(tx, sample_id, &document, Some(reason))?;
    Ok(next)
}

fn not_stale(id: i64, version: i64, seen: i64) -> Result<(), StoreError> {
    if version == seen { Ok(()) } else { Err(StoreError::Stale { table: "publication", id }) }
}

fn read_kind(id: i64, kind: &str) -> Result<Kind, StoreError> {
    kind.parse().map_err(|error| StoreError::corrupt("publication", id, error))
}

fn keep(tx: &mut Tx<'_>, sample_id: i64, document: &Document, reason: Option<&str>) -> Result<(), StoreError> {
    let by = match tx.by {
        Who::Person(actor) => actor.id.0,
        Who::Line(_) | Who::Program => return Err(StoreError::corrupt("publication", 0, "needs a person")),
    };
    let written = document.written().map_err(|error| StoreError::corrupt("publication", 0, error))?;
    let id: i64 = diesel::insert_into(publication::table)
        .values((
            publication::public_id.eq(&document.id),
            publication::version.eq(document.version),
            publication::sample_id.eq(sample_id),
            publication::kind.eq(document.kind.name()),
            publication::notice.eq(&document.notice),
            publication::sha256.eq(sha256(&written)),
            publication::document.eq(written),
            publication::reason.eq(reason),
            publication::at.eq(instant::written(tx.at)),
            publication::by_id.eq(by),
        ))
        .returning(publication::id)
        .get_result(tx.conn)?;
    let event = match document.kind {
        Kind::Original => "disclosure.published",
        Kind::Correction => "disclosure.corrected",
        Kind::Withdrawal => "disclosure.withdrawn",
    };
    tx.record(event, "publication", id, reason)?;
    Ok(())
}

type Row = (i64, String, String, String, Option<String>, String, String);

fn versions_where(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Version>, StoreError> {
    let rows: Vec<Row> = publication::table
        .inner_join(sample::table)
        .inner_join(person::table)
        .filter(publication::id.eq_any(ids))
        .order(publication::id)
        .select((
            publication::id,
            publication::document,
            publication::sha256,
            sample::code,
            publication::reason,
            publication::at,
            person::display_name,
        ))
        .load(conn)?;
    // A publication's row is written once, so its subject's last leaf is its only one.
    let leaves: BTreeMap<i64, i64> = ledger_subject::table
        .filter(ledger_subject::table_name.eq("publication"))
        .filter(ledger_subject::row_id.eq_any(ids))
        .select((ledger_subject::row_id, ledger_subject::last_leaf))
        .load::<(i64, i64)>(conn)?
        .into_iter()
        .collect();
    rows.into_iter()
        .map(|(id, document, sha256, sample_code, reason, at, by)| {
            let leaf = leaves.get(&id).copied();
            Ok(Version {
                document: read_document(id, &document)?,
                at: instant::read("publication", id, &at)?,
                leaf: leaf.ok_or_else(|| StoreError::corrupt("publication", id, "has no leaf in the record"))?,
                id,
                sha256,
                sample_code,
                reason,
                by,
            })
        })
        .collect()
}

/// All versions of a publication, the first first; none: no such publication.
pub fn versions(conn: &mut Conn, public_id: &str) -> Result<Vec<Version>, StoreError> {
    let ids: Vec<i64> =
        publication::table.filter(publication::public_id.eq(public_id)).select(publication::id).load(conn)?;
    versions_where(conn, &ids)
}

/// One page of what was published, the newest first, and how many there are in all.
pub fn list(conn: &mut Conn, page: i64) -> Result<(Vec<Version>, i64), StoreError> {
    let all: i64 = publication::table.count().get_result(conn)?;
    let ids: Vec<i64> = publication::table
        .order(publication::id.desc())
        .limit(PAGE)
        .offset((page.max(1) - 1) * PAGE)
        .select(publication::id)
        .load(conn)?;
    let mut found = versions_where(conn, &ids)?;
    found.reverse();
    Ok((found, all))
}

/// What was published after this row, in order, for the published store.
pub(in crate::store) fn after(conn: &mut Conn, id: i64, most: i64) -> Result<Vec<(Version, String)>, StoreError> {
    let rows: Vec<(i64, String)> = publication::table
        .filter(publication::id.gt(id))
        .order(publication::id)
        .limit(most)
        .select((publication::id, publication::document))
        .load(conn)?;
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let versions = versions_where(conn, &ids)?;
    Ok(versions.into_iter().zip(rows.into_iter().map(|(_, text)| text)).collect())
}

/// One page of completed samples that are not published, the newest first, and how many there are in all.
pub fn candidates(conn: &mut Conn, page: i64) -> Result<(Vec<Candidate>, i64), StoreError> {
    let completed = samples::State::Completed.name();
    let all: i64 = sample::table.filter(sample::state.eq(completed)).count().get_result(conn)?;
    let rows: Vec<(i64, String)> = sample::table
        .filter(sample::state.eq(completed))
        .order(sample::id.desc())
        .limit(PAGE)
        .offset((page.max(1) - 1) * PAGE)
        .select((sample::id, sample::code))
        .load(conn)?;
    let mut found = Vec::new();
    for (id, code) in rows {
        if let Some((facts, _)) = facts(conn, id)? {
            found.push(Candidate { blocked: facts.blocked(), code, facts });
        }
    }
    Ok((found, all))
}

/// The sample of this code with all that decides about publishing it, and its version.
pub fn candidate(conn: &mut Conn, code: &str) -> Result<Option<(Candidate, i64)>, StoreError> {
    let Some(id) = sample_called(conn, code)? else { return Ok(None) };
    let found = facts(conn, id)?;
    Ok(found.map(|(facts, version)| (Candidate { code: code.to_owned(), blocked: facts.blocked(), facts }, version)))
}

impl Store {
    pub async fn publish(
        &self,
        by: Who,
        at: Timestamp,
        code: String,
        seen: i64,
        request: Request,
    ) -> Result<String, PublishError> {
        self.writing(by, at, move |tx| publish(tx, &code, seen, &request)).await
    }

    pub async fn correct(
        &self,
        by: Who,
        at: Timestamp,
        (public_id, seen): (String, i64),
        request: Request,
        reason: String,
    ) -> Result<i64, PublishError> {
        self.writing(by, at, move |tx| correct(tx, &public_id, seen, &request, &reason)).await
    }

    pub async fn withdraw(
        &self,
        by: Who,
        at: Timestamp,
        (public_id, seen): (String, i64),
        reason: String,
    ) -> Result<i64, PublishError> {
        self.writing(by, at, move |tx| withdraw(tx, &public_id, seen, &reason)).await
    }
}
