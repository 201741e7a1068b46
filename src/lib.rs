//! Qingke: from an instrument's bytes to a public page. `ARCHITECTURE.md` has the map and the never-rules.

pub mod config;
pub mod lab;
pub mod web;
