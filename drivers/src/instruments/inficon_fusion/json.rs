//! The data of one run: a trace a detector, and the peaks found in it.

use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::Value;

use crate::contract::{Chromatogram, Decoded, Fault, Instrument, Peak, Reading, Rejected};
use crate::format::numbers;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    detectors: serde_json::Map<String, Value>,
    run_time_stamp: Option<String>,
    #[serde(default)]
    annotations: Value,
    #[serde(default)]
    system_configuration: Value,
    #[serde(default)]
    software_version: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detector {
    n_values_per_second: f64,
    n_values_expected: Option<usize>,
    values: Vec<f64>,
    analysis: Option<Analysis>,
}

#[derive(Deserialize)]
struct Analysis {
    #[serde(default)]
    peaks: Vec<RawPeak>,
}

#[derive(Deserialize)]
struct RawPeak {
    label: Option<String>,
    /// Number of the point at the maximum.
    top: Option<f64>,
    area: Option<f64>,
    height: Option<f64>,
    concentration: Option<serde_json::Number>,
}

pub fn read(bytes: &[u8]) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(bytes);
    let run: Run = serde_json::from_str(&text).map_err(|error| Fault::Line {
        line: error.line(),
        expected: "the data of a run: detectors with values",
        found: error.to_string(),
    })?;
    let said = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument = Instrument {
        serial_number: said(&run.system_configuration, "/systemInfo/systemSerialNumber"),
        software: said(&run.software_version, "/version"),
        ..Instrument::default()
    };
    let place = Chromatogram {
        sample_id: said(&run.annotations, "/name"),
        acquired_at: run.run_time_stamp.as_deref().and_then(started),
        ..Chromatogram::default()
    };
    for (name, value) in run.detectors {
        match serde_json::from_value::<Detector>(value) {
            Ok(detector) if detector.n_values_per_second > 0.0 => take(&mut decoded, name, detector, &place),
            Ok(_) => decoded
                .rejected
                .push(Rejected { offset: 0, reason: format!("detector {name}: expected values per second, found 0") }),
            Err(error) => decoded.rejected.push(Rejected { offset: 0, reason: format!("detector {name}: {error}") }),
        }
    }
    Ok(decoded)
}

/// `2024-09-27T14:41:09.074Z`; the zone is dropped.
fn started(text: &str) -> Option<DateTime> {
    text.trim_end_matches('Z').parse().ok()
}

fn take(decoded: &mut Decoded, name: String, detector: Detector, place: &Chromatogram) {
    if let Some(expected) = detector.n_values_expected.filter(|expected| *expected != detector.values.len()) {
        decoded
            .warnings
            .push(format!("detector {name}: nValuesExpected says {expected}, found {}", detector.values.len()));
    }
    let rate = detector.n_values_per_second * 60.0;
    let peaks: Vec<RawPeak> = detector.analysis.map(|analysis| analysis.peaks).unwrap_or_default();
    for peak in &peaks {
        let (Some(label), Some(amount)) = (&peak.label, &peak.concentration) else { continue };
        let literal = amount.to_string();
        decoded.readings.push(Reading {
            sample_id: place.sample_id.as_deref().map(Into::into),
            position: Some(name.as_str().into()),
            analyte: Some(label.as_str().into()),
            number: numbers::number(&literal),
            result: Some(literal.into()),
            measured_at: place.acquired_at,
            ..Reading::default()
        });
    }
    let peaks = peaks.into_iter().map(|peak| Peak {
        retention_time_min: peak.top.map(|point| point / rate),
        area: peak.area,
        height: peak.height,
        amount: peak.label.as_ref().and(peak.concentration.as_ref()).and_then(serde_json::Number::as_f64),
        name: peak.label,
        ..Peak::default()
    });
    decoded.chromatograms.push(Chromatogram {
        detector: Some(name),
        start_min: Some(0.0),
        interval_min: Some(1.0 / rate),
        points: detector.values.len(),
        peaks: peaks.collect(),
        signal: detector.values,
        ..place.clone()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#"{"runTimeStamp":"2026-03-02T14:41:09.074Z","annotations":{"name":"26-041"},
        "detectors":{"moduleA:tcd":{"nValuesPerSecond":50,"nValuesExpected":4,"values":[0,-8,120,3],
        "analysis":{"peaks":[{"label":"CO2","top":2,"area":120.5,"height":120,"concentration":0.410},{"area":3}]}},
        "moduleB:tcd":{"values":[1]}},
        "systemConfiguration":{"systemInfo":{"systemSerialNumber":"70000001"}}}"#;

    #[test]
    fn each_detector_has_its_trace_and_a_labelled_peak_is_a_reading() {
        let decoded = read(RUN.as_bytes()).unwrap();
        let [trace] = decoded.chromatograms.as_slice() else { panic!("one whole detector") };
        assert_eq!((trace.points, trace.interval_min), (4, Some(1.0 / 3000.0)));
        assert_eq!(trace.peaks.iter().map(|peak| peak.area).collect::<Vec<_>>(), [Some(120.5), Some(3.0)]);
        assert_eq!(trace.peaks[0].retention_time_min, Some(2.0 / 3000.0));
        let [reading] = decoded.readings.as_slice() else { panic!("one labelled peak") };
        assert_eq!((reading.analyte.as_deref(), reading.number), (Some("CO2"), Some(0.41)));
        assert!(decoded.rejected.iter().any(|r| r.reason.contains("moduleB")), "{:?}", decoded.rejected);
        assert_eq!(decoded.instrument.serial_number.as_deref(), Some("70000001"));
    }

    #[test]
    fn torn_json_is_a_fault() {
        assert!(read(&RUN.as_bytes()[..200]).is_err());
    }
}
