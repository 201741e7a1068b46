//! The one written form of an instant: UTC, RFC 3339, exactly milliseconds, so that text sorts and hashes alike everywhere.

use jiff::Timestamp;

use super::error::StoreError;

/// `2026-11-24T03:10:22.481Z`
pub(in crate::store) fn written(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Reads what [`written`] wrote in a row of `table`.
pub(in crate::store) fn read(table: &'static str, id: i64, text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|error| StoreError::corrupt(table, id, error))
}
