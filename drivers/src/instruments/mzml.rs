//! mzML 1.1 (HUPO-PSI): the chromatograms of a mass spectrometer's run, total ion and single reactions.
//! Source: mzML 1.1.0 specification and the PSI-MS vocabulary, whose accessions are named below.
//!
//! Spectra are counted, not read. Arrays are 32 or 64 bit, plain or zlib; other compressions are told and left out.

mod run;

use jiff::civil::DateTime;

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Rejected, Serial, Transport,
};
use crate::format::arrays::Budget;
use crate::format::encodings;
use crate::format::trace::Points;
use crate::link::whole::Whole;
use run::{Array, RawChromatogram, Run};

pub static PROFILE: Profile = Profile {
    id: "mzml",
    maker: "any",
    models: &["mzML 1.1 (.mzML)"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a run of a Thermo Exactive converted by ProteoWizard",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// Scans are timed to a millisecond: closer to its place than that, a scan is in step.
const MILLISECOND: f64 = 0.001 / 60.0;

const TIME_ARRAY: &str = "MS:1000595";
const INTENSITY_ARRAY: &str = "MS:1000515";
const SERIAL_NUMBER: &str = "MS:1000529";
const SECOND: &str = "UO:0000010";
const MINUTE: &str = "UO:0000031";

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    let (text, _) = encodings::read(head);
    text.trim_start().starts_with('<') && (text.contains("<mzML") || text.contains("<indexedmzML"))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let run = Run::read(&text).map_err(|fault| fault.placed(|at| encodings::place(&message.bytes, &text, at)))?;
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    if let Some(declared) = run.spectra_declared.filter(|declared| *declared != run.spectra) {
        decoded.warnings.push(format!("the list of spectra says {declared}, found {}", run.spectra));
    }
    decoded.instrument = Instrument {
        model: run.instrument.iter().find(|term| term.accession != SERIAL_NUMBER).map(|term| term.name.clone()),
        serial_number: run
            .instrument
            .iter()
            .find(|term| term.accession == SERIAL_NUMBER)
            .map(|term| term.value.clone()),
        software: run.software.clone(),
        ..Instrument::default()
    };
    let sample_id = run.sample.clone().or_else(|| {
        decoded.warnings.push("the file names no sample; the run's name is taken".to_owned());
        run.id.clone()
    });
    let acquired_at = run.started.as_deref().and_then(started);
    let mut budget = Budget::default();
    for raw in &run.chromatograms {
        let place = Chromatogram { sample_id: sample_id.clone(), acquired_at, ..Chromatogram::default() };
        match chromatogram(raw, place, &mut budget) {
            Ok(chromatogram) => decoded.chromatograms.push(chromatogram),
            Err(expected) => decoded
                .rejected
                .push(Rejected { offset: 0, reason: format!("chromatogram '{}': expected {expected}", raw.id) }),
        }
    }
    if decoded.chromatograms.is_empty() && decoded.rejected.is_empty() {
        return Err(Fault::Nothing("mzML without a chromatogram; spectra are not read"));
    }
    Ok(decoded)
}

/// `2013-09-10T10:31:08Z`; the zone is dropped.
fn started(text: &str) -> Option<DateTime> {
    text.trim().trim_end_matches('Z').parse().ok()
}

fn chromatogram(raw: &RawChromatogram, place: Chromatogram, budget: &mut Budget) -> Result<Chromatogram, &'static str> {
    let array = |accession: &str| raw.arrays.iter().find(|array| array.term(accession).is_some());
    let times = array(TIME_ARRAY).ok_or("an array of times")?;
    let intensities = array(INTENSITY_ARRAY).ok_or("an array of intensities")?;
    let minutes = match times.term(TIME_ARRAY).map(|term| term.unit.as_str()) {
        Some(MINUTE) => 1.0,
        Some(SECOND) => 1.0 / 60.0,
        _ => return Err("times in minutes or seconds"),
    };
    let (times, signal) = (times.numbers(budget)?, intensities.numbers(budget)?);
    if times.len() != signal.len() {
        return Err("as many times as intensities");
    }
    let points = Points { times_min: times.iter().map(|time| time * minutes).collect(), signal };
    let place = Chromatogram {
        channel: Some(raw.id.clone()).filter(|id| !id.is_empty()),
        signal_unit: unit(intensities),
        ..place
    };
    Ok(points.into_chromatogram(place, MILLISECOND))
}

fn unit(array: &Array) -> Option<String> {
    array.term(INTENSITY_ARRAY).map(|term| term.unit_name.clone()).filter(|unit| !unit.is_empty())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn array(terms: &str, bytes: &[u8]) -> String {
        format!("<binaryDataArray>{terms}<binary>{}</binary></binaryDataArray>", STANDARD.encode(bytes))
    }

    fn term(accession: &str, rest: &str) -> String {
        format!("<cvParam cvRef=\"MS\" accession=\"{accession}\" name=\"\" value=\"\" {rest}/>")
    }

    fn file(time_terms: &str, times: &[u8]) -> String {
        let plain = term("MS:1000576", "");
        let intensities = array(
            &(term("MS:1000521", "") + &plain + &term(INTENSITY_ARRAY, "unitName=\"number of detector counts\"")),
            &[3117.0f32, 250.5, 90.0].map(f32::to_le_bytes).concat(),
        );
        format!(
            "<?xml version=\"1.0\"?><indexedmzML><mzML><referenceableParamGroupList><referenceableParamGroup id=\"G\">\
             <cvParam accession=\"MS:1000649\" name=\"Exactive\" value=\"\"/>{}</referenceableParamGroup>\
             </referenceableParamGroupList><sampleList><sample id=\"s1\" name=\"26-041\"/></sampleList>\
             <softwareList><software id=\"Xcalibur\" version=\"2.2\"/></softwareList><instrumentConfigurationList>\
             <instrumentConfiguration id=\"IC1\"><referenceableParamGroupRef ref=\"G\"/></instrumentConfiguration>\
             </instrumentConfigurationList><run id=\"R-7\" sampleRef=\"s1\" startTimeStamp=\"2026-03-02T10:31:08Z\">\
             <spectrumList count=\"5\"><spectrum index=\"0\"/></spectrumList><chromatogramList>\
             <chromatogram id=\"TIC\">{}{intensities}</chromatogram></chromatogramList></run></mzML></indexedmzML>",
            term(SERIAL_NUMBER, "").replace("value=\"\"", "value=\"slot 7\""),
            array(&(plain.clone() + time_terms), times),
        )
    }

    fn read(text: &str) -> Decoded {
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn a_total_ion_chromatogram_has_its_times_in_minutes() {
        let doubles = [60.0f64, 61.0, 63.5].map(f64::to_le_bytes).concat();
        for (unit, first) in [(SECOND, 1.0), (MINUTE, 60.0)] {
            let terms = term("MS:1000523", "") + &term(TIME_ARRAY, &format!("unitAccession=\"{unit}\""));
            let text = file(&terms, &doubles);
            assert!(recognises(text.as_bytes()));
            let decoded = read(&text);
            let [trace] = decoded.chromatograms.as_slice() else { panic!("one chromatogram") };
            assert_eq!((trace.times_min.first().copied(), trace.points), (Some(first), 3));
            assert_eq!(trace.signal, [3117.0, 250.5, 90.0]);
            assert_eq!(trace.signal_unit.as_deref(), Some("number of detector counts"));
            assert_eq!((trace.sample_id.as_deref(), trace.channel.as_deref()), (Some("26-041"), Some("TIC")));
            assert_eq!(trace.acquired_at.map(|at| at.to_string()).as_deref(), Some("2026-03-02T10:31:08"));
            assert_eq!(decoded.instrument.serial_number.as_deref(), Some("slot 7"));
            assert_eq!(decoded.instrument.model.as_deref(), Some("Exactive"));
            assert!(decoded.warnings.iter().any(|w| w.contains("says 5, found 1")), "{:?}", decoded.warnings);
        }
    }

    #[test]
    fn an_array_in_another_compression_is_told_by_name() {
        let terms = term("MS:1002312", "") + &term(TIME_ARRAY, &format!("unitAccession=\"{SECOND}\""));
        let decoded = read(&file(&terms, &[1, 2, 3]));
        assert!(decoded.chromatograms.is_empty());
        assert!(decoded.rejected.iter().any(|r| r.reason.contains("TIC")), "{:?}", decoded.rejected);
    }

    #[test]
    fn spectra_alone_are_a_fault() {
        assert!(
            parse(&Message::plain(b"<mzML><run id='x'><spectrumList count='1'/></run></mzML>".to_vec(), 0)).is_err()
        );
    }
}
