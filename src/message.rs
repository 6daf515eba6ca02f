//! What people say, as plain data: inbound and outbound shapes, messages, parties, attachments; mails and deliveries.

pub mod delivery;
pub mod mail;

use crate::routing::ids::{Channel, ContactId, Disposition, RepId, Timestamp, Urgency, Word};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that reached us on a channel, before intake has looked at it.
#[derive(Clone, Debug)]
pub struct Inbound {
    pub channel: Channel,
    /// Unique for this input on this channel; the same key again is the same contact. At most 200 bytes.
    pub source_key: Option<String>,
    /// Hash of the body, to tell a retry from a different request under one key.
    pub fingerprint: Option<[u8; 32]>,
    /// Code of the service chosen, checked against the catalogue.
    pub service: Option<String>,
    pub language: Option<LanguageChoice>,
    pub text: String,
    pub party: Party,
    /// Answers to the form's own questions, by name.
    pub fields: BTreeMap<String, String>,
    pub attachments: Vec<Attachment>,
    /// SHA-256 of the secret that opens the customer's status page or chat.
    pub secret: [u8; 32],
    /// Looks automatic (honeypot, too fast, too many links) or forged: kept, and marked for the rep.
    pub doubtful: bool,
    /// Of a mail: where it came to.
    pub mailbox: Option<Mailbox>,
}

/// A mailbox that mail came to, as routing sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// As the settings call it.
    pub name: String,
    /// The queue its mail is meant for where no rule knows better.
    pub queue: Option<Word>,
}

/// A language, who says so, and how sure we are of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanguageChoice {
    pub code: Word,
    pub source: LanguageSource,
    /// In percent; 0 where nothing was said and nothing could be told.
    #[serde(default)]
    pub confidence: u8,
}

impl LanguageChoice {
    /// As sure as one usually is of what this source says.
    pub fn new(code: Word, source: LanguageSource) -> LanguageChoice {
        let confidence = match source {
            LanguageSource::Person | LanguageSource::Rep => 100,
            LanguageSource::Caller => 90, // a key is pressed by mistake
            LanguageSource::Detected => 60,
            LanguageSource::Default => 0,
        };
        LanguageChoice { code, source, confidence }
    }
}

/// Best source first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LanguageSource {
    /// Chosen by the person.
    Person,
    /// Set by a representative.
    Rep,
    /// A caller's key on the phone menu.
    Caller,
    /// By the text, of this message or of the conversation it belongs to.
    Detected,
    /// A hint (the mailbox, what a browser or a mail prefers) or the house language.
    Default,
}

/// The person behind a contact, as far as they said. Personal data: never logged.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Party(•••)")
    }
}

/// One readable line, as names come in: controls, line breaks and direction marks gone (they reorder what a rep sees), trimmed.
pub fn clean_line(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    kept.trim().to_string()
}

/// Control characters, and those that change the direction of what follows (Unicode UAX #9).
pub fn is_hidden(c: char) -> bool {
    let directs = matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || directs
}

/// A file kept by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// SHA-256 of the kept bytes, in hex; also the name of the file on disk.
    pub digest: String,
    /// A cleaned name to show and to save under.
    pub name: String,
    /// By content, not by what the sender said.
    pub media_type: String,
    pub bytes: u64,
}

/// Where a photo says that it was taken: a suggestion, for staff only. Personal data: never logged.
#[derive(Clone, Copy, PartialEq)]
pub struct Position {
    /// Degrees north of the equator, -90 to 90.
    pub latitude: f64,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: f64,
}

impl std::fmt::Debug for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Position(•••)")
    }
}

/// One thing said within a contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub contact: ContactId,
    /// Position in the conversation, from 1, without gaps.
    pub seq: u32,
    pub at: Timestamp,
    pub from: Author,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The sender's own id for it, which makes sending twice harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// Who said it, and who may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "rep")]
pub enum Author {
    Customer,
    Rep(RepId),
    /// A rep's note: staff only.
    Note(RepId),
    /// The programme itself, in a text of `config/messages/`.
    Automatic,
    /// The programme itself, to staff only: what became of a delivery, a mail that answers by itself.
    Memo,
}

/// A message about to be kept; its number comes with the commit.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub from: Author,
    pub text: String,
    pub attachments: Vec<Attachment>,
    pub client_id: Option<String>,
}

/// What is known of a contact beside its routing: the row that screens and searches read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactRecord {
    pub id: ContactId,
    /// What people quote on the phone; opens nothing.
    pub reference: String,
    pub channel: Channel,
    pub service: Option<String>,
    pub language: LanguageChoice,
    pub urgency: Urgency,
    /// The first line, shortened; staff only.
    pub subject: String,
    pub party: Party,
    pub fields: BTreeMap<String, String>,
    pub doubtful: bool,
    pub opened_at: Timestamp,
    /// The contact it goes on from, which was closed too long ago to be opened again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<ContactId>,
    /// The rep who had it last.
    pub last_rep: Option<RepId>,
    pub closed: Option<(Timestamp, Disposition)>,
}

impl Author {
    /// Staff only.
    pub fn is_note(self) -> bool {
        matches!(self, Author::Note(_) | Author::Memo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_as_what_it_is() {
        assert_eq!(clean_line(" Ana\u{202E}nibuR\u{2069}\tof\u{85}\u{1b}\r\n "), "AnanibuR of");
        assert_eq!(clean_line("نیما\u{200c}نیا"), "نیما\u{200c}نیا", "joiners belong to the script");
    }
}
