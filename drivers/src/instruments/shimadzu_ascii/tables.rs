//! Peak tables and quantitation tables: what the data system integrated, and what amounts it made of it.

use super::Head;
use super::sections::{Section, Table};
use crate::contract::{Censored, Peak, Reading, Role};
use crate::format::numbers;

const TIME: &[&str] = &["R.Time", "Ret.Time", "Ret. Time", "R. Time"];
const AMOUNT: &[&str] = &["Conc.", "Conc"];
const UNIT: &[&str] = &["Unit", "Units", "Conc. Unit"];

/// `0:Unknown`, `1:Standard`, …; the quantitation browser writes the word alone.
pub fn role(text: &str) -> Role {
    match text.rsplit(':').next().map(str::trim).unwrap_or_default() {
        "Standard" | "Standard Initial" => Role::Calibrator,
        "Control" | "QC" => Role::Control,
        "Blank" => Role::Blank,
        "Spike" | "Spiked" => Role::Spike,
        _ => Role::Unknown,
    }
}

/// A literal amount: dashes mean that nothing was found, which is not 0.
pub fn amount(reading: &mut Reading, literal: &str) {
    let (number, censored) = numbers::read(literal);
    reading.number = number;
    reading.censored = if is_dashes(literal) { Some(Censored::NotDetected) } else { censored };
    reading.result = Some(literal.into());
}

fn is_dashes(text: &str) -> bool {
    text.len() >= 2 && text.bytes().all(|byte| byte == b'-')
}

/// A table and the count that stands above it; the count may lie, also in untouched reports.
fn counted<'a, 's>(
    section: &'s Section<'a>,
    first: &str,
    count: &str,
    warnings: &mut Vec<String>,
) -> Option<Table<'a, 's>> {
    let table = section.table(first);
    let rows = table.as_ref().map_or(0, |table| table.rows.len());
    if let Some(declared) = section.value(count).filter(|text| text.trim().parse() != Ok(rows)) {
        let channel = section.channel.map(|channel| format!("({channel})")).unwrap_or_default();
        warnings.push(format!("[{}{channel}]: {count} says {}, found {rows}", section.name, declared.trim()));
    }
    table
}

fn readings(table: &Table<'_, '_>, head: &Head) -> Vec<Reading> {
    let mut readings = Vec::new();
    for row in table.rows {
        let (Some(name), Some(literal)) = (table.cell(row, &["Name"]), table.cell(row, AMOUNT)) else { continue };
        let mut reading = head.reading();
        amount(&mut reading, literal);
        reading.analyte = Some(name.into());
        reading.unit = table.cell(row, UNIT).map(Into::into);
        reading.span = row.span.clone();
        readings.push(reading);
    }
    readings
}

/// Rows without a retention time are compounds that were not found: no peaks.
fn peaks_of(table: &Table<'_, '_>, number: &str) -> Vec<Peak> {
    let mut peaks = Vec::new();
    for row in table.rows {
        let Some(time) = table.number(row, TIME) else { continue };
        peaks.push(Peak {
            number: table.cell(row, &[number]).and_then(|text| text.parse().ok()),
            name: table.cell(row, &["Name"]).map(str::to_owned),
            retention_time_min: Some(time),
            area: table.number(row, &["Area"]),
            height: table.number(row, &["Height"]),
            area_percent: table.number(row, &["Area%", "Area %"]),
            start_min: table.number(row, &["I.Time", "Start Time", "Proc.From", "Peak Start"]),
            end_min: table.number(row, &["F.Time", "End Time", "Proc.To", "Peak End"]),
            amount: table.cell(row, &["Name"]).and_then(|_| table.number(row, AMOUNT)),
            unit: table.cell(row, UNIT).map(str::to_owned),
        });
    }
    peaks
}

pub fn peaks(section: &Section<'_>, head: &Head, warnings: &mut Vec<String>) -> (Vec<Peak>, Vec<Reading>) {
    let table = counted(section, "Peak#", "# of Peaks", warnings);
    table.map_or_else(Default::default, |table| (peaks_of(&table, "Peak#"), readings(&table, head)))
}

pub fn quantitation(section: &Section<'_>, head: &Head, warnings: &mut Vec<String>) -> Vec<Reading> {
    let table = counted(section, "ID#", "# of IDs", warnings);
    table.map_or_else(Vec::new, |table| readings(&table, head))
}

/// The peaks a quantitation names, for reports without a peak table.
pub fn compound_peaks(section: &Section<'_>) -> Vec<Peak> {
    section.table("ID#").map_or_else(Vec::new, |table| peaks_of(&table, "Peak#"))
}
