//! Reading numbers out of bytes, never beyond their end.

use crate::contract::Fault;

/// A place in the bytes of a binary file. Numbers are big-endian unless the name says `le`.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    /// The next `len` bytes; `expected` says what they would have been.
    pub fn take(&mut self, len: usize, expected: &'static str) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(len);
        let found = end.and_then(|end| self.bytes.get(self.at..end));
        let found = found.ok_or(Fault::Short { offset: self.bytes.len(), expected })?;
        self.at += len;
        Ok(found)
    }

    fn array<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], Fault> {
        let offset = self.at;
        self.take(N, expected)?.try_into().map_err(|_| Fault::Short { offset, expected })
    }

    pub fn u32(&mut self, expected: &'static str) -> Result<u32, Fault> {
        self.array(expected).map(u32::from_be_bytes)
    }

    pub fn u64(&mut self, expected: &'static str) -> Result<u64, Fault> {
        self.array(expected).map(u64::from_be_bytes)
    }

    pub fn u16_le(&mut self, expected: &'static str) -> Result<u16, Fault> {
        self.array(expected).map(u16::from_le_bytes)
    }

    pub fn u32_le(&mut self, expected: &'static str) -> Result<u32, Fault> {
        self.array(expected).map(u32::from_le_bytes)
    }
}
