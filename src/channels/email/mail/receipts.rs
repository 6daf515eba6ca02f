//! How often automatic receipts may go out, so that no loop runs on and nobody is flooded in our name (reliability E7).

use super::read::without_plus;
use crate::routing::ids::{ContactId, Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const HOUR: Span = Span::mins(60);
const DAY: Span = Span::mins(24 * 60);
/// Receipts to one address in a day.
const PER_DAY: usize = 3;
/// Receipts in a minute, to whomever; beyond it there is silence.
const PER_MINUTE: usize = 60;
/// Mail older than this gets none: who fetches a backlog must not wake the whole city.
const AGE_MOST: Span = DAY;
/// Contacts remembered as acknowledged; for older ones it is too late anyway.
const CONTACTS_MOST: usize = 65_536;

/// Who had a receipt when. Bounded by its own rules: at most 60 a minute, remembered for a day.
#[derive(Default)]
pub struct Acknowledgements {
    sent: VecDeque<(Timestamp, Box<str>)>,
    by_address: BTreeMap<Box<str>, Vec<Timestamp>>,
    contacts: BTreeSet<ContactId>,
    /// No receipt for this contact or an earlier one.
    floor: Option<ContactId>,
}

impl Acknowledgements {
    pub fn new() -> Acknowledgements {
        Acknowledgements::default()
    }

    /// May a receipt go to this address for this contact? Yes counts as sent. `arrived` is when the mail reached the
    /// mailbox, `now` the present.
    pub fn may(&mut self, now: Timestamp, arrived: Timestamp, address: &str, contact: ContactId) -> bool {
        self.forget(now);
        let key = key(address);
        let times = self.by_address.get(key.as_str()).map_or(&[][..], Vec::as_slice);
        let refused = now - arrived > AGE_MOST
            || self.floor.is_some_and(|floor| contact <= floor)
            || self.contacts.contains(&contact)
            || times.len() >= PER_DAY
            || times.last().is_some_and(|last| now - *last < HOUR)
            || self.is_silent(now);
        if !refused {
            self.note(now, address, contact);
        }
        !refused
    }

    /// Take account of a receipt that was sent before a restart; oldest first.
    pub fn note(&mut self, at: Timestamp, address: &str, contact: ContactId) {
        let key = key(address).into_boxed_str();
        self.sent.push_back((at, key.clone()));
        self.by_address.entry(key).or_default().push(at);
        self.contacts.insert(contact);
        while self.contacts.len() > CONTACTS_MOST {
            self.floor = self.contacts.pop_first();
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

    fn may(caps: &mut Acknowledgements, minutes: i64, address: &str, contact: u64) -> bool {
        caps.may(at(minutes), at(minutes), address, ContactId(contact))
    }

    #[test]
    fn one_for_a_contact_one_an_hour_three_a_day() {
        let mut caps = Acknowledgements::new();
        assert!(may(&mut caps, 0, "Ana@example.org", 1));
        assert!(!may(&mut caps, 0, "other@example.org", 1), "the contact had one");
        assert!(!may(&mut caps, 59, "ana+x@example.org", 2), "within the hour, however it is spelled");
        assert!(may(&mut caps, 60, "ana@example.org", 3));
        assert!(may(&mut caps, 120, "ana@example.org", 4));
        assert!(!may(&mut caps, 600, "ana@example.org", 5), "three in a day");
        assert!(may(&mut caps, 24 * 60, "ana@example.org", 6), "the first is a day old");
        assert!(!may(&mut caps, 5_000, "bo@example.org", 6), "the contact had one, whatever the day");
    }

    #[test]
    fn ten_thousand_names_and_one_victim() {
        let mut caps = Acknowledgements::new();
        let sent =
            (1..=10_000).filter(|n| may(&mut caps, *n as i64 / 7, &format!("victim+{n}@example.org"), *n)).count();
        assert_eq!(sent, 3);
    }

    #[test]
    fn sixty_a_minute_then_silence() {
        let mut caps = Acknowledgements::new();
        let sent = (1..=500).filter(|n| may(&mut caps, 0, &format!("p{n}@example.org"), *n)).count();
        assert_eq!(sent, 60);
        assert!(caps.is_silent(at(0)));
        assert!(may(&mut caps, 1, "later@example.org", 501));
    }

    #[test]
    fn none_for_old_mail_and_none_from_memory_lost() {
        let mut caps = Acknowledgements::new();
        assert!(!caps.may(at(3_000), at(0), "ana@example.org", ContactId(1)));
        for n in 1..=70_000 {
            caps.note(at(0), &format!("{}@example.org", n % 50), ContactId(n));
        }
        assert_eq!(caps.contacts.len(), CONTACTS_MOST);
        assert!(!caps.may(at(9_000), at(9_000), "new@example.org", ContactId(4_000)), "too old to be remembered");
        assert!(caps.may(at(9_000), at(9_000), "new@example.org", ContactId(70_001)));
    }
}
