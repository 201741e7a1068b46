//! A line from outside the program: one `qingke` plays an instrument, another records it, over real pseudo-terminals.
#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use drivers::conversation::{Conversation, Item, Side};
use qingke::demo::instruments::pty::Pty;

const SOON: Duration = Duration::from_secs(60);

/// An analyser's morning, written for this test: a busy receiver's NAK is not in it, a frame sent twice is.
const MORNING: &str = "# origin: written for this test after LIS01-A2
@ 0.000
< <ENQ>
> <ACK>
@ 0.020
< <STX>1H|\\^&<CR><ETX>E5<CR><LF>
> <ACK>
@ 0.040
< <STX>1H|\\^&<CR><ETX>E5<CR><LF>
> <ACK>
@ 0.060
< <STX>2L|1|N<CR><ETX>04<CR><LF>
> <NAK>
@ 0.080
< <STX>2L|1|N<CR><ETX>05<CR><LF>
> <ACK>
@ 0.100
< <EOT>
";

fn qingke(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingke"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn ended(child: Child) -> Output {
    let wait = tokio::task::spawn_blocking(move || child.wait_with_output());
    tokio::time::timeout(SOON, wait).await.expect("it ends soon").unwrap().unwrap()
}

async fn until(mut what: impl FnMut() -> bool) {
    let wait = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, wait).await.expect("it happens soon");
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

/// Two terminals joined like a null-modem cable; the cable lasts as long as the test's runtime.
fn cable() -> (String, String) {
    let (mut one, mut other) = (Pty::open().unwrap(), Pty::open().unwrap());
    let ends = (one.path().to_owned(), other.path().to_owned());
    tokio::spawn(async move { tokio::io::copy_bidirectional(&mut one, &mut other).await });
    ends
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_replayed_is_what_is_recorded_handshakes_included() {
    let folder = tempfile::tempdir().unwrap();
    let (morning, recorded) = (folder.path().join("morning.txt"), folder.path().join("recorded.txt"));
    std::fs::write(&morning, MORNING).unwrap();
    let (ours, theirs) = cable();
    let record = qingke(&["capture", "--driver", "astm-lis2", "--port", &ours, recorded.to_str().unwrap()]);
    let record = { record }.spawn().unwrap();
    until(|| read(&recorded).contains("# origin: ")).await;

    let played = qingke(&["replay", morning.to_str().unwrap(), "--port", &theirs, "--speed", "0"]).spawn().unwrap();
    let played = ended(played).await;
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    until(|| read(&recorded).contains("<EOT>")).await;
    let stopped = Command::new("kill").args(["-INT", &record.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    let stopped = ended(record).await;
    assert!(stopped.status.success(), "{}", String::from_utf8_lossy(&stopped.stderr));

    let (said, written): (Conversation, Conversation) = (MORNING.parse().unwrap(), read(&recorded).parse().unwrap());
    assert_eq!(written.heard(), said.heard());
    let ours = |it: &Conversation| -> Vec<Item> {
        it.items.iter().filter(|item| matches!(item, Item::Said(Side::Host, _))).cloned().collect()
    };
    assert_eq!(ours(&written), ours(&said));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_answers_otherwise_is_named_with_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let morning = folder.path().join("morning.txt");
    std::fs::write(&morning, MORNING.replace("> <NAK>", "> <ACK>")).unwrap();
    let (ours, theirs) = cable();
    let recorded = folder.path().join("recorded.txt");
    let record = qingke(&["capture", "--driver", "astm-lis2", "--port", &ours, recorded.to_str().unwrap()]);
    let mut record = { record }.spawn().unwrap();
    until(|| read(&recorded).contains("# origin: ")).await;
    let played = qingke(&["replay", morning.to_str().unwrap(), "--port", &theirs, "--speed", "0"]).spawn().unwrap();
    let played = ended(played).await;
    record.kill().unwrap();
    record.wait().unwrap();
    assert_eq!(played.status.code(), Some(1));
    let said = String::from_utf8_lossy(&played.stderr).into_owned();
    assert!(said.contains("expected '> <ACK>', came '> <NAK>'"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.txt");
    std::fs::write(&file, "# origin: nowhere\nhello\n").unwrap();
    let played = ended(qingke(&["replay", file.to_str().unwrap(), "--port", "/dev/none"]).spawn().unwrap()).await;
    assert_eq!(played.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&played.stderr).contains("line 2: expected"));
    let lost = folder.path().join("never.txt");
    let lost = ended(qingke(&["capture", "--port", "/dev/none", lost.to_str().unwrap()]).spawn().unwrap()).await;
    assert_eq!(lost.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&lost.stderr).contains("/dev/none: port not found"));
}
