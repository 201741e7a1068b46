//! How far an instrument's clock is from ours, as its messages show it; nothing in the record is changed by it.
//!
//! A time in a message is not later than the moment it was sent, and a message is not sent after it was received. So a
//! time of sending that came over a wire shows the clock itself, less the delay on the way; a time of measuring shows
//! only that the clock is at least so far ahead, because a measurement may be old.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use crate::lab::words::names;
use crate::lab::zone;

names! {
    /// What a difference between a time in a message and its arrival says.
    Shows {
        /// It is the offset, but for the delay on the way.
        Offset => "offset",
        /// The clock is at least so far ahead.
        Least => "least",
    }
}

/// A difference that one transmission showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub shows: Shows,
    /// The instrument's time less ours.
    pub ahead: SignedDuration,
    /// When it arrived.
    pub at: Timestamp,
}

/// Beyond this a person is told: readings carry times to the minute, and legal time limits run in hours.
pub const LIMIT: SignedDuration = SignedDuration::from_mins(2);

/// Of so many newest transmissions the one that was least delayed counts; more would hide that the clock was set right.
pub const RECENT: usize = 5;

/// What the times in a transmission show. `over_wire`: it was received as it was sent; a file may have waited for years.
pub fn seen(
    sent: Option<DateTime>,
    measured: impl IntoIterator<Item = DateTime>,
    over_wire: bool,
    received: Timestamp,
) -> Option<Seen> {
    let ours = zone::civil(received);
    let ahead = |said: DateTime| SignedDuration::from_secs(said.duration_since(ours).as_secs());
    if let Some(sent) = sent.filter(|_| over_wire) {
        return Some(Seen { shows: Shows::Offset, ahead: ahead(sent), at: received });
    }
    let latest = measured.into_iter().chain(sent).max()?;
    let ahead = ahead(latest);
    (ahead > SignedDuration::ZERO).then_some(Seen { shows: Shows::Least, ahead, at: received })
}

/// The offset from the newest transmissions that showed one, newest first: the least delayed of the few newest. A time of
/// sending is worth more than a time of measuring.
pub fn offset(newest: &[Seen]) -> Option<Seen> {
    let least_delayed = |shows: Shows| {
        newest.iter().filter(|one| one.shows == shows).take(RECENT).copied().max_by_key(|one| (one.ahead, one.at))
    };
    least_delayed(Shows::Offset).or_else(|| least_delayed(Shows::Least))
}

/// Whether a person is to be told.
pub fn is_off(seen: &Seen) -> bool {
    seen.ahead.abs() > LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    fn received() -> Timestamp {
        zone::zone().to_timestamp(time("2026-11-24T10:00:00")).unwrap()
    }

    fn one(shows: Shows, seconds: i64) -> Seen {
        Seen { shows, ahead: SignedDuration::from_secs(seconds), at: received() }
    }

    #[test]
    fn a_time_of_sending_over_a_wire_shows_the_clock_and_an_old_measurement_shows_nothing() {
        let seen = |sent: Option<&str>, measured: &[&str], over_wire| {
            seen(sent.map(time), measured.iter().map(|text| time(text)), over_wire, received())
        };
        // Sent four minutes ago by its clock.
        assert_eq!(seen(Some("2026-11-24T09:56:00"), &[], true), Some(one(Shows::Offset, -240)));
        assert_eq!(seen(Some("2026-11-24T10:07:30"), &["2026-11-20T08:00:00"], true), Some(one(Shows::Offset, 450)));
        // Measured yesterday, sent today, no time of sending: the clock may well be right.
        assert_eq!(seen(None, &["2026-11-23T16:00:00"], true), None);
        assert_eq!(seen(None, &["2026-11-23T16:00:00", "2026-11-24T10:06:00"], true), Some(one(Shows::Least, 360)));
        // A report that lay in a folder for a year.
        assert_eq!(seen(Some("2025-11-24T10:00:00"), &[], false), None);
        assert_eq!(seen(Some("2026-11-24T10:05:00"), &[], false), Some(one(Shows::Least, 300)));
        assert_eq!(seen(None, &[], true), None);
    }

    #[test]
    fn the_least_delayed_of_the_newest_messages_counts() {
        let offsets = |seconds: &[i64]| seconds.iter().map(|n| one(Shows::Offset, *n)).collect::<Vec<_>>();
        // One was held up for an hour on the way.
        assert_eq!(offset(&offsets(&[-3600, -2, -3])), Some(one(Shows::Offset, -2)));
        // The clock was ten minutes fast until it was set right: the newest five say so.
        assert_eq!(offset(&offsets(&[-1, -1, -2, -1, -3, 600, 600])), Some(one(Shows::Offset, -1)));
        assert_eq!(offset(&[one(Shows::Least, 900), one(Shows::Offset, 3)]), Some(one(Shows::Offset, 3)));
        assert_eq!(offset(&[one(Shows::Least, 60), one(Shows::Least, 900)]), Some(one(Shows::Least, 900)));
        assert_eq!(offset(&[]), None);
    }

    #[test]
    fn a_person_is_told_beyond_two_minutes_either_way() {
        for (seconds, off) in [(0, false), (120, false), (121, true), (-120, false), (-121, true)] {
            assert_eq!(is_off(&one(Shows::Offset, seconds)), off, "{seconds}");
        }
    }
}
