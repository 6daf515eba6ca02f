//! Fuzz target: a stranger's bytes as a mail, read and judged as intake does, and its HTML made safe.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use steelbridge::channels::email::mail::automatic::{Own, decide};
use steelbridge::channels::email::mail::read::{Mail, read};
use steelbridge::channels::email::mail::token::Tokens;
use steelbridge::channels::email::mail::{bounce, subject, verdicts};

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| Tokens::new([7; 32], "mail.city.example"));
static OWN: LazyLock<Own> = LazyLock::new(|| Own {
    addresses: vec!["311@city.example".into()],
    domains: vec!["mail.city.example".into()],
    instance: "pdx".into(),
    authserv: Some("mx.city.example".into()),
});

fuzz_target!(|raw: &[u8]| {
    let Ok(mail) = read(raw.to_vec().into()) else { return };
    decide(&mail, &OWN, &TOKENS);
    bounce::read(&mail, &TOKENS);
    verdicts::read(&mail.headers, OWN.authserv.as_deref());
    subject::plain(&mail.subject);
    subject::reference(&mail.subject);
    is_harmless(&mail);
});

/// What is shown to a rep or becomes a file's name stays within its line and its folder.
fn is_harmless(mail: &Mail) {
    let shown = mail.from.iter().filter_map(|from| from.name.as_ref()).chain([&mail.subject]);
    assert!(shown.into_iter().all(|text| !text.chars().any(char::is_control)));
    let is_a_name = |name: &str| !name.is_empty() && !name.contains(['/', '\\']);
    assert!(mail.enclosures.iter().all(|enclosure| is_a_name(&enclosure.name)));
    let safe = mail.safe_html().unwrap_or_default().to_ascii_lowercase();
    assert!(!["<script", "<iframe", "<style", "<form", "<img"].iter().any(|tag| safe.contains(tag)));
}
