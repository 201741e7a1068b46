//! The sending side of LIS01-A2: what a virtual instrument, a replay and a host with orders do.

use std::time::Duration;

use crate::link::control::{ACK, ENQ, EOT, NAK};

/// The sender waits this long for an answer, then it gives the line up (LIS01-A2 6.5.2.2).
const ANSWER: Duration = Duration::from_secs(15);
/// A receiver that said NAK to ENQ is busy: it is asked again no earlier than this.
const BUSY: Duration = Duration::from_secs(10);
/// After both sides asked at once, the instrument asks again after this.
const INSTRUMENT_AGAIN: Duration = Duration::from_secs(1);
/// ... and the host, which yields, after this.
const HOST_AGAIN: Duration = Duration::from_secs(20);
/// A frame is sent this often before the sender gives up.
const ATTEMPTS: u8 = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Wins when both sides ask for the line.
    Instrument,
    /// Yields.
    Host,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turn {
    /// To be written to the line; may be empty.
    pub write: Vec<u8>,
    /// The sender is through with its frames, or with its patience.
    pub outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// The instrument wants the line: listen to it, starting with the ENQ that was heard, and try again later.
    Yielded,
    /// The receiver did not take frame `frame` (from 0) after all attempts.
    Refused {
        frame: usize,
    },
    /// No answer came; `frame` is the frame (from 0) that was not answered, `None` the enquiry.
    Silence {
        frame: Option<usize>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Nothing was said yet; [`Sender::silent`] begins.
    Ready,
    Asked,
    /// Waits before asking again.
    Waiting(Duration),
    Sent {
        frame: usize,
        attempt: u8,
    },
    Over,
}

/// Sends frames over one session: written by whoever holds the line, told what is heard.
#[derive(Debug, Clone)]
pub struct Sender {
    role: Role,
    frames: Vec<Vec<u8>>,
    at: At,
}

impl Sender {
    /// `frames` as [`super::frames`] makes them.
    pub fn new(role: Role, frames: Vec<Vec<u8>>) -> Self {
        Self { role, frames, at: At::Ready }
    }

    /// Asks for the line.
    pub fn start(&mut self) -> Turn {
        self.at = At::Asked;
        say(&[ENQ])
    }

    /// How long to listen before [`Sender::silent`] is due; `None` when all is over.
    pub fn patience(&self) -> Option<Duration> {
        match self.at {
            At::Ready => Some(Duration::ZERO),
            At::Asked | At::Sent { .. } => Some(ANSWER),
            At::Waiting(time) => Some(time),
            At::Over => None,
        }
    }

    /// It was put off and will ask again: the line is free until then.
    pub fn waits(&self) -> bool {
        matches!(self.at, At::Waiting(_))
    }

    /// It asked for the line and has no answer yet.
    pub fn asks(&self) -> bool {
        self.at == At::Asked
    }

    /// Something else came than an answer to the enquiry: the line is left to the other side for a while.
    pub fn step_back(&mut self) {
        self.at = At::Waiting(HOST_AGAIN);
    }

    /// A byte came from the receiver.
    pub fn hear(&mut self, byte: u8) -> Turn {
        match (self.at, byte) {
            (At::Asked, ACK) => self.send(0, 1),
            (At::Asked, NAK) => self.wait(BUSY),
            (At::Asked, ENQ) if self.role == Role::Instrument => self.wait(INSTRUMENT_AGAIN),
            (At::Asked | At::Waiting(_), ENQ) if self.role == Role::Host => {
                self.at = At::Waiting(HOST_AGAIN);
                Turn { write: Vec::new(), outcome: Some(Outcome::Yielded) }
            }
            // EOT in place of ACK asks the sender to stop; the frame was taken, and the sender may go on.
            (At::Sent { frame, .. }, ACK | EOT) => self.send(frame + 1, 1),
            // Any other answer is a NAK: the line is noisy, and a damaged ACK looks like this too.
            (At::Sent { frame, attempt }, _) if attempt < ATTEMPTS => self.send(frame, attempt + 1),
            (At::Sent { frame, .. }, _) => self.end(Outcome::Refused { frame }),
            _ => Turn::default(),
        }
    }

    /// Nothing was heard for [`Sender::patience`].
    pub fn silent(&mut self) -> Turn {
        match self.at {
            At::Ready | At::Waiting(_) => self.start(),
            At::Asked => self.end(Outcome::Silence { frame: None }),
            At::Sent { frame, .. } => self.end(Outcome::Silence { frame: Some(frame) }),
            At::Over => Turn::default(),
        }
    }

    fn send(&mut self, frame: usize, attempt: u8) -> Turn {
        match self.frames.get(frame) {
            None => self.end(Outcome::Sent),
            Some(bytes) => {
                self.at = At::Sent { frame, attempt };
                say(bytes)
            }
        }
    }

    fn wait(&mut self, time: Duration) -> Turn {
        self.at = At::Waiting(time);
        Turn::default()
    }

    fn end(&mut self, outcome: Outcome) -> Turn {
        self.at = At::Over;
        Turn { write: vec![EOT], outcome: Some(outcome) }
    }
}

fn say(bytes: &[u8]) -> Turn {
    Turn { write: bytes.to_vec(), outcome: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Link;
    use crate::link::astm::{Receiver, SHORT, frames};

    fn sender(role: Role) -> Sender {
        Sender::new(role, frames(b"H|\\^&\rL|1|N\r", SHORT))
    }

    #[test]
    fn what_is_sent_is_what_is_received() {
        let text = [b"H|\\^&\r".as_slice(), &vec![b'R'; 700], b"\rL|1|N\r"].concat();
        let mut sender = Sender::new(Role::Instrument, frames(&text, SHORT));
        let mut receiver = Receiver::default();
        let mut turn = sender.start();
        let mut messages = Vec::new();
        while turn.outcome.is_none() {
            let events = receiver.feed(&turn.write);
            messages.extend(events.iter().filter_map(|e| e.message.clone()));
            let answer: Vec<u8> = events.into_iter().flat_map(|e| e.answer.into_owned()).collect();
            assert_eq!(answer, [ACK]);
            turn = sender.hear(ACK);
        }
        assert_eq!((turn.write, turn.outcome), (vec![EOT], Some(Outcome::Sent)));
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].bytes, text);
    }

    #[test]
    fn a_frame_is_sent_six_times_and_then_given_up() {
        let mut sender = sender(Role::Instrument);
        sender.start();
        let first = sender.hear(ACK).write;
        for _ in 1..6 {
            assert_eq!(sender.hear(NAK).write, first);
        }
        assert_eq!(sender.hear(NAK), Turn { write: vec![EOT], outcome: Some(Outcome::Refused { frame: 0 }) });
        assert_eq!(sender.patience(), None);
    }

    #[test]
    fn a_busy_receiver_is_left_alone_for_ten_seconds() {
        let mut sender = sender(Role::Instrument);
        sender.start();
        assert_eq!(sender.hear(NAK), Turn::default());
        assert_eq!(sender.patience(), Some(Duration::from_secs(10)));
        assert_eq!(sender.silent().write, [ENQ]);
    }

    #[test]
    fn when_both_ask_the_instrument_asks_again_and_the_host_yields() {
        let mut instrument = sender(Role::Instrument);
        instrument.start();
        assert_eq!(instrument.hear(ENQ), Turn::default());
        assert_eq!(instrument.patience(), Some(Duration::from_secs(1)));
        let mut host = sender(Role::Host);
        host.start();
        assert_eq!(host.hear(ENQ).outcome, Some(Outcome::Yielded));
        assert_eq!(host.patience(), Some(Duration::from_secs(20)));
    }

    #[test]
    fn silence_ends_the_session() {
        let mut sender = sender(Role::Instrument);
        sender.start();
        assert_eq!(sender.silent().outcome, Some(Outcome::Silence { frame: None }));
    }
}
