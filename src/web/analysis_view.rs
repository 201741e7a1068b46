//! An analysis as pages show it: value, limit, verdict and why, in the reader's language.

use super::display::{Chip, Tone};
use super::locale::{Lang, Locale};
use crate::lab::analysis::order::{self, Judged};
use crate::lab::analysis::status::{Source, State};
use crate::lab::analysis::value::Value;
use crate::lab::regulation::limit::Requirement;
use crate::lab::regulation::verdict::{Control, Judgement, Verdict};
use crate::store::work::{Line, Name};

/// One line of a list or of a sample's results.
pub struct AnalysisView {
    pub id: i64,
    pub version: i64,
    pub sample_code: String,
    pub blind_code: String,
    pub commodity: String,
    pub analyte: String,
    pub method: String,
    pub unit: String,
    pub loq: String,
    pub value: String,
    /// The value is a non-detect: shown quieter.
    pub quiet: bool,
    pub limit: String,
    pub standard: String,
    pub verdict: Chip,
    pub verdict_word: Verdict,
    pub why: String,
    pub state: State,
    pub state_chip: Chip,
    pub batch: String,
    pub batch_id: Option<i64>,
    pub held: bool,
    pub typed: bool,
    /// The two ways of comparing decide differently; a reviewer must see it.
    pub ways_disagree: bool,
}

impl AnalysisView {
    pub fn new(l: &Locale, line: &Line) -> Self {
        let analysis = &line.analysis;
        let entry = analysis.status.entry();
        let value = entry.and_then(|entry| entry.value.parse::<Value>().ok());
        let judgement = judgement(line, value.as_ref());
        let state = analysis.status.state();
        Self {
            id: analysis.id,
            version: analysis.version,
            sample_code: line.sample_code.clone(),
            blind_code: line.blind_code.clone(),
            commodity: name(l, &line.commodity),
            analyte: name(l, &line.analyte),
            method: line.method_code.clone(),
            unit: analysis.unit.clone(),
            loq: analysis.loq.map(|loq| loq.to_string()).unwrap_or_default(),
            value: shown_value(l, value.as_ref()),
            quiet: matches!(value, Some(Value::NotDetected | Value::Below(_))),
            limit: limit(l, &judgement),
            standard: standard(&judgement),
            verdict: chip(l, judgement.verdict),
            verdict_word: judgement.verdict,
            why: l.name("reason", judgement.reason),
            state_chip: state_chip(l, state),
            state,
            batch_id: analysis.batch,
            batch: line.batch_code.clone().unwrap_or_default(),
            held: line.held,
            typed: entry.is_some_and(|entry| entry.source == Source::Hand),
            ways_disagree: judgement.ways_disagree,
        }
    }

    /// It has a value that its analyst can sign for.
    pub fn can_be_submitted(&self) -> bool {
        self.state == State::Measured
    }

    /// A reviewer looks at this one first.
    pub fn needs_a_look(&self) -> bool {
        let fine = matches!(
            self.verdict_word,
            Verdict::Compliant | Verdict::ScreeningNegative | Verdict::NotJudged | Verdict::ReferenceCompliant
        );
        !fine || self.held || self.typed || self.ways_disagree
    }
}

/// The verdict of a line, from its snapshot and the controls of its batch.
pub fn judgement(line: &Line, value: Option<&Value>) -> Judgement {
    let analysis = &line.analysis;
    order::judge(&Judged {
        value,
        unit: &analysis.unit,
        lod: analysis.lod,
        loq: analysis.loq,
        control: if line.held { Control::Failed } else { Control::Accepted },
        snapshot: &analysis.snapshot,
    })
}

pub fn name(l: &Locale, name: &Name) -> String {
    match l.lang {
        Lang::En if !name.en.is_empty() => name.en.clone(),
        _ => name.zh.clone(),
    }
}

/// A value in the reader's language; digits as reported.
pub fn shown_value(l: &Locale, value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::NotDetected) => l.t("value-not-detected"),
        Some(Value::Detected) => l.t("value-detected"),
        Some(value) => value.to_string(),
    }
}

fn limit(l: &Locale, judgement: &Judgement) -> String {
    match (&judgement.limit, &judgement.threshold, &judgement.ban) {
        (Some(limit), ..) => match limit.requirement {
            Requirement::AtMost(most) => most.to_string(),
            Requirement::NotDetectable => l.t("limit-not-detectable"),
        },
        (None, Some(threshold), _) => l.t1("limit-threshold", "percent", threshold.percent),
        (None, None, Some(_)) => l.t("limit-banned"),
        (None, None, None) => l.t("limit-none"),
    }
}

fn standard(judgement: &Judgement) -> String {
    match (&judgement.limit, &judgement.threshold, &judgement.ban) {
        (Some(limit), ..) => format!("{} {}", limit.standard, limit.clause).trim().to_owned(),
        (None, Some(threshold), _) => threshold.standard.clone(),
        (None, None, Some(ban)) => ban.basis.clone(),
        (None, None, None) => String::new(),
    }
}

pub fn chip(l: &Locale, verdict: Verdict) -> Chip {
    Chip::new(tone(verdict), l.name("verdict", verdict))
}

pub fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Compliant | Verdict::ScreeningNegative | Verdict::ReferenceCompliant => Tone::Good,
        Verdict::NonCompliant | Verdict::ScreeningPositive | Verdict::ReferenceNonCompliant => Tone::Bad,
        Verdict::Undecided | Verdict::CannotDecide => Tone::Warn,
        Verdict::NotJudged => Tone::Plain,
    }
}

pub fn state_chip(l: &Locale, state: State) -> Chip {
    let tone = match state {
        State::Ordered => Tone::Plain,
        State::Entered => Tone::Warn,
        State::Measured | State::Submitted | State::Reviewed => Tone::Active,
        State::Approved => Tone::Good,
        State::Cancelled => Tone::Gone,
    };
    Chip::new(tone, l.name("state", state))
}
