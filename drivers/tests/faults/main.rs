//! What goes wrong on a serial line, case by case: general cases on every serial driver of the list with its recordings,
//! special ones where a protocol has what the case is about.
//!
//! Elsewhere: damage that a check can see (corruption.rs), any cut of any bytes (laws.rs), a frame that is sent six
//! times and given up and both sides asking at once (the tests of `link::astm::Sender`).

mod any_line;
mod frames;
mod line;
#[path = "../recordings/mod.rs"]
mod recordings;
mod values;
