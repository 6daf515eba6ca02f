//! Where mail is kept and does what it asks for: one transaction a mail, each mail once, whatever is tried again.

mod adding;

use super::claims::{SAME_ID_MAX, believed};
use super::flood::{Adds, Floodgate};
use super::notices;
use super::reception::{Reception, Told, not_kept};
use super::{Done, Failure, Handle, Job, trouble};
use crate::channels::post::{Fate, Outcome, Post, Remarks, Reread};
use crate::channels::{Later, NotKept};
use crate::intake::photo;
use crate::message::delivery::{Delivery, DeliveryState, Progress};
use crate::message::mail::{self, KeptMail, Taken, Trust};
use crate::message::{Attachment, ContactRecord, Inbound, Position};
use crate::routing::ids::{ContactId, RepId, Span, Timestamp};
use crate::settings::Settings;
use crate::store::files::Files;
use crate::store::{Due, Record, StoreError, Which};
use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// Bytes of a bookmark's key, and of its value.
const BOOKMARK_KEY_MAX: usize = 200;
const BOOKMARK_MAX: usize = 2_048;
/// Waiting is counted from when a mail reached its mailbox, but an old mailbox does not come before everybody else.
const BACKDATED_MOST: Span = Span::mins(7 * 24 * 60);
/// A contact may be closed or opened again while a mail is on its way to it; so often it is tried anew.
const TRIES: usize = 4;

/// Cheap to clone; all clones are one mailroom.
#[derive(Clone)]
pub struct Mailroom {
    inner: Arc<Inner>,
}

struct Inner {
    handle: Handle,
    reception: Reception,
    files: Arc<Files>,
    floodgate: Floodgate,
    /// Reads a held mail once more; there is none until mail is set up.
    reread: OnceLock<Arc<dyn Reread>>,
}

/// The mail that a job is about.
enum Of {
    New(Box<Taken>),
    /// It was held, and this supervisor lets it in.
    Released(Box<KeptMail>, RepId),
}

/// A mail and what is to be said beside it.
struct Sheet {
    of: Of,
    remarks: Remarks,
}

impl Sheet {
    fn mail(&self) -> &Taken {
        match &self.of {
            Of::New(mail) => mail,
            Of::Released(kept, _) => &kept.mail,
        }
    }

    /// What is thought of it now; a released one stays as it was.
    fn because(mut self, why: &str) -> Sheet {
        if let Of::New(mail) = &mut self.of {
            mail.why = why.into();
        }
        self
    }

    /// Its row, as the message of a contact or for itself.
    fn record(&self, fate: mail::Fate, on: Option<ContactId>) -> Record {
        match &self.of {
            Of::New(mail) => Record::Mail { mail: mail.clone(), fate, on },
            Of::Released(kept, by) => Record::MailDecided { id: kept.id, by: *by, fate, on },
        }
    }

    /// Its row as the message of a contact, which the same job has said; and what staff are told beside it.
    fn said_on(&self, contact: ContactId) -> impl Iterator<Item = Record> {
        let Remarks { left_out, positions, unread, .. } = &self.remarks;
        let is_attached = self.mail().digest.is_some();
        let unread = unread.as_ref().map(|why| notices::unread(self.mail(), why, is_attached));
        let left_out = (*left_out > 0).then(|| notices::left_out(*left_out));
        let positions = positions.iter().map(|(name, position)| notices::taken_at(name, *position));
        let memos =
            unread.into_iter().chain(left_out).chain(positions).map(move |message| Record::Said { contact, message });
        [self.record(mail::Fate::Message, Some(contact))].into_iter().chain(memos)
    }
}

impl Mailroom {
    pub fn new(handle: Handle, reception: Reception, files: Arc<Files>, settings: &Settings) -> Mailroom {
        let (floodgate, reread) = (Floodgate::new(settings), OnceLock::new());
        Mailroom { inner: Arc::new(Inner { handle, reception, files, floodgate, reread }) }
    }

    /// Who reads held mail once more. Set once, by whoever sets up mail; a second one is ignored.
    pub fn reread_by(&self, reader: Arc<dyn Reread>) {
        let _ = self.inner.reread.set(reader);
    }

    /// Learns who wrote how much of late, before the first mail: then each is handed in when it is its turn.
    ///
    /// # Errors
    /// `Unavailable` when the storage cannot be read; the first mail tries again.
    pub async fn knows_senders(&self) -> Result<(), NotKept> {
        self.inner.floodgate.senders(&self.inner.handle).await.map(drop)
    }

    /// A held mail is let in, as if nothing had spoken against it; what nobody can read opens a contact all the same, for
    /// somebody to look after it. `Duplicate`: somebody decided on it before.
    ///
    /// # Errors
    /// `Refused`, with words for the supervisor, when no mailbox is set up or it is not there.
    pub async fn release(&self, id: u64, by: RepId) -> Result<Outcome, NotKept> {
        let mut kept = self.inner.kept(id).await?;
        if kept.fate != mail::Fate::Held {
            return Ok(Outcome::Duplicate);
        }
        let refused = |why: &str| NotKept::Refused(why.into());
        let reader = self.inner.reread.get().ok_or_else(|| refused("no mailbox is set up"))?;
        let raw = match kept.mail.digest.clone() {
            Some(digest) => match self.inner.clone().raw(digest).await {
                Err(NotKept::Refused(_)) => {
                    (kept.mail.digest, kept.mail.why) = (None, "its file here is damaged".into());
                    None
                }
                raw => Some(raw?),
            },
            None => None,
        };
        let (fate, remarks) = reader.reread(kept.mail.clone(), raw).await.map_err(NotKept::Refused)?;
        if matches!(fate, Fate::Held(_) | Fate::Copy) {
            return Err(refused("this mail cannot be let in"));
        }
        self.inner.keep(Sheet { of: Of::Released(Box::new(kept), by), remarks }, fate).await
    }

    /// A held mail is nothing. `Duplicate`: somebody decided on it before.
    pub async fn discard(&self, id: u64, by: RepId) -> Result<Outcome, NotKept> {
        let kept = self.inner.kept(id).await?;
        let sheet = Sheet { of: Of::Released(Box::new(kept), by), remarks: Remarks::default() };
        self.inner.remember(&sheet, mail::Fate::Discarded).await
    }
}

impl Inner {
    async fn keep(&self, sheet: Sheet, fate: Fate) -> Result<Outcome, NotKept> {
        match fate {
            Fate::Open { inbound, receipt } => self.admit(sheet, *inbound, None, Told::both(receipt.as_deref())).await,
            Fate::Answer { contact, message, otherwise, receipt } => {
                self.answer(sheet, contact, message, *otherwise, receipt).await
            }
            Fate::Claim { claim, note, message, otherwise, receipt } => {
                match believed(&self.handle, sheet.mail(), claim).await? {
                    Some(contact) if note => self.note(sheet, contact, message).await,
                    Some(contact) => self.answer(sheet, contact, message, *otherwise, receipt).await,
                    None => self.admit(sheet, *otherwise, None, Told::both(receipt.as_deref())).await,
                }
            }
            Fate::Note { contact, message } => self.note(sheet, contact, message).await,
            Fate::Returned { contact, n, failed, said } => self.returned(&sheet, contact, n, failed, said).await,
            Fate::Nothing => self.remember(&sheet, mail::Fate::Nothing).await,
            Fate::Held(would) => self.hold(sheet, would).await,
            Fate::Copy => self.remember(&sheet, mail::Fate::Copy).await,
        }
    }

    /// Nobody is given the secret of a mail's contact: it is answered by mail.
    async fn open(
        &self,
        sheet: &Sheet,
        inbound: Inbound,
        follows: Option<&ContactRecord>,
        told: Told<'_>,
    ) -> Result<Outcome, NotKept> {
        let inbound = Inbound { source_key: None, fingerprint: None, secret: rand::random(), ..inbound };
        let floor = Timestamp(self.handle.clock().now().0 - BACKDATED_MOST.0);
        let arrived = sheet.mail().arrived.map(|at| at.max(floor));
        let mut job = self.reception.inner().opening(inbound, follows, told, arrived);
        job.records.extend(sheet.said_on(ContactId(0)));
        let done = self.handle.submit(job).await.map_err(unkept)?;
        match done.contact {
            _ if done.duplicate => Ok(Outcome::Duplicate),
            Some(contact) => Ok(Outcome::On(contact)),
            None => Err(NotKept::Unavailable),
        }
    }

    /// A supervisor decides, unless it speaks of danger: then everyone sees it at once, as a doubtful emergency. Only a sender
    /// whose domain vouches for them is told whom to call, and nobody has an acknowledgement. Who has rung too often rings no
    /// more: then it waits before all others.
    async fn hold(&self, sheet: Sheet, would: Option<Box<Inbound>>) -> Result<Outcome, NotKept> {
        let desk = self.reception.inner();
        let danger = would.filter(|would| desk.is_danger(&would.text));
        let (Of::New(mail), Some(inbound)) = (&sheet.of, danger) else {
            return self.remember(&sheet, mail::Fate::Held).await;
        };
        let Some(pass) = self.pass(&sheet, Adds::Alarm).await? else {
            tracing::warn!(
                mailbox = mail.mailbox,
                "danger words of a sender who has rung too often: held, to be read first"
            );
            let why = format!("{}{}", mail::DANGER_WAITS, mail.why);
            return self.remember(&sheet.because(&why), mail::Fate::Held).await;
        };
        let to = inbound.party.email.clone().filter(|_| mail.trust == Trust::Authentic);
        let why = format!("{}{}", mail::DANGER, mail.why);
        let told = Told { receipt: None, advice: to.as_deref() };
        adding::kept(pass, self.open(&sheet.because(&why), *inbound, None, told).await)
    }

    async fn returned(
        &self,
        sheet: &Sheet,
        contact: ContactId,
        n: u32,
        failed: bool,
        said: String,
    ) -> Result<Outcome, NotKept> {
        if self.row(contact).await?.is_none() {
            return self.remember(sheet, mail::Fate::Returned).await;
        }
        let delivery = self.delivery(contact, n).await?;
        let kind = delivery.as_ref().map(|delivery| delivery.kind);
        let memo = if failed { trouble::returned(kind, &said) } else { trouble::late(kind, &said) };
        let mut records = vec![sheet.record(mail::Fate::Returned, Some(contact))];
        if let Some(delivery) = delivery.filter(|_| failed) {
            let (state, returned_at) = (DeliveryState::Failed, Some(self.handle.clock().now()));
            let progress = Progress { state, said: Some(said), returned_at, ..delivery.progress };
            records.push(Record::Delivering { id: delivery.id, progress, rendered: None });
        }
        outcome(trouble::tell(&self.handle, contact, memo, records, failed).await, Some(contact))
    }

    async fn remember(&self, sheet: &Sheet, fate: mail::Fate) -> Result<Outcome, NotKept> {
        let done = self.handle.submit(Job { command: None, records: vec![sheet.record(fate, None)] }).await;
        let kept = outcome(done, None)?;
        Ok(if kept == Outcome::Remembered && fate == mail::Fate::Held { Outcome::Held } else { kept })
    }

    async fn row(&self, contact: ContactId) -> Result<Option<ContactRecord>, NotKept> {
        self.handle.rows(move |rows| rows.contact(contact)).await.map_err(unkept)
    }

    async fn delivery(&self, contact: ContactId, n: u32) -> Result<Option<Delivery>, NotKept> {
        let found = self.handle.rows(move |rows| rows.deliveries(Due::Nth(contact, n), 1)).await;
        Ok(found.map_err(unkept)?.pop())
    }

    async fn kept(&self, id: u64) -> Result<KeptMail, NotKept> {
        let mut found = self.handle.rows(move |rows| rows.mail(Which::Id(id), 1)).await.map_err(unkept)?;
        found.pop().ok_or_else(|| NotKept::Refused("there is no such mail".into()))
    }

    async fn raw(self: Arc<Inner>, digest: String) -> Result<Bytes, NotKept> {
        self.blocking(move |files| files.read(&digest)).await.map(Bytes::from)
    }

    async fn letters(&self, message_id: String) -> Result<Vec<String>, NotKept> {
        let found = self.handle.rows(move |rows| rows.mail(Which::MessageId(&message_id), SAME_ID_MAX)).await;
        let kept = found.map_err(not_kept)?.into_iter().filter(|kept| kept.fate == mail::Fate::Message);
        Ok(kept.filter_map(|kept| kept.mail.digest).collect())
    }

    async fn letter(self: Arc<Inner>, digest: String) -> Result<Option<Bytes>, NotKept> {
        self.blocking(move |files| match files.read(&digest) {
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(%error, "an earlier mail cannot be compared with a new one: they count as different");
                Ok(None)
            }
            read => read.map(|bytes| Some(Bytes::from(bytes))),
        })
        .await
    }

    /// Files are read and written where waiting for a disk holds up nobody else.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Files) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, NotKept> {
        let files = self.files.clone();
        let done = tokio::task::spawn_blocking(move || work(&files)).await.map_err(|_| NotKept::Unavailable)?;
        done.map_err(|error| {
            tracing::error!(%error, "a file of a mail could not be kept or read");
            unkept(error.into())
        })
    }

    async fn keep_enclosure(
        self: Arc<Inner>,
        name: String,
        bytes: Bytes,
    ) -> Result<(Attachment, Option<Position>), NotKept> {
        self.blocking(move |files| {
            let (media_type, clean) =
                photo::clean(&bytes).unwrap_or_else(|_| ("application/octet-stream", bytes.as_ref().into()));
            let kept = files.keep(&clean)?;
            let name = photo::clean_name(&name, media_type);
            let kept = Attachment { digest: kept.digest, name, media_type: media_type.into(), bytes: kept.bytes };
            Ok((kept, photo::position(&bytes)))
        })
        .await
    }

    async fn set_bookmark(&self, key: String, value: Option<String>) -> Result<(), NotKept> {
        if key.len() > BOOKMARK_KEY_MAX || value.as_ref().is_some_and(|value| value.len() > BOOKMARK_MAX) {
            return Err(NotKept::Refused(format!(
                "a bookmark has at most {BOOKMARK_MAX} bytes, its key {BOOKMARK_KEY_MAX}"
            )));
        }
        let records = vec![Record::Bookmark { key, value }];
        self.handle.submit(Job { command: None, records }).await.map(drop).map_err(not_kept)
    }
}

/// Rows and files that cannot be read any more say something about the mail that rests on them, not about the storage: it
/// must not hold up those behind it for ever.
pub(super) fn unkept(failure: Failure) -> NotKept {
    if failure.is_of_its_rows() { NotKept::Refused(failure.to_string()) } else { not_kept(failure) }
}

fn outcome(done: Result<Done, Failure>, on: Option<ContactId>) -> Result<Outcome, NotKept> {
    let done = done.map_err(unkept)?;
    Ok(match on {
        _ if done.duplicate => Outcome::Duplicate,
        Some(contact) => Outcome::On(contact),
        None => Outcome::Remembered,
    })
}

impl Post for Mailroom {
    fn now(&self) -> Timestamp {
        self.inner.handle.clock().now()
    }

    fn bookmark(&self, key: String) -> Later<Result<Option<String>, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.handle.rows(move |rows| rows.bookmark(&key)).await.map_err(not_kept) })
    }

    fn set_bookmark(&self, key: String, value: Option<String>) -> Later<Result<(), NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.set_bookmark(key, value).await })
    }

    fn taken(&self, keys: Vec<String>) -> Later<Result<Vec<String>, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.handle.rows(move |rows| rows.mails_taken(&keys)).await.map_err(not_kept) })
    }

    fn is_copy(&self, digest: String) -> Later<Result<bool, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move {
            let found = inner.handle.rows(move |rows| rows.mail(Which::Digest(&digest), 1)).await;
            Ok(!found.map_err(unkept)?.is_empty())
        })
    }

    fn letters(&self, message_id: String) -> Later<Result<Vec<String>, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.letters(message_id).await })
    }

    fn letter(&self, digest: String) -> Later<Result<Option<Bytes>, NotKept>> {
        Box::pin(self.inner.clone().letter(digest))
    }

    fn keep_raw(&self, raws: Vec<Bytes>) -> Later<Result<Vec<String>, NotKept>> {
        let inner = self.inner.clone();
        let digests =
            |files: &Files, raws: &[Bytes]| Ok(files.keep_all(raws)?.into_iter().map(|kept| kept.digest).collect());
        Box::pin(async move { inner.blocking(move |files| digests(files, &raws)).await })
    }

    fn keep_enclosure(&self, name: String, bytes: Bytes) -> Later<Result<(Attachment, Option<Position>), NotKept>> {
        Box::pin(self.inner.clone().keep_enclosure(name, bytes))
    }

    fn take(&self, mail: Taken, fate: Fate, remarks: Remarks) -> Later<Result<Outcome, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.keep(Sheet { of: Of::New(Box::new(mail)), remarks }, fate).await })
    }
}
