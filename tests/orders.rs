//! Orders to instruments over a real line, on both engines: what they ask for is answered, what they want unasked is sent,
//! and what they do not take is shown.

#[path = "common/analyser.rs"]
mod analyser;
#[path = "common/engines.rs"]
mod engines;
#[path = "common/laboratory.rs"]
#[allow(dead_code, reason = "orders are reviewed and approved by nobody")]
mod laboratory;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use analyser::{Analyser, ordered};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{PgConnection, SqliteConnection, sql_query};
use drivers::Said;
use jiff::Timestamp;
use laboratory::Bench;
use qingke::acquire::intake::Hub;
use qingke::acquire::{LineConfig, Lines, Transport};
use qingke::lab::analysis::dispatch::State;
use qingke::lab::analysis::status::Step;
use qingke::lab::people::Who;
use qingke::store::Store;
use qingke::store::catalogue::Instrument;
use qingke::store::journal::Journal;

#[derive(QueryableByName, Debug)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Nullable<Text>)]
    fault: Option<String>,
}

fn dispatches(url: &str) -> Vec<Row> {
    let query = sql_query("SELECT id, state, attempts, fault FROM dispatch ORDER BY id");
    match url.strip_prefix("sqlite://") {
        Some(path) => query.load(&mut SqliteConnection::establish(path).unwrap()).unwrap(),
        None => query.load(&mut PgConnection::establish(url).unwrap()).unwrap(),
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what}"));
}

/// A laboratory whose one instrument listens at a TCP address. `orders`: when it is told what is ordered.
struct Set {
    store: Store,
    bench: Bench,
    lines: Lines,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

async fn laboratory_on(url: &str, orders: Option<&str>) -> Set {
    let store = Store::open(url).unwrap();
    store.migrate().unwrap();
    let bench = laboratory::set_up(&store, Timestamp::now(), "none").await;
    if let Some(word) = orders {
        let mut reader: Instrument = store.list().await.unwrap().remove(0);
        reader.orders = Some(word.to_owned());
        store.change(Who::Program, Timestamp::now(), reader, None).await.unwrap();
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let lines = Lines::new(journal, Arc::new(Hub { store: store.clone() }));
    let line = LineConfig {
        instrument: "ELISA-1".to_owned(),
        driver: "astm-lis2".to_owned(),
        transport: Transport::TcpServer { address: address.to_string() },
        profile: None,
    };
    lines.apply(vec![line]).await;
    Set { store, bench, lines, address, _folder: folder }
}

fn each(work: impl AsyncFn(&str)) {
    engines::each(|url| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(work(url));
    });
}

fn query(sample: &str) -> String {
    format!("H|\\^&|||Reader^1|||||||P|LIS2-A2|20261124\rQ|1|^{sample}||ALL||||||||O\rL|1|N\r")
}

#[test]
fn a_query_is_answered_with_what_is_open_on_the_sample_and_nothing_else() {
    each(async |url| {
        let set = laboratory_on(url, None).await;
        let (_, code) = laboratory::sample(&set.store, &set.bench, Timestamp::now()).await;
        let mut reader = Analyser::call(set.address).await;
        assert!(reader.is_left_alone().await, "nothing is sent that was not asked for");

        reader.says(&query(&format!("   {code}"))).await;
        let answer = reader.hears(true).await.unwrap();
        assert_eq!(ordered(&answer), [(format!("   {code}"), "^^^AFM1".to_owned(), "N".to_owned())]);

        reader.says(&query("QK2699999-0")).await;
        let answer = reader.hears(true).await.unwrap();
        assert!(ordered(&answer).is_empty() && answer.ends_with("L|1|I\n"), "{answer}");

        // Once it is measured it is open no more.
        let result = "R|1|^^^AFM1|0.31|ug/kg||N||F||||20261124100000\r";
        reader.says(&format!("H|\\^&\rP|1\rO|1|{code}||^^^AFM1|R\r{result}L|1|N\r")).await;
        reader.says(&query(&code)).await;
        let answer = reader.hears(true).await.unwrap();
        assert!(ordered(&answer).is_empty(), "{answer}");
        until("all three answers were taken", || dispatches(url).iter().filter(|row| row.state == "sent").count() == 3)
            .await;
        set.lines.stop().await;
    });
}

#[test]
fn an_order_is_sent_as_it_is_placed_and_taken_back_when_it_is_cancelled() {
    each(async |url| {
        let set = laboratory_on(url, Some("pushed")).await;
        let at = Timestamp::now();
        let (id, code) = laboratory::sample(&set.store, &set.bench, at).await;
        let mut reader = Analyser::call(set.address).await;
        let order = reader.hears(true).await.unwrap();
        assert_eq!(ordered(&order), [(code.clone(), "^^^AFM1".to_owned(), "N".to_owned())]);
        until("the order is known as sent", || dispatches(url)[0].state == "sent").await;

        let analyst = Who::Person(set.bench.analyst.clone());
        set.store.take_back_order(analyst, at, id, at, "开错样品".to_owned()).await.unwrap();
        let cancel = reader.hears(true).await.unwrap();
        assert_eq!(ordered(&cancel), [(code, "^^^AFM1".to_owned(), "C".to_owned())]);
        set.lines.stop().await;
    });
}

#[test]
fn an_order_that_waits_for_an_instrument_is_withdrawn_with_what_is_cancelled() {
    each(async |url| {
        let set = laboratory_on(url, Some("pushed")).await;
        let at = Timestamp::now();
        let (id, _) = laboratory::sample(&set.store, &set.bench, at).await;
        let analyst = Who::Person(set.bench.analyst.clone());
        set.store.take_back_order(analyst, at, id, at, "开错样品".to_owned()).await.unwrap();
        let found = dispatches(url);
        assert_eq!(found.iter().map(|row| row.state.as_str()).collect::<Vec<_>>(), ["withdrawn"]);
        set.lines.stop().await;
    });
}

#[test]
fn an_order_refused_six_times_is_shown_as_undelivered_and_a_person_has_it_sent_again() {
    each(async |url| {
        let set = laboratory_on(url, Some("pushed")).await;
        laboratory::sample(&set.store, &set.bench, Timestamp::now()).await;
        let mut reader = Analyser::call(set.address).await;
        assert_eq!(reader.hears(false).await, None);
        until("the order is undelivered", || dispatches(url)[0].state == "undelivered").await;
        let row = &dispatches(url)[0];
        assert_eq!((row.attempts, row.fault.as_deref()), (1, Some("refused")));
        assert_eq!(set.store.waiting().await.unwrap().undelivered_orders, 1);
        assert!(reader.is_left_alone().await, "it is not sent again by itself");

        let instrument = set.store.list::<Instrument>().await.unwrap()[0].id;
        let analyst = || Who::Person(set.bench.analyst.clone());
        let again = set.store.change_dispatch(analyst(), Timestamp::now(), instrument, row.id, true).await.unwrap();
        assert_eq!(again, State::Waiting);
        assert!(reader.hears(true).await.is_some());
        until("the order is sent", || dispatches(url)[0].state == "sent").await;
        let ended = set.store.change_dispatch(analyst(), Timestamp::now(), instrument, row.id, false).await;
        assert!(ended.is_err(), "what the instrument has is not withdrawn here");
        set.lines.stop().await;
    });
}

#[test]
fn an_instrument_that_is_to_be_told_nothing_gets_no_answer() {
    each(async |url| {
        let set = laboratory_on(url, Some("never")).await;
        let (_, code) = laboratory::sample(&set.store, &set.bench, Timestamp::now()).await;
        let mut reader = Analyser::call(set.address).await;
        reader.says(&query(&code)).await;
        assert!(reader.is_left_alone().await);
        assert!(dispatches(url).is_empty());
        set.lines.stop().await;
    });
}

#[test]
fn an_order_taken_back_while_it_was_being_said_is_taken_back_from_the_instrument() {
    each(async |url| {
        let set = laboratory_on(url, Some("pushed")).await;
        let at = Timestamp::now();
        let (id, _) = laboratory::sample(&set.store, &set.bench, at).await;
        let said = set.store.to_say("ELISA-1", at).unwrap().unwrap();
        let analyst = Who::Person(set.bench.analyst.clone());
        set.store.take_back_order(analyst, at, id, at, "开错样品".to_owned()).await.unwrap();
        assert_eq!(set.store.to_say("ELISA-1", at).unwrap(), None);
        set.store.told("ELISA-1", said.id, &Said::Taken, at).unwrap();
        let back = set.store.to_say("ELISA-1", at).unwrap().unwrap();
        assert_eq!(back.orders[0].action.as_deref(), Some("C"));
        assert_eq!(back.orders[0].tests, ["AFM1"]);
        set.lines.stop().await;
    });
}

#[test]
fn what_an_instrument_says_against_an_order_is_kept_whatever_it_is() {
    each(async |url| {
        let set = laboratory_on(url, Some("pushed")).await;
        let at = Timestamp::now();
        laboratory::sample(&set.store, &set.bench, at).await;
        let order = set.store.to_say("ELISA-1", at).unwrap().unwrap();
        let why = format!("AE \0{}", "长".repeat(5000));
        set.store.told("ELISA-1", order.id, &Said::Refused(why), at).unwrap();
        let row = &dispatches(url)[0];
        assert_eq!(row.state, "undelivered");
        assert_eq!(row.fault.as_ref().unwrap().chars().count(), 200);
        set.lines.stop().await;
    });
}

#[test]
fn a_second_order_on_a_sample_adds_to_the_first_and_a_retest_is_sent_too() {
    each(async |url| {
        let set = laboratory_on(url, Some("pushed")).await;
        let at = Timestamp::now();
        let (id, code) = laboratory::sample(&set.store, &set.bench, at).await;
        let mut reader = Analyser::call(set.address).await;
        reader.hears(true).await.unwrap();
        let result = "R|1|^^^AFM1|0.31|ug/kg||N||F||||20261124100000\r";
        reader.says(&format!("H|\\^&\rP|1\rO|1|{code}||^^^AFM1|R\r{result}L|1|N\r")).await;
        let filter = || qingke::store::work::Filter { sample: Some(id), ..Default::default() };
        let mut analysis = set.store.work(filter(), 1).await.unwrap().0.remove(0).analysis;
        while analysis.status.entry().is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            analysis = set.store.work(filter(), 1).await.unwrap().0.remove(0).analysis;
        }
        let seen = vec![qingke::store::work::Seen { analysis: analysis.id, version: analysis.version }];
        let again = Step::Retest { reason: "孔污染".to_owned() };
        set.store.take_steps(Who::Person(set.bench.analyst.clone()), at, seen, again).await.unwrap();
        let order = reader.hears(true).await.unwrap();
        assert_eq!(ordered(&order), [(code, "^^^AFM1".to_owned(), "A".to_owned())]);
        set.lines.stop().await;
    });
}
