//! The demonstration: a fictional county's laboratory, three months old, and the instruments that talk in it.

pub mod county;
pub mod instruments;
pub mod life;
pub mod past;
pub mod seed;
