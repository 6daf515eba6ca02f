//! How a mailbox is doing, for the board and the metrics. `/readyz` does not ask: chat and forms go on without mail.

use crate::routing::ids::Timestamp;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    pub state: State,
    /// When everything there was had last been taken, or looked for in vain.
    pub last_success: Option<Timestamp>,
    /// Mails seen and not yet taken.
    pub backlog: usize,
    /// When the oldest of them reached the mailbox, as far as known.
    pub oldest: Option<Timestamp>,
    /// Connections that failed, one after the other.
    pub failures: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Starting,
    Up,
    /// Mail is taken, but not all is as it should be.
    Degraded(String),
    /// No mail is taken.
    Down {
        since: Timestamp,
        why: String,
    },
    /// We were told to.
    Stopped,
}
