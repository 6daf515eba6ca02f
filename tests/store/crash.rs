//! Kills, full disks and failing writes: what was acknowledged is kept, and what failed is not acknowledged.
//!
//! Each test starts this test programme again, as a process that can be killed or starved.

use crate::Directory;
use crate::sample::*;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use steelbridge::routing::ids::*;
use steelbridge::store::embedded::Embedded;
use steelbridge::store::{Reads, Seen, Store};

/// Set in the started process: the data directory.
const DIRECTORY: &str = "STEELBRIDGE_TEST_DIRECTORY";
/// How many contacts to keep at most.
const AT_MOST: &str = "STEELBRIDGE_TEST_AT_MOST";

/// The data directory, when this is the started process.
fn started() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).map(PathBuf::from)
}

/// This test again, as a process, behind a wrapper such as `strace …`.
fn again(test: &str, wrapper: &[&str], directory: &Path) -> Command {
    let this = std::env::current_exe().expect("the path of this test programme");
    let own = [this.as_os_str(), OsStr::new("--exact"), OsStr::new(test), OsStr::new("--nocapture")];
    let mut words = wrapper.iter().map(OsStr::new).chain(own);
    let mut command = Command::new(words.next().expect("at least this programme"));
    command.args(words).env(DIRECTORY, directory).stdout(Stdio::piped());
    command
}

fn needs(tool: &str, package: &str) {
    let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().expect("sh");
    assert!(found.status.success(), "this test needs {tool}; install {package}");
}

/// Keeps contacts one at a time until something fails, and says so line by line.
fn keep_until_it_fails(directory: &Path) {
    let most = std::env::var(AT_MOST).map_or(u64::MAX, |most| most.parse().expect("a number"));
    let say = |line: String| {
        let mut out = std::io::stdout();
        out.write_all(format!("\n{line}\n").as_bytes()).and_then(|()| out.flush()).expect("someone listens");
    };
    let (mut store, reads) = Embedded::open(directory).expect("the store opens");
    let first = (1..).find(|n| reads.contact(ContactId(*n)).unwrap().is_none()).unwrap();
    for number in first..first.saturating_add(most) {
        match store.append(&[opened(number)]) {
            Ok(_) => say(format!("kept {number}")),
            Err(error) => {
                say(format!("failed {error}"));
                assert!(store.append(&[opened(number)]).is_err(), "a handle that failed reports nothing as kept");
                return;
            }
        }
    }
}

/// What the process said it had kept, and how it failed.
#[derive(Default)]
struct Account {
    kept: Vec<u64>,
    failed: Option<String>,
}

impl Account {
    fn hear(&mut self, line: &str) {
        if let Some(number) = line.strip_prefix("kept ") {
            self.kept.push(number.parse().unwrap());
        } else if let Some(error) = line.strip_prefix("failed ") {
            self.failed = Some(error.to_owned());
        }
    }

    fn of(mut command: Command) -> Account {
        let done = command.output().expect("it starts");
        assert!(done.status.success(), "{}\n{}", done.status, String::from_utf8_lossy(&done.stdout));
        let mut account = Account::default();
        String::from_utf8_lossy(&done.stdout).lines().for_each(|line| account.hear(line));
        account
    }
}

/// Everything acknowledged is there, nothing is there by half, and the store takes more.
fn check(directory: &Path, kept: &[u64]) {
    let (mut store, reads) = Embedded::open(directory).expect("it opens again");
    assert!(store.verify().is_empty(), "{:?}", store.verify());
    for number in kept {
        let id = ContactId(*number);
        assert_eq!(reads.contact(id).unwrap(), Some(record(*number)));
        assert_eq!(reads.conversation(id, 0, 10).unwrap().len(), 1);
        let seen = Seen { contact: id, fingerprint: Some(hash(number + 1_000)) };
        assert_eq!(store.seen(&source(*number)).unwrap(), Some(seen));
    }
    let events = store.events(Seq(0), usize::MAX).unwrap();
    let all = events.len() as u64 / 2;
    assert!(all >= kept.iter().copied().max().unwrap_or(0) && events.len().is_multiple_of(2));
    store.append(&[opened(all + 1)]).unwrap();
}

#[test]
fn what_is_acknowledged_survives_kill_9() {
    if let Some(directory) = started() {
        return keep_until_it_fails(&directory);
    }
    let home = Directory::made();
    let mut account = Account::default();
    for round in 1..=6 {
        let mut child = again("crash::what_is_acknowledged_survives_kill_9", &[], home.path()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let until = account.kept.len() + round * 9;
        for line in lines.by_ref() {
            account.hear(&line.unwrap());
            if account.kept.len() >= until {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        lines.for_each(|line| account.hear(&line.unwrap())); // said before it died
        check(home.path(), &account.kept);
    }
    assert!(account.kept.len() >= 9 * (1 + 2 + 3 + 4 + 5 + 6));
}

/// After a failed write nothing is reported as kept: here because the file may not grow.
#[test]
fn a_write_that_fails_is_not_acknowledged() {
    if let Some(directory) = started() {
        return keep_until_it_fails(&directory);
    }
    let home = Directory::made();
    let limit = ["sh", "-c", "trap '' XFSZ; ulimit -f 3000; exec \"$@\"", "sh"];
    let account = Account::of(again("crash::a_write_that_fails_is_not_acknowledged", &limit, home.path()));
    assert!(account.kept.len() > 10, "{}", account.kept.len());
    let error = account.failed.expect("the limit was reached");
    assert!(error.contains("reading or writing the disk failed"), "{error}");
    check(home.path(), &account.kept);
}

/// An fsync that fails may have lost everything since the one before.
#[test]
fn an_fsync_that_fails_is_not_acknowledged() {
    if let Some(directory) = started() {
        return keep_until_it_fails(&directory);
    }
    needs("strace", "strace");
    let home = Directory::made();
    for when in [30, 41] {
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={when}+");
        let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", &inject];
        let account = Account::of(again("crash::an_fsync_that_fails_is_not_acknowledged", &strace, home.path()));
        assert!(account.kept.len() > 5, "{}", account.kept.len());
        let error = account.failed.expect("an fsync failed");
        assert!(error.contains("reading or writing the disk failed"), "{error}");
        check(home.path(), &account.kept);
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_lost() {
    if let Some(directory) = started() {
        return fill(&directory);
    }
    needs("unshare", "util-linux");
    let home = Directory::made();
    // A file system of its own, seen by nobody else, gone with the process. Without root, a user namespace allows it.
    let mount = "[ $(id -u) = 0 ] || user=--map-root-user; \
        exec unshare --mount $user sh -c 'mount -t tmpfs -o size=3m none \"$STEELBRIDGE_TEST_DIRECTORY\" && exec \"$@\"' sh \"$@\"";
    let mut child = again("crash::a_full_disk_is_said_and_nothing_is_lost", &["sh", "-c", mount, "sh"], home.path());
    let done = child.stderr(Stdio::piped()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && out.contains("1 passed"), "{out}\n{err}");
    assert!(fs::read_dir(home.path()).unwrap().next().is_none(), "it was not the real disk that was filled");
}

fn fill(directory: &Path) {
    let ballast = directory.join("ballast");
    fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let data = directory.join("data");
    let (mut store, reads) = Embedded::open(&data).unwrap();
    let mut kept = Vec::new();
    let error = loop {
        assert!(kept.len() < 10_000, "the disk never filled up");
        let number = kept.len() as u64 + 1;
        match store.append(&[opened(number)]) {
            Ok(_) => kept.push(number),
            Err(error) => break error.to_string(),
        }
    };
    assert!(error.contains("the disk is full"), "{error}");
    assert!(kept.len() > 10, "{}", kept.len());
    assert!(store.append(&[opened(kept.len() as u64 + 1)]).is_err());
    assert_eq!(reads.contact(ContactId(5)).unwrap(), Some(record(5)), "what is there can still be read");
    drop((store, reads));
    fs::remove_file(&ballast).unwrap();
    check(&data, &kept);
}

/// Guides/reliability.md, chasquid row: someone must count the fsyncs.
#[test]
fn a_batch_costs_one_fsync() {
    if let Some(directory) = started() {
        return keep_until_it_fails(&directory);
    }
    needs("strace", "strace");
    let fsyncs = |contacts: &str| {
        let home = Directory::made();
        let log = home.path().join("strace");
        let log = log.to_str().unwrap();
        let strace = ["strace", "-f", "-qq", "-o", log, "-e", "trace=fsync,fdatasync"];
        let mut command = again("crash::a_batch_costs_one_fsync", &strace, home.path());
        command.env(AT_MOST, contacts);
        assert_eq!(Account::of(command).kept.len().to_string(), contacts);
        fs::read_to_string(log).unwrap().lines().filter(|line| line.contains("sync(")).count()
    };
    assert_eq!(fsyncs("30") - fsyncs("10"), 20);
}
