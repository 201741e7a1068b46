//! Workbooks whose parts are the input: a changed byte in an XLSX file only breaks the archive, and nothing behind it is
//! reached.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// What an archive begins with.
pub const ARCHIVE: &[u8] = b"PK\x03\x04";

const WORKBOOK: &str =
    r#"<workbook><sheets><sheet name="Sheet1" r:id="r1"/><sheet name="Sheet2" r:id="r2"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Target="worksheets/sheet2.xml"/></Relationships>"#;

/// The parts, parted by NUL: shared strings, first sheet, second sheet. Stored, not deflated.
pub fn packed(parts: &[u8]) -> Vec<u8> {
    let names = ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"];
    let own = names.into_iter().zip(parts.splitn(names.len(), |byte| *byte == 0));
    let around = [("xl/workbook.xml", WORKBOOK.as_bytes()), ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes())];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, text) in around.into_iter().chain(own) {
        archive.start_file(name, stored).expect("a name that is not there yet");
        archive.write_all(text).expect("memory takes all");
    }
    archive.finish().expect("memory takes all").into_inner()
}

/// The parts of a workbook, as [`packed`] takes them; `None` if it is none.
pub fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut part = |name: &str| {
        let mut text = Vec::new();
        archive.by_name(name).ok()?.read_to_end(&mut text).ok()?;
        Some(text)
    };
    let strings = part("xl/sharedStrings.xml").unwrap_or_default();
    let mut parts = [strings, part("xl/worksheets/sheet1.xml")?].join(&0);
    if let Some(second) = part("xl/worksheets/sheet2.xml") {
        parts.push(0);
        parts.extend(second);
    }
    Some(parts)
}
