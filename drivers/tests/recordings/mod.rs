//! The recorded conversations beside the tests: `fixtures/<driver-id>/*.txt`.

use std::path::{Path, PathBuf};

use drivers::conversation::Conversation;
use drivers::{Driver, by_id};

pub struct Recording {
    pub driver: Driver,
    pub path: PathBuf,
    pub conversation: Conversation,
}

/// All of them, in the order of their names.
pub fn all() -> Vec<Recording> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for folder in entries(&root) {
        let id = folder.file_name().unwrap().to_str().unwrap();
        let driver = by_id(id).unwrap_or_else(|| panic!("{}: no driver has this name", folder.display()));
        for path in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "txt")) {
            let text = std::fs::read_to_string(&path).unwrap();
            let conversation = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push(Recording { driver: driver.clone(), path, conversation });
        }
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}
