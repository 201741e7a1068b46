//! An ELISA analyser for veterinary drugs and mycotoxins in milk that speaks LIS01-A2 and LIS02-A2.
//! Origin of the messages: written for this project after the standards' public descriptions.
//!
//! It reads the code on a tube, asks what is ordered on it, and measures that; what was sent to it unasked it knows. Its
//! cable is not the best: now and then a frame arrives damaged, and now and then an ACK gets lost.

use std::collections::BTreeMap;

use drivers::link::astm::{Receiver, Role, SHORT, Sender, Turn, frames};
use drivers::{Event, Kind, Link, Order};
use jiff::civil::DateTime;

use super::bench::{Hand, Test, Work};
use super::{Chance, Device, Temper, passed};

const SECONDS: f64 = 20.0;
const ENQ: u8 = 0x05;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
/// An answer that did not come by then is not waited for.
const ANSWER: f64 = 30.0;

/// One analyte as the analyser knows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Analyte {
    pub code: &'static str,
    pub name: &'static str,
    /// What clean milk usually shows, and how much that varies.
    pub usual: f64,
    pub sd: f64,
    /// Below this the analyser prints `<`.
    pub loq: f64,
    pub decimals: usize,
}

/// All in micrograms per kilogram.
pub const UNIT: &str = "ug/kg";

pub const ANALYTES: [Analyte; 6] = [
    Analyte { code: "AFM1", name: "黄曲霉毒素M1", usual: 0.031, sd: 0.015, loq: 0.005, decimals: 3 },
    Analyte { code: "CAP", name: "氯霉素", usual: 0.01, sd: 0.01, loq: 0.05, decimals: 3 },
    Analyte { code: "ENR", name: "恩诺沙星", usual: 3.1, sd: 2.2, loq: 1.0, decimals: 2 },
    Analyte { code: "SAs", name: "磺胺类", usual: 4.0, sd: 3.0, loq: 2.0, decimals: 2 },
    Analyte { code: "TCs", name: "四环素类", usual: 8.0, sd: 5.0, loq: 5.0, decimals: 1 },
    Analyte { code: "BLs", name: "青霉素类", usual: 0.8, sd: 0.6, loq: 1.0, decimals: 2 },
];

pub struct Elisa {
    hand: Hand,
    chance: Chance,
    temper: Temper,
    sender: Option<Sender>,
    /// When the sender last did something.
    turned: Option<DateTime>,
    rested: Option<DateTime>,
    /// The last frame, to be sent again when its ACK is taken for lost.
    last: Vec<u8>,
    receiver: Receiver,
    heard: Option<DateTime>,
    /// What stands in the tray, since it asked for it.
    asked: Option<(Vec<Work>, DateTime)>,
    /// Tests by sample, as the host ordered them.
    ordered: BTreeMap<String, Vec<String>>,
}

impl Elisa {
    pub(super) fn new(hand: Hand, chance: Chance, temper: Temper) -> Self {
        Self {
            hand,
            chance,
            temper,
            sender: None,
            turned: None,
            rested: None,
            last: Vec::new(),
            receiver: Receiver::default(),
            heard: None,
            asked: None,
            ordered: BTreeMap::new(),
        }
    }

    fn take(&mut self, turn: Turn, now: DateTime) -> Vec<u8> {
        self.turned = Some(now);
        if turn.outcome.is_some() {
            self.sender = None;
            self.rested = Some(now);
        }
        if turn.write.len() < 8 {
            self.last.clear();
            return turn.write;
        }
        self.last.clone_from(&turn.write);
        if self.chance.one_in(12) {
            let mut damaged = turn.write;
            let at = damaged.len() / 2;
            damaged[at] ^= 0x10;
            return damaged;
        }
        turn.write
    }

    fn send(&mut self, text: &str, now: DateTime) -> Vec<u8> {
        let mut sender = Sender::new(Role::Instrument, frames(text.as_bytes(), SHORT));
        let turn = sender.start();
        self.sender = Some(sender);
        self.take(turn, now)
    }

    /// What the host says while we say nothing.
    fn listen(&mut self, bytes: &[u8], now: DateTime) -> Vec<u8> {
        self.heard = Some(now);
        match self.temper {
            Temper::Deaf => return Vec::new(),
            Temper::Busy if bytes.contains(&ENQ) => return vec![NAK],
            Temper::Contends if bytes.contains(&ENQ) => {
                // Both want the line; after this once it is polite again.
                self.temper = Temper::Good;
                return self.send(&greeting(now), now);
            }
            _ => (),
        }
        let events = self.receiver.feed(bytes);
        self.obey(&events)
    }

    fn obey(&mut self, events: &[Event]) -> Vec<u8> {
        let mut said = Vec::new();
        for event in events {
            if self.temper == Temper::Refuses && event.kind == Kind::Frame {
                said.push(NAK);
                self.receiver = Receiver::default();
                continue;
            }
            said.extend_from_slice(&event.answer);
            let orders = event.message.as_ref().map(orders).unwrap_or_default();
            // The answer that nothing is ordered answers for all that was asked.
            let nothing = event.message.is_some() && orders.is_empty();
            for order in orders {
                let sample = order.sample_id.unwrap_or_default();
                match order.action.as_deref() {
                    Some("C") => {
                        self.ordered.entry(sample).or_default().retain(|test| !order.tests.contains(test));
                    }
                    Some("A") => self.ordered.entry(sample).or_default().extend(order.tests),
                    _ => _ = self.ordered.insert(sample, order.tests),
                }
            }
            if let Some((works, _)) = self.asked.as_ref().filter(|_| nothing) {
                self.ordered.extend(works.iter().map(|work| (work.sample.clone(), Vec::new())));
            }
        }
        said
    }

    /// Measures the tray: what is ordered, or all it can where nobody said.
    fn measure(&mut self, works: Vec<Work>, now: DateTime) -> Vec<u8> {
        let works: Vec<Work> = works
            .into_iter()
            .filter_map(|mut work| {
                let Some(ordered) = self.ordered.remove(&work.sample).filter(|_| self.temper != Temper::Unasking)
                else {
                    return Some(work);
                };
                let known = |code: &String| {
                    let level = work.tests.iter().find(|test| test.code == *code).cloned();
                    level.or_else(|| usual().find(|test| test.code == *code))
                };
                work.tests = ordered.iter().filter_map(known).collect();
                Some(work).filter(|work| !work.tests.is_empty())
            })
            .collect();
        if works.is_empty() {
            return Vec::new();
        }
        let text = message(&works, &mut self.chance, now);
        self.send(&text, now)
    }
}

fn orders(message: &drivers::Message) -> Vec<Order> {
    let driver = drivers::by_id("astm-lis2");
    driver.and_then(|driver| driver.parse(message).ok()).map(|decoded| decoded.orders).unwrap_or_default()
}

fn usual() -> impl Iterator<Item = Test> {
    ANALYTES.iter().map(|analyte| Test::new(analyte.code, analyte.usual, analyte.sd))
}

/// The header of every message.
fn head(now: DateTime) -> String {
    let stamp = now.strftime("%Y%m%d%H%M%S");
    format!("H|\\^&|||Qinghai^MilkELISA 96^2.14^EL-0417|||||||P|LIS2-A2|{stamp}\r")
}

/// A message without results.
fn greeting(now: DateTime) -> String {
    head(now) + "L|1|N\r"
}

/// Asks what is ordered on these samples.
fn query(samples: &[&str], now: DateTime) -> String {
    let records = samples.iter().zip(1..).map(|(sample, n)| format!("Q|{n}|^{sample}||ALL||||||||O\r"));
    head(now) + &records.collect::<String>() + "L|1|N\r"
}

/// A message with the results of this work.
fn message(works: &[Work], chance: &mut Chance, now: DateTime) -> String {
    let stamp = now.strftime("%Y%m%d%H%M%S");
    let mut text = head(now);
    for (n, work) in works.iter().enumerate() {
        let tests: Vec<Test> = if work.tests.is_empty() { usual().collect() } else { work.tests.clone() };
        let codes: Vec<String> = tests.iter().map(|test| format!("^^^{}", test.code)).collect();
        let action = if work.control { "Q" } else { "" };
        let codes = codes.join("\\");
        text += &format!("P|{0}\rO|{0}|{1}||{codes}|R||||||{action}\r", n + 1, work.sample);
        for (m, test) in tests.iter().enumerate() {
            let known = ANALYTES.iter().find(|analyte| analyte.code == test.code);
            let (loq, decimals) = known.map_or((0.0, 3), |analyte| (analyte.loq, analyte.decimals));
            let value = chance.normal(test.mean, test.sd).max(0.0);
            let (sign, shown) = if value < loq { ("<", loq) } else { ("", value) };
            text += &format!("R|{}|^^^{}|{sign}{shown:.decimals$}|{UNIT}||N||F||||{stamp}\r", m + 1, test.code);
        }
    }
    text + "L|1|N\r"
}

impl Device for Elisa {
    fn hear(&mut self, bytes: &[u8], now: DateTime) -> Vec<u8> {
        let mut said = Vec::new();
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            let Some(sender) = &mut self.sender else { break };
            rest = after;
            if *byte == ACK && !self.last.is_empty() && self.chance.one_in(15) {
                said.append(&mut self.last);
                continue;
            }
            let turn = sender.hear(*byte);
            if turn != Turn::default() {
                said.extend(self.take(turn, now));
            }
        }
        if !rest.is_empty() {
            said.extend(self.listen(rest, now));
        }
        said
    }

    fn tick(&mut self, now: DateTime) -> Vec<u8> {
        if let Some(sender) = &mut self.sender {
            let patience = sender.patience().map_or(0.0, |patience| patience.as_secs_f64());
            if !self.turned.is_some_and(|turned| passed(turned, now, patience)) {
                return Vec::new();
            }
            let turn = sender.silent();
            return self.take(turn, now);
        }
        if let Some(patience) = self.receiver.patience() {
            if self.heard.is_some_and(|heard| passed(heard, now, patience.as_secs_f64())) {
                let events = self.receiver.idle(now);
                return self.obey(&events);
            }
            return Vec::new();
        }
        if let Some((works, since)) = self.asked.take() {
            let known = works.iter().all(|work| self.ordered.contains_key(&work.sample));
            if known || passed(since, now, ANSWER) {
                return self.measure(works, now);
            }
            self.asked = Some((works, since));
            return Vec::new();
        }
        if !passed(*self.rested.get_or_insert(now), now, SECONDS) {
            return Vec::new();
        }
        self.rested = Some(now);
        let works: Vec<Work> = (1..=2).map_while(|place| self.hand.next(Some(place))).collect();
        if works.is_empty() {
            return Vec::new();
        }
        let unknown: Vec<&str> = works
            .iter()
            .map(|work| work.sample.as_str())
            .filter(|sample| !self.ordered.contains_key(*sample))
            .collect();
        if self.temper == Temper::Unasking || unknown.is_empty() {
            return self.measure(works, now);
        }
        let text = query(&unknown, now);
        self.asked = Some((works, now));
        self.send(&text, now)
    }
}
