//! The instruments' side. Each counts what it sends and remembers what was acknowledged: an answer counts only once the
//! instrument has read it.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use drivers::link::{astm, mllp};
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::pty::openpty;
use nix::sys::termios::{FlushArg, SetArg, cfmakeraw, tcflush, tcgetattr, tcsetattr};
use nix::unistd::ttyname;
use qingke::demo::instruments::Chance;

use crate::bench::local;
use crate::check::mark;

const ENQ: u8 = 0x05;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
const EOT: u8 = 0x04;

/// As LIS01-A2 has it: an instrument that hears no answer for so long gives its session up.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// After a session that failed an instrument on a cable leaves the line alone; LIS01-A2 has it wait for ten seconds.
const QUIET: Duration = Duration::from_secs(2);

/// What an instrument knows of its frames.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// The number of the last frame that was sent.
    pub sent: u64,
    /// Those whose acknowledgement was read, and when.
    acknowledged: Vec<(u64, Instant)>,
    /// Results in messages whose last frame was acknowledged.
    pub results: Vec<u64>,
}

impl Memory {
    pub fn acknowledged(&self) -> Vec<u64> {
        self.acknowledged.iter().map(|(number, _)| *number).collect()
    }

    /// When the first acknowledgement after an instant was read.
    pub fn first_after(&self, instant: Instant) -> Option<Instant> {
        let from = self.acknowledged.partition_point(|(_, at)| *at < instant);
        self.acknowledged.get(from).map(|(_, at)| *at)
    }

    /// Forgets acknowledgements that were not yet read at an earlier moment.
    pub fn believe_only(&mut self, earlier: &Self) {
        self.acknowledged.clone_from(&earlier.acknowledged);
        self.results.clone_from(&earlier.results);
    }

    fn next(&mut self) -> u64 {
        self.sent += 1;
        self.sent
    }

    fn acknowledge(&mut self, number: u64) {
        self.acknowledged.push((number, Instant::now()));
    }
}

pub type Shared = Arc<Mutex<Memory>>;

/// An instrument at work until it is told to stop.
pub struct Instrument {
    pub memory: Shared,
    stop: Arc<AtomicBool>,
    work: Option<JoinHandle<()>>,
}

impl Instrument {
    fn start(work: impl FnOnce(Shared, &Arc<AtomicBool>) + Send + 'static) -> Self {
        let (memory, stop) = (Shared::default(), Arc::new(AtomicBool::new(false)));
        let (own, told) = (Arc::clone(&memory), Arc::clone(&stop));
        Self { memory, stop, work: Some(std::thread::spawn(move || work(own, &told))) }
    }

    /// An analyser with the ASTM protocol that calls `port`, again and again.
    pub fn analyser(port: u16, pace: Duration, chance: Chance) -> Self {
        Self::start(move |memory, stop| {
            let mut analyser = Analyser { memory, chance, pace, mischief: true };
            calling(port, stop, |mut wire| {
                while !stop.load(Ordering::Relaxed) {
                    analyser.session(&mut wire)?;
                    analyser.rest(8);
                }
                Ok(())
            });
        })
    }

    /// The same on a serial cable, whose other end is opened as `socket`.
    pub fn serial_analyser(socket: PathBuf, pace: Duration, chance: Chance) -> Self {
        let mut terminal = Terminal::open(socket).unwrap();
        let work = move |memory: Shared, stop: &Arc<AtomicBool>| {
            terminal.stop = Arc::clone(stop);
            let mut analyser = Analyser { memory, chance, pace, mischief: true };
            while !stop.load(Ordering::Relaxed) {
                // Its error is that the host is gone, or silent: the session is given up, and a new one begun later.
                if analyser.session(&mut terminal).is_err() {
                    terminal.wait_for_quiet();
                } else {
                    analyser.rest(8);
                }
            }
        };
        Self::start(work)
    }

    /// An analyser that speaks HL7 over MLLP.
    pub fn hl7_analyser(port: u16, pace: Duration, mut chance: Chance) -> Self {
        Self::start(move |memory, stop| {
            calling(port, stop, |mut wire| {
                while !stop.load(Ordering::Relaxed) {
                    let number = memory.lock().unwrap().next();
                    let message = format!(
                        "MSH|^~\\&|Reader||Lab||20261124100000||ORU^R01|{}|P|2.3.1\rPID|1\rOBR|1||S{number}|PANEL\rOBX|1|NM|AFM1||{number}|ug/kg|||||F\r",
                        mark(number)
                    );
                    wire.write_all(&mllp::frame(message.as_bytes()))?;
                    let mut answer = Vec::new();
                    while !answer.ends_with(b"\x1c\r") {
                        answer.push(read(&mut wire)?);
                    }
                    let answer = String::from_utf8_lossy(&answer).into_owned();
                    assert!(answer.contains(&format!("MSA|AA|{}", mark(number))), "{answer}");
                    let mut memory = memory.lock().unwrap();
                    memory.acknowledge(number);
                    memory.results.push(number);
                    drop(memory);
                    pause(&mut chance, pace * 8);
                }
                Ok(())
            });
        })
    }

    /// A balance that prints and hears nothing: what it says is a promise of nobody, and may be there once at most.
    pub fn balance(port: u16, pace: Duration, mut chance: Chance) -> Self {
        Self::start(move |memory, stop| {
            calling(port, stop, |mut wire| {
                while !stop.load(Ordering::Relaxed) {
                    let number = memory.lock().unwrap().next();
                    wire.write_all(format!("S S {number:>10}.00 g\r\n").as_bytes())?;
                    pause(&mut chance, pace * 8);
                }
                Ok(())
            });
        })
    }

    /// A data system that writes report files, each in two goes. A file that is whole has been promised.
    pub fn data_system(folder: PathBuf, mut chance: Chance) -> Self {
        Self::start(move |memory, stop| {
            while !stop.load(Ordering::Relaxed) {
                let number = memory.lock().unwrap().next();
                write_report(&folder, number, Duration::from_millis(40)).unwrap();
                memory.lock().unwrap().acknowledge(number);
                pause(&mut chance, Duration::from_millis(1_200));
            }
        })
    }

    pub fn tell_to_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Waits until it has stopped, and gives what it remembers.
    pub fn stop(mut self) -> Shared {
        self.tell_to_stop();
        if let Some(work) = self.work.take() {
            work.join().unwrap();
        }
        Arc::clone(&self.memory)
    }
}

impl Drop for Instrument {
    fn drop(&mut self) {
        self.tell_to_stop();
    }
}

/// A report in two goes, as data systems write them.
fn write_report(folder: &Path, number: u64, between: Duration) -> io::Result<()> {
    let mut file = File::create(folder.join(format!("report-{number:06}.txt")))?;
    writeln!(file, "report {}", mark(number))?;
    file.sync_all()?;
    sleep(between);
    writeln!(file, "sample,analyte,result,unit\nS{number},AFM1,0.{number},ug/kg")
}

fn pause(chance: &mut Chance, at_most: Duration) {
    sleep(at_most.mul_f64(chance.unit()));
}

/// Calls the host until told to stop, and talks until the call is lost.
fn calling(port: u16, stop: &AtomicBool, mut talk: impl FnMut(TcpStream) -> io::Result<()>) {
    while !stop.load(Ordering::Relaxed) {
        if let Ok(wire) = call(port) {
            let _ = talk(wire);
        }
        sleep(Duration::from_millis(20));
    }
}

/// A call to a line that listens.
pub fn call(port: u16) -> io::Result<TcpStream> {
    let wire = TcpStream::connect_timeout(&local(port), Duration::from_secs(1))?;
    wire.set_nodelay(true)?;
    wire.set_read_timeout(Some(PATIENCE))?;
    Ok(wire)
}

/// An instrument calls the line and speaks so many sessions of one message each, waiting `patience` for each answer and
/// for the line to listen as long as `runs`; whether all were acknowledged.
pub fn talk(port: u16, memory: &Shared, mut runs: impl FnMut() -> bool, sessions: u64, patience: Duration) -> bool {
    let mut analyser = Analyser::plain(Arc::clone(memory));
    let begun = Instant::now();
    let mut wire = loop {
        match call(port) {
            Ok(wire) => break wire,
            Err(_) if !runs() || begun.elapsed() > patience + Duration::from_secs(5) => return false,
            Err(_) => sleep(Duration::from_millis(5)),
        }
    };
    wire.set_read_timeout(Some(patience)).is_ok() && (0..sessions).all(|_| analyser.session_of(&mut wire, 1).is_ok())
}

fn read(wire: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    match wire.read(&mut byte)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(byte[0]),
    }
}

/// What is tried when an answer is not the expected one.
fn unexpected(answer: u8) -> io::Error {
    io::Error::other(format!("answered {answer:#04x}"))
}

/// The device's side of the ASTM protocol.
pub struct Analyser {
    pub memory: Shared,
    pub chance: Chance,
    /// At most so long between frames.
    pub pace: Duration,
    /// Now and then a frame is damaged on its way, or an answer is, so that a frame comes twice.
    pub mischief: bool,
}

impl Analyser {
    /// One that makes no mischief and wastes no time.
    pub fn plain(memory: Shared) -> Self {
        Self { memory, chance: Chance::new(0), pace: Duration::ZERO, mischief: false }
    }

    fn rest(&mut self, times: u32) {
        sleep((self.pace * times).mul_f64(self.chance.unit()));
    }

    /// One session with one to three messages; its error: the host is gone, silent, or refused all attempts.
    pub fn session(&mut self, wire: &mut (impl Read + Write)) -> io::Result<()> {
        let messages = 1 + self.chance.between(0.0, 3.0) as u64;
        self.session_of(wire, messages)
    }

    pub fn session_of(&mut self, wire: &mut (impl Read + Write), messages: u64) -> io::Result<()> {
        self.enquire(wire)?;
        let mut frame = 0;
        for _ in 0..messages {
            self.message(wire, &mut frame)?;
        }
        self.end(wire)
    }

    pub fn end(&mut self, wire: &mut impl Write) -> io::Result<()> {
        wire.write_all(&[EOT])
    }

    pub fn enquire(&mut self, wire: &mut (impl Read + Write)) -> io::Result<()> {
        wire.write_all(&[ENQ])?;
        match read(wire)? {
            ACK => Ok(()),
            answer => Err(unexpected(answer)),
        }
    }

    /// A message of one record a frame; `frame` counts the session's frames.
    pub fn message(&mut self, wire: &mut (impl Read + Write), frame: &mut u8) -> io::Result<()> {
        let mut results = Vec::new();
        let readings = 1 + self.chance.between(0.0, 4.0) as usize;
        for place in 0..readings + 3 {
            let number = self.memory.lock().unwrap().next();
            let mark = mark(number);
            let record = match place {
                0 => format!("H|\\^&|{mark}||Reader|||||||P|LIS2-A2|20261124100000\r"),
                1 => format!("P|1|{mark}\rO|1|S{number}||^^^AFM1|R\r"),
                last if last == readings + 2 => format!("L|1|N|{mark}\r"),
                n => {
                    results.push(number);
                    format!("R|{}|^^^AFM1|{number}|ug/kg||N||F||{mark}\r", n - 1)
                }
            };
            *frame = (*frame + 1) % 8;
            let bytes = astm::frame(*frame, record.as_bytes(), true);
            self.frame(wire, number, &bytes)?;
            self.rest(1);
        }
        self.memory.lock().unwrap().results.extend(results);
        Ok(())
    }

    fn frame(&mut self, wire: &mut (impl Read + Write), number: u64, bytes: &[u8]) -> io::Result<()> {
        if self.mischief && self.chance.one_in(25) {
            let mut damaged = bytes.to_vec();
            damaged[3] ^= 0x01;
            wire.write_all(&damaged)?;
            match read(wire)? {
                NAK => (),
                answer => return Err(unexpected(answer)),
            }
        }
        wire.write_all(bytes)?;
        match read(wire)? {
            ACK => self.memory.lock().unwrap().acknowledge(number),
            answer => return Err(unexpected(answer)),
        }
        if self.mischief && self.chance.one_in(25) {
            // As if the answer had been damaged: the same frame again.
            wire.write_all(bytes)?;
            match read(wire)? {
                ACK => (),
                answer => return Err(unexpected(answer)),
            }
        }
        Ok(())
    }
}

/// The instrument's end of a serial cable. It sees when the host's end is closed, as a handshake line would tell it.
pub struct Terminal {
    master: File,
    path: PathBuf,
    /// A name that stays, as udev gives one to an adapter. The system gives the number of a terminal that is gone to the
    /// next one, which may be another test's.
    socket: PathBuf,
    /// Nobody waits for an answer any more.
    stop: Arc<AtomicBool>,
}

impl Terminal {
    pub fn open(socket: PathBuf) -> io::Result<Self> {
        let pair = openpty(None, None)?;
        let mut mode = tcgetattr(&pair.slave)?;
        cfmakeraw(&mut mode);
        tcsetattr(&pair.slave, SetArg::TCSANOW, &mode)?;
        fcntl(&pair.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        // The programs under test must not hold the instrument's end.
        fcntl(&pair.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        let path = ttyname(&pair.slave)?;
        symlink(&path, &socket)?;
        Ok(Self { master: File::from(pair.master), path, socket, stop: Arc::default() })
    }

    /// Whether the host has opened its end.
    pub fn has_host(&mut self) -> bool {
        self.master.read(&mut [0; 64]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// After a session that failed: waits until the host has its end open and has been quiet for a while, so that no late
    /// answer is taken for the next one's. What was said to nobody is lost, as on a real cable.
    fn wait_for_quiet(&mut self) {
        let mut quiet = Instant::now();
        while quiet.elapsed() < QUIET && !self.stop.load(Ordering::Relaxed) {
            match self.master.read(&mut [0; 64]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(Duration::from_millis(5)),
                Ok(_) => quiet = Instant::now(),
                Err(_) => {
                    self.forget();
                    sleep(Duration::from_millis(10));
                    quiet = Instant::now();
                }
            }
        }
    }

    fn forget(&self) {
        let no_terminal_of_ours = OFlag::O_NOCTTY.bits();
        let host = File::options().read(true).write(true).custom_flags(no_terminal_of_ours).open(&self.path);
        if let Ok(host) = host {
            let _ = tcflush(host.as_fd(), FlushArg::TCIOFLUSH);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // First the name, then the terminal.
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Read for Terminal {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let begun = Instant::now();
        let waits = || begun.elapsed() < PATIENCE && !self.stop.load(Ordering::Relaxed);
        loop {
            match (&self.master).read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock && waits() => {
                    sleep(Duration::from_millis(1));
                }
                other => return other,
            }
        }
    }
}

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.master.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
