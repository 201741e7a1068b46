//! ANDI/AIA chromatography (ASTM E1947, E1948): one run of one detector with its peaks, as netCDF.
//! From the round-robin files of seven makers and a later Agilent file, templates 0.8 and 1.0.
//!
//! The time of point `i` is `actual_delay_time + i * actual_sampling_interval`, both in `retention_unit`; the files'
//! own peaks lie on their maxima with it. `actual_run_time_length` contradicts it in some files and is not used.

mod peaks;

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Serial, Transport,
};
use crate::format::netcdf::File;
use crate::format::times;
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "andi-chrom",
    maker: "any",
    models: &["ANDI/AIA chromatography netCDF (.cdf)"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "14 files of data systems of Agilent, PerkinElmer, Shimadzu, Varian, Waters and others",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

const SIGNAL: &str = "ordinate_values";

fn recognises(bytes: &[u8]) -> bool {
    File::read(bytes).is_ok_and(|file| file.variable(SIGNAL).is_some())
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let file = File::read(&message.bytes)?;
    let signal =
        file.variable(SIGNAL).ok_or(Fault::Nothing("netCDF without ordinate_values, the detector's signal"))?;
    let values = file.numbers(signal)?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Fault::Nothing("a signal with values that are no numbers"));
    }
    let mut decoded = Decoded::default();
    let minutes = unit(&file, &mut decoded.warnings);
    let interval = file.number("actual_sampling_interval")?.filter(|interval| *interval > 0.0 && interval.is_finite());
    let delay = file.number("actual_delay_time")?.filter(|delay| delay.is_finite()).unwrap_or(0.0);
    if interval.is_none() {
        decoded.warnings.push("actual_sampling_interval is missing: the points have no times".to_owned());
    }
    let acquired_at = injected(&file, &mut decoded.warnings);
    let place = Chromatogram {
        sample_id: file.text("sample_id").or_else(|| file.text("sample_name")),
        acquired_at,
        detector: file.text("detector_name"),
        start_min: minutes.zip(interval).map(|(minutes, _)| delay * minutes),
        interval_min: minutes.zip(interval).map(|(minutes, interval)| interval * minutes),
        points: values.len(),
        signal_unit: file.text("detector_unit"),
        ..Chromatogram::default()
    };
    let (peaks, readings) = peaks::read(&file, minutes, &place)?;
    decoded.readings = readings;
    decoded.instrument = Instrument {
        software: file.text("appl_sw_revision").or_else(|| file.text("software_revision")),
        ..Instrument::default()
    };
    decoded.chromatograms.push(Chromatogram { peaks, signal: values, ..place });
    Ok(decoded)
}

/// Minutes in one `retention_unit`. The standard's unit, and so that of a file that says nothing, is the second.
fn unit(file: &File<'_>, warnings: &mut Vec<String>) -> Option<f64> {
    let text = file.text("retention_unit").unwrap_or_else(|| "seconds".to_owned()).to_ascii_lowercase();
    // `Seconds`, `time in seconds`, `Minutes`.
    match (text.contains("sec"), text.contains("min")) {
        (true, false) => Some(1.0 / 60.0),
        (false, true) => Some(1.0),
        _ => {
            warnings.push(format!("retention_unit '{text}' is neither seconds nor minutes: no times are given"));
            None
        }
    }
}

/// `YYYYMMDDhhmmss` and a distance from UTC, which is dropped: the rest is what the instrument's clock showed.
fn injected(file: &File<'_>, warnings: &mut Vec<String>) -> Option<jiff::civil::DateTime> {
    let text = file.text("injection_date_time_stamp")?;
    let time = text.get(..14).and_then(times::compact);
    // netCDF is of 1988; the standard of 1993 already had files in it.
    let likely = time.filter(|time| (1980..2100).contains(&time.year()));
    if likely.is_none() {
        warnings.push(format!("injection_date_time_stamp '{text}' is no likely time"));
    }
    likely
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::netcdf::writer::{Value, Writer};

    fn run(unit: &str) -> Writer {
        let mut file = Writer::default();
        file.text("injection_date_time_stamp", "20260302143000+0800");
        file.text("sample_id", " ");
        file.text("sample_name", "26-041   ");
        file.text("detector_name", "FPD1 A");
        file.text("detector_unit", "pA");
        file.text("retention_unit", unit);
        file.text("peak_amount_unit", "mg/kg");
        file.variable("actual_delay_time", &[], Value::Float(vec![1.5]));
        file.variable("actual_sampling_interval", &[], Value::Float(vec![0.5]));
        file.variable("ordinate_values", &["point_number"], Value::Float(vec![-0.25, 12.0, 3.0]));
        file.variable("peak_retention_time", &["peak_number"], Value::Float(vec![90.0, 120.0]));
        file.variable("peak_area", &["peak_number"], Value::Float(vec![1000.5, 20.25]));
        file.variable("peak_height", &["peak_number"], Value::Float(vec![-1.0, -1.0]));
        file.variable("peak_amount", &["peak_number"], Value::Float(vec![0.0512, 0.0]));
        file.variable("peak_name", &["peak_number", "_8_byte_string"], Value::Char(b"phorate\0        ".to_vec()));
        file
    }

    fn read(file: &Writer) -> Decoded {
        parse(&Message::plain(file.bytes(), 0)).unwrap()
    }

    #[test]
    fn times_are_in_the_unit_the_file_names() {
        for (unit, start, interval, peak) in [("time in seconds", 0.025, 0.5 / 60.0, 1.5), ("Minutes", 1.5, 0.5, 90.0)]
        {
            let decoded = read(&run(unit));
            let [trace] = decoded.chromatograms.as_slice() else { panic!("one detector") };
            assert_eq!((trace.start_min, trace.interval_min), (Some(start), Some(interval)), "{unit}");
            assert_eq!(trace.peaks[0].retention_time_min, Some(peak));
            assert_eq!(trace.acquired_at.map(|at| at.to_string()).as_deref(), Some("2026-03-02T14:30:00"));
            assert_eq!((trace.sample_id.as_deref(), trace.detector.as_deref()), (Some("26-041"), Some("FPD1 A")));
        }
        let decoded = read(&run("furlongs"));
        assert_eq!(decoded.chromatograms[0].interval_min, None);
        assert!(decoded.warnings.iter().any(|w| w.contains("furlongs")));
    }

    #[test]
    fn an_amount_belongs_to_a_name_and_a_column_of_minus_one_to_nobody() {
        let decoded = read(&run("seconds"));
        let [phorate, other] = decoded.chromatograms[0].peaks.as_slice() else { panic!("two peaks") };
        assert_eq!((phorate.name.as_deref(), phorate.amount), (Some("phorate"), Some(0.0512)));
        assert_eq!((other.name.as_deref(), other.amount, other.height), (None, None, None));
        let [reading] = decoded.readings.as_slice() else { panic!("one named peak") };
        assert_eq!((reading.result.as_deref(), reading.unit.as_deref()), (Some("0.0512"), Some("mg/kg")));
        assert_eq!(reading.sample_id.as_deref(), Some("26-041"));
    }

    #[test]
    fn a_signal_of_no_numbers_is_refused() {
        let mut file = Writer::default();
        file.variable("ordinate_values", &["point_number"], Value::Float(vec![1.0, f32::NAN]));
        assert!(parse(&Message::plain(file.bytes(), 0)).is_err());
    }
}
