//! From plain data to a letter's bytes, rendered once: the same bytes are sent however often it must be tried.

use super::clean;
use super::dkim::Dkim;
use crate::channels::delivery::Kind;
use crate::routing::ids::Timestamp;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Enclosure, Mailbox, Message, MessageBuilder, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime};

/// A letter's bytes at most: what usual relays take.
pub const LETTER_MAX: usize = 25 << 20;
/// An address at most, in bytes (RFC 5321 §4.5.3.1.3, without the brackets).
const ADDRESS_MAX: usize = 254;

/// All that a letter says. Names, subject and texts may hold anything; what does not belong in a header is taken out.
#[derive(Clone)]
pub struct Letter {
    pub kind: Kind,
    /// One recipient: a relay's no is then about nobody else.
    pub to: String,
    pub to_name: Option<String>,
    pub from: String,
    pub from_name: String,
    /// Where answers go: the tagged address of the contact.
    pub reply_to: Option<String>,
    /// See `RelaySettings::envelope_from`; `None` is `<>`.
    pub envelope_from: Option<String>,
    pub subject: String,
    /// What it says, once in each language; the first is the letter's own.
    pub passages: Vec<Passage>,
    /// Ours (`Tokens::message_id`), kept before the letter is sent. All ids with or without their angle brackets.
    pub message_id: String,
    /// The customer's last letter. Dropped when it is not an id.
    pub in_reply_to: Option<String>,
    /// Ids of the thread, oldest first; any number, trimmed here.
    pub references: Vec<String>,
    pub date: Timestamp,
    /// Tells our own letters when they come back to us (`X-Steelbridge-Instance`).
    pub instance: String,
    pub attachments: Vec<Attached>,
}

/// A text in one language.
#[derive(Clone)]
pub struct Passage {
    /// BCP 47.
    pub language: String,
    /// Paragraphs are parted by blank lines.
    pub text: String,
}

/// A file that goes with the letter.
#[derive(Clone)]
pub struct Attached {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// A letter ready to be handed over, any number of times.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// `None` is `<>`.
    pub envelope_from: Option<String>,
    pub recipient: String,
    pub message_id: String,
    /// Header and body, line ends CRLF.
    pub mime: Vec<u8>,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rendered({} bytes)", self.mime.len())
    }
}

/// Why a letter cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLetter {
    #[error("the {0} address is not an e-mail address")]
    Address(&'static str),
    #[error("the message id is not one")]
    MessageId,
    #[error("the letter is larger than {LETTER_MAX} bytes")]
    TooLarge,
    #[error("the letter could not be put together")]
    Builder,
}

/// Write a letter. The same letter gives the same bytes (but for the time inside a DKIM signature). Never panics.
pub fn compose(letter: &Letter, dkim: Option<&Dkim>) -> Result<Rendered, NoLetter> {
    let enclosed: usize = letter.attachments.iter().map(|file| file.bytes.len()).sum();
    let said: usize = letter.passages.iter().map(|passage| passage.text.len()).sum();
    // before any work: base64 makes four bytes of three, and the text stands there twice
    if enclosed / 3 * 4 + said * 2 > LETTER_MAX {
        return Err(NoLetter::TooLarge);
    }
    // lettre 0.11 panics where a name cannot be written; ours are clean, and this is what stands behind them
    catch_unwind(AssertUnwindSafe(|| write(letter, dkim))).unwrap_or(Err(NoLetter::Builder))
}

fn write(letter: &Letter, dkim: Option<&Dkim>) -> Result<Rendered, NoLetter> {
    let to = address(&letter.to, "recipient's")?;
    let sender = letter.envelope_from.as_deref().map(|from| address(from, "envelope")).transpose()?;
    let envelope = Envelope::new(sender.clone(), vec![to.clone()]).map_err(|_| NoLetter::Builder)?;
    let body = Body::of(letter);
    let builder = headers(letter, &to)?.envelope(envelope);
    let mut message = builder.multipart(body.multipart()).map_err(|_| NoLetter::Builder)?;
    if let Some(dkim) = dkim {
        dkim.sign(&mut message);
    }
    let mime = message.formatted();
    if mime.len() > LETTER_MAX {
        return Err(NoLetter::TooLarge);
    }
    let envelope_from = sender.map(|address| address.to_string());
    Ok(Rendered { envelope_from, recipient: to.to_string(), message_id: letter.message_id.clone(), mime })
}

fn address(address: &str, whose: &'static str) -> Result<Address, NoLetter> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';');
    if address.len() > ADDRESS_MAX || address.contains(odd) {
        return Err(NoLetter::Address(whose));
    }
    address.parse().map_err(|_| NoLetter::Address(whose))
}

fn mailbox(name: &str, address: Address) -> Mailbox {
    let name = clean::line(name);
    Mailbox::new((!name.is_empty()).then_some(name), address)
}

fn headers(letter: &Letter, to: &Address) -> Result<MessageBuilder, NoLetter> {
    let message_id = clean::message_id(&letter.message_id).ok_or(NoLetter::MessageId)?;
    let from = address(&letter.from, "sender's")?;
    let mut builder = Message::builder()
        .from(mailbox(&letter.from_name, from))
        .to(mailbox(letter.to_name.as_deref().unwrap_or_default(), to.clone()))
        .subject(clean::line(&letter.subject))
        .date(SystemTime::UNIX_EPOCH + Duration::from_micros(letter.date.0.clamp(0, YEAR_9999) as u64))
        .message_id(Some(format!("<{message_id}>")));
    if let Some(reply_to) = &letter.reply_to {
        builder = builder.reply_to(mailbox(&letter.from_name, address(reply_to, "reply")?));
    }
    if let Some(id) = letter.in_reply_to.as_deref().and_then(clean::message_id) {
        builder = builder.in_reply_to(format!("<{id}>"));
    }
    if let Some(thread) = clean::references(&letter.references) {
        builder = builder.references(thread);
    }
    let languages: Vec<&str> = letter.passages.iter().filter_map(|p| clean::language(&p.language)).collect();
    if !languages.is_empty() {
        builder = builder.raw_header(raw("Content-Language", languages.join(", ")));
    }
    if let Some(how) = automatic(letter.kind) {
        builder = builder.raw_header(raw("Auto-Submitted", how.to_owned()));
        builder = builder.raw_header(raw("X-Auto-Response-Suppress", "All".to_owned()));
    }
    let instance: String = letter.instance.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    Ok(builder.raw_header(raw("X-Steelbridge-Instance", instance)))
}

/// The last moment a date header can tell, in microseconds.
const YEAR_9999: i64 = 253_402_300_799_000_000;

/// Header names are constants, always: lettre takes any bytes for one.
fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// RFC 3834 §5: an answer to a letter, or something we sent on our own.
fn automatic(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Reply => None,
        Kind::Acknowledgement => Some("auto-replied"),
        Kind::Notice | Kind::Transcript => Some("auto-generated"),
    }
}

/// Both versions of the text, the files, and the mark that parts them.
struct Body<'a> {
    plain: String,
    html: String,
    attachments: &'a [Attached],
    /// Made from the content, so that no content can contain it and the same letter has the same.
    mark: String,
}

impl<'a> Body<'a> {
    fn of(letter: &'a Letter) -> Body<'a> {
        let texts: Vec<String> = letter.passages.iter().map(|passage| clean::text(&passage.text)).collect();
        let plain = texts.join("\n\n* * *\n\n") + "\n";
        let html = page(&letter.passages, &texts, &clean::line(&letter.subject));
        let mut hash = Sha256::new();
        hash.update(&letter.message_id);
        hash.update(&plain);
        hash.update(&html);
        letter.attachments.iter().for_each(|file| hash.update(&file.bytes));
        let mark = hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Body { plain, html, attachments: &letter.attachments, mark }
    }

    fn multipart(self) -> MultiPart {
        let texts = MultiPart::alternative()
            .boundary(format!("text-{}", self.mark))
            .singlepart(SinglePart::plain(self.plain))
            .singlepart(SinglePart::html(self.html));
        if self.attachments.is_empty() {
            return texts;
        }
        let mixed = MultiPart::mixed().boundary(format!("file-{}", self.mark)).multipart(texts);
        self.attachments.iter().fold(mixed, |mixed, file| mixed.singlepart(enclosure(file)))
    }
}

fn enclosure(file: &Attached) -> SinglePart {
    // a part that has parts of its own would be read as ours
    let single = !file.media_type.starts_with("multipart/") && !file.media_type.starts_with("message/");
    let printable = file.media_type.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    let kind = Some(&file.media_type).filter(|_| single && printable).and_then(|kind| ContentType::parse(kind).ok());
    let kind = kind.or_else(|| ContentType::parse("application/octet-stream").ok()).unwrap_or(ContentType::TEXT_PLAIN);
    let encoded = lettre::message::Body::new_with_encoding(file.bytes.clone(), ContentTransferEncoding::Base64);
    let body = encoded.unwrap_or_else(lettre::message::Body::new);
    Enclosure::new(clean::file_name(&file.name)).body(body, kind)
}

/// The text again as a page, for those who read mail by ear or enlarged: language and direction are said.
fn page(passages: &[Passage], texts: &[String], title: &str) -> String {
    let mut parts = Vec::new();
    for (passage, text) in passages.iter().zip(texts) {
        let (language, direction) = said(&passage.language);
        parts.push(format!("<div lang=\"{language}\" dir=\"{direction}\">\n{}</div>\n", clean::html(text)));
    }
    let (language, direction) = said(passages.first().map_or("", |passage| &passage.language));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body>\n{}</body>\n</html>\n",
        clean::escape(title),
        parts.join("<hr>\n"),
    )
}

/// `und` is BCP 47 for a language nobody knows.
fn said(language: &str) -> (&str, &'static str) {
    (clean::language(language).unwrap_or("und"), clean::direction(language))
}
