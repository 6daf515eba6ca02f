//! From disk to a running engine: the newest snapshot, then the tail of the journal.

use super::sequencer::Open;
use crate::routing::engine::{Engine, Snapshot};
use crate::routing::ids::Seq;
use crate::store::{Store, StoreError};
use std::time::Duration;

/// Events after which a snapshot is worth its time.
pub const SNAPSHOT_EVERY: u64 = 20_000;
/// Events read at once.
const PAGE: usize = 10_000;
/// The first byte of a snapshot; another one is ignored and the journal replayed from its start.
const FORMAT: u8 = 2;
/// How often, and how far apart, the store is opened again after an error before the daemon gives up.
const REOPEN: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1_500),
    Duration::from_millis(3_000),
];

/// The engine as the store remembers it, the position of the last event, and how many came after the snapshot.
pub(super) fn load<S: Store>(store: &S) -> Result<(Engine, Seq, u64), StoreError> {
    let kept = store.snapshot()?;
    let (snapshot, from) = match kept.and_then(|(seq, bytes)| Some((decode(&bytes)?, seq))) {
        Some((snapshot, seq)) => (Some(snapshot), seq),
        None => (None, Seq(0)),
    };
    let (mut last, mut failed) = (from, None);
    let mut page = Vec::new().into_iter();
    let tail = std::iter::from_fn(|| {
        if page.len() == 0 {
            match store.events(last, PAGE) {
                Ok(events) => page = events.into_iter(),
                Err(error) => failed = Some(error),
            }
        }
        let next = page.next()?;
        last = next.seq;
        Some((next.at, next.event))
    });
    let engine = Engine::replay(snapshot, tail);
    match failed {
        Some(error) => Err(error),
        None => Ok((engine, last, last.0 - from.0)),
    }
}

/// Let go of a failed store and open it anew, a few times.
pub(super) fn reopen<S: Store>(failed: S, open: &mut Open<S>) -> Result<(S, Engine, Seq, u64), StoreError> {
    drop(failed); // and with it the lock on the data

    let mut last = None;
    for pause in REOPEN {
        std::thread::sleep(pause);
        let opened = open().and_then(|(store, _)| {
            let (engine, seq, tail) = load(&store)?;
            Ok((store, engine, seq, tail))
        });
        match opened {
            Ok(opened) => return Ok(opened),
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("it was tried at least once"))
}

pub(super) fn encode(engine: &Engine) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(&engine.snapshot(), vec![FORMAT]).map_err(|e| StoreError::Database(e.to_string()))
}

fn decode(bytes: &[u8]) -> Option<Snapshot> {
    let (format, rest) = bytes.split_first()?;
    let snapshot = (*format == FORMAT).then(|| postcard::from_bytes(rest).ok()).flatten();
    if snapshot.is_none() {
        tracing::warn!("the snapshot is of another format; replaying the whole journal");
    }
    snapshot
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::event::Event;
    use crate::routing::ids::Timestamp;

    #[derive(serde::Deserialize)]
    struct Line {
        at: Timestamp,
        event: Event,
    }

    /// A snapshot that cannot be read would only cost time, and so would not be noticed.
    #[test]
    fn a_snapshot_at_any_moment_of_a_day_is_read_back_whole() {
        let day = include_str!("../../tests/data/journal/v3.jsonl");
        let lines: Vec<Line> = day.lines().map(|line| serde_json::from_str(line).expect("a kept event")).collect();
        for upto in 1..=lines.len() {
            let events = lines[..upto].iter().map(|line| (line.at, line.event.clone()));
            let engine = Engine::replay(None, events);
            let kept = encode(&engine).expect("plain data");
            assert_eq!(decode(&kept), Some(engine.snapshot()), "after line {upto}");
        }
    }
}
