//! The rate of compliance month by month, never without the number of samples behind it.

use super::svg::{Anchor, Caption, Svg};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 40.0;

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
    let floor = HEIGHT - BOTTOM;
    let height = |rate: f64| floor - rate / 100.0 * (floor - TOP);
    for percent in [0, 25, 50, 75, 100] {
        let y = height(f64::from(percent));
        svg.line("grid", (LEFT, y), (WIDTH, y));
        svg.text("tick", (LEFT - 6.0, y + 4.0), Anchor::End, &format!("{percent}%"));
    }
    let step = (WIDTH - LEFT) / months.len().max(1) as f64;
    for (at, month) in months.iter().enumerate() {
        let middle = LEFT + step * (at as f64 + 0.5);
        svg.text("tick", (middle, floor + 16.0), Anchor::Middle, &month.label);
        svg.text("count", (middle, floor + 32.0), Anchor::Middle, &format!("n={}", month.total));
        if let Some(rate) = month.rate() {
            let wide = (step * 0.6).min(48.0);
            svg.rect("bar", (middle - wide / 2.0, height(rate)), (wide, floor - height(rate)));
            svg.text("tick", (middle, height(rate) - 5.0), Anchor::Middle, &written(month));
        }
    }
    svg.finish()
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
