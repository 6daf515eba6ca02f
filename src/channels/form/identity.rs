//! What makes two requests the same request, and the secret address that belongs to it.

use super::check::Asked;
use crate::channels::visitor::Secret;
use crate::message::{Inbound, LanguageChoice, LanguageSource};
use crate::routing::ids::{Channel, Word};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// A shorter key may be another program's too: it counts for its own household only.
const UNIQUE_LENGTH: usize = 16;
/// The longest key, so that what it becomes has no more than 200 bytes.
const KEY_MAX: usize = 150;

/// What identifies a request.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07), without its quotes, and whom it came from.
    Header(&'a str, IpAddr),
    /// Made when the form was shown.
    Page(&'a str),
    /// Nothing: whatever it says, it is a request of its own. Two people behind one address may well say the same.
    None,
}

/// A request ready to be handed in, and its address.
pub struct Identified {
    pub inbound: Inbound,
    pub secret: Secret,
}

/// Gives a request its key, its fingerprint and its secret: all three the same when it is sent again.
pub fn identify(asked: Asked, service: Word, key: Key<'_>, doubtful: bool, secret_key: &[u8; 32]) -> Identified {
    let fingerprint = fingerprint(&asked, service);
    let source_key = match key {
        Key::Header(key, _) if key.len() >= UNIQUE_LENGTH => format!("key:{key}"),
        Key::Header(key, household) => format!("key:{household}:{key}"),
        Key::Page(id) => format!("page:{id}"),
        Key::None => format!("once:{}", hex(&rand::random::<[u8; 16]>())),
    };
    let secret = Secret::derive(secret_key, &[b"form", source_key.as_bytes(), &fingerprint]);
    let inbound = Inbound {
        channel: Channel::Form,
        source_key: Some(source_key),
        fingerprint: Some(fingerprint),
        service: Some(service.to_string()),
        language: asked.language.map(|code| LanguageChoice::new(code, LanguageSource::Person)),
        text: asked.text,
        party: asked.party,
        fields: asked.answers,
        attachments: asked.files,
        secret: secret.hash(),
        doubtful,
        mailbox: None,
    };
    Identified { inbound, secret }
}

/// SHA-256 over everything the person said, each part with its length before it.
fn fingerprint(asked: &Asked, service: Word) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    part(service.as_str());
    part(asked.language.as_ref().map_or("", Word::as_str));
    part(&asked.text);
    for said in [&asked.party.name, &asked.party.email, &asked.party.phone] {
        part(said.as_deref().unwrap_or_default());
    }
    for (question, answer) in &asked.answers {
        part(question);
        part(answer);
    }
    for file in &asked.files {
        part(&file.digest);
    }
    hash.finalize().into()
}

/// The key in an `Idempotency-Key` header: a string in quotes as the draft has it, or bare as many clients send it.
/// `None` when it is neither.
pub fn header_key(value: &str) -> Option<&str> {
    let value = value.trim();
    let key = value.strip_prefix('"').map_or(Some(value), |rest| rest.strip_suffix('"'))?;
    let plain = key.bytes().all(|byte| (0x21..0x7F).contains(&byte) && byte != b'"' && byte != b'\\');
    (plain && (1..=KEY_MAX).contains(&key.len())).then_some(key)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Party;
    use std::collections::BTreeMap;

    const SERVER: [u8; 32] = [7; 32];

    fn asked(text: &str) -> Asked {
        let answers = BTreeMap::from([("location".into(), "5th".into())]);
        Asked { text: text.into(), language: None, party: Party::default(), answers, files: Vec::new() }
    }

    fn identified(text: &str, key: Key) -> (String, String) {
        let it = identify(asked(text), Word::new("pothole").unwrap(), key, false, &SERVER);
        (it.inbound.source_key.unwrap(), it.secret.reveal())
    }

    #[test]
    fn the_same_request_has_the_same_key_and_address() {
        let key = |key| Key::Header(key, "203.0.113.9".parse().unwrap());
        let long = "8e03978e-40d5-43dd-bc93-6894a57f9324";
        assert_eq!(identified("a", key(long)), identified("a", key(long)));
        assert_eq!(identified("a", key(long)).0, identified("b", key(long)).0);
        assert_ne!(identified("a", key(long)).1, identified("b", key(long)).1, "knowing the key is not enough");
        assert_ne!(identified("a", key(long)).0, identified("a", Key::Page(long)).0);
        let elsewhere = |key| Key::Header(key, "198.51.100.7".parse().unwrap());
        assert_eq!(identified("a", key(long)), identified("a", elsewhere(long)), "a phone may change its network");
        assert_eq!(identified("a", key("1")), identified("a", key("1")));
        assert_ne!(identified("a", key("1")), identified("a", elsewhere("1")), "anybody may have thought of this key");
    }

    #[test]
    fn without_a_key_every_request_is_one_of_its_own() {
        assert_ne!(
            identified("a", Key::None),
            identified("a", Key::None),
            "two people who write the same are two people"
        );
    }

    #[test]
    fn a_header_holds_a_quoted_or_a_bare_key() {
        assert_eq!(header_key("\"8e03978e-40d5\""), Some("8e03978e-40d5"));
        assert_eq!(header_key(" 8e03978e-40d5 "), Some("8e03978e-40d5"));
        let long = "k".repeat(KEY_MAX + 1);
        for bad in ["", "\"\"", "\"open", "a b", "a\"b", "é", &long] {
            assert_eq!(header_key(bad), None, "{bad}");
        }
    }
}
