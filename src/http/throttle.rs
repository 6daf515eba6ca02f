//! Slows down guessing of passwords without ever locking a rep out.

use crate::routing::ids::{Span, Timestamp};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Mutex;

/// Wrong passwords for one account from one network before it must wait.
const FREE_FAILURES: u32 = 5;
/// The first wait, doubled by each further failure up to the last.
const FIRST_WAIT: Span = Span::secs(1);
const LAST_WAIT: Span = Span::mins(15);
/// Nothing wrong for this long, and it begins anew.
const FORGOTTEN: Span = Span::mins(60);
/// Failures of one network, over all accounts: so many in so long. A whole bureau may sit behind one address, so successes do not count.
pub const PER_NETWORK: [(u32, Span); 1] = [(20, Span::mins(1))];
/// More entries than this and the oldest knowledge goes: two hashes at a time bound the guessing anyway.
const ENTRIES_MAX: usize = 10_000;

/// Counts failures by (account, network) and by network. An attack from elsewhere does not slow down a rep at their own desk.
pub struct Throttle {
    per_network: Vec<(u32, Span)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    accounts: HashMap<(String, IpAddr), Failures>,
    networks: HashMap<IpAddr, Vec<Timestamp>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    fn free_at(&self) -> Timestamp {
        match self.count.checked_sub(FREE_FAILURES) {
            None => self.last,
            Some(more) => self.last + Span(FIRST_WAIT.0.saturating_mul(1 << more.min(20)).min(LAST_WAIT.0)),
        }
    }
}

impl Throttle {
    /// All of these must hold for one network; see [`PER_NETWORK`].
    pub fn new(per_network: Vec<(u32, Span)>) -> Throttle {
        Throttle { per_network, state: Mutex::default() }
    }

    /// May this be tried now? A try counts as a failure until [`Throttle::succeeded`] takes it back, so that many at once are counted
    /// too. Otherwise the seconds to wait.
    pub fn admit(&self, name: &str, network: IpAddr, now: Timestamp) -> Result<(), u32> {
        let mut state = self.state.lock().expect("throttle");
        let State { accounts, networks } = &mut *state;
        make_room(accounts, |failures| failures.last + FORGOTTEN > now);
        let longest = self.per_network.iter().map(|(_, per)| *per).max().unwrap_or(Span::ZERO);
        make_room(networks, |tries| tries.last().is_some_and(|at| *at + longest > now));

        let tries = networks.entry(network).or_default();
        tries.retain(|at| *at + longest > now);
        for (most, per) in &self.per_network {
            let recent = tries.partition_point(|at| *at + *per <= now);
            if tries.len() - recent >= *most as usize {
                return Err(secs_until(tries[tries.len() - *most as usize] + *per, now));
            }
        }
        let account = accounts.entry((name.to_owned(), network)).or_insert(Failures { count: 0, last: now });
        if account.count >= FREE_FAILURES && account.free_at() > now {
            return Err(secs_until(account.free_at(), now));
        }
        if account.last + FORGOTTEN <= now {
            account.count = 0;
        }
        *account = Failures { count: account.count + 1, last: now };
        tries.push(now);
        Ok(())
    }

    /// It was not tried at all: nothing was learnt about the password.
    pub fn not_tried(&self, name: &str, network: IpAddr) {
        let mut state = self.state.lock().expect("throttle");
        if let Some(account) = state.accounts.get_mut(&(name.to_owned(), network)) {
            account.count = account.count.saturating_sub(1);
        }
        if let Some(tries) = state.networks.get_mut(&network) {
            tries.pop();
        }
    }

    /// It was the right password after all.
    pub fn succeeded(&self, name: &str, network: IpAddr) {
        let mut state = self.state.lock().expect("throttle");
        state.accounts.remove(&(name.to_owned(), network));
        if let Some(tries) = state.networks.get_mut(&network) {
            tries.pop();
        }
    }
}

fn make_room<K: Eq + Hash, V>(map: &mut HashMap<K, V>, counts: impl Fn(&V) -> bool) {
    if map.len() >= ENTRIES_MAX {
        map.retain(|_, value| counts(value));
    }
    if map.len() >= ENTRIES_MAX {
        map.clear();
    }
}

fn secs_until(then: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((then - now).as_secs()).unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTACKER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));
    const DESK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn at(secs: i64) -> Timestamp {
        Timestamp(1_800_000_000_000_000) + Span::secs(secs)
    }

    #[test]
    fn waits_grow_from_a_second_to_a_quarter_of_an_hour() {
        let throttle = Throttle::new(PER_NETWORK.to_vec());
        let mut now = 0;
        for _ in 0..5 {
            assert_eq!(throttle.admit("ana", ATTACKER, at(now)), Ok(()));
        }
        let mut waits = Vec::new();
        for _ in 0..14 {
            let Err(wait) = throttle.admit("ana", ATTACKER, at(now)) else { panic!("it must wait") };
            waits.push(wait - 1);
            now += i64::from(wait);
            assert_eq!(throttle.admit("ana", ATTACKER, at(now)), Ok(()));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
    }

    #[test]
    fn the_right_password_from_a_clean_address_works_in_the_middle_of_an_attack() {
        let throttle = Throttle::new(PER_NETWORK.to_vec());
        while throttle.admit("ana", ATTACKER, at(0)).is_ok() {}
        assert_eq!(throttle.admit("ana", DESK, at(0)), Ok(()));
    }

    #[test]
    fn one_network_has_twenty_failures_a_minute_over_all_accounts() {
        let throttle = Throttle::new(PER_NETWORK.to_vec());
        for n in 0..20 {
            assert_eq!(throttle.admit(&format!("rep{n}"), ATTACKER, at(n)), Ok(()));
        }
        assert_eq!(throttle.admit("rep20", ATTACKER, at(20)), Err(41));
        assert_eq!(throttle.admit("rep20", DESK, at(20)), Ok(()));
        assert_eq!(throttle.admit("rep20", ATTACKER, at(61)), Ok(()));
    }

    #[test]
    fn a_whole_bureau_signs_in_from_one_address() {
        let throttle = Throttle::new(PER_NETWORK.to_vec());
        for n in 0..200 {
            assert_eq!(throttle.admit(&format!("rep{n}"), DESK, at(0)), Ok(()));
            throttle.succeeded(&format!("rep{n}"), DESK);
        }
    }

    #[test]
    fn what_was_not_tried_does_not_count() {
        let throttle = Throttle::new(PER_NETWORK.to_vec());
        for _ in 0..100 {
            assert_eq!(throttle.admit("ana", DESK, at(0)), Ok(()));
            throttle.not_tried("ana", DESK);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new(PER_NETWORK.to_vec());
        for n in 0..ENTRIES_MAX as u32 + 10 {
            let _ = throttle.admit("ana", IpAddr::V4(n.into()), at(0));
        }
        let state = throttle.state.lock().unwrap();
        assert!(state.accounts.len() <= ENTRIES_MAX && state.networks.len() <= ENTRIES_MAX);
    }
}
