//! Agilent ChemStation and OpenLab: signals of one detector (`.ch`) and spectra of a diode array (`.uv`).
//! The format has no public document; from files of versions 30, 130, 131, 179 and 181, and from what several
//! independent readers agree on (8, 31, 81).

mod header;
mod signal;
mod spectra;

use crate::contract::{Chromatogram, Decoded, Direction, Fault, Message, Profile, Proof, Serial, Transport};
use crate::link::whole::Whole;
use header::{Coding, Header};

pub static PROFILE: Profile = Profile {
    id: "chemstation-ch",
    maker: "Agilent",
    models: &["1100/1200 DAD, MWD, VWD", "6890/7890 FID", "35900E A/D"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "7 files of DAD, MWD, FID and A/D signals, versions 30, 130, 131, 179 and 181",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// Milliseconds in a minute: the unit of all times in these files.
const MINUTE: f64 = 60_000.0;

fn recognises(bytes: &[u8]) -> bool {
    header::layout(bytes).is_some_and(|layout| layout.says_data_file(bytes))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let bytes = message.bytes.as_slice();
    let header = Header::read(bytes)?;
    let mut decoded = Decoded { instrument: header.instrument(), ..Decoded::default() };
    let place = Chromatogram {
        sample_id: header.sample.clone(),
        acquired_at: header.acquired_at,
        signal_unit: header.unit.clone(),
        ..super::chemstation::trace(header.signal.as_deref().unwrap_or_default())
    };
    if header.acquired_at.is_none() && !header.date.is_empty() {
        decoded.warnings.push(format!("acquired '{}': day and month cannot be told apart", header.date));
    }
    match header.coding {
        Coding::Spectra => spectra::read(&header, place, &mut decoded)?,
        _ => decoded.chromatograms.push(trace(&header, place, &mut decoded.warnings)?),
    }
    Ok(decoded)
}

/// The trace with its points evenly between the first and the last time of the header.
fn trace(header: &Header<'_>, place: Chromatogram, warnings: &mut Vec<String>) -> Result<Chromatogram, Fault> {
    let read = signal::read(header);
    if let Some(left) = read.left {
        warnings.push(format!(
            "offset {}: {} bytes after the last whole point",
            header.start + left,
            header.data.len() - left
        ));
    }
    let points = read.signal.len();
    if points == 0 {
        return Err(Fault::Bytes { offset: header.start, expected: "points of a signal", found: "none".to_owned() });
    }
    let (first, last) = header.times;
    let spread = (points > 1).then(|| (last - first) / (points - 1) as f64);
    // A run that was cut short has the times of its points, not those of a whole run.
    let cut = header.step.filter(|step| ((points - 1) as f64) < (last - first) / step - 0.5);
    let interval = cut.filter(|_| points > 1).or(spread);
    if let (Some(step), Some(spread)) = (header.step, spread)
        && (spread - step).abs() * (points - 1) as f64 > step / 2.0
    {
        warnings.push(format!("{points} points from {first} to {last} ms, but a point every {step} ms"));
    }
    // The times of version 179 are those of the reference reading of the only file that was seen: each point stands
    // at the end of its interval. Other readers place it at the start.
    let shift = if header.version == "179" { interval.unwrap_or(0.0) } else { 0.0 };
    Ok(Chromatogram {
        start_min: Some((first + shift) / MINUTE),
        interval_min: interval.map(|interval| interval / MINUTE),
        points,
        signal: read.signal,
        ..place
    })
}

#[cfg(test)]
mod written;

#[cfg(test)]
mod tests;
