//! What must be true of frames: those that were acknowledged are there, nothing is there twice, all stand in the order
//! in which they were sent. Each frame carries a number of its own, `Q` and eight digits, counted up on its line.

use std::collections::BTreeSet;
use std::fmt;

/// What is wrong with the frames of one line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Acknowledged and not there.
    pub lost: Vec<u64>,
    /// There more than once.
    pub doubled: Vec<u64>,
    /// There before one that was sent earlier.
    pub early: Vec<u64>,
    /// There although they were never sent.
    pub invented: Vec<u64>,
}

impl Faults {
    pub fn none(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named =
            [("lost", &self.lost), ("doubled", &self.doubled), ("early", &self.early), ("invented", &self.invented)];
        for (name, numbers) in named.into_iter().filter(|(_, numbers)| !numbers.is_empty()) {
            let first = numbers.iter().take(10).collect::<Vec<_>>();
            write!(out, "{} {name}, first {first:?}; ", numbers.len())?;
        }
        Ok(())
    }
}

/// Holds what is `there`, in its order, against what was acknowledged; numbers up to `sent` were sent.
pub fn frames(there: &[u64], acknowledged: &[u64], sent: u64) -> Faults {
    let mut faults = Faults::default();
    let mut seen = BTreeSet::new();
    for &number in there {
        if number == 0 || number > sent {
            faults.invented.push(number);
        }
        if seen.last().is_some_and(|last| *last > number) {
            faults.early.extend(seen.last());
        }
        if !seen.insert(number) {
            faults.doubled.push(number);
        }
    }
    faults.lost = acknowledged.iter().copied().filter(|number| !seen.contains(number)).collect();
    faults
}

/// A frame's number as its text carries it.
pub fn mark(number: u64) -> String {
    format!("Q{number:08}")
}

/// The numbers in a stretch of bytes.
pub fn marks(bytes: &[u8]) -> Vec<u64> {
    let number = |window: &[u8]| match window.split_first() {
        Some((b'Q', digits)) if digits.iter().all(u8::is_ascii_digit) => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    };
    bytes.windows(9).filter_map(number).collect()
}

#[test]
fn the_check_itself_finds_a_lost_a_doubled_a_swapped_and_an_invented_frame() {
    let acknowledged = [1, 2, 4];
    assert!(frames(&[1, 2, 4], &acknowledged, 4).none());
    assert!(frames(&[1, 2, 3, 4], &acknowledged, 4).none(), "kept, and the answer did not get through");
    assert_eq!(frames(&[1, 4], &acknowledged, 4).lost, [2]);
    assert_eq!(frames(&[1, 2, 2, 4], &acknowledged, 4).doubled, [2]);
    assert_eq!(frames(&[1, 4, 2], &acknowledged, 4).early, [4]);
    assert_eq!(frames(&[1, 2, 4, 9], &acknowledged, 4).invented, [9]);
    assert_eq!(marks(b"R|1|Q00000017|x\rQ0000001Q00000018"), [17, 18]);
}
