//! Records of bytes: numbers of known width and order, decimal digits, a check.

use super::fields::{Number, NumberKind};
use super::keys::{Checked, Keys, shown};
use super::reading::Taken;
use super::record::{Facts, Record};
use super::{Described, Place};
use crate::contract::Fault;
use crate::format::encodings;

/// A check byte (or two) and what it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    kind: CheckKind,
    /// First and last byte it covers, and where it stands: from 1, or from the end where negative.
    first: i64,
    last: i64,
    at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CheckKind {
    /// The sum of all bytes modulo 256.
    Sum,
    Xor,
    /// CRC-16/MODBUS, low byte first.
    Crc16,
}

impl Check {
    pub fn read(keys: &mut Keys<'_>) -> Checked<Option<Self>> {
        let Some(mut own) = keys.table("check")? else { return Ok(None) };
        let words = [("sum8", CheckKind::Sum), ("xor", CheckKind::Xor), ("crc16-modbus", CheckKind::Crc16)];
        let Some(kind) = own.word("kind", &words)? else {
            return own.missing("kind", "\"sum8\", \"xor\" or \"crc16-modbus\"");
        };
        let mut place = |key: &'static str| match own.value(key).map(|value| (value, value.as_integer())) {
            Some((_, Some(place))) if place != 0 && place.abs() <= 65_536 => Ok(place),
            Some((value, _)) => own.wrong(key, "a byte's place, from 1 or from -1 at the end", shown(value)),
            None => own.missing(key, "a byte's place, from 1 or from -1 at the end"),
        };
        let check = Self { kind, first: place("first")?, last: place("last")?, at: place("at")? };
        own.end()?;
        Ok(Some(check))
    }

    fn verify(&self, bytes: &[u8]) -> Result<(), Fault> {
        let short = || Fault::Short { offset: bytes.len(), expected: "the bytes the check is over" };
        let place = |place: i64| {
            let at =
                if place < 0 { i64::try_from(bytes.len()).ok()?.checked_add(place)? } else { place.checked_sub(1)? };
            usize::try_from(at).ok().filter(|at| *at < bytes.len())
        };
        let (Some(first), Some(last), Some(at)) = (place(self.first), place(self.last), place(self.at)) else {
            return Err(short());
        };
        let over = bytes.get(first..=last.max(first)).ok_or_else(short)?;
        let (computed, found) = match self.kind {
            CheckKind::Sum => (over.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).into(), byte(bytes, at, 1)),
            CheckKind::Xor => (over.iter().fold(0u8, |sum, byte| sum ^ byte).into(), byte(bytes, at, 1)),
            CheckKind::Crc16 => (crc16(over), byte(bytes, at, 2)),
        };
        let found = found.ok_or_else(short)?;
        if found == computed {
            return Ok(());
        }
        Err(Fault::Checksum { offset: at, found: format!("{found:02X}"), computed: format!("{computed:02X}") })
    }
}

/// One byte, or two with the low one first.
fn byte(bytes: &[u8], at: usize, width: usize) -> Option<u16> {
    match bytes.get(at..at.checked_add(width)?)? {
        [one] => Some(u16::from(*one)),
        [low, high] => Some(u16::from_le_bytes([*low, *high])),
        _ => None,
    }
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 })
    })
}

impl Described {
    pub(super) fn binary(&self, bytes: &[u8], check: Option<&Check>, taken: &mut Taken) -> Result<(), Fault> {
        if let Some(check) = check {
            check.verify(bytes)?;
        }
        let record = Record { place: Place { line: 0, span: 0..bytes.len() }, text: "", facts: Facts::Bytes(bytes) };
        if self.skip.iter().all(|skip| !record.is(&skip.when)) {
            self.take(&record, taken);
        }
        Ok(())
    }
}

/// A number or a text as the device would have printed it.
pub fn literal(bytes: &[u8], number: Number) -> Option<String> {
    let part = |width: usize| bytes.get(number.at..number.at.checked_add(width)?);
    let whole = |width: usize, little: bool| {
        let part = part(width)?;
        let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Some(if little { part.iter().rev().fold(0, add) } else { part.iter().fold(0, add) })
    };
    match number.kind {
        NumberKind::Unsigned { width, little } => Some(pointed(i128::from(whole(width, little)?), number.decimals)),
        NumberKind::Signed { width, little } => {
            let (value, bits) = (i128::from(whole(width, little)?), u32::try_from(width).ok()?.checked_mul(8)?);
            let negative = value >> bits.checked_sub(1)? & 1 == 1;
            Some(pointed(if negative { value - (1i128 << bits) } else { value }, number.decimals))
        }
        NumberKind::Float { little } => {
            let value = f32::from_bits(u32::try_from(whole(4, little)?).ok()?);
            let decimals = number.decimals;
            let text = if decimals == 0 { value.to_string() } else { format!("{value:.decimals$}") };
            value.is_finite().then_some(text)
        }
        NumberKind::Packed => {
            let digits = part(number.length)?.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
            let value =
                digits.take(36).try_fold(0i128, |sum, digit| (digit < 10).then_some(sum * 10 + i128::from(digit)));
            Some(pointed(value?, number.decimals))
        }
        NumberKind::Text => {
            let (text, _) = encodings::read(part(number.length)?);
            Some(text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_owned())
        }
    }
}

/// `1250` with two decimals is `12.50`: every digit behind the point was measured.
fn pointed(value: i128, decimals: usize) -> String {
    let (sign, digits) = (if value < 0 { "-" } else { "" }, value.unsigned_abs().to_string());
    if decimals == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at_checked(padded.len() - decimals).unwrap_or((&padded, ""));
    format!("{sign}{whole}.{fraction}")
}
