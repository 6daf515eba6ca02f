//! Where channels hand in what reached them: classified, kept, and answered only after the commit.

use super::notices::Notices;
use super::outgoing::address;
use super::rulebook::Rulebook;
use super::sequencer::reference;
use super::speech::Learn;
use super::{Failure, Handle, Job};
use crate::channels::{Context, CustomerAct, CustomerStage, Happening, Later, NotKept, Opening, Receipt, Standing};
use crate::intake::{SafetyHit, photo};
use crate::message::{Attachment, Author, ContactRecord, Inbound, Message, NewMessage};
use crate::routing::command::{Command, Refusal};
use crate::routing::contact::Stage;
use crate::routing::engine::Engine;
use crate::routing::ids::{Channel, ContactId, Disposition, RepId, Span, Timestamp};
use crate::store::files::Files;
use crate::store::{Reads, Record, Source, StoreError};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::sync::mpsc;

/// How long after its end a contact is opened again by a new message; later it is a new contact.
pub const REOPEN_WITHIN: Span = Span::mins(30 * 24 * 60);

/// Cheap to clone; all clones are one reception.
#[derive(Clone)]
pub struct Reception {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    handle: Handle,
    rulebook: Arc<Rulebook>,
    notices: Notices,
    files: Arc<Files>,
    prefix: String,
    /// Some rep is there; kept up to date by `daemon::watch_presence`.
    staffed: AtomicBool,
}

/// The addresses that may have letters because of a new contact.
#[derive(Clone, Copy, Default)]
pub(super) struct Told<'a> {
    /// "We have your message."
    pub receipt: Option<&'a str>,
    /// Whom to call in danger.
    pub advice: Option<&'a str>,
}

impl<'a> Told<'a> {
    pub(super) fn both(to: Option<&'a str>) -> Told<'a> {
        Told { receipt: to, advice: to }
    }
}

/// A contact as the engine sees it, reduced to what its customer may know.
struct Glimpse {
    stage: CustomerStage,
    place: Option<u32>,
    wait: Option<(u32, u32)>,
    rep: Option<RepId>,
    rep_left: bool,
}

impl Reception {
    pub fn new(
        handle: Handle,
        rulebook: Arc<Rulebook>,
        notices: Notices,
        files: Arc<Files>,
        prefix: String,
    ) -> Reception {
        let staffed = AtomicBool::new(false);
        Reception { inner: Arc::new(Inner { handle, rulebook, notices, files, prefix, staffed }) }
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The programme's usual opening hours: Monday first, minutes of the day.
    pub(super) fn week(&self) -> &[Vec<(u16, u16)>; 7] {
        self.inner.rulebook.plan.hours().week()
    }

    pub(super) fn set_staffed(&self, staffed: bool) {
        self.inner.staffed.store(staffed, Relaxed);
    }
}

impl Inner {
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(super) fn rulebook(&self) -> &Arc<Rulebook> {
        &self.rulebook
    }

    async fn deliver(&self, inbound: Inbound) -> Result<Receipt, NotKept> {
        let receipt = inbound.party.email.clone().filter(|_| inbound.channel == Channel::Form);
        let job = self.opening(inbound, None, Told::both(receipt.as_deref()), None);
        let done = self.handle.submit(job).await.map_err(not_kept)?;
        let contact = done.contact.ok_or(NotKept::Unavailable)?;
        Ok(Receipt { contact, reference: reference(&self.prefix, contact), duplicate: done.duplicate })
    }

    /// All that a new contact brings. `follows` was closed too long ago to be opened again; `arrived` is when it reached the city, if before now.
    pub(super) fn opening(
        &self,
        inbound: Inbound,
        follows: Option<&ContactRecord>,
        told: Told<'_>,
        arrived: Option<Timestamp>,
    ) -> Job {
        let now = self.handle.clock().now();
        let mut taken = self.rulebook.classify(&inbound, now, follows.and_then(|before| before.last_rep));
        taken.arrival.since = arrived;
        let record = ContactRecord {
            id: ContactId(0),
            reference: String::new(),
            channel: inbound.channel,
            service: inbound.service,
            language: taken.language,
            urgency: taken.urgency,
            subject: taken.subject,
            party: inbound.party,
            fields: inbound.fields,
            doubtful: inbound.doubtful,
            opened_at: now,
            follows: follows.map(|before| before.id),
            last_rep: None,
            closed: None,
        };
        let source = inbound.source_key.map(|key| Source { channel: inbound.channel, key });
        let first = NewMessage {
            from: Author::Customer,
            text: inbound.text,
            attachments: inbound.attachments,
            client_id: None,
        };
        let danger = taken.safety.map(|hit| self.answer_danger(&record, told.advice, &hit)).unwrap_or_default();
        let acknowledgement =
            told.receipt.and_then(|to| self.handle.outgoing().acknowledgement(record.id, record.language, to));
        let opened = Record::Opened {
            record: Box::new(record),
            secret: inbound.secret,
            source: source.map(|source| (source, inbound.fingerprint)),
            first,
        };
        let records = [opened].into_iter().chain(danger).chain(acknowledgement).collect();
        Job { command: Some(Command::Receive(Box::new(taken.arrival))), records }
    }

    /// What everyone is told at once, and the person in the same commit as their words; by letter too, where there may be one.
    pub(super) fn answer_danger(&self, of: &ContactRecord, letter: Option<&str>, hit: &SafetyHit) -> Vec<Record> {
        tracing::warn!(class = hit.class, phrase = hit.phrase, "danger words: offered to everyone as an emergency");
        let message = self.notices.danger(of.language.code.as_str(), hit, &self.rulebook.safety);
        let letter = letter.and_then(|to| self.handle.outgoing().notice(of.id, of.language, to));
        [Record::Said { contact: of.id, message }].into_iter().chain(letter).collect()
    }

    /// A customer's message: on an open contact as it is, on one closed not long ago by opening it again.
    async fn say(&self, contact: ContactId, message: NewMessage) -> Result<Message, NotKept> {
        let of = self.row(contact).await?;
        let job = self.speech(&of, message.clone(), address(&of), None).await?;
        match self.handle.submit(job).await {
            Ok(done) => first_message(done.messages),
            Err(Failure::Refused(Refusal::NoSuchContact(_))) => self.reopen(contact, message).await,
            Err(failure) => Err(not_kept(failure)),
        }
    }

    pub(super) fn is_danger(&self, text: &str) -> bool {
        self.rulebook.safety.find(text).is_some()
    }

    async fn reopen(&self, contact: ContactId, message: NewMessage) -> Result<Message, NotKept> {
        let record = self.row(contact).await?;
        if self.is_long_over(&record) {
            return Err(NotKept::Refused("this request was closed long ago; please open a new one".into()));
        }
        let job = self.reopening(&record, message.clone(), address(&record), Learn::Yes).await;
        let done = match self.handle.submit(job).await {
            // another message of theirs has opened it meanwhile
            Err(Failure::Refused(Refusal::WrongStage { .. })) => {
                let job = self.speech(&record, message, address(&record), None).await?;
                self.handle.submit(job).await
            }
            done => done,
        };
        first_message(done.map_err(not_kept)?.messages)
    }

    /// Closed for so long that a new message is a new contact.
    pub(super) fn is_long_over(&self, of: &ContactRecord) -> bool {
        of.closed.is_some_and(|(at, _)| self.handle.clock().now() - at > REOPEN_WITHIN)
    }

    async fn standing(&self, contact: ContactId) -> Result<Standing, NotKept> {
        let seen = self.handle.read(move |engine, now| glimpse(engine, contact, now)).await.map_err(not_kept)?;
        let rep = seen.as_ref().and_then(|g| g.rep);
        let rep_left = seen.as_ref().is_some_and(|g| g.rep_left);
        let (record, marks, rep) = self
            .handle
            .rows(move |rows| Ok((rows.contact(contact)?, rows.read_marks(contact)?, display_name(rows, rep)?)))
            .await
            .map_err(not_kept)?;
        let record = record.ok_or(NotKept::Unavailable)?;
        let (stage, place, wait) =
            seen.map_or((CustomerStage::Closed, None, None), |glimpse| (glimpse.stage, glimpse.place, glimpse.wait));
        Ok(Standing {
            reference: record.reference,
            stage,
            place,
            wait,
            rep,
            rep_left,
            rep_read: marks.rep,
            language: record.language.code.to_string(),
            service: record.service,
            opened_at: record.opened_at,
            disposition: record.closed.map(|(_, disposition): (Timestamp, Disposition)| disposition),
        })
    }

    async fn act(&self, contact: ContactId, act: CustomerAct) -> Result<(), NotKept> {
        let job = match act {
            CustomerAct::Typing(on) => {
                self.handle.feed().typing(contact, None, on);
                return Ok(());
            }
            CustomerAct::Read(seq) => {
                Job { command: None, records: vec![Record::Read { contact, by_customer: true, seq }] }
            }
            CustomerAct::Left => Job { command: Some(Command::CustomerLeft { contact }), records: Vec::new() },
            CustomerAct::Back => Job { command: Some(Command::CustomerBack { contact }), records: Vec::new() },
            CustomerAct::Ended => Job { command: Some(Command::CustomerEnded { contact }), records: Vec::new() },
        };
        match self.handle.submit(job).await {
            Ok(_) | Err(Failure::Refused(_)) => Ok(()), // it is over already: nothing to tell the customer
            Err(failure) => Err(not_kept(failure)),
        }
    }

    async fn keep_file(self: Arc<Inner>, name: String, bytes: Bytes) -> Result<Attachment, NotKept> {
        let kept = tokio::task::spawn_blocking(move || {
            let (media_type, clean) = photo::clean(&bytes).map_err(|_| NotKept::FileType)?;
            let kept = self.files.keep(&clean).map_err(|error| {
                tracing::error!(%error, "a file could not be kept");
                NotKept::Unavailable
            })?;
            let name = photo::clean_name(&name, media_type);
            Ok(Attachment { digest: kept.digest, name, media_type: media_type.into(), bytes: clean.len() as u64 })
        });
        kept.await.unwrap_or(Err(NotKept::Unavailable))
    }

    async fn file(
        self: Arc<Inner>,
        contact: ContactId,
        digest: String,
    ) -> Result<Option<(Attachment, Bytes)>, NotKept> {
        let found = tokio::task::spawn_blocking(move || -> Result<_, StoreError> {
            let Some(attachment) = self.handle.reads().attachment(contact, &digest)? else { return Ok(None) };
            let bytes = self.files.read(&attachment.digest)?;
            Ok(Some((attachment, Bytes::from(bytes))))
        });
        let found = found.await.map_err(|_| NotKept::Unavailable)?;
        found.map_err(|error| not_kept(Failure::Storage(Arc::new(error))))
    }

    pub(super) async fn row(&self, contact: ContactId) -> Result<ContactRecord, NotKept> {
        let row = self.handle.rows(move |rows| rows.contact(contact)).await.map_err(not_kept)?;
        row.ok_or(NotKept::Unavailable)
    }
}

impl Context for Reception {
    fn now(&self) -> Timestamp {
        self.inner.handle.clock().now()
    }

    fn deliver(&self, inbound: Inbound) -> Later<Result<Receipt, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.deliver(inbound).await })
    }

    fn contact(&self, secret: [u8; 32]) -> Later<Result<Option<ContactId>, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.handle.rows(move |rows| rows.contact_by_secret(&secret)).await.map_err(not_kept) })
    }

    fn say(&self, contact: ContactId, message: NewMessage) -> Later<Result<Message, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.say(contact, message).await })
    }

    fn conversation(&self, contact: ContactId, after: u32, limit: usize) -> Later<Result<Vec<Message>, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move {
            inner.handle.rows(move |rows| without_notes(rows, contact, after, limit)).await.map_err(not_kept)
        })
    }

    fn standing(&self, contact: ContactId) -> Later<Result<Standing, NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.standing(contact).await })
    }

    fn follow(&self, contact: ContactId) -> mpsc::Receiver<Happening> {
        self.inner.handle.feed().customer(contact)
    }

    fn act(&self, contact: ContactId, act: CustomerAct) -> Later<Result<(), NotKept>> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.act(contact, act).await })
    }

    fn keep_file(&self, name: String, bytes: Bytes) -> Later<Result<Attachment, NotKept>> {
        Box::pin(self.inner.clone().keep_file(name, bytes))
    }

    fn file(&self, contact: ContactId, digest: String) -> Later<Result<Option<(Attachment, Bytes)>, NotKept>> {
        Box::pin(self.inner.clone().file(contact, digest))
    }

    fn opening(&self) -> Opening {
        let (now, hours) = (self.now(), self.inner.rulebook.plan.hours());
        let open = hours.is_open(now);
        let opens_at = if open { None } else { hours.next_open(now) };
        Opening { open, staffed: self.inner.staffed.load(Relaxed), opens_at }
    }
}

fn glimpse(engine: &Engine, id: ContactId, now: Timestamp) -> Option<Glimpse> {
    let contact = engine.contact(id)?;
    let (stage, rep) = match contact.stage {
        Stage::Waiting | Stage::Offered { .. } => (CustomerStage::Waiting, None),
        Stage::Active { rep, .. } => (CustomerStage::Active, Some(rep)),
        Stage::Parked { rep, .. } => (CustomerStage::WaitingForYou, Some(rep)),
        Stage::WrapUp { .. } => (CustomerStage::Closed, None),
    };
    let here = |rep: RepId| engine.rep(rep).is_some_and(|rep| rep.is_signed_in() && rep.connected);
    let rep_left = stage == CustomerStage::Waiting && contact.last_rep.is_some_and(|rep| !here(rep));
    let wait = engine.forecast(id, now).map(|forecast| (forecast.p50, forecast.p90));
    Some(Glimpse { stage, place: engine.place_in_line(id), wait, rep, rep_left })
}

fn display_name(rows: &dyn Reads, rep: Option<RepId>) -> Result<Option<String>, StoreError> {
    let Some(rep) = rep else { return Ok(None) };
    Ok(rows.account_by_id(rep)?.map(|account| account.display))
}

/// As many messages as were asked for, if there are so many: a caller takes a short page for the end.
fn without_notes(
    rows: &dyn Reads,
    contact: ContactId,
    mut after: u32,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let mut messages = Vec::new();
    loop {
        let page = rows.conversation(contact, after, limit - messages.len())?;
        let Some(last) = page.last() else { return Ok(messages) };
        after = last.seq;
        messages.extend(page.into_iter().filter(|message| !message.from.is_note()));
        if messages.len() >= limit {
            return Ok(messages);
        }
    }
}

fn first_message(messages: Vec<Arc<Message>>) -> Result<Message, NotKept> {
    messages.into_iter().next().map(Arc::unwrap_or_clone).ok_or(NotKept::Unavailable)
}

pub(super) fn not_kept(failure: Failure) -> NotKept {
    match failure {
        Failure::KeyReused => NotKept::KeyReused,
        Failure::Busy => NotKept::Busy { retry_secs: 2 },
        Failure::Refused(refusal) => NotKept::Refused(refusal.to_string()),
        Failure::Rejected(_) | Failure::Storage(_) | Failure::Stopping => NotKept::Unavailable,
    }
}

/// Chats whose sockets a restart has cut: they have their patience to come back.
pub(super) fn cut_chats(engine: &Engine) -> Vec<ContactId> {
    engine.open_contacts().filter(|c| c.channel == Channel::Chat && !c.customer_away()).map(|c| c.id).collect()
}
