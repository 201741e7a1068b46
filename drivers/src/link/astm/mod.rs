//! ASTM E1381 / CLSI LIS01-A2: the low-level protocol of clinical analysers, both sides of it.
//!
//! Truth: LIS01-A2 sections 6.3 to 6.5 as public implementations and captures show it; what real instruments do
//! differently is tolerated where it is harmless and named where it is.

mod assembly;
mod frame;
mod host;
mod receiver;
mod sender;

pub use frame::{LONG, SHORT, checksum, frame, frames};
pub use host::Host;
pub use receiver::Receiver;
pub use sender::{Outcome, Role, Sender, Turn};
