//! A laboratory carried from engine to engine in a file, and what happens to a file that was cut or altered.

use std::fs;
use std::io::{Read, Write};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::*;
use crate::lab::people::Who;
use crate::store::Store;
use crate::store::schema::transmission;
use crate::store::tables::tables;
use crate::store::trial::engines::{self, Fresh};
use crate::store::trial::{BYTES, add_place, at, furnish};

fn furnished(database: &Fresh) -> Store {
    let store = Store::open(&database.url).unwrap();
    store.migrate().unwrap();
    furnish(&store);
    store
}

fn add_one_more(store: &Store) -> i64 {
    store.write(&Who::Program, at(), |tx| add_place(tx, "K9", "留样室", "城关镇")).unwrap()
}

fn is_empty(store: &Store) -> bool {
    store.read(tables).unwrap().is_empty()
}

#[test]
fn a_laboratory_goes_from_engine_to_engine_and_back_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second, third) = (Fresh::sqlite(), Fresh::postgres(), Fresh::sqlite());
    let start = furnished(&first);
    let one = start.backup(&folder.path().join("one.zip"), &[], at()).unwrap();

    let postgres = Store::open(&second.url).unwrap();
    assert_eq!(postgres.restore(&folder.path().join("one.zip"), &[]).unwrap(), one);
    assert_eq!(postgres.verify().unwrap().findings, []);
    let two = postgres.backup(&folder.path().join("two.zip"), &[], at()).unwrap();
    assert_eq!(two, one, "the same rows, digests and root on both engines");

    let back = Store::open(&third.url).unwrap();
    back.restore(&folder.path().join("two.zip"), &[]).unwrap();
    let bytes: Vec<u8> = back
        .read(|conn| {
            let bytes = transmission::table.find(1).select(transmission::bytes).first(conn)?;
            Ok::<_, StoreError>(bytes)
        })
        .unwrap();
    assert_eq!(bytes, BYTES);
    for store in [&start, &postgres, &back] {
        assert_eq!(add_one_more(store), 4, "numbers go on where they stopped");
        assert_eq!(store.verify().unwrap().findings, []);
        assert!(store.migrate().unwrap().is_empty());
    }
}

#[test]
fn work_goes_on_while_a_backup_is_made_and_the_backup_is_of_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Fresh::sqlite(), Fresh::sqlite());
    let store = furnished(&first);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0..50 {
                let code = format!("N{n}");
                store.write(&Who::Program, at(), |tx| add_place(tx, &code, "货架", "城关镇")).unwrap();
            }
        });
        while !writer.is_finished() {
            let path = folder.path().join("now.zip");
            store.backup(&path, &[], at()).unwrap();
            fs::rename(&path, folder.path().join("last.zip")).unwrap();
        }
    });
    let restored = Store::open(&second.url).unwrap();
    restored.restore(&folder.path().join("last.zip"), &[]).unwrap();
    assert_eq!(restored.verify().unwrap().findings, []);
}

#[test]
fn a_cut_or_altered_archive_is_refused_and_the_target_stays_empty() {
    let folder = tempfile::tempdir().unwrap();
    let database = Fresh::sqlite();
    let path = folder.path().join("whole.zip");
    furnished(&database).backup(&path, &[], at()).unwrap();
    let whole = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged.zip");
    engines::each(|url| {
        let target = Store::open(url).unwrap();
        let refused = |bytes: &[u8], what: &str| {
            fs::write(&damaged, bytes).unwrap();
            let error = target.restore(&damaged, &[]).expect_err(what);
            assert!(matches!(error, ArchiveError::Damaged { .. }), "{what}: {error}");
            assert!(is_empty(&target), "{what}");
        };
        for part in 0..20 {
            refused(&whole[..whole.len() * part / 20], &format!("cut at {part}/20"));
        }
        refused(&whole[..whole.len() - 1], "the last byte cut");
        for place in (0..whole.len()).step_by(whole.len() / 150).chain(whole.len() - 64..whole.len()) {
            let mut altered = whole.clone();
            altered[place] ^= 0x10;
            refused(&altered, &format!("a bit of byte {place}"));
        }
        target.restore(&path, &[]).unwrap();
    });
}

/// Somebody who knows how the seal is made sets it anew: what the manifest says still does not fit.
#[test]
fn an_archive_sealed_anew_over_other_rows_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (first, other) = (Fresh::sqlite(), Fresh::sqlite());
    let path = folder.path().join("one.zip");
    furnished(&first).backup(&path, &[], at()).unwrap();
    let mut source = zip::ZipArchive::new(fs::File::open(&path).unwrap()).unwrap();
    let forged = folder.path().join("forged.zip");
    let mut target = zip::ZipWriter::new(fs::File::create(&forged).unwrap());
    for index in 0..source.len() {
        let mut entry = source.by_index(index).unwrap();
        let (name, mut text) = (entry.name().unwrap().into_owned(), Vec::new());
        entry.read_to_end(&mut text).unwrap();
        if name == "tables/place.jsonl" {
            text = String::from_utf8(text).unwrap().replace("城关镇", "东坝镇").into_bytes();
        }
        target.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        target.write_all(&text).unwrap();
    }
    target.set_raw_comment(Box::new(seal::BLANK)).unwrap();
    target.finish().unwrap();
    seal::set(&mut fs::File::options().read(true).write(true).open(&forged).unwrap()).unwrap();
    let store = Store::open(&other.url).unwrap();
    let error = store.restore(&forged, &[]).unwrap_err();
    assert!(error.to_string().contains("tables/place.jsonl: expected 3 rows"), "{error}");
    assert!(is_empty(&store));
}

#[test]
fn an_empty_database_has_nothing_to_back_up() {
    let folder = tempfile::tempdir().unwrap();
    engines::each(|url| {
        let path = folder.path().join("none.zip");
        let error = Store::open(url).unwrap().backup(&path, &[], at()).unwrap_err();
        assert!(matches!(error, ArchiveError::Store(StoreError::Older { .. })), "{error}");
        assert!(!path.exists());
    });
}

#[test]
fn a_backup_of_a_record_that_was_altered_does_not_become_a_laboratory_again() {
    for (database, target) in [(Fresh::sqlite(), Fresh::postgres()), (Fresh::postgres(), Fresh::sqlite())] {
        let folder = tempfile::tempdir().unwrap();
        let store = furnished(&database);
        store
            .write(&Who::Program, at(), |tx| {
                tx.conn.batch_execute("UPDATE place SET town = 'X' WHERE id = 1").map_err(StoreError::from)
            })
            .unwrap();
        let path = folder.path().join("altered.zip");
        store.backup(&path, &[], at()).unwrap();
        let target = Store::open(&target.url).unwrap();
        let error = target.restore(&path, &[]).unwrap_err();
        let ArchiveError::Unproven { count: 1, first } = &error else { panic!("{error}") };
        assert!(first.to_string().starts_with("place 1: town:"), "{first}");
        assert!(is_empty(&target));
    }
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Fresh::sqlite(), Fresh::postgres());
    let store = furnished(&first);
    let path = folder.path().join("one.zip");
    store.backup(&path, &[], at()).unwrap();
    assert!(matches!(store.backup(&path, &[], at()), Err(ArchiveError::Exists { .. })));
    assert!(matches!(store.restore(&path, &[]), Err(ArchiveError::NotEmpty { .. })));
    let other = furnished(&second);
    assert!(matches!(other.restore(&path, &[]), Err(ArchiveError::NotEmpty { .. })));
    assert_eq!(other.verify().unwrap().findings, []);
}

#[test]
fn files_beside_the_database_travel_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Fresh::sqlite(), Fresh::sqlite());
    let store = furnished(&first);
    let beside = |name: &str| vec![Beside { name: "journal.db", path: folder.path().join(name) }];
    let mut journal = SqliteConnection::establish(&beside("a.db")[0].path.to_string_lossy()).unwrap();
    journal
        .batch_execute("PRAGMA journal_mode=WAL; CREATE TABLE kept (n INTEGER); INSERT INTO kept VALUES (7);")
        .unwrap();
    let path = folder.path().join("one.zip");
    let manifest = store.backup(&path, &beside("a.db"), at()).unwrap();
    assert_eq!(manifest.files[0].name, "journal.db");

    let target = Store::open(&second.url).unwrap();
    let error = target.restore(&path, &beside("a.db")).unwrap_err();
    assert!(matches!(error, ArchiveError::Exists { .. }), "{error}");
    assert!(is_empty(&target));
    target.restore(&path, &beside("b.db")).unwrap();
    let mut copy = SqliteConnection::establish(&beside("b.db")[0].path.to_string_lossy()).unwrap();
    let kept = diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT n FROM kept").get_result::<i64>(&mut copy);
    assert_eq!(kept.unwrap(), 7);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".tmp")), "{left:?}");
}
