//! How many acknowledgements and notices may go out, so that nobody is flooded in our name: whoever fills in a form under a
//! stranger's address has us write to the stranger.

use super::gauges::Gauges;
use crate::message::delivery::{Kind, NewDelivery};
use crate::routing::ids::{Span, Timestamp};
use crate::store::{Due, Reads, Record, StoreError};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering::Relaxed;

const DAY: Span = Span::mins(24 * 60);
/// To one address in a day.
const PER_DAY: u32 = 3;
/// In a minute, to whomever.
const PER_MINUTE: usize = 60;
/// It is told at most this often that letters are spared.
const TOLD_EVERY: Span = Span::mins(1);

/// What went out in the last day. Owned by the sequencer: what it lets pass is committed, or it is loaded anew.
#[derive(Default)]
pub(super) struct Sparing {
    acknowledgements: Budget,
    /// What to do in danger: a flood of forms must not silence it.
    notices: Budget,
    /// Spared since it was told last, and when that was.
    untold: u64,
    told: Option<Timestamp>,
}

impl Sparing {
    /// As the store remembers the last day.
    pub fn load(reads: &dyn Reads, now: Timestamp) -> Result<Sparing, StoreError> {
        let mut sparing = Sparing::default();
        for sent in reads.deliveries(Due::ReceiptsSince(Timestamp(now.0 - DAY.0)), usize::MAX)? {
            if let Some(budget) = sparing.budget(sent.kind) {
                budget.note(sent.made_at, person(&sent.to));
            }
        }
        Ok(sparing)
    }

    /// The batch was not kept, and so nothing of it has gone out.
    pub fn reload(&mut self, reads: &dyn Reads, now: Timestamp) {
        match Sparing::load(reads, now) {
            Ok(loaded) => *self = Sparing { told: self.told, ..loaded },
            Err(error) => tracing::warn!(%error, "letters that were not kept count as sent"),
        }
    }

    /// Takes out those that are too many, and counts the others.
    pub fn spare(&mut self, records: &mut Vec<Record>, now: Timestamp) {
        records.retain(|record| match record {
            Record::Deliver(NewDelivery { kind, to, .. }) => self.may(*kind, to, now),
            _ => true,
        });
    }

    /// Says what the last batches, which are kept, were spared.
    pub fn tell(&mut self, gauges: &Gauges, now: Timestamp) {
        for (budget, gauge) in
            [(&mut self.acknowledgements, &gauges.spared_acknowledgements), (&mut self.notices, &gauges.spared_notices)]
        {
            let spared = std::mem::take(&mut budget.spared);
            gauge.fetch_add(spared, Relaxed);
            self.untold += spared;
        }
        if self.untold > 0 && self.told.is_none_or(|told| now - told >= TOLD_EVERY) {
            tracing::warn!(letters = self.untold, "not written, so that nobody is flooded in our name");
            (self.untold, self.told) = (0, Some(now));
        }
    }

    fn may(&mut self, kind: Kind, to: &str, now: Timestamp) -> bool {
        self.budget(kind).is_none_or(|budget| budget.may(person(to), now))
    }

    /// `None`: a person has written it, or asked for it.
    fn budget(&mut self, kind: Kind) -> Option<&mut Budget> {
        match kind {
            Kind::Acknowledgement => Some(&mut self.acknowledgements),
            Kind::Notice => Some(&mut self.notices),
            Kind::Reply | Kind::Transcript => None,
        }
    }
}

/// The letters of one kind.
#[derive(Default)]
struct Budget {
    sent: VecDeque<(Timestamp, Box<str>)>,
    by_address: HashMap<Box<str>, u32>,
    /// Not told of yet.
    spared: u64,
}

impl Budget {
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
        } else {
            self.spared += 1;
        }
        may
    }

    fn note(&mut self, at: Timestamp, key: Box<str>) {
        *self.by_address.entry(key.clone()).or_default() += 1;
        self.sent.push_back((at, key));
    }
}

/// Case, and what stands behind a plus, do not make another person.
pub(super) fn person(address: &str) -> Box<str> {
    let address = address.trim().to_lowercase();
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
        let mut may = |address: &str, minutes| sparing.may(Kind::Notice, address, START + Span::mins(minutes));
        let tries =
            [("bob@example.org", 0), ("Bob+1@Example.org", 1), (" bob@example.org", 2), ("bob+2@example.org", 3)];
        assert_eq!(tries.map(|(address, at)| may(address, at)), [true, true, true, false]);
        assert!(may("eve@example.org", 4));
        assert!(!may("bob@example.org", 24 * 60 - 1));
        assert!(may("bob@example.org", 24 * 60), "the first is a day old");
        assert!(!may("bob@example.org", 24 * 60));
        assert!(sparing.may(Kind::Acknowledgement, "bob@example.org", START), "a notice takes nothing from those");
    }

    #[test]
    fn a_minute_has_sixty_of_a_kind_and_a_flood_of_forms_silences_no_notice_of_danger() {
        let mut sparing = Sparing::default();
        for kind in [Kind::Acknowledgement, Kind::Notice] {
            let sent = (0..100).filter(|n| sparing.may(kind, &format!("{n}@example.org"), START)).count();
            assert_eq!(sent, 60);
        }
        assert!(sparing.may(Kind::Reply, "a@example.org", START), "what a rep writes is never spared");
        assert!(!sparing.may(Kind::Notice, "a@example.org", START + Span::secs(59)));
        assert!(sparing.may(Kind::Notice, "a@example.org", START + Span::secs(60)));
    }

    #[test]
    fn what_is_spared_is_counted_by_kind_once_it_is_kept() {
        let (mut sparing, gauges) = (Sparing::default(), Gauges::default());
        let counts = || (gauges.spared_acknowledgements.load(Relaxed), gauges.spared_notices.load(Relaxed));
        for _ in 0..5 {
            sparing.may(Kind::Acknowledgement, "bob@example.org", START);
        }
        assert_eq!(counts(), (0, 0));
        sparing.tell(&gauges, START);
        assert_eq!((counts(), sparing.untold), ((2, 0), 0));
        sparing.may(Kind::Acknowledgement, "bob@example.org", START);
        sparing.tell(&gauges, START + Span::secs(59));
        assert_eq!((counts(), sparing.untold), ((3, 0), 1), "it is told once a minute");
        sparing.tell(&gauges, START + Span::secs(60));
        assert_eq!(sparing.untold, 0);
    }
}
