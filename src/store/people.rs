//! People who can sign in: their names, the roles they hold, and what their password is compared with.

use std::collections::BTreeSet;

use diesel::prelude::*;
use jiff::Timestamp;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::ledger::Tx;
use super::schema::{person, person_role};
use super::{instant, sessions};
use crate::lab::people::{self, Actor, PersonId, Role, Who};

/// A person as the list of people shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub actor: Actor,
    pub username: String,
    /// An argon2id PHC string.
    pub password_hash: String,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

/// A person to be added.
#[derive(Debug, Clone)]
pub struct NewPerson {
    pub username: String,
    /// Printed beside a signature.
    pub name: String,
    pub password_hash: String,
    pub roles: BTreeSet<Role>,
}

type Row = (i64, String, String, String, String, Option<String>);

fn read(conn: &mut Conn, row: Row) -> Result<Person, StoreError> {
    let (id, username, name, password_hash, created_at, disabled_at) = row;
    let at = |text: &str| instant::read("person", id, text);
    Ok(Person {
        actor: Actor { id: PersonId(id), name, roles: roles(conn, id)?.into_iter().map(|(_, role)| role).collect() },
        username,
        password_hash,
        created_at: at(&created_at)?,
        disabled_at: disabled_at.as_deref().map(at).transpose()?,
    })
}

/// The roles a person holds now, each with the row that granted it.
fn roles(conn: &mut Conn, id: i64) -> Result<Vec<(i64, Role)>, StoreError> {
    let rows: Vec<(i64, String)> = person_role::table
        .filter(person_role::person_id.eq(id))
        .filter(person_role::revoked_at.is_null())
        .order(person_role::id)
        .select((person_role::id, person_role::role))
        .load(conn)?;
    let read = |(row, name): (i64, String)| {
        let role = name.parse::<Role>().map_err(|error| StoreError::corrupt("person_role", row, error))?;
        Ok((row, role))
    };
    rows.into_iter().map(read).collect()
}

pub(in crate::store) fn find(conn: &mut Conn, id: PersonId) -> Result<Option<Person>, StoreError> {
    let row: Option<Row> = person::table.find(id.0).first(conn).optional()?;
    row.map(|row| read(conn, row)).transpose()
}

fn must_find(conn: &mut Conn, id: PersonId) -> Result<Person, StoreError> {
    find(conn, id)?.ok_or(StoreError::Stale { table: "person", id: id.0 })
}

pub(crate) fn add(tx: &mut Tx<'_>, new: &NewPerson) -> Result<PersonId, StoreError> {
    let id: i64 = diesel::insert_into(person::table)
        .values((
            person::username.eq(&new.username),
            person::display_name.eq(&new.name),
            person::password_hash.eq(&new.password_hash),
            person::created_at.eq(instant::written(tx.at)),
        ))
        .returning(person::id)
        .get_result(tx.conn)?;
    tx.record("person.added", "person", id, None)?;
    for role in &new.roles {
        grant(tx, id, *role, None)?;
    }
    Ok(PersonId(id))
}

fn grant(tx: &mut Tx<'_>, id: i64, role: Role, why: Option<&str>) -> Result<(), StoreError> {
    let row: i64 = diesel::insert_into(person_role::table)
        .values((
            person_role::person_id.eq(id),
            person_role::role.eq(role.name()),
            person_role::granted_at.eq(instant::written(tx.at)),
        ))
        .returning(person_role::id)
        .get_result(tx.conn)?;
    tx.record("role.granted", "person_role", row, why)?;
    Ok(())
}

fn revoke(tx: &mut Tx<'_>, row: i64, why: Option<&str>) -> Result<(), StoreError> {
    diesel::update(person_role::table.find(row))
        .set(person_role::revoked_at.eq(instant::written(tx.at)))
        .execute(tx.conn)?;
    tx.record("role.revoked", "person_role", row, why)?;
    Ok(())
}

/// Whether this person, as they are now, may manage people.
fn manages(conn: &mut Conn, id: i64) -> Result<bool, StoreError> {
    let person = must_find(conn, PersonId(id))?;
    Ok(person.disabled_at.is_none() && people::somebody_manages([&person.actor.roles]))
}

/// After someone lost the keys: refuses, and so undoes it, when nobody else holds them.
fn must_be_managed(conn: &mut Conn) -> Result<(), StoreError> {
    let active: Vec<i64> = person::table.filter(person::disabled_at.is_null()).select(person::id).load(conn)?;
    let mut left = Vec::new();
    for id in active {
        left.push(roles(conn, id)?.into_iter().map(|(_, role)| role).collect::<BTreeSet<Role>>());
    }
    if people::somebody_manages(&left) { Ok(()) } else { Err(StoreError::LastAdministrator) }
}

impl Store {
    /// Everybody, in the order of entry, disabled ones too.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.reading(|conn| {
            let rows: Vec<Row> = person::table.order(person::id).load(conn)?;
            rows.into_iter().map(|row| read(conn, row)).collect()
        })
        .await
    }

    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        self.reading(move |conn| find(conn, id)).await
    }

    pub async fn find_by_username(&self, username: &str) -> Result<Option<Person>, StoreError> {
        let username = username.to_owned();
        self.reading(move |conn| {
            let row: Option<Row> = person::table.filter(person::username.eq(username)).first(conn).optional()?;
            row.map(|row| read(conn, row)).transpose()
        })
        .await
    }

    /// Adds a person with their roles. A taken user name is [`StoreError::Conflict`].
    pub async fn add_person(&self, by: Who, at: Timestamp, new: NewPerson) -> Result<PersonId, StoreError> {
        self.writing(by, at, move |tx| add(tx, &new)).await
    }

    /// Another printed name from now on; what was signed before keeps the old one in the record.
    pub async fn rename_person(
        &self,
        by: Who,
        at: Timestamp,
        id: PersonId,
        name: String,
        why: String,
    ) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| {
            must_find(tx.conn, id)?;
            diesel::update(person::table.find(id.0)).set(person::display_name.eq(name)).execute(tx.conn)?;
            tx.record("person.renamed", "person", id.0, Some(&why))?;
            Ok(())
        })
        .await
    }

    /// Makes these the person's roles: what is missing is granted, what is too much revoked. At once, also for the
    /// sessions that are open. The last one who manages people keeps that role.
    pub async fn set_roles(
        &self,
        by: Who,
        at: Timestamp,
        id: PersonId,
        wanted: BTreeSet<Role>,
        why: String,
    ) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| {
            let managed = manages(tx.conn, id.0)?;
            let held = roles(tx.conn, id.0)?;
            for (row, _) in held.iter().filter(|(_, role)| !wanted.contains(role)) {
                revoke(tx, *row, Some(&why))?;
            }
            for role in wanted.iter().filter(|role| !held.iter().any(|(_, one)| one == *role)) {
                grant(tx, id.0, *role, Some(&why))?;
            }
            if managed && !manages(tx.conn, id.0)? { must_be_managed(tx.conn) } else { Ok(()) }
        })
        .await
    }

    /// Sets a new password and ends the person's other sessions.
    pub async fn set_password(
        &self,
        by: Who,
        at: Timestamp,
        id: PersonId,
        password_hash: String,
        keep_session: Option<String>,
    ) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| {
            must_find(tx.conn, id)?;
            diesel::update(person::table.find(id.0)).set(person::password_hash.eq(password_hash)).execute(tx.conn)?;
            sessions::end_all(tx, id, keep_session.as_deref())?;
            tx.record("person.password_set", "person", id.0, None)?;
            Ok(())
        })
        .await
    }

    /// Disables an account, ending its sessions, or opens it again. The person stays in the record; the last one who
    /// manages people stays active.
    pub async fn set_disabled(
        &self,
        by: Who,
        at: Timestamp,
        id: PersonId,
        disabled: bool,
        why: String,
    ) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| {
            let managed = manages(tx.conn, id.0)?;
            let since = disabled.then(|| instant::written(tx.at));
            diesel::update(person::table.find(id.0)).set(person::disabled_at.eq(since)).execute(tx.conn)?;
            if disabled {
                sessions::end_all(tx, id, None)?;
            }
            let event = if disabled { "person.disabled" } else { "person.enabled" };
            tx.record(event, "person", id.0, Some(&why))?;
            if managed && disabled { must_be_managed(tx.conn) } else { Ok(()) }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Runtime;

    use super::*;
    use crate::store::trial::for_each_engine;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + 60 * minute).unwrap()
    }

    fn zhuoma() -> NewPerson {
        NewPerson {
            username: "zhuoma".to_owned(),
            name: "卓玛".to_owned(),
            password_hash: "$argon2id$".to_owned(),
            roles: BTreeSet::from([Role::Technician, Role::Sampler]),
        }
    }

    #[test]
    fn roles_change_at_once_and_the_old_ones_stay_in_the_record() {
        for_each_engine(|store| {
            Runtime::new().unwrap().block_on(async {
                let id = store.add_person(Who::Program, at(0), zhuoma()).await.unwrap();
                let wanted = BTreeSet::from([Role::Technician, Role::Reviewer]);
                store.set_roles(Who::Program, at(1), id, wanted.clone(), "培训合格".to_owned()).await.unwrap();
                let person = store.find_by_username("zhuoma").await.unwrap().unwrap();
                assert_eq!(person.actor.roles, wanted);
                let rows =
                    store.read(|conn| Ok::<i64, StoreError>(person_role::table.count().get_result(conn)?)).unwrap();
                assert_eq!(rows, 3);
            });
        });
    }

    #[test]
    fn a_user_name_is_given_once() {
        for_each_engine(|store| {
            Runtime::new().unwrap().block_on(async {
                store.add_person(Who::Program, at(0), zhuoma()).await.unwrap();
                let second = store.add_person(Who::Program, at(1), zhuoma()).await;
                assert!(matches!(second, Err(StoreError::Conflict { .. })), "{second:?}");
                assert_eq!(store.people().await.unwrap().len(), 1);
            });
        });
    }

    #[test]
    fn the_last_administrator_keeps_the_keys() {
        for_each_engine(|store| {
            Runtime::new().unwrap().block_on(async {
                let new = |username: &str| NewPerson {
                    username: username.to_owned(),
                    roles: BTreeSet::from([Role::Administrator, Role::Sampler]),
                    ..zhuoma()
                };
                let first = store.add_person(Who::Program, at(0), new("first")).await.unwrap();
                let second = store.add_person(Who::Program, at(0), new("second")).await.unwrap();
                let why = || "离职".to_owned();
                let disable = |id, minute| store.set_disabled(Who::Program, at(minute), id, true, why());
                disable(second, 1).await.unwrap();
                let refused = disable(first, 2).await;
                assert!(matches!(refused, Err(StoreError::LastAdministrator)), "{refused:?}");
                let sampler = BTreeSet::from([Role::Sampler]);
                let refused = store.set_roles(Who::Program, at(3), first, sampler.clone(), why()).await;
                assert!(matches!(refused, Err(StoreError::LastAdministrator)), "{refused:?}");
                let person = store.person(first).await.unwrap().unwrap();
                assert!(person.disabled_at.is_none() && person.actor.roles.contains(&Role::Administrator));
                store.set_disabled(Who::Program, at(4), second, false, why()).await.unwrap();
                store.set_roles(Who::Program, at(5), first, sampler, why()).await.unwrap();
            });
        });
    }
}
