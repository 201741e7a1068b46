//! One file per instrument family, and the list of all of them.

mod dayuan_7e;

use crate::contract::Profile;

/// Every driver. A new instrument is one file, one recorded conversation and one line here.
pub static ALL: &[&Profile] = &[&dayuan_7e::PROFILE];

/// The driver with this id.
pub fn by_id(id: &str) -> Option<&'static Profile> {
    ALL.iter().copied().find(|profile| profile.id == id)
}
