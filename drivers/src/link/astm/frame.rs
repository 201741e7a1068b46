//! One frame: `STX number text ETB|ETX C1 C2 CR LF` (LIS01-A2 6.3.1).

use crate::link::control::{CR, ETB, ETX, LF, STX};

/// Characters of text in a frame of 247 (E1381-95).
pub const SHORT: usize = 240;
/// Characters of text in a frame of 64 000 (LIS01-A2).
pub const LONG: usize = 63_993;

/// Sum modulo 256 of the bytes from the frame number through ETB or ETX: bytes as they stand on the wire, never
/// characters.
pub fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// The frame with this number (taken modulo 8); `last` ends the text with ETX, otherwise more follows after ETB.
pub fn frame(number: u8, text: &[u8], last: bool) -> Vec<u8> {
    let mut checked = vec![b'0' + number % 8];
    checked.extend_from_slice(text);
    checked.push(if last { ETX } else { ETB });
    let mut frame = vec![STX];
    frame.extend_from_slice(&checked);
    frame.extend_from_slice(format!("{:02X}", checksum(&checked)).as_bytes());
    frame.extend_from_slice(&[CR, LF]);
    frame
}

/// Cuts a message into frames of at most `limit` characters of text ([`SHORT`] or [`LONG`]), numbered 1..7, 0, 1...
pub fn frames(message: &[u8], limit: usize) -> Vec<Vec<u8>> {
    let cuts = message.chunks(limit.max(1));
    let count = cuts.len();
    cuts.zip(1usize..).map(|(text, number)| frame((number % 8) as u8, text, number == count)).collect()
}

/// What a checked frame holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub number: u8,
    pub text: &'a [u8],
    /// Ended with ETX: the record is complete even where its CR is missing.
    pub ends_record: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_is_over_bytes_and_not_over_characters() {
        let text = "2P|1|样品一\r\u{3}".as_bytes();
        let bytes: u32 = text.iter().map(|b| u32::from(*b)).sum();
        assert_eq!(u32::from(checksum(text)), bytes % 256);
        let characters: u32 = "2P|1|样品一\r\u{3}".chars().map(u32::from).sum();
        assert_ne!(u32::from(checksum(text)), characters % 256);
    }

    #[test]
    fn a_long_message_is_cut_and_numbered_from_one_through_seven_to_zero() {
        let message = vec![b'x'; SHORT * 8 + 1];
        let frames = frames(&message, SHORT);
        let numbers: Vec<u8> = frames.iter().map(|f| f[1]).collect();
        assert_eq!(numbers, b"123456701");
        assert!(frames.iter().all(|f| f.len() <= 247));
        assert_eq!(frames[0][1 + 1 + SHORT], ETB);
        assert_eq!(frames[8], frame(1, b"x", true));
    }
}
