//! Mail that arrives: kept as it came before anything reads it, then read, judged and handed in, each exactly once.

use super::imap::{Arrival, Cursor, Extent, Fetched, Kept, Ledger, MailKey, Place};
use super::mail::guard::Broken;
use super::mail::read::{self, Unreadable};
use super::places::Places;
use super::sorting::{Sorted, Sorter};
use super::underway::Underway;
use crate::channels::post::{Fate, Outcome, Post, Remarks, Reread};
use crate::channels::{Later, NotKept};
use crate::message::Attachment;
use crate::message::mail::{AlsoTo, Taken, Trust};
use crate::routing::ids::{Span, Timestamp};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How long a mailbox waits when no reader is free.
const NO_READER_SECS: u32 = 5;
/// Mails of one lot that are read at the same time.
const READ_AT_ONCE: usize = 4;
/// Why nothing is done about a mail whose bytes came before, and about one that came by another way.
const COPY: &str = "copy";
const SECOND_COPY: &str = "second copy";
/// Mail that came longer ago is not acknowledged.
const FRESH: Span = Span::mins(24 * 60);

/// The daemon's side of all mailboxes. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Arrivals(Arc<Inner>);

struct Inner {
    post: Arc<dyn Post>,
    sorter: Arc<Sorter>,
    places: Places,
    /// Held while it is looked whether a mail is a copy, and until it is taken: two mailboxes may bring both at once. What is long,
    /// reading and comparing, comes before it; under it only what came in between is looked at.
    copies: tokio::sync::Mutex<()>,
    counts: Arc<Counts>,
}

/// Mails taken since the start, by what became of them; for metrics.
#[derive(Debug, Default)]
pub struct Counts {
    /// On a contact, a new one or an old one.
    pub contacts: AtomicU64,
    pub held: AtomicU64,
    /// Remembered, and nothing else: copies, receipts of machines, our own mail come round.
    pub remembered: AtomicU64,
    /// Taken before under the same key.
    pub again: AtomicU64,
}

/// A mail that was read, on its way to be taken.
struct Read {
    taken: Taken,
    raw: Bytes,
    asks: Asks,
    backlog: bool,
}

/// What a mail asks for, as far as it is known from itself.
enum Asks {
    /// Its files were kept. An acknowledgement may go out, if it is fresh. Earlier letters that were compared with it and say
    /// something else, by digest.
    Sorted(Box<Sorted>, (Vec<Attachment>, Remarks), bool, Vec<String>),
    Beginning(Box<Sorted>),
    /// That a person looks at it.
    Person(Fate),
    /// Nothing: it came before; in a word.
    Copy(&'static str),
}

/// What a mail is to the earlier ones that bear its Message-ID.
enum Compared {
    Same,
    /// From all of these, by digest.
    Differs(Vec<String>),
}

impl Arrivals {
    pub fn new(post: Arc<dyn Post>, sorter: Arc<Sorter>, counts: Arc<Counts>) -> Arrivals {
        let places = Places::new(post.clone());
        Arrivals(Arc::new(Inner { post, sorter, places, copies: tokio::sync::Mutex::default(), counts }))
    }
}

impl Reread for Arrivals {
    fn reread(&self, mail: Taken, raw: Option<Bytes>) -> Later<Result<(Fate, Remarks), String>> {
        let inner = self.0.clone();
        Box::pin(async move { inner.reread(mail, raw).await.map_err(|error| error.to_string()) })
    }
}

impl Ledger for Arrivals {
    fn now(&self) -> Timestamp {
        self.0.post.now()
    }

    fn cursor(&self, place: &Place) -> Later<Result<Option<Cursor>, NotKept>> {
        self.0.places.cursor(place)
    }

    fn settle(&self, place: &Place, cursor: Cursor) -> Later<Result<(), NotKept>> {
        self.0.places.settle(place, cursor)
    }

    fn known(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<Vec<u32>, NotKept>> {
        let key = |uid| key(&MailKey { place: place.clone(), uid_validity, uid });
        let known = self.0.post.taken(uids.into_iter().map(key).collect());
        Box::pin(async move {
            let uid = |key: &String| key.rsplit(':').next()?.parse().ok();
            Ok(known.await?.iter().filter_map(uid).collect())
        })
    }

    fn begun(&self, place: &Place, uid_validity: u32) -> Later<Result<Vec<u32>, NotKept>> {
        self.0.places.begun(place, uid_validity)
    }

    fn attempt(&self, place: &Place, uid_validity: u32, uids: Vec<u32>) -> Later<Result<Vec<u32>, NotKept>> {
        self.0.places.attempt(place, uid_validity, uids)
    }

    fn pardon(&self, place: &Place, _uid_validity: u32, uids: Vec<u32>) -> Later<Result<(), NotKept>> {
        self.0.places.pardon(place, uids)
    }

    fn ingest(&self, mails: Vec<Fetched>) -> Later<Vec<Result<Kept, NotKept>>> {
        let inner = self.0.clone();
        Box::pin(async move { inner.ingest(mails).await })
    }
}

/// What a mail is remembered under, for ever.
fn key(mail: &MailKey) -> String {
    let MailKey { place: Place { account, folder }, uid_validity, uid } = mail;
    format!("imap:{account}:{folder}:{uid_validity}:{uid}")
}

/// A mail itself, as a file of the contact that it opens.
fn original(digest: String, bytes: usize) -> Attachment {
    Attachment { digest, name: "mail.eml".into(), media_type: "message/rfc822".into(), bytes: bytes as u64 }
}

impl Inner {
    /// First all are safe with us, then they are read, then each is taken in its turn.
    async fn ingest(self: Arc<Inner>, mails: Vec<Fetched>) -> Vec<Result<Kept, NotKept>> {
        let is_there = |mail: &&Fetched| mail.extent != Extent::Unread;
        let raws: Vec<Bytes> = mails.iter().filter(is_there).map(|mail| mail.raw.clone()).collect();
        let kept = if raws.is_empty() { Ok(Vec::new()) } else { self.post.keep_raw(raws).await };
        let mut digests = match kept {
            Ok(digests) => digests.into_iter(),
            Err(error) => return vec![Err(error); mails.len()],
        };
        let keys: Vec<MailKey> = mails.iter().map(|mail| mail.key.clone()).collect();
        let reading = stream::iter(mails).map(|mail| {
            let digest = if is_there(&&mail) { digests.next() } else { None };
            self.clone().read(mail, digest)
        });
        let read: Vec<_> = reading.buffered(READ_AT_ONCE).collect().await;
        let outcomes = self.clone().take_in_turn(read).await;
        keys.iter().zip(outcomes).map(|(key, outcome)| outcome.map(|outcome| self.done(key, outcome))).collect()
    }

    fn done(&self, key: &MailKey, outcome: Outcome) -> Kept {
        self.places.done(key);
        self.count(&outcome);
        tracing::info!(mailbox = %key.place.account, uid = key.uid, ?outcome, "a mail was taken");
        match outcome {
            Outcome::On(_) | Outcome::Remembered => Kept::New,
            Outcome::Held => Kept::Held,
            Outcome::Duplicate => Kept::Duplicate,
        }
    }

    /// A mail that is safe with us, under its digest; without one it could not be fetched.
    async fn read(self: Arc<Inner>, mail: Fetched, digest: Option<String>) -> Result<Read, NotKept> {
        let (is_fresh, backlog) = (self.is_fresh(&mail), mail.arrival == Arrival::Backlog);
        let mut taken = Taken {
            key: key(&mail.key),
            mailbox: mail.key.place.account.to_string(),
            digest,
            size: mail.size,
            arrived: mail.arrived,
            sender: None,
            subject: String::new(),
            message_id: None,
            why: "could not be fetched".into(),
            trust: Trust::Unknown,
            html: false,
            folded: false,
            also_to: AlsoTo::default(),
        };
        let raw = mail.raw;
        let asks = match mail.extent {
            Extent::Unread => Asks::Person(Fate::Held(None)),
            Extent::Truncated => self.read_beginning(&mut taken, raw.clone()).await?,
            Extent::Whole => match self.clone().sorted(raw.clone(), Sorter::sort).await? {
                Ok(sorted) => {
                    sorted.describe(&mut taken);
                    self.asks(&taken, sorted, &raw, is_fresh).await?
                }
                Err(unreadable) => self.unread(&mut taken, raw.clone(), unreadable.to_string()).await,
            },
        };
        Ok(Read { taken, raw, asks, backlog })
    }

    /// The files of a copy are not kept again.
    async fn asks(&self, taken: &Taken, sorted: Sorted, raw: &Bytes, is_fresh: bool) -> Result<Asks, NotKept> {
        if self.is_copy(taken).await? {
            return Ok(Asks::Copy(COPY));
        }
        Ok(match self.compare(&sorted, raw, Vec::new()).await? {
            Compared::Same => Asks::Copy(SECOND_COPY),
            Compared::Differs(seen) => {
                let files = self.enclosures(&sorted).await?;
                Asks::Sorted(Box::new(sorted), files, is_fresh, seen)
            }
        })
    }

    /// The beginning of a mail that is too long, read as far as it goes.
    async fn read_beginning(self: Arc<Inner>, taken: &mut Taken, raw: Bytes) -> Result<Asks, NotKept> {
        let why = "too long: only its beginning was taken".to_owned();
        let Ok(sorted) = self.clone().sorted(raw.clone(), Sorter::sort).await? else {
            return Ok(self.unread(taken, raw, why).await);
        };
        sorted.describe(taken);
        taken.why = why;
        Ok(Asks::Beginning(Box::new(sorted)))
    }

    /// A supervisor sees who wrote, about what, and why it could not be read.
    async fn unread(self: Arc<Inner>, taken: &mut Taken, raw: Bytes, why: String) -> Asks {
        let (sorter, mailbox) = (self.sorter.clone(), taken.mailbox.clone());
        let look = move || (read::letterhead(raw.clone()), sorter.fate_of_start(raw, &mailbox));
        let looked = tokio::task::spawn_blocking(look).await;
        let (letterhead, fate) = looked.unwrap_or_else(|_| (read::Letterhead::default(), Fate::Held(None)));
        taken.sender = letterhead.from.map(|from| from.address);
        taken.subject = letterhead.subject;
        taken.message_id = letterhead.message_id;
        taken.why = why;
        Asks::Person(fate)
    }

    /// One after the other is handed in, without waiting for the commit of those before it, unless it may hang on one of them.
    /// When one cannot be kept for the daemon's sake, nor are those behind it: all are handed in again, in their order.
    async fn take_in_turn(self: Arc<Inner>, read: Vec<Result<Read, NotKept>>) -> Vec<Result<Outcome, NotKept>> {
        let _one = self.copies.lock().await;
        let mut underway = Underway::default();
        for read in read {
            if let Err(error) = self.clone().take_next(read, &mut underway).await {
                underway.refuse(error);
            }
        }
        let _ = underway.wait().await; // each says itself what became of it
        underway.outcomes
    }

    async fn take_next(self: Arc<Inner>, read: Result<Read, NotKept>, underway: &mut Underway) -> Result<(), NotKept> {
        underway.goes_on()?;
        let Read { taken, raw, asks, backlog } = read?;
        if underway.resembles(&taken) {
            underway.wait().await?;
        }
        let (taken, fate, remarks) = self.clone().fate(taken, raw, asks).await?;
        if underway.may_bear_on(&fate) {
            underway.wait().await?;
        }
        underway.note(&taken, &fate);
        underway.begin(self.post.take(taken, fate, Remarks { backlog, ..remarks })).await;
        Ok(())
    }

    /// What is to be done with it, and what staff are told beside it, now that all that came before it is known.
    async fn fate(self: Arc<Inner>, taken: Taken, raw: Bytes, asks: Asks) -> Result<(Taken, Fate, Remarks), NotKept> {
        let copy = |why: &str, taken| Ok((Taken { why: why.into(), ..taken }, Fate::Copy, Remarks::default()));
        if self.is_copy(&taken).await? {
            return copy(COPY, taken);
        }
        Ok(match asks {
            Asks::Copy(why) => return copy(why, taken),
            Asks::Sorted(sorted, (attachments, remarks), is_fresh, seen) => {
                if let Compared::Same = self.compare(&sorted, &raw, seen).await? {
                    return copy(SECOND_COPY, taken);
                }
                let receipt = sorted.receipt.clone().filter(|_| is_fresh);
                let fate = self.sorter.fate(&sorted, &taken.mailbox, attachments, receipt);
                (taken, fate, remarks)
            }
            Asks::Beginning(sorted) => {
                let fate = self.sorter.fate_of_beginning(&sorted, &taken.mailbox);
                (taken, fate, Remarks { left_out: sorted.left_out(0), ..Remarks::default() })
            }
            Asks::Person(fate) => (taken, fate, Remarks::default()),
        })
    }

    /// These very bytes came before.
    async fn is_copy(&self, taken: &Taken) -> Result<bool, NotKept> {
        match &taken.digest {
            Some(digest) => self.post.is_copy(digest.clone()).await,
            None => Ok(false),
        }
    }

    /// The same letter came by another way, for example to two of our addresses: its envelope differs, not what it says.
    /// It was compared with those that were `seen` before.
    async fn compare(&self, sorted: &Sorted, raw: &Bytes, mut seen: Vec<String>) -> Result<Compared, NotKept> {
        let Some(id) = sorted.message_id().filter(|_| sorted.may_be_said()) else { return Ok(Compared::Differs(seen)) };
        for digest in self.post.letters(id.to_owned()).await? {
            if seen.contains(&digest) {
                continue;
            }
            if let Some(letter) = self.post.letter(digest.clone()).await? {
                let raw = raw.clone();
                let compared = tokio::task::spawn_blocking(move || read::is_same(&letter, &raw));
                if compared.await.unwrap_or(false) {
                    return Ok(Compared::Same);
                }
            }
            seen.push(digest);
        }
        Ok(Compared::Differs(seen))
    }

    /// Whoever reads an old mailbox for the first time must not wake the whole city.
    fn is_fresh(&self, mail: &Fetched) -> bool {
        mail.arrival == Arrival::Live && mail.arrived.is_none_or(|arrived| self.post.now() - arrived <= FRESH)
    }

    async fn reread(self: Arc<Inner>, mail: Taken, raw: Option<Bytes>) -> Result<(Fate, Remarks), NotKept> {
        let unread = |why: String| Remarks { unread: Some(why), ..Remarks::default() };
        let Some(raw) = raw else {
            return Ok((self.sorter.stub(&mail, None), unread(mail.why)));
        };
        match self.clone().sorted(raw.clone(), Sorter::sort_as_normal).await? {
            Ok(sorted) => {
                let (attachments, remarks) = self.enclosures(&sorted).await?;
                Ok((self.sorter.fate(&sorted, &mail.mailbox, attachments, None), remarks))
            }
            Err(unreadable) => {
                let original = mail.digest.clone().map(|digest| original(digest, raw.len()));
                Ok((self.sorter.stub(&mail, original), unread(unreadable.to_string())))
            }
        }
    }

    /// Read on a blocking thread. That none is free is nobody's fault: the mail waits where it is.
    async fn sorted(
        self: Arc<Inner>,
        raw: Bytes,
        sort: fn(&Sorter, Bytes) -> Result<Sorted, Unreadable>,
    ) -> Result<Result<Sorted, Unreadable>, NotKept> {
        let sorting = tokio::task::spawn_blocking(move || sort(&self.sorter, raw));
        match sorting.await {
            Ok(Err(Unreadable::Broken(Broken::NoReader))) => Err(NotKept::Busy { retry_secs: NO_READER_SECS }),
            Ok(sorted) => Ok(sorted),
            Err(_) => Ok(Err(Unreadable::Broken(Broken::Panicked))),
        }
    }

    async fn enclosures(&self, sorted: &Sorted) -> Result<(Vec<Attachment>, Remarks), NotKept> {
        let (mut kept, mut positions) = (Vec::new(), Vec::new());
        if sorted.is_silent() {
            return Ok((kept, Remarks::default()));
        }
        for file in &sorted.enclosures {
            match self.post.keep_enclosure(file.name.clone(), file.bytes.clone()).await {
                Ok((attachment, position)) => {
                    positions.extend(position.map(|position| (attachment.name.clone(), position)));
                    kept.push(attachment);
                }
                // One file that nobody wants to keep does not keep out the words; it is still in the mail.
                Err(NotKept::FileType | NotKept::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let left_out = sorted.left_out(kept.len());
        Ok((kept, Remarks { left_out, positions, ..Remarks::default() }))
    }

    fn count(&self, outcome: &Outcome) {
        let count = match outcome {
            Outcome::On(_) => &self.counts.contacts,
            Outcome::Held => &self.counts.held,
            Outcome::Remembered => &self.counts.remembered,
            Outcome::Duplicate => &self.counts.again,
        };
        count.fetch_add(1, Relaxed);
    }
}
