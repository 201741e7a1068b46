//! Both sides of LIS01-A2 on one line: listens like a receiver, and says what it is given between sessions.

use std::time::Duration;

use jiff::civil::DateTime;

use super::{Outcome, Receiver, Role, SHORT, Sender, Turn, frames};
use crate::contract::{Event, Kind, Link, Said};
use crate::link::control::ENQ;

/// The line rests for so long after a session before we ask for it: an instrument that has more to say begins at once.
const GAP: Duration = Duration::from_millis(200);

/// A message to be said.
#[derive(Debug)]
struct Saying {
    sender: Sender,
    /// We asked for the line: what comes now is the answer to us.
    speaks: bool,
    /// Bytes came since we asked.
    heard: bool,
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

    /// One byte while we speak.
    fn hear(&mut self, byte: u8, events: &mut Vec<Event>) {
        let Some(saying) = &mut self.saying else { return };
        let turn = saying.sender.hear(byte);
        if turn.outcome == Some(Outcome::Yielded) {
            saying.speaks = false;
            if std::mem::take(&mut saying.heard) {
                // The instrument's transmission begins with its ENQ.
                events.push(ours(Vec::new(), Vec::new(), true));
            }
            events.extend(self.receiver.feed(&[ENQ]));
            return;
        }
        saying.heard = true;
        events.push(self.turned(vec![byte], turn));
    }

    /// What a turn of ours amounts to.
    fn turned(&mut self, wire: Vec<u8>, turn: Turn) -> Event {
        let said = turn.outcome.map(|outcome| match outcome {
            Outcome::Sent => Said::Taken,
            Outcome::Refused { frame } => Said::Refused(format!("NAK {}", frame + 1)),
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
        }
        ours(wire, turn.write, last)
    }
}

fn ours(wire: Vec<u8>, answer: Vec<u8>, last: bool) -> Event {
    Event { wire, kind: Kind::Control, answer, message: None, last }
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
            Some(saying) => self.receiver.patience().or_else(|| saying.sender.patience().map(|time| time.max(GAP))),
            None => self.receiver.patience(),
        }
    }

    fn idle(&mut self, now: DateTime) -> Vec<Event> {
        match &mut self.saying {
            Some(saying) if saying.speaks || self.receiver.patience().is_none() => {
                saying.speaks = true;
                let turn = saying.sender.silent();
                vec![self.turned(Vec::new(), turn)]
            }
            _ => self.receiver.idle(now),
        }
    }

    fn close(&mut self) -> Vec<Event> {
        if let Some(saying) = self.saying.take() {
            self.said = Some(if saying.speaks { Said::Unanswered } else { Said::Absent });
        }
        self.receiver.close()
    }

    fn say(&mut self, message: &[u8]) -> bool {
        let free = self.saying.is_none() && self.said.is_none();
        if free {
            let sender = Sender::new(Role::Host, frames(message, SHORT));
            self.saying = Some(Saying { sender, speaks: false, heard: false });
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
    use crate::link::control::{ACK, EOT, NAK};

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
        events.iter().flat_map(|event| event.answer.clone()).collect()
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
        assert_eq!(host.said(), Some(Said::Refused("NAK 1".to_owned())));
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
