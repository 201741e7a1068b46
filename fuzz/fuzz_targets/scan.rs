//! What a barcode scanner sends, with each separator that scanners send.

#![no_main]

use drivers::format::gs1;
use libfuzzer_sys::fuzz_target;
use qingke_fuzz::memory;

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    memory::bounded(bytes.len(), || {
        for separator in ["\u{1d}", " ", "029"] {
            let Ok(scan) = gs1::read(&text, separator) else { continue };
            for element in &scan.elements {
                assert!(text.get(element.span.clone()).is_some() || text.starts_with(']'), "{element:?}");
            }
            let _ = (scan.gtin(), scan.lot(), scan.serial(), scan.expires(2026), scan.made(2026));
        }
    });
});
