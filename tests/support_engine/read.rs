//! Reading the story language: words, times, spans, needs.

use steelbridge::routing::ids::{Channel, Disposition, Span, Timestamp, Urgency, Word};
use steelbridge::routing::skill::{Mode, Need, SkillLevel};

/// The day on which all stories happen: Monday 5 January 2026.
pub const DAY: Timestamp = Timestamp(1_767_571_200_000_000);

/// The words of a line, one after the other. Commas are words of their own only inside lists.
pub struct Words<'a> {
    rest: std::collections::VecDeque<&'a str>,
}

impl<'a> Words<'a> {
    pub fn of(line: &'a str) -> Words<'a> {
        let mut rest = std::collections::VecDeque::new();
        for word in line.split_whitespace() {
            for (n, part) in word.split(',').enumerate() {
                if n > 0 {
                    rest.push_back(",");
                }
                if !part.is_empty() {
                    rest.push_back(part);
                }
            }
        }
        Words { rest }
    }

    pub fn peek(&self) -> Option<&'a str> {
        self.rest.front().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn next(&mut self) -> Result<&'a str, String> {
        self.rest.pop_front().ok_or_else(|| "the line ends too early".to_string())
    }

    /// The next word if it is this one.
    pub fn take(&mut self, word: &str) -> bool {
        let there = self.peek() == Some(word);
        if there {
            self.rest.pop_front();
        }
        there
    }

    pub fn expect(&mut self, word: &str) -> Result<(), String> {
        let next = self.next()?;
        if next == word { Ok(()) } else { Err(format!("`{word}` should stand where `{next}` stands")) }
    }

    pub fn word(&mut self) -> Result<Word, String> {
        let text = self.next()?;
        Word::new(text).map_err(|e| format!("`{text}`: {e}"))
    }

    pub fn number<T: std::str::FromStr>(&mut self) -> Result<T, String> {
        let text = self.next()?;
        text.parse().map_err(|_| format!("`{text}` should be a number"))
    }

    /// `water 3, permits` with a level for those that have none, sorted by name.
    pub fn skills(&mut self, level: u8) -> Result<Vec<SkillLevel>, String> {
        let mut skills = Vec::new();
        loop {
            let skill = self.word()?;
            let said = self.peek().and_then(|w| w.parse().ok());
            if said.is_some() {
                self.next()?;
            }
            skills.push(SkillLevel { skill, level: said.unwrap_or(level) });
            if !self.take(",") {
                skills.sort();
                return Ok(skills);
            }
        }
    }

    pub fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(format!("`{word}` is not understood here")),
        }
    }
}

pub fn channel(name: &str) -> Option<Channel> {
    Channel::ALL.into_iter().find(|c| c.name() == name)
}

pub fn urgency(name: &str) -> Option<Urgency> {
    Urgency::ALL.into_iter().find(|u| u.name() == name)
}

pub fn disposition(name: &str) -> Result<Disposition, String> {
    serde_json::from_value(name.replace('-', "_").into()).map_err(|_| format!("`{name}` is not a disposition"))
}

/// `90s`, `3m`, `2h`, `250ms`, `-30m`.
pub fn span(text: &str) -> Result<Span, String> {
    let at = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(|| format!("`{text}` has no unit"))?;
    let number: i64 = text[..at].parse().map_err(|_| format!("`{text}` is not a time span"))?;
    match &text[at..] {
        "ms" => Ok(Span::millis(number)),
        "s" => Ok(Span::secs(number)),
        "m" => Ok(Span::mins(number)),
        "h" => Ok(Span::mins(number * 60)),
        unit => Err(format!("`{unit}` is not a unit of time")),
    }
}

/// `09:00:05` or `09:00:05.250` on the story's day; hours may go past 24.
pub fn time(text: &str) -> Option<Timestamp> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Vec<i64> = clock.split(':').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = parts[..] else { return None };
    let millis: i64 = format!("{fraction:0<3}").parse().ok()?;
    Some(DAY + Span::secs(hours * 3600 + minutes * 60 + seconds) + Span::millis(millis))
}

pub fn spell_time(at: Timestamp) -> String {
    let (secs, micros) = ((at - DAY).0.div_euclid(1_000_000), (at - DAY).0.rem_euclid(1_000_000));
    let clock = format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60);
    if micros == 0 { clock } else { format!("{clock}.{:03}", micros / 1000) }
}

/// `[speak|write] es[, water 2, permits]`; the mode is the channel's own unless said.
pub fn need(words: &mut Words, channel: Channel) -> Result<Need, String> {
    let mode = match words.peek() {
        Some("speak") => Some(Mode::Speak),
        Some("write") => Some(Mode::Write),
        _ => None,
    };
    if mode.is_some() {
        words.next()?;
    }
    let language = words.word()?;
    let skills = if words.take(",") { words.skills(1)? } else { Vec::new() };
    let mode = mode.unwrap_or(channel.mode());
    Ok(Need { channel, language, mode, interpreter: None, skills, or_skills: Vec::new() })
}

/// How a need reads: `write es, water 2`, then how far it was widened.
pub fn spell_need(need: &Need) -> String {
    let mode = if need.mode == Mode::Speak { "speak" } else { "write" };
    let mut text = format!("{mode} {}", need.language);
    for skill in &need.skills {
        text += &format!(", {} {}", skill.skill, skill.level);
    }
    if !need.or_skills.is_empty() {
        text += &format!(", or {}", super::plan::spell_skills(&need.or_skills));
    }
    if let Some(shared) = need.interpreter {
        text += &format!(", or {shared} with interpreter");
    }
    text
}
