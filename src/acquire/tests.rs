//! A line from its first byte to its delivery, over pipes and over real pseudo-terminals.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use drivers::{Decoded, Direction, Driver, Event, Fault, Kind, Link, Message, Profile, Proof, Serial};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::live::{self, Live};
use super::outbox::Outbox;
use super::pruning::{self, Ages, Pruned};
use super::session::{Ended, Keeper, Session};
use super::*;
use crate::store::journal::{Chunk, Closing, Journal, JournalError, Keep, Opening};

const SOON: Duration = Duration::from_secs(20);

/// A little protocol: frames end with `;` and are answered ACK, or NAK when they hold `!`; a line feed ends the
/// transmission, whose message is all frames.
#[derive(Default)]
struct Semicolons {
    half: Vec<u8>,
    last: Vec<u8>,
    text: Vec<u8>,
}

impl Semicolons {
    fn event(wire: Vec<u8>, kind: Kind, answer: &[u8]) -> Event {
        Event { wire, kind, answer: answer.to_vec().into(), message: None, last: false }
    }
}

impl Link for Semicolons {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for &byte in bytes {
            self.half.push(byte);
            match byte {
                b';' => {
                    let wire = std::mem::take(&mut self.half);
                    let (kind, answer) = if wire.contains(&b'!') {
                        (Kind::Refused(Fault::Nothing("the frame is torn")), b"\x15")
                    } else if wire == self.last {
                        (Kind::Repeated, b"\x06")
                    } else {
                        self.text.extend(&wire);
                        self.last = wire.clone();
                        (Kind::Frame, b"\x06")
                    };
                    events.push(Self::event(wire, kind, answer));
                }
                b'\n' => {
                    let text = std::mem::take(&mut self.text);
                    let message = Some(Message::plain(text, 0)).filter(|message| !message.bytes.is_empty());
                    let wire = std::mem::take(&mut self.half);
                    events.push(Event { message, last: true, ..Self::event(wire, Kind::Control, b"") });
                    self.last.clear();
                }
                _ => (),
            }
        }
        events
    }

    fn patience(&self) -> Option<Duration> {
        None
    }

    fn idle(&mut self, _: DateTime) -> Vec<Event> {
        Vec::new()
    }

    fn close(&mut self) -> Vec<Event> {
        let wire = std::mem::take(&mut self.half);
        if wire.is_empty() { Vec::new() } else { vec![Self::event(wire, Kind::Noise, b"")] }
    }
}

static SEMICOLONS: Profile = Profile {
    id: "semicolons",
    maker: "",
    models: &[],
    transports: &[],
    direction: Direction::TwoWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "",
    serial: Serial::new(9600),
    link: || Box::new(Semicolons::default()),
    parse: |_| Ok(Decoded::default()),
    recognises: |_| false,
};

fn find(id: &str) -> Option<Driver> {
    Some(Driver::Code(&SEMICOLONS)).filter(|driver| driver.id() == id)
}

/// A journal that can be told to refuse.
#[derive(Default)]
struct Moody {
    refuses: AtomicBool,
    asked: AtomicUsize,
    kept: Mutex<Vec<Keep>>,
}

impl Keeper for Moody {
    fn next_seq(&self) -> i64 {
        1
    }

    async fn keep(&self, keep: Keep) -> Result<(), JournalError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.refuses.load(Ordering::SeqCst) {
            return Err(JournalError::Write("disk full".to_owned()));
        }
        self.kept.lock().unwrap().push(keep);
        Ok(())
    }
}

async fn until(mut what: impl FnMut() -> bool) {
    let wait = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, wait).await.expect("it happens soon");
}

/// Runs a session over a pipe; gives the instrument's end, a switch to stop it, and its outcome.
fn session<K: Keeper + Send + 'static>(keeper: Arc<K>) -> (DuplexStream, Live, tokio::task::JoinHandle<Ended>) {
    let (instrument, mut ours) = tokio::io::duplex(1024);
    let live = Live::new("A1", "semicolons", "pipe".to_owned(), live::events());
    let seen = live.clone();
    let talk = tokio::spawn(async move {
        let (_stop, stopped) = watch::channel(false);
        let (bell, driver, outbox) = (Notify::new(), Driver::Code(&SEMICOLONS), Outbox::default());
        let session =
            Session { instrument: "A1", driver: &driver, keeper: &*keeper, live: &live, bell: &bell, outbox: &outbox };
        session.run(&mut ours, stopped).await
    });
    (instrument, seen, talk)
}

async fn heard(line: &mut DuplexStream) -> u8 {
    timeout(SOON, line.read_u8()).await.expect("an answer comes soon").unwrap()
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_is_kept() {
    let keeper = Arc::new(Moody::default());
    keeper.refuses.store(true, Ordering::SeqCst);
    let (mut instrument, live, talk) = session(Arc::clone(&keeper));
    instrument.write_all(b"one;").await.unwrap();
    until(|| keeper.asked.load(Ordering::SeqCst) > 1).await;
    assert_eq!(live.snapshot().word, Word::Unkept);
    let silence = timeout(Duration::from_millis(50), instrument.read_u8()).await;
    assert!(silence.is_err(), "answered {silence:?} while the journal refused");

    keeper.refuses.store(false, Ordering::SeqCst);
    assert_eq!(heard(&mut instrument).await, 0x06);
    assert_eq!(keeper.kept.lock().unwrap()[0].chunks[0].bytes, b"one;");
    drop(instrument);
    assert!(matches!(talk.await.unwrap(), Ended::Closed));
}

#[tokio::test]
async fn a_torn_frame_is_refused_and_kept_and_a_repeated_one_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let (mut instrument, _, talk) = session(Arc::new(journal.clone()));
    let script: [(&[u8], u8); 4] = [(b"o!e;", 0x15), (b"one;", 0x06), (b"one;", 0x06), (b"two;", 0x06)];
    for (frame, answer) in script {
        instrument.write_all(frame).await.unwrap();
        assert_eq!(heard(&mut instrument).await, answer);
    }
    instrument.write_all(b"\n!half").await.unwrap();
    drop(instrument);
    assert!(matches!(talk.await.unwrap(), Ended::Closed));

    let seqs = journal.undelivered("A1").await.unwrap();
    let whole = journal.read(seqs[0]).await.unwrap().unwrap();
    assert_eq!((whole.state, &whole.fault), (State::Complete, &None));
    assert_eq!(whole.bytes, b"o!e;one;one;two;\n");
    assert_eq!(whole.messages[0].bytes, b"one;two;");
    let kinds: Vec<ChunkKind> = whole.chunks.iter().map(|chunk| chunk.kind).collect();
    use ChunkKind::{Control, Frame, Refused, Repeated};
    assert_eq!(kinds, [Refused, Frame, Repeated, Frame, Control]);
    assert_eq!(whole.chunks[0].answer, b"\x15");
    assert!(whole.chunks[0].fault.as_deref().unwrap().contains("torn"));
    let torn = journal.read(seqs[1]).await.unwrap().unwrap();
    assert_eq!((torn.state, torn.bytes.as_slice()), (State::Torn, b"!half".as_slice()));
}

#[tokio::test]
async fn a_line_lost_in_the_middle_of_our_answer_has_lost_nothing_that_was_heard() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let (mut instrument, mut ours) = tokio::io::duplex(1024);
    instrument.write_all(b"one;\ntwo;\nha").await.unwrap();
    drop(instrument);
    let live = Live::new("A1", "semicolons", "pipe".to_owned(), live::events());
    let (_stop, stopped) = watch::channel(false);
    let (bell, driver) = (Notify::new(), Driver::Code(&SEMICOLONS));
    let outbox = Outbox::default();
    let session =
        Session { instrument: "A1", driver: &driver, keeper: &journal, live: &live, bell: &bell, outbox: &outbox };
    assert!(matches!(session.run(&mut ours, stopped).await, Ended::Lost(_)));
    let mut kept = Vec::new();
    for seq in journal.undelivered("A1").await.unwrap() {
        let it = journal.read(seq).await.unwrap().unwrap();
        kept.push((it.state, String::from_utf8(it.bytes).unwrap()));
    }
    let whole = |text: &str| (State::Complete, text.to_owned());
    assert_eq!(kept, [whole("one;\n"), whole("two;\n"), (State::Torn, "ha".to_owned())]);
}

#[tokio::test]
async fn a_bare_keep_alive_is_kept_but_brings_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let (mut instrument, live, talk) = session(Arc::new(journal.clone()));
    instrument.write_all(b"\n").await.unwrap();
    drop(instrument);
    talk.await.unwrap();
    assert!(journal.undelivered("A1").await.unwrap().is_empty());
    assert_eq!(journal.read(1).await.unwrap().unwrap().state, State::Empty);
    assert_eq!(live.snapshot().transmissions_today, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_byte_of_a_line_is_in_the_journal(pieces in prop::collection::vec(
        prop::collection::vec(prop_oneof![Just(b';'), Just(b'\n'), Just(b'!'), any::<u8>()], 1..40), 1..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sent = pieces.concat();
        let kept = runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
            let (instrument, _, talk) = session(Arc::new(journal.clone()));
            let (mut answers, mut instrument) = tokio::io::split(instrument);
            let listen = tokio::spawn(async move { answers.read_to_end(&mut Vec::new()).await });
            for piece in &pieces {
                instrument.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            instrument.shutdown().await.unwrap();
            talk.await.unwrap();
            listen.await.unwrap().unwrap();
            let mut kept = Vec::new();
            for seq in 1..journal.next_seq() {
                kept.extend(journal.read(seq).await.unwrap().unwrap().bytes);
            }
            kept
        });
        prop_assert_eq!(kept, sent);
    }
}

/// A record that can be away, and takes each transmission once.
#[derive(Default)]
struct Record {
    away: AtomicBool,
    known: Mutex<HashSet<i64>>,
    taken: Mutex<Vec<Transmission>>,
}

impl Record {
    fn texts(&self) -> Vec<String> {
        let text = |it: &Transmission| String::from_utf8_lossy(&it.bytes).into_owned();
        self.taken.lock().unwrap().iter().map(text).collect()
    }
}

impl Intake for Record {
    fn deliver(&self, transmission: &Transmission) -> Result<Receipt, IntakeError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(IntakeError("the hub is away".to_owned()));
        }
        if self.known.lock().unwrap().insert(transmission.seq) {
            self.taken.lock().unwrap().push(transmission.clone());
        }
        Ok(Receipt { readings: 2 })
    }

    fn has(&self, transmission: &Transmission) -> Result<bool, IntakeError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(IntakeError("the hub is away".to_owned()));
        }
        Ok(self.taken.lock().unwrap().iter().any(|it| (it.seq, &it.bytes) == (transmission.seq, &transmission.bytes)))
    }
}

#[tokio::test]
async fn the_journal_lets_go_only_of_what_the_record_really_has() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let at = |second: i64| jiff::Timestamp::from_second(1_700_000_000 + second).unwrap();
    let record = Arc::new(Record::default());
    for state in [State::Complete, State::Complete, State::Empty, State::Complete] {
        let seq = journal.next_seq();
        let opening =
            Opening { instrument: "A1".to_owned(), driver: "semicolons".to_owned(), file: None, started_at: at(0) };
        let chunk = Chunk {
            at: at(0),
            kind: ChunkKind::Frame,
            bytes: b"one;".to_vec(),
            answer: Vec::new(),
            fault: None,
            message: None,
        };
        let closing = Closing { state, fault: None, ended_at: at(1) };
        let keep = Keep { seq, opening: Some(opening), first: 0, chunks: vec![chunk], closing: Some(closing) };
        journal.keep(keep).await.unwrap();
        if state == State::Complete {
            let kept = journal.read(seq).await.unwrap().unwrap();
            record.deliver(&kept).unwrap();
            journal.delivered(seq, at(2)).await.unwrap();
        }
    }
    // The record was restored from a backup that is older than the second delivery.
    record.taken.lock().unwrap().remove(1);

    let day = SignedDuration::from_hours(24);
    let intake: Arc<dyn Intake> = record.clone();
    let prune = |ages, now| {
        let (journal, intake) = (journal.clone(), Arc::clone(&intake));
        async move { pruning::prune(&journal, &intake, ages, now).await.unwrap() }
    };
    let both = Ages { delivered: Some(day), polls: Some(day) };
    assert_eq!(prune(both, at(3600)).await, Pruned::default(), "nothing is old yet");
    let later = at(0) + day + day;
    assert_eq!(prune(Ages { delivered: None, polls: None }, later).await, Pruned::default());
    record.away.store(true, Ordering::SeqCst);
    assert_eq!(prune(both, later).await, Pruned { polls: 1, ..Pruned::default() }, "nobody can say what it has");
    record.away.store(false, Ordering::SeqCst);
    assert_eq!(prune(both, later).await, Pruned { delivered: 1, polls: 0, missing: 1 });
    let mut left = Vec::new();
    for seq in 1..5 {
        left.extend(journal.read(seq).await.unwrap().map(|it| it.seq));
    }
    assert_eq!(left, [2, 4], "the only copy and the newest");
}

fn config(path: &str) -> LineConfig {
    let transport = Transport::serial(path, Serial::new(9600));
    LineConfig { instrument: "A1".to_owned(), driver: "semicolons".to_owned(), transport, profile: None }
}

#[cfg(unix)]
mod on_a_pseudo_terminal {
    use super::*;
    use crate::demo::instruments::pty::Pty;
    use crate::demo::instruments::{Device, Running};

    /// Prints once when it is switched on.
    struct Prints(Vec<u8>);

    impl Device for Prints {
        fn hear(&mut self, _: &[u8], _: DateTime) -> Vec<u8> {
            Vec::new()
        }

        fn tick(&mut self, _: DateTime) -> Vec<u8> {
            std::mem::take(&mut self.0)
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_virtual_balance_is_read_like_a_real_one() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
        let record = Arc::new(Record::default());
        let lines = Lines::new(journal, record.clone());
        let balance = Running::start(Box::new(Prints(b"S S    10.0217 g\r\n".to_vec()))).unwrap();
        let config = LineConfig { driver: "mt-sics".to_owned(), ..config(balance.path()) };
        lines.apply(vec![config]).await;
        until(|| !record.texts().is_empty()).await;
        let transmission = record.taken.lock().unwrap()[0].clone();
        assert_eq!((transmission.state, transmission.driver.as_str()), (State::Complete, "mt-sics"));
        let message = &transmission.messages[0];
        let decoded = drivers::by_id(&transmission.driver).unwrap().parse(message).unwrap();
        assert_eq!(decoded.readings[0].result.as_deref(), Some("10.0217"));
        assert_eq!(&transmission.bytes[message.on_wire(&decoded.readings[0].span)], b"S S    10.0217 g");
        lines.stop().await;
    }

    /// A symlink with a stable name, as udev makes one for a real adapter.
    fn plug(pty: &Pty, link: &std::path::Path) {
        let _ = std::fs::remove_file(link);
        std::os::unix::fs::symlink(pty.path(), link).unwrap();
    }

    async fn say(pty: &mut Pty, text: &[u8], answers: usize) {
        pty.write_all(text).await.unwrap();
        let mut answer = vec![0; answers];
        timeout(SOON, pty.read_exact(&mut answer)).await.expect("an answer comes soon").unwrap();
        assert_eq!(answer, vec![0x06; answers]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_port_that_disappears_is_opened_again_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
        let record = Arc::new(Record::default());
        let link = folder.path().join("tty");
        let lines = Lines::with_drivers(journal, record.clone(), find);
        lines.apply(vec![config(link.to_str().unwrap())]).await;
        until(|| lines.snapshot()[0].port_fault == Some(PortFault::Missing)).await;

        let mut first = Pty::open().unwrap();
        plug(&first, &link);
        until(|| lines.snapshot()[0].word == Word::Listening).await;
        say(&mut first, b"one;two;\n", 2).await;
        first.write_all(b"three").await.unwrap();
        until(|| lines.snapshot()[0].bytes_per_second > 0 && record.texts().len() == 1).await;
        drop(first);
        until(|| lines.snapshot()[0].word == Word::Waiting).await;

        let mut second = Pty::open().unwrap();
        let back = std::time::Instant::now();
        plug(&second, &link);
        until(|| lines.snapshot()[0].word == Word::Listening).await;
        assert!(back.elapsed() < Duration::from_secs(3));
        say(&mut second, b"four;\n", 1).await;
        until(|| record.texts().last().is_some_and(|text| text == "four;\n")).await;
        lines.stop().await;
        assert_eq!(record.texts().first().map(String::as_str), Some("one;two;\n"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn while_the_record_is_away_transmissions_wait_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let record = Arc::new(Record::default());
        record.away.store(true, Ordering::SeqCst);
        let mut pty = Pty::open().unwrap();
        let lines = Lines::with_drivers(Journal::open(&path).unwrap(), record.clone(), find);
        lines.apply(vec![config(pty.path())]).await;
        until(|| lines.snapshot()[0].word == Word::Listening).await;
        say(&mut pty, b"one;\ntwo;\n", 2).await;
        until(|| lines.snapshot()[0].undelivered > 0 && lines.snapshot()[0].last_fault.is_some()).await;
        lines.stop().await;
        drop(lines);
        assert!(record.texts().is_empty());

        record.away.store(false, Ordering::SeqCst);
        let lines = Lines::with_drivers(Journal::open(&path).unwrap(), record.clone(), find);
        let mut events = lines.events();
        lines.apply(vec![config(pty.path())]).await;
        until(|| record.texts() == ["one;\n", "two;\n"]).await;
        let delivered = async {
            loop {
                if let LineEvent::Delivered { readings, .. } = events.recv().await.unwrap() {
                    return readings;
                }
            }
        };
        assert_eq!(timeout(SOON, delivered).await.unwrap(), 2);
        lines.apply(Vec::new()).await;
        assert!(lines.snapshot().is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_line_said_before_it_was_switched_off_is_delivered_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let record = Arc::new(Record::default());
        record.away.store(true, Ordering::SeqCst);
        let mut pty = Pty::open().unwrap();
        let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
        let lines = Lines::with_drivers(journal, record.clone(), find);
        lines.apply(vec![config(pty.path())]).await;
        until(|| lines.snapshot()[0].word == Word::Listening).await;
        say(&mut pty, b"one;\n", 1).await;
        until(|| lines.snapshot()[0].undelivered > 0).await;
        lines.apply(Vec::new()).await;
        record.away.store(false, Ordering::SeqCst);
        until(|| record.texts() == ["one;\n"]).await;
        lines.stop().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_line_moves_to_another_port_while_the_program_runs() {
        let folder = tempfile::tempdir().unwrap();
        let record = Arc::new(Record::default());
        let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
        let lines = Lines::with_drivers(journal, record.clone(), find);
        let (mut first, mut second) = (Pty::open().unwrap(), Pty::open().unwrap());
        for (pty, text) in [(&mut first, "one;\n"), (&mut second, "two;\n")] {
            lines.apply(vec![config(pty.path())]).await;
            until(|| lines.snapshot()[0].word == Word::Listening).await;
            assert_eq!(lines.snapshot()[0].port, pty.path());
            say(pty, text.as_bytes(), 1).await;
            until(|| record.texts().last().is_some_and(|last| last == text)).await;
        }
        lines.stop().await;
        assert_eq!(lines.snapshot()[0].word, Word::Off);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_port_in_use_by_another_program_is_reported_as_such() {
        let pty = Pty::open().unwrap();
        let _other = port::open_serial(pty.path(), Serial::new(9600).into()).unwrap();
        let second = port::open_serial(pty.path(), Serial::new(9600).into());
        assert_eq!(second.err(), Some(PortFault::Busy));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instrument_on_the_network_may_hang_up_and_call_again() {
    let folder = tempfile::tempdir().unwrap();
    let record = Arc::new(Record::default());
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let lines = Lines::with_drivers(journal, record.clone(), find);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let transport = Transport::TcpServer { address: free.clone() };
    lines.apply(vec![LineConfig { transport, ..config("") }]).await;
    for text in ["one;\n", "two;\n"] {
        let mut line = timeout(SOON, async {
            loop {
                if let Ok(line) = tokio::net::TcpStream::connect(&free).await {
                    return line;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
        line.write_all(text.as_bytes()).await.unwrap();
        assert_eq!(timeout(SOON, line.read_u8()).await.unwrap().unwrap(), 0x06);
        until(|| record.texts().last().is_some_and(|last| last == text)).await;
    }
    lines.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_cannot_run_says_why_and_keeps_no_other_from_running() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let lines = Lines::with_drivers(journal, Arc::new(Record::default()), find);
    let called = |instrument: &str, driver: &str| LineConfig {
        instrument: instrument.to_owned(),
        driver: driver.to_owned(),
        ..config("/dev/null")
    };
    let profile = LineConfig { profile: Some("[link]\nkind = \"tube\"".to_owned()), ..called("C3", "profile:C") };
    lines.apply(vec![called("A1", "semicolons"), called("B2", "abacus"), profile, called("A1", "semicolons")]).await;
    let said: Vec<(String, bool)> = lines
        .snapshot()
        .into_iter()
        .map(|line| (line.last_fault.filter(|_| line.word == Word::Off).unwrap_or_default(), line.word == Word::Off))
        .collect();
    assert!(
        matches!(said.as_slice(), [(_, false), (b, true), (c, true)]
        if b.contains("no driver 'abacus'") && c.contains("kind")),
        "{said:?}"
    );
    lines.apply(vec![called("A1", "semicolons")]).await;
    assert_eq!(lines.snapshot().len(), 1, "what is set up no more is shown no more");
    lines.stop().await;
}
