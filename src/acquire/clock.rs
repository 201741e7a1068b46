//! The one place of `acquire` that reads the clock.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// This instant, to the millisecond that the record keeps.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now)
}

/// This computer's civil time: instruments have clocks without a zone.
pub fn civil() -> DateTime {
    now().to_zoned_datetime(TimeZone::system()).datetime()
}
