//! A mail, from raw bytes to plain data: scanned first, then read on a guarded thread.
//!
//! The one person a mail speaks for is its `from`. Nobody becomes a reader of a contact by standing in a header: the
//! addresses of To and Cc can be asked whether they name one of ours, and they are shown, like Reply-To, never written to.

use super::body::{self, Body, Enclosure, Report};
use super::guard::{Broken, guarded};
use super::header::{Headers, cut, header_block};
use super::html;
use super::scan::{HEADER_BLOCK_MOST, TooMuch, scan};
use super::subject;
use super::words;
use crate::message::mail::AlsoTo;
use crate::message::{Party, clean_line};
use crate::routing::ids::Timestamp;
use bytes::Bytes;
use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address, DateTime, HeaderValue};
use std::collections::BTreeSet;
use std::fmt;

/// Others of whom it is remembered that a mail was sent to them too.
const ALSO_TO_MOST: usize = 30;
/// Characters of a display name.
const NAME_MOST: usize = 128;
const SUBJECT_MOST: usize = 300;
/// References to earlier mails that are looked at, the latest ones.
const REFERENCES_MOST: usize = 100;
const LANGUAGES_MOST: usize = 8;

/// One address with its display name. Personal data: never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Correspondent {
    /// `local@domain` as written.
    pub address: String,
    /// Controls and direction overrides gone, at most 128 characters.
    pub name: Option<String>,
}

/// Where the mail says failures go (RFC 5321 §4.4).
#[derive(Clone, PartialEq, Eq)]
pub enum ReturnPath {
    Absent,
    /// `<>`: nobody wants an answer to this.
    Null,
    Address(String),
}

/// A mail as far as we understand it. Personal data: never logged.
pub struct Mail {
    /// Without angle brackets, as are all ids.
    pub message_id: Option<String>,
    pub in_reply_to: Vec<String>,
    /// Oldest first.
    pub references: Vec<String>,
    /// The sender, and the only participant a mail adds.
    pub from: Option<Correspondent>,
    /// More than one From: nobody can say whose mail it is.
    pub suspicious: bool,
    pub return_path: ReturnPath,
    /// Where the sender would like answers; for the rep to see, and to confirm before it is used.
    pub reply_to: Option<Correspondent>,
    pub addressed: Addressed,
    /// Decoded, one line, at most 300 characters; may be empty.
    pub subject: String,
    /// When it was written, if the sender's clock is to be believed.
    pub date: Option<Timestamp>,
    /// The whole text.
    pub text: String,
    /// What was written this time.
    pub new_text: String,
    /// Quotation and signature, to be shown on request.
    pub folded: String,
    /// As it came; see `safe_html`.
    pub html: Option<String>,
    pub enclosures: Vec<Enclosure>,
    /// Language tags from Content-Language and Accept-Language, the sender's program's guess.
    pub languages: Vec<String>,
    /// How many servers passed it on.
    pub hops: usize,
    pub report: Report,
    /// All fields of the header block, for the decisions beside this one.
    pub headers: Headers,
}

/// The addresses a mail was sent to. They are asked, never written to.
#[derive(Default)]
pub struct Addressed {
    shown: Vec<String>,
    delivered: Vec<String>,
}

/// Why a mail could not be understood. It is held, with its raw bytes, for a supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("{0}")]
    TooMuch(#[from] TooMuch),
    #[error("{0}")]
    Broken(#[from] Broken),
    /// Not one header field: this is no mail.
    #[error("no header")]
    NoHeader,
}

/// Read a mail. Ends within a few seconds whatever it is given; blocks, so from async code through `spawn_blocking`.
pub fn read(raw: Bytes) -> Result<Mail, Unreadable> {
    guarded(move || understand(&raw))?
}

/// What stands on the envelope of a mail that cannot be read, as far as it can be told. Personal data: never logged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Letterhead {
    pub from: Option<Correspondent>,
    pub subject: String,
    pub message_id: Option<String>,
}

/// The letterhead of anything; empty where there is none. Blocks, as `read` does.
pub fn letterhead(raw: Bytes) -> Letterhead {
    let look = move || {
        let start = &raw[..raw.len().min(HEADER_BLOCK_MOST)];
        let headers = Headers::read(header_block(start));
        Letterhead {
            from: addresses(&headers, "from").into_iter().next(),
            subject: cut(&headers.text("subject").unwrap_or_default(), SUBJECT_MOST).to_string(),
            message_id: ids(&headers, "message-id").into_iter().next(),
        }
    };
    guarded(look).unwrap_or_default()
}

/// Do two mails say the same, in the same name? Everything but what was written on their way to us.
pub fn is_same(one: &Bytes, other: &Bytes) -> bool {
    let body = |raw: &Bytes| raw.slice(header_block(raw).len()..);
    let head = |raw: &Bytes| letterhead(raw.clone());
    body(one) == body(other) && head(one) == head(other)
}

fn understand(raw: &[u8]) -> Result<Mail, Unreadable> {
    let shape = scan(raw)?;
    if shape.headers.is_empty() {
        return Err(Unreadable::NoHeader);
    }
    let subject = cut(&shape.headers.text("subject").unwrap_or_default(), SUBJECT_MOST).to_string();
    let body = body::read(raw, &shape, subject::is_forward(&subject))?;
    Ok(mail(shape.headers, subject, body))
}

fn mail(headers: Headers, subject: String, body: Body) -> Mail {
    let mut senders = addresses(&headers, "from");
    let one = |name: &str| Some(addresses(&headers, name)).filter(|a| !a.is_empty()).map(|mut a| a.swap_remove(0));
    let plain = |name: &str| addresses(&headers, name).into_iter().map(|c| c.address);
    let delivered = ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to"];
    let reply_to = one("reply-to");
    let sender = one("sender");
    Mail {
        message_id: ids(&headers, "message-id").into_iter().next(),
        in_reply_to: ids(&headers, "in-reply-to"),
        references: ids(&headers, "references"),
        suspicious: headers.raw("from").count() > 1 || senders.len() > 1,
        from: if senders.is_empty() { sender } else { Some(senders.swap_remove(0)) },
        return_path: return_path(&headers),
        reply_to,
        addressed: Addressed {
            shown: plain("to").chain(plain("cc")).collect(),
            delivered: delivered.iter().flat_map(|name| plain(name).collect::<Vec<_>>()).collect(),
        },
        subject,
        date: date(&headers),
        text: body.text,
        new_text: body.new_text,
        folded: body.folded,
        html: body.html,
        enclosures: body.enclosures,
        languages: languages(&headers),
        hops: headers.raw("received").count(),
        report: body.report,
        headers,
    }
}

impl Mail {
    /// The person this mail speaks for. Only From counts: not Cc, not Reply-To.
    pub fn party(&self) -> Party {
        let from = self.from.as_ref();
        Party { name: from.and_then(|f| f.name.clone()), email: from.map(|f| f.address.clone()), phone: None }
    }

    /// Where an automatic receipt goes: the return path, else the sender (RFC 3834 §4). `None` for the null path.
    pub fn receipt_to(&self) -> Option<&str> {
        match &self.return_path {
            ReturnPath::Null => None,
            ReturnPath::Address(address) => Some(address),
            ReturnPath::Absent => self.from.as_ref().map(|f| f.address.as_str()),
        }
    }

    /// The HTML made safe to be shown in a sandboxed frame. Blocks up to 5 s.
    pub fn safe_html(&self) -> Option<String> {
        self.html.as_deref().and_then(html::sanitised)
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mail(•••)")
    }
}

impl Addressed {
    /// Does To or Cc name one of these addresses, perhaps with a plus part? Case does not count.
    pub fn names_one_of(&self, ours: &[String]) -> bool {
        let base = |address: &str| without_plus(&address.to_ascii_lowercase());
        self.shown.iter().any(|shown| ours.iter().any(|own| base(own) == base(shown)))
    }

    /// Who else stands in To and Cc: neither ours nor `sender`, each once.
    pub fn others(&self, ours: &[String], sender: Option<&str>) -> AlsoTo {
        let base = |address: &str| without_plus(&address.to_ascii_lowercase());
        let ours: BTreeSet<String> = ours.iter().map(|own| base(own)).collect();
        let mut known: BTreeSet<String> = sender.map(str::to_lowercase).into_iter().collect();
        let mut others = AlsoTo::default();
        for address in self.shown.iter().filter(|address| !ours.contains(&base(address))) {
            match known.insert(address.to_lowercase()) {
                true if others.addresses.len() < ALSO_TO_MOST => others.addresses.push(address.clone()),
                true => others.left_out += 1,
                false => {}
            }
        }
        others
    }

    /// Every address it was sent or delivered to that starts with our plus form, for `token`.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().chain(&self.delivered).map(String::as_str)
    }
}

/// `311+c.7.x@city.example` is `311@city.example`.
pub fn without_plus(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or_default()),
        None => address.to_string(),
    }
}

/// The addresses of every field of this name that look like addresses.
fn addresses(headers: &Headers, name: &str) -> Vec<Correspondent> {
    headers.raw(name).flat_map(parse_addresses).collect()
}

fn parse_addresses(value: &[u8]) -> Vec<Correspondent> {
    // The parser stops at a line break; there is none in an unfolded value but those inside encoded words, which are whole.
    let text = words::rejoin(value).replace(['\r', '\n'], " ") + "\n";
    match MessageStream::new(text.as_bytes()).parse_address() {
        HeaderValue::Address(Address::List(list)) => list.into_iter().filter_map(correspondent).collect(),
        HeaderValue::Address(Address::Group(groups)) => {
            groups.into_iter().flat_map(|g| g.addresses).filter_map(correspondent).collect()
        }
        _ => Vec::new(),
    }
}

fn correspondent(parsed: Addr<'_>) -> Option<Correspondent> {
    let address = parsed.address?.trim_matches(['<', '>', ' ', '\'']).to_string();
    let (local, domain) = address.rsplit_once('@')?;
    let plain = |part: &str| {
        !part.is_empty() && !part.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;\"".contains(c))
    };
    if address.len() > 320 || !plain(local) || !plain(domain) || clean_line(&address) != address {
        return None;
    }
    let name = parsed.name.map(|name| cut(&clean_line(&name), NAME_MOST).trim_matches(['\'', '"', ' ']).to_string());
    Some(Correspondent { address, name: name.filter(|n| !n.is_empty()) })
}

fn return_path(headers: &Headers) -> ReturnPath {
    match headers.text("return-path").as_deref().map(|path| path.trim_matches(['<', '>', ' '])) {
        None => ReturnPath::Absent,
        Some("") => ReturnPath::Null,
        Some(path) if path.contains('@') && path.len() <= 320 => ReturnPath::Address(path.to_string()),
        Some(_) => ReturnPath::Absent,
    }
}

/// The ids of a field, without brackets; some programs leave the brackets out.
fn ids(headers: &Headers, name: &str) -> Vec<String> {
    let text: String = headers.texts(name).collect::<Vec<_>>().join(" ");
    let ids = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ','));
    let mut ids: Vec<String> = ids.filter(|id| id.contains('@') && id.len() < 998).map(str::to_string).collect();
    let surplus = ids.len().saturating_sub(REFERENCES_MOST);
    ids.drain(..surplus);
    ids
}

fn date(headers: &Headers) -> Option<Timestamp> {
    let date = DateTime::parse_rfc822(&(headers.text("date")? + "\n")).filter(DateTime::is_valid)?;
    date.to_timestamp().checked_mul(1_000_000).map(Timestamp)
}

fn languages(headers: &Headers) -> Vec<String> {
    let said =
        ["content-language", "accept-language", "x-accept-language"].into_iter().filter_map(|name| headers.text(name));
    let mut tags: Vec<String> = Vec::new();
    for tag in said.collect::<Vec<_>>().join(",").split(',') {
        let tag = tag.split(';').next().unwrap_or_default().trim();
        let plain = (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if plain && tags.len() < LANGUAGES_MOST && !tags.iter().any(|t| t.eq_ignore_ascii_case(tag)) {
            tags.push(tag.to_string());
        }
    }
    tags
}
