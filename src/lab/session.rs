//! How long a signed-in session lives (OWASP ASVS 5.0, V7.3; security policy of the laboratory).

use jiff::{SignedDuration, Timestamp};

/// Nobody touched anything for so long: somebody else may be standing at the bench.
pub const IDLE: SignedDuration = SignedDuration::from_mins(30);

/// A working day; after it one signs in again even when busy.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(12);

/// Whether a session that was opened and last seen at these instants still counts. A clock that went back ends it.
pub fn is_alive(opened: Timestamp, seen: Timestamp, now: Timestamp) -> bool {
    let age = opened.duration_until(now);
    let idle = seen.duration_until(now);
    !age.is_negative() && age <= ABSOLUTE && idle <= IDLE
}

/// A one-time link to found a laboratory that was printed longer ago lies in somebody's log.
const LINK: SignedDuration = SignedDuration::from_hours(24);

/// Whether an unused link may still found the laboratory: not once somebody is there, however they came.
pub fn may_found(printed: Timestamp, people: i64, now: Timestamp) -> bool {
    people == 0 && printed.duration_until(now) <= LINK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_founds_nothing_after_a_day_or_once_somebody_is_there() {
        let printed: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        for (people, now, may) in
            [(0, "2026-11-24T23:59:59Z", true), (0, "2026-11-25T00:00:01Z", false), (1, "2026-11-24T00:01:00Z", false)]
        {
            assert_eq!(may_found(printed, people, now.parse().unwrap()), may, "{people} people at {now}");
        }
    }

    #[test]
    fn a_session_ends_after_half_an_hour_of_silence_or_twelve_hours_of_work() {
        let opened: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        for (seen, now, alive) in [
            ("2026-11-24T00:00:00Z", "2026-11-24T00:30:00Z", true),
            ("2026-11-24T00:00:00Z", "2026-11-24T00:30:01Z", false),
            ("2026-11-24T11:59:00Z", "2026-11-24T12:00:00Z", true),
            ("2026-11-24T11:59:00Z", "2026-11-24T12:00:01Z", false),
            ("2026-11-24T00:00:00Z", "2026-11-23T23:59:00Z", false),
        ] {
            assert_eq!(is_alive(opened, seen.parse().unwrap(), now.parse().unwrap()), alive, "seen {seen}, now {now}");
        }
    }
}
