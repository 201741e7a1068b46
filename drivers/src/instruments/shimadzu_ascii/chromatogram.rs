//! `[Chromatogram]` sections: a detector's trace, one row a point.

use super::Head;
use super::sections::Section;
use crate::contract::{Chromatogram, Rejected};
use crate::format::numbers::number;

/// Times are printed with five decimals: a point of an even trace is at most this far from its place.
const ROUNDING: f64 = 1.5e-5;

pub fn read(
    section: &Section<'_>,
    head: &Head,
    warnings: &mut Vec<String>,
    rejected: &mut Vec<Rejected>,
) -> Option<Chromatogram> {
    let table = section.table("R.Time (min)").or_else(|| section.table("Ret.Time"))?;
    let multiplier = section.value("Intensity Multiplier").and_then(|text| number(text.trim()));
    let mut times = Vec::with_capacity(table.rows.len());
    let mut signal = Vec::with_capacity(table.rows.len());
    for row in table.rows {
        let mut cells = row.cells().map(|cell| number(cell.trim()));
        match (cells.next().flatten(), cells.next().flatten()) {
            (Some(time), Some(counts)) => {
                times.push(time);
                // Dividing by the reciprocal keeps the digits: 4500 counts of 0.001 are 4.5, not 4.500000000000001.
                signal.push(multiplier.map_or(counts, |multiplier| scaled(counts, multiplier)));
            }
            _ => rejected.push(Rejected {
                offset: row.span.start,
                reason: format!(
                    "expected a time and an intensity, found '{}'",
                    row.text.chars().take(40).collect::<String>()
                ),
            }),
        }
    }
    if let Some(declared) = section.value("# of Points").filter(|text| text.trim().parse() != Ok(signal.len())) {
        warnings.push(format!("[{}]: # of Points says {}, found {}", section.name, declared.trim(), signal.len()));
    }
    let (start, interval) = axis(&times);
    let place = head.chromatogram(section.channel);
    Some(Chromatogram {
        start_min: start,
        interval_min: interval,
        points: signal.len(),
        signal_unit: section.value("Intensity Units").map(|unit| unit.trim().to_owned()),
        times_min: if interval.is_some() || times.len() < 2 { Vec::new() } else { times },
        signal,
        ..place
    })
}

fn scaled(counts: f64, multiplier: f64) -> f64 {
    let parts = (1.0 / multiplier).round();
    if (parts * multiplier - 1.0).abs() < 1e-12 { counts / parts } else { counts * multiplier }
}

/// Start and interval in minutes, if the points are evenly spaced.
fn axis(times: &[f64]) -> (Option<f64>, Option<f64>) {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return (None, None) };
    if times.len() < 2 {
        return (Some(*first), None);
    }
    let interval = (last - first) / (times.len() - 1) as f64;
    let even = times.iter().enumerate().all(|(i, time)| (first + i as f64 * interval - time).abs() <= ROUNDING);
    (Some(*first), (even && interval > 0.0).then_some(interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_trace_has_an_interval_and_an_uneven_one_has_not() {
        assert_eq!(axis(&[0.0, 0.5, 1.0]), (Some(0.0), Some(0.5)));
        assert_eq!(axis(&[0.0, 0.5, 1.1]), (Some(0.0), None));
        assert_eq!(axis(&[]), (None, None));
    }

    #[test]
    fn counts_become_units_without_a_tail_of_digits() {
        assert_eq!(scaled(-362.0, 0.001), -0.362);
        assert_eq!(scaled(4500.0, 0.001), 4.5);
        assert_eq!(scaled(3.0, 2.5), 7.5);
    }
}
