//! The laboratory's rules, pure: no database, no page, no line, no clock. Time and person are arguments.

pub mod people;
