//! Writing into the record: the leaf, its private content and the tree, in the transaction of what they are about.
//!
//! The head's row is taken first by every writer, so leaves have no gaps (security design 3.3).

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::conn::Conn;
use super::error::StoreError;
use super::instant;
use super::pool::Engine;
use super::recorded::{Recorded, recorded};
use crate::lab::digest::hex;
use crate::lab::disclosure::ledger::content::{self, Field, Row, Salt, WHAT, WHO, WHY};
use crate::lab::disclosure::ledger::leaf::{Envelope, Previous, handle};
use crate::lab::disclosure::ledger::tree::{Frontier, Hash, leaf_hash, stored_count, stored_position};
use crate::lab::people::Who;

diesel::table! {
    ledger_head (id) { id -> BigInt, size -> BigInt, root -> Text, peaks -> Text, taken -> BigInt, }
}
diesel::table! {
    ledger_subject (id) {
        id -> BigInt, handle -> Text, table_name -> Text, row_id -> BigInt, ver -> BigInt, last_leaf -> BigInt,
    }
}
diesel::table! {
    ledger_leaf (leaf_index) { leaf_index -> BigInt, data -> Text, }
}
diesel::table! {
    ledger_hash (position) { position -> BigInt, hash -> Text, }
}
diesel::table! {
    ledger_content (leaf_index) { leaf_index -> BigInt, subject_id -> BigInt, fields -> Text, }
}

/// One write: rows and their leaves, by one person at one instant, kept together or not at all.
pub struct Tx<'a> {
    pub conn: &'a mut Conn,
    pub by: &'a Who,
    pub at: Timestamp,
}

/// What some envelopes carry beside the common fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    None,
    /// The gap-free number of a sample.
    Accession(i64),
}

impl Tx<'_> {
    /// Appends the leaf for what has just been written to this row; answers the leaf's index.
    pub fn record(
        &mut self,
        event: &'static str,
        table: &'static str,
        id: i64,
        why: Option<&str>,
    ) -> Result<i64, StoreError> {
        self.record_with(event, table, id, why, Extra::None)
    }

    pub fn record_with(
        &mut self,
        event: &'static str,
        table: &'static str,
        id: i64,
        why: Option<&str>,
        extra: Extra,
    ) -> Result<i64, StoreError> {
        let corrupt = |what: String| StoreError::Corrupt { table, id, what };
        let what = recorded(table).ok_or_else(|| corrupt("is not a table of the record".to_owned()))?;
        let now = row(self.conn, what, id)?.ok_or_else(|| corrupt("was not written before its leaf".to_owned()))?;
        let mut frontier = frontier(self.conn)?;
        let index = frontier.size();
        let subject = self.subject(table, id, index)?;

        let mut before = Row::new();
        for fields in contents(self.conn, subject.id)? {
            content::fold(&mut before, &fields).map_err(|error| corrupt(error.to_string()))?;
        }
        let mut fields = vec![
            Field { name: WHO.to_owned(), salt: salt()?, value: who(self.by) },
            Field::text(WHAT, salt()?, Some(event)),
            Field::text(WHY, salt()?, why),
        ];
        for (column, value) in content::changes(&before, &now) {
            fields.push(Field::text(column, salt()?, value));
        }
        let actor = match fields.first() {
            Some(who) => who.commitment().map_err(|error| corrupt(error.to_string()))?,
            None => return Err(corrupt("has no actor".to_owned())),
        };
        let envelope = Envelope {
            v: 1,
            event: event.to_owned(),
            t: instant::written(self.at),
            subj: subject.handle,
            ver: subject.ver,
            prev: subject.previous,
            actor: hex(&actor.0),
            role: role(self.by),
            content: content::content_root(&fields).map_err(|error| corrupt(error.to_string()))?,
            schema: format!("{table}/1"),
            acc: match extra {
                Extra::None => None,
                Extra::Accession(number) => Some(number.to_string()),
            },
        };
        let data = envelope.written().map_err(|error| corrupt(error.to_string()))?;
        let written = content::written(&fields).map_err(|error| corrupt(error.to_string()))?;
        let leaf = append(self.conn, &mut frontier, &data)?;
        diesel::insert_into(ledger_content::table)
            .values((
                ledger_content::leaf_index.eq(leaf),
                ledger_content::subject_id.eq(subject.id),
                ledger_content::fields.eq(written),
            ))
            .execute(self.conn)?;
        Ok(leaf)
    }

    /// Finds the subject of a row or names a new one, and moves it on to the leaf that is about to be written.
    fn subject(&mut self, table: &'static str, id: i64, leaf: u64) -> Result<Subject, StoreError> {
        let leaf = number(leaf)?;
        let known = ledger_subject::table
            .filter(ledger_subject::table_name.eq(table))
            .filter(ledger_subject::row_id.eq(id))
            .select((ledger_subject::id, ledger_subject::handle, ledger_subject::ver, ledger_subject::last_leaf))
            .first::<(i64, String, i64, i64)>(self.conn)
            .optional()?;
        let Some((subject, handle, ver, last)) = known else {
            let handle = handle(random()?);
            let subject = diesel::insert_into(ledger_subject::table)
                .values((
                    ledger_subject::handle.eq(&handle),
                    ledger_subject::table_name.eq(table),
                    ledger_subject::row_id.eq(id),
                    ledger_subject::ver.eq(1),
                    ledger_subject::last_leaf.eq(leaf),
                ))
                .returning(ledger_subject::id)
                .get_result(self.conn)?;
            return Ok(Subject { id: subject, handle, ver: 1, previous: None });
        };
        diesel::update(ledger_subject::table.find(subject))
            .set((ledger_subject::ver.eq(ver + 1), ledger_subject::last_leaf.eq(leaf)))
            .execute(self.conn)?;
        let place = u64::try_from(last).map_err(|error| StoreError::corrupt("ledger_subject", subject, error))?;
        let hash = ledger_hash::table
            .find(number(stored_position(0, place))?)
            .select(ledger_hash::hash)
            .first::<String>(self.conn)?;
        let h = hash.parse::<Hash>().map_err(|error| StoreError::corrupt("ledger_hash", last, error))?;
        let ver = u64::try_from(ver + 1).map_err(|error| StoreError::corrupt("ledger_subject", subject, error))?;
        Ok(Subject { id: subject, handle, ver, previous: Some(Previous { i: last.to_string(), h }) })
    }
}

struct Subject {
    id: i64,
    handle: String,
    ver: u64,
    previous: Option<Previous>,
}

/// Takes the head: on PostgreSQL this row lock is the queue of the writers.
pub(in crate::store) fn take(conn: &mut Conn) -> Result<(), StoreError> {
    let taken = diesel::update(ledger_head::table.find(1)).set(ledger_head::taken.eq(ledger_head::taken + 1));
    match taken.execute(conn)? {
        1 => Ok(()),
        rows => Err(StoreError::corrupt("ledger_head", 1, format!("expected one row, found {rows}"))),
    }
}

/// The right edge of the tree, as the head keeps it.
pub(in crate::store) fn frontier(conn: &mut Conn) -> Result<Frontier, StoreError> {
    let (size, peaks) =
        ledger_head::table.find(1).select((ledger_head::size, ledger_head::peaks)).first::<(i64, String)>(conn)?;
    let corrupt = |what: String| StoreError::corrupt("ledger_head", 1, what);
    let peaks = peaks.split_whitespace().map(str::parse).collect::<Result<Vec<Hash>, _>>();
    let peaks = peaks.map_err(|error| corrupt(error.to_string()))?;
    let size = u64::try_from(size).map_err(|error| corrupt(error.to_string()))?;
    Frontier::new(size, peaks).ok_or_else(|| corrupt(format!("the peaks are not those of {size} leaves")))
}

fn append(conn: &mut Conn, frontier: &mut Frontier, data: &str) -> Result<i64, StoreError> {
    let leaf = number(frontier.size())?;
    let first = number(stored_count(frontier.size()))?;
    diesel::insert_into(ledger_leaf::table)
        .values((ledger_leaf::leaf_index.eq(leaf), ledger_leaf::data.eq(data)))
        .execute(conn)?;
    for (position, hash) in (first..).zip(frontier.push(leaf_hash(data.as_bytes()))) {
        diesel::insert_into(ledger_hash::table)
            .values((ledger_hash::position.eq(position), ledger_hash::hash.eq(hash.to_string())))
            .execute(conn)?;
    }
    let peaks: Vec<String> = frontier.peaks().iter().map(Hash::to_string).collect();
    diesel::update(ledger_head::table.find(1))
        .set((
            ledger_head::size.eq(number(frontier.size())?),
            ledger_head::root.eq(frontier.root().to_string()),
            ledger_head::peaks.eq(peaks.join(" ")),
        ))
        .execute(conn)?;
    Ok(leaf)
}

fn contents(conn: &mut Conn, subject: i64) -> Result<Vec<Vec<Field>>, StoreError> {
    let texts = ledger_content::table
        .filter(ledger_content::subject_id.eq(subject))
        .order(ledger_content::leaf_index)
        .select((ledger_content::leaf_index, ledger_content::fields))
        .load::<(i64, String)>(conn)?;
    let read = |(leaf, text): (i64, String)| {
        content::read(&text).map_err(|error| StoreError::corrupt("ledger_content", leaf, error))
    };
    texts.into_iter().map(read).collect()
}

/// The SQL that answers a row of the record as one JSON object of texts.
pub(in crate::store) fn row_as_json(engine: Engine, what: &Recorded) -> String {
    let pairs: Vec<String> = what.columns.iter().map(|column| format!("'{column}', CAST({column} AS TEXT)")).collect();
    match engine {
        Engine::Sqlite => format!("json_object({})", pairs.join(", ")),
        Engine::Postgres => format!("json_build_object({})::text", pairs.join(", ")),
    }
}

/// A row as text, whatever its table. `None`: there is no such row.
fn row(conn: &mut Conn, what: &Recorded, id: i64) -> Result<Option<Row>, StoreError> {
    let query = format!("SELECT {} FROM {} WHERE id = ", row_as_json(conn.engine(), what), what.table);
    let json = sql::<Text>(&query).bind::<BigInt, _>(id).get_result::<String>(conn).optional()?;
    let read =
        |json: String| serde_json::from_str::<Row>(&json).map_err(|error| StoreError::corrupt(what.table, id, error));
    json.map(read).transpose()
}

fn who(by: &Who) -> Value {
    match by {
        Who::Person(actor) => json!({ "person": actor.id.0.to_string(), "name": actor.name }),
        Who::Line(code) => json!({ "line": code }),
        Who::Program => json!({ "program": "qingke" }),
    }
}

/// In which capacity: all roles the person holds, since any of them may have opened the act.
fn role(by: &Who) -> String {
    match by {
        Who::Person(actor) => actor.roles.iter().map(|role| role.name()).collect::<Vec<_>>().join("+"),
        Who::Line(_) => "line".to_owned(),
        Who::Program => "program".to_owned(),
    }
}

fn salt() -> Result<Salt, StoreError> {
    random().map(Salt)
}

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Random(error.to_string()))?;
    Ok(bytes)
}

/// The database counts in signed 64 bits.
pub(in crate::store) fn number(count: u64) -> Result<i64, StoreError> {
    i64::try_from(count).map_err(|error| StoreError::corrupt("ledger_head", 1, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrations::{MIGRATIONS, schema_migration};
    use crate::store::trial::for_each_engine;

    fn add_step(tx: &mut Tx<'_>, name: &str) -> Result<i64, StoreError> {
        Ok(diesel::insert_into(schema_migration::table)
            .values((
                schema_migration::name.eq(name),
                schema_migration::applied_at.eq("2026-03-01T08:00:00.000Z"),
                schema_migration::program.eq("test"),
            ))
            .returning(schema_migration::id)
            .get_result(tx.conn)?)
    }

    fn leaves(conn: &mut Conn) -> Result<Vec<Envelope>, StoreError> {
        let data = ledger_leaf::table.order(ledger_leaf::leaf_index).select(ledger_leaf::data).load::<String>(conn)?;
        Ok(data.iter().map(|text| Envelope::read(text).expect("a leaf that reads back")).collect())
    }

    #[test]
    fn a_leaf_is_written_with_its_row_and_the_next_one_points_back() {
        for_each_engine(|store| {
            let at = "2026-03-01T08:00:00.4811Z".parse().unwrap();
            let (first, second) = store
                .write(&Who::Line("balance-1".to_owned()), at, |tx| {
                    let id = add_step(tx, "first")?;
                    let one = tx.record_with("sample.registered", "schema_migration", id, None, Extra::Accession(7))?;
                    let two = tx.record("sample.received", "schema_migration", id, Some("看过"))?;
                    Ok::<_, StoreError>((one, two))
                })
                .unwrap();
            let all = store.read(leaves).unwrap();
            let one = &all[first as usize];
            let two = &all[second as usize];
            assert_eq!((one.ver, two.ver), (1, 2));
            assert_eq!(one.subj, two.subj);
            assert_eq!(one.acc.as_deref(), Some("7"));
            assert_eq!(one.t, "2026-03-01T08:00:00.481Z");
            let previous = two.prev.clone().unwrap();
            assert_eq!(previous.i, first.to_string());
            assert_eq!(previous.h, leaf_hash(one.written().unwrap().as_bytes()));
            // Each migration is a subject of its own, before ours.
            let subject = i64::try_from(MIGRATIONS.len()).unwrap() + 1;
            let contents = store.read(|conn| contents(conn, subject)).unwrap();
            let names = |fields: &[Field]| fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
            assert_eq!(names(&contents[0]), [WHO, WHAT, WHY, "applied_at", "id", "name", "program"]);
            assert_eq!(names(&contents[1]), [WHO, WHAT, WHY]);
        });
    }

    #[test]
    fn work_that_fails_leaves_neither_row_nor_leaf() {
        for_each_engine(|store| {
            let before = store.read(frontier).unwrap();
            let refused = store.write(&Who::Program, Timestamp::UNIX_EPOCH, |tx| {
                let id = add_step(tx, "never")?;
                tx.record("migration.applied", "schema_migration", id, None)?;
                Err::<(), _>(StoreError::Stopping)
            });
            assert!(matches!(refused, Err(StoreError::Stopping)));
            assert_eq!(store.read(frontier).unwrap(), before);
            let names = store.read(crate::store::migrations::applied).unwrap();
            assert!(!names.contains(&"never".to_owned()));
        });
    }

    #[test]
    fn writers_at_once_leave_no_gap() {
        for_each_engine(|store| {
            let before = store.read(frontier).unwrap().size();
            std::thread::scope(|scope| {
                for writer in 0..4 {
                    scope.spawn(move || {
                        for step in 0..5 {
                            store
                                .write(&Who::Program, Timestamp::UNIX_EPOCH, |tx| {
                                    let id = add_step(tx, &format!("{writer}-{step}"))?;
                                    tx.record("migration.applied", "schema_migration", id, None)
                                })
                                .unwrap();
                        }
                    });
                }
            });
            assert_eq!(store.read(frontier).unwrap().size(), before + 20);
            assert_eq!(store.read(leaves).unwrap().len() as u64, before + 20);
        });
    }

    #[test]
    fn reading_cannot_write() {
        for_each_engine(|store| {
            assert!(store.read(take).is_err());
            store.write(&Who::Program, Timestamp::UNIX_EPOCH, |_| Ok::<_, StoreError>(())).unwrap();
        });
    }

    #[test]
    fn the_database_itself_refuses_to_change_the_record() {
        for_each_engine(|store| {
            let tables = ["ledger_leaf", "ledger_hash", "ledger_content", "schema_migration"];
            for statement in tables.iter().flat_map(|table| {
                [
                    format!("DELETE FROM {table}"),
                    format!(
                        "UPDATE {table} SET {}",
                        match *table {
                            "ledger_leaf" => "data = ''",
                            "ledger_hash" => "hash = ''",
                            "ledger_content" => "fields = ''",
                            _ => "name = ''",
                        }
                    ),
                ]
            }) {
                let refused = store.write(&Who::Program, Timestamp::UNIX_EPOCH, |tx| {
                    diesel::sql_query(&statement).execute(tx.conn).map_err(StoreError::from)
                });
                let message = refused.expect_err(&statement).to_string();
                assert!(message.contains("append-only"), "{statement}: {message}");
            }
        });
    }
}
