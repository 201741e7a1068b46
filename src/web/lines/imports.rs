//! The import report of a watched folder: every file, what became of it, and in words why.

use crate::acquire::folder::{Unread, Why};
use crate::store::transmissions::{self, Import};
use crate::web::Shared;
use crate::web::display::{Chip, Stamp, Tone};
use crate::web::error::Error;
use crate::web::locale::Locale;

/// Files in the report at most.
const SHOWN: i64 = 100;

/// One file.
pub(super) struct File {
    pub name: String,
    pub at: Stamp,
    pub size: String,
    pub state: Chip,
    pub why: String,
    /// What the driver or the file system says, word for word.
    pub detail: String,
    pub readings: i64,
    pub held: i64,
    pub signals: i64,
    pub transmission: Option<i64>,
    /// The transmission of the same name that this one corrects.
    pub corrects: Option<i64>,
    pub corrected_by: Option<i64>,
}

/// What is in the folder and not read, then what was read, the newest first.
pub(super) async fn report(
    shared: &Shared,
    l: &Locale,
    instrument: i64,
    unread: &[Unread],
) -> Result<Vec<File>, Error> {
    let taken = shared.store.reading(move |conn| transmissions::imports(conn, instrument, SHOWN)).await?;
    let unread = unread.iter().map(|one| waiting(l, one));
    Ok(unread.chain(taken.into_iter().map(|one| read(l, one))).collect())
}

pub(super) fn waiting(l: &Locale, one: &Unread) -> File {
    let (tone, word, detail) = match &one.why {
        Why::Settling => (Tone::Active, "settling", ""),
        Why::Empty => (Tone::Plain, "empty-file", ""),
        Why::Busy => (Tone::Warn, "busy", ""),
        Why::Unreadable(reason) => (Tone::Bad, "unreadable", reason.as_str()),
        Why::TooLarge => (Tone::Bad, "too-large", ""),
        Why::SameAs(name) => (Tone::Plain, "same-as", name.as_str()),
    };
    File {
        name: one.name.clone(),
        at: l.time(one.since),
        size: bytes(one.size),
        state: Chip::new(tone, l.name("import", word)),
        why: l.name("import-why", word),
        detail: detail.to_owned(),
        readings: 0,
        held: 0,
        signals: 0,
        transmission: None,
        corrects: None,
        corrected_by: None,
    }
}

fn read(l: &Locale, one: Import) -> File {
    let says_nothing = one.readings == 0 && one.chromatograms == 0;
    let (tone, word) = match one.transmission.state.as_str() {
        "decoded" if says_nothing => (Tone::Warn, "nothing-in-it"),
        "decoded" if one.held > 0 => (Tone::Warn, "decoded-held"),
        "decoded" => (Tone::Good, "decoded"),
        "partly-decoded" => (Tone::Warn, "partly-decoded"),
        "undecodable" => (Tone::Bad, "undecodable"),
        _ => (Tone::Bad, "torn"),
    };
    File {
        name: one.transmission.file.unwrap_or_default(),
        at: l.time(one.transmission.ended_at),
        size: bytes(u64::try_from(one.size).unwrap_or_default()),
        state: Chip::new(tone, l.name("import", word)),
        why: l.name("import-why", word),
        detail: one.transmission.fault.unwrap_or_default(),
        readings: one.readings,
        held: one.held,
        signals: one.chromatograms,
        transmission: Some(one.transmission.id),
        corrects: one.transmission.corrects,
        corrected_by: one.corrected_by,
    }
}

/// A size as file managers write it.
fn bytes(size: u64) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..1_048_576 => format!("{:.1} kB", size as f64 / 1024.0),
        _ => format!("{:.1} MB", size as f64 / 1_048_576.0),
    }
}
