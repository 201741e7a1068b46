//! The ledger: every act is a leaf of one append-only Merkle tree (RFC 6962, SHA-256).
//!
//! A leaf is public and names nobody; what it commits to stays private until someone opens it. The stored form is that
//! of C2SP tlog-tiles, so that signing and publishing can follow without a leaf being touched.

pub mod content;
pub mod leaf;
pub mod proof;
#[cfg(test)]
mod tests;
pub mod tree;
