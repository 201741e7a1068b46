//! Spectra of a diode array: a trace for each wavelength. The contract has no place for spectra, and a laboratory
//! that quantifies looks along one wavelength.

use super::MINUTE;
use super::header::Header;
use crate::contract::{Chromatogram, Decoded, Fault, Rejected};
use crate::format::trace::axis;

/// Before each spectrum: kind, length of it all, time, first and last wavelength and the step between, each in
/// twentieths of a nanometre, and eight bytes that are not understood.
const HEAD: usize = 22;

/// A twentieth of a nanometre.
const NANOMETRES: f64 = 20.0;

/// One millisecond: times are whole ones.
const ROUNDING: f64 = 1.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    first: u16,
    last: u16,
    step: u16,
}

impl Range {
    /// How many wavelengths; `None` for a range that cannot be.
    fn count(self) -> Option<usize> {
        let span = self.last.checked_sub(self.first)?;
        Some(usize::from(span.checked_div(self.step)?) + 1)
    }
}

struct Spectrum<'a> {
    time: u32,
    range: Range,
    values: &'a [u8],
}

/// The next spectrum and what follows it; `None` where there is no whole one.
fn next(data: &[u8], wide: bool) -> Option<(Spectrum<'_>, &[u8])> {
    let (head, _) = data.split_first_chunk::<HEAD>()?;
    let [_, _, l0, l1, t0, t1, t2, t3, f0, f1, e0, e1, s0, s1, ..] = *head;
    let pair = |a, b| u16::from_le_bytes([a, b]);
    let range = Range { first: pair(f0, f1), last: pair(e0, e1), step: pair(s0, s1) };
    // A length of 16 bits would not do for numbers of eight bytes.
    let len = if wide { HEAD + 8 * range.count()? } else { usize::from(pair(l0, l1)) };
    let (own, after) = data.split_at_checked(len)?;
    let values = own.get(HEAD..)?;
    Some((Spectrum { time: u32::from_le_bytes([t0, t1, t2, t3]), range, values }, after))
}

pub fn read(header: &Header<'_>, place: Chromatogram, decoded: &mut Decoded) -> Result<(), Fault> {
    let wide = header.openlab;
    let (first, _) = next(header.data, wide).ok_or(Fault::Short { offset: header.start, expected: "a spectrum" })?;
    let count = first.range.count().ok_or(Fault::Bytes {
        offset: header.start + 8,
        expected: "a range of wavelengths",
        found: format!("{} to {} by {}", first.range.first, first.range.last, first.range.step),
    })?;
    let range = first.range;
    // No more spectra than fit in the file, whatever the header declares.
    let spectra = header.data.len() / (HEAD + if wide { 8 } else { 2 } * count) + 1;
    let mut traces = Traces::new(count, spectra);
    let mut times = Vec::with_capacity(spectra);
    let mut rest = header.data;
    // A run that was broken off declares none.
    let declared = usize::try_from(header.declared).ok().filter(|declared| *declared > 0);
    while declared != Some(times.len())
        && let Some((spectrum, after)) = next(rest, wide)
    {
        let offset = header.start + (header.data.len() - rest.len());
        if spectrum.range != range {
            let found = format!("{:?} after {:?}", spectrum.range, range);
            return Err(Fault::Bytes { offset, expected: "the wavelengths of the first spectrum", found });
        }
        let before = traces.rows.len();
        if wide {
            numbers(spectrum.values, header.slope, &mut traces.rows);
        } else {
            differences(spectrum.values, header.slope, &mut traces.rows);
        }
        if traces.rows.len() != before + count {
            traces.rows.truncate(before);
            let reason = format!("expected {count} values of a spectrum, found others");
            decoded.rejected.push(Rejected { offset, reason });
            break;
        }
        times.push(f64::from(spectrum.time));
        if traces.rows.len() >= ROWS * count {
            traces.turn();
        }
        rest = after;
    }
    traces.turn();
    if let Some(declared) = declared.filter(|declared| *declared != times.len()) {
        decoded.warnings.push(format!("{declared} spectra declared, found {}", times.len()));
    }
    give(range, &times, traces.columns, &place, decoded);
    Ok(())
}

/// Spectra at a time that are turned into traces: eight numbers fill a line of the processor's cache.
const ROWS: usize = 8;

/// Spectra come in rows, traces are the columns.
struct Traces {
    rows: Vec<f64>,
    columns: Vec<Vec<f64>>,
}

impl Traces {
    fn new(count: usize, spectra: usize) -> Self {
        let columns = (0..count).map(|_| Vec::with_capacity(spectra)).collect();
        Self { rows: Vec::with_capacity(count.saturating_mul(ROWS)), columns }
    }

    fn turn(&mut self) {
        let count = self.columns.len();
        for (place, column) in self.columns.iter_mut().enumerate() {
            column.extend(self.rows.iter().skip(place).step_by(count));
        }
        self.rows.clear();
    }
}

/// Differences along the spectrum in words of 16 bits; `80 00` announces a value itself in the next two.
fn differences(values: &[u8], slope: f64, row: &mut Vec<f64>) {
    let mut value = 0i32;
    let mut words = values.as_chunks().0.iter();
    while let Some(word) = words.next() {
        if *word == [0, 0x80] {
            let (Some([a, b]), Some([c, d])) = (words.next(), words.next()) else { return };
            value = i32::from_le_bytes([*a, *b, *c, *d]);
        } else {
            value = value.wrapping_add(i32::from(i16::from_le_bytes(*word)));
        }
        row.push(f64::from(value) * slope);
    }
}

/// OpenLab writes each value as a floating point number.
fn numbers(values: &[u8], slope: f64, row: &mut Vec<f64>) {
    row.extend(values.as_chunks().0.iter().map(|value| f64::from_le_bytes(*value) * slope));
}

fn give(range: Range, times: &[f64], traces: Vec<Vec<f64>>, place: &Chromatogram, decoded: &mut Decoded) {
    let (start, interval) = axis(times, ROUNDING);
    let uneven: Vec<f64> = match interval {
        None if times.len() > 1 => times.iter().map(|time| time / MINUTE).collect(),
        _ => Vec::new(),
    };
    let wavelengths = (0u32..).map(|i| f64::from(u32::from(range.first) + i * u32::from(range.step)) / NANOMETRES);
    decoded.chromatograms.extend(traces.into_iter().zip(wavelengths).map(|(signal, wavelength)| Chromatogram {
        channel: Some(format!("{wavelength} nm")),
        start_min: start.map(|time| time / MINUTE),
        interval_min: interval.map(|time| time / MINUTE),
        points: signal.len(),
        times_min: uneven.clone(),
        signal,
        ..place.clone()
    }));
}
