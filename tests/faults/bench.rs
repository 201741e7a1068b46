//! A laboratory with a bench: its database, the processes of the built program, and what the record holds in the end.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::{PgConnection, SqliteConnection, sql_query};
use jiff::Timestamp;
use qingke::lab::people::Who;
use qingke::store::Store;
use qingke::store::catalogue::Instrument;
use qingke::web::secret;

use crate::check;

const TOKEN: &str = "a token of forty letters or more, made up";
/// A busy machine may start a program slowly; nothing hangs longer.
pub const SOON: Duration = Duration::from_secs(60);

/// A port that no outgoing connection of this machine can take meanwhile: below the range of those.
pub fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % 11_000;
    for _ in 0..2_000 {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 20_000 + u16::try_from((first + step) % 12_000).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port");
}

pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Waits until it holds.
pub fn until(what: &str, patience: Duration, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < patience, "{what}: not within {} s", patience.as_secs());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process of the program; it ends with this value.
pub struct Program {
    child: Child,
    pub started: Instant,
}

impl Program {
    pub fn start(command: &mut Command) -> Self {
        Self { child: command.spawn().expect("the program starts"), started: Instant::now() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no destructor runs, no buffer is written.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM, and its end waited for.
    pub fn stop(mut self) -> ExitStatus {
        signal(self.id(), "TERM");
        until("the program stops", SOON, || self.is_over());
        self.child.wait().expect("it ended")
    }

    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_some()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(id: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

/// The built program, started through `by` (`strace …`, `unshare …`) where that is not empty. No setting of this machine
/// changes it.
pub fn qingke(by: &[String], subcommand: &str) -> Command {
    let program = env!("CARGO_BIN_EXE_qingke");
    let mut command = match by.split_first() {
        None => Command::new(program),
        Some((outer, arguments)) => {
            let mut command = Command::new(outer);
            command.args(arguments).arg(program);
            command
        }
    };
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("QINGKE_")) {
        command.env_remove(name);
    }
    command.arg(subcommand).stdin(Stdio::null());
    command
}

/// A file that a process appends its log to.
fn log(path: &Path) -> Stdio {
    File::options().create(true).append(true).open(path).expect("a log file").into()
}

/// Whether something listens there.
pub fn listens(port: u16) -> bool {
    TcpStream::connect_timeout(&local(port), Duration::from_secs(1)).is_ok()
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Binary)]
    bytes: Vec<u8>,
    #[diesel(sql_type = Text)]
    chunks: String,
    #[diesel(sql_type = Nullable<Text>)]
    file_name: Option<String>,
}

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Nullable<Text>)]
    result: Option<String>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    text: String,
}

/// A laboratory with an enrolled bench agent.
pub struct Laboratory {
    url: String,
    pub folder: tempfile::TempDir,
    pub hub_port: u16,
    portal_port: u16,
    agent: i64,
    store: Store,
    runtime: tokio::runtime::Runtime,
}

impl Laboratory {
    pub fn new(url: &str) -> Self {
        let store = Store::open(url).unwrap();
        store.migrate().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let enrol = store.enrol_agent(
            Who::Program,
            Timestamp::now(),
            "BENCH".to_owned(),
            "天平室".to_owned(),
            secret::hash(TOKEN),
        );
        let agent = runtime.block_on(enrol).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { url: url.to_owned(), folder, hub_port: port(), portal_port: port(), agent, store, runtime }
    }

    /// Sets up a line of the bench agent, or of the hub itself; its number.
    pub fn line(&self, at_the_bench: bool, code: &str, driver: &str, transport: &str, address: &str) -> i64 {
        let text = str::to_owned;
        let is_folder = transport == "folder";
        let instrument = Instrument {
            code: text(code),
            name: text(code),
            driver: text(driver),
            transport: text(transport),
            address: text(address),
            baud: 9600,
            data_bits: 8,
            parity: text("N"),
            stop_bits: 1,
            line_enabled_at: Some(text("2026-11-01T00:00:00Z")),
            agent_id: at_the_bench.then_some(self.agent),
            file_pattern: is_folder.then(|| text("*.txt")),
            settle_seconds: is_folder.then_some(1),
            ..Instrument::default()
        };
        self.runtime.block_on(self.store.add(Who::Program, Timestamp::now(), instrument)).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Settings of a command on this laboratory.
    fn set_up(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env("QINGKE_DATA_DIR", self.path("hub"))
            .env("QINGKE_DATABASE_URL", &self.url)
            .env("QINGKE_LISTEN", local(self.hub_port).to_string())
            .env("QINGKE_PORTAL_LISTEN", local(self.portal_port).to_string());
    }

    /// `qingke serve`, to be started.
    pub fn hub(&self) -> Command {
        self.hub_by(&[])
    }

    pub fn hub_by(&self, by: &[String]) -> Command {
        let mut command = qingke(by, "serve");
        self.set_up(&mut command);
        command.stdout(Stdio::null()).stderr(log(&self.path("hub.log")));
        command
    }

    /// `qingke agent`, to be started.
    pub fn agent(&self) -> Command {
        self.agent_by(&[])
    }

    pub fn agent_by(&self, by: &[String]) -> Command {
        let mut command = qingke(by, "agent");
        command
            .current_dir(self.folder.path())
            .env("QINGKE_AGENT_HUB", format!("http://{}", local(self.hub_port)))
            .env("QINGKE_AGENT_TOKEN", TOKEN)
            .env("QINGKE_AGENT_DATA_DIR", self.path("agent"))
            .stdout(Stdio::null())
            .stderr(log(&self.path("agent.log")));
        command
    }

    /// The end of both logs.
    fn logs(&self) -> String {
        let end = |name: &str| {
            let text = std::fs::read_to_string(self.path(name)).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let from = lines.len().saturating_sub(25);
            format!("--- {name}\n{}\n", lines.get(from..).unwrap_or_default().join("\n"))
        };
        end("hub.log") + &end("agent.log")
    }

    /// What `qingke verify` says when it finds something.
    pub fn verify(&self) -> Result<(), String> {
        let mut command = qingke(&[], "verify");
        self.set_up(&mut command);
        let output = command.output().expect("verify runs");
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Err(said)
    }

    fn query<T>(&self, text: &str) -> Vec<T>
    where
        T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + 'static,
    {
        let query = sql_query(text);
        match self.url.strip_prefix("sqlite://") {
            Some(path) => {
                let mut conn = SqliteConnection::establish(path).unwrap();
                sql_query("PRAGMA busy_timeout=30000").execute(&mut conn).unwrap();
                query.load(&mut conn).unwrap()
            }
            None => query.load(&mut PgConnection::establish(&self.url).unwrap()).unwrap(),
        }
    }

    fn taken(&self, instrument: i64) -> Vec<Taken> {
        let select = "SELECT bytes, chunks, file_name FROM transmission";
        self.query(&format!("{select} WHERE instrument_id = {instrument} ORDER BY id"))
    }

    /// The frames that the record has of an instrument, in their order. A frame that was recognised as sent again, or
    /// that was refused, is none; a file is one.
    pub fn frames(&self, instrument: i64) -> Vec<u64> {
        let mut found = Vec::new();
        for one in self.taken(instrument) {
            if one.file_name.is_some() {
                found.extend(check::marks(&one.bytes).first());
                continue;
            }
            let chunks: Vec<serde_json::Value> = serde_json::from_str(&one.chunks).unwrap();
            for chunk in chunks.iter().filter(|chunk| chunk["kind"] == "frame") {
                let place = |key: &str| usize::try_from(chunk[key].as_u64().unwrap()).unwrap();
                found.extend(check::marks(&one.bytes[place("offset")..place("offset") + place("len")]));
            }
        }
        found
    }

    /// The bytes of each transmission of an instrument, in their order.
    pub fn bytes(&self, instrument: i64) -> Vec<Vec<u8>> {
        self.taken(instrument).into_iter().map(|one| one.bytes).collect()
    }

    /// The results that were read from an instrument, in their order, as far as they are whole numbers.
    pub fn results(&self, instrument: i64) -> Vec<u64> {
        let query = format!("SELECT result FROM reading WHERE instrument_id = {instrument} ORDER BY id");
        let whole = |said: Said| said.result?.split('.').next()?.parse().ok();
        self.query::<Said>(&query).into_iter().filter_map(whole).collect()
    }

    /// How many transmissions the record has.
    pub fn transmissions(&self) -> i64 {
        self.query::<Number>("SELECT count(*) AS number FROM transmission").remove(0).number
    }

    /// The years in which transmissions began, as the clocks had it.
    pub fn years(&self) -> Vec<String> {
        let query = "SELECT DISTINCT substr(started_at, 1, 4) AS text FROM transmission";
        self.query::<Told>(query).into_iter().map(|told| told.text).collect()
    }

    /// What the agent last told its hub of itself.
    pub fn beat(&self) -> String {
        self.query::<Told>("SELECT beat AS text FROM agent_health ORDER BY id")
            .pop()
            .map(|told| told.text)
            .unwrap_or_default()
    }
}

impl Drop for Laboratory {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
    }
}
