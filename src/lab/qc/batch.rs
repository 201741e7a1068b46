//! A batch: samples and controls measured together. A rejected control holds it until a person has resolved the control
//! (GB/T 27025-2019 7.7.3), and only a batch that nothing holds is closed.

use super::westgard::Outcome;
use crate::lab::words::names;

names! {
    /// What the controls of a batch say about signing its values.
    Hold {
        /// A rejected control waits for a person: nothing is reviewed or approved.
        Held => "held",
        /// Every rejected control has been resolved, or none was rejected.
        Released => "released",
        /// No control has been measured yet.
        Unchecked => "unchecked",
    }
}

/// The hold of a batch from its control results: what the rules said, and whether a person has resolved it.
pub fn hold(controls: impl IntoIterator<Item = (Outcome, bool)>) -> Hold {
    let mut hold = Hold::Unchecked;
    for (outcome, resolved) in controls {
        match outcome {
            Outcome::Rejected if !resolved => return Hold::Held,
            Outcome::Accepted | Outcome::Warning | Outcome::Rejected => hold = Hold::Released,
        }
    }
    hold
}

/// Why a batch is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the batch is closed already")]
    Already,
    #[error("a rejected control of the batch waits for a person")]
    Held,
}

/// Whether a batch may be closed. What is ordered in it and not measured yet goes to the batch it is measured in.
pub fn close(is_closed: bool, hold: Hold) -> Result<(), Refusal> {
    match (is_closed, hold) {
        (true, _) => Err(Refusal::Already),
        (false, Hold::Held) => Err(Refusal::Held),
        (false, Hold::Released | Hold::Unchecked) => Ok(()),
    }
}

/// The order in which positions stand in a rack: by number (`2` before `10`), names after the numbers.
pub fn rack_order(position: &str) -> (u64, &str) {
    let position = position.trim();
    (position.parse().unwrap_or(u64::MAX), position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rejected_control_holds_the_batch_until_it_is_resolved() {
        assert_eq!(hold([]), Hold::Unchecked);
        assert_eq!(hold([(Outcome::Accepted, false), (Outcome::Warning, false)]), Hold::Released);
        assert_eq!(hold([(Outcome::Rejected, false), (Outcome::Accepted, false)]), Hold::Held);
        assert_eq!(hold([(Outcome::Accepted, false), (Outcome::Rejected, true)]), Hold::Released);
    }

    #[test]
    fn a_held_batch_is_not_closed_and_a_closed_one_not_again() {
        assert_eq!(close(false, Hold::Held), Err(Refusal::Held));
        assert_eq!(close(true, Hold::Released), Err(Refusal::Already));
        assert_eq!(close(false, Hold::Released), Ok(()));
    }

    #[test]
    fn position_two_stands_before_position_ten() {
        let mut rack = ["10", "B", "2", " 1 "];
        rack.sort_by_key(|position| rack_order(position));
        assert_eq!(rack, [" 1 ", "2", "10", "B"]);
    }
}
