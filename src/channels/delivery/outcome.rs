//! What became of one attempt to send: sent, refused, later, or nobody knows.

use std::fmt;

/// What a relay said: an SMTP reply (RFC 5321 §4.2).
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    /// Without line ends, at most [`TEXT_MAX`] bytes. Relays like to repeat the recipient here: never into a log.
    pub text: String,
}

/// Reply texts are cut at this many bytes: enough for the reason, not for an essay.
pub const TEXT_MAX: usize = 200;

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent(Reply),
    /// The relay will never take this letter for this recipient (5xx).
    Refused(Reply),
    /// Not now (4xx, or an answer that makes no sense). `pause_relay`: the relay wants peace from all letters, not this one.
    Later {
        reply: Reply,
        pause_relay: bool,
    },
    /// The letter was on its way when the line went silent or broke: perhaps it was taken, perhaps not.
    Unknown {
        why: String,
    },
    /// No relay there, or it fell silent before it had the letter. Costs the letter nothing.
    Unreachable {
        why: String,
    },
    /// The relay does not want us: password, certificate, sender, address. Costs the letter nothing; people must act.
    Misconfigured {
        why: String,
    },
    /// The relay refuses our access tokens, or we are given none. As above, but no account is locked by trying again.
    NoToken {
        why: String,
    },
}

impl Reply {
    /// As the relay said it, made harmless to show.
    pub fn new(code: u16, text: &str) -> Reply {
        let mut text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.retain(|c| !c.is_control());
        text.truncate(text.floor_char_boundary(TEXT_MAX));
        Reply { code, text }
    }

    /// The enhanced status code that opens the text, for example `5.1.1` (RFC 2034, RFC 3463).
    pub fn status(&self) -> Option<&str> {
        let word = self.text.split(' ').next()?;
        let mut parts = word.split('.');
        let number = |part: Option<&str>| part.is_some_and(|p| (1..=3).contains(&p.len()) && p.parse::<u16>().is_ok());
        let three = number(parts.next()) && number(parts.next()) && number(parts.next()) && parts.next().is_none();
        three.then_some(word)
    }

    /// Code and enhanced code: what may stand in a log.
    pub fn public(&self) -> String {
        match self.status() {
            Some(status) => format!("{} {status}", self.code),
            None => self.code.to_string(),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({})", self.public())
    }
}

impl Outcome {
    /// An answer that fits no question we asked: most likely the answer to an earlier one.
    pub fn nonsense(reply: Reply) -> Outcome {
        Outcome::Later { reply, pause_relay: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_harmless_to_show_and_its_debug_names_nobody() {
        let reply = Reply::new(550, "5.1.1\r\n <bob@example.org>:\tno such user\u{7}");
        assert_eq!(reply.text, "5.1.1 <bob@example.org>: no such user");
        assert_eq!(format!("{reply:?}"), "Reply(550 5.1.1)");
        assert_eq!(format!("{:?}", Reply::new(550, "bob@example.org is unknown")), "Reply(550)");
        assert_eq!(Reply::new(250, &"ж".repeat(200)).text.len(), TEXT_MAX);
        assert_eq!(Reply::new(550, "5.1.1.1 x").status(), None);
    }
}
