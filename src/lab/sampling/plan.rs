//! Monitoring plans (监测计划): a quota of samples, and how far it is met.

use super::sample::State;

/// The quota of a plan's item: how many samples are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned(pub i64);

/// How far a quota is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    pub planned: i64,
    /// Taken and not refused: a refused sample must be taken again.
    pub sampled: i64,
    /// Tested to the end.
    pub completed: i64,
    pub refused: i64,
}

impl Planned {
    /// Counts samples by the state they stand in.
    pub fn progress(self, samples: &[(State, i64)]) -> Progress {
        let mut progress = Progress { planned: self.0, ..Progress::default() };
        for (state, count) in samples {
            match state {
                State::Refused => progress.refused += count,
                State::Registered | State::Received | State::Testing => progress.sampled += count,
                State::Completed | State::Published => {
                    progress.sampled += count;
                    progress.completed += count;
                }
            }
        }
        progress
    }
}

impl Progress {
    /// Samples still to be taken.
    pub fn open(self) -> i64 {
        (self.planned - self.sampled).max(0)
    }
}

impl std::iter::Sum for Progress {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            planned: sum.planned + one.planned,
            sampled: sum.sampled + one.sampled,
            completed: sum.completed + one.completed,
            refused: sum.refused + one.refused,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_sample_leaves_its_place_in_the_plan_open() {
        let progress = Planned(5).progress(&[(State::Refused, 2), (State::Testing, 1), (State::Published, 1)]);
        assert_eq!(progress, Progress { planned: 5, sampled: 2, completed: 1, refused: 2 });
        assert_eq!(progress.open(), 3);
    }

    #[test]
    fn more_samples_than_planned_leave_nothing_open() {
        let progress = Planned(1).progress(&[(State::Received, 3)]);
        assert_eq!((progress.sampled, progress.open()), (3, 0));
    }
}
