//! A sample: the sampling form (抽样单), the plan it belongs to, and where it stands.

pub mod codes;
pub mod form;
pub mod plan;
pub mod sample;
