//! Instrument protocols and formats, pure: bytes in, readings out.
//!
//! Nothing here opens a port, reads a file or asks a clock. A [`Link`] turns what the wire says into [`Event`]s, a
//! [`Driver`] (code, or a device described in TOML) says what a message means. Both are decided by the same bytes every time, so a recorded conversation
//! is a complete test of an instrument.

#![deny(clippy::disallowed_methods, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

pub mod contract;
pub mod conversation;
pub mod decode;
pub mod described;
pub mod driver;
pub mod format;
pub mod instruments;
pub mod link;

pub use contract::*;
pub use driver::Driver;
pub use instruments::{all, by_id};
