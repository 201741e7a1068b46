//! Lists the fuzz targets and writes the inputs they begin with: `plan FOLDER [SEEDS]`.
//!
//! For each target a folder of inputs in FOLDER: what the instruments said in the recorded conversations of the drivers'
//! tests, and the files below SEEDS that a driver recognises. A target is a line: its name, the program, the driver, the
//! executions it is to have, the longest input, and whether inputs are parts of a workbook (`workbook` or `-`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use drivers::Driver;
use drivers::conversation::Conversation;
use qingke_fuzz::workbook;

/// Larger files begin nothing: libFuzzer cuts an input to its longest length.
const LARGEST: u64 = 256 * 1024;
/// Longer inputs are slow, and say nothing that shorter ones do not.
const LONGEST: usize = 8 * 1024;
const TIMES: u64 = 10_000_000;
/// For what is packed or nested: XLSX, netCDF, XML.
const FEWER: u64 = 1_000_000;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or_else(|| io::Error::other("usage: plan FOLDER [SEEDS]"))?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../drivers/tests/fixtures");
    let strangers: Vec<Vec<u8>> = match arguments.next() {
        Some(folder) => files(&folder)?.iter().map(fs::read).collect::<io::Result<_>>()?,
        None => Vec::new(),
    };
    let (mut everything, mut conversations, mut profiles) = (Vec::new(), Vec::new(), Vec::new());
    for driver in drivers::all() {
        let (mut said, texts) = recorded(&fixtures.join(driver.id()))?;
        let parts = said.iter().filter_map(|bytes| workbook::unpacked(bytes).map(|parts| parts.len()));
        let longest = longest(said.iter().map(Vec::len).chain(parts));
        said.extend(strangers.iter().filter(|bytes| driver.recognises(bytes)).cloned());
        if let Driver::Described(_) = driver {
            let text = fs::read(
                Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../drivers/profiles/{}.toml", driver.id())),
            )?;
            profiles.extend(said.iter().map(|said| [&text[..], said].join(&0)));
        }
        everything.extend(said.iter().cloned());
        conversations.extend(texts);
        target(&out, &driver, said, longest)?;
    }
    general(&out, "recognise", everything, FEWER, 4096)?;
    general(&out, "profile", profiles, FEWER, 4096)?;
    let scans = [
        "]C1010690123456789217261231\u{1d}10A-7",
        "]d2(01)06901234567892",
        "0106901234567892 10LOT",
        "0106901234567892",
    ];
    general(&out, "scan", scans.map(|scan| scan.as_bytes().to_vec()).to_vec(), TIMES, 512)?;
    general(&out, "conversation", conversations, TIMES, 2048)
}

/// What the instrument said in each conversation of a folder, and the texts of the conversations.
fn recorded(folder: &Path) -> io::Result<(Vec<Vec<u8>>, Vec<Vec<u8>>)> {
    let (mut said, mut texts) = (Vec::new(), Vec::new());
    for path in files(folder)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "txt")) {
        let text = fs::read_to_string(&path)?;
        let conversation: Conversation =
            text.parse().map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
        said.push(conversation.heard());
        texts.push(text.into_bytes());
    }
    Ok((said, texts))
}

/// Twice of what an instrument said at most: enough for two messages, and no longer than it must be to be fast.
fn longest(said: impl Iterator<Item = usize>) -> usize {
    said.map(|len| len * 2).max().unwrap_or_default().clamp(256, LONGEST)
}

fn target(out: &Path, driver: &Driver, mut said: Vec<Vec<u8>>, longest: usize) -> io::Result<()> {
    let packed: Vec<Vec<u8>> = said.iter().filter_map(|bytes| workbook::unpacked(bytes)).collect();
    let kind = if packed.is_empty() { "-" } else { "workbook" };
    said.extend(packed);
    let slow = kind == "workbook"
        || said.iter().any(|bytes| bytes.starts_with(b"CDF") || bytes.trim_ascii_start().starts_with(b"<?xml"));
    let times = if slow { FEWER } else { TIMES };
    let id = driver.id();
    seeds(&out.join(id), &said)?;
    println!("{id}\tdriver\t{id}\t{times}\t{longest}\t{kind}");
    Ok(())
}

fn general(out: &Path, name: &str, inputs: Vec<Vec<u8>>, times: u64, longest: usize) -> io::Result<()> {
    seeds(&out.join(name), &inputs)?;
    println!("{name}\t{name}\t-\t{times}\t{longest}\t-");
    Ok(())
}

fn seeds(folder: &Path, inputs: &[Vec<u8>]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    inputs.iter().enumerate().try_for_each(|(n, bytes)| fs::write(folder.join(format!("seed-{n}")), bytes))
}

/// All files below a folder that are not too large, in the order of their names.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.metadata()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.len() <= LARGEST {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
