//! How fast signals and spectra of ChemStation are read, in bytes of the file. The files are made by the writer that the
//! driver's tests use: a flat baseline with noise and peaks.

#[path = "../src/instruments/chemstation_ch/written.rs"]
mod written;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use drivers::Message;
use written::{Written, spectrum};

/// An hour and a half at 100 Hz.
const POINTS: usize = 540_000;
/// Spectra of a run of half an hour at 2.5 Hz, and wavelengths of 190 to 400 nm by 2 nm.
const SPECTRA: u32 = 4_500;
const WAVELENGTHS: u16 = 106;

fn main() {
    divan::main();
}

/// Noise with a peak every 5,000 points, in counts.
fn counts(point: usize) -> i32 {
    let noise = (point.wrapping_mul(2_654_435_761) >> 16) % 64;
    let away = (point % 5_000) as i32 - 2_500;
    let peak = if away.abs() < 200 { (200 - away.abs()) * 900 } else { 0 };
    noise as i32 + peak
}

/// Segments of 24 points, the first of each tenth written whole.
fn differences() -> Vec<u8> {
    let mut data = Vec::new();
    let mut before = 0;
    for (segment, points) in (0..POINTS).collect::<Vec<_>>().chunks(24).enumerate() {
        data.extend([0x10, points.len() as u8]);
        for (place, point) in points.iter().enumerate() {
            let value = counts(*point);
            match i16::try_from(value - before) {
                Ok(step) if step != i16::MIN && (place > 0 || segment % 10 > 0) => data.extend(step.to_be_bytes()),
                _ => {
                    data.extend([0x80, 0]);
                    data.extend(value.to_be_bytes());
                }
            }
            before = value;
        }
    }
    data
}

fn second_differences() -> Vec<u8> {
    let mut data = Vec::new();
    let (mut before, mut step) = (0i64, 0i64);
    for point in 0..POINTS {
        let value = i64::from(counts(point));
        let second = value - before - step;
        match i16::try_from(second) {
            Ok(second) if second != i16::MAX && point % 500 > 0 => {
                data.extend(second.to_be_bytes());
                step += i64::from(second);
            }
            _ => {
                data.extend([0x7F, 0xFF]);
                data.extend(&value.to_be_bytes()[2..]);
                step = 0;
            }
        }
        before = value;
    }
    data
}

fn array() -> Vec<u8> {
    (0..POINTS).flat_map(|point| f64::from(counts(point)).to_le_bytes()).collect()
}

fn spectra() -> Vec<u8> {
    let mut data = Vec::new();
    for number in 0..SPECTRA {
        let mut values = Vec::new();
        let mut before = 0;
        for place in 0..WAVELENGTHS {
            let value = counts(number as usize * 7 + usize::from(place) * 31);
            match i16::try_from(value - before) {
                Ok(step) if step != i16::MIN => values.extend(step.to_le_bytes()),
                _ => {
                    values.extend([0, 0x80]);
                    values.extend(value.to_le_bytes());
                }
            }
            before = value;
        }
        data.extend(spectrum(120 + number * 400, &values, WAVELENGTHS));
    }
    data
}

fn read(bencher: Bencher<'_, '_>, file: &Written) {
    let driver = drivers::by_id("chemstation-ch").expect("the driver is in the list");
    let message = Message::plain(file.bytes(), 0);
    // Other readers are given the same files by those who want to compare.
    if let Some(folder) = std::env::var_os("CHEMSTATION_FILES") {
        let extension = if file.version == "131" { "uv" } else { "ch" };
        let path = std::path::Path::new(&folder).join(format!("{}.{extension}", file.version));
        std::fs::write(path, &message.bytes).expect("the folder can be written to");
    }
    bencher
        .counter(BytesCount::new(message.bytes.len()))
        .bench(|| driver.parse(black_box(&message)).expect("the file is whole"));
}

fn signal(version: &'static str, data: Vec<u8>) -> Written {
    // A point every 200 ms, as the writer's header says.
    Written::signal(version, (0.0, (POINTS - 1) as f32 * 200.0), data)
}

#[divan::bench]
fn signal_of_differences(bencher: Bencher<'_, '_>) {
    read(bencher, &signal("130", differences()));
}

#[divan::bench]
fn signal_of_second_differences(bencher: Bencher<'_, '_>) {
    read(bencher, &signal("181", second_differences()));
}

#[divan::bench]
fn signal_of_numbers(bencher: Bencher<'_, '_>) {
    read(bencher, &signal("179", array()));
}

#[divan::bench]
fn spectra_of_a_diode_array(bencher: Bencher<'_, '_>) {
    let file = Written { version: "131", kind: "LC DATA FILE", times: (0.0, 0.0), data: spectra(), declared: SPECTRA };
    read(bencher, &file);
}
