//! netCDF-3, classic and 64-bit offset: named dimensions, attributes and arrays, all numbers big-endian.
//! Source: "The NetCDF Classic Format Specification", Unidata, appendix B of the user's guide.

use std::ops::Range;

use super::cursor::Cursor;
use super::encodings;
use crate::contract::Fault;

const DIMENSIONS: u32 = 0x0A;
const VARIABLES: u32 = 0x0B;
const ATTRIBUTES: u32 = 0x0C;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Byte,
    Char,
    Short,
    Int,
    Float,
    Double,
}

impl Type {
    fn size(self) -> usize {
        match self {
            Self::Byte | Self::Char => 1,
            Self::Short => 2,
            Self::Int | Self::Float => 4,
            Self::Double => 8,
        }
    }
}

#[derive(Debug, Clone)]
struct Attribute<'a> {
    name: &'a [u8],
    kind: Type,
    value: &'a [u8],
}

#[derive(Debug, Clone)]
pub struct Variable<'a> {
    name: &'a [u8],
    /// Lengths of the dimensions; the first of a record variable is the number of records.
    shape: Vec<usize>,
    record: bool,
    attributes: Vec<Attribute<'a>>,
    kind: Type,
    begin: usize,
    /// Bytes of one record, or of the whole, padded to four.
    padded: usize,
}

/// The head of a file, with its values still where they are.
#[derive(Debug)]
pub struct File<'a> {
    bytes: &'a [u8],
    attributes: Vec<Attribute<'a>>,
    variables: Vec<Variable<'a>>,
}

impl<'a> File<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes, 0);
        let wide = match cursor.take(4, "CDF and a version")? {
            b"CDF\x01" => false,
            b"CDF\x02" => true,
            other => {
                let found = other.escape_ascii().to_string();
                return Err(Fault::Bytes { offset: 0, expected: "CDF and version 1 or 2", found });
            }
        };
        let declared = cursor.u32("the number of records")?;
        let dimensions = list(&mut cursor, DIMENSIONS, |cursor| Ok((name(cursor)?, length(cursor)?)))?;
        let attributes = list(&mut cursor, ATTRIBUTES, attribute)?;
        let mut variables = list(&mut cursor, VARIABLES, |cursor| variable(cursor, &dimensions, wide))?;
        let records = records(declared, &variables, bytes.len());
        for variable in variables.iter_mut().filter(|variable| variable.record) {
            if let Some(first) = variable.shape.first_mut() {
                *first = records;
            }
        }
        Ok(Self { bytes, attributes, variables })
    }

    /// A text attribute of the file, without the blanks and NULs it was padded with; `None` if nothing remains.
    pub fn text(&self, name: &str) -> Option<String> {
        text_of(&self.attributes, name)
    }

    pub fn variable(&self, name: &str) -> Option<&Variable<'a>> {
        self.variables.iter().find(|variable| variable.name == name.as_bytes())
    }

    /// All values of a variable in order, scaled as its `scale_factor` and `add_offset` say.
    pub fn numbers(&self, variable: &Variable<'a>) -> Result<Vec<f64>, Fault> {
        let mut values = Vec::new();
        for span in self.spans(variable)? {
            let part = self.bytes.get(span).unwrap_or_default();
            values.reserve(part.len() / variable.kind.size());
            match variable.kind {
                Type::Byte | Type::Char => values.extend(part.iter().map(|byte| f64::from(byte.cast_signed()))),
                Type::Short => extend(&mut values, part, |two| f64::from(i16::from_be_bytes(two))),
                Type::Int => extend(&mut values, part, |four| f64::from(i32::from_be_bytes(four))),
                Type::Float => extend(&mut values, part, |four| f64::from(f32::from_be_bytes(four))),
                Type::Double => extend(&mut values, part, f64::from_be_bytes),
            }
        }
        let scale = number_of(&variable.attributes, "scale_factor").unwrap_or(1.0);
        let offset = number_of(&variable.attributes, "add_offset").unwrap_or(0.0);
        if scale != 1.0 || offset != 0.0 {
            values.iter_mut().for_each(|value| *value = *value * scale + offset);
        }
        Ok(values)
    }

    /// The only value of a variable; `None` if there is no such variable.
    pub fn number(&self, name: &str) -> Result<Option<f64>, Fault> {
        let Some(variable) = self.variable(name) else { return Ok(None) };
        Ok(self.numbers(variable)?.first().copied())
    }

    /// The texts of a variable whose last dimension is their length, without padding; none if it does not exist.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, Fault> {
        let Some(variable) = self.variable(name).filter(|variable| variable.kind == Type::Char) else {
            return Ok(Vec::new());
        };
        let width = variable.shape.last().copied().unwrap_or(1).max(1);
        let spans = self.spans(variable)?;
        let parts = spans.into_iter().filter_map(|span| self.bytes.get(span));
        Ok(parts.flat_map(|part| part.chunks(width)).map(plain).collect())
    }

    /// Where the values stand: one stretch, or one a record.
    fn spans(&self, variable: &Variable<'a>) -> Result<Vec<Range<usize>>, Fault> {
        let short = Fault::Short { offset: self.bytes.len(), expected: "the values of a variable" };
        let inside = |from: usize, len: usize| {
            let end = from.checked_add(len).filter(|end| *end <= self.bytes.len());
            end.map(|end| from..end).ok_or_else(|| short.clone())
        };
        let size = variable.kind.size();
        if !variable.record {
            let len =
                product(&variable.shape).and_then(|count| count.checked_mul(size)).ok_or_else(|| short.clone())?;
            return Ok(vec![inside(variable.begin, len)?]);
        }
        let (count, inner) = variable.shape.split_first().ok_or_else(|| short.clone())?;
        let len = product(inner).and_then(|count| count.checked_mul(size)).ok_or_else(|| short.clone())?;
        let step = self.step();
        // As many records as fit are there, whatever the head declares.
        let fit = self.bytes.len().saturating_sub(variable.begin).checked_div(step).map_or(0, |fit| fit + 1);
        (0..(*count).min(fit))
            .map(|record| {
                let from = step.checked_mul(record).and_then(|by| by.checked_add(variable.begin));
                from.ok_or_else(|| short.clone()).and_then(|from| inside(from, len))
            })
            .collect()
    }

    fn step(&self) -> usize {
        step(&self.variables)
    }
}

impl Variable<'_> {
    /// A text attribute of the variable, without padding.
    pub fn text(&self, name: &str) -> Option<String> {
        text_of(&self.attributes, name)
    }

    /// Whether the values are single precision: their shortest decimal is what the data system knew.
    pub fn is_single(&self) -> bool {
        self.kind == Type::Float
    }
}

/// Bytes of one record of all record variables. A single one is not padded between its records.
fn step(variables: &[Variable<'_>]) -> usize {
    let mut of_records = variables.iter().filter(|variable| variable.record);
    match (of_records.next(), of_records.next()) {
        (Some(only), None) => {
            let inner = only.shape.get(1..).and_then(product).unwrap_or(0);
            inner.saturating_mul(only.kind.size())
        }
        _ => variables
            .iter()
            .filter(|variable| variable.record)
            .fold(0usize, |sum, variable| sum.saturating_add(variable.padded)),
    }
}

/// The declared number of records; `FFFFFFFF` says that the writer was still writing: then as many as there are.
fn records(declared: u32, variables: &[Variable<'_>], len: usize) -> usize {
    if declared != u32::MAX {
        return declared as usize;
    }
    let begin = variables.iter().filter(|variable| variable.record).map(|variable| variable.begin).min();
    begin.map_or(0, |begin| len.saturating_sub(begin).checked_div(step(variables)).unwrap_or(0))
}

fn product(lengths: &[usize]) -> Option<usize> {
    lengths.iter().try_fold(1usize, |product, length| product.checked_mul(*length))
}

fn extend<const N: usize>(values: &mut Vec<f64>, bytes: &[u8], value: fn([u8; N]) -> f64) {
    values.extend(bytes.as_chunks::<N>().0.iter().map(|chunk| value(*chunk)));
}

fn list<'a, T>(
    cursor: &mut Cursor<'a>,
    tag: u32,
    mut item: impl FnMut(&mut Cursor<'a>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let offset = cursor.at();
    let found = cursor.u32("the tag of a list")?;
    let count = cursor.u32("the length of a list")?;
    match (found, count) {
        (0, 0) => Ok(Vec::new()),
        // Every item is four bytes or more, so a count that lies meets the end of the file first.
        (found, count) if found == tag => (0..count).map(|_| item(cursor)).collect(),
        _ => Err(Fault::Bytes { offset, expected: "the tag of a list", found: format!("{found:08X}") }),
    }
}

fn length(cursor: &mut Cursor<'_>) -> Result<usize, Fault> {
    Ok(cursor.u32("a length")? as usize)
}

/// Bytes and the padding to the next multiple of four.
fn padded<'a>(cursor: &mut Cursor<'a>, len: usize) -> Result<&'a [u8], Fault> {
    let value = cursor.take(len, "a name or value")?;
    cursor.take(len.wrapping_neg() % 4, "padding")?;
    Ok(value)
}

fn name<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Fault> {
    let len = length(cursor)?;
    padded(cursor, len)
}

fn kind(cursor: &mut Cursor<'_>) -> Result<Type, Fault> {
    let offset = cursor.at();
    Ok(match cursor.u32("a type")? {
        1 => Type::Byte,
        2 => Type::Char,
        3 => Type::Short,
        4 => Type::Int,
        5 => Type::Float,
        6 => Type::Double,
        other => return Err(Fault::Bytes { offset, expected: "a type from 1 to 6", found: other.to_string() }),
    })
}

fn attribute<'a>(cursor: &mut Cursor<'a>) -> Result<Attribute<'a>, Fault> {
    let name = name(cursor)?;
    let kind = kind(cursor)?;
    let count = length(cursor)?;
    let value = padded(cursor, count.saturating_mul(kind.size()))?;
    Ok(Attribute { name, kind, value })
}

fn variable<'a>(cursor: &mut Cursor<'a>, dimensions: &[(&'a [u8], usize)], wide: bool) -> Result<Variable<'a>, Fault> {
    let name = name(cursor)?;
    let count = length(cursor)?;
    let mut shape = Vec::new();
    for _ in 0..count {
        let offset = cursor.at();
        let index = length(cursor)?;
        let dimension = dimensions.get(index).ok_or(Fault::Bytes {
            offset,
            expected: "the number of a dimension",
            found: index.to_string(),
        })?;
        shape.push(dimension.1);
    }
    let attributes = list(cursor, ATTRIBUTES, attribute)?;
    let kind = kind(cursor)?;
    // The size declared here is redundant, and wrong by design where it does not fit.
    let _declared = length(cursor)?;
    let offset = cursor.at();
    let begin = if wide { cursor.u64("an offset")? } else { u64::from(cursor.u32("an offset")?) };
    let begin = usize::try_from(begin).map_err(|_| Fault::Bytes {
        offset,
        expected: "an offset in the file",
        found: begin.to_string(),
    })?;
    // The record dimension is written with the length 0, and may only be the first of a variable.
    let record = shape.first() == Some(&0);
    let inner = if record { shape.get(1..).unwrap_or_default() } else { &shape };
    let padded = product(inner).and_then(|count| count.checked_mul(kind.size())?.checked_next_multiple_of(4));
    let padded =
        padded.ok_or(Fault::Bytes { offset, expected: "dimensions of a file", found: format!("{shape:?}") })?;
    Ok(Variable { name, shape, record, attributes, kind, begin, padded })
}

fn text_of(attributes: &[Attribute<'_>], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.name == name.as_bytes())?;
    let text = (found.kind == Type::Char).then(|| plain(found.value))?;
    (!text.is_empty()).then_some(text)
}

fn number_of(attributes: &[Attribute<'_>], name: &str) -> Option<f64> {
    let found = attributes.iter().find(|attribute| attribute.name == name.as_bytes())?;
    match found.kind {
        Type::Float => found.value.first_chunk().map(|four| f64::from(f32::from_be_bytes(*four))),
        Type::Double => found.value.first_chunk().map(|eight| f64::from_be_bytes(*eight)),
        _ => None,
    }
    .filter(|value| value.is_finite())
}

/// Text of a field of fixed width: it ends at a NUL, blanks around it are padding.
fn plain(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    encodings::read(bytes.get(..end).unwrap_or_default()).0.trim().to_owned()
}

#[cfg(test)]
pub mod writer;

#[cfg(test)]
mod tests {
    use super::writer::{Value, Writer};
    use super::*;

    fn sample(wide: bool) -> Vec<u8> {
        let mut file = Writer::default();
        file.wide = wide;
        file.text("sample_name", "  26-041\0\0 ");
        file.variable("delay", &[], Value::Float(vec![1.5]));
        file.variable("signal", &["point_number"], Value::Float(vec![0.5, -2.0, 3.25]));
        file.variable("names", &["peak_number", "_4_byte_string"], Value::Char(b"DDT\0ab  ".to_vec()));
        file.variable("codes", &["point_number"], Value::Short(vec![1, -1, 3]));
        file.bytes()
    }

    #[test]
    fn both_versions_say_the_same() {
        for wide in [false, true] {
            let bytes = sample(wide);
            let file = File::read(&bytes).unwrap();
            assert_eq!(file.text("sample_name").as_deref(), Some("26-041"));
            assert_eq!(file.number("delay"), Ok(Some(1.5)));
            assert_eq!(file.numbers(file.variable("signal").unwrap()).unwrap(), [0.5, -2.0, 3.25]);
            assert_eq!(file.numbers(file.variable("codes").unwrap()).unwrap(), [1.0, -1.0, 3.0]);
            assert_eq!(file.texts("names").unwrap(), ["DDT", "ab"]);
            assert!(file.variable("nothing").is_none());
        }
    }

    #[test]
    fn records_of_two_variables_are_told_apart() {
        let mut file = Writer::default();
        file.record("time", Value::Short(vec![1, 2, 3]));
        file.record("value", Value::Float(vec![0.5, 1.5, 2.5]));
        let bytes = file.bytes();
        let file = File::read(&bytes).unwrap();
        assert_eq!(file.numbers(file.variable("time").unwrap()).unwrap(), [1.0, 2.0, 3.0]);
        assert_eq!(file.numbers(file.variable("value").unwrap()).unwrap(), [0.5, 1.5, 2.5]);
    }

    #[test]
    fn a_file_cut_anywhere_is_a_fault_or_lacks_values_but_never_invents_them() {
        let bytes = sample(false);
        for len in 0..bytes.len() {
            let cut = &bytes[..len];
            let Ok(file) = File::read(cut) else { continue };
            if let Ok(values) = file.numbers(file.variable("signal").unwrap()) {
                assert_eq!(values, [0.5, -2.0, 3.25]);
            }
        }
    }

    #[test]
    fn a_count_that_lies_is_no_reason_to_ask_for_memory() {
        let mut bytes = sample(false);
        bytes[12..16].copy_from_slice(&0xFFFF_FFF0u32.to_be_bytes());
        assert!(File::read(&bytes).is_err());
        assert!(File::read(b"\x89HDF\r\n").is_err());
    }
}
