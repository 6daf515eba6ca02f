//! What can go wrong with a mailbox, in words for the person who runs it.

use super::guard::Excess;
use std::io;
use std::time::Duration;

/// Why the work on a mailbox was broken off. Never a secret, never a customer's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// We were told to stop.
    #[error("stopping")]
    Stopping,
    #[error("{0}")]
    Settings(String),
    #[error("{at} cannot be reached: {why}")]
    Unreachable { at: String, why: String },
    #[error("no protected connection to {at}: {why}")]
    Tls { at: String, why: String },
    #[error("the server said nothing for {} s while {doing}", .after.as_secs_f32())]
    Silent { doing: &'static str, after: Duration },
    #[error("the connection was lost while {doing}: {why}")]
    Lost { doing: &'static str, why: String },
    /// An answer that is too long or against the protocol.
    #[error("the server sent something unreadable while {doing}: {why}")]
    Unreadable { doing: &'static str, why: String },
    /// `NO` or `BAD`. The connection is still good.
    #[error("the server refused while {doing}: {text}")]
    Refused {
        doing: &'static str,
        text: String,
        /// Because the folder does not exist (`TRYCREATE`).
        no_folder: bool,
    },
    #[error("the server does not let us in: {0}")]
    Credentials(String),
    /// The token endpoint gave none; `denied`: because of who we say we are.
    #[error("no access token: {why}")]
    Token { why: String, denied: bool },
    /// Our own side could not keep what came.
    #[error("mail cannot be kept at the moment: {0}")]
    Storage(String),
}

impl Trouble {
    /// Something that says nothing about the mail in hand: the network, the server, our own storage.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Trouble::Lost { .. } | Trouble::Silent { .. } | Trouble::Unreachable { .. } => true,
            Trouble::Token { denied, .. } => !denied,
            Trouble::Refused { text, .. } => is_theirs(text),
            _ => false,
        }
    }

    /// To try again changes nothing: somebody must change a password or a setting.
    pub(super) fn needs_a_person(&self) -> bool {
        matches!(self, Trouble::Credentials(_) | Trouble::Settings(_) | Trouble::Token { denied: true, .. })
    }

    /// The server would not, and it is not the server: another try may be made on this connection.
    pub(super) fn is_of_the_mail(&self) -> bool {
        matches!(self, Trouble::Refused { .. }) && !self.is_outage()
    }

    /// What to do about it.
    pub fn mend(&self) -> &'static str {
        match self {
            Trouble::Stopping => "nothing",
            Trouble::Settings(_) => "correct the mailbox's settings",
            Trouble::Unreachable { .. } => "check `host` and `port`, the name server, and the firewall on the way",
            Trouble::Tls { .. } => {
                "check `tls` and `port`; `host` must be a name in the server's certificate; for a city's own \
                 certification authority set `ca_file`"
            }
            Trouble::Silent { .. } | Trouble::Lost { .. } => {
                "it is tried again by itself; if it stays, ask the server's admins"
            }
            Trouble::Unreadable { .. } => {
                "it is tried again by itself; if it stays, the server or something before it is broken"
            }
            Trouble::Refused { no_folder: true, .. } => "create the folder, or name one that exists",
            Trouble::Refused { .. } => "see what the server says: a folder's name, a right, or a quota",
            Trouble::Credentials(_) => {
                "check `user` and the secret; the account may also be locked, or need IMAP switched on"
            }
            Trouble::Token { denied: true, .. } => {
                "check `client_id`, and whether the client's secret or the refresh token has expired or been withdrawn"
            }
            Trouble::Token { .. } => {
                "check `token_url`, and `ca_file` beside it if the city runs it; otherwise it is tried again by itself"
            }
            Trouble::Storage(_) => "see the daemon's own health",
        }
    }

    /// From a read or write that failed.
    pub(super) fn io(doing: &'static str, error: &io::Error) -> Trouble {
        let inner = error.get_ref();
        if let Some(excess) = inner.and_then(|inner| inner.downcast_ref::<Excess>()) {
            return Trouble::Unreadable { doing, why: excess.to_string() };
        }
        // The parser's errors hold all that was received: mail. They are `Other` with a text, and the text is not repeated.
        if error.kind() == io::ErrorKind::Other && inner.is_some() {
            return Trouble::Unreadable { doing, why: "not an IMAP answer".into() };
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Trouble::Lost { doing, why: "the server hung up in mid-answer".into() };
        }
        Trouble::Lost { doing, why: error.to_string() }
    }

    pub(super) fn hung_up(doing: &'static str) -> Trouble {
        Trouble::Lost { doing, why: "the server hung up".into() }
    }
}

/// A server's own words, made harmless for logs and screens: at most 200 characters, none of them a control.
pub(super) fn said(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    if clean.trim().is_empty() { "without a reason".into() } else { clean.trim().to_string() }
}

/// A refusal for a reason that lies with the server, and passes (RFC 5530).
pub(super) fn is_theirs(text: &str) -> bool {
    let loud = text.to_ascii_uppercase();
    let codes = ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "[CONTACTADMIN]"];
    codes.iter().any(|code| loud.contains(code))
}

/// Something that would keep a mailbox from working: what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {mend}")]
pub struct Problem {
    pub what: String,
    pub mend: String,
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Problem {
        Problem { what: trouble.to_string(), mend: trouble.mend().into() }
    }
}
