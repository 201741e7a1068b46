//! Accounts, sessions and the set-up link, as the pages need them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::lab::people::{Actor, PersonId};
use crate::lab::session;

/// A person who can sign in.
#[derive(Debug, Clone)]
pub struct Account {
    pub actor: Actor,
    pub username: String,
    pub password_hash: String,
    pub disabled: bool,
}

/// A session that is alive.
#[derive(Debug, Clone)]
pub struct Session {
    pub actor: Actor,
    pub csrf: String,
}

struct Opened {
    person: PersonId,
    csrf: String,
    opened: Timestamp,
    seen: Timestamp,
}

#[derive(Default)]
struct Kept {
    accounts: Vec<Account>,
    sessions: HashMap<String, Opened>,
    setup: Option<String>,
    laboratory: Option<String>,
}

/// Kept in memory.
#[derive(Clone, Default)]
pub struct Accounts(Arc<Mutex<Kept>>);

impl Accounts {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub async fn find_by_username(&self, username: &str) -> Result<Option<Account>, Infallible> {
        Ok(self.kept().accounts.iter().find(|account| account.username == username).cloned())
    }

    pub async fn account(&self, person: PersonId) -> Result<Option<Account>, Infallible> {
        Ok(self.kept().accounts.iter().find(|account| account.actor.id == person).cloned())
    }

    pub async fn session_open(
        &self,
        hash: String,
        csrf: String,
        person: PersonId,
        at: Timestamp,
    ) -> Result<(), Infallible> {
        self.kept().sessions.insert(hash, Opened { person, csrf, opened: at, seen: at });
        Ok(())
    }

    pub async fn session(&self, hash: &str, now: Timestamp) -> Result<Option<Session>, Infallible> {
        let mut kept = self.kept();
        let Some(opened) = kept.sessions.get_mut(hash).filter(|one| session::is_alive(one.opened, one.seen, now))
        else {
            return Ok(None);
        };
        opened.seen = now;
        let (person, csrf) = (opened.person, opened.csrf.clone());
        let account = kept.accounts.iter().find(|account| account.actor.id == person && !account.disabled);
        Ok(account.map(|account| Session { actor: account.actor.clone(), csrf }))
    }

    pub async fn session_close(&self, hash: &str, _at: Timestamp) -> Result<(), Infallible> {
        self.kept().sessions.remove(hash);
        Ok(())
    }

    pub async fn add(&self, account: Account) -> Result<(), Infallible> {
        self.kept().accounts.push(account);
        Ok(())
    }

    /// Makes the one-time link good, by the hash of its token.
    pub async fn setup_open(&self, hash: String) -> Result<(), Infallible> {
        self.kept().setup = Some(hash);
        Ok(())
    }

    pub async fn setup_is_open(&self, hash: &str) -> Result<bool, Infallible> {
        Ok(self.kept().setup.as_deref() == Some(hash))
    }

    /// Uses the link up: the first account and the laboratory's name. `false` when it was used meanwhile.
    pub async fn setup_use(&self, hash: &str, first: Account, laboratory: String) -> Result<bool, Infallible> {
        let mut kept = self.kept();
        if kept.setup.as_deref() != Some(hash) {
            return Ok(false);
        }
        kept.setup = None;
        kept.accounts.push(first);
        kept.laboratory = Some(laboratory);
        Ok(true)
    }
}
