//! How bytes become messages.

pub mod astm;
pub mod block;
pub mod control;
pub mod dayuan;
pub mod dayuan_cutter;
pub mod dayuan_device;
pub mod dayuan_host;
pub mod dayuan_xor;
pub mod elitech;
pub mod held;
pub mod json_array;
pub mod line;
pub mod luminometer;
pub mod mllp;
pub mod modbus_rtu;
pub mod photometer;
pub mod stx_etx;
pub mod taiyang;
pub mod until;
pub mod vidas;
pub mod whole;
