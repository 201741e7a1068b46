//! Dayuan photometer module (DY-1000 and kin): the light of each channel, from which absorbances follow.
//! Layout and thresholds from public drivers of the module; no module was seen.
//!
//! Absorbance is log10(zero / light) at 410 nm. The inhibition is not computed here: it needs the control of the
//! batch, which only the laboratory knows.

use crate::contract::{
    Absorbance, Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Reading, Serial, Transport,
};
use crate::link::dayuan::open;
use crate::link::dayuan_cutter::frames_in;
use crate::link::photometer::{self, CHANNEL, Photometer, READ, THREE_MINUTES, light};

pub static PROFILE: Profile = Profile {
    id: "dayuan-photometer",
    maker: "Dayuan",
    models: &["DY-1000"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::TwoWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "frames named in public drivers, and runs built from their rules",
    serial: Serial::new(115_200),
    link: || Box::new(Photometer::new(THREE_MINUTES)),
    parse,
    recognises,
};

/// The change of absorbance at 410 nm during the run.
const CHANGE: &str = "DA410";

/// Above this part of the zero value the lamp or the channel is at fault, not the sample.
const FAULT_ABOVE: f64 = 1.01;

/// Below it a cuvette stands in the light path.
const FILLED_BELOW: f64 = 0.97;

fn recognises(bytes: &[u8]) -> bool {
    frames_in(bytes, photometer::VARIANTS).iter().any(|frame| {
        open(frame).is_some_and(|frame| {
            frame.command == READ && !frame.data.is_empty() && frame.data.len().is_multiple_of(CHANNEL)
        })
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let bytes = message.bytes.as_slice();
    let len = bytes.len() / 3;
    let frames: Vec<&[u8]> = bytes.chunks_exact(len.max(1)).filter_map(open).map(|frame| frame.data).take(3).collect();
    let [zero, first, last] = frames.as_slice() else {
        return Err(Fault::Short { offset: bytes.len(), expected: "three frames: zero, first and last of a run" });
    };
    let mut decoded = Decoded {
        instrument: Instrument { vendor: Some("Dayuan".to_owned()), ..Instrument::default() },
        ..Decoded::default()
    };
    for channel in 0..zero.len() / CHANNEL {
        // Old firmware always sends 24 channels, zeros where there is none.
        let (Some(zero), Some(first), Some(last)) = (light(zero, channel), light(first, channel), light(last, channel))
        else {
            continue;
        };
        let [first, last] = [first, last].map(|light| f64::from(light) / f64::from(zero));
        if first >= FILLED_BELOW {
            if last < FILLED_BELOW {
                decoded.warnings.push(format!("channel {}: filled after the run had started", channel + 1));
            }
            continue;
        }
        decoded.readings.push(reading(channel, first, last, 2 * len));
    }
    Ok(decoded)
}

/// Transmittances at the start and the end of the run; `frame`: where the last frame starts in the message.
fn reading(channel: usize, first: f64, last: f64, frame: usize) -> Reading {
    let at = frame + 4 + channel * CHANNEL;
    let mut reading = Reading {
        position: Some((channel + 1).to_string().into()),
        analyte: Some(CHANGE.into()),
        span: at..at + 2,
        ..Reading::default()
    };
    if last > FAULT_ABOVE {
        reading.flags.push("channel fault".to_owned());
        return reading;
    }
    // The change is that of the shown digits: who subtracts by hand finds the same.
    let [start, end] = [first, last].map(|transmittance| (-transmittance.log10() * 1e4).round() as i64);
    let text = |tenths: i64| {
        let size = tenths.unsigned_abs();
        format!("{}{}.{:04}", if tenths < 0 { "-" } else { "" }, size / 10_000, size % 10_000)
    };
    let change = text(end - start);
    reading.absorbance =
        Some(Absorbance { start: Some(text(start)), end: Some(text(end)), change: Some(change.clone()) });
    reading.number = change.parse().ok();
    reading.result = Some(change.into());
    reading
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::photometer::answer;

    fn run(frames: [[u16; 3]; 3]) -> Decoded {
        let bytes: Vec<u8> = frames.iter().flat_map(|lights| answer(&lights.map(|light| [light, 0, 0, 0]))).collect();
        parse(&Message::plain(bytes, 0)).unwrap()
    }

    #[test]
    fn a_filled_channel_has_its_two_absorbances_and_their_change() {
        let decoded = run([[50_000, 50_000, 0], [31_548, 50_000, 0], [12_559, 50_000, 0]]);
        let [reading] = decoded.readings.as_slice() else { panic!("one channel was filled") };
        assert_eq!(reading.position.as_deref(), Some("1"));
        assert_eq!(
            reading.absorbance,
            Some(Absorbance {
                start: Some("0.2000".to_owned()),
                end: Some("0.6000".to_owned()),
                change: Some("0.4000".to_owned())
            })
        );
        assert_eq!((reading.result.as_deref(), reading.unit.as_deref()), (Some("0.4000"), None));
    }

    #[test]
    fn a_falling_absorbance_keeps_its_sign() {
        let decoded = run([[50_000, 50_000, 0], [31_548, 50_000, 0], [31_600, 50_000, 0]]);
        assert_eq!(decoded.readings[0].result.as_deref(), Some("-0.0007"));
    }

    #[test]
    fn a_cuvette_put_in_too_late_is_not_measured() {
        let decoded = run([[50_000, 50_000, 0], [31_548, 50_000, 0], [12_559, 30_000, 0]]);
        assert_eq!(decoded.readings.len(), 1);
        assert_eq!(decoded.warnings, ["channel 2: filled after the run had started"]);
    }

    #[test]
    fn more_light_than_without_a_cuvette_is_a_fault_of_the_channel() {
        let decoded = run([[50_000, 50_000, 0], [31_548, 50_000, 0], [52_000, 50_000, 0]]);
        assert_eq!(decoded.readings[0].flags, ["channel fault"]);
        assert_eq!(decoded.readings[0].result, None);
    }
}
