//! An analysis: one analyte ordered on one sample by one method, from the order to the approved value.

pub mod again;
pub mod dispatch;
pub mod inhibition;
pub mod mapping;
pub mod matching;
pub mod order;
pub mod rack;
pub mod sequence;
pub mod status;
pub mod value;
