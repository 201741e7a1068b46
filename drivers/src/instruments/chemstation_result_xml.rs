//! Agilent ChemStation: the results of one run as XML (`Result.xml`, the export for a LIMS).
//! Maker's document: "XML Connectivity Guide", M8301-90100; from a file of ChemStation C.01.10.

use super::chemstation::{self, filled};
use crate::contract::{
    Censored, Chromatogram, Decoded, Direction, Fault, Message, Peak, Profile, Proof, Reading, Serial, Transport,
};
use crate::format::xml::{Node, walk};
use crate::format::{encodings, numbers};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "chemstation-result-xml",
    maker: "Agilent",
    models: &["1100/1200/1260 HPLC", "6890/7890 GC", "OpenLab CDS ChemStation Edition"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "a run of a 6890 GC-FID",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

const ROOT: &str = "ChemStationResult";

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    let (text, _) = encodings::read(head);
    text.trim_start().starts_with("<?xml") && text.contains("<ChemStationResult")
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = encodings::read(&message.bytes);
    let mut run = Run::default();
    let ended = walk(&text, |node| run.take(node));
    ended.map_err(|fault| fault.placed(|at| encodings::place(&message.bytes, &text, at)))?;
    if let Some(open) = run.path.last() {
        let expected = if open == ROOT { "the end of ChemStationResult" } else { "the end of an element" };
        return Err(Fault::Short { offset: message.bytes.len(), expected });
    }
    if !run.is_result {
        return Err(Fault::Bytes { offset: 0, expected: "ChemStationResult", found: "other XML".to_owned() });
    }
    run.finish(encoding, message.bytes.len())
}

/// What is gathered while the elements pass by.
#[derive(Default)]
struct Run {
    path: Vec<String>,
    is_result: bool,
    /// The unit that the open element states.
    unit: Option<String>,
    lims_id: Option<String>,
    sample_name: Option<String>,
    injected: Option<String>,
    decoded: Decoded,
    trace: Signal,
    traces: Vec<Signal>,
    peak: Peak,
    compound: Compound,
    compounds: Vec<Compound>,
}

/// An element `Signal` with its integration.
#[derive(Default)]
struct Signal {
    description: Option<String>,
    unit: Option<String>,
    peaks: Vec<Peak>,
}

/// An element `Peak` of the results: what the calibration made of a peak.
#[derive(Default, Clone)]
struct Compound {
    signal: Option<String>,
    name: Option<String>,
    time: Option<String>,
    amount: Option<String>,
    unit: Option<String>,
}

impl Run {
    fn take(&mut self, node: Node) {
        match node {
            Node::Start(element) => {
                self.is_result |= self.path.is_empty() && element.name == ROOT;
                self.unit = element.attribute("Unit").map(str::to_owned);
                match element.name.as_str() {
                    "Signal" => self.trace = Signal::default(),
                    "IntegrationResults" => self.peak = Peak::default(),
                    "Peak" => self.compound = Compound::default(),
                    _ => {}
                }
                self.path.push(element.name);
            }
            Node::Text(text) => self.text(&text),
            Node::End(name) => {
                match name.as_str() {
                    "Signal" => self.traces.push(std::mem::take(&mut self.trace)),
                    "IntegrationResults" => {
                        let number = u32::try_from(self.trace.peaks.len() + 1).ok();
                        self.trace.peaks.push(Peak { number, ..std::mem::take(&mut self.peak) });
                    }
                    "Peak" => self.compounds.push(std::mem::take(&mut self.compound)),
                    _ => {}
                }
                self.path.pop();
            }
        }
    }

    fn text(&mut self, text: &str) {
        let mut outwards = self.path.iter().rev().map(String::as_str);
        let (Some(name), Some(parent)) = (outwards.next(), outwards.next()) else { return };
        let number = || numbers::number(text.trim());
        match (parent, name) {
            ("Acquisition", "Version") => self.decoded.instrument.software = filled(text),
            ("Module", "ModuleName") => put(&mut self.decoded.instrument.model, text),
            ("Module", "SerialNumber") => put(&mut self.decoded.instrument.serial_number, text),
            ("SampleInformation", "LimsID") => self.lims_id = filled(text),
            ("SampleInformation", "SampleName") => self.sample_name = filled(text),
            ("SampleInformation", "InjectionDateTime") => self.injected = filled(text),
            ("Signal", "Description") => self.trace.description = filled(text),
            ("Signal", "YUnits") => self.trace.unit = filled(text),
            ("IntegrationResults", "RetTime") => self.peak.retention_time_min = number(),
            ("IntegrationResults", "Area") => self.peak.area = number(),
            ("IntegrationResults", "AreaPercent") => self.peak.area_percent = number(),
            ("IntegrationResults", "Height") => self.peak.height = number(),
            ("IntegrationResults", "TimeStart") => self.peak.start_min = number(),
            ("IntegrationResults", "TimeEnd") => self.peak.end_min = number(),
            ("Peak", "SignalDesc") => self.compound.signal = filled(text),
            ("Peak", "Name") => self.compound.name = filled(text),
            ("Peak", "MeasRetTime") => self.compound.time = filled(text),
            ("Peak", "Amount") => {
                self.compound.amount = filled(text);
                self.compound.unit = self.unit.take();
            }
            _ => {}
        }
    }

    fn finish(mut self, encoding: &'static str, len: usize) -> Result<Decoded, Fault> {
        let sample_id = self.lims_id.take().or(self.sample_name.take());
        let acquired_at = self.injected.as_deref().and_then(|text| chemstation::time(text, None));
        if let (Some(text), None) = (&self.injected, acquired_at) {
            self.decoded.warnings.push(format!("injection time '{text}': day and month cannot be told apart"));
        }
        for compound in self.compounds.iter().filter(|compound| compound.name.is_some()) {
            self.traces.iter_mut().for_each(|trace| trace.name(compound));
            self.decoded.readings.push(Reading {
                sample_id: sample_id.as_deref().map(Into::into),
                measured_at: acquired_at,
                span: 0..len,
                ..compound.reading()
            });
        }
        self.decoded.chromatograms = self
            .traces
            .into_iter()
            .map(|trace| Chromatogram {
                sample_id: sample_id.clone(),
                acquired_at,
                signal_unit: trace.unit,
                peaks: trace.peaks,
                ..chemstation::trace(trace.description.as_deref().unwrap_or_default())
            })
            .collect();
        self.decoded.instrument.vendor = Some("Agilent".to_owned());
        self.decoded.encoding = Some(encoding);
        Ok(self.decoded)
    }
}

/// The first of several modules is the one that names the instrument.
fn put(place: &mut Option<String>, text: &str) {
    if place.is_none() {
        *place = filled(text);
    }
}

impl Signal {
    /// Gives the peak at the compound's time its name and amount.
    fn name(&mut self, compound: &Compound) {
        let own = self.description == compound.signal;
        let time = compound.time.as_deref().and_then(numbers::number);
        let Some(peak) = self.peaks.iter_mut().find(|peak| own && time.is_some() && peak.retention_time_min == time)
        else {
            return;
        };
        peak.name.clone_from(&compound.name);
        peak.amount = compound.amount.as_deref().and_then(numbers::number);
        peak.unit.clone_from(&compound.unit);
    }
}

impl Compound {
    /// A compound of the calibration without a measured time was not found: its amount, printed as 0, says nothing.
    fn reading(&self) -> Reading {
        let found = self.time.as_deref().and_then(numbers::number).is_some_and(|time| time > 0.0);
        let (number, censored) = match &self.amount {
            Some(literal) if found => numbers::read(literal),
            _ => (None, Some(Censored::NotDetected)),
        };
        Reading {
            analyte: self.name.as_deref().map(Into::into),
            result: self.amount.clone().filter(|_| found).map(Into::into),
            number,
            censored,
            unit: self.unit.as_deref().map(Into::into),
            ..Reading::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "<?xml version = \"1.0\" encoding=\"utf-16\"?>\r\n<ChemStationResult checksum=\"00\">\
        <Acquisition><Version>Rev. C.01.10</Version></Acquisition>\
        <ModuleInformation><Module><ModuleName>Agilent 6890 GC</ModuleName><SerialNumber>CN1</SerialNumber></Module>\
        <Module><ModuleName>Sampler</ModuleName></Module></ModuleInformation>\
        <SampleInformation><InjectionDateTime>02-Mar-26, 14:30:00</InjectionDateTime><SampleName>小白菜 &amp; 水</SampleName>\
        <LimsID> </LimsID></SampleInformation>\
        <Chromatograms><Signal><Description>FID1 A, </Description><YUnits>pA</YUnits>\
        <IntegrationResults><RetTime>3.21</RetTime><Area>204.2</Area><AreaPercent>98</AreaPercent><Height>50.5</Height>\
        <TimeStart>3.1</TimeStart><TimeEnd>3.35</TimeEnd></IntegrationResults>\
        <IntegrationResults><RetTime>4.1</RetTime><Area>4.2</Area></IntegrationResults></Signal></Chromatograms>\
        <Results><ResultsGroup>\
        <Peak><SignalDesc>FID1 A, </SignalDesc><MeasRetTime Unit=\"min\">3.21</MeasRetTime><Name>chlorpyrifos</Name>\
        <Amount Unit=\"mg/kg\">0.0512</Amount></Peak>\
        <Peak><SignalDesc>FID1 A, </SignalDesc><MeasRetTime Unit=\"min\">0</MeasRetTime><Name>dimethoate</Name>\
        <Amount Unit=\"mg/kg\">0</Amount></Peak>\
        <Peak><SignalDesc>FID1 A, </SignalDesc><MeasRetTime>4.1</MeasRetTime><Name/><Amount Unit=\"%\">2</Amount></Peak>\
        </ResultsGroup></Results></ChemStationResult>";

    fn wide(text: &str) -> Message {
        Message::plain(format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(), 0)
    }

    #[test]
    fn a_run_has_its_signals_peaks_and_amounts() {
        assert!(recognises(&wide(FILE).bytes));
        let decoded = parse(&wide(FILE)).unwrap();
        let [trace] = decoded.chromatograms.as_slice() else { panic!("one signal") };
        assert_eq!(trace.sample_id.as_deref(), Some("小白菜 & 水"));
        assert_eq!((trace.detector.as_deref(), trace.signal_unit.as_deref()), (Some("FID1 A"), Some("pA")));
        assert_eq!(trace.acquired_at.map(|time| time.to_string()).as_deref(), Some("2026-03-02T14:30:00"));
        let [first, second] = trace.peaks.as_slice() else { panic!("two peaks") };
        assert_eq!(
            (first.name.as_deref(), first.amount, first.end_min),
            (Some("chlorpyrifos"), Some(0.0512), Some(3.35))
        );
        assert_eq!((second.number, second.name.as_deref()), (Some(2), None));
        assert_eq!(decoded.instrument.model.as_deref(), Some("Agilent 6890 GC"));
    }

    #[test]
    fn a_compound_without_a_peak_is_not_detected_and_never_0() {
        let decoded = parse(&wide(FILE)).unwrap();
        let readings: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.analyte.as_deref(), r.result.as_deref(), r.number, r.censored))
            .collect();
        assert_eq!(
            readings,
            [
                (Some("chlorpyrifos"), Some("0.0512"), Some(0.0512), None),
                (Some("dimethoate"), None, None, Some(Censored::NotDetected)),
            ]
        );
    }

    #[test]
    fn the_number_of_the_lims_goes_before_the_name() {
        let decoded = parse(&wide(&FILE.replace("<LimsID> <", "<LimsID>26-041<"))).unwrap();
        assert_eq!(decoded.readings[0].sample_id.as_deref(), Some("26-041"));
    }

    #[test]
    fn a_torn_file_is_refused_and_says_where() {
        let fault = parse(&wide(&FILE[..FILE.find("<Results>").unwrap()])).unwrap_err();
        assert!(matches!(fault, Fault::Short { .. }), "{fault}");
        let fault = parse(&wide(&FILE.replace("</Height>", "</Hight>"))).unwrap_err();
        assert!(fault.to_string().contains("well-formed XML"), "{fault}");
        let fault = parse(&wide("<?xml version=\"1.0\"?><Other/>")).unwrap_err();
        assert!(fault.to_string().contains("expected ChemStationResult"), "{fault}");
    }
}
