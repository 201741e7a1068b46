//! Profiles: devices the laboratory described itself. Every save is a revision that stays; the newest one reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::prelude::*;
use drivers::Driver;
use drivers::described::Described;
use jiff::Timestamp;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::{instrument, profile, profile_revision};
use crate::lab::line::{self, InUse};
use crate::lab::people::Who;

/// Before a profile's code, where a driver is named.
pub const PREFIX: &str = "profile:";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub id: i64,
    pub code: String,
    pub name: String,
    /// No line may be set to it any more.
    pub retired_at: Option<Timestamp>,
    /// Newest first; at least one.
    pub revisions: Vec<Revision>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub n: i64,
    pub text: String,
    pub reason: String,
    pub by: Option<i64>,
    pub at: Timestamp,
}

/// What is to be saved.
#[derive(Debug, Clone)]
pub struct Draft {
    pub code: String,
    pub name: String,
    pub text: String,
    pub reason: String,
    /// The revision it was made from; 0 for a new profile.
    pub before: i64,
}

type RevisionRow = (i64, i64, String, String, Option<i64>, String);

fn revisions(conn: &mut Conn, profile: i64) -> Result<Vec<Revision>, StoreError> {
    let rows: Vec<RevisionRow> = profile_revision::table
        .filter(profile_revision::profile_id.eq(profile))
        .order(profile_revision::n.desc())
        .select((
            profile_revision::id,
            profile_revision::n,
            profile_revision::text,
            profile_revision::reason,
            profile_revision::by_id,
            profile_revision::at,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, n, text, reason, by, at)| {
            Ok(Revision { n, text, reason, by, at: instant::read("profile_revision", id, &at)? })
        })
        .collect()
}

type ProfileRow = (i64, String, String, Option<String>);

fn read(conn: &mut Conn, (id, code, name, retired_at): ProfileRow) -> Result<Profile, StoreError> {
    let retired_at = retired_at.as_deref().map(|at| instant::read("profile", id, at)).transpose()?;
    Ok(Profile { id, code, name, retired_at, revisions: revisions(conn, id)? })
}

fn all(conn: &mut Conn) -> Result<Vec<Profile>, StoreError> {
    let rows: Vec<ProfileRow> = profile::table
        .order((profile::retired_at.is_not_null(), profile::code))
        .select((profile::id, profile::code, profile::name, profile::retired_at))
        .load(conn)?;
    rows.into_iter().map(|row| read(conn, row)).collect()
}

fn called(conn: &mut Conn, code: &str) -> Result<Option<Profile>, StoreError> {
    let row: Option<ProfileRow> = profile::table
        .filter(profile::code.eq(code))
        .select((profile::id, profile::code, profile::name, profile::retired_at))
        .first(conn)
        .optional()?;
    row.map(|row| read(conn, row)).transpose()
}

/// Why a profile was not retired.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    #[error(transparent)]
    InUse(#[from] InUse),
    #[error("no such profile, or it is retired or in use as asked already")]
    Unchanged,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for RetireError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Retires a profile that no running line uses, or takes it into use again. What it has read stays readable.
fn retire(tx: &mut Tx<'_>, code: &str, retired: bool, why: &str) -> Result<(), RetireError> {
    let found = called(tx.conn, code)?.filter(|one| one.retired_at.is_some() != retired);
    let found = found.ok_or(RetireError::Unchanged)?;
    if retired {
        let running: Vec<String> = instrument::table
            .filter(instrument::driver.eq(format!("{PREFIX}{code}")))
            .filter(instrument::line_enabled_at.is_not_null())
            .filter(instrument::retired_at.is_null())
            .order(instrument::code)
            .select(instrument::code)
            .load(tx.conn)?;
        line::may_retire(running)?;
    }
    let at = retired.then(|| instant::written(tx.at));
    diesel::update(profile::table.find(found.id)).set(profile::retired_at.eq(at)).execute(tx.conn)?;
    let kind = if retired { "profile.retired" } else { "profile.restored" };
    tx.record(kind, "profile", found.id, Some(why))?;
    Ok(())
}

/// The newest revision of a profile and its number.
fn newest(conn: &mut Conn, code: &str) -> Result<Option<(i64, String)>, StoreError> {
    Ok(profile_revision::table
        .inner_join(profile::table)
        .filter(profile::code.eq(code))
        .order(profile_revision::n.desc())
        .select((profile_revision::n, profile_revision::text))
        .first(conn)
        .optional()?)
}

fn save(tx: &mut Tx<'_>, draft: &Draft) -> Result<i64, StoreError> {
    let id: i64 = if draft.before == 0 {
        let id = diesel::insert_into(profile::table)
            .values((profile::code.eq(&draft.code), profile::name.eq(&draft.name)))
            .returning(profile::id)
            .get_result(tx.conn)?;
        tx.record("profile.created", "profile", id, Some(&draft.reason))?;
        id
    } else {
        let (id, name): (i64, String) =
            profile::table.filter(profile::code.eq(&draft.code)).select((profile::id, profile::name)).first(tx.conn)?;
        if newest(tx.conn, &draft.code)?.is_none_or(|(n, _)| n != draft.before) {
            return Err(StoreError::Stale { table: "profile", id });
        }
        if name != draft.name {
            diesel::update(profile::table.find(id)).set(profile::name.eq(&draft.name)).execute(tx.conn)?;
            tx.record("profile.renamed", "profile", id, Some(&draft.reason))?;
        }
        id
    };
    let by = match tx.by {
        Who::Person(actor) => Some(actor.id.0),
        Who::Line(_) | Who::Program => None,
    };
    let n = draft.before + 1;
    let revision: i64 = diesel::insert_into(profile_revision::table)
        .values((
            profile_revision::profile_id.eq(id),
            profile_revision::n.eq(n),
            profile_revision::text.eq(&draft.text),
            profile_revision::reason.eq(&draft.reason),
            profile_revision::by_id.eq(by),
            profile_revision::at.eq(instant::written(tx.at)),
        ))
        .returning(profile_revision::id)
        .get_result(tx.conn)?;
    tx.record("profile.revised", "profile_revision", revision, Some(&draft.reason))?;
    Ok(n)
}

/// A driver and the revision of it: a profile's number, or the program's version.
pub(crate) fn driver(conn: &mut Conn, id: &str) -> Result<Option<(Driver, String)>, StoreError> {
    let Some(code) = id.strip_prefix(PREFIX) else {
        return Ok(drivers::by_id(id).map(|driver| (driver, env!("CARGO_PKG_VERSION").to_owned())));
    };
    let Some((n, text)) = newest(conn, code)? else { return Ok(None) };
    let described =
        Described::from_toml(id, &text).map_err(|error| StoreError::corrupt("profile_revision", n, error))?;
    Ok(Some((Driver::Described(Arc::new(described)), n.to_string())))
}

impl Store {
    pub async fn profiles(&self) -> Result<Vec<Profile>, StoreError> {
        self.reading(all).await
    }

    pub async fn profile(&self, code: String) -> Result<Option<Profile>, StoreError> {
        self.reading(move |conn| called(conn, &code)).await
    }

    /// The newest text of every profile, by the name under which a line calls it.
    pub async fn profile_texts(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let profiles = self.profiles().await?;
        let text = |one: Profile| Some((format!("{PREFIX}{}", one.code), one.revisions.into_iter().next()?.text));
        Ok(profiles.into_iter().filter_map(text).collect())
    }

    /// Keeps a revision and answers its number. The text was checked; a taken code is [`StoreError::Conflict`], a
    /// profile that was saved meanwhile [`StoreError::Stale`].
    pub async fn save_profile(&self, by: Who, at: Timestamp, draft: Draft) -> Result<i64, StoreError> {
        self.writing(by, at, move |tx| save(tx, &draft)).await
    }

    /// The driver of an instrument's line. Blocking.
    pub fn driver_of(&self, instrument: &str) -> Result<Option<Driver>, StoreError> {
        self.read(|conn| {
            let id: Option<String> = super::schema::instrument::table
                .filter(super::schema::instrument::code.eq(instrument))
                .select(super::schema::instrument::driver)
                .first(conn)
                .optional()?;
            Ok(id.map(|id| driver(conn, &id)).transpose()?.flatten().map(|(driver, _)| driver))
        })
    }

    /// Whether an instrument with this driver takes orders.
    pub async fn takes_orders(&self, id: String) -> Result<bool, StoreError> {
        let found = self.reading(move |conn| driver(conn, &id)).await?;
        Ok(found.is_some_and(|(driver, _)| driver.host().is_some()))
    }

    /// Retires a profile with a reason, or takes it into use again.
    pub async fn retire_profile(
        &self,
        by: Who,
        at: Timestamp,
        code: String,
        retired: bool,
        why: String,
    ) -> Result<(), RetireError> {
        self.writing(by, at, move |tx| retire(tx, &code, retired, &why)).await
    }

    /// The driver of this name as it stands now. Blocking.
    pub fn driver(&self, id: &str) -> Result<Option<(Driver, String)>, StoreError> {
        self.read(|conn| driver(conn, id))
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Runtime;

    use super::*;
    use crate::store::trial::for_each_engine;

    const TEXT: &str = "maker = \"A\"\n[link]\nkind = \"line\"\n[record]\nshape = \"delimited\"\nseparator = \",\"\n\
        [fields]\nsample = 1\nresult = 2\n";

    fn draft(before: i64, text: &str) -> Draft {
        Draft {
            code: "PH-1".to_owned(),
            name: "酸度计".to_owned(),
            text: text.to_owned(),
            reason: "按说明书编写".to_owned(),
            before,
        }
    }

    #[test]
    fn every_save_is_a_revision_and_the_newest_reads() {
        for_each_engine(|store| {
            Runtime::new().unwrap().block_on(async {
                let at = Timestamp::from_second(1_795_000_000).unwrap();
                let save = |draft| store.save_profile(Who::Program, at, draft);
                assert_eq!(save(draft(0, TEXT)).await.unwrap(), 1);
                assert!(matches!(save(draft(0, TEXT)).await, Err(StoreError::Conflict { .. })));
                assert_eq!(save(draft(1, &TEXT.replace("result = 2", "result = 3"))).await.unwrap(), 2);
                assert!(matches!(save(draft(1, TEXT)).await, Err(StoreError::Stale { .. })));
                let kept = store.profile("PH-1".to_owned()).await.unwrap().unwrap();
                assert_eq!(kept.revisions.iter().map(|one| one.n).collect::<Vec<_>>(), [2, 1]);
                let texts = store.profile_texts().await.unwrap();
                assert!(texts["profile:PH-1"].contains("result = 3"));
            });
            let (driver, revision) = store.driver("profile:PH-1").unwrap().unwrap();
            let decoded = driver.parse(&drivers::Message::plain(b"26-041,x,7.12\r\n".to_vec(), 0)).unwrap();
            assert_eq!((decoded.readings[0].result.as_deref(), revision.as_str()), (Some("7.12"), "2"));
            assert!(store.driver("profile:NONE").unwrap().is_none());
            let (_, version) = store.driver("astm-lis2").unwrap().unwrap();
            assert_eq!(version, env!("CARGO_PKG_VERSION"));
        });
    }
}
