//! What becomes of what instruments say, on both engines: nothing is dropped, nothing is counted twice, and whatever
//! cannot be placed waits with its reason.

#[path = "common/engines.rs"]
mod engines;
#[path = "common/laboratory.rs"]
mod laboratory;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel::{PgConnection, SqliteConnection, sql_query};
use drivers::Message;
use jiff::{SignedDuration, Timestamp};
use qingke::acquire::intake::Hub;
use qingke::acquire::{Intake, State, Transmission};
use qingke::lab::analysis::status::{Refusal, State as Stands, Step};
use qingke::lab::people::Who;
use qingke::lab::zone::zone;
use qingke::store::Store;
use qingke::store::analyses::StepError;
use qingke::store::readings::{Resolution, ResolveError};
use qingke::store::work::{Filter, Seen};

#[derive(QueryableByName, Debug, PartialEq, Eq)]
struct Fate {
    #[diesel(sql_type = Text)]
    fate: String,
    #[diesel(sql_type = Nullable<Text>)]
    held_for: Option<String>,
}

/// The fates of all readings, in the order in which they came, as `fate` or `held:reason`.
fn fates(url: &str) -> Vec<String> {
    let query = sql_query("SELECT fate, held_for FROM reading ORDER BY id");
    let rows: Vec<Fate> = match url.strip_prefix("sqlite://") {
        Some(path) => query.load(&mut SqliteConnection::establish(path).unwrap()).unwrap(),
        None => query.load(&mut PgConnection::establish(url).unwrap()).unwrap(),
    };
    rows.into_iter().map(|row| row.held_for.map_or(row.fate.clone(), |why| format!("{}:{why}", row.fate))).collect()
}

/// One result record of an analyser.
fn said(sample: &str, code: &str, value: &str, unit: &str, at: Timestamp) -> String {
    let time = zone().to_datetime(at).strftime("%Y%m%d%H%M%S").to_string();
    format!(
        "H|\\^&|||Reader|||||||P|LIS2-A2|{time}\rP|1\rO|1|{sample}||^^^{code}|R\rR|1|^^^{code}|{value}|{unit}||N||F||||{time}\rL|1|N\r"
    )
}

fn sent(seq: i64, text: &str, at: Timestamp) -> Transmission {
    let bytes = text.as_bytes().to_vec();
    Transmission {
        epoch: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        seq,
        instrument: "ELISA-1".to_owned(),
        driver: "astm-lis2".to_owned(),
        started_at: at,
        ended_at: at,
        state: State::Complete,
        fault: None,
        messages: vec![Message::plain(bytes.clone(), 0)],
        bytes,
        chunks: Vec::new(),
    }
}

fn now() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

fn run(work: impl Fn(&str, Store, tokio::runtime::Runtime)) {
    engines::each(|url| {
        let store = Store::open(url).unwrap();
        store.migrate().unwrap();
        work(url, store, tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap());
    });
}

#[test]
fn a_transmission_delivered_twice_is_taken_once() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        let transmission = sent(1, &said(&code, "AFM1", "0.31", "ug/kg", now()), now());
        assert_eq!(hub.deliver(&transmission).unwrap(), hub.deliver(&transmission).unwrap());
        assert_eq!(fates(url), ["matched"]);
    });
}

#[test]
fn equal_values_of_two_transmissions_are_two_readings() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let hub = Hub { store: store.clone() };
        for seq in 1..3 {
            let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
            hub.deliver(&sent(seq, &said(&code, "AFM1", "0.31", "ug/kg", now()), now())).unwrap();
        }
        assert_eq!(fates(url), ["matched", "matched"]);
    });
}

#[test]
fn a_reading_that_has_no_place_waits_with_its_reason() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        let last_week = now() - SignedDuration::from_hours(24 * 7);
        let table = [
            (said("QK2699999-0", "AFM1", "0.31", "ug/kg", now()), "held:unknown-sample"),
            (said("", "AFM1", "0.31", "ug/kg", now()), "held:no-sample-code"),
            (said(&code, "XYZ", "0.31", "ug/kg", now()), "held:unmapped-analyte"),
            (said(&code, "AFM1", "0.31", "mg/kg", now()), "held:unit-differs"),
            (said(&code, "AFM1", "0.31", "ug/kg", last_week), "held:ambiguous-time"),
            (said(&code, "AFM1", "----", "ug/kg", now()), "held:no-value"),
            (said(&code, "AFM1", "0.31", "ug/kg", now()), "matched"),
            (said(&code, "AFM1", "0.33", "ug/kg", now()), "held:already-measured"),
        ];
        for (seq, (text, _)) in (1..).zip(&table) {
            hub.deliver(&sent(seq, text, now())).unwrap();
        }
        assert_eq!(fates(url), table.map(|(_, fate)| fate.to_owned()));
    });
}

#[test]
fn bytes_that_mean_nothing_are_kept() {
    run(|url, store, runtime| {
        runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let hub = Hub { store: store.clone() };
        assert_eq!(hub.deliver(&sent(1, "Z|no such record\r", now())).unwrap().readings, 0);
        assert_eq!(fates(url), [""; 0]);
        let report = store.verify().unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    });
}

#[test]
fn who_places_a_held_reading_does_not_review_it_and_an_unmapped_one_is_not_placed() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (id, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        hub.deliver(&sent(1, &said("QK2699999-0", "AFM1", "0.31", "ug/kg", now()), now())).unwrap();
        hub.deliver(&sent(2, &said(&code, "AFM1", "0.31", "mg/kg", now()), now())).unwrap();
        runtime.block_on(async {
            let lines = || async { store.work(Filter { sample: Some(id), ..Filter::default() }, 1).await.unwrap().0 };
            let analysis = lines().await[0].analysis.id;
            let matched = || Resolution::Match { analysis, reason: "mistyped".to_owned() };
            let reviewer = || Who::Person(bench.reviewer.clone());
            let unmapped = store.resolve_reading(reviewer(), now(), 2, 1, matched()).await;
            assert!(matches!(unmapped, Err(ResolveError::NotMapped)), "{unmapped:?}");
            store.resolve_reading(reviewer(), now(), 1, 1, matched()).await.unwrap();
            let seen =
                |lines: &[qingke::store::work::Line]| vec![Seen { analysis, version: lines[0].analysis.version }];
            assert_eq!(lines().await[0].analysis.status.state(), Stands::Measured);
            let analyst = Who::Person(bench.analyst.clone());
            store.take_steps(analyst, now(), seen(&lines().await), Step::Submit).await.unwrap();
            let own = store.take_steps(reviewer(), now(), seen(&lines().await), Step::Review).await;
            assert!(matches!(own, Err(StepError::Refused(Refusal::SamePerson(_)))), "{own:?}");
            let approver = Who::Person(bench.approver.clone());
            store.take_steps(approver, now(), seen(&lines().await), Step::Review).await.unwrap();
        });
        assert_eq!(fates(url), ["matched", "held:unit-differs"]);
    });
}
