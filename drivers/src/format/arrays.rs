//! Arrays of numbers as XML formats carry them: base64 over little- or big-endian numbers, perhaps compressed.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What the arrays of one file may expand to, together: 16 million points of a trace. A few compressed bytes could
/// otherwise claim to be without end.
#[derive(Debug)]
pub struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: 256 << 20 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Float32,
    Float64,
    Int32,
    Int64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

/// The numbers in `text`, or what was expected of it.
pub fn read(text: &str, zlib: bool, width: Width, order: Order, budget: &mut Budget) -> Result<Vec<f64>, &'static str> {
    let plain: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(plain).map_err(|_| "base64")?;
    let bytes = if zlib { inflate(&bytes, budget.left)? } else { bytes };
    budget.left = budget.left.checked_sub(bytes.len()).ok_or(TOO_LARGE)?;
    numbers(&bytes, width, order)
}

const TOO_LARGE: &str = "arrays of less than 256 MiB together";

fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(bytes)
        .take(limit as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| "an array that zlib can expand")?;
    Ok(out)
}

/// `bytes` as numbers of one width.
pub fn numbers(bytes: &[u8], width: Width, order: Order) -> Result<Vec<f64>, &'static str> {
    match width {
        Width::Float32 => each(bytes, order, |four| f64::from(f32::from_le_bytes(four))),
        Width::Float64 => each(bytes, order, f64::from_le_bytes),
        Width::Int32 => each(bytes, order, |four| f64::from(i32::from_le_bytes(four))),
        Width::Int64 => each(bytes, order, |eight| i64::from_le_bytes(eight) as f64),
    }
}

fn each<const N: usize>(bytes: &[u8], order: Order, value: fn([u8; N]) -> f64) -> Result<Vec<f64>, &'static str> {
    let (chunks, rest) = bytes.as_chunks::<N>();
    if !rest.is_empty() {
        return Err("whole numbers until the end of the array");
    }
    Ok(chunks
        .iter()
        .map(|chunk| {
            let mut chunk = *chunk;
            if order == Order::Big {
                chunk.reverse();
            }
            value(chunk)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn base64(bytes: &[u8]) -> String {
        STANDARD.encode(bytes)
    }

    #[test]
    fn numbers_of_every_width_and_order_are_read() {
        let f32s: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(
            read(&base64(&f32s), false, Width::Float32, Order::Little, &mut Budget::default()),
            Ok(vec![1.5, -2.0])
        );
        let f64s: Vec<u8> = [0.1f64, 7.0].iter().flat_map(|n| n.to_be_bytes()).collect();
        assert_eq!(read(&base64(&f64s), false, Width::Float64, Order::Big, &mut Budget::default()), Ok(vec![0.1, 7.0]));
        let ints: Vec<u8> = [-3i32, 9].iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(
            read(&base64(&ints), false, Width::Int32, Order::Little, &mut Budget::default()),
            Ok(vec![-3.0, 9.0])
        );
    }

    #[test]
    fn compressed_numbers_are_read_and_a_torn_array_is_named() {
        let f64s: Vec<u8> = [0.25f64, 0.5].iter().flat_map(|n| n.to_le_bytes()).collect();
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(&f64s).unwrap();
        let packed = packer.finish().unwrap();
        assert_eq!(
            read(&base64(&packed), true, Width::Float64, Order::Little, &mut Budget::default()),
            Ok(vec![0.25, 0.5])
        );
        assert!(
            read(&base64(&packed[..packed.len() - 6]), true, Width::Float64, Order::Little, &mut Budget::default())
                .is_err()
        );
        assert!(read("AAA", false, Width::Float32, Order::Little, &mut Budget::default()).is_err());
        assert!(read(&base64(&f64s[..7]), false, Width::Float32, Order::Little, &mut Budget::default()).is_err());
    }

    #[test]
    fn all_arrays_of_a_file_share_what_may_be_expanded() {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&[0; 4000]).unwrap();
        let packed = base64(&packer.finish().unwrap());
        let mut budget = Budget { left: 6000 };
        assert!(read(&packed, true, Width::Float64, Order::Little, &mut budget).is_ok());
        assert_eq!(read(&packed, true, Width::Float64, Order::Little, &mut budget), Err(TOO_LARGE));
    }
}
