//! A balance that speaks MT-SICS, the device's side: prints a weight when the operator presses Print.
//! Origin of the answers: written for this project after the published reference manual (levels 0 and 1).

use jiff::civil::DateTime;

use super::bench::Hand;
use super::{Chance, Device, passed};

/// Somebody scans a sample and weighs a portion of it.
const SECONDS: f64 = 25.0;

/// A portion for extraction, in grams (GB 23200.113: 10 g of vegetables, fruit or edible fungi).
const PORTION: (f64, f64) = (10.0, 0.06);

pub struct Balance {
    hand: Hand,
    chance: Chance,
    heard: Vec<u8>,
    /// Grams on the pan.
    pan: f64,
    weighed: Option<DateTime>,
}

impl Balance {
    pub(super) fn new(hand: Hand, chance: Chance) -> Self {
        Self { hand, chance, heard: Vec::new(), pan: 0.0, weighed: None }
    }

    fn stable(&self) -> String {
        format!("S S {:>10.4} g\r\n", self.pan)
    }

    fn answer(&self, command: &str) -> String {
        match command {
            "S" => self.stable(),
            "SI" => self.stable(),
            "I2" => "I2 A \"MS204TS 220.0900 g\"\r\n".to_owned(),
            "I3" => "I3 A \"3.10 11120762A\"\r\n".to_owned(),
            "I4" | "@" => "I4 A \"B639224017\"\r\n".to_owned(),
            _ => "ES\r\n".to_owned(),
        }
    }
}

impl Device for Balance {
    fn hear(&mut self, bytes: &[u8], _: DateTime) -> Vec<u8> {
        self.heard.extend(bytes);
        let mut said = String::new();
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            said += &self.answer(String::from_utf8_lossy(&line).trim());
        }
        said.into_bytes()
    }

    fn tick(&mut self, now: DateTime) -> Vec<u8> {
        if !passed(*self.weighed.get_or_insert(now), now, SECONDS) {
            return Vec::new();
        }
        self.weighed = Some(now);
        let Some(work) = self.hand.next(None) else { return Vec::new() };
        let (mean, sd) = work.tests.first().map_or(PORTION, |test| (test.mean, test.sd));
        self.pan = self.chance.normal(mean, sd).max(0.0);
        self.stable().into_bytes()
    }
}
