//! What a hub mends when it starts, on both engines.

use jiff::Timestamp;

use super::*;
use crate::demo::seed::{self, Extent};
use crate::lab::disclosure::publication::Request;
use crate::lab::people::Who;
use crate::store::publications;
use crate::store::published::{Filter, Published};
use crate::store::trial::engines;

fn now() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

fn config(folder: &std::path::Path, database: &str) -> Config {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    Config {
        data_dir: folder.to_owned(),
        database_url: database.to_owned(),
        listen: anywhere,
        portal_listen: anywhere,
        ..Config::default()
    }
}

#[test]
fn a_result_that_was_published_just_before_a_crash_reaches_the_public_on_the_next_start() {
    engines::each(|url| {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let hub = Hub::open(config(folder.path(), url)).unwrap();
            seed::seed(&hub.store, 7, Extent { days: 21 }, now()).unwrap();
            hub.publisher.copying(&hub.store).await.unwrap();
            let published = hub.publisher.published();
            let seen = || async { published.list(Filter::default(), 1, 200).await.unwrap().1 };
            let before = seen().await;

            // The laboratory's database commits; before the published store hears of it the program is gone.
            let approver = hub.store.find_by_username("approver").await.unwrap().unwrap().actor;
            let (candidates, _) = hub.store.reading(|conn| publications::candidates(conn, 1)).await.unwrap();
            let code = candidates.into_iter().find(|one| one.blocked.is_empty()).unwrap().code;
            let asked = code.clone();
            let candidate = hub.store.reading(move |conn| publications::candidate(conn, &asked)).await.unwrap();
            let request = Request {
                notice: "2026-47".to_owned(),
                objection_over: true,
                authority: "3".to_owned(),
                remark: String::new(),
            };
            let version = candidate.unwrap().1;
            let id = hub.store.publish(Who::Person(approver), now(), code, version, request).await.unwrap();
            assert_eq!(seen().await, before);
            drop(hub);

            let again = Hub::open(config(folder.path(), url)).unwrap();
            let (ready, up) = oneshot::channel();
            let serving = tokio::spawn(again.serve(ready));
            up.await.unwrap();
            assert_eq!(seen().await, before + 1);
            let path = folder.path().join("published.db");
            let portal = Published::open(&format!("sqlite://{}", path.display())).unwrap();
            let (entries, _) = portal.list(Filter::default(), 1, 200).await.unwrap();
            assert_eq!(entries.iter().filter(|entry| entry.document.id == id).count(), 1);
            serving.abort();
        });
    });
}
