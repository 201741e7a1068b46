//! Samples and plans on both engines: numbers without a gap, searches alike, and a plan's progress.

#[path = "common/engines.rs"]
mod engines;
#[path = "common/laboratory.rs"]
mod laboratory;

use jiff::Timestamp;
use qingke::lab::people::Who;
use qingke::lab::sampling::form::{Class, SamplingForm, Stage};
use qingke::store::Store;
use qingke::store::catalogue::{Plan, PlanItem};
use qingke::store::samples::{Filter, NewSample};

fn now() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

fn run(work: impl Fn(Store, tokio::runtime::Runtime)) {
    engines::each(|url| {
        let store = Store::open(url).unwrap();
        store.migrate().unwrap();
        work(store, tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap());
    });
}

fn new_sample(commodity: i64, plan_item: Option<i64>) -> NewSample {
    let form = SamplingForm {
        samplers: vec!["扎西".to_owned(), "刘海燕".to_owned()],
        quantity: "2.0".to_owned(),
        quantity_unit: "L".to_owned(),
        ..SamplingForm::default()
    };
    NewSample {
        class: Class::Routine,
        stage: Stage::Collection,
        commodity,
        commodity_written: "生乳".to_owned(),
        producer: None,
        place: None,
        town: "措麦乡".to_owned(),
        plan_item,
        sampled_at: now(),
        form,
    }
}

#[test]
fn samples_registered_at_the_same_moment_get_consecutive_numbers() {
    run(|store, runtime| {
        runtime.block_on(async {
            let bench = laboratory::set_up(&store, now(), "-").await;
            let people = [&bench.analyst, &bench.reviewer, &bench.approver];
            let registering: Vec<_> = (0..12)
                .map(|n| {
                    let (store, who) = (store.clone(), Who::Person(people[n % people.len()].clone()));
                    tokio::spawn(async move { store.register(who, now(), new_sample(1, None)).await.unwrap() })
                })
                .collect();
            let mut numbers = Vec::new();
            for one in registering {
                numbers.push(one.await.unwrap().code.number());
            }
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
        });
    });
}

#[test]
fn a_search_finds_the_same_samples_on_both_engines() {
    run(|store, runtime| {
        runtime.block_on(async {
            let bench = laboratory::set_up(&store, now(), "-").await;
            let (_, code) = laboratory::sample(&store, &bench, now()).await;
            for (text, found) in [(code.to_ascii_lowercase(), 1), ("生".into(), 1), ("%".into(), 0), ("_".into(), 0)] {
                let filter = Filter { text: text.clone(), ..Filter::default() };
                assert_eq!(store.samples(filter, 1).await.unwrap().1, found, "{text}");
            }
        });
    });
}

#[test]
fn a_plan_counts_what_was_taken_for_it() {
    run(|store, runtime| {
        runtime.block_on(async {
            let bench = laboratory::set_up(&store, now(), "-").await;
            let plan = Plan {
                code: "P-1".to_owned(),
                name: "例行监测".to_owned(),
                kind: "routine".to_owned(),
                starts_on: "2026-01-01".to_owned(),
                ends_on: "2026-12-31".to_owned(),
                created_at: now().to_string(),
                ..Plan::default()
            };
            let plan_id = store.add(Who::Program, now(), plan).await.unwrap();
            let item = PlanItem { plan_id, commodity_id: 1, quota: 3, ..PlanItem::default() };
            let item = store.add(Who::Program, now(), item).await.unwrap();
            for _ in 0..2 {
                let who = Who::Person(bench.analyst.clone());
                store.register(who, now(), new_sample(1, Some(item))).await.unwrap();
            }
            laboratory::sample(&store, &bench, now()).await;
            let plans = store.plans().await.unwrap();
            let progress = plans.first().and_then(|plan| plan.items.first()).unwrap().progress;
            assert_eq!((progress.planned, progress.sampled, progress.completed, progress.open()), (3, 2, 0, 1));
        });
    });
}
