//! The checked session: nothing is taken for success but the server's own tagged OK, and nothing is waited for without end.
//!
//! async-imap's verbs take `NO` and a lost connection for an empty success and wait for ever in IDLE. So only two of its
//! calls are used once signed in, `run_command` and `read_response`; what stands between them is here.

use super::guard::Guard;
use super::limits::Limits;
use super::trouble::{Trouble, said};
use async_imap::imap_proto::{Capability, MailboxDatum, Response, ResponseCode, Status};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A signed-in connection. After any trouble but a refusal it is dead and must be dropped.
#[derive(Debug)]
pub(super) struct Session {
    wire: async_imap::Session<Guard>,
    pub limits: Arc<Limits>,
    pub stop: CancellationToken,
    capabilities: BTreeSet<String>,
    /// Set while an answer is outstanding: a command that was cut off leaves a line that must not be used again.
    dead: bool,
    /// The server spoke of new mail (`EXISTS`) since this was last cleared.
    pub news: bool,
    /// Of the folder that is open.
    uid_validity: Option<u32>,
}

/// An open folder (RFC 3501 §6.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Selected {
    pub uid_validity: u32,
    /// The number the next mail will have at least.
    pub uid_next: u32,
    pub exists: u32,
    pub read_only: bool,
    /// Own keywords are kept.
    pub keywords: bool,
}

impl Session {
    pub fn new(wire: async_imap::Session<Guard>, limits: Arc<Limits>, stop: CancellationToken) -> Session {
        let capabilities = BTreeSet::new();
        Session { wire, limits, stop, capabilities, dead: false, news: false, uid_validity: None }
    }

    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    pub fn capabilities(&self) -> &BTreeSet<String> {
        &self.capabilities
    }

    pub fn set_capabilities(&mut self, capabilities: BTreeSet<String>) {
        self.capabilities = capabilities;
    }

    /// Sends a command and shows `take` every answer, the tagged OK last.
    pub async fn command(
        &mut self,
        doing: &'static str,
        line: &str,
        within: Duration,
        take: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), Trouble> {
        self.begin(doing)?;
        let done = timeout(within, self.exchange(doing, line, take)).await;
        self.end(done.unwrap_or(Err(Trouble::Silent { doing, after: within })))
    }

    /// The same with the usual patience.
    pub async fn ask(
        &mut self,
        doing: &'static str,
        line: &str,
        take: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), Trouble> {
        self.command(doing, line, self.limits.answer, take).await
    }

    fn begin(&mut self, doing: &'static str) -> Result<(), Trouble> {
        if self.dead {
            return Err(Trouble::Lost { doing, why: "an earlier command was cut off".into() });
        }
        self.dead = true;
        Ok(())
    }

    fn end<T>(&mut self, outcome: Result<T, Trouble>) -> Result<T, Trouble> {
        self.dead = !matches!(outcome, Ok(_) | Err(Trouble::Refused { .. }));
        outcome
    }

    async fn exchange(
        &mut self,
        doing: &'static str,
        line: &str,
        mut take: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), Trouble> {
        let id = self.wire.run_command(line).await.map_err(|error| of_library(doing, error))?;
        loop {
            let Some(answer) = self.wire.read_response().await.map_err(|error| Trouble::io(doing, &error))? else {
                return Err(Trouble::hung_up(doing));
            };
            match answer.parsed() {
                Response::Done { tag, status, outcome } if *tag == id => {
                    let no_folder = matches!(outcome.code, Some(ResponseCode::TryCreate));
                    let text = said(outcome.information.as_deref().unwrap_or_default());
                    return match status {
                        Status::Ok => {
                            take(answer.parsed());
                            Ok(())
                        }
                        _ => Err(Trouble::Refused { doing, text, no_folder }),
                    };
                }
                other => {
                    self.note(doing, other)?;
                    take(other);
                }
            }
        }
    }

    /// What a server may say at any time.
    fn note(&mut self, doing: &'static str, answer: &Response<'_>) -> Result<(), Trouble> {
        match answer {
            Response::MailboxData(MailboxDatum::Exists(_)) => self.news = true,
            Response::Data { status: Status::Bye, outcome } => {
                let why = format!("it said goodbye: {}", said(outcome.information.as_deref().unwrap_or_default()));
                return Err(Trouble::Lost { doing, why });
            }
            Response::Data { outcome, .. } => {
                if let (Some(ResponseCode::UidValidity(now)), Some(before)) = (&outcome.code, self.uid_validity)
                    && *now != before
                {
                    return Err(Trouble::Lost { doing, why: "the folder was replaced".into() });
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub async fn ask_capabilities(&mut self) -> Result<(), Trouble> {
        let mut found = BTreeSet::new();
        self.ask("asking what it can do", "CAPABILITY", |answer| found.extend(capabilities_of(answer))).await?;
        self.capabilities = found;
        Ok(())
    }

    /// Opens a folder. Without UIDVALIDITY and UIDNEXT it does not count: nothing could be remembered of it.
    pub async fn select(&mut self, folder: &str) -> Result<Selected, Trouble> {
        let doing = "opening the folder";
        let mut open = Selected { read_only: false, ..Selected::default() };
        self.uid_validity = None;
        self.ask(doing, &format!("SELECT {}", quoted(folder)), |answer| match answer {
            Response::MailboxData(MailboxDatum::Exists(count)) => open.exists = *count,
            Response::Data { outcome, .. } | Response::Done { outcome, .. } => match &outcome.code {
                Some(ResponseCode::UidValidity(value)) => open.uid_validity = *value,
                Some(ResponseCode::UidNext(value)) => open.uid_next = *value,
                Some(ResponseCode::ReadOnly) => open.read_only = true,
                Some(ResponseCode::PermanentFlags(flags)) => open.keywords = flags.iter().any(|flag| flag == "\\*"),
                _ => {}
            },
            _ => {}
        })
        .await?;
        if open.uid_validity == 0 || open.uid_next == 0 {
            self.dead = true;
            return Err(Trouble::Unreadable { doing, why: "UIDVALIDITY or UIDNEXT is missing".into() });
        }
        (self.uid_validity, self.news) = (Some(open.uid_validity), false);
        Ok(open)
    }

    /// Is there such a folder?
    pub async fn has_folder(&mut self, folder: &str) -> Result<bool, Trouble> {
        let mut found = false;
        self.ask("looking for a folder", &format!("LIST \"\" {}", quoted(folder)), |answer| {
            found |= matches!(answer, Response::MailboxData(MailboxDatum::List(_)));
        })
        .await?;
        Ok(found)
    }

    pub async fn create_folder(&mut self, folder: &str) -> Result<(), Trouble> {
        self.ask("making a folder", &format!("CREATE {}", quoted(folder)), |_| {}).await
    }

    /// Makes the server say what is new. Afterwards `news` speaks of what came since.
    pub async fn refresh(&mut self) -> Result<(), Trouble> {
        self.ask("looking for new mail", "NOOP", |_| {}).await?;
        self.news = false;
        Ok(())
    }

    /// The server's goodbye is what is hoped for here.
    pub async fn logout(&mut self) -> Result<(), Trouble> {
        match self.ask("signing out", "LOGOUT", |_| {}).await {
            Err(Trouble::Lost { .. }) => Ok(()),
            outcome => outcome,
        }
    }

    /// Waits for something to happen in the open folder (RFC 2177): `news` says if there may be new mail. Comes back
    /// after `most` at the latest. Refused when the server will not.
    pub async fn idle(&mut self, most: Duration) -> Result<(), Trouble> {
        if self.news {
            return Ok(());
        }
        self.begin("waiting for mail")?;
        let outcome = self.idle_through(most).await;
        self.end(outcome)
    }

    async fn idle_through(&mut self, most: Duration) -> Result<(), Trouble> {
        let patience = self.limits.answer;
        let doing = "starting to wait for mail";
        let begun = timeout(patience, self.idle_begin(doing)).await;
        let id = begun.unwrap_or(Err(Trouble::Silent { doing, after: patience }))?;
        let silence = self.limits.idle_silence;
        let stop = self.stop.clone();
        let waited = tokio::select! {
            _ = stop.cancelled() => Ok(()),
            // its own timer: a server's "still here" resets the other
            _ = tokio::time::sleep(most.min(self.limits.idle_whole)) => Ok(()),
            heard = self.idle_listen(silence) => heard,
        };
        waited?;
        let doing = "ending the wait for mail";
        let ended = timeout(patience, self.idle_end(doing, id)).await;
        ended.unwrap_or(Err(Trouble::Silent { doing, after: patience }))
    }

    async fn idle_begin(&mut self, doing: &'static str) -> Result<async_imap::imap_proto::RequestId, Trouble> {
        let id = self.wire.run_command("IDLE").await.map_err(|error| of_library(doing, error))?;
        loop {
            let Some(answer) = self.wire.read_response().await.map_err(|error| Trouble::io(doing, &error))? else {
                return Err(Trouble::hung_up(doing));
            };
            match answer.parsed() {
                Response::Continue(_) => return Ok(id),
                Response::Done { tag, outcome, .. } if *tag == id => {
                    let text = said(outcome.information.as_deref().unwrap_or_default());
                    return Err(Trouble::Refused { doing, text, no_folder: false });
                }
                other => self.note(doing, other)?,
            }
        }
    }

    /// Until new mail is spoken of, or nothing is said for too long. May be dropped at any time.
    async fn idle_listen(&mut self, silence: Duration) -> Result<(), Trouble> {
        let doing = "waiting for mail";
        while !self.news {
            let Ok(answer) = timeout(silence, self.wire.read_response()).await else { return Ok(()) };
            match answer.map_err(|error| Trouble::io(doing, &error))? {
                Some(answer) => self.note(doing, answer.parsed())?,
                None => return Err(Trouble::hung_up(doing)),
            }
        }
        Ok(())
    }

    /// `DONE`, and all that was still on its way: mail that arrives in between is heard of here.
    async fn idle_end(&mut self, doing: &'static str, id: async_imap::imap_proto::RequestId) -> Result<(), Trouble> {
        self.wire.run_command_untagged("DONE").await.map_err(|error| of_library(doing, error))?;
        loop {
            let Some(answer) = self.wire.read_response().await.map_err(|error| Trouble::io(doing, &error))? else {
                return Err(Trouble::hung_up(doing));
            };
            match answer.parsed() {
                // OK or not: the wait is over, and the line is in step
                Response::Done { tag, .. } if *tag == id => return Ok(()),
                other => self.note(doing, other)?,
            }
        }
    }
}

/// The capabilities an answer names, in capitals, wherever it does.
pub(super) fn capabilities_of(answer: &Response<'_>) -> Vec<String> {
    let named = match answer {
        Response::Capabilities(list) => list,
        Response::Data { outcome, .. } | Response::Done { outcome, .. } => match &outcome.code {
            Some(ResponseCode::Capabilities(list)) => list,
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let name = |capability: &Capability<'_>| match capability {
        Capability::Imap4rev1 => "IMAP4REV1".to_string(),
        Capability::Auth(way) => format!("AUTH={}", way.to_ascii_uppercase()),
        Capability::Atom(atom) => atom.to_ascii_uppercase(),
    };
    named.iter().map(name).collect()
}

/// An error of async-imap. Its texts may hold all that was received; only a refusal's is repeated.
pub(super) fn of_library(doing: &'static str, error: async_imap::error::Error) -> Trouble {
    use async_imap::error::Error;
    match error {
        Error::Io(error) => Trouble::io(doing, &error),
        Error::ConnectionLost => Trouble::hung_up(doing),
        Error::No(text) | Error::Bad(text) => Trouble::Refused { doing, text: said(stated(&text)), no_folder: false },
        Error::Validate(_) => Trouble::Settings("a line end in a user name, password or folder".into()),
        _ => Trouble::Unreadable { doing, why: "not an IMAP answer".into() },
    }
}

/// The server's own words in async-imap's `code: …, info: Some("…")`.
fn stated(text: &str) -> &str {
    let words = text.split_once("info: Some(\"").map_or("", |(_, words)| words);
    words.strip_suffix("\")").unwrap_or(words)
}

/// A folder's name for the wire: quoted, and in modified UTF-7 (RFC 3501 §5.1.3).
pub(super) fn quoted(folder: &str) -> String {
    format!("\"{}\"", utf7(folder).replace('\\', "\\\\").replace('"', "\\\""))
}

fn utf7(name: &str) -> String {
    use base64::Engine as _;
    use base64::alphabet::IMAP_MUTF7;
    use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
    let engine = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
    let mut out = String::new();
    let mut other: Vec<u8> = Vec::new();
    let shift = |other: &mut Vec<u8>, out: &mut String| {
        if !other.is_empty() {
            out.extend(["&", &engine.encode(&other), "-"]);
            other.clear();
        }
    };
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            shift(&mut other, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            other.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    shift(&mut other, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_on_the_wire() {
        assert_eq!(quoted("INBOX"), "\"INBOX\"");
        assert_eq!(quoted("Tom & \"Jerry\\"), "\"Tom &- \\\"Jerry\\\\\"");
        assert_eq!(quoted("~peter/mail/台北/日本語"), "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\"");
        assert_eq!(quoted("Müll 🗑"), "\"M&APw-ll &2D3d0Q-\"");
    }
}
