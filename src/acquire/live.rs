//! What a line is doing right now, for the pages: a snapshot, and an event at each change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::clock;
use super::folder::Unread;
use super::port::PortFault;

/// How many events a slow listener may lag behind before it must take a new snapshot.
const EVENTS: usize = 256;

/// Over how many seconds the rate is an average.
const RATE_SECONDS: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Stopped by configuration.
    Off,
    /// The port is not there, or not ours yet; tried again without end.
    Waiting,
    /// The port is open and silent.
    Listening,
    /// A transmission is under way.
    Receiving,
    /// The journal refuses: nothing is acknowledged until it takes the bytes again.
    Unkept,
}

/// A line as the pages show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineState {
    /// The instrument's code in the laboratory.
    pub instrument: String,
    pub driver: String,
    /// A device path or a network address.
    pub port: String,
    pub word: Word,
    pub since: Timestamp,
    /// Why it waits.
    pub port_fault: Option<PortFault>,
    /// The last thing that went wrong, in the log's words, and when.
    pub last_fault: Option<String>,
    pub last_fault_at: Option<Timestamp>,
    pub last_message_at: Option<Timestamp>,
    /// Since the civil midnight of this computer.
    pub transmissions_today: u64,
    pub readings_today: u64,
    /// Closed and kept, not yet taken by the record.
    pub undelivered: u64,
    pub bytes_per_second: u64,
    /// Of a watched folder: the files that are there and not read, with the reason.
    #[serde(default)]
    pub files: Vec<Unread>,
}

/// One change on one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum LineEvent {
    State {
        line: Box<LineState>,
    },
    /// The record has taken a transmission.
    Delivered {
        instrument: String,
        seq: i64,
        readings: u64,
    },
}

/// The live state of one line, shared by its session, its courier and the pages.
#[derive(Debug, Clone)]
pub struct Live {
    inner: Arc<Mutex<Inner>>,
    events: broadcast::Sender<LineEvent>,
}

#[derive(Debug)]
struct Inner {
    line: LineState,
    day: Date,
    /// Bytes in each of the last seconds, with the second they belong to.
    seconds: [(i64, u64); RATE_SECONDS],
}

pub(super) fn events() -> broadcast::Sender<LineEvent> {
    broadcast::channel(EVENTS).0
}

impl Live {
    pub fn new(instrument: &str, driver: &str, port: String, events: broadcast::Sender<LineEvent>) -> Self {
        let line = LineState {
            instrument: instrument.to_owned(),
            driver: driver.to_owned(),
            port,
            word: Word::Off,
            since: clock::now(),
            port_fault: None,
            last_fault: None,
            last_fault_at: None,
            last_message_at: None,
            transmissions_today: 0,
            readings_today: 0,
            undelivered: 0,
            bytes_per_second: 0,
            files: Vec::new(),
        };
        let inner = Inner { line, day: clock::civil().date(), seconds: [(0, 0); RATE_SECONDS] };
        Self { inner: Arc::new(Mutex::new(inner)), events }
    }

    pub fn snapshot(&self) -> LineState {
        let mut inner = self.lock();
        inner.turn_day();
        inner.snapshot(clock::now())
    }

    /// The state word, with what the port says about it.
    pub(super) fn turn(&self, word: Word, port_fault: Option<PortFault>) {
        self.change(|line, now| {
            if (line.word, &line.port_fault) == (word, &port_fault) {
                return false;
            }
            if line.word != word {
                (line.word, line.since) = (word, now);
            }
            if let Some(fault) = &port_fault {
                (line.last_fault, line.last_fault_at) = (Some(fault.to_string()), Some(now));
            }
            line.port_fault = port_fault;
            true
        });
    }

    pub(super) fn fault(&self, fault: String) {
        self.change(|line, now| {
            (line.last_fault, line.last_fault_at) = (Some(fault), Some(now));
            true
        });
    }

    pub(super) fn heard(&self, bytes: usize) {
        let mut inner = self.lock();
        let second = clock::now().as_second();
        let slot = usize::try_from(second).unwrap_or(0) % RATE_SECONDS;
        if let Some(entry) = inner.seconds.get_mut(slot) {
            if entry.0 != second {
                *entry = (second, 0);
            }
            entry.1 += bytes as u64;
        }
    }

    pub(super) fn files(&self, files: Vec<Unread>) {
        self.change(|line, _| {
            let changed = line.files != files;
            line.files = files;
            changed
        });
    }

    pub(super) fn message(&self, at: Timestamp) {
        self.change(|line, _| {
            line.last_message_at = Some(at);
            true
        });
    }

    pub(super) fn transmission(&self) {
        self.change(|line, _| {
            line.transmissions_today += 1;
            true
        });
    }

    pub(super) fn waits(&self, undelivered: u64) {
        self.change(|line, _| {
            let changed = line.undelivered != undelivered;
            line.undelivered = undelivered;
            changed
        });
    }

    pub(super) fn delivered(&self, seq: i64, readings: u64) {
        self.change(|line, _| {
            line.readings_today += readings;
            true
        });
        let instrument = self.lock().line.instrument.clone();
        self.tell(LineEvent::Delivered { instrument, seq, readings });
    }

    fn change(&self, change: impl FnOnce(&mut LineState, Timestamp) -> bool) {
        let now = clock::now();
        let line = {
            let mut inner = self.lock();
            inner.turn_day();
            if !change(&mut inner.line, now) {
                return;
            }
            inner.snapshot(now)
        };
        self.tell(LineEvent::State { line: Box::new(line) });
    }

    fn tell(&self, event: LineEvent) {
        // Nobody listening is no fault.
        let _ = self.events.send(event);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn turn_day(&mut self) {
        let today = clock::civil().date();
        if self.day != today {
            self.day = today;
            self.line.transmissions_today = 0;
            self.line.readings_today = 0;
        }
    }

    fn snapshot(&self, now: Timestamp) -> LineState {
        let oldest = now.as_second() - RATE_SECONDS as i64;
        let bytes: u64 = self.seconds.iter().filter(|(second, _)| *second > oldest).map(|(_, bytes)| bytes).sum();
        LineState { bytes_per_second: bytes.div_ceil(RATE_SECONDS as u64), ..self.line.clone() }
    }
}
