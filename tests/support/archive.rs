//! What mailboxes and relays leave behind, kept by the real store while the daemon does not run.

use super::city::City;
use std::time::{SystemTime, UNIX_EPOCH};
use steelbridge::message::delivery::{Carries, DeliveryState, Kind, NewDelivery, Progress};
use steelbridge::message::mail::{AlsoTo, Fate, KeptMail, Taken, Trust};
use steelbridge::message::{Author, ContactRecord, NewMessage};
use steelbridge::routing::event::Event;
use steelbridge::routing::ids::{Channel, ContactId, RepId, Seq, Span, Timestamp, Word};
use steelbridge::store::embedded::Embedded;
use steelbridge::store::files::Files;
use steelbridge::store::{Due, Entry, Reads, Record, Store, Which};

/// A mail as it lay in the mailbox.
#[derive(Clone, Copy)]
pub struct Lay<'a> {
    pub from: &'a str,
    pub subject: &'a str,
    pub raw: &'a str,
    /// A word of the rules, or why it cannot be read.
    pub why: &'a str,
    pub trust: Trust,
    /// Whom it was sent to as well.
    pub also_to: &'a [&'a str],
}

/// Settings of a mailbox and a relay that nobody answers at; the password lies in the city's folder.
pub fn dead_mail(city: &City) -> String {
    let password = city.folder().join("password");
    std::fs::write(&password, "a password").expect("it is written");
    let ours_alone = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&password, ours_alone).expect("it is ours alone");
    format!(
        "[email]\n[[email.mailbox]]\nname = \"desk\"\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nuser = \"311@city.example\"\n\
         auth.password = \"file:{}\"\n[email.relay]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nfrom = \"311@city.example\"\n",
        password.display()
    )
}

/// A city's store, in our hands.
pub struct Archive {
    store: Embedded,
    reads: std::sync::Arc<dyn Reads>,
    files: Files,
    taken: u32,
}

impl Archive {
    pub fn of(city: &City) -> Archive {
        let (store, reads) = Embedded::open(&city.data).expect("nobody else has it open");
        Archive { store, reads, files: Files::open(&city.data).expect("files"), taken: 0 }
    }

    fn keep(&mut self, records: Vec<Record>) {
        self.happens(Vec::new(), records);
    }

    fn happens(&mut self, events: Vec<Event>, records: Vec<Record>) {
        self.store.append(&[Entry { at: now(), events, records }]).expect("it is kept");
    }

    /// Somebody answers a contact that was closed too long ago: a new one goes on from it, and waits in the same line.
    pub fn goes_on(&mut self, before: u64, text: &str) {
        let (contact, before) = (ContactId(before + 1), ContactId(before));
        let record = self.reads.contact(before).expect("it can be read").expect("it is there");
        let record = ContactRecord { id: contact, follows: Some(before), last_rep: None, closed: None, ..record };
        let journal = self.store.events(Seq(0), 1_000).expect("it can be read");
        let came = journal.into_iter().find_map(|journalled| match journalled.event {
            Event::Received { contact: its, place, rule } if its == before => Some((place, rule)),
            _ => None,
        });
        let (place, rule) = came.expect("it came once");
        let first = message(Author::Customer, text);
        let opened = Record::Opened { record: Box::new(record), secret: [9; 32], source: None, first };
        self.happens(vec![Event::Received { contact, place, rule }], vec![opened]);
    }

    fn row(&mut self, lay: Lay<'_>) -> Box<Taken> {
        self.taken += 1;
        let digest = (!lay.raw.is_empty()).then(|| self.files.keep(lay.raw.as_bytes()).expect("it is kept").digest);
        Box::new(Taken {
            key: format!("imap:city:INBOX:1:{}", self.taken),
            mailbox: "city".into(),
            digest,
            size: lay.raw.len() as u64,
            arrived: None,
            sender: (!lay.from.is_empty()).then(|| lay.from.into()),
            subject: lay.subject.into(),
            message_id: None,
            why: lay.why.into(),
            trust: lay.trust,
            html: lay.raw.contains("text/html"),
            folded: lay.raw.contains("\r\n> "),
            also_to: AlsoTo { addresses: lay.also_to.iter().map(|to| (*to).to_owned()).collect(), left_out: 0 },
        })
    }

    /// A mail that became a message of this contact.
    pub fn answers(&mut self, contact: u64, text: &str, lay: Lay<'_>) {
        let on = ContactId(contact);
        let mail = self.row(lay);
        let said = Record::Said { contact: on, message: message(Author::Customer, text) };
        self.keep(vec![said, Record::Mail { mail, fate: Fate::Message, on: Some(on) }]);
    }

    /// The same so many times: the text says which it is, from 1.
    pub fn answers_on_and_on(&mut self, contact: u64, times: usize, lay: Lay<'_>) {
        let on = ContactId(contact);
        let entry = |n| {
            let said = Record::Said { contact: on, message: message(Author::Customer, &format!("Mail {n}")) };
            let mail = Record::Mail { mail: self.row(lay), fate: Fate::Message, on: Some(on) };
            Entry { at: now(), events: Vec::new(), records: vec![said, mail] }
        };
        let all: Vec<Entry> = (1..=times).map(entry).collect();
        self.store.append(&all).expect("it is kept");
    }

    /// Somebody of the staff saw these messages, so many minutes ago.
    pub fn is_seen(&mut self, contact: u64, rep: u64, (first, last): (u32, u32), minutes_ago: i64) {
        let saw = Record::Saw { contact: ContactId(contact), rep: RepId(rep as u32), first, last };
        let at = Timestamp(now().0 - Span::mins(minutes_ago).0);
        self.store.append(&[Entry { at, events: Vec::new(), records: vec![saw] }]).expect("it is kept");
    }

    /// What the programme tells staff.
    pub fn tells_staff(&mut self, contact: u64, text: &str) {
        let message = message(Author::Memo, text);
        self.keep(vec![Record::Said { contact: ContactId(contact), message }]);
    }

    /// A mail for a supervisor.
    pub fn holds(&mut self, lay: Lay<'_>) {
        let mail = self.row(lay);
        self.keep(vec![Record::Mail { mail, fate: Fate::Held, on: None }]);
    }

    /// All letters that wait are due that much sooner.
    pub fn waits(&mut self, span: Span) {
        let all = Due::Next { channel: Channel::Email, at: Timestamp(i64::MAX) };
        let waiting = self.reads.deliveries(all, 1_000).expect("they can be read");
        for delivery in waiting {
            let due_at = Timestamp(delivery.progress.due_at.0 - span.0);
            let progress = Progress { due_at, ..delivery.progress };
            self.keep(vec![Record::Delivering { id: delivery.id, progress, rendered: None }]);
        }
    }

    /// What became of the mail of this number.
    pub fn mail(&self, id: u64) -> KeptMail {
        self.reads.mail(Which::Id(id), 1).expect("it can be read").remove(0)
    }

    /// A rep's answer that went out by mail, and how it fared.
    pub fn mails(&mut self, contact: u64, rep: u64, text: &str, to: &str, state: DeliveryState, said: Option<&str>) {
        let message = message(Author::Rep(RepId(rep as u32)), text);
        self.sends(contact, Some(message), Kind::Reply, to, state, said);
    }

    /// A letter in Spanish in the programme's own words, with a message or without, and how it fared.
    pub fn sends(
        &mut self,
        contact: u64,
        message: Option<NewMessage>,
        kind: Kind,
        to: &str,
        state: DeliveryState,
        said: Option<&str>,
    ) {
        let on = ContactId(contact);
        let carries = if message.is_some() { Carries::JustSaid } else { Carries::Nothing };
        let delivery = NewDelivery {
            contact: on,
            channel: Channel::Email,
            kind,
            to: to.into(),
            language: Word::new("es").expect("a word"),
            language_sure: true,
            carries,
        };
        let words = message.map(|message| Record::Said { contact: on, message });
        self.keep(words.into_iter().chain([Record::Deliver(delivery)]).collect());
        let all = self.reads.deliveries(Due::Of(on), 1_000).expect("they can be read");
        let last = all.last().expect("it is there").clone();
        let said = said.map(str::to_owned);
        for state in [DeliveryState::Sending, state] {
            let over_at = state.is_over().then(now);
            let progress = Progress { state, said: said.clone(), over_at, ..last.progress.clone() };
            self.keep(vec![Record::Delivering { id: last.id, progress, rendered: None }]);
        }
    }
}

fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros() as i64)
}

pub fn message(from: Author, text: &str) -> NewMessage {
    NewMessage { from, text: text.into(), attachments: Vec::new(), client_id: None }
}
