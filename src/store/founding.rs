//! The first hour of a laboratory: a one-time link, and what it makes once: the laboratory and its first person.

use diesel::prelude::*;
use jiff::Timestamp;

use super::catalogue::{Catalogue, Laboratory};
use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::people::{self, NewPerson};
use super::schema::{person, setup_link};
use crate::lab::people::{PersonId, Who};
use crate::lab::session;

impl Store {
    /// Whether there is nobody yet who could sign in.
    pub async fn has_nobody(&self) -> Result<bool, StoreError> {
        self.reading(|conn| Ok(person::table.count().get_result::<i64>(conn)? == 0)).await
    }

    /// Makes a one-time set-up link good, by the hash of its token; earlier unused links end.
    pub async fn open_setup_link(&self, token_hash: String, at: Timestamp) -> Result<(), StoreError> {
        self.writing(Who::Program, at, move |tx| {
            let now = instant::written(tx.at);
            diesel::update(setup_link::table.filter(setup_link::used_at.is_null()))
                .set(setup_link::used_at.eq(&now))
                .execute(tx.conn)?;
            diesel::insert_into(setup_link::table)
                .values((setup_link::token_hash.eq(token_hash), setup_link::created_at.eq(now)))
                .execute(tx.conn)?;
            Ok(())
        })
        .await
    }

    pub async fn is_setup_link_open(&self, token_hash: String, at: Timestamp) -> Result<bool, StoreError> {
        self.reading(move |conn| unused(conn, &token_hash, at)).await
    }

    /// Uses the link up: the laboratory and its first person, or `None` when the link was used meanwhile.
    pub async fn found_laboratory(
        &self,
        at: Timestamp,
        token_hash: String,
        laboratory: Laboratory,
        first: NewPerson,
    ) -> Result<Option<PersonId>, StoreError> {
        self.writing(Who::Program, at, move |tx| {
            if !unused(tx.conn, &token_hash, tx.at)? {
                return Ok(None);
            }
            diesel::update(setup_link::table.filter(setup_link::token_hash.eq(&token_hash)))
                .set(setup_link::used_at.eq(instant::written(tx.at)))
                .execute(tx.conn)?;
            laboratory.add(tx)?;
            people::add(tx, &first).map(Some)
        })
        .await
    }
}

fn unused(conn: &mut Conn, token_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
    let printed: Option<(i64, String)> = setup_link::table
        .filter(setup_link::token_hash.eq(token_hash))
        .filter(setup_link::used_at.is_null())
        .select((setup_link::id, setup_link::created_at))
        .first(conn)
        .optional()?;
    let Some((id, printed)) = printed else { return Ok(false) };
    let people: i64 = person::table.count().get_result(conn)?;
    Ok(session::may_found(instant::read("setup_link", id, &printed)?, people, now))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tokio::runtime::Runtime;

    use super::*;
    use crate::lab::people::Role;
    use crate::store::trial::for_each_engine;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + 60 * minute).unwrap()
    }

    fn zhuoma() -> NewPerson {
        NewPerson {
            username: "zhuoma".to_owned(),
            name: "卓玛".to_owned(),
            password_hash: "$argon2id$".to_owned(),
            roles: BTreeSet::from([Role::Administrator]),
        }
    }

    #[test]
    fn a_set_up_link_founds_one_laboratory() {
        for_each_engine(|store| {
            Runtime::new().unwrap().block_on(async {
                store.open_setup_link("old".to_owned(), at(0)).await.unwrap();
                store.open_setup_link("new".to_owned(), at(1)).await.unwrap();
                assert!(!store.is_setup_link_open("old".to_owned(), at(2)).await.unwrap());
                let laboratory = Laboratory {
                    id: 0,
                    version: 1,
                    name: "河滩县检测站".to_owned(),
                    name_en: String::new(),
                    address: String::new(),
                    phone: String::new(),
                    updated_at: instant::written(at(2)),
                };
                let found = |person| store.found_laboratory(at(2), "new".to_owned(), laboratory.clone(), person);
                assert!(found(zhuoma()).await.unwrap().is_some());
                assert!(found(zhuoma()).await.unwrap().is_none());
                assert!(!store.has_nobody().await.unwrap());
            });
        });
    }
}
