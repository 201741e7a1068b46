//! A result on its way to the public, on both engines.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::demo::seed::{self, Extent};
use crate::lab::disclosure::publication::{Blocked, Kind, Refusal, Request};
use crate::lab::people::{Actor, PersonId, Role, Who};
use crate::store::Store;
use crate::store::publications::{self, Candidate, PublishError};
use crate::store::trial::engines::each;

fn now() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

/// A laboratory that has worked for three weeks, and its approver.
fn laboratory(url: &str) -> (Store, Who) {
    let store = Store::open(url).unwrap();
    store.migrate().unwrap();
    seed::seed(&store, 7, Extent { days: 21 }, now()).unwrap();
    let approver = Actor { id: PersonId(5), name: "approver".to_owned(), roles: BTreeSet::from([Role::Approver]) };
    (store, Who::Person(approver))
}

fn candidates(store: &Store) -> Vec<Candidate> {
    store.read(|conn| publications::candidates(conn, 1)).unwrap().0
}

fn request() -> Request {
    Request { notice: "2026-47".to_owned(), objection_over: true, authority: "3".to_owned(), remark: String::new() }
}

fn publish(store: &Store, by: &Who, code: &str) -> Result<String, PublishError> {
    store.write(by, now(), |tx| {
        let found = publications::candidate(tx.conn, code)?;
        let seen = found.map(|(_, version)| version).ok_or(PublishError::Unknown)?;
        publications::publish(tx, code, seen, &request())
    })
}

fn published_list(published: &Published, filter: &Filter) -> Vec<Entry> {
    published.pool.read(|conn| list(conn, filter, 1, 100)).unwrap().0
}

#[test]
fn a_result_goes_out_is_corrected_and_withdrawn_and_nothing_is_overwritten() {
    each(|url| {
        let folder = tempfile::tempdir().unwrap();
        let (store, by) = laboratory(url);
        let own = if url.starts_with("sqlite") {
            format!("sqlite://{}", folder.path().join("published.db").display())
        } else {
            url.to_owned()
        };
        let publisher = Publisher::open(&own).unwrap();
        let published = publisher.published();
        publisher.copy(&store).unwrap();
        let before = published_list(&published, &Filter::default()).len();
        let tallied = || -> i64 {
            published.pool.read(|conn| tallies(conn, "2026-01")).unwrap().iter().map(|tally| tally.count).sum()
        };
        let counted = tallied();
        let all = candidates(&store);
        let free: Vec<&Candidate> = all.iter().filter(|one| one.blocked.is_empty()).collect();
        assert!(
            free.len() >= 2,
            "the county has too little to publish: {:?}",
            all.iter().map(|one| &one.blocked).collect::<Vec<_>>()
        );

        // The portal was away while two results were published and one corrected.
        let first = publish(&store, &by, &free[0].code).unwrap();
        let second = publish(&store, &by, &free[1].code).unwrap();
        let corrected = store.write(&by, now(), |tx| publications::correct(tx, &first, 1, &request(), "品名更正"));
        assert_eq!(corrected.unwrap(), 2);
        assert_eq!(publisher.copy(&store).unwrap(), 3);
        assert_eq!(publisher.copy(&store).unwrap(), 0);
        assert_eq!(published_list(&published, &Filter::default()).len(), before + 2);

        let versions_of_first = published.pool.read(|conn| versions(conn, &first)).unwrap();
        let kinds: Vec<(Kind, Option<i64>)> =
            versions_of_first.iter().map(|entry| (entry.document.kind, entry.replaced_by)).collect();
        assert_eq!(kinds, [(Kind::Original, Some(2)), (Kind::Correction, None)]);
        assert!(versions_of_first.iter().all(|one| one.sha256 == crate::lab::digest::sha256(&one.written)));
        assert!(versions_of_first[0].leaf < versions_of_first[1].leaf);

        let again = publish(&store, &by, &free[0].code);
        assert!(matches!(again, Err(PublishError::Refused(Refusal::Already))), "{again:?}");
        let stale = store.write(&by, now(), |tx| publications::withdraw(tx, &first, 1, "复检合格"));
        assert!(matches!(stale, Err(PublishError::Store(StoreError::Stale { .. }))), "{stale:?}");
        let withdrawn = store.write(&by, now(), |tx| publications::withdraw(tx, &second, 1, "复检合格"));
        assert_eq!(withdrawn.unwrap(), 2);
        assert_eq!(publisher.copy(&store).unwrap(), 1);
        let stub = published.pool.read(|conn| versions(conn, &second)).unwrap().pop().unwrap();
        assert!(stub.document.is_withdrawn() && stub.document.items.is_empty());
        assert_eq!(tallied(), counted + 1, "a withdrawn result counts in no rate");
    });
}

#[test]
fn what_the_rules_block_is_not_published_whoever_asks() {
    let (url, _folder) = sqlite();
    let (store, by) = laboratory(&url);
    let all = candidates(&store);
    let blocked = all.iter().find(|one| !one.blocked.is_empty()).unwrap();
    match publish(&store, &by, &blocked.code) {
        Err(PublishError::Blocked(why)) => assert_eq!(why, blocked.blocked),
        other => panic!("{} was let through: {other:?}", blocked.code),
    }
    let filter = crate::store::samples::Filter {
        state: Some(crate::lab::sampling::sample::State::Testing),
        ..Default::default()
    };
    let (testing, _) = store.read(|conn| crate::store::samples::list(conn, &filter, 1)).unwrap();
    match publish(&store, &by, &testing[0].code) {
        Err(PublishError::Blocked(why)) => assert!(why.contains(&Blocked::NotCompleted), "{why:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_search_finds_by_every_filter_and_takes_no_sign_for_a_wildcard() {
    let (url, folder) = sqlite();
    let (store, by) = laboratory(&url);
    let publisher = Publisher::open(&format!("sqlite://{}", folder.path().join("published.db").display())).unwrap();
    let published = publisher.published();
    let all = candidates(&store);
    for one in all.iter().filter(|one| one.blocked.is_empty()) {
        publish(&store, &by, &one.code).unwrap();
    }
    publisher.copy(&store).unwrap();
    let every = published_list(&published, &Filter::default());
    let one = every.first().unwrap().document.clone();
    let found = |filter: Filter| published_list(&published, &filter).len();
    let text = |text: &str| text.to_owned();
    for filter in [
        Filter { q: text(&one.commodity.zh), ..Filter::default() },
        Filter { q: text("2026-47"), ..Filter::default() },
        Filter { commodity: one.commodity.en.to_uppercase(), ..Filter::default() },
        Filter { area: text(&one.town), ..Filter::default() },
        Filter { verdict: one.overall, ..Filter::default() },
        Filter { place_type: one.place_type.as_deref().map(|kind| kind.parse().unwrap()), ..Filter::default() },
        Filter { from: Some(one.sampled_on), to: Some(one.sampled_on), ..Filter::default() },
    ] {
        let count = found(filter.clone());
        assert!((1..=every.len()).contains(&count), "{filter:?}: {count}");
    }
    for q in ["%", "_", "\\", "没有这种东西"] {
        assert_eq!(found(Filter { q: text(q), ..Filter::default() }), 0, "{q}");
    }
    let later = one.sampled_on.checked_add(SignedDuration::from_hours(24)).unwrap();
    assert_eq!(found(Filter { from: Some(later), ..Filter::default() }), 0);
}

#[test]
fn a_portal_refuses_a_store_that_no_hub_has_prepared() {
    let (url, _folder) = sqlite();
    assert!(matches!(Published::open(&url), Err(StoreError::Older { .. })));
}

fn sqlite() -> (String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (format!("sqlite://{}", folder.path().join("laboratory.db").display()), folder)
}
