//! What stood at a place of an instrument when it was measured: an instrument that names places only knows nothing of
//! samples, and a memory that is read out later tells of an earlier rack.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use crate::lab::zone;

/// How far back an instrument's memory is believed.
pub const MEMORY: SignedDuration = SignedDuration::from_hours(24 * 7);

/// An instrument's clock shows minutes and runs a little behind: what was put there so soon after its time was meant.
const BEHIND: SignedDuration = SignedDuration::from_mins(15);

/// Something stood at a place for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    pub position: String,
    pub what: T,
    pub from: Timestamp,
    /// `None`: it stands there still.
    pub until: Option<Timestamp>,
}

/// What stood where a reading was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<T> {
    pub what: Option<T>,
    /// By the instrument's time nothing stood there yet: its clock is wrong, or the rack was changed since.
    pub doubtful: bool,
}

/// What stood at `position`. `measured`: the instrument's own civil time, where it has one; `received`: when its word came.
/// `rack` in the order in which it was filled.
pub fn standing<T: Copy>(
    rack: &[Placed<T>],
    position: &str,
    measured: Option<DateTime>,
    received: Timestamp,
) -> Standing<T> {
    let here = || rack.iter().rev().filter(|one| one.position == position);
    let at = |moment: Timestamp| {
        here().find(|one| one.from <= moment && one.until.is_none_or(|until| moment < until)).map(|one| one.what)
    };
    let measured = measured.and_then(|time| zone::zone().to_timestamp(time).ok()).filter(|time| *time < received);
    let Some(measured) = measured else { return Standing { what: at(received), doubtful: false } };
    if let Some(what) = at(measured) {
        return Standing { what: Some(what), doubtful: false };
    }
    let soon = here().filter(|one| one.from > measured && one.from <= received && one.from - measured <= BEHIND);
    match soon.last() {
        Some(meant) => Standing { what: Some(meant.what), doubtful: false },
        None => Standing { what: at(received), doubtful: at(received).is_some() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A civil time of the laboratory on one day.
    fn civil(time: &str) -> DateTime {
        format!("2026-11-24T{time}").parse().unwrap()
    }

    fn at(time: &str) -> Timestamp {
        zone::zone().to_timestamp(civil(time)).unwrap()
    }

    /// Sample 1 stood at place 3 until ten o'clock, sample 2 stands there since five past.
    fn rack() -> Vec<Placed<i64>> {
        let placed = |what, from: &str, until: Option<&str>| Placed {
            position: "3".to_owned(),
            what,
            from: at(from),
            until: until.map(at),
        };
        vec![placed(1, "08:30:40", Some("10:00:00")), placed(2, "10:05:00", None)]
    }

    #[test]
    fn a_memory_read_out_later_belongs_to_the_rack_it_was_measured_in() {
        for (measured, what, doubtful) in [
            (Some("09:00:00"), Some(1), false),
            (Some("10:20:00"), Some(2), false),
            // The clock shows minutes: 08:30 is within the minute in which the rack was filled.
            (Some("08:30:00"), Some(1), false),
            // Between the racks: what came soon after was meant.
            (Some("10:02:00"), Some(2), false),
            (Some("06:00:00"), Some(2), true),
            // A clock that runs ahead says nothing about an earlier rack.
            (Some("11:00:00"), Some(2), false),
            (None, Some(2), false),
        ] {
            let found = standing(&rack(), "3", measured.map(civil), at("10:30:00"));
            assert_eq!(found, Standing { what, doubtful }, "{measured:?}");
        }
        assert_eq!(standing(&rack(), "4", None, at("10:30:00")), Standing { what: None, doubtful: false });
    }
}
