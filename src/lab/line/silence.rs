//! When an instrument that should be speaking has fallen silent: a schedule of working time, and how much of it may pass
//! without a word. A rule of the laboratory; no standard sets one.
//!
//! Only working time counts, so that a night or a weekend is no silence, and what fell silent on Friday afternoon is
//! still silent on Monday morning.

use std::fmt;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::lab::zone;

/// Working time further back than this is not counted: by then the line has long been silent.
const LONGEST_DAYS: usize = 400;

/// Days of the week, Monday first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days([bool; 7]);

impl Days {
    pub const ALL: Self = Self([true; 7]);

    fn has(self, day: Date) -> bool {
        let index = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.0.get(index).copied().unwrap_or(false)
    }
}

/// Hours of a day; the end is not part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from: Time,
    /// `None`: the end of the day.
    pub to: Option<Time>,
}

impl Hours {
    pub const ALL: Self = Self { from: Time::midnight(), to: None };
}

/// Why a schedule cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("expected days of the week as 1-5 or 1,3,5 (1 is Monday), found '{0}'")]
    Days(String),
    #[error("expected hours as 08:00-18:00, the end after the beginning, found '{0}'")]
    Hours(String),
    #[error("expected minutes, at least 1, found '{0}'")]
    Minutes(i64),
}

impl std::str::FromStr for Days {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let wrong = || Unreadable::Days(text.to_owned());
        let mut days = [false; 7];
        for part in text.split([',', '，', '、']) {
            let (first, last) = part.split_once(['-', '–', '~', '～']).unwrap_or((part, part));
            let (first, last): (usize, usize) =
                (first.trim().parse().map_err(|_| wrong())?, last.trim().parse().map_err(|_| wrong())?);
            let named = first.checked_sub(1).and_then(|from| days.get_mut(from..last)).ok_or_else(wrong)?;
            if named.is_empty() {
                return Err(wrong());
            }
            named.fill(true);
        }
        Ok(Self(days))
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for day in self.0.iter().enumerate().filter(|(_, works)| **works).map(|(index, _)| index + 1) {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == day => *last = day,
                _ => runs.push((day, day)),
            }
        }
        let shown: Vec<String> = runs
            .into_iter()
            .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
            .collect();
        f.write_str(&shown.join(","))
    }
}

impl std::str::FromStr for Hours {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let wrong = || Unreadable::Hours(text.to_owned());
        let clock = |part: &str| -> Option<Time> {
            let (hour, minute) = part.trim().split_once([':', '：'])?;
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        let (from, to) = text.split_once(['-', '–', '~', '～']).ok_or_else(wrong)?;
        let from = clock(from).ok_or_else(wrong)?;
        let to = match to.trim() {
            "24:00" => None,
            to => Some(clock(to).filter(|to| *to > from).ok_or_else(wrong)?),
        };
        Ok(Self { from, to })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.from.strftime("%H:%M"))?;
        match self.to {
            Some(to) => write!(f, "{}", to.strftime("%H:%M")),
            None => f.write_str("24:00"),
        }
    }
}

/// When an instrument must speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    pub days: Days,
    pub hours: Hours,
    /// Within so much working time it says something.
    pub every: SignedDuration,
}

impl Schedule {
    /// As it stands in the set-up; days and hours left out mean all of them.
    pub fn read(every_minutes: i64, days: Option<&str>, hours: Option<&str>) -> Result<Self, Unreadable> {
        if every_minutes < 1 {
            return Err(Unreadable::Minutes(every_minutes));
        }
        Ok(Self {
            days: days.map_or(Ok(Days::ALL), str::parse)?,
            hours: hours.map_or(Ok(Hours::ALL), str::parse)?,
            every: SignedDuration::from_mins(every_minutes),
        })
    }

    /// The working time of one civil day that lies between two instants.
    fn worked(&self, day: Date, from: Timestamp, to: Timestamp) -> SignedDuration {
        if !self.days.has(day) {
            return SignedDuration::ZERO;
        }
        let at = |day: Date, time: Time| zone::zone().to_timestamp(day.to_datetime(time)).ok();
        let end = match self.hours.to {
            Some(time) => at(day, time),
            None => day.tomorrow().ok().and_then(zone::midnight),
        };
        let (Some(start), Some(end)) = (at(day, self.hours.from), end) else { return SignedDuration::ZERO };
        start.max(from).duration_until(end.min(to)).max(SignedDuration::ZERO)
    }

    /// Whether more working time than allowed has passed since the line was last heard, or since it is watched.
    pub fn is_silent(&self, since: Timestamp, now: Timestamp) -> bool {
        let mut worked = SignedDuration::ZERO;
        let mut day = zone::day(since);
        let today = zone::day(now);
        for _ in 0..LONGEST_DAYS {
            worked = worked.saturating_add(self.worked(day, since, now));
            if worked > self.every {
                return true;
            }
            match day.checked_add(1.day()) {
                Ok(next) if next <= today => day = next,
                _ => return false,
            }
        }
        // So far back, and never more than a little working time: the schedule knows hardly any.
        false
    }
}

/// A line that should be speaking and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It was last heard then.
    Since(Timestamp),
    /// It has not been heard since its line was switched on.
    Never,
}

/// Whether a line is silent: when it was last heard, and since when it is switched on (`None`: it is off, and may be
/// silent).
pub fn silence(
    schedule: &Schedule,
    heard: Option<Timestamp>,
    on_since: Option<Timestamp>,
    now: Timestamp,
) -> Option<Silence> {
    let on_since = on_since?;
    let since = heard.map_or(on_since, |heard| heard.max(on_since));
    schedule.is_silent(since, now).then_some(heard.map_or(Silence::Never, Silence::Since))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(civil: &str) -> Timestamp {
        zone::zone().to_timestamp(civil.parse().unwrap()).unwrap()
    }

    fn office(every: i64) -> Schedule {
        Schedule::read(every, Some("1-5"), Some("08:00-18:00")).unwrap()
    }

    #[test]
    fn only_working_time_counts_towards_silence() {
        // 2026-11-24 is a Tuesday, 2026-11-27 a Friday.
        for (every, heard, now, silent) in [
            (60, "2026-11-24T09:40", "2026-11-24T10:40", false),
            (60, "2026-11-24T09:40", "2026-11-24T10:41", true),
            // The night is no silence; the morning is.
            (60, "2026-11-24T17:40", "2026-11-25T07:59", false),
            (60, "2026-11-24T17:40", "2026-11-25T08:40", false),
            (60, "2026-11-24T17:40", "2026-11-25T08:41", true),
            // What was silent in the evening still is at night.
            (60, "2026-11-24T09:40", "2026-11-24T23:00", true),
            // A weekend.
            (60, "2026-11-27T17:30", "2026-11-29T15:00", false),
            (60, "2026-11-27T17:30", "2026-11-30T08:31", true),
            // Heard at night: the day begins anew.
            (60, "2026-11-25T05:00", "2026-11-25T09:00", false),
            (60, "2026-11-25T05:00", "2026-11-25T09:01", true),
            // Once in two working days.
            (1200, "2026-11-24T08:00", "2026-11-25T18:00", false),
            (1200, "2026-11-24T08:00", "2026-11-26T08:01", true),
            // A clock that was set back makes nobody silent.
            (60, "2026-11-24T12:00", "2026-11-24T09:00", false),
            (60, "2020-01-01T12:00", "2026-11-24T09:00", true),
        ] {
            assert_eq!(office(every).is_silent(at(heard), at(now)), silent, "{every}: {heard} to {now}");
        }
    }

    #[test]
    fn a_line_that_was_never_heard_is_silent_from_the_day_it_was_switched_on() {
        let (on, now) = (at("2026-11-24T08:00"), at("2026-11-24T12:00"));
        assert_eq!(silence(&office(60), None, Some(on), now), Some(Silence::Never));
        assert_eq!(silence(&office(60), None, None, now), None, "a line that is off may be silent");
        let heard = at("2026-11-24T09:40");
        assert_eq!(silence(&office(60), Some(heard), Some(on), now), Some(Silence::Since(heard)));
        // Switched on again just now: it has its time, however long ago it spoke.
        assert_eq!(silence(&office(60), Some(heard), Some(at("2026-11-24T11:30")), now), None);
    }

    #[test]
    fn a_schedule_is_read_as_people_write_it_and_kept_one_way() {
        for (text, kept) in
            [("1-5", "1-5"), ("1,2,3", "1-3"), ("1，3、5", "1,3,5"), ("7", "7"), ("1-2, 4-6", "1-2,4-6")]
        {
            assert_eq!(text.parse::<Days>().unwrap().to_string(), kept);
        }
        for text in ["", "0", "8", "5-1", "Mon", "1-8", "1--3"] {
            assert_eq!(text.parse::<Days>(), Err(Unreadable::Days(text.to_owned())), "{text}");
        }
        for (text, kept) in
            [("8:00-18:00", "08:00-18:00"), ("08：30–17：30", "08:30-17:30"), ("00:00-24:00", "00:00-24:00")]
        {
            assert_eq!(text.parse::<Hours>().unwrap().to_string(), kept);
        }
        for text in ["", "8-18", "18:00-08:00", "08:00", "08:00-25:00", "08:61-09:00"] {
            assert_eq!(text.parse::<Hours>(), Err(Unreadable::Hours(text.to_owned())), "{text}");
        }
        assert_eq!(Schedule::read(0, None, None), Err(Unreadable::Minutes(0)));
    }
}
