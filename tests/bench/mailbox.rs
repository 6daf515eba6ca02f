//! The real daemon in front of a mailbox: it reads what is there, and then what comes; what it has kept is read in its database.

use crate::daemon::{Daemon, hired, memory};
use crate::dovecot::{PASSWORD, USER};
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The next mail does not take longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon that takes all mail of one mailbox. Ended with it.
pub struct Reader {
    daemon: Daemon,
    books: Connection,
}

impl Reader {
    /// With settings and roster in its folder; it answers when this returns.
    pub async fn start(settled: TempDir) -> Reader {
        let mut daemon = Daemon::start(settled);
        daemon.ready().await;
        let books = books(daemon.folder.path());
        Reader { daemon, books }
    }

    pub fn door(&self) -> SocketAddr {
        self.daemon.door
    }

    /// Waits until so many mails are kept, from the first on; when that was. What another program sees in the database is
    /// on disk: a commit shows once it is synced.
    pub async fn until(&self, count: usize) -> Instant {
        let (mut kept, mut since) = (0, Instant::now());
        loop {
            let now = self.newest();
            if now >= count {
                return Instant::now();
            }
            if now > kept {
                (kept, since) = (now, Instant::now());
            }
            assert!(since.elapsed() < PATIENCE, "{kept} mails, and no more for {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The number of the mail that was kept last.
    pub fn newest(&self) -> usize {
        number(&self.books, "SELECT coalesce(max(id), 0) FROM mail")
    }

    /// Waits until the mail with this subject is kept; it comes behind that number.
    pub async fn until_taken(&self, subject: &str, behind: usize) {
        let since = Instant::now();
        let question = format!("SELECT count(*) FROM mail WHERE id > {behind} AND subject = '{subject}'");
        while number(&self.books, &question) == 0 {
            assert!(since.elapsed() < PATIENCE, "{subject} is not taken");
            tokio::time::sleep(Duration::from_millis(1)).await; // another process
        }
    }

    /// Resident memory now and at most so far, in MiB.
    pub fn resident(&self) -> (f64, f64) {
        (memory(self.daemon.id(), "VmRSS"), memory(self.daemon.id(), "VmHWM"))
    }

    /// What is taken is moved away first. How many contacts there are.
    pub fn stop(self) -> usize {
        drop(self.books);
        let folder = self.daemon.stop();
        number(&books(folder.path()), "SELECT count(*) FROM contact WHERE channel = 'email'")
    }
}

/// To read INBOX at the port `imap` of this machine; letters go to the port `relay`. One rep is on the roster, `rep0`.
pub fn settled(imap: u16, relay: u16) -> TempDir {
    let folder = hired(1, 10_000);
    let secret = folder.path().join("secret");
    fs::write(&secret, PASSWORD)
        .and_then(|()| fs::set_permissions(&secret, Permissions::from_mode(0o600)))
        .expect("ours");
    let settings = format!(
        "[[email.mailbox]]\nname = \"desk\"\nhost = \"127.0.0.1\"\nport = {imap}\ntls = \"none\"\nuser = {USER:?}\n\
         auth.password = \"file:{}\"\nstart = \"all\"\n\
         [email.relay]\nhost = \"127.0.0.1\"\nport = {relay}\ntls = \"none\"\nfrom = \"311@example.gov\"\n",
        secret.display()
    );
    let mut file = OpenOptions::new().append(true).open(folder.path().join("steelbridge.toml")).expect("its settings");
    file.write_all(settings.as_bytes()).expect("they can be written");
    folder
}

/// Looked at from outside.
fn books(folder: &Path) -> Connection {
    let path = folder.join("data/steelbridge.db");
    let books = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("its database");
    books.busy_timeout(Duration::from_secs(5)).expect("patience");
    books
}

fn number(books: &Connection, question: &str) -> usize {
    books.query_row(question, (), |row| row.get::<_, i64>(0)).expect("a number") as usize
}
