//! How much one sender may write by mail within a short time before a supervisor is asked: a program that writes without end
//! must not fill the line for everybody else.

use super::Handle;
use super::mailroom::unkept;
use super::sparing::person;
use crate::channels::NotKept;
use crate::message::mail::{Fate, KeptMail, Taken};
use crate::routing::ids::{Span, Timestamp};
use crate::store::Which;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// Counted by when mail reached its mailbox: an old mailbox that is read at once is no flood.
const WINDOW: Span = Span::mins(10);
/// Senders that are remembered; the one who has been quiet for longest is forgotten.
const SENDERS_MAX: usize = 4_096;
/// Mails taken before the start that are looked through.
const BEFORE_MAX: usize = 5_000;

/// What a mail adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adds {
    Contact,
    /// A message on a contact that is there.
    Message,
}

impl Adds {
    /// So many by one sender within the window.
    fn most(self) -> usize {
        match self {
            Adds::Contact => 10,
            Adds::Message => 30,
        }
    }
}

/// Whose mail is let through. After a start it knows what was taken in the ten minutes before.
#[derive(Default)]
pub(super) struct Floodgate(OnceCell<Mutex<Senders>>);

/// One mail that is let through. Unless it is said that it was kept, it does not count.
pub(super) struct Pass<'a>(Option<(&'a Mutex<Senders>, Counted)>);

type Counted = (Box<str>, Adds, Timestamp);

#[derive(Default)]
struct Senders(HashMap<Box<str>, Recent>);

/// When the newest mails came; no more of them than are allowed.
#[derive(Default)]
struct Recent {
    contacts: VecDeque<Timestamp>,
    messages: VecDeque<Timestamp>,
}

impl Floodgate {
    /// Learns what was taken of late. Else the first mail that passes does, and is handed in later than its turn.
    pub async fn load(&self, handle: &Handle) -> Result<(), NotKept> {
        self.senders(handle, handle.clock().now()).await.map(drop)
    }

    /// `None`: it is too much.
    pub async fn pass(&self, handle: &Handle, mail: &Taken, adds: Adds) -> Result<Option<Pass<'_>>, NotKept> {
        let now = handle.clock().now();
        let senders = self.senders(handle, now).await?;
        let counted = (whose(mail), adds, mail.arrived.unwrap_or(now));
        let may = lock(senders).may(&counted);
        Ok(may.then(|| Pass(Some((senders, counted)))))
    }

    async fn senders(&self, handle: &Handle, now: Timestamp) -> Result<&Mutex<Senders>, NotKept> {
        self.0.get_or_try_init(|| Senders::of_late(handle, now)).await
    }
}

impl Pass<'_> {
    /// For what may pass however much there is.
    pub fn free() -> Self {
        Pass(None)
    }

    pub fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some((senders, counted)) = self.0.take() {
            lock(senders).take_back(&counted);
        }
    }
}

impl Senders {
    async fn of_late(handle: &Handle, now: Timestamp) -> Result<Mutex<Senders>, NotKept> {
        let since = Timestamp(now.0 - WINDOW.0);
        let kept = handle.rows(move |rows| rows.mail(Which::TakenSince(since), BEFORE_MAX)).await.map_err(unkept)?;
        let mut senders = Senders::default();
        for KeptMail { mail, taken_at, fate, became, decided, .. } in kept {
            let (Fate::Message, Some((_, seq)), None) = (fate, became, decided) else { continue };
            let adds = if seq == 1 { Adds::Contact } else { Adds::Message };
            senders.may(&(whose(&mail), adds, mail.arrived.unwrap_or(taken_at)));
        }
        Ok(Mutex::new(senders))
    }

    /// Counts it, if it is not too much.
    fn may(&mut self, (who, adds, at): &Counted) -> bool {
        if !self.0.contains_key(who) {
            self.make_room();
        }
        let times = self.0.entry(who.clone()).or_default().of(*adds);
        let near = |time: &&Timestamp| (time.0 - at.0).abs() < WINDOW.0;
        let may = times.iter().filter(near).count() < adds.most();
        if may {
            times.push_back(*at);
            if times.len() > adds.most() {
                times.pop_front();
            }
        }
        may
    }

    fn take_back(&mut self, (who, adds, at): &Counted) {
        let Some(recent) = self.0.get_mut(who) else { return };
        let times = recent.of(*adds);
        if let Some(place) = times.iter().rposition(|time| time == at) {
            times.remove(place);
        }
    }

    fn make_room(&mut self) {
        if self.0.len() < SENDERS_MAX {
            return;
        }
        let quietest = self.0.iter().min_by_key(|(_, recent)| recent.newest()).map(|(who, _)| who.clone());
        quietest.and_then(|who| self.0.remove(&who));
    }
}

impl Recent {
    fn of(&mut self, adds: Adds) -> &mut VecDeque<Timestamp> {
        match adds {
            Adds::Contact => &mut self.contacts,
            Adds::Message => &mut self.messages,
        }
    }

    fn newest(&self) -> Option<Timestamp> {
        self.contacts.iter().chain(&self.messages).max().copied()
    }
}

/// Those who do not say who they are count as one.
fn whose(mail: &Taken) -> Box<str> {
    person(mail.sender.as_deref().unwrap_or_default())
}

/// Nothing panics while it is held, and counts cannot be half changed.
fn lock(senders: &Mutex<Senders>) -> MutexGuard<'_, Senders> {
    senders.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_795_464_000_000_000);

    fn mail(who: &str, adds: Adds, minutes: i64) -> Counted {
        (person(who), adds, START + Span::mins(minutes))
    }

    #[test]
    fn the_eleventh_within_ten_minutes_is_too_much_and_the_window_moves_on() {
        let mut senders = Senders::default();
        let mut opens = |who: &str, minutes| senders.may(&mail(who, Adds::Contact, minutes));
        assert!((0..10).all(|minute| opens("bob@example.org", minute / 2)));
        assert!(!opens("Bob+more@Example.org", 9), "the same person");
        assert!(opens("eve@example.org", 9));
        assert!(opens("bob@example.org", 10) && opens("bob@example.org", 10), "the first two are ten minutes old");
        assert!(!opens("bob@example.org", 10));
    }

    #[test]
    fn messages_have_a_bound_of_their_own_and_what_was_not_kept_does_not_count() {
        let mut senders = Senders::default();
        let message = mail("bob@example.org", Adds::Message, 0);
        assert_eq!((0..100).filter(|_| senders.may(&message)).count(), 30);
        assert!(senders.may(&mail("bob@example.org", Adds::Contact, 0)));
        senders.take_back(&message);
        assert!(senders.may(&message) && !senders.may(&message));
    }

    #[test]
    fn an_old_mailbox_is_no_flood_in_whatever_order_it_is_read() {
        for order in [1, -1] {
            let mut senders = Senders::default();
            assert!((0..100).all(|day| senders.may(&mail("bob@example.org", Adds::Contact, order * day * 24 * 60))));
        }
    }

    #[test]
    fn no_more_senders_are_remembered_than_there_is_room_for() {
        let mut senders = Senders::default();
        let loud = || mail("loud@example.org", Adds::Contact, 9);
        (0..10).for_each(|_| assert!(senders.may(&loud())));
        for n in 0..2 * SENDERS_MAX {
            senders.may(&mail(&format!("{n}@example.org"), Adds::Contact, 0));
        }
        assert_eq!(senders.0.len(), SENDERS_MAX);
        assert!(!senders.may(&loud()), "whoever has been quiet for longest is forgotten first");
    }
}
