//! A small laboratory for whole-program tests: one analyte, one method, one instrument, three people.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use qingke::lab::custody::{Condition, Event, Movement, SealState, Whereabouts};
use qingke::lab::people::{Actor, Role, Who};
use qingke::lab::sampling::form::{Class, SamplingForm, Stage};
use qingke::store::Store;
use qingke::store::catalogue::{
    Analyte, AnalyteMap, Commodity, Instrument, Laboratory, LimitValue, Method, MethodAnalyte, Place,
};
use qingke::store::people::NewPerson;
use qingke::store::samples::NewSample;

async fn person(store: &Store, at: Timestamp, username: &str, role: Role) -> Actor {
    let new = NewPerson {
        username: username.to_owned(),
        name: username.to_uppercase(),
        password_hash: "-".to_owned(),
        roles: BTreeSet::from([role]),
    };
    let id = store.add_person(Who::Program, at, new).await.unwrap();
    store.person(id).await.unwrap().unwrap().actor
}

pub struct Bench {
    pub analyst: Actor,
    pub reviewer: Actor,
    pub approver: Actor,
    commodity: i64,
    shelf: i64,
    market: i64,
    method: i64,
}

/// An empty laboratory set up for one analyte on one instrument.
pub async fn set_up(store: &Store, at: Timestamp, port: &str) -> Bench {
    let text = str::to_owned;
    let by = || Who::Program;
    let laboratory = Laboratory { name: text("县检测站"), updated_at: at.to_string(), ..Laboratory::default() };
    store.add(by(), at, laboratory).await.unwrap();
    let place = |code: &str, name: &str, kind: &str| Place {
        code: text(code),
        name: text(name),
        kind: text(kind),
        town: text("措麦乡"),
        ..Place::default()
    };
    let shelf = store.add(by(), at, place("S1", "1 号冰箱", "storage")).await.unwrap();
    let market = store.add(by(), at, place("P1", "措麦乡奶站", "collection-point")).await.unwrap();
    let milk =
        Commodity { code: text("MILK"), name: text("生乳"), name_en: text("raw milk"), ..Commodity::default() };
    let commodity = store.add(by(), at, milk).await.unwrap();
    let toxin = Analyte {
        code: text("AFM1"),
        name: text("黄曲霉毒素M1"),
        name_en: text("aflatoxin M1"),
        kind: text("contaminant"),
        ..Analyte::default()
    };
    let analyte = store.add(by(), at, toxin).await.unwrap();
    let reader = Instrument {
        code: text("ELISA-1"),
        name: text("酶标仪"),
        driver: text("astm-lis2"),
        transport: text("serial"),
        address: text(port),
        baud: 9600,
        data_bits: 8,
        parity: text("N"),
        stop_bits: 1,
        line_enabled_at: Some(at.to_string()),
        ..Instrument::default()
    };
    let instrument = store.add(by(), at, reader).await.unwrap();
    let method = Method {
        code: text("GB 5009.24-2016"),
        name: text("酶联免疫法"),
        kind: text("confirmatory"),
        instrument_id: Some(instrument),
        effective_from: text("2017-06-23"),
        ..Method::default()
    };
    let method = store.add(by(), at, method).await.unwrap();
    let determined = MethodAnalyte {
        method_id: method,
        analyte_id: analyte,
        unit: text("μg/kg"),
        loq: Some(text("0.005")),
        decimals: 3,
        ..MethodAnalyte::default()
    };
    store.add(by(), at, determined).await.unwrap();
    let map = AnalyteMap {
        instrument_id: instrument,
        code: text("AFM1"),
        unit: text("ug/kg"),
        analyte_id: analyte,
        to_unit: text("μg/kg"),
        factor: text("1"),
        created_at: at.to_string(),
        ..AnalyteMap::default()
    };
    store.add(by(), at, map).await.unwrap();
    let limit = LimitValue {
        analyte_id: analyte,
        commodity_id: commodity,
        written: text("生乳"),
        requirement: text("max"),
        value: Some(text("0.5")),
        unit: text("μg/kg"),
        kind: text("other"),
        standard: text("GB 2761-2017"),
        effective_from: text("2017-09-17"),
        source: text("test"),
        ..LimitValue::default()
    };
    store.add(by(), at, limit).await.unwrap();
    Bench {
        analyst: person(store, at, "analyst", Role::Technician).await,
        reviewer: person(store, at, "reviewer", Role::Reviewer).await,
        approver: person(store, at, "approver", Role::Approver).await,
        commodity,
        shelf,
        market,
        method,
    }
}

/// Registers, receives and orders one sample of the day before; answers its id and code.
pub async fn sample(store: &Store, bench: &Bench, at: Timestamp) -> (i64, String) {
    let who = || Who::Person(bench.analyst.clone());
    let form = SamplingForm {
        samplers: vec!["扎西".to_owned(), "刘海燕".to_owned()],
        quantity: "2.0".to_owned(),
        quantity_unit: "L".to_owned(),
        retained_quantity: "1.0".to_owned(),
        retained_seal: "F2".to_owned(),
        ..SamplingForm::default()
    };
    let new = NewSample {
        class: Class::Supervision,
        stage: Stage::Collection,
        commodity: bench.commodity,
        commodity_written: "生乳".to_owned(),
        producer: None,
        place: Some(bench.market),
        town: "措麦乡".to_owned(),
        plan_item: None,
        sampled_at: at - SignedDuration::from_hours(20),
        form,
    };
    let registered = store.register(who(), at, new).await.unwrap();
    let event = Event {
        kind: Movement::Receive,
        from: Whereabouts { person: "扎西".to_owned(), place: None },
        to: Whereabouts { person: "ANALYST".to_owned(), place: Some(bench.shelf) },
        seal: SealState::Intact,
        condition: Condition::Good,
        temperature: Some("4.0".to_owned()),
        reason: None,
    };
    store.hand_over_sample(who(), at, registered.id, 1, event, None).await.unwrap();
    store.order(who(), at, registered.id, vec![bench.method]).await.unwrap();
    (registered.id, registered.code.to_string())
}
