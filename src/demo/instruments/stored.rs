//! Small testers that keep what they measured until a host asks for it: the DY-6200 for additives, the DY-6100
//! luminometer, the DY-6260 strip reader and the Elitech logger. Origin of the frames: written for this project after the
//! descriptions in public drivers; see the drivers.

use drivers::link::elitech::{ANSWER, DEVICE_LEN, closed};
use jiff::civil::DateTime;

use super::bench::Hand;
use super::{Chance, Device, passed};

/// A measurement takes a while; the memory is small, and it is read whole each time.
const SECONDS: f64 = 40.0;
const MEMORY: usize = 40;

/// What one of these testers is.
pub(super) trait Tester: Send {
    /// What was measured, as it lies in the memory.
    type Record: Send;

    /// One measurement of what the hand gives it. `n`: how many there were before.
    fn measure(&mut self, hand: &Hand, chance: &mut Chance, n: usize, now: DateTime) -> Option<Self::Record>;

    /// The answer to one question, and how many bytes of `heard` it was; no bytes: it is not whole yet.
    fn answer(&self, heard: &[u8], records: &[Self::Record]) -> (Vec<u8>, usize);
}

/// A tester with its memory.
pub(super) struct Stored<T: Tester> {
    tester: T,
    hand: Hand,
    chance: Chance,
    heard: Vec<u8>,
    records: Vec<T::Record>,
    measured: Option<DateTime>,
}

impl<T: Tester> Stored<T> {
    pub fn new(tester: T, hand: Hand, chance: Chance) -> Self {
        Self { tester, hand, chance, heard: Vec::new(), records: Vec::new(), measured: None }
    }
}

impl<T: Tester> Device for Stored<T> {
    fn hear(&mut self, bytes: &[u8], _: DateTime) -> Vec<u8> {
        self.heard.extend(bytes);
        let mut said = Vec::new();
        loop {
            let (answer, used) = self.tester.answer(&self.heard, &self.records);
            if used == 0 {
                return said;
            }
            said.extend(answer);
            self.heard.drain(..used);
        }
    }

    fn tick(&mut self, now: DateTime) -> Vec<u8> {
        if !passed(*self.measured.get_or_insert(now), now, SECONDS) || self.records.len() >= MEMORY {
            return Vec::new();
        }
        self.measured = Some(now);
        self.records.extend(self.tester.measure(&self.hand, &mut self.chance, self.records.len(), now));
        Vec::new()
    }
}

fn clock(now: DateTime) -> [u8; 6] {
    let parts = [
        now.year() % 100,
        now.month().into(),
        now.day().into(),
        now.hour().into(),
        now.minute().into(),
        now.second().into(),
    ];
    parts.map(|part| u8::try_from(part).unwrap_or_default())
}

fn decimal(number: u8) -> u8 {
    ((number / 10 % 10) << 4) | (number % 10)
}

/// Sulfite, nitrite and the like, in hundredths.
pub(super) struct Additives;

impl Tester for Additives {
    type Record = Vec<u8>;

    fn measure(&mut self, hand: &Hand, chance: &mut Chance, n: usize, now: DateTime) -> Option<Vec<u8>> {
        let work = hand.next(None)?;
        let (mean, sd) = work.tests.first().map_or((12.0, 4.0), |test| (test.mean, test.sd));
        let value = (chance.normal(mean, sd).clamp(0.0, 600.0) * 100.0).round() as u16;
        let number = u16::try_from(n + 1).unwrap_or(u16::MAX);
        let verdict = if value > 3000 { 2 } else { 1 };
        let head = [&[0x6A][..], &number.to_le_bytes(), &value.to_le_bytes(), &[0x02, verdict]].concat();
        Some([&head[..], &clock(now).map(decimal)].concat())
    }

    fn answer(&self, heard: &[u8], records: &[Vec<u8>]) -> (Vec<u8>, usize) {
        const END: [u8; 9] = [0x6A, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99];
        match heard {
            [0x6A, 0x5A, 0xA5, 0x69, ..] => ([&heard[..4], &END].concat(), 4),
            [0x6A, 0x5B, 0xA4, 0x69, ..] => ([&records.concat()[..], &END].concat(), 4),
            [_, _, _, _, ..] => (Vec::new(), 1),
            _ => (Vec::new(), 0),
        }
    }
}

/// Light of a swab, in RLU.
pub(super) struct Luminometer;

impl Tester for Luminometer {
    type Record = Vec<u8>;

    fn measure(&mut self, hand: &Hand, chance: &mut Chance, n: usize, now: DateTime) -> Option<Vec<u8>> {
        hand.next(None)?;
        let light = chance.between(3.0, 160.0) as u16;
        let number = u16::try_from(n + 1).unwrap_or(u16::MAX);
        let words: Vec<u8> = [number, light, 30, 100].iter().flat_map(|word| word.to_le_bytes()).collect();
        let [year, month, day, hour, minute, second] = clock(now);
        Some([&[0][..], &words, &[1, 5, second, minute, hour, 1, day, month, year, 0]].concat())
    }

    fn answer(&self, heard: &[u8], records: &[Vec<u8>]) -> (Vec<u8>, usize) {
        let count = u16::try_from(records.len()).unwrap_or(u16::MAX).to_le_bytes();
        match heard {
            [] => (Vec::new(), 0),
            [b'N', ..] => ([&b"n"[..], &count].concat(), 1),
            [b'G', ..] => (b"g\x07\x00".to_vec(), 1),
            [b'R', ..] => (records.concat(), 1),
            _ => (Vec::new(), 1),
        }
    }
}

/// Colloidal-gold strips, positive or negative.
pub(super) struct Strips;

impl Tester for Strips {
    type Record = String;

    fn measure(&mut self, hand: &Hand, chance: &mut Chance, _: usize, now: DateTime) -> Option<String> {
        let work = hand.next(None)?;
        let item = work.tests.first().map_or("克伦特罗", |test| test.code.as_str());
        let result = if chance.one_in(15) { "阳性" } else { "阴性" };
        let record = serde_json::json!({
            "检测结果": result,
            "检测项目": item,
            "样品编号": work.sample,
            "样品名称": "猪肉",
            "检测时间": now.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        });
        Some(record.to_string())
    }

    fn answer(&self, heard: &[u8], records: &[String]) -> (Vec<u8>, usize) {
        match heard {
            [b'R', b'E', b'A', b'D', ..] => (format!("[{}]", records.join(",\n ")).into_bytes(), 4),
            [_, _, _, _, ..] => (Vec::new(), 1),
            _ => (Vec::new(), 0),
        }
    }
}

/// A refrigerator's temperature every so often, without anybody's hand.
pub(super) struct Logger {
    pub start: Option<DateTime>,
}

impl Tester for Logger {
    type Record = i16;

    fn measure(&mut self, _: &Hand, chance: &mut Chance, _: usize, now: DateTime) -> Option<i16> {
        self.start.get_or_insert(now);
        Some((chance.normal(4.0, 0.6) * 10.0).round() as i16)
    }

    fn answer(&self, heard: &[u8], records: &[i16]) -> (Vec<u8>, usize) {
        const STATION: u8 = 0x82;
        let [first, _, third, _, _, ..] = heard else { return (Vec::new(), 0) };
        let said = match (first, third) {
            (0xCC, 0x06) => {
                let mut device = vec![0; DEVICE_LEN - 1];
                let serial = b"2603020001";
                device[..2].copy_from_slice(&[ANSWER, STATION]);
                device[7] = SECONDS as u8;
                device[144..144 + serial.len()].copy_from_slice(serial);
                device[157] = b'1';
                device
            }
            (0x33, 0x01) => {
                let count = u16::try_from(records.len()).unwrap_or(u16::MAX).to_be_bytes();
                let start = self.start.unwrap_or_default();
                let [_, month, day, hour, minute, second] = clock(start);
                let year = u16::try_from(start.year()).unwrap_or_default().to_be_bytes();
                [&[ANSWER][..], &count, &year, &[month, day, hour, minute, second]].concat()
            }
            (0x33, 0x02) => {
                let values: Vec<u8> = records.iter().flat_map(|tenths| tenths.to_be_bytes()).collect();
                [&[ANSWER][..], &values].concat()
            }
            _ => return (Vec::new(), 1),
        };
        (closed(&said), 5)
    }
}
