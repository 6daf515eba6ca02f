//! Fetching mail over IMAP: every mail exactly once, whatever the server does.
//!
//! ```text
//! settings.rs, limits.rs — what an installation says; every figure
//! connect.rs, tls.rs, oauth.rs — from settings to a signed-in session
//! guard.rs, session.rs, fetch.rs — what may be sent to us; the checked session; asking for mail
//! ledger.rs — what the daemon remembers for us
//! mailbox.rs, taking.rs, together.rs, moving.rs, worklist.rs — the life of a mailbox
//! health.rs, trouble.rs, probe.rs — how it is doing, in words
//! ```
//!
//! Nothing is moved before the daemon has it on disk, nothing is taken twice under one UIDVALIDITY and UID, and nothing is
//! skipped without a person seeing it. What a mail says is none of our business here: it is bytes.

mod connect;
mod fetch;
mod guard;
mod health;
mod ledger;
mod limits;
mod mailbox;
mod moving;
mod oauth;
mod probe;
mod session;
mod settings;
mod taking;
pub(super) mod tls;
mod together;
mod trouble;
mod worklist;

pub use health::{Health, State};
pub use ledger::{Arrival, Cursor, Extent, Fetched, Kept, Ledger, MailKey, Place};
pub use limits::Limits;
pub use oauth::Tokens;
pub use probe::{Report, probe};
pub use settings::{Auth, MailboxSettings, Oauth, Start, Tls};
pub use tls::believes;
pub use trouble::{Problem, Trouble};

use connect::Door;
use mailbox::Mailbox;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A mailbox that is being read.
pub struct Reading {
    pub health: watch::Receiver<Health>,
    /// Ends soon after the token that was given is cancelled.
    pub task: JoinHandle<()>,
}

/// Reads a mailbox, in a task of its own, until `stop` is cancelled. One reader a folder: two would race for its mail.
pub fn spawn<L: Ledger>(settings: MailboxSettings, limits: Limits, ledger: Arc<L>, stop: CancellationToken) -> Reading {
    let (tell, health) = watch::channel(Health::default());
    let mailbox = Mailbox::new(Door::new(settings, limits, stop), ledger, tell);
    Reading { health, task: tokio::spawn(mailbox.run()) }
}
