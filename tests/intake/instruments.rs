//! What the bench expects of instruments: that results come back under the names we gave, that a silence and a wrong
//! clock are known after a restart, and that a person's decision can be taken back until it was used.

use drivers::format::sequence::write;
use qingke::lab::analysis::matching::NotReopened;
use qingke::lab::analysis::sequence::{Run, System, Wishes, plan};
use qingke::lab::line::clock::{Shows, is_off};
use qingke::store::work::Line;

use super::*;

/// What LabSolutions exports of a run, as its sequence table called it.
fn report(name: &str, id: &str, kind: &str) -> String {
    format!(
        "[Header]\r\nApplication Name\tLabSolutions\r\nVersion\t5.97\r\n\r\n[Sample Information]\r\nSample Name\t{name}\r\n\
         Sample ID\t{id}\r\nSample Type\t{kind}\r\n\r\n[Configuration]\r\nInstrument Name\tLC-20\r\n# of Detectors\t1\r\n\
         Detector Name\tFLD\r\n\r\n[Compound Results(FLD)]\r\n# of IDs\t1\r\n\
         ID#\tName\tR.Time\tArea\tHeight\tConc.\tUnit\r\n1\tAFM1\t6.210\t20420\t5050\t0.500\tug/kg\r\n"
    )
}

#[test]
fn results_come_back_under_the_names_of_the_sequence_table_and_find_their_analyses() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        runtime.block_on(laboratory::sample(&store, &bench, now()));
        runtime.block_on(laboratory::sample(&store, &bench, now()));
        runtime.block_on(material(&store));
        let to_inject = || runtime.block_on(store.to_inject(1, "2026-11-24".to_owned())).unwrap().unwrap();
        let Run { samples, controls, .. } = to_inject().run;
        assert_eq!((samples.len(), controls.as_slice()), (2, ["QC-M1".to_owned()].as_slice()));

        let wishes = Wishes { calibrators: 1, control_every: 1, ..Wishes::default() };
        let system = System::LabSolutions.writer();
        let table = write(system, system.characters(), &plan(&to_inject().run, &wishes).unwrap()).unwrap();
        let table = String::from_utf8(table).unwrap();
        let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let head = lines.next().unwrap();
        let column = |name: &str| head.iter().position(|own| *own == name).unwrap();
        let (name, id, kind) = (column("Sample Name"), column("Sample ID"), column("Sample Type"));
        let hub = Hub { store: store.clone() };
        let mut seq = 0;
        for line in lines {
            seq += 1;
            let text = report(line[name], line[id], &format!("0:{}", line[kind]));
            let driver = "shimadzu-ascii".to_owned();
            hub.deliver(&Transmission { driver, ..sent(seq, &text, now()) }).unwrap();
        }
        // Blank, standard, control, sample, control, sample, control.
        assert_eq!(fates(url), ["control", "control", "control", "matched", "control", "matched", "control"]);
        assert_eq!(results(url), ["0.500", "0.500", "0.500"], "the control's, and not the standard's");
        assert!(to_inject().run.samples.is_empty(), "nothing waits any more");
    });
}

#[test]
fn when_an_instrument_was_last_heard_and_what_its_clock_said_is_in_the_record() {
    run(|_, store, runtime| {
        runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let silent = runtime.block_on(instrument(&store, "GC-2", None, None));
        let hub = Hub { store: store.clone() };
        let later = |minutes: i64| now() + SignedDuration::from_mins(minutes);
        let heard = || runtime.block_on(store.last_heard()).unwrap();
        assert!(heard().is_empty());
        // Its clock is seven minutes slow; one message was held up for an hour besides.
        for (seq, arrives, says) in [(1, 0, -67), (2, 10, 3), (3, 20, 13)] {
            hub.deliver(&sent(seq, &said("X", "AFM1", "0.3", "ug/kg", later(says)), later(arrives))).unwrap();
        }
        // A poll that brought nothing is no word of the instrument.
        let nothing = Transmission { state: State::Empty, messages: Vec::new(), ..sent(4, "", later(30)) };
        hub.deliver(&nothing).unwrap();
        assert_eq!(heard(), [(1, later(20))].into());
        let clock = |id| runtime.block_on(store.instrument_clock(id)).unwrap();
        let seen = clock(1).unwrap();
        assert_eq!((seen.shows, seen.ahead.as_mins(), seen.at), (Shows::Offset, -7, later(20)));
        assert!(is_off(&seen));
        assert_eq!(clock(silent), None);
        // Delivered again it shows nothing new, and set right it is right after five messages.
        hub.deliver(&sent(3, &said("X", "AFM1", "0.3", "ug/kg", later(13)), later(20))).unwrap();
        for seq in 5..10 {
            hub.deliver(&sent(seq, &said("X", "AFM1", "0.3", "ug/kg", later(seq * 10)), later(seq * 10))).unwrap();
        }
        let seen = clock(1).unwrap();
        assert!(seen.ahead.as_secs().abs() <= 1 && !is_off(&seen), "{seen:?}");
    });
}

#[test]
fn several_readings_are_resolved_together_or_not_at_all() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, first) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        let (_, second) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        // The light failed: the device marks both values, and somebody says they are good.
        let marked = |code: &str| Reading { flags: vec!["moving".to_owned()], ..toxin(Some(code), "0.31") };
        take(&store, "ELISA-1", 1, now(), vec![marked(&first), marked(&second), toxin(Some("999999"), "0.2")]);
        assert_eq!(fates(url), ["held:unstable", "held:unstable", "held:unknown-sample"]);
        let analyst = || Who::Person(bench.analyst.clone());
        let resolve = |seen: &[(i64, i64)], how: Resolution| {
            runtime.block_on(store.resolve_readings(analyst(), now(), seen.to_vec(), how))
        };
        let fit = || Resolution::Fit { reason: "灯已稳定，数值有效".to_owned() };
        let all = resolve(&[(1, 1), (2, 1), (3, 1)], fit());
        assert!(matches!(all, Err(ResolveError::Of { id: 3, .. })), "{all:?}");
        assert_eq!(fates(url), ["held:unstable", "held:unstable", "held:unknown-sample"], "none of them");
        resolve(&[(1, 1), (2, 1)], fit()).unwrap();
        resolve(&[(3, 1)], Resolution::Reject { reason: "不是本站样品".to_owned() }).unwrap();
        assert_eq!(fates(url), ["matched", "matched", "rejected"]);
        let stale = resolve(&[(3, 1)], Resolution::Reject { reason: "再次".to_owned() });
        assert!(matches!(stale, Err(ResolveError::Of { id: 3, .. })), "{stale:?}");
    });
}

#[test]
fn a_decision_about_a_reading_is_taken_back_until_its_value_was_submitted() {
    run(|url, store, runtime| {
        let bench = runtime.block_on(laboratory::set_up(&store, now(), "none"));
        let (_, code) = runtime.block_on(laboratory::sample(&store, &bench, now()));
        take(&store, "ELISA-1", 1, now(), vec![toxin(Some("999999"), "0.31"), toxin(Some("QK?"), "0.2")]);
        runtime.block_on(async {
            let analyst = || Who::Person(bench.analyst.clone());
            let line = async || -> Line { store.work(Filter::default(), 1).await.unwrap().0.remove(0) };
            let analysis = line().await.analysis.id;
            let place = Resolution::Match { analysis, reason: format!("编号输错，应为 {code}") };
            let undo = |id, version| store.reopen_reading(analyst(), now(), id, version, "看错了".to_owned());
            let never = undo(1, 1).await;
            assert!(matches!(never, Err(ResolveError::NotReopened(NotReopened::NotDecided))), "{never:?}");

            store.resolve_reading(analyst(), now(), 1, 1, place.clone()).await.unwrap();
            assert_eq!(line().await.analysis.status.state(), Stands::Measured);
            undo(1, 2).await.unwrap();
            assert_eq!(line().await.analysis.status.state(), Stands::Ordered, "the analysis waits again");
            assert_eq!(fates(url)[0], "held:unknown-sample", "for the reason it had waited before");
            let reject = Resolution::Reject { reason: "空样".to_owned() };
            store.resolve_reading(analyst(), now(), 2, 1, reject).await.unwrap();
            undo(2, 2).await.unwrap();

            store.resolve_reading(analyst(), now(), 1, 3, place).await.unwrap();
            let seen = vec![Seen { analysis, version: line().await.analysis.version }];
            store.take_steps(analyst(), now(), seen, Step::Submit).await.unwrap();
            let used = undo(1, 4).await;
            assert!(matches!(used, Err(ResolveError::NotReopened(NotReopened::Used))), "{used:?}");
        });
        assert_eq!(fates(url), ["matched", "held:unknown-sample"]);
    });
}
