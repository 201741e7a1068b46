//! Analysers that speak ASTM: LIS01-A2 frames (E1381) with LIS02-A2 records (E1394), on a serial line, TCP or in a
//! file. Field numbers are those of LIS02-A2 sections 6 to 12; captures of five analysers agree with them.

use compact_str::CompactString;
use jiff::civil::DateTime;

use crate::contract::{
    Decoded, Direction, Fault, Host, Instrument, Message, Order, Profile, Proof, Query, Reading, Rejected, Role,
    Serial, Transport,
};
use crate::format::lis02::{self, Delimiters, Record, answer};
use crate::format::{numbers, times};
use crate::link::astm;

pub const PROFILE: Profile = Profile {
    id: "astm-lis2",
    maker: "ASTM / CLSI",
    models: &["LIS02-A2", "E1394-97"],
    transports: &[Transport::Serial, Transport::Tcp, Transport::File],
    direction: Direction::TwoWay,
    host: Some(&HOST),
    proof: Proof::Instrument,
    tested_against: "captures of 5 analysers, 19 single frames",
    serial: Serial::new(9600),
    link: || Box::new(astm::Host::default()),
    parse,
    recognises,
};

static HOST: Host = Host {
    answer: |message, orders, stamp| answer::orders(&lis02::read(&message.bytes).ok()?, orders, stamp),
    order: answer::order_message,
};

/// A header record at the start of a line or of a frame.
fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..8192).unwrap_or(bytes);
    let opens = |at: usize| match at.checked_sub(1).and_then(|before| head.get(before)) {
        None | Some(b'\r' | b'\n' | 0x05) => true,
        Some(b'0'..=b'7') => at.checked_sub(2).and_then(|before| head.get(before)) == Some(&0x02),
        Some(_) => false,
    };
    head.windows(6).enumerate().any(|(at, window)| match window {
        [b'H', field, a, b, c, d] => {
            let declared = [a, b, c].iter().all(|mark| mark.is_ascii_punctuation() && *mark != field);
            declared
                && field.is_ascii_punctuation()
                && (d == field || (a == b && d.is_ascii_punctuation()))
                && opens(at)
        }
        _ => false,
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let text = lis02::read(&message.bytes)?;
    let mut reader =
        Reader { delimiters: text.delimiters, order: None, answered: true, control: false, out: Decoded::default() };
    reader.out.encoding = Some(text.encoding);
    if text.remarks > 0 {
        reader.out.warnings.push(format!("{} lines begin with '#' and were passed over", text.remarks));
    }
    reader.out.readings.reserve(text.records().filter(|record| record.kind() == "R").count());
    for record in text.records() {
        reader.take(&record)?;
    }
    reader.close_order();
    Ok(reader.out)
}

/// The specimen that the results after an O record belong to.
struct Specimen<'t> {
    id: Option<CompactString>,
    position: Option<CompactString>,
    role: Role,
    record: Record<'t>,
}

struct Reader<'t> {
    delimiters: Delimiters,
    order: Option<Specimen<'t>>,
    /// Results followed the present O record: it is no order to be done.
    answered: bool,
    /// The header says that all of the message is quality control (H-12).
    control: bool,
    out: Decoded,
}

impl<'t> Reader<'t> {
    fn take(&mut self, record: &Record<'t>) -> Result<(), Fault> {
        match record.kind() {
            "H" | "h" if record.line > 1 && self.seen_header() => {
                return Err(Fault::Line {
                    line: record.line,
                    expected: "an L record before the next header",
                    found: "H".to_owned(),
                });
            }
            "H" | "h" => self.header(record),
            "P" | "p" => self.close_order(),
            "O" | "o" => self.order(record),
            "R" | "r" => self.result(record),
            "C" | "c" => self.comment(record),
            "Q" | "q" => self.query(record),
            "L" | "l" => self.terminator(record),
            // Manufacturer and scientific records say nothing that a reading holds; the transmission keeps them.
            "M" | "m" | "S" | "s" => {}
            other => self.out.rejected.push(Rejected {
                offset: record.span().start,
                reason: format!("line {}: expected a record type, found '{other}'", record.line),
            }),
        }
        Ok(())
    }

    fn seen_header(&self) -> bool {
        self.out.instrument != Instrument::default() || self.order.is_some() || !self.out.readings.is_empty()
    }

    fn header(&mut self, record: &Record<'_>) {
        self.out.instrument = instrument(&self.delimiters.components(record.field(5)).collect::<Vec<_>>());
        self.control = record.field(12) == "Q";
        self.out.sent_at = self.time(record, 14);
    }

    fn time(&mut self, record: &Record<'_>, field: usize) -> Option<DateTime> {
        let literal = record.field(field).trim();
        let time = times::compact(literal);
        if time.is_none() && !literal.is_empty() {
            self.out.warnings.push(format!("line {}: '{literal}' is no date and time", record.line));
        }
        time
    }

    fn order(&mut self, record: &Record<'t>) {
        self.close_order();
        let d = self.delimiters;
        let field = if record.field(3).trim().is_empty() { record.field(4) } else { record.field(3) };
        let (id, position) = specimen(d, field);
        let role = if self.control || record.field(12) == "Q" { Role::Control } else { Role::Unknown };
        self.order = Some(Specimen { id, position, role, record: *record });
        self.answered = false;
    }

    /// An O record that no result followed is an order, or the echo of one.
    fn close_order(&mut self) {
        if let Some(specimen) = self.order.take()
            && !self.answered
        {
            let record = specimen.record;
            self.out.orders.push(Order {
                sample_id: specimen.id.map(Into::into),
                tests: tests(self.delimiters, record.field(5)),
                priority: filled(record.field(6)),
                action: filled(record.field(12)),
            });
        }
        self.answered = true;
    }

    fn result(&mut self, record: &Record<'_>) {
        let d = self.delimiters;
        let literal = d.plain(record.field(4));
        let (number, censored) = numbers::read(&d.code(record.field(4)));
        let mut flags: Vec<String> = d
            .repeats(record.field(7))
            .map(|flag| d.plain(flag).trim().to_owned())
            .filter(|flag| !flag.is_empty() && flag != "N")
            .collect();
        // Anything but final (LIS02-A2 9.9): preliminary, corrected, cannot be done, in doubt.
        let status = record.field(9).trim();
        if !matches!(status, "" | "F") {
            flags.push(format!("status {status}"));
        }
        let started = if record.field(13).trim().is_empty() { 12 } else { 13 };
        let measured_at = self.time(record, started);
        self.answered = true;
        let specimen = self.order.as_ref();
        let fallback = if self.control { Role::Control } else { Role::Unknown };
        self.out.readings.push(Reading {
            sample_id: specimen.and_then(|s| s.id.clone()),
            position: specimen.and_then(|s| s.position.clone()),
            role: specimen.map_or(fallback, |s| s.role),
            analyte: filled(&d.code(record.field(3))),
            result: (!literal.is_empty()).then(|| literal.into()),
            number,
            censored,
            unit: filled(&d.plain(record.field(5))),
            flags,
            measured_at,
            span: record.span(),
            ..Reading::default()
        });
    }

    /// A comment of type I holds the instrument's flags on the result before it (C-5).
    fn comment(&mut self, record: &Record<'_>) {
        let text = self.delimiters.plain(record.field(4));
        if self.answered
            && record.field(5).trim() == "I"
            && !text.trim().is_empty()
            && let Some(reading) = self.out.readings.last_mut()
        {
            reading.flags.push(text.trim().to_owned());
        }
    }

    fn query(&mut self, record: &Record<'_>) {
        if self.control_result(record) {
            return;
        }
        let d = self.delimiters;
        // Several samples may be asked for in one record (10.1.3).
        for asked in d.repeats(record.field(3)) {
            let ids: Vec<&str> = d.components(asked).collect();
            let id = ids.get(1).filter(|id| !id.trim().is_empty()).or(ids.first().filter(|id| !id.trim().is_empty()));
            self.out.queries.push(Query {
                sample_id: id.map(|id| d.plain(id).into_owned()),
                tests: tests(d, record.field(5)),
                status: filled(record.field(13)),
            });
        }
    }

    /// Some middleware writes controls as `Q|n|test^lot^level|value|unit|time|flag`. A query has no time in field 6,
    /// where the standard has one letter.
    fn control_result(&mut self, record: &Record<'_>) -> bool {
        let d = self.delimiters;
        let Some(measured_at) = times::compact(record.field(6)) else { return false };
        let mut parts = d.components(record.field(3));
        let analyte = parts.next().and_then(filled);
        let material: Vec<&str> = parts.collect();
        let literal = d.plain(record.field(4));
        let (number, censored) = numbers::read(&literal);
        self.out.readings.push(Reading {
            sample_id: filled(&material.join(&d.component.to_string())),
            role: Role::Control,
            analyte,
            result: (!literal.is_empty()).then(|| literal.into()),
            number,
            censored,
            unit: filled(&d.plain(record.field(5))),
            flags: filled(record.field(7)).filter(|flag| flag != "N").into_iter().collect(),
            measured_at: Some(measured_at),
            span: record.span(),
            ..Reading::default()
        });
        true
    }

    fn terminator(&mut self, record: &Record<'_>) {
        self.close_order();
        match record.field(3).trim() {
            "" | "N" | "F" | "I" => {}
            code => self.out.warnings.push(format!("the sender ended the message with code {code}")),
        }
    }
}

fn tests(d: Delimiters, field: &str) -> Vec<String> {
    d.repeats(field).filter_map(|test| filled(&d.code(test))).collect()
}

fn filled<'a, T: From<&'a str>>(text: &'a str) -> Option<T> {
    (!text.trim().is_empty()).then(|| text.into())
}

/// `id^rack^position`; where analysers put blanks before the identity, it is the first that is not blank.
fn specimen(d: Delimiters, field: &str) -> (Option<CompactString>, Option<CompactString>) {
    let (id, place) = field.split_once(d.component).unwrap_or((field, ""));
    if id.trim().is_empty() {
        (d.components(place).find(|part| !part.trim().is_empty()).map(|id| d.plain(id).into()), None)
    } else {
        (Some(d.plain(id).into()), filled(place.trim_matches(d.component)))
    }
}

/// Makers that name themselves in H-5 before the model.
const MAKERS: &[&str] = &[
    "Abbott",
    "ABX",
    "Agilent",
    "Beckman",
    "bioMérieux",
    "BioTek",
    "Bio-Rad",
    "DIALAB",
    "Horiba",
    "Mindray",
    "Randox",
    "Roche",
    "Siemens",
    "Sysmex",
    "Tecan",
    "Thermo",
];

/// H-5 has no fixed components: a maker is taken only where it is known, a version where it looks like one. What
/// stands before the version is the model, the last after it the serial number.
fn instrument(parts: &[&str]) -> Instrument {
    let filled: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    let maker = filled.iter().position(|part| MAKERS.iter().any(|maker| maker.eq_ignore_ascii_case(part)));
    let version = filled.iter().position(|part| is_version(part));
    let text = |part: Option<&&str>| part.map(|part| (*part).to_owned());
    let model = match (version, maker) {
        (Some(version), _) => version.checked_sub(1).filter(|model| Some(*model) != maker),
        (None, Some(maker)) => filled.get(maker + 1).map(|_| maker + 1),
        (None, None) => (!filled.is_empty()).then_some(0),
    };
    Instrument {
        vendor: text(maker.and_then(|at| filled.get(at))),
        model: text(model.and_then(|at| filled.get(at))),
        software: text(version.and_then(|at| filled.get(at))),
        serial_number: text(version.and_then(|at| filled.get(at + 1..)).and_then(<[&str]>::last)),
    }
}

fn is_version(part: &str) -> bool {
    let digits = part.trim_start_matches(['V', 'v']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.contains(['.', '-'])
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
}
