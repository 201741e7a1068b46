//! Every law of one driver: the one named by QINGKE_FUZZ_DRIVER, as `fuzz/run` sets it.

#![no_main]

use std::env;
use std::sync::OnceLock;

use drivers::Driver;
use libfuzzer_sys::fuzz_target;
use qingke_fuzz::{laws, memory, workbook};

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;

/// The driver, and whether the input is the parts of a workbook.
static WHICH: OnceLock<(Driver, bool)> = OnceLock::new();

fn which() -> (Driver, bool) {
    let id = env::var("QINGKE_FUZZ_DRIVER").expect("QINGKE_FUZZ_DRIVER names a driver");
    let driver = drivers::by_id(&id).expect("a driver of this name");
    (driver, env::var_os("QINGKE_FUZZ_WORKBOOK").is_some())
}

fuzz_target!(
    init: {
        WHICH.get_or_init(which);
    },
    |bytes: &[u8]| {
        let (driver, is_workbook) = WHICH.get_or_init(which);
        memory::bounded(bytes.len(), || {
            laws::all(driver, bytes);
            if *is_workbook && !bytes.starts_with(workbook::ARCHIVE) {
                laws::all(driver, &workbook::packed(bytes));
            }
        });
    }
);
