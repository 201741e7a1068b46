//! What becomes of what instruments say, on both engines: nothing is dropped, nothing is counted twice, and whatever
//! cannot be placed waits with its reason.

#[path = "common/engines.rs"]
mod engines;
#[path = "intake/instruments.rs"]
mod instruments;
#[path = "common/laboratory.rs"]
mod laboratory;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{PgConnection, SqliteConnection, sql_query};
use drivers::Message;
use drivers::contract::{Reading, Role};
use jiff::{SignedDuration, Timestamp};
use qingke::acquire::intake::Hub;
use qingke::acquire::{Intake, SourceFile, State, Transmission};
use qingke::lab::analysis::status::{Refusal, State as Stands, Step};
use qingke::lab::digest::sha256;
use qingke::lab::people::{Actor, Role as Duty, Who};
use qingke::lab::zone::zone;
use qingke::store::Store;
use qingke::store::analyses::StepError;
use qingke::store::batches::CloseError;
use qingke::store::catalogue::{Analyte, AnalyteMap, ControlMaterial, Instrument, Method, MethodAnalyte, Place};
use qingke::store::intake::{OnWire, Read};
use qingke::store::loadings::Put;
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
    sent_by("ELISA-1", seq, text, at)
}

fn sent_by(instrument: &str, seq: i64, text: &str, at: Timestamp) -> Transmission {
    let bytes = text.as_bytes().to_vec();
    Transmission {
        epoch: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        seq,
        instrument: instrument.to_owned(),
        driver: "astm-lis2".to_owned(),
        file: None,
        started_at: at,
        ended_at: at,
        state: State::Complete,
        fault: None,
        messages: vec![Message::plain(bytes.clone(), 0)],
        bytes,
        chunks: Vec::new(),
    }
}

#[derive(QueryableByName, Debug)]
struct Weighed {
    #[diesel(sql_type = BigInt)]
    sample_id: i64,
    #[diesel(sql_type = Text)]
    mass: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    scan_id: Option<i64>,
}

/// Each weighing: the sample, the mass, and whether a scan bound it.
fn weighed(url: &str) -> Vec<(i64, String, bool)> {
    let query = sql_query("SELECT sample_id, mass, scan_id FROM weighing ORDER BY id");
    let rows: Vec<Weighed> = match url.strip_prefix("sqlite://") {
        Some(path) => query.load(&mut SqliteConnection::establish(path).unwrap()).unwrap(),
        None => query.load(&mut PgConnection::establish(url).unwrap()).unwrap(),
    };
    rows.into_iter().map(|row| (row.sample_id, row.mass, row.scan_id.is_some())).collect()
}

#[derive(QueryableByName, Debug)]
struct Measured {
    #[diesel(sql_type = Text)]
    value: String,
}

/// The values of all control results, in the order in which they came.
fn results(url: &str) -> Vec<String> {
    let query = sql_query("SELECT value FROM control_result ORDER BY id");
    let rows: Vec<Measured> = match url.strip_prefix("sqlite://") {
        Some(path) => query.load(&mut SqliteConnection::establish(path).unwrap()).unwrap(),
        None => query.load(&mut PgConnection::establish(url).unwrap()).unwrap(),
    };
    rows.into_iter().map(|row| row.value).collect()
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

#[derive(QueryableByName, Debug)]
struct Said {
    #[diesel(sql_type = Text)]
    sample_text: String,
    #[diesel(sql_type = Text)]
    result: String,
    #[diesel(sql_type = Text)]
    fate: String,
}

/// Each reading as it stands in the record: its sample, its result, and `fate` or `held:reason`.
fn kept(url: &str) -> Vec<[String; 3]> {
    let query = sql_query(
        "SELECT coalesce(sample_text, '') AS sample_text, coalesce(result, '') AS result, \
         CASE WHEN held_for IS NULL THEN fate ELSE fate || ':' || held_for END AS fate FROM reading ORDER BY id",
    );
    let rows: Vec<Said> = match url.strip_prefix("sqlite://") {
        Some(path) => query.load(&mut SqliteConnection::establish(path).unwrap()).unwrap(),
        None => query.load(&mut PgConnection::establish(url).unwrap()).unwrap(),
    };
    rows.into_iter().map(|row| [row.sample_text, row.result, row.fate]).collect()
}

fn row(sample: &str, result: &str, fate: &str) -> [String; 3] {
    [sample, result, fate].map(str::to_owned)
}

#[test]
fn a_second_injection_is_neither_dropped_nor_does_it_overwrite_the_first_equal_or_not() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        // All in the same minute, as the instrument's clock has it.
        for (seq, result) in (1..).zip(["0.31", "0.31", "0.47"]) {
            hub.deliver(&sent(seq, &said(&code, "AFM1", result, "ug/kg", now()), now())).unwrap();
        }
        let held = "held:already-measured";
        assert_eq!(kept(url), [row(&code, "0.31", "matched"), row(&code, "0.31", held), row(&code, "0.47", held)]);
        let (lines, _) = runtime.block_on(store.work(Filter::default(), 1)).unwrap();
        let status = format!("{:?}", lines[0].analysis.status);
        assert!(status.contains("0.310") || status.contains("0.31"), "the first stands: {status}");
        assert!(!status.contains("0.47"), "{status}");
    });
}

#[test]
fn a_unit_is_compared_and_a_result_in_another_one_waits() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        for (seq, unit) in (1..).zip(["mg/kg", "ng/kg", "%"]) {
            hub.deliver(&sent(seq, &said(&code, "AFM1", "0.31", unit, now()), now())).unwrap();
        }
        assert_eq!(fates(url), ["held:unit-differs"; 3]);
    });
}

#[test]
fn an_unknown_sample_is_held_and_never_skipped_beside_a_known_one() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        let both = said("QK2699999-0", "AFM1", "0.47", "ug/kg", now()).replace("L|1|N\r", "")
            + &format!("O|2|{code}||^^^AFM1|R\rR|1|^^^AFM1|0.31|ug/kg||N||F\rL|1|N\r");
        hub.deliver(&sent(1, &both, now())).unwrap();
        let unknown = row("QK2699999-0", "0.47", "held:unknown-sample");
        assert_eq!(kept(url), [unknown, row(&code, "0.31", "matched")]);
    });
}

#[test]
fn a_sample_number_that_is_sql_is_a_sample_number_on_a_line_and_in_a_file() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        let names = ["x'; DROP TABLE reading; --", "x' OR '1'='1", "%", "$1", "\\'; DELETE FROM transmission; --"];
        let mut expected = Vec::new();
        for (seq, name) in (1..).step_by(2).zip(names) {
            // A backslash would be an escape of the line's own.
            let spoken = name.trim_start_matches('\\');
            hub.deliver(&sent(seq, &said(spoken, "AFM1", "0.31", "ug/kg", now()), now())).unwrap();
            let text = format!("Sample_ID,Test_Code,Result,Unit\r\n{name},AFM1,0.31,ug/kg\r\n");
            let file = SourceFile { name: format!("{name}.csv"), modified_at: None, sha256: sha256(text.as_bytes()) };
            let report =
                Transmission { driver: "csv-results".to_owned(), file: Some(file), ..sent(seq + 1, &text, now()) };
            hub.deliver(&report).unwrap();
            expected.extend([spoken, name].map(|name| row(name, "0.31", "held:unknown-sample")));
        }
        hub.deliver(&sent(100, &said(&code, "AFM1", "0.31", "ug/kg", now()), now())).unwrap();
        expected.push(row(&code, "0.31", "matched"));
        assert_eq!(kept(url), expected);
        assert!(store.verify().unwrap().findings.is_empty());
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
fn a_nul_in_what_an_instrument_says_blocks_no_line() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        let switched_on = said(&code, "AFM1", "0.31\0", "ug/kg", now());
        hub.deliver(&sent(1, &switched_on, now())).unwrap();
        hub.deliver(&sent(2, &said(&code, "AFM1", "0.31", "ug/kg", now()), now())).unwrap();
        assert_eq!(fates(url).len(), 2, "both were taken");
        assert!(store.verify().unwrap().findings.is_empty());
    });
}

#[test]
fn a_number_given_twice_by_a_journal_that_was_set_back_is_taken_once_for_each_of_its_contents() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        let first = sent(1, &said(&code, "AFM1", "0.31", "ug/kg", now()), now());
        let again = sent(1, &said(&code, "AFM1", "0.47", "ug/kg", now()), now());
        // A device without a clock says the very same an hour later: a measurement of its own.
        let later = Transmission { started_at: now() + SignedDuration::from_hours(1), ..first.clone() };
        assert!(!hub.has(&first).unwrap());
        for transmission in [&first, &again, &first, &again] {
            hub.deliver(transmission).unwrap();
        }
        assert_eq!(fates(url), ["matched", "held:already-measured"]);
        assert!(!hub.has(&later).unwrap());
        for _ in 0..2 {
            hub.deliver(&later).unwrap();
        }
        assert_eq!(fates(url), ["matched", "held:already-measured", "held:already-measured"]);
        assert!([&first, &again, &later].iter().all(|one| hub.has(one).unwrap()));
    });
}

#[test]
fn ordering_again_forgets_nobody_who_had_a_hand_in_the_cancelled_value() {
    run(|_, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (id, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let hub = Hub { store: store.clone() };
        runtime.block_on(async {
            let who = |actor: &Actor| Who::Person(actor.clone());
            let seen = || async {
                let (lines, _) = store.work(Filter { sample: Some(id), ..Filter::default() }, 1).await.unwrap();
                let last = &lines.last().unwrap().analysis;
                vec![Seen { analysis: last.id, version: last.version }]
            };
            // Who reviews is also one of the bench here, as in a small station.
            let both = Actor { roles: [Duty::Technician, Duty::Reviewer].into(), ..bench.reviewer.clone() };
            let reason = || "样品取错".to_owned();
            store.take_steps(who(&both), now(), seen().await, Step::Enter { value: "0.31".to_owned() }).await.unwrap();
            store.take_steps(who(&both), now(), seen().await, Step::Cancel { reason: reason() }).await.unwrap();
            store.order(who(&bench.analyst), now(), id, vec![1]).await.unwrap();
            hub.deliver(&sent(1, &said(&code, "AFM1", "0.47", "ug/kg", now()), now())).unwrap();
            store.take_steps(who(&bench.analyst), now(), seen().await, Step::Submit).await.unwrap();
            let retest = Step::Retest { reason: reason() };
            let theirs = store.take_steps(who(&bench.analyst), now(), seen().await, retest).await;
            assert!(matches!(theirs, Err(StepError::Refused(Refusal::NotTheirs(_)))), "{theirs:?}");
            let own = store.take_steps(who(&both), now(), seen().await, Step::Review).await;
            assert!(matches!(own, Err(StepError::Refused(Refusal::SamePerson(_)))), "{own:?}");
        });
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

/// Keeps readings as if a driver had found them in one transmission.
fn take(store: &Store, instrument: &str, seq: i64, at: Timestamp, readings: Vec<Reading>) {
    let on_wire = |reading| OnWire { reading, start: 0, end: 1 };
    let read = Read { readings: readings.into_iter().map(on_wire).collect(), ..Read::default() };
    store.take_in(&sent_by(instrument, seq, "x", at), &[read], None, None, at).unwrap();
}

/// What the reader says of a sample or of a control.
fn toxin(sample: Option<&str>, result: &str) -> Reading {
    Reading {
        sample_id: sample.map(Into::into),
        analyte: Some("AFM1".into()),
        result: Some(result.into()),
        unit: Some("ug/kg".into()),
        ..Reading::default()
    }
}

fn mass(result: &str) -> Reading {
    Reading { result: Some(result.into()), unit: Some("g".into()), ..Reading::default() }
}

/// A control of the toxin whose code is `QC-M1`: 0.50 ± 0.02.
async fn material(store: &Store) -> i64 {
    let analyte = store.list::<Analyte>().await.unwrap()[0].id;
    let method = store.list::<Method>().await.unwrap()[0].id;
    let text = str::to_owned;
    let material = ControlMaterial {
        code: text("QC-M1"),
        name: text("质控乳粉"),
        lot: text("2601"),
        method_id: method,
        analyte_id: analyte,
        unit: text("μg/kg"),
        mean: text("0.50"),
        s: text("0.02"),
        valid_from: text("2026-01-01"),
        ..ControlMaterial::default()
    };
    store.add(Who::Program, now(), material).await.unwrap()
}

/// Another instrument; its id.
async fn instrument(store: &Store, code: &str, bench: Option<i64>, control_position: Option<&str>) -> i64 {
    let it = Instrument {
        code: code.to_owned(),
        name: code.to_owned(),
        driver: "astm-lis2".to_owned(),
        transport: "serial".to_owned(),
        bench_id: bench,
        control_position: control_position.map(str::to_owned),
        ..Instrument::default()
    };
    store.add(Who::Program, now(), it).await.unwrap()
}

#[test]
fn a_reading_repeated_inside_its_session_is_a_duplicate_and_an_equal_value_is_not() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let keyed = |key: &str| Reading { device_key: Some(key.to_owned()), ..toxin(Some(&code), "0.31") };
        take(&store, "ELISA-1", 1, now(), vec![keyed("17 3"), keyed("17 3"), keyed("18 3")]);
        assert_eq!(fates(url), ["matched", "duplicate", "held:already-measured"]);
    });
}

#[test]
fn a_reading_that_two_analyses_could_take_waits_for_a_person() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (id, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        runtime.block_on(async {
            let other = Method {
                code: "QK-M1-02".to_owned(),
                name: "免疫层析法".to_owned(),
                kind: "screening".to_owned(),
                effective_from: "2020-01-01".to_owned(),
                ..Method::default()
            };
            let method_id = store.add(Who::Program, now(), other).await.unwrap();
            let analyte_id = store.list::<Analyte>().await.unwrap()[0].id;
            let unit = "μg/kg".to_owned();
            let threshold = Some("0.5".to_owned());
            let determined =
                MethodAnalyte { method_id, analyte_id, unit, decimals: 3, threshold, ..MethodAnalyte::default() };
            store.add(Who::Program, now(), determined).await.unwrap();
            store.order(Who::Person(bench.analyst.clone()), now(), id, vec![method_id]).await.unwrap();
        });
        take(&store, "ELISA-1", 1, now(), vec![toxin(Some(&code), "0.31")]);
        assert_eq!(fates(url), ["held:two-candidates"]);
    });
}

#[test]
fn a_weighing_binds_to_the_last_scan_at_its_own_bench_or_waits_until_a_person_says_which_sample_it_was() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let who = || Who::Person(bench.analyst.clone());
        let (first, _) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let (last, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        runtime.block_on(async {
            let place = |code: &str| Place {
                code: code.to_owned(),
                name: code.to_owned(),
                kind: "bench".to_owned(),
                ..Place::default()
            };
            let here = store.add(Who::Program, now(), place("B1")).await.unwrap();
            let there = store.add(Who::Program, now(), place("B2")).await.unwrap();
            instrument(&store, "TP-1", Some(here), None).await;
            instrument(&store, "TP-2", Some(there), None).await;
            store.scan(who(), now(), here, "first".to_owned(), first).await.unwrap();
            store.scan(who(), now(), here, code.clone(), last).await.unwrap();
        });
        take(&store, "TP-1", 1, now(), vec![mass("5.0012")]);
        take(&store, "TP-2", 2, now(), vec![mass("4.9988")]);
        take(&store, "TP-1", 3, now() + SignedDuration::from_mins(31), vec![mass("5.0100")]);
        assert_eq!(fates(url), ["weighing", "held:no-scan", "held:no-scan"]);
        assert_eq!(weighed(url), [(last, "5.0012".to_owned(), true)]);

        runtime.block_on(async {
            let weigh = || Resolution::Weigh { sample: first, reason: "扫码枪没电".to_owned() };
            store.resolve_reading(who(), now(), 2, 1, weigh()).await.unwrap();
            let again = store.resolve_reading(who(), now(), 2, 2, weigh()).await;
            assert!(matches!(again, Err(ResolveError::NoMass)), "{again:?}");
        });
        assert_eq!(fates(url), ["weighing", "weighing", "held:no-scan"]);
        assert_eq!(weighed(url), [(last, "5.0012".to_owned(), true), (first, "4.9988".to_owned(), false)]);
        let report = store.verify().unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    });
}

#[test]
fn only_a_mass_is_bound_to_a_sample_as_a_mass() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (id, _) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        take(&store, "ELISA-1", 1, now(), vec![toxin(None, "0.31")]);
        let weigh = Resolution::Weigh { sample: id, reason: "?".to_owned() };
        let refused = runtime.block_on(store.resolve_reading(Who::Person(bench.analyst.clone()), now(), 1, 1, weigh));
        assert!(matches!(refused, Err(ResolveError::NoMass)), "{refused:?}");
        assert_eq!((fates(url), weighed(url)), (vec!["held:no-sample-code".to_owned()], Vec::new()));
    });
}

#[test]
fn a_control_becomes_a_result_wherever_it_stands_or_waits_with_its_reason() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let who = || Who::Person(bench.analyst.clone());
        let (sample, _) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let position = |place: &str, result: &str| Reading { position: Some(place.into()), ..toxin(None, result) };
        let called = |code: &str| Reading { role: Role::Control, ..toxin(Some(code), "0.51") };
        runtime.block_on(async {
            let material = material(&store).await;
            let rack = instrument(&store, "NC-1", None, Some("1")).await;
            let analyte_id = store.list::<Analyte>().await.unwrap()[0].id;
            let map = AnalyteMap {
                instrument_id: rack,
                code: "AFM1".to_owned(),
                unit: "ug/kg".to_owned(),
                analyte_id,
                to_unit: "μg/kg".to_owned(),
                factor: "1".to_owned(),
                created_at: now().to_string(),
                ..AnalyteMap::default()
            };
            store.add(Who::Program, now(), map).await.unwrap();
            store.put(who(), now(), rack, "1".to_owned(), Put::Material(material)).await.unwrap();
            store.put(who(), now(), rack, "2".to_owned(), Put::Material(material)).await.unwrap();
        });
        take(&store, "NC-1", 1, now(), vec![position("1", "0.49"), position("2", "0.52"), position("2", "----")]);
        take(&store, "ELISA-1", 2, now(), vec![called("QC-M1"), called("QC-UNKNOWN")]);
        runtime.block_on(async {
            let rack = store.list::<Instrument>().await.unwrap().into_iter().find(|one| one.code == "NC-1").unwrap();
            store.put(who(), now(), rack.id, "1".to_owned(), Put::Sample(sample)).await.unwrap();
        });
        take(&store, "NC-1", 3, now(), vec![position("1", "0.00")]);
        let expected =
            ["control", "control", "held:no-value", "control", "held:unknown-control", "held:unknown-control"];
        assert_eq!(fates(url), expected);
        assert_eq!(results(url), ["0.49", "0.52", "0.51"]);
    });
}

#[test]
fn a_rejected_control_holds_what_was_measured_with_it_though_it_was_ordered_the_day_before() {
    run(|_, store, runtime| {
        let yesterday = now() - SignedDuration::from_hours(24);
        let bench = runtime.block_on(laboratory::set_up(&store, yesterday, "none"));
        let (id, code) = runtime.block_on(laboratory::sample(&store, &bench, yesterday));
        take(&store, "ELISA-1", 1, now(), vec![toxin(Some(&code), "0.31")]);
        runtime.block_on(async {
            let material = material(&store).await;
            let (analyst, reviewer) = (Who::Person(bench.analyst.clone()), Who::Person(bench.reviewer.clone()));
            let control = store.type_control(analyst.clone(), now(), material, "0.60".parse().unwrap()).await.unwrap();
            let seen = || async {
                let (lines, _) = store.work(Filter { sample: Some(id), ..Filter::default() }, 1).await.unwrap();
                let seen = Seen { analysis: lines[0].analysis.id, version: lines[0].analysis.version };
                (vec![seen], lines[0].analysis.batch.unwrap())
            };
            store.take_steps(analyst.clone(), now(), seen().await.0, Step::Submit).await.unwrap();
            let held = store.take_steps(reviewer.clone(), now(), seen().await.0, Step::Review).await;
            assert!(matches!(held, Err(StepError::Refused(Refusal::BatchHeld(_)))), "{held:?}");
            let batch = seen().await.1;
            let open = store.close_batch(analyst.clone(), now(), batch).await;
            assert!(matches!(open, Err(CloseError::Refused(_))), "{open:?}");

            store.resolve_control(reviewer.clone(), now(), control, 1, "重配复测在控".to_owned()).await.unwrap();
            store.take_steps(reviewer, now(), seen().await.0, Step::Review).await.unwrap();
            store.close_batch(analyst.clone(), now(), batch).await.unwrap();
            let again = store.close_batch(analyst.clone(), now(), batch).await;
            assert!(matches!(again, Err(CloseError::Refused(_))), "{again:?}");

            // The next sample of the day is measured in a batch of its own.
            let (other, code) = laboratory::sample(&store, &bench, now()).await;
            take(&store, "ELISA-1", 2, now(), vec![toxin(Some(&code), "0.28")]);
            let (lines, _) = store.work(Filter { sample: Some(other), ..Filter::default() }, 1).await.unwrap();
            assert_ne!(lines[0].analysis.batch, Some(batch));
        });
        let report = store.verify().unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    });
}

#[test]
fn the_record_says_that_it_has_a_transmission_only_with_its_very_bytes() {
    run(|_, store, runtime| {
        runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let hub = Hub { store: store.clone() };
        let transmission = sent(1, "H|\\^&\r", now());
        assert!(!hub.has(&transmission).unwrap());
        hub.deliver(&transmission).unwrap();
        assert!(hub.has(&transmission).unwrap());
        assert!(!hub.has(&sent(1, "H|\\^&\n", now())).unwrap());
        assert!(!hub.has(&sent(2, "H|\\^&\r", now())).unwrap());
    });
}
