//! The seal of an archive: the SHA-256 of everything before it, as the last 64 characters of the file.
//!
//! They are the ZIP's own comment, so any program that reads ZIP files reads the archive.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::lab::digest::hex;
use sha2::{Digest, Sha256};

/// What the comment holds until the seal is set.
pub(super) const BLANK: [u8; 64] = [b'0'; 64];

/// Overwrites the blank at the end of the file.
pub(super) fn set(file: &mut File) -> io::Result<()> {
    let (digest, last) = digest(file)?;
    if last != BLANK {
        return Err(io::Error::other("the archive does not end in the blank of its seal"));
    }
    file.seek(SeekFrom::End(-(BLANK.len() as i64)))?;
    file.write_all(digest.as_bytes())
}

/// Whether the file is whole.
pub(super) fn holds(file: &mut File) -> io::Result<bool> {
    let (digest, last) = digest(file)?;
    Ok(last == digest.as_bytes())
}

/// The digest of all but the last 64 bytes, and those.
fn digest(file: &mut File) -> io::Result<(String, Vec<u8>)> {
    let length = file.seek(SeekFrom::End(0))?;
    let body = length.saturating_sub(BLANK.len() as u64);
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let mut reader = io::BufReader::with_capacity(1 << 16, &mut *file);
    let mut left = body;
    let mut buffer = vec![0; 1 << 16];
    while left > 0 {
        let some = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = reader.read(&mut buffer[..some])?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        left -= read as u64;
    }
    let mut last = Vec::new();
    reader.read_to_end(&mut last)?;
    Ok((hex(&hasher.finalize()), last))
}

/// Writes on what it hashes.
pub(super) struct Hashing<W> {
    pub to: W,
    pub hasher: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
