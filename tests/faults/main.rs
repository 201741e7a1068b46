//! Faults of the outside world against the built program: `qingke agent` on a bench, `qingke serve` as its hub, and
//! instruments that remember what was acknowledged to them. What is proved, and by which command: `docs/proofs.md`.
#![cfg(unix)]

mod again;
mod alone;
mod bench;
mod calls;
mod check;
mod clock;
mod disk;
#[path = "../common/engines.rs"]
mod engines;
mod instruments;
mod kills;
mod power;
mod unplug;
