//! Dayuan LZ-4000, the device's side: stores what it measured and tells it when asked.
//! Origin of the frames: written for this project after the descriptions in public drivers; see the driver.

use std::collections::BTreeMap;

use drivers::link::dayuan::{CRC_AA, frame};
use drivers::link::dayuan_host::command;
use jiff::civil::{Date, DateTime};

use super::bench::Hand;
use super::{Chance, Device, passed};

/// A measurement takes a while, and nobody measures without end: its memory is read whole each time.
const SECONDS: f64 = 35.0;
const MANY: usize = 30;
const SECONDS_WHEN_MANY: f64 = 600.0;

/// What the display's name field holds, in bytes of GBK.
const NAME: usize = 6;

pub struct Lz4000 {
    hand: Hand,
    chance: Chance,
    heard: Vec<u8>,
    /// Data of the records of each day, without the total.
    records: BTreeMap<Date, Vec<[u8; 16]>>,
    measured: Option<DateTime>,
}

impl Lz4000 {
    pub(super) fn new(hand: Hand, chance: Chance) -> Self {
        Self { hand, chance, heard: Vec::new(), records: BTreeMap::new(), measured: None }
    }

    fn answer(&self, command: u8, data: &[u8]) -> Vec<u8> {
        let day = |data: &[u8]| match data {
            [year, month, day] => {
                let (month, day) = (i8::try_from(*month).ok()?, i8::try_from(*day).ok()?);
                let date = Date::new(2000 + i16::from(*year), month, day).ok()?;
                Some(self.records.get(&date).map_or(&[][..], Vec::as_slice))
            }
            _ => None,
        };
        match (command, day(data)) {
            (command::LZ_LINK, _) => frame(command::LZ_LINK_ANSWER, &[0; 3], CRC_AA),
            (command::LZ_COUNT, Some(records)) => {
                let count = u16::try_from(records.len()).unwrap_or(u16::MAX).to_le_bytes();
                frame(command::LZ_COUNT_ANSWER, &[data, &count].concat(), CRC_AA)
            }
            (command::LZ_READ_DAY, Some(records)) => {
                let total = u16::try_from(records.len()).unwrap_or(u16::MAX).to_le_bytes();
                let data = |record: &[u8; 16]| [&total[..], &[0, 0], record].concat();
                records.iter().flat_map(|record| frame(command::LZ_RECORD, &data(record), CRC_AA)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Device for Lz4000 {
    fn hear(&mut self, bytes: &[u8], _: DateTime) -> Vec<u8> {
        self.heard.extend(bytes);
        let mut said = Vec::new();
        while let Some(start) = self.heard.iter().position(|byte| *byte == 0x7E) {
            self.heard.drain(..start);
            let [_, command, low, high, ..] = self.heard[..] else { break };
            let len = usize::from(u16::from_le_bytes([low, high]));
            if self.heard.len() < len + 6 {
                break;
            }
            let asked: Vec<u8> = self.heard.drain(..len + 6).collect();
            if asked == frame(command, &asked[4..4 + len], CRC_AA) {
                said.extend(self.answer(command, &asked[4..4 + len]));
            }
        }
        said
    }

    fn tick(&mut self, now: DateTime) -> Vec<u8> {
        let last = *self.measured.get_or_insert(now);
        let today = self.records.entry(now.date()).or_default();
        let pause = if today.len() < MANY { SECONDS } else { SECONDS_WHEN_MANY };
        if !passed(last, now, pause) {
            return Vec::new();
        }
        self.measured = Some(now);
        let Some(work) = self.hand.next(None) else { return Vec::new() };
        let inhibition = match work.tests.first() {
            Some(test) => self.chance.normal(test.mean, test.sd),
            None if self.chance.one_in(12) => self.chance.between(52.0, 90.0),
            None => self.chance.normal(9.0, 6.0),
        };
        let number = u16::try_from(today.len() + 1).unwrap_or(u16::MAX).to_le_bytes();
        let (name, ..) = encoding_rs::GBK.encode(&work.sample);
        let mut record = [0; 16];
        record[..2].copy_from_slice(&number);
        for (place, byte) in record[2..2 + NAME].iter_mut().zip(name.iter()) {
            *place = *byte;
        }
        let clock = [
            now.year() - 2000,
            now.month().into(),
            now.day().into(),
            now.hour().into(),
            now.minute().into(),
            now.second().into(),
        ];
        for (place, part) in record[8..14].iter_mut().zip(clock) {
            *place = u8::try_from(part).unwrap_or(0);
        }
        record[14..].copy_from_slice(&((inhibition * 100.0).clamp(-2000.0, 10_000.0).round() as i16).to_le_bytes());
        today.push(record);
        Vec::new()
    }
}
