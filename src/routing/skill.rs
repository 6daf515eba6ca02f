//! What a contact needs and what a rep can do, and whether the one serves the other.

use super::ids::{Channel, Word};
use serde::{Deserialize, Serialize};

/// Spoken and written are different abilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Speak,
    Write,
}

impl Channel {
    /// How language is used on this channel.
    pub fn mode(self) -> Mode {
        match self {
            Channel::Phone | Channel::Counter => Mode::Speak,
            Channel::Email | Channel::Chat | Channel::Form | Channel::Sms => Mode::Write,
        }
    }
}

/// A skill at a level, 1 (can) to 5 (expert).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SkillLevel {
    pub skill: Word,
    pub level: u8,
}

/// What a contact requires of a rep. Contacts with equal needs stand in one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Need {
    pub channel: Channel,
    /// BCP-47 tag, for example `es`, `yue`, `zh-Hant`.
    pub language: Word,
    pub mode: Mode,
    /// Widened to an interpreter: reps who use this language, the house's, will do as well.
    #[serde(default)]
    pub interpreter: Option<Word>,
    /// Sorted by skill, one entry a skill.
    pub skills: Vec<SkillLevel>,
    /// Widened to another queue: these skills will do as well. Empty when not widened.
    #[serde(default)]
    pub or_skills: Vec<SkillLevel>,
}

/// How well a rep speaks and writes a language, 0 (not) to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LanguageLevel {
    pub language: Word,
    pub speak: u8,
    pub write: u8,
}

/// What a rep can do; reps with equal abilities share one index.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ability {
    /// The channels this rep handles, sorted.
    pub channels: Vec<Channel>,
    /// Sorted by language.
    pub languages: Vec<LanguageLevel>,
    /// Sorted by skill.
    pub skills: Vec<SkillLevel>,
}

/// How a rep serves a need that may have been widened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Does not use the contact's language: an interpreter helps.
    pub interpreter: bool,
    /// By the other queue's skills.
    pub other_skills: bool,
}

/// One thing a rep lacks for a need, as `explain` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "lack")]
pub enum Lack {
    Channel { channel: Channel },
    Language { language: Word, mode: Mode },
    Skill { skill: Word, wanted: u8, has: u8 },
}

impl Ability {
    fn level(&self, skill: Word) -> u8 {
        self.skills.iter().find(|s| s.skill == skill).map_or(0, |s| s.level)
    }

    fn has_language(&self, language: Word, mode: Mode) -> bool {
        self.languages.iter().any(|l| {
            l.language == language
                && match mode {
                    Mode::Speak => l.speak > 0,
                    Mode::Write => l.write > 0,
                }
        })
    }

    /// Uses the contact's language, or shares one with an interpreter where that will do.
    fn understands(&self, need: &Need) -> bool {
        self.has_language(need.language, need.mode)
            || need.interpreter.is_some_and(|shared| self.has_language(shared, need.mode))
    }

    fn missing_skills<'a>(&'a self, wanted: &'a [SkillLevel]) -> impl Iterator<Item = Lack> + 'a {
        wanted.iter().filter_map(|s| {
            let has = self.level(s.skill);
            (has < s.level).then_some(Lack::Skill { skill: s.skill, wanted: s.level, has })
        })
    }

    /// Does this rep have every ability the need asks for? Presence and load are not looked at.
    pub fn serves(&self, need: &Need) -> bool {
        self.channels.contains(&need.channel)
            && self.understands(need)
            && (self.missing_skills(&need.skills).next().is_none()
                || (!need.or_skills.is_empty() && self.missing_skills(&need.or_skills).next().is_none()))
    }

    /// How this rep serves the need: as it was first asked for where they can. `None`: they do not serve it.
    pub fn way(&self, need: &Need) -> Option<Way> {
        self.serves(need).then(|| Way {
            interpreter: !self.has_language(need.language, need.mode),
            other_skills: self.missing_skills(&need.skills).next().is_some(),
        })
    }

    /// Everything this rep lacks for the need; empty when they serve it.
    pub fn lacks(&self, need: &Need) -> Vec<Lack> {
        if self.serves(need) {
            return Vec::new();
        }
        let mut lacks = Vec::new();
        if !self.channels.contains(&need.channel) {
            lacks.push(Lack::Channel { channel: need.channel });
        }
        if !self.understands(need) {
            let language = need.interpreter.unwrap_or(need.language);
            lacks.push(Lack::Language { language, mode: need.mode });
        }
        lacks.extend(self.missing_skills(&need.skills));
        lacks
    }
}
