//! Every virtual instrument speaks so that its own driver understands it, minute by minute, without a wire.

use std::time::Duration;

use drivers::{Decoded, Event, Kind, Order, Query, Role, Said, Stamp};
use jiff::SignedDuration;
use jiff::civil::date;

use super::*;

/// Minutes of talk between a device and its driver's link, in steps of 100 ms. Queries are not answered and left out.
fn talk(model: Model, minutes: u32, bench: Arc<dyn Bench>) -> (Vec<Event>, Vec<Decoded>) {
    let (events, mut decoded, _) = talk_with(model.device("D1", 7, bench), model, minutes, None, Vec::new());
    decoded.retain(|message| message.queries.is_empty());
    (events, decoded)
}

/// As [`talk`], with a host that orders `tests` on whatever it is asked for, and says `orders` from the beginning.
fn talk_with(
    mut device: Box<dyn Device>,
    model: Model,
    minutes: u32,
    tests: Option<&[&str]>,
    orders: Vec<Order>,
) -> (Vec<Event>, Vec<Decoded>, Vec<Said>) {
    let driver = drivers::by_id(model.driver()).unwrap();
    let mut link = driver.link();
    let stamp = Stamp { now: date(2026, 3, 2).at(9, 0, 0, 0), id: "41" };
    let mut outcomes = Vec::new();
    if !orders.is_empty() {
        assert!(link.say(&(driver.host().unwrap().order)(&orders, &stamp)));
    }
    let step = Duration::from_millis(100);
    let mut now = date(2026, 3, 2).at(9, 0, 0, 0);
    let mut silent = Duration::ZERO;
    let mut events = Vec::new();
    for _ in 0..minutes * 600 {
        now += SignedDuration::try_from(step).unwrap();
        silent += step;
        let mut said = device.tick(now);
        let mut heard = Vec::new();
        if said.is_empty() && link.patience().is_some_and(|patience| silent >= patience) {
            silent = Duration::ZERO;
            heard = link.idle(now);
        }
        loop {
            if !said.is_empty() {
                silent = Duration::ZERO;
                heard.extend(link.feed(&said));
            }
            let answers: Vec<u8> = heard.iter().flat_map(|event| event.answer.to_vec()).collect();
            for message in heard.iter().filter_map(|event| event.message.as_ref()) {
                let asked = driver.parse(message).unwrap().queries;
                let order = |query: &Query| Order {
                    sample_id: query.sample_id.clone(),
                    tests: tests.unwrap_or_default().iter().map(|test| (*test).to_owned()).collect(),
                    ..Order::default()
                };
                let ordered: Vec<Order> = asked.iter().map(order).collect();
                if tests.is_some() && !asked.is_empty() {
                    link.say(&(driver.host().unwrap().answer)(message, &ordered, &stamp).unwrap());
                }
            }
            outcomes.extend(link.said());
            events.append(&mut heard);
            said = device.hear(&answers, now);
            if said.is_empty() {
                break;
            }
        }
    }
    let messages = events.iter().filter_map(|event| event.message.as_ref());
    let decoded = messages.map(|message| driver.parse(message).unwrap()).collect();
    (events, decoded, outcomes)
}

/// They keep what they measured until they are asked.
const STORING: [Model; 4] = [Model::Additives, Model::Luminometer, Model::Strips, Model::Logger];

/// Loses what its host says, one time in `one_in`.
struct Forgetful {
    device: Box<dyn Device>,
    chance: Chance,
    one_in: u32,
}

impl Device for Forgetful {
    fn hear(&mut self, bytes: &[u8], now: jiff::civil::DateTime) -> Vec<u8> {
        if !bytes.is_empty() && self.chance.one_in(self.one_in) {
            return Vec::new();
        }
        self.device.hear(bytes, now)
    }

    fn tick(&mut self, now: jiff::civil::DateTime) -> Vec<u8> {
        self.device.tick(now)
    }
}

#[test]
fn what_an_instrument_does_not_hear_is_asked_again_and_every_two_way_driver_has_a_device() {
    let two_way = drivers::all().filter(|driver| driver.direction() == drivers::Direction::TwoWay);
    for driver in two_way {
        let model = Model::ALL.into_iter().find(|model| model.driver() == driver.id());
        let model = model.unwrap_or_else(|| panic!("{}: no virtual instrument speaks it", driver.id()));
        let device = model.device("D1", 7, Arc::new(Endless));
        let device = Box::new(Forgetful { device, chance: Chance::new(3), one_in: 20 });
        let (_, decoded, _) = talk_with(device, model, 30, None, Vec::new());
        let said: usize = readings(&decoded).len();
        assert!(said > 0, "{model:?}");
        assert!(decoded.iter().all(|message| message.rejected.is_empty()), "{model:?}");
    }
}

const ASKING: [Model; 2] = [Model::Elisa, Model::Immuno];

#[test]
fn an_analyser_that_asks_measures_what_is_ordered() {
    for model in ASKING {
        let queue = Queue::default();
        queue.put("D1", Work { sample: "QK-0007".to_owned(), ..Work::default() });
        let device = model.device("D1", 7, Arc::new(queue));
        let (_, decoded, said) = talk_with(device, model, 4, Some(&["CAP", "TCs"]), Vec::new());
        let asked: Vec<_> = decoded.iter().flat_map(|message| &message.queries).collect();
        assert_eq!(asked[0].sample_id.as_deref(), Some("QK-0007"), "{model:?}");
        let found: Vec<_> = readings(&decoded).iter().map(|reading| reading.analyte.clone().unwrap()).collect();
        assert_eq!(found, ["CAP", "TCs"], "{model:?}");
        assert_eq!(said, [Said::Taken], "{model:?}");
    }
}

#[test]
fn orders_come_to_their_end_whatever_the_temper_of_the_instrument() {
    let order = Order { sample_id: Some("QK-0007".to_owned()), tests: vec!["CAP".to_owned()], ..Order::default() };
    let outcome = |model: Model, temper: Temper| {
        let device = model.device_of(temper, "D1", 7, Arc::new(Queue::default()));
        talk_with(device, model, 4, None, vec![order.clone()]).2
    };
    for model in ASKING {
        assert_eq!(outcome(model, Temper::Good), [Said::Taken], "{model:?}");
        assert!(matches!(outcome(model, Temper::Refuses).as_slice(), [Said::Refused(_)]), "{model:?}");
    }
    assert_eq!(outcome(Model::Elisa, Temper::Contends), [Said::Taken], "it is told after its own message");
    assert_eq!(outcome(Model::Elisa, Temper::Busy), [Said::Absent], "a busy instrument is left alone in the end");
    assert_eq!(outcome(Model::Elisa, Temper::Deaf), [Said::Absent]);
    assert_eq!(outcome(Model::Immuno, Temper::Deaf), [Said::Unanswered]);
}

#[test]
fn what_was_sent_unasked_is_measured_without_asking() {
    let queue = Queue::default();
    queue.put("D1", Work { sample: "QK-0007".to_owned(), ..Work::default() });
    let order = Order { sample_id: Some("QK-0007".to_owned()), tests: vec!["CAP".to_owned()], ..Order::default() };
    let device = Model::Elisa.device("D1", 7, Arc::new(queue));
    let (_, decoded, _) = talk_with(device, Model::Elisa, 4, None, vec![order]);
    assert!(decoded.iter().all(|message| message.queries.is_empty()));
    assert_eq!(readings(&decoded).len(), 1);
}

struct Endless;

impl Bench for Endless {
    fn next(&self, _: &str, place: Option<u8>) -> Option<Work> {
        Some(Work { sample: format!("Q{:03}", place.unwrap_or(0)), ..Work::default() })
    }
}

fn readings(decoded: &[Decoded]) -> Vec<&drivers::Reading> {
    decoded.iter().flat_map(|message| &message.readings).collect()
}

#[test]
fn every_instrument_is_understood_and_says_something_every_few_minutes() {
    for model in Model::ALL {
        let (events, mut decoded) = talk(model, 20, Arc::new(Endless));
        // A tester that has measured nothing yet says so.
        decoded.retain(|message| !STORING.contains(&model) || !message.readings.is_empty());
        assert!(decoded.len() >= 4, "{model:?}: {} messages in twenty minutes", decoded.len());
        for message in &decoded {
            assert!(message.rejected.is_empty(), "{model:?}: {:?}", message.rejected);
            assert!(message.warnings.is_empty(), "{model:?}: {:?}", message.warnings);
            assert!(!message.readings.is_empty(), "{model:?}");
        }
        let noise = events.iter().filter(|event| event.kind == Kind::Noise).count();
        assert_eq!(noise, 0, "{model:?}");
    }
}

#[test]
fn where_nothing_waits_nothing_is_reported() {
    for model in Model::ALL {
        let (_, decoded) = talk(model, 5, Arc::new(Queue::default()));
        let found = readings(&decoded).len();
        // A logger needs nobody's hand.
        assert!(found == 0 || model == Model::Logger, "{model:?}: {decoded:?}");
        assert!(decoded.is_empty() || STORING.contains(&model), "{model:?}: {decoded:?}");
    }
}

#[test]
fn what_waits_is_measured_under_its_own_code_at_its_own_level() {
    for (model, sample, test) in [
        (Model::Lz4000, "Q-0007", Test::new("INH", 60.0, 0.5)),
        (Model::Elisa, "QK-0007", Test::new("ENR", 60.0, 0.5)),
        (Model::Gc, "QK-0008", Test::new("Dimethoate", 60.0, 0.5)),
    ] {
        let queue = Queue::default();
        let analyte = test.code.clone();
        queue.put("D1", Work { sample: sample.to_owned(), control: model == Model::Elisa, tests: vec![test] });
        let (_, decoded) = talk(model, 3, Arc::new(queue));
        let found: Vec<_> =
            readings(&decoded).into_iter().filter(|it| it.analyte.as_deref() == Some(analyte.as_str())).collect();
        assert_eq!(found.len(), 1, "{model:?}: {decoded:?}");
        assert_eq!(found[0].sample_id.as_deref(), Some(sample));
        assert!((found[0].number.unwrap() - 60.0).abs() < 3.0, "{model:?}: {:?}", found[0]);
        let role = if model == Model::Elisa { Role::Control } else { Role::Unknown };
        assert_eq!(found[0].role, role, "{model:?}");
    }
}

#[test]
fn the_small_tester_knows_names_of_three_characters() {
    let queue = Queue::default();
    queue.put("D1", Work { sample: "大白菜".to_owned(), ..Work::default() });
    let (_, decoded) = talk(Model::Lz4000, 3, Arc::new(queue));
    let reading = &decoded[0].readings[0];
    assert_eq!((reading.sample_id.as_deref(), reading.flags.as_slice()), (None, &["name 大白菜".to_owned()][..]));
}

#[test]
fn the_analyser_repeats_damaged_frames_and_frames_whose_answer_was_lost() {
    let (events, decoded) = talk(Model::Elisa, 30, Arc::new(Endless));
    let refused = events.iter().filter(|event| matches!(event.kind, Kind::Refused(_))).count();
    let repeated = events.iter().filter(|event| event.kind == Kind::Repeated).count();
    assert!(refused > 0 && repeated > 0, "{refused} refused, {repeated} repeated");
    assert!(decoded.iter().all(|message| message.readings.len() == 2 * elisa::ANALYTES.len()));
}

#[test]
fn a_compound_that_was_not_found_is_no_zero() {
    let (_, decoded) = talk(Model::Gc, 5, Arc::new(Endless));
    let dashes: Vec<_> = readings(&decoded).into_iter().filter(|it| it.result.as_deref() == Some("-----")).collect();
    assert!(!dashes.is_empty());
    assert!(dashes.iter().all(|it| it.number.is_none() && it.censored.is_some()));
}

#[test]
fn the_tester_embellishes_now_and_then_and_the_absorbances_tell() {
    let (_, decoded) = talk(Model::Ttnj, 20, Arc::new(Endless));
    let mut honest = 0;
    let mut embellished = 0;
    for group in &decoded {
        let change = |n: usize| -> f64 {
            let absorbance = group.readings[n].absorbance.as_ref().unwrap();
            absorbance.change.as_ref().unwrap().parse().unwrap()
        };
        for n in 1..group.readings.len() {
            let own = (change(0) - change(n)) / change(0) * 100.0;
            let told = group.readings[n].number.unwrap();
            if (own - told).abs() < 0.06 { honest += 1 } else { embellished += 1 }
        }
    }
    assert!(honest > embellished && embellished > 0, "{honest} honest, {embellished} embellished");
}

#[test]
fn the_same_seed_makes_the_same_day() {
    let once = talk(Model::Elisa, 5, Arc::new(Endless));
    assert_eq!(once.0, talk(Model::Elisa, 5, Arc::new(Endless)).0);
}
