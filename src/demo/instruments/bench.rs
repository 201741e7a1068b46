//! What waits at an instrument: the demonstration puts samples there, the device takes them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Gives a device its next sample.
pub trait Bench: Send + Sync {
    /// The next sample for this instrument, put into `place` (channel or rack place, from 1) where it has places.
    /// `None`: nothing waits, and the device does nothing.
    fn next(&self, instrument: &str, place: Option<u8>) -> Option<Work>;
}

/// A sample or control at an instrument.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Work {
    /// What the operator types or scans: the sample's code, or its name where the display is small.
    pub sample: String,
    pub control: bool,
    /// What is measured; empty: what this instrument usually measures, at the levels it usually finds.
    pub tests: Vec<Test>,
}

/// One analyte and what the device will find.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The instrument's code for the analyte.
    pub code: String,
    /// In the instrument's unit.
    pub mean: f64,
    pub sd: f64,
}

impl Test {
    pub fn new(code: &str, mean: f64, sd: f64) -> Self {
        Self { code: code.to_owned(), mean, sd }
    }
}

/// A bench that is filled from outside.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: Mutex<BTreeMap<String, VecDeque<Work>>>,
}

impl Queue {
    pub fn put(&self, instrument: &str, work: Work) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(instrument.to_owned()).or_default().push_back(work);
    }
}

impl Queue {
    /// Puts a whole rack at once, so that a device never takes half of it.
    pub fn put_all(&self, instrument: &str, works: Vec<Work>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(instrument.to_owned()).or_default().extend(works);
    }

    pub fn is_empty(&self, instrument: &str) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(instrument).is_none_or(VecDeque::is_empty)
    }
}

impl Bench for Queue {
    fn next(&self, instrument: &str, _: Option<u8>) -> Option<Work> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get_mut(instrument)?.pop_front()
    }
}

/// The hand that feeds one instrument.
pub(super) struct Hand {
    instrument: String,
    bench: Arc<dyn Bench>,
}

impl Hand {
    pub(super) fn new(instrument: &str, bench: Arc<dyn Bench>) -> Self {
        Self { instrument: instrument.to_owned(), bench }
    }

    pub(super) fn next(&self, place: Option<u8>) -> Option<Work> {
        self.bench.next(&self.instrument, place)
    }
}
