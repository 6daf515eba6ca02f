//! What an installation says about one mailbox, with the usual values.

use super::trouble::Trouble;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;

/// One mailbox that is read. Two folders of one account are two mailboxes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxSettings {
    /// A short name, unique among the mailboxes. Mail is remembered under it: another name is another mailbox.
    pub name: String,
    /// Name of the IMAP server, as in its certificate.
    pub host: String,
    /// 993 with `tls = "implicit"`, else 143.
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub tls: Tls,
    /// PEM file with the city's own certification authority. Then only it is trusted, for this mailbox.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Who signs in; with OAuth the mailbox's address, also that of a shared mailbox.
    pub user: String,
    pub auth: Auth,
    /// The folder that is read.
    #[serde(default = "inbox")]
    pub folder: String,
    /// Where mail goes once it is safe with us. Empty: it stays.
    #[serde(default = "processed")]
    pub processed: String,
    /// Where mail goes that could not be read, twice. Empty: it stays.
    #[serde(default = "quarantine")]
    pub quarantine: String,
    /// Where mail goes of which only the beginning was taken. Empty: it stays.
    #[serde(default = "oversize")]
    pub oversize: String,
    /// The queue its mail is meant for, unless the plan knows better.
    #[serde(default)]
    pub queue: Option<String>,
    /// The language its mail is probably in, unless it says otherwise.
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default)]
    pub start: Start,
    /// How often to look, in seconds, where the server cannot tell of new mail (no IDLE).
    #[serde(default = "poll_secs")]
    pub poll_secs: u64,
    /// Of longer mail, in bytes, only the beginning is taken. At most 30 MiB.
    #[serde(default = "max_bytes")]
    pub max_bytes: u64,
}

/// How the line is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// None of it: only what comes from now on.
    #[default]
    Now,
    /// What nobody has opened.
    Unseen,
    All,
}

/// How we prove who we are.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// `auth.password = "file:/path"`.
    Password(Secret),
    /// `[….auth.oauth]`: XOAUTH2, as Microsoft 365 and Google ask for.
    Oauth(Oauth),
}

/// Where access tokens come from (RFC 6749).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth {
    /// The token endpoint; `https`, or `http` on this machine.
    pub token_url: String,
    /// PEM file with the certification authority of a token endpoint of the city's own.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    pub client_id: String,
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// For example `https://outlook.office365.com/.default`.
    #[serde(default)]
    pub scope: Option<String>,
    /// With it the grant is `refresh_token`, without it `client_credentials`.
    #[serde(default)]
    pub refresh_token: Option<Secret>,
}

/// Something nobody may see. Written in settings only as the place where it is; read anew for every use, so that it
/// can be changed without a restart.
#[derive(Clone)]
pub struct Secret(Kept);

#[derive(Clone)]
enum Kept {
    Words(Arc<str>),
    File(PathBuf),
}

/// A secret is at most this long, in bytes.
const SECRET_MAX: u64 = 64 << 10;

impl Secret {
    /// A secret that was fetched elsewhere.
    pub fn words(words: impl Into<Arc<str>>) -> Secret {
        Secret(Kept::Words(words.into()))
    }

    pub fn file(path: impl Into<PathBuf>) -> Secret {
        Secret(Kept::File(path.into()))
    }

    /// The secret, without a line end at the end.
    pub(super) fn read(&self) -> Result<Arc<str>, Trouble> {
        use std::os::unix::fs::PermissionsExt;
        let path = match &self.0 {
            Kept::Words(words) => return Ok(words.clone()),
            Kept::File(path) => path,
        };
        let none = |why: String| Trouble::Settings(format!("the secret in {}: {why}", path.display()));
        let about = std::fs::metadata(path).map_err(|error| none(error.to_string()))?;
        if about.permissions().mode() & 0o077 != 0 {
            return Err(none(format!("others can read it; run `chmod 600 {}`", path.display())));
        }
        if about.len() > SECRET_MAX {
            return Err(none(format!("it is longer than {SECRET_MAX} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| none(error.to_string()))?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(none("it is empty".into())),
            words => Ok(words.into()),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(•••)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Secret, D::Error> {
        // What was written may be the secret itself: it is not repeated.
        match String::deserialize(source)?.strip_prefix("file:") {
            Some(path) if !path.is_empty() => Ok(Secret::file(path)),
            _ => Err(serde::de::Error::custom("write where the secret is, \"file:/path\", never the secret")),
        }
    }
}

/// What the guard lets pass is 32 MiB; a body, and what stands around it, must fit.
const MAX_BYTES: u64 = 30 << 20;

impl MailboxSettings {
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

fn inbox() -> String {
    "INBOX".into()
}

fn processed() -> String {
    "Processed".into()
}

fn quarantine() -> String {
    "Quarantine".into()
}

fn oversize() -> String {
    "Oversize".into()
}

fn poll_secs() -> u64 {
    30
}

fn max_bytes() -> u64 {
    25 << 20
}
