//! Who is signed in: a session is known by the hash of its token only. Not facts of the laboratory, so outside the
//! record; that somebody signed in or out is a leaf about the person.

use diesel::prelude::*;
use jiff::Timestamp;

use super::conn::Store;
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::people;
use super::schema::web_session;
use crate::lab::people::{Actor, PersonId, Who};

/// An open session of a person whose account is not disabled. Whether it is still alive, `lab::session` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub actor: Actor,
    /// What every form of this session must carry.
    pub csrf: String,
    pub opened_at: Timestamp,
    pub seen_at: Timestamp,
}

/// Ends a person's sessions, but for the one with this token hash.
pub(in crate::store) fn end_all(tx: &mut Tx<'_>, id: PersonId, but: Option<&str>) -> Result<(), StoreError> {
    let open = web_session::table
        .filter(web_session::person_id.eq(id.0))
        .filter(web_session::ended_at.is_null())
        .filter(web_session::token_hash.ne(but.unwrap_or_default()));
    diesel::update(open).set(web_session::ended_at.eq(instant::written(tx.at))).execute(tx.conn)?;
    Ok(())
}

impl Store {
    pub async fn session_open(
        &self,
        token_hash: String,
        csrf: String,
        person: Actor,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let id = person.id.0;
        self.writing(Who::Person(person), at, move |tx| {
            let now = instant::written(tx.at);
            diesel::insert_into(web_session::table)
                .values((
                    web_session::token_hash.eq(token_hash),
                    web_session::person_id.eq(id),
                    web_session::csrf.eq(csrf),
                    web_session::created_at.eq(&now),
                    web_session::seen_at.eq(&now),
                ))
                .execute(tx.conn)?;
            tx.record("person.signed_in", "person", id, None)?;
            Ok(())
        })
        .await
    }

    pub async fn session(&self, token_hash: String) -> Result<Option<Session>, StoreError> {
        self.reading(move |conn| {
            let row: Option<(i64, i64, String, String, String)> = web_session::table
                .filter(web_session::token_hash.eq(token_hash))
                .filter(web_session::ended_at.is_null())
                .select((
                    web_session::id,
                    web_session::person_id,
                    web_session::csrf,
                    web_session::created_at,
                    web_session::seen_at,
                ))
                .first(conn)
                .optional()?;
            let Some((id, person, csrf, created_at, seen_at)) = row else { return Ok(None) };
            let person = people::find(conn, PersonId(person))?.filter(|person| person.disabled_at.is_none());
            let at = |text: &str| instant::read("web_session", id, text);
            let (opened_at, seen_at) = (at(&created_at)?, at(&seen_at)?);
            Ok(person.map(|person| Session { actor: person.actor, csrf, opened_at, seen_at }))
        })
        .await
    }

    /// The person did something now.
    pub async fn session_seen(&self, token_hash: String, at: Timestamp) -> Result<(), StoreError> {
        self.writing(Who::Program, at, move |tx| {
            let open = web_session::table.filter(web_session::token_hash.eq(token_hash));
            diesel::update(open).set(web_session::seen_at.eq(instant::written(tx.at))).execute(tx.conn)?;
            Ok(())
        })
        .await
    }

    pub async fn session_close(&self, token_hash: String, person: Actor, at: Timestamp) -> Result<(), StoreError> {
        let id = person.id.0;
        self.writing(Who::Person(person), at, move |tx| {
            let open = web_session::table
                .filter(web_session::token_hash.eq(token_hash))
                .filter(web_session::ended_at.is_null());
            diesel::update(open).set(web_session::ended_at.eq(instant::written(tx.at))).execute(tx.conn)?;
            tx.record("person.signed_out", "person", id, None)?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tokio::runtime::Runtime;

    use super::*;
    use crate::lab::people::Role;
    use crate::store::people::NewPerson;
    use crate::store::trial::for_each_engine;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + 60 * minute).unwrap()
    }

    #[test]
    fn a_session_ends_with_signing_out_a_new_password_or_a_disabled_account() {
        for_each_engine(|store| {
            Runtime::new().unwrap().block_on(async {
                let new = NewPerson {
                    username: "tashi".to_owned(),
                    name: "扎西".to_owned(),
                    password_hash: "$argon2id$".to_owned(),
                    roles: BTreeSet::from([Role::Reviewer]),
                };
                let id = store.add_person(Who::Program, at(0), new).await.unwrap();
                let actor = store.person(id).await.unwrap().unwrap().actor;
                for token in ["bench", "office", "home"] {
                    store.session_open(token.to_owned(), "c".to_owned(), actor.clone(), at(1)).await.unwrap();
                }
                let open = async |token: &str| store.session(token.to_owned()).await.unwrap().is_some();
                store.session_close("bench".to_owned(), actor.clone(), at(2)).await.unwrap();
                assert!(!open("bench").await && open("office").await && open("home").await);
                let keep = Some("home".to_owned());
                store.set_password(Who::Program, at(3), id, "$argon2id$2".to_owned(), keep).await.unwrap();
                assert!(!open("office").await && open("home").await);
                store.session_seen("home".to_owned(), at(9)).await.unwrap();
                let session = store.session("home".to_owned()).await.unwrap().unwrap();
                assert_eq!((session.opened_at, session.seen_at), (at(1), at(9)));
                store.set_disabled(Who::Program, at(10), id, true, "调离".to_owned()).await.unwrap();
                assert!(!open("home").await);
                assert!(store.session("never opened".to_owned()).await.unwrap().is_none());
            });
        });
    }
}
