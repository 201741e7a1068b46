//! The rate of compliance month by month, never without the number of samples behind it.

use super::canvas::{Frame, Ink, Plot};
use super::svg::{Anchor, Caption, Svg};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
const FRAME: Frame = Frame { left: 44.0, right: 0.0, top: 24.0, bottom: 40.0 };

/// One month: samples with a final conclusion, and the compliant ones among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    pub label: String,
    pub compliant: u32,
    pub total: u32,
}

impl Month {
    /// Percent; a month without samples has no rate, which is not 0.
    pub fn rate(&self) -> Option<f64> {
        (self.total > 0).then(|| f64::from(self.compliant.min(self.total)) / f64::from(self.total) * 100.0)
    }
}

pub fn draw(months: &[Month], caption: Caption<'_>) -> String {
    let mut svg = Svg::new("trend", WIDTH, HEIGHT, caption);
    plot(&mut svg, months);
    svg.finish()
}

fn plot(svg: &mut Svg, months: &[Month]) {
    let wide = months.len().max(1) as f64;
    let plot = Plot::new(svg, FRAME, 0.0..wide, 0.0..100.0);
    for percent in [0, 25, 50, 75, 100] {
        let height = f64::from(percent);
        plot.line(Ink::Grid, (0.0, height), (wide, height));
        plot.text(Ink::Tick, (0.0, height), (-6.0, 4.0), Anchor::End, &format!("{percent}%"));
    }
    // A bar takes six tenths of its month, and is no wider than 48 units.
    let step = (WIDTH - FRAME.left - FRAME.right) / wide;
    let half = 0.3_f64.min(24.0 / step);
    for (at, month) in months.iter().enumerate() {
        let middle = at as f64 + 0.5;
        plot.text(Ink::Tick, (middle, 0.0), (0.0, 16.0), Anchor::Middle, &month.label);
        plot.text(Ink::Count, (middle, 0.0), (0.0, 32.0), Anchor::Middle, &format!("n={}", month.total));
        if let Some(rate) = month.rate() {
            plot.bar(Ink::Bar, (middle - half, rate), (middle + half, 0.0));
            plot.text(Ink::Tick, (middle, rate), (0.0, -5.0), Anchor::Middle, &written(month));
        }
    }
}

/// The rate as written: 100 only when every sample complies.
fn written(month: &Month) -> String {
    match month.rate() {
        Some(rate) if month.compliant < month.total => format!("{:.1}", (rate * 10.0).floor() / 10.0),
        Some(_) => "100".to_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::{CAPTION, assert_fits_a_strict_page};
    use super::*;

    fn month(compliant: u32, total: u32) -> Month {
        Month { label: "11月".to_owned(), compliant, total }
    }

    #[test]
    fn a_month_without_samples_has_no_rate_and_says_so() {
        let svg = draw(&[month(0, 0), month(0, 4)], CAPTION);
        assert_fits_a_strict_page(&svg);
        assert_eq!(svg.matches(r#"class="bar""#).count(), 1);
        assert!(svg.contains(">n=0<") && svg.contains(">n=4<") && svg.contains(">0.0<"), "{svg}");
    }

    #[test]
    fn one_bad_sample_in_ten_thousand_is_not_a_hundred_percent() {
        assert_eq!(written(&month(9_999, 10_000)), "99.9");
        assert_eq!(written(&month(10_000, 10_000)), "100");
    }

    #[test]
    fn no_months_are_an_empty_picture() {
        assert_fits_a_strict_page(&draw(&[], CAPTION));
    }
}
