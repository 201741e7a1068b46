//! Power cuts: the agent's journal on a file system of its own (ext4 or xfs in a loop), which is shut down without
//! flushing at one write, sync or rename after the other. Needs root and a mount namespace:
//!
//!     sudo unshare -m cargo test --test faults -- --ignored --nocapture --test-threads=1 power
//!
//! An acknowledgement counts only if the instrument read it before the cut: a process can go on talking after its file
//! system has died.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::bench::{Program, signal, until};
use crate::calls::{Before, SESSIONS, counted, points, strace_works, traced};

/// Calls that change what the disk holds.
const CALLS: [&str; 7] = ["pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink", "rename"];

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A disk whose power can be cut.
struct Disk {
    image: PathBuf,
    mount: PathBuf,
}

impl Disk {
    fn new(folder: &Path, kind: &str) -> Self {
        let disk = Self { image: folder.join("image"), mount: folder.join("disk") };
        fs::create_dir(&disk.mount).unwrap();
        // The smallest that xfs makes; sparse.
        run("truncate", &["-s", "320M", disk.image.to_str().unwrap()]);
        let quiet = if kind == "xfs" { ["-q", "-f"] } else { ["-q", "-F"] };
        run(&format!("mkfs.{kind}"), &[quiet[0], quiet[1], disk.image.to_str().unwrap()]);
        disk.mount();
        disk
    }

    fn mount(&self) {
        run("mount", &["-o", "loop", self.image.to_str().unwrap(), self.mount.to_str().unwrap()]);
    }

    fn unmount(&self) {
        // A killed process lets go of its files within moments.
        until("the disk is let go", Duration::from_secs(20), || {
            Command::new("umount").arg(&self.mount).output().is_ok_and(|output| output.status.success())
        });
    }

    /// Stops the file system where it stands: what is not on the disk will never be.
    fn cut(&self) {
        // FS_IOC_SHUTDOWN with NOLOGFLUSH, of both file systems.
        let shutdown = "import fcntl, os, struct, sys\n\
            fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";
        run("python3", &["-c", shutdown, self.mount.to_str().unwrap()]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.mount).output();
    }
}

/// Whether all threads of a process are stopped, and not only held for a moment by their tracer.
fn is_stopped(id: u32) -> bool {
    let thread_is = |thread: &Path| {
        let stat = fs::read_to_string(thread.join("stat")).unwrap_or_default();
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        matches!(state, Some('T' | 't'))
    };
    (0..12).all(|_| {
        std::thread::sleep(Duration::from_millis(3));
        let threads = fs::read_dir(format!("/proc/{id}/task"));
        threads.is_ok_and(|threads| threads.flatten().all(|thread| thread_is(&thread.path())))
    })
}

#[derive(Debug, Default)]
struct Cuts {
    points: usize,
    with_losses: usize,
    said: Vec<String>,
}

/// Cuts the power at every `step`-th point; `more` is told to strace beside the stop.
fn cut_at_points(kind: &str, before: Before, step: usize, more: &[&str]) -> Cuts {
    assert!(strace_works());
    let folder = tempfile::tempdir().unwrap();
    let template = before.bench(&folder.path().join("before"));
    let counts = counted(&template.copied(&folder.path().join("counted")), &CALLS);
    let disk = Disk::new(folder.path(), kind);
    let mut cuts = Cuts::default();
    for (call, k) in points(counts, step) {
        let place = disk.mount.join(format!("{call}-{k}"));
        let bench = &template.copied(&place);
        run("sync", &["-f", disk.mount.to_str().unwrap()]);
        let inject = format!("inject={call}:signal=SIGSTOP:when={k}");
        let mut all = vec!["-e", inject.as_str()];
        all.extend(more);
        let calls = format!("{call},fsync,fdatasync");
        let mut agent = Program::start(
            &mut bench.command_logging(&traced(&calls, &all, Path::new("/dev/null")), &folder.path().join("agent.log")),
        );
        let is_cut = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // A stopped agent says nothing more: what its instrument has read by the cut is all that counts.
            let is_cut = &is_cut;
            let runs = || !is_cut.load(Ordering::Relaxed);
            let talk = scope.spawn(move || bench.talk_while(runs, SESSIONS, Duration::from_millis(700)));
            while !talk.is_finished() && !is_stopped(agent.id()) {}
            let before_the_cut = bench.memory.lock().unwrap().clone();
            disk.cut();
            is_cut.store(true, Ordering::Relaxed);
            signal(agent.id(), "KILL");
            talk.join().unwrap();
            bench.memory.lock().unwrap().believe_only(&before_the_cut);
        });
        agent.kill();
        disk.unmount();
        disk.mount();
        let faults = bench.faults();
        let _ = fs::remove_dir_all(&place);
        cuts.points += 1;
        if !faults.none() {
            cuts.with_losses += 1;
            cuts.said.push(format!("{kind}, {before:?}, {call} {k}: {faults}"));
        }
    }
    cuts
}

fn every(kind: &str) {
    let begun = Instant::now();
    let step = std::env::var("QINGKE_TEST_STEP").map_or(1, |step| step.parse().expect("QINGKE_TEST_STEP: a number"));
    for before in Before::ALL {
        let cuts = cut_at_points(kind, before, step, &[]);
        eprintln!("{kind}, {before:?}: power cut at {} points, {} s", cuts.points, begun.elapsed().as_secs());
        assert_eq!(cuts.with_losses, 0, "{:#?}", cuts.said);
    }
}

#[test]
#[ignore = "needs root and a mount namespace"]
fn power_cut_at_every_write_loses_nothing_on_ext4() {
    every("ext4");
}

#[test]
#[ignore = "needs root, a mount namespace and xfsprogs"]
fn power_cut_at_every_write_loses_nothing_on_xfs() {
    every("xfs");
}

/// The test of the test: a disk that only says it has synced must be found out.
#[test]
#[ignore = "needs root and a mount namespace"]
fn power_cut_on_a_disk_that_lies_about_its_syncs_is_found_to_lose() {
    let lies = ["-e", "inject=fsync,fdatasync:retval=0"];
    let cuts = cut_at_points("ext4", Before::Yesterday, 10, &lies);
    eprintln!("a lying disk: {} of {} cuts lost what was acknowledged", cuts.with_losses, cuts.points);
    assert!(cuts.with_losses > 0, "the power cut finds nothing: it proves nothing");
}
