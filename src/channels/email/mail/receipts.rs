//! How often automatic receipts may go out, so that no loop runs on and nobody is flooded in our name (reliability E7).

use super::read::without_plus;
use crate::routing::ids::{Span, Timestamp};
use std::collections::{BTreeMap, VecDeque};

const HOUR: Span = Span::mins(60);
const DAY: Span = Span::mins(24 * 60);
/// Receipts to one address in a day.
const PER_DAY: usize = 3;
/// Receipts in a minute, to whomever; beyond it there is silence.
const PER_MINUTE: usize = 60;
/// Mail older than this gets none: who fetches a backlog must not wake the whole city.
const AGE_MOST: Span = DAY;

/// Who had a receipt when. Bounded by its own rules: at most 60 a minute, remembered for a day. That a contact has no
/// more than one needs no memory: only the mail that opens it is acknowledged.
#[derive(Default)]
pub struct Acknowledgements {
    sent: VecDeque<(Timestamp, Box<str>)>,
    by_address: BTreeMap<Box<str>, Vec<Timestamp>>,
}

impl Acknowledgements {
    pub fn new() -> Acknowledgements {
        Acknowledgements::default()
    }

    /// May a receipt go to this address? Yes counts as sent, until it is taken back. `arrived` is when the mail reached
    /// the mailbox, `now` the present.
    pub fn may(&mut self, now: Timestamp, arrived: Timestamp, address: &str) -> bool {
        self.forget(now);
        let key = key(address);
        let times = self.by_address.get(key.as_str()).map_or(&[][..], Vec::as_slice);
        let refused = now - arrived > AGE_MOST
            || times.len() >= PER_DAY
            || times.last().is_some_and(|last| now - *last < HOUR)
            || self.is_silent(now);
        if !refused {
            self.note(now, address);
        }
        !refused
    }

    /// Take account of a receipt that was sent before a restart; oldest first.
    pub fn note(&mut self, at: Timestamp, address: &str) {
        let key = key(address).into_boxed_str();
        self.sent.push_back((at, key.clone()));
        self.by_address.entry(key).or_default().push(at);
    }

    /// The last one to this address was not sent after all.
    pub fn take_back(&mut self, address: &str) {
        let key = key(address);
        let Some(at) = self.sent.iter().rposition(|(_, sent)| **sent == *key) else { return };
        self.sent.remove(at);
        if let Some(times) = self.by_address.get_mut(key.as_str()) {
            times.pop();
            if times.is_empty() {
                self.by_address.remove(key.as_str());
            }
        }
    }

    /// The overall limit is reached: worth an alarm.
    pub fn is_silent(&self, now: Timestamp) -> bool {
        self.sent.iter().rev().take_while(|(at, _)| now - *at < Span::mins(1)).count() >= PER_MINUTE
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((_, key)) = self.sent.pop_front_if(|(at, _)| now - *at >= DAY) {
            if let Some(times) = self.by_address.get_mut(&key) {
                times.remove(0);
                if times.is_empty() {
                    self.by_address.remove(&key);
                }
            }
        }
    }
}

/// Plus parts and case do not make another person.
fn key(address: &str) -> String {
    without_plus(&address.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp(1_700_000_000_000_000) + Span::mins(minutes)
    }

    fn may(caps: &mut Acknowledgements, minutes: i64, address: &str) -> bool {
        caps.may(at(minutes), at(minutes), address)
    }

    #[test]
    fn one_an_hour_three_a_day() {
        let mut caps = Acknowledgements::new();
        assert!(may(&mut caps, 0, "Ana@example.org"));
        assert!(!may(&mut caps, 59, "ana+x@example.org"), "within the hour, however it is spelled");
        assert!(may(&mut caps, 60, "ana@example.org"));
        assert!(may(&mut caps, 120, "ana@example.org"));
        assert!(!may(&mut caps, 600, "ana@example.org"), "three in a day");
        assert!(may(&mut caps, 24 * 60, "ana@example.org"), "the first is a day old");
    }

    #[test]
    fn what_was_not_sent_does_not_count() {
        let mut caps = Acknowledgements::new();
        assert!(may(&mut caps, 0, "ana@example.org") && may(&mut caps, 0, "bo@example.org"));
        caps.take_back("ANA@example.org");
        caps.take_back("nobody@example.org");
        assert!(may(&mut caps, 1, "ana@example.org") && !may(&mut caps, 1, "bo@example.org"));
        assert_eq!((caps.sent.len(), caps.by_address.len()), (2, 2));
    }

    #[test]
    fn ten_thousand_names_and_one_victim() {
        let mut caps = Acknowledgements::new();
        let sent = (1..=10_000).filter(|n| may(&mut caps, n / 7, &format!("victim+{n}@example.org"))).count();
        assert_eq!(sent, 3);
    }

    #[test]
    fn sixty_a_minute_then_silence() {
        let mut caps = Acknowledgements::new();
        let sent = (1..=500).filter(|n| may(&mut caps, 0, &format!("p{n}@example.org"))).count();
        assert_eq!(sent, 60);
        assert!(caps.is_silent(at(0)));
        assert!(may(&mut caps, 1, "later@example.org"));
    }

    #[test]
    fn none_for_old_mail_and_a_restart_remembers_what_it_is_told() {
        let mut caps = Acknowledgements::new();
        assert!(!caps.may(at(3_000), at(0), "ana@example.org"));
        caps.note(at(0), "ana@example.org");
        assert!(!may(&mut caps, 30, "ana@example.org"));
    }
}
