//! One plate: a head with its format, then the values of each wavelength and perhaps what was made of them.

use std::borrow::Cow;

use super::groups::Wells;
use crate::contract::Reading;
use crate::format::plate;
use crate::format::rows::Row;

/// What values made of several wavelengths are called.
const REDUCED: &str = "reduced";

/// The readings of a plate, or what was expected of its head.
pub fn read(head: &Row<'_>, below: &[Row<'_>], wells: &Wells) -> Result<Vec<Reading>, &'static str> {
    let fields: Vec<Cow<'_, str>> = head.cells('\t').collect();
    let field = |at: usize| fields.get(at).map(|field| field.trim()).unwrap_or_default();
    if field(4) != "Endpoint" {
        return Err("expected an endpoint reading");
    }
    let wavelengths: Vec<&str> = field(15).split_whitespace().collect();
    let mut readings = Vec::new();
    // Values of the wavelengths stand below the name of their temperature, others are reduced.
    let tables = below.iter().enumerate().filter_map(|(at, row)| Some((at, Names::of(row, field(3))?)));
    for (at, names) in tables {
        let rows = below.get(at + 1..).unwrap_or_default();
        let raw = below.get(at).is_some_and(|row| row.cells('\t').nth(1).is_some_and(|cell| !cell.trim().is_empty()));
        let labels: Vec<&str> = if raw { wavelengths.clone() } else { vec![REDUCED] };
        let found = match &names {
            Names::Columns(groups) => grid(rows, groups, &labels),
            Names::Wells(wells) => list(rows, wells, &labels),
        };
        readings.extend(found.into_iter().map(|reading| named(reading, wells)));
    }
    Ok(readings)
}

fn named(reading: Reading, wells: &Wells) -> Reading {
    let (sample, role) = reading.position.as_deref().map(|well| wells.held(well)).unwrap_or_default();
    Reading { sample_id: sample.map(Into::into), role, ..reading }
}

/// The names above a table: columns 1 to 12 for each wavelength, or every well.
enum Names {
    Columns(Vec<Vec<(usize, u32)>>),
    Wells(Vec<(usize, String)>),
}

impl Names {
    fn of(row: &Row<'_>, format: &str) -> Option<Self> {
        let cells: Vec<_> = row.cells('\t').map(|cell| cell.trim().to_owned()).collect();
        let wells: Vec<(usize, String)> =
            cells.iter().cloned().enumerate().skip(2).filter(|(_, cell)| plate::is_well(cell)).collect();
        if format == "TimeFormat" {
            return (wells.len() >= 2).then_some(Self::Wells(wells));
        }
        let mut groups: Vec<Vec<(usize, u32)>> = Vec::new();
        let mut at = 1;
        while let Some(rest) = cells.get(at..).filter(|rest| rest.len() > 2) {
            let columns = plate::heading(rest);
            let Some((last, _)) = columns.last() else { break };
            let next = at + last + 1;
            groups.push(columns.into_iter().map(|(place, column)| (place + at, column)).collect());
            at = next;
        }
        (!groups.is_empty()).then_some(Self::Columns(groups))
    }
}

/// Rows of the plate in their order, without letters; side by side once for each wavelength.
fn grid(rows: &[Row<'_>], groups: &[Vec<(usize, u32)>], labels: &[&str]) -> Vec<Reading> {
    let mut readings = Vec::new();
    for (index, row) in rows.iter().take_while(|row| !row.text.trim().is_empty()).enumerate() {
        let Some(letter) = plate::letter(index) else { break };
        let cells: Vec<_> = row.cells('\t').collect();
        for (columns, label) in groups.iter().zip(labels) {
            for (well, literal) in plate::wells(&letter, columns, &cells) {
                readings.push(reading(well, literal, label, row));
            }
        }
    }
    readings
}

/// One row for each wavelength, all wells in it; blank rows stand between them.
fn list(rows: &[Row<'_>], wells: &[(usize, String)], labels: &[&str]) -> Vec<Reading> {
    let is_names = |row: &Row<'_>| row.cells('\t').nth(2).is_some_and(|cell| plate::is_well(cell.trim()));
    let filled = rows.iter().take_while(|row| !is_names(row)).filter(|row| !row.is_blank('\t'));
    let mut readings = Vec::new();
    for (row, label) in filled.zip(labels) {
        let cells: Vec<_> = row.cells('\t').collect();
        let literals = wells.iter().filter_map(|(place, well)| Some((well, cells.get(*place)?.trim())));
        for (well, literal) in literals.filter(|(_, literal)| !literal.is_empty()) {
            readings.push(reading(well.clone(), literal, label, row));
        }
    }
    readings
}

fn reading(well: String, literal: &str, label: &str, row: &Row<'_>) -> Reading {
    let place = Reading {
        position: Some(well.into()),
        analyte: Some(label.into()),
        span: row.span.clone(),
        ..Reading::default()
    };
    plate::measured(place, literal)
}
