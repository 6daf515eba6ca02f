//! Tells the committed to those who listen: staff screens hear everything, a customer's screen hears its own contact.

use crate::channels::Happening;
use crate::message::delivery::Faring;
use crate::message::{ContactRecord, Message};
use crate::routing::event::Event;
use crate::routing::ids::{ContactId, Presence, RepId, Seq, Timestamp};
use crate::routing::rep::Rep;
use crate::store::Sighting;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::{broadcast, mpsc};

/// Commits kept for screens that resume.
const KEPT: usize = 4_096;
/// Bytes of what people wrote in them, at most; the newest commit is kept whatever its size.
const KEPT_BYTES: usize = 16 << 20;
/// Commits a staff screen may lag behind before it must resume.
const LAG: usize = 1_024;
/// Happenings a customer's screen may lag behind before it is closed.
const CUSTOMER_LAG: usize = 64;

/// One batch, after its fsync.
#[derive(Debug)]
pub struct Commit {
    pub at: Timestamp,
    /// Position of the first event; the batch may hold no event and only messages.
    pub first: Seq,
    pub events: Vec<Event>,
    pub messages: Vec<Arc<Message>>,
    /// Rows of the contacts opened in this batch.
    pub opened: Vec<Arc<ContactRecord>>,
    pub reads: Vec<ReadMark>,
    /// Deliveries that are new or fare differently.
    pub deliveries: Vec<Faring>,
    /// What somebody of the staff saw for the first time.
    pub sightings: Vec<Sighting>,
    /// How many more mails, or fewer, wait for a supervisor.
    pub held: i64,
    /// How the reps whom this batch names stood after it.
    pub reps: Vec<Stand>,
}

/// How a rep stands: what their screens show of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    pub rep: RepId,
    pub presence: Presence,
    pub load: u16,
    pub capacity: u16,
}

impl Stand {
    pub fn of(rep: &Rep) -> Stand {
        let load = u16::try_from(rep.load()).unwrap_or(u16::MAX);
        Stand { rep: rep.id, presence: rep.presence, load, capacity: rep.profile.capacity }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadMark {
    pub contact: ContactId,
    pub by_customer: bool,
    pub seq: u32,
}

/// What staff screens hear.
#[derive(Clone, Debug)]
pub enum Heard {
    Commit(Arc<Commit>),
    /// Storage failed and was opened anew: a commit may have reached the disk that nobody was told of. Take a new snapshot.
    Reset,
    /// Not kept, may be lost. `rep` is `None` for the customer.
    Typing {
        contact: ContactId,
        rep: Option<RepId>,
        on: bool,
    },
}

impl Commit {
    /// Position of the last event.
    pub fn last(&self) -> Seq {
        Seq((self.first.0 + self.events.len() as u64).saturating_sub(1))
    }

    /// Bytes of what people wrote in it.
    fn text_bytes(&self) -> usize {
        let said = self.messages.iter().map(|message| message.text.len());
        let form = |record: &Arc<ContactRecord>| {
            record.subject.len() + record.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
        };
        said.chain(self.opened.iter().map(form)).sum()
    }
}

/// The newest commits.
#[derive(Default)]
struct Kept {
    commits: VecDeque<Arc<Commit>>,
    bytes: usize,
}

impl Kept {
    fn push(&mut self, commit: Arc<Commit>) {
        self.bytes += commit.text_bytes();
        self.commits.push_back(commit);
        while self.commits.len() > 1 && (self.commits.len() > KEPT || self.bytes > KEPT_BYTES) {
            let gone = self.commits.pop_front();
            self.bytes -= gone.map_or(0, |commit| commit.text_bytes());
        }
    }
}

/// Cheap to clone; all clones are one feed.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    staff: broadcast::Sender<Heard>,
    kept: Mutex<Kept>,
    customers: Mutex<HashMap<ContactId, Vec<mpsc::Sender<Happening>>>>,
}

impl Default for Feed {
    fn default() -> Feed {
        Feed {
            shared: Arc::new(Shared {
                staff: broadcast::channel(LAG).0,
                kept: Mutex::default(),
                customers: Mutex::default(),
            }),
        }
    }
}

impl Feed {
    /// Everything from now on. `RecvError::Lagged` means: take a new snapshot.
    pub fn staff(&self) -> broadcast::Receiver<Heard> {
        self.shared.staff.subscribe()
    }

    /// The commits after a position, if they are still held; `None` means: take a snapshot. A commit of messages only has no
    /// position of its own: those that stand at the position are given too, and may have been seen.
    pub fn since(&self, after: Seq) -> Option<Vec<Arc<Commit>>> {
        let kept = self.shared.kept.lock().expect("feed");
        // What stood at the position itself must be held too: messages said before a restart have no later position.
        let oldest = kept.commits.front()?.first;
        // A position that has not come yet is another journal's, or made up.
        let newest = kept.commits.back()?.last();
        let missed = |c: &&Arc<Commit>| c.last() > after || (c.events.is_empty() && c.last() == after);
        (oldest <= after && after <= newest).then(|| kept.commits.iter().filter(missed).cloned().collect())
    }

    /// Position of the newest commit; 0 before the first one since the start.
    pub fn last(&self) -> Seq {
        self.shared.kept.lock().expect("feed").commits.back().map_or(Seq(0), |c| c.last())
    }

    /// What happens to one contact from now on.
    pub fn customer(&self, contact: ContactId) -> mpsc::Receiver<Happening> {
        let (tx, rx) = mpsc::channel(CUSTOMER_LAG);
        let mut customers = self.shared.customers.lock().expect("feed");
        let list = customers.entry(contact).or_default();
        list.retain(|tx| !tx.is_closed());
        list.push(tx);
        rx
    }

    /// Called by the sequencer after the commit: from now on it can be asked for.
    pub(super) fn keep(&self, commit: Commit) -> Arc<Commit> {
        let commit = Arc::new(commit);
        self.shared.kept.lock().expect("feed").push(commit.clone());
        commit
    }

    /// Wakes everyone who listens. Called when those who asked have been answered: hundreds of screens take their time.
    pub(super) fn tell(&self, commit: Arc<Commit>) {
        self.tell_customers(&commit);
        let _ = self.shared.staff.send(Heard::Commit(commit)); // no screen is open: fine
    }

    /// Forgets what was told: nobody can resume over a commit of which the feed does not know. Called by the sequencer when
    /// the engine was built anew. Customers' screens hear the end of their stream, and resume from the rows.
    pub(super) fn reset(&self) {
        *self.shared.kept.lock().expect("feed") = Kept::default();
        self.shared.customers.lock().expect("feed").clear();
        let _ = self.shared.staff.send(Heard::Reset); // no screen is open: fine
    }

    /// A rep or the customer is typing; nothing is kept.
    pub fn typing(&self, contact: ContactId, rep: Option<RepId>, on: bool) {
        if rep.is_some() {
            let mut customers = self.shared.customers.lock().expect("feed");
            tell(&mut customers, contact, Happening::Typing(on));
        }
        let _ = self.shared.staff.send(Heard::Typing { contact, rep, on });
    }

    fn tell_customers(&self, commit: &Commit) {
        let mut customers = self.shared.customers.lock().expect("feed");
        if customers.is_empty() {
            return;
        }
        for event in &commit.events {
            if let Some(contact) = event.contact() {
                tell(&mut customers, contact, Happening::Changed);
            }
        }
        for message in &commit.messages {
            if !message.from.is_note() {
                tell(&mut customers, message.contact, Happening::Message(message.clone()));
            }
        }
        for read in commit.reads.iter().filter(|r| !r.by_customer) {
            tell(&mut customers, read.contact, Happening::RepRead(read.seq));
        }
    }
}

/// A full receiver is dropped: its owner sees the end of the stream and resumes.
fn tell(customers: &mut HashMap<ContactId, Vec<mpsc::Sender<Happening>>>, contact: ContactId, what: Happening) {
    if let Some(list) = customers.get_mut(&contact) {
        list.retain(|tx| tx.try_send(what.clone()).is_ok());
        if list.is_empty() {
            customers.remove(&contact);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Author;

    fn commit(first: u64, events: usize) -> Commit {
        let event = Event::ReservationEnded { contact: ContactId(1) };
        let events = vec![event; events];
        Commit {
            at: Timestamp(0),
            first: Seq(first),
            events,
            messages: vec![],
            opened: vec![],
            reads: vec![],
            deliveries: vec![],
            sightings: vec![],
            held: 0,
            reps: vec![],
        }
    }

    /// Positions of the first event of each commit a screen at this position is told of; `None` is a snapshot.
    fn told(feed: &Feed, after: u64) -> Option<Vec<u64>> {
        Some(feed.since(Seq(after))?.iter().map(|commit| commit.first.0).collect())
    }

    #[test]
    fn a_screen_is_told_what_it_missed_or_shown_everything() {
        let feed = Feed::default();
        assert_eq!(told(&feed, 7), None, "nothing is known of the time before the start");
        for (first, events) in [(8, 2), (10, 0), (10, 1), (11, 0)] {
            feed.keep(commit(first, events));
        }
        assert_eq!(told(&feed, 6), None, "event 7 is not held any more");
        assert_eq!(told(&feed, 7), None, "what was said at 7 before the start is not held");
        assert_eq!(told(&feed, 8), Some(vec![8, 10, 10, 11]));
        assert_eq!(
            told(&feed, 9),
            Some(vec![10, 10, 11]),
            "what was only said, at 9, may have been seen: it is told again"
        );
        assert_eq!(told(&feed, 10), Some(vec![11]));
        assert_eq!(told(&feed, 1_000), None, "nobody has been there yet");
    }

    #[test]
    fn after_a_reset_everyone_is_shown_everything() {
        let feed = Feed::default();
        feed.keep(commit(8, 2));
        let (mut staff, mut customer) = (feed.staff(), feed.customer(ContactId(1)));
        feed.reset();
        assert!(matches!(staff.try_recv(), Ok(Heard::Reset)));
        assert!(matches!(customer.try_recv(), Err(mpsc::error::TryRecvError::Disconnected)));
        feed.keep(commit(11, 1)); // 10 reached the disk, and nobody was told
        assert_eq!(told(&feed, 9), None);
    }

    #[test]
    fn long_texts_take_the_place_of_old_commits() {
        let feed = Feed::default();
        let long = |first| {
            let text = "x".repeat(KEPT_BYTES / 4);
            let from = Author::Customer;
            let (contact, at) = (ContactId(1), Timestamp(0));
            let message = Message { contact, seq: 1, at, from, text, attachments: vec![], client_id: None };
            Commit { messages: vec![Arc::new(message)], ..commit(first, 1) }
        };
        for first in 1..=6 {
            feed.keep(long(first));
        }
        assert_eq!(told(&feed, 2), None, "only four of them are held");
        assert_eq!(told(&feed, 3), Some(vec![4, 5, 6]));
        let vast = Message { text: "x".repeat(KEPT_BYTES + 1), ..Message::clone(&long(7).messages[0]) };
        feed.keep(Commit { messages: vec![Arc::new(vast)], ..commit(7, 1) });
        assert_eq!((told(&feed, 6), feed.last()), (None, Seq(7)));
        feed.keep(commit(8, 1));
        assert_eq!(told(&feed, 8), Some(vec![]), "what is vast goes with the next one");
    }
}
