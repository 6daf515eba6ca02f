//! The settings the engine decides with: what the plan says of channels, queues, head starts and times.

use super::ids::{Channel, Span, Urgency, Word};
use super::skill::SkillLevel;
use serde::{Deserialize, Serialize};

/// The engine's part of one published plan. Spans are in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The plan's version, named in every reason.
    pub version: u32,
    /// The language reps share with interpreters, for example `en`.
    pub house_language: Word,
    /// Indexed by [`Channel`].
    pub channels: [ChannelRules; 6],
    /// Indexed by [`Urgency`]; the emergency entry is not used.
    pub head_start: [Span; 5],
    /// In the order of their `QueueId`; the engine keeps a queue's id when a plan changes.
    pub queues: Vec<QueueRules>,
    /// How long a rep who declined is not offered the same contact again.
    pub bar: Span,
    /// How long a disconnected rep's live contacts wait for them.
    pub rep_grace: Span,
    /// When an unacknowledged emergency goes to supervisors, then to the on-call contact.
    pub ladder: [Span; 2],
}

/// What a contact on this channel costs and how long it waits for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRules {
    /// What one contact weighs; a usual rep holds 100.
    pub weight: u16,
    /// Someone is waiting on the line now.
    pub live: bool,
    /// The most a rep holds of this channel at once.
    pub most: u8,
    /// How long a returning contact waits for its own rep before others may take it.
    pub prefer_for: Span,
    /// How long a waiting contact keeps its place after the customer's connection went away.
    pub patience: Span,
}

/// A named purpose: base skills, policy, times and widening steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRules {
    pub name: Word,
    /// Added to every need that enters by this queue.
    pub skills: Vec<SkillLevel>,
    pub policy: Policy,
    /// How long an offer stands, indexed by [`Channel`].
    pub offer: [Span; 6],
    /// How long after-contact work lasts at most; zero for none.
    pub wrap_up: Span,
    /// In the order of `after`.
    pub widen: Vec<Step>,
    /// Named by an older plan only: takes no new contacts.
    #[serde(default)]
    pub retired: bool,
}

/// How the best rep is chosen among those who serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Fewest scarce abilities left unused, then lowest share of capacity, then longest idle, then number.
    #[default]
    SpareScarce,
    LongestIdle,
    LeastLoaded,
    MostSkilled,
}

/// After a time, let more reps serve. Never narrowed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Against the age of this wait.
    pub after: Span,
    pub widening: Widening,
}

/// In what way more reps may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Widening {
    /// Any rep with the skills, with an interpreter on the line.
    Interpreter,
    /// This skill one or more levels lower, never below 1.
    Lower { skill: Word, by: u8 },
    /// Without this skill.
    Without { skill: Word },
    /// Reps with that queue's skills may serve as well.
    AlsoQueue { queue: Word },
}

impl Settings {
    pub fn channel(&self, channel: Channel) -> &ChannelRules {
        &self.channels[channel as usize]
    }

    /// The head start of an urgency; emergencies have a line of their own.
    pub fn head_start(&self, urgency: Urgency) -> Span {
        self.head_start[urgency as usize]
    }
}
