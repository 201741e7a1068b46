//! A finished document as people read it: verdict first, in plain words; numbers only with what failed.

use askama::Template;
use askama::filters::HtmlSafe;
use rust_decimal::prelude::ToPrimitive;

use super::analysis_view::{self, shown_value};
use super::display::{Chip, Picture, Tone};
use super::locale::{Lang, Locale};
use crate::chart::gauge::{self, Gauge};
use crate::chart::svg::Caption;
use crate::lab::analysis::value::Value;
use crate::lab::disclosure::document::{Document, Item, Words};
use crate::lab::regulation::unit;
use crate::lab::regulation::verdict::Verdict;

/// What stands on a result's page and in its publisher's preview.
#[derive(Template)]
#[template(path = "parts/result.html")]
pub struct ResultView {
    l: Locale,
    document: Document,
    tone: Tone,
    verdict: String,
    plain: String,
    failed: Vec<Failed>,
    others: Vec<Passed>,
    explanations: Vec<String>,
    scheme: String,
    place_type: String,
    laboratory: String,
    methods: String,
    published_on: String,
}

impl HtmlSafe for ResultView {}

/// An item that failed, with the value against its limit.
struct Failed {
    analyte: String,
    why: String,
    result: String,
    limit: String,
    standard: String,
    /// Where there is a number to draw.
    picture: Option<Picture>,
}

struct Passed {
    analyte: String,
    verdict: Chip,
    method: String,
}

/// A line of a list of results.
pub struct ResultLine {
    pub id: String,
    pub commodity: String,
    pub place: String,
    pub sampled_on: String,
    pub verdict: Chip,
    /// What failed.
    pub failed: String,
    pub corrected: bool,
}

pub fn words(l: &Locale, words: &Words) -> String {
    l.pick(&words.zh, &words.en)
}

/// The verdict's word; a withdrawn result has none but that.
pub fn verdict(l: &Locale, document: &Document) -> Chip {
    match document.overall {
        Some(overall) => Chip::new(analysis_view::tone(overall), l.name("public-verdict", overall)),
        None => Chip::new(Tone::Gone, l.t("public-withdrawn")),
    }
}

pub fn place(l: &Locale, document: &Document) -> String {
    let separator = l.t("public-separator");
    let parts = document.place.iter().chain([&document.town]);
    parts.filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(&separator)
}

fn failed_names(l: &Locale, document: &Document) -> String {
    let failed = document.items.iter().filter(|item| item.verdict == Verdict::NonCompliant);
    failed.map(|item| words(l, &item.analyte)).collect::<Vec<_>>().join(&l.t("public-comma"))
}

impl ResultLine {
    pub fn new(l: &Locale, document: &Document) -> Self {
        Self {
            id: document.id.clone(),
            commodity: words(l, &document.commodity),
            place: place(l, document),
            sampled_on: document.sampled_on.to_string(),
            verdict: verdict(l, document),
            failed: failed_names(l, document),
            corrected: document.version > 1 && !document.is_withdrawn(),
        }
    }
}

impl ResultView {
    pub fn new(l: &Locale, document: &Document) -> Self {
        let is_failed = |item: &&Item| item.verdict == Verdict::NonCompliant;
        let failed: Vec<Failed> = document.items.iter().filter(is_failed).map(|item| Failed::new(l, item)).collect();
        let others = document.items.iter().filter(|item| !is_failed(item)).map(|item| Passed {
            analyte: words(l, &item.analyte),
            verdict: analysis_view::chip(l, item.verdict),
            method: item.method.clone(),
        });
        let reason = document.replaces.as_ref().map(|replaces| replaces.reason.as_str()).unwrap_or_default();
        let (tone, verdict, plain) = match document.overall {
            None => (Tone::Gone, l.t("public-withdrawn"), l.t1("public-withdrawn-why", "reason", reason)),
            Some(Verdict::NonCompliant) => {
                (Tone::Bad, l.t1("public-failed", "what", failed_names(l, document)), l.t("public-plain-non-compliant"))
            }
            Some(overall) => (
                analysis_view::tone(overall),
                l.name("public-verdict", overall),
                l.n(&format!("public-plain-{overall}"), document.items.len()),
            ),
        };
        let place_type = document.place_type.as_deref();
        Self {
            tone,
            verdict,
            plain,
            failed,
            others: others.collect(),
            explanations: document.explanations.iter().map(|one| l.name("explain", one)).collect(),
            scheme: l.name("class", &document.scheme),
            place_type: place_type.map(|kind| l.name("place-type", kind)).unwrap_or_default(),
            laboratory: words(l, &document.laboratory),
            methods: document.methods.join(&l.t("public-comma")),
            published_on: l.day(document.published_at),
            document: document.clone(),
            l: l.clone(),
        }
    }
}

impl Failed {
    fn new(l: &Locale, item: &Item) -> Self {
        let value: Option<Value> = item.result.as_deref().and_then(|text| text.parse().ok());
        let unit = item.unit.as_deref().unwrap_or_default();
        let limit_unit = item.limit_unit.as_deref().unwrap_or_default();
        let limit: Option<Value> = item.limit.as_deref().and_then(|text| text.parse().ok());
        let result = shown_value(l, value.as_ref());
        let limit_text = match limit {
            None => l.t("public-limit-banned"),
            Some(Value::Number(most)) => l.t2("public-limit", "limit", most, "unit", limit_unit),
            Some(_) => l.t("public-limit-not-detectable"),
        };
        let analyte = words(l, &item.analyte);
        let number = |value: Option<Value>| value.as_ref().and_then(Value::number);
        let converted = number(value).and_then(|value| unit::convert(value, unit, limit_unit));
        let drawn = converted.and_then(|value| value.to_f64()).zip(number(limit).and_then(|most| most.to_f64()));
        let picture = drawn.map(|(value, most)| {
            let description = l.args(
                "public-picture",
                &[("analyte", &analyte), ("result", &result), ("unit", &unit), ("limit", &limit_text)],
            );
            let caption = Caption { title: &analyte, description: &description };
            let at = l.t1("public-picture-limit", "limit", item.limit.as_deref().unwrap_or_default());
            let verdict = Verdict::NonCompliant;
            Picture(gauge::draw(Gauge { value: Some(value), limit: most, verdict, limit_text: &at }, caption))
        });
        Self {
            why: l.name("reason", item.reason),
            result: match value {
                Some(Value::Number(_) | Value::Below(_)) => l.t2("public-found", "result", result, "unit", unit),
                _ => result,
            },
            limit: limit_text,
            standard: item.standard.clone().unwrap_or_default(),
            analyte,
            picture,
        }
    }
}

/// The day a person reads: `2026-11-20`, in Chinese `2026年11月20日`.
pub fn day(l: &Locale, day: jiff::civil::Date) -> String {
    match l.lang {
        Lang::Zh => l.args("public-day", &[("year", &day.year()), ("month", &day.month()), ("day", &day.day())]),
        Lang::En => day.to_string(),
    }
}
