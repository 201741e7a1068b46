//! What time it is, and in which zone the laboratory reads its clocks.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The instant now and the laboratory's zone; tests give their own.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    zone: TimeZone,
}

impl Clock {
    /// The machine's clock, read in a zone.
    pub fn system(zone: TimeZone) -> Self {
        Self { now: Arc::new(Timestamp::now), zone }
    }

    /// A clock that says what it is told.
    pub fn with(now: impl Fn() -> Timestamp + Send + Sync + 'static, zone: TimeZone) -> Self {
        Self { now: Arc::new(now), zone }
    }

    /// The instant now, to the millisecond: that is how instants are stored.
    pub fn now(&self) -> Timestamp {
        let now = (self.now)();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    pub fn zone(&self) -> TimeZone {
        self.zone.clone()
    }
}

impl Default for Clock {
    /// All of China keeps one time.
    fn default() -> Self {
        Self::system(TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).field("zone", &self.zone).finish()
    }
}
