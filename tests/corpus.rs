//! The instrument files collected outside of this repository, read by the program as a user would read them.
//!
//! The collection and its checker lie beside the workspace (`../shared/corpus`, `../shared/tools/conform`) and belong
//! to others: nothing of them is copied here. Where they are absent the test says what it could not check.

use std::path::Path;
use std::process::Command;

/// Families whose files the present drivers read.
const FAMILIES: [&str; 11] = [
    "astm-lis",
    "balances",
    "chromatography",
    "hl7",
    "modbus",
    "ph-meters",
    "plate-readers",
    "quant-tables",
    "rapid-testers-cn",
    "spectrophotometers",
    "temperature-loggers",
];

#[test]
fn the_collected_instrument_files_are_read_as_their_expectations_say() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let conform = shared.join("tools/conform");
    let missing = !conform.is_file();
    for family in FAMILIES {
        if missing || !shared.join(format!("corpus/expected-decode/{family}.json")).is_file() {
            eprintln!("corpus not present: the expectations of {family} were not checked");
            continue;
        }
        let checked = Command::new("python3")
            .arg(&conform)
            .args(["--binary", env!("CARGO_BIN_EXE_qingke"), "--family", family])
            .output()
            .expect("python3 runs the checker");
        assert!(
            checked.status.success(),
            "{family}:\n{}{}",
            String::from_utf8_lossy(&checked.stdout),
            String::from_utf8_lossy(&checked.stderr)
        );
    }
}
