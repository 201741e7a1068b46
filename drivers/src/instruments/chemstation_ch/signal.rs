//! The points of one signal, in the three ways they are written.

use super::header::{Coding, Header};

pub struct Signal {
    pub signal: Vec<f64>,
    /// Where, in the data, something begins that is no whole point.
    pub left: Option<usize>,
}

pub fn read(header: &Header<'_>) -> Signal {
    let Header { data, slope, intercept, .. } = *header;
    let scaled = |value: f64| value * slope + intercept;
    let (signal, left) = match header.coding {
        Coding::Differences => differences(data, scaled),
        Coding::SecondDifferences => second_differences(data, scaled),
        Coding::Array => array(data, width(header), scaled),
        Coding::Spectra => (Vec::new(), data.len()),
    };
    Signal { signal, left: (left < data.len()).then_some(left) }
}

/// A segment begins with this byte and the number of its points.
const SEGMENT: u8 = 0x10;

/// Segments of differences of 16 bits to the point before; `80 00` announces a point itself, in 32 bits.
fn differences(data: &[u8], scaled: impl Fn(f64) -> f64) -> (Vec<f64>, usize) {
    // A point takes two bytes or more.
    let mut signal = Vec::with_capacity(data.len() / 2);
    let mut value = 0i64;
    let mut rest = data;
    while let [SEGMENT, count, after @ ..] = rest {
        let (points, _) = after.split_at_checked(2 * usize::from(*count)).unwrap_or((&[], after)).0.as_chunks();
        if !points.is_empty() && !points.contains(&[0x80, 0]) {
            signal.extend(points.iter().map(|point| {
                value += i64::from(i16::from_be_bytes(*point));
                scaled(value as f64)
            }));
            rest = after.get(points.as_flattened().len()..).unwrap_or_default();
            continue;
        }
        rest = after;
        for _ in 0..*count {
            match rest {
                [0x80, 0, a, b, c, d, after @ ..] => {
                    value = i64::from(i32::from_be_bytes([*a, *b, *c, *d]));
                    rest = after;
                }
                [a, b, after @ ..] if [*a, *b] != [0x80, 0] => {
                    value += i64::from(i16::from_be_bytes([*a, *b]));
                    rest = after;
                }
                _ => return (signal, data.len() - rest.len()),
            }
            signal.push(scaled(value as f64));
        }
    }
    // The file may be filled up to a whole block.
    let filled = rest.iter().all(|byte| *byte == 0);
    (signal, if filled { data.len() } else { data.len() - rest.len() })
}

/// Differences of 16 bits to the difference before; `7F FF` announces a point itself, in 48 bits.
fn second_differences(data: &[u8], scaled: impl Fn(f64) -> f64) -> (Vec<f64>, usize) {
    let mut signal = Vec::with_capacity(data.len() / 2);
    let (mut value, mut difference) = (0i64, 0i64);
    let mut rest = data;
    loop {
        match rest {
            [0x7F, 0xFF, a, b, c, d, e, f, after @ ..] => {
                // The sign stands in the first byte.
                let sign = if *a < 0x80 { 0 } else { 0xFF };
                value = i64::from_be_bytes([sign, sign, *a, *b, *c, *d, *e, *f]);
                difference = 0;
                rest = after;
            }
            [a, b, after @ ..] if [*a, *b] != [0x7F, 0xFF] => {
                difference += i64::from(i16::from_be_bytes([*a, *b]));
                value = value.wrapping_add(difference);
                rest = after;
            }
            _ => return (signal, data.len() - rest.len()),
        }
        signal.push(scaled(value as f64));
    }
}

/// Bytes of one number. The header does not say; but it says how many points there are, by their times.
fn width(header: &Header<'_>) -> usize {
    let (first, last) = header.times;
    let points = header.step.map(|step| ((last - first) / step).round() + 1.0);
    if points.is_some_and(|points| points * 4.0 == header.data.len() as f64) { 4 } else { 8 }
}

fn array(data: &[u8], width: usize, scaled: impl Fn(f64) -> f64) -> (Vec<f64>, usize) {
    if width == 4 {
        let (points, left) = data.as_chunks();
        let point = |point: &[u8; 4]| scaled(f64::from(f32::from_le_bytes(*point)));
        return (points.iter().map(point).collect(), data.len() - left.len());
    }
    let (points, left) = data.as_chunks();
    (points.iter().map(|point| scaled(f64::from_le_bytes(*point))).collect(), data.len() - left.len())
}
