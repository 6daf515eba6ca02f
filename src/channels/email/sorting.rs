//! From a mail's bytes to what it asks for: read, judged, and hung on the contact that our signed marks name, or else claimed for it.

use super::mail::automatic::{Handling, Own, Verdict, Why, decide};
use super::mail::body::Enclosure;
use super::mail::bounce::{self, Action, Bounce};
use super::mail::header::cut;
use super::mail::read::{self, Letterhead, Mail, Unreadable};
use super::mail::token::Tokens;
use super::mail::{subject, verdicts};
use super::view;
use crate::channels::post::{Claim, Fate};
use crate::message::mail::{AlsoTo, Taken, Trust};
use crate::message::{Attachment, Author, Inbound, LanguageChoice, LanguageSource, Mailbox, NewMessage, Party};
use crate::routing::ids::{Channel, ContactId, Word};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files of one mail that are kept, in order; the others stay in the mail.
pub const ENCLOSURES_MOST: usize = 20;
/// Bytes of all of them together.
const ENCLOSED_MOST: usize = 35 << 20;
/// Characters of a message; the rest stays in the mail.
const TEXT_MOST: usize = 100_000;

/// What the settings say about one mailbox beside how it is read.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The queue its mail is meant for, unless the plan knows better.
    pub queue: Option<Word>,
    /// The language its mail is probably in.
    pub language: Option<Word>,
}

/// Who we are, and what the mailboxes are for.
pub struct Sorter {
    pub own: Own,
    pub tokens: Arc<Tokens>,
    /// By the mailbox's name.
    pub mailboxes: BTreeMap<String, Hints>,
}

/// A mail that was read. Personal data: never logged.
pub struct Sorted {
    asks: Asks,
    party: Party,
    subject: String,
    text: String,
    languages: Vec<String>,
    doubtful: bool,
    message_id: Option<String>,
    why: Why,
    trust: Trust,
    html: bool,
    folded: bool,
    also_to: AlsoTo,
    /// How many came along, whether or not they are among `enclosures`.
    files: usize,
    /// To be kept and handed to [`Sorter::fate`], in this order.
    pub enclosures: Vec<Enclosure>,
    /// Where a receipt goes, as far as the mail itself decides.
    pub receipt: Option<String>,
}

/// What a mail asks for, before its files are kept.
enum Asks {
    Open,
    Answer(ContactId),
    /// As it says itself; `note`: a machine says so.
    Claim {
        claim: Claim,
        note: bool,
    },
    Note(ContactId),
    Returned {
        contact: ContactId,
        n: u32,
        failed: bool,
        said: String,
    },
    Nothing,
    Held,
}

impl Sorter {
    /// Read a mail and judge it. Blocks, up to some seconds.
    pub fn sort(&self, raw: Bytes) -> Result<Sorted, Unreadable> {
        let mail = read::read(raw)?;
        let verdict = decide(&mail, &self.own, &self.tokens);
        let asks = self.asks(&mail, verdict);
        Ok(self.sorted(mail, verdict, asks))
    }

    /// Read a mail that a supervisor lets through: whatever was thought of it, a person wrote it. Blocks.
    pub fn sort_as_normal(&self, raw: Bytes) -> Result<Sorted, Unreadable> {
        let mail = read::read(raw)?;
        let verdict = Verdict { contact: Handling::Normal, acknowledge: false, why: Why::Person };
        let asks = self.tokens.find(&mail).map_or_else(|| claimed(&mail, false), Asks::Answer);
        Ok(self.sorted(mail, verdict, asks))
    }

    fn asks(&self, mail: &Mail, verdict: Verdict) -> Asks {
        let thread = self.tokens.find(mail);
        match (verdict.contact, thread) {
            (Handling::Held, _) => Asks::Held,
            (Handling::Nothing, _) => Asks::Nothing,
            (Handling::Bounce, _) => bounce::read(mail, &self.tokens).map_or(Asks::Nothing, returned),
            (Handling::Note, Some(contact)) => Asks::Note(contact),
            // A server does not answer: what it says about one of ours is for the rep to know.
            (Handling::Low, Some(contact)) if verdict.why == Why::FromAServer => Asks::Note(contact),
            (Handling::Normal | Handling::Low, Some(contact)) => Asks::Answer(contact),
            (Handling::Normal | Handling::Low | Handling::Note, None) => {
                let machines = [Why::AnswersByItself, Why::WrittenByAProgram, Why::FromAServer];
                claimed(mail, machines.contains(&verdict.why))
            }
        }
    }

    fn sorted(&self, mail: Mail, verdict: Verdict, asks: Asks) -> Sorted {
        let (mut files, mut bytes) = (0, 0);
        let fits = |file: &Enclosure| {
            files += 1;
            bytes += file.bytes.len();
            files <= ENCLOSURES_MOST && bytes <= ENCLOSED_MOST
        };
        let receipt = mail.receipt_to().filter(|_| verdict.acknowledge).map(str::to_owned);
        let trust = verdicts::read(&mail.headers, self.own.authserv.as_deref()).trust();
        let party = mail.party();
        let also_to = mail.addressed.others(&self.own.addresses, party.email.as_deref());
        let came: Vec<Enclosure> = mail.enclosures.into_iter().filter(|file| !file.bytes.is_empty()).collect();
        Sorted {
            asks,
            party,
            doubtful: matches!(verdict.contact, Handling::Low | Handling::Held),
            why: verdict.why,
            trust,
            html: mail.html.is_some(),
            folded: !mail.folded.is_empty(),
            also_to,
            subject: mail.subject,
            text: shortened(mail.new_text),
            languages: mail.languages,
            message_id: mail.message_id,
            files: came.len(),
            enclosures: came.into_iter().filter(fits).collect(),
            receipt,
        }
    }

    /// What is to be done, now that the files are kept. `attachments` are those of `sorted.enclosures`.
    pub fn fate(&self, sorted: &Sorted, mailbox: &str, attachments: Vec<Attachment>, receipt: Option<String>) -> Fate {
        let is_note = matches!(sorted.asks, Asks::Note(_) | Asks::Claim { note: true, .. });
        let from = if is_note { Author::Memo } else { Author::Customer };
        let text = sorted.text.clone();
        let message = NewMessage { from, text, attachments: attachments.clone(), client_id: None };
        match &sorted.asks {
            Asks::Open => Fate::Open { inbound: Box::new(self.inbound(sorted, mailbox, attachments)), receipt },
            Asks::Answer(contact) => {
                let otherwise = Box::new(self.inbound(sorted, mailbox, attachments));
                Fate::Answer { contact: *contact, message, otherwise, receipt }
            }
            Asks::Claim { claim, note } => {
                let otherwise = Box::new(self.inbound(sorted, mailbox, attachments));
                Fate::Claim { claim: claim.clone(), note: *note, message, otherwise, receipt }
            }
            Asks::Note(contact) => Fate::Note { contact: *contact, message },
            Asks::Returned { contact, n, failed, said } => {
                Fate::Returned { contact: *contact, n: *n, failed: *failed, said: said.clone() }
            }
            Asks::Nothing => Fate::Nothing,
            Asks::Held => Fate::Held(Some(Box::new(self.inbound(sorted, mailbox, attachments)))),
        }
    }

    /// A mail of which only the beginning is here is held whatever it asks for; this is what it would open.
    pub fn fate_of_beginning(&self, sorted: &Sorted, mailbox: &str) -> Fate {
        let would = match sorted.asks {
            Asks::Open | Asks::Answer(_) | Asks::Claim { .. } | Asks::Held => {
                Some(self.inbound(sorted, mailbox, Vec::new()))
            }
            Asks::Note(_) | Asks::Returned { .. } | Asks::Nothing => None,
        };
        Fate::Held(would.map(|would| Box::new(Inbound { doubtful: true, ..would })))
    }

    /// What a mail nobody could read would open: its subject, and its start as it stands there, in which danger may be read.
    /// Blocks.
    pub fn fate_of_start(&self, raw: Bytes, mailbox: &str) -> Fate {
        let start = view::glimpse(&raw).text;
        let Letterhead { from, subject, .. } = read::letterhead(raw);
        let text = with_subject(&subject, &start);
        let party = Party {
            name: from.as_ref().and_then(|from| from.name.clone()),
            email: from.map(|from| from.address),
            phone: None,
        };
        Fate::Held(Some(Box::new(self.inbound_of(party, text, Vec::new(), None, true, mailbox))))
    }

    /// A contact out of a mail nobody could read, because a supervisor wants it answered: who wrote, about what, and the
    /// mail itself when it is here.
    pub fn stub(&self, mail: &Taken, original: Option<Attachment>) -> Fate {
        let party = Party { name: None, email: mail.sender.clone(), phone: None };
        let text = if mail.subject.trim().is_empty() { "[…]" } else { &mail.subject };
        let attachments = original.into_iter().collect();
        let inbound = self.inbound_of(party, text.to_owned(), attachments, None, false, &mail.mailbox);
        Fate::Open { inbound: Box::new(inbound), receipt: None }
    }

    fn inbound(&self, sorted: &Sorted, mailbox: &str, attachments: Vec<Attachment>) -> Inbound {
        let text = with_subject(&sorted.subject, &sorted.text);
        let said = sorted.languages.iter().find_map(|tag| Word::new(tag).ok());
        self.inbound_of(sorted.party.clone(), text, attachments, said, sorted.doubtful, mailbox)
    }

    /// The mailbox's language and the mail program's only fill a gap, in this order. What is written counts more: people
    /// write to whatever address they find, and a rep must be able to read it.
    fn inbound_of(
        &self,
        party: Party,
        text: String,
        attachments: Vec<Attachment>,
        said: Option<Word>,
        doubtful: bool,
        mailbox: &str,
    ) -> Inbound {
        let hints = self.mailboxes.get(mailbox).cloned().unwrap_or_default();
        let likely = hints.language.or(said);
        Inbound {
            channel: Channel::Email,
            source_key: None, // the mail's own key stands in `Taken`
            fingerprint: None,
            service: None,
            language: likely.map(|code| LanguageChoice::new(code, LanguageSource::Default)),
            text,
            party,
            fields: BTreeMap::new(),
            attachments,
            secret: rand::random(),
            doubtful,
            mailbox: Some(Mailbox { name: mailbox.to_owned(), queue: hints.queue }),
        }
    }
}

impl Sorted {
    /// Writes what was found out onto what is remembered of the mail.
    pub fn describe(&self, taken: &mut Taken) {
        taken.sender = self.party.email.clone();
        taken.subject = self.subject.clone();
        taken.message_id = self.message_id.clone();
        taken.why = self.why.word().into();
        taken.trust = self.trust;
        taken.html = self.html;
        taken.folded = self.folded;
        taken.also_to = self.also_to.clone();
    }

    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// It belongs to nobody's conversation, so its files need not be kept apart from it.
    pub fn is_silent(&self) -> bool {
        matches!(self.asks, Asks::Nothing | Asks::Held | Asks::Returned { .. })
    }

    /// How many of its files stay in the mail, when so many were kept.
    pub fn left_out(&self, kept: usize) -> usize {
        self.files.saturating_sub(kept)
    }

    /// It may become a message of a contact, now or when a supervisor lets it in.
    pub fn may_be_said(&self) -> bool {
        matches!(self.asks, Asks::Held) || !self.is_silent()
    }
}

impl std::fmt::Debug for Sorted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sorted").field("why", &self.why).finish_non_exhaustive()
    }
}

/// Where a mail belongs that bears no mark of ours, as far as it says so.
fn claimed(mail: &Mail, note: bool) -> Asks {
    let answers: Vec<String> = mail.in_reply_to.iter().chain(mail.references.iter().rev()).cloned().collect();
    let reference = subject::reference(&mail.subject).map(str::to_owned);
    if answers.is_empty() && reference.is_none() {
        return Asks::Open;
    }
    Asks::Claim { claim: Claim { answers, reference }, note }
}

/// What became of one of ours. News of a success, or of a mail that is not ours, moves nothing.
fn returned(bounce: Bounce) -> Asks {
    let (Some(ours), Action::Failed | Action::Delayed) = (bounce.ours, bounce.action) else { return Asks::Nothing };
    let said = [bounce.status, bounce.diagnostic].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Asks::Returned { contact: ours.contact, n: ours.n, failed: bounce.action == Action::Failed, said }
}

/// The subject belongs to what a person says, unless they say it again.
fn with_subject(subject: &str, text: &str) -> String {
    match (subject.trim(), text.trim()) {
        ("", text) => text.to_owned(),
        (subject, "") => subject.to_owned(),
        (subject, text) if text.lines().next().is_some_and(|line| line.trim() == subject) => text.to_owned(),
        (subject, text) => format!("{subject}\n\n{text}"),
    }
}

fn shortened(text: String) -> String {
    let kept = cut(&text, TEXT_MOST);
    if kept.len() == text.len() { text } else { format!("{kept}\n\n[…]") }
}
