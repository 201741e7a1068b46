//! Bench agents: enrolled by an administrator, known by the hash of their token, and how each was last heard.

use diesel::prelude::*;
use jiff::Timestamp;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::instant;
use super::ledger::Tx;
use super::schema::{agent, agent_health};
use super::search::{self, lower};
use crate::lab::people::Who;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    pub id: i64,
    pub code: String,
    pub name: String,
    pub enrolled_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub heard: Option<Heard>,
}

/// What an agent said when it was last heard, as it said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub at: Timestamp,
    pub beat: String,
}

type Row = (i64, String, String, String, Option<String>, Option<String>, Option<String>);

fn read((id, code, name, enrolled_at, revoked_at, seen_at, beat): Row) -> Result<Agent, StoreError> {
    let at = |text: &str| instant::read("agent", id, text);
    let heard = match (seen_at, beat) {
        (Some(seen_at), Some(beat)) => Some(Heard { at: at(&seen_at)?, beat }),
        _ => None,
    };
    let revoked_at = revoked_at.as_deref().map(at).transpose()?;
    Ok(Agent { id, enrolled_at: at(&enrolled_at)?, code, name, revoked_at, heard })
}

macro_rules! rows {
    ($conn:expr, |$query:ident| $narrowed:expr) => {{
        let $query = agent::table
            .left_join(agent_health::table)
            .select((
                agent::id,
                agent::code,
                agent::name,
                agent::enrolled_at,
                agent::revoked_at,
                agent_health::seen_at.nullable(),
                agent_health::beat.nullable(),
            ))
            .order(agent::id)
            .into_boxed();
        let rows: Vec<Row> = $narrowed.load($conn)?;
        rows.into_iter().map(read).collect::<Result<Vec<Agent>, StoreError>>()?
    }};
}

fn all(conn: &mut Conn) -> Result<Vec<Agent>, StoreError> {
    Ok(rows!(conn, |query| query))
}

impl Agent {
    pub(in crate::store) fn find(conn: &mut Conn, id: i64) -> Result<Option<Self>, StoreError> {
        Ok(rows!(conn, |query| query.filter(agent::id.eq(id))).pop())
    }

    /// Those whose code or name has this part in it.
    pub(in crate::store) fn named(conn: &mut Conn, text: &str) -> Result<Vec<i64>, StoreError> {
        let part = search::part(text);
        let code = lower(agent::code).like(part.clone()).escape('\\');
        let found = code.or(lower(agent::name).like(part).escape('\\'));
        Ok(agent::table.filter(found).select(agent::id).load(conn)?)
    }
}

/// The agent with this token, unless it was revoked.
fn with_token(conn: &mut Conn, token_hash: &str) -> Result<Option<Agent>, StoreError> {
    let hash = token_hash.to_owned();
    Ok(rows!(conn, |query| query.filter(agent::token_hash.eq(hash)).filter(agent::revoked_at.is_null())).pop())
}

pub(crate) fn enrol(tx: &mut Tx<'_>, code: &str, name: &str, token_hash: &str) -> Result<i64, StoreError> {
    let id: i64 = diesel::insert_into(agent::table)
        .values((
            agent::code.eq(code),
            agent::name.eq(name),
            agent::token_hash.eq(token_hash),
            agent::enrolled_at.eq(instant::written(tx.at)),
        ))
        .returning(agent::id)
        .get_result(tx.conn)?;
    tx.record("agent.enrolled", "agent", id, None)?;
    Ok(id)
}

fn revoke(tx: &mut Tx<'_>, id: i64, why: &str) -> Result<(), StoreError> {
    let changed = diesel::update(agent::table.find(id).filter(agent::revoked_at.is_null()))
        .set(agent::revoked_at.eq(instant::written(tx.at)))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(StoreError::Stale { table: "agent", id });
    }
    tx.record("agent.revoked", "agent", id, Some(why))?;
    Ok(())
}

/// A new token in place of the old one; a revoked agent may deliver again with it.
fn renew(tx: &mut Tx<'_>, id: i64, token_hash: &str) -> Result<(), StoreError> {
    let changed = diesel::update(agent::table.find(id))
        .set((agent::token_hash.eq(token_hash), agent::revoked_at.eq(None::<String>)))
        .execute(tx.conn)?;
    if changed == 0 {
        return Err(StoreError::Stale { table: "agent", id });
    }
    tx.record("agent.renewed", "agent", id, None)?;
    Ok(())
}

fn hear(tx: &mut Tx<'_>, id: i64, beat: &str) -> Result<(), StoreError> {
    let seen_at = instant::written(tx.at);
    let known = diesel::update(agent_health::table.filter(agent_health::agent_id.eq(id)))
        .set((agent_health::seen_at.eq(&seen_at), agent_health::beat.eq(beat)))
        .execute(tx.conn)?;
    if known == 0 {
        diesel::insert_into(agent_health::table)
            .values((agent_health::agent_id.eq(id), agent_health::seen_at.eq(&seen_at), agent_health::beat.eq(beat)))
            .execute(tx.conn)?;
    }
    Ok(())
}

impl Store {
    /// Every agent that was ever enrolled, revoked ones too.
    pub async fn agents(&self) -> Result<Vec<Agent>, StoreError> {
        self.reading(all).await
    }

    pub async fn agent(&self, id: i64) -> Result<Option<Agent>, StoreError> {
        self.reading(move |conn| Agent::find(conn, id)).await
    }

    /// The agent with this token, unless it was revoked.
    pub async fn agent_with_token(&self, token_hash: String) -> Result<Option<Agent>, StoreError> {
        self.reading(move |conn| with_token(conn, &token_hash)).await
    }

    /// Enrols an agent. A taken code is [`StoreError::Conflict`].
    pub async fn enrol_agent(
        &self,
        by: Who,
        at: Timestamp,
        code: String,
        name: String,
        token_hash: String,
    ) -> Result<i64, StoreError> {
        self.writing(by, at, move |tx| enrol(tx, &code, &name, &token_hash)).await
    }

    pub async fn revoke_agent(&self, by: Who, at: Timestamp, id: i64, why: String) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| revoke(tx, id, &why)).await
    }

    pub async fn renew_agent(&self, by: Who, at: Timestamp, id: i64, token_hash: String) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| renew(tx, id, &token_hash)).await
    }

    /// Keeps how an agent says it is.
    pub async fn hear_agent(&self, id: i64, at: Timestamp, beat: String) -> Result<(), StoreError> {
        self.writing(Who::Program, at, move |tx| hear(tx, id, &beat)).await
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

    #[test]
    fn a_revoked_token_opens_nothing_and_a_renewed_one_does() {
        for_each_engine(|store| {
            Runtime::new().unwrap().block_on(async {
                let text = str::to_owned;
                let enrol = |code, hash| store.enrol_agent(Who::Program, at(0), text(code), text("色谱室"), text(hash));
                let id = enrol("BENCH-1", "h1").await.unwrap();
                assert!(matches!(enrol("BENCH-1", "h2").await, Err(StoreError::Conflict { .. })));
                let known = async |hash: &str| store.agent_with_token(text(hash)).await.unwrap().is_some();
                assert!(known("h1").await && !known("h9").await);
                store.hear_agent(id, at(1), text("{}")).await.unwrap();
                store.hear_agent(id, at(2), text("{\"n\":2}")).await.unwrap();
                let heard = store.agent(id).await.unwrap().unwrap().heard.unwrap();
                assert_eq!(heard, Heard { at: at(2), beat: text("{\"n\":2}") });
                store.revoke_agent(Who::Program, at(3), id, text("电脑报废")).await.unwrap();
                assert!(!known("h1").await);
                let again = store.revoke_agent(Who::Program, at(3), id, text("电脑报废")).await;
                assert!(matches!(again, Err(StoreError::Stale { .. })));
                store.renew_agent(Who::Program, at(4), id, text("h3")).await.unwrap();
                assert!(known("h3").await && !known("h1").await);
            });
        });
    }
}
