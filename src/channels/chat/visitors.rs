//! Who is here: open tabs of every conversation, sockets per household, and how often each has asked.

use crate::channels::rate::{Bucket, Buckets, Rate};
use crate::channels::visitor::ClientIp;
use crate::message::Attachment;
use crate::routing::ids::{ContactId, Span, Timestamp};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};

/// The limits on what one person or one household may do. All can be set.
#[derive(Clone, Debug)]
pub struct Limits {
    /// New conversations per household (3 a minute).
    pub starts: Rate,
    /// Messages and files in one conversation, all tabs together: 5 in 5 s, at most 10 at once.
    pub messages: Rate,
    /// Open sockets per household.
    pub sockets: u32,
    /// Open tabs of one conversation.
    pub tabs: u32,
    /// Uploaded files of one conversation that no message names yet.
    pub uploads: usize,
    /// KiB of files that one network (an address, in IPv6 a /48) may have kept: what is refused never reaches the disk.
    pub upload_kib: Rate,
    /// Bytes of files in one conversation that no message names.
    pub unsent: u64,
    /// Shared addresses, such as libraries and shelters: no limit per household counts there.
    pub exempt: Vec<IpAddr>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            starts: Rate { burst: 3, refill: Span::secs(20) },
            messages: Rate { burst: 10, refill: Span::secs(1) },
            sockets: 20,
            tabs: 5,
            uploads: 10,
            upload_kib: Rate { burst: 60 << 10, refill: Span(3_600_000_000 / (60 << 10)) }, // 60 MiB, and as much an hour
            unsent: 30 << 20,
            exempt: Vec::new(),
        }
    }
}

/// Households remembered for the rate of starts.
const HOUSEHOLDS: usize = 100_000;
/// Conversations remembered after their last tab has closed.
const REMEMBERED: usize = 20_000;

/// Everyone with a chat page open.
pub struct Visitors {
    limits: Limits,
    state: Mutex<State>,
}

struct State {
    conversations: HashMap<ContactId, Conversation>,
    sockets: HashMap<IpAddr, u32>,
    starts: Buckets<IpAddr>,
    /// In KiB, by network.
    uploaded: Buckets<IpAddr>,
}

#[derive(Default)]
struct Conversation {
    tabs: u32,
    /// The daemon was told that the customer has left.
    away: bool,
    messages: Bucket,
    /// The last kept files, for messages to name.
    uploads: Vec<Upload>,
    /// Bytes kept that no message names; those of forgotten uploads stay counted, for they stay on disk.
    unsent: u64,
}

struct Upload {
    id: String,
    file: Attachment,
    /// Bytes reserved for it, until a message names it.
    unsent: u64,
}

/// One socket of a household; gives its place back when dropped.
pub struct Seat {
    visitors: Arc<Visitors>,
    household: Option<IpAddr>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(household) = self.household else { return };
        let mut state = self.visitors.lock();
        if let Some(count) = state.sockets.get_mut(&household) {
            *count -= 1;
            if *count == 0 {
                state.sockets.remove(&household);
            }
        }
    }
}

/// Why a file is not kept.
#[derive(Debug, PartialEq, Eq)]
pub enum NoRoom {
    /// This network has had its share; there is room after so long.
    Network(Span),
    /// This conversation has enough files that were not sent.
    Unsent,
}

/// All tabs of this conversation are in use.
#[derive(Debug, PartialEq, Eq)]
pub struct TooManyTabs;

impl Visitors {
    pub fn new(limits: Limits) -> Visitors {
        let [starts, uploaded] = [(); 2].map(|()| Buckets::new(HOUSEHOLDS));
        let state = State { conversations: HashMap::new(), sockets: HashMap::new(), starts, uploaded };
        Visitors { limits, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds this lock")
    }

    /// A new conversation, or how long this household must wait.
    pub fn start(&self, household: IpAddr, now: Timestamp) -> Result<(), Span> {
        if self.limits.exempt.contains(&household) {
            return Ok(());
        }
        self.lock().starts.take(household, self.limits.starts, now)
    }

    /// A place for one more socket; `None` when the household has its fill.
    pub fn seat(self: &Arc<Visitors>, household: IpAddr) -> Option<Seat> {
        if self.limits.exempt.contains(&household) {
            return Some(Seat { visitors: self.clone(), household: None });
        }
        let mut state = self.lock();
        let count = state.sockets.entry(household).or_default();
        if *count >= self.limits.sockets {
            return None;
        }
        *count += 1;
        Some(Seat { visitors: self.clone(), household: Some(household) })
    }

    /// A conversation has just been opened by a page that will connect next.
    pub fn opened(&self, contact: ContactId, now: Timestamp) {
        self.lock().conversation(contact, now);
    }

    /// One more tab. True when the daemon may believe that nobody is there, and must hear that the customer is back.
    pub fn join(&self, contact: ContactId, now: Timestamp) -> Result<bool, TooManyTabs> {
        let mut state = self.lock();
        let known = state.conversations.contains_key(&contact);
        let conversation = state.conversation(contact, now);
        if conversation.tabs >= self.limits.tabs {
            return Err(TooManyTabs);
        }
        conversation.tabs += 1;
        Ok(std::mem::take(&mut conversation.away) || !known)
    }

    /// One tab less. True when it was the last.
    pub fn leave(&self, contact: ContactId) -> bool {
        let mut state = self.lock();
        let Some(conversation) = state.conversations.get_mut(&contact) else { return false };
        conversation.tabs = conversation.tabs.saturating_sub(1);
        conversation.tabs == 0
    }

    /// Nobody has this conversation open. Marks it, so that the next tab says that the customer is back.
    pub fn is_deserted(&self, contact: ContactId) -> bool {
        let mut state = self.lock();
        match state.conversations.get_mut(&contact) {
            Some(conversation) if conversation.tabs > 0 => false,
            Some(conversation) => {
                conversation.away = true;
                true
            }
            None => true,
        }
    }

    /// One more message or file, or how long to wait.
    pub fn message(&self, contact: ContactId, now: Timestamp) -> Result<(), Span> {
        self.lock().conversation(contact, now).messages.take(self.limits.messages, now)
    }

    /// Room for a file of so many bytes, before it is kept. Without [`Visitors::sent`] or [`Visitors::not_kept`] it stays taken.
    pub fn reserve(&self, contact: ContactId, household: IpAddr, bytes: u64, now: Timestamp) -> Result<(), NoRoom> {
        let mut state = self.lock();
        if state.conversation(contact, now).unsent + bytes > self.limits.unsent {
            return Err(NoRoom::Unsent);
        }
        if !self.limits.exempt.contains(&household) {
            let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
            let network = ClientIp(household).site();
            state.uploaded.take_many(network, kib, self.limits.upload_kib, now).map_err(NoRoom::Network)?;
        }
        state.conversation(contact, now).unsent += bytes;
        Ok(())
    }

    /// The file was not kept after all. Its network has cost us the work all the same.
    pub fn not_kept(&self, contact: ContactId, bytes: u64) {
        if let Some(conversation) = self.lock().conversations.get_mut(&contact) {
            conversation.unsent = conversation.unsent.saturating_sub(bytes);
        }
    }

    /// A message names these files now.
    pub fn sent(&self, contact: ContactId, digest: &str) {
        if let Some(conversation) = self.lock().conversations.get_mut(&contact) {
            let named = |upload: &&mut Upload| upload.file.digest == digest;
            for upload in conversation.uploads.iter_mut().filter(named) {
                conversation.unsent = conversation.unsent.saturating_sub(std::mem::take(&mut upload.unsent));
            }
        }
    }

    /// Remembers a kept file and the bytes reserved for it; the oldest is forgotten when there are too many.
    pub fn uploaded(&self, contact: ContactId, now: Timestamp, id: String, (file, unsent): (Attachment, u64)) {
        let mut state = self.lock();
        let uploads = &mut state.conversation(contact, now).uploads;
        if uploads.len() >= self.limits.uploads {
            uploads.remove(0);
        }
        uploads.push(Upload { id, file, unsent });
    }

    /// The file behind an upload id of this conversation.
    pub fn upload(&self, contact: ContactId, upload_id: &str) -> Option<Attachment> {
        let state = self.lock();
        let uploads = &state.conversations.get(&contact)?.uploads;
        uploads.iter().find(|upload| upload.id == upload_id).map(|upload| upload.file.clone())
    }

    #[cfg(test)]
    fn households_seated(&self) -> usize {
        self.lock().sockets.len()
    }
}

impl State {
    fn conversation(&mut self, contact: ContactId, now: Timestamp) -> &mut Conversation {
        if self.conversations.len() >= REMEMBERED && !self.conversations.contains_key(&contact) {
            self.conversations.retain(|_, c| c.tabs > 0 || !c.messages.is_full(now));
        }
        self.conversations.entry(contact).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);
    const CONTACT: ContactId = ContactId(1);

    fn visitors(limits: Limits) -> Arc<Visitors> {
        Arc::new(Visitors::new(limits))
    }

    #[test]
    fn the_customer_is_back_when_nobody_was_there_or_nobody_knows() {
        let visitors = visitors(Limits::default());
        assert_eq!(visitors.join(CONTACT, NOW), Ok(true), "after a restart nobody knows");
        assert_eq!(visitors.join(CONTACT, NOW), Ok(false), "a second tab changes nothing");
        assert!(!visitors.leave(CONTACT) && visitors.leave(CONTACT), "only the last tab counts");
        assert!(visitors.is_deserted(CONTACT));
        assert_eq!(visitors.join(CONTACT, NOW), Ok(true));

        visitors.opened(ContactId(2), NOW);
        assert_eq!(visitors.join(ContactId(2), NOW), Ok(false), "it was opened a moment ago");
    }

    #[test]
    fn five_tabs_and_not_six() {
        let visitors = visitors(Limits::default());
        for _ in 0..5 {
            visitors.join(CONTACT, NOW).unwrap();
        }
        assert_eq!(visitors.join(CONTACT, NOW), Err(TooManyTabs));
        visitors.leave(CONTACT);
        assert!(visitors.join(CONTACT, NOW).is_ok());
    }

    #[test]
    fn a_network_has_its_share_of_the_disk_and_a_conversation_of_the_unsent() {
        const MIB: u64 = 1 << 20;
        let visitors = visitors(Limits::default());
        let home = |ip: &str| ip.parse::<IpAddr>().unwrap();
        let keeps = |contact, ip: &str, now| visitors.reserve(ContactId(contact), home(ip), 10 * MIB, now);
        let file = |digest: &str| Attachment {
            digest: digest.into(),
            name: "a.pdf".into(),
            media_type: "application/pdf".into(),
            bytes: 10 * MIB,
        };
        for id in ["a", "b", "c"] {
            assert_eq!(keeps(1, "2001:db8:1:1::", NOW), Ok(()));
            visitors.uploaded(CONTACT, NOW, id.into(), (file(id), 10 * MIB));
        }
        assert_eq!(keeps(1, "2001:db8:1:1::", NOW), Err(NoRoom::Unsent));
        visitors.sent(CONTACT, "a");
        visitors.sent(CONTACT, "a"); // a retry frees nothing more
        assert_eq!(keeps(1, "2001:db8:1:2::", NOW), Ok(()));
        assert_eq!(keeps(1, "2001:db8:1:2::", NOW), Err(NoRoom::Unsent));
        visitors.not_kept(CONTACT, 10 * MIB);
        assert_eq!(keeps(1, "2001:db8:1:3::", NOW), Ok(()));

        assert_eq!(keeps(2, "2001:db8:1:4::", NOW), Ok(()));
        let Err(NoRoom::Network(wait)) = keeps(3, "2001:db8:1:5::", NOW) else { panic!("60 MiB are gone") };
        assert!((599..=600).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(keeps(3, "2001:db8:2:5::", NOW), Ok(()), "others are not held back");
        assert_eq!(keeps(3, "2001:db8:1:5::", NOW + Span::secs(600)), Ok(()));
    }

    #[test]
    fn seats_come_back_and_libraries_are_exempt() {
        let (home, library) = ("203.0.113.9".parse().unwrap(), "198.51.100.7".parse().unwrap());
        let visitors = visitors(Limits { sockets: 2, exempt: vec![library], ..Limits::default() });
        let (a, b) = (visitors.seat(home), visitors.seat(home));
        assert!(a.is_some() && b.is_some() && visitors.seat(home).is_none());
        drop(a);
        assert!(visitors.seat(home).is_some());
        drop(b);
        assert_eq!(visitors.households_seated(), 0, "nothing is kept of those who left");
        let all: Vec<_> = (0..100).map(|_| visitors.seat(library)).collect();
        assert!(all.iter().all(Option::is_some));
        assert!((0..100).all(|_| visitors.start(library, NOW).is_ok()));
    }
}
