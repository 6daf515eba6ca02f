//! The small words of routing: ids, time, channel, urgency, presence, disposition. Plain data, no behaviour beyond arithmetic.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $mark:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($mark, "{}"), self.0)
            }
        }
    };
}

id!(
    /// One request for help. Numbered from 1 in the order of arrival, by the engine, without gaps.
    ContactId(u64), "c"
);
id!(
    /// One contact held for one rep. Numbered from 1 by the engine.
    OfferId(u64), "o"
);
id!(
    /// An employee who handles contacts; equal to the number of their account.
    RepId(u32), "r"
);
id!(
    /// A distinct need, interned by the engine when it first appears.
    NeedId(u32), "n"
);
id!(
    /// A queue, interned by name when a plan first names it; never reused.
    QueueId(u16), "q"
);
id!(
    /// Position in the journal: the first event is 1.
    Seq(u64), "#"
);

/// Microseconds since 1970-01-01 UTC, as stamped by the sequencer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A length of time in microseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    pub const ZERO: Span = Span(0);
    pub const fn millis(ms: i64) -> Span {
        Span(ms * 1_000)
    }
    pub const fn secs(secs: i64) -> Span {
        Span(secs * 1_000_000)
    }
    pub const fn mins(mins: i64) -> Span {
        Span::secs(mins * 60)
    }
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl std::ops::Add<Span> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}

impl std::ops::Sub<Timestamp> for Timestamp {
    type Output = Span;
    fn sub(self, earlier: Timestamp) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// Where a waiting contact stands: arrival minus head start, in microseconds. Smaller is served first; constant while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Order(pub i64);

/// How a contact came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Email,
    Chat,
    Form,
    Phone,
    Sms,
    Counter,
}

impl Channel {
    pub const ALL: [Channel; 6] =
        [Channel::Email, Channel::Chat, Channel::Form, Channel::Phone, Channel::Sms, Channel::Counter];

    pub fn name(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Chat => "chat",
            Channel::Form => "form",
            Channel::Phone => "phone",
            Channel::Sms => "sms",
            Channel::Counter => "counter",
        }
    }
}

/// How soon a contact must be seen. The plan turns it into a head start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Danger to life or property now: offered to every signed-in rep at once.
    Emergency,
    Urgent,
    Soon,
    Normal,
    Low,
}

impl Urgency {
    pub const ALL: [Urgency; 5] = [Urgency::Emergency, Urgency::Urgent, Urgency::Soon, Urgency::Normal, Urgency::Low];

    pub fn name(self) -> &'static str {
        match self {
            Urgency::Emergency => "emergency",
            Urgency::Urgent => "urgent",
            Urgency::Soon => "soon",
            Urgency::Normal => "normal",
            Urgency::Low => "low",
        }
    }
}

/// Whether a rep is there to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "presence", content = "reason")]
pub enum Presence {
    Offline,
    Available,
    Away(AwayReason),
}

/// Why a signed-in rep takes no work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwayReason {
    Break,
    Lunch,
    Training,
    Meeting,
    /// Set by the engine when an offer expired unanswered.
    Missed,
    /// Set by the engine when the rep's last screen went away.
    Disconnected,
}

/// How a contact ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    Informed,
    Requested,
    Reported,
    Referred,
    Transferred,
    Deflected,
    NoContact,
    Abandoned,
    Spam,
}

impl Disposition {
    pub const ALL: [Disposition; 9] = [
        Disposition::Informed,
        Disposition::Requested,
        Disposition::Reported,
        Disposition::Referred,
        Disposition::Transferred,
        Disposition::Deflected,
        Disposition::NoContact,
        Disposition::Abandoned,
        Disposition::Spam,
    ];
}

/// A short name kept inline (≤ 23 bytes of UTF-8): a skill, a language tag, a queue, a sign-in name. Copies without allocating.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word {
    bytes: [u8; 23],
    len: u8,
}

/// The longest [`Word`], in bytes.
pub const WORD_MAX: usize = 23;

/// A name was longer than [`WORD_MAX`] bytes or empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name must have 1 to {WORD_MAX} bytes, not {0}")]
pub struct BadWord(pub usize);

impl Word {
    pub fn new(text: &str) -> Result<Word, BadWord> {
        if text.is_empty() || text.len() > WORD_MAX {
            return Err(BadWord(text.len()));
        }
        let mut bytes = [0; WORD_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Word { bytes, len: text.len() as u8 })
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("a Word is made from a str")
    }
}

impl std::str::FromStr for Word {
    type Err = BadWord;
    fn from_str(text: &str) -> Result<Word, BadWord> {
        Word::new(text)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Word {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Word;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a name of 1 to {WORD_MAX} bytes")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Word, E> {
                Word::new(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}
