//! What is in a folder now, and a file read as a whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::pattern::{self, Pattern};

/// What tells a changed file from an unchanged one without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    Seen {
        size: u64,
        modified: Option<SystemTime>,
    },
    /// Why the file system does not say.
    Unknown(String),
}

impl Mark {
    fn of(path: &Path) -> io::Result<Option<Self>> {
        let about = fs::metadata(path)?;
        Ok(about.is_file().then(|| Self::Seen { size: about.len(), modified: about.modified().ok() }))
    }

    pub fn size(&self) -> u64 {
        match self {
            Self::Seen { size, .. } => *size,
            Self::Unknown(_) => 0,
        }
    }

    pub fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::Seen { modified, .. } => *modified,
            Self::Unknown(_) => None,
        }
    }
}

/// A file that is meant.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Below the folder, parts joined by `/`.
    pub name: String,
    pub path: PathBuf,
    pub mark: Mark,
}

/// The files that are meant, the oldest first, so that a corrected file comes after the one it corrects.
///
/// # Errors
/// The folder itself cannot be looked into.
pub(super) fn list(root: &Path, pattern: &Pattern) -> io::Result<Vec<Found>> {
    let mut found = BTreeMap::new();
    for parts in pattern.paths() {
        below(root, "", parts, &mut found)?;
    }
    let mut files: Vec<Found> = found.into_values().collect();
    files.sort_by_key(|one| one.mark.modified());
    Ok(files)
}

fn below(folder: &Path, before: &str, parts: &[String], found: &mut BTreeMap<String, Found>) -> io::Result<()> {
    let Some((part, deeper)) = parts.split_first() else { return Ok(()) };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let own = entry.file_name().to_string_lossy().into_owned();
        if !pattern::matches(part, &own) {
            continue;
        }
        let (name, path) = (format!("{before}{own}"), entry.path());
        if !deeper.is_empty() {
            if path.is_dir()
                && let Err(error) = below(&path, &format!("{name}/"), deeper, found)
                && error.kind() != io::ErrorKind::NotFound
            {
                found.insert(name.clone(), Found { name, path, mark: Mark::Unknown(error.to_string()) });
            }
            continue;
        }
        let mark = match Mark::of(&path) {
            Ok(Some(mark)) => mark,
            // A folder, or gone since the folder was opened.
            Ok(None) => continue,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => Mark::Unknown(error.to_string()),
        };
        found.insert(name.clone(), Found { name, path, mark });
    }
    Ok(())
}

/// What came of reading a file.
#[derive(Debug)]
pub(super) enum Outcome {
    Whole(Vec<u8>),
    /// It is no longer, or was not while it was read, what its mark says.
    Changed,
    Busy,
    Unreadable(String),
}

/// Windows: another program has the file, or a part of it, to itself.
const SHARING_VIOLATIONS: [i32; 2] = [32, 33];

pub(super) fn read(path: &Path, mark: &Mark) -> Outcome {
    let is_theirs = |error: &io::Error| {
        cfg!(windows) && error.raw_os_error().is_some_and(|code| SHARING_VIOLATIONS.contains(&code))
    };
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Outcome::Changed,
        io::ErrorKind::ResourceBusy | io::ErrorKind::WouldBlock => Outcome::Busy,
        _ if is_theirs(&error) => Outcome::Busy,
        _ => Outcome::Unreadable(error.to_string()),
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return refused(error),
    };
    // A share that knows no locks says so; then size and time have to do.
    if let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
        return Outcome::Busy;
    }
    let mut bytes = Vec::new();
    if let Err(error) = (&file).take(mark.size() + 1).read_to_end(&mut bytes) {
        return refused(error);
    }
    match Mark::of(path) {
        Ok(Some(after)) if after == *mark && bytes.len() as u64 == mark.size() => Outcome::Whole(bytes),
        Ok(_) => Outcome::Changed,
        Err(error) => refused(error),
    }
}
