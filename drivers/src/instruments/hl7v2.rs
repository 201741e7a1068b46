//! Analysers that speak HL7 v2 over MLLP, or leave its messages in files: results (ORU, OUL), orders (ORM, OML …), host
//! queries (QBP, QRY). Field numbers are those of HL7 v2.5.1 chapters 2, 4, 5 and 7.
//!
//! Where the specimen stands: SPM-2 if there is an SPM (after the results in ORU, before the order in OUL), else the
//! placer's number OBR-2, else the filler's OBR-3, else ORC.

use crate::contract::{
    Censored, Decoded, Direction, Fault, Host, Instrument, Message, Order, Profile, Proof, Query, Reading, Rejected,
    Role, Serial, Transport,
};
use crate::format::hl7::{self, Delimiters, Segment, answer};
use crate::format::numbers;
use crate::link::mllp::Mllp;

pub static PROFILE: Profile = Profile {
    id: "hl7v2",
    maker: "HL7",
    models: &["HL7 v2.3.1", "HL7 v2.5", "HL7 v2.5.1"],
    transports: &[Transport::Tcp, Transport::Serial, Transport::File],
    direction: Direction::TwoWay,
    host: Some(&HOST),
    proof: Proof::Document,
    tested_against: "2 messages of a GeneXpert's document, 4 messages another project wrote",
    serial: Serial::new(9600),
    link: || Box::new(Mllp::default()),
    parse,
    recognises,
};

static HOST: Host = Host {
    answer: |message, orders, stamp| answer::orders(&message.bytes, orders, stamp.now, stamp.id),
    order: |orders, stamp| answer::order_message(orders, ("", ""), stamp.now, stamp.id),
};

/// A header with the usual first delimiters at the start of a line or of a frame.
fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..8192).unwrap_or(bytes);
    head.windows(8).enumerate().any(|(at, window)| {
        let opens = match at.checked_sub(1).and_then(|before| head.get(before)) {
            None => true,
            Some(before) => matches!(before, b'\r' | b'\n' | 0x0B | 0xBF),
        };
        opens
            && match window {
                [b'M', b'S', b'H', field, marks @ ..] => {
                    field.is_ascii_punctuation()
                        && marks.iter().all(|mark| mark.is_ascii_punctuation() && mark != field)
                }
                _ => false,
            }
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let text = hl7::read(&message.bytes)?;
    let head = text.head().ok_or(Fault::Nothing("a message without segments"))?;
    let d = text.delimiters;
    let mut kind = d.components(head.field(9));
    let mut reader = Reader {
        delimiters: d,
        kind: kind.next().unwrap_or_default(),
        trigger: kind.next().unwrap_or_default(),
        material: material(head.field(16)),
        group: Group::default(),
        specimen: None,
        out: Decoded { encoding: Some(text.encoding), ..Decoded::default() },
    };
    reader.out.instrument = instrument(d, head);
    reader.out.sent_at = reader.time(head, 7);
    for segment in text.segments().skip(1) {
        reader.take(segment);
    }
    reader.close();
    Ok(reader.out)
}

/// Mindray analysers say in MSH-16 what a message holds; others have an acknowledgement mode there.
fn material(field: &str) -> Role {
    match field {
        "1" => Role::Calibrator,
        "2" => Role::Control,
        _ => Role::Unknown,
    }
}

/// MSH-3 is one name, or `identity^model^version`.
fn instrument(d: Delimiters, head: Segment<'_>) -> Instrument {
    let parts: Vec<&str> = d.components(head.field(3)).collect();
    let some = |text: Option<&&str>| text.and_then(|text| filled(&d.plain(text)));
    match parts.as_slice() {
        [_, model, rest @ ..] if !model.is_empty() => {
            Instrument { model: some(Some(model)), software: some(rest.first()), ..Instrument::default() }
        }
        parts => Instrument { model: some(parts.first()), ..Instrument::default() },
    }
}

/// What belongs to one OBR.
#[derive(Default)]
struct Group {
    /// First reading that came after the OBR.
    first: usize,
    sample: Option<String>,
    role: Role,
    tests: Vec<String>,
    priority: Option<String>,
    action: Option<String>,
    /// An OBR was read: without results after it, it is an order.
    open: bool,
}

/// The specimen of an SPM segment that stood before its orders.
#[derive(Clone)]
struct Specimen {
    id: Option<String>,
    role: Role,
}

struct Reader<'t> {
    delimiters: Delimiters,
    kind: &'t str,
    trigger: &'t str,
    material: Role,
    group: Group,
    specimen: Option<Specimen>,
    out: Decoded,
}

impl<'t> Reader<'t> {
    fn take(&mut self, segment: Segment<'t>) {
        match segment.name() {
            "ORC" => self.common(segment),
            "OBR" => self.request(segment),
            "OBX" => self.observation(segment),
            "SPM" => self.specimen(segment),
            "TQ1" => {
                self.group.priority = filled(&self.delimiters.first(segment.field(9))).or(self.group.priority.take())
            }
            "QPD" => self.query(segment),
            "QRD" => self.display_query(segment),
            "MSA" if !matches!(segment.field(1), "AA" | "CA") => {
                self.out.warnings.push(format!("the other side answered {}", segment.field(1)));
            }
            name if is_segment(name) => {}
            name => self.out.rejected.push(Rejected {
                offset: segment.span().start,
                reason: format!("line {}: expected a segment, found '{name}'", segment.line()),
            }),
        }
    }

    fn time(&mut self, segment: Segment<'_>, field: usize) -> Option<jiff::civil::DateTime> {
        let literal = segment.field(field).trim();
        let time = hl7::time(literal);
        if time.is_none() && !literal.is_empty() {
            self.out.warnings.push(format!("line {}: '{literal}' is no date and time", segment.line()));
        }
        time
    }

    /// An ORC opens an order; what it names is used where the OBR names nothing.
    fn common(&mut self, segment: Segment<'_>) {
        self.close();
        self.group.action = filled(segment.field(1));
        let placer = self.delimiters.first(segment.field(2));
        self.group.sample = filled(&placer).or_else(|| filled(&self.delimiters.first(segment.field(3))));
    }

    fn request(&mut self, segment: Segment<'_>) {
        let d = self.delimiters;
        if self.group.open {
            self.close();
        }
        let placer = filled(&d.first(segment.field(2))).or_else(|| filled(&d.first(segment.field(3))));
        self.group.sample = placer.or(self.group.sample.take());
        self.group.role = self.material;
        if let Some(specimen) = &self.specimen {
            self.group.sample = specimen.id.clone().or(self.group.sample.take());
            self.group.role = specimen.role;
        }
        self.group.tests = d.repeats(segment.field(4)).filter_map(|test| filled(&d.first(test))).collect();
        self.group.priority = filled(segment.field(27)).or_else(|| filled(segment.field(5)));
        self.group.first = self.out.readings.len();
        self.group.open = true;
    }

    fn specimen(&mut self, segment: Segment<'_>) {
        let d = self.delimiters;
        let role = match d.first(segment.field(11)).as_str() {
            "Q" => Role::Control,
            "C" => Role::Calibrator,
            "B" => Role::Blank,
            "R" => Role::Duplicate,
            _ => self.material,
        };
        let specimen = Specimen { id: filled(&d.first(segment.field(2))), role };
        // Where the first specimen stands before its orders (OUL, OML^O33), all of them do.
        if !self.group.open || self.specimen.is_some() {
            self.close();
            self.specimen = Some(specimen);
            return;
        }
        self.group.sample = specimen.id.clone().or(self.group.sample.take());
        self.group.role = role;
        for reading in self.out.readings.iter_mut().skip(self.group.first) {
            reading.sample_id = specimen.id.as_deref().map(Into::into).or(reading.sample_id.take());
            reading.role = role;
        }
    }

    fn observation(&mut self, segment: Segment<'_>) {
        let d = self.delimiters;
        if matches!(segment.field(2), "ED" | "RP") {
            self.out.warnings.push(format!("line {}: a picture or a reference, not read", segment.line()));
            return;
        }
        let (number, literal, censored) = self.value(segment);
        let mut flags: Vec<String> =
            d.repeats(segment.field(8)).filter_map(|flag| filled(&d.plain(flag))).filter(|flag| flag != "N").collect();
        let part = segment.field(4).trim();
        let replicate = part.parse().ok();
        flags.extend(filled(part).filter(|_| replicate.is_none()));
        // Table 0085: anything but final.
        if !matches!(segment.field(11), "" | "F") {
            flags.push(format!("status {}", segment.field(11)));
        }
        let field = if segment.field(19).is_empty() { 14 } else { 19 };
        let measured_at = self.time(segment, field);
        self.out.readings.push(Reading {
            sample_id: self.group.sample.as_deref().map(Into::into),
            role: if self.group.open { self.group.role } else { self.material },
            analyte: filled(&d.first(segment.field(3))).map(Into::into),
            result: literal.map(Into::into),
            number,
            censored,
            unit: filled(&d.first(segment.field(6))).map(Into::into),
            flags,
            measured_at,
            replicate,
            span: segment.span(),
            ..Reading::default()
        });
    }

    /// OBX-5. Structured numbers (SN) are written together; of a coded value its text is the result.
    fn value(&self, segment: Segment<'_>) -> (Option<f64>, Option<String>, Option<Censored>) {
        let d = self.delimiters;
        let field = segment.field(5);
        let parts: Vec<&str> = d.components(field).filter(|part| !part.is_empty()).collect();
        let coded = matches!(segment.field(2), "CE" | "CWE" | "CNE");
        let literal = match (segment.field(2), parts.as_slice()) {
            ("SN", parts) => parts.concat(),
            (_, [one]) => (*one).to_owned(),
            (_, [_, text, ..]) if coded && d.components(field).nth(1) == Some(*text) => (*text).to_owned(),
            _ => field.to_owned(),
        };
        let literal = d.plain(&literal).into_owned();
        let (number, censored) = numbers::read(&literal);
        (number, (!literal.is_empty()).then_some(literal), censored)
    }

    /// QPD: a name, a tag, then what is asked for. Cepheid puts the patient before the specimen.
    fn query(&mut self, segment: Segment<'_>) {
        let d = self.delimiters;
        let specimen = match self.trigger {
            "Z01" | "Z03" => segment.field(4),
            _ => segment.field(3),
        };
        self.out.queries.push(Query {
            sample_id: filled(&d.first(specimen)),
            tests: Vec::new(),
            status: filled(self.trigger),
        });
    }

    /// QRD-8 is who, or which sample, is asked about (HL7 v2.3.1 5.7).
    fn display_query(&mut self, segment: Segment<'_>) {
        if self.kind != "QRY" {
            return;
        }
        self.out.queries.push(Query {
            sample_id: filled(&self.delimiters.first(segment.field(8))),
            tests: Vec::new(),
            status: filled(self.trigger),
        });
    }

    /// An OBR without results is an order, unless the message is about results.
    fn close(&mut self) {
        let group = std::mem::take(&mut self.group);
        let answered = self.out.readings.len() > group.first;
        if !group.open || answered || matches!(self.kind, "ORU" | "OUL") {
            return;
        }
        let Group { sample, tests, priority, action, .. } = group;
        match self.out.orders.last_mut() {
            // One order with several tests is written as several OBR.
            Some(last) if last.sample_id == sample && last.action == action => last.tests.extend(tests),
            _ => self.out.orders.push(Order { sample_id: sample, tests, priority, action }),
        }
    }
}

fn is_segment(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn filled(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}
