//! What the journal promises: what it said it kept is there, whatever happens, and stays as it was.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use drivers::{Message, Piece};

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn chunk(bytes: &[u8]) -> Chunk {
    let (answer, message) = (b"\x06".to_vec(), Some(Message::plain(bytes.to_vec(), 0)));
    Chunk { at: at(1), kind: ChunkKind::Frame, bytes: bytes.to_vec(), answer, fault: None, message }
}

fn opening(instrument: &str) -> Option<Opening> {
    Some(Opening { instrument: instrument.to_owned(), driver: "astm-lis2".to_owned(), file: None, started_at: at(0) })
}

fn closing() -> Option<Closing> {
    Some(Closing { state: State::Complete, fault: None, ended_at: at(2) })
}

fn whole(seq: i64, bytes: &[u8]) -> Keep {
    Keep { seq, opening: opening("A1"), first: 0, chunks: vec![chunk(bytes)], closing: closing() }
}

#[tokio::test]
async fn what_is_kept_is_read_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let bytes: Vec<u8> = (0..=255).collect();
    let mut keep = whole(journal.next_seq(), &bytes);
    keep.chunks[0].message = Some(Message {
        bytes: vec![1, 2, 3],
        pieces: vec![Piece { at: 0, wire: 1, len: 1 }, Piece { at: 1, wire: 9, len: 2 }],
    });
    keep.chunks.push(Chunk {
        kind: ChunkKind::Refused,
        fault: Some("bad check".to_owned()),
        message: None,
        ..chunk(b"x")
    });
    journal.keep(keep.clone()).await.unwrap();
    journal.keep(keep.clone()).await.unwrap();

    let read = journal.read(keep.seq).await.unwrap().unwrap();
    assert_eq!((read.epoch, read.seq, read.instrument.as_str()), (journal.epoch(), keep.seq, "A1"));
    assert_eq!((read.started_at, read.ended_at, read.state), (at(0), at(2), State::Complete));
    assert_eq!(read.bytes, [bytes.as_slice(), b"x"].concat());
    assert_eq!(read.messages, vec![keep.chunks[0].message.clone().unwrap()]);
    let stretches: Vec<_> = read.chunks.iter().map(|it| (it.offset, it.len, it.kind, it.fault.as_deref())).collect();
    assert_eq!(stretches, [(0, 256, ChunkKind::Frame, None), (256, 1, ChunkKind::Refused, Some("bad check"))]);
    assert!(journal.read(keep.seq + 1).await.unwrap().is_none());
}

#[tokio::test]
async fn delivered_transmissions_are_not_offered_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    let mut seqs = Vec::new();
    for _ in 0..3 {
        seqs.push(journal.next_seq());
        journal.keep(whole(seqs[seqs.len() - 1], b"1")).await.unwrap();
    }
    journal.delivered(seqs[0], at(3)).await.unwrap();
    journal.delivered(seqs[0], at(4)).await.unwrap();
    assert_eq!(journal.undelivered("A1").await.unwrap(), seqs[1..]);
    assert!(journal.undelivered("B2").await.unwrap().is_empty());
    let epoch = journal.epoch();
    drop(journal);
    let journal = Journal::open(&path).unwrap();
    assert_eq!(journal.epoch(), epoch);
    assert_eq!(journal.undelivered("A1").await.unwrap(), seqs[1..]);
    assert!(journal.next_seq() > seqs[2]);
}

#[tokio::test]
async fn a_transmission_left_open_is_closed_as_torn_on_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    let seq = journal.next_seq();
    journal.keep(Keep { closing: None, ..whole(seq, b"half") }).await.unwrap();
    assert!(journal.undelivered("A1").await.unwrap().is_empty());
    drop(journal);
    let journal = Journal::open(&path).unwrap();
    assert_eq!(journal.undelivered("A1").await.unwrap(), [seq]);
    let read = journal.read(seq).await.unwrap().unwrap();
    assert_eq!((read.state, read.bytes.as_slice(), read.ended_at), (State::Torn, b"half".as_slice(), at(1)));
}

#[tokio::test]
async fn one_refused_row_does_not_take_its_neighbours_along() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let (first, second) = (journal.next_seq(), journal.next_seq());
    journal.keep(whole(first, b"1")).await.unwrap();
    let late = Keep { first: 1, opening: None, closing: None, ..whole(first, b"late") };
    let other = whole(first, b"2");
    let (late, other, good) = tokio::join!(journal.keep(late), journal.keep(other), journal.keep(whole(second, b"3")));
    assert!(late.unwrap_err().to_string().contains("the transmission is closed"));
    assert_eq!(other.unwrap_err(), JournalError::Other { seq: first, n: Some(0) });
    good.unwrap();
    assert_eq!(journal.read(second).await.unwrap().unwrap().bytes, b"3");
    assert_eq!(journal.read(first).await.unwrap().unwrap().bytes, b"1");
}

#[tokio::test]
async fn the_file_itself_refuses_to_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    let seq = journal.next_seq();
    journal.keep(whole(seq, b"1")).await.unwrap();
    journal.delivered(seq, at(3)).await.unwrap();
    journal.keep(whole(journal.next_seq(), b"not delivered")).await.unwrap();
    drop(journal);
    let mut conn = file::open(&path).unwrap();
    let attempts = [
        "UPDATE journal SET epoch = lower(hex(randomblob(16)))",
        "DELETE FROM journal",
        "UPDATE transmission SET line = 'B'",
        "DELETE FROM transmission",
        "UPDATE chunk SET bytes = x'00'",
        "DELETE FROM chunk",
        "REPLACE INTO chunk SELECT * FROM chunk",
        "UPDATE closing SET state = 'torn'",
        "DELETE FROM closing",
        "REPLACE INTO closing SELECT * FROM closing",
        "UPDATE delivery SET at = at",
        "DELETE FROM delivery",
    ];
    for attempt in attempts {
        let refused = conn.batch_execute(attempt).unwrap_err().to_string();
        let why = ["append-only", "is closed", "not delivered", "still has its bytes", "newest transmission stays"];
        assert!(why.iter().any(|why| refused.contains(why)), "{attempt}: {refused}");
    }
}

#[tokio::test]
async fn only_what_is_delivered_or_empty_and_old_leaves_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    let mut seqs = Vec::new();
    for (state, second) in [
        (State::Empty, 10),
        (State::Complete, 10),
        (State::Complete, 10),
        (State::Torn, 10),
        (State::Empty, 99),
        (State::Complete, 10),
    ] {
        let seq = journal.next_seq();
        let closing = Some(Closing { state, fault: None, ended_at: at(second) });
        journal.keep(Keep { closing, ..whole(seq, b"1") }).await.unwrap();
        seqs.push(seq);
    }
    let [old_poll, delivered, waiting, torn, new_poll, newest] = seqs[..] else { panic!("{seqs:?}") };
    journal.delivered(delivered, at(11)).await.unwrap();
    journal.delivered(newest, at(11)).await.unwrap();

    assert_eq!(journal.prune_empty(at(50)).await.unwrap(), 1);
    assert_eq!(journal.prune_empty(at(50)).await.unwrap(), 0);
    assert_eq!(journal.delivered_before(at(11), 0).await.unwrap(), [0_i64; 0]);
    assert_eq!(journal.delivered_before(at(50), 0).await.unwrap(), [delivered]);
    for refused in [waiting, torn, newest] {
        assert!(journal.prune_delivered(vec![refused]).await.is_err(), "{refused}");
    }
    // One that may not go keeps its neighbours, too.
    assert!(journal.prune_delivered(vec![delivered, waiting]).await.is_err());
    assert!(journal.read(delivered).await.unwrap().is_some());
    journal.prune_delivered(vec![delivered]).await.unwrap();

    drop(journal);
    let journal = Journal::open(&path).unwrap();
    let mut left = Vec::new();
    for seq in seqs {
        left.extend(journal.read(seq).await.unwrap().map(|it| it.seq));
    }
    assert_eq!(left, [waiting, torn, new_poll, newest]);
    assert!(!left.contains(&old_poll));
    assert_eq!(journal.undelivered("A1").await.unwrap(), [waiting, torn]);
    assert_eq!(journal.next_seq(), newest + 1, "a number is never given twice");
}

#[test]
fn a_journal_is_written_by_one_program_only_and_copied_by_any() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    let refused = Journal::open(&path).unwrap_err();
    assert!(refused.to_string().contains("another program"), "{refused}");
    let copy = folder.path().join("copy.db");
    let mut backup = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    backup.batch_execute(&format!("VACUUM INTO '{}'", copy.display())).unwrap();
    drop(journal);
    assert!(Journal::open(&path).is_ok(), "a program that ended lets go of its journal");
    assert!(Journal::open(&copy).is_ok());
}

#[test]
fn a_damaged_journal_is_set_aside_and_a_new_one_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    std::fs::write(&path, b"no journal at all, but somebody's only copy").unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::Damaged(_))));
    let (journal, aside) = Journal::open_or_set_aside(&path, at(0)).unwrap();
    assert_eq!(std::fs::read(aside.unwrap()).unwrap(), b"no journal at all, but somebody's only copy");
    let epoch = journal.epoch();
    drop(journal);
    let (journal, aside) = Journal::open_or_set_aside(&path, at(0)).unwrap();
    assert_eq!((journal.epoch(), aside), (epoch, None));
}

const CRASH: &str = "QINGKE_TEST_CRASHING_JOURNAL";

/// The part of the next test that is killed: keeps frames and says each number after it was kept.
#[tokio::test]
async fn frames_written_by_a_process_that_is_killed() {
    let Some(path) = std::env::var_os(CRASH) else { return };
    let journal = Journal::open(Path::new(&path)).unwrap();
    let seq = journal.next_seq();
    for n in 0.. {
        let opening = (n == 0).then(|| opening("A1")).flatten();
        let chunks = vec![chunk(format!("frame {n}").as_bytes())];
        journal.keep(Keep { seq, opening, first: n, chunks, closing: None }).await.unwrap();
        let mut out = std::io::stderr().lock();
        writeln!(out, "kept {n}").unwrap();
    }
}

#[tokio::test]
async fn a_killed_program_has_kept_every_frame_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::journal::tests::frames_written_by_a_process_that_is_killed", "--nocapture"])
        .env(CRASH, &path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut acknowledged = 0;
    while acknowledged < 100 {
        let line = said.next().expect("the child writes on").unwrap();
        acknowledged += usize::from(line.starts_with("kept "));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    acknowledged += said.map_while(Result::ok).filter(|line| line.starts_with("kept ")).count();

    let journal = Journal::open(&path).unwrap();
    let read = journal.read(journal.undelivered("A1").await.unwrap()[0]).await.unwrap().unwrap();
    assert_eq!(read.state, State::Torn);
    assert!(read.chunks.len() >= acknowledged, "{} kept, {acknowledged} acknowledged", read.chunks.len());
    let expected: String = (0..read.chunks.len()).map(|n| format!("frame {n}")).collect();
    assert_eq!(String::from_utf8(read.bytes).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_between_lines_that_commit_themselves_and_lines_that_wait() {
    const LINES: usize = 6;
    const TIMES: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    let lines: Vec<_> = (0..LINES)
        .map(|line| {
            let journal = journal.clone();
            tokio::spawn(async move {
                let mut kept = Vec::new();
                for time in 0..TIMES {
                    let bytes = format!("line {line} time {time}").into_bytes();
                    let seq = journal.next_seq();
                    journal.keep(whole(seq, &bytes)).await.unwrap();
                    kept.push((seq, bytes));
                }
                kept
            })
        })
        .collect();
    let mut kept = Vec::new();
    for line in lines {
        kept.extend(line.await.unwrap());
    }
    drop(journal);
    let journal = Journal::open(&path).unwrap();
    assert_eq!(journal.undelivered("A1").await.unwrap().len(), LINES * TIMES);
    for (seq, bytes) in kept {
        assert_eq!(journal.read(seq).await.unwrap().unwrap().bytes, bytes);
    }
}
