//! The table in a `.DAT` or `.INF` part: a head that names the columns of its records, all little-endian.
//!
//! Head: u16 length of the head, u16 version, u16 bytes of a record, u16 columns; from byte 32 on 48 bytes a column:
//! u16 number, u16 type, u16 place in the record, name, and from byte 32 of the column u16 width.

use crate::contract::Fault;
use crate::format::cursor::Cursor;

/// Where the columns begin.
pub const HEAD: usize = 32;
const COLUMN: usize = 48;
const NAME: usize = 26;
const SINGLE: u16 = 3;

#[derive(Debug)]
pub struct Column {
    name: String,
    kind: u16,
    at: usize,
    width: usize,
}

#[derive(Debug)]
pub struct Table<'a> {
    columns: Vec<Column>,
    record: usize,
    records: &'a [u8],
}

impl<'a> Table<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes, 0);
        let head = usize::from(cursor.u16_le("the length of the head")?);
        let _version = cursor.u16_le("a version")?;
        let record = usize::from(cursor.u16_le("the length of a record")?);
        let count = usize::from(cursor.u16_le("the number of columns")?);
        if record == 0 || count == 0 || HEAD.saturating_add(count.saturating_mul(COLUMN)) > head {
            let found = format!("{head}, {record} and {count}");
            return Err(Fault::Bytes { offset: 0, expected: "lengths of head and record, and columns", found });
        }
        let columns = (0..count).map(|index| column(bytes, HEAD + index * COLUMN, record)).collect::<Result<_, _>>()?;
        let records = bytes.get(head..).ok_or(Fault::Short { offset: bytes.len(), expected: "the head" })?;
        Ok(Self { columns, record, records })
    }

    /// Whether these are columns of a chromatogram, or of the list of them.
    pub fn is_known(&self) -> bool {
        (self.column("Time").is_some() && self.column("Intensity").is_some())
            || (self.column("Flags").is_some() && self.column("Description").is_some())
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// Bytes behind the last whole record.
    pub fn rest(&self) -> usize {
        self.records.len() % self.record
    }

    fn cells(&self, column: &Column) -> impl Iterator<Item = &'a [u8]> {
        let (from, to) = (column.at, column.at + column.width);
        self.records.chunks_exact(self.record).filter_map(move |record| record.get(from..to))
    }

    pub fn numbers(&self, column: &Column) -> Result<Vec<f64>, Fault> {
        let values: Option<Vec<f64>> = self
            .cells(column)
            .map(|cell| {
                let four = <[u8; 4]>::try_from(cell).ok().filter(|_| column.kind == SINGLE)?;
                Some(f64::from(f32::from_le_bytes(four))).filter(|value| value.is_finite())
            })
            .collect();
        values.ok_or(Fault::Bytes {
            offset: HEAD,
            expected: "columns of single precision numbers",
            found: format!("type {} of {} bytes, or no number", column.kind, column.width),
        })
    }

    /// The texts of a column; parts of one text stand behind each other, each with a NUL at its end.
    pub fn texts(&self, column: &Column) -> Vec<Vec<String>> {
        let parts = |cell: &'a [u8]| cell.split(|byte| *byte == 0).map(text).filter(|part| !part.is_empty()).collect();
        self.cells(column).map(parts).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    crate::format::encodings::read(bytes.get(..end).unwrap_or_default()).0.trim().to_owned()
}

fn column(bytes: &[u8], offset: usize, record: usize) -> Result<Column, Fault> {
    let mut cursor = Cursor::new(bytes, offset);
    let _number = cursor.u16_le("a column")?;
    let kind = cursor.u16_le("a column")?;
    let at = usize::from(cursor.u16_le("a column")?);
    let name = text(cursor.take(NAME, "a column")?);
    let width = usize::from(cursor.u16_le("a column")?);
    if at.saturating_add(width) > record {
        let found = format!("{width} bytes from {at} on");
        return Err(Fault::Bytes { offset, expected: "a column inside the record", found });
    }
    Ok(Column { name, kind, at, width })
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A part with these columns (name, type, width) and records.
    pub fn file(columns: &[(&str, u16, u16)], records: &[u8]) -> Vec<u8> {
        let record: u16 = columns.iter().map(|column| column.2).sum();
        let mut out = Vec::new();
        for value in [128, 1, record, columns.len() as u16] {
            out.extend(value.to_le_bytes());
        }
        out.resize(HEAD, 0);
        let mut at = 0u16;
        for (index, (name, kind, width)) in columns.iter().enumerate() {
            for value in [index as u16 + 1, *kind, at] {
                out.extend(value.to_le_bytes());
            }
            out.extend(name.as_bytes());
            out.resize(HEAD + index * COLUMN + 32, 0);
            out.extend(width.to_le_bytes());
            out.resize(HEAD + (index + 1) * COLUMN, 0);
            at += width;
        }
        out.resize(128, 0);
        out.extend(records);
        out
    }

    #[test]
    fn a_column_outside_its_record_is_a_fault() {
        let mut bytes = file(&[("Time", 3, 4), ("Intensity", 3, 4)], &[0; 16]);
        assert!(Table::read(&bytes).is_ok_and(|table| table.is_known()));
        bytes[HEAD + 4] = 6;
        assert!(Table::read(&bytes).is_err());
        assert!(Table::read(&bytes[..40]).is_err());
    }
}
