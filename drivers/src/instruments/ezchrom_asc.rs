//! EZChrom Elite and OpenLab EZChrom: `.asc`, all channels of a run below each other under one head.
//! From an export of a GC with two detectors; the format has no public document.
//!
//! The head has one value a channel; the counts follow without a word between the channels, so their declared numbers
//! part them.

use crate::contract::{Chromatogram, Decoded, Direction, Fault, Message, Profile, Proof, Rejected, Serial, Transport};
use crate::format::dates;
use crate::format::numbers::number;
use crate::format::rows::{Row, rows};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "ezchrom-asc",
    maker: "Agilent",
    models: &["EZChrom Elite", "OpenLab EZChrom"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a run of a GC with FID and TCD",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// More than any data system records at once.
const CHANNELS: usize = 64;

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let (text, _) = crate::format::encodings::read(head);
    let known = ["Maxchannels:", "Sampling Rate:", "Total Data Points:", "Y Axis Multiplier:"];
    known.iter().filter(|key| text.contains(*key)).count() >= 3
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let at = rows.iter().position(|row| number(row.text.trim()).is_some()).unwrap_or(rows.len());
    let (above, counts) = rows.split_at_checked(at).unwrap_or_default();
    let head = Head::read(above);
    let declared = head.numbers("Total Data Points");
    if declared.is_empty() {
        let found = rows.first().map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: above.len(), expected: "'Total Data Points:' above the counts", found });
    }
    if declared.len() > CHANNELS {
        let found = format!("{} channels", declared.len());
        return Err(Fault::Line { line: above.len(), expected: "at most 64 channels", found });
    }
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    let counts = values(counts, &mut decoded.rejected);
    let acquired_at = head.acquired_at(&mut decoded.warnings);
    let mut rest = counts.as_slice();
    for (index, points) in declared.iter().enumerate() {
        let points = *points as usize;
        let (own, after) = rest.split_at_checked(points).unwrap_or((rest, &[]));
        rest = after;
        if own.len() != points {
            decoded.warnings.push(format!(
                "channel {}: Total Data Points says {points}, found {}",
                index + 1,
                own.len()
            ));
        }
        let multiplier = head.number("Y Axis Multiplier", index);
        let rate = head.number("Sampling Rate", index).filter(|rate| *rate > 0.0);
        decoded.chromatograms.push(Chromatogram {
            sample_id: head.values("Sample ID").next().map(str::to_owned),
            acquired_at,
            channel: Some((index + 1).to_string()),
            start_min: rate.map(|_| 0.0),
            // The rate is exact; the multiplier of the X axis is a sixtieth, rounded.
            interval_min: rate.map(|rate| 1.0 / (rate * 60.0)),
            points: own.len(),
            signal_unit: multiplier.and_then(|_| head.values("Y Axis Title").nth(index)).map(str::to_owned),
            signal: own.iter().map(|count| count * multiplier.unwrap_or(1.0)).collect(),
            ..Chromatogram::default()
        });
    }
    if !rest.is_empty() {
        decoded.warnings.push(format!("{} values belong to no channel", rest.len()));
    }
    Ok(decoded)
}

fn values(rows: &[Row<'_>], rejected: &mut Vec<Rejected>) -> Vec<f64> {
    let mut values = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|row| !row.text.trim().is_empty()) {
        match number(row.text.trim()) {
            Some(value) => values.push(value),
            None => rejected.push(Rejected {
                offset: row.span.start,
                reason: format!("line {}: expected a count, found '{}'", row.line, row.quoted()),
            }),
        }
    }
    values
}

/// `Key:` and one value a channel, parted by tabs or commas.
struct Head<'r, 'a> {
    rows: &'r [Row<'a>],
    separator: char,
}

impl<'r, 'a> Head<'r, 'a> {
    fn read(rows: &'r [Row<'a>]) -> Self {
        let separator = if rows.iter().any(|row| row.text.contains('\t')) { '\t' } else { ',' };
        Self { rows, separator }
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &'a str> {
        let row = self.rows.iter().find(|row| row.text.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
        let values = row.map_or("", |row| row.text).split(self.separator).skip(1);
        values.map(str::trim).filter(|value| !value.is_empty())
    }

    /// The numbers behind a key; the last cell is a unit (`Pts.`).
    fn numbers(&self, key: &str) -> Vec<u32> {
        self.values(key).map_while(|value| value.parse().ok()).collect()
    }

    fn number(&self, key: &str, channel: usize) -> Option<f64> {
        self.values(key).nth(channel).and_then(number)
    }

    fn acquired_at(&self, warnings: &mut Vec<String>) -> Option<jiff::civil::DateTime> {
        let text = self.values("Acquisition Date and Time").next()?;
        dates::sure("acquired", text, warnings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "Version:\t3\nMaxchannels:\t2\nSample ID:\t26-041\nAcquisition Date and Time:\t6/29/2026 4:07:41 PM\n\
        Sampling Rate:\t10.0\t5.0\tHz\nTotal Data Points:\t3\t2\tPts.\nX Axis Title:\tMinutes\tMinutes\n\
        Y Axis Title:\tpA\t25 \u{b5}V\nX Axis Multiplier:\t0.016667\t0.016667\nY Axis Multiplier:\t0.5\t0.25\n\
        2\n4\n-6\n8\n16\n";

    fn read(text: &str) -> Decoded {
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn two_channels_are_parted_by_their_numbers_of_points() {
        for text in [RUN.to_owned(), RUN.replace('\t', ",")] {
            let decoded = read(&text);
            let [fid, tcd] = decoded.chromatograms.as_slice() else { panic!("two channels") };
            assert_eq!((fid.signal.as_slice(), fid.signal_unit.as_deref()), ([1.0, 2.0, -3.0].as_slice(), Some("pA")));
            assert_eq!((tcd.signal.as_slice(), tcd.signal_unit.as_deref()), ([2.0, 4.0].as_slice(), Some("25 µV")));
            assert_eq!((fid.interval_min, tcd.interval_min), (Some(1.0 / 600.0), Some(1.0 / 300.0)));
            assert_eq!(tcd.acquired_at.map(|at| at.to_string()).as_deref(), Some("2026-06-29T16:07:41"));
            assert!(decoded.warnings.is_empty(), "{:?}", decoded.warnings);
        }
    }

    #[test]
    fn missing_and_surplus_points_are_told() {
        let decoded = read(RUN.trim_end().strip_suffix("16").unwrap_or_default());
        assert!(decoded.warnings.iter().any(|w| w.contains("channel 2") && w.contains("found 1")));
        let decoded = read(&format!("{RUN}32\nx\n"));
        assert!(decoded.warnings.iter().any(|w| w.contains("1 values belong to no channel")));
        assert_eq!(decoded.rejected.len(), 1);
    }

    #[test]
    fn counts_without_a_head_are_a_fault() {
        assert!(parse(&Message::plain(b"1\n2\n".to_vec(), 0)).is_err());
    }
}
