//! Agilent ChemStation: the printed report of one run as text (`Report.TXT`), with a table of peaks for each signal.
//! From a report of ChemStation B.04; the tables of calibrated reports as the maker's manuals print them.

mod head;
mod table;

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Message, Profile, Proof, Reading, Rejected, Serial, Transport,
};
use crate::format::encodings;
use crate::format::rows::{Row, rows};
use crate::link::whole::Whole;
use head::Head;
use table::{Found, Table};

pub static PROFILE: Profile = Profile {
    id: "chemstation-report",
    maker: "Agilent",
    models: &["1100/1200/1260 HPLC", "6890/7890 GC", "OpenLab CDS ChemStation Edition"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "an area percent report of five signals of a 1100 HPLC",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    let (text, _) = encodings::read(head);
    let mut lines = text.lines().map(str::trim).skip_while(|line| line.is_empty());
    lines.next().is_some_and(|line| line.starts_with("Data File "))
        && lines.take(40).any(|line| line.starts_with("Acq. Operator") || line.starts_with("Injection Date"))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    let head = Head::read(&rows, &mut decoded);
    let mut signals: Vec<(String, Chromatogram)> = Vec::new();
    let mut table: Option<Table> = None;
    for (index, row) in rows.iter().enumerate() {
        if let Some((number, name)) = signal(row.text) {
            table = None;
            // A report by compound lists its signals first and shows a table for them all, or shows each once more.
            if signals.iter().all(|(known, trace)| known != number || !same(trace, name)) {
                signals.push((number.to_owned(), head.chromatogram(name)));
            }
            continue;
        }
        if let Some(ruled) = Table::ruled(&rows, index) {
            table = Some(ruled);
            continue;
        }
        let Some(open) = &table else { continue };
        match open.row(row) {
            Found::Row(line) => {
                let place = match &line.signal {
                    Some(number) => signals.iter_mut().find(|(known, _)| known == number),
                    None => signals.last_mut(),
                };
                decoded
                    .readings
                    .extend(line.reading.map(|reading| Reading { span: row.span.clone(), ..head.reading(reading) }));
                match (place, line.peak) {
                    (Some((_, trace)), Some(peak)) => {
                        trace.signal_unit = trace.signal_unit.take().or_else(|| open.signal_unit.clone());
                        trace.peaks.push(peak);
                    }
                    (None, Some(_)) => decoded.rejected.push(reject(row, "a line `Signal n:` before the peaks")),
                    (_, None) => {}
                }
            }
            Found::Nothing => {}
            Found::End => table = None,
            Found::Unreadable => decoded.rejected.push(reject(row, "a row of the table")),
        }
    }
    if signals.is_empty() && decoded.readings.is_empty() {
        return Err(Fault::Line {
            line: rows.len().max(1),
            expected: "a line `Signal n:`",
            found: "the end".to_owned(),
        });
    }
    decoded.chromatograms = signals.into_iter().map(|(_, trace)| trace).collect();
    Ok(decoded)
}

fn reject(row: &Row<'_>, expected: &str) -> Rejected {
    let reason = format!("line {}: expected {expected}, found '{}'", row.line, row.quoted());
    Rejected { offset: row.span.start, reason }
}

/// `Signal 1: DAD1 A, Sig=254,8 Ref=off`: the number and the name.
fn signal(line: &str) -> Option<(&str, &str)> {
    let (number, name) = line.trim().strip_prefix("Signal ")?.split_once(':')?;
    let number = number.trim();
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((number, name.trim()))
}

fn same(trace: &Chromatogram, name: &str) -> bool {
    let other = super::chemstation::trace(name);
    trace.detector == other.detector && trace.channel == other.channel
}

#[cfg(test)]
mod tests;
