//! The host's side of the talk with an Elitech temperature logger (public driver elitech-datareader): frames without a
//! length, closed by the sum of all bytes before it.
//!
//! Requests are five bytes: `CC 00 06 00` asks for the device, `33 station 01 00` for the head of the data, `33 station
//! 02 page` for a page of it. Answers begin with 55 and end with silence; how long each is follows from the question.
//! A logger is asked once a minute, and read when it has more records than before.

use std::time::Duration;

use jiff::civil::DateTime;

use super::dayuan::sum8;
use super::held::{Held, event, noise, refused, request};
use crate::contract::{Event, Fault, Kind, Link, Message, Piece};

/// First byte of every answer.
pub const ANSWER: u8 = 0x55;
/// Length of the answer that describes the device.
pub const DEVICE_LEN: usize = 160;
/// Length of the head of the data: count and start.
pub const HEAD_LEN: usize = 11;
const REQUEST_LEN: usize = 5;
/// A page of 500 records and what frames it, with room.
const LIMIT: usize = 2048;
/// Between two answers the line is silent for longer; within one it is not.
const SILENCE: Duration = Duration::from_millis(200);
const REPLY: Duration = Duration::from_secs(2);
const BETWEEN: Duration = Duration::from_secs(60);

/// A request with its sum.
pub fn closed(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[sum8(bytes)]].concat()
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Waiting {
    /// Nothing was asked: whatever comes is read by its look.
    #[default]
    Nothing,
    Device,
    Head,
    Page(u8),
}

#[derive(Default)]
pub struct Elitech {
    held: Held,
    waiting: Waiting,
    /// What the logger told since it was asked for itself.
    told: Message,
    /// Head of the data that is being read, and of the data that was read last.
    head: Vec<u8>,
    known: Vec<u8>,
    /// Records that the pages have brought.
    read: usize,
}

impl Elitech {
    fn frames(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(first) = self.held.bytes().first().copied() {
            let len = match first {
                0xCC | 0x33 if self.held.bytes().len() >= REQUEST_LEN => REQUEST_LEN,
                _ => self.held.bytes().len(),
            };
            let offset = self.held.offset();
            let wire = self.held.take(len);
            events.push(match wire.split_last() {
                _ if !matches!(first, 0xCC | 0x33 | ANSWER) => noise(wire),
                Some((check, said)) if *check == sum8(said) => self.hear(wire, offset),
                Some((check, said)) => {
                    let (found, computed) = (format!("{check:02X}"), format!("{:02X}", sum8(said)));
                    let offset = offset + said.len();
                    refused(wire, Fault::Checksum { offset, found, computed })
                }
                None => noise(wire),
            });
        }
        if self.waiting == Waiting::Nothing
            && let Some(last) = events.last_mut()
        {
            last.last = true;
            self.held.restart();
        }
        events
    }

    /// A frame with a right sum. What belongs to one reading of the logger becomes one message, with its last page.
    fn hear(&mut self, wire: Vec<u8>, offset: usize) -> Event {
        if wire.first() != Some(&ANSWER) {
            return event(wire, Kind::Control);
        }
        let waiting = std::mem::take(&mut self.waiting);
        if waiting == Waiting::Nothing {
            return Event { message: Some(Message::plain(wire.clone(), offset)), ..event(wire, Kind::Frame) };
        }
        let answer = match (waiting, wire.len()) {
            (Waiting::Device, DEVICE_LEN) => {
                self.told = Message::default();
                self.waiting = Waiting::Head;
                closed(&[0x33, station(&wire), 0x01, 0x00])
            }
            (Waiting::Head, HEAD_LEN) if wire != self.known => {
                self.read = 0;
                self.head.clone_from(&wire);
                self.ask_for(0)
            }
            (Waiting::Page(page), len) if len > 2 => {
                self.read = self.read.saturating_add(len.saturating_sub(2) / 2);
                self.ask_for(page.saturating_add(1))
            }
            // Nothing new, or not what was asked for: the next poll begins anew.
            _ => return event(wire, Kind::Control),
        };
        self.told.pieces.push(Piece { at: self.told.bytes.len(), wire: offset, len: wire.len() });
        self.told.bytes.extend(&wire);
        let message = (self.waiting == Waiting::Nothing).then(|| std::mem::take(&mut self.told));
        if message.is_some() {
            self.known = std::mem::take(&mut self.head);
        }
        Event { answer: answer.into(), message, ..event(wire, Kind::Frame) }
    }

    fn ask_for(&mut self, page: u8) -> Vec<u8> {
        if self.read >= count(&self.head) || page == u8::MAX {
            return Vec::new();
        }
        self.waiting = Waiting::Page(page);
        closed(&[0x33, station(&self.told.bytes), 0x02, page])
    }
}

fn station(device: &[u8]) -> u8 {
    device.get(1).copied().unwrap_or_default()
}

fn count(head: &[u8]) -> usize {
    match head {
        [_, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
        _ => 0,
    }
}

impl Link for Elitech {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        let mut events = Vec::new();
        while self.held.bytes().len() > LIMIT {
            let offset = self.held.offset();
            let long = refused(self.held.take(LIMIT), Fault::TooLong { offset, limit: LIMIT });
            events.push(Event { last: true, ..long });
            self.held.restart();
        }
        events
    }

    fn patience(&self) -> Option<Duration> {
        Some(match (self.held.is_empty(), &self.waiting) {
            (false, _) => SILENCE,
            (true, Waiting::Nothing) => BETWEEN,
            (true, _) => REPLY,
        })
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        if !self.held.is_empty() {
            return self.frames();
        }
        if self.waiting != Waiting::Nothing {
            // No answer: the logger was unplugged. What was heard is kept; all of it is asked for again.
            self.waiting = Waiting::Nothing;
            self.held.restart();
            return vec![Event { last: true, ..event(Vec::new(), Kind::Control) }];
        }
        self.waiting = Waiting::Device;
        vec![request(closed(&[0xCC, 0x00, 0x06, 0x00]))]
    }

    fn close(&mut self) -> Vec<Event> {
        self.waiting = Waiting::Nothing;
        self.frames()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> Vec<u8> {
        let mut device = vec![ANSWER, 130];
        device.resize(DEVICE_LEN - 1, 0);
        closed(&device)
    }

    fn head(records: u8) -> Vec<u8> {
        closed(&[ANSWER, 0, records, 0x07, 0xEA, 3, 2, 8, 15, 0])
    }

    fn after(link: &mut Elitech, bytes: &[u8]) -> Vec<Event> {
        link.feed(bytes);
        link.idle(DateTime::default())
    }

    #[test]
    fn the_requests_agree_with_the_published_ones() {
        assert_eq!(closed(&[0xCC, 0x00, 0x06, 0x00]), [0xCC, 0x00, 0x06, 0x00, 0xD2]);
        assert_eq!(closed(&[0x33, 0x82, 0x01, 0x00]), [0x33, 0x82, 0x01, 0x00, 0xB6]);
        assert_eq!(closed(&[0x33, 0x82, 0x02, 0x83]), [0x33, 0x82, 0x02, 0x83, 0x3A]);
    }

    #[test]
    fn a_logger_is_read_page_by_page_and_only_when_it_has_more() {
        let mut link = Elitech::default();
        assert_eq!(link.idle(DateTime::default())[0].answer, closed(&[0xCC, 0, 6, 0]));
        assert_eq!(after(&mut link, &device())[0].answer, closed(&[0x33, 130, 1, 0]));
        assert_eq!(after(&mut link, &head(3))[0].answer, closed(&[0x33, 130, 2, 0]));
        let first = after(&mut link, &closed(&[ANSWER, 0, 40, 0, 41]));
        assert_eq!(first[0].answer, closed(&[0x33, 130, 2, 1]));
        assert!(first[0].message.is_none());
        let last = after(&mut link, &closed(&[ANSWER, 0, 42]));
        assert!(last[0].last && last[0].answer.is_empty());
        assert_eq!(last[0].message.as_ref().map(|m| m.bytes.len()), Some(DEVICE_LEN + HEAD_LEN + 6 + 4));
        link.idle(DateTime::default());
        after(&mut link, &device());
        let again = after(&mut link, &head(3));
        assert!(again[0].answer.is_empty() && again[0].message.is_none());
    }

    #[test]
    fn a_wrong_sum_is_refused() {
        let mut link = Elitech::default();
        let mut bytes = head(3);
        bytes[2] ^= 1;
        let events = after(&mut link, &bytes);
        assert!(matches!(
            events.as_slice(),
            [Event { kind: Kind::Refused(Fault::Checksum { .. }), message: None, .. }]
        ));
    }
}
