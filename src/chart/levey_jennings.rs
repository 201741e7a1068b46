//! The Levey–Jennings chart: control results in time between mean and ±1, 2, 3 s.
//!
//! Each outcome has its shape: a dot, a triangle for a warning, a cross for a rejection.

use super::canvas::{Frame, Ink, Plot};
use super::svg::{Anchor, Caption, Svg};
use crate::lab::qc::westgard::Outcome;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 320.0;
const FRAME: Frame = Frame { left: 40.0, right: 90.0, top: 16.0, bottom: 32.0 };
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
    plot(&mut svg, dots, lines);
    svg.finish()
}

fn plot(svg: &mut Svg, dots: &[Dot], lines: &[String; 7]) {
    let wide = dots.len().max(1) as f64;
    let plot = Plot::new(svg, FRAME, 0.0..wide, -HIGHEST..HIGHEST);
    for (z, value) in (-3_i32..=3).zip(lines) {
        let ink = match z.abs() {
            0 => Ink::Mean,
            1 => Ink::S1,
            2 => Ink::S2,
            _ => Ink::S3,
        };
        let name = match z {
            0 => "x̄".to_owned(),
            below if below < 0 => format!("−{} s", -below),
            above => format!("+{above} s"),
        };
        let z = f64::from(z);
        plot.line(ink, (0.0, z), (wide, z));
        plot.text(Ink::Tick, (0.0, z), (-6.0, 4.0), Anchor::End, &name);
        plot.text(Ink::Tick, (wide, z), (6.0, 4.0), Anchor::Start, value);
    }
    let place = |at: usize, dot: &Dot| {
        let z = if dot.z.is_nan() { 0.0 } else { dot.z.clamp(-HIGHEST, HIGHEST) };
        (at as f64 + 0.5, z)
    };
    plot.series(Ink::Trace, dots.iter().enumerate().map(|(at, dot)| place(at, dot)));
    // A label needs about 72 units.
    let step = (WIDTH - FRAME.left - FRAME.right) / wide;
    let every = (72.0 / step).ceil().max(1.0) as usize;
    for (at, dot) in dots.iter().enumerate() {
        let path = match dot.outcome {
            Outcome::Accepted => "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
            Outcome::Warning => "M0 -6L6 5L-6 5Z",
            Outcome::Rejected => "M-6 -4L-4 -6L0 -2L4 -6L6 -4L2 0L6 4L4 6L0 2L-4 6L-6 4L-2 0Z",
        };
        plot.mark(&format!("dot {}", dot.outcome), place(at, dot), path, &dot.tooltip);
        if at % every == 0 {
            let below = (at as f64 + 0.5, -HIGHEST);
            plot.text(Ink::Tick, below, (0.0, FRAME.bottom - 10.0), Anchor::Middle, &dot.label);
        }
    }
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
