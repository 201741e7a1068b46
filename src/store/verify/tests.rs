//! Somebody changes the database by hand, on each engine; the check must name the record that was changed, and only it.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sha2::{Digest, Sha256};

use super::*;
use crate::lab::digest::hex;
use crate::lab::disclosure::ledger::tree::leaf_hash;
use crate::lab::people::Who;
use crate::store::ledger::{Extra, ledger_leaf};
use crate::store::migrations::MIGRATIONS;
use crate::store::schema::producer;
use crate::store::trial::{BYTES, at, engines, for_each_engine, furnish};

/// Leaves: the migrations, then places 1, 2, 3, place 2 again, the balance, the transmission.
const PLACE_1: i64 = MIGRATIONS.len() as i64;
const PLACE_2: i64 = PLACE_1 + 1;
const PLACE_3: i64 = PLACE_1 + 2;
const PLACE_2_MOVED: i64 = PLACE_1 + 3;
const BALANCE: i64 = PLACE_1 + 4;
const TRANSMISSION: i64 = PLACE_1 + 5;

/// Where the hash of a leaf is kept: after the hashes of all trees that were complete before it.
fn position(leaf: i64) -> i64 {
    (0..32).map(|level| leaf >> level).sum()
}

/// The hand of somebody who owns the database: the triggers go first.
fn tamper(store: &Store, statement: &str) {
    store
        .write(&Who::Program, at(), |tx| {
            let query = match tx.conn {
                Conn::Sqlite(_) => "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'",
                Conn::Pg(_) => {
                    "SELECT 'DROP TRIGGER ' || tgname || ' ON ' || tgrelid::regclass::text FROM pg_trigger \
                     WHERE NOT tgisinternal"
                }
            };
            for drop in sql::<Text>(query).load::<String>(tx.conn)? {
                tx.conn.batch_execute(&drop)?;
            }
            let rows = diesel::sql_query(statement).execute(tx.conn)?;
            assert!(rows > 0, "{statement}: nothing was changed");
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn found_after(statement: &str, expected: &[Finding]) {
    for_each_engine(|store| {
        furnish(store);
        assert_eq!(store.verify().unwrap().findings, [], "before: {statement}");
        tamper(store, statement);
        assert_eq!(store.verify().unwrap().findings, expected, "after: {statement}");
    });
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn place(id: i64) -> (String, i64) {
    ("place".to_owned(), id)
}

#[test]
fn an_untouched_record_has_nothing_to_report() {
    for_each_engine(|store| {
        furnish(store);
        let report = store.verify().unwrap();
        assert_eq!(report.findings, []);
        assert_eq!((report.leaves, report.rows), (TRANSMISSION + 1, TRANSMISSION));
        assert_eq!(report.root, store.read(crate::store::ledger::frontier).unwrap().root().to_string());
    });
}

#[test]
fn a_row_changed_by_hand_is_named_with_both_values() {
    let (table, id) = place(2);
    found_after(
        "UPDATE place SET town = '东坝镇' WHERE id = 2",
        &[Finding::Column {
            table,
            id,
            column: "town".to_owned(),
            recorded: text("西坝镇"),
            found: text("东坝镇"),
            last_leaf: PLACE_2_MOVED,
        }],
    );
}

#[test]
fn a_value_made_nothing_is_named() {
    found_after(
        "UPDATE instrument SET bench_id = NULL, retired_at = '2026-03-02T00:00:00.000Z'",
        &[("bench_id", text("2"), None), ("retired_at", None, text("2026-03-02T00:00:00.000Z"))].map(
            |(column, recorded, found)| Finding::Column {
                table: "instrument".to_owned(),
                id: 1,
                column: column.to_owned(),
                recorded,
                found,
                last_leaf: BALANCE,
            },
        ),
    );
}

#[test]
fn a_row_taken_away_by_hand_is_named() {
    let (table, id) = place(3);
    found_after("DELETE FROM place WHERE id = 3", &[Finding::Missing { table, id, last_leaf: PLACE_3 }]);
}

#[test]
fn a_row_added_by_hand_is_named() {
    let (table, id) = place(99);
    found_after(
        "INSERT INTO place (id, code, name, kind, town, address) VALUES (99, 'X', 'X', 'room', 'X', 'X')",
        &[Finding::Unrecorded { table, id }],
    );
}

#[test]
fn a_row_renumbered_by_hand_is_gone_under_one_number_and_unknown_under_the_other() {
    found_after(
        "UPDATE place SET id = 98 WHERE id = 3",
        &[
            Finding::Missing { table: "place".to_owned(), id: 3, last_leaf: PLACE_3 },
            Finding::Unrecorded { table: "place".to_owned(), id: 98 },
        ],
    );
}

#[test]
fn bytes_changed_by_hand_are_named() {
    for_each_engine(|store| {
        furnish(store);
        let statement = match store.read(|conn| Ok::<_, StoreError>(conn.engine())).unwrap() {
            crate::store::pool::Engine::Sqlite => "UPDATE transmission SET bytes = x'050203'",
            crate::store::pool::Engine::Postgres => "UPDATE transmission SET bytes = '\\x050203'",
        };
        tamper(store, statement);
        let expected = Finding::Bytes {
            table: "transmission".to_owned(),
            id: 1,
            recorded: Some(hex(&Sha256::digest(BYTES))),
            // sha256sum of 05 02 03
            found: "d26671a9cd866209a63e07e6ab36ba157dc352c675e95181930dd7d5cd21ee9a".to_owned(),
            last_leaf: TRANSMISSION,
        };
        assert_eq!(store.verify().unwrap().findings, [expected]);
    });
}

#[test]
fn a_leaf_changed_by_hand_is_named_with_what_it_is_about() {
    let (table, id) = place(2);
    found_after(
        &format!(
            "UPDATE ledger_leaf SET data = replace(data, 'config.added', 'config.adder') WHERE leaf_index = {PLACE_2}"
        ),
        &[Finding::Leaf {
            leaf: PLACE_2,
            table: Some(table),
            id: Some(id),
            what: "its text is not what was hashed when it was written".to_owned(),
        }],
    );
}

#[test]
fn a_leaf_taken_away_with_its_content_is_named() {
    for_each_engine(|store| {
        furnish(store);
        tamper(store, &format!("DELETE FROM ledger_content WHERE leaf_index = {PLACE_3}"));
        tamper(store, &format!("DELETE FROM ledger_leaf WHERE leaf_index = {PLACE_3}"));
        let found = store.verify().unwrap().findings;
        let (table, id) = place(3);
        assert_eq!(
            found,
            [
                Finding::Leaf { leaf: PLACE_3, table: None, id: None, what: "is gone".to_owned() },
                Finding::Subject { table: table.clone(), id, what: "no leaf is about it".to_owned() },
            ]
        );
    });
}

#[test]
fn content_changed_by_hand_is_named() {
    let (table, id) = place(2);
    found_after(
        &format!(
            "UPDATE ledger_content SET fields = replace(fields, '西坝镇', '东坝镇') WHERE leaf_index = {PLACE_2_MOVED}"
        ),
        &[Finding::Content { leaf: PLACE_2_MOVED, table, id, what: "is not what the leaf commits to".to_owned() }],
    );
}

#[test]
fn content_taken_away_by_hand_is_named() {
    let (table, id) = place(2);
    found_after(
        &format!("DELETE FROM ledger_content WHERE leaf_index = {PLACE_2_MOVED}"),
        &[Finding::Content { leaf: PLACE_2_MOVED, table, id, what: "is gone".to_owned() }],
    );
}

#[test]
fn a_list_of_subjects_changed_by_hand_is_named() {
    let (table, id) = place(2);
    found_after(
        &format!("UPDATE ledger_subject SET ver = 1, last_leaf = {PLACE_2} WHERE table_name = 'place' AND row_id = 2"),
        &[Finding::Subject {
            table,
            id,
            what: format!("says version 1 at leaf {PLACE_2}, the leaves say 2 at {PLACE_2_MOVED}"),
        }],
    );
}

#[test]
fn an_interior_hash_changed_by_hand_is_named() {
    // Position 2 stands over the first two leaves.
    found_after(
        "UPDATE ledger_hash SET hash = (SELECT h.hash FROM ledger_hash h WHERE h.position = 0) WHERE position = 2",
        &[Finding::Hash { position: 2 }, Finding::Hash { position: 6 }],
    );
}

#[test]
fn a_head_set_back_by_hand_is_named_with_what_lies_beyond() {
    for_each_engine(|store| {
        furnish(store);
        tamper(store, &format!("UPDATE ledger_head SET size = {TRANSMISSION}"));
        let found = store.verify().unwrap().findings;
        assert!(found.contains(&Finding::Leaf {
            leaf: TRANSMISSION,
            table: None,
            id: None,
            what: format!("lies beyond the {TRANSMISSION} leaves of the head")
        }));
        assert!(found.iter().any(|one| matches!(one, Finding::Head { .. })), "{found:?}");
    });
}

#[test]
fn a_leaf_rewritten_together_with_its_own_hash_is_found_by_the_tree_above_it() {
    for_each_engine(|store| {
        furnish(store);
        let data: String = store
            .read(|conn| {
                let leaf = ledger_leaf::table.find(PLACE_2).select(ledger_leaf::data);
                Ok::<_, StoreError>(leaf.first(conn)?)
            })
            .unwrap();
        let other = data.replace("2026-03-01T08", "2026-03-01T07");
        tamper(store, &format!("UPDATE ledger_leaf SET data = '{other}' WHERE leaf_index = {PLACE_2}"));
        let hash = leaf_hash(other.as_bytes());
        let place = position(PLACE_2);
        tamper(store, &format!("UPDATE ledger_hash SET hash = '{hash}' WHERE position = {place}"));
        let found = store.verify().unwrap().findings;
        // The subtree over this leaf and its neighbour, and the next leaf of the same place, which points back at the
        // old hash.
        assert_eq!(found[0], Finding::Hash { position: position(PLACE_2 | 1) + 1 });
        assert!(
            found.contains(&Finding::Leaf {
                leaf: PLACE_2_MOVED,
                table: text("place"),
                id: Some(2),
                what: "follows another leaf than the one that is there".to_owned()
            }),
            "{found:?}"
        );
    });
}

#[test]
fn a_hidden_sample_leaves_a_gap_in_the_accession_numbers() {
    for_each_engine(|store| {
        let register = |number: i64| {
            let leaf = store.write(&Who::Program, at(), |tx| {
                let id = diesel::insert_into(producer::table)
                    .values((
                        producer::code.eq(format!("P{number}")),
                        producer::name.eq("合作社"),
                        producer::kind.eq("cooperative"),
                        producer::town.eq("城关镇"),
                        producer::address.eq(""),
                        producer::contact.eq(""),
                        producer::phone.eq(""),
                    ))
                    .returning(producer::id)
                    .get_result(tx.conn)?;
                tx.record_with("sample.registered", "producer", id, None, Extra::Accession(number))
            });
            leaf.unwrap()
        };
        register(1);
        register(2);
        let after_the_gap = register(4);
        let what = "accession 4 follows 2: one is missing".to_owned();
        assert_eq!(
            store.verify().unwrap().findings,
            [Finding::Leaf { leaf: after_the_gap, table: text("producer"), id: Some(3), what }]
        );
    });
}

#[test]
fn a_database_without_a_record_is_not_called_sound() {
    engines::each(|url| {
        let store = Store::open(url).unwrap();
        assert!(matches!(store.verify(), Err(StoreError::Older { .. })));
    });
}

#[test]
fn a_person_reads_what_was_found() {
    let finding = Finding::Column {
        table: "place".to_owned(),
        id: 2,
        column: "town".to_owned(),
        recorded: text("西坝镇"),
        found: None,
        last_leaf: 5,
    };
    assert_eq!(finding.to_string(), "place 2: town: the record says '西坝镇', the row says nothing (leaf 5)");
}
