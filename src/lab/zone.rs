//! The laboratory's civil time: Asia/Shanghai, by which its days, its deadlines and its pages run.
//!
//! China has one civil time, UTC+8, without daylight saving since 1991; legal time limits run in it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

pub fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// The civil day of an instant.
pub fn day(at: Timestamp) -> Date {
    civil(at).date()
}

/// The instant at which a civil day begins; `None` outside the years that time knows.
pub fn midnight(day: Date) -> Option<Timestamp> {
    zone().to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()
}

pub fn civil(at: Timestamp) -> DateTime {
    zone().to_datetime(at)
}
