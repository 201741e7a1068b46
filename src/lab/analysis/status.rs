//! The way of an analysis: ordered, measured, submitted (编制), reviewed (审核), approved (批准).
//!
//! Three different people sign, and nobody signs a value that went through their own hands.
//! ISO/IEC 17025:2017 7.5, 7.8.1.1; 检验检测机构资质认定评审准则 (2023).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::lab::people::{Act, Actor, PersonId};
use crate::lab::words::names;

/// A value on its way, and everyone who had a hand in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// As the record writes it: `1.50`, `<0.05`, `not detected`.
    pub value: String,
    pub source: Source,
    /// Whoever typed, confirmed, matched or submitted a value of this analysis, now or in an earlier round.
    pub hands: BTreeSet<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An instrument's reading, by its row.
    Reading(i64),
    /// Typed by a person.
    Hand,
}

/// Where an analysis stands; each state carries what only it knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Status {
    /// Waits for a value. `hands`: whoever touched the values of earlier rounds.
    Ordered {
        hands: BTreeSet<i64>,
    },
    /// Typed by hand: a second person must confirm it.
    Entered {
        entry: Entry,
        typist: i64,
    },
    Measured {
        entry: Entry,
    },
    Submitted {
        entry: Entry,
        analyst: i64,
    },
    Reviewed {
        entry: Entry,
        analyst: i64,
        reviewer: i64,
    },
    Approved {
        entry: Entry,
        analyst: i64,
        reviewer: i64,
        approver: i64,
    },
    Cancelled,
}

names! {
    /// The states by name, as stored, listed and shown.
    State {
        Ordered => "ordered",
        Entered => "entered",
        Measured => "measured",
        Submitted => "submitted",
        Reviewed => "reviewed",
        Approved => "approved",
        Cancelled => "cancelled",
    }
}

/// What can happen to an analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A reading found its analysis; `matched_by` when a person decided that it belongs here.
    Capture {
        value: String,
        reading: i64,
        matched_by: Option<PersonId>,
    },
    /// A value typed by hand.
    Enter {
        value: String,
    },
    /// A second person has compared the typed value with its source.
    Confirm,
    /// 编制
    Submit,
    /// 审核
    Review,
    /// 批准
    Approve,
    /// Back to the bench with a reason; the value stays to be looked at again.
    Return {
        reason: String,
    },
    /// Measure again, with a reason; the value is put aside and stays in the history.
    Retest {
        reason: String,
    },
    Cancel {
        reason: String,
    },
}

names! {
    /// The steps by name, as stored and shown.
    StepName {
        Capture => "capture",
        Enter => "enter",
        Confirm => "confirm",
        Submit => "submit",
        Review => "review",
        Approve => "approve",
        Return => "return",
        Retest => "retest",
        Cancel => "cancel",
    }
}

/// Who takes the step, and what else the rule must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// `None`: nobody, the reading came by itself.
    pub by: Option<PersonId>,
    /// A rejected control of the batch has not been resolved.
    pub batch_held: bool,
}

impl Standing {
    pub fn person(by: PersonId) -> Self {
        Self { by: Some(by), batch_held: false }
    }
}

/// Why a step is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the analysis is {state}: {step} is not possible now")]
    NotNow { state: State, step: StepName },
    #[error("this value went through the same person's hands: another person must {0}")]
    SamePerson(StepName),
    #[error("a rejected control holds the batch: {0} is not possible before it is resolved")]
    BatchHeld(StepName),
    #[error("{0} needs a reason")]
    NoReason(StepName),
    #[error("{0} needs a person")]
    Nobody(StepName),
    /// See [`may_send_back`].
    #[error("{0} is not this person's to decide now")]
    NotTheirs(StepName),
}

/// Whether someone may put a value aside, send it back or cancel the analysis. What nobody has signed for is the bench's;
/// once it waits for a signature or has one, it is for those who sign.
pub fn may_send_back(actor: &Actor, from: State) -> bool {
    match from {
        State::Ordered => actor.may(Act::OrderAnalysis),
        State::Entered | State::Measured => actor.may(Act::SubmitValue),
        State::Submitted | State::Reviewed => actor.may(Act::ReviewValue) || actor.may(Act::ApproveValue),
        State::Approved | State::Cancelled => false,
    }
}

/// What happened, for the history of the analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub step: StepName,
    pub from: State,
    pub to: State,
    /// The value this step set or put aside.
    pub value: Option<String>,
    pub reason: Option<String>,
}

impl Step {
    pub fn name(&self) -> StepName {
        match self {
            Self::Capture { .. } => StepName::Capture,
            Self::Enter { .. } => StepName::Enter,
            Self::Confirm => StepName::Confirm,
            Self::Submit => StepName::Submit,
            Self::Review => StepName::Review,
            Self::Approve => StepName::Approve,
            Self::Return { .. } => StepName::Return,
            Self::Retest { .. } => StepName::Retest,
            Self::Cancel { .. } => StepName::Cancel,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Return { reason } | Self::Retest { reason } | Self::Cancel { reason } => Some(reason),
            _ => None,
        }
    }
}

impl Status {
    pub fn new() -> Self {
        Self::Ordered { hands: BTreeSet::new() }
    }

    /// Ordered again after an earlier order was cancelled: whoever had a hand in its values still cannot sign.
    pub fn again(hands: BTreeSet<i64>) -> Self {
        Self::Ordered { hands }
    }

    pub fn state(&self) -> State {
        match self {
            Self::Ordered { .. } => State::Ordered,
            Self::Entered { .. } => State::Entered,
            Self::Measured { .. } => State::Measured,
            Self::Submitted { .. } => State::Submitted,
            Self::Reviewed { .. } => State::Reviewed,
            Self::Approved { .. } => State::Approved,
            Self::Cancelled => State::Cancelled,
        }
    }

    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Ordered { .. } | Self::Cancelled => None,
            Self::Entered { entry, .. }
            | Self::Measured { entry }
            | Self::Submitted { entry, .. }
            | Self::Reviewed { entry, .. }
            | Self::Approved { entry, .. } => Some(entry),
        }
    }

    /// The whole rule book: nothing else in the program changes the status of an analysis.
    pub fn apply(self, step: &Step, standing: Standing) -> Result<(Self, Taken), Refusal> {
        let (name, from) = (step.name(), self.state());
        if step.reason().is_some_and(|reason| reason.trim().is_empty()) {
            return Err(Refusal::NoReason(name));
        }
        let signs = matches!(step, Step::Review | Step::Approve);
        if signs && standing.batch_held {
            return Err(Refusal::BatchHeld(name));
        }
        let before = self.entry().map(|entry| entry.value.clone());
        let person = || standing.by.map(|id| id.0).ok_or(Refusal::Nobody(name));
        let next = match (self, step) {
            (Self::Ordered { hands }, Step::Capture { value, reading, matched_by }) => {
                Self::Measured { entry: entry(hands, value, Source::Reading(*reading), matched_by.map(|id| id.0)) }
            }
            (Self::Ordered { hands }, Step::Enter { value }) => {
                let typist = person()?;
                Self::Entered { entry: entry(hands, value, Source::Hand, Some(typist)), typist }
            }
            (Self::Entered { entry, typist }, Step::Confirm) => {
                let by = person()?;
                if by == typist {
                    return Err(Refusal::SamePerson(name));
                }
                Self::Measured { entry: touched(entry, by) }
            }
            (Self::Measured { entry }, Step::Submit) => {
                let analyst = person()?;
                Self::Submitted { entry: touched(entry, analyst), analyst }
            }
            (Self::Submitted { entry, analyst }, Step::Review) => {
                let reviewer = person()?;
                if entry.hands.contains(&reviewer) {
                    return Err(Refusal::SamePerson(name));
                }
                Self::Reviewed { entry, analyst, reviewer }
            }
            (Self::Reviewed { entry, analyst, reviewer }, Step::Approve) => {
                let approver = person()?;
                if entry.hands.contains(&approver) || approver == reviewer {
                    return Err(Refusal::SamePerson(name));
                }
                Self::Approved { entry, analyst, reviewer, approver }
            }
            (Self::Submitted { entry, .. } | Self::Reviewed { entry, .. }, Step::Return { .. }) => {
                person()?;
                Self::Measured { entry }
            }
            (
                Self::Entered { entry, .. }
                | Self::Measured { entry }
                | Self::Submitted { entry, .. }
                | Self::Reviewed { entry, .. },
                Step::Retest { .. },
            ) => {
                person()?;
                Self::Ordered { hands: entry.hands }
            }
            (Self::Ordered { .. } | Self::Entered { .. } | Self::Measured { .. }, Step::Cancel { .. }) => {
                person()?;
                Self::Cancelled
            }
            (status, _) => return Err(Refusal::NotNow { state: status.state(), step: name }),
        };
        let value = next.entry().map(|entry| entry.value.clone()).or(before);
        let taken = Taken { step: name, from, to: next.state(), value, reason: step.reason().map(str::to_owned) };
        Ok((next, taken))
    }
}

impl Default for Status {
    fn default() -> Self {
        Self::new()
    }
}

fn entry(mut hands: BTreeSet<i64>, value: &str, source: Source, by: Option<i64>) -> Entry {
    hands.extend(by);
    Entry { value: value.to_owned(), source, hands }
}

fn touched(mut entry: Entry, by: i64) -> Entry {
    entry.hands.insert(by);
    entry
}

#[cfg(test)]
mod tests;
