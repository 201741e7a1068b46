//! A chromatogram: the signal with the data system's own peaks, any part of it, and others of its batch laid over it.

use std::ops::Range;

use askama::Template;
use askama_web::WebTemplate;
use drivers::contract::{Chromatogram, Peak};
use rocket::{Route, State, get, routes};

use crate::acquire::replay;
use crate::chart::chromatogram::{self, Axes, OVERLAYS};
use crate::chart::svg::Caption;
use crate::lab::chromatography;
use crate::store::StoreError;
use crate::store::chromatograms::{self, Beside, Kept};
use crate::store::transmissions;
use crate::web::Shared;
use crate::web::display::{Picture, Stamp};
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

/// Minutes on each side of a peak that is looked at alone.
const AROUND: f64 = 0.5;
/// How each trace of the picture is drawn, in order.
const KINDS: [&str; OVERLAYS + 1] = ["first", "second", "third", "fourth"];

/// A trace of the picture.
struct Run {
    kind: &'static str,
    address: String,
    name: String,
    at: Stamp,
}

struct PeakRow {
    number: String,
    name: String,
    time: String,
    area: String,
    height: String,
    percent: String,
    start: String,
    end: String,
    amount: String,
    unit: String,
    address: String,
}

/// A chromatogram that may be laid over.
struct Choice {
    id: i64,
    name: String,
    at: Stamp,
    in_batch: bool,
    chosen: bool,
}

/// One step through the signal.
struct Step {
    address: String,
    label: &'static str,
}

#[derive(Template, WebTemplate)]
#[template(path = "lines/chromatogram.html")]
struct ChromatogramPage {
    l: Locale,
    staff: Staff,
    one: Kept,
    name: String,
    received: Stamp,
    picture: Picture,
    /// Neither trace nor peak.
    is_blank: bool,
    /// A part is shown, and from fewer points than the instrument recorded.
    is_thinned: bool,
    runs: Vec<Run>,
    peaks: Vec<PeakRow>,
    steps: Vec<Step>,
    from: String,
    to: String,
    choices: Vec<Choice>,
}

#[get("/bench/chromatograms/<id>?<from>&<to>&<over>")]
async fn show(
    id: i64,
    from: Option<f64>,
    to: Option<f64>,
    over: Vec<i64>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<ChromatogramPage, Error> {
    let wanted: Vec<i64> = std::iter::once(id).chain(over.into_iter().filter(|one| *one != id)).collect();
    let ids: Vec<i64> = wanted.into_iter().take(OVERLAYS + 1).collect();
    let mut kept = shared.store.reading(move |conn| chromatograms::called(conn, &ids)).await?.into_iter();
    let one = kept.next().filter(|one| one.id == id).ok_or(Error::NotFound)?;
    let others: Vec<Kept> = kept.collect();
    let whole = drawn(&one);
    let all = chromatogram::minutes(&whole);
    let part = part(all.as_ref(), from, to);
    let (first, over, is_thinned) = match &part {
        None => (whole, others.iter().map(drawn).collect(), false),
        Some(_) => {
            let own = full(shared, &one).await?;
            let is_thinned = own.is_none() && !one.trace.0.is_empty();
            let mut over = Vec::with_capacity(others.len());
            for other in &others {
                over.push(full(shared, other).await?.unwrap_or_else(|| drawn(other)));
            }
            (own.unwrap_or(whole), over, is_thinned)
        }
    };
    let around = one.clone();
    let companions = shared.store.reading(move |conn| chromatograms::companions(conn, id)).await?;
    let beside = shared.store.reading(move |conn| chromatograms::beside(conn, &around)).await?;
    let chosen: Vec<i64> = others.iter().map(|other| other.id).collect();
    let name = name(&l, one.sample_text.as_deref(), one.file.as_deref(), one.channel.as_deref());
    let axes = Axes { time: &l.t("axis-minutes"), signal: one.signal_unit.as_deref().unwrap_or_default() };
    let caption = Caption { title: &name, description: one.detector.as_deref().unwrap_or_default() };
    let picture = Picture(chromatogram::overlaid(&first, &over, part.clone(), axes, caption));
    let drawn_runs = std::iter::once(&one).chain(&others).zip(KINDS);
    let shown = part.clone().or(all.clone());
    Ok(ChromatogramPage {
        received: l.time(one.received_at),
        is_blank: all.is_none(),
        is_thinned,
        runs: drawn_runs.map(|(run, kind)| run_view(&l, run, kind)).collect(),
        peaks: one.peaks.iter().map(|peak| peak_row(id, peak, &chosen)).collect(),
        steps: with_companions(
            steps(id, all.as_ref(), part.as_ref(), &chosen),
            id,
            part.as_ref(),
            &companions,
            &chosen,
        ),
        from: shown.as_ref().map(|shown| minute(shown.start)).unwrap_or_default(),
        to: shown.as_ref().map(|shown| minute(shown.end)).unwrap_or_default(),
        choices: choices(&l, beside, &others),
        picture,
        name,
        one,
        l,
        staff,
    })
}

/// A chromatogram as it was kept, ready to be drawn.
pub(super) fn drawn(one: &Kept) -> Chromatogram {
    let (times_min, signal): (Vec<f64>, Vec<f64>) = one.trace.0.iter().copied().unzip();
    Chromatogram { points: signal.len(), signal, times_min, peaks: one.peaks.clone(), ..Chromatogram::default() }
}

/// The sample of a run, else its file, with the channel.
fn called(sample: Option<&str>, file: Option<&str>, channel: Option<&str>) -> String {
    let called = sample.filter(|text| !text.trim().is_empty()).or(file).unwrap_or_default();
    let parts = [called, channel.unwrap_or_default()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A chromatogram's name on pages.
pub(in crate::web) fn name(l: &Locale, sample: Option<&str>, file: Option<&str>, channel: Option<&str>) -> String {
    l.t1("chromatogram-of", "sample", called(sample, file, channel))
}

/// Every point of the signal, read once more from the bytes that were kept; `None` where that does not give the very
/// signal that was kept.
async fn full(shared: &Shared, one: &Kept) -> Result<Option<Chromatogram>, Error> {
    let id = one.transmission;
    let Some(sent) = shared.store.reading(move |conn| transmissions::raw(conn, id)).await? else { return Ok(None) };
    let store = shared.store.clone();
    let read = rocket::tokio::task::spawn_blocking(move || {
        let found = store.driver(&sent.driver)?;
        Ok::<_, StoreError>(found.map(|(driver, _)| replay::again(&driver, &sent.bytes)))
    });
    let again = read.await.map_err(Error::failed)??;
    let at = usize::try_from(one.n - 1).ok();
    let found = again.zip(at).and_then(|(again, at)| again.chromatograms.into_iter().nth(at));
    let same = found.filter(|found| chromatography::thinned(found).agrees(&one.trace));
    Ok(same.map(|found| Chromatogram { peaks: one.peaks.clone(), ..found }))
}

/// The part that was asked for, within the run; `None`: all of it.
fn part(all: Option<&Range<f64>>, from: Option<f64>, to: Option<f64>) -> Option<Range<f64>> {
    let all = all?;
    let from = from.filter(|from| from.is_finite()).unwrap_or(all.start).max(all.start);
    let to = to.filter(|to| to.is_finite()).unwrap_or(all.end).min(all.end);
    // What is written with three decimals may lie a little inside.
    let is_all = from - all.start < 0.001 && all.end - to < 0.001;
    (from < to && !is_all).then_some(from..to)
}

fn address(id: i64, part: Option<&Range<f64>>, over: &[i64]) -> String {
    let mut address = format!("/bench/chromatograms/{id}?");
    if let Some(part) = part {
        address.push_str(&format!("from={}&to={}&", minute(part.start), minute(part.end)));
    }
    over.iter().for_each(|one| address.push_str(&format!("over={one}&")));
    address.truncate(address.len() - 1);
    address
}

fn minute(minutes: f64) -> String {
    format!("{minutes:.3}")
}

/// The steps from here: closer, farther, earlier, later, all.
fn steps(id: i64, all: Option<&Range<f64>>, part: Option<&Range<f64>>, over: &[i64]) -> Vec<Step> {
    let Some(all) = all else { return Vec::new() };
    let now = part.unwrap_or(all);
    let width = now.end - now.start;
    let to = |label, start: f64, end: f64| {
        let kept = start.max(all.start)..end.min(all.end);
        Step { address: address(id, Some(&kept), over), label }
    };
    let mut steps = vec![to("zoom-in", now.start + width / 4.0, now.end - width / 4.0)];
    if part.is_some() {
        steps.push(to("zoom-out", now.start - width / 2.0, now.end + width / 2.0));
        if now.start > all.start {
            let start = (now.start - width / 2.0).max(all.start);
            steps.push(to("zoom-earlier", start, start + width));
        }
        if now.end < all.end {
            let end = (now.end + width / 2.0).min(all.end);
            steps.push(to("zoom-later", end - width, end));
        }
        steps.push(Step { address: address(id, None, over), label: "zoom-all" });
    }
    steps
}

/// One step more, where the run has a blank or a standard that does not lie over it yet.
fn with_companions(
    mut steps: Vec<Step>,
    id: i64,
    part: Option<&Range<f64>>,
    companions: &[i64],
    over: &[i64],
) -> Vec<Step> {
    if !steps.is_empty() && companions.iter().any(|one| !over.contains(one)) {
        steps.push(Step { address: address(id, part, companions), label: "overlay-companions" });
    }
    steps
}

fn run_view(l: &Locale, run: &Kept, kind: &'static str) -> Run {
    Run {
        kind,
        address: format!("/bench/chromatograms/{}", run.id),
        name: called(run.sample_text.as_deref(), run.file.as_deref(), run.channel.as_deref()),
        at: l.time(run.received_at),
    }
}

fn peak_row(id: i64, peak: &Peak, over: &[i64]) -> PeakRow {
    let text = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let around = peak.retention_time_min.map(|time| {
        let (start, end) = (peak.start_min.unwrap_or(time), peak.end_min.unwrap_or(time));
        (start.min(time) - AROUND).max(0.0)..end.max(time) + AROUND
    });
    PeakRow {
        number: peak.number.map(|number| number.to_string()).unwrap_or_default(),
        name: peak.name.clone().unwrap_or_default(),
        time: text(peak.retention_time_min),
        area: text(peak.area),
        height: text(peak.height),
        percent: text(peak.area_percent),
        start: text(peak.start_min),
        end: text(peak.end_min),
        amount: text(peak.amount),
        unit: peak.unit.clone().unwrap_or_default(),
        address: around.map(|around| address(id, Some(&around), over)).unwrap_or_default(),
    }
}

/// What may be laid over; what is laid over now stays a choice wherever it stands.
fn choices(l: &Locale, beside: Vec<Beside>, chosen: &[Kept]) -> Vec<Choice> {
    let far = chosen.iter().filter(|one| beside.iter().all(|other| other.id != one.id)).map(|one| Choice {
        id: one.id,
        name: called(one.sample_text.as_deref(), one.file.as_deref(), one.channel.as_deref()),
        at: l.time(one.received_at),
        in_batch: false,
        chosen: true,
    });
    let near = beside.iter().map(|one| Choice {
        id: one.id,
        name: called(one.sample_text.as_deref(), one.file.as_deref(), one.channel.as_deref()),
        at: l.time(one.received_at),
        in_batch: one.in_batch,
        chosen: chosen.iter().any(|other| other.id == one.id),
    });
    far.chain(near).collect()
}

/// A chromatogram behind a result: its address and its name.
pub(in crate::web) struct Behind {
    pub address: String,
    pub name: String,
    /// Its blank or its standard lies over it.
    pub has_companions: bool,
}

/// The chromatograms behind a reading.
pub(in crate::web) async fn behind(shared: &Shared, l: &Locale, reading: i64) -> Result<Vec<Behind>, Error> {
    let found = shared.store.reading(move |conn| chromatograms::of_reading(conn, reading)).await?;
    let mut behind = Vec::with_capacity(found.len());
    for one in found {
        let id = one.id;
        let over = shared.store.reading(move |conn| chromatograms::companions(conn, id)).await?;
        behind.push(Behind {
            address: address(id, None, &over),
            name: name(l, one.sample_text.as_deref(), one.file.as_deref(), one.channel.as_deref()),
            has_companions: !over.is_empty(),
        });
    }
    Ok(behind)
}

pub fn group() -> Vec<Route> {
    routes![show]
}
