//! Quality control: batches, control materials, the Levey–Jennings chart and the Westgard rules (GB/T 27025-2019 7.7).

pub mod batch;
pub mod chart;
pub mod material;
pub mod measured;
pub mod westgard;
