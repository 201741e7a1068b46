//! Where plotters draws: its coordinates are hundredths of a unit, and each of its colours is a word for a class.
//!
//! plotters knows only colours and writes them into the picture, where no style sheet reaches them. Here a colour is a
//! token for an [`Ink`], and the canvas writes the ink's class instead.

use std::convert::Infallible;
use std::ops::Range;

use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingArea;
use plotters::element::{Drawable, EmptyElement, PathElement, PointCollection, Rectangle, Text};
use plotters::prelude::{Cartesian2d, IntoDrawingArea, IntoFont, LineSeries, RGBColor};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, ShapeStyle, TextStyle};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use super::svg::{Anchor, Svg};

/// plotters counts in whole steps; a hundredth of a unit is finer than any screen.
const STEPS: f64 = 100.0;
/// The size of letters, in units.
const LETTER: f64 = 12.0;

fn steps(units: f64) -> i32 {
    (units * STEPS).round() as i32
}

fn units(at: BackendCoord) -> (f64, f64) {
    (f64::from(at.0) / STEPS, f64::from(at.1) / STEPS)
}

/// What a shape is; the style sheet knows its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Axis,
    Grid,
    Tick,
    Count,
    Mean,
    S1,
    S2,
    S3,
    Trace,
    /// Traces laid over the first.
    Second,
    Third,
    Fourth,
    Peak,
    /// Between the limits of a peak's integration.
    Baseline,
    Bar,
}

impl Ink {
    const ALL: [Self; 15] = [
        Self::Axis,
        Self::Grid,
        Self::Tick,
        Self::Count,
        Self::Mean,
        Self::S1,
        Self::S2,
        Self::S3,
        Self::Trace,
        Self::Second,
        Self::Third,
        Self::Fourth,
        Self::Peak,
        Self::Baseline,
        Self::Bar,
    ];

    pub fn class(self) -> &'static str {
        match self {
            Self::Axis => "axis",
            Self::Grid => "grid",
            Self::Tick => "tick",
            Self::Count => "count",
            Self::Mean => "mean",
            Self::S1 => "s1",
            Self::S2 => "s2",
            Self::S3 => "s3",
            Self::Trace => "trace",
            Self::Second => "trace second",
            Self::Third => "trace third",
            Self::Fourth => "trace fourth",
            Self::Peak => "peak",
            Self::Baseline => "baseline",
            Self::Bar => "bar",
        }
    }

    fn token(self) -> RGBColor {
        RGBColor(0, 0, self as u8)
    }

    fn class_of(color: BackendColor) -> &'static str {
        Self::ALL.into_iter().find(|ink| (0, 0, *ink as u8) == color.rgb).map_or("", Self::class)
    }
}

impl From<Ink> for ShapeStyle {
    fn from(ink: Ink) -> Self {
        Self::from(ink.token())
    }
}

/// Where the data lies in the picture: what is left free on each side, in units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// A picture with two axes; every place in it is given in the data's own numbers, every shift beside one in units.
pub struct Plot<'a> {
    area: DrawingArea<Canvas<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
}

impl<'a> Plot<'a> {
    pub fn new(svg: &'a mut Svg, frame: Frame, x: Range<f64>, y: Range<f64>) -> Self {
        let (width, height) = svg.size();
        let across = steps(frame.left)..steps(width - frame.right);
        // In a picture the second axis runs downwards.
        let up = steps(height - frame.bottom)..steps(frame.top);
        Self { area: Canvas { svg }.into_drawing_area().apply_coord_spec(Cartesian2d::new(x, y, (across, up))) }
    }

    pub fn line(&self, ink: Ink, from: (f64, f64), to: (f64, f64)) {
        self.draw(&PathElement::new(vec![from, to], ink));
    }

    /// A stroke that begins beside the data: the small mark under an axis.
    pub fn stroke(&self, ink: Ink, at: (f64, f64), shift: (f64, f64)) {
        let end = (steps(shift.0), steps(shift.1));
        self.draw(&(EmptyElement::at(at) + PathElement::new(vec![(0, 0), end], ink)));
    }

    /// A line through all points; nothing for fewer than two.
    pub fn series(&self, ink: Ink, points: impl IntoIterator<Item = (f64, f64)>) {
        for element in LineSeries::new(points, ink) {
            self.draw(&element);
        }
    }

    pub fn bar(&self, ink: Ink, corner: (f64, f64), opposite: (f64, f64)) {
        self.draw(&Rectangle::new([corner, opposite], ink.token().filled()));
    }

    /// The shift leads to the base line of the text.
    pub fn text(&self, ink: Ink, at: (f64, f64), shift: (f64, f64), anchor: Anchor, text: &str) {
        let side = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let font = ("sans-serif", LETTER * STEPS).into_font();
        let token = ink.token();
        let style = TextStyle::from(font).color(&token).pos(Pos::new(side, VPos::Bottom));
        let shift = (steps(shift.0), steps(shift.1));
        self.draw(&(EmptyElement::at(at) + Text::new(text.to_owned(), shift, style)));
    }

    /// A mark whose shape says its state without colour, with a tooltip. `path` is drawn around 0, 0.
    pub fn mark(&self, class: &str, at: (f64, f64), path: &str, tooltip: &str) {
        self.draw(&Mark { at, class, path, tooltip });
    }

    fn draw<E>(&self, element: &E)
    where
        for<'e> &'e E: PointCollection<'e, (f64, f64)>,
        E: Drawable<Canvas<'a>>,
    {
        // The canvas only writes into a String, and no font is opened: there is nothing that could fail.
        let _ = self.area.draw(element);
    }
}

struct Mark<'m> {
    at: (f64, f64),
    class: &'m str,
    path: &'m str,
    tooltip: &'m str,
}

impl<'e> PointCollection<'e, (f64, f64)> for &'e Mark<'_> {
    type Point = &'e (f64, f64);
    type IntoIter = std::iter::Once<&'e (f64, f64)>;

    fn point_iter(self) -> Self::IntoIter {
        std::iter::once(&self.at)
    }
}

impl<'a> Drawable<Canvas<'a>> for Mark<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, places: I, canvas: &mut Canvas<'a>, _: (u32, u32)) -> Drawn {
        places.for_each(|at| canvas.svg.mark(self.class, units(at), self.path, self.tooltip));
        Ok(())
    }
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// A picture as plotters sees it.
struct Canvas<'a> {
    svg: &'a mut Svg,
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let (width, height) = self.svg.size();
        (steps(width).unsigned_abs(), steps(height).unsigned_abs())
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.svg.rect(Ink::class_of(color), units(point), (1.0 / STEPS, 1.0 / STEPS));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.svg.line(Ink::class_of(style.color()), units(from), units(to));
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(&mut self, one: BackendCoord, other: BackendCoord, style: &S, _fill: bool) -> Drawn {
        let ((left, top), (right, bottom)) = (units(one), units(other));
        self.svg.rect(Ink::class_of(style.color()), (left, top), (right - left, bottom - top));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        match points.as_slice() {
            [from, to] => self.draw_line(*from, *to, style)?,
            points => self.svg.polyline(Ink::class_of(style.color()), points.iter().copied().map(units)),
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => Anchor::Start,
            HPos::Center => Anchor::Middle,
            HPos::Right => Anchor::End,
        };
        self.svg.text(Ink::class_of(style.color()), units(at), anchor, text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::{CAPTION, assert_fits_a_strict_page};
    use super::*;

    const FRAME: Frame = Frame { left: 10.0, right: 10.0, top: 20.0, bottom: 20.0 };

    fn picture(draw: impl Fn(&Plot<'_>)) -> String {
        let mut svg = Svg::new("", 120.0, 140.0, CAPTION);
        draw(&Plot::new(&mut svg, FRAME, 0.0..10.0, 0.0..5.0));
        svg.finish()
    }

    #[test]
    fn every_ink_is_written_as_its_class_and_never_as_a_colour() {
        for ink in Ink::ALL {
            let svg = picture(|plot| {
                plot.line(ink, (0.0, 0.0), (10.0, 5.0));
                plot.series(ink, [(0.0, 0.0), (5.0, 5.0), (10.0, 0.0)]);
                plot.bar(ink, (0.0, 0.0), (1.0, 1.0));
                plot.text(ink, (0.0, 0.0), (0.0, 0.0), Anchor::End, "x");
            });
            assert_fits_a_strict_page(&svg);
            assert_eq!(svg.matches(&format!("class=\"{}\"", ink.class())).count(), 4, "{svg}");
            assert!(!svg.contains('#') && !svg.contains("rgb"), "{svg}");
        }
    }

    #[test]
    fn the_data_lies_within_the_frame_and_greater_values_stand_higher() {
        let svg = picture(|plot| plot.line(Ink::Axis, (0.0, 0.0), (10.0, 5.0)));
        assert!(svg.contains(r#"x1="10" y1="120" x2="110" y2="20""#), "{svg}");
        let svg = picture(|plot| plot.stroke(Ink::Axis, (5.0, 0.0), (0.0, 5.5)));
        assert!(svg.contains(r#"x1="60" y1="120" x2="60" y2="125.5""#), "{svg}");
    }

    #[test]
    fn what_is_no_number_or_too_large_stays_within_the_picture() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_fits_a_strict_page(&picture(|plot| plot.line(Ink::Trace, (odd, odd), (1.0, 1.0))));
        }
    }
}
