//! People: who someone is, which roles they hold, and which acts a role may do.
//!
//! Separation of duties by person (编制/审核/批准) is a rule of the analysis machine; this table says only what a role
//! opens at all. ISO/IEC 17025:2017 6.2.5–6.2.6.

use std::collections::BTreeSet;

pub(crate) use super::words::names;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub i64);

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub id: PersonId,
    /// The name that is printed beside a signature.
    pub name: String,
    pub roles: BTreeSet<Role>,
}

impl Actor {
    pub fn may(&self, act: Act) -> bool {
        self.roles.iter().any(|role| role.may(act))
    }
}

/// Who is behind a recorded act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    Person(Actor),
    /// An instrument's line, by the instrument's code: nobody pressed a key.
    Line(String),
    /// The program itself: migration, set-up, seeding of the demonstration.
    Program,
}

names! {
    /// What a person is in the laboratory. One person may hold several.
    Role {
        Sampler => "sampler",
        SampleKeeper => "sample-keeper",
        Technician => "technician",
        Reviewer => "reviewer",
        Approver => "approver",
        QualityManager => "quality-manager",
        Administrator => "administrator",
    }
}

names! {
    /// What can be done at all. Every page asks for one of these.
    Act {
        ViewLaboratory => "view-laboratory",
        RegisterSample => "register-sample",
        ReceiveSample => "receive-sample",
        MoveContainer => "move-container",
        OrderAnalysis => "order-analysis",
        WorkAtBench => "work-at-bench",
        ResolveReading => "resolve-reading",
        EnterValue => "enter-value",
        SubmitValue => "submit-value",
        ReviewValue => "review-value",
        ApproveValue => "approve-value",
        RecordControl => "record-control",
        ResolveControl => "resolve-control",
        Publish => "publish",
        SetUpLaboratory => "set-up-laboratory",
        ManagePeople => "manage-people",
        ViewRecord => "view-record",
    }
}

impl Role {
    /// The table of acts. An administrator opens no result: rights and results stay apart.
    pub const fn acts(self) -> &'static [Act] {
        match self {
            Self::Sampler => &[Act::ViewLaboratory, Act::RegisterSample],
            Self::SampleKeeper => {
                &[Act::ViewLaboratory, Act::RegisterSample, Act::ReceiveSample, Act::MoveContainer, Act::OrderAnalysis]
            }
            Self::Technician => &[
                Act::ViewLaboratory,
                Act::RegisterSample,
                Act::ReceiveSample,
                Act::MoveContainer,
                Act::OrderAnalysis,
                Act::WorkAtBench,
                Act::ResolveReading,
                Act::EnterValue,
                Act::SubmitValue,
                Act::RecordControl,
            ],
            Self::Reviewer => &[
                Act::ViewLaboratory,
                Act::OrderAnalysis,
                Act::ReviewValue,
                Act::RecordControl,
                Act::ResolveControl,
                Act::ViewRecord,
            ],
            Self::Approver => &[Act::ViewLaboratory, Act::ApproveValue, Act::Publish, Act::ViewRecord],
            Self::QualityManager => &[Act::ViewLaboratory, Act::ResolveControl, Act::SetUpLaboratory, Act::ViewRecord],
            Self::Administrator => &[Act::ViewLaboratory, Act::SetUpLaboratory, Act::ManagePeople, Act::ViewRecord],
        }
    }

    pub fn may(self, act: Act) -> bool {
        self.acts().contains(&act)
    }
}

/// Whether one of these may manage people: a laboratory without anybody who may is locked for ever.
pub fn somebody_manages<'a>(all: impl IntoIterator<Item = &'a BTreeSet<Role>>) -> bool {
    all.into_iter().any(|roles| roles.iter().any(|role| role.may(Act::ManagePeople)))
}

/// Whether these roles stand on both sides of a signature. The machine keeps one person from signing twice; in a small
/// laboratory the roles may still meet, and a person should know (ISO/IEC 17025:2017 4.1.4, 6.2.5).
pub fn meets_oneself(roles: &BTreeSet<Role>) -> bool {
    let may = |act| roles.iter().any(|role| role.may(act));
    may(Act::SubmitValue) && (may(Act::ReviewValue) || may(Act::ApproveValue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_signs_no_result() {
        for act in [Act::SubmitValue, Act::ReviewValue, Act::ApproveValue, Act::EnterValue, Act::Publish] {
            assert!(!Role::Administrator.may(act), "{act}");
        }
    }

    #[test]
    fn who_measures_and_signs_meets_oneself() {
        for (roles, meets) in [
            (vec![Role::Technician, Role::Reviewer], true),
            (vec![Role::Technician, Role::Approver], true),
            (vec![Role::Reviewer, Role::Approver], false),
            (vec![Role::Technician, Role::Sampler], false),
        ] {
            assert_eq!(meets_oneself(&roles.iter().copied().collect()), meets, "{roles:?}");
        }
    }

    #[test]
    fn every_act_is_open_to_some_role() {
        for act in Act::ALL {
            assert!(Role::ALL.iter().any(|role| role.may(*act)), "{act}");
        }
    }

    #[test]
    fn a_role_reads_back_by_its_name() {
        for role in Role::ALL {
            assert_eq!(role.name().parse::<Role>().unwrap(), *role);
        }
        assert!("boss".parse::<Role>().is_err());
    }
}
