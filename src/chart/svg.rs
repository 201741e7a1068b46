//! An SVG picture being written: elements with classes, text escaped, a title and a description for screen readers.

use std::fmt::{self, Write};

/// What a screen reader says of a picture, and what stands under it as a caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caption<'a> {
    pub title: &'a str,
    pub description: &'a str,
}

/// Where a text stands on its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

pub struct Svg {
    text: String,
    size: (f64, f64),
}

impl Svg {
    /// An empty picture of `width` by `height` units, scaled by the page.
    pub fn new(class: &str, width: f64, height: f64, caption: Caption<'_>) -> Self {
        let mut svg = Self { text: String::new(), size: (width, height) };
        let (width, height, class) = (Number(width), Number(height), Escaped(class));
        svg.push(format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart {class}" viewBox="0 0 {width} {height}" role="img" fill="none" stroke="currentColor" stroke-width="1" font-size="12">"#
        ));
        svg.push(format_args!("<title>{}</title>", Escaped(caption.title)));
        if !caption.description.is_empty() {
            svg.push(format_args!("<desc>{}</desc>", Escaped(caption.description)));
        }
        svg
    }

    /// Width and height, in units.
    pub fn size(&self) -> (f64, f64) {
        self.size
    }

    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (class, x1, y1, x2, y2) = (Escaped(class), Number(from.0), Number(from.1), Number(to.0), Number(to.1));
        self.push(format_args!(r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#));
    }

    /// A line through all points; nothing for fewer than two.
    pub fn polyline(&mut self, class: &str, points: impl IntoIterator<Item = (f64, f64)>) {
        let mut path = String::new();
        let mut count = 0;
        for (x, y) in points {
            let gap = if count == 0 { "" } else { " " };
            // Writing into a String does not fail.
            let _ = write!(path, "{gap}{},{}", Number(x), Number(y));
            count += 1;
        }
        if count > 1 {
            self.push(format_args!(r#"<polyline class="{}" points="{path}"/>"#, Escaped(class)));
        }
    }

    pub fn rect(&mut self, class: &str, at: (f64, f64), size: (f64, f64)) {
        let (class, x, y, width, height) = (Escaped(class), Number(at.0), Number(at.1), Number(size.0), Number(size.1));
        self.push(format_args!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" fill="currentColor" stroke="none"/>"#
        ));
    }

    pub fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (class, x, y, text) = (Escaped(class), Number(at.0), Number(at.1), Escaped(text));
        self.push(format_args!(
            r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor" stroke="none">{text}</text>"#
        ));
    }

    /// A mark whose shape says its state without colour, with a tooltip. `path` is drawn around 0, 0.
    pub fn mark(&mut self, class: &str, at: (f64, f64), path: &str, tooltip: &str) {
        let (class, x, y, tooltip) = (Escaped(class), Number(at.0), Number(at.1), Escaped(tooltip));
        self.push(format_args!(
            r#"<g class="{class}" transform="translate({x} {y})"><title>{tooltip}</title><path d="{path}" fill="currentColor"/></g>"#
        ));
    }

    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }

    fn push(&mut self, element: fmt::Arguments<'_>) {
        // Writing into a String does not fail.
        let _ = self.text.write_fmt(element);
    }
}

/// A coordinate to a hundredth; what is no number stands at 0.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = if self.0.is_finite() { (self.0 * 100.0).round() } else { 0.0 };
        write!(f, "{}", hundredths / 100.0 + 0.0)
    }
}

/// Text that cannot leave its place in a document.
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|one| match one {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            // XML has no place for control characters.
            control if control.is_control() => f.write_char(' '),
            other => f.write_char(other),
        })
    }
}

/// Round numbers from `low` to `high`, about `count` of them, with the decimals they need.
pub fn ticks(low: f64, high: f64, count: usize) -> Vec<(f64, String)> {
    let span = high - low;
    if !(span.is_finite() && span > 0.0) || count == 0 {
        return Vec::new();
    }
    let rough = span / count as f64;
    let tens = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|part| part * tens).into_iter().find(|step| *step >= rough).unwrap_or(rough);
    let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    let first = (low / step).ceil();
    (0..=2 * count)
        .map(|place| (first + place as f64) * step)
        .take_while(|tick| *tick <= high + step * 1e-9)
        .map(|tick| (tick, format!("{:.decimals$}", tick + 0.0)))
        .collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub const CAPTION: Caption<'static> = Caption { title: "title", description: "description" };

    /// Every picture must stand inside a page under `style-src 'self'`.
    pub fn assert_fits_a_strict_page(svg: &str) {
        for forbidden in [" style=", "<style", "<script", " on", "href", "NaN", "inf"] {
            assert!(!svg.contains(forbidden), "{forbidden}: {svg}");
        }
        assert_eq!(svg.matches("<svg").count(), 1);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
        assert!(svg.contains("<title>title</title><desc>description</desc>"));
    }

    #[test]
    fn words_cannot_leave_their_place() {
        let mut svg = Svg::new("", 10.0, 10.0, Caption { title: "a<b>&\"'\u{7}", description: "" });
        svg.text("tick", (1.0, 2.0), Anchor::End, "</text><script>");
        let svg = svg.finish();
        assert!(svg.contains("<title>a&lt;b&gt;&amp;&quot;&#39; </title>"), "{svg}");
        assert!(!svg.contains("<script>"));
        assert!(!svg.contains("<desc>"));
    }

    #[test]
    fn what_is_no_number_leaves_no_trace() {
        let mut svg = Svg::new("", 10.0, 10.0, CAPTION);
        svg.line("axis", (f64::NAN, f64::INFINITY), (1.005, -0.001));
        assert_fits_a_strict_page(&svg.finish());
    }

    #[test]
    fn ticks_are_round_numbers_with_equal_decimals() {
        let written = |low, high, count| ticks(low, high, count).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(written(0.0, 10.0, 5), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(written(0.0, 0.3, 3), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(written(-1.0, 1.0, 4), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
        assert!(written(1.0, 1.0, 4).is_empty() && written(f64::NAN, 1.0, 4).is_empty());
    }
}
