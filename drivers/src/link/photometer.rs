//! The host's side of the talk with a Dayuan photometer module: it polls, sees cuvettes, and follows a kinetic run.
//! From public drivers of the module (DY-1000 and kin).
//!
//! The module only says how much light each channel sees. A run starts when cuvettes stand in the light path and
//! their number no longer changes, and ends after the method's time; its message holds three frames: the last one
//! with empty channels (zero), the first and the last of the run. What follows from them is the laboratory's.

use std::time::Duration;

use jiff::civil::DateTime;

use super::dayuan::{SUM_7E, SUM_AA, Variant, frame, open};
use super::dayuan_cutter::{Cut, Cutter};
use super::held::{event, request, whole};
use crate::contract::{Event, Kind, Link, Message, Piece};

/// The module's own pace during a run.
const POLL: Duration = Duration::from_millis(500);

/// While nothing stands in it.
const POLL_EMPTY: Duration = Duration::from_secs(2);

/// Polls of a run of three minutes (GB/T 5009.199).
pub const THREE_MINUTES: u32 = 360;

/// Polls in which the same channels must be filled before a run starts: putting eight cuvettes in takes seconds.
const SETTLED: u32 = 4;

/// Below this part of the empty channel's light a cuvette stands in it.
const FILLED_BELOW: f64 = 0.97;

/// Frames of empty channels in one transmission: a line that is open for months must not be one.
const EMPTY_FRAMES: u32 = 30;

/// AD values of a channel at 410, 536, 595 and 620 nm.
pub const WAVELENGTHS: usize = 4;

/// Bytes of one channel.
pub const CHANNEL: usize = WAVELENGTHS * 2;

/// The module's answer to a poll carries the poll's command.
pub const READ: u8 = 0x15;
pub const CALIBRATE: u8 = 0x11;

/// How modules frame.
pub const VARIANTS: &[Variant] = &[SUM_7E, SUM_AA];

/// The poll.
pub fn poll() -> Vec<u8> {
    frame(READ, &[], SUM_7E)
}

/// Light of one channel at 410 nm. Zero means that the module has no such channel.
pub fn light(channels: &[u8], channel: usize) -> Option<u16> {
    let cells = channels.chunks_exact(CHANNEL).nth(channel)?;
    let light = u16::from_le_bytes(*cells.first_chunk::<2>()?);
    (light > 0).then_some(light)
}

/// A frame of AD values and where it stood, unless that was in an earlier transmission.
#[derive(Debug, Clone, Default)]
struct Seen {
    wire: Vec<u8>,
    at: Option<usize>,
}

impl Seen {
    fn channels(&self) -> &[u8] {
        open(&self.wire).map_or(&[][..], |frame| frame.data)
    }
}

#[derive(Debug, Clone)]
enum State {
    Empty,
    /// Cuvettes are being put in: which, and for how many polls they have been the same.
    Filling {
        filled: Vec<usize>,
        polls: u32,
    },
    Running {
        first: Seen,
        polls: u32,
    },
    /// The run is over, the cuvettes still stand there.
    Done,
}

pub struct Photometer {
    cutter: Cutter,
    run: u32,
    zero: Option<Seen>,
    state: State,
    empty_frames: u32,
}

impl Photometer {
    /// `run`: the method's time, in polls of half a second.
    pub fn new(run: u32) -> Self {
        Self { cutter: Cutter::new(VARIANTS), run, zero: None, state: State::Empty, empty_frames: 0 }
    }

    /// Channels with a cuvette.
    fn filled(&self, channels: &[u8]) -> Vec<usize> {
        let Some(zero) = &self.zero else { return Vec::new() };
        (0..channels.len() / CHANNEL)
            .filter(|channel| match (light(zero.channels(), *channel), light(channels, *channel)) {
                (Some(zero), Some(now)) => f64::from(now) < FILLED_BELOW * f64::from(zero),
                _ => false,
            })
            .collect()
    }

    fn hear(&mut self, wire: Vec<u8>, at: usize) -> Event {
        let seen = Seen { wire: wire.clone(), at: Some(at) };
        let filled = self.filled(seen.channels());
        let mut heard = event(wire, Kind::Frame);
        if filled.is_empty() {
            // Also after a run was broken off: nobody can measure a cuvette that is gone.
            self.state = State::Empty;
            self.zero = Some(seen);
            self.empty_frames += 1;
            if self.empty_frames >= EMPTY_FRAMES {
                self.end(&mut heard);
            }
            return heard;
        }
        self.state = match std::mem::replace(&mut self.state, State::Done) {
            State::Empty => State::Filling { filled, polls: 1 },
            State::Filling { filled: before, .. } if before != filled => State::Filling { filled, polls: 1 },
            State::Filling { polls, .. } if polls + 1 < SETTLED => State::Filling { filled, polls: polls + 1 },
            State::Filling { .. } => State::Running { first: seen, polls: 0 },
            State::Running { first, polls } if polls + 1 < self.run => State::Running { first, polls: polls + 1 },
            State::Running { first, .. } => {
                heard = whole(heard.wire, self.message(&first, &seen));
                self.end(&mut heard);
                State::Done
            }
            State::Done => {
                self.empty_frames += 1;
                if self.empty_frames >= EMPTY_FRAMES {
                    self.end(&mut heard);
                }
                State::Done
            }
        };
        heard
    }

    /// The transmission ends with this event.
    fn end(&mut self, event: &mut Event) {
        event.last = true;
        self.empty_frames = 0;
        self.cutter.restart();
        if let Some(zero) = &mut self.zero {
            zero.at = None;
        }
    }

    fn message(&self, first: &Seen, last: &Seen) -> Message {
        let mut message = Message::default();
        for seen in self.zero.iter().chain([first, last]) {
            let at = message.bytes.len();
            message.bytes.extend(&seen.wire);
            message.pieces.extend(seen.at.map(|wire| Piece { at, wire, len: seen.wire.len() }));
        }
        message
    }

    fn event_of(&mut self, cut: Cut) -> Event {
        let (wire, offset) = match cut {
            Cut::Other(event) => return event,
            Cut::Frame { wire, offset } => (wire, offset),
        };
        let data = open(&wire).map_or(0, |frame| frame.data.len());
        if data > 0 && data.is_multiple_of(CHANNEL) { self.hear(wire, offset) } else { event(wire, Kind::Control) }
    }
}

impl Link for Photometer {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.cutter.push(bytes);
        let mut events = Vec::new();
        while let Some(cut) = self.cutter.next() {
            events.push(self.event_of(cut));
        }
        events
    }

    fn patience(&self) -> Option<Duration> {
        Some(if matches!(self.state, State::Empty) { POLL_EMPTY } else { POLL })
    }

    fn idle(&mut self, _now: DateTime) -> Vec<Event> {
        let mut events = self.close();
        events.push(request(poll()));
        events
    }

    /// A run that was not finished is none.
    fn close(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(cut) = self.cutter.give_up() {
            events.push(self.event_of(cut));
        }
        events
    }
}

/// A frame as the module answers a poll: light of each channel at the four wavelengths.
pub fn answer(channels: &[[u16; WAVELENGTHS]]) -> Vec<u8> {
    let data: Vec<u8> = channels.iter().flatten().flat_map(|light| light.to_le_bytes()).collect();
    frame(READ, &data, SUM_7E)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lights(values: [u16; 2]) -> Vec<u8> {
        answer(&values.map(|light| [light, 40_000, 40_000, 40_000]))
    }

    fn messages(link: &mut Photometer, frames: &[[u16; 2]]) -> Vec<Message> {
        frames.iter().flat_map(|values| link.feed(&lights(*values))).filter_map(|event| event.message).collect()
    }

    #[test]
    fn a_run_is_told_once_with_its_zero_its_first_and_its_last_frame() {
        let mut link = Photometer::new(3);
        let run = [[50_000, 50_100], [30_000, 50_000], [29_900, 28_000], [29_800, 27_000], [29_700, 26_000]];
        assert!(messages(&mut link, &run).is_empty());
        // The fourth poll with both cuvettes is the first of the run.
        let told = messages(&mut link, &[[29_600, 25_000], [29_500, 24_000], [29_400, 23_000], [29_300, 22_000]]);
        let frames = [lights([50_000, 50_100]), lights([29_600, 25_000]), lights([29_300, 22_000])].concat();
        assert_eq!(told.iter().map(|message| message.bytes.clone()).collect::<Vec<_>>(), [frames]);
        assert!(messages(&mut link, &[[29_200, 21_000]; 20]).is_empty());
        assert!(messages(&mut link, &[[50_000, 50_100]]).is_empty());
    }

    #[test]
    fn a_cuvette_taken_out_breaks_the_run_off() {
        let mut link = Photometer::new(3);
        let mut frames = vec![[50_000, 50_000]];
        frames.extend([[30_000, 50_000]; 5]);
        frames.extend([[50_000, 50_000]; 5]);
        assert!(messages(&mut link, &frames).is_empty());
    }

    #[test]
    fn an_empty_module_is_asked_slowly_and_a_run_at_its_pace() {
        let mut link = Photometer::new(3);
        messages(&mut link, &[[50_000, 50_000]]);
        assert_eq!(link.patience(), Some(POLL_EMPTY));
        messages(&mut link, &[[30_000, 50_000]]);
        assert_eq!(link.patience(), Some(POLL));
    }
}
