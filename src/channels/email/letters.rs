//! The outbox's way to the relay: what a delivery says in the person's language, with the marks that bring answers back.

use super::letter::texts::{self, Facts, Spoken, Words};
use super::letter::{Attached, Dkim, Letter, Rendered, clean, compose};
use super::mail::subject;
use super::mail::token::Tokens;
use super::smtp::Relay;
use crate::channels::delivery::{Carrier, Dispatch, Kind, Outcome, Reply};
use crate::message::Author;
use crate::routing::ids::{ContactId, Timestamp};
use crate::texts::Texts;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What every letter of this installation has in common.
#[derive(Clone)]
pub struct House {
    pub texts: Arc<Texts>,
    pub programme: String,
    pub phone: String,
    pub emergency: String,
    /// The relay service for deaf and hard-of-hearing callers, in the USA 711.
    pub relay_service: String,
    pub zone: TimeZone,
    pub tokens: Arc<Tokens>,
    /// Stands in every letter, so that it is known when it comes round.
    pub instance: String,
    /// The mail server delivers `311+anything@…` to `311@…`: answers and returned letters then carry our marks.
    pub plus_addresses: bool,
    pub dkim: Option<Arc<Dkim>>,
}

/// One relay, and what is sent over it.
pub struct Letters {
    house: House,
    relay: Relay,
}

/// What stands before the letter in the bytes that are kept.
#[derive(Serialize, Deserialize)]
struct Envelope {
    from: Option<String>,
    to: String,
    id: String,
}

impl Letters {
    pub fn new(house: House, relay: Relay) -> Letters {
        Letters { house, relay }
    }

    fn letter(&self, dispatch: &Dispatch) -> Letter {
        let settings = self.relay.settings();
        let House { tokens, plus_addresses, .. } = &self.house;
        let (contact, n) = (dispatch.contact.id, dispatch.n);
        let Words { subject, passages } = self.house.words(dispatch);
        let tagged = |mailbox: &str| plus_addresses.then(|| tokens.return_address(mailbox, contact, n)).flatten();
        Letter {
            kind: dispatch.kind,
            to: dispatch.to.clone(),
            to_name: dispatch.to_name.clone().filter(|_| dispatch.kind == Kind::Reply),
            from: settings.from.clone(),
            from_name: settings.from_name.clone(),
            reply_to: plus_addresses.then(|| tokens.reply_address(&settings.from, contact)).flatten(),
            envelope_from: settings.envelope_from(dispatch.kind, tagged),
            subject,
            passages,
            message_id: tokens.message_id(contact, n),
            in_reply_to: answered(dispatch, tokens),
            references: dispatch.thread.clone(),
            date: dispatch.made_at,
            instance: self.house.instance.clone(),
            attachments: attachments(dispatch),
        }
    }
}

impl Carrier for Letters {
    fn render(&self, dispatch: &Dispatch) -> Result<Vec<u8>, String> {
        let rendered =
            compose(&self.letter(dispatch), self.house.dkim.as_deref()).map_err(|error| error.to_string())?;
        Ok(to_bytes(&rendered))
    }

    fn send<'a>(
        &'a mut self,
        rendered: &'a [u8],
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            match of_bytes(rendered) {
                Some(letter) => self.relay.send(&letter, now).await,
                None => Outcome::Refused(Reply::new(554, "the letter that was kept cannot be read")),
            }
        })
    }

    fn id_of(&self, contact: ContactId, n: u32) -> Option<String> {
        Some(self.house.tokens.message_id(contact, n))
    }

    fn per_second(&self) -> f64 {
        self.relay.settings().per_second
    }
}

impl House {
    fn words(&self, dispatch: &Dispatch) -> Words {
        let facts = Facts {
            programme: &self.programme,
            reference: &dispatch.contact.reference,
            phone: &self.phone,
            emergency: &self.emergency,
            relay: &self.relay_service,
            zone: &self.zone,
            week: &dispatch.week,
        };
        let language = dispatch.language.as_str();
        match dispatch.kind {
            Kind::Acknowledgement => {
                texts::acknowledgement(&self.texts, language, dispatch.language_sure, dispatch.opening, &facts)
            }
            Kind::Reply => {
                let answer = texts::answer(&self.texts, language, &said(dispatch), &facts);
                Words { subject: self.answering(dispatch), passages: vec![answer] }
            }
            // nothing of theirs, not even the subject: who knows whether the address is the writer's own
            Kind::Notice if !dispatch.said.is_empty() => texts::advice(&self.texts, language, &said(dispatch), &facts),
            Kind::Transcript => texts::transcript(&self.texts, language, &self.spoken(dispatch), &facts),
            Kind::Notice if dispatch.contact.closed.is_some() => texts::closed(&self.texts, language, &facts),
            Kind::Notice => texts::undelivered(&self.texts, language, &facts),
        }
    }

    /// The customer's subject once more, with the number of the request once.
    fn answering(&self, dispatch: &Dispatch) -> String {
        let tag = format!("[{}]", dispatch.contact.reference);
        let theirs = dispatch.subject.as_deref().map(|theirs| subject::plain(theirs).replace(&tag, ""));
        match theirs.as_deref().map(str::trim) {
            None | Some("") => self.about(dispatch),
            Some(theirs) => clean::answering(&format!("{tag} {theirs}")),
        }
    }

    fn about(&self, dispatch: &Dispatch) -> String {
        format!("[{}] {}", dispatch.contact.reference, self.programme)
    }

    fn spoken<'a>(&'a self, dispatch: &'a Dispatch) -> Vec<Spoken<'a>> {
        let heard = dispatch.said.iter().filter(|message| !message.from.is_note());
        let spoken = heard.map(|message| {
            let rep = match message.from {
                Author::Customer => None,
                Author::Rep(rep) => Some(dispatch.names.get(&rep).map_or(self.programme.as_str(), String::as_str)),
                Author::Automatic | Author::Note(_) | Author::Memo => Some(self.programme.as_str()),
            };
            Spoken { rep, at: message.at, text: &message.text }
        });
        spoken.collect()
    }
}

/// The customer's last letter, else our own last one.
fn answered(dispatch: &Dispatch, tokens: &Tokens) -> Option<String> {
    let theirs = dispatch.thread.iter().rev().find(|id| tokens.read_message_id(id).is_none());
    theirs.or(dispatch.thread.last()).cloned()
}

fn said(dispatch: &Dispatch) -> String {
    dispatch.said.iter().filter(|message| !message.from.is_note()).map(|message| message.text.as_str()).collect()
}

/// A conversation's files stay with us; those of an answer go with it.
fn attachments(dispatch: &Dispatch) -> Vec<Attached> {
    if dispatch.kind != Kind::Reply {
        return Vec::new();
    }
    let attached = dispatch.files.iter().map(|(file, bytes)| Attached {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        bytes: bytes.to_vec(),
    });
    attached.collect()
}

/// One line of JSON, and the letter.
fn to_bytes(rendered: &Rendered) -> Vec<u8> {
    let Rendered { envelope_from, recipient, message_id, mime } = rendered;
    let envelope = Envelope { from: envelope_from.clone(), to: recipient.clone(), id: message_id.clone() };
    let mut bytes = serde_json::to_vec(&envelope).expect("three texts");
    bytes.push(b'\n');
    bytes.extend_from_slice(mime);
    bytes
}

fn of_bytes(bytes: &[u8]) -> Option<Rendered> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let Envelope { from, to, id } = serde_json::from_slice(&bytes[..end]).ok()?;
    Some(Rendered { envelope_from: from, recipient: to, message_id: id, mime: bytes[end + 1..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::Opening;
    use crate::channels::email::mail::read::read;
    use crate::channels::email::smtp::{Limits, RelaySettings, Tls};
    use crate::message::{ContactRecord, LanguageChoice, LanguageSource, Message, Party};
    use crate::routing::ids::{Channel, RepId, Urgency, Word};
    use bytes::Bytes;

    const AT: Timestamp = Timestamp(1_795_446_300_000_000);

    fn letters(plus_addresses: bool) -> Letters {
        let tokens = Arc::new(Tokens::new([7; 32], "city.example"));
        let house = House {
            texts: Arc::new(Texts::load().unwrap()),
            programme: "Example City 311".into(),
            phone: "503-555-0100".into(),
            emergency: "911".into(),
            relay_service: "711".into(),
            zone: TimeZone::UTC,
            tokens,
            instance: "abc123".into(),
            plus_addresses,
            dkim: None,
        };
        let settings = RelaySettings::new("localhost", "311@city.example", "Example City 311");
        let settings = RelaySettings { tls: Tls::None, bounces: Some("back@city.example".into()), ..settings };
        Letters::new(house, Relay::new(settings, Limits::default()).unwrap())
    }

    fn dispatch(kind: Kind, n: u32, subject: Option<&str>, thread: &[&str]) -> Dispatch {
        let word = |text| Word::new(text).unwrap();
        let contact = ContactRecord {
            id: ContactId(7),
            reference: "SB-000007-3".into(),
            channel: Channel::Email,
            service: None,
            language: LanguageChoice::new(word("es"), LanguageSource::Person),
            urgency: Urgency::Normal,
            subject: "staff only".into(),
            party: Party::default(),
            fields: Default::default(),
            doubtful: false,
            opened_at: AT,
            follows: None,
            last_rep: None,
            closed: None,
        };
        let said = Message {
            contact: ContactId(7),
            seq: 2,
            at: AT,
            from: Author::Rep(RepId(1)),
            text: "Mañana.".into(),
            attachments: Vec::new(),
            client_id: None,
        };
        Dispatch {
            contact,
            kind,
            n,
            to: "maria@example.org".into(),
            to_name: Some("María".into()),
            language: word("es"),
            language_sure: true,
            said: vec![said],
            names: [(RepId(1), "Ana".to_owned())].into(),
            files: Vec::new(),
            subject: subject.map(str::to_owned),
            thread: thread.iter().map(|id| (*id).to_owned()).collect(),
            made_at: AT,
            opening: Opening { open: true, staffed: true, opens_at: None },
            week: Default::default(),
        }
    }

    #[test]
    fn the_number_stands_once_in_a_subject_however_often_it_goes_to_and_fro() {
        let letters = letters(true);
        let subject = |theirs| letters.letter(&dispatch(Kind::Reply, 2, theirs, &[])).subject;
        let tagged = "Re: [SB-000007-3] Bache";
        assert_eq!(subject(Some("Bache")), tagged);
        assert_eq!(subject(Some("RE: Re: [SB-000007-3] Bache")), tagged);
        assert_eq!(
            (subject(None), subject(Some(" Re: "))),
            ("[SB-000007-3] Example City 311".into(), "[SB-000007-3] Example City 311".into())
        );
        let notice = letters.letter(&dispatch(Kind::Notice, 2, Some("Buy this"), &[]));
        assert!(!notice.subject.contains("Buy") && notice.to_name.is_none(), "nobody's words in an automatic letter");
    }

    #[test]
    fn a_letter_answers_their_last_one_and_bears_marks_that_bring_answers_back() {
        let letters = letters(true);
        let ours = letters.id_of(ContactId(7), 1).unwrap();
        let letter = letters.letter(&dispatch(Kind::Reply, 2, None, &["a@x.example", "b@x.example", &ours]));
        assert_eq!(letter.in_reply_to.as_deref(), Some("b@x.example"));
        assert_eq!(letters.letter(&dispatch(Kind::Reply, 2, None, &[&ours])).in_reply_to, Some(ours));
        let tokens = &letters.house.tokens;
        assert_eq!(tokens.read_reply_address(&letter.reply_to.unwrap()), Some(ContactId(7)));
        assert!(letter.envelope_from.unwrap().starts_with("back+b.7.2."), "it says which letter came back");
        let plain = self::letters(false).letter(&dispatch(Kind::Reply, 2, None, &[]));
        assert_eq!(
            (plain.reply_to, plain.envelope_from),
            (None, Some("back@city.example".into())),
            "no plus addresses"
        );
        assert_eq!(letters.letter(&dispatch(Kind::Acknowledgement, 1, None, &[])).envelope_from, None);
    }

    #[test]
    fn what_is_kept_is_sent_and_anything_else_is_refused() {
        let mut letters = letters(true);
        let kept = letters.render(&dispatch(Kind::Reply, 2, Some("Bache"), &[])).unwrap();
        let rendered = of_bytes(&kept).unwrap();
        assert_eq!((rendered.recipient.as_str(), to_bytes(&rendered)), ("maria@example.org", kept));
        let mail = read(Bytes::from(rendered.mime)).unwrap();
        assert!(mail.text.starts_with("Mañana.") && mail.text.contains("SB-000007-3"), "{}", mail.text);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcome = runtime.block_on(letters.send(b"not ours", AT));
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
        let nobody = Dispatch { to: "nobody".into(), ..dispatch(Kind::Reply, 2, None, &[]) };
        assert!(letters.render(&nobody).unwrap_err().contains("recipient's address"));
    }
}
