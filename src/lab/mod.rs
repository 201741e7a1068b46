//! The laboratory's rules, pure: no database, no page, no line, no clock. Time and person are arguments.

#![deny(clippy::disallowed_methods, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

pub mod analysis;
pub mod catalogue;
pub mod chromatography;
pub mod custody;
pub mod digest;
pub mod disclosure;
pub mod line;
pub mod people;
pub mod qc;
pub mod regulation;
pub mod sampling;
pub mod session;
pub mod words;
pub mod zone;
