//! The host's side of the talk with an LZ-4000 or a TL-310: they store what they measured and tell it when asked.
//!
//! The LZ-4000 is asked for the count of the day, and for the records of the day when the count rose. The TL-310 is
//! asked for its last record, and for all of the day when that is a new one. Records read twice carry their own
//! identity, so reading too much loses nothing.

use std::time::Duration;

use jiff::civil::{Date, DateTime};

use super::dayuan::{CRC_AA, EVERY, Frame, frame, open};
use super::dayuan_cutter::{Cut, Cutter};
use super::held::{event, request, whole};
use crate::contract::{Event, Kind, Link, Message};

/// The instruments answer within a second; a result need not be on the screen sooner.
const POLL: Duration = Duration::from_secs(3);

/// Data of an LZ-4000's record; the photometer module uses the same command for something shorter.
const LZ_RECORD_LEN: usize = 20;

/// Commands of the host, as their answers name them.
pub mod command {
    pub const LZ_LINK: u8 = 0x00;
    pub const LZ_LINK_ANSWER: u8 = 0x01;
    pub const LZ_READ_DAY: u8 = 0x10;
    pub const LZ_RECORD: u8 = 0x11;
    pub const LZ_COUNT: u8 = 0x12;
    pub const LZ_COUNT_ANSWER: u8 = 0x13;
    pub const TL_LINK: u8 = 0x01;
    pub const TL_LINK_ANSWER: u8 = 0x02;
    pub const TL_READ: u8 = 0x15;
    pub const TL_RECORD: u8 = 0x16;
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    /// Nobody yet: the next greeting is the LZ-4000's (`false`) or the TL-310's.
    Unknown {
        tl: bool,
    },
    Lz,
    Tl,
}

pub struct DayuanHost {
    cutter: Cutter,
    peer: Peer,
    /// Whether anything right came since the last question.
    answered: bool,
    /// The day that is read, once this computer's clock has told it.
    day: Option<Date>,
    today: Option<Date>,
    /// How many records of `day` were read.
    known: u16,
    /// How many of the records asked for have come.
    coming: u16,
    /// Time and number of the TL-310's newest test.
    last_test: Option<[u8; 8]>,
    /// The next record answers the question for the last one, and is none of a day's.
    last_asked: bool,
}

impl Default for DayuanHost {
    fn default() -> Self {
        Self {
            cutter: Cutter::new(EVERY),
            peer: Peer::Unknown { tl: false },
            answered: true,
            day: None,
            today: None,
            known: 0,
            coming: 0,
            last_test: None,
            last_asked: false,
        }
    }
}

/// Year, month and day as the instruments write them; `None` outside 2000–2255.
pub fn stamp(day: Date) -> Option<[u8; 3]> {
    Some([
        u8::try_from(day.year().checked_sub(2000)?).ok()?,
        u8::try_from(day.month()).ok()?,
        u8::try_from(day.day()).ok()?,
    ])
}

/// The LZ-4000's link test.
pub fn lz_link_test() -> Vec<u8> {
    frame(command::LZ_LINK, &[0, 0], CRC_AA)
}

/// The TL-310's link test.
pub fn tl_link_test() -> Vec<u8> {
    frame(command::TL_LINK, &[0xFF], CRC_AA)
}

impl DayuanHost {
    fn dated(&self, command: u8, before: &[u8]) -> Vec<u8> {
        let day = self.day.and_then(stamp);
        day.map_or_else(Vec::new, |day| frame(command, &[before, &day].concat(), CRC_AA))
    }

    /// The question that is due after silence.
    fn question(&mut self) -> Vec<u8> {
        if !self.answered {
            // Perhaps another instrument was plugged in: greet again, in both tongues by turns.
            self.peer = match self.peer {
                Peer::Unknown { tl } => Peer::Unknown { tl: !tl },
                Peer::Lz | Peer::Tl => Peer::Unknown { tl: self.peer == Peer::Tl },
            };
        }
        self.answered = false;
        match self.peer {
            Peer::Unknown { tl: false } => lz_link_test(),
            Peer::Unknown { tl: true } => tl_link_test(),
            Peer::Lz => self.dated(command::LZ_COUNT, &[]),
            Peer::Tl => self.ask_last(),
        }
    }

    fn ask_last(&mut self) -> Vec<u8> {
        self.last_asked = true;
        frame(command::TL_READ, &[0xFF, 0, 0, 0], CRC_AA)
    }

    /// What a right frame makes us ask next, and whether it belongs to the record.
    fn hear(&mut self, heard: Frame<'_>) -> (Vec<u8>, bool) {
        match (heard.command, heard.data) {
            (command::LZ_LINK_ANSWER, [_, _, _]) => {
                self.peer = Peer::Lz;
                (self.dated(command::LZ_COUNT, &[]), false)
            }
            (command::LZ_COUNT_ANSWER, [_, _, _, low, high]) => {
                let count = u16::from_le_bytes([*low, *high]);
                if count > self.known {
                    self.coming = 0;
                    return (self.dated(command::LZ_READ_DAY, &[]), false);
                }
                // All of yesterday is read, so that the last measurement before midnight is not lost.
                if self.day != self.today {
                    (self.day, self.known) = (self.today, 0);
                }
                (Vec::new(), false)
            }
            (command::LZ_RECORD, data @ [low, high, ..]) if data.len() == LZ_RECORD_LEN => {
                self.coming = self.coming.saturating_add(1);
                let total = u16::from_le_bytes([*low, *high]);
                if self.coming >= total {
                    self.known = total;
                }
                (Vec::new(), true)
            }
            (command::TL_LINK_ANSWER, [0xFF, ..]) => {
                self.peer = Peer::Tl;
                (self.ask_last(), false)
            }
            (command::TL_RECORD, data) => {
                let test = data.get(7..15).and_then(|test| <[u8; 8]>::try_from(test).ok());
                let is_last = std::mem::take(&mut self.last_asked);
                if !is_last || test.is_none() || test == self.last_test {
                    return (Vec::new(), true);
                }
                (self.last_test, self.day) = (test, self.today);
                (self.dated(command::TL_READ, &[0xFF]), true)
            }
            // Questions of a host, in a recorded conversation.
            (command::LZ_LINK, [0, 0])
            | (command::LZ_COUNT | command::LZ_READ_DAY, [_, _, _])
            | (command::TL_LINK, [0xFF])
            | (command::TL_READ, [] | [0xFF, _, _, _])
            | (0x11, [_, 0x32] | [0x32])
            | (0x20 | 0x26, []) => (Vec::new(), false),
            _ => (Vec::new(), true),
        }
    }

    fn event_of(&mut self, cut: Cut) -> Event {
        match cut {
            Cut::Other(event) => event,
            Cut::Frame { wire, offset } => {
                self.answered = true;
                let (answer, tells) = open(&wire).map_or((Vec::new(), true), |heard| self.hear(heard));
                let event =
                    if tells { whole(wire.clone(), Message::plain(wire, offset)) } else { event(wire, Kind::Control) };
                // Each answer stands for itself: a line that is open for months must not be one transmission.
                self.cutter.restart();
                Event { answer: answer.into(), last: true, ..event }
            }
        }
    }
}

impl Link for DayuanHost {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.cutter.push(bytes);
        let mut events = Vec::new();
        while let Some(cut) = self.cutter.next() {
            events.push(self.event_of(cut));
        }
        events
    }

    fn patience(&self) -> Option<Duration> {
        Some(POLL)
    }

    fn idle(&mut self, now: DateTime) -> Vec<Event> {
        self.today = Some(now.date());
        if self.day.is_none() {
            self.day = self.today;
        }
        let mut events = self.close();
        let question = self.question();
        if !question.is_empty() {
            events.push(request(question));
        }
        events
    }

    fn close(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(cut) = self.cutter.give_up() {
            events.push(self.event_of(cut));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn now() -> DateTime {
        date(2026, 3, 2).at(9, 0, 0, 0)
    }

    fn lz_record(total: u8, number: u8) -> Vec<u8> {
        let data = [&[total, 0, 0, 0, number, 0][..], b"A-01\0\0", &[26, 3, 2, 8, 30, 5, 0x10, 0x0E]].concat();
        frame(command::LZ_RECORD, &data, CRC_AA)
    }

    fn answers(events: &[Event]) -> Vec<u8> {
        events.iter().flat_map(|event| event.answer.to_vec()).collect()
    }

    #[test]
    fn the_records_of_the_day_are_read_when_their_count_rose() {
        let count = |n: u8| frame(command::LZ_COUNT_ANSWER, &[26, 3, 2, n, 0], CRC_AA);
        let ask_count = frame(command::LZ_COUNT, &[26, 3, 2], CRC_AA);
        let mut link = DayuanHost::default();
        assert_eq!(answers(&link.idle(now())), lz_link_test());
        assert_eq!(answers(&link.feed(&frame(command::LZ_LINK_ANSWER, &[0, 0, 0], CRC_AA))), ask_count);
        assert_eq!(answers(&link.feed(&count(2))), frame(command::LZ_READ_DAY, &[26, 3, 2], CRC_AA));
        let events = link.feed(&[lz_record(2, 1), lz_record(2, 2)].concat());
        assert_eq!(events.iter().filter(|event| event.message.is_some()).count(), 2);
        assert_eq!(answers(&link.idle(now())), ask_count);
        assert!(answers(&link.feed(&count(2))).is_empty());
        link.idle(now());
        assert_eq!(answers(&link.feed(&count(3))), frame(command::LZ_READ_DAY, &[26, 3, 2], CRC_AA));
    }

    #[test]
    fn the_last_records_of_a_day_are_read_after_midnight() {
        let mut link = DayuanHost::default();
        link.idle(now());
        link.feed(&frame(command::LZ_LINK_ANSWER, &[0, 0, 0], CRC_AA));
        link.feed(&frame(command::LZ_COUNT_ANSWER, &[26, 3, 2, 0, 0], CRC_AA));
        let tomorrow = date(2026, 3, 3).at(0, 0, 2, 0);
        assert_eq!(answers(&link.idle(tomorrow)), frame(command::LZ_COUNT, &[26, 3, 2], CRC_AA));
        link.feed(&frame(command::LZ_COUNT_ANSWER, &[26, 3, 2, 0, 0], CRC_AA));
        assert_eq!(answers(&link.idle(tomorrow)), frame(command::LZ_COUNT, &[26, 3, 3], CRC_AA));
    }

    #[test]
    fn an_instrument_that_does_not_answer_is_greeted_in_both_tongues() {
        let mut link = DayuanHost::default();
        assert_eq!(answers(&link.idle(now())), lz_link_test());
        assert_eq!(answers(&link.idle(now())), tl_link_test());
        assert_eq!(answers(&link.idle(now())), lz_link_test());
    }

    /// Each is a transmission, and its place is counted from the start of its own.
    #[test]
    fn records_behind_a_torn_one_know_where_they_stood_when_the_line_is_gone() {
        let mut link = DayuanHost::default();
        let torn = lz_record(3, 1);
        let torn = torn.get(..4).unwrap_or_default();
        let heard = [torn, &lz_record(3, 2), &lz_record(3, 3)].concat();
        let events = [link.feed(&heard), link.close()].concat();
        let places: Vec<_> =
            events.iter().filter_map(|event| event.message.as_ref()).map(|m| m.pieces[0].wire).collect();
        assert_eq!(places, [torn.len(), 0]);
    }

    #[test]
    fn a_torn_record_is_asked_for_again() {
        let mut link = DayuanHost::default();
        link.idle(now());
        link.feed(&frame(command::LZ_LINK_ANSWER, &[0, 0, 0], CRC_AA));
        link.feed(&frame(command::LZ_COUNT_ANSWER, &[26, 3, 2, 1, 0], CRC_AA));
        link.feed(lz_record(1, 1).get(..20).unwrap_or_default());
        let events = link.idle(now());
        assert!(matches!(events.first().map(|event| &event.kind), Some(Kind::Refused(_))));
        link.feed(&frame(command::LZ_LINK_ANSWER, &[0, 0, 0], CRC_AA));
        let again = link.feed(&frame(command::LZ_COUNT_ANSWER, &[26, 3, 2, 1, 0], CRC_AA));
        assert_eq!(answers(&again), frame(command::LZ_READ_DAY, &[26, 3, 2], CRC_AA));
    }
}
