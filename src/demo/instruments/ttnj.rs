//! Taiyang TTNJ, the device's side: groups of eight channels, each an absorbance and the value the device made of it.
//! Origin of the conversation: written for this project after the vendor's document on the protocol.
//!
//! Some values are not what the absorbances say. Testers are known to embellish what they print; the laboratory shows
//! both, so this one does it now and then.

use std::collections::VecDeque;

use drivers::link::taiyang::{END, GROUPS, HELLO, NEXT, READ};
use jiff::civil::DateTime;

use super::bench::Hand;
use super::{Chance, Device, passed};

const SECONDS: f64 = 45.0;
/// The operator deletes what was sent long ago.
const KEPT: usize = 3;
const CHANNELS: u8 = 8;
/// TTNJ-8.
const MODEL: [u8; 2] = [0x1B, 0x01];
/// Pesticide residues by inhibition.
const ITEM: u8 = 1;

pub struct Ttnj {
    hand: Hand,
    chance: Chance,
    heard: Vec<u8>,
    groups: VecDeque<Vec<u8>>,
    /// The group that `24` asks for.
    next: usize,
    measured: Option<DateTime>,
}

impl Ttnj {
    pub(super) fn new(hand: Hand, chance: Chance) -> Self {
        Self { hand, chance, heard: Vec::new(), groups: VecDeque::new(), next: 0, measured: None }
    }

    /// Channel 1 is the control; its value is 0 by definition.
    fn measure(&mut self, now: DateTime) -> Option<Vec<u8>> {
        let control = round(self.chance.between(0.45, 0.75), 3);
        let mut channels = vec![(control, 0.0)];
        for place in 2..=CHANNELS {
            let Some(work) = self.hand.next(Some(place)) else { break };
            let inhibition = match work.tests.first() {
                Some(test) => self.chance.normal(test.mean, test.sd),
                None if self.chance.one_in(16) => self.chance.between(55.0, 92.0),
                None => self.chance.normal(10.0, 6.0),
            };
            let change = round(control * (1.0 - inhibition.clamp(0.0, 99.0) / 100.0), 3);
            let mut value = round((control - change) / control * 100.0, 1);
            if self.chance.one_in(5) {
                value = round(value + self.chance.between(1.0, 9.0), 1);
            }
            channels.push((change, value));
        }
        if channels.len() == 1 {
            return None;
        }
        let mask = (1_u16 << channels.len()) - 1;
        let clock = [now.second(), now.minute(), now.hour(), now.day(), now.month()];
        let mut group: Vec<u8> = clock.iter().map(|part| u8::try_from(*part).unwrap_or(0)).collect();
        group.extend([ITEM, u8::try_from(now.year() - 2000).unwrap_or(0), mask.to_le_bytes()[0], 0]);
        channels.resize(usize::from(CHANNELS), (0.0, 0.0));
        group.extend(
            channels.iter().flat_map(|(change, value)| [*change as f32, *value as f32]).flat_map(f32::to_be_bytes),
        );
        Some(group)
    }

    fn group(&mut self) -> Vec<u8> {
        let said = self.groups.get(self.next).cloned().unwrap_or_else(|| END.to_vec());
        self.next += 1;
        said
    }
}

fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

impl Device for Ttnj {
    fn hear(&mut self, bytes: &[u8], _: DateTime) -> Vec<u8> {
        self.heard.extend(bytes);
        let mut said = Vec::new();
        loop {
            let (taken, answer) = match self.heard[..] {
                [a, b, ..] if [a, b] == HELLO => (2, MODEL.to_vec()),
                [a, b, ..] if [a, b] == READ => {
                    self.next = 0;
                    let first = self.group();
                    let groups = if self.groups.is_empty() { &[][..] } else { &GROUPS[..] };
                    (2, [groups, &first].concat())
                }
                [a, ..] if [a] == NEXT => (1, self.group()),
                [0x1B] | [] => return said,
                _ => (1, Vec::new()),
            };
            self.heard.drain(..taken);
            said.extend(answer);
        }
    }

    fn tick(&mut self, now: DateTime) -> Vec<u8> {
        if passed(*self.measured.get_or_insert(now), now, SECONDS) {
            self.measured = Some(now);
            if let Some(group) = self.measure(now) {
                self.groups.push_back(group);
                if self.groups.len() > KEPT {
                    self.groups.pop_front();
                }
            }
        }
        Vec::new()
    }
}
