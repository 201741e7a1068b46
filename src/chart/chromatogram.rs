//! A chromatogram: the detector's trace as its least and greatest signal in each column of the picture, and the peaks.
//!
//! However many points the trace has, no peak is lost to thinning, and the picture stays small.

use drivers::contract::Chromatogram;

use super::canvas::{Frame, Ink, Plot};
use super::svg::{Anchor, Caption, Svg, ticks};

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 320.0;
const FRAME: Frame = Frame { left: 64.0, right: 16.0, top: 28.0, bottom: 44.0 };
const COLUMNS: usize = 720;

/// The axes' words: time with its unit, signal with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axes<'a> {
    pub time: &'a str,
    pub signal: &'a str,
}

/// Draws what the trace has; a chromatogram of peaks alone shows them as sticks of their height.
pub fn draw(chromatogram: &Chromatogram, axes: Axes<'_>, caption: Caption<'_>) -> String {
    let mut svg = Svg::new("chromatogram", WIDTH, HEIGHT, caption);
    plot(&mut svg, chromatogram, axes);
    svg.finish()
}

fn plot(svg: &mut Svg, chromatogram: &Chromatogram, axes: Axes<'_>) {
    let trace = trace(chromatogram);
    let peaks: Vec<(f64, f64, Option<&str>)> = chromatogram
        .peaks
        .iter()
        .filter_map(|peak| Some((peak.retention_time_min?, peak.height.unwrap_or(0.0), peak.name.as_deref())))
        .filter(|(time, height, _)| time.is_finite() && height.is_finite())
        .collect();
    let times = trace.iter().map(|point| point.0).chain(peaks.iter().map(|peak| peak.0));
    // The peaks' heights are in the maker's own unit and say nothing on the scale of a trace.
    let sticks = trace.is_empty();
    let signals =
        trace.iter().map(|point| point.1).chain(peaks.iter().filter(|_| sticks).flat_map(|peak| [0.0, peak.1]));
    let (Some(wide), Some(high)) = (Scale::over(times), Scale::over(signals)) else {
        return;
    };
    let plot = Plot::new(svg, FRAME, wide.low..wide.high, high.low..high.high);
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
    plot.series(Ink::Trace, columns(&trace, wide));
    for (time, height, name) in peaks {
        let top = if sticks { height } else { high.high };
        plot.line(Ink::Peak, (time, high.low), (time, top));
        if let Some(name) = name {
            plot.text(Ink::Peak, (time, top), (0.0, -4.0), Anchor::Middle, name);
        }
    }
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
