//! What a profile makes of a capture, and what it would have made of a line's past. Nothing is changed by either.

use std::sync::Arc;

use drivers::Driver;
use drivers::contract::{Censored, Reading};
use drivers::decode::decode_with;
use drivers::described::Described;

use crate::acquire::replay::{Again, again};
use crate::lab::analysis::again::{Pair, Said, compare};
use crate::store::StoreError;
use crate::store::{readings, transmissions};
use crate::web::Shared;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::lines::again::said;
use crate::web::locale::Locale;

/// More would make the page slow; the profile is right or wrong long before.
const MOST: usize = 200;

/// Puts a file that was sent into the field where a capture is pasted, so that it is there for the next try: as text
/// where it is text, else as bytes in hexadecimal.
pub fn keep_upload(form: &mut Form) {
    let Some(bytes) = form.file("file") else { return };
    let is_text = |text: &&str| text.chars().all(|one| !one.is_control() || matches!(one, '\n' | '\r' | '\t'));
    let (shown, kind) = match std::str::from_utf8(bytes).ok().filter(is_text) {
        Some(text) => (text.to_owned(), "text"),
        None => (bytes.iter().map(|byte| format!("{byte:02X} ")).collect(), "hex"),
    };
    form.set("capture", shown);
    form.set("as", kind);
    form.forget("transmission");
}

/// The bytes to try a profile on.
pub struct Capture(Vec<u8>);

impl Capture {
    /// A transmission by its number, else what was pasted: as text, or as bytes in hexadecimal. `None` when the form
    /// says what is wrong.
    pub async fn of(shared: &Shared, form: &mut Form) -> Result<Option<Self>, Error> {
        if let Some(id) = form.parsed_if_given::<i64>("transmission", "error-field-whole") {
            let found = shared.store.reading(move |conn| transmissions::find(conn, id)).await?;
            if found.is_none() {
                form.refuse("transmission", "profile-no-transmission");
            }
            return Ok(found.map(|whole| Self(whole.bytes)));
        }
        if !form.is_ok() {
            return Ok(None);
        }
        if let Some(bytes) = form.file("file") {
            return Ok(Some(Self(bytes.to_vec())));
        }
        let text = form.value("capture");
        if text.trim().is_empty() {
            form.refuse("capture", "error-field-required");
            return Ok(None);
        }
        if !form.is("as", "hex") {
            return Ok(Some(Self(text.as_bytes().to_vec())));
        }
        let bytes = hex(text);
        if bytes.is_none() {
            form.refuse("capture", "profile-not-hex");
        }
        Ok(bytes.map(Self))
    }
}

/// Pairs of hexadecimal digits, with or without blanks between them.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|one| !one.is_whitespace())
        .map(|one| one.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(pairs.filter_map(|pair| Some((pair.first()? << 4) | pair.get(1)?)).collect())
}

/// A reading as the page shows it.
pub struct Line {
    pub sample: String,
    pub position: String,
    pub role: String,
    pub analyte: String,
    pub result: String,
    pub unit: String,
    pub flags: String,
    pub at: String,
    /// The time can be read two ways: the reading would be held.
    pub doubtful: bool,
}

/// What a profile made of a capture.
pub struct Shown {
    pub encoding: String,
    pub readings: Vec<Line>,
    pub count: usize,
    /// Line or place, and why.
    pub rejected: Vec<String>,
    pub warnings: Vec<String>,
}

fn line(l: &Locale, reading: &Reading) -> Line {
    let told = Said::of(reading, (0, 0));
    let censored = match reading.censored {
        Some(Censored::NotDetected) => l.t("profile-not-detected"),
        Some(Censored::Below) => l.t("profile-below"),
        Some(Censored::Above) => l.t("profile-above"),
        None => String::new(),
    };
    let marks = reading.flags.iter().cloned().chain(Some(censored)).filter(|mark| !mark.is_empty());
    Line {
        sample: told.sample,
        position: told.position,
        role: l.name("played", &told.role),
        analyte: told.analyte,
        result: told.result,
        unit: told.unit,
        flags: marks.collect::<Vec<_>>().join(" · "),
        at: told.measured.replace('T', " "),
        doubtful: reading.doubtful_time,
    }
}

pub fn shown(l: &Locale, capture: &Capture, profile: Described) -> Shown {
    let driver = Driver::Described(Arc::new(profile));
    match decode_with("", &capture.0, &driver) {
        Ok(document) => {
            let all: Vec<&Reading> = document.messages.iter().flat_map(|message| &message.readings).collect();
            Shown {
                encoding: document.encoding.unwrap_or_default().to_owned(),
                count: all.len(),
                readings: all.iter().take(MOST).map(|reading| line(l, reading)).collect(),
                rejected: document.rejected.into_iter().take(MOST).map(|one| one.reason).collect(),
                warnings: document.warnings.into_iter().take(MOST).collect(),
            }
        }
        Err(refusal) => Shown {
            encoding: String::new(),
            count: 0,
            readings: Vec::new(),
            rejected: vec![refusal.to_string()],
            warnings: Vec::new(),
        },
    }
}

/// A reading that would be another one, be new or be gone.
pub struct Differs {
    pub transmission: i64,
    /// Word of the locale list `again`.
    pub how: String,
    pub kept: String,
    pub now: String,
}

/// What a profile would have made of a line's past.
#[derive(Default)]
pub struct History {
    pub transmissions: usize,
    /// Readings that are the same.
    pub same: usize,
    pub differing: usize,
    pub gone: usize,
    pub new: usize,
    /// Transmissions of which something could not be read.
    pub faults: usize,
    pub differs: Vec<Differs>,
}

/// Transmissions in one go: each holds its bytes.
const STEP: i64 = 50;

pub async fn history(shared: &Shared, l: &Locale, instrument: i64, profile: Described) -> Result<History, Error> {
    let driver = Arc::new(Driver::Described(Arc::new(profile)));
    let mut history = History::default();
    let mut after = 0;
    loop {
        let driver = Arc::clone(&driver);
        let read = shared.store.reading(move |conn| {
            let mut read = Vec::new();
            for (id, bytes) in transmissions::past(conn, instrument, after, STEP)? {
                let kept: Vec<Said> = readings::all_of(conn, id)?.iter().map(said).collect();
                let Again { readings, fault, .. } = again(&driver, &bytes);
                let now: Vec<Said> = readings.iter().map(|one| Said::of(&one.reading, (one.start, one.end))).collect();
                read.push((id, kept, now, fault));
            }
            Ok::<_, StoreError>(read)
        });
        let read = read.await?;
        let Some((last, ..)) = read.last() else { return Ok(history) };
        after = *last;
        for (id, kept, now, fault) in &read {
            history.transmissions += 1;
            history.faults += usize::from(fault.is_some());
            for pair in compare(kept, now) {
                history.take(l, *id, &pair);
            }
        }
    }
}

impl History {
    fn take(&mut self, l: &Locale, transmission: i64, pair: &Pair<'_>) {
        let (count, how, kept, now) = match pair {
            Pair::Same(_) => {
                self.same += 1;
                return;
            }
            Pair::Differs { kept, today, .. } => (&mut self.differing, "differs", text(kept), text(today)),
            Pair::Gone(kept) => (&mut self.gone, "gone", text(kept), String::new()),
            Pair::New(today) => (&mut self.new, "new", String::new(), text(today)),
        };
        *count += 1;
        if self.differs.len() < MOST {
            self.differs.push(Differs { transmission, how: l.name("again", how), kept, now });
        }
    }
}

/// A reading in one line.
fn text(said: &Said) -> String {
    let value = format!("{} {}", said.result, said.unit);
    let parts = [&said.sample, &said.position, &said.analyte, &value, &said.flags, &said.measured];
    let said: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    said.join(" · ")
}
