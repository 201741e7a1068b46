//! The minimal lower layer protocol of HL7 v2: `VT message FS CR` (HL7 implementation guide, appendix C). It has no
//! check; over TCP it needs none, on a serial cable a damaged byte cannot be seen.
//!
//! Each message is acknowledged with the answer of its event, which the session writes after the bytes are kept. In
//! files messages often stand without their frame; those are read and not answered.

use std::time::Duration;

use jiff::civil::DateTime;
use memchr::{memchr, memchr2};

use super::control::{CR, FS, LF, VT};
use super::held::{Held, event, noise, refused, request, whole};
use crate::contract::{Event, Fault, Kind, Link, Message, Piece, Said};
use crate::format::hl7::answer::{acknowledged, acknowledgement, control};

/// Longest message: analysers send pictures with their results.
const LIMIT: usize = 16 << 20;
/// Bytes that belong to nothing are given away in portions of this size.
const NOISE: usize = 4 * 1024;
/// An instrument sends a message in one go; half of one after this is all that will come.
const IN_A_FRAME: Duration = Duration::from_secs(30);
/// CR follows FS at once, or never.
const AFTER_FS: Duration = Duration::from_millis(500);
/// Messages without a frame end when the line rests.
const BARE: Duration = Duration::from_secs(3);

/// A message of ours waits this long for its acknowledgement, as for that of the lower layer.
const ACKNOWLEDGEMENT: Duration = Duration::from_secs(30);

/// An instrument that says so many other things first does not acknowledge.
const OTHERS: u8 = 5;

/// First bytes of every message.
const HEAD: &[u8] = b"MSH";

/// A message in its frame.
pub fn frame(message: &[u8]) -> Vec<u8> {
    [&[VT], message, &[FS, CR]].concat()
}

/// A message of ours.
struct Saying {
    frame: Vec<u8>,
    /// Its control id.
    id: String,
    /// The instrument is to say that it has it.
    awaits: bool,
    sent: bool,
    /// Other messages that came since.
    others: u8,
}

#[derive(Default)]
pub struct Mllp {
    held: Held,
    /// The last message that was acknowledged: sent again, it is not a second one.
    previous: Vec<u8>,
    /// How much of what is held was searched for the end of a frame.
    searched: usize,
    saying: Option<Saying>,
    said: Option<Said>,
}

impl Mllp {
    /// `over`: nothing more will come now.
    fn next(&mut self, over: bool) -> Option<Event> {
        let bytes = self.held.bytes();
        let event = match bytes {
            [] => return None,
            [VT, ..] => self.framed(over)?,
            _ if bytes.starts_with(HEAD) => self.bare(over)?,
            _ if !over && HEAD.starts_with(bytes) => return None,
            _ => self.between(over)?,
        };
        self.searched = 0;
        self.held.restart();
        Some(Event { last: true, ..event })
    }

    fn framed(&mut self, over: bool) -> Option<Event> {
        let offset = self.held.offset();
        let bytes = self.held.bytes();
        let from = self.searched.max(1);
        let found = memchr2(FS, VT, bytes.get(from..)?).map(|at| from + at).filter(|at| *at < LIMIT);
        let Some(at) = found else {
            self.searched = bytes.len();
            let len = bytes.len();
            return match () {
                () if len >= LIMIT => Some(refused(self.held.take(LIMIT), Fault::TooLong { offset, limit: LIMIT })),
                () if over => Some(torn(self.held.take_all(), offset, "FS and CR")),
                () => None,
            };
        };
        if bytes.get(at) == Some(&VT) {
            return Some(torn(self.held.take(at), offset, "FS and CR"));
        }
        let len = match bytes.get(at + 1) {
            Some(&CR) => at + 2,
            None if !over => return None,
            _ => at + 1,
        };
        let wire = self.held.take(len);
        let said = wire.get(1..at).unwrap_or_default().to_vec();
        if said.is_empty() {
            return Some(event(wire, Kind::Control));
        }
        let answer = acknowledgement(&said);
        let answer = if answer.is_empty() { answer } else { frame(&answer) };
        // An analyser whose header never changes acknowledges every attempt with the same bytes.
        self.hear(&said);
        if said == self.previous {
            return Some(Event { answer: answer.into(), ..event(wire, Kind::Repeated) });
        }
        self.previous.clone_from(&said);
        let pieces = vec![Piece { at: 0, wire: offset + 1, len: said.len() }];
        Some(Event { answer: answer.into(), ..whole(wire, Message { bytes: said, pieces }) })
    }

    /// Whether this is what our message waits for.
    fn hear(&mut self, message: &[u8]) {
        let Some(saying) = self.saying.as_mut().filter(|saying| saying.sent) else { return };
        match acknowledged(message).filter(|(id, _)| *id == saying.id) {
            Some((_, taken)) => self.said = Some(taken.map_or_else(Said::Refused, |()| Said::Taken)),
            None if saying.others < OTHERS => saying.others += 1,
            None => self.said = Some(Said::Unanswered),
        }
        if self.said.is_some() {
            self.saying = None;
        }
    }

    /// A message without a frame, until the next one.
    fn bare(&mut self, over: bool) -> Option<Event> {
        let offset = self.held.offset();
        let bytes = self.held.bytes();
        let len =
            match start_of_next(bytes, self.searched, |before| matches!(before, CR | LF)).filter(|at| *at <= LIMIT) {
                Some(at) => at,
                None if bytes.len() > LIMIT => {
                    return Some(refused(self.held.take(LIMIT), Fault::TooLong { offset, limit: LIMIT }));
                }
                None if over => bytes.len(),
                None => {
                    self.searched = bytes.len().saturating_sub(HEAD.len());
                    return None;
                }
            };
        let wire = self.held.take(len);
        // Of the last line of a file it is not known whether it is whole: a result is then none.
        let last = wire.rsplit(|byte| matches!(*byte, CR | LF)).next().unwrap_or_default();
        if last.starts_with(b"OBX") {
            return Some(torn(wire, offset, "the end of an OBX segment"));
        }
        Some(whole(wire.clone(), Message::plain(wire, offset)))
    }

    fn between(&mut self, over: bool) -> Option<Event> {
        let bytes = self.held.bytes();
        let len = match start_of_next(bytes, 0, |before| !matches!(before, b' '..=b'~')).filter(|at| *at <= NOISE) {
            Some(at) => at,
            None if bytes.len() >= NOISE => NOISE,
            None if over => bytes.len(),
            None => return None,
        };
        Some(noise(self.held.take(len)))
    }

    fn all(&mut self, over: bool) -> Vec<Event> {
        std::iter::from_fn(|| self.next(over)).collect()
    }
}

/// Where a frame, or a header, begins after the first byte; `from` on is not yet searched. A header begins a line in the
/// middle of a message; after noise it need not.
fn start_of_next(bytes: &[u8], from: usize, opens: fn(u8) -> bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let frame = memchr(VT, rest);
    let line = rest.windows(HEAD.len() + 1).position(|window| match window {
        [before, head @ ..] => opens(*before) && head == HEAD,
        [] => false,
    });
    match (frame, line.map(|at| at + 1)) {
        (Some(frame), Some(line)) => Some(from + frame.min(line)),
        (frame, line) => frame.or(line).map(|at| from + at),
    }
}

fn torn(wire: Vec<u8>, offset: usize, expected: &'static str) -> Event {
    let offset = offset + wire.len();
    refused(wire, Fault::Short { offset, expected })
}

impl Link for Mllp {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.held.push(bytes);
        self.all(false)
    }

    fn patience(&self) -> Option<Duration> {
        let bytes = self.held.bytes();
        match (bytes.first(), bytes.last()) {
            (Some(&VT), Some(&FS)) => Some(AFTER_FS),
            (Some(&VT), _) => Some(IN_A_FRAME),
            (Some(_), _) => Some(BARE),
            (None, _) => self.saying.as_ref().map(|saying| if saying.sent { ACKNOWLEDGEMENT } else { Duration::ZERO }),
        }
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        if !self.held.is_empty() {
            return self.all(true);
        }
        match self.saying.take() {
            Some(saying) if saying.sent => {
                self.said = Some(Said::Unanswered);
                vec![Event { last: true, ..event(Vec::new(), Kind::Control) }]
            }
            Some(saying) => {
                let frame = saying.frame.clone();
                let last = !saying.awaits;
                if saying.awaits {
                    self.saying = Some(Saying { sent: true, ..saying });
                } else {
                    self.said = Some(Said::Taken);
                }
                vec![Event { last, ..request(frame) }]
            }
            None => Vec::new(),
        }
    }

    fn close(&mut self) -> Vec<Event> {
        let events = self.all(true);
        self.previous.clear();
        if let Some(saying) = self.saying.take() {
            self.said = Some(if saying.sent { Said::Unanswered } else { Said::Absent });
        }
        events
    }

    fn say(&mut self, message: &[u8]) -> bool {
        let free = self.saying.is_none() && self.said.is_none();
        if let Some((id, awaits)) = control(message).filter(|_| free) {
            self.saying = Some(Saying { frame: frame(message), id, awaits, sent: false, others: 0 });
            return true;
        }
        false
    }

    fn said(&mut self) -> Option<Said> {
        self.said.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &[u8] = b"MSH|^~\\&|BS|LAB|LIS|ST|20260302091500||ORU^R01|77|P|2.3.1\rOBX|1|NM|GLU||5.1\r";

    #[test]
    fn a_message_is_answered_with_its_own_control_id() {
        let mut link = Mllp::default();
        let events = link.feed(&frame(RESULT));
        let [Event { kind: Kind::Frame, answer, message: Some(message), last: true, .. }] = events.as_slice() else {
            panic!("{events:?}");
        };
        assert_eq!(message.bytes, RESULT);
        assert_eq!(message.pieces, [Piece { at: 0, wire: 1, len: RESULT.len() }]);
        assert!(answer.starts_with(&[VT]) && answer.ends_with(b"MSA|AA|77\r\x1C\r"));
    }

    #[test]
    fn a_message_sent_again_after_a_lost_acknowledgement_counts_once() {
        let mut link = Mllp::default();
        let first = link.feed(&frame(RESULT));
        let again = link.feed(&frame(RESULT));
        assert!(matches!(again.as_slice(), [Event { kind: Kind::Repeated, message: None, .. }]));
        assert_eq!(first[0].answer, again[0].answer);
        link.close();
        assert!(link.feed(&frame(RESULT))[0].message.is_some());
    }

    #[test]
    fn half_a_frame_is_never_acknowledged() {
        let mut link = Mllp::default();
        let whole = frame(RESULT);
        assert!(link.feed(&whole[..40]).is_empty());
        assert_eq!(link.patience(), Some(IN_A_FRAME));
        let events = link.idle(DateTime::default());
        let [Event { kind: Kind::Refused(Fault::Short { .. }), answer, .. }] = events.as_slice() else {
            panic!("{events:?}");
        };
        assert!(answer.is_empty());
        link.feed(&whole[..40]);
        assert_eq!(link.feed(&whole).len(), 2);
    }

    #[test]
    fn a_frame_without_its_last_cr_is_taken_when_the_line_rests() {
        let mut link = Mllp::default();
        let whole = frame(RESULT);
        assert!(link.feed(&whole[..whole.len() - 1]).is_empty());
        assert_eq!(link.patience(), Some(AFTER_FS));
        assert!(link.idle(DateTime::default())[0].message.is_some());
    }

    const ORDER: &[u8] = b"MSH|^~\\&|Qingke||BS|LAB|20260302091500||ORM^O01|41|P|2.3.1\rORC|NW|S\rOBR|1|S||5|R\r";

    fn acknowledgement_of(id: &str, code: &str) -> Vec<u8> {
        frame(format!("MSH|^~\\&|BS|LAB|||20260302091500||ACK^O01|1|P|2.3.1\rMSA|{code}|{id}\r").as_bytes())
    }

    #[test]
    fn an_order_is_taken_when_the_instrument_says_so_with_its_control_id() {
        let mut link = Mllp::default();
        assert!(link.say(ORDER));
        let sent = link.idle(DateTime::default());
        assert_eq!(sent[0].answer, frame(ORDER));
        assert_eq!(link.patience(), Some(ACKNOWLEDGEMENT));
        link.feed(&frame(RESULT));
        link.feed(&acknowledgement_of("40", "AA"));
        assert_eq!(link.said(), None, "a result and the acknowledgement of another message are none");
        let heard = link.feed(&acknowledgement_of("41", "AA"));
        assert!(heard[0].message.is_some() && heard[0].answer.is_empty());
        assert_eq!(link.said(), Some(Said::Taken));
    }

    #[test]
    fn an_order_is_refused_with_the_reason_or_stays_unanswered() {
        let mut link = Mllp::default();
        link.say(ORDER);
        link.idle(DateTime::default());
        link.feed(&acknowledgement_of("41", "AE"));
        assert_eq!(link.said(), Some(Said::Refused("AE".to_owned())));
        link.say(ORDER);
        link.idle(DateTime::default());
        assert!(link.idle(DateTime::default()).iter().all(|event| event.last && event.answer.is_empty()));
        assert_eq!(link.said(), Some(Said::Unanswered));
        link.say(ORDER);
        link.close();
        assert_eq!(link.said(), Some(Said::Absent));
    }

    #[test]
    fn an_acknowledgement_with_the_same_bytes_as_the_last_one_counts_and_other_talk_does_not_go_on_for_ever() {
        let mut link = Mllp::default();
        link.feed(&acknowledgement_of("41", "AA"));
        link.say(ORDER);
        link.idle(DateTime::default());
        link.feed(&acknowledgement_of("41", "AA"));
        assert_eq!(link.said(), Some(Said::Taken));
        link.say(ORDER);
        link.idle(DateTime::default());
        for _ in 0..=OTHERS {
            link.feed(&frame(RESULT));
        }
        assert_eq!(link.said(), Some(Said::Unanswered));
    }

    #[test]
    fn the_answer_to_a_query_waits_for_nothing() {
        let answer = b"MSH|^~\\&|Qingke||GX||20260302091500||RSP^Z02|7|P|2.5\rMSA|AA|q1\r";
        let mut link = Mllp::default();
        link.say(answer);
        assert_eq!(link.idle(DateTime::default())[0].answer, frame(answer));
        assert_eq!(link.said(), Some(Said::Taken));
    }

    #[test]
    fn messages_in_a_file_need_no_frame() {
        let mut link = Mllp::default();
        let mut events = link.feed(&[RESULT, b"\n", RESULT].concat());
        events.extend(link.close());
        assert_eq!(events.iter().filter(|event| event.message.is_some()).count(), 2);
        assert!(events.iter().all(|event| event.answer.is_empty()));
    }

    #[test]
    fn a_result_without_the_end_of_its_line_is_refused() {
        let mut link = Mllp::default();
        link.feed(RESULT.strip_suffix(b"\r").unwrap());
        assert!(matches!(link.close().as_slice(), [Event { kind: Kind::Refused(Fault::Short { .. }), .. }]));
    }
}
