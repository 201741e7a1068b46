//! What leaves the laboratory, and the record that shows it was not changed afterwards.

pub mod document;
pub mod ledger;
pub mod publication;
pub mod redaction;
