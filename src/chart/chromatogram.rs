//! Chromatograms: each detector's trace as its least and greatest signal in each column of the picture, the peaks with
//! their names, and the line between the limits of each peak's integration.
//!
//! However many points the trace has, no peak is lost to thinning, and the picture stays small.

use std::ops::Range;

use drivers::contract::Chromatogram;

use super::canvas::{Frame, Ink, Plot};
use super::svg::{Anchor, Caption, Svg, ticks};

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 320.0;
const FRAME: Frame = Frame { left: 64.0, right: 16.0, top: 28.0, bottom: 44.0 };
const COLUMNS: usize = 720;
/// Names closer than this, in units, would cover each other; the nearest to the left is written.
const NAME: f64 = 56.0;

/// The axes' words: time with its unit, signal with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axes<'a> {
    pub time: &'a str,
    pub signal: &'a str,
}

/// Draws what the trace has; a chromatogram of peaks alone shows them as sticks of their height.
pub fn draw(chromatogram: &Chromatogram, axes: Axes<'_>, caption: Caption<'_>) -> String {
    overlaid(chromatogram, &[], None, axes, caption)
}

/// How many can lie over the first and still be told apart.
pub const OVERLAYS: usize = 3;

/// Draws others over the first, on its scale, each as a line of its own kind; `part`: only these minutes. The peaks are
/// those of the first.
pub fn overlaid(
    first: &Chromatogram,
    others: &[Chromatogram],
    part: Option<Range<f64>>,
    axes: Axes<'_>,
    caption: Caption<'_>,
) -> String {
    let mut svg = Svg::new("chromatogram", WIDTH, HEIGHT, caption);
    plot(&mut svg, first, others, part, axes);
    svg.finish()
}

/// The minutes a chromatogram covers; `None`: it has neither trace nor peak.
pub fn minutes(chromatogram: &Chromatogram) -> Option<Range<f64>> {
    let peaks = chromatogram.peaks.iter().filter_map(|peak| peak.retention_time_min).filter(|time| time.is_finite());
    let trace = trace(chromatogram);
    let scale = Scale::over(trace.iter().map(|point| point.0).chain(peaks))?;
    Some(scale.low..scale.high)
}

fn plot(svg: &mut Svg, first: &Chromatogram, others: &[Chromatogram], part: Option<Range<f64>>, axes: Axes<'_>) {
    let shown = |time: f64| part.as_ref().is_none_or(|part| part.start <= time && time <= part.end);
    let cut =
        |one: &Chromatogram| -> Vec<(f64, f64)> { trace(one).into_iter().filter(|point| shown(point.0)).collect() };
    let own = cut(first);
    let over: Vec<Vec<(f64, f64)>> = others.iter().take(OVERLAYS).map(cut).collect();
    let peaks: Vec<Mark<'_>> = first.peaks.iter().filter_map(Mark::of).filter(|peak| shown(peak.time)).collect();
    // The peaks' heights are in the maker's own unit and say nothing on the scale of a trace.
    let sticks = own.is_empty() && over.iter().all(Vec::is_empty);
    let all = || own.iter().chain(over.iter().flatten());
    let times = all().map(|point| point.0).chain(peaks.iter().map(|peak| peak.time));
    let signals = all().map(|point| point.1).chain(peaks.iter().filter(|_| sticks).flat_map(|peak| [0.0, peak.height]));
    let wide = match &part {
        Some(part) => Some(Scale { low: part.start, high: part.end }),
        None => Scale::over(times),
    };
    let (Some(wide), Some(high)) = (wide, Scale::over(signals)) else {
        return;
    };
    let plot = Plot::new(svg, FRAME, wide.low..wide.high, high.low..high.high);
    frame(&plot, wide, high, axes);
    for (ink, trace) in [Ink::Second, Ink::Third, Ink::Fourth].into_iter().zip(&over) {
        plot.series(ink, columns(trace, wide));
    }
    plot.series(Ink::Trace, columns(&own, wide));
    let mut named = f64::NEG_INFINITY;
    for peak in peaks {
        let place = wide.part(peak.time) * (WIDTH - FRAME.left - FRAME.right);
        let top = if sticks { peak.height } else { signal_at(&own, peak.time).unwrap_or(high.high) };
        if sticks {
            plot.line(Ink::Peak, (peak.time, high.low), (peak.time, top));
        } else {
            plot.stroke(Ink::Peak, (peak.time, top), (0.0, -6.0));
        }
        if let Some((from, to)) = peak.limits
            && let (Some(left), Some(right)) = (signal_at(&own, from), signal_at(&own, to))
            && shown(from)
            && shown(to)
        {
            plot.line(Ink::Baseline, (from, left), (to, right));
            plot.stroke(Ink::Baseline, (from, left), (0.0, 6.0));
            plot.stroke(Ink::Baseline, (to, right), (0.0, 6.0));
        }
        if let Some(name) = peak.name
            && place - named >= NAME
        {
            plot.text(Ink::Peak, (peak.time, top), (0.0, -8.0), Anchor::Middle, name);
            named = place;
        }
    }
}

fn frame(plot: &Plot<'_>, wide: Scale, high: Scale, axes: Axes<'_>) {
    for (time, text) in ticks(wide.low, wide.high, 8) {
        plot.stroke(Ink::Axis, (time, high.low), (0.0, 5.0));
        plot.text(Ink::Tick, (time, high.low), (0.0, 18.0), Anchor::Middle, &text);
    }
    for (signal, text) in ticks(high.low, high.high, 5) {
        plot.line(Ink::Grid, (wide.low, signal), (wide.high, signal));
        plot.text(Ink::Tick, (wide.low, signal), (-6.0, 4.0), Anchor::End, &text);
    }
    plot.line(Ink::Axis, (wide.low, high.low), (wide.high, high.low));
    plot.text(Ink::Tick, (wide.high, high.low), (0.0, FRAME.bottom - 6.0), Anchor::End, axes.time);
    plot.text(Ink::Tick, (wide.low, high.high), (-6.0, -12.0), Anchor::Start, axes.signal);
}

/// A peak as it is drawn.
struct Mark<'a> {
    time: f64,
    height: f64,
    name: Option<&'a str>,
    /// Where its integration began and ended, if the data system says so.
    limits: Option<(f64, f64)>,
}

impl<'a> Mark<'a> {
    fn of(peak: &'a drivers::contract::Peak) -> Option<Self> {
        let (time, height) = (peak.retention_time_min?, peak.height.unwrap_or(0.0));
        let limits = peak.start_min.zip(peak.end_min).filter(|(from, to)| from < to);
        let mark = Self { time, height, name: peak.name.as_deref(), limits };
        (time.is_finite() && height.is_finite()).then_some(mark)
    }
}

/// The signal of the point nearest to a time within the trace.
fn signal_at(trace: &[(f64, f64)], time: f64) -> Option<f64> {
    let after = trace.partition_point(|point| point.0 < time);
    let around = trace.get(after.saturating_sub(1)..trace.len().min(after + 1)).unwrap_or_default();
    let nearest = around.iter().min_by(|one, other| (one.0 - time).abs().total_cmp(&(other.0 - time).abs()));
    nearest.map(|point| point.1)
}

/// Time and signal of every point of the trace that is a number.
fn trace(chromatogram: &Chromatogram) -> Vec<(f64, f64)> {
    let start = chromatogram.start_min.unwrap_or(0.0);
    let interval = chromatogram.interval_min.unwrap_or(1.0);
    let even = (0..chromatogram.signal.len()).map(|at| start + interval * at as f64);
    let times: Vec<f64> =
        if chromatogram.times_min.is_empty() { even.collect() } else { chromatogram.times_min.clone() };
    let points = times.into_iter().zip(chromatogram.signal.iter().copied());
    points.filter(|(time, signal)| time.is_finite() && signal.is_finite()).collect()
}

/// The least and greatest signal of each column, in the order they came.
fn columns(trace: &[(f64, f64)], wide: Scale) -> Vec<(f64, f64)> {
    if trace.len() <= 2 * COLUMNS {
        return trace.to_vec();
    }
    let column = |time: f64| (wide.part(time) * COLUMNS as f64) as usize;
    trace
        .chunk_by(|one, next| column(one.0) == column(next.0))
        .flat_map(|chunk| {
            let by_signal = |one: &&(f64, f64), other: &&(f64, f64)| one.1.total_cmp(&other.1);
            let (least, most) = (chunk.iter().min_by(by_signal), chunk.iter().max_by(by_signal));
            let mut both: Vec<(f64, f64)> = least.into_iter().chain(most).copied().collect();
            both.sort_by(|one, other| one.0.total_cmp(&other.0));
            both.dedup();
            both
        })
        .collect()
}

#[derive(Debug, Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>) -> Option<Self> {
        let scale = values.fold(None, |scale: Option<Self>, value| {
            Some(scale.map_or(Self { low: value, high: value }, |scale| Self {
                low: scale.low.min(value),
                high: scale.high.max(value),
            }))
        })?;
        // A flat line lies in the middle of the picture.
        Some(if scale.high > scale.low { scale } else { Self { low: scale.low - 1.0, high: scale.high + 1.0 } })
    }

    fn part(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

#[cfg(test)]
mod tests {
    use drivers::contract::Peak;

    use super::super::svg::tests::{CAPTION, assert_fits_a_strict_page};
    use super::*;

    const AXES: Axes<'static> = Axes { time: "min", signal: "mV" };

    fn run(signal: Vec<f64>) -> Chromatogram {
        let peak = Peak {
            name: Some("毒死蜱".to_owned()),
            retention_time_min: Some(2.0),
            height: Some(40.0),
            ..Peak::default()
        };
        Chromatogram {
            start_min: Some(0.0),
            interval_min: Some(0.001),
            points: signal.len(),
            signal,
            peaks: vec![peak],
            ..Chromatogram::default()
        }
    }

    #[test]
    fn the_narrowest_peak_is_seen_in_the_longest_trace() {
        let mut signal = vec![1.0; 100_000];
        signal[70_001] = 500.0;
        let svg = draw(&run(signal), AXES, CAPTION);
        assert_fits_a_strict_page(&svg);
        // The top of the picture is reached.
        let line = svg.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(line.split(' ').any(|point| point.ends_with(",28")), "{line}");
        assert!(svg.len() < 40_000, "{}", svg.len());
        assert!(svg.contains(">毒死蜱</text>"));
    }

    #[test]
    fn peaks_without_a_trace_are_sticks() {
        let svg = draw(&run(Vec::new()), AXES, CAPTION);
        assert_fits_a_strict_page(&svg);
        assert!(svg.contains(r#"<line class="peak""#) && !svg.contains("polyline"), "{svg}");
    }

    #[test]
    fn the_data_system_s_own_integration_is_drawn_where_it_says() {
        let mut one = run(vec![1.0; 4_000]);
        assert!(!draw(&one, AXES, CAPTION).contains("baseline"), "no limits were given");
        one.peaks[0].start_min = Some(1.9);
        one.peaks[0].end_min = Some(2.2);
        let svg = draw(&one, AXES, CAPTION);
        assert_fits_a_strict_page(&svg);
        assert!(svg.contains(r#"<line class="baseline""#), "{svg}");
    }

    #[test]
    fn a_part_of_the_run_shows_that_part_alone_on_its_own_scale() {
        let mut signal = vec![1.0; 10_000];
        signal[1_000] = 900.0;
        signal[8_000] = 5.0;
        let svg = overlaid(&run(signal), &[], Some(7.5..8.5), AXES, CAPTION);
        assert_fits_a_strict_page(&svg);
        let line = svg.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(line.split(' ').any(|point| point.ends_with(",28")), "the small peak fills the picture: {line}");
        assert!(!svg.contains("毒死蜱"), "its peak lies elsewhere");
    }

    #[test]
    fn blank_standard_and_sample_lie_over_each_other_as_lines_of_three_kinds() {
        let (sample, blank, standard) = (run(vec![1.0, 3.0, 1.0]), run(vec![0.0, 0.1, 0.0]), run(vec![1.0, 9.0, 1.0]));
        let svg = overlaid(&sample, &[blank, standard], None, AXES, CAPTION);
        assert_fits_a_strict_page(&svg);
        for class in ["trace", "trace second", "trace third"] {
            assert_eq!(svg.matches(&format!("class=\"{class}\"")).count(), 1, "{class}: {svg}");
        }
    }

    #[test]
    fn names_that_would_cover_each_other_are_written_once() {
        let mut one = run(vec![1.0; 4_000]);
        one.peaks = (0..40)
            .map(|n| Peak {
                name: Some(format!("P{n}")),
                retention_time_min: Some(2.0 + f64::from(n) / 1_000.0),
                ..Peak::default()
            })
            .collect();
        let svg = draw(&one, AXES, CAPTION);
        assert!(svg.contains(">P0<") && !svg.contains(">P1<"), "{svg}");
    }

    #[test]
    fn nothing_flat_or_not_a_number_breaks_no_picture() {
        for signal in [vec![], vec![f64::NAN, f64::INFINITY], vec![3.0], vec![3.0; 5]] {
            let mut odd = run(signal);
            odd.peaks.clear();
            assert_fits_a_strict_page(&draw(&odd, AXES, CAPTION));
            odd.interval_min = Some(f64::NAN);
            assert_fits_a_strict_page(&draw(&odd, AXES, CAPTION));
        }
    }
}
