//! What all files of Agilent ChemStation share: names of signals, roles, and the way they write times.

use jiff::civil::DateTime;

use crate::contract::{Chromatogram, Instrument};
use crate::format::dates::{self, DateOrder};
use crate::format::months;

pub fn instrument() -> Instrument {
    Instrument { vendor: Some("Agilent".to_owned()), ..Instrument::default() }
}

/// `DAD1 A, Sig=254,8 Ref=off`: the detector with its signal, then its settings.
pub fn trace(signal: &str) -> Chromatogram {
    let (detector, settings) = signal.split_once(',').unwrap_or((signal, ""));
    Chromatogram { detector: filled(detector), channel: filled(settings), ..Chromatogram::default() }
}

/// A time with the month as a word, else one in the order of the computer's region.
pub fn time(text: &str, order: Option<DateOrder>) -> Option<DateTime> {
    months::read(text).or_else(|| dates::read(text, order))
}

pub fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What stands in square brackets: `[mAU*s]`, `[ng/ul]`.
pub fn unit(text: &str) -> Option<String> {
    filled(text.trim().strip_prefix('[')?.strip_suffix(']')?)
}

/// Name of a file or folder of Windows, without the folders it is in and without its extension.
pub fn stem(path: &str) -> Option<String> {
    let name = path.trim().trim_end_matches(['\\', '/']).rsplit(['\\', '/']).next()?;
    filled(name.rsplit_once('.').map_or(name, |(stem, _)| stem))
}
