//! Instruments that are not there: each speaks its real protocol over a real pseudo-terminal.

#[cfg(unix)]
pub mod pty;
