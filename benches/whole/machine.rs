//! The machine that is measured, as it describes itself.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;

use super::{ms, quantile};

const SYNCS: usize = 200;
/// USER_HZ, the same on every Linux of today.
const TICKS: u64 = 100;

pub fn described(folder: &Path) -> anyhow::Result<String> {
    let read = |path: &str| fs::read_to_string(path).with_context(|| path.to_owned());
    let field = |text: &str, name: &str| -> String {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("?".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cpu = field(&read("/proc/cpuinfo")?, "model name");
    let memory = field(&read("/proc/meminfo")?, "MemTotal");
    let memory: f64 = memory.trim_end_matches(" kB").parse().unwrap_or(f64::NAN);
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let compiler = Command::new("rustc").arg("--version").output().context("rustc")?.stdout;
    let cores = std::thread::available_parallelism()?;
    let mut syncs = syncs(folder)?;
    Ok(format!(
        "{}: {cores} cores ({cpu}), {:.0} GiB, {}, Linux {}, {}. Appending 4 KiB and syncing: p50 {}, p99 {}. Before: {}.",
        Timestamp::now().strftime("%Y-%m-%d %H:%MZ"),
        memory / 1024.0 / 1024.0,
        disk(folder, &read("/proc/self/mounts")?),
        kernel.trim(),
        String::from_utf8_lossy(&compiler).trim(),
        ms(quantile(&mut syncs, 0.5)),
        ms(quantile(&mut syncs, 0.99)),
        load()?,
    ))
}

/// Above this load others take our cores, and waiting for a core passes for waiting for the disk.
const QUIET: f64 = 0.5;

/// Processes that run or wait for a core, on average over the last minute.
pub fn load() -> anyhow::Result<String> {
    let load = fs::read_to_string("/proc/loadavg")?;
    let load: f64 = load.split(' ').next().unwrap_or_default().parse().context("/proc/loadavg")?;
    Ok(format!("load {load:.2}"))
}

/// What must be said before the figures when the machine was not ours alone.
pub fn disturbed() -> anyhow::Result<Option<String>> {
    let load = load()?;
    let busy = load.trim_start_matches("load ").parse::<f64>().is_ok_and(|load| load > QUIET);
    Ok(busy.then(|| {
        format!("NOT FOR THE RECORD: {load} before the start, expected at most {QUIET}; times are waits for a core.")
    }))
}

/// Processor time of this process so far, all threads, in the kernel and outside of it.
pub fn processor_time() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    // The name in parentheses may hold blanks; user and system time are the 12th and 13th field after it.
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Memory of this process, in bytes.
pub fn resident() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().context("VmRSS")?;
    Ok(kib * 1024)
}

/// The device and the file system below this folder.
fn disk(folder: &Path, mounts: &str) -> String {
    let mounts = mounts.lines().filter_map(|line| {
        let mut cells = line.split(' ');
        Some((cells.next()?, cells.next()?, cells.next()?))
    });
    let over = mounts.filter(|(_, place, _)| folder.starts_with(place));
    over.max_by_key(|(_, place, _)| place.len())
        .map_or("?".to_owned(), |(device, _, kind)| format!("{kind} on {device}"))
}

/// What the disk itself takes to make a page durable.
fn syncs(folder: &Path) -> anyhow::Result<Vec<Duration>> {
    let mut file = File::create(folder.join("syncs"))?;
    let one = |_| {
        let begun = Instant::now();
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        Ok(begun.elapsed())
    };
    (0..SYNCS).map(one).collect()
}
