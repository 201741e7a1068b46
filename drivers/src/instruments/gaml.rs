//! GAML 1.x (Generalized Analytical Markup Language, Thermo): traces with their peak tables as XML.
//! From a TurboChrom run converted to it. Only traces of the technique CHROM are read.
//!
//! Axes and peaks are GAML's own elements; area, name and amount of a peak are parameters of the data system, here of
//! TurboChrom (`PK_…`, `SMP_…`, `SD_…`).

mod tree;

use jiff::civil::DateTime;

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Instrument, Message, Peak, Profile, Proof, Reading, Rejected, Serial,
    Transport,
};
use crate::format::encodings;
use crate::format::numbers;
use crate::format::trace::Points;
use crate::link::whole::Whole;
use tree::{Gaml, RawPeak, Trace};

pub static PROFILE: Profile = Profile {
    id: "gaml",
    maker: "any",
    models: &["GAML 1.00 (.gaml)", "TurboChrom through GAMLIO"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a TurboChrom GC run with 83 peaks",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// An axis of doubles: what is nearer to its place is even.
const EXACT: f64 = 1e-6;

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let (text, _) = encodings::read(head);
    text.trim_start().starts_with('<') && text.contains("<GAML ")
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let gaml = Gaml::read(&text).map_err(|fault| fault.placed(|at| encodings::place(&message.bytes, &text, at)))?;
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    let software = ["component_name", "component_version"].map(|name| tree::value(&gaml.parameters, name));
    let software = software.into_iter().flatten().collect::<Vec<_>>().join(" ");
    decoded.instrument =
        Instrument { software: Some(software).filter(|text| !text.is_empty()), ..Instrument::default() };
    for trace in gaml.traces.iter().filter(|trace| trace.technique == "CHROM") {
        match chromatogram(trace) {
            Ok(chromatogram) => {
                decoded.readings.extend(readings(trace, &chromatogram));
                decoded.chromatograms.push(chromatogram);
            }
            Err(expected) => decoded
                .rejected
                .push(Rejected { offset: 0, reason: format!("trace '{}': expected {expected}", trace.name) }),
        }
    }
    if decoded.chromatograms.is_empty() && decoded.rejected.is_empty() {
        return Err(Fault::Nothing("GAML without a trace of the technique CHROM"));
    }
    Ok(decoded)
}

fn chromatogram(trace: &Trace) -> Result<Chromatogram, &'static str> {
    let minutes = match trace.x_unit.as_str() {
        "MINUTES" => 1.0,
        "SECONDS" => 1.0 / 60.0,
        _ => return Err("an axis in MINUTES or SECONDS"),
    };
    let (times, signal) =
        (trace.x.0.as_ref().map_err(|expected| *expected)?, trace.y.0.as_ref().map_err(|expected| *expected)?);
    if times.len() != signal.len() {
        return Err("as many times as values");
    }
    let points = Points { times_min: times.iter().map(|time| time * minutes).collect(), signal: signal.clone() };
    let place = Chromatogram {
        sample_id: sample(trace),
        acquired_at: trace.collected.as_deref().and_then(collected),
        channel: Some(trace.name.clone()).filter(|name| !name.is_empty()),
        signal_unit: Some(trace.y_unit.clone()).filter(|unit| !unit.is_empty() && unit != "UNKNOWN"),
        peaks: trace.peaks.iter().map(|raw| peak(raw, minutes, unit(trace))).collect(),
        ..Chromatogram::default()
    };
    Ok(points.into_chromatogram(place, EXACT))
}

fn sample(trace: &Trace) -> Option<String> {
    let named = tree::value(&trace.parameters, "SD_SAMP_NAME").map(str::to_owned);
    named.or_else(|| Some(trace.experiment.clone()).filter(|name| !name.is_empty()))
}

fn unit(trace: &Trace) -> Option<&str> {
    tree::value(&trace.parameters, "SMP_RSLT_UNITS")
}

/// `1989-02-22T13:39:41Z`; the zone is dropped.
fn collected(text: &str) -> Option<DateTime> {
    text.trim().trim_end_matches('Z').parse().ok()
}

fn peak(raw: &RawPeak, minutes: f64, unit: Option<&str>) -> Peak {
    let number = |name: &str| raw.value(name).and_then(numbers::number);
    let time = |name: &str| number(name).map(|time| time * minutes);
    let name = raw.value("PK_NAME");
    let amount = name.and_then(|_| number("PK_RESULT"));
    Peak {
        number: raw.number.parse().ok(),
        name: name.map(str::to_owned),
        retention_time_min: time("peakXvalue"),
        area: number("PK_AREA"),
        height: number("PK_HEIGHT"),
        // TurboChrom's "percent" is a part of one.
        area_percent: number("PK_AREA_PCT").map(|part| part * 100.0),
        start_min: time("startXvalue"),
        end_min: time("endXvalue"),
        amount,
        unit: unit.filter(|_| amount.is_some()).map(str::to_owned),
    }
}

/// A named peak with an amount is what the data system says about the sample.
fn readings(trace: &Trace, chromatogram: &Chromatogram) -> Vec<Reading> {
    let said = trace.peaks.iter().filter_map(|raw| Some((raw.value("PK_NAME")?, raw.value("PK_RESULT")?)));
    said.map(|(name, literal)| {
        let (number, censored) = numbers::read(literal);
        Reading {
            sample_id: chromatogram.sample_id.as_deref().map(Into::into),
            analyte: Some(name.into()),
            result: Some(literal.into()),
            number,
            censored,
            unit: unit(trace).map(Into::into),
            measured_at: chromatogram.acquired_at,
            ..Reading::default()
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn run(x_unit: &str) -> String {
        let x = STANDARD.encode([0.0f64, 0.5, 1.0].map(f64::to_le_bytes).concat());
        let y = STANDARD.encode([6125.0f32, 17042.0, 10943.5].map(f32::to_be_bytes).concat());
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<GAML version=\"1.00\" name=\"RUN\">\n\
             <parameter name=\"component_name\">GAMLIO</parameter>\n<experiment name=\"run\">\
             <collectdate>2026-03-02T13:39:41Z</collectdate>\n<trace name=\"Channel A\" technique=\"CHROM\">\
             <parameter name=\"SD_SAMP_NAME\">26-041 &amp; 42</parameter>\n\
             <parameter name=\"SMP_RSLT_UNITS\">mg/kg</parameter>\n\
             <Xdata units=\"{x_unit}\"><values byteorder=\"INTEL\" format=\"FLOAT64\" numvalues=\"3\">{x}\n</values>\n\
             <Ydata units=\"UNKNOWN\"><values byteorder=\"MOTOROLA\" format=\"FLOAT32\">{y}</values>\n<peaktable>\
             <peak number=\"7\"><parameter name=\"PK_AREA\">200.5</parameter>\
             <parameter name=\"PK_NAME\">phorate</parameter><parameter name=\"PK_RESULT\">0.0510</parameter>\
             <peakXvalue>0.5</peakXvalue><baseline><startXvalue>0.4</startXvalue></baseline></peak>\
             <peak number=\"8\"><parameter name=\"PK_NAME\"></parameter><parameter name=\"PK_RESULT\">1.0</parameter>\
             <peakXvalue>0.9</peakXvalue></peak></peaktable></Ydata></Xdata></trace>\
             <trace name=\"MS\" technique=\"MS\"/></experiment></GAML>"
        )
    }

    fn read(text: &str) -> Decoded {
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn a_trace_has_its_axis_its_signal_and_its_peaks() {
        assert!(recognises(run("MINUTES").as_bytes()));
        let decoded = read(&run("MINUTES"));
        let [trace] = decoded.chromatograms.as_slice() else { panic!("one chromatogram") };
        assert_eq!(trace.signal, [6125.0, 17042.0, 10943.5]);
        assert_eq!((trace.start_min, trace.interval_min), (Some(0.0), Some(0.5)));
        assert_eq!(trace.sample_id.as_deref(), Some("26-041 & 42"));
        let [phorate, other] = trace.peaks.as_slice() else { panic!("two peaks") };
        assert_eq!((phorate.number, phorate.area, phorate.start_min), (Some(7), Some(200.5), Some(0.4)));
        assert_eq!((other.name.as_deref(), other.amount), (None, None));
        let [reading] = decoded.readings.as_slice() else { panic!("one named peak") };
        assert_eq!((reading.result.as_deref(), reading.unit.as_deref()), (Some("0.0510"), Some("mg/kg")));
    }

    #[test]
    fn seconds_become_minutes_and_other_axes_are_told() {
        assert_eq!(read(&run("SECONDS")).chromatograms[0].interval_min, Some(0.5 / 60.0));
        let decoded = read(&run("METERS"));
        assert!(decoded.rejected.iter().any(|r| r.reason.contains("Channel A")), "{:?}", decoded.rejected);
    }

    #[test]
    fn other_xml_is_a_fault() {
        assert!(parse(&Message::plain(b"<GAML ></GAML>".to_vec(), 0)).is_err());
        assert!(parse(&Message::plain(b"<GAML ><a></b>".to_vec(), 0)).is_err());
    }
}
