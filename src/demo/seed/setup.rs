//! The laboratory's set-up, as its pages would have written it.

use jiff::{SignedDuration, Timestamp};

use super::{Ids, SeedError};
use crate::demo::county;
use crate::lab::people::{Actor, Who};
use crate::lab::zone;
use crate::store::Tx;
use crate::store::catalogue::{
    Analyte, AnalyteMap, Catalogue, Commodity, ControlMaterial, Instrument, Laboratory, LimitValue, Method,
    MethodAnalyte, Place, Plan, PlanItem, Producer, written,
};
use crate::store::people::{self, NewPerson};

pub(super) fn set_up(tx: &mut Tx<'_>, began: Timestamp, hashes: &[String]) -> Result<Ids, SeedError> {
    let who = Who::Program;
    let tx = &mut Tx { conn: tx.conn, by: &who, at: began };
    let mut ids = Ids::default();
    for ((username, name, roles), hash) in county::PEOPLE.into_iter().zip(hashes) {
        let roles = roles.iter().copied().collect();
        let new =
            NewPerson { username: username.to_owned(), name: name.to_owned(), password_hash: hash.clone(), roles };
        let id = people::add(tx, &new)?;
        ids.people.insert(username, Actor { id, name: new.name, roles: new.roles });
    }
    let administrator = ids.who("administrator");
    let quality = ids.who("quality");
    let checked_by = ids.people.get("quality").map(|actor| actor.id.0);
    {
        let tx = &mut Tx { conn: tx.conn, by: &administrator, at: began };
        places(tx, &mut ids)?;
        instruments(tx, &mut ids, began)?;
    }
    let tx = &mut Tx { conn: tx.conn, by: &quality, at: began + SignedDuration::from_hours(1) };
    substances(tx, &mut ids)?;
    methods(tx, &mut ids, began)?;
    limits(tx, &ids, checked_by)?;
    plan(tx, &mut ids, began)?;
    Ok(ids)
}

fn places(tx: &mut Tx<'_>, ids: &mut Ids) -> Result<(), SeedError> {
    Laboratory {
        id: 0,
        version: 1,
        name: county::NAME.to_owned(),
        name_en: county::NAME_EN.to_owned(),
        address: county::ADDRESS.to_owned(),
        phone: county::PHONE.to_owned(),
        updated_at: written(tx.at),
    }
    .add(tx)?;
    for (code, name, kind, town) in county::PLACES {
        let place = Place {
            id: 0,
            version: 1,
            code: code.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            town: town.to_owned(),
            address: String::new(),
            retired_at: None,
        };
        ids.places.insert(code, place.add(tx)?);
    }
    for (code, name, kind, town, address, contact) in county::PRODUCERS {
        let producer = Producer {
            id: 0,
            version: 1,
            code: code.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            town: town.to_owned(),
            address: address.to_owned(),
            contact: contact.to_owned(),
            phone: String::new(),
            credit_code: None,
            retired_at: None,
        };
        ids.producers.insert(code, producer.add(tx)?);
    }
    for (code, name, name_en, parent, synonyms) in county::COMMODITIES {
        let commodity = Commodity {
            id: 0,
            version: 1,
            code: code.to_owned(),
            name: name.to_owned(),
            name_en: name_en.to_owned(),
            parent_id: ids.commodities.get(parent).copied(),
            synonyms: synonyms.to_owned(),
            retired_at: None,
        };
        ids.commodities.insert(code, commodity.add(tx)?);
    }
    Ok(())
}

fn instruments(tx: &mut Tx<'_>, ids: &mut Ids, began: Timestamp) -> Result<(), SeedError> {
    let calibrated = zone::day(began).saturating_add(jiff::Span::new().days(365)).to_string();
    for (n, one) in county::INSTRUMENTS.iter().enumerate() {
        let serial = drivers::by_id(one.what.driver()).map_or(drivers::Serial::new(9600), |driver| driver.serial());
        let instrument = Instrument {
            id: 0,
            version: 1,
            code: one.code.to_owned(),
            name: one.name.to_owned(),
            maker: one.maker.to_owned(),
            model: one.model.to_owned(),
            serial_number: format!("QK-DEMO-{:03}", n + 1),
            driver: one.what.driver().to_owned(),
            transport: "serial".to_owned(),
            address: String::new(),
            baud: i64::from(serial.baud),
            data_bits: i64::from(serial.data_bits),
            parity: serial.parity.to_string(),
            stop_bits: i64::from(serial.stop_bits),
            bench_id: ids.places.get(one.bench).copied(),
            control_position: one.control_position.map(str::to_owned),
            calibrated_to: Some(calibrated.clone()),
            line_enabled_at: Some(written(began)),
            retired_at: None,
            agent_id: None,
            file_pattern: None,
            settle_seconds: None,
            orders: None,
            speaks_every: one.speaks_every,
            working_days: one.speaks_every.map(|_| "1-5".to_owned()),
            working_hours: one.speaks_every.map(|_| "08:00-18:00".to_owned()),
            data_system: one.data_system.map(str::to_owned),
        };
        ids.instruments.insert(one.code, instrument.add(tx)?);
    }
    Ok(())
}

fn substances(tx: &mut Tx<'_>, ids: &mut Ids) -> Result<(), SeedError> {
    for (code, name, name_en, kind, cas, ban) in county::ANALYTES {
        let analyte = Analyte {
            id: 0,
            version: 1,
            code: code.to_owned(),
            name: name.to_owned(),
            name_en: name_en.to_owned(),
            kind: kind.to_owned(),
            cas: (!cas.is_empty()).then(|| cas.to_owned()),
            banned_from: ban.map(|(from, _)| from.to_owned()),
            banned_scope: ban.map(|_| String::new()),
            banned_basis: ban.map(|(_, basis)| basis.to_owned()),
            retired_at: None,
        };
        ids.analytes.insert(code, analyte.add(tx)?);
    }
    Ok(())
}

fn methods(tx: &mut Tx<'_>, ids: &mut Ids, began: Timestamp) -> Result<(), SeedError> {
    for (code, name, name_en, kind, instrument, from) in county::METHODS {
        let method = Method {
            id: 0,
            version: 1,
            code: code.to_owned(),
            name: name.to_owned(),
            name_en: name_en.to_owned(),
            kind: kind.to_owned(),
            instrument_id: instrument.and_then(|code| ids.instruments.get(code).copied()),
            effective_from: from.to_owned(),
            effective_to: None,
            retired_at: None,
        };
        ids.methods.insert(code, method.add(tx)?);
    }
    for (method, analyte, unit, lod, loq, decimals, threshold) in county::METHOD_ANALYTES {
        MethodAnalyte {
            id: 0,
            version: 1,
            method_id: known(&ids.methods, method)?,
            analyte_id: known(&ids.analytes, analyte)?,
            unit: unit.to_owned(),
            lod: lod.map(str::to_owned),
            loq: loq.map(str::to_owned),
            decimals,
            threshold: threshold.map(str::to_owned),
            retired_at: None,
        }
        .add(tx)?;
    }
    for (instrument, code, unit, analyte, to_unit, factor) in county::MAPS {
        AnalyteMap {
            id: 0,
            version: 1,
            instrument_id: known(&ids.instruments, instrument)?,
            code: code.to_owned(),
            unit: unit.to_owned(),
            analyte_id: known(&ids.analytes, analyte)?,
            to_unit: to_unit.to_owned(),
            factor: factor.to_owned(),
            created_at: written(began),
            retired_at: None,
        }
        .add(tx)?;
    }
    for (code, name, method, analyte, unit, mean, s) in county::CONTROLS {
        ControlMaterial {
            id: 0,
            version: 1,
            code: code.to_owned(),
            name: name.to_owned(),
            lot: "2026-03".to_owned(),
            method_id: known(&ids.methods, method)?,
            analyte_id: known(&ids.analytes, analyte)?,
            unit: unit.to_owned(),
            mean: mean.to_owned(),
            s: s.to_owned(),
            valid_from: zone::day(began).to_string(),
            valid_to: None,
            retired_at: None,
        }
        .add(tx)?;
    }
    Ok(())
}

fn limits(tx: &mut Tx<'_>, ids: &Ids, checked_by: Option<i64>) -> Result<(), SeedError> {
    for (analyte, commodity, written, value, excludes, clause) in county::LIMITS {
        LimitValue {
            id: 0,
            version: 1,
            analyte_id: known(&ids.analytes, analyte)?,
            commodity_id: known(&ids.commodities, commodity)?,
            written: written.to_owned(),
            requirement: "max".to_owned(),
            value: Some(value.to_owned()),
            unit: "mg/kg".to_owned(),
            basis: String::new(),
            kind: "mrl".to_owned(),
            excludes: excludes.to_owned(),
            standard: "GB 2763-2026".to_owned(),
            clause: clause.to_owned(),
            effective_from: "2026-03-01".to_owned(),
            effective_to: None,
            temporary_since: None,
            source: "GB 2763-2026".to_owned(),
            checked_by,
        }
        .add(tx)?;
    }
    // GB 2762: aflatoxin M1 in milk and milk products, 0.5 μg/kg.
    LimitValue {
        id: 0,
        version: 1,
        analyte_id: known(&ids.analytes, "AFM1")?,
        commodity_id: known(&ids.commodities, "RAWMILK")?,
        written: "生乳".to_owned(),
        requirement: "max".to_owned(),
        value: Some("0.5".to_owned()),
        unit: "μg/kg".to_owned(),
        basis: String::new(),
        kind: "other".to_owned(),
        excludes: String::new(),
        standard: "GB 2761-2017".to_owned(),
        clause: String::new(),
        effective_from: "2017-09-17".to_owned(),
        effective_to: None,
        temporary_since: None,
        source: "GB 2761-2017".to_owned(),
        checked_by,
    }
    .add(tx)?;
    Ok(())
}

fn plan(tx: &mut Tx<'_>, ids: &mut Ids, began: Timestamp) -> Result<(), SeedError> {
    let year = zone::day(began).year();
    let plan = Plan {
        id: 0,
        version: 1,
        code: format!("XW-{year}-01"),
        name: format!("{year} 年雪沃县农产品质量安全例行监测计划"),
        kind: "routine".to_owned(),
        starts_on: format!("{year}-01-01"),
        ends_on: format!("{year}-12-31"),
        created_at: written(began),
    }
    .add(tx)?;
    for (commodity, quota) in county::PLAN {
        let item = PlanItem {
            id: 0,
            version: 1,
            plan_id: plan,
            commodity_id: known(&ids.commodities, commodity)?,
            place_id: None,
            method_id: None,
            quota,
        };
        ids.plan_items.insert(commodity, item.add(tx)?);
    }
    Ok(())
}

fn known(ids: &std::collections::BTreeMap<&'static str, i64>, code: &str) -> Result<i64, SeedError> {
    ids.get(code).copied().ok_or_else(|| SeedError::refused("set-up", format!("no '{code}' in the county")))
}
