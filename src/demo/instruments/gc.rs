//! The data system of a gas chromatograph (FPD, organophosphorus pesticides): prints a report after each run.
//! Origin of the report: written for this project in the layout of a Shimadzu ASCII report; see the driver.

use std::fmt::Write;

use jiff::ToSpan;
use jiff::civil::DateTime;

use super::bench::{Hand, Test, Work};
use super::{Chance, Device, passed};

/// Runs take half an hour; here the county's whole queue was injected earlier.
const SECONDS: f64 = 30.0;
const RUN_MINUTES: i64 = 32;

/// One pesticide in the method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Analyte {
    /// As the report names it.
    pub name: &'static str,
    /// Minutes.
    pub retention: f64,
    /// Area counts for 1 mg/kg.
    pub response: f64,
}

/// All in milligrams per kilogram.
pub const UNIT: &str = "mg/kg";

/// How the names of standards begin, as in our sequence tables.
pub const STANDARD: &str = "STD-";
/// The name of a blank.
pub const BLANK: &str = "BLANK";

/// What the data system finds at least.
pub const LOD: f64 = 0.01;

pub const ANALYTES: [Analyte; 12] = [
    Analyte { name: "Dichlorvos", retention: 5.214, response: 412_000.0 },
    Analyte { name: "Methamidophos", retention: 5.873, response: 287_000.0 },
    Analyte { name: "Acephate", retention: 8.406, response: 243_000.0 },
    Analyte { name: "Omethoate", retention: 10.117, response: 301_000.0 },
    Analyte { name: "Phorate", retention: 11.352, response: 498_000.0 },
    Analyte { name: "Dimethoate", retention: 12.031, response: 366_000.0 },
    Analyte { name: "Parathion-methyl", retention: 14.288, response: 455_000.0 },
    Analyte { name: "Malathion", retention: 15.102, response: 389_000.0 },
    Analyte { name: "Chlorpyrifos", retention: 15.466, response: 421_000.0 },
    Analyte { name: "Isocarbophos", retention: 16.020, response: 334_000.0 },
    Analyte { name: "Profenofos", retention: 18.734, response: 298_000.0 },
    Analyte { name: "Triazophos", retention: 21.577, response: 312_000.0 },
];

/// The detector's signal is written so often.
const INTERVAL_MS: i64 = 500;

/// A peak's area is its height times this many seconds, in the report and in the signal alike.
const AREA_SECONDS: f64 = 4.1;

pub struct Gc {
    hand: Hand,
    chance: Chance,
    injected: Option<DateTime>,
    vial: u32,
}

struct Found {
    analyte: Analyte,
    amount: f64,
    time: f64,
    area: f64,
}

/// What opens a run: a blank, and a standard with everything in the method at 0.1 mg/kg.
pub fn opening() -> [Work; 2] {
    let work = |sample: String, mean: f64, sd: f64| Work {
        sample,
        control: false,
        tests: ANALYTES.iter().map(|analyte| Test::new(analyte.name, mean, sd)).collect(),
    };
    [work(BLANK.to_owned(), 0.0, 0.0), work(format!("{STANDARD}1"), 0.1, 0.002)]
}

impl Gc {
    pub(super) fn new(hand: Hand, chance: Chance) -> Self {
        Self { hand, chance, injected: None, vial: 0 }
    }

    /// What a work asks for is found; what it does not name is not in the sample, or hardly.
    fn run(&mut self, work: &Work) -> Vec<Option<Found>> {
        let mut runs = Vec::with_capacity(ANALYTES.len());
        for analyte in ANALYTES {
            let amount = match work.tests.iter().find(|test| test.code == analyte.name) {
                Some(test) => self.chance.normal(test.mean, test.sd),
                None if work.tests.is_empty() && self.chance.one_in(7) => self.chance.between(0.011, 0.09),
                None => 0.0,
            };
            let time = analyte.retention + self.chance.normal(0.0, 0.008);
            let area = (amount * analyte.response).round();
            runs.push((amount >= LOD).then_some(Found { analyte, amount, time, area }));
        }
        runs
    }

    /// The section with the detector's signal: solvent, a drifting baseline with its noise, and a bell for each peak.
    fn signal(&mut self, rows: &mut Vec<String>, found: &[&Found]) {
        let points = RUN_MINUTES * 60_000 / INTERVAL_MS + 1;
        let end = RUN_MINUTES as f64;
        rows.extend([
            String::new(),
            "[Chromatogram (FPD1)]".to_owned(),
            format!("Interval(msec)\t{INTERVAL_MS}"),
            format!("# of Points\t{points}"),
            "Start Time(min)\t0.000".to_owned(),
            format!("End Time(min)\t{end:.3}"),
            "Intensity Units\tmV".to_owned(),
            "Intensity Multiplier\t0.001".to_owned(),
            "R.Time (min)\tIntensity".to_owned(),
        ]);
        // A bell of this width has just the area that the report says.
        let width = AREA_SECONDS / 60.0 / (2.0 * std::f64::consts::PI).sqrt();
        let bell = |minutes: f64, at: f64, width: f64| (-((minutes - at) / width).powi(2) / 2.0).exp();
        for point in 0..points {
            let minutes = (point * INTERVAL_MS) as f64 / 60_000.0;
            let solvent = 24_000.0 * bell(minutes, 1.62, 0.045);
            let peaks: f64 = found.iter().map(|peak| peak.area / AREA_SECONDS * bell(minutes, peak.time, width)).sum();
            let baseline = 1_150.0 + 14.0 * minutes + self.chance.normal(0.0, 9.0);
            rows.push(format!("{minutes:.5}\t{:.0}", baseline + solvent + peaks));
        }
    }

    fn report(&mut self, work: &Work, now: DateTime) -> String {
        let runs = self.run(work);
        let found: Vec<&Found> = runs.iter().flatten().collect();
        let acquired = now - RUN_MINUTES.minutes();
        let kind = match work.control {
            true => "2:Control",
            false if work.sample.starts_with(STANDARD) => "1:Standard",
            false => "0:Unknown",
        };
        let total: f64 = found.iter().map(|peak| peak.area).sum();
        let mut rows = vec![
            "[Header]".to_owned(),
            "Application Name\tLabSolutions".to_owned(),
            "Version\t5.97".to_owned(),
            format!("Data File Name\tC:\\LabSolutions\\Data\\OP\\{}_{:03}.gcd", now.strftime("%Y%m%d"), self.vial),
            format!("Output Date\t{}", now.strftime("%Y/%m/%d")),
            format!("Output Time\t{}", now.strftime("%H:%M:%S")),
            String::new(),
            "[Configuration]".to_owned(),
            "Instrument Name\tGC-2014C".to_owned(),
            "# of Detectors\t1".to_owned(),
            "Detector Name\tFPD1".to_owned(),
            String::new(),
            "[Sample Information]".to_owned(),
            format!("Acquired\t{}", acquired.strftime("%Y/%m/%d %H:%M:%S")),
            format!("Sample Name\t{}", work.sample),
            format!("Sample ID\t{}", work.sample),
            format!("Sample Type\t{kind}"),
            format!("Vial#\t{}", self.vial),
            String::new(),
            "[Peak Table(FPD1)]".to_owned(),
            format!("# of Peaks\t{}", found.len()),
            "Peak#\tR.Time\tI.Time\tF.Time\tArea\tHeight\tArea%\tConc.\tUnit\tName".to_owned(),
        ];
        for (n, peak) in found.iter().enumerate() {
            rows.push(format!(
                "{}\t{:.3}\t{:.3}\t{:.3}\t{:.0}\t{:.0}\t{:.4}\t{:.3}\t{UNIT}\t{}",
                n + 1,
                peak.time,
                peak.time - 0.06,
                peak.time + 0.09,
                peak.area,
                peak.area / AREA_SECONDS,
                peak.area / total * 100.0,
                peak.amount,
                peak.analyte.name
            ));
        }
        rows.extend([
            String::new(),
            "[Compound Results(FPD1)]".to_owned(),
            format!("# of IDs\t{}", ANALYTES.len()),
            "ID#\tName\tR.Time\tArea\tHeight\tConc.\tUnit".to_owned(),
        ]);
        for (n, (run, analyte)) in runs.iter().zip(ANALYTES).enumerate() {
            let (id, name) = (n + 1, analyte.name);
            rows.push(match run {
                Some(peak) => {
                    let (height, amount) = (peak.area / AREA_SECONDS, peak.amount);
                    format!("{id}\t{name}\t{:.3}\t{:.0}\t{height:.0}\t{amount:.3}\t{UNIT}", peak.time, peak.area)
                }
                None => format!("{id}\t{name}\t-----\t-----\t-----\t-----\t{UNIT}"),
            });
        }
        self.signal(&mut rows, &found);
        rows.iter().fold(String::new(), |mut text, row| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{row}\r\n");
            text
        })
    }
}

impl Device for Gc {
    /// The data system listens to nobody.
    fn hear(&mut self, _: &[u8], _: DateTime) -> Vec<u8> {
        Vec::new()
    }

    fn tick(&mut self, now: DateTime) -> Vec<u8> {
        if !passed(*self.injected.get_or_insert(now), now, SECONDS) {
            return Vec::new();
        }
        self.injected = Some(now);
        let Some(work) = self.hand.next(None) else { return Vec::new() };
        self.vial = self.vial % 150 + 1;
        self.report(&work, now).into_bytes()
    }
}
