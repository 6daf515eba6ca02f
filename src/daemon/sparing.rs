//! How many acknowledgements and notices may go out, so that nobody is flooded in our name: whoever fills in a form under a
//! stranger's address has us write to the stranger.

use crate::message::delivery::{Kind, NewDelivery};
use crate::routing::ids::{Span, Timestamp};
use crate::store::{Due, Reads, Record, StoreError};
use std::collections::{HashMap, VecDeque};

const DAY: Span = Span::mins(24 * 60);
/// Of one kind, to one address in a day.
const PER_DAY: u32 = 3;
/// In a minute, to whomever.
const PER_MINUTE: usize = 60;

/// What went out in the last day. Owned by the sequencer: what it lets pass is committed.
#[derive(Default)]
pub(super) struct Sparing {
    sent: VecDeque<(Timestamp, Box<str>)>,
    by_address: HashMap<Box<str>, u32>,
}

impl Sparing {
    /// As the store remembers the last day.
    pub fn load(reads: &dyn Reads, now: Timestamp) -> Result<Sparing, StoreError> {
        let mut sparing = Sparing::default();
        for sent in reads.deliveries(Due::ReceiptsSince(Timestamp(now.0 - DAY.0)), usize::MAX)? {
            sparing.note(sent.made_at, key(sent.kind, &sent.to));
        }
        Ok(sparing)
    }

    /// Takes out those that are too many, and counts the others.
    pub fn spare(&mut self, records: &mut Vec<Record>, now: Timestamp) {
        records.retain(|record| match record {
            Record::Deliver(NewDelivery { kind: kind @ (Kind::Acknowledgement | Kind::Notice), to, .. }) => {
                self.may(key(*kind, to), now)
            }
            _ => true,
        });
    }

    fn may(&mut self, key: Box<str>, now: Timestamp) -> bool {
        while let Some((_, old)) = self.sent.pop_front_if(|(at, _)| now - *at >= DAY) {
            if let Some(count) = self.by_address.get_mut(&old) {
                *count -= 1;
                if *count == 0 {
                    self.by_address.remove(&old);
                }
            }
        }
        let just_now = self.sent.iter().rev().take(PER_MINUTE).filter(|(at, _)| now - *at < Span::mins(1)).count();
        let may = just_now < PER_MINUTE && self.by_address.get(&key).is_none_or(|count| *count < PER_DAY);
        if may {
            self.note(now, key);
        }
        may
    }

    fn note(&mut self, at: Timestamp, key: Box<str>) {
        *self.by_address.entry(key.clone()).or_default() += 1;
        self.sent.push_back((at, key));
    }
}

/// Case, and what stands behind a plus, do not make another person.
fn key(kind: Kind, address: &str) -> Box<str> {
    let address = format!("{kind:?} {}", address.trim().to_lowercase());
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or_default()).into(),
        None => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_795_464_000_000_000);

    #[test]
    fn an_address_has_three_in_a_day_however_it_is_written() {
        let mut sparing = Sparing::default();
        let mut may = |address: &str, minutes| sparing.may(key(Kind::Notice, address), START + Span::mins(minutes));
        let tries =
            [("bob@example.org", 0), ("Bob+1@Example.org", 1), (" bob@example.org", 2), ("bob+2@example.org", 3)];
        assert_eq!(tries.map(|(address, at)| may(address, at)), [true, true, true, false]);
        assert!(may("eve@example.org", 4));
        assert!(!may("bob@example.org", 24 * 60 - 1));
        assert!(may("bob@example.org", 24 * 60), "the first is a day old");
        assert!(!may("bob@example.org", 24 * 60));
        assert!(sparing.may(key(Kind::Acknowledgement, "bob@example.org"), START), "a notice takes nothing from those");
    }

    #[test]
    fn a_minute_has_sixty_in_all() {
        let mut sparing = Sparing::default();
        let a_kind = |n: u32| if n.is_multiple_of(2) { Kind::Notice } else { Kind::Acknowledgement };
        let sent = (0..100).filter(|n| sparing.may(key(a_kind(*n), &format!("{n}@example.org")), START)).count();
        assert_eq!(sent, 60);
        assert!(!sparing.may(key(Kind::Notice, "a@example.org"), START + Span::secs(59)));
        assert!(sparing.may(key(Kind::Notice, "a@example.org"), START + Span::secs(60)));
    }
}
