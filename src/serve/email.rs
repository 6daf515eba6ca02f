//! From settings to open mailboxes and a relay: what is wrong with them, what answers when they are tried, and their life.

use super::adapters::Board;
use crate::channels::delivery::Carrier;
use crate::channels::email::arrive::{Arrivals, Counts};
use crate::channels::email::imap::{self, Auth, MailboxSettings, Oauth, Start, Tls};
use crate::channels::email::letter::Dkim;
use crate::channels::email::letters::{House, Letters};
use crate::channels::email::mail::automatic::Own;
use crate::channels::email::mail::read::without_plus;
use crate::channels::email::mail::token::Tokens;
use crate::channels::email::secret::Secret;
use crate::channels::email::smtp::{self, Relay, RelaySettings, SenderMode, SignIn};
use crate::channels::email::sorting::{Hints, Sorter};
use crate::daemon::{Carriers, Daemon};
use crate::document::{Place, Problem};
use crate::routing::ids::{Channel, Timestamp};
use crate::settings::secret::SecretPlace;
use crate::settings::{Settings, email as written};
use crate::texts::Texts;
use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A mailbox as it is read.
pub fn mailbox(written: &written::Mailbox) -> MailboxSettings {
    let auth = match &written.auth {
        written::Auth::Password(place) => Auth::Password(secret(place)),
        written::Auth::Oauth(written) => Auth::Oauth(oauth(written)),
    };
    let usual = MailboxSettings::new(&written.name, &written.host, &written.user, auth);
    let tls = written.tls.map_or(usual.tls, |tls| match tls {
        written::Tls::Implicit => Tls::Implicit,
        written::Tls::Starttls => Tls::Starttls,
        written::Tls::None => Tls::None,
    });
    let start = written.start.map_or(usual.start, |start| match start {
        written::Start::Now => Start::Now,
        written::Start::Unseen => Start::Unseen,
        written::Start::All => Start::All,
    });
    MailboxSettings {
        port: written.port,
        tls,
        ca_file: written.ca_file.clone(),
        folder: written.folder.clone().unwrap_or(usual.folder),
        processed: written.processed.clone().unwrap_or(usual.processed),
        quarantine: written.quarantine.clone().unwrap_or(usual.quarantine),
        oversize: written.oversize.clone().unwrap_or(usual.oversize),
        start,
        poll_secs: written.poll_secs.unwrap_or(usual.poll_secs),
        max_bytes: written.max_bytes.unwrap_or(usual.max_bytes),
        ..usual
    }
}

fn oauth(written: &written::Oauth) -> Oauth {
    Oauth {
        token_url: written.token_url.clone(),
        ca_file: written.ca_file.clone(),
        client_id: written.client_id.clone(),
        client_secret: written.client_secret.as_ref().map(secret),
        scope: written.scope.clone(),
        refresh_token: written.refresh_token.as_ref().map(secret),
    }
}

/// How long the relay may take.
pub fn limits(written: &written::Relay) -> smtp::Limits {
    let usual = smtp::Limits::default();
    let letter = written.patience.map_or(usual.letter, |span| Duration::from_micros(span.0.unsigned_abs()));
    smtp::Limits { letter, ..usual }
}

/// The relay as letters are handed to it. `programme` signs where nothing else is said.
pub fn relay(written: &written::Relay, programme: &str) -> RelaySettings {
    let name = written.from_name.as_deref().unwrap_or(programme);
    let usual = RelaySettings::new(&written.host, &written.from, name);
    let tls = written.tls.map_or(usual.tls, |tls| match tls {
        written::Tls::Implicit => smtp::Tls::Implicit,
        written::Tls::Starttls => smtp::Tls::Starttls,
        written::Tls::None => smtp::Tls::None,
    });
    RelaySettings {
        port: written.port,
        tls,
        ca_file: written.ca_file.clone(),
        user: written.user.clone(),
        sign_in: match &written.auth {
            None => SignIn::Nobody,
            Some(written::Auth::Password(place)) => SignIn::Password(secret(place)),
            Some(written::Auth::Oauth(written)) => SignIn::Oauth(oauth(written)),
        },
        automatic_sender: if written.automatic_sender_bounces { SenderMode::Bounces } else { SenderMode::Null },
        bounces: written.bounces.clone(),
        hello: written.hello.clone(),
        per_second: written.per_second.unwrap_or(usual.per_second),
        ..usual
    }
}

fn secret(place: &SecretPlace) -> Secret {
    let place = place.clone();
    Secret::new(move || {
        let bytes = place.fetch().map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|_| "the secret is not a text".into())
    })
}

/// Everything that can be seen to be wrong without connecting to anybody.
pub fn problems(settings: &Settings) -> Vec<Problem> {
    let email = &settings.email;
    let mut problems = Vec::new();
    let mut wrong = |place: &Place, what: String, mend: &str| {
        problems.push(Problem::new(&email.file, place.clone(), what, mend));
    };
    let readable = "make the secret readable for the daemon, and for nobody else";
    let believable = "put the authority's certificate there, in PEM (`BEGIN CERTIFICATE`)";
    for one in &email.mailboxes {
        let called = format!("mailbox `{}`", one.name);
        if let Err(trouble) = mailbox(one).check() {
            wrong(&one.place, format!("{called}: {trouble}"), trouble.mend());
        }
        let authorities = one.ca_file.iter().chain(authority(&one.auth));
        for what in authorities.filter_map(|path| imap::believes(path).err()) {
            wrong(&one.place, format!("{called}: {what}"), believable);
        }
        for error in secrets(&one.auth).into_iter().filter_map(|place| place.fetch().err()) {
            wrong(&one.place, format!("{called}: {error}"), readable);
        }
    }
    if let Some(one) = &email.relay {
        for what in smtp::problems(&relay(one, &settings.programme.name)) {
            wrong(&one.place, format!("relay: {what}"), "change it in `[email.relay]`");
        }
        for what in one.auth.iter().flat_map(authority).filter_map(|path| imap::believes(path).err()) {
            wrong(&one.place, format!("relay: {what}"), believable);
        }
        for error in one.auth.iter().flat_map(secrets).filter_map(|place| place.fetch().err()) {
            wrong(&one.place, format!("relay: {error}"), readable);
        }
    } else if !email.mailboxes.is_empty() {
        let mend = "add `[email.relay]`, the mail server letters are handed to";
        wrong(&email.mailboxes[0].place, "mail would be read, but nothing could be answered".into(), mend);
    }
    if let (Some(dkim), Some(relay)) = (&email.dkim, &email.relay)
        && let Some(from) = foreign(&relay.from, &dkim.domain)
    {
        let what =
            format!("DKIM: letters are from {from}, and {} signs them: receivers do not count that", dkim.domain);
        wrong(&dkim.place, what, "let `domain` be that of `from` in `[email.relay]`, or one above it");
    }
    if let Some(Err(why)) = email.dkim.as_ref().map(dkim) {
        wrong(&email.dkim.as_ref().map_or(Place::Whole, |dkim| dkim.place.clone()), format!("DKIM: {why}"), readable);
    }
    problems
}

/// What is allowed, and what it means: nothing of it is wrong by itself.
pub fn notes(email: &written::Email) -> Vec<String> {
    let mut notes = Vec::new();
    if email.authserv.is_none() && !email.mailboxes.is_empty() {
        notes.push(
            "no sender is verified, so forged mail is not held: set `email.authserv` to what the city's mail server calls itself. \
             That is the first word after `Authentication-Results:` in the source of a mail that it has delivered"
                .to_owned(),
        );
    }
    if email.authserv.is_none() && !email.trusted_senders.is_empty() {
        notes.push(
            "anybody can write under the names in `email.trusted_senders`, and then nothing bounds them: set `email.authserv`"
                .to_owned(),
        );
    }
    let known = own(email, String::new()).addresses;
    let local = |address: &str| address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let account = |user: &str| user.rsplit('\\').next().unwrap_or_default().to_ascii_lowercase();
    let is_known = |user: &str| known.iter().any(|address| local(address) == account(user));
    for one in email.mailboxes.iter().filter(|one| !one.user.contains('@') && !is_known(&one.user)) {
        let ours = if known.is_empty() { "an address of ours, and none is known".into() } else { known.join(" or ") };
        notes.push(format!(
            "mailbox `{}`: its user `{}` is no address, so its mail is acknowledged only when it is addressed to {ours}: add the \
             mailbox's address to `email.addresses`",
            one.name, one.user
        ));
    }
    notes
}

/// The domain of a sender's address whom a signature of `signer` says nothing about (RFC 7489 §3.1.1).
fn foreign<'a>(from: &'a str, signer: &str) -> Option<&'a str> {
    let domain = from.rsplit_once('@')?.1;
    let (one, other) = (format!(".{}", domain.to_ascii_lowercase()), format!(".{}", signer.to_ascii_lowercase()));
    (!one.ends_with(&other) && !other.ends_with(&one)).then_some(domain)
}

fn secrets(auth: &written::Auth) -> Vec<&SecretPlace> {
    match auth {
        written::Auth::Password(place) => vec![place],
        written::Auth::Oauth(oauth) => [&oauth.client_secret, &oauth.refresh_token].into_iter().flatten().collect(),
    }
}

/// Whom the token endpoint's certificate is to be from.
fn authority(auth: &written::Auth) -> Option<&PathBuf> {
    match auth {
        written::Auth::Password(_) => None,
        written::Auth::Oauth(oauth) => oauth.ca_file.as_ref(),
    }
}

fn dkim(written: &written::Dkim) -> Result<Dkim, String> {
    let key = written.key.fetch().map_err(|error| error.to_string())?;
    Dkim::new(&written.selector, &written.domain, &String::from_utf8_lossy(&key))
}

/// Connects to every mailbox and to the relay without changing anything. What was found, and what is wrong.
pub async fn probe(settings: &Settings, now: Timestamp) -> (Vec<String>, Vec<Problem>) {
    let email = &settings.email;
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for one in &email.mailboxes {
        match imap::probe(mailbox(one), imap::Limits::default(), now).await {
            Ok(report) => {
                let told = if report.tells { "tells of new mail by itself" } else { "is asked for new mail" };
                found
                    .push(format!("mailbox `{}`: {} mails in {}, {told}", one.name, report.mails, report.place.folder));
                found.extend(report.remarks.iter().map(|remark| format!("mailbox `{}`: {remark}", one.name)));
            }
            Err(imap::Problem { what, mend }) => {
                let what = format!("mailbox `{}`: {what}", one.name);
                problems.push(Problem::new(&email.file, one.place.clone(), what, mend));
            }
        }
    }
    if let Some(one) = &email.relay {
        match smtp::probe(&relay(one, &settings.programme.name), limits(one), now).await {
            Ok(smtp::Found { encrypted, signed_in, lets_sign_in }) => {
                let line = if encrypted { "encrypted" } else { "not encrypted" };
                let who = if signed_in { "signed in" } else { "without signing in" };
                found.push(format!("relay {}: takes our letters, {line}, {who}", one.host));
                if lets_sign_in && !signed_in {
                    let why =
                        "it may take letters to the outside only from those who sign in: set `user` and `password`";
                    found.push(format!("relay {}: {why}", one.host));
                }
            }
            Err(what) => {
                let mend = "correct `[email.relay]`, or ask those who run the relay";
                problems.push(Problem::new(&email.file, one.place.clone(), what, mend));
            }
        }
    }
    (found, problems)
}

/// Mail of this installation, ready to begin.
pub struct Mail {
    mailboxes: Vec<MailboxSettings>,
    relay: Option<(House, RelaySettings, smtp::Limits)>,
    sorter: Arc<Sorter>,
    /// What became of the mails that were taken.
    pub counts: Arc<Counts>,
}

/// `None`: the settings know neither mailbox nor relay. `key` is the server's own; what signs mail is derived from it.
pub fn mail(settings: &Settings, texts: Arc<Texts>, key: &[u8; 32]) -> anyhow::Result<Option<Mail>> {
    let email = &settings.email;
    if email.mailboxes.is_empty() && email.relay.is_none() {
        return Ok(None);
    }
    let wrong = problems(settings);
    anyhow::ensure!(wrong.is_empty(), "{}", wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    let domain = email.relay.as_ref().and_then(|relay| relay.from.rsplit_once('@')).map_or("localhost", |(_, d)| d);
    let tokens = Arc::new(Tokens::new(derived(key, "mail marks"), domain));
    let instance: String = derived(key, "mail instance")[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let relay = match &email.relay {
        None => None,
        Some(one) => {
            let house = house(settings, texts, tokens.clone(), instance.clone())?;
            Some((house, relay(one, &settings.programme.name), limits(one)))
        }
    };
    let hints = |one: &written::Mailbox| (one.name.clone(), Hints { queue: one.queue, language: one.language });
    let sorter = Sorter { own: own(email, instance), tokens, mailboxes: email.mailboxes.iter().map(hints).collect() };
    let mailboxes = email.mailboxes.iter().map(mailbox).collect();
    Ok(Some(Mail { mailboxes, relay, sorter: Arc::new(sorter), counts: Arc::default() }))
}

fn house(settings: &Settings, texts: Arc<Texts>, tokens: Arc<Tokens>, instance: String) -> anyhow::Result<House> {
    let (programme, email) = (&settings.programme, &settings.email);
    let zone =
        jiff::tz::TimeZone::get(&programme.zone).with_context(|| format!("programme.zone: {}", programme.zone))?;
    Ok(House {
        texts,
        programme: programme.name.clone(),
        phone: programme.phone.clone(),
        emergency: programme.emergency.clone(),
        relay_service: email.relay_service.clone(),
        zone,
        tokens,
        instance,
        plus_addresses: email.plus_addresses,
        dkim: email.dkim.as_ref().map(dkim).transpose().map_err(anyhow::Error::msg)?.map(Arc::new),
    })
}

/// By what we know our own mail, and what was written to us.
fn own(email: &written::Email, instance: String) -> Own {
    let relay = email.relay.iter().flat_map(|relay| [Some(&relay.from), relay.bounces.as_ref()]).flatten();
    let users = email.mailboxes.iter().map(|one| &one.user).filter(|user| user.contains('@'));
    let addresses = email.addresses.iter().chain(relay).chain(users);
    let addresses: BTreeSet<String> = addresses.map(|address| without_plus(&address.to_ascii_lowercase())).collect();
    let (domains, authserv) = (email.domains.clone(), email.authserv.clone());
    Own { addresses: addresses.into_iter().collect(), domains, instance, authserv }
}

/// A key for one purpose: whoever learns it knows nothing of the others.
fn derived(key: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(b"steelbridge\0");
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

impl Mail {
    /// The way out, if there is one.
    pub fn carriers(&self) -> anyhow::Result<Carriers> {
        let Some((house, settings, limits)) = self.relay.clone() else { return Ok(Vec::new()) };
        let relay = Relay::new(settings, limits);
        let relay = relay.map_err(|problems| anyhow::anyhow!("relay: {}", problems.join("; ")))?;
        let letters: Box<dyn Carrier> = Box::new(Letters::new(house, relay));
        Ok(vec![(Channel::Email, "Mail relay".into(), letters)])
    }

    /// Read every mailbox until `stop`; the tasks end soon after it. Held mail can be let in from now on.
    pub async fn open(&self, daemon: &Daemon, board: &Board, tasks: &TaskTracker, stop: &CancellationToken) {
        if let Err(error) = daemon.mailroom.knows_senders().await {
            tracing::warn!(%error, "what came by mail of late is not known yet; the first mail asks again");
        }
        let post = Arc::new(daemon.mailroom.clone());
        let arrivals = Arrivals::new(post, self.sorter.clone(), self.counts.clone());
        daemon.mailroom.reread_by(Arc::new(arrivals.clone()));
        for settings in self.mailboxes.clone() {
            let name = format!("Mailbox {}", settings.name);
            let ledger = Arc::new(arrivals.clone());
            let reading = imap::spawn(settings, imap::Limits::default(), ledger, stop.clone());
            board.watch_mailbox(name, reading.health);
            tasks.spawn(reading.task);
        }
    }
}
