//! The only place that speaks Diesel; it keeps and finds, and decides nothing.

pub mod journal;
