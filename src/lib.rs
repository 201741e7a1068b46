//! Qingke: from an instrument's bytes to a public page. `ARCHITECTURE.md` has the map and the never-rules.

pub mod acquire;
pub mod chart;
pub mod cli;
pub mod config;
pub mod demo;
pub mod hub;
pub mod lab;
pub mod report;
pub mod store;
pub mod web;
