//! Conversations that have taken place: a virtual instrument and its driver's link talk in memory, at past times.

use drivers::{Kind, Link};
use jiff::ToSpan;
use jiff::civil::DateTime;

use super::instruments::Device;
use crate::acquire::{ChunkKind, Epoch, State, Stretch, Transmission};
use crate::lab::zone::zone;

/// One conversation's partners.
pub struct Past<'a> {
    pub instrument: &'a str,
    pub driver: &'a str,
    pub epoch: Epoch,
    /// The number of the last transmission given.
    pub seq: i64,
}

const TICK_MS: i64 = 100;

impl Past<'_> {
    /// Lets both talk from `start` for `seconds`, and gives what came over the line; idle polls are left out.
    pub fn talk(
        &mut self,
        device: &mut dyn Device,
        link: &mut dyn Link,
        start: DateTime,
        seconds: i64,
    ) -> Vec<Transmission> {
        let mut taken = Vec::new();
        let mut open = Open::default();
        let mut silent_ms = 0;
        let mut now = start;
        for _ in 0..seconds * 1000 / TICK_MS {
            let mut said = device.tick(now);
            let mut events = Vec::new();
            // Both sides answer each other until one has nothing to say.
            while !said.is_empty() {
                silent_ms = 0;
                let heard = link.feed(&said);
                said = heard.iter().flat_map(|event| device.hear(&event.answer, now)).collect();
                events.extend(heard);
            }
            if link
                .patience()
                .is_some_and(|patience| silent_ms >= i64::try_from(patience.as_millis()).unwrap_or(i64::MAX))
            {
                silent_ms = 0;
                let asked = link.idle(now);
                let mut said: Vec<u8> = asked.iter().flat_map(|event| device.hear(&event.answer, now)).collect();
                events.extend(asked);
                while !said.is_empty() {
                    let heard = link.feed(&said);
                    said = heard.iter().flat_map(|event| device.hear(&event.answer, now)).collect();
                    events.extend(heard);
                }
            }
            for event in events {
                if let Some(transmission) = open.take(self, event, now) {
                    taken.push(transmission);
                }
            }
            silent_ms += TICK_MS;
            now = now.saturating_add(TICK_MS.milliseconds());
        }
        for event in link.close() {
            if let Some(transmission) = open.take(self, event, now) {
                taken.push(transmission);
            }
        }
        taken
    }
}

#[derive(Default)]
struct Open {
    started: Option<DateTime>,
    bytes: Vec<u8>,
    chunks: Vec<Stretch>,
    messages: Vec<drivers::Message>,
}

impl Open {
    fn take(&mut self, past: &mut Past<'_>, event: drivers::Event, now: DateTime) -> Option<Transmission> {
        let at = zone().to_timestamp(now).ok()?;
        self.started.get_or_insert(now);
        let (kind, fault) = match &event.kind {
            Kind::Control => (ChunkKind::Control, None),
            Kind::Frame => (ChunkKind::Frame, None),
            Kind::Repeated => (ChunkKind::Repeated, None),
            Kind::Refused(fault) => (ChunkKind::Refused, Some(fault.to_string())),
            Kind::Noise => (ChunkKind::Noise, None),
        };
        self.chunks.push(Stretch {
            offset: self.bytes.len(),
            len: event.wire.len(),
            at,
            kind,
            fault,
            answer: event.answer.into_owned(),
        });
        self.bytes.extend(&event.wire);
        self.messages.extend(event.message);
        if !event.last {
            return None;
        }
        let whole = std::mem::take(self);
        if whole.messages.is_empty() {
            return None;
        }
        past.seq += 1;
        Some(Transmission {
            epoch: past.epoch,
            seq: past.seq,
            instrument: past.instrument.to_owned(),
            driver: past.driver.to_owned(),
            file: None,
            started_at: zone().to_timestamp(whole.started?).ok()?,
            ended_at: at,
            state: State::Complete,
            fault: None,
            bytes: whole.bytes,
            chunks: whole.chunks,
            messages: whole.messages,
        })
    }
}
