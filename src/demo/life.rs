//! The demonstration's day goes on: somebody brings samples to the instruments, so that the lines have something to say.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::instruments::bench::{Queue, Test, Work};
use super::instruments::{Chance, Model, gc};
use super::seed::Ids;
use super::seed::sampler::{Kind, Sampler};
use super::{county, seed::SeedError};
use crate::acquire::clock;
use crate::lab::custody::{Condition, Event, Movement, SealState, Whereabouts};
use crate::lab::people::Who;
use crate::lab::zone;
use crate::store::loadings::{self, Put};
use crate::store::samples::Registered;
use crate::store::{Store, StoreError, analyses, containers, samples, scans};

/// How often one looks whether an instrument waits for samples.
const ROUND: Duration = Duration::from_secs(5);

pub struct Life {
    store: Store,
    ids: Arc<Ids>,
    queue: Arc<Queue>,
    sampler: Sampler,
    turn: u64,
    /// Samples the gas chromatograph was given.
    runs: u64,
    /// The sample registered last, to be weighed.
    last: Option<Registered>,
}

impl Life {
    pub fn new(store: Store, ids: Arc<Ids>, queue: Arc<Queue>, seed: u64) -> Self {
        let sampler = Sampler::new(Arc::clone(&ids), Chance::of(seed, "life"));
        Self { store, ids, queue, sampler, turn: 0, runs: 0, last: None }
    }

    /// Goes on until the process ends.
    pub async fn go_on(mut self) {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            self = match tokio::task::spawn_blocking(move || {
                if let Err(error) = self.round() {
                    tracing::warn!(%error, "the demonstration's day stumbled");
                }
                self
            })
            .await
            {
                Ok(life) => life,
                Err(error) => {
                    tracing::error!(%error, "the demonstration's day ended");
                    return;
                }
            };
        }
    }

    /// Feeds one instrument that waits; one a round, so that something new happens every few seconds.
    fn round(&mut self) -> Result<(), SeedError> {
        self.turn += 1;
        let waiting: Vec<_> = county::INSTRUMENTS.iter().filter(|one| self.queue.is_empty(one.code)).collect();
        let Some(one) = waiting.get((self.turn % waiting.len().max(1) as u64) as usize) else { return Ok(()) };
        match one.what {
            Model::Lz4000 => self.lz4000(one.code),
            Model::Elisa | Model::Immuno => {
                self.with_control(one.code, Kind::Milk, "QC-M1", Test::new("AFM1", 0.25, 0.018))
            }
            Model::Gc => {
                // A run opens with a blank and a standard.
                if self.runs.is_multiple_of(6) {
                    self.queue.put_all(one.code, gc::opening().into());
                }
                self.runs += 1;
                self.with_control(one.code, Kind::Residues, "QC-GC-01", Test::new("Chlorpyrifos", 0.05, 0.0025))
            }
            Model::Ttnj | Model::Photometer => self.rack(one.code, one.what),
            Model::Balance => self.weigh(one.code, one.bench),
            // They stand in no county of ours.
            Model::Additives | Model::Luminometer | Model::Strips | Model::Logger => Ok(()),
        }
    }

    fn lz4000(&mut self, code: &str) -> Result<(), SeedError> {
        // Now and then somebody types a name instead of a number.
        let sample = if self.turn.is_multiple_of(11) {
            "青菜".to_owned()
        } else {
            format!("{:06}", self.bring(Kind::Rapid)?.code.number())
        };
        let tests = self.levels(Kind::Rapid);
        self.queue.put(code, Work { sample, control: false, tests });
        Ok(())
    }

    fn with_control(&mut self, code: &str, kind: Kind, material: &str, test: Test) -> Result<(), SeedError> {
        let mut works =
            vec![Work { sample: self.bring(kind)?.code.to_string(), control: false, tests: self.levels(kind) }];
        if self.turn.is_multiple_of(3) {
            works.push(Work { sample: material.to_owned(), control: true, tests: vec![test] });
        }
        self.queue.put_all(code, works);
        Ok(())
    }

    /// Fills the places of an instrument that knows no codes: the plan of places says what stands where.
    fn rack(&mut self, code: &str, model: Model) -> Result<(), SeedError> {
        let brought = [self.bring(Kind::Rapid)?, self.bring(Kind::Rapid)?, self.bring(Kind::Rapid)?];
        let instrument = self.ids.instruments.get(code).copied().unwrap_or_default();
        self.store.write(&self.ids.who("technician2"), clock::now(), |tx| {
            loadings::clear(tx, instrument, None)?;
            for (sample, position) in brought.iter().zip(2..) {
                loadings::place(tx, instrument, &position.to_string(), Put::Sample(sample.id))?;
            }
            Ok::<_, StoreError>(())
        })?;
        let mut works = Vec::new();
        if model == Model::Photometer {
            works.push(Work { sample: String::new(), control: true, tests: Vec::new() });
        }
        for _ in &brought {
            works.push(Work { sample: String::new(), control: false, tests: self.levels(Kind::Rapid) });
        }
        self.queue.put_all(code, works);
        Ok(())
    }

    fn weigh(&mut self, code: &str, bench: &str) -> Result<(), SeedError> {
        let Some(last) = self.last.clone() else { return Ok(()) };
        let bench = self.ids.places.get(bench).copied().unwrap_or_default();
        self.store.write(&self.ids.who("technician2"), clock::now(), |tx| {
            scans::add(tx, bench, &last.code.to_string(), last.id)
        })?;
        self.queue.put(code, Work { sample: String::new(), control: false, tests: Vec::new() });
        Ok(())
    }

    fn levels(&mut self, kind: Kind) -> Vec<Test> {
        let bad = self.sampler.chance.one_in(10);
        self.sampler.levels(kind, bad)
    }

    /// A new sample, registered, received and ordered.
    fn bring(&mut self, kind: Kind) -> Result<Registered, SeedError> {
        let now = clock::now();
        let new = self.sampler.form(zone::day(now), kind, now);
        let registered = self.store.write(&self.ids.who("technician2"), now, |tx| samples::register(tx, &new))?;
        let event = Event {
            kind: Movement::Receive,
            from: Whereabouts { person: new.form.samplers.first().cloned().unwrap_or_default(), place: None },
            to: Whereabouts { person: self.ids.name("keeper"), place: self.ids.places.get("S01").copied() },
            seal: SealState::Intact,
            condition: Condition::Good,
            temperature: Some("4.2".to_owned()),
            reason: None,
        };
        let retained = self.ids.places.get("S02").copied();
        let keeper: Who = self.ids.who("keeper");
        self.store
            .write(&keeper, now, |tx| containers::hand_over_sample(tx, registered.id, 1, &event, retained))
            .map_err(|error| SeedError::refused("receive", error))?;
        for method in kind.methods() {
            let method = self.ids.methods.get(method).copied().unwrap_or_default();
            self.store
                .write(&self.ids.who("technician2"), now + SignedDuration::from_millis(1), |tx| {
                    analyses::order(tx, registered.id, method)
                })
                .map_err(|error| SeedError::refused("order", error))?;
        }
        self.last = Some(registered.clone());
        Ok(registered)
    }
}
