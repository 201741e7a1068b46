//! Bytes from instruments: ports, lines and sessions; kept in the journal before they are answered, then delivered.

pub mod agent;
pub mod clock;
pub mod configured;
pub mod courier;
pub mod folder;
pub mod intake;
pub mod lines;
pub mod live;
pub mod mouth;
pub mod outbox;
pub mod parcel;
pub mod port;
pub mod pruning;
pub mod replay;
pub mod session;
#[cfg(test)]
mod tests;

pub use courier::{Intake, IntakeError, Receipt};
pub use lines::{LineConfig, Lines};
pub use live::{LineEvent, LineState, Word};
pub use mouth::Saying;
pub use port::{PortFault, Transport};

pub use crate::store::journal::{ChunkKind, Epoch, SourceFile, State, Stretch, Transmission};
