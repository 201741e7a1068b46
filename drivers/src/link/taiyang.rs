//! The host's side of the talk with a Taiyang TTNJ or TTJ tester (vendor's document on its serial protocol).
//!
//! Host `1B BF`: the instrument names its model (`1B` and a code). Host `1B B1`: it sends `1B C1` and its first group
//! of 73 bytes. Host `24`: the next group. After the last one it sends `1B FE` (another text of the maker says
//! `1B FB`). There is no check: the length and the two-byte marks are all that frames.

use std::borrow::Cow;
use std::time::Duration;

use jiff::civil::DateTime;

use super::held::{Held, event, noise, refused, request, whole};
use crate::contract::{Event, Fault, Kind, Link, Message, Piece};

/// Nine bytes of information, eight channels of absorbance and value.
pub const GROUP: usize = 73;

pub const HELLO: [u8; 2] = [ESC, 0xBF];
pub const READ: [u8; 2] = [ESC, 0xB1];
pub const NEXT: [u8; 1] = [0x24];
pub const GROUPS: [u8; 2] = [ESC, 0xC1];
pub const END: [u8; 2] = [ESC, 0xFE];

const ESC: u8 = 0x1B;

/// Everything stored is sent each time, so it is asked for once a minute.
const BETWEEN: Duration = Duration::from_secs(60);

/// The document's time-out of a command.
const ANSWER: Duration = Duration::from_secs(10);

const NOISE: usize = 1024;

/// A group as the instrument sends it: its nine bytes of information, and channel (1 to 8), absorbance and value of
/// each channel that was used.
pub fn group(info: [u8; 9], channels: &[(usize, f32, f32)]) -> Vec<u8> {
    let mut group = info.to_vec();
    for channel in 1..=8 {
        let (_, absorbance, value) = channels.iter().find(|(used, ..)| *used == channel).copied().unwrap_or_default();
        group.extend(absorbance.to_be_bytes());
        group.extend(value.to_be_bytes());
    }
    group
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is asked.
    Quiet,
    /// The model was asked for.
    Hello,
    /// `1B B1` was sent.
    Asked,
    /// Groups are coming.
    Groups,
}

pub struct Taiyang {
    held: Held,
    state: State,
    /// `1B` and the model's code, and where they stood.
    model: Option<([u8; 2], usize)>,
    passed: usize,
}

impl Default for Taiyang {
    fn default() -> Self {
        Self { held: Held::default(), state: State::Quiet, model: None, passed: 0 }
    }
}

enum Found {
    Model(u8),
    Groups,
    Group,
    End,
    Unfinished,
    Nothing,
}

impl Taiyang {
    fn look(&self) -> Found {
        let rest = self.held.bytes().get(self.passed..).unwrap_or_default();
        match (self.state, rest) {
            (_, [ESC]) => Found::Unfinished,
            // Neither is a second and a minute of a group's clock: minutes end at 59.
            (_, [ESC, 0xFE | 0xFB, ..]) => Found::End,
            (_, [ESC, 0xC1, ..]) => Found::Groups,
            (State::Groups, [_, ..]) if rest.len() >= GROUP => Found::Group,
            (State::Groups, [_, ..]) => Found::Unfinished,
            (State::Quiet | State::Hello, [ESC, code @ (0x01..=0x3F), ..]) => Found::Model(*code),
            _ => Found::Nothing,
        }
    }

    fn next(&mut self) -> Option<Event> {
        loop {
            let found = match self.look() {
                Found::Nothing if self.passed >= self.held.bytes().len() => return None,
                Found::Nothing if self.passed + 1 < NOISE => {
                    self.passed += 1;
                    continue;
                }
                Found::Nothing => {
                    self.passed = 0;
                    return Some(noise(self.held.take(NOISE)));
                }
                Found::Unfinished => return None,
                found => found,
            };
            if self.passed > 0 {
                let before = std::mem::take(&mut self.passed);
                return Some(noise(self.held.take(before)));
            }
            return Some(self.hear(&found));
        }
    }

    fn hear(&mut self, found: &Found) -> Event {
        let offset = self.held.offset();
        match found {
            Found::Model(code) => {
                self.model = Some(([ESC, *code], offset));
                self.state = State::Asked;
                Event { answer: Cow::Borrowed(&READ), ..event(self.held.take(2), Kind::Control) }
            }
            Found::Groups => {
                self.state = State::Groups;
                event(self.held.take(2), Kind::Control)
            }
            Found::Group => {
                let wire = self.held.take(GROUP);
                let mut message = Message::default();
                if let Some((model, at)) = self.model {
                    message.bytes.extend(model);
                    message.pieces.push(Piece { at: 0, wire: at, len: model.len() });
                }
                message.pieces.push(Piece { at: message.bytes.len(), wire: offset, len: GROUP });
                message.bytes.extend(&wire);
                Event { answer: Cow::Borrowed(&NEXT), ..whole(wire, message) }
            }
            Found::End | Found::Unfinished | Found::Nothing => {
                let wire = self.held.take(2);
                self.finish();
                Event { last: true, ..event(wire, Kind::Control) }
            }
        }
    }

    fn finish(&mut self) {
        self.state = State::Quiet;
        self.model = None;
        self.held.restart();
    }

    /// What is held will not be completed, and groups that were to come will not come: the transmission is over. Groups have no
    /// mark, so what comes later may begin in the middle of one.
    fn give_up(&mut self) -> Vec<Event> {
        self.passed = 0;
        let in_groups = self.state == State::Groups;
        let (offset, wire) = (self.held.offset(), self.held.take_all());
        let torn = Fault::Short { offset: offset + wire.len(), expected: "the rest of a group of 73 bytes" };
        let over = match (wire.is_empty(), in_groups) {
            (true, _) if offset == 0 => None,
            (true, _) => Some(event(wire, Kind::Control)),
            (false, true) => Some(refused(wire, torn)),
            (false, false) => Some(noise(wire)),
        };
        self.finish();
        over.into_iter().map(|event| Event { last: true, ..event }).collect()
    }
}

impl Link for Taiyang {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        std::iter::from_fn(|| self.next()).collect()
    }

    fn patience(&self) -> Option<Duration> {
        // Half a mark that is held would make another one of what comes a minute later.
        Some(if self.state == State::Quiet && self.held.is_empty() { BETWEEN } else { ANSWER })
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        let mut events = self.give_up();
        self.state = State::Hello;
        events.push(request(HELLO.to_vec()));
        events
    }

    fn close(&mut self) -> Vec<Event> {
        self.give_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_asked_for_one_by_one_until_the_end() {
        let mut link = Taiyang::default();
        let answer = |events: Vec<Event>| -> Vec<u8> {
            events.into_iter().flat_map(|event| event.answer.into_owned()).collect()
        };
        assert_eq!(answer(link.idle(DateTime::default())), HELLO);
        assert_eq!(answer(link.feed(&[ESC, 0x01])), READ);
        assert!(answer(link.feed(&GROUPS)).is_empty());
        let events = link.feed(&[27; GROUP]);
        let message = events.first().and_then(|event| event.message.clone()).unwrap_or_default();
        assert_eq!(message.bytes.len(), 2 + GROUP);
        assert_eq!(message.on_wire(&(0..2 + GROUP)), 0..4 + GROUP);
        assert_eq!(answer(events), NEXT);
        assert!(link.feed(&END).iter().all(|event| event.last && event.answer.is_empty()));
        assert_eq!(link.patience(), Some(BETWEEN));
    }

    #[test]
    fn groups_that_come_after_a_silence_stand_in_a_transmission_of_their_own() {
        let mut link = Taiyang::default();
        link.feed(&GROUPS);
        let silent = link.idle(DateTime::default());
        assert_eq!(silent.iter().map(|event| event.last).collect::<Vec<_>>(), [true, false]);
        let events = link.feed(&[&GROUPS[..], &[1; GROUP]].concat());
        let places = events.iter().filter_map(|event| event.message.as_ref()).map(|message| message.pieces[0].wire);
        assert_eq!(places.collect::<Vec<_>>(), [GROUPS.len()]);
    }

    #[test]
    fn a_torn_group_is_refused_and_the_instrument_is_greeted_again() {
        let mut link = Taiyang::default();
        link.feed(&GROUPS);
        link.feed(&[1; 40]);
        let events = link.idle(DateTime::default());
        assert!(matches!(events.first().map(|event| &event.kind), Some(Kind::Refused(Fault::Short { .. }))));
        assert_eq!(events.last().map(|event| event.answer.clone()), Some(HELLO.to_vec().into()));
    }
}
