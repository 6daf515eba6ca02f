//! The frames of `steelbridge.chat.v1`: JSON texts with a `type`. Unknown fields are let pass, so that newer pages can say more.

use crate::channels::{CustomerStage, NotKept, Standing};
use crate::console::when;
use crate::message::{Attachment, Author, Message};
use crate::routing::ids::Timestamp;
use crate::texts::Text;
use serde::{Deserialize, Serialize};

/// The name in `Sec-WebSocket-Protocol`.
pub const SUBPROTOCOL: &str = "steelbridge.chat.v1";

/// The longest message, in characters.
pub const TEXT_MAX: usize = 4_000;
/// The longest client id, in bytes.
pub const CLIENT_ID_MAX: usize = 64;

/// Our own close codes (RFC 6455 §7.4.2 leaves 4000–4999 to applications).
pub mod close {
    /// The first frame was not a `hello` that can be read.
    pub const HELLO_EXPECTED: u16 = 4400;
    /// The token opens nothing; coming back with it is no use.
    pub const UNKNOWN_TOKEN: u16 = 4401;
    /// No `hello` in time.
    pub const HELLO_LATE: u16 = 4408;
    /// This conversation is open in too many tabs.
    pub const TOO_MANY_TABS: u16 = 4429;
}

/// What a page says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromPage {
    /// First, within five seconds; again after `resync`.
    Hello {
        token: String,
        /// The last message the page has; 0 for none.
        #[serde(default)]
        last_seq: u32,
        /// The page's language, for what is said in words.
        #[serde(default)]
        locale: Option<String>,
    },
    Msg {
        /// Made by the page; the same again is the same message.
        cid: String,
        text: String,
    },
    Typing {
        on: bool,
    },
    /// The person has seen everything up to here.
    Read {
        seq: u32,
    },
    Attach {
        cid: String,
        upload_id: String,
    },
    /// The person ends the conversation.
    End,
    Hb,
}

/// Who said it, in public words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Customer,
    Representative,
    /// The programme itself, for example whom to call in danger.
    Automatic,
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToPage<'a> {
    /// All that was missing has been sent; from here on it is live.
    Ready {
        seq: u32,
        reference: &'a str,
        rep_read: u32,
        #[serde(flatten)]
        state: State<'a>,
    },
    Msg(Said<'a>),
    /// Kept on disk.
    Ack {
        cid: &'a str,
        seq: u32,
        ts: Timestamp,
    },
    Typing {
        from: Speaker,
        on: bool,
    },
    Read {
        by: Speaker,
        seq: u32,
    },
    State(State<'a>),
    /// More is missing than is replayed at once: say `hello` again with this number.
    Resync {
        last_seq: u32,
    },
    Err {
        code: &'static str,
        msg: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cid: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_ms: Option<u32>,
    },
    Hb,
    /// The server is going away; come back after this long.
    Bye {
        retry_ms: u32,
    },
}

#[derive(Debug, Serialize)]
pub struct Said<'a> {
    pub seq: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<&'a str>,
    pub from: Speaker,
    pub text: &'a str,
    pub ts: Timestamp,
    /// BCP-47, for the page's `lang` attribute (WCAG 3.1.2).
    pub lang: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub attachments: &'a [Attachment],
}

/// How the conversation stands.
#[derive(Debug, Serialize)]
pub struct State<'a> {
    pub stage: CustomerStage,
    /// 1 is next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// Half wait at most the first, nine in ten at most the second, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<(u32, u32)>,
    /// The same in words, in the page's language: plurals are not a page's business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<&'a str>,
    /// What has just changed, if a person should be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// A change worth a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A representative has taken the conversation.
    Joined,
    /// The representative had to leave; the conversation waits again and keeps its place.
    RepresentativeLeft,
    /// Another representative has it now.
    Transferred,
    Ended,
    /// It was closed and is open again.
    Reopened,
}

impl ToPage<'_> {
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() // strings and numbers always serialise
    }
}

impl<'a> State<'a> {
    /// Without a notice.
    pub fn of(standing: &'a Standing, t: &Text) -> State<'a> {
        State {
            wait_text: standing.wait.map(|wait| when::wait(t, wait)),
            stage: standing.stage,
            place: standing.place,
            wait: standing.wait,
            representative: standing.rep.as_deref(),
            notice: None,
        }
    }
}

impl Notice {
    /// What to say of a change. `before` is how it stood when the page was told last; `known_rep` is whom the page has been
    /// told of and not seen leave: they may come back without a word, as after a reminder, and another takes over from them.
    pub fn of(before: &Standing, now: &Standing, known_rep: Option<&str>) -> Option<Notice> {
        use CustomerStage::{Closed, Waiting};
        match (before.stage, now.stage) {
            (Closed, Closed) => None,
            (_, Closed) => Some(Notice::Ended),
            (Closed, _) => Some(Notice::Reopened),
            (Waiting, Waiting) => None,
            (_, Waiting) => now.rep_left.then_some(Notice::RepresentativeLeft),
            _ if known_rep.is_none() => (before.stage == Waiting).then_some(Notice::Joined),
            _ => (known_rep != now.rep.as_deref() && now.rep.is_some()).then_some(Notice::Transferred),
        }
    }
}

impl<'a> Said<'a> {
    /// `None` for a note, which is for staff only.
    pub fn of(message: &'a Message, lang: &'a str) -> Option<Said<'a>> {
        let from = match message.from {
            Author::Customer => Speaker::Customer,
            Author::Rep(_) => Speaker::Representative,
            Author::Note(_) | Author::Memo => return None,
            Author::Automatic => Speaker::Automatic,
        };
        let (cid, attachments) = (message.client_id.as_deref(), message.attachments.as_slice());
        // A rep's client id is a matter between us and the rep's console.
        let cid = cid.filter(|_| from == Speaker::Customer);
        Some(Said { seq: message.seq, cid, from, text: &message.text, ts: message.at, lang, attachments })
    }
}

/// Why something said on the socket was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub code: &'static str,
    pub msg: String,
    pub retry_ms: Option<u32>,
}

impl Refused {
    pub fn new(code: &'static str, msg: impl Into<String>) -> Refused {
        Refused { code, msg: msg.into(), retry_ms: None }
    }
}

impl From<NotKept> for Refused {
    fn from(why: NotKept) -> Refused {
        let (code, retry_ms) = match &why {
            NotKept::KeyReused => ("cid_reused", None),
            NotKept::Refused(_) => ("closed", None),
            NotKept::Busy { retry_secs } => ("busy", Some(retry_secs.saturating_mul(1_000))),
            NotKept::FileType => ("file_type", None),
            NotKept::Unavailable => ("unavailable", Some(2_000)),
        };
        Refused { code, msg: why.to_string(), retry_ms }
    }
}

/// What people type, made safe to keep: line ends are `\n`, other control characters are dropped, the ends are trimmed.
/// Left-to-right and right-to-left marks stay: Arabic and Hebrew need them.
pub fn cleaned(text: &str) -> String {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = unified.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    kept.trim().to_owned()
}

/// A message's text, or why it cannot be one.
pub fn message_text(text: &str) -> Result<String, Refused> {
    let text = cleaned(text);
    match text.chars().count() {
        0 => Err(Refused::new("empty", "the message is empty")),
        1..=TEXT_MAX => Ok(text),
        n => Err(Refused::new("too_long", format!("a message has at most {TEXT_MAX} characters; this has {n}"))),
    }
}

/// Letters, digits, `-` and `_`.
pub fn is_client_id(id: &str) -> bool {
    (1..=CLIENT_ID_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::ids::{ContactId, RepId};

    fn standing(stage: CustomerStage, rep: Option<&str>) -> Standing {
        Standing {
            reference: "311-7K4M-2Q".into(),
            stage,
            place: None,
            wait: None,
            rep: rep.map(str::to_owned),
            rep_left: false,
            rep_read: 0,
            language: "es".into(),
            service: None,
            opened_at: Timestamp(0),
            disposition: None,
        }
    }

    #[test]
    fn frames_read_as_documented_and_unknown_fields_pass() {
        let hello = r#"{"type":"hello","token":"t","last_seq":7,"locale":"so","caps":[1]}"#;
        assert!(matches!(serde_json::from_str(hello), Ok(FromPage::Hello { last_seq: 7, .. })));
        assert!(matches!(serde_json::from_str(r#"{"type":"end"}"#), Ok(FromPage::End)));
        assert!(matches!(serde_json::from_str(r#"{"type":"hb","n":1}"#), Ok(FromPage::Hb)));
        for bad in
            [r#"{}"#, r#"{"type":"nonsense"}"#, r#"{"type":"msg","text":"x"}"#, r#"[1]"#, r#"{"type":"read","seq":-1}"#]
        {
            assert!(serde_json::from_str::<FromPage>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_message_reads_as_documented() {
        let mut message = Message {
            contact: ContactId(4),
            seq: 2,
            at: Timestamp(1_000_000),
            from: Author::Rep(RepId(9)),
            text: "Buenos días".into(),
            attachments: vec![],
            client_id: Some("console-1".into()),
        };
        let json = |m: &Message| Said::of(m, "es").map(|said| ToPage::Msg(said).to_json());
        assert_eq!(
            json(&message).unwrap(),
            r#"{"type":"msg","seq":2,"from":"representative","text":"Buenos días","ts":1000000,"lang":"es"}"#
        );
        message.from = Author::Customer;
        assert!(json(&message).unwrap().contains(r#""cid":"console-1","from":"customer""#));
        message.from = Author::Note(RepId(9));
        assert_eq!(json(&message), None, "a note is for staff only");
    }

    #[test]
    fn each_change_has_its_notice() {
        use CustomerStage::{Active, Closed, Waiting, WaitingForYou};
        let (ana, ben) = (Some("Ana"), Some("Ben"));
        let table = [
            ((Waiting, None), (Waiting, None), None, None),
            ((Waiting, None), (Active, ana), None, Some(Notice::Joined)),
            ((Waiting, None), (Active, ana), ana, None),
            ((Waiting, None), (Active, ben), ana, Some(Notice::Transferred)),
            ((Active, ana), (Active, ana), ana, None),
            ((Active, ana), (Active, ben), ana, Some(Notice::Transferred)),
            ((Active, ana), (WaitingForYou, ana), ana, None),
            ((WaitingForYou, ana), (Waiting, None), ana, None),
            ((Active, ana), (Closed, None), ana, Some(Notice::Ended)),
            ((Waiting, None), (Closed, None), None, Some(Notice::Ended)),
            ((Closed, None), (Active, ana), None, Some(Notice::Reopened)),
            ((Closed, None), (Closed, None), None, None),
        ];
        for (before, now, known_rep, expected) in table {
            let found = Notice::of(&standing(before.0, before.1), &standing(now.0, now.1), known_rep);
            assert_eq!(found, expected, "{before:?} -> {now:?}, known {known_rep:?}");
        }
        let left = Standing { rep_left: true, ..standing(Waiting, None) };
        assert_eq!(Notice::of(&standing(Active, ana), &left, ana), Some(Notice::RepresentativeLeft));
    }

    #[test]
    fn text_is_cleaned_and_measured_in_characters() {
        assert_eq!(message_text("  a\r\nb\rc\u{0}\u{1b}[31m\u{202b} "), Ok("a\nb\nc[31m\u{202b}".into()));
        assert_eq!(message_text(" \n\u{7} ").unwrap_err().code, "empty");
        assert_eq!(message_text(&"水".repeat(4_000)).unwrap().len(), 12_000);
        assert_eq!(message_text(&"水".repeat(4_001)).unwrap_err().code, "too_long");
    }

    #[test]
    fn client_ids_are_plain() {
        for good in ["1", "6f1c2c5e-8a51-4b1e-9d7a-0d6a8f3c2b10", "A_b-9"] {
            assert!(is_client_id(good), "{good}");
        }
        for bad in ["", "a b", "é", "a\n", &"x".repeat(65)] {
            assert!(!is_client_id(bad), "{bad}");
        }
    }
}
