//! Frames of the Dayuan testers that start with 7E: command, length, data, check, end.
//! From public drivers of these instruments: one start byte, two check rules, two end bytes, two length orders.
//!
//! How the wire is cut into them: [`cutter`](super::dayuan_cutter).

/// First byte of every frame.
pub const START: u8 = 0x7E;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Polynomial 31, start 00, not reflected, over command, length and data.
    Crc8,
    /// Sum of the same bytes, modulo 256.
    Sum8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    LowFirst,
    HighFirst,
}

/// How one firmware frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    pub check: Check,
    pub order: Order,
    pub end: u8,
}

/// LZ-4000, TL-310, mycotoxin reader.
pub const CRC_AA: Variant = Variant { check: Check::Crc8, order: Order::LowFirst, end: 0xAA };
/// Photometer module.
pub const SUM_7E: Variant = Variant { check: Check::Sum8, order: Order::LowFirst, end: 0x7E };
/// Dry-chemistry module, photometer channel groups.
pub const SUM_AA: Variant = Variant { check: Check::Sum8, order: Order::LowFirst, end: 0xAA };
/// Gold scanner of 2018.
pub const SUM_7E_HIGH: Variant = Variant { check: Check::Sum8, order: Order::HighFirst, end: 0x7E };
/// Newer gold module.
pub const CRC_7E: Variant = Variant { check: Check::Crc8, order: Order::LowFirst, end: 0x7E };

/// Every variant seen, the usual one first.
pub const EVERY: &[Variant] = &[CRC_AA, CRC_7E, SUM_AA, SUM_7E, SUM_7E_HIGH];

/// CRC-8 with polynomial 31, start 00, not reflected.
pub fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc: u8, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 != 0 { (crc << 1) ^ 0x31 } else { crc << 1 })
    })
}

pub fn sum8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// A frame as `variant` writes it. Data longer than a length field can say is cut.
pub fn frame(command: u8, data: &[u8], variant: Variant) -> Vec<u8> {
    let len = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let len = match variant.order {
        Order::LowFirst => len.to_le_bytes(),
        Order::HighFirst => len.to_be_bytes(),
    };
    let mut frame = vec![START, command];
    frame.extend_from_slice(&len);
    frame.extend(data.iter().take(usize::from(u16::MAX)));
    let check = variant.check.of(frame.get(1..).unwrap_or_default());
    frame.extend([check, variant.end]);
    frame
}

impl Check {
    pub fn of(self, bytes: &[u8]) -> u8 {
        match self {
            Self::Crc8 => crc8(bytes),
            Self::Sum8 => sum8(bytes),
        }
    }
}

/// A frame's command and data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    pub command: u8,
    pub data: &'a [u8],
}

/// Command and data of a frame that was cut right.
pub fn open(frame: &[u8]) -> Option<Frame<'_>> {
    let data = frame.get(4..frame.len().checked_sub(2)?)?;
    Some(Frame { command: *frame.get(1)?, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_rules_agree_with_the_published_examples() {
        assert_eq!(crc8(b"123456789"), 0xA2);
        for (variant, command, data, expected) in [
            (CRC_AA, 0x02, &[0xFF, 0x02, 0x10, 0x10][..], "7E 02 04 00 FF 02 10 10 F8 AA"),
            (CRC_7E, 0x15, &[], "7E 15 00 00 CB 7E"),
            (SUM_7E, 0x15, &[], "7E 15 00 00 15 7E"),
            (SUM_AA, 0x11, &[0x01, 0x32], "7E 11 02 00 01 32 46 AA"),
            (SUM_7E_HIGH, 0x02, &[0x01, 0x10, 0x13], "7E 02 00 03 01 10 13 29 7E"),
        ] {
            let built = frame(command, data, variant);
            let hex: Vec<String> = built.iter().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(hex.join(" "), expected);
            assert_eq!(open(&built), Some(Frame { command, data }));
        }
    }
}
