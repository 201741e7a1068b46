//! An immunoassay reader for veterinary drugs that speaks HL7 v2.5 over MLLP: it asks for the orders of the strip it reads
//! (QBP^Q11), measures those, and sends them as ORU^R01. Origin of the messages: written for this project after the
//! standard's chapters 5 and 7.

use drivers::link::mllp::{Mllp, frame};
use drivers::{Decoded, Link, Message};
use jiff::civil::DateTime;

use super::bench::{Hand, Test, Work};
use super::elisa::ANALYTES;
use super::{Chance, Device, Temper, passed};

const SECONDS: f64 = 25.0;
const ANSWER: f64 = 30.0;
const UNIT: &str = "ug/kg";

enum Strip {
    None,
    /// Asked for its orders.
    Asked(Work, DateTime),
}

pub struct Immuno {
    hand: Hand,
    chance: Chance,
    temper: Temper,
    /// The protocol is the same on both sides: what the host says is read like what a device says.
    link: Mllp,
    strip: Strip,
    rested: Option<DateTime>,
    messages: u32,
}

impl Immuno {
    pub(super) fn new(hand: Hand, chance: Chance, temper: Temper) -> Self {
        Self { hand, chance, temper, link: Mllp::default(), strip: Strip::None, rested: None, messages: 0 }
    }

    fn message(&mut self, kind: &str, now: DateTime, rest: &str) -> Vec<u8> {
        self.messages += 1;
        let stamp = now.strftime("%Y%m%d%H%M%S");
        let head = format!("MSH|^~\\&|IR-200|BENCH|Qingke||{stamp}||{kind}|I{}|P|2.5\r", self.messages);
        frame((head + rest).as_bytes())
    }

    fn results(&mut self, work: &Work, now: DateTime) -> Vec<u8> {
        let stamp = now.strftime("%Y%m%d%H%M%S");
        let mut text = format!("OBR|1|{}||IMMUNO|||{stamp}\r", work.sample);
        for (n, test) in work.tests.iter().enumerate() {
            let value = self.chance.normal(test.mean, test.sd).max(0.0);
            let code = &test.code;
            text += &format!("OBX|{}|NM|{code}||{value:.2}|{UNIT}|||||F|||{stamp}\r", n + 1);
        }
        self.message("ORU^R01^ORU_R01", now, &text)
    }

    /// What the host says; answers what to say to it.
    fn obey(&mut self, message: &Message, now: DateTime) -> Vec<u8> {
        let text = String::from_utf8_lossy(&message.bytes).into_owned();
        let field = |segment: &str, number: usize| {
            let row = text.split('\r').find(|row| row.starts_with(segment))?;
            row.split('|').nth(number).map(str::to_owned)
        };
        let kind = field("MSH", 8).unwrap_or_default();
        if kind.starts_with("RSP") {
            let decoded = decoded(message);
            if let Strip::Asked(mut work, _) = std::mem::replace(&mut self.strip, Strip::None) {
                let ordered: Vec<&String> = decoded.orders.iter().flat_map(|order| &order.tests).collect();
                let level = |code: &&String| {
                    let own = work.tests.iter().find(|test| test.code == **code).cloned();
                    own.or_else(|| usual().find(|test| test.code == **code))
                };
                work.tests = ordered.iter().filter_map(level).collect();
                self.rested = Some(now);
                return if work.tests.is_empty() { Vec::new() } else { self.results(&work, now) };
            }
        }
        if kind.starts_with("OR") {
            let (code, why) = if self.temper == Temper::Refuses { ("AE", "unknown test") } else { ("AA", "") };
            let id = field("MSH", 9).unwrap_or_default();
            return self.message("ACK^O01^ACK", now, &format!("MSA|{code}|{id}|{why}\r"));
        }
        Vec::new()
    }
}

fn decoded(message: &Message) -> Decoded {
    drivers::by_id("hl7v2").and_then(|driver| driver.parse(message).ok()).unwrap_or_default()
}

fn usual() -> impl Iterator<Item = Test> {
    ANALYTES.iter().map(|analyte| Test::new(analyte.code, analyte.usual, analyte.sd))
}

impl Device for Immuno {
    fn hear(&mut self, bytes: &[u8], now: DateTime) -> Vec<u8> {
        if self.temper == Temper::Deaf {
            return Vec::new();
        }
        let messages: Vec<Message> = self.link.feed(bytes).into_iter().filter_map(|event| event.message).collect();
        messages.iter().flat_map(|message| self.obey(message, now)).collect()
    }

    fn tick(&mut self, now: DateTime) -> Vec<u8> {
        match std::mem::replace(&mut self.strip, Strip::None) {
            Strip::Asked(mut work, since) if passed(since, now, ANSWER) => {
                if work.tests.is_empty() {
                    work.tests = usual().collect();
                }
                self.rested = Some(now);
                return self.results(&work, now);
            }
            Strip::Asked(work, since) => {
                self.strip = Strip::Asked(work, since);
                return Vec::new();
            }
            Strip::None => (),
        }
        if !passed(*self.rested.get_or_insert(now), now, SECONDS) {
            return Vec::new();
        }
        self.rested = Some(now);
        let Some(work) = self.hand.next(None) else { return Vec::new() };
        let asked = format!("QPD|Q11^WOS|q{}|{}\rRCP|I\r", self.messages, work.sample);
        self.strip = Strip::Asked(work, now);
        self.message("QBP^Q11^QBP_Q11", now, &asked)
    }
}
