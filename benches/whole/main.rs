//! What the whole program is measured by: how soon and how often a line's frames are acknowledged durably, and how many
//! public pages are given in a second, each beside the least that the same machine must do for it in the same run.
//!
//! Prints a table for docs/benchmarks.md. Every figure is the median of its rounds, which take turns: a disturbance
//! from outside meets both sides of a comparison.

mod bare;
mod lines;
mod machine;
mod pages;
mod saturated;

use std::time::Duration;

/// One line of the table.
pub struct Row {
    pub what: String,
    pub measured: String,
    pub against: String,
}

impl Row {
    pub fn new(what: impl Into<String>, measured: impl Into<String>, against: impl Into<String>) -> Self {
        Self { what: what.into(), measured: measured.into(), against: against.into() }
    }
}

fn main() -> anyhow::Result<()> {
    if std::env::args().any(|argument| argument == saturated::ANALYSERS) {
        return saturated::analysers();
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    println!("{}\n", machine::described(folder.path())?);
    let disturbed = machine::disturbed()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut rows = lines::measured(&runtime, folder.path())?;
    rows.extend(saturated::measured(&runtime, folder.path())?);
    rows.extend(pages::measured(&runtime, folder.path())?);
    if let Some(disturbed) = disturbed {
        println!("{disturbed}\n");
    }
    println!("| what | measured | beside it, same run |\n| --- | --- | --- |");
    for Row { what, measured, against } in rows {
        println!("| {what} | {measured} | {against} |");
    }
    println!("\nAfterwards: {}", machine::load()?);
    Ok(())
}

/// The smallest value that is at least as large as this share of all.
pub fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let at = (times.len() as f64 * share).ceil() as usize;
    times.get(at.saturating_sub(1)).copied().unwrap_or_default()
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    values.get(middle).copied().unwrap_or(f64::NAN)
}

/// Milliseconds with two decimals.
pub fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
