//! Our own signed marks in mail: whoever bears one is attached to its contact, and nobody else can make one.
//!
//! Three forms, each signed for its own purpose, so that none can be turned into another:
//! `<c.{contact}.{n}.{mac}@{domain}>` is the Message-ID of the nth mail on a contact, `311+c.{contact}.{mac}@…` its
//! Reply-To, `311+b.{contact}.{n}.{mac}@…` its return path.

use super::read::Mail;
use crate::routing::ids::ContactId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Characters of base32 that hold 128 bits.
const MAC_LENGTH: usize = 26;
/// How much of a bounce's text is searched for a mark.
const TEXT_MOST: usize = 256 * 1024;

/// What a mark is for; part of what is signed.
#[derive(Clone, Copy)]
enum Purpose {
    MessageId,
    ReplyTo,
    ReturnPath,
}

/// One of our mails, as a bounce or an answer names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ours {
    pub contact: ContactId,
    /// Which mail on this contact.
    pub n: u32,
}

/// Makes and reads the marks of one installation.
pub struct Tokens {
    key: [u8; 32],
    domain: String,
}

impl Tokens {
    /// `domain` stands in our Message-IDs; the key says whose they are.
    pub fn new(key: [u8; 32], domain: &str) -> Tokens {
        Tokens { key, domain: domain.to_ascii_lowercase() }
    }

    /// Without angle brackets.
    pub fn message_id(&self, contact: ContactId, n: u32) -> String {
        format!("c.{}.{n}.{}@{}", contact.0, self.mac(Purpose::MessageId, contact, n), self.domain)
    }

    /// The mailbox with a plus part that brings answers back to the contact. `None` if the mailbox is no address.
    pub fn reply_address(&self, mailbox: &str, contact: ContactId) -> Option<String> {
        let (local, domain) = mailbox.rsplit_once('@')?;
        Some(format!("{local}+c.{}.{}@{domain}", contact.0, self.mac(Purpose::ReplyTo, contact, 0)))
    }

    /// The mailbox with a plus part that says which mail failed (VERP).
    pub fn return_address(&self, mailbox: &str, contact: ContactId, n: u32) -> Option<String> {
        let (local, domain) = mailbox.rsplit_once('@')?;
        Some(format!("{local}+b.{}.{n}.{}@{domain}", contact.0, self.mac(Purpose::ReturnPath, contact, n)))
    }

    /// The contact a mail belongs to, if it carries a mark of ours: the ids it answers, newest first, then the
    /// addresses it was sent to. What a mail without one says of itself is a claim, which only the store can check.
    pub fn find(&self, mail: &Mail) -> Option<ContactId> {
        let answered = mail.in_reply_to.iter().chain(mail.references.iter().rev());
        let by_id = answered.filter_map(|id| self.read_message_id(id)).map(|ours| ours.contact).next();
        by_id.or_else(|| mail.addressed.all().find_map(|address| self.read_reply_address(address)))
    }

    /// With or without angle brackets. The domain does not count: relays rewrite it, and the mac is ours alone.
    pub fn read_message_id(&self, id: &str) -> Option<Ours> {
        let (local, _) = id.trim_matches(['<', '>', ' ']).rsplit_once('@')?;
        self.read_mark(local.to_ascii_lowercase().strip_prefix("c.")?, Purpose::MessageId)
    }

    pub fn read_reply_address(&self, address: &str) -> Option<ContactId> {
        let plus = plus_part(address)?;
        let (contact, mac) = plus.strip_prefix("c.")?.split_once('.')?;
        self.checked(Purpose::ReplyTo, contact, "0", mac).map(|ours| ours.contact)
    }

    pub fn read_return_address(&self, address: &str) -> Option<Ours> {
        self.read_mark(plus_part(address)?.strip_prefix("b.")?, Purpose::ReturnPath)
    }

    /// The first Message-ID or return path of ours anywhere in a text.
    pub fn in_text(&self, text: &str) -> Option<Ours> {
        let end = text.len().min(TEXT_MOST);
        let text = String::from_utf8_lossy(&text.as_bytes()[..end]).to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.';
        text.split(|c: char| !allowed(c)).find_map(|word| {
            let message_id = word.strip_prefix("c.").and_then(|mark| self.read_mark(mark, Purpose::MessageId));
            message_id.or_else(|| word.strip_prefix("b.").and_then(|mark| self.read_mark(mark, Purpose::ReturnPath)))
        })
    }

    /// `{contact}.{n}.{mac}`.
    fn read_mark(&self, mark: &str, purpose: Purpose) -> Option<Ours> {
        let mut parts = mark.splitn(3, '.');
        self.checked(purpose, parts.next()?, parts.next()?, parts.next()?)
    }

    fn checked(&self, purpose: Purpose, contact: &str, n: &str, mac: &str) -> Option<Ours> {
        let ours = Ours { contact: ContactId(number(contact)?), n: number(n)?.try_into().ok()? };
        let wanted = self.mac(purpose, ours.contact, ours.n);
        bool::from(wanted.as_bytes().ct_eq(mac.as_bytes())).then_some(ours)
    }

    /// HMAC-SHA256, its first 128 bits in lower-case base32: local parts are case-folded on the way.
    fn mac(&self, purpose: Purpose, contact: ContactId, n: u32) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(match purpose {
            Purpose::MessageId => b"mail message id\0",
            Purpose::ReplyTo => b"mail reply to\0",
            Purpose::ReturnPath => b"mail return path\0",
        });
        mac.update(&contact.0.to_be_bytes());
        mac.update(&n.to_be_bytes());
        base32(&mac.finalize().into_bytes()[..16])
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(•••)")
    }
}

/// What stands between the first `+` and the `@`, in lower case.
fn plus_part(address: &str) -> Option<String> {
    let (local, _) = address.rsplit_once('@')?;
    Some(local.split_once('+')?.1.to_ascii_lowercase())
}

/// As we write numbers: digits only, no leading zero.
fn number(text: &str) -> Option<u64> {
    let written = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| written)
}

/// RFC 4648 §6, lower case, unpadded.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut out = String::with_capacity(MAC_LENGTH);
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in bytes {
        bits = (bits << 8 | u32::from(*byte)) & 0xfff;
        count += 8;
        while count >= 5 {
            count -= 5;
            out.push(ALPHABET[(bits >> count & 31) as usize] as char);
        }
    }
    if count > 0 {
        out.push(ALPHABET[(bits << (5 - count) & 31) as usize] as char);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new([7; 32], "mail.city.example")
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        let vectors: [(&[u8], &str); 4] =
            [(b"f", "my"), (b"fo", "mzxq"), (b"foob", "mzxw6yq"), (b"foobar", "mzxw6ytboi")];
        for (bytes, text) in vectors {
            assert_eq!(base32(bytes), text);
        }
    }

    #[test]
    fn each_form_reads_back_whatever_the_case() {
        let (t, contact) = (tokens(), ContactId(184));
        let ours = Some(Ours { contact, n: 3 });
        let id = t.message_id(contact, 3);
        assert_eq!(id.split('.').nth(3).and_then(|m| m.split('@').next()).map(str::len), Some(MAC_LENGTH), "128 bits");
        assert_eq!(t.read_message_id(&format!("<{}>", id.to_uppercase())), ours);
        assert_eq!(t.read_message_id(&id.replace("mail.city.example", "relay.example")), ours);
        let reply = t.reply_address("311@city.example", contact).expect("an address");
        assert_eq!(t.read_reply_address(&reply.to_uppercase()), Some(contact));
        let back = t.return_address("311@city.example", contact, 3).expect("an address");
        assert_eq!(t.read_return_address(&back), ours);
        assert_eq!(t.in_text(&format!("Your mail\n  Message-ID: <{id}>\nwas not delivered")), ours);
        assert_eq!(t.in_text(&format!("from <{back}> failed")), ours);
    }

    #[test]
    fn nothing_else_is_ours() {
        let (t, contact) = (tokens(), ContactId(184));
        let id = t.message_id(contact, 3);
        let mac = id.split(['.', '@']).nth(3).expect("a mac").to_string();
        let reply = t.reply_address("311@city.example", contact).expect("an address");
        let forged = [
            id.replace("184", "185"),
            id.replace(".3.", ".4."),
            id.replace(".3.", ".03."),
            id.replace(&mac, &mac[..25]),
            id.replace(&mac, &format!("{mac}a")),
            id.replace(&mac, ""),
            id.replace(&mac, &"a".repeat(26)),
            format!("c.184.3@{}", t.domain),
            reply.replace("311+", ""),
            Tokens::new([8; 32], "mail.city.example").message_id(contact, 3),
            format!("notify-184-3@{}", t.domain),
        ];
        for id in forged {
            assert_eq!(t.read_message_id(&id), None, "{id}");
        }
        assert_eq!(t.read_reply_address(&format!("311+{id}")), None, "an id is no address");
        let tried = (1..=10_000).filter(|n| t.read_reply_address(&reply.replace("184", &n.to_string())).is_some());
        assert_eq!(tried.collect::<Vec<_>>(), [184], "one signature opens one contact");
        let back = t.return_address("311@city.example", contact, 3).expect("an address");
        assert_eq!(t.read_reply_address(&back.replace("+b.184.3.", "+c.184.")), None);
    }
}
