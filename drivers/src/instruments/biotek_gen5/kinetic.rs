//! Kinetic tables of Gen5: a row a reading time, a column a well.

use jiff::civil::DateTime;

use crate::contract::Chromatogram;
use crate::format::numbers::number;
use crate::format::plate;
use crate::format::rows::Row;
use crate::format::trace::{PRINTED, Points};

/// The largest plate.
const WELLS: usize = 1536;

/// A curve for each well, if `rows` begin with the names of such a table. Its last rows hold times that were planned
/// but never read; they have no values.
pub fn read(rows: &[Row<'_>], started: Option<DateTime>) -> Vec<Chromatogram> {
    let Some((names, below)) = rows.split_first() else { return Vec::new() };
    let mut cells = names.cells('\t').enumerate();
    let (Some((_, first)), Some((_, temperature))) = (cells.next(), cells.next()) else { return Vec::new() };
    let wells: Vec<(usize, String)> = cells
        .take(WELLS)
        .map_while(|(place, cell)| plate::is_well(cell.trim()).then(|| (place, cell.trim().to_owned())))
        .collect();
    if first.trim() != "Time" || wells.is_empty() {
        return Vec::new();
    }
    // `T° 600`: the temperature while reading at 600 nm.
    let read = temperature.split_whitespace().nth(1).map(str::to_owned);
    let mut curves: Vec<Points> = vec![Points::default(); wells.len()];
    for row in below.iter().take_while(|row| !row.is_blank('\t')) {
        let cells: Vec<_> = row.cells('\t').collect();
        let Some(minutes) = cells.first().and_then(|text| minutes(text)) else { break };
        for ((place, _), curve) in wells.iter().zip(&mut curves) {
            if let Some(value) = cells.get(*place).and_then(|text| number(text.trim())) {
                curve.push(minutes, value);
            }
        }
    }
    let named = wells.into_iter().zip(curves);
    named
        .map(|((_, well), curve)| {
            let place = Chromatogram {
                acquired_at: started,
                detector: read.clone(),
                channel: Some(well),
                ..Chromatogram::default()
            };
            curve.into_chromatogram(place, PRINTED)
        })
        .collect()
}

/// `66:35:00` in minutes.
fn minutes(text: &str) -> Option<f64> {
    let mut parts = text.trim().split(':').map(|part| part.parse::<u32>().ok().map(f64::from));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(hours * 60.0 + minutes + seconds / 60.0)
}
