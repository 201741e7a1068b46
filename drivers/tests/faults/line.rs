//! A line as a test plays it: what is heard, silences, unplugging, and what the driver made of it.

use std::time::Duration;

use drivers::conversation::{Item, Side};
use drivers::{CompactString, Driver, Event, Kind, Link, Reading, Transport};
use jiff::civil::{DateTime, date};

use crate::recordings::{self, Recording};

pub fn morning() -> DateTime {
    date(2026, 3, 2).at(8, 0, 0, 0)
}

/// The recordings of drivers that listen to a serial line. Not those of a data system's print-out, which is one text from
/// its first character on.
pub fn serial() -> Vec<Recording> {
    let on_a_line =
        |driver: &Driver| driver.transports().contains(&Transport::Serial) && driver.id() != "shimadzu-ascii";
    let found: Vec<Recording> = recordings::all().into_iter().filter(|r| on_a_line(&r.driver)).collect();
    for driver in drivers::all().filter(on_a_line) {
        assert!(found.iter().any(|recording| recording.driver.id() == driver.id()), "{}", driver.id());
    }
    found
}

/// One step of a recording.
#[derive(Debug, Clone)]
pub enum Step {
    Heard(Vec<u8>),
    /// The line rests until the link wants to do something: as recorded, or because we are recorded to ask.
    Rest,
}

/// What the instrument says, and where it waits for a question.
pub fn steps(recording: &Recording) -> Vec<Step> {
    let mut link = recording.driver.link();
    let (mut steps, mut said, mut clock) = (Vec::new(), false, Duration::ZERO);
    for item in &recording.conversation.items {
        match item {
            Item::Remark(_) => {}
            Item::At(time) => {
                let silent = time.saturating_sub(clock);
                clock = *time;
                if link.patience().is_some_and(|patience| silent >= patience) {
                    said = link.idle(morning()).iter().any(|event| !event.answer.is_empty());
                    steps.push(Step::Rest);
                }
            }
            Item::Said(Side::Instrument, bytes) => {
                said = link.feed(bytes).iter().any(|event| !event.answer.is_empty());
                steps.push(Step::Heard(bytes.clone()));
            }
            Item::Said(Side::Host, _) if !said => {
                said = link.idle(morning()).iter().any(|event| !event.answer.is_empty());
                steps.push(Step::Rest);
            }
            Item::Said(Side::Host, _) => {}
        }
    }
    steps
}

/// A link under test and all that came out of it.
pub struct Line {
    driver: Driver,
    link: Box<dyn Link>,
    pub events: Vec<Event>,
}

impl Line {
    pub fn of(driver: &Driver) -> Self {
        Self { driver: driver.clone(), link: driver.link(), events: Vec::new() }
    }

    pub fn hear(&mut self, bytes: &[u8]) {
        self.events.extend(self.link.feed(bytes));
    }

    pub fn play(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Heard(bytes) => self.hear(bytes),
                Step::Rest => self.events.extend(self.link.idle(morning())),
            }
        }
    }

    /// Silence for so long: the link is called each time its patience is over.
    pub fn rest(&mut self, time: Duration) {
        let mut left = time;
        while let Some(patience) = self.link.patience().filter(|patience| *patience <= left) {
            left -= patience.max(Duration::from_millis(1));
            self.events.extend(self.link.idle(morning()));
        }
    }

    /// The adapter is unplugged; the link goes on when it is back.
    pub fn unplug(&mut self) {
        self.events.extend(self.link.close());
    }

    pub fn answers(&self) -> Vec<u8> {
        self.events.iter().flat_map(|event| event.answer.to_vec()).collect()
    }

    pub fn refused(&self) -> Vec<String> {
        let fault = |event: &Event| if let Kind::Refused(fault) = &event.kind { Some(fault.to_string()) } else { None };
        self.events.iter().filter_map(fault).collect()
    }

    pub fn wire(&self) -> Vec<u8> {
        self.events.iter().flat_map(|event| event.wire.clone()).collect()
    }

    /// What was read, without where it stood.
    pub fn readings(&self) -> Vec<Reading> {
        let messages = self.events.iter().filter_map(|event| event.message.as_ref());
        let decoded = messages.filter_map(|message| self.driver.parse(message).ok());
        decoded.flat_map(|decoded| decoded.readings).map(|reading| Reading { span: 0..0, ..reading }).collect()
    }
}

/// What a driver reads from these steps, to the end of the line.
pub fn read(driver: &Driver, steps: &[Step]) -> Vec<Reading> {
    let mut line = Line::of(driver);
    line.play(steps);
    line.unplug();
    line.readings()
}

/// What a reading says of a value: of a frame that was torn, less may be known of it, but nothing else.
type Said = (Option<CompactString>, Option<CompactString>, Option<CompactString>);

fn said(reading: &Reading) -> Said {
    (reading.position.clone(), reading.analyte.clone(), reading.result.clone())
}

/// What was read that nobody said, or oftener than it was said.
pub fn invented(right: &[Reading], found: &[Reading]) -> Vec<String> {
    let mut left: Vec<&Reading> = right.iter().collect();
    let fits = |one: &Reading, reading: &Reading| {
        said(one) == said(reading) && (reading.sample_id.is_none() || one.sample_id == reading.sample_id)
    };
    let mut more = Vec::new();
    for reading in found {
        match left.iter().position(|one| fits(one, reading)) {
            Some(at) => drop(left.swap_remove(at)),
            None => more.push(format!("{:?} {:?}", reading.sample_id, said(reading))),
        }
    }
    more
}

/// Places among `len` bytes at which to cut: all of them with QINGKE_LONG=1, else some forty of them.
pub fn places(len: usize) -> impl Iterator<Item = usize> {
    let every = if std::env::var_os("QINGKE_LONG").is_some() { 1 } else { len.div_ceil(40).max(1) };
    (1..len).step_by(every)
}
