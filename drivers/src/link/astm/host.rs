//! Both sides of LIS01-A2 on one line: listens like a receiver, and says what it is given between sessions.

use std::time::Duration;

use jiff::civil::DateTime;

use super::{Outcome, Receiver, Role, SHORT, Sender, Turn, frames};
use crate::contract::{Event, Kind, Link, Said};
use crate::link::control::{ACK, ENQ, EOT, NAK};

/// The line rests for so long after a session before we ask for it: an instrument that has more to say begins at once.
const GAP: Duration = Duration::from_millis(200);
/// What came outside of any session is over when the line rests for so long.
const REST: Duration = Duration::from_secs(3);
/// An instrument that is always busy is left alone after so many enquiries.
const ENQUIRIES: u8 = 6;

/// A message to be said.
#[derive(Debug)]
struct Saying {
    sender: Sender,
    /// We asked for the line: what comes now is the answer to us.
    speaks: bool,
    /// Bytes came since we asked.
    heard: bool,
    /// How often it was busy.
    busy: u8,
}

/// A [`Receiver`] that takes a message to say. What the instrument answers to us is kept like everything it says: each
/// attempt of ours that was answered is a transmission without a message.
#[derive(Debug, Default)]
pub struct Host {
    receiver: Receiver,
    saying: Option<Saying>,
    said: Option<Said>,
}

impl Host {
    fn speaks(&self) -> bool {
        self.saying.as_ref().is_some_and(|saying| saying.speaks)
    }

    /// One byte while we speak: an answer to us, or something of the instrument's own.
    fn hear(&mut self, byte: u8, events: &mut Vec<Event>) {
        let Some(saying) = &mut self.saying else { return };
        let answer = matches!(byte, ACK | NAK | EOT | ENQ);
        let turn = match (answer, saying.sender.asks()) {
            (true, _) => saying.sender.hear(byte),
            // It begins to speak without asking: what it says must not be lost.
            (false, true) => {
                saying.sender.step_back();
                Turn { write: Vec::new(), outcome: Some(Outcome::Yielded) }
            }
            (false, false) => {
                saying.heard = true;
                events.push(Event { kind: Kind::Noise, ..ours(vec![byte], Vec::new(), false) });
                return;
            }
        };
        if turn.outcome == Some(Outcome::Yielded) {
            saying.speaks = false;
            if std::mem::take(&mut saying.heard) {
                // The instrument's transmission begins with its own first byte.
                events.push(ours(Vec::new(), Vec::new(), true));
            }
            events.extend(self.receiver.feed(&[byte]));
            return;
        }
        saying.heard = true;
        events.push(self.turned(vec![byte], turn));
    }

    /// What a turn of ours amounts to.
    fn turned(&mut self, wire: Vec<u8>, turn: Turn) -> Event {
        let said = turn.outcome.map(|outcome| match outcome {
            Outcome::Sent => Said::Taken,
            Outcome::Refused { .. } => Said::Refused(String::new()),
            Outcome::Silence { frame: Some(_) } => Said::Unanswered,
            Outcome::Silence { frame: None } | Outcome::Yielded => Said::Absent,
        });
        let mut last = said.is_some();
        if last {
            self.said = said;
            self.saying = None;
        } else if let Some(saying) = self.saying.as_mut().filter(|saying| saying.sender.waits()) {
            // It is busy; until we ask again the line is its own.
            (saying.speaks, saying.heard, last) = (false, false, true);
            saying.busy += 1;
            if saying.busy >= ENQUIRIES {
                self.said = Some(Said::Absent);
                self.saying = None;
            }
        }
        ours(wire, turn.write, last)
    }
}

fn ours(wire: Vec<u8>, answer: Vec<u8>, last: bool) -> Event {
    Event { wire, kind: Kind::Control, answer: answer.into(), message: None, last }
}

impl Link for Host {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut rest = bytes;
        while self.speaks()
            && let Some((byte, after)) = rest.split_first()
        {
            self.hear(*byte, &mut events);
            rest = after;
        }
        if events.is_empty() {
            return self.receiver.feed(rest);
        }
        events.extend(self.receiver.feed(rest));
        events
    }

    fn patience(&self) -> Option<Duration> {
        match &self.saying {
            Some(saying) if saying.speaks => saying.sender.patience(),
            Some(_) if !self.receiver.is_neutral() => self.receiver.patience().or(Some(REST)),
            Some(saying) => saying.sender.patience().map(|time| time.max(GAP)),
            None => self.receiver.patience(),
        }
    }

    fn idle(&mut self, now: DateTime) -> Vec<Event> {
        match &mut self.saying {
            Some(saying) if saying.speaks || self.receiver.is_neutral() => {
                saying.speaks = true;
                let turn = saying.sender.silent();
                vec![self.turned(Vec::new(), turn)]
            }
            _ => self.receiver.idle(now),
        }
    }

    fn close(&mut self) -> Vec<Event> {
        if let Some(saying) = self.saying.take() {
            let began = saying.speaks && !saying.sender.asks();
            self.said = Some(if began { Said::Unanswered } else { Said::Absent });
        }
        self.receiver.close()
    }

    fn say(&mut self, message: &[u8]) -> bool {
        let free = self.saying.is_none() && self.said.is_none();
        if free {
            let sender = Sender::new(Role::Host, frames(message, SHORT));
            self.saying = Some(Saying { sender, speaks: false, heard: false, busy: 0 });
        }
        free
    }

    fn said(&mut self) -> Option<Said> {
        self.said.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &[u8] = b"H|\\^&\rO|1|S||^^^A\rL|1|N\r";
    const NOW: DateTime = DateTime::constant(2026, 3, 2, 9, 0, 0, 0);

    /// A host that was given the order and has just asked for the line.
    fn asking() -> Host {
        let mut host = Host::default();
        assert!(host.say(ORDER));
        assert_eq!(host.patience(), Some(GAP));
        assert_eq!(answers(&host.idle(NOW)), [ENQ]);
        host
    }

    fn answers(events: &[Event]) -> Vec<u8> {
        events.iter().flat_map(|event| event.answer.to_vec()).collect()
    }

    fn wire(events: &[Event]) -> Vec<u8> {
        events.iter().flat_map(|event| event.wire.clone()).collect()
    }

    #[test]
    fn an_order_is_said_and_what_the_instrument_answers_is_kept() {
        let mut host = asking();
        let mut instrument = Receiver::default();
        instrument.feed(&[ENQ]);
        let frame = answers(&host.feed(&[ACK]));
        let heard = instrument.feed(&frame);
        assert_eq!(heard[0].message.as_ref().map(|message| message.bytes.as_slice()), Some(ORDER));
        let end = host.feed(&[ACK]);
        assert_eq!((wire(&end), answers(&end)), (vec![ACK], vec![EOT]));
        assert!(end[0].last);
        assert_eq!(host.said(), Some(Said::Taken));
        assert_eq!((host.said(), host.patience()), (None, None));
    }

    #[test]
    fn a_refused_order_is_given_up_after_six_attempts() {
        let mut host = asking();
        let frame = answers(&host.feed(&[ACK]));
        for _ in 1..6 {
            assert_eq!(answers(&host.feed(&[NAK])), frame);
            assert_eq!(host.said(), None);
        }
        assert_eq!(answers(&host.feed(&[NAK])), [EOT]);
        assert_eq!(host.said(), Some(Said::Refused(String::new())));
    }

    #[test]
    fn when_both_ask_the_instrument_speaks_first_and_the_order_follows() {
        let mut host = asking();
        let result = [&[ENQ][..], &frames(b"H|\\^&\rR|1|^^^A|1\rL|1|N\r", SHORT).concat(), &[EOT]].concat();
        let events = host.feed(&result);
        assert_eq!(wire(&events), result);
        assert_eq!(answers(&events), [ACK, ACK]);
        let message = events.iter().find_map(|event| event.message.as_ref()).unwrap();
        assert_eq!(message.pieces[0].wire, 3, "its transmission begins with its ENQ");
        assert_eq!(host.patience(), Some(Duration::from_secs(20)));
        assert_eq!(answers(&host.idle(NOW)), [ENQ]);
        assert!(!answers(&host.feed(&[ACK])).is_empty());
    }

    #[test]
    fn a_busy_instrument_may_speak_before_it_is_asked_again() {
        let mut host = asking();
        assert!(host.feed(&[NAK])[0].last);
        assert_eq!(host.patience(), Some(Duration::from_secs(10)));
        assert_eq!(answers(&host.feed(&[ENQ])), [ACK]);
        assert_eq!(answers(&host.feed(&[EOT])), [0_u8; 0]);
        assert_eq!(answers(&host.idle(NOW)), [ENQ]);
    }

    #[test]
    fn what_an_instrument_says_without_asking_is_not_lost_when_we_ask_at_that_moment() {
        for result in [b"H|\\^&\rR|1|^^^A|1\rL|1|N\r".to_vec(), frames(b"H|\\^&\rR|1|^^^A|1\rL|1|N\r", SHORT).concat()]
        {
            let mut host = asking();
            let mut events = host.feed(&result);
            events.extend(host.close());
            assert_eq!(wire(&events), result);
            assert_eq!(events.iter().filter(|event| event.message.is_some()).count(), 1, "{events:?}");
            assert_eq!(host.said(), Some(Said::Absent));
        }
    }

    #[test]
    fn noise_between_our_frames_is_kept_as_noise_and_answers_nothing() {
        let mut host = asking();
        let frame = host.feed(&[ACK]);
        let noise = host.feed(b"\r\n?");
        assert!(noise.iter().all(|event| event.kind == Kind::Noise && event.answer.is_empty()), "{noise:?}");
        assert!(!answers(&frame).is_empty());
        host.feed(&[ACK]);
        assert_eq!(host.said(), Some(Said::Taken));
    }

    #[test]
    fn an_instrument_that_is_always_busy_is_left_alone() {
        let mut host = asking();
        for _ in 1..ENQUIRIES {
            host.feed(&[NAK]);
            assert_eq!(host.said(), None);
            assert_eq!(answers(&host.idle(NOW)), [ENQ]);
        }
        host.feed(&[NAK]);
        assert_eq!((host.said(), host.patience()), (Some(Said::Absent), None));
    }

    #[test]
    fn after_half_a_session_the_places_of_the_next_are_counted_from_its_start() {
        let mut host = Host::default();
        let late = frames(&[b'x'; 5 * SHORT], SHORT);
        assert!(matches!(host.feed(&late[4]).as_slice(), [Event { kind: Kind::Refused(_), .. }]));
        host.say(ORDER);
        assert_eq!(host.patience(), Some(REST), "it may be in the middle of a message");
        assert!(host.idle(NOW).last().is_some_and(|event| event.last));
        assert_eq!(answers(&host.idle(NOW)), [ENQ]);
        let result = [&[ENQ][..], &frames(b"H|\\^&\rL|1|N\r", SHORT).concat()].concat();
        let message = host.feed(&result).into_iter().find_map(|event| event.message).unwrap();
        assert_eq!(message.pieces[0].wire, 3);
    }

    #[test]
    fn nothing_is_said_into_a_session_of_the_instrument() {
        let mut host = Host::default();
        host.feed(&[ENQ]);
        assert!(host.say(ORDER));
        assert_eq!(host.patience(), Some(Duration::from_secs(30)), "its own patience, not ours");
        host.feed(&[EOT]);
        assert_eq!(host.patience(), Some(GAP));
    }

    #[test]
    fn an_instrument_that_is_off_and_one_that_falls_silent_are_told_apart() {
        let mut host = asking();
        assert_eq!(answers(&host.idle(NOW)), [EOT]);
        assert_eq!(host.said(), Some(Said::Absent));
        let mut host = asking();
        host.feed(&[ACK]);
        assert_eq!(answers(&host.idle(NOW)), [EOT]);
        assert_eq!(host.said(), Some(Said::Unanswered));
        let mut host = asking();
        host.feed(&[ACK]);
        host.close();
        assert_eq!(host.said(), Some(Said::Unanswered), "the line was lost in the middle");
    }

    #[test]
    fn one_message_at_a_time() {
        let mut host = asking();
        assert!(!host.say(ORDER));
        host.idle(NOW);
        assert!(!host.say(ORDER), "until it was told what became of the first");
        host.said();
        assert!(host.say(ORDER));
    }
}
