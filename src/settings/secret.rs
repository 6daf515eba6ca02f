//! Secrets are never written in the settings: only where they are.

use crate::document::section::{Section, Text};
use std::path::PathBuf;

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// `file:/path`: a file only its owner can read (mode 0600 or stricter).
    File(PathBuf),
    /// `env:NAME`: an environment variable.
    Environment(String),
    /// `credential:name`: handed over by systemd (`LoadCredential=`), in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

/// Why a secret could not be had. Never contains the secret.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {why}")]
pub struct NoSecret {
    place: String,
    why: String,
}

/// A secret is at most this long, in bytes: a key, a token or a password.
const SECRET_MAX: u64 = 64 << 10;

impl SecretPlace {
    /// As written in the settings; a problem when it is anything else than a place.
    pub fn read(section: &Section<'_>, key: &str, text: &Text<'_>) -> Option<SecretPlace> {
        let place = match text.value.split_once(':') {
            Some((_, "")) => None,
            Some(("file", path)) => Some(SecretPlace::File(path.into())),
            Some(("env", name)) => Some(SecretPlace::Environment(name.into())),
            Some(("credential", name)) if !name.contains(['/', '\\']) && name != ".." => {
                Some(SecretPlace::Credential(name.into()))
            }
            _ => None,
        };
        if place.is_none() {
            // the value may be the secret itself: it is not repeated
            let what = format!("`{key}` does not say where the secret is");
            let mend =
                format!("write `{key} = \"file:/path\"`, `\"env:NAME\"` or `\"credential:name\"`, never the secret");
            section.problem(&text.place, what, mend);
        }
        place
    }

    /// The secret's bytes, without a line end at the end.
    pub fn fetch(&self) -> Result<Vec<u8>, NoSecret> {
        let mut bytes = match self {
            SecretPlace::Environment(name) => {
                std::env::var(name).map_err(|_| self.none("the variable is not set"))?.into_bytes()
            }
            SecretPlace::File(path) => self.of_file(path.clone(), true)?,
            SecretPlace::Credential(name) => {
                let folder = std::env::var_os("CREDENTIALS_DIRECTORY").ok_or_else(|| {
                    self.none("systemd has handed over no credentials; add LoadCredential= to the unit")
                })?;
                self.of_file(PathBuf::from(folder).join(name), false)?
            }
        };
        while bytes.last().is_some_and(|byte| b"\r\n".contains(byte)) {
            bytes.pop();
        }
        if bytes.is_empty() { Err(self.none("it is empty")) } else { Ok(bytes) }
    }

    /// systemd looks after the mode of credentials; of a file of ours, we do.
    fn of_file(&self, path: PathBuf, ours: bool) -> Result<Vec<u8>, NoSecret> {
        use std::os::unix::fs::PermissionsExt;
        let about = std::fs::metadata(&path).map_err(|error| self.none(error))?;
        if ours && about.permissions().mode() & 0o077 != 0 {
            return Err(self.none(format!("others can read it; run `chmod 600 {}`", path.display())));
        }
        if about.len() > SECRET_MAX {
            return Err(self.none(format!("it is longer than {SECRET_MAX} bytes")));
        }
        std::fs::read(&path).map_err(|error| self.none(error))
    }

    fn none(&self, why: impl ToString) -> NoSecret {
        let place = match self {
            SecretPlace::File(path) => format!("file:{}", path.display()),
            SecretPlace::Environment(name) => format!("env:{name}"),
            SecretPlace::Credential(name) => format!("credential:{name}"),
        };
        NoSecret { place, why: why.to_string() }
    }
}
