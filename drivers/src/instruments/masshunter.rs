//! What the tables of Agilent MassHunter and SCIEX share: roles of samples, and readings from cells.

use crate::contract::{Censored, Reading, Role};
use crate::format::numbers;

/// The type of a sample, as the data system's list of types has it.
pub fn role(text: &str) -> Role {
    match text.trim().to_ascii_lowercase().replace([' ', '-'], "").as_str() {
        "cal" | "calibration" | "standard" | "rescal" => Role::Calibrator,
        "qc" | "qualitycontrol" | "cc" | "controlcheck" => Role::Control,
        "blank" | "doubleblank" | "matrixblank" | "solvent" => Role::Blank,
        "matrix" | "matrixspike" | "matrixdup" | "spike" => Role::Spike,
        _ => Role::Unknown,
    }
}

/// Signs that a compound was looked for and not found.
const NOT_FOUND: [&str; 8] = ["ND", "No Peak", "<0", "< 0", "-", "--", "----", "-----"];

/// The literal amount of a compound, exactly as it stands in the table. `N/A` says that there is none, for whatever
/// reason.
pub fn amount(literal: &str) -> Reading {
    let not_found = NOT_FOUND.iter().any(|sign| literal.trim().eq_ignore_ascii_case(sign));
    let (number, censored) = if not_found { (None, Some(Censored::NotDetected)) } else { numbers::read(literal) };
    Reading { result: Some(literal.into()), number, censored, ..Reading::default() }
}
