//! The Levey–Jennings chart: control results in time between mean and ±1, 2, 3 s.
//!
//! Each outcome has its shape: a dot, a triangle for a warning, a cross for a rejection.

use super::svg::{Anchor, Caption, Svg};
use crate::lab::qc::westgard::Outcome;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 90.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 32.0;
/// Beyond this a point is drawn at the edge; its tooltip has the value.
const HIGHEST: f64 = 4.0;

/// One result.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    pub z: f64,
    pub outcome: Outcome,
    /// Said when the point is touched: value, date, rules.
    pub tooltip: String,
    /// Stands under the axis when there is room: a date.
    pub label: String,
}

/// `lines` are the values at −3 s … +3 s, seven of them, as they are to be written.
pub fn draw(dots: &[Dot], lines: &[String; 7], caption: Caption<'_>) -> String {
    let mut svg = Svg::new("levey-jennings", WIDTH, HEIGHT, caption);
    let height = |z: f64| {
        let z = if z.is_nan() { 0.0 } else { z.clamp(-HIGHEST, HIGHEST) };
        TOP + (HIGHEST - z) / (2.0 * HIGHEST) * (HEIGHT - TOP - BOTTOM)
    };
    for (z, value) in (-3_i32..=3).zip(lines) {
        let y = height(f64::from(z));
        let (class, name) = match z {
            0 => ("mean".to_owned(), "x̄".to_owned()),
            _ => (format!("s{}", z.abs()), format!("{}{} s", if z < 0 { '−' } else { '+' }, z.abs())),
        };
        svg.line(&class, (LEFT, y), (WIDTH - RIGHT, y));
        svg.text("tick", (LEFT - 6.0, y + 4.0), Anchor::End, &name);
        svg.text("tick", (WIDTH - RIGHT + 6.0, y + 4.0), Anchor::Start, value);
    }
    let step = (WIDTH - LEFT - RIGHT) / dots.len().max(1) as f64;
    let place = |at: usize| LEFT + step * (at as f64 + 0.5);
    svg.polyline("trace", dots.iter().enumerate().map(|(at, dot)| (place(at), height(dot.z))));
    // A label needs about 72 units.
    let every = (72.0 / step).ceil().max(1.0) as usize;
    for (at, dot) in dots.iter().enumerate() {
        let path = match dot.outcome {
            Outcome::Accepted => "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
            Outcome::Warning => "M0 -6L6 5L-6 5Z",
            Outcome::Rejected => "M-6 -4L-4 -6L0 -2L4 -6L6 -4L2 0L6 4L4 6L0 2L-4 6L-6 4L-2 0Z",
        };
        svg.mark(&format!("dot {}", dot.outcome), (place(at), height(dot.z)), path, &dot.tooltip);
        if at % every == 0 {
            svg.text("tick", (place(at), HEIGHT - 10.0), Anchor::Middle, &dot.label);
        }
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::{CAPTION, assert_fits_a_strict_page};
    use super::*;

    fn dot(z: f64, outcome: Outcome) -> Dot {
        Dot { z, outcome, tooltip: "<1>".to_owned(), label: "11-24".to_owned() }
    }

    #[test]
    fn each_outcome_has_its_own_shape_and_class() {
        let dots = [dot(0.5, Outcome::Accepted), dot(2.5, Outcome::Warning), dot(9.0, Outcome::Rejected)];
        let svg = draw(&dots, &["1", "2", "3", "4", "5", "6", "7"].map(str::to_owned), CAPTION);
        assert_fits_a_strict_page(&svg);
        for class in ["dot accepted", "dot warning", "dot rejected", "mean", "s3"] {
            assert!(svg.contains(&format!("class=\"{class}\"")), "{class}: {svg}");
        }
        assert_eq!(svg.matches("<title>&lt;1&gt;</title>").count(), 3);
        // A point far outside stays in the picture.
        assert!(svg.contains(r#"transform="translate(598.33 16)""#), "{svg}");
    }

    #[test]
    fn a_chart_without_results_still_has_its_lines() {
        let svg = draw(&[], &Default::default(), CAPTION);
        assert_fits_a_strict_page(&svg);
        assert_eq!(svg.matches("<line").count(), 7);
        assert!(!svg.contains("polyline"));
    }

    #[test]
    fn labels_stand_apart_however_many_results_there_are() {
        let svg = draw(&vec![dot(0.0, Outcome::Accepted); 200], &Default::default(), CAPTION);
        assert!(svg.matches("11-24").count() < 12);
    }
}
