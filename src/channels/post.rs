//! What a channel is given whose input waits elsewhere, as mail does in a mailbox, until it is safe with us.

use super::{Later, NotKept};
use crate::message::mail::Taken;
use crate::message::{Attachment, Inbound, NewMessage, Position};
use crate::routing::ids::{ContactId, Timestamp};
use bytes::Bytes;

/// The daemon's side of a mailbox. Everything is on disk when an answer comes.
pub trait Post: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
    /// Something small that was remembered under a key. A key has at most 200 bytes, a value 2,048.
    fn bookmark(&self, key: String) -> Later<Result<Option<String>, NotKept>>;
    /// Remember it; `None` forgets it.
    fn set_bookmark(&self, key: String, value: Option<String>) -> Later<Result<(), NotKept>>;
    /// Which of these keys were taken before.
    fn taken(&self, keys: Vec<String>) -> Later<Result<Vec<String>, NotKept>>;
    /// Were these very bytes (SHA-256, hex) taken before, under whatever key?
    fn is_copy(&self, digest: String) -> Later<Result<bool, NotKept>>;
    /// Digests of earlier mails that bear this Message-ID and are messages of contacts; the first few.
    fn letters(&self, message_id: String) -> Later<Result<Vec<String>, NotKept>>;
    /// The bytes behind such a digest; `None` when they are damaged and so cannot be compared with anything.
    fn letter(&self, digest: String) -> Later<Result<Option<Bytes>, NotKept>>;
    /// Keep the bytes of mails as they came, before anything reads them; their SHA-256 in hex, in the same order.
    fn keep_raw(&self, raws: Vec<Bytes>) -> Later<Result<Vec<String>, NotKept>>;
    /// Keep a file that came along. A type that is not known to be safe is kept to be saved, and never shown.
    /// A photo forgets where it was taken, and says it here for the last time.
    fn keep_enclosure(&self, name: String, bytes: Bytes) -> Later<Result<(Attachment, Option<Position>), NotKept>>;
    /// Keep a mail and do what it asks for, in one transaction with its key. What opens a contact or is only remembered is
    /// handed in when the answer is first polled, once who wrote how much of late is known: several that are polled in turn are
    /// kept in that order.
    fn take(&self, mail: Taken, fate: Fate, remarks: Remarks) -> Later<Result<Outcome, NotKept>>;
}

/// What is known of a mail beside its words; most of it is told to staff.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remarks {
    /// So many files are in the original only: they were not handed to [`Post::keep_enclosure`], or it refused them.
    pub left_out: usize,
    /// Where photos say that they were taken, by file name.
    pub positions: Vec<(String, Position)>,
    /// Why nobody could read it: what it opens holds little more than its subject, and its original when it is here.
    pub unread: Option<String>,
    /// It lay in its mailbox before we were in charge: so much at once is nobody's flood.
    pub backlog: bool,
}

/// What a mail asks for.
pub enum Fate {
    /// A new contact. `receipt`: where an acknowledgement goes, if one may be sent.
    Open { inbound: Box<Inbound>, receipt: Option<String> },
    /// A message on the contact it answers. When that was closed too long ago, `otherwise` opens a new one that follows it.
    Answer { contact: ContactId, message: NewMessage, otherwise: Box<Inbound>, receipt: Option<String> },
    /// It bears no mark of ours and says itself where it belongs. Where that is believed, it is a message on that contact, or a
    /// `note` on it; elsewhere `otherwise` opens a new one.
    Claim { claim: Claim, note: bool, message: NewMessage, otherwise: Box<Inbound>, receipt: Option<String> },
    /// For the rep to know; the contact stays as it is.
    Note { contact: ContactId, message: NewMessage },
    /// One of ours came back, or is late.
    Returned { contact: ContactId, n: u32, failed: bool, said: String },
    /// Remembered, and nothing else.
    Nothing,
    /// A supervisor decides. What it would open comes along when it can be read: danger in it waits for nobody.
    Held(Option<Box<Inbound>>),
    /// The same bytes were taken before.
    Copy,
}

/// What a mail without a mark of ours says of where it belongs. Anybody can write that, so it is believed only of a sender
/// whose own mail, or whose own contact, it names.
#[derive(Clone, Default)]
pub struct Claim {
    /// The ids of the mails it answers, without angle brackets, the nearest first.
    pub answers: Vec<String>,
    /// The reference in its subject.
    pub reference: Option<String>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// On this contact now, a new one or an old one.
    On(ContactId),
    Remembered,
    Held,
    /// The key was taken before: nothing was done.
    Duplicate,
}

/// How a held mail is read once more, when a supervisor lets it in.
pub trait Reread: Send + Sync + 'static {
    /// What it asks for, as if nothing had spoken against it: neither `Held` nor `Copy`; and what is to be said beside it.
    /// Without `raw` there is nothing to be read: it could not be fetched, or its file is damaged. The error is for the
    /// supervisor.
    fn reread(&self, mail: Taken, raw: Option<Bytes>) -> Later<Result<(Fate, Remarks), String>>;
}

/// How raw bytes that were kept are shown to staff. Nothing of it is kept: it is read again each time it is asked for.
pub trait MailView: Send + Sync + 'static {
    /// Never an error: what cannot be read is shown as far as it can, and `problem` says why not further.
    fn view(&self, raw: Bytes) -> Later<View>;
}

/// A mail as staff may see it. Personal data: never logged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct View {
    /// Name and decoded value of the fields a person can make sense of, in their usual order.
    pub headers: Vec<(String, String)>,
    /// What was written this time.
    pub text: String,
    /// Quotation and signature, folded away.
    pub folded: String,
    /// Runs nothing and loads nothing; shown in a sandbox all the same.
    pub html: Option<String>,
    /// Name, media type and bytes of the files that came along.
    pub enclosures: Vec<(String, String, u64)>,
    /// Why it could not be read, in words for a supervisor.
    pub problem: Option<String>,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("View(•••)")
    }
}
