//! A file of which nobody says what it is: every driver looks at it, and those that know it read it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qingke_fuzz::memory;

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;

fuzz_target!(|bytes: &[u8]| {
    memory::bounded(bytes.len(), || {
        if let Ok(document) = drivers::decode::decode("input", bytes, None) {
            assert!(drivers::by_id(&document.driver).is_some());
            document.json(true).expect("a document can always be written");
        }
    });
});
