//! How bytes become messages.

pub mod dayuan;
pub mod dayuan_host;
pub mod dayuan_xor;
pub mod held;
pub mod line;
pub mod modbus_rtu;
pub mod taiyang;
pub mod whole;
