//! Counts of the sequencer's work, read by metrics without asking it.

use crate::routing::ids::Span;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Upper bounds of the commit-time histogram, in microseconds; the last bucket has none.
pub const COMMIT_BUCKETS_US: [u64; 10] = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 64_000, 256_000, 1_000_000];

/// All since the start.
#[derive(Debug, Default)]
pub struct Gauges {
    pub jobs: AtomicU64,
    pub events: AtomicU64,
    pub commits: AtomicU64,
    pub failures: AtomicU64,
    pub commit_time_us: AtomicU64,
    pub commit_buckets: [AtomicU64; 11],
    /// Letters not written, so that nobody is flooded in our name.
    pub spared_acknowledgements: AtomicU64,
    pub spared_notices: AtomicU64,
}

impl Gauges {
    pub(super) fn committed(&self, jobs: usize, events: u64, took: Span) {
        let us = took.0.max(0) as u64;
        self.jobs.fetch_add(jobs as u64, Relaxed);
        self.events.fetch_add(events, Relaxed);
        self.commits.fetch_add(1, Relaxed);
        self.commit_time_us.fetch_add(us, Relaxed);
        let bucket = COMMIT_BUCKETS_US.iter().position(|bound| us <= *bound).unwrap_or(COMMIT_BUCKETS_US.len());
        self.commit_buckets[bucket].fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Relaxed);
    }
}
