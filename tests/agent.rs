//! A bench agent, its instruments, a network that fails in every way, and a hub: what was acknowledged arrives once, in
//! order, on both engines.

#[path = "common/analyser.rs"]
mod analyser;
#[path = "common/engines.rs"]
mod engines;
#[path = "common/laboratory.rs"]
#[allow(dead_code, reason = "nothing is reviewed here")]
mod laboratory;
#[path = "common/network.rs"]
mod network;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Binary;
use diesel::{PgConnection, SqliteConnection, sql_query};
use jiff::Timestamp;
use qingke::acquire::agent::{Agent, Settings};
use qingke::lab::people::Who;
use qingke::lab::zone::zone;
use qingke::store::Store;
use qingke::store::catalogue::Instrument;
use qingke::web::clock::Clock;
use qingke::web::{Listener, Shared, laboratory, secret};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use self::network::{Mood, Network};

const SOON: Duration = Duration::from_secs(30);

async fn serve(store: &Store) -> SocketAddr {
    let listener =
        Listener { address: std::net::Ipv4Addr::LOCALHOST.into(), port: free_port(), secure: false, ip_header: None };
    let address = SocketAddr::new(listener.address, listener.port);
    let rocket = laboratory(Shared::new(store.clone(), Clock::with(Timestamp::now, zone()), listener));
    tokio::spawn(async move { rocket.launch().await.map(drop) });
    for _ in 0..600 {
        if TcpStream::connect(address).await.is_ok() {
            return address;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the hub does not answer at {address}");
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn balance(store: &Store, code: &str, agent: i64) -> SocketAddr {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let text = str::to_owned;
    let instrument = Instrument {
        code: text(code),
        name: text("天平"),
        driver: text("mt-sics"),
        transport: text("tcp-server"),
        address: address.to_string(),
        baud: 9600,
        data_bits: 8,
        parity: text("N"),
        stop_bits: 1,
        line_enabled_at: Some(text("2026-11-01T00:00:00Z")),
        agent_id: Some(agent),
        ..Instrument::default()
    };
    store.add(Who::Program, Timestamp::now(), instrument).await.unwrap();
    address
}

/// Calls the line as the instrument would, trying until it listens.
async fn call(address: SocketAddr) -> TcpStream {
    for _ in 0..600 {
        if let Ok(stream) = TcpStream::connect(address).await {
            return stream;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the line does not listen at {address}");
}

async fn weigh(line: &mut TcpStream, grams: u32) {
    line.write_all(format!("S S {grams:>10}.00 g\r\n").as_bytes()).await.unwrap();
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Binary)]
    bytes: Vec<u8>,
}

/// What the hub has of an instrument, in the order in which it was delivered.
fn weights(url: &str, instrument: i64) -> Vec<u32> {
    let query = sql_query(format!("SELECT bytes FROM transmission WHERE instrument_id = {instrument} ORDER BY id"));
    let taken: Vec<Taken> = match url.strip_prefix("sqlite://") {
        Some(path) => query.load(&mut SqliteConnection::establish(path).unwrap()).unwrap(),
        None => query.load(&mut PgConnection::establish(url).unwrap()).unwrap(),
    };
    let text: String = taken.into_iter().map(|one| String::from_utf8(one.bytes).unwrap()).collect();
    text.lines().filter_map(|line| line.strip_prefix("S S")?.trim().split('.').next()?.parse().ok()).collect()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(SOON, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what}"));
}

const TOKEN: &str = "a token of forty letters or more, made up";

fn settings(network: &Network, folder: &Path) -> Settings {
    let quick = Duration::from_millis(200);
    let patience = Duration::from_secs(1);
    Settings { beat: quick, patience, ..Settings::new(format!("http://{}", network.address), TOKEN, folder) }
}

/// A hub, a network to it, and two balances of one bench.
async fn laboratory_of(url: &str) -> (Store, Network, [SocketAddr; 2]) {
    let store = Store::open(url).unwrap();
    store.migrate().unwrap();
    let name = "天平室".to_owned();
    let enrol = store.enrol_agent(Who::Program, Timestamp::now(), "BENCH".to_owned(), name, secret::hash(TOKEN));
    let agent = enrol.await.unwrap();
    let lines = [balance(&store, "TP-1", agent).await, balance(&store, "TP-2", agent).await];
    let network = Network::to(serve(&store).await).await;
    (store, network, lines)
}

#[test]
fn instruments_go_on_while_the_hub_is_away_and_everything_arrives_once_in_order() {
    engines::each(|url| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (store, network, lines) = laboratory_of(url).await;
            let folder = tempfile::tempdir().unwrap();
            let settings = || settings(&network, folder.path());

            let (stop, stopped) = watch::channel(false);
            let running = tokio::spawn(Agent::open(settings()).unwrap().run(stopped));
            let mut balances = [call(lines[0]).await, call(lines[1]).await];
            let mut sent = 0;
            for mood in [Mood::Open, Mood::Cut, Mood::Open, Mood::AnswersLost, Mood::Cut, Mood::Open] {
                network.turn(mood);
                for _ in 0..4 {
                    sent += 1;
                    for line in &mut balances {
                        weigh(line, sent).await;
                    }
                    tokio::time::sleep(Duration::from_millis(60)).await;
                }
            }
            let all: Vec<u32> = (1..=sent).collect();
            for instrument in [1, 2] {
                until("everything has arrived", async || weights(url, instrument).len() >= all.len()).await;
                assert_eq!(weights(url, instrument), all, "once each, in order");
            }

            // A morning without network: the agent knows its lines from yesterday, and catches up later.
            network.turn(Mood::Cut);
            drop(balances);
            stop.send_replace(true);
            running.await.unwrap();
            let (stop, stopped) = watch::channel(false);
            let running = tokio::spawn(Agent::open(settings()).unwrap().run(stopped));
            let mut line = call(lines[0]).await;
            weigh(&mut line, sent + 1).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(weights(url, 1), all, "nothing gets through yet");
            network.turn(Mood::Open);
            until("the morning's weighing has arrived", async || weights(url, 1).len() > all.len()).await;
            stop.send_replace(true);
            drop(line);
            running.await.unwrap();
            let report = store.verify().unwrap();
            assert!(report.findings.is_empty(), "{:?}", report.findings);
        });
        runtime.shutdown_timeout(Duration::from_secs(2));
    });
}

#[test]
fn an_instrument_of_a_bench_is_answered_by_the_hub_and_by_no_other_bench() {
    engines::each(|url| {
        let store = Store::open(url).unwrap();
        store.migrate().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let at = Timestamp::now();
            let bench = laboratory::set_up(&store, at, "none").await;
            let (_, code) = laboratory::sample(&store, &bench, at).await;
            let enrol = |code: &str, token: &str| {
                store.enrol_agent(Who::Program, at, code.to_owned(), code.to_owned(), secret::hash(token))
            };
            let agent = enrol("BENCH", "a token of forty letters or more, made up").await.unwrap();
            enrol("OTHER", "another token of forty letters, made up").await.unwrap();
            let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
            let mut reader = store.list::<Instrument>().await.unwrap().remove(0);
            reader.agent_id = Some(agent);
            reader.transport = "tcp-server".to_owned();
            reader.address = address.to_string();
            store.change(Who::Program, at, reader, None).await.unwrap();
            let hub = serve(&store).await;
            let folder = tempfile::tempdir().unwrap();
            let settings = Settings {
                beat: Duration::from_millis(200),
                ..Settings::new(format!("http://{hub}"), "a token of forty letters or more, made up", folder.path())
            };
            let (stop, stopped) = watch::channel(false);
            let running = tokio::spawn(Agent::open(settings).unwrap().run(stopped));

            let mut analyser = analyser::Analyser::call(address).await;
            assert!(analyser.is_left_alone().await, "nothing is sent that was not asked for");
            analyser.says(&format!("H|\\^&|||Reader\rQ|1|^{code}||ALL\rL|1|N\r")).await;
            let answer = analyser.hears(true).await.unwrap();
            assert_eq!(analyser::ordered(&answer), [(code, "^^^AFM1".to_owned(), "N".to_owned())]);

            let asked = ureq::post(format!("http://{hub}/api/agent/say"))
                .header("Authorization", "Bearer another token of forty letters, made up")
                .send("{\"instrument\":\"ELISA-1\",\"told\":null}");
            assert!(matches!(asked, Err(ureq::Error::StatusCode(422))), "{asked:?}");
            let told = ureq::post(format!("http://{hub}/api/agent/say"))
                .header("Authorization", "Bearer another token of forty letters, made up")
                .send("{\"instrument\":\"ELISA-1\",\"told\":[1,\"taken\"]}");
            assert!(matches!(told, Err(ureq::Error::StatusCode(422))), "{told:?}");
            stop.send_replace(true);
            running.await.unwrap();
        });
    });
}

/// A receipt of the right shape for bytes that nobody sent.
const OTHER_RECEIPT: &str =
    r#"{"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","readings":1}"#;

/// How the network, and the hub, can fail; and whether anything can arrive meanwhile.
const FAULTS: [(Mood, bool); 16] = [
    (Mood::Cut, false),
    (Mood::BreaksOff, false),
    (Mood::AnswersLost, true),
    (Mood::HalfAnswers, true),
    (Mood::Swallows, false),
    (Mood::Flaps, true),
    (Mood::Slow, true),
    (Mood::Says(500, "the database answered: disk full"), false),
    (Mood::Says(503, ""), false),
    (Mood::Says(429, "later"), false),
    (Mood::Says(404, "<html><body>nginx</body></html>"), false),
    (Mood::Says(302, "elsewhere"), false),
    (Mood::Says(200, "<html>Welcome to the guest network</html>"), false),
    (Mood::Says(200, "{}"), false),
    (Mood::Says(200, ""), false),
    (Mood::Says(200, OTHER_RECEIPT), false),
];

#[test]
fn success_that_is_not_a_receipt_for_the_very_bytes_is_no_success_and_after_any_fault_all_arrives_once() {
    let fresh = engines::Fresh::sqlite();
    let url = fresh.url.as_str();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (store, network, lines) = laboratory_of(url).await;
        let folder = tempfile::tempdir().unwrap();
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(Agent::open(settings(&network, folder.path())).unwrap().run(stopped));
        let mut balances = [call(lines[0]).await, call(lines[1]).await];
        let mut sent = 0;
        for (mood, arrives) in FAULTS {
            network.turn(mood);
            let before: Vec<u32> = (1..=sent).collect();
            for _ in 0..2 {
                sent += 1;
                for line in &mut balances {
                    weigh(line, sent).await;
                }
            }
            until(&format!("{mood:?} is met"), async || network.met() >= 5).await;
            if !arrives {
                assert_eq!(weights(url, 1), before, "{mood:?}");
            }
            network.turn(Mood::Open);
            let all: Vec<u32> = (1..=sent).collect();
            for instrument in [1, 2] {
                until(&format!("after {mood:?} all arrives"), async || weights(url, instrument).len() >= all.len())
                    .await;
                assert_eq!(weights(url, instrument), all, "{mood:?}: once each, in order");
            }
        }
        // What the hub refuses of one instrument holds up no other.
        network.turn(Mood::SaysOf("\"TP-1\",\"driver\"", 422, "no instrument 'TP-1' at this bench"));
        let before = sent;
        for _ in 0..3 {
            sent += 1;
            for line in &mut balances {
                weigh(line, sent).await;
            }
        }
        until("the other line delivers", async || weights(url, 2).len() == sent as usize).await;
        assert_eq!(weights(url, 1).len(), before as usize);
        network.turn(Mood::Open);
        until("the refused line delivers, too", async || weights(url, 1).len() == sent as usize).await;
        assert_eq!(weights(url, 1), (1..=sent).collect::<Vec<u32>>());
        stop.send_replace(true);
        drop(balances);
        running.await.unwrap();
        let report = store.verify().unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
}
