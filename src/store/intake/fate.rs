//! Keeps one reading with its fate: the facts are gathered here, `lab` decides, and what it decides is written down.

use diesel::prelude::*;
use drivers::contract::{Reading, Role};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::facts::{self, At, Controls, Stands, Surroundings};
use super::{OnWire, same_measurement};
use crate::lab::analysis::inhibition::{self, Agreement, Criteria};
use crate::lab::analysis::mapping;
use crate::lab::analysis::matching::{self, Decision, Facts, Fate, HeldFor, Mapping};
use crate::lab::analysis::sequence;
use crate::lab::analysis::status::Step;
use crate::lab::analysis::value::Value;
use crate::lab::qc::measured;
use crate::lab::regulation::rounding;
use crate::lab::zone;
use crate::store::analyses::{self, StepError};
use crate::store::controls::{self, NewResult};
use crate::store::error::StoreError;
use crate::store::ledger::Tx;
use crate::store::scans::{self, Weighed};
use crate::store::schema::{analysis, control_material, reading, reading_event, scan};
use crate::store::{batches, instant};

/// A scan binds weighings for this long; then somebody has forgotten to scan.
const SCAN_MINUTES: i64 = 30;
/// Decimals of an inhibition that we compute ourselves, in percent.
const INHIBITION_DECIMALS: u32 = 2;

/// What a reading amounts to after the map and the recomputation.
#[derive(Default)]
struct Worth {
    value: Option<Value>,
    recomputed: Option<Decimal>,
    disagrees: bool,
    control_missing: bool,
}

/// Where a reading ended, before its row is written.
struct Settled {
    fate: Fate,
    held_for: Option<HeldFor>,
    analysis: Option<i64>,
    sample: Option<i64>,
    duplicate_of: Option<i64>,
    material: Option<i64>,
    scan: Option<i64>,
    worth: Worth,
}

impl Settled {
    fn new(fate: Fate, worth: Worth) -> Self {
        Self {
            fate,
            held_for: None,
            analysis: None,
            sample: None,
            duplicate_of: None,
            material: None,
            scan: None,
            worth,
        }
    }

    fn held(why: HeldFor, worth: Worth) -> Self {
        Self { held_for: Some(why), ..Self::new(Fate::Held, worth) }
    }
}

pub(super) fn keep(
    tx: &mut Tx<'_>,
    around: &Surroundings,
    run: &Controls,
    at: At,
    on_wire: &OnWire,
) -> Result<(), StoreError> {
    let said = &on_wire.reading;
    let settled = settle(tx, around, run, at, said)?;
    let absorbance = said.absorbance.as_ref().map(serde_json::to_string).transpose();
    let corrupt = |error: serde_json::Error| StoreError::corrupt("reading", 0, error);
    let id: i64 = diesel::insert_into(reading::table)
        .values((
            (
                reading::transmission_id.eq(at.transmission),
                reading::instrument_id.eq(around.instrument),
                reading::n.eq(at.n),
                reading::wire_start.eq(on_wire.start as i64),
                reading::wire_end.eq(on_wire.end as i64),
                reading::sample_text.eq(said.sample_id.as_deref()),
                reading::position.eq(said.position.as_deref()),
                reading::role.eq(word(&said.role).map_err(corrupt)?),
                reading::analyte_code.eq(said.analyte.as_deref()),
                reading::result.eq(said.result.as_deref()),
                reading::censored.eq(said.censored.as_ref().map(word).transpose().map_err(corrupt)?),
                reading::unit.eq(said.unit.as_deref()),
            ),
            (
                reading::flags.eq(serde_json::to_string(&said.flags).map_err(corrupt)?),
                reading::measured_at.eq(said.measured_at.map(|time| time.to_string())),
                reading::received_at.eq(instant::written(at.received)),
                reading::replicate.eq(said.replicate.map(i64::from)),
                reading::device_key.eq(said.device_key.as_deref()),
                reading::absorbance.eq(absorbance.map_err(corrupt)?),
                reading::recomputed.eq(settled.worth.recomputed.map(|number| number.to_string())),
                reading::fate.eq(settled.fate.name()),
                reading::held_for.eq(settled.held_for.map(HeldFor::name)),
                reading::analysis_id.eq(settled.analysis),
                reading::sample_id.eq(settled.sample),
                reading::duplicate_of.eq(settled.duplicate_of),
                reading::version.eq(1),
            ),
        ))
        .returning(reading::id)
        .get_result(tx.conn)?;
    let event: i64 = diesel::insert_into(reading_event::table)
        .values((
            reading_event::reading_id.eq(id),
            reading_event::n.eq(1),
            reading_event::fate.eq(settled.fate.name()),
            reading_event::held_for.eq(settled.held_for.map(HeldFor::name)),
            reading_event::analysis_id.eq(settled.analysis),
            reading_event::at.eq(instant::written(tx.at)),
        ))
        .returning(reading_event::id)
        .get_result(tx.conn)?;
    tx.record(
        if settled.fate == Fate::Duplicate { "duplicate.flagged" } else { "reading.captured" },
        "reading",
        id,
        None,
    )?;
    tx.record("reading.settled", "reading_event", event, None)?;
    follow(tx, id, at.received, said, settled)
}

/// What follows from the fate: the analysis gets its value, the control its result, the sample its mass.
fn follow(tx: &mut Tx<'_>, id: i64, received: Timestamp, said: &Reading, settled: Settled) -> Result<(), StoreError> {
    match (settled.fate, settled.worth.value) {
        (Fate::Matched, Some(value)) => {
            let Some(analysis) = settled.analysis else { return Ok(()) };
            let step = Step::Capture { value: value.to_string(), reading: id, matched_by: None };
            match analyses::take_step(tx, analysis, None, &step) {
                Ok(_) => Ok(()),
                Err(StepError::Store(error)) => Err(error),
                Err(StepError::Refused(refusal)) => Err(StoreError::corrupt("analysis", analysis, refusal)),
            }
        }
        (Fate::Control, Some(Value::Number(value))) => {
            let Some(material) = settled.material else { return Ok(()) };
            let method: i64 =
                control_material::table.find(material).select(control_material::method_id).first(tx.conn)?;
            let day = zone::day(received).strftime("%Y%m%d").to_string();
            let batch = batches::open_for(tx, method, None, &day)?;
            controls::add(tx, NewResult { material, batch: Some(batch), reading: Some(id), value, at: received })?;
            Ok(())
        }
        (Fate::Weighing, _) => {
            let (Some(scan), Some(sample)) = (settled.scan, settled.sample) else { return Ok(()) };
            let (mass, unit) = (said.result.as_deref().unwrap_or_default(), said.unit.as_deref().unwrap_or_default());
            let weighed = Weighed { reading: id, scan: Some(scan), sample, mass, unit, at: received };
            scans::weigh(tx, weighed, None)
        }
        _ => Ok(()),
    }
}

fn settle(
    tx: &mut Tx<'_>,
    around: &Surroundings,
    run: &Controls,
    at: At,
    said: &Reading,
) -> Result<Settled, StoreError> {
    let same = same_measurement(tx, around.instrument, said.device_key.as_deref())?;
    if let Some(first) = same {
        return Ok(Settled { duplicate_of: Some(first), ..Settled::new(Fate::Duplicate, Worth::default()) });
    }
    let code = said.analyte.as_deref().unwrap_or_default();
    let (line, other_unit) = around.mapped(code, said.unit.as_deref().unwrap_or_default());
    if line.is_none() && mapping::is_weighing(said) {
        return weigh(tx, around, at, said);
    }
    let there = around.place(said, at.received);
    let place = there.what;
    let worth = match line {
        Some(line) => worth(said, line.factor, line.inhibition, run, run.index == Some(at.index)),
        None => Worth::default(),
    };
    let analyte = line.map(|line| line.analyte);
    let (chart, known) = match (&said.sample_id, place) {
        (None, Some(Stands::Material(material))) => around.material_standing(tx.conn, material, analyte)?,
        (Some(text), _) => around.material_called(tx.conn, text, analyte)?,
        (None, _) => (None, false),
    };
    let other_chart = chart.as_ref().zip(line).is_some_and(|(chart, line)| chart.unit != line.to_unit);
    let sample = match (&said.sample_id, place) {
        (Some(text), _) => around.sample_called(tx.conn, text)?,
        (None, Some(Stands::Sample(sample))) => Some(sample),
        (None, _) => None,
    };
    match measured::decide(&measured::Facts {
        at_control_place: around.is_control_place(said.position.as_deref()),
        called_control: said.role == Role::Control,
        of_the_run: matches!(said.role, Role::Blank | Role::Calibrator)
            || said.sample_id.as_deref().is_some_and(sequence::is_of_the_run),
        names_sample: said.sample_id.is_some() && sample.is_some(),
        has_code: said.sample_id.is_some(),
        sample_stands: matches!(place, Some(Stands::Sample(_))),
        known,
        mapped: line.is_some(),
        unit_differs: other_unit || other_chart,
        material: chart.map(|chart| chart.id),
        has_number: matches!(worth.value, Some(Value::Number(_))),
        unstable: mapping::is_unstable(&said.flags),
        control_missing: worth.control_missing,
    }) {
        measured::Decision::NotAControl => (),
        measured::Decision::Result(material) => {
            return Ok(Settled { material: Some(material), ..Settled::new(Fate::Control, worth) });
        }
        measured::Decision::Uncharted => return Ok(Settled::new(Fate::Control, worth)),
        measured::Decision::Held(why) => return Ok(Settled::held(why, worth)),
    }
    let candidates = match (sample, line) {
        (Some(sample), Some(line)) => facts::candidates(tx.conn, sample, line.analyte, around.instrument)?,
        _ => Vec::new(),
    };
    let doubtful_time = match (said.measured_at, sample) {
        (Some(measured), Some(sample)) => {
            let sampled = around.sampled_at(tx.conn, sample)?;
            matching::doubtful_time(measured, &zone::zone(), at.received, Some(sampled))
        }
        (Some(measured), None) => matching::doubtful_time(measured, &zone::zone(), at.received, None),
        (None, _) => said.doubtful_time,
    };
    let decision = matching::decide(&Facts {
        names_sample: said.sample_id.is_some() || place.is_some(),
        sample,
        mapping: line.map(|line| Mapping { analyte: line.analyte, unit: line.to_unit.clone() }),
        mapped_with_other_unit: other_unit,
        candidates,
        has_value: worth.value.is_some(),
        unstable: mapping::is_unstable(&said.flags),
        doubtful_time: doubtful_time || there.doubtful,
        disagrees: worth.disagrees,
        control_missing: worth.control_missing,
        same_measurement: None,
    });
    Ok(match decision {
        Decision::Matched(analysis) => {
            let sample = analysis::table.find(analysis).select(analysis::sample_id).first(tx.conn)?;
            Settled { analysis: Some(analysis), sample: Some(sample), ..Settled::new(Fate::Matched, worth) }
        }
        Decision::Held(why) => Settled { sample, ..Settled::held(why, worth) },
        Decision::DuplicateOf(first) => Settled { duplicate_of: Some(first), ..Settled::new(Fate::Duplicate, worth) },
    })
}

/// The value in the method's unit, and the inhibition recomputed where the device sent its absorbances. The run's own
/// control is never set against itself: that is 0 whatever it is worth.
fn worth(said: &Reading, factor: Decimal, is_inhibition: bool, run: &Controls, is_own: bool) -> Worth {
    let device = said.result.as_deref().and_then(|text| Value::from_reading(text, said.censored).ok());
    let device = device.and_then(|value| mapping::converted(value, factor));
    let Some(absorbance) = said.absorbance.as_ref().filter(|_| is_inhibition) else {
        return Worth { value: device, ..Worth::default() };
    };
    if is_own {
        let control_missing = mapping::is_light_only(absorbance);
        return Worth { value: device.filter(|_| !control_missing), control_missing, ..Worth::default() };
    }
    let computed = inhibition::inhibition(run.absorbance.as_ref(), absorbance, Criteria::default());
    let recomputed = computed.as_ref().ok().map(|percent| rounding::to_decimals(*percent, INHIBITION_DECIMALS));
    if mapping::is_light_only(absorbance) {
        return Worth {
            value: recomputed.map(Value::Number),
            control_missing: computed.is_err(),
            recomputed,
            disagrees: false,
        };
    }
    let disagrees = match (&device, &computed) {
        (Some(Value::Number(device)), Ok(percent)) => Agreement::between(*device, *percent).beyond_rounding(),
        _ => false,
    };
    Worth { value: device, recomputed, disagrees, control_missing: false }
}

fn weigh(tx: &mut Tx<'_>, around: &Surroundings, at: At, said: &Reading) -> Result<Settled, StoreError> {
    if mapping::is_unstable(&said.flags) || said.result.is_none() {
        return Ok(Settled::held(HeldFor::Unstable, Worth::default()));
    }
    let last: Option<(i64, i64, String)> = match around.bench {
        None => None,
        Some(bench) => scan::table
            .filter(scan::bench_id.eq(bench))
            .filter(scan::at.le(instant::written(at.received)))
            .order(scan::id.desc())
            .select((scan::id, scan::sample_id, scan::at))
            .first(tx.conn)
            .optional()?,
    };
    let Some((scan, sample, scanned)) = last else {
        return Ok(Settled::held(HeldFor::NoScan, Worth::default()));
    };
    let scanned: Timestamp = instant::read("scan", scan, &scanned)?;
    if at.received.as_second() - scanned.as_second() > SCAN_MINUTES * 60 {
        return Ok(Settled::held(HeldFor::NoScan, Worth::default()));
    }
    Ok(Settled { scan: Some(scan), sample: Some(sample), ..Settled::new(Fate::Weighing, Worth::default()) })
}

/// A driver's word as the record writes it.
fn word<T: serde::Serialize>(word: &T) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_value(word)?.as_str().unwrap_or_default().to_owned())
}
