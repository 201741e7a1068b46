//! Quality control: control materials, the Levey–Jennings chart and the Westgard rules (GB/T 27025-2019 7.7).

pub mod chart;
pub mod material;
pub mod westgard;
