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
    if header.openlab { traces(header, &place, numbers, decoded) } else { traces(header, &place, differences, decoded) }
}

/// `values` writes the values of a spectrum into a row and tells whether there is one for each wavelength.
fn traces<T: Copy + Default + Into<f64>>(
    header: &Header<'_>,
    place: &Chromatogram,
    values: fn(&[u8], &mut [T]) -> bool,
    decoded: &mut Decoded,
) -> Result<(), Fault> {
    let wide = header.openlab;
    let (first, _) = next(header.data, wide).ok_or(Fault::Short { offset: header.start, expected: "a spectrum" })?;
    let range = first.range;
    let count = range.count().filter(|count| 2 * count <= first.values.len()).ok_or_else(|| Fault::Bytes {
        offset: header.start + 8,
        expected: "a range of wavelengths with a value for each",
        found: format!("{} to {} by {}, {} bytes", range.first, range.last, range.step, first.values.len()),
    })?;
    // A run that was broken off declares none. No more spectra than fit in the file, whatever the header declares.
    let declared = usize::try_from(header.declared).ok().filter(|declared| *declared > 0);
    let fit = header.data.len() / (HEAD + 2 * count) + 1;
    let mut table = Table::new(count, declared.unwrap_or(fit).min(fit), header.slope);
    let mut times = Vec::with_capacity(declared.unwrap_or(fit).min(fit));
    let mut rest = header.data;
    while declared != Some(times.len())
        && let Some((spectrum, after)) = next(rest, wide)
    {
        let offset = header.start + (header.data.len() - rest.len());
        if spectrum.range != range {
            let found = format!("{:?} after {:?}", spectrum.range, range);
            return Err(Fault::Bytes { offset, expected: "the wavelengths of the first spectrum", found });
        }
        if !table.row(|row| values(spectrum.values, row)) {
            let reason = format!("expected {count} values of a spectrum, found others");
            decoded.rejected.push(Rejected { offset, reason });
            break;
        }
        times.push(f64::from(spectrum.time));
        rest = after;
    }
    if let Some(declared) = declared.filter(|declared| *declared != times.len()) {
        decoded.warnings.push(format!("{declared} spectra declared, found {}", times.len()));
    }
    give(range, &times, table.columns(), place, decoded);
    Ok(())
}

/// Spectra at a time that are turned into traces: a trace then takes four numbers in one go.
const ROWS: usize = 4;

/// Spectra come in rows, traces are the columns.
struct Table<T> {
    rows: Vec<T>,
    /// How many rows are whole.
    whole: usize,
    columns: Vec<Vec<f64>>,
    slope: f64,
}

impl<T: Copy + Default + Into<f64>> Table<T> {
    fn new(count: usize, spectra: usize, slope: f64) -> Self {
        let columns = (0..count).map(|_| Vec::with_capacity(spectra)).collect();
        Self { rows: vec![T::default(); count * ROWS], whole: 0, columns, slope }
    }

    /// Takes the next row, if `write` can fill it.
    fn row(&mut self, write: impl FnOnce(&mut [T]) -> bool) -> bool {
        let row = self.rows.chunks_exact_mut(self.columns.len()).nth(self.whole);
        let written = row.is_some_and(write);
        self.whole += usize::from(written);
        if self.whole == ROWS {
            self.turn();
        }
        written
    }

    fn turn(&mut self) {
        let slope = self.slope;
        let mut rows = self.rows.chunks_exact(self.columns.len()).take(std::mem::take(&mut self.whole));
        let four = [rows.next(), rows.next(), rows.next(), rows.next()];
        if let [Some(a), Some(b), Some(c), Some(d)] = four {
            for ((((column, a), b), c), d) in self.columns.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                let [a, b, c, d]: [f64; ROWS] = [(*a).into(), (*b).into(), (*c).into(), (*d).into()];
                column.extend_from_slice(&[a * slope, b * slope, c * slope, d * slope]);
            }
            return;
        }
        for row in four.into_iter().flatten() {
            for (column, value) in self.columns.iter_mut().zip(row) {
                column.push((*value).into() * slope);
            }
        }
    }

    fn columns(mut self) -> Vec<Vec<f64>> {
        self.turn();
        self.columns
    }
}

/// Differences along the spectrum in words of 16 bits; `80 00` announces a value itself in the next two.
fn differences(values: &[u8], row: &mut [i32]) -> bool {
    let mut value = 0i32;
    let (words, left) = values.as_chunks();
    let mut words = words.iter();
    for place in row {
        match words.next() {
            Some([0, 0x80]) => {
                let (Some([a, b]), Some([c, d])) = (words.next(), words.next()) else { return false };
                value = i32::from_le_bytes([*a, *b, *c, *d]);
            }
            Some(word) => value = value.wrapping_add(i32::from(i16::from_le_bytes(*word))),
            None => return false,
        }
        *place = value;
    }
    words.next().is_none() && left.is_empty()
}

/// OpenLab writes each value as a floating point number.
fn numbers(values: &[u8], row: &mut [f64]) -> bool {
    let (numbers, left) = values.as_chunks();
    for (place, number) in row.iter_mut().zip(numbers) {
        *place = f64::from_le_bytes(*number);
    }
    numbers.len() == row.len() && left.is_empty()
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
