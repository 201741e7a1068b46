//! The document as JSON, with or without the points of its signals.

use jiff::civil::DateTime;
use serde::Serialize;

use super::Document;
use crate::contract::{Chromatogram, Decoded, Instrument, Order, Query, Reading, Rejected};

#[derive(Serialize)]
struct Page<'a> {
    file: &'a str,
    driver: &'a str,
    encoding: Option<&'a str>,
    messages: Vec<Said<'a>>,
    rejected: &'a [Rejected],
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Said<'a> {
    instrument: &'a Instrument,
    sent_at: Option<DateTime>,
    readings: &'a [Reading],
    chromatograms: Vec<Trace<'a>>,
    orders: &'a [Order],
    queries: &'a [Query],
}

#[derive(Serialize)]
struct Trace<'a> {
    #[serde(flatten)]
    facts: &'a Chromatogram,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<&'a [f64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times_min: Option<&'a [f64]>,
}

impl Document {
    /// One JSON object; `points` adds the signals and, where sampling is uneven, their times.
    pub fn json(&self, points: bool) -> serde_json::Result<String> {
        let page = Page {
            file: &self.file,
            driver: &self.driver,
            encoding: self.encoding,
            messages: self.messages.iter().map(|message| said(message, points)).collect(),
            rejected: &self.rejected,
            warnings: &self.warnings,
        };
        serde_json::to_string_pretty(&page)
    }
}

fn said(message: &Decoded, points: bool) -> Said<'_> {
    Said {
        instrument: &message.instrument,
        sent_at: message.sent_at,
        readings: &message.readings,
        chromatograms: message.chromatograms.iter().map(|facts| trace(facts, points)).collect(),
        orders: &message.orders,
        queries: &message.queries,
    }
}

fn trace(facts: &Chromatogram, points: bool) -> Trace<'_> {
    let Chromatogram { signal, times_min, .. } = facts;
    Trace {
        facts,
        signal: points.then_some(signal.as_slice()),
        times_min: (points && !times_min.is_empty()).then_some(times_min.as_slice()),
    }
}
