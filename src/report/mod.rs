//! What is printed: labels now, reports and certificates beside them.

pub mod barcode;
pub mod label;
pub mod zpl;
