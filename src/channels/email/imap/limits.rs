//! How long we wait and how much we take: every figure of the mailbox loop in one place.

use std::time::Duration;

/// The usual values suit every server; tests shorten them.
#[derive(Clone, Debug)]
pub struct Limits {
    /// One address: TCP, and once more for TLS.
    pub connect: Duration,
    /// A command's whole answer, without a body.
    pub answer: Duration,
    /// A body may come as slowly as this, in bytes a second, on top of `answer`.
    pub body_rate: u64,
    /// IDLE without one line from the server: see if it is still there. Links die silently within the hour (Office 365).
    pub idle_silence: Duration,
    /// IDLE in all: servers hang up after 30 minutes (RFC 2177), whatever else they said.
    pub idle_whole: Duration,
    /// The first pause before connecting again; doubled each time, up to `pause_most`, and shortened at random.
    pub pause_first: Duration,
    pub pause_most: Duration,
    /// The pause after a refused password: quicker would lock the account.
    pub pause_refused: Duration,
    /// The first pause when a token was refused, or denied; doubled each time, up to `pause_refused`. No account is locked
    /// by it, and who hands out tokens may mend that within a minute.
    pub pause_token: Duration,
    /// Mail is moved together: when there are so many, or, once nothing waits to be taken, after so long. They are many
    /// because a server looks through its whole folder for each MOVE, and once more for the command after it (Dovecot
    /// with maildir).
    pub move_batch: usize,
    pub move_every: Duration,
    /// To move a mail may take so long, on top of `answer`.
    pub move_each: Duration,
    /// When the server would not move: try again after so long.
    pub move_again: Duration,
    /// Numbers asked for in one SEARCH, so that no answer is long.
    pub search_span: u32,
    /// Mails listed at once.
    pub list_window: usize,
    /// New mails taken before the backlog has its share.
    pub live_window: usize,
    /// Mails of the backlog taken before looking for new ones.
    pub backlog_batch: usize,
    /// The same while new mail waits: the backlog goes on, slowly.
    pub backlog_share: usize,
    /// Mails taken together: the try of each is counted in one commit. The ledger counts no more at once.
    pub together: usize,
    /// Of these so many are in memory and handed in at once, and no more when they have so many bytes; the next are fetched
    /// meanwhile.
    pub in_hand: usize,
    pub in_hand_bytes: u64,
    /// Longer bodies are fetched in steps of so many bytes.
    pub body_step: u64,
    /// Of mail that is too long: so many bytes.
    pub oversize_head: u64,
    /// More than this in one answer ends the connection, in bytes: literals, and lines.
    pub literal_most: u64,
    pub line_most: u64,
    /// A mail that failed so often goes to quarantine, unread.
    pub tries: u32,
    /// The connection broke so often during one mail: then it is the mail.
    pub breaks: u32,
    /// For the last moves when stopping.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        let secs = Duration::from_secs;
        Limits {
            connect: secs(10),
            answer: secs(30),
            body_rate: 16 << 10,
            idle_silence: secs(9 * 60),
            idle_whole: secs(28 * 60),
            pause_first: secs(1),
            pause_most: secs(5 * 60),
            pause_refused: secs(5 * 60),
            pause_token: secs(15),
            move_batch: 1_000,
            move_every: secs(5),
            move_each: Duration::from_millis(100),
            move_again: secs(60),
            search_span: 50_000,
            list_window: 500,
            live_window: 50,
            backlog_batch: 64,
            backlog_share: 5,
            together: 64,
            in_hand: 32,
            in_hand_bytes: 2 << 20,
            body_step: 1 << 20,
            oversize_head: 256 << 10,
            literal_most: 32 << 20,
            line_most: 1 << 20,
            tries: 2,
            breaks: 5,
            farewell: secs(3),
        }
    }
}

impl Limits {
    /// How long it may take to move so many mails.
    pub(super) fn moving(&self, mails: usize) -> Duration {
        self.answer + self.move_each.saturating_mul(mails as u32)
    }

    /// How long a body of so many bytes may take.
    pub(super) fn body(&self, bytes: u64) -> Duration {
        self.answer + Duration::from_secs(bytes / self.body_rate.max(1))
    }
}
