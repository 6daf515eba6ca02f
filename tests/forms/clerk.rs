//! A clerk at a counter: the second implementation of `Context`, in memory, with a clock in the test's hand.

use bytes::Bytes;
use std::collections::HashMap;
use std::future::ready;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use steelbridge::channels::{
    Context, CustomerAct, CustomerStage, Happening, Later, NotKept, Opening, Receipt, Standing,
};
use steelbridge::intake::photo;
use steelbridge::message::{Attachment, Author, Inbound, Message, NewMessage};
use steelbridge::routing::ids::{ContactId, RepId, Span, Timestamp};
use tokio::sync::mpsc;

/// Everything that was handed in, in order.
#[derive(Default)]
pub struct Books {
    pub inbound: Vec<Inbound>,
    pub messages: Vec<Vec<Message>>,
    pub standing: Vec<Standing>,
    pub acts: Vec<(ContactId, CustomerAct)>,
    pub files: HashMap<String, (Attachment, Bytes)>,
    /// The next thing handed in is not kept, for this reason.
    pub trouble: Option<NotKept>,
    pub closed_until: Option<Timestamp>,
    watching: Vec<(ContactId, mpsc::Sender<Happening>)>,
}

pub struct Clerk {
    now: AtomicI64,
    pub books: Mutex<Books>,
}

impl Clerk {
    /// On Monday 2026-11-23 at 07:05 in Portland.
    pub fn new() -> Arc<Clerk> {
        Arc::new(Clerk { now: AtomicI64::new(1_795_446_300_000_000), books: Mutex::default() })
    }

    pub fn later(&self, by: Span) {
        self.now.fetch_add(by.0, Ordering::SeqCst);
    }

    pub fn kept(&self) -> usize {
        self.books.lock().unwrap().inbound.len()
    }

    pub fn last(&self) -> Inbound {
        self.books.lock().unwrap().inbound.last().expect("something was handed in").clone()
    }

    /// A representative answers.
    pub fn answer(&self, contact: ContactId, text: &str) {
        let mut books = self.books.lock().unwrap();
        books.standing_of(contact).stage = CustomerStage::Active;
        books.standing_of(contact).rep = Some("Ana".into());
        books.standing_of(contact).place = None;
        let message =
            NewMessage { from: Author::Rep(RepId(7)), text: text.into(), attachments: Vec::new(), client_id: None };
        books.say(contact, message, self.now());
    }

    pub fn change(&self, contact: ContactId, change: impl FnOnce(&mut Standing)) {
        let mut books = self.books.lock().unwrap();
        change(books.standing_of(contact));
        books.tell(contact, &Happening::Changed);
    }
}

impl Books {
    fn standing_of(&mut self, contact: ContactId) -> &mut Standing {
        &mut self.standing[contact.0 as usize - 1]
    }

    fn tell(&mut self, contact: ContactId, what: &Happening) {
        self.watching.retain(|(watched, tx)| *watched != contact || tx.try_send(what.clone()).is_ok());
    }

    fn say(&mut self, contact: ContactId, new: NewMessage, at: Timestamp) -> Message {
        let said = &mut self.messages[contact.0 as usize - 1];
        if let Some(before) = said.iter().find(|m| m.client_id.is_some() && m.client_id == new.client_id) {
            return before.clone();
        }
        let NewMessage { from, text, attachments, client_id } = new;
        let message = Message { contact, seq: said.len() as u32 + 1, at, from, text, attachments, client_id };
        said.push(message.clone());
        self.tell(contact, &Happening::Message(Arc::new(message.clone())));
        message
    }

    fn deliver(&mut self, inbound: Inbound, now: Timestamp) -> Result<Receipt, NotKept> {
        if let Some(why) = self.trouble.take() {
            return Err(why);
        }
        let before = self.inbound.iter().position(|i| i.source_key.is_some() && i.source_key == inbound.source_key);
        let contact = ContactId(before.unwrap_or(self.inbound.len()) as u64 + 1);
        let reference = format!("26-{:05}", contact.0);
        if let Some(before) = before {
            let same = self.inbound[before].fingerprint == inbound.fingerprint;
            return if same { Ok(Receipt { contact, reference, duplicate: true }) } else { Err(NotKept::KeyReused) };
        }
        self.standing.push(Standing {
            reference: reference.clone(),
            stage: CustomerStage::Waiting,
            place: Some(3),
            wait: Some((600, 1400)),
            rep: None,
            rep_left: false,
            rep_read: 0,
            language: "en".into(),
            service: inbound.service.clone(),
            opened_at: now,
            disposition: None,
        });
        self.messages.push(Vec::new());
        let first = NewMessage {
            from: Author::Customer,
            text: inbound.text.clone(),
            attachments: inbound.attachments.clone(),
            client_id: None,
        };
        self.say(contact, first, now);
        self.inbound.push(inbound);
        Ok(Receipt { contact, reference, duplicate: false })
    }
}

fn later<T: Send + 'static>(value: T) -> Later<T> {
    Box::pin(ready(value))
}

impl Context for Clerk {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn deliver(&self, inbound: Inbound) -> Later<Result<Receipt, NotKept>> {
        let now = self.now();
        later(self.books.lock().unwrap().deliver(inbound, now))
    }

    fn contact(&self, secret: [u8; 32]) -> Later<Result<Option<ContactId>, NotKept>> {
        let books = self.books.lock().unwrap();
        let at = books.inbound.iter().position(|inbound| inbound.secret == secret);
        later(Ok(at.map(|at| ContactId(at as u64 + 1))))
    }

    fn say(&self, contact: ContactId, message: NewMessage) -> Later<Result<Message, NotKept>> {
        let mut books = self.books.lock().unwrap();
        let said = match books.trouble.take() {
            Some(why) => Err(why),
            None => Ok(books.say(contact, message, self.now())),
        };
        later(said)
    }

    fn conversation(&self, contact: ContactId, after: u32, limit: usize) -> Later<Result<Vec<Message>, NotKept>> {
        let books = self.books.lock().unwrap();
        let said = &books.messages[contact.0 as usize - 1];
        later(Ok(said.iter().filter(|m| m.seq > after && !m.from.is_note()).take(limit).cloned().collect()))
    }

    fn standing(&self, contact: ContactId) -> Later<Result<Standing, NotKept>> {
        later(Ok(self.books.lock().unwrap().standing_of(contact).clone()))
    }

    fn follow(&self, contact: ContactId) -> mpsc::Receiver<Happening> {
        let (tx, rx) = mpsc::channel(8);
        self.books.lock().unwrap().watching.push((contact, tx));
        rx
    }

    fn act(&self, contact: ContactId, act: CustomerAct) -> Later<Result<(), NotKept>> {
        self.books.lock().unwrap().acts.push((contact, act));
        later(Ok(()))
    }

    fn keep_file(&self, name: String, bytes: Bytes) -> Later<Result<Attachment, NotKept>> {
        let Ok((media_type, kept)) = photo::clean(&bytes) else { return later(Err(NotKept::FileType)) };
        let kept = Bytes::from(kept.into_owned());
        let digest = sha256(&kept);
        let name = photo::clean_name(&name, media_type);
        let file = Attachment { digest, name, media_type: media_type.into(), bytes: kept.len() as u64 };
        self.books.lock().unwrap().files.insert(file.digest.clone(), (file.clone(), kept));
        later(Ok(file))
    }

    fn file(&self, contact: ContactId, digest: String) -> Later<Result<Option<(Attachment, Bytes)>, NotKept>> {
        let books = self.books.lock().unwrap();
        let mut files = books.messages[contact.0 as usize - 1].iter().flat_map(|message| &message.attachments);
        let mine = files.any(|file| file.digest == digest);
        later(Ok(books.files.get(&digest).filter(|_| mine).cloned()))
    }

    fn opening(&self) -> Opening {
        let opens_at = self.books.lock().unwrap().closed_until;
        Opening { open: opens_at.is_none(), staffed: true, opens_at }
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
