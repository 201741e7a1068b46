//! Chromatograms: what is kept of a signal for a page to draw.

use drivers::contract::Chromatogram;
use serde::{Deserialize, Serialize};

/// Points a page can show: the lowest and highest of each of this many stretches.
const STRETCHES: usize = 600;

/// A signal thinned for drawing: time in minutes and signal, in time order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Trace(pub Vec<(f64, f64)>);

impl Trace {
    /// Whether this is the same trace; texts of floats may differ in their last digit.
    pub fn agrees(&self, other: &Self) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
        let same = |((time, signal), (other_time, other_signal)): (&(f64, f64), &(f64, f64))| {
            close(*time, *other_time) && close(*signal, *other_signal)
        };
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(same)
    }
}

/// Lowest and highest point of each stretch, so that no peak is lost.
pub fn thinned(chromatogram: &Chromatogram) -> Trace {
    let time = |index: usize| match chromatogram.times_min.get(index) {
        Some(time) => *time,
        None => chromatogram.start_min.unwrap_or(0.0) + chromatogram.interval_min.unwrap_or(0.0) * index as f64,
    };
    let width = chromatogram.signal.len().div_ceil(STRETCHES).max(1);
    let mut points = Vec::new();
    for (n, stretch) in chromatogram.signal.chunks(width).enumerate() {
        let extremes = stretch.iter().enumerate().filter(|(_, signal)| signal.is_finite());
        let low = extremes.clone().min_by(|a, b| a.1.total_cmp(b.1));
        let high = extremes.max_by(|a, b| a.1.total_cmp(b.1));
        let mut both: Vec<(usize, f64)> = low.into_iter().chain(high).map(|(at, signal)| (at, *signal)).collect();
        both.sort_by_key(|(at, _)| *at);
        both.dedup();
        points.extend(both.into_iter().map(|(at, signal)| (time(n * width + at), signal)));
    }
    Trace(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_agrees_with_itself_and_with_no_other() {
        let trace = Trace(vec![(0.1, 3.0), (0.2, 4.0)]);
        assert!(trace.agrees(&Trace(vec![(0.1 + 1e-13, 3.0), (0.2, 4.0)])));
        assert!(!trace.agrees(&Trace(vec![(0.1, 3.0), (0.2, 4.1)])));
        assert!(!trace.agrees(&Trace(vec![(0.1, 3.0)])));
    }

    #[test]
    fn a_narrow_peak_survives_the_thinning() {
        let mut signal = vec![1.0; 60_000];
        if let Some(point) = signal.get_mut(31_234) {
            *point = 900.0;
        }
        let chromatogram = Chromatogram { signal, interval_min: Some(0.001), ..Chromatogram::default() };
        let Trace(points) = thinned(&chromatogram);
        assert!(points.len() <= 2 * STRETCHES);
        assert!(points.iter().any(|(time, signal)| *signal == 900.0 && (*time - 31.234).abs() < 1e-9));
        assert!(points.is_sorted_by(|a, b| a.0 <= b.0));
    }
}
