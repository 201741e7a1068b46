//! Cuts the wire into the frames of [`dayuan`](super::dayuan).
//!
//! There is no byte stuffing: 7E and AA occur inside data. So a frame is cut by its length, then checked; where that
//! fails, the search goes on one byte later.

use super::dayuan::{Order, START, Variant};
use super::held::{Held, noise, refused};
use crate::contract::{Event, Fault};

/// Start, command, length before the data; check and end after it.
const AROUND: usize = 6;

/// The longest known data are 483 bytes (a strip curve of 241 points); more is a length byte read from noise.
const LONGEST: usize = 512;

/// Noise is given away in stretches of this length, so that a wrong baud rate does not fill the memory.
const NOISE: usize = 1024;

/// Right frames among the first bytes of a file, to recognise it by.
pub fn frames_in(bytes: &[u8], variants: &'static [Variant]) -> Vec<Vec<u8>> {
    const ENOUGH: usize = 4096;
    let mut cutter = Cutter::new(variants);
    cutter.push(bytes.get(..bytes.len().min(ENOUGH)).unwrap_or_default());
    let frame = |cut| if let Cut::Frame { wire, .. } = cut { Some(wire) } else { None };
    cutter.filter_map(frame).collect()
}

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// A right frame of this length.
    Frame(usize),
    /// A frame of this length, with its end byte where it should be, but not its check.
    Wrong {
        len: usize,
        found: u8,
        computed: u8,
    },
    /// It could become a frame.
    Unfinished,
    Nothing,
}

/// Cuts the wire into frames of the given variants.
pub struct Cutter {
    held: Held,
    variants: &'static [Variant],
    /// How many held bytes begin no frame.
    passed: usize,
    /// Nothing more will come: no frame is waited for.
    over: bool,
}

/// One stretch of the wire, as the cutter sees it.
pub enum Cut {
    /// A right frame and the place of its first byte in the transmission.
    Frame {
        wire: Vec<u8>,
        offset: usize,
    },
    Other(Event),
}

impl Cutter {
    pub fn new(variants: &'static [Variant]) -> Self {
        Self { held: Held::default(), variants, passed: 0, over: false }
    }

    /// A new transmission begins with the next byte.
    pub fn restart(&mut self) {
        self.held.restart();
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.held.push(bytes);
    }

    /// How much of the first `len` bytes, whose check is wrong, is refused: up to a right frame that begins inside of them,
    /// because then it was the length that was wrong. `None`: one may begin there whose end has not come yet.
    fn refused(&self, len: usize) -> Option<usize> {
        for at in 1..len {
            match look(self.held.bytes().get(at..).unwrap_or_default(), self.variants) {
                Found::Frame(_) => return Some(at),
                Found::Unfinished if !self.over => return None,
                Found::Unfinished | Found::Wrong { .. } | Found::Nothing => {}
            }
        }
        Some(len)
    }

    /// The next stretch in silence: what began like a frame and did not end is none, so whatever lies behind its start byte
    /// counts. Who [restarts](Self::restart) does so between two stretches.
    pub fn give_up(&mut self) -> Option<Cut> {
        self.over = true;
        let mut cut = self.next();
        while cut.is_none() && !self.held.is_empty() {
            self.passed = (self.passed + 1).min(self.held.bytes().len());
            cut = self.next();
            if cut.is_none() && self.passed >= self.held.bytes().len() {
                self.passed = 0;
                cut = Some(Cut::Other(self.torn()));
            }
        }
        self.over = false;
        cut
    }

    fn torn(&mut self) -> Event {
        let offset = self.held.offset();
        let wire = self.held.take_all();
        if wire.first() == Some(&START) && wire.len() > 3 {
            let fault = Fault::Short { offset: offset + wire.len(), expected: "the rest of a frame" };
            return refused(wire, fault);
        }
        noise(wire)
    }
}

impl Iterator for Cutter {
    type Item = Cut;

    /// The next stretch, if it can be told already.
    fn next(&mut self) -> Option<Cut> {
        loop {
            let rest = self.held.bytes().get(self.passed..).unwrap_or_default();
            let ready = match look(rest, self.variants) {
                Found::Nothing if rest.is_empty() => return None,
                Found::Nothing if self.passed + 1 < NOISE => {
                    self.passed += 1;
                    continue;
                }
                Found::Nothing => {
                    self.passed = 0;
                    return Some(Cut::Other(noise(self.held.take(NOISE))));
                }
                Found::Unfinished => return None,
                ready => ready,
            };
            if self.passed > 0 {
                let before = std::mem::take(&mut self.passed);
                return Some(Cut::Other(noise(self.held.take(before))));
            }
            let offset = self.held.offset();
            return Some(match ready {
                Found::Frame(len) => Cut::Frame { wire: self.held.take(len), offset },
                Found::Wrong { len, found, computed } => {
                    let len = self.refused(len)?;
                    let fault =
                        Fault::Checksum { offset, found: format!("{found:02X}"), computed: format!("{computed:02X}") };
                    Cut::Other(refused(self.held.take(len), fault))
                }
                Found::Unfinished | Found::Nothing => return None,
            });
        }
    }
}

/// Shorter readings of the length are tried first, so that it does not matter how much has arrived already.
fn look(bytes: &[u8], variants: &[Variant]) -> Found {
    if bytes.first() != Some(&START) {
        return Found::Nothing;
    }
    let (Some(a), Some(b)) = (bytes.get(2), bytes.get(3)) else { return Found::Unfinished };
    let len_of = |variant: &Variant| match variant.order {
        Order::LowFirst => usize::from(u16::from_le_bytes([*a, *b])),
        Order::HighFirst => usize::from(u16::from_be_bytes([*a, *b])),
    };
    let mut lens: Vec<usize> = variants.iter().map(len_of).filter(|len| *len <= LONGEST).collect();
    lens.sort_unstable();
    lens.dedup();
    let mut wrong = Found::Nothing;
    for len in lens {
        let Some(frame) = bytes.get(..len + AROUND) else { return Found::Unfinished };
        let [.., found, end] = frame else { return Found::Unfinished };
        let checked = frame.get(1..len + 4).unwrap_or_default();
        for variant in variants.iter().filter(|variant| len_of(variant) == len && variant.end == *end) {
            let computed = variant.check.of(checked);
            if computed == *found {
                return Found::Frame(frame.len());
            }
            if wrong == Found::Nothing {
                wrong = Found::Wrong { len: frame.len(), found: *found, computed };
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::dayuan::{CRC_AA, EVERY, frame};

    fn cut(bytes: &[u8]) -> Vec<String> {
        let mut cutter = Cutter::new(EVERY);
        cutter.push(bytes);
        let now: Vec<Cut> = cutter.by_ref().collect();
        now.into_iter()
            .chain(std::iter::from_fn(|| cutter.give_up()))
            .map(|cut| match cut {
                Cut::Frame { wire, offset } => format!("frame at {offset}: {wire:02X?}"),
                Cut::Other(event) => format!("{:?} {:02X?}", event.kind, event.wire),
            })
            .collect()
    }

    #[test]
    fn frames_of_every_variant_are_cut() {
        for variant in EVERY {
            let built = frame(0x15, &[1, 2, 3], *variant);
            assert_eq!(cut(&built), [format!("frame at 0: {built:02X?}")]);
        }
    }

    #[test]
    fn start_and_end_bytes_inside_the_data_cut_nothing() {
        let built = frame(0x11, &[0x7E, 0xAA, 0x7E, 0x00, 0xAA], CRC_AA);
        assert_eq!(cut(&built), [format!("frame at 0: {built:02X?}")]);
    }

    #[test]
    fn a_frame_is_found_behind_noise_that_looks_like_its_start() {
        let good = frame(0x13, &[1, 2, 3], CRC_AA);
        let wire = [&[0xFE, 0x7E, 0x01, 0x20, 0x00][..], &good].concat();
        assert_eq!(cut(&wire).last(), Some(&format!("frame at 5: {good:02X?}")));
    }

    #[test]
    fn a_wrong_check_is_refused_and_the_next_frame_still_counts() {
        let good = frame(0x13, &[1, 2, 3], CRC_AA);
        let mut bad = good.clone();
        bad[4] ^= 0x40;
        let cuts = cut(&[bad, good.clone()].concat());
        assert!(cuts[0].starts_with("Refused(Checksum"), "{cuts:?}");
        assert_eq!(cuts[1], format!("frame at 9: {good:02X?}"));
    }

    #[test]
    fn a_wrong_length_does_not_swallow_the_frame_behind_it() {
        let good = frame(0x13, &[1, 2, 3], CRC_AA);
        // With one byte more than it has, the frame ends with the first byte of the next, which is an end byte too.
        for length in [3 + 9, 3 + 1] {
            let mut bad = good.clone();
            bad[2] = length;
            let cuts = cut(&[bad, good.clone()].concat());
            assert_eq!(cuts.last(), Some(&format!("frame at 9: {good:02X?}")));
        }
    }
}
