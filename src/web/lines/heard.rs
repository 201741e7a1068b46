//! When each line was last heard, whether it should have spoken by now, and what its instrument's clock says, in words.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::acquire::LineState;
use crate::lab::line::clock::{self, Seen, Shows};
use crate::lab::line::silence::{Days, Hours, Schedule, Silence, silence};
use crate::store::catalogue::Instrument;
use crate::web::Shared;
use crate::web::display::Stamp;
use crate::web::error::Error;
use crate::web::locale::Locale;

/// When each instrument was last heard, by its id: by this process, by an agent, or before a restart, by the record.
pub(super) async fn heard(
    shared: &Shared,
    instruments: &[Instrument],
    states: &[LineState],
) -> Result<BTreeMap<i64, Timestamp>, Error> {
    let mut heard = shared.store.last_heard().await?;
    let told = super::super::agents::last_messages(shared).await?;
    let live = states.iter().filter_map(|state| Some((state.instrument.clone(), state.last_message_at?)));
    for (code, at) in told.into_iter().chain(live) {
        if let Some(one) = instruments.iter().find(|one| one.code == code) {
            heard.entry(one.id).and_modify(|known| *known = at.max(*known)).or_insert(at);
        }
    }
    Ok(heard)
}

/// The schedule of an instrument, if it has one.
pub(super) fn schedule(instrument: &Instrument) -> Result<Option<Schedule>, Error> {
    let Some(every) = instrument.speaks_every else { return Ok(None) };
    Schedule::read(every, instrument.working_days.as_deref(), instrument.working_hours.as_deref())
        .map(Some)
        .map_err(Error::failed)
}

/// The schedule as the record of an instrument says it.
pub(super) fn scheduled(l: &Locale, schedule: &Schedule) -> String {
    let days = if schedule.days == Days::ALL {
        l.t("schedule-every-day")
    } else {
        l.t1("schedule-days", "days", schedule.days)
    };
    let hours = if schedule.hours == Hours::ALL { l.t("schedule-all-day") } else { schedule.hours.to_string() };
    let every = l.n("schedule-every", schedule.every.as_mins());
    format!("{days} {hours} · {every}")
}

/// Whether the line should have spoken by now, and has not.
pub(super) fn silent(
    instrument: &Instrument,
    heard: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Silence>, Error> {
    let Some(schedule) = schedule(instrument)? else { return Ok(None) };
    let on = instrument.line_enabled_at.as_deref().filter(|_| instrument.retired_at.is_none());
    let on_since = on.map(str::parse).transpose().map_err(Error::failed)?;
    Ok(silence(&schedule, heard, on_since, now))
}

/// `自 09:40 起没有数据`; with the day where it was not today.
pub(super) fn say_silent(l: &Locale, silence: Silence) -> String {
    match silence {
        Silence::Since(at) => l.t1("line-silent-since", "time", short(l, at)),
        Silence::Never => l.t("line-silent-never"),
    }
}

fn short(l: &Locale, at: Timestamp) -> String {
    let (then, now) = (l.zone.to_datetime(at), l.zone.to_datetime(l.now));
    let form = match (then.date() == now.date(), then.year() == now.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%m-%d %H:%M",
        (false, false) => "%Y-%m-%d %H:%M",
    };
    then.strftime(form).to_string()
}

/// A line that is silent, for the first page: where it is, and the sentence.
pub(in crate::web) struct Silent {
    pub code: String,
    pub said: String,
}

/// The lines that should have spoken by now.
pub(in crate::web) async fn silent_lines(shared: &Shared, l: &Locale) -> Result<Vec<Silent>, Error> {
    let instruments: Vec<Instrument> = shared.store.list().await?;
    let watched: Vec<&Instrument> = instruments.iter().filter(|one| one.speaks_every.is_some()).collect();
    if watched.is_empty() {
        return Ok(Vec::new());
    }
    let states = super::states(shared).await?;
    let heard = heard(shared, &instruments, &states).await?;
    let mut lines = Vec::new();
    for one in watched {
        if let Some(silence) = silent(one, heard.get(&one.id).copied(), l.now)? {
            let said = match silence {
                Silence::Since(at) => l.t2("today-silent-since", "code", &one.code, "time", short(l, at)),
                Silence::Never => l.t1("today-silent-never", "code", &one.code),
            };
            lines.push(Silent { code: one.code.clone(), said });
        }
    }
    Ok(lines)
}

/// An instrument's clock as its record shows it.
pub(super) struct ClockView {
    pub said: String,
    pub at: Stamp,
    pub is_off: bool,
}

pub(super) fn clock_view(l: &Locale, seen: &Seen) -> ClockView {
    let length = length(l, seen.ahead.abs());
    let said = match (seen.shows, seen.ahead.as_secs()) {
        (Shows::Least, _) => l.t1("clock-least-ahead", "length", length),
        (Shows::Offset, 0) => l.t("clock-right"),
        (Shows::Offset, 1..) => l.t1("clock-ahead", "length", length),
        (Shows::Offset, _) => l.t1("clock-behind", "length", length),
    };
    ClockView { said, at: l.ago(seen.at), is_off: clock::is_off(seen) }
}

/// A length of time in its largest whole unit.
fn length(l: &Locale, time: SignedDuration) -> String {
    match time.as_secs() {
        seconds @ ..120 => l.n("length-seconds", seconds),
        seconds @ 120..7_200 => l.n("length-minutes", seconds / 60),
        seconds @ 7_200..172_800 => l.n("length-hours", seconds / 3_600),
        seconds => l.n("length-days", seconds / 86_400),
    }
}
