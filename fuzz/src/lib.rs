//! What must hold for any bytes: the laws that the fuzz targets assert. They are those of drivers/tests/laws.rs, and more
//! of them, because here each is tried millions of times.

pub mod laws;
pub mod memory;
pub mod workbook;

/// The check that the frames of a driver carry, by a second implementation.
#[path = "../../drivers/tests/checks/mod.rs"]
pub mod checks;
