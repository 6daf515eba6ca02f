//! What an installation says about one mailbox, with the usual values.

use super::super::mail::scan::RAW_MOST;
use super::trouble::Trouble;
use crate::channels::email::secret::Secret;
use std::path::PathBuf;

/// One mailbox that is read. Two folders of one account are two mailboxes.
#[derive(Clone, Debug)]
pub struct MailboxSettings {
    /// A short name, unique among the mailboxes. Mail is remembered under it: another name is another mailbox.
    pub name: String,
    /// Name of the IMAP server, as in its certificate.
    pub host: String,
    /// 993 with `tls = "implicit"`, else 143.
    pub port: Option<u16>,
    pub tls: Tls,
    /// PEM file with the city's own certification authority. Then only it is trusted, for this mailbox.
    pub ca_file: Option<PathBuf>,
    /// Who signs in; with OAuth the mailbox's address, also that of a shared mailbox.
    pub user: String,
    pub auth: Auth,
    /// The folder that is read.
    pub folder: String,
    /// Where mail goes once it is safe with us. Empty: it stays.
    pub processed: String,
    /// Where mail goes that could not be read, twice. Empty: it stays.
    pub quarantine: String,
    /// Where mail goes of which only the beginning was taken. Empty: it stays.
    pub oversize: String,
    pub start: Start,
    /// How often to look, in seconds, where the server cannot tell of new mail (no IDLE).
    pub poll_secs: u64,
    /// Of longer mail, in bytes, only the beginning is taken. At most 30 MiB.
    pub max_bytes: u64,
}

/// How the line is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte.
    #[default]
    Implicit,
    /// After `STARTTLS`, which must succeed.
    Starttls,
    /// Not at all: only to this machine.
    None,
}

/// Which of the mail that is already there when a mailbox is read for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// None of it: only what comes from now on.
    #[default]
    Now,
    /// What nobody has opened.
    Unseen,
    All,
}

/// How we prove who we are.
#[derive(Clone, Debug)]
pub enum Auth {
    Password(Secret),
    /// XOAUTH2, as Microsoft 365 and Google ask for.
    Oauth(Oauth),
}

/// Where access tokens come from (RFC 6749).
#[derive(Clone, Debug)]
pub struct Oauth {
    /// The token endpoint; `https`, or `http` on this machine.
    pub token_url: String,
    /// PEM file with the certification authority of a token endpoint of the city's own.
    pub ca_file: Option<PathBuf>,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    /// For example `https://outlook.office365.com/.default`.
    pub scope: Option<String>,
    /// With it the grant is `refresh_token`, without it `client_credentials`.
    pub refresh_token: Option<Secret>,
}

/// Longer mail is never read. What the guard lets pass is 32 MiB: a body, and what stands around it, fit.
const MAX_BYTES: u64 = RAW_MOST as u64;

impl MailboxSettings {
    /// With the usual values for the rest.
    pub fn new(name: &str, host: &str, user: &str, auth: Auth) -> MailboxSettings {
        MailboxSettings {
            name: name.into(),
            host: host.into(),
            port: None,
            tls: Tls::default(),
            ca_file: None,
            user: user.into(),
            auth,
            folder: "INBOX".into(),
            processed: "Processed".into(),
            quarantine: "Quarantine".into(),
            oversize: "Oversize".into(),
            start: Start::default(),
            poll_secs: 30,
            max_bytes: 25 << 20,
        }
    }

    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.tls == Tls::Implicit { 993 } else { 143 })
    }

    /// What is wrong with these settings by themselves.
    pub fn check(&self) -> Result<(), Trouble> {
        let wrong = |what: String| Err(Trouble::Settings(what));
        if self.name.is_empty() || self.name.len() > 60 || self.name.contains([':', '\r', '\n']) {
            return wrong("a mailbox's `name` has 1 to 60 characters and no colon".into());
        }
        for (key, folder) in self.folders().into_iter().chain([("folder", &self.folder)]) {
            if folder.contains(['\r', '\n', '\0', '*', '%']) {
                return wrong(format!("`{key}` has a character that no folder's name has"));
            }
            if key != "folder" && *folder == self.folder {
                return wrong(format!("`{key}` is the folder that is read: mail would be moved in a circle"));
            }
        }
        if self.folder.is_empty() {
            return wrong("`folder` is empty; the usual one is \"INBOX\"".into());
        }
        if self.poll_secs == 0 || self.max_bytes == 0 || self.max_bytes > MAX_BYTES {
            return wrong(format!("`poll_secs` is at least 1, `max_bytes` from 1 to {MAX_BYTES}"));
        }
        Ok(())
    }

    /// Where mail goes afterwards: setting and folder.
    pub(super) fn folders(&self) -> [(&'static str, &String); 3] {
        [("processed", &self.processed), ("quarantine", &self.quarantine), ("oversize", &self.oversize)]
    }
}
