//! Groups of an experiment: tables whose rows name a sample and the wells that hold it.

use std::collections::BTreeMap;

use crate::contract::Role;
use crate::format::plate;
use crate::format::rows::Row;

/// What each well holds: its sample and role. Neither if two groups give it different samples.
#[derive(Default)]
pub struct Wells {
    wells: BTreeMap<String, Option<(String, Role)>>,
}

impl Wells {
    pub fn read(blocks: &[&[Row<'_>]]) -> Self {
        let mut wells: BTreeMap<String, Option<(String, Role)>> = BTreeMap::new();
        for block in blocks {
            let start = block.iter().position(|row| row.text.starts_with("Group:"));
            let Some((head, below)) = start.and_then(|at| block.get(at..)).and_then(<[_]>::split_first) else {
                continue;
            };
            let role = plate::role(head.text.trim_start_matches("Group:").trim());
            for (well, sample) in table(below) {
                let held = wells.entry(well).or_insert_with(|| Some((sample.clone(), role)));
                if held.as_ref().is_some_and(|(own, _)| *own != sample) {
                    *held = None;
                }
            }
        }
        Self { wells }
    }

    pub fn held(&self, well: &str) -> (Option<&str>, Role) {
        match self.wells.get(well) {
            Some(Some((sample, role))) => (Some(sample), *role),
            _ => (None, Role::Unknown),
        }
    }
}

/// The rows of a group until the first blank one. A row without a sample belongs to that above it.
fn table(rows: &[Row<'_>]) -> Vec<(String, String)> {
    let Some((names, below)) = rows.split_first() else { return Vec::new() };
    let place = |starts: &str| names.cells('\t').position(|cell| cell.trim().starts_with(starts));
    let Some((sample_at, well_at)) = place("Sample").zip(place("Well")) else { return Vec::new() };
    let mut sample = String::new();
    let mut wells = Vec::new();
    for row in below.iter().take_while(|row| !row.is_blank('\t')) {
        let cells: Vec<_> = row.cells('\t').collect();
        let cell = |at: usize| cells.get(at).map(|cell| cell.trim()).filter(|text| !text.is_empty());
        if let Some(named) = cell(sample_at) {
            named.clone_into(&mut sample);
        }
        if let Some(well) = cell(well_at).filter(|well| plate::is_well(well) && !sample.is_empty()) {
            wells.push((well.to_owned(), sample.clone()));
        }
    }
    wells
}
