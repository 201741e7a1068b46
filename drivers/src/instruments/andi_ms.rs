//! ANDI/MS (ASTM E2077, E2078): scans of a mass spectrometer as netCDF. Only the total ion chromatogram is read.
//! From a file of an HP mass selective detector.

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Serial, Transport,
};
use crate::format::netcdf::File;
use crate::format::times;
use crate::format::trace::Points;
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "andi-ms",
    maker: "any",
    models: &["ANDI/MS netCDF (.cdf)"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a run of an HP mass selective detector",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// Scans are timed to a millisecond: closer to its place than that, a scan is in step.
const MILLISECOND: f64 = 0.001 / 60.0;

fn recognises(bytes: &[u8]) -> bool {
    File::read(bytes)
        .is_ok_and(|file| ["scan_acquisition_time", "total_intensity"].iter().all(|name| file.variable(name).is_some()))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let file = File::read(&message.bytes)?;
    let times = file.variable("scan_acquisition_time").ok_or(Fault::Nothing("netCDF without scan_acquisition_time"))?;
    let totals = file.variable("total_intensity").ok_or(Fault::Nothing("netCDF without total_intensity"))?;
    let (seconds, signal) = (file.numbers(times)?, file.numbers(totals)?);
    if seconds.iter().chain(&signal).any(|value| !value.is_finite()) {
        return Err(Fault::Nothing("scans with values that are no numbers"));
    }
    let mut decoded = Decoded::default();
    if seconds.len() != signal.len() {
        decoded.warnings.push(format!("{} times for {} intensities", seconds.len(), signal.len()));
    }
    let mut points = Points::default();
    seconds.iter().zip(&signal).for_each(|(second, total)| points.push(second / 60.0, *total));
    let started = file.text("experiment_date_time_stamp");
    let place = Chromatogram {
        sample_id: file.text("sample_id").or_else(|| file.text("sample_name")),
        acquired_at: started.as_deref().and_then(|text| text.get(..14)).and_then(times::compact),
        detector: file.text("test_detector_type"),
        channel: Some("TIC".to_owned()),
        signal_unit: totals.text("units"),
        ..Chromatogram::default()
    };
    let part = |name| file.texts(name).map(|texts| texts.into_iter().find(|text| !text.is_empty()));
    decoded.instrument = Instrument {
        vendor: part("instrument_mfr")?,
        model: part("instrument_model")?,
        serial_number: part("instrument_serial_no")?,
        software: part("instrument_sw_version")?,
    };
    decoded.chromatograms.push(points.into_chromatogram(place, MILLISECOND));
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::netcdf::writer::{Value, Writer};

    #[test]
    fn scans_make_a_chromatogram_with_their_own_times() {
        let mut file = Writer::default();
        file.text("experiment_date_time_stamp", "20260302143000+0800");
        file.text("test_detector_type", "Electron Multiplier");
        file.variable("scan_acquisition_time", &["scan_number"], Value::Double(vec![60.0, 61.0, 63.5]));
        file.variable("total_intensity", &["scan_number"], Value::Double(vec![3117.0, 250.5, 90.0]));
        file.variable("instrument_mfr", &["instrument_number", "_4_byte_string"], Value::Char(b"HP\0 ".to_vec()));
        let bytes = file.bytes();
        assert!(recognises(&bytes));
        let decoded = parse(&Message::plain(bytes, 0)).unwrap();
        let [trace] = decoded.chromatograms.as_slice() else { panic!("one trace") };
        assert_eq!((trace.points, trace.interval_min), (3, None));
        assert_eq!(trace.times_min.first(), Some(&1.0));
        assert_eq!(trace.signal, [3117.0, 250.5, 90.0]);
        assert_eq!(decoded.instrument.vendor.as_deref(), Some("HP"));
    }

    #[test]
    fn chromatography_without_scans_is_not_meant() {
        let mut file = Writer::default();
        file.variable("ordinate_values", &["point_number"], Value::Float(vec![1.0]));
        assert!(!recognises(&file.bytes()));
        assert!(parse(&Message::plain(file.bytes(), 0)).is_err());
    }
}
