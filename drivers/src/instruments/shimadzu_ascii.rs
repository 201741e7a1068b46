//! Shimadzu LabSolutions and GCMSsolution: ASCII reports of one run, in sections `[Name]`.
//! From files of three data systems; the format has no public document.
//!
//! The report is a file, or is printed over a line after each run: then it ends with silence.

mod chromatogram;
pub(super) mod sections;
pub(super) mod tables;

use std::time::Duration;

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Instrument, Message, Peak, Profile, Proof, Reading, Serial, Transport,
};
use crate::format::dates::{self, DateOrder};
use crate::link::whole::Whole;
use sections::{Report, Section};

pub static PROFILE: Profile = Profile {
    id: "shimadzu-ascii",
    maker: "Shimadzu",
    models: &["GC-2014", "GC-2030", "LC-20", "LC-2030", "GCMS-QP2010"],
    transports: &[Transport::File, Transport::Serial, Transport::Tcp],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "reports of a GC-2014, an LC and a GCMS-QP2010 SE",
    serial: Serial::new(9600),
    link: || Box::new(Whole::print_out(SILENCE)),
    parse,
    recognises,
};

/// A data system sends a report in one go; its pauses between sections are shorter.
const SILENCE: Duration = Duration::from_secs(2);

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let (text, _) = crate::format::encodings::read(head);
    let mut lines = text.lines().map(str::trim).skip_while(|line| line.is_empty());
    let known = ["Data File Name", "Application Name", "Output Date"];
    lines.next() == Some("[Header]") && lines.take(4).any(|line| known.iter().any(|key| line.starts_with(key)))
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let report = Report::read(&text, &message.bytes, encoding);
    if report.sections.is_empty() {
        let found = text.lines().next().unwrap_or_default().chars().take(40).collect();
        return Err(Fault::Line { line: 1, expected: "a section [Name]", found });
    }
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    let head = Head::read(&report, &mut decoded);
    for section in &report.sections {
        if section.name.ends_with("Chromatogram") {
            decoded.chromatograms.extend(chromatogram::read(
                section,
                &head,
                &mut decoded.warnings,
                &mut decoded.rejected,
            ));
        }
    }
    let peak_tables: Vec<&Section> = report.sections.iter().filter(|s| s.name.ends_with("Peak Table")).collect();
    let quant_tables: Vec<&Section> = report
        .sections
        .iter()
        .filter(|s| s.name.ends_with("Compound Results") || s.name.ends_with("Quantitative Results"))
        .collect();
    // A compound stands in the peak table and again in the quantitation: it was measured once.
    let mut with_peaks = Vec::new();
    let mut with_readings = Vec::new();
    for section in &quant_tables {
        let told = tables::quantitation(section, &head, &mut decoded.warnings);
        if !told.is_empty() {
            with_readings.push(section.channel);
        }
        decoded.readings.extend(told);
    }
    for section in &peak_tables {
        let (peaks, readings) = tables::peaks(section, &head, &mut decoded.warnings);
        if !with_readings.contains(&section.channel) {
            decoded.readings.extend(readings);
        }
        if !peaks.is_empty() {
            with_peaks.push(section.channel);
        }
        attach(&mut decoded.chromatograms, section.channel, peaks, &head);
    }
    for section in quant_tables.iter().filter(|section| !with_peaks.contains(&section.channel)) {
        attach(&mut decoded.chromatograms, section.channel, tables::compound_peaks(section), &head);
    }
    Ok(decoded)
}

/// What is true for the whole report.
pub(super) struct Head {
    pub sample_id: Option<String>,
    pub acquired_at: Option<jiff::civil::DateTime>,
    pub role: crate::contract::Role,
    /// Name of the detector, where the instrument has but one.
    pub detector: Option<String>,
}

impl Head {
    fn read(report: &Report<'_>, decoded: &mut Decoded) -> Self {
        let value = |section: &str, key: &str| report.section(section).and_then(|section| section.value(key));
        let date_texts = ["Acquired", "Generated", "Modified", "Output Date"];
        let all = report.sections.iter().flat_map(|section| date_texts.iter().filter_map(|key| section.value(key)));
        let order = DateOrder::of(all);
        let mut time = |what: &str, text: Option<String>| {
            let text = text?;
            let time = dates::read(&text, order);
            if time.is_none() {
                decoded.warnings.push(format!("{what} '{text}': day and month cannot be told apart"));
            }
            time
        };
        let acquired_at = time("acquired", value("Sample Information", "Acquired").map(str::to_owned));
        let output = value("Header", "Output Date").zip(value("Header", "Output Time"));
        decoded.sent_at = time("output", output.map(|(date, time)| format!("{date} {time}")));

        let file = value("Header", "Data File Name");
        let named = value("Sample Information", "Sample ID").or_else(|| value("Sample Information", "Sample Name"));
        let sample_id = named.map(str::to_owned).or_else(|| {
            let stem = file.and_then(stem)?;
            decoded.warnings.push("the report names no sample; its data file does".to_owned());
            Some(stem.to_owned())
        });
        let software = [value("Header", "Application Name"), value("Header", "Version")];
        let software = software.into_iter().flatten().collect::<Vec<_>>().join(" ");
        decoded.instrument = Instrument {
            vendor: Some("Shimadzu".to_owned()),
            model: value("Configuration", "Instrument Name").map(str::to_owned),
            software: (!software.is_empty()).then_some(software),
            ..Instrument::default()
        };
        let single = value("Configuration", "# of Detectors") == Some("1");
        Self {
            sample_id,
            acquired_at,
            role: tables::role(value("Sample Information", "Sample Type").unwrap_or_default()),
            detector: value("Configuration", "Detector Name").filter(|_| single).map(str::to_owned),
        }
    }

    pub fn reading(&self) -> Reading {
        Reading {
            sample_id: self.sample_id.as_deref().map(Into::into),
            measured_at: self.acquired_at,
            role: self.role,
            ..Reading::default()
        }
    }

    /// A chromatogram without points for what a section names in parentheses: `Detector B-Ch1`, `Ch1`.
    pub fn chromatogram(&self, channel: Option<&str>) -> Chromatogram {
        let (detector, channel) = match channel.map(|text| text.rsplit_once('-').unwrap_or(("", text))) {
            Some((detector, channel)) => (Some(detector.to_owned()).filter(|text| !text.is_empty()), Some(channel)),
            None => (None, None),
        };
        Chromatogram {
            sample_id: self.sample_id.clone(),
            acquired_at: self.acquired_at,
            detector: detector.or_else(|| self.detector.clone()),
            channel: channel.map(str::to_owned),
            ..Chromatogram::default()
        }
    }
}

/// Name of a Windows file without folders and extension.
fn stem(path: &str) -> Option<&str> {
    let name = path.rsplit(['\\', '/']).next()?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    (!stem.trim().is_empty()).then_some(stem)
}

/// Peaks belong to the trace of their channel; where no trace was exported they make one without points.
fn attach(chromatograms: &mut Vec<Chromatogram>, channel: Option<&str>, peaks: Vec<Peak>, head: &Head) {
    if peaks.is_empty() {
        return;
    }
    let place = head.chromatogram(channel);
    let only = chromatograms.len() == 1 && channel.is_none();
    let same = |c: &&mut Chromatogram| only || (c.channel == place.channel && c.detector == place.detector);
    match chromatograms.iter_mut().find(same) {
        Some(chromatogram) => chromatogram.peaks.extend(peaks),
        None => chromatograms.push(Chromatogram { peaks, ..place }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Censored, Role};

    fn read(text: &str) -> Decoded {
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    const GC: &str = "[Header]\r\nApplication Name\tLabSolutions\r\nVersion\t5.82\r\nOutput Date\t2026/3/2\r\n\
        Output Time\t15:02:02\r\n\r\n[Sample Information]\r\nAcquired\t2026/3/2 14:30:00\r\nSample Type\t0:Unknown\r\n\
        Sample Name\t青稞\r\nSample ID\t2026-000123\r\n\r\n[Configuration]\r\nInstrument Name\tGC-2014\r\n\
        # of Detectors\t1\r\nDetector Name\tSFID1\r\n\r\n[Peak Table(Ch1)]\r\n# of Peaks\t2\r\n\
        Peak#\tR.Time\tI.Time\tF.Time\tArea\tHeight\tConc.\tName\r\n\
        1\t3.210\t3.100\t3.350\t20420\t5050\t0.0512\tchlorpyrifos\r\n\
        2\t4.100\t4.000\t4.200\t1000\t250\t0.0000\t\r\n\r\n[Chromatogram (Ch1)]\r\nInterval(msec)\t500\r\n\
        # of Points\t3\r\nIntensity Units\tmV\r\nIntensity Multiplier\t0.001\r\nR.Time (min)\tIntensity\r\n\
        0.00000\t-362\r\n0.00833\t12\r\n0.01667\t4500\r\n";

    #[test]
    fn a_run_has_its_trace_its_peaks_and_the_amount_of_a_named_peak() {
        let decoded = read(GC);
        let [trace] = decoded.chromatograms.as_slice() else { panic!("one channel") };
        assert_eq!((trace.detector.as_deref(), trace.channel.as_deref()), (Some("SFID1"), Some("Ch1")));
        assert_eq!((trace.points, trace.signal_unit.as_deref()), (3, Some("mV")));
        assert_eq!(trace.signal, [-0.362, 0.012, 4.5]);
        assert_eq!(trace.peaks.iter().map(|peak| peak.area).collect::<Vec<_>>(), [Some(20420.0), Some(1000.0)]);
        let [reading] = decoded.readings.as_slice() else { panic!("one named peak") };
        assert_eq!(reading.sample_id.as_deref(), Some("2026-000123"));
        assert_eq!((reading.analyte.as_deref(), reading.result.as_deref()), (Some("chlorpyrifos"), Some("0.0512")));
        assert_eq!(reading.measured_at.map(|t| t.to_string()).as_deref(), Some("2026-03-02T14:30:00"));
        assert!(GC.get(reading.span.clone()).unwrap().starts_with("1\t3.210"));
        assert!(decoded.warnings.is_empty(), "{:?}", decoded.warnings);
    }

    #[test]
    fn dashes_are_not_detected_and_a_count_that_lies_is_told() {
        let decoded = read(
            "[Header]\r\nData File Name\tC:\\Data\\S-7.qgd\r\n[MS Quantitative Results]\r\n# of IDs\t9\r\n\
             ID#\tName\tRet.Time\tArea\tHeight\tConc.\tUnit\r\n1\tDDT\t7.738\t344488\t138926\t4.44061e+002\tug/kg\r\n\
             2\tDDE\t-----\t-----\t-----\t----\tug/kg\r\n",
        );
        let results: Vec<_> = decoded.readings.iter().map(|r| (r.result.as_deref(), r.number, r.censored)).collect();
        assert_eq!(
            results,
            [(Some("4.44061e+002"), Some(444.061), None), (Some("----"), None, Some(Censored::NotDetected))]
        );
        assert_eq!(decoded.readings[0].sample_id.as_deref(), Some("S-7"));
        assert!(decoded.warnings.iter().any(|w| w.contains("9") && w.contains("2")), "{:?}", decoded.warnings);
        assert_eq!(decoded.chromatograms[0].peaks.len(), 1);
    }

    #[test]
    fn a_compound_of_both_tables_is_one_reading() {
        let text = GC.replace(
            "[Chromatogram (Ch1)]",
            "[Compound Results(Ch1)]\r\n# of IDs\t1\r\nID#\tName\tR.Time\tArea\tHeight\tConc.\r\n\
             1\tchlorpyrifos\t3.210\t20420\t5050\t0.0512\r\n\r\n[Chromatogram (Ch1)]",
        );
        let decoded = read(&text);
        assert_eq!(decoded.readings.len(), 1);
        assert_eq!(decoded.chromatograms[0].peaks.len(), 2);
    }

    #[test]
    fn a_standard_is_a_calibrator_and_commas_part_fields_as_well() {
        let decoded = read(&GC.replace("0:Unknown", "1:Standard").replace('\t', ","));
        assert_eq!(decoded.readings[0].role, Role::Calibrator);
        assert_eq!(decoded.readings[0].result.as_deref(), Some("0.0512"));
    }

    #[test]
    fn a_date_that_could_be_two_days_is_none() {
        let decoded = read(&GC.replace("2026/3/2", "3/2/2026"));
        assert_eq!(decoded.readings[0].measured_at, None);
        assert!(decoded.warnings.iter().any(|w| w.contains("3/2/2026")), "{:?}", decoded.warnings);
    }
}
