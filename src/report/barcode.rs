//! Code 128 and QR as SVG: black on white whatever the page's colours, with the quiet zone the standards ask for.
//!
//! ISO/IEC 15417 (Code 128: quiet zone of 10 modules) and ISO/IEC 18004 (QR: 4 modules).

use std::fmt::Write;

use barcoders::sym::code128::Code128;
use qrcode::{Color, EcLevel, QrCode};

use crate::chart::svg::Escaped;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("expected printable ASCII for Code 128, found '{0}'")]
    NotCode128(String),
    #[error("expected at most 2331 bytes for a QR code, found {0}")]
    TooLong(usize),
}

/// Dark runs of a picture: x, y and width in modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    pub width: usize,
    pub height: usize,
    pub runs: Vec<(usize, usize, usize)>,
}

impl Modules {
    fn of_rows<'a>(rows: impl Iterator<Item = &'a [bool]>, quiet: usize, above: usize) -> Self {
        let (mut width, mut height, mut runs) = (0, 0, Vec::new());
        for row in rows {
            let mut x = quiet;
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&true) {
                    runs.push((x, height + above, run.len()));
                }
                x += run.len();
            }
            width = x + quiet;
            height += 1;
        }
        Self { width, height: height + 2 * above, runs }
    }

    /// One path; `tall` stretches each module downwards.
    pub fn path(&self, tall: usize) -> String {
        self.runs.iter().fold(String::new(), |mut path, (x, y, width)| {
            // Writing into a String does not fail.
            let _ = write!(path, "M{x} {}h{width}v{tall}h-{width}z", y * tall);
            path
        })
    }

    fn svg(&self, class: &str, tall: usize, title: &str) -> String {
        let (width, height, path, title) = (self.width, self.height * tall, self.path(tall), Escaped(title));
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" class="{class}" viewBox="0 0 {width} {height}" role="img" shape-rendering="crispEdges"><title>{title}</title><rect width="{width}" height="{height}" fill="#fff"/><path d="{path}" fill="#000"/></svg>"##
        )
    }
}

/// Code 128, code set B.
pub fn code128(text: &str) -> Result<Modules, Fault> {
    let refuse = || Fault::NotCode128(text.to_owned());
    if text.is_empty() || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(refuse());
    }
    // The crate's mark for code set B stands before the text.
    let bars: Vec<bool> =
        Code128::new(format!("\u{0181}{text}")).map_err(|_| refuse())?.encode().iter().map(|bar| *bar == 1).collect();
    Ok(Modules::of_rows(std::iter::once(bars.as_slice()), 10, 0))
}

/// QR with error correction M.
pub fn qr(text: &str) -> Result<Modules, Fault> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| Fault::TooLong(text.len()))?;
    let dark: Vec<bool> = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
    Ok(Modules::of_rows(dark.chunks(code.width().max(1)), 4, 4))
}

/// `title` is for screen readers, usually the code itself.
pub fn code128_svg(text: &str, title: &str) -> Result<String, Fault> {
    Ok(code128(text)?.svg("code128", 40, title))
}

/// `title` is for screen readers; `text` is usually an address.
pub fn qr_svg(text: &str, title: &str) -> Result<String, Fault> {
    Ok(qr(text)?.svg("qr", 1, title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_128_has_its_modules_and_quiet_zones() {
        let bars = code128("QK2600123-7").unwrap();
        // Start, 11 characters and check of 11 modules each, stop of 13, and 10 on either side.
        assert_eq!(bars.width, 13 * 11 + 13 + 20);
        assert_eq!(bars.runs.first(), Some(&(10, 0, 2)));
        assert_eq!(bars.runs.last().map(|(x, _, width)| x + width), Some(bars.width - 10));
    }

    #[test]
    fn a_qr_code_has_its_finders() {
        let code = qr("https://example.cn/t/QK2600123-7").unwrap();
        assert_eq!(code.width, code.height);
        assert_eq!(code.runs.first(), Some(&(4, 4, 7)));
    }

    #[test]
    fn a_picture_stays_black_on_white_and_carries_no_style() {
        for svg in [code128_svg("QK", "<QK>").unwrap(), qr_svg("QK", "<QK>").unwrap()] {
            assert!(svg.contains(r##"fill="#fff""##) && svg.contains(r##"fill="#000""##));
            assert!(svg.contains("<title>&lt;QK&gt;</title>") && !svg.contains("style"));
        }
    }

    #[test]
    fn what_cannot_be_coded_is_refused() {
        for text in ["", "样品", "a\n"] {
            assert_eq!(code128(text), Err(Fault::NotCode128(text.to_owned())));
        }
        assert_eq!(qr(&"a".repeat(3000)), Err(Fault::TooLong(3000)));
    }
}
