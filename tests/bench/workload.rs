//! The bench workload: 40 skills and 12 languages with Zipf weights, four channels, urgencies, and the reps to match.

use steelbridge::routing::command::{Arrival, Profile};
use steelbridge::routing::ids::*;
use steelbridge::routing::queue::{ChannelRules, Policy, QueueRules, Settings, Step, Widening};
use steelbridge::routing::skill::{Ability, LanguageLevel, Mode, Need, SkillLevel};

pub const CHANNELS: [Channel; 4] = [Channel::Phone, Channel::Email, Channel::Chat, Channel::Form];

/// A small fixed generator (SplitMix64): the same seed, the same city.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Cumulative Zipf weights of `n` ranks.
pub struct Zipf(Vec<f64>);

impl Zipf {
    pub fn new(n: usize, s: f64) -> Zipf {
        let mut sum = 0.0;
        let steps: Vec<f64> = (1..=n)
            .map(|rank| {
                sum += 1.0 / (rank as f64).powf(s);
                sum
            })
            .collect();
        Zipf(steps.iter().map(|step| step / sum).collect())
    }

    pub fn pick(&self, dice: &mut Dice) -> usize {
        let at = dice.unit();
        self.0.partition_point(|step| *step < at).min(self.0.len() - 1)
    }
}

pub struct City {
    dice: Dice,
    contact_skill: Zipf,
    rep_skill: Zipf,
    language: Zipf,
    urgency: Zipf,
}

pub fn skill(i: usize) -> Word {
    Word::new(&format!("skill{i:02}")).expect("short")
}

pub fn language(i: usize) -> Word {
    Word::new(&format!("l{i:02}")).expect("short")
}

impl City {
    pub fn new(seed: u64) -> City {
        City {
            dice: Dice(seed),
            contact_skill: Zipf::new(40, 1.0),
            rep_skill: Zipf::new(40, 0.7),
            language: Zipf::new(12, 1.5),
            urgency: Zipf::new(4, 1.0),
        }
    }

    pub fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// One skill (70 %), two (25 %) or three (5 %), one language, one channel; the most urgent are the rarest.
    pub fn contact(&mut self) -> Arrival {
        let roll = self.dice.unit();
        let count = if roll < 0.70 {
            1
        } else if roll < 0.95 {
            2
        } else {
            3
        };
        let skills = distinct(count, || self.contact_skill.pick(&mut self.dice));
        let channel = match self.dice.unit() {
            x if x < 0.55 => Channel::Phone,
            x if x < 0.75 => Channel::Email,
            x if x < 0.90 => Channel::Chat,
            _ => Channel::Form,
        };
        let urgency =
            [Urgency::Low, Urgency::Normal, Urgency::Soon, Urgency::Urgent][self.urgency.pick(&mut self.dice)];
        let need = Need {
            channel,
            language: language(self.language.pick(&mut self.dice)),
            mode: Mode::Write,
            interpreter: None,
            skills: skills.into_iter().map(|i| SkillLevel { skill: skill(i), level: 1 }).collect(),
            or_skills: Vec::new(),
        };
        Arrival { queue: Word::new("all").expect("short"), need, urgency, prefer: None, rule: None, since: None }
    }

    /// Three to eight skills, one language (70 %) or two, each channel three times in four.
    pub fn rep(&mut self, i: usize) -> Profile {
        let count = 3 + self.dice.below(6);
        let skills = distinct(count, || self.rep_skill.pick(&mut self.dice));
        let count = if self.dice.unit() < 0.7 { 1 } else { 2 };
        let languages = distinct(count, || self.language.pick(&mut self.dice));
        let channels = CHANNELS.into_iter().filter(|_| self.dice.unit() < 0.75).collect();
        Profile {
            name: Word::new(&format!("rep{i:05}")).expect("short"),
            ability: Ability {
                channels,
                languages: (languages.into_iter())
                    .map(|i| LanguageLevel { language: language(i), speak: 5, write: 5 })
                    .collect(),
                skills: skills.into_iter().map(|i| SkillLevel { skill: skill(i), level: 1 }).collect(),
            },
            capacity: 100,
        }
    }
}

fn distinct(count: usize, mut pick: impl FnMut() -> usize) -> Vec<usize> {
    let mut picked = Vec::with_capacity(count);
    while picked.len() < count {
        let one = pick();
        if !picked.contains(&one) {
            picked.push(one);
        }
    }
    picked
}

/// Every contact fills a rep; one arrival a second; the language is dropped after `widen_after` (with an interpreter).
pub fn settings(widen_after: Option<Span>) -> Settings {
    let rules = ChannelRules { weight: 100, live: true, most: 100, prefer_for: Span::ZERO, patience: Span::mins(2) };
    let widen = widen_after.map(|after| Step { after, widening: Widening::Interpreter }).into_iter().collect();
    let hour = Span::mins(60);
    Settings {
        version: 1,
        house_language: language(0),
        channels: [rules; 6],
        head_start: [Span::ZERO, Span(hour.0 * 16), Span(hour.0 * 11), Span(hour.0 * 5), Span::ZERO],
        queues: vec![QueueRules {
            name: Word::new("all").expect("short"),
            skills: Vec::new(),
            policy: Policy::LongestIdle,
            offer: [Span::mins(600_000); 6],
            wrap_up: Span::ZERO,
            widen,
            retired: false,
        }],
        bar: Span::secs(60),
        rep_grace: Span::secs(60),
        ladder: [Span::secs(30), Span::secs(60)],
    }
}
