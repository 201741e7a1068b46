//! Grammars several instruments share.

pub mod arrays;
pub mod cursor;
pub mod dates;
pub mod encodings;
pub mod gs1;
pub mod hl7;
pub mod lis02;
pub mod months;
pub mod netcdf;
pub mod numbers;
pub mod plate;
pub mod printed;
pub mod rows;
pub mod sequence;
pub mod times;
pub mod trace;
pub mod workbook;
pub mod xml;
