//! The order in which a batch is injected into a chromatograph: what comes before the samples, between them and after
//! them, and under which names, so that results find their analyses by themselves.
//!
//! That a run opens and closes with a control, and that one stands after every so many samples, is common practice of
//! residue laboratories (GB/T 27404-2008 asks for checks throughout the run); how many is the laboratory's choice.

use drivers::contract::Role;
use drivers::format::sequence::{self, Injection};

use crate::lab::words::names;

names! {
    /// A chromatography data system that takes sequence tables.
    System {
        MassHunter => "masshunter",
        LabSolutions => "labsolutions",
        ChemStation => "chemstation",
    }
}

impl System {
    pub const fn writer(self) -> sequence::System {
        match self {
            Self::MassHunter => sequence::System::MassHunter,
            Self::LabSolutions => sequence::System::LabSolutions,
            Self::ChemStation => sequence::System::ChemStation,
        }
    }
}

/// The name of a blank.
const BLANK: &str = "BLANK";
/// How the names of calibrators begin; the level follows.
const CALIBRATOR: &str = "STD-";

/// Whether a result came back under a name that our tables give to what is neither a sample nor a control of the
/// laboratory: not every data system has a word for a blank.
pub fn is_of_the_run(name: &str) -> bool {
    let name = name.trim();
    let level = name.strip_prefix(CALIBRATOR).and_then(|level| level.parse::<u32>().ok());
    name == BLANK || level.is_some()
}

/// What a sample's run is looked at beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Companion {
    Blank,
    Standard,
}

/// What a run is for the samples after it: what the data system calls it (`blank`, `calibrator`), else its name.
pub fn companion(role: Option<&str>, name: &str) -> Option<Companion> {
    match role {
        Some("blank") => Some(Companion::Blank),
        Some("calibrator") => Some(Companion::Standard),
        _ if name.trim() == BLANK => Some(Companion::Blank),
        _ if is_of_the_run(name) => Some(Companion::Standard),
        _ => None,
    }
}

/// A sampler has no more places, and nobody injects more in one run.
const MOST: usize = 400;

/// What a person chooses for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// The first vial's place; the others follow.
    pub first_vial: u32,
    pub blank: bool,
    /// How many levels the calibration has; 0: the method is calibrated already.
    pub calibrators: u32,
    /// A control after every so many samples, besides the first and the last; 0: none between.
    pub control_every: u32,
    pub injections: u32,
    pub method: String,
    /// Microlitres; empty: as the method says.
    pub volume: String,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            first_vial: 1,
            blank: true,
            calibrators: 0,
            control_every: 10,
            injections: 1,
            method: String::new(),
            volume: String::new(),
        }
    }
}

/// What is measured together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// The batch's code; data files are called after it.
    pub batch: String,
    /// Codes under which the results are to come back, in the order of injection.
    pub samples: Vec<String>,
    /// Codes of control materials.
    pub controls: Vec<String>,
}

/// Why there is no order of injection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the batch has no sample that waits")]
    NoSamples,
    #[error("expected at most {MOST} injections")]
    TooMany,
}

struct Table<'a> {
    run: &'a Run,
    wishes: &'a Wishes,
    next_vial: u32,
    injections: Vec<Injection>,
}

impl Table<'_> {
    /// Takes the next place of the sampler.
    fn vial(&mut self) -> u32 {
        let vial = self.next_vial;
        self.next_vial = vial.saturating_add(1);
        vial
    }

    fn inject(&mut self, vial: u32, name: &str, role: Role, level: Option<u32>) {
        let number = self.injections.len() + 1;
        self.injections.push(Injection {
            position: vial.to_string(),
            sample_name: name.to_owned(),
            // Data systems differ in which of the two they print with a result: both say the same.
            sample_id: name.to_owned(),
            role,
            level,
            method: self.wishes.method.clone(),
            data_file: format!("{}_{number:03}", self.run.batch),
            volume: self.wishes.volume.clone(),
            ..Injection::default()
        });
    }
}

/// The injections of a run: blank, calibrators from the lowest level, controls, the samples with controls between them,
/// controls. A control is injected from the same vial each time.
pub fn plan(run: &Run, wishes: &Wishes) -> Result<Vec<Injection>, Refusal> {
    if run.samples.is_empty() {
        return Err(Refusal::NoSamples);
    }
    let times = wishes.injections.max(1);
    let each = usize::try_from(times).unwrap_or(MOST).saturating_mul(run.samples.len());
    let levels = usize::try_from(wishes.calibrators).unwrap_or(MOST);
    if each.saturating_add(levels) > MOST {
        return Err(Refusal::TooMany);
    }
    let mut table = Table { run, wishes, next_vial: wishes.first_vial, injections: Vec::new() };
    if wishes.blank {
        let vial = table.vial();
        table.inject(vial, BLANK, Role::Blank, None);
    }
    for level in 1..=wishes.calibrators {
        let vial = table.vial();
        table.inject(vial, &format!("{CALIBRATOR}{level}"), Role::Calibrator, Some(level));
    }
    let controls: Vec<(u32, &String)> = run.controls.iter().map(|code| (table.vial(), code)).collect();
    let check = |table: &mut Table<'_>| {
        for (vial, code) in &controls {
            table.inject(*vial, code, Role::Control, None);
        }
    };
    check(&mut table);
    let between = usize::try_from(wishes.control_every).unwrap_or(0);
    for (index, code) in run.samples.iter().enumerate() {
        if between > 0 && index > 0 && index.is_multiple_of(between) {
            check(&mut table);
        }
        let vial = table.vial();
        for _ in 0..times {
            table.inject(vial, code, Role::Unknown, None);
        }
    }
    check(&mut table);
    if table.injections.len() > MOST { Err(Refusal::TooMany) } else { Ok(table.injections) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(samples: usize) -> Run {
        Run {
            batch: "20261124-GC1-1".to_owned(),
            samples: (1..=samples).map(|n| format!("S{n}")).collect(),
            controls: vec!["QC-1".to_owned()],
        }
    }

    fn order(run: &Run, wishes: &Wishes) -> Vec<String> {
        let injections = plan(run, wishes).unwrap();
        injections.iter().map(|one| format!("{} {}", one.position, one.sample_id)).collect()
    }

    #[test]
    fn a_run_opens_with_blank_standards_and_control_and_closes_with_the_control() {
        let wishes = Wishes { calibrators: 2, control_every: 2, ..Wishes::default() };
        assert_eq!(
            order(&run(3), &wishes),
            ["1 BLANK", "2 STD-1", "3 STD-2", "4 QC-1", "5 S1", "6 S2", "4 QC-1", "7 S3", "4 QC-1"]
        );
        // The last sample is not followed by the control twice.
        assert_eq!(order(&run(2), &wishes)[4..], ["5 S1", "6 S2", "4 QC-1"]);
        let bare = Wishes { blank: false, control_every: 0, injections: 2, first_vial: 11, ..Wishes::default() };
        assert_eq!(order(&run(2), &bare), ["11 QC-1", "12 S1", "12 S1", "13 S2", "13 S2", "11 QC-1"]);
    }

    #[test]
    fn no_injection_overwrites_the_data_of_another() {
        let wishes = Wishes { injections: 3, control_every: 1, ..Wishes::default() };
        let injections = plan(&run(4), &wishes).unwrap();
        assert_eq!(injections[0].data_file, "20261124-GC1-1_001");
        for system in System::ALL.iter().map(|system| system.writer()) {
            assert!(sequence::write(system, system.characters(), &injections).is_ok());
        }
    }

    #[test]
    fn the_names_of_the_run_are_known_again() {
        let wishes = Wishes { calibrators: 2, ..Wishes::default() };
        let own = |one: &&Injection| is_of_the_run(&one.sample_id);
        assert_eq!(plan(&run(2), &wishes).unwrap().iter().filter(own).count(), 3);
        assert!(!is_of_the_run("STD-") && !is_of_the_run("STD-A") && !is_of_the_run("7KM4P-X"));
    }

    #[test]
    fn an_empty_batch_and_one_beyond_any_sampler_have_no_order() {
        assert_eq!(plan(&run(0), &Wishes::default()), Err(Refusal::NoSamples));
        assert_eq!(plan(&run(401), &Wishes::default()), Err(Refusal::TooMany));
        assert_eq!(plan(&run(300), &Wishes { control_every: 1, ..Wishes::default() }), Err(Refusal::TooMany));
        let endless = Wishes { injections: u32::MAX, calibrators: u32::MAX, ..Wishes::default() };
        assert_eq!(plan(&run(2), &endless), Err(Refusal::TooMany));
    }
}
