//! Answers that end with known bytes, without a check: everything up to them is one message.

use std::time::Duration;

use jiff::civil::DateTime;
use memchr::memmem;

use super::held::{Held, noise, refused, request, whole};
use crate::contract::{Event, Fault, Link, Message};

/// Longest answer; without a bound a wrong baud rate would fill the memory.
const LIMIT: usize = 256 * 1024;

/// An instrument that must be asked.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// Asked one after the other, each after `between` of silence.
    pub questions: &'static [&'static [u8]],
    pub between: Duration,
}

pub struct Until {
    end: &'static [u8],
    /// Silence in the middle of an answer after which no more will come.
    gap: Duration,
    asking: Option<Asking>,
    next: usize,
    held: Held,
    searched: usize,
}

impl Until {
    /// Listens only. `end` is never empty.
    pub fn listening(end: &'static [u8], gap: Duration) -> Self {
        Self { end, gap, asking: None, next: 0, held: Held::default(), searched: 0 }
    }

    pub fn asking(end: &'static [u8], gap: Duration, asking: Asking) -> Self {
        Self { asking: Some(asking), ..Self::listening(end, gap) }
    }

    fn complete(&mut self) -> Option<Event> {
        let offset = self.held.offset();
        let bytes = self.held.bytes();
        let found = memmem::find(bytes.get(self.searched..)?, self.end);
        let len = found.map(|at| self.searched + at + self.end.len()).filter(|len| *len <= LIMIT);
        let event = match len {
            Some(len) => {
                let wire = self.held.take(len);
                whole(wire.clone(), Message::plain(wire, offset))
            }
            None if bytes.len() >= LIMIT => refused(self.held.take(LIMIT), Fault::TooLong { offset, limit: LIMIT }),
            None => {
                self.searched = bytes.len().saturating_sub(self.end.len());
                return None;
            }
        };
        Some(self.finish(event))
    }

    fn give_up(&mut self) -> Vec<Event> {
        if self.held.is_empty() {
            return Vec::new();
        }
        let (offset, wire) = (self.held.offset(), self.held.take_all());
        let says_nothing = wire.iter().all(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control());
        let short = Fault::Short { offset: offset + wire.len(), expected: "the end of the answer" };
        let event = if says_nothing { noise(wire) } else { refused(wire, short) };
        vec![self.finish(event)]
    }

    fn finish(&mut self, event: Event) -> Event {
        self.searched = 0;
        self.held.restart();
        Event { last: true, ..event }
    }
}

impl Link for Until {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        std::iter::from_fn(|| self.complete()).collect()
    }

    fn patience(&self) -> Option<Duration> {
        if self.held.is_empty() { self.asking.map(|asking| asking.between) } else { Some(self.gap) }
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        let mut events = self.give_up();
        if events.is_empty()
            && let Some(question) = self.asking.and_then(|asking| asking.questions.iter().cycle().nth(self.next))
        {
            let count = self.asking.map_or(1, |asking| asking.questions.len());
            self.next = (self.next + 1) % count.max(1);
            events.push(request(question.to_vec()));
        }
        events
    }

    fn close(&mut self) -> Vec<Event> {
        self.give_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_secs(3);

    #[test]
    fn an_end_of_several_bytes_may_come_in_pieces() {
        let mut link = Until::listening(b"<<>>", GAP);
        assert!(link.feed(b"1,2<<").is_empty());
        let events = link.feed(b">>3<<>>4");
        assert_eq!(events.iter().filter(|event| event.message.is_some()).count(), 2);
        assert!(matches!(link.close().as_slice(), [Event { message: None, .. }]));
    }

    #[test]
    fn questions_are_asked_in_turn_and_half_an_answer_is_given_up_first() {
        let asking = Asking { questions: &[b"A", b"B"], between: Duration::from_secs(60) };
        let mut link = Until::asking(b"!", GAP, asking);
        let mut asked = Vec::new();
        for _ in 0..3 {
            asked.extend(link.idle(DateTime::default()).into_iter().map(|event| event.answer.into_owned()));
        }
        assert_eq!(asked, [b"A", b"B", b"A"]);
        link.feed(b"half");
        assert_eq!(link.patience(), Some(GAP));
        assert!(link.idle(DateTime::default()).iter().all(|event| event.answer.is_empty()));
    }
}
