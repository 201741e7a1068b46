//! A detector's trace from points that each carry their time.

use super::rows::Row;
use crate::contract::{Chromatogram, Rejected};

/// Times are printed with five decimals or more: a point of an even trace is at most this far from its place.
pub const PRINTED: f64 = 1.5e-5;

/// Rows without a point that are told one by one.
const QUOTED: usize = 20;

/// Points in the order they were sampled; times in minutes.
#[derive(Debug, Clone, Default)]
pub struct Points {
    pub times_min: Vec<f64>,
    pub signal: Vec<f64>,
}

impl Points {
    pub fn push(&mut self, time_min: f64, value: f64) {
        self.times_min.push(time_min);
        self.signal.push(value);
    }

    /// Points printed one a row, with the time in cell `time` and the value in cell `value`. A row without both is put
    /// into `rejected`; blank rows are not.
    pub fn printed(
        rows: &[Row<'_>],
        separator: char,
        (time, value): (usize, usize),
        number: impl Fn(&str) -> Option<f64>,
        rejected: &mut Vec<Rejected>,
    ) -> Self {
        let mut points = Self::default();
        let mut wrong = 0usize;
        for row in rows.iter().filter(|row| !row.is_blank(separator)) {
            let cell = |at: usize| row.cells(separator).nth(at).and_then(|cell| number(cell.trim()));
            match (cell(time), cell(value)) {
                (Some(time), Some(value)) => points.push(time, value),
                _ => {
                    wrong += 1;
                    if wrong <= QUOTED {
                        let reason =
                            format!("line {}: expected a time and a value, found '{}'", row.line, row.quoted());
                        rejected.push(Rejected { offset: row.span.start, reason });
                    }
                }
            }
        }
        if let Some(more) = wrong.checked_sub(QUOTED).filter(|more| *more > 0) {
            let offset = rejected.last().map_or(0, |last| last.offset);
            rejected.push(Rejected { offset, reason: format!("{more} more rows without a time and a value") });
        }
        points
    }

    /// `place` with these points: start and interval where sampling is even within `rounding` minutes, else the times.
    pub fn into_chromatogram(self, place: Chromatogram, rounding: f64) -> Chromatogram {
        let (start_min, interval_min) = axis(&self.times_min, rounding);
        let even = interval_min.is_some() || self.times_min.len() < 2;
        Chromatogram {
            start_min,
            interval_min,
            points: self.signal.len(),
            times_min: if even { Vec::new() } else { self.times_min },
            signal: self.signal,
            ..place
        }
    }
}

/// Start and interval in minutes, if the points are evenly spaced.
pub fn axis(times: &[f64], rounding: f64) -> (Option<f64>, Option<f64>) {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return (None, None) };
    if times.len() < 2 {
        return (Some(*first), None);
    }
    let interval = (last - first) / (times.len() - 1) as f64;
    let even = times.iter().enumerate().all(|(i, time)| (first + i as f64 * interval - time).abs() <= rounding);
    (Some(*first), (even && interval > 0.0).then_some(interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_trace_has_an_interval_and_an_uneven_one_has_not() {
        assert_eq!(axis(&[0.0, 0.5, 1.0], PRINTED), (Some(0.0), Some(0.5)));
        assert_eq!(axis(&[0.0, 0.5, 1.1], PRINTED), (Some(0.0), None));
        assert_eq!(axis(&[], PRINTED), (None, None));
    }

    #[test]
    fn uneven_points_keep_their_times() {
        let points = Points { times_min: vec![0.0, 0.5, 1.1], signal: vec![1.0, 2.0, 3.0] };
        let trace = points.into_chromatogram(Chromatogram::default(), PRINTED);
        assert_eq!((trace.points, trace.interval_min, trace.times_min), (3, None, vec![0.0, 0.5, 1.1]));
    }
}
