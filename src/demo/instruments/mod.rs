//! Instruments that are not there: each speaks its real protocol over a real pseudo-terminal.
//!
//! The material is made here: conversations written for this project after the protocols' descriptions, and values
//! from a seeded generator. The device's side is a state machine without a wire, as a driver's link is.

pub mod balance;
pub mod bench;
mod chance;
pub mod elisa;
pub mod gc;
pub mod immuno;
pub mod lz4000;
pub mod photometer;
#[cfg(unix)]
pub mod pty;
#[cfg(unix)]
mod running;
mod stored;
#[cfg(test)]
mod tests;
pub mod ttnj;

use std::sync::Arc;

use jiff::civil::DateTime;

pub use bench::{Bench, Queue, Test, Work};
pub use chance::Chance;
#[cfg(unix)]
pub use running::Running;
use stored::Stored;

/// The device's side of a wire.
pub trait Device: Send {
    /// Bytes came from the host; gives what the device says to that.
    fn hear(&mut self, bytes: &[u8], now: DateTime) -> Vec<u8>;

    /// Time passes, several times a second; gives what the device says by itself.
    fn tick(&mut self, now: DateTime) -> Vec<u8>;
}

/// How a device that talks both ways treats its host: tests give it its temper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Temper {
    #[default]
    Good,
    /// Asks nobody: what to measure is typed at it.
    Unasking,
    /// Takes no message of the host, however often it is sent.
    Refuses,
    /// Has no time for the host.
    Busy,
    /// Hears nothing: a cable with one broken wire.
    Deaf,
    /// Wants the line just when the host does, once.
    Contends,
}

/// The instruments of the demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Model {
    /// Dayuan LZ-4000: pesticide residues by cholinesterase inhibition.
    Lz4000,
    /// Dayuan photometer module: light only, the inhibition is ours to compute.
    Photometer,
    /// Taiyang TTNJ: absorbance and value side by side.
    Ttnj,
    /// An ELISA analyser for veterinary drugs in milk, with the ASTM protocol.
    Elisa,
    /// An immunoassay reader that speaks HL7.
    Immuno,
    /// The data system of a gas chromatograph.
    Gc,
    /// A balance in the preparation room.
    Balance,
    /// Dayuan DY-6200: additives by colour.
    Additives,
    /// Dayuan DY-6100: the cleanness of surfaces.
    Luminometer,
    /// Dayuan DY-6260: colloidal-gold strips.
    Strips,
    /// Elitech RC-4: the temperature of a refrigerator.
    Logger,
}

impl Model {
    pub const ALL: [Self; 11] = [
        Self::Lz4000,
        Self::Photometer,
        Self::Ttnj,
        Self::Elisa,
        Self::Immuno,
        Self::Gc,
        Self::Balance,
        Self::Additives,
        Self::Luminometer,
        Self::Strips,
        Self::Logger,
    ];

    /// The driver that reads it.
    pub fn driver(self) -> &'static str {
        match self {
            Self::Lz4000 => "dayuan-7e",
            Self::Photometer => "dayuan-photometer",
            Self::Ttnj => "taiyang-ttnj",
            Self::Elisa => "astm-lis2",
            Self::Immuno => "hl7v2",
            Self::Gc => "shimadzu-ascii",
            Self::Balance => "mt-sics",
            Self::Additives => "dayuan-6a",
            Self::Luminometer => "dayuan-atp",
            Self::Strips => "dayuan-dy6260",
            Self::Logger => "elitech-rc4",
        }
    }

    /// A device that stands in the laboratory as `instrument` and takes its samples from `bench`.
    pub fn device(self, instrument: &str, seed: u64, bench: Arc<dyn Bench>) -> Box<dyn Device> {
        self.device_of(Temper::Good, instrument, seed, bench)
    }

    /// As [`Model::device`], with a temper; devices that never listen to a host have none.
    pub fn device_of(self, temper: Temper, instrument: &str, seed: u64, bench: Arc<dyn Bench>) -> Box<dyn Device> {
        let chance = Chance::of(seed, instrument);
        let hand = bench::Hand::new(instrument, bench);
        match self {
            Self::Lz4000 => Box::new(lz4000::Lz4000::new(hand, chance)),
            Self::Photometer => Box::new(photometer::Photometer::new(hand, chance)),
            Self::Ttnj => Box::new(ttnj::Ttnj::new(hand, chance)),
            Self::Elisa => Box::new(elisa::Elisa::new(hand, chance, temper)),
            Self::Immuno => Box::new(immuno::Immuno::new(hand, chance, temper)),
            Self::Gc => Box::new(gc::Gc::new(hand, chance)),
            Self::Balance => Box::new(balance::Balance::new(hand, chance)),
            Self::Additives => Box::new(Stored::new(stored::Additives, hand, chance)),
            Self::Luminometer => Box::new(Stored::new(stored::Luminometer, hand, chance)),
            Self::Strips => Box::new(Stored::new(stored::Strips, hand, chance)),
            Self::Logger => Box::new(Stored::new(stored::Logger { start: None }, hand, chance)),
        }
    }
}

/// Whether `seconds` have passed since `since`.
fn passed(since: DateTime, now: DateTime, seconds: f64) -> bool {
    now.duration_since(since).as_secs_f64() >= seconds
}
