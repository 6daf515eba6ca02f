//! The strace command lines that inject faults, and the reading of what it saw.

use std::path::Path;
use std::time::Duration;

fn strace(words: &[&str]) -> Vec<String> {
    Vec::from_iter(["strace", "-f", "-qq"].iter().chain(words).map(|&word| word.to_owned()))
}

/// The daemon dies as it enters its n-th fsync. strace counts a thread at a time; one thread writes the store.
pub fn killed_at_sync(n: u32) -> Vec<String> {
    let inject = format!("inject=fdatasync,fsync:signal=KILL:when={n}");
    strace(&["-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", &inject])
}

/// The disk answers EIO to the n-th fsync, and to every later one too if it does not recover.
pub fn sync_fails_at(n: u32, recovers: bool, seen: &Path) -> Vec<String> {
    let inject = format!("inject=fdatasync,fsync:error=EIO:when={n}{}", if recovers { "" } else { "+" });
    let seen = seen.to_str().expect("a plain path");
    strace(&["-ttt", "-o", seen, "-e", "trace=fdatasync,fsync", "-e", &inject])
}

/// Notes fsyncs and what is written to sockets, in order.
pub fn watching(seen: &Path) -> Vec<String> {
    let seen = seen.to_str().expect("a plain path");
    strace(&["-s", "48", "-o", seen, "-e", "trace=fdatasync,fsync,write,writev,sendto,sendmsg"])
}

/// One fsync as strace saw it end.
#[derive(Debug)]
pub struct Sync {
    /// Seconds since 1970, on the clock of the tests.
    pub at: f64,
    pub worked: bool,
}

/// Every fsync that ended, from the trace of `sync_fails_at`.
pub fn syncs(seen: &Path) -> Vec<Sync> {
    let trace = std::fs::read_to_string(seen).expect("strace wrote what it saw");
    let ended = trace.lines().filter(|line| line.contains("sync") && line.contains(" = "));
    let sync = |line: &str| {
        let at = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(Sync { at, worked: line.trim_end().ends_with("= 0") })
    };
    Vec::from_iter(ended.filter_map(sync))
}

/// Between a request that begins at byte `from` of the trace and the write of its `answer`: how many fsyncs
/// were begun and ended? Waits until strace has noted the answer.
pub async fn syncs_before(seen: &Path, from: u64, answer: &str) -> usize {
    for _ in 0..500 {
        let trace = String::from_utf8_lossy(&std::fs::read(seen).expect("a trace")).into_owned();
        let since = Vec::from_iter(trace[from as usize..].lines());
        if let Some(end) = since.iter().position(|line| line.contains(answer)) {
            return count_whole_syncs(&since[..end]);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("strace never saw {answer:?} being written");
}

/// An fsync that another thread interrupts in the trace has two lines, of which both must be there.
fn count_whole_syncs(lines: &[&str]) -> usize {
    let mut begun = Vec::new();
    let mut whole = 0;
    for line in lines.iter().filter(|line| line.contains("sync")) {
        let thread = line.split_whitespace().next();
        if line.ends_with("<unfinished ...>") {
            begun.push(thread);
        } else if line.trim_end().ends_with("= 0") && (!line.contains("resumed") || begun.contains(&thread)) {
            whole += 1;
        }
    }
    whole
}

pub fn length(seen: &Path) -> u64 {
    std::fs::metadata(seen).map_or(0, |trace| trace.len())
}
