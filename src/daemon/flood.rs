//! How much one sender may write by mail within a short time before a supervisor is asked: a program that writes without end
//! must not fill the line for everybody else.

use super::Handle;
use super::mailroom::unkept;
use super::sparing::person;
use crate::channels::NotKept;
use crate::message::mail::{DANGER, Fate, KeptMail, Taken, Trust};
use crate::routing::ids::{Span, Timestamp};
use crate::settings::Settings;
use crate::settings::rate::Rate;
use crate::store::Which;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// Senders that are remembered; the one who has been quiet for longest is forgotten.
const SENDERS_MAX: usize = 4_096;

/// What a mail adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adds {
    Contact,
    /// A message on a contact that is there.
    Message,
    /// Words of danger in a mail that would be held: everyone's desk rings.
    Alarm,
}

/// Whose mail is let through. After a start it knows what was taken shortly before.
pub(super) struct Floodgate {
    shares: Shares,
    trusted: Trusted,
    senders: OnceCell<Mutex<Senders>>,
}

/// One mail that is let through. Unless it is said that it was kept, it does not count.
pub(super) struct Pass<'a>(Option<(&'a Mutex<Senders>, Counted)>);

/// So much of each by one sender; all of a list hold. Counted by when mail reached its mailbox: an old mailbox that is read at
/// once is no flood.
#[derive(Clone)]
struct Shares {
    contacts: Vec<Rate>,
    messages: Vec<Rate>,
    alarms: Vec<Rate>,
}

/// Who may write as much as they like.
struct Trusted {
    /// Addresses, and domains for all of theirs.
    names: Vec<Box<str>>,
    /// Our mail server checks senders, so a name alone is not enough.
    checked: bool,
}

/// A person, and whether their domain vouches for the mail: whoever forges an address uses up nothing of its owner's.
type Who = (Box<str>, bool);
type Counted = (Who, Adds, Timestamp);

pub(super) struct Senders {
    shares: Shares,
    recent: HashMap<Who, Recent>,
}

/// When the newest mails came; no more of them than are allowed.
#[derive(Default)]
struct Recent {
    contacts: VecDeque<Timestamp>,
    messages: VecDeque<Timestamp>,
    alarms: VecDeque<Timestamp>,
}

impl Floodgate {
    pub fn new(settings: &Settings) -> Floodgate {
        let (rates, email) = (settings.rates.clone(), &settings.email);
        let shares = Shares { contacts: rates.mail_contact, messages: rates.mail_message, alarms: rates.mail_danger };
        let names = email.trusted_senders.iter().map(|name| person(name)).collect();
        Floodgate { shares, trusted: Trusted { names, checked: email.authserv.is_some() }, senders: OnceCell::new() }
    }

    /// Looked up ahead of the first mail, even of one that does not count: what is taken from then on is counted as it comes.
    pub async fn senders(&self, handle: &Handle) -> Result<&Mutex<Senders>, NotKept> {
        let of_late = || Senders::of_late(self.shares.clone(), handle, handle.clock().now());
        self.senders.get_or_try_init(of_late).await
    }

    /// `None`: it is too much.
    pub fn pass<'a>(&self, senders: &'a Mutex<Senders>, mail: &Taken, adds: Adds, now: Timestamp) -> Option<Pass<'a>> {
        if self.trusted.sent(mail) {
            return Some(Pass::free());
        }
        let counted = (who(mail), adds, mail.arrived.unwrap_or(now));
        lock(senders).may(&counted).then(|| Pass(Some((senders, counted))))
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

impl Shares {
    fn of(&self, adds: Adds) -> &[Rate] {
        match adds {
            Adds::Contact => &self.contacts,
            Adds::Message => &self.messages,
            Adds::Alarm => &self.alarms,
        }
    }

    /// How far back anything counts.
    fn longest(&self) -> Span {
        let all = [&self.contacts, &self.messages, &self.alarms];
        all.into_iter().flatten().map(|rate| rate.per).max().unwrap_or(Span(0))
    }
}

impl Trusted {
    /// Not when it may be forged.
    fn sent(&self, mail: &Taken) -> bool {
        let (who, authentic) = who(mail);
        let domain = who.rsplit_once('@').map_or("", |(_, domain)| domain);
        let believed = authentic || (mail.trust == Trust::Unknown && !self.checked);
        believed && self.names.iter().any(|name| **name == *who || **name == *domain)
    }
}

impl Senders {
    fn new(shares: Shares) -> Senders {
        Senders { shares, recent: HashMap::new() }
    }

    /// What was in a mailbox before us counts too, since nothing tells it apart any more: only where a daemon is started again
    /// within minutes of the very first time, and only what arrived in those minutes.
    async fn of_late(shares: Shares, handle: &Handle, now: Timestamp) -> Result<Mutex<Senders>, NotKept> {
        let since = Timestamp(now.0 - shares.longest().0);
        let kept = handle.rows(move |rows| rows.mail(Which::TakenSince(since), usize::MAX)).await.map_err(unkept)?;
        let mut senders = Senders::new(shares);
        for KeptMail { mail, taken_at, fate, became, decided, .. } in kept {
            let (Fate::Message, Some((_, seq)), None) = (fate, became, decided) else { continue };
            let adds = match seq {
                _ if mail.why.starts_with(DANGER) => Adds::Alarm,
                1 => Adds::Contact,
                _ => Adds::Message,
            };
            senders.may(&(who(&mail), adds, mail.arrived.unwrap_or(taken_at)));
        }
        Ok(Mutex::new(senders))
    }

    /// Counts it, if it is not too much.
    fn may(&mut self, (who, adds, at): &Counted) -> bool {
        if !self.recent.contains_key(who) {
            self.make_room();
        }
        let rates = self.shares.of(*adds);
        let times = self.recent.entry(who.clone()).or_default().of(*adds);
        let near = |per: Span| times.iter().filter(|time| (time.0 - at.0).abs() < per.0).count();
        let may = rates.iter().all(|rate| near(rate.per) < rate.count as usize);
        if may {
            times.push_back(*at);
            let most = rates.iter().map(|rate| rate.count as usize).max().unwrap_or(0);
            if times.len() > most {
                times.pop_front();
            }
        }
        may
    }

    fn take_back(&mut self, (who, adds, at): &Counted) {
        let Some(recent) = self.recent.get_mut(who) else { return };
        let times = recent.of(*adds);
        if let Some(place) = times.iter().rposition(|time| time == at) {
            times.remove(place);
        }
    }

    fn make_room(&mut self) {
        if self.recent.len() < SENDERS_MAX {
            return;
        }
        let quietest = self.recent.iter().min_by_key(|(_, recent)| recent.newest()).map(|(who, _)| who.clone());
        quietest.and_then(|who| self.recent.remove(&who));
    }
}

impl Recent {
    fn of(&mut self, adds: Adds) -> &mut VecDeque<Timestamp> {
        match adds {
            Adds::Contact => &mut self.contacts,
            Adds::Message => &mut self.messages,
            Adds::Alarm => &mut self.alarms,
        }
    }

    fn newest(&self) -> Option<Timestamp> {
        self.contacts.iter().chain(&self.messages).chain(&self.alarms).max().copied()
    }
}

/// Those who do not say who they are count as one.
fn who(mail: &Taken) -> Who {
    (person(mail.sender.as_deref().unwrap_or_default()), mail.trust == Trust::Authentic)
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
        ((person(who), false), adds, START + Span::mins(minutes))
    }

    fn nobody_yet() -> Senders {
        let per = |count| vec![Rate { count, per: Span::mins(10) }];
        Senders::new(Shares { contacts: per(10), messages: per(30), alarms: per(5) })
    }

    #[test]
    fn the_eleventh_within_ten_minutes_is_too_much_and_the_window_moves_on() {
        let mut senders = nobody_yet();
        let mut opens = |who: &str, minutes| senders.may(&mail(who, Adds::Contact, minutes));
        assert!((0..10).all(|minute| opens("bob@example.org", minute / 2)));
        assert!(!opens("Bob+more@Example.org", 9), "the same person");
        assert!(opens("eve@example.org", 9));
        assert!(opens("bob@example.org", 10) && opens("bob@example.org", 10), "the first two are ten minutes old");
        assert!(!opens("bob@example.org", 10));
    }

    #[test]
    fn messages_have_a_bound_of_their_own_and_what_was_not_kept_does_not_count() {
        let mut senders = nobody_yet();
        let message = mail("bob@example.org", Adds::Message, 0);
        assert_eq!((0..100).filter(|_| senders.may(&message)).count(), 30);
        assert!(senders.may(&mail("bob@example.org", Adds::Contact, 0)));
        senders.take_back(&message);
        assert!(senders.may(&message) && !senders.may(&message));
    }

    #[test]
    fn all_rates_of_a_list_hold() {
        let rate = |text: &str| text.parse().expect("a rate");
        let shares = Shares { contacts: vec![rate("2/min"), rate("3/h")], messages: vec![], alarms: vec![] };
        assert_eq!(shares.longest(), Span::mins(60));
        let mut senders = Senders::new(shares);
        let may = [0, 0, 0, 1, 2, 59, 60, 60].map(|at| senders.may(&mail("bob@example.org", Adds::Contact, at)));
        assert_eq!(may, [true, true, false, true, false, false, true, true]);
    }

    #[test]
    fn an_old_mailbox_is_no_flood_in_whatever_order_it_is_read() {
        for order in [1, -1] {
            let mut senders = nobody_yet();
            assert!((0..100).all(|day| senders.may(&mail("bob@example.org", Adds::Contact, order * day * 24 * 60))));
        }
    }

    #[test]
    fn no_more_senders_are_remembered_than_there_is_room_for() {
        let mut senders = nobody_yet();
        let loud = || mail("loud@example.org", Adds::Contact, 9);
        (0..10).for_each(|_| assert!(senders.may(&loud())));
        for n in 0..2 * SENDERS_MAX {
            senders.may(&mail(&format!("{n}@example.org"), Adds::Contact, 0));
        }
        assert_eq!(senders.recent.len(), SENDERS_MAX);
        assert!(!senders.may(&loud()), "whoever has been quiet for longest is forgotten first");
    }
}
