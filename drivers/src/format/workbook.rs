//! XLSX workbooks: the cells of their sheets as text, numbers in their shortest form.
//! Source: ECMA-376 part 1, chapters 18.2 (workbook), 18.3 (worksheets), 18.4 (shared strings).
//!
//! Read by ourselves rather than by a crate: cells stay as sparse as the file has them, and what a file may expand to
//! is limited.

use std::io::{Cursor, Read};
use std::rc::Rc;

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use zip::ZipArchive;

use super::numbers;
use super::xml::{Element, Node, walk};
use crate::contract::Fault;

/// A workbook whose parts are larger than this together is no report of an instrument.
const LIMIT: usize = 128 << 20;

#[derive(Debug, Default)]
pub struct Sheet {
    pub name: String,
    /// Rows that have cells, in the order of the file.
    pub rows: Vec<Row>,
    /// Dates of this workbook are counted from 1904, as those of old Macintosh computers.
    pub from_1904: bool,
}

impl Sheet {
    /// The date and time of a number that is shown as one, to the second; `None` where only days are counted, or outside of
    /// the years in which instruments were built (ECMA-376 part 1, 18.17.4).
    pub fn instant(&self, number: &str) -> Option<DateTime> {
        let days = numbers::number(number)?;
        let zero = if self.from_1904 { date(1904, 1, 1) } else { date(1899, 12, 30) };
        // Days since 1980 and until 2100.
        let years = if self.from_1904 { 27_759.0..71_589.0 } else { 29_221.0..73_051.0 };
        if !years.contains(&days) || days.fract() == 0.0 {
            return None;
        }
        let seconds = (days * 86_400.0).round() as i64;
        zero.at(0, 0, 0, 0).checked_add(SignedDuration::from_secs(seconds)).ok()
    }
}

#[derive(Debug, Default)]
pub struct Row {
    /// Counted from 1, as Excel shows it.
    pub number: usize,
    cells: Vec<(usize, Rc<str>)>,
}

impl Row {
    /// Trimmed text of the cell in this column (0 is `A`), unless it is empty.
    pub fn cell(&self, column: usize) -> Option<&str> {
        let found = self.cells.iter().find(|(own, _)| *own == column)?;
        Some(found.1.trim()).filter(|text| !text.is_empty())
    }

    /// Texts from column `A` to the last one used, at most 64 of them.
    pub fn texts(&self) -> Vec<&str> {
        let last = self.cells.iter().map(|(column, _)| *column).max().map_or(0, |column| (column + 1).min(64));
        (0..last).map(|column| self.cell(column).unwrap_or_default()).collect()
    }
}

/// The sheets of a workbook in their order.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, Fault> {
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        let found = "an XLS workbook".to_owned();
        return Err(Fault::Bytes { offset: 0, expected: "an XLSX workbook: save the file as .xlsx", found });
    }
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| no_workbook(&error.to_string()))?;
    let mut parts = Parts { archive, left: LIMIT };
    // A place in a part is none in the archive: which part it is says more.
    let in_part = |name: &str, fault: Fault| no_workbook(&format!("{name}: {fault}"));
    const STRINGS: &str = "xl/sharedStrings.xml";
    const WORKBOOK: &str = "xl/workbook.xml";
    const RELATIONS: &str = "xl/_rels/workbook.xml.rels";
    let shared = match parts.read(STRINGS)? {
        Some(text) => strings(&text).map_err(|fault| in_part(STRINGS, fault))?,
        None => Vec::new(),
    };
    let workbook = parts.read(WORKBOOK)?.ok_or_else(|| no_workbook("no xl/workbook.xml"))?;
    let relations = parts.read(RELATIONS)?.unwrap_or_default();
    let targets =
        attributes(&relations, "Relationship", ["Id", "Target"]).map_err(|fault| in_part(RELATIONS, fault))?;
    let of_workbook = |element, names| attributes(&workbook, element, names).map_err(|fault| in_part(WORKBOOK, fault));
    let properties = of_workbook("workbookPr", ["date1904", "date1904"])?;
    let from_1904 = properties.iter().any(|[value, _]| matches!(value.as_str(), "1" | "true" | "on"));
    let mut sheets = Vec::new();
    for [name, id] in of_workbook("sheet", ["name", "id"])? {
        let Some([_, target]) = targets.iter().find(|[own, _]| *own == id) else { continue };
        let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        let Some(text) = parts.read(&path)? else { continue };
        let rows = rows(&text, &shared).map_err(|fault| in_part(&path, fault))?;
        sheets.push(Sheet { name, rows, from_1904 });
    }
    Ok(sheets)
}

fn no_workbook(found: &str) -> Fault {
    Fault::Bytes { offset: 0, expected: "an XLSX workbook", found: found.to_owned() }
}

struct Parts<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    /// Bytes that may still be expanded.
    left: usize,
}

impl Parts<'_> {
    /// The text of a part; `None` if the workbook has no such part.
    fn read(&mut self, name: &str) -> Result<Option<String>, Fault> {
        let Some(index) = self.archive.index_for_name(name) else { return Ok(None) };
        let file = self.archive.by_index(index).map_err(|error| no_workbook(&format!("{name}: {error}")))?;
        let mut bytes = Vec::new();
        let limit = self.left as u64 + 1;
        file.take(limit).read_to_end(&mut bytes).map_err(|error| no_workbook(&format!("{name}: {error}")))?;
        let left = self.left.checked_sub(bytes.len());
        self.left = left.ok_or_else(|| no_workbook(&format!("{name}: more than 128 MiB in all")))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// Two attributes of every element of this name.
fn attributes(text: &str, element: &str, names: [&str; 2]) -> Result<Vec<[String; 2]>, Fault> {
    let mut found = Vec::new();
    walk(text, |node| {
        if let Node::Start(own) = node
            && own.name == element
        {
            found.push(names.map(|name| own.attribute(name).unwrap_or_default().to_owned()));
        }
    })?;
    Ok(found)
}

/// The shared strings; a text in several fonts is one, its pronunciation (`rPh`) is none.
fn strings(text: &str) -> Result<Vec<Rc<str>>, Fault> {
    let mut found: Vec<String> = Vec::new();
    let (mut inside, mut spoken) = (false, false);
    walk(text, |node| match node {
        Node::Start(element) => match element.name.as_str() {
            "si" => found.push(String::new()),
            "t" => inside = true,
            "rPh" => spoken = true,
            _ => {}
        },
        Node::Text(text) if inside && !spoken => {
            if let Some(last) = found.last_mut() {
                last.push_str(&text);
            }
        }
        Node::Text(_) => {}
        Node::End(name) if name == "t" => inside = false,
        Node::End(name) if name == "rPh" => spoken = false,
        Node::End(_) => {}
    })?;
    Ok(found.into_iter().map(Rc::from).collect())
}

fn rows(text: &str, shared: &[Rc<str>]) -> Result<Vec<Row>, Fault> {
    let mut reading = Reading { shared, rows: Vec::new(), kind: String::new(), value: String::new(), inside: false };
    walk(text, |node| reading.take(node))?;
    Ok(reading.rows)
}

struct Reading<'s> {
    shared: &'s [Rc<str>],
    rows: Vec<Row>,
    /// Type of the cell being read: `s` shared, `inlineStr`, `str`, `b`, `e`, or a number.
    kind: String,
    value: String,
    inside: bool,
}

impl Reading<'_> {
    fn take(&mut self, node: Node) {
        match node {
            Node::Start(element) => self.start(&element),
            Node::Text(text) if self.inside => self.value.push_str(&text),
            Node::Text(_) => {}
            Node::End(name) => match name.as_str() {
                "v" | "t" => self.inside = false,
                "c" => self.cell(),
                _ => {}
            },
        }
    }

    fn start(&mut self, element: &Element) {
        match element.name.as_str() {
            "row" => {
                let next = self.rows.last().map_or(1, |row| row.number.saturating_add(1));
                let number = element.attribute("r").and_then(|text| text.parse().ok()).unwrap_or(next);
                self.rows.push(Row { number, cells: Vec::new() });
            }
            "c" => {
                self.kind = element.attribute("t").unwrap_or_default().to_owned();
                self.value.clear();
                if let Some(row) = self.rows.last_mut() {
                    let next = row.cells.last().map_or(0, |(column, _)| column.saturating_add(1));
                    row.cells.push((element.attribute("r").and_then(column).unwrap_or(next), Rc::default()));
                }
            }
            "v" | "t" => self.inside = true,
            _ => {}
        }
    }

    fn cell(&mut self) {
        let text = std::mem::take(&mut self.value);
        let text = match self.kind.as_str() {
            "s" => {
                text.trim().parse().ok().and_then(|index: usize| self.shared.get(index)).cloned().unwrap_or_default()
            }
            "" | "n" => numbers::number(text.trim()).map_or(text, shown).into(),
            _ => text.into(),
        };
        if let Some((_, last)) = self.rows.last_mut().and_then(|row| row.cells.last_mut()) {
            *last = text;
        }
    }
}

/// A number as Excel shows it, with 15 digits at most: `5.5700000000000003E-2` is how it keeps 0.0557.
fn shown(number: f64) -> String {
    format!("{number:.14e}").parse().unwrap_or(number).to_string()
}

/// `C12` is column 2.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let number =
        letters.take(4).fold(0usize, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}

#[cfg(test)]
pub mod tests {
    use std::io::Write;

    use super::*;

    /// A workbook of one sheet: numbers as numbers, other cells as shared strings.
    pub fn workbook(rows: &[&[&str]]) -> Vec<u8> {
        let mut shared = String::new();
        let mut count = 0;
        let mut data = String::new();
        for (index, row) in rows.iter().enumerate() {
            data.push_str(&format!("<row r=\"{}\">", index + 1));
            for (column, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                let place = format!("{}{}", char::from(b'A' + column as u8), index + 1);
                if text.parse::<f64>().is_ok() {
                    data.push_str(&format!("<c r=\"{place}\"><v>{text}</v></c>"));
                } else {
                    data.push_str(&format!("<c r=\"{place}\" t=\"s\"><v>{count}</v></c>"));
                    shared.push_str(&format!("<si><t>{text}</t></si>"));
                    count += 1;
                }
            }
            data.push_str("</row>");
        }
        let parts = [
            (
                "xl/workbook.xml",
                "<workbook><sheets><sheet name=\"Results\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
                    .to_owned(),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
                    .to_owned(),
            ),
            ("xl/sharedStrings.xml", format!("<sst>{shared}</sst>")),
            ("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{data}</sheetData></worksheet>")),
        ];
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, text) in parts {
            archive.start_file(name, options).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn cells_are_texts_and_numbers_are_short() {
        let sheets = read(&workbook(&[&["Well", "", "孔"], &["A1", "5.5700000000000003E-2", "12.0"]])).unwrap();
        let [sheet] = sheets.as_slice() else { panic!("one sheet") };
        assert_eq!(sheet.name, "Results");
        assert_eq!(sheet.rows[0].texts(), ["Well", "", "孔"]);
        assert_eq!((sheet.rows[1].number, sheet.rows[1].texts()), (2, vec!["A1", "0.0557", "12"]));
        assert_eq!(sheet.rows[1].cell(9), None);
    }

    #[test]
    fn a_number_is_an_instant_in_the_calendar_of_its_workbook() {
        let at = |from_1904, number| {
            let sheet = Sheet { from_1904, ..Sheet::default() };
            sheet.instant(number).map(|instant| instant.to_string())
        };
        let morning = Some("2026-03-02T08:30:05".to_owned());
        assert_eq!(at(false, "46083.3542245370"), morning);
        assert_eq!(at(true, "44621.3542245370"), morning);
        for none in ["46083", "0.5", "1e300", "soon", ""] {
            assert_eq!((at(false, none), at(true, none)), (None, None), "{none}");
        }
    }

    #[test]
    fn a_text_in_two_fonts_is_one_and_its_pronunciation_none() {
        let text = "<sst><si><r><t>毒</t></r><r><t>死蜱</t></r><rPh><t>dú</t></rPh></si><si><t>b</t></si></sst>";
        assert_eq!(strings(text).unwrap(), [Rc::from("毒死蜱"), Rc::from("b")]);
    }

    #[test]
    fn a_cell_far_out_needs_no_more_memory_than_any() {
        let text = "<sheetData><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>";
        let rows = rows(text, &[]).unwrap();
        assert_eq!((rows.len(), rows[0].cell(16383)), (1, Some("1")));
        assert!(rows[0].texts().len() <= 64);
    }

    #[test]
    fn what_is_no_workbook_says_so() {
        let good = workbook(&[&["a"]]);
        for bad in [b"PK\x03\x04".as_slice(), b"", b"\xD0\xCF\x11\xE0rest", &good[..good.len() / 2]] {
            assert!(matches!(read(bad), Err(Fault::Bytes { .. })));
        }
    }
}
