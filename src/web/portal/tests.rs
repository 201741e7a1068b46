//! A visitor at the portal: every page answers, a wrong question is told what is wrong, nothing else is told.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use jiff::Timestamp;
use rocket::http::{Accept, Header, MediaType, Status};
use rocket::local::asynchronous::Client;

use crate::demo::seed::{self, Extent};
use crate::lab::people::{Actor, PersonId, Role, Who};
use crate::lab::zone::zone;
use crate::store::Store;
use crate::store::published::{Filter, Published, Publisher};
use crate::web::clock::Clock;
use crate::web::{Listener, portal};

struct Visit {
    client: Client,
    published: Published,
    publisher: Publisher,
    store: Store,
    _folder: tempfile::TempDir,
}

fn now() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

impl Visit {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
        let store = Store::open(&url("laboratory.db")).unwrap();
        store.migrate().unwrap();
        seed::seed(&store, 7, Extent { days: 45 }, now()).unwrap();
        let publisher = Publisher::open(&url("published.db")).unwrap();
        publisher.copying(&store).await.unwrap();
        let published = Published::open(&url("published.db")).unwrap();
        let listener = Listener { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 0, secure: false, ip_header: None };
        let rocket = portal(Clock::with(now, zone()), &listener, published.clone());
        let client = Client::untracked(rocket).await.unwrap();
        Self { client, published, publisher, store, _folder: folder }
    }

    async fn get(&self, address: &str) -> (Status, String) {
        let answer = self.client.get(address.to_owned()).dispatch().await;
        (answer.status(), answer.into_string().await.unwrap_or_default())
    }

    async fn ids(&self) -> Vec<String> {
        let (entries, _) = self.published.list(Filter::default(), 1, 200).await.unwrap();
        entries.into_iter().map(|entry| entry.document.id).collect()
    }
}

#[rocket::async_test]
async fn every_page_answers_in_both_languages_and_may_be_kept_for_a_minute() {
    let visit = Visit::start().await;
    let id = visit.ids().await.remove(0);
    for address in [
        "/".to_owned(),
        "/results".to_owned(),
        "/results?q=&verdict=compliant&place_type=retail-market&from=2026-10-01&to=2026-11-24&page=1".to_owned(),
        "/results?verdict=non-compliant&commodity=&producer=&area=".to_owned(),
        "/results?q=%E6%B2%A1%E6%9C%89".to_owned(),
        format!("/results/{id}"),
        format!("/verify/{id}"),
        "/open-data".to_owned(),
    ] {
        for lang in ["zh-CN", "en"] {
            let request = visit.client.get(address.clone()).header(Header::new("Accept-Language", lang));
            let answer = request.dispatch().await;
            assert_eq!(answer.status(), Status::Ok, "{address}");
            assert_eq!(answer.headers().get_one("Cache-Control"), Some("public, max-age=60"), "{address}");
            let html = answer.into_string().await.unwrap();
            assert!(!html.contains('⟦'), "{address}: {html}");
        }
    }
}

#[rocket::async_test]
async fn a_wrong_question_is_told_what_was_expected_and_an_unknown_result_is_not_found() {
    let visit = Visit::start().await;
    for address in [
        "/results?verdict=good",
        "/results?place_type=shop",
        "/results?from=yesterday",
        "/results?from=2026-11-02&to=2026-11-01",
        "/results?page=0",
        "/results?page=-1",
        "/results?page=x",
        "/results?page=99999999999999999999",
        "/results.csv?verdict=%00",
    ] {
        let (status, html) = visit.get(address).await;
        assert_eq!(status, Status::BadRequest, "{address}");
        assert!(html.contains("error-page") && !html.contains('⟦'), "{address}: {html}");
    }
    let long = format!("/results?q={}", "a".repeat(101));
    assert_eq!(visit.get(&long).await.0, Status::BadRequest);
    for address in ["/results/nothing", "/verify/nothing", "/results/nothing.json", "/verify/nothing/document.json"] {
        assert_eq!(visit.get(address).await.0, Status::NotFound, "{address}");
    }
    assert_eq!(visit.get("/results?page=9000").await.0, Status::Ok);
}

#[rocket::async_test]
async fn a_program_gets_the_same_by_extension_and_by_accept() {
    let visit = Visit::start().await;
    let id = visit.ids().await.remove(0);
    let (status, json) = visit.get("/results.json").await;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(status, Status::Ok);
    assert!(value["total"].as_i64().unwrap() > 3, "{json}");
    let kind = Accept::from(MediaType::JSON);
    let answer = visit.client.get("/results").header(kind).dispatch().await.into_string().await.unwrap();
    assert_eq!(answer, json);
    let (_, csv) = visit.get("/results.csv").await;
    assert!(csv.starts_with("\u{feff}id,version,kind"), "{csv}");
    let (_, one) = visit.get(&format!("/results/{id}.json")).await;
    let value: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert_eq!(value["document"]["id"], serde_json::Value::String(id.clone()));
    let (_, written) = visit.get(&format!("/verify/{id}/document.json")).await;
    assert_eq!(value["sha256"], crate::lab::digest::sha256(&written));
    let (_, lines) = visit.get("/open-data/results.jsonl").await;
    assert_eq!(lines.lines().count(), visit.ids().await.len());
    let (_, whole) = visit.get("/open-data/results.csv").await;
    let mut reader = csv::Reader::from_reader(whole.trim_start_matches('\u{feff}').as_bytes());
    let named: BTreeSet<String> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
    assert_eq!(named.len(), visit.ids().await.len());
}

#[rocket::async_test]
async fn nobody_who_is_a_person_is_named_anywhere() {
    let visit = Visit::start().await;
    let (_, lines) = visit.get("/open-data/results.jsonl").await;
    for person in ["次仁卓玛", "王建国", "达娃", "扎西平措", "次旦央宗", "0890"] {
        assert!(!lines.contains(person), "{person}");
    }
}

#[rocket::async_test]
async fn a_correction_leaves_the_old_version_visible_and_a_withdrawal_only_the_notice() {
    let visit = Visit::start().await;
    let (entries, _) = visit.published.list(Filter::default(), 1, 200).await.unwrap();
    let corrected = entries.iter().find(|entry| entry.document.version == 2 && !entry.document.is_withdrawn()).unwrap();
    let id = &corrected.document.id;
    let reason = corrected.document.replaces.as_ref().unwrap().reason.clone();
    let (status, html) = visit.get(&format!("/results/{id}")).await;
    assert_eq!(status, Status::Ok);
    assert!(html.contains(&reason) && html.contains(&format!("/results/{id}?version=1")), "{html}");
    let (status, old) = visit.get(&format!("/results/{id}?version=1")).await;
    assert_eq!(status, Status::Ok);
    assert!(old.contains(&format!("href=\"/results/{id}\"")), "{old}");
    assert_eq!(visit.get(&format!("/results/{id}?version=3")).await.0, Status::NotFound);
    assert_eq!(visit.get(&format!("/results/{id}?version=x")).await.0, Status::BadRequest);

    // Any result that names its place, so that its absence afterwards says something.
    let shown = entries.iter().find(|entry| entry.document.version == 1 && entry.document.place.is_some()).unwrap();
    let (id, place) = (shown.document.id.clone(), shown.document.place.clone().unwrap());
    assert!(visit.get(&format!("/results/{id}")).await.1.contains(&place));
    let approver = Actor { id: PersonId(5), name: "approver".to_owned(), roles: BTreeSet::from([Role::Approver]) };
    let which = (id.clone(), 1);
    visit.store.withdraw(Who::Person(approver), now(), which, "样品编号有误".to_owned()).await.unwrap();
    assert_eq!(visit.publisher.copying(&visit.store).await.unwrap(), 1);
    for address in [format!("/results/{id}"), format!("/results/{id}?version=1"), format!("/verify/{id}")] {
        let (status, html) = visit.get(&address).await;
        assert_eq!(status, Status::Ok, "{address}");
        assert!(!html.contains(&place), "{address}: {html}");
    }
    assert!(visit.get(&format!("/results/{id}")).await.1.contains("样品编号有误"));
}

#[rocket::async_test]
async fn a_code_opens_what_is_published_and_says_nothing_of_what_is_not() {
    let visit = Visit::start().await;
    let published = crate::lab::sampling::sample::State::Published;
    let testing = crate::lab::sampling::sample::State::Testing;
    let code = |state| {
        let filter = crate::store::samples::Filter { state: Some(state), ..Default::default() };
        let store = visit.store.clone();
        async move { store.samples(filter, 1).await.unwrap().0.remove(0).code }
    };
    let out = code(published).await;
    for address in [format!("/t/{out}"), format!("/t/{out}-M1")] {
        let answer = visit.client.get(address.clone()).dispatch().await;
        let to = answer.headers().get_one("Location").unwrap_or_default().to_owned();
        assert!(answer.status() == Status::SeeOther && to.starts_with("/results/"), "{address}: {to}");
    }
    let known = visit.get(&format!("/t/{}", code(testing).await)).await;
    let unknown = visit.get("/t/whatever").await;
    assert_eq!(known, unknown);
    assert_eq!(known.0, Status::Ok);
}
