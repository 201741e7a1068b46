//! What the laboratory expects of the lines to its instruments: when they must speak, and what their clocks say.

pub mod clock;
pub mod silence;

/// A profile that lines still read with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("lines that are switched on read with it: {}", .0.join(", "))]
pub struct InUse(pub Vec<String>);

/// Whether a profile may be retired: not while a line that is switched on reads with it, for what such a line says would
/// then be read by nobody.
pub fn may_retire(running: Vec<String>) -> Result<(), InUse> {
    if running.is_empty() { Ok(()) } else { Err(InUse(running)) }
}
