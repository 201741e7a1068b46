//! The only room that speaks to a database. It decides nothing: rows stay private, `lab` judges.

pub mod agents;
pub mod analyses;
pub mod archive;
pub mod batches;
pub mod catalogue;
pub mod chromatograms;
mod conn;
pub mod containers;
pub mod controls;
pub mod dispatches;
mod error;
pub mod founding;
pub mod hearing;
mod instant;
pub mod intake;
pub mod journal;
mod ledger;
pub mod loadings;
mod migrations;
pub mod people;
pub mod plans;
mod pool;
pub mod profiles;
mod publication_facts;
pub mod publications;
pub mod published;
pub mod readings;
mod recorded;
pub mod regulation;
pub mod samples;
pub mod scans;
mod schema;
mod search;
pub mod sequence;
pub mod sessions;
pub mod setup;
mod tables;
pub mod today;
pub mod transmissions;
pub mod verify;
pub mod work;

#[cfg(test)]
pub(crate) mod trial;

pub use conn::{Conn, Store};
pub use error::StoreError;
pub use ledger::Tx;
