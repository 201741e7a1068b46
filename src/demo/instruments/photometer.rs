//! Dayuan photometer module, the device's side: light of eight channels, while racks come and go.
//! Origin of the frames: written for this project after the descriptions in public drivers; see the driver. The
//! kinetics are those of GB/T 5009.199: the enzyme's colour grows linearly for minutes, and less where it is inhibited.

use drivers::link::photometer::{WAVELENGTHS, answer, poll};
use jiff::civil::DateTime;

use super::bench::Hand;
use super::{Chance, Device, passed};

const CHANNELS: u8 = 8;
/// A rack every few minutes; the run itself takes three.
const BETWEEN_RACKS: f64 = 12.0;
/// A cuvette a second, then the run, then a while until somebody comes.
const RACK: f64 = 8.0 + 190.0;
const RUN_MINUTES: f64 = 3.0;

struct Cuvette {
    place: u8,
    /// Absorbance when it is put in.
    start: f64,
    /// Absorbance that it gains a minute.
    slope: f64,
}

struct Rack {
    since: DateTime,
    cuvettes: Vec<Cuvette>,
}

pub struct Photometer {
    hand: Hand,
    chance: Chance,
    heard: Vec<u8>,
    /// Light of the empty channels at 410 nm.
    zero: Vec<f64>,
    rack: Option<Rack>,
    empty_since: Option<DateTime>,
}

impl Photometer {
    pub(super) fn new(hand: Hand, mut chance: Chance) -> Self {
        let zero = (0..CHANNELS).map(|_| chance.between(48_000.0, 56_000.0)).collect();
        Self { hand, chance, heard: Vec::new(), zero, rack: None, empty_since: None }
    }

    /// Channel 1 has the control, which nothing inhibits; the others samples, as many as wait.
    fn fill(&mut self, now: DateTime) -> Option<Rack> {
        let control = self.chance.between(0.62, 0.92);
        let mut cuvettes = vec![self.cuvette(1, control)];
        for place in 2..=CHANNELS {
            let Some(work) = self.hand.next(Some(place)) else { break };
            let inhibition = match work.tests.first() {
                Some(test) => self.chance.normal(test.mean, test.sd),
                None if self.chance.one_in(14) => self.chance.between(55.0, 95.0),
                None => self.chance.normal(8.0, 5.0),
            };
            cuvettes.push(self.cuvette(place, control * (1.0 - inhibition.clamp(-5.0, 100.0) / 100.0)));
        }
        (cuvettes.len() > 1).then_some(Rack { since: now, cuvettes })
    }

    fn cuvette(&mut self, place: u8, change: f64) -> Cuvette {
        Cuvette { place, start: self.chance.between(0.18, 0.32), slope: change / RUN_MINUTES }
    }

    fn light(&mut self, now: DateTime) -> Vec<[u16; WAVELENGTHS]> {
        let mut light: Vec<f64> = self.zero.clone();
        if let Some(rack) = &self.rack {
            let seconds = now.duration_since(rack.since).as_secs_f64();
            // One a second: the cuvettes of the higher channels come later.
            for (cuvette, delay) in rack.cuvettes.iter().zip(0_u8..).filter(|(_, delay)| seconds > f64::from(*delay)) {
                let minutes = (seconds - f64::from(delay)) / 60.0;
                if let Some(light) = light.get_mut(usize::from(cuvette.place - 1)) {
                    *light *= 10_f64.powf(-(cuvette.start + cuvette.slope * minutes));
                }
            }
        }
        light
            .into_iter()
            .map(|light| {
                let light = light + self.chance.normal(0.0, 4.0);
                // The other lamps are hardly touched by the yellow product.
                [light, light * 0.93, light * 0.97, light].map(|light| light.clamp(1.0, 65_535.0) as u16)
            })
            .collect()
    }
}

impl Device for Photometer {
    fn hear(&mut self, bytes: &[u8], now: DateTime) -> Vec<u8> {
        self.heard.extend(bytes);
        let question = poll();
        let Some(at) = self.heard.windows(question.len()).position(|window| window == question) else {
            let keep = self.heard.len().min(question.len());
            self.heard.drain(..self.heard.len() - keep);
            return Vec::new();
        };
        self.heard.drain(..at + question.len());
        answer(&self.light(now))
    }

    fn tick(&mut self, now: DateTime) -> Vec<u8> {
        match &self.rack {
            Some(rack) if passed(rack.since, now, RACK) => {
                self.rack = None;
                self.empty_since = Some(now);
            }
            Some(_) => (),
            None => {
                if passed(*self.empty_since.get_or_insert(now), now, BETWEEN_RACKS) {
                    self.empty_since = Some(now);
                    self.rack = self.fill(now);
                }
            }
        }
        Vec::new()
    }
}
