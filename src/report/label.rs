//! A sample's or container's label as one SVG, 50 × 30 mm: code, blind code, commodity, date, Code 128 and QR.

use super::barcode::{self, Fault};
use crate::chart::svg::Escaped;

/// What stands on a label. All texts are as they are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// In large type and as Code 128: a sample's, container's or blind code.
    pub code: String,
    /// A second code in small type; empty on a blind label, which must not tell whose sample it is.
    pub second: String,
    /// Commodity, date and whatever else there is room for: two lines are.
    pub lines: Vec<String>,
    /// What the QR code opens: an address ending in `/t/` and the code.
    pub address: String,
}

impl Label {
    /// Height of the code in tenths of a millimetre: a long container code must not run into the QR code.
    pub(super) fn code_size(&self) -> u32 {
        if self.code.chars().count() > 13 { 24 } else { 34 }
    }
}

/// Tenths of a millimetre.
const WIDTH: usize = 500;
const HEIGHT: usize = 300;
const MARGIN: usize = 20;
const QR_SIDE: usize = 150;
const LINES: usize = 2;

pub fn draw(label: &Label) -> Result<String, Fault> {
    let (bars, qr) = (barcode::code128(&label.code)?, barcode::qr(&label.address)?);
    let mut texts = vec![(65, label.code_size(), label.code.as_str()), (100, 24, label.second.as_str())];
    texts.extend(label.lines.iter().take(LINES).enumerate().map(|(at, line)| (132 + 32 * at, 24, line.as_str())));
    let texts: String = texts
        .into_iter()
        .filter(|(_, _, text)| !text.is_empty())
        .map(|(y, size, text)| format!(r#"<text x="{MARGIN}" y="{y}" font-size="{size}">{}</text>"#, Escaped(text)))
        .collect();
    let wide = WIDTH - 2 * MARGIN;
    Ok(format!(
        concat!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" class="label" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" shape-rendering="crispEdges">"##,
            r##"<title>{title}</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/><g fill="#000">{texts}</g>"##,
            r##"<svg x="{qr_x}" y="20" width="{QR_SIDE}" height="{QR_SIDE}" viewBox="0 0 {qr_width} {qr_width}"><path d="{qr}" fill="#000"/></svg>"##,
            r##"<svg x="{MARGIN}" y="195" width="{wide}" height="85" viewBox="0 0 {bars_width} 1" preserveAspectRatio="none"><path d="{bars}" fill="#000"/></svg>"##,
            "</svg>"
        ),
        WIDTH = WIDTH,
        HEIGHT = HEIGHT,
        MARGIN = MARGIN,
        QR_SIDE = QR_SIDE,
        title = Escaped(&label.code),
        texts = texts,
        qr_x = WIDTH - MARGIN - QR_SIDE,
        qr_width = qr.width,
        qr = qr.path(1),
        wide = wide,
        bars_width = bars.width,
        bars = bars.path(1),
    ))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn label() -> Label {
        Label {
            code: "QK2600123-7".to_owned(),
            second: "7KM4P-X".to_owned(),
            lines: vec!["菠菜 <1 kg>".to_owned(), "2026-11-24".to_owned(), "no room".to_owned()],
            address: "https://example.cn/t/QK2600123-7".to_owned(),
        }
    }

    #[test]
    fn a_label_shows_its_codes_and_two_lines() {
        let svg = draw(&label()).unwrap();
        for text in [">QK2600123-7</text>", ">7KM4P-X</text>", ">菠菜 &lt;1 kg&gt;</text>", ">2026-11-24</text>"] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        assert!(!svg.contains("no room") && !svg.contains("style"));
    }

    #[test]
    fn a_blind_label_tells_no_second_code() {
        let blind = Label { code: "7KM4P-X".to_owned(), second: String::new(), ..label() };
        assert_eq!(draw(&blind).unwrap().matches("<text").count(), 3);
    }

    #[test]
    fn a_code_that_no_scanner_reads_is_refused() {
        assert!(draw(&Label { code: "样品".to_owned(), ..label() }).is_err());
    }
}
