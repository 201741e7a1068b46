//! The lines of a laboratory: started, stopped and changed while the program runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use drivers::Driver;
use drivers::described::{Described, ProfileError};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify, broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::courier::{Courier, Intake};
use super::folder::{Folder, Taker};
use super::live::{self, LineEvent, LineState, Live, Word};
use super::mouth::Mouth;
use super::outbox::Outbox;
use super::port::{Port, PortFault, Transport};
use super::session::{Ended, Session};
use crate::store::journal::Journal;

/// How often a missing port is looked for: well under the three seconds in which a line is to be back.
const REOPEN: Duration = Duration::from_millis(500);

/// One instrument's connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineConfig {
    /// The instrument's code in the laboratory; one line each.
    pub instrument: String,
    /// The driver's id: `astm-lis2`.
    pub driver: String,
    #[serde(flatten)]
    pub transport: Transport,
    /// The text of the laboratory's own profile, where `driver` names one: a line elsewhere needs no database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

impl LineConfig {
    fn driver(&self, find: Find) -> Result<Driver, LineError> {
        let (instrument, driver) = (self.instrument.clone(), self.driver.clone());
        match &self.profile {
            None => find(&self.driver).ok_or(LineError::NoDriver { instrument, driver }),
            Some(text) => match Described::from_toml(&self.driver, text) {
                Ok(described) => Ok(Driver::Described(Arc::new(described))),
                Err(fault) => Err(LineError::Profile { instrument, driver, fault }),
            },
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("line {instrument}: no driver '{driver}'")]
    NoDriver { instrument: String, driver: String },
    #[error("line {instrument}: {driver}: {fault}")]
    Profile { instrument: String, driver: String, fault: ProfileError },
    #[error("line {0}: the instrument has two lines")]
    Twice(String),
}

/// Finds a driver by its id.
pub type Find = fn(&str) -> Option<Driver>;

/// All lines of this process. Must live inside a tokio runtime.
pub struct Lines {
    journal: Journal,
    intake: Arc<dyn Intake>,
    find: Find,
    events: broadcast::Sender<LineEvent>,
    running: Mutex<BTreeMap<String, Running>>,
    /// Couriers of lines that do not run any more and left something behind.
    leftover: Mutex<BTreeMap<String, Leftover>>,
    /// The states, for readers that must not wait on a line being stopped.
    states: std::sync::Mutex<BTreeMap<String, Live>>,
}

struct Leftover {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Leftover {
    async fn end(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "courier ended badly");
        }
    }
}

struct Running {
    config: LineConfig,
    live: Live,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    async fn end(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(instrument = %self.config.instrument, %error, "line ended badly");
            }
        }
        self.live.turn(Word::Off, None);
    }
}

impl Lines {
    pub fn new(journal: Journal, intake: Arc<dyn Intake>) -> Self {
        Self::with_drivers(journal, intake, drivers::by_id)
    }

    /// With other drivers than the built-in ones.
    pub fn with_drivers(journal: Journal, intake: Arc<dyn Intake>, find: Find) -> Self {
        let (running, leftover, states) = (Mutex::default(), Mutex::default(), std::sync::Mutex::default());
        Self { journal, intake, find, events: live::events(), running, leftover, states }
    }

    /// Makes the running lines these: starts the new, stops the gone, restarts the changed, leaves the rest alone. A line
    /// that cannot run says why where its state is shown, and keeps no other from running.
    pub async fn apply(&self, configs: Vec<LineConfig>) {
        let mut wanted = BTreeSet::new();
        let (mut checked, mut faulty) = (Vec::with_capacity(configs.len()), Vec::new());
        for config in configs {
            match config.driver(self.find) {
                Ok(driver) if wanted.insert(config.instrument.clone()) => checked.push((config, driver)),
                Ok(_) => faulty.push((LineError::Twice(config.instrument.clone()), config)),
                Err(fault) => faulty.push((fault, config)),
            }
        }
        let mut running = self.running.lock().await;
        let gone: Vec<String> = running.keys().filter(|code| !wanted.contains(*code)).cloned().collect();
        for code in gone {
            if let Some(line) = running.remove(&code) {
                line.end().await;
            }
        }
        self.states().retain(|code, _| wanted.contains(code));
        for (config, driver) in checked {
            let code = config.instrument.clone();
            if running.get(&code).is_some_and(|line| line.config == config) {
                continue;
            }
            // A port is opened by one at a time: the old line ends before the new one begins.
            if let Some(line) = running.remove(&code) {
                line.end().await;
            }
            if let Some(courier) = self.leftover.lock().await.remove(&code) {
                courier.end().await;
            }
            let line = self.start(config, driver);
            self.states().insert(code.clone(), line.live.clone());
            running.insert(code, line);
        }
        for (fault, config) in faulty {
            tracing::error!(instrument = %config.instrument, %fault, "line not started");
            if !running.contains_key(&config.instrument) {
                let place = config.transport.place().to_owned();
                let live = Live::new(&config.instrument, &config.driver, place, self.events.clone());
                live.fault(fault.to_string());
                self.states().insert(config.instrument, live);
            }
        }
        self.carry_leftover(&running).await;
    }

    /// What a line said before it was switched off or given to another computer is delivered all the same.
    async fn carry_leftover(&self, running: &BTreeMap<String, Running>) {
        let waiting = match self.journal.waiting().await {
            Ok(waiting) => waiting,
            Err(error) => return tracing::error!(%error, "what waits in the journal cannot be read"),
        };
        let mut leftover = self.leftover.lock().await;
        for code in waiting {
            if running.contains_key(&code) || leftover.contains_key(&code) {
                continue;
            }
            let (stop, stopped) = watch::channel(false);
            let courier = Courier {
                instrument: code.clone(),
                journal: self.journal.clone(),
                intake: Arc::clone(&self.intake),
                live: Live::new(&code, "", String::new(), self.events.clone()),
                bell: Arc::new(Notify::new()),
                delivered: Arc::default(),
            };
            leftover.insert(code, Leftover { stop, task: tokio::spawn(courier.run(stopped)) });
        }
    }

    /// Stops all lines; what is not yet delivered waits in the journal.
    pub async fn stop(&self) {
        let lines = std::mem::take(&mut *self.running.lock().await);
        for line in lines.values() {
            line.stop.send_replace(true);
        }
        for line in lines.into_values() {
            line.end().await;
        }
        for courier in std::mem::take(&mut *self.leftover.lock().await).into_values() {
            courier.end().await;
        }
    }

    /// What every line is doing, by instrument code.
    pub fn snapshot(&self) -> Vec<LineState> {
        self.states().values().map(Live::snapshot).collect()
    }

    /// Every change from now on. A listener that lags takes a new snapshot.
    pub fn events(&self) -> broadcast::Receiver<LineEvent> {
        self.events.subscribe()
    }

    fn states(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Live>> {
        self.states.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn start(&self, config: LineConfig, driver: Driver) -> Running {
        let (stop, stopped) = watch::channel(false);
        let place = config.transport.place().to_owned();
        let live = Live::new(&config.instrument, &config.driver, place, self.events.clone());
        // Before its task has run for the first time, too: it is not off.
        live.turn(Word::Waiting, None);
        let bell = Arc::new(Notify::new());
        let (delivered, outbox) = (Arc::new(Notify::new()), Arc::new(Outbox::default()));
        let courier = Courier {
            instrument: config.instrument.clone(),
            journal: self.journal.clone(),
            intake: Arc::clone(&self.intake),
            live: live.clone(),
            bell: Arc::clone(&bell),
            delivered: Arc::clone(&delivered),
        };
        let mouth = driver.host().is_some().then(|| Mouth {
            instrument: config.instrument.clone(),
            intake: Arc::clone(&self.intake),
            outbox: Arc::clone(&outbox),
            live: live.clone(),
            bell: delivered,
        });
        let journal = self.journal.clone();
        let line = Line { config: config.clone(), driver, journal, live: live.clone(), bell, outbox };
        let mut tasks = vec![tokio::spawn(line.run(stopped.clone())), tokio::spawn(courier.run(stopped.clone()))];
        tasks.extend(mouth.map(|mouth| tokio::spawn(mouth.run(stopped))));
        Running { config, live, stop, tasks }
    }
}

/// One line: opens its port, talks until it is lost, and opens it again.
struct Line {
    config: LineConfig,
    driver: Driver,
    journal: Journal,
    live: Live,
    bell: Arc<Notify>,
    outbox: Arc<Outbox>,
}

impl Line {
    async fn run(self, mut stop: watch::Receiver<bool>) {
        let instrument = self.config.instrument.as_str();
        if let Transport::Folder { path, pattern, settle_seconds } = &self.config.transport {
            let taker =
                Taker { instrument, driver: &self.driver, journal: &self.journal, live: &self.live, bell: &self.bell };
            self.live.turn(Word::Waiting, None);
            return Folder::new(path, pattern, *settle_seconds).run(&taker, stop).await;
        }
        let mut port = Port::new(self.config.transport.clone());
        let session = Session {
            instrument,
            driver: &self.driver,
            keeper: &self.journal,
            live: &self.live,
            bell: &self.bell,
            outbox: &self.outbox,
        };
        self.live.turn(Word::Waiting, None);
        loop {
            let opened = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                opened = port.open() => opened,
            };
            let fault = match opened {
                Ok(mut line) => {
                    tracing::info!(instrument, port = self.config.transport.place(), "line open");
                    match session.run(&mut line, stop.clone()).await {
                        Ended::Stopped => return,
                        Ended::Closed => PortFault::Closed,
                        Ended::Lost(error) => PortFault::Other(error.to_string()),
                    }
                }
                Err(fault) => fault,
            };
            if self.live.snapshot().port_fault.as_ref() != Some(&fault) {
                tracing::warn!(instrument, port = self.config.transport.place(), %fault, "line waits for its port");
            }
            self.live.turn(Word::Waiting, Some(fault));
            tokio::select! {
                () = sleep(REOPEN) => (),
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }
}
