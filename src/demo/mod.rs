//! A laboratory to look at: what stands in it, and the instruments that talk.

pub mod instruments;
