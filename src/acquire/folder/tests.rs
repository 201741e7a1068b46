//! Files as data systems write them, in real folders, from their first byte to the import report.

use std::fs::{self, File};
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::acquire::intake::Hub;
use crate::acquire::live;
use crate::acquire::{Intake, Transmission};
use crate::lab::people::Who;
use crate::store::Store;
use crate::store::catalogue::Instrument;
use crate::store::transmissions::{self, Import};
use crate::store::trial::engines::Fresh;

const SETTLE: u64 = 10;
/// A balance's print-out: one reading.
const WEIGHED: &str = "S S      2.50 g\r\n";

struct Bench {
    place: TempDir,
    pattern: &'static str,
    folder: Folder,
    journal: Journal,
    live: Live,
    bell: Notify,
    begun: Instant,
    /// The hand of the clock, in seconds.
    second: u64,
}

impl Bench {
    fn new(pattern: &'static str) -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("out")).unwrap();
        let journal = Journal::open(&place.path().join("journal.db")).unwrap();
        let folder = Folder::new(place.path().join("out").to_str().unwrap(), pattern, SETTLE as u32);
        let live = Live::new("TP-1", "mt-sics", String::new(), live::events());
        Self { place, pattern, folder, journal, live, bell: Notify::new(), begun: Instant::now(), second: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join("out").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    async fn look_again(&mut self) -> Result<(), Hindered> {
        let driver = drivers::by_id("mt-sics").unwrap();
        let taker =
            Taker { instrument: "TP-1", driver: &driver, journal: &self.journal, live: &self.live, bell: &self.bell };
        self.folder.look(self.begun + Duration::from_secs(self.second), &taker).await
    }

    /// Looks now, and once more when what is there has settled.
    async fn settle(&mut self) {
        self.look_again().await.unwrap();
        self.second += SETTLE;
        self.look_again().await.unwrap();
    }

    /// The program ends and begins anew.
    fn restart(self) -> Self {
        let Self { place, pattern, journal, begun, second, .. } = self;
        drop(journal);
        let path = place.path().join("journal.db");
        // The journal's thread lets go of its file a moment after its last handle.
        let journal = (0..200).find_map(|_| match Journal::open(&path) {
            Ok(journal) => Some(journal),
            Err(_) => {
                std::thread::sleep(Duration::from_millis(10));
                None
            }
        });
        let folder = Folder::new(place.path().join("out").to_str().unwrap(), pattern, SETTLE as u32);
        let live = Live::new("TP-1", "mt-sics", String::new(), live::events());
        Self { place, pattern, folder, journal: journal.unwrap(), live, bell: Notify::new(), begun, second }
    }

    async fn kept(&self) -> Vec<Transmission> {
        let mut all = Vec::new();
        for seq in self.journal.undelivered("TP-1").await.unwrap() {
            all.push(self.journal.read(seq).await.unwrap().unwrap());
        }
        all
    }

    async fn texts(&self) -> Vec<(String, String)> {
        let text = |one: Transmission| (one.file.unwrap().name, String::from_utf8(one.bytes).unwrap());
        self.kept().await.into_iter().map(text).collect()
    }

    fn unread(&self) -> Vec<(String, Why)> {
        self.live.snapshot().files.into_iter().map(|one| (one.name, one.why)).collect()
    }
}

fn pair(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[tokio::test]
async fn a_file_that_is_still_being_written_is_not_read_by_halves() {
    let mut bench = Bench::new("*.txt");
    bench.write("1.txt", "");
    bench.settle().await;
    assert_eq!(bench.unread(), [("1.txt".to_owned(), Why::Empty)]);
    bench.write("1.txt", "S S      2.");
    bench.look_again().await.unwrap();
    bench.second += SETTLE - 1;
    bench.look_again().await.unwrap();
    assert_eq!(bench.unread(), [("1.txt".to_owned(), Why::Settling)]);
    bench.write("1.txt", WEIGHED);
    bench.second += 1;
    bench.look_again().await.unwrap();
    assert!(bench.kept().await.is_empty(), "it has changed a moment ago");
    bench.second += SETTLE;
    bench.look_again().await.unwrap();
    assert_eq!(bench.texts().await, [pair("1.txt", WEIGHED)]);
    assert!(bench.unread().is_empty());
    assert_eq!(fs::read_to_string(bench.path("1.txt")).unwrap(), WEIGHED, "the file is left as it was");
}

#[test]
fn a_file_that_grows_while_it_is_read_is_not_taken() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.txt");
    fs::write(&path, "half").unwrap();
    let before = Mark::Seen { size: 2, modified: None };
    assert!(matches!(listing::read(&path, &before), Outcome::Changed));
}

#[tokio::test]
async fn the_same_name_with_new_content_is_read_and_the_same_content_with_another_name_is_not() {
    let mut bench = Bench::new("*");
    bench.write("1.txt", WEIGHED);
    bench.settle().await;
    bench.write("1.txt", "S S      2.51 g\r\n");
    fs::copy(bench.path("1.txt"), bench.path("copy.txt")).unwrap();
    bench.settle().await;
    let texts = bench.texts().await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert_eq!(texts[0], pair("1.txt", WEIGHED));
    assert_eq!(texts[1].1, "S S      2.51 g\r\n");
    let [(name, Why::SameAs(read))] = &bench.unread()[..] else { panic!("{:?}", bench.unread()) };
    assert_eq!(texts[1].0, *read);
    assert_ne!(name, read, "the other of the two equal files is told of");
}

#[tokio::test]
async fn after_a_restart_nothing_is_read_a_second_time() {
    let mut bench = Bench::new("*");
    bench.write("1.txt", WEIGHED);
    bench.settle().await;
    let mut bench = bench.restart();
    bench.write("2.txt", "S S      9.00 g\r\n");
    bench.settle().await;
    assert_eq!(bench.texts().await, [pair("1.txt", WEIGHED), pair("2.txt", "S S      9.00 g\r\n")]);
    assert!(bench.unread().is_empty(), "{:?}", bench.unread());
}

#[tokio::test]
async fn a_locked_file_waits_and_is_read_when_it_is_free() {
    let mut bench = Bench::new("*");
    bench.write("1.txt", WEIGHED);
    let theirs = File::options().append(true).open(bench.path("1.txt")).unwrap();
    theirs.lock().unwrap();
    bench.settle().await;
    assert_eq!(bench.unread(), [("1.txt".to_owned(), Why::Busy)]);
    drop(theirs);
    bench.look_again().await.unwrap();
    assert_eq!(bench.texts().await, [pair("1.txt", WEIGHED)]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_of_and_tried_until_it_can() {
    let mut bench = Bench::new("*.txt");
    // A link that leads to itself cannot be opened by anybody, whatever their rights.
    std::os::unix::fs::symlink(bench.path("1.txt"), bench.path("1.txt")).unwrap();
    bench.write("2.txt", WEIGHED);
    bench.settle().await;
    assert_eq!(bench.texts().await, [pair("2.txt", WEIGHED)], "one bad file blocks no other");
    assert!(matches!(&bench.unread()[..], [(name, Why::Unreadable(_))] if name == "1.txt"), "{:?}", bench.unread());
    fs::remove_file(bench.path("1.txt")).unwrap();
    bench.write("1.txt", "S S      7.00 g\r\n");
    bench.settle().await;
    assert_eq!(bench.kept().await.len(), 2);
}

#[tokio::test]
async fn only_the_files_that_are_meant_are_read_in_folders_below_too() {
    let mut bench = Bench::new("*.D/report.txt");
    for name in ["A.D", "B.D", "C.tmp"] {
        fs::create_dir(bench.path(name)).unwrap();
    }
    bench.write("A.D/Report.TXT", WEIGHED);
    bench.write("B.D/other.txt", "no");
    bench.write("C.tmp/Report.TXT", "no");
    bench.settle().await;
    assert_eq!(bench.texts().await, [pair("A.D/Report.TXT", WEIGHED)]);
}

#[tokio::test]
async fn a_folder_that_is_away_is_a_line_that_waits() {
    let mut bench = Bench::new("*");
    let (here, away) = (bench.path(""), bench.place.path().join("away"));
    fs::rename(&here, &away).unwrap();
    let looked = bench.look_again().await;
    assert!(matches!(looked, Err(Hindered::Folder(PortFault::Missing))), "{looked:?}");
    fs::rename(&away, &here).unwrap();
    bench.write("1.txt", WEIGHED);
    bench.settle().await;
    assert_eq!(bench.kept().await.len(), 1);
}

/// A hub that knows the balance.
async fn hub(fresh: &Fresh) -> (Arc<dyn Intake>, Store) {
    let store = Store::open(&fresh.url).unwrap();
    store.migrate().unwrap();
    let balance = Instrument {
        code: "TP-1".to_owned(),
        name: "天平".to_owned(),
        driver: "mt-sics".to_owned(),
        transport: "folder".to_owned(),
        address: "/export".to_owned(),
        parity: "N".to_owned(),
        ..Instrument::default()
    };
    store.add(Who::Program, clock::now(), balance).await.unwrap();
    (Arc::new(Hub { store: store.clone() }), store)
}

async fn imports(store: &Store) -> Vec<Import> {
    let mut all = store.reading(|conn| transmissions::imports(conn, 1, 10)).await.unwrap();
    all.reverse();
    all
}

#[tokio::test]
async fn the_report_never_calls_a_corrupt_file_a_success_and_links_a_corrected_one_to_it() {
    let fresh = Fresh::sqlite();
    let (hub, store) = hub(&fresh).await;
    let mut bench = Bench::new("*");
    bench.write("1.txt", "\u{1}\u{2}\u{3}");
    bench.settle().await;
    bench.write("1.txt", WEIGHED);
    bench.settle().await;
    for sent in bench.kept().await {
        hub.deliver(&sent).unwrap();
        hub.deliver(&sent).unwrap();
        assert!(hub.has(&sent).unwrap());
    }
    let all = imports(&store).await;
    let [corrupt, corrected] = &all[..] else { panic!("{all:?}") };
    assert_ne!(corrupt.transmission.state, "decoded");
    assert!(corrupt.transmission.fault.is_some());
    assert_eq!((corrupt.readings, corrupt.size, corrupt.corrected_by), (0, 3, Some(corrected.transmission.id)));
    assert_eq!((corrected.transmission.state.as_str(), corrected.readings, corrected.held), ("decoded", 1, 1));
    assert_eq!(corrected.transmission.corrects, Some(corrupt.transmission.id));
    assert_eq!(corrected.transmission.file.as_deref(), Some("1.txt"));
}

#[tokio::test]
async fn a_journal_that_was_lost_doubles_no_file_in_the_record() {
    let fresh = Fresh::sqlite();
    let (hub, store) = hub(&fresh).await;
    for _ in 0..2 {
        let mut bench = Bench::new("*");
        bench.write("1.txt", WEIGHED);
        bench.settle().await;
        for sent in bench.kept().await {
            hub.deliver(&sent).unwrap();
            assert!(hub.has(&sent).unwrap(), "so that the journal may let it go one day");
        }
    }
    assert_eq!(imports(&store).await.len(), 1);
}
