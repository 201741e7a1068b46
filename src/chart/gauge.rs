//! A value against its limit as one bar: what a reader on a phone sees before any number.

use super::svg::{Anchor, Caption, Svg};
use crate::lab::regulation::verdict::Verdict;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 44.0;
const BAR_TOP: f64 = 20.0;
const BAR_HEIGHT: f64 = 14.0;

/// What is shown; numbers are for lengths only, the texts are written as given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gauge<'a> {
    /// `None`: not detected, an empty bar.
    pub value: Option<f64>,
    pub limit: f64,
    pub verdict: Verdict,
    /// Stands at the limit's line: `限量 0.02 mg/kg`.
    pub limit_text: &'a str,
}

pub fn draw(gauge: Gauge<'_>, caption: Caption<'_>) -> String {
    let mut svg = Svg::new("gauge", WIDTH, HEIGHT, caption);
    let number = |value: f64| if value.is_finite() { value.max(0.0) } else { 0.0 };
    let (value, limit) = (number(gauge.value.unwrap_or(0.0)), number(gauge.limit));
    // The limit stands at two thirds, unless the value goes beyond what is left.
    let full = (limit * 1.5).max(value);
    let long = |value: f64| if full > 0.0 { value / full * WIDTH } else { 0.0 };
    svg.rect("grid", (0.0, BAR_TOP), (WIDTH, BAR_HEIGHT));
    if value > 0.0 {
        // A trace is thin and still seen.
        svg.rect(&format!("bar {}", gauge.verdict), (0.0, BAR_TOP), (long(value).max(2.0), BAR_HEIGHT));
    }
    let at = long(limit);
    svg.line("limit", (at, BAR_TOP - 5.0), (at, HEIGHT - 4.0));
    let anchor = if at < WIDTH / 2.0 { Anchor::Start } else { Anchor::End };
    svg.text("limit", (at, BAR_TOP - 8.0), anchor, gauge.limit_text);
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::{CAPTION, assert_fits_a_strict_page};
    use super::*;

    fn drawn(value: Option<f64>, limit: f64) -> String {
        let svg = draw(Gauge { value, limit, verdict: Verdict::NonCompliant, limit_text: "限量 0.02" }, CAPTION);
        assert_fits_a_strict_page(&svg);
        svg
    }

    #[test]
    fn a_value_beyond_its_limit_passes_the_line() {
        let svg = drawn(Some(0.08), 0.02);
        assert!(svg.contains(r#"class="bar non-compliant" x="0" y="20" width="320""#), "{svg}");
        assert!(svg.contains(r#"<line class="limit" x1="80""#), "{svg}");
    }

    #[test]
    fn a_non_detect_is_an_empty_bar_and_a_trace_is_not() {
        assert!(!drawn(None, 0.02).contains("bar non-compliant"));
        assert!(drawn(Some(0.000_001), 0.02).contains(r#"width="2""#));
    }

    #[test]
    fn a_limit_of_nothing_breaks_no_picture() {
        for (value, limit) in [(None, 0.0), (Some(f64::NAN), f64::NAN), (Some(1.0), 0.0), (Some(-1.0), -1.0)] {
            drawn(value, limit);
        }
    }
}
