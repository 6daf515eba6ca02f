//! Mail that arrives: kept as it came before anything reads it, then read, judged and handed in, each exactly once.

use super::imap::{Arrival, Cursor, Extent, Fetched, Kept, Ledger, MailKey, Place};
use super::mail::guard::Broken;
use super::mail::read::{self, Unreadable};
use super::places::Places;
use super::sorting::{Sorted, Sorter};
use crate::channels::post::{Fate, Outcome, Post, Remarks, Reread};
use crate::channels::{Later, NotKept};
use crate::message::Attachment;
use crate::message::mail::{Taken, Trust};
use crate::routing::ids::{Span, Timestamp};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How long a mailbox waits when no reader is free.
const NO_READER_SECS: u32 = 5;
/// Mail that came longer ago is not acknowledged.
const FRESH: Span = Span::mins(24 * 60);

/// The daemon's side of all mailboxes. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Arrivals(Arc<Inner>);

struct Inner {
    post: Arc<dyn Post>,
    sorter: Arc<Sorter>,
    places: Places,
    /// Held while it is looked whether a mail is a copy, and until it is taken: two mailboxes may bring both at once.
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

impl Arrivals {
    pub fn new(post: Arc<dyn Post>, sorter: Arc<Sorter>, counts: Arc<Counts>) -> Arrivals {
        let places = Places::new(post.clone());
        Arrivals(Arc::new(Inner { post, sorter, places, copies: tokio::sync::Mutex::default(), counts }))
    }
}

impl Reread for Arrivals {
    fn reread(&self, mail: Taken, raw: Bytes) -> Later<Result<(Fate, Remarks), String>> {
        let inner = self.0.clone();
        Box::pin(async move { inner.reread(mail.mailbox, raw).await.map_err(|error| error.to_string()) })
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

    fn attempt(&self, key: &MailKey) -> Later<Result<u32, NotKept>> {
        self.0.places.attempt(key)
    }

    fn pardon(&self, key: &MailKey) -> Later<Result<(), NotKept>> {
        self.0.places.pardon(key)
    }

    fn ingest(&self, mail: Fetched) -> Later<Result<Kept, NotKept>> {
        let inner = self.0.clone();
        Box::pin(async move { inner.ingest(mail).await })
    }
}

/// What a mail is remembered under, for ever.
fn key(mail: &MailKey) -> String {
    let MailKey { place: Place { account, folder }, uid_validity, uid } = mail;
    format!("imap:{account}:{folder}:{uid_validity}:{uid}")
}

impl Inner {
    async fn ingest(self: Arc<Inner>, mail: Fetched) -> Result<Kept, NotKept> {
        let mut taken = Taken {
            key: key(&mail.key),
            mailbox: mail.key.place.account.to_string(),
            digest: None,
            size: mail.size,
            arrived: mail.arrived,
            sender: None,
            subject: String::new(),
            message_id: None,
            why: "could not be fetched".into(),
            trust: Trust::Unknown,
            html: false,
            folded: false,
        };
        let outcome = if mail.extent == Extent::Unread {
            self.post.take(taken, Fate::Held(None), Remarks::default()).await?
        } else {
            taken.digest = Some(self.post.keep_raw(mail.raw.clone()).await?);
            self.clone().take(taken, &mail).await?
        };
        self.places.done(&mail.key);
        self.count(&outcome);
        tracing::info!(mailbox = %mail.key.place.account, uid = mail.key.uid, ?outcome, "a mail was taken");
        Ok(match outcome {
            Outcome::On(_) | Outcome::Remembered => Kept::New,
            Outcome::Held => Kept::Held,
            Outcome::Duplicate => Kept::Duplicate,
        })
    }

    /// A mail that is safe with us.
    async fn take(self: Arc<Inner>, mut taken: Taken, mail: &Fetched) -> Result<Outcome, NotKept> {
        if mail.extent == Extent::Truncated {
            return self.hold_beginning(taken, mail.raw.clone()).await;
        }
        let sorted = match self.clone().sorted(mail.raw.clone(), Sorter::sort).await? {
            Ok(sorted) => sorted,
            Err(unreadable) => return self.hold_unread(taken, mail.raw.clone(), unreadable.to_string()).await,
        };
        sorted.describe(&mut taken);
        let (attachments, remarks) = self.enclosures(&sorted).await?;
        let _one = self.copies.lock().await;
        if self.is_copy(&taken).await? {
            return self.take_copy(taken, "copy").await;
        }
        if self.clone().is_second_copy(&sorted, mail.raw.clone()).await? {
            return self.take_copy(taken, "second copy").await;
        }
        let receipt = sorted.receipt.clone().filter(|_| self.is_fresh(mail));
        let fate = self.sorter.fate(&sorted, &taken.mailbox, attachments, receipt);
        self.post.take(taken, fate, remarks).await
    }

    async fn take_copy(&self, taken: Taken, why: &str) -> Result<Outcome, NotKept> {
        self.post.take(Taken { why: why.into(), ..taken }, Fate::Copy, Remarks::default()).await
    }

    /// These very bytes came before.
    async fn is_copy(&self, taken: &Taken) -> Result<bool, NotKept> {
        match &taken.digest {
            Some(digest) => self.post.is_copy(digest.clone()).await,
            None => Ok(false),
        }
    }

    /// The same letter came by another way, for example to two of our addresses: its envelope differs, not what it says.
    async fn is_second_copy(self: Arc<Inner>, sorted: &Sorted, raw: Bytes) -> Result<bool, NotKept> {
        let Some(id) = sorted.message_id().filter(|_| sorted.may_be_said()) else { return Ok(false) };
        let earlier = self.post.letters(id.to_owned()).await?;
        if earlier.is_empty() {
            return Ok(false);
        }
        let compared =
            tokio::task::spawn_blocking(move || earlier.into_iter().any(|letter| read::is_same(&letter, &raw)));
        Ok(compared.await.unwrap_or(false))
    }

    /// Whoever reads an old mailbox for the first time must not wake the whole city.
    fn is_fresh(&self, mail: &Fetched) -> bool {
        mail.arrival == Arrival::Live && mail.arrived.is_none_or(|arrived| self.post.now() - arrived <= FRESH)
    }

    /// The beginning of a mail that is too long, read as far as it goes.
    async fn hold_beginning(self: Arc<Inner>, mut taken: Taken, raw: Bytes) -> Result<Outcome, NotKept> {
        let why = "too long: only its beginning was taken".to_owned();
        let Ok(sorted) = self.clone().sorted(raw.clone(), Sorter::sort).await? else {
            return self.hold_unread(taken, raw, why).await;
        };
        sorted.describe(&mut taken);
        taken.why = why;
        let fate = self.sorter.fate_of_beginning(&sorted, &taken.mailbox);
        let _one = self.copies.lock().await;
        if self.is_copy(&taken).await? {
            return self.take_copy(taken, "copy").await;
        }
        let remarks = Remarks { left_out: sorted.left_out(0), ..Remarks::default() };
        self.post.take(taken, fate, remarks).await
    }

    /// A supervisor sees who wrote, about what, and why it could not be read.
    async fn hold_unread(self: Arc<Inner>, mut taken: Taken, raw: Bytes, why: String) -> Result<Outcome, NotKept> {
        let (sorter, mailbox) = (self.sorter.clone(), taken.mailbox.clone());
        let look = move || (read::letterhead(raw.clone()), sorter.fate_of_subject(raw, &mailbox));
        let looked = tokio::task::spawn_blocking(look).await;
        let (letterhead, fate) = looked.unwrap_or_else(|_| (read::Letterhead::default(), Fate::Held(None)));
        taken.sender = letterhead.from.map(|from| from.address);
        taken.subject = letterhead.subject;
        taken.message_id = letterhead.message_id;
        taken.why = why;
        let _one = self.copies.lock().await;
        if self.is_copy(&taken).await? {
            return self.take_copy(taken, "copy").await;
        }
        self.post.take(taken, fate, Remarks::default()).await
    }

    async fn reread(self: Arc<Inner>, mailbox: String, raw: Bytes) -> Result<(Fate, Remarks), NotKept> {
        match self.clone().sorted(raw.clone(), Sorter::sort_as_normal).await? {
            Ok(sorted) => {
                let (attachments, remarks) = self.enclosures(&sorted).await?;
                Ok((self.sorter.fate(&sorted, &mailbox, attachments, None), remarks))
            }
            Err(_) => {
                let stub = tokio::task::spawn_blocking(move || self.sorter.stub(raw, &mailbox));
                Ok((stub.await.map_err(|_| NotKept::Unavailable)?, Remarks::default()))
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
        Ok((kept, Remarks { left_out, positions }))
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
