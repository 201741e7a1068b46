//! The same label for a Zebra-compatible printer: ZPL II in UTF-8 (`^CI28`), 50 × 30 mm.
//!
//! Zebra, ZPL II Programming Guide: `^FH` hexadecimal escapes, `^BC` Code 128, `^BQ` QR. A text can contain no command:
//! `^`, `~`, `\` and `_` are always escaped.

use std::fmt::Write;

use super::label::Label;

/// The printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    /// Dots per millimetre: 8 at 203 dpi, 12 at 300 dpi.
    pub dots: u32,
    /// The printer's file with Chinese characters, such as `E:SIMSUN.TTF`; without it the built-in font is used, which
    /// has them on printers sold in China only.
    pub font: Option<String>,
}

impl Default for Printer {
    fn default() -> Self {
        Self { dots: 8, font: None }
    }
}

pub fn draw(label: &Label, printer: &Printer) -> String {
    // From tenths of a millimetre.
    let dots = |tenths: u32| tenths * printer.dots / 10;
    let mut zpl = format!("^XA\n^CI28\n^PW{}\n^LL{}\n^LH0,0\n", dots(500), dots(300));
    let mut texts = vec![(32, label.code_size(), label.code.as_str()), (76, 24, label.second.as_str())];
    texts.extend(label.lines.iter().take(2).zip([110, 142]).map(|(line, y)| (y, 24, line.as_str())));
    for (y, size, text) in texts.into_iter().filter(|(_, _, text)| !text.is_empty()) {
        let font = match &printer.font {
            Some(file) => format!("^A@N,{size},{size},{file}", size = dots(size)),
            None => format!("^A0N,{size},{size}", size = dots(size)),
        };
        // Writing into a String does not fail.
        let _ = writeln!(zpl, "^FO{},{}{font}^FH^FD{}^FS", dots(20), dots(y), escaped(text));
    }
    // Start, check and stop take 35 modules; a long container code is drawn finer so that it stays on the label.
    let modules = u32::try_from(label.code.len()).unwrap_or(u32::MAX).saturating_mul(11).saturating_add(35);
    let module = (dots(460) / modules).min(printer.dots / 4).max(1);
    let _ = writeln!(
        zpl,
        "^FO{},{}^BQN,2,{}^FH^FDMA,{}^FS",
        dots(330),
        dots(20),
        (printer.dots * 3 / 8).max(1),
        escaped(&label.address)
    );
    let _ = writeln!(
        zpl,
        "^FO{},{}^BY{module}^BCN,{},N,N,N^FH^FD{}^FS",
        dots(20),
        dots(195),
        dots(85),
        // In Code 128 data `>` starts an invocation; `>0` is the sign itself.
        escaped(&label.code).replace('>', ">0")
    );
    zpl.push_str("^XZ\n");
    zpl
}

/// Field data in which nothing is a command, a line break or half of an escape.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut data, one| {
        match one {
            '^' | '~' | '\\' | '_' => {
                let _ = write!(data, "_{:02X}", u32::from(one));
            }
            control if control.is_control() => data.push(' '),
            other => data.push(other),
        }
        data
    })
}

#[cfg(test)]
mod tests {
    use super::super::label::tests::label;
    use super::*;

    #[test]
    fn a_label_is_printed_in_the_printer_s_own_words() {
        let zpl = draw(&label(), &Printer::default());
        assert!(zpl.starts_with("^XA\n^CI28\n^PW400\n^LL240\n") && zpl.ends_with("^XZ\n"), "{zpl}");
        assert!(zpl.contains("^FO16,156^BY2^BCN,68,N,N,N^FH^FDQK2600123-7^FS"), "{zpl}");
        assert!(zpl.contains("^BQN,2,3^FH^FDMA,https://example.cn/t/QK2600123-7^FS"), "{zpl}");
        assert!(zpl.contains("^FD菠菜 <1 kg>^FS"), "{zpl}");
    }

    #[test]
    fn no_text_can_command_the_printer() {
        let nasty = Label { second: "^XZ~JR\\&_5E\n".to_owned(), ..label() };
        let zpl = draw(&nasty, &Printer::default());
        assert!(zpl.contains("^FD_5EXZ_7EJR_5C&_5F5E ^FS"), "{zpl}");
        assert_eq!(zpl.matches("^XZ").count(), 1);
    }

    #[test]
    fn a_long_code_is_drawn_finer_and_stays_on_the_label() {
        let aliquot = Label { code: "QK2600123-7-M1-A2".to_owned(), ..label() };
        assert!(draw(&aliquot, &Printer::default()).contains("^BY1^BCN"));
    }

    #[test]
    fn a_font_file_of_the_printer_is_used_when_there_is_one() {
        let printer = Printer { dots: 12, font: Some("E:SIMSUN.TTF".to_owned()) };
        assert!(draw(&label(), &printer).contains("^A@N,40,40,E:SIMSUN.TTF"));
    }
}
