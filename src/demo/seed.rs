//! Fills an empty laboratory: set-up, three months of samples, controls and results, and samples in every state.

mod history;
pub mod sampler;
mod setup;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::county;
use crate::lab::people::{Actor, Role, Who};
use crate::store::catalogue::{Commodity, Instrument, Method, Place, Producer};
use crate::store::{Store, StoreError};

/// Who can sign in to the demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub role: Role,
    pub username: &'static str,
    pub password: String,
}

/// Ids of what was set up, by code, and the people by user name.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    pub places: BTreeMap<&'static str, i64>,
    pub producers: BTreeMap<&'static str, i64>,
    pub commodities: BTreeMap<&'static str, i64>,
    pub analytes: BTreeMap<&'static str, i64>,
    pub instruments: BTreeMap<&'static str, i64>,
    pub methods: BTreeMap<&'static str, i64>,
    pub plan_items: BTreeMap<&'static str, i64>,
    pub people: BTreeMap<&'static str, Actor>,
}

impl Ids {
    /// A person of the demonstration, as the one who acts.
    pub fn who(&self, username: &str) -> Who {
        self.people.get(username).cloned().map_or(Who::Program, Who::Person)
    }

    /// What an earlier demonstration in the same folder has set up.
    pub async fn load(store: &Store) -> Result<Self, StoreError> {
        let mut ids = Self::default();
        let people = store.people().await?;
        for (username, ..) in county::PEOPLE {
            if let Some(person) = people.iter().find(|person| person.username == username) {
                ids.people.insert(username, person.actor.clone());
            }
        }
        ids.places = by_code(
            store.list::<Place>().await?.into_iter().map(|one| (one.code, one.id)),
            &county::PLACES.map(|one| one.0),
        );
        ids.producers = by_code(
            store.list::<Producer>().await?.into_iter().map(|one| (one.code, one.id)),
            &county::PRODUCERS.map(|one| one.0),
        );
        ids.commodities = by_code(
            store.list::<Commodity>().await?.into_iter().map(|one| (one.code, one.id)),
            &county::COMMODITIES.map(|one| one.0),
        );
        ids.instruments = by_code(
            store.list::<Instrument>().await?.into_iter().map(|one| (one.code, one.id)),
            &county::INSTRUMENTS.each_ref().map(|one| one.code),
        );
        ids.methods = by_code(
            store.list::<Method>().await?.into_iter().map(|one| (one.code, one.id)),
            &county::METHODS.map(|one| one.0),
        );
        Ok(ids)
    }

    pub fn name(&self, username: &str) -> String {
        self.people.get(username).map(|actor| actor.name.clone()).unwrap_or_default()
    }
}

fn by_code(lines: impl Iterator<Item = (String, i64)>, codes: &[&'static str]) -> BTreeMap<&'static str, i64> {
    lines.filter_map(|(code, id)| Some((*codes.iter().find(|known| **known == code)?, id))).collect()
}

/// How much history is made.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub days: i64,
}

impl Default for Extent {
    fn default() -> Self {
        Self { days: 90 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{what}: {reason}")]
    Refused { what: &'static str, reason: String },
    #[error("password: {0}")]
    Password(String),
}

impl SeedError {
    pub fn refused(what: &'static str, reason: impl ToString) -> Self {
        Self::Refused { what, reason: reason.to_string() }
    }
}

/// Seeds the store as if the laboratory had worked until `now`; the same seed gives the same county.
pub fn seed(store: &Store, seed: u64, extent: Extent, now: Timestamp) -> Result<(Arc<Ids>, Vec<Account>), SeedError> {
    let (accounts, hashes) = accounts()?;
    // One transaction: an interrupted seeding leaves nothing behind, and the disk is waited for once.
    let ids = store.write(&Who::Program, now, |tx| {
        let began = now - jiff::SignedDuration::from_hours(24 * (extent.days + 30));
        let ids = Arc::new(setup::set_up(tx, began, &hashes)?);
        history::live_through(tx, &ids, seed, extent, now)?;
        Ok::<_, SeedError>(ids)
    })?;
    Ok((ids, accounts))
}

/// Each account's password is its user name with `-demo`: said aloud, and only here.
pub fn known_accounts() -> Vec<Account> {
    let account = |(username, _, roles): (&'static str, &'static str, &'static [Role])| Account {
        role: roles.first().copied().unwrap_or(Role::Technician),
        username,
        password: format!("{username}-demo"),
    };
    county::PEOPLE.map(account).into()
}

fn accounts() -> Result<(Vec<Account>, Vec<String>), SeedError> {
    let accounts = known_accounts();
    let hash = |account: &Account| crate::web::password::hash_now(&account.password).map_err(SeedError::Password);
    let hashes = accounts.iter().map(hash).collect::<Result<_, _>>()?;
    Ok((accounts, hashes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_fills_a_laboratory_on_which_work_can_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("laboratory.db").display())).unwrap();
        store.migrate().unwrap();
        let now: Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
        let (ids, accounts) = seed(&store, 7, Extent { days: 9 }, now).unwrap();
        assert_eq!(accounts.len(), county::PEOPLE.len());
        assert_eq!(ids.instruments.len(), county::INSTRUMENTS.len());
        let counts = store.read(crate::store::work::counts).unwrap();
        for state in crate::lab::analysis::status::State::ALL {
            assert!(counts.get(state).copied().unwrap_or_default() > 0, "no analysis is {state}");
        }
        for state in crate::lab::sampling::sample::State::ALL {
            let filter = crate::store::samples::Filter { state: Some(*state), ..Default::default() };
            let (found, _) = store.read(|conn| crate::store::samples::list(conn, &filter, 1)).unwrap();
            assert!(!found.is_empty(), "no sample is {state}");
        }
    }
}
