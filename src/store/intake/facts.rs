//! What the laboratory knows around a reading: the instrument, its map, what stands at its places, which sample a code
//! means, which control a run had.

use std::cell::RefCell;
use std::collections::HashMap;

use diesel::prelude::*;
use drivers::contract::{Absorbance, CompactString, Reading, Role};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::Read;
use crate::lab::analysis::mapping;
use crate::lab::analysis::matching::Candidate;
use crate::lab::analysis::rack::{self, Placed, Standing};
use crate::lab::analysis::status::State;
use crate::lab::zone;
use crate::store::conn::Conn;
use crate::store::error::StoreError;
use crate::store::instant;
use crate::store::samples;
use crate::store::schema::{analysis, analyte, analyte_map, control_material, instrument, loading, method, sample};

/// Where and when a reading arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub transmission: i64,
    pub n: i64,
    /// Which reading of its message it is, from 0.
    pub index: usize,
    pub received: Timestamp,
}

/// One line of the instrument's map.
#[derive(Debug, Clone)]
pub(super) struct Mapped {
    pub code: String,
    pub unit: String,
    pub analyte: i64,
    pub to_unit: String,
    pub factor: Decimal,
    /// The analyte is an inhibition, not a substance.
    pub inhibition: bool,
}

/// What stands at a place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stands {
    Sample(i64),
    Material(i64),
}

/// The instrument a transmission came from.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub instrument: i64,
    pub bench: Option<i64>,
    pub control_position: Option<String>,
    pub map: Vec<Mapped>,
    places: Vec<Placed<Stands>>,
    year: i64,
    known: RefCell<Known>,
}

/// What was already looked up and does not change while one transmission is taken in: a batch says the name of a sample
/// once for each analyte.
#[derive(Debug, Default)]
struct Known {
    samples: HashMap<CompactString, Option<i64>>,
    sampled_at: HashMap<i64, Timestamp>,
    /// By code: number, analyte and unit of each chart of the materials in use.
    materials: HashMap<String, Vec<(i64, i64, String)>>,
}

type MapRow = (i64, String, String, i64, String, String, String);

impl Surroundings {
    pub(super) fn load(conn: &mut Conn, id: i64, received: Timestamp) -> Result<Self, StoreError> {
        let (bench, control_position): (Option<i64>, Option<String>) =
            instrument::table.find(id).select((instrument::bench_id, instrument::control_position)).first(conn)?;
        let rows: Vec<MapRow> = analyte_map::table
            .inner_join(analyte::table)
            .filter(analyte_map::instrument_id.eq(id))
            .filter(analyte_map::retired_at.is_null())
            .select((
                analyte_map::id,
                analyte_map::code,
                analyte_map::unit,
                analyte_map::analyte_id,
                analyte_map::to_unit,
                analyte_map::factor,
                analyte::kind,
            ))
            .load(conn)?;
        let mut map = Vec::new();
        for (row, code, unit, analyte, to_unit, factor, kind) in rows {
            let factor = factor.parse().map_err(|error| StoreError::corrupt("analyte_map", row, error))?;
            let inhibition = kind == crate::lab::catalogue::AnalyteKind::Inhibition.name();
            map.push(Mapped { code, unit, analyte, to_unit, factor, inhibition });
        }
        let places = placed(conn, id, received)?;
        let year = i64::from(zone::day(received).year());
        Ok(Self { instrument: id, bench, control_position, map, places, year, known: RefCell::default() })
    }

    /// The map's line for a code and unit; the second answer: the code is mapped, but with other units only.
    pub(super) fn mapped(&self, code: &str, unit: &str) -> (Option<&Mapped>, bool) {
        let mut called = self.map.iter().filter(|line| mapping::is_called(code, &line.code)).peekable();
        let known = called.peek().is_some();
        let line = called.find(|line| line.unit.trim() == unit.trim());
        (line, known && line.is_none())
    }

    /// What stood where the reading was taken.
    pub(super) fn place(&self, reading: &Reading, received: Timestamp) -> Standing<Stands> {
        match reading.position.as_deref() {
            Some(position) => rack::standing(&self.places, position, reading.measured_at, received),
            None => Standing { what: None, doubtful: false },
        }
    }

    pub(super) fn is_control_place(&self, position: Option<&str>) -> bool {
        position.is_some() && position == self.control_position.as_deref()
    }
}

impl Surroundings {
    pub(super) fn sample_called(&self, conn: &mut Conn, text: &str) -> Result<Option<i64>, StoreError> {
        if let Some(found) = self.known.borrow().samples.get(text) {
            return Ok(*found);
        }
        let found = samples::called(conn, text, self.year)?;
        self.known.borrow_mut().samples.insert(text.into(), found);
        Ok(found)
    }

    /// When a sample was taken.
    pub(super) fn sampled_at(&self, conn: &mut Conn, id: i64) -> Result<Timestamp, StoreError> {
        if let Some(at) = self.known.borrow().sampled_at.get(&id) {
            return Ok(*at);
        }
        let at: String = sample::table.find(id).select(sample::sampled_at).first(conn)?;
        let at = instant::read("sample", id, &at)?;
        self.known.borrow_mut().sampled_at.insert(id, at);
        Ok(at)
    }

    /// A control by its code: its chart for this analyte, and whether any material in use has the code.
    pub(super) fn material_called(
        &self,
        conn: &mut Conn,
        text: &str,
        analyte: Option<i64>,
    ) -> Result<(Option<Chart>, bool), StoreError> {
        let code = text.split('^').next().unwrap_or_default().trim();
        let own = |charts: &Vec<(i64, i64, String)>| {
            let own = charts.iter().find(|(_, of, _)| Some(*of) == analyte);
            (own.map(|(id, _, unit)| Chart { id: *id, unit: unit.clone() }), !charts.is_empty())
        };
        if let Some(charts) = self.known.borrow().materials.get(code) {
            return Ok(own(charts));
        }
        let charts: Vec<(i64, i64, String)> = control_material::table
            .filter(control_material::code.eq(code))
            .filter(control_material::retired_at.is_null())
            .select((control_material::id, control_material::analyte_id, control_material::unit))
            .load(conn)?;
        let found = own(&charts);
        self.known.borrow_mut().materials.insert(code.to_owned(), charts);
        Ok(found)
    }

    /// As [`Self::material_called`], for a material that was put at a place: what stands there is the whole bottle,
    /// whichever of its analytes was chosen from the list.
    pub(super) fn material_standing(
        &self,
        conn: &mut Conn,
        material: i64,
        analyte: Option<i64>,
    ) -> Result<(Option<Chart>, bool), StoreError> {
        let code: String = control_material::table.find(material).select(control_material::code).first(conn)?;
        self.material_called(conn, &code, analyte)
    }
}

/// A chart of a control material.
#[derive(Debug, Clone)]
pub(super) struct Chart {
    pub id: i64,
    pub unit: String,
}

/// The control of one message's run: the light of the samples is set against its light.
#[derive(Debug, Default)]
pub(super) struct Controls {
    pub absorbance: Option<Absorbance>,
    /// Which reading of the message it is.
    pub index: Option<usize>,
}

/// The place that is kept for it comes first, then what the instrument calls a control. A material that somebody has
/// put in the rack serves only on an instrument without a place of its own: elsewhere it may well be a spiked one.
pub(super) fn controls(around: &Surroundings, message: &Read, received: Timestamp) -> Controls {
    let with_light = |wanted: &dyn Fn(&Reading) -> bool| {
        let mut found = message.readings.iter().map(|on_wire| &on_wire.reading).enumerate();
        found.find(|(_, reading)| reading.absorbance.is_some() && wanted(reading))
    };
    let stands = |reading: &Reading| {
        let place = around.place(reading, received).what;
        around.control_position.is_none() && matches!(place, Some(Stands::Material(_)))
    };
    let found = with_light(&|reading| around.is_control_place(reading.position.as_deref()))
        .or_else(|| with_light(&|reading| reading.role == Role::Control))
        .or_else(|| with_light(&stands));
    match found {
        Some((index, reading)) => Controls { absorbance: reading.absorbance.clone(), index: Some(index) },
        None => Controls::default(),
    }
}

/// What stood at an instrument's places within its memory, in the order in which it was put there.
fn placed(conn: &mut Conn, id: i64, received: Timestamp) -> Result<Vec<Placed<Stands>>, StoreError> {
    let oldest = instant::written(received - rack::MEMORY);
    type Row = (i64, String, Option<i64>, Option<i64>, String, Option<String>);
    let rows: Vec<Row> = loading::table
        .filter(loading::instrument_id.eq(id))
        .filter(loading::placed_at.le(instant::written(received)))
        .filter(loading::cleared_at.is_null().or(loading::cleared_at.gt(oldest)))
        .order(loading::id)
        .select((
            loading::id,
            loading::position,
            loading::sample_id,
            loading::material_id,
            loading::placed_at,
            loading::cleared_at,
        ))
        .load(conn)?;
    let mut placed = Vec::new();
    for (row, position, sample, material, from, until) in rows {
        let Some(what) = sample.map(Stands::Sample).or(material.map(Stands::Material)) else { continue };
        let at = |text: &str| instant::read("loading", row, text);
        placed.push(Placed { position, what, from: at(&from)?, until: until.as_deref().map(at).transpose()? });
    }
    Ok(placed)
}

/// The sample's analyses for an analyte, on methods that this instrument serves.
pub(super) fn candidates(
    conn: &mut Conn,
    sample_id: i64,
    analyte_id: i64,
    instrument_id: i64,
) -> Result<Vec<Candidate>, StoreError> {
    let rows: Vec<(i64, String, String)> = analysis::table
        .inner_join(method::table)
        .filter(analysis::sample_id.eq(sample_id))
        .filter(analysis::analyte_id.eq(analyte_id))
        .filter(analysis::state.ne(State::Cancelled.name()))
        .filter(method::instrument_id.eq(instrument_id).or(method::instrument_id.is_null()))
        .order(analysis::id)
        .select((analysis::id, analysis::unit, analysis::state))
        .load(conn)?;
    let candidate = |(analysis, unit, state): (i64, String, String)| Candidate {
        analysis,
        unit,
        waiting: state == State::Ordered.name(),
    };
    Ok(rows.into_iter().map(candidate).collect())
}
