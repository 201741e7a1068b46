//! A bench agent whose hub is away, with one analyser: all that it acknowledges must be in its journal.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use qingke::acquire::{ChunkKind, LineConfig, Transport};
use qingke::store::journal::Journal;

use crate::bench::{Program, port, qingke};
use crate::check::{self, Faults};
use crate::instruments::{Memory, Shared, talk};

/// The agent's folder, its line, and what its instrument remembers.
pub struct Alone {
    pub folder: PathBuf,
    port: u16,
    pub memory: Shared,
}

impl Alone {
    /// A bench computer that knows its line and has never run.
    pub fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let port = port();
        let line = LineConfig {
            instrument: "ASTM-1".to_owned(),
            driver: "astm-lis2".to_owned(),
            transport: Transport::TcpServer { address: format!("127.0.0.1:{port}") },
            profile: None,
        };
        fs::write(folder.join("lines.json"), serde_json::to_vec(&[line]).unwrap()).unwrap();
        Self { folder: folder.to_owned(), port, memory: Shared::default() }
    }

    /// The same computer, line and memory in a copy of its folder, under a name that was not used before: who reads a
    /// journal lets go of its files, by their names, only a moment after.
    pub fn copied(&self, folder: &Path) -> Self {
        fs::create_dir(folder).unwrap();
        for entry in fs::read_dir(&self.folder).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
        let memory = self.memory.lock().unwrap().clone();
        Self { folder: folder.to_owned(), port: self.port, memory: std::sync::Arc::new(std::sync::Mutex::new(memory)) }
    }

    /// `qingke agent`, started through `by`, where that is not empty.
    pub fn command(&self, by: &[String]) -> Command {
        self.command_logging(by, &self.log())
    }

    pub fn command_logging(&self, by: &[String], log: &Path) -> Command {
        let mut command = qingke(by, "agent");
        let log = fs::File::options().create(true).append(true).open(log).unwrap();
        command
            .env("QINGKE_AGENT_HUB", "http://127.0.0.1:9")
            .env("QINGKE_AGENT_TOKEN", "made up")
            .env("QINGKE_AGENT_DATA_DIR", &self.folder)
            // System calls are counted by thread: one that answers, one that keeps.
            .env("TOKIO_WORKER_THREADS", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        command
    }

    /// Beside the folder, which may be on a disk that fails.
    fn log(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    pub fn log_text(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The instrument speaks so many sessions of one message each; whether all were acknowledged. It waits `patience`
    /// for an answer, and as long for the line to listen.
    pub fn talk(&self, program: &mut Program, sessions: u64, patience: Duration) -> bool {
        self.talk_while(|| !program.is_over(), sessions, patience)
    }

    /// The same, for as long as `runs` says.
    pub fn talk_while(&self, runs: impl FnMut() -> bool, sessions: u64, patience: Duration) -> bool {
        talk(self.port, &self.memory, runs, sessions, patience)
    }

    /// Holds the journal against the instrument's memory.
    pub fn faults(&self) -> Faults {
        self.faults_in(&self.folder)
    }

    pub fn faults_in(&self, folder: &Path) -> Faults {
        let journal = Journal::open(&folder.join("journal.db")).expect("the journal opens again");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut there = Vec::new();
        for seq in 1..journal.next_seq() {
            let Some(one) = runtime.block_on(journal.read(seq)).unwrap() else { continue };
            for chunk in one.chunks.iter().filter(|chunk| chunk.kind == ChunkKind::Frame) {
                there.extend(check::marks(&one.bytes[chunk.offset..chunk.offset + chunk.len]));
            }
        }
        let memory: Memory = self.memory.lock().unwrap().clone();
        check::frames(&there, &memory.acknowledged(), memory.sent)
    }
}

/// Wide enough for a busy machine, and what LIS01-A2 gives a host to answer in.
pub const ANSWER: Duration = Duration::from_secs(15);
