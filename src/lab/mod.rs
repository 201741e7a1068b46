//! The laboratory's rules, pure: no database, no page, no line, no clock. Time and person are arguments.

pub mod analysis;
pub mod custody;
pub mod people;
pub mod sampling;
pub mod words;
pub mod session;
