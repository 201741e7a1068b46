//! An ELISA analyser for veterinary drugs and mycotoxins in milk that speaks LIS01-A2 and LIS02-A2.
//! Origin of the messages: written for this project after the standards' public descriptions.
//!
//! Its cable is not the best: now and then a frame arrives damaged, and now and then an ACK gets lost.

use drivers::link::astm::{Role, SHORT, Sender, Turn, frames};
use jiff::civil::DateTime;

use super::bench::{Hand, Test, Work};
use super::{Chance, Device, passed};

const SECONDS: f64 = 20.0;
const ACK: u8 = 0x06;

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
    sender: Option<Sender>,
    /// When the sender last did something.
    turned: Option<DateTime>,
    rested: Option<DateTime>,
    /// The last frame, to be sent again when its ACK is taken for lost.
    last: Vec<u8>,
}

impl Elisa {
    pub(super) fn new(hand: Hand, chance: Chance) -> Self {
        Self { hand, chance, sender: None, turned: None, rested: None, last: Vec::new() }
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
}

/// A message with the results of this work.
fn message(works: &[Work], chance: &mut Chance, now: DateTime) -> String {
    let stamp = now.strftime("%Y%m%d%H%M%S");
    let mut text = format!("H|\\^&|||Qinghai^MilkELISA 96^2.14^EL-0417|||||||P|LIS2-A2|{stamp}\r");
    for (n, work) in works.iter().enumerate() {
        let tests: Vec<Test> = if work.tests.is_empty() {
            ANALYTES.iter().map(|analyte| Test::new(analyte.code, analyte.usual, analyte.sd)).collect()
        } else {
            work.tests.clone()
        };
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
        for byte in bytes {
            let Some(sender) = &mut self.sender else { break };
            if *byte == ACK && !self.last.is_empty() && self.chance.one_in(15) {
                said.append(&mut self.last);
                continue;
            }
            let turn = sender.hear(*byte);
            if turn != Turn::default() {
                said.extend(self.take(turn, now));
            }
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
        if !passed(*self.rested.get_or_insert(now), now, SECONDS) {
            return Vec::new();
        }
        self.rested = Some(now);
        let works: Vec<Work> = (1..=2).map_while(|place| self.hand.next(Some(place))).collect();
        if works.is_empty() {
            return Vec::new();
        }
        let text = message(&works, &mut self.chance, now);
        let mut sender = Sender::new(Role::Instrument, frames(text.as_bytes(), SHORT));
        let turn = sender.start();
        self.sender = Some(sender);
        self.take(turn, now)
    }
}
