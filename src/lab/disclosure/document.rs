//! The finished document: exactly what the public reads of a sample, redacted, in one canonical form (RFC 8785).
//!
//! Columns after the notices of food inspections; numbers stand only with what failed.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::publication::{Blocked, Facts, Kind, Request, Tested};
use super::redaction;
use crate::lab::catalogue::AnalyteKind;
use crate::lab::regulation::by_name;
use crate::lab::regulation::limit::Requirement;
use crate::lab::regulation::verdict::{Reason, Verdict, overall};
use crate::lab::words::names;

/// A name in both languages; no English: empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Of this form of document.
    pub format: u32,
    pub id: String,
    pub version: i64,
    pub kind: Kind,
    pub notice: String,
    pub published_at: Timestamp,
    pub sampled_on: Date,
    pub commodity: Words,
    /// The market, base or canteen; never a person's address.
    pub place: Option<String>,
    pub place_type: Option<String>,
    pub town: String,
    /// Masked where it is a natural person.
    pub producer: Option<String>,
    pub scheme: String,
    /// Of what is told here; a withdrawal says nothing.
    pub overall: Option<Verdict>,
    pub items: Vec<Item>,
    pub laboratory: Words,
    pub methods: Vec<String>,
    /// The authority's document by which it is published.
    pub authority: Option<String>,
    pub remark: Option<String>,
    pub explanations: Vec<Explanation>,
    pub replaces: Option<Replaces>,
}

/// One tested item. Without a number where it complies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub analyte: Words,
    pub method: String,
    pub verdict: Verdict,
    pub reason: Reason,
    /// As reported, `0.021`, `detected`.
    pub result: Option<String>,
    pub unit: Option<String>,
    /// `0.02`, or `not detected` where nothing may be found.
    pub limit: Option<String>,
    pub limit_unit: Option<String>,
    /// With edition and clause, or the announcement of a ban.
    pub standard: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaces {
    pub version: i64,
    pub reason: String,
}

names! {
    /// What a reader may want explained; the sentences are the pages'.
    Explanation {
        Compliant => "compliant",
        Banned => "banned",
        MustNotBeDetected => "must-not-be-detected",
        PesticideAbove => "pesticide-above",
        VeterinaryAbove => "veterinary-above",
        ContaminantAbove => "contaminant-above",
        Screening => "screening",
    }
}

by_name!(Explanation);

/// Which version of which publication a document becomes.
#[derive(Debug, Clone)]
pub struct Numbering {
    pub id: String,
    pub version: i64,
    pub kind: Kind,
    pub at: Timestamp,
    pub replaces: Option<Replaces>,
}

const FORMAT: u32 = 1;

/// The document of a sample, or every reason why there is none.
pub fn document(facts: &Facts, request: &Request, n: Numbering) -> Result<Document, Vec<Blocked>> {
    let mut blocked = facts.blocked();
    blocked.extend(facts.lacking(request));
    if blocked.is_empty() { Ok(drawn(facts, request, n)) } else { Err(blocked) }
}

/// What the public would see, for whoever decides; nothing is checked.
pub fn preview(facts: &Facts, request: &Request, at: Timestamp) -> Document {
    let n = Numbering { id: String::new(), version: 1, kind: Kind::Original, at, replaces: None };
    drawn(facts, request, n)
}

fn drawn(facts: &Facts, request: &Request, n: Numbering) -> Document {
    let items: Vec<Item> = facts.told().map(item).collect();
    let mut methods: Vec<String> = items.iter().map(|item| item.method.clone()).collect();
    methods.sort();
    methods.dedup();
    let mut explanations = Vec::new();
    for tested in facts.told() {
        if let Some(one) = explained(tested)
            && !explanations.contains(&one)
        {
            explanations.push(one);
        }
    }
    let overall = overall(items.iter().map(|item| item.verdict));
    if overall == Verdict::Compliant {
        explanations.insert(0, Explanation::Compliant);
    }
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Document {
        format: FORMAT,
        id: n.id,
        version: n.version,
        kind: n.kind,
        notice: request.notice.trim().to_owned(),
        published_at: n.at,
        sampled_on: facts.sampled_on,
        commodity: facts.commodity.clone(),
        place: facts.place.as_ref().map(|(_, name)| name.clone()),
        place_type: facts.place.as_ref().map(|(kind, _)| kind.name().to_owned()),
        town: facts.town.clone(),
        producer: facts.producer.as_ref().and_then(|(kind, name)| given(&redaction::producer(*kind, name))),
        scheme: facts.class.name().to_owned(),
        overall: Some(overall),
        items,
        laboratory: facts.laboratory.clone(),
        methods,
        authority: given(&request.authority),
        remark: given(&request.remark),
        explanations,
        replaces: n.replaces,
    }
}

/// The notice that takes the place of a withdrawn result: no result, no producer, no place.
pub fn withdrawal(last: &Document, version: i64, at: Timestamp, reason: &str) -> Document {
    Document {
        version,
        kind: Kind::Withdrawal,
        published_at: at,
        place: None,
        place_type: None,
        producer: None,
        overall: None,
        items: Vec::new(),
        methods: Vec::new(),
        authority: None,
        remark: None,
        explanations: Vec::new(),
        replaces: Some(Replaces { version: last.version, reason: reason.trim().to_owned() }),
        ..last.clone()
    }
}

fn item(tested: &Tested) -> Item {
    let judgement = &tested.judgement;
    let mut item = Item {
        analyte: tested.analyte.clone(),
        method: tested.method.clone(),
        verdict: judgement.verdict,
        reason: judgement.reason,
        result: None,
        unit: None,
        limit: None,
        limit_unit: None,
        standard: None,
    };
    if judgement.verdict != Verdict::NonCompliant {
        return item;
    }
    item.result = Some(tested.value.clone());
    item.unit = Some(tested.unit.clone());
    match (&judgement.limit, &judgement.ban) {
        (_, Some(ban)) if judgement.reason == Reason::Banned => item.standard = Some(ban.basis.clone()),
        (Some(limit), _) => {
            item.limit = Some(match limit.requirement {
                Requirement::AtMost(most) => most.to_string(),
                Requirement::NotDetectable => "not detected".to_owned(),
            });
            item.limit_unit = Some(limit.unit.clone());
            item.standard = Some(format!("{} {}", limit.standard, limit.clause).trim().to_owned());
        }
        (None, Some(ban)) => item.standard = Some(ban.basis.clone()),
        (None, None) => (),
    }
    item
}

fn explained(tested: &Tested) -> Option<Explanation> {
    let judgement = &tested.judgement;
    match (judgement.verdict, judgement.reason, tested.kind) {
        (Verdict::NonCompliant, Reason::Banned, _) => Some(Explanation::Banned),
        (Verdict::NonCompliant, Reason::MustNotBeDetected, _) => Some(Explanation::MustNotBeDetected),
        (Verdict::NonCompliant, _, AnalyteKind::Pesticide) => Some(Explanation::PesticideAbove),
        (Verdict::NonCompliant, _, AnalyteKind::VeterinaryDrug) => Some(Explanation::VeterinaryAbove),
        (Verdict::NonCompliant, _, AnalyteKind::Contaminant) => Some(Explanation::ContaminantAbove),
        (Verdict::ScreeningNegative | Verdict::ScreeningPositive, ..) => Some(Explanation::Screening),
        _ => None,
    }
}

impl Document {
    /// The one written form, whose hash is kept.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        serde_json_canonicalizer::to_string(self)
    }

    pub fn is_withdrawn(&self) -> bool {
        self.kind == Kind::Withdrawal
    }
}
