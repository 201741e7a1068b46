//! SCIEX MultiQuant, Analyst and SCIEX OS: the results table as text, a row for each component of each injection.
//! From an export of MultiQuant; the columns a laboratory shows are its own choice.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{chemstation, masshunter};
use crate::contract::{
    Censored, Chromatogram, Decoded, Direction, Fault, Instrument, Message, Peak, Profile, Proof, Reading, Rejected,
    Serial, Transport,
};
use crate::format::dates::DateOrder;
use crate::format::encodings;
use crate::format::numbers::number;
use crate::format::rows::{Columns, Row, rows};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "sciex-txt",
    maker: "SCIEX",
    models: &["MultiQuant", "SCIEX OS", "Analyst"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a results table of 61 injections and 224 components",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

const COMPONENT: &[&str] = &["Component Name", "Analyte Peak Name"];
const AREA: &[&str] = &["Area", "Analyte Peak Area (counts)", "Analyte Peak Area"];
const TIME: &[&str] = &["Retention Time", "Analyte Retention Time (min)", "Analyte Retention Time"];
const HEIGHT: &[&str] = &["Height", "Analyte Peak Height (cps)", "Analyte Peak Height"];
const AMOUNT: &[&str] = &["Calculated Concentration", "Analyte Concentration"];
const ACQUIRED: &[&str] = &["Acquisition Date & Time", "Acquisition Date"];
/// What tells one injection from another with the same name of the sample.
const INJECTION: [&[&str]; 4] = [&["Sample Index"], &["Original Filename", "File Name"], ACQUIRED, &["Sample ID"]];

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    let (text, _) = encodings::read(head);
    let first = text.lines().next().unwrap_or_default();
    let has = |names: &[&str]| first.split('\t').any(|name| names.contains(&name.trim().trim_matches('"')));
    has(&["Sample Name"]) && has(COMPONENT)
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let (first, rows) = rows.split_first().ok_or(Fault::Nothing("an empty table"))?;
    let table = Table::of(first)?;
    let rows: Vec<(&Row<'_>, Cells<'_>)> = rows
        .iter()
        .filter(|row| !row.is_blank('\t'))
        .map(|row| (row, Cells { cells: row.cells('\t').collect() }))
        .collect();
    let order = DateOrder::of(rows.iter().filter_map(|(_, cells)| cells.at(table.acquired)));
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument { vendor: Some("SCIEX".to_owned()), ..Instrument::default() };
    let mut runs = Runs::default();
    for (row, cells) in &rows {
        let (Some(name), Some(component)) = (cells.at(table.name), cells.at(table.component)) else {
            let reason = format!("line {}: expected a sample and a component, found '{}'", row.line, row.quoted());
            decoded.rejected.push(Rejected { offset: row.span.start, reason });
            continue;
        };
        let place = Reading {
            sample_id: Some(cells.at(table.id).unwrap_or(name).into()),
            position: cells.at(table.vial).map(Into::into),
            role: masshunter::role(cells.at(table.kind).unwrap_or_default()),
            measured_at: cells.at(table.acquired).and_then(|text| chemstation::time(text, order)),
            span: row.span.clone(),
            ..Reading::default()
        };
        let key: Vec<&str> = table.injection.iter().filter_map(|at| cells.at(Some(*at))).chain([name]).collect();
        runs.add(key.join("\t"), component, &place, table.peak(cells, component));
        decoded.readings.extend(table.reading(cells, component, place));
    }
    let mut acquired = rows.iter().filter_map(|(_, cells)| cells.at(table.acquired));
    if let Some(text) = acquired.find(|text| chemstation::time(text, order).is_none()) {
        decoded.warnings.push(format!("acquired '{text}': day and month cannot be told apart"));
    }
    decoded.chromatograms = runs.runs;
    Ok(decoded)
}

struct Cells<'a> {
    cells: Vec<Cow<'a, str>>,
}

impl Cells<'_> {
    /// A cell that says something.
    fn at(&self, at: Option<usize>) -> Option<&str> {
        self.cells.get(at?).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }

    fn number(&self, at: Option<usize>) -> Option<f64> {
        self.at(at).and_then(number)
    }
}

/// The places of the columns.
struct Table {
    name: Option<usize>,
    component: Option<usize>,
    id: Option<usize>,
    area: Option<usize>,
    time: Option<usize>,
    height: Option<usize>,
    amount: Option<usize>,
    unit: Option<usize>,
    kind: Option<usize>,
    acquired: Option<usize>,
    vial: Option<usize>,
    injection: Vec<usize>,
}

impl Table {
    fn of(first: &Row<'_>) -> Result<Self, Fault> {
        let columns = Columns::of(first.cells('\t'));
        let place = |names: &[&str]| columns.place(names);
        let table = Self {
            name: place(&["Sample Name"]),
            component: place(COMPONENT),
            id: place(&["Sample ID"]),
            area: place(AREA),
            time: place(TIME),
            height: place(HEIGHT),
            amount: place(AMOUNT),
            unit: place(&["Concentration Units", "Units", "Conc. Units", "Analyte Units"]),
            kind: place(&["Sample Type"]),
            acquired: place(ACQUIRED),
            vial: place(&["Vial Position", "Vial", "Vial Number"]),
            injection: INJECTION.iter().filter_map(|names| place(names)).collect(),
        };
        if table.name.is_none() || table.component.is_none() {
            let expected = "columns `Sample Name` and `Component Name`";
            return Err(Fault::Line { line: 1, expected, found: first.quoted() });
        }
        Ok(table)
    }

    /// `None` where no peak was found.
    fn peak(&self, cells: &Cells<'_>, component: &str) -> Option<Peak> {
        let (area, time) = (cells.number(self.area), cells.number(self.time));
        (area.is_some() || time.is_some()).then(|| Peak {
            name: Some(component.to_owned()),
            retention_time_min: time,
            area,
            height: cells.number(self.height),
            amount: cells.number(self.amount),
            unit: cells.at(self.unit).map(str::to_owned),
            ..Peak::default()
        })
    }

    /// `None` in a table without concentrations: an area is no value.
    fn reading(&self, cells: &Cells<'_>, component: &str, place: Reading) -> Option<Reading> {
        let Reading { result, number, censored, .. } = masshunter::amount(cells.at(self.amount)?);
        // `N/A` for the amount and for the area: no peak was found.
        let no_peak = number.is_none() && cells.at(self.area).is_some_and(|area| area.eq_ignore_ascii_case("N/A"));
        let censored = if no_peak { Some(Censored::NotDetected) } else { censored };
        let unit = cells.at(self.unit).map(str::to_owned);
        Some(Reading { analyte: Some(component.into()), result, number, censored, unit: unit.map(Into::into), ..place })
    }
}

/// The injections, in the order of their first rows. Rows may be sorted by sample or by component; a component that
/// comes again under the same key is of another injection.
#[derive(Default)]
struct Runs {
    runs: Vec<Chromatogram>,
    /// Places of the injections of one key.
    of_key: HashMap<String, Vec<usize>>,
    seen: HashMap<(String, String), usize>,
}

impl Runs {
    /// Puts a peak, if there is one, into the injection of this row.
    fn add(&mut self, key: String, component: &str, place: &Reading, peak: Option<Peak>) {
        let times = self.seen.entry((key.clone(), component.to_owned())).or_default();
        let injections = self.of_key.entry(key).or_default();
        match injections.get(*times).and_then(|at| self.runs.get_mut(*at)) {
            Some(run) => run.peaks.extend(peak),
            None => {
                injections.push(self.runs.len());
                self.runs.push(Chromatogram {
                    sample_id: place.sample_id.as_deref().map(str::to_owned),
                    acquired_at: place.measured_at,
                    peaks: peak.into_iter().collect(),
                    ..Chromatogram::default()
                });
            }
        }
        *times += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Role;

    fn read(text: &str) -> Decoded {
        assert!(recognises(text.as_bytes()));
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    const TABLE: &str = "Sample Name\tSample Type\tComponent Name\tArea\tRetention Time\tCalculated Concentration\tUnits\r\n\
        26-041\tUnknown\tchlorpyrifos\t4758.83\t9.57\t0.0510\tmg/kg\r\n\
        26-041\tUnknown\tdimethoate\tN/A\tN/A\tN/A\tmg/kg\r\n\
        STD 3\tStandard\tchlorpyrifos\t9000\t9.58\t0.1000\tmg/kg\r\n";

    #[test]
    fn a_row_is_a_component_of_an_injection_and_no_peak_is_not_0() {
        let decoded = read(TABLE);
        let readings: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.sample_id.as_deref(), r.analyte.as_deref(), r.result.as_deref(), r.number, r.censored, r.role))
            .collect();
        let ten = Some("26-041");
        assert_eq!(
            readings,
            [
                (ten, Some("chlorpyrifos"), Some("0.0510"), Some(0.051), None, Role::Unknown),
                (ten, Some("dimethoate"), Some("N/A"), None, Some(Censored::NotDetected), Role::Unknown),
                (Some("STD 3"), Some("chlorpyrifos"), Some("0.1000"), Some(0.1), None, Role::Calibrator),
            ]
        );
        let peaks: Vec<_> = decoded.chromatograms.iter().map(|run| run.peaks.len()).collect();
        assert_eq!(peaks, [1, 1]);
    }

    #[test]
    fn a_second_injection_under_the_same_name_is_a_run_of_its_own() {
        let by_sample = "Sample Name\tComponent Name\tArea\r\nS1\ta\t1\r\nS1\tb\t2\r\nS1\ta\t3\r\nS1\tb\t4\r\n";
        let by_component = "Sample Name\tComponent Name\tArea\r\nS1\ta\t1\r\nS1\ta\t3\r\nS1\tb\t2\r\nS1\tb\t4\r\n";
        for text in [by_sample, by_component] {
            let decoded = read(text);
            let areas: Vec<Vec<_>> = decoded
                .chromatograms
                .iter()
                .map(|run| run.peaks.iter().map(|peak| peak.area.unwrap()).collect())
                .collect();
            assert_eq!(areas, [[1.0, 2.0], [3.0, 4.0]]);
            assert!(decoded.readings.is_empty());
        }
    }

    #[test]
    fn a_row_without_a_component_is_told() {
        let decoded = read(&format!("{TABLE}26-042\tUnknown\t\t1\r\n"));
        assert!(decoded.rejected[0].reason.starts_with("line 5: expected a sample and a component"));
        let fault = parse(&Message::plain(b"Sample\tArea\n".to_vec(), 0)).unwrap_err();
        assert!(fault.to_string().starts_with("line 1: expected columns"), "{fault}");
    }
}
