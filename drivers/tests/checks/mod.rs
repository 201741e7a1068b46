//! A second, simple implementation of the checks that instruments put into their frames, from their descriptions and
//! not from the drivers: what the corruption tests and the fuzz targets judge drivers by.

/// How a frame is found and checked, as the makers describe it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// From STX through `end`, a sum modulo 256 as two hexadecimal digits behind it, over what follows STX.
    SumBehind {
        end: u8,
    },
    /// From STX to ETX, a sum modulo 256 of all between as the last two digits before ETX.
    SumBeforeEtx,
    /// The last byte is the sum of all before it.
    SumOfAll,
    /// 7E, command, length, data, CRC-8 or sum, end: which of them, a tester does not say.
    Dayuan,
    /// Twelve bytes of head: the eleventh is the exclusive or of the ten before it, the twelfth that of the data.
    Xor,
    Crc16,
}

pub fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

pub fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |xor, byte| xor ^ byte)
}

/// Long division by x^8 + x^5 + x^4 + 1, a bit at a time.
pub fn crc8(bytes: &[u8]) -> u8 {
    let mut rest: u16 = 0;
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| (byte >> at) & 1)).chain([0; 8]) {
        rest = (rest << 1) | u16::from(bit);
        if rest & 0x100 != 0 {
            rest ^= 0x131;
        }
    }
    u8::try_from(rest).unwrap()
}

/// Shifted to the right by x^16 + x^15 + x^2 + 1, from all ones.
pub fn crc16(bytes: &[u8]) -> u16 {
    let mut crc: u16 = 0xFFFF;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
        }
    }
    crc
}

impl Check {
    /// Whether some stretch of these bytes is a frame whose check holds: then no receiver can refuse it.
    pub fn holds(self, bytes: &[u8]) -> bool {
        let digit = |at: usize| bytes.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let hex = |at: usize| u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok();
        let starts = |start: u8| (0..bytes.len()).filter(move |at| bytes[*at] == start);
        let next = |from: usize, end: u8| bytes[from..].iter().position(|byte| *byte == end).map(|at| from + at);
        match self {
            Self::SumBehind { end } => starts(2).any(|at| {
                // A second end byte inside is a shorter frame, and the first that ends decides.
                (at + 1..bytes.len())
                    .filter(|stop| bytes[*stop] == end || (end == 3 && bytes[*stop] == 0x17))
                    .any(|stop| hex(stop + 1) == Some(sum(&bytes[at + 1..=stop])))
            }),
            Self::SumBeforeEtx => starts(2).any(|at| {
                next(at, 3).is_some_and(|stop| stop >= at + 3 && hex(stop - 2) == Some(sum(&bytes[at + 1..stop - 2])))
            }),
            Self::SumOfAll => (0..bytes.len().saturating_sub(1)).any(|at| {
                let frame = &bytes[at..];
                frame.split_last().is_some_and(|(check, said)| *check == sum(said))
            }),
            Self::Dayuan => starts(0x7E).any(|at| {
                let Some([low, high]) = bytes.get(at + 2..at + 4).map(|len| [len[0], len[1]]) else { return false };
                [u16::from_le_bytes([low, high]), u16::from_be_bytes([low, high])].into_iter().any(|len| {
                    let stop = at + 4 + usize::from(len);
                    let Some(tail) = bytes.get(stop..stop + 2) else { return false };
                    let said = &bytes[at + 1..stop];
                    matches!(tail[1], 0x7E | 0xAA) && (tail[0] == crc8(said) || tail[0] == sum(said))
                })
            }),
            Self::Xor => starts(3).any(|at| {
                let Some(head) = bytes.get(at..at + 12) else { return false };
                let len = usize::from(u16::from_le_bytes([head[8], head[9]]));
                let data = bytes.get(at + 12..at + 12 + len);
                head[10] == xor(&head[..10]) && data.is_some_and(|data| head[11] == xor(data))
            }),
            Self::Crc16 => bytes.len() >= 4 && crc16(bytes) == 0,
        }
    }
}
