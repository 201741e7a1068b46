//! Commits of the journal: by whoever finds the file free, or by the thread that takes all that waits.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use diesel::sqlite::SqliteConnection;
use tokio::runtime::Handle;

use super::{JournalError, file};

/// How many requests share a commit at most.
const GROUP: usize = 256;

/// A commit that takes longer is left to the thread: the tasks of the caller's thread would wait with it, and to change
/// threads costs little beside such a disk.
const QUICK: Duration = Duration::from_millis(2);

/// Tells a caller how the commit ended that carried its work.
pub(super) type Reply = Box<dyn FnOnce(Result<(), JournalError>) + Send>;
pub(super) type Work = Box<dyn FnOnce(Result<&mut SqliteConnection, JournalError>) -> Reply + Send>;

/// The open file, and what is known of it.
struct Open {
    /// `None` after a commit that failed, and while one is under way: a panic in it must not leave half of it behind.
    conn: Option<SqliteConnection>,
    /// How long the last commit took.
    took: Duration,
    /// How many requests shared it.
    shared: usize,
}

pub(super) struct Committer {
    path: PathBuf,
    open: Mutex<Open>,
    /// Works that were sent to the thread and are not yet taken by it.
    waiting: AtomicUsize,
    /// Held as long as the file is open.
    _lock: File,
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committer").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Committer {
    pub fn new(path: &Path, conn: SqliteConnection, lock: File) -> Self {
        let open = Mutex::new(Open { conn: Some(conn), took: Duration::ZERO, shared: 0 });
        Self { path: path.to_owned(), open, waiting: AtomicUsize::new(0), _lock: lock }
    }

    /// Commits this work here and now if that keeps nobody waiting; gives it back otherwise.
    pub fn at_once(&self, work: Work) -> Option<Work> {
        // At most one thread of the runtime is held, and for one commit; the others must be there to go on.
        let alone = Handle::try_current().is_ok_and(|runtime| runtime.metrics().num_workers() < 2);
        // Works of others come first, or a line that never rests would keep them out.
        if alone || self.waiting.load(Ordering::Acquire) > 0 {
            return Some(work);
        }
        match self.open.try_lock() {
            // Where many speak at once, more share a commit if each of them waits for the thread.
            Ok(mut open) if open.took < QUICK && open.shared < 2 && open.conn.is_some() => {
                self.commit(&mut open, vec![work]);
                None
            }
            _ => Some(work),
        }
    }

    /// A work is on its way to the thread.
    pub fn expect(&self) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
    }

    /// The thread: takes all that waits, commits it at once, answers; ends when the last handle is gone.
    pub fn serve(&self, inbox: &mpsc::Receiver<Work>) {
        while let Ok(first) = inbox.recv() {
            let mut open = self.open();
            let group: Vec<Work> = std::iter::once(first).chain(inbox.try_iter().take(GROUP - 1)).collect();
            self.waiting.fetch_sub(group.len(), Ordering::AcqRel);
            self.commit(&mut open, group);
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, open: &mut Open, group: Vec<Work>) {
        let mut conn = match open.conn.take().map_or_else(|| file::open(&self.path), Ok) {
            Ok(conn) => conn,
            Err(error) => {
                tracing::error!(%error, "journal cannot be opened");
                for work in group {
                    work(Err(error.clone()))(Ok(()));
                }
                return;
            }
        };
        let begun = Instant::now();
        open.shared = group.len();
        let mut group = group.into_iter();
        let mut replies = Vec::with_capacity(group.len());
        let committed = conn.immediate_transaction(|conn| {
            replies.extend(group.by_ref().map(|work| work(Ok(&mut *conn))));
            Ok::<(), JournalError>(())
        });
        open.took = begun.elapsed();
        match &committed {
            Ok(()) => open.conn = Some(conn),
            Err(error) => {
                tracing::error!(%error, "journal commit failed");
                // Left over when the transaction could not even begin.
                replies.extend(group.map(|work| work(Err(error.clone()))));
            }
        }
        for reply in replies {
            reply(committed.clone());
        }
    }
}
