//! `[Chromatogram]` sections: a detector's trace, one row a point.

use super::Head;
use super::sections::Section;
use crate::contract::{Chromatogram, Rejected};
use crate::format::numbers::number;
use crate::format::trace::{PRINTED, Points};

pub fn read(
    section: &Section<'_>,
    head: &Head,
    warnings: &mut Vec<String>,
    rejected: &mut Vec<Rejected>,
) -> Option<Chromatogram> {
    let table = section.table("R.Time (min)").or_else(|| section.table("Ret.Time"))?;
    let multiplier = section.value("Intensity Multiplier").and_then(|text| number(text.trim()));
    let mut points = Points::default();
    for row in table.rows {
        let mut cells = row.cells().map(|cell| number(cell.trim()));
        match (cells.next().flatten(), cells.next().flatten()) {
            (Some(time), Some(counts)) => {
                // Dividing by the reciprocal keeps the digits: 4500 counts of 0.001 are 4.5, not 4.500000000000001.
                points.push(time, multiplier.map_or(counts, |multiplier| scaled(counts, multiplier)));
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
    if let Some(declared) = section.value("# of Points").filter(|text| text.trim().parse() != Ok(points.signal.len())) {
        warnings.push(format!(
            "[{}]: # of Points says {}, found {}",
            section.name,
            declared.trim(),
            points.signal.len()
        ));
    }
    let signal_unit = section.value("Intensity Units").map(|unit| unit.trim().to_owned());
    Some(points.into_chromatogram(Chromatogram { signal_unit, ..head.chromatogram(section.channel) }, PRINTED))
}

fn scaled(counts: f64, multiplier: f64) -> f64 {
    let parts = (1.0 / multiplier).round();
    if (parts * multiplier - 1.0).abs() < 1e-12 { counts / parts } else { counts * multiplier }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_units_without_a_tail_of_digits() {
        assert_eq!(scaled(-362.0, 0.001), -0.362);
        assert_eq!(scaled(4500.0, 0.001), 4.5);
        assert_eq!(scaled(3.0, 2.5), 7.5);
    }
}
