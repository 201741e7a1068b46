//! What may be published, and the way of a publication: original, corrections beside it, withdrawal.
//!
//! 农产品质量安全监测管理办法 articles 28 to 31; 食品安全抽样检验管理办法 articles 46 to 48 (objection before publication).

use jiff::civil::Date;

use super::redaction::has_personal_number;
use crate::lab::analysis::status;
use crate::lab::catalogue::{AnalyteKind, PlaceKind, ProducerKind};
use crate::lab::disclosure::document::Words;
use crate::lab::regulation::by_name;
use crate::lab::regulation::verdict::{Judgement, Verdict, overall};
use crate::lab::sampling::form::Class;
use crate::lab::sampling::sample::State;
use crate::lab::words::names;

names! {
    /// What a version of a publication is.
    Kind {
        Original => "original",
        /// 更正: a new version beside the old.
        Correction => "correction",
        /// 撤回: the last version, a notice without results.
        Withdrawal => "withdrawal",
    }
}

names! {
    /// Why a sample is not published.
    Blocked {
        NotCompleted => "not-completed",
        /// Commissioned, case and emergency tests belong to whoever asked for them.
        ClassNotPublic => "class-not-public",
        NothingApproved => "nothing-approved",
        NotApproved => "not-approved",
        /// A rejected control of a batch waits for a person.
        Held => "held",
        NotDecided => "not-decided",
        /// Rapid tests of a named producer are not published.
        ScreeningOfNamed => "screening-of-named",
        /// A rapid positive accuses nobody before the laboratory test (食品安全法 112).
        PositiveUnconfirmed => "positive-unconfirmed",
        NoNotice => "no-notice",
        /// Veterinary drug results need the document of the authority that has them published.
        AuthorityMissing => "authority-missing",
        /// The other side may still object, or a re-test runs.
        ObjectionOpen => "objection-open",
        /// What was written for the public holds a telephone or identity number.
        PersonalNumber => "personal-number",
    }
}

by_name!(Kind);

/// All that decides whether and as what a sample is published.
#[derive(Debug, Clone)]
pub struct Facts {
    pub class: Class,
    pub state: State,
    pub sampled_on: Date,
    pub commodity: Words,
    pub place: Option<(PlaceKind, String)>,
    pub town: String,
    pub producer: Option<(ProducerKind, String)>,
    pub laboratory: Words,
    pub results: Vec<Tested>,
}

/// One analysis of the sample.
#[derive(Debug, Clone)]
pub struct Tested {
    pub analyte: Words,
    pub kind: AnalyteKind,
    pub method: String,
    pub state: status::State,
    /// A rejected control of its batch is not resolved.
    pub held: bool,
    /// As the record writes it; empty: none.
    pub value: String,
    pub unit: String,
    pub judgement: Judgement,
}

impl Tested {
    pub fn is_screening(&self) -> bool {
        matches!(self.judgement.verdict, Verdict::ScreeningNegative | Verdict::ScreeningPositive)
    }
}

/// What the publisher states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// 公告号
    pub notice: String,
    /// Number of the authority's document, where one is needed.
    pub authority: String,
    /// What was done about it, in words for the public; may be empty.
    pub remark: String,
    /// The time for objections is over, or the re-test is finished.
    pub objection_over: bool,
}

impl Facts {
    /// The approved results; cancelled ones are no results.
    pub fn reported(&self) -> impl Iterator<Item = &Tested> {
        self.results.iter().filter(|tested| tested.state != status::State::Cancelled)
    }

    /// Those of them the public is told: rapid tests of a named producer are left out.
    pub fn told(&self) -> impl Iterator<Item = &Tested> {
        self.reported().filter(|tested| self.producer.is_none() || !tested.is_screening())
    }

    /// What is said of the whole sample.
    pub fn overall(&self) -> Verdict {
        overall(self.reported().map(|tested| tested.judgement.verdict))
    }

    pub fn needs_authority(&self) -> bool {
        self.told().any(|tested| tested.kind == AnalyteKind::VeterinaryDrug)
    }

    /// Why the sample cannot be published whatever the publisher states. Empty: it can.
    pub fn blocked(&self) -> Vec<Blocked> {
        let overall = self.overall();
        let decided = matches!(overall, Verdict::Compliant | Verdict::NonCompliant | Verdict::ScreeningNegative);
        let any = self.reported().next().is_some();
        let open = |tested: &Tested| tested.state != status::State::Approved;
        [
            (!matches!(self.state, State::Completed | State::Published), Blocked::NotCompleted),
            (!matches!(self.class, Class::Supervision | Class::Routine), Blocked::ClassNotPublic),
            (!any, Blocked::NothingApproved),
            (self.reported().any(open), Blocked::NotApproved),
            (self.reported().any(|tested| tested.held), Blocked::Held),
            (overall == Verdict::ScreeningPositive, Blocked::PositiveUnconfirmed),
            (any && !decided && overall != Verdict::ScreeningPositive, Blocked::NotDecided),
            (any && self.told().next().is_none(), Blocked::ScreeningOfNamed),
        ]
        .into_iter()
        .filter_map(|(applies, why)| applies.then_some(why))
        .collect()
    }

    /// What the publisher still has to state.
    pub fn lacking(&self, request: &Request) -> Vec<Blocked> {
        let numbers = [&request.notice, &request.remark].into_iter().any(|text| has_personal_number(text));
        [
            (request.notice.trim().is_empty(), Blocked::NoNotice),
            (self.needs_authority() && request.authority.trim().is_empty(), Blocked::AuthorityMissing),
            (self.overall() == Verdict::NonCompliant && !request.objection_over, Blocked::ObjectionOpen),
            (numbers, Blocked::PersonalNumber),
        ]
        .into_iter()
        .filter_map(|(applies, why)| applies.then_some(why))
        .collect()
    }
}

names! {
    /// What can happen to a publication.
    Step {
        Publish => "publish",
        Correct => "correct",
        Withdraw => "withdraw",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("published already")]
    Already,
    #[error("not published yet")]
    NotYet,
    #[error("withdrawn: nothing follows a withdrawal")]
    Withdrawn,
    #[error("a correction or withdrawal needs a reason")]
    NoReason,
    #[error("the reason holds a telephone or identity number")]
    PersonalNumber,
}

/// The version that follows `last`. A correction or withdrawal says why, in words that the public reads.
pub fn next(last: Option<(Kind, i64)>, step: Step, reason: &str) -> Result<(Kind, i64), Refusal> {
    let (kind, version) = match (last, step) {
        (None, Step::Publish) => return Ok((Kind::Original, 1)),
        (None, Step::Correct | Step::Withdraw) => return Err(Refusal::NotYet),
        (Some((Kind::Withdrawal, _)), _) => return Err(Refusal::Withdrawn),
        (Some(_), Step::Publish) => return Err(Refusal::Already),
        (Some((_, version)), Step::Correct) => (Kind::Correction, version),
        (Some((_, version)), Step::Withdraw) => (Kind::Withdrawal, version),
    };
    if reason.trim().is_empty() {
        return Err(Refusal::NoReason);
    }
    if has_personal_number(reason) {
        return Err(Refusal::PersonalNumber);
    }
    Ok((kind, version.saturating_add(1)))
}

/// A publication's name in addresses, from eight random bytes: 10 letters and digits that tell nothing and are not
/// mistaken for one another.
pub fn public_id(random: [u8; 8]) -> String {
    const LETTERS: &[u8; 32] = b"23456789abcdefghjkmnpqrstuvwxyz0";
    let bits = u64::from_be_bytes(random);
    (0..10u32)
        .filter_map(|place| {
            let at = usize::try_from((bits >> (place * 5)) & 31).ok()?;
            LETTERS.get(at).map(|letter| char::from(*letter))
        })
        .collect()
}

#[cfg(test)]
#[path = "publication/tests.rs"]
mod tests;
