//! For the tests of this room: a migrated store on each engine, and a small laboratory in it.

#[path = "../../tests/common/engines.rs"]
pub(crate) mod engines;

use diesel::prelude::*;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::conn::Store;
use super::error::StoreError;
use super::ledger::Tx;
use super::schema::{instrument, place, transmission};
use crate::lab::digest::hex;
use crate::lab::people::Who;

pub(in crate::store) fn for_each_engine(work: impl Fn(&Store)) {
    engines::each(|url| {
        let store = Store::open(url).expect("an open store");
        store.migrate().expect("a migrated store");
        work(&store);
    });
}

pub(in crate::store) fn at() -> Timestamp {
    "2026-03-01T08:00:00.481Z".parse().expect("an instant")
}

/// What one transmission brought: no text, and every byte but one that would need an escape in JSON.
pub(in crate::store) const BYTES: &[u8] = b"\x05\x02\x00\xff\xe9\x9d\x92\"\\\n\x04";

/// Three places, the second moved once; a balance; one transmission of it.
pub(in crate::store) fn furnish(store: &Store) {
    store
        .write(&Who::Program, at(), |tx| {
            for (code, name, town) in [("K1", "收样室", "城关镇"), ("K2", "天平室", "东坝镇"), ("K3", "冷库", "城关镇")]
            {
                add_place(tx, code, name, town)?;
            }
            diesel::update(place::table.find(2)).set(place::town.eq("西坝镇")).execute(tx.conn)?;
            tx.record("config.changed", "place", 2, Some("搬迁"))?;
            add_balance(tx)?;
            let id = diesel::insert_into(transmission::table)
                .values((
                    transmission::instrument_id.eq(1),
                    transmission::epoch.eq("0".repeat(32)),
                    transmission::seq.eq(1),
                    transmission::started_at.eq("2026-03-01T08:00:00.000Z"),
                    transmission::ended_at.eq("2026-03-01T08:00:01.000Z"),
                    transmission::state.eq("complete"),
                    transmission::chunks.eq("[]"),
                    transmission::sha256.eq(hex(&Sha256::digest(BYTES))),
                    transmission::bytes.eq(BYTES),
                ))
                .returning(transmission::id)
                .get_result::<i64>(tx.conn)?;
            tx.record("raw.captured", "transmission", id, None)
        })
        .expect("a furnished laboratory");
}

pub(in crate::store) fn add_place(tx: &mut Tx<'_>, code: &str, name: &str, town: &str) -> Result<i64, StoreError> {
    let id = diesel::insert_into(place::table)
        .values((
            place::code.eq(code),
            place::name.eq(name),
            place::kind.eq("room"),
            place::town.eq(town),
            place::address.eq("\"三楼\"\\东\n"),
        ))
        .returning(place::id)
        .get_result(tx.conn)?;
    tx.record("config.added", "place", id, None)?;
    Ok(id)
}

fn add_balance(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let id = diesel::insert_into(instrument::table)
        .values((
            instrument::code.eq("BAL-1"),
            instrument::name.eq("天平"),
            instrument::maker.eq("Mettler"),
            instrument::model.eq("XPR"),
            instrument::serial_number.eq("B1"),
            instrument::driver.eq("mt-sics"),
            instrument::transport.eq("serial"),
            instrument::address.eq("port"),
            instrument::baud.eq(9600),
            instrument::data_bits.eq(8),
            instrument::parity.eq("none"),
            instrument::stop_bits.eq(1),
            instrument::bench_id.eq(2),
        ))
        .returning(instrument::id)
        .get_result(tx.conn)?;
    tx.record("config.added", "instrument", id, None)?;
    Ok(id)
}
