//! One file per instrument family, and the list of all of them.

use crate::contract::Profile;

mod astm_lis2;
mod dayuan_7e;
mod mini_vidas;
mod spotchem_el;

/// Every driver. A new instrument is one file, one recorded conversation and one line here.
#[rustfmt::skip] // one line each
pub static ALL: &[&Profile] = &[
    &astm_lis2::PROFILE,
    &dayuan_7e::PROFILE,
    &mini_vidas::PROFILE,
    &spotchem_el::PROFILE,
];

/// The driver with this id.
pub fn by_id(id: &str) -> Option<&'static Profile> {
    ALL.iter().copied().find(|profile| profile.id == id)
}
