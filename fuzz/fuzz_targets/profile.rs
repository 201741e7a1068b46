//! A profile that somebody wrote, and a device that sends something: the profile before the first NUL, the rest after it.

#![no_main]

use std::sync::Arc;

use drivers::Driver;
use drivers::described::Described;
use libfuzzer_sys::fuzz_target;
use qingke_fuzz::{laws, memory};

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let (profile, said) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let profile = String::from_utf8_lossy(profile);
    memory::bounded(input.len(), || {
        if let Ok(described) = Described::from_toml("profile:fuzz", &profile) {
            laws::all(&Driver::Described(Arc::new(described)), said);
        }
    });
});
