//! Grammars several instruments share.

pub mod encodings;
pub mod lis02;
pub mod numbers;
pub mod times;
