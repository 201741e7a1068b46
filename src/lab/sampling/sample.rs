//! Where a sample stands, from registration to disposal.

use crate::lab::words::names;

names! {
    State {
        /// Sampled and registered, not yet handed over.
        Registered => "registered",
        Received => "received",
        Refused => "refused",
        /// Analyses are ordered.
        Testing => "testing",
        /// Every analysis is approved or cancelled.
        Completed => "completed",
        Published => "published",
    }
}

names! {
    Step {
        Receive => "receive",
        Refuse => "refuse",
        Order => "order",
        Complete => "complete",
        /// An approved analysis was added to again, or a retest ordered.
        Reopen => "reopen",
        Publish => "publish",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sample is {state}: {step} is not possible now")]
pub struct Refusal {
    pub state: State,
    pub step: Step,
}

impl State {
    /// The whole rule book of a sample's state.
    pub fn apply(self, step: Step) -> Result<Self, Refusal> {
        Ok(match (self, step) {
            (Self::Registered, Step::Receive) => Self::Received,
            (Self::Registered, Step::Refuse) => Self::Refused,
            (Self::Received | Self::Testing | Self::Completed, Step::Order) => Self::Testing,
            (Self::Testing, Step::Complete) => Self::Completed,
            (Self::Completed, Step::Reopen) => Self::Testing,
            // A correction is a new publication of the same sample.
            (Self::Completed | Self::Published, Step::Publish) => Self::Published,
            (state, step) => return Err(Refusal { state, step }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_tested_before_it_is_received() {
        assert!(State::Registered.apply(Step::Order).is_err());
        assert_eq!(State::Received.apply(Step::Order), Ok(State::Testing));
    }

    #[test]
    fn a_refused_sample_goes_no_further() {
        for step in Step::ALL {
            assert!(State::Refused.apply(*step).is_err(), "{step}");
        }
    }

    #[test]
    fn only_a_completed_sample_is_published() {
        for state in State::ALL {
            let published = state.apply(Step::Publish).is_ok();
            assert_eq!(published, matches!(state, State::Completed | State::Published), "{state}");
        }
    }
}
