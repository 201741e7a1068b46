//! Control characters of ISO 646 that links use.

pub const STX: u8 = 0x02;
pub const ETX: u8 = 0x03;
pub const EOT: u8 = 0x04;
pub const ENQ: u8 = 0x05;
pub const ACK: u8 = 0x06;
pub const LF: u8 = 0x0A;
pub const VT: u8 = 0x0B;
pub const CR: u8 = 0x0D;
pub const NAK: u8 = 0x15;
pub const ETB: u8 = 0x17;
pub const FS: u8 = 0x1C;
pub const GS: u8 = 0x1D;
pub const RS: u8 = 0x1E;
