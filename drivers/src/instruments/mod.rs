//! One file per instrument family, and the list of all of them.

use crate::contract::Profile;

mod astm_lis2;
mod dayuan_03ff;
mod dayuan_7e;
mod dayuan_bx1;
mod dayuan_dy6260;
mod dayuan_photometer;
mod mini_vidas;
mod modbus_rtu;
mod mt_sics;
mod shimadzu_ascii;
mod shimadzu_quant;
mod spotchem_el;
mod taiyang_ttnj;

/// Every driver. A new instrument is one file, one recorded conversation and one line here.
#[rustfmt::skip] // one line each
pub static ALL: &[&Profile] = &[
    &astm_lis2::PROFILE,
    &dayuan_03ff::PROFILE,
    &dayuan_7e::PROFILE,
    &dayuan_bx1::PROFILE,
    &dayuan_dy6260::PROFILE,
    &dayuan_photometer::PROFILE,
    &mini_vidas::PROFILE,
    &modbus_rtu::PROFILE,
    &mt_sics::PROFILE,
    &shimadzu_ascii::PROFILE,
    &shimadzu_quant::PROFILE,
    &spotchem_el::PROFILE,
    &taiyang_ttnj::PROFILE,
];

/// The driver with this id.
pub fn by_id(id: &str) -> Option<&'static Profile> {
    ALL.iter().copied().find(|profile| profile.id == id)
}
