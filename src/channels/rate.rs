//! How often is too often: a token bucket in eight bytes, on the daemon's clock.

use crate::routing::ids::{Span, Timestamp};
use std::collections::HashMap;
use std::hash::Hash;

/// `burst` at once, and one more after every `refill`.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub burst: u32,
    pub refill: Span,
}

/// When the bucket will be full again (generic cell rate algorithm, ITU-T I.371): all the state a rate needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    full_at: Timestamp,
}

impl Bucket {
    /// Takes one, or says how long to wait for the next.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), Span> {
        self.take_many(1, rate, now)
    }

    /// Takes so many together, or says how long to wait for all of them; more than the burst never come.
    pub fn take_many(&mut self, count: u32, rate: Rate, now: Timestamp) -> Result<(), Span> {
        let full_at = self.full_at.max(now) + Span(rate.refill.0.saturating_mul(i64::from(count)));
        let may_be_ahead = Span(rate.refill.0.saturating_mul(i64::from(rate.burst)));
        let wait = Span((full_at - now).0 - may_be_ahead.0);
        if wait > Span::ZERO {
            return Err(wait);
        }
        self.full_at = full_at;
        Ok(())
    }

    /// Nothing is remembered that matters any more.
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.full_at <= now
    }
}

/// One bucket per key, never more than `capacity` of them.
#[derive(Debug)]
pub struct Buckets<K> {
    buckets: HashMap<K, Bucket>,
    capacity: usize,
}

impl<K: Eq + Hash> Buckets<K> {
    pub fn new(capacity: usize) -> Buckets<K> {
        Buckets { buckets: HashMap::new(), capacity }
    }

    /// Takes one from the key's bucket. When all places are taken by buckets in use, new keys wait as if theirs were empty.
    pub fn take(&mut self, key: K, rate: Rate, now: Timestamp) -> Result<(), Span> {
        self.take_many(key, 1, rate, now)
    }

    /// The same for so many together.
    pub fn take_many(&mut self, key: K, count: u32, rate: Rate, now: Timestamp) -> Result<(), Span> {
        if self.buckets.len() >= self.capacity && !self.buckets.contains_key(&key) {
            self.buckets.retain(|_, bucket| !bucket.is_full(now));
            if self.buckets.len() >= self.capacity {
                return Err(rate.refill);
            }
        }
        self.buckets.entry(key).or_default().take_many(count, rate, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, refill: Span::secs(20) };

    fn at(secs: i64) -> Timestamp {
        Timestamp(1_700_000_000_000_000) + Span::secs(secs)
    }

    #[test]
    fn three_at_once_then_one_every_twenty_seconds() {
        let mut bucket = Bucket::default();
        let taken: Vec<bool> =
            [0, 0, 0, 0, 19, 20, 21, 40, 40].map(|s| bucket.take(RATE, at(s)).is_ok()).into_iter().collect();
        assert_eq!(taken, [true, true, true, false, false, true, false, true, false]);
    }

    #[test]
    fn a_refusal_says_how_long_and_costs_nothing() {
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            bucket.take(RATE, at(0)).unwrap();
        }
        for _ in 0..100 {
            assert_eq!(bucket.take(RATE, at(5)), Err(Span::secs(15)));
        }
        assert_eq!(bucket.take(RATE, at(20)), Ok(()));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out_for_longer_than_the_burst() {
        let mut bucket = Bucket::default();
        bucket.take(RATE, at(1000)).unwrap();
        assert_eq!(bucket.take(RATE, at(999)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_idle_keys_make_room() {
        let mut buckets = Buckets::new(2);
        assert!(buckets.take(1, RATE, at(0)).is_ok());
        assert!(buckets.take(2, RATE, at(0)).is_ok());
        assert_eq!(buckets.take(3, RATE, at(1)), Err(Span::secs(20)));
        assert!(buckets.take(2, RATE, at(1)).is_ok(), "a known key goes on");
        assert!(buckets.take(3, RATE, at(25)).is_ok(), "the first is full again and was dropped");
        assert_eq!(buckets.buckets.len(), 2);
    }
}
