//! `[email]`: the mailboxes that are read, the relay letters are handed to, and by what we know our own mail.

use super::path;
use super::secret::SecretPlace;
use crate::document::Place;
use crate::document::section::Section;
use crate::routing::ids::{Span, Word};
use std::path::{Path, PathBuf};

/// Mailboxes at most: each holds a connection.
const MAILBOXES_MAX: usize = 50;
/// Bytes of a mail at most: longer ones are never read.
const MAIL_MOST: i64 = 25 << 20;
/// How long a relay may think about a letter.
const PATIENCE_LEAST: Span = Span::secs(1);
const PATIENCE_MOST: Span = Span::mins(30);
/// The usual number of the relay service for deaf and hard-of-hearing callers, in the USA.
const RELAY_SERVICE: &str = "711";

/// Nothing of it: mail is neither read nor sent.
#[derive(Clone, Debug, Default)]
pub struct Email {
    /// The settings file, as problems name it.
    pub file: String,
    pub mailboxes: Vec<Mailbox>,
    pub relay: Option<Relay>,
    /// Addresses people write to, beside those the mailboxes and the relay name.
    pub addresses: Vec<String>,
    /// Domains from which nobody but this programme writes.
    pub domains: Vec<String>,
    /// The name of the city's mail server in Authentication-Results; without it nobody's verdict is believed.
    pub authserv: Option<String>,
    /// Addresses and domains that may send as much as they like, unless they may be forged.
    pub trusted_senders: Vec<String>,
    /// The city's mail server delivers `311+anything@…` to `311@…`.
    pub plus_addresses: bool,
    /// The number of the relay service that letters name.
    pub relay_service: String,
    pub dkim: Option<Dkim>,
}

/// One mailbox as written; what is left out has its usual value where mail is read.
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// Where it stands.
    pub place: Place,
    pub name: String,
    pub host: String,
    pub port: Option<u16>,
    pub tls: Option<Tls>,
    pub ca_file: Option<PathBuf>,
    pub user: String,
    pub auth: Auth,
    pub folder: Option<String>,
    pub processed: Option<String>,
    pub quarantine: Option<String>,
    pub oversize: Option<String>,
    pub queue: Option<Word>,
    pub language: Option<Word>,
    pub start: Option<Start>,
    pub poll_secs: Option<u64>,
    pub max_bytes: Option<u64>,
}

/// How a line is kept from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte.
    Implicit,
    /// After `STARTTLS`, which must succeed.
    Starttls,
    /// Not at all: only to this machine.
    None,
}

/// Which of the mail that is already there when a mailbox is read for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Now,
    Unseen,
    All,
}

#[derive(Clone, Debug)]
pub enum Auth {
    Password(SecretPlace),
    Oauth(Oauth),
}

/// Where access tokens come from (RFC 6749).
#[derive(Clone, Debug)]
pub struct Oauth {
    pub token_url: String,
    pub ca_file: Option<PathBuf>,
    pub client_id: String,
    pub client_secret: Option<SecretPlace>,
    pub scope: Option<String>,
    pub refresh_token: Option<SecretPlace>,
}

/// The relay as written.
#[derive(Clone, Debug)]
pub struct Relay {
    pub place: Place,
    pub host: String,
    pub port: Option<u16>,
    pub tls: Option<Tls>,
    pub ca_file: Option<PathBuf>,
    pub user: Option<String>,
    /// Without it nobody signs in.
    pub auth: Option<Auth>,
    pub from: String,
    /// Without it, the programme's name.
    pub from_name: Option<String>,
    /// Automatic letters bear the tagged mailbox instead of `<>`.
    pub automatic_sender_bounces: bool,
    pub bounces: Option<String>,
    pub hello: Option<String>,
    pub per_second: Option<f64>,
    /// How long it may think about a letter.
    pub patience: Option<Span>,
}

/// The key we sign letters with ourselves, where the relay does not.
#[derive(Clone, Debug)]
pub struct Dkim {
    pub place: Place,
    pub selector: String,
    pub domain: String,
    pub key: SecretPlace,
}

const TLS: [(&str, Tls); 3] = [("implicit", Tls::Implicit), ("starttls", Tls::Starttls), ("none", Tls::None)];
const STARTS: [(&str, Start); 3] = [("now", Start::Now), ("unseen", Start::Unseen), ("all", Start::All)];

/// Read the section; relative paths begin at `folder`.
pub(super) fn email(top: &Section<'_>, folder: &Path) -> Email {
    let usual = Email {
        plus_addresses: true,
        relay_service: RELAY_SERVICE.into(),
        file: top.doc().file.clone(),
        ..Email::default()
    };
    let Some(section) = top.section("email") else { return usual };
    let relay = section.section("relay").and_then(|relay| read_relay(relay, folder));
    let email = Email {
        mailboxes: mailboxes(&section, folder),
        relay,
        addresses: addresses(&section),
        domains: owned(section.texts("domains")),
        authserv: section.text("authserv").map(|text| text.value.to_string()),
        trusted_senders: trusted_senders(&section),
        plus_addresses: section.flag("plus_addresses").unwrap_or(true),
        relay_service: section.text("relay_service").map_or(RELAY_SERVICE.into(), |text| text.value.to_string()),
        dkim: section.section("dkim").and_then(dkim),
        ..usual
    };
    section.done();
    email
}

fn owned(texts: Option<Vec<crate::document::section::Text<'_>>>) -> Vec<String> {
    texts.unwrap_or_default().into_iter().map(|text| text.value.to_string()).collect()
}

fn addresses(section: &Section<'_>) -> Vec<String> {
    let texts = section.texts("addresses").unwrap_or_default();
    for text in texts.iter().filter(|text| !text.value.contains('@')) {
        section.problem(
            &text.place,
            format!("`{}` is not an address", text.value),
            "write for example \"311@city.example\"",
        );
    }
    texts.into_iter().map(|text| text.value.to_string()).collect()
}

/// `webform@city.example`, or `city.example` for everybody there.
fn trusted_senders(section: &Section<'_>) -> Vec<String> {
    let texts = section.texts("trusted_senders").unwrap_or_default();
    for text in &texts {
        let (local, domain) = text.value.rsplit_once('@').unwrap_or(("everybody", text.value));
        if local.is_empty() || !domain.contains('.') || text.value.contains(char::is_whitespace) {
            let what = format!("`{}` is neither an address nor a domain", text.value);
            section.problem(&text.place, what, "write for example \"webform@city.example\" or \"city.example\"");
        }
    }
    texts.into_iter().map(|text| text.value.to_string()).collect()
}

fn mailboxes(section: &Section<'_>, folder: &Path) -> Vec<Mailbox> {
    let mut mailboxes: Vec<Mailbox> = Vec::new();
    let sections = section.sections("mailbox");
    if sections.len() > MAILBOXES_MAX {
        let what = format!("{} mailboxes, more than {MAILBOXES_MAX}", sections.len());
        section.problem(&section.place, what, "let the mail server gather them into fewer");
    }
    for one in sections.into_iter().take(MAILBOXES_MAX) {
        let Some(mailbox) = read_mailbox(one, folder) else { continue };
        if mailboxes.iter().any(|other| other.name == mailbox.name) {
            let what = format!("there is already a mailbox named `{}`", mailbox.name);
            section.problem(&mailbox.place, what, "give every mailbox its own name: mail is remembered under it");
        }
        mailboxes.push(mailbox);
    }
    mailboxes
}

fn read_mailbox(section: Section<'_>, folder: &Path) -> Option<Mailbox> {
    let name = section.need_text("name", "\"desk\"");
    let host = section.need_text("host", "\"imap.city.example\"");
    let user = section.need_text("user", "\"311@city.example\"");
    if !section.has("auth") {
        section.missing("auth.password", "\"credential:mailbox\"");
    }
    let auth = section.section("auth").and_then(|auth| read_auth(auth, folder));
    let own = |key| section.text(key).map(|text| text.value.to_string());
    let number = |key, range| section.integer(key, range).map(|number| number as u64);
    let [folder_read, processed, quarantine, oversize] = ["folder", "processed", "quarantine", "oversize"].map(own);
    let rest = (port(&section), section.one_of("tls", &TLS), path(&section, "ca_file", folder));
    let hints = (section.word("queue"), section.word("language"), section.one_of("start", &STARTS));
    let measures = (number("poll_secs", 1..=86_400), number("max_bytes", 1 << 10..=MAIL_MOST));
    let place = section.place.clone();
    section.done();
    Some(Mailbox {
        place,
        name: name?.value.to_string(),
        host: host?.value.to_string(),
        user: user?.value.to_string(),
        auth: auth?,
        folder: folder_read,
        processed,
        quarantine,
        oversize,
        port: rest.0,
        tls: rest.1,
        ca_file: rest.2,
        queue: hints.0,
        language: hints.1,
        start: hints.2,
        poll_secs: measures.0,
        max_bytes: measures.1,
    })
}

/// `auth.password = "file:/path"`, or `[email.mailbox.auth.oauth]`.
fn read_auth(section: Section<'_>, folder: &Path) -> Option<Auth> {
    let password = secret(&section, "password").map(Auth::Password);
    let oauth = section.section("oauth").and_then(|oauth| read_oauth(oauth, folder)).map(Auth::Oauth);
    if section.has("password") == section.has("oauth") {
        let mend = "write `auth.password = \"credential:mailbox\"`, or `[email.mailbox.auth.oauth]`, not both";
        section.problem(&section.place, "a mailbox needs a password or OAuth", mend);
    }
    section.done();
    password.or(oauth)
}

fn read_oauth(section: Section<'_>, folder: &Path) -> Option<Oauth> {
    let token_url = section.need_text("token_url", "\"https://login.microsoftonline.com/TENANT/oauth2/v2.0/token\"");
    let client_id = section.need_text("client_id", "\"…\"");
    let ca_file = path(&section, "ca_file", folder);
    let [client_secret, refresh_token] = ["client_secret", "refresh_token"].map(|key| secret(&section, key));
    let scope = section.text("scope").map(|text| text.value.to_string());
    section.done();
    let (token_url, client_id) = (token_url?.value.to_string(), client_id?.value.to_string());
    Some(Oauth { token_url, ca_file, client_id, client_secret, scope, refresh_token })
}

fn read_relay(section: Section<'_>, folder: &Path) -> Option<Relay> {
    let host = section.need_text("host", "\"relay.city.example\"");
    let from = section.need_text("from", "\"311@city.example\"");
    let own = |key| section.text(key).map(|text| text.value.to_string());
    let [user, from_name, bounces, hello] = ["user", "from_name", "bounces", "hello"].map(own);
    let line = (port(&section), section.one_of("tls", &TLS), path(&section, "ca_file", folder));
    let auth = relay_auth(&section, folder);
    let bounced = section.one_of("automatic_sender", &[("null", false), ("bounces", true)]).unwrap_or(false);
    let (per_second, patience) = (section.number("per_second"), patience(&section));
    let place = section.place.clone();
    section.done();
    Some(Relay {
        place,
        host: host?.value.to_string(),
        from: from?.value.to_string(),
        port: line.0,
        tls: line.1,
        ca_file: line.2,
        user,
        auth,
        from_name,
        automatic_sender_bounces: bounced,
        bounces,
        hello,
        per_second,
        patience,
    })
}

/// `password = "file:/path"`, or `[email.relay.oauth]`.
fn relay_auth(section: &Section<'_>, folder: &Path) -> Option<Auth> {
    let password = secret(section, "password").map(Auth::Password);
    let oauth = section.section("oauth").and_then(|oauth| read_oauth(oauth, folder)).map(Auth::Oauth);
    if section.has("password") && section.has("oauth") {
        let mend = "write `password = \"credential:relay\"`, or `[email.relay.oauth]`, not both";
        section.problem(&section.place, "the relay takes a password or OAuth", mend);
    }
    password.or(oauth)
}

/// A relay that is left too early may have sent the letter all the same.
fn patience(section: &Section<'_>) -> Option<Span> {
    let patience = section.duration("patience")?;
    if !(PATIENCE_LEAST..=PATIENCE_MOST).contains(&patience) {
        let place = section.node("patience").map_or(&section.place, |node| &node.place);
        let what = format!("`email.relay.patience` is {} s", patience.as_secs_f64());
        section.problem(place, what, "choose a time from 1s to 30m");
    }
    Some(patience)
}

fn dkim(section: Section<'_>) -> Option<Dkim> {
    let selector = section.need_text("selector", "\"2026\"");
    let domain = section.need_text("domain", "\"city.example\"");
    if !section.has("key") {
        section.missing("key", "\"credential:dkim\"");
    }
    let key = secret(&section, "key");
    let place = section.place.clone();
    section.done();
    Some(Dkim { place, selector: selector?.value.to_string(), domain: domain?.value.to_string(), key: key? })
}

fn port(section: &Section<'_>) -> Option<u16> {
    section.integer("port", 1..=65_535).and_then(|port| port.try_into().ok())
}

fn secret(section: &Section<'_>, key: &'static str) -> Option<SecretPlace> {
    section.text(key).and_then(|text| SecretPlace::read(section, key, &text))
}
