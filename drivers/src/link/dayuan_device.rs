//! The tester's side of the talk with an LZ-4000: what a virtual one answers.

use jiff::civil::{Date, DateTime};

use super::dayuan::{CRC_AA, Frame, frame};
use super::dayuan_host::{command, stamp};

/// One stored measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LzRecord<'a> {
    /// Counts the records of a day, from 1.
    pub number: u16,
    /// GBK; only six bytes are sent, also when that cuts a character.
    pub name: &'a [u8],
    pub time: DateTime,
    /// Inhibition in hundredths of a percent.
    pub hundredths: i16,
}

pub fn link_answer() -> Vec<u8> {
    frame(command::LZ_LINK_ANSWER, &[0, 0, 0], CRC_AA)
}

/// `None`: the year is outside 2000–2255.
pub fn count_answer(day: Date, count: u16) -> Option<Vec<u8>> {
    let data = [&stamp(day)?[..], &count.to_le_bytes()].concat();
    Some(frame(command::LZ_COUNT_ANSWER, &data, CRC_AA))
}

/// One of `total` records of a day. `None`: the year is outside 2000–2255.
pub fn record(total: u16, record: &LzRecord<'_>) -> Option<Vec<u8>> {
    let mut name: Vec<u8> = record.name.iter().take(6).copied().collect();
    name.resize(6, 0);
    let clock = [record.time.hour(), record.time.minute(), record.time.second()].map(i8::unsigned_abs);
    let mut data = total.to_le_bytes().to_vec();
    data.extend([0, 0]);
    data.extend(record.number.to_le_bytes());
    data.extend(name);
    data.extend(stamp(record.time.date())?);
    data.extend(clock);
    data.extend(record.hundredths.to_le_bytes());
    Some(frame(command::LZ_RECORD, &data, CRC_AA))
}

/// What a virtual tester answers to a frame of the host, given the day's records.
pub fn answers(asked: Frame<'_>, records: &[LzRecord<'_>]) -> Vec<Vec<u8>> {
    let of_day = |day: &[u8]| -> Vec<&LzRecord<'_>> {
        records.iter().filter(|record| stamp(record.time.date()).is_some_and(|stamp| stamp == *day)).collect()
    };
    match (asked.command, asked.data) {
        (command::LZ_LINK, _) => vec![link_answer()],
        (command::LZ_COUNT, day) => {
            let count = u16::try_from(of_day(day).len()).unwrap_or(u16::MAX).to_le_bytes();
            vec![frame(command::LZ_COUNT_ANSWER, &[day, &count].concat(), CRC_AA)]
        }
        (command::LZ_READ_DAY, day) => {
            let day = of_day(day);
            let total = u16::try_from(day.len()).unwrap_or(u16::MAX);
            day.into_iter().filter_map(|one| record(total, one)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::contract::{Link, Message};
    use crate::instruments::by_id;
    use crate::link::dayuan::open;

    #[test]
    fn the_host_reads_from_a_virtual_tester_what_was_put_into_it() {
        let time = date(2026, 3, 2).at(9, 30, 5, 0);
        let records = [
            LzRecord { number: 1, name: b"26-017", time, hundredths: 812 },
            LzRecord { number: 2, name: b"26-018", time, hundredths: 5520 },
        ];
        let profile = by_id("dayuan-7e").unwrap();
        let mut host: Box<dyn Link> = profile.link();
        let mut read = Vec::new();
        for _ in 0..2 {
            let mut asked: Vec<Vec<u8>> = host.idle(time).into_iter().map(|event| event.answer.into_owned()).collect();
            while let Some(question) = asked.pop() {
                let told = open(&question).map(|frame| answers(frame, &records)).unwrap_or_default();
                for event in host.feed(&told.concat()) {
                    asked.push(event.answer.into_owned());
                    read.extend(event.message.iter().filter_map(|message: &Message| profile.parse(message).ok()));
                }
            }
        }
        let results: Vec<_> = read.iter().flat_map(|decoded| &decoded.readings).map(|r| r.result.as_deref()).collect();
        assert_eq!(results, [Some("8.12"), Some("55.20")]);
    }
}
