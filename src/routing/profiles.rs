//! Who can do what: reps of equal ability share a profile, and each single ability knows its profiles as a bitmap.

use super::ids::*;
use super::skill::{Ability, Mode, Need, SkillLevel};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// A distinct ability, interned in the order of first appearance.
pub type ProfileId = usize;

/// A set of profiles, one bit each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub fn set(&mut self, bit: usize, on: bool) {
        let word = bit / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let mask = 1u64 << (bit % 64);
        if on { self.0[word] |= mask } else { self.0[word] &= !mask }
    }

    /// The bits set in both, in order.
    pub fn both<'a>(&'a self, other: &'a Bits) -> impl Iterator<Item = usize> + 'a {
        self.0.iter().zip(&other.0).enumerate().flat_map(|(i, (a, b))| ones(a & b).map(move |bit| i * 64 + bit))
    }

    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(i, w)| ones(*w).map(move |bit| i * 64 + bit))
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn keep(&mut self, other: Option<&Bits>) {
        let none = Bits::default();
        let other = other.unwrap_or(&none);
        for (i, word) in self.0.iter_mut().enumerate() {
            *word &= other.0.get(i).copied().unwrap_or(0);
        }
    }

    fn add(&mut self, other: &Bits) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }
}

fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(bit)
    })
}

/// One single ability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Can {
    Handle(Channel),
    Use(Word, Mode),
    /// This skill at this level or better.
    Skill(Word, u8),
}

/// Something that may be scarce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asset {
    Skill(Word),
    Language(Word),
}

/// Reps who can do the same.
#[derive(Clone, Debug, Default)]
pub struct Crew {
    pub ability: Ability,
    pub members: BTreeSet<RepId>,
    /// Lines they serve by channel, in the order the lines appeared.
    pub lines: [Vec<u32>; 6],
    /// Members with room for some live contact, and with room for some deferred one.
    pub ready: [BTreeSet<RepId>; 2],
    scarce: Vec<Asset>,
}

/// All profiles. Rebuilt from the roster; never kept on disk.
#[derive(Clone, Debug, Default)]
pub struct Profiles {
    crews: Vec<Crew>,
    by_ability: BTreeMap<Ability, ProfileId>,
    of_rep: BTreeMap<RepId, ProfileId>,
    able: FxHashMap<Can, Bits>, // looked up, never iterated
    /// Profiles with a ready member, live and deferred.
    ready: [Bits; 2],
}

impl Profiles {
    pub fn of(&self, rep: RepId) -> Option<ProfileId> {
        self.of_rep.get(&rep).copied()
    }

    pub fn crew(&self, profile: ProfileId) -> &Crew {
        &self.crews[profile]
    }

    pub(super) fn crews_mut(&mut self) -> &mut [Crew] {
        &mut self.crews
    }

    /// Profiles with someone who may have room for a contact of this kind.
    pub fn ready(&self, live: bool) -> &Bits {
        &self.ready[usize::from(!live)]
    }

    /// Put a rep under their profile; says which profile is new, if one is.
    pub(super) fn enrol(&mut self, rep: RepId, ability: &Ability) -> Option<ProfileId> {
        self.dismiss(rep);
        let known = self.by_ability.get(ability).copied();
        let profile = known.unwrap_or_else(|| self.open(ability));
        self.crews[profile].members.insert(rep);
        self.of_rep.insert(rep, profile);
        self.weigh_scarcity();
        known.is_none().then_some(profile)
    }

    pub(super) fn dismiss(&mut self, rep: RepId) {
        self.set_ready(rep, [false, false]);
        if let Some(profile) = self.of_rep.remove(&rep) {
            self.crews[profile].members.remove(&rep);
            self.weigh_scarcity();
        }
    }

    pub(super) fn set_ready(&mut self, rep: RepId, ready: [bool; 2]) {
        let Some(&profile) = self.of_rep.get(&rep) else { return };
        let crew = &mut self.crews[profile];
        for (kind, ready) in ready.into_iter().enumerate() {
            let changed = if ready { crew.ready[kind].insert(rep) } else { crew.ready[kind].remove(&rep) };
            if changed {
                self.ready[kind].set(profile, !crew.ready[kind].is_empty());
            }
        }
    }

    /// The profiles that serve a need: an intersection of bitmaps, however many reps there are.
    pub fn serving(&self, need: &Need) -> Bits {
        let mut bits = self.with_skills(&need.skills);
        if !need.or_skills.is_empty() {
            bits.add(&self.with_skills(&need.or_skills));
        }
        bits.keep(self.able.get(&Can::Handle(need.channel)));
        let mut understand = self.able.get(&Can::Use(need.language, need.mode)).cloned().unwrap_or_default();
        if let Some(shared) = need.interpreter.and_then(|shared| self.able.get(&Can::Use(shared, need.mode))) {
            understand.add(shared);
        }
        bits.keep(Some(&understand));
        bits
    }

    fn with_skills(&self, skills: &[SkillLevel]) -> Bits {
        let mut bits = Bits(vec![u64::MAX; self.crews.len().div_ceil(64)]);
        if let Some(last) = bits.0.last_mut().filter(|_| !self.crews.len().is_multiple_of(64)) {
            *last = (1 << (self.crews.len() % 64)) - 1;
        }
        for skill in skills {
            bits.keep(self.able.get(&Can::Skill(skill.skill, skill.level)));
        }
        bits
    }

    /// How many scarce abilities this profile would leave unused on this need.
    pub fn scarce_unused(&self, profile: ProfileId, need: &Need) -> u32 {
        let used = |asset: &Asset| match *asset {
            Asset::Skill(skill) => need.skills.iter().any(|s| s.skill == skill),
            Asset::Language(language) => need.language == language,
        };
        self.crews[profile].scarce.iter().filter(|asset| !used(asset)).count() as u32
    }

    fn open(&mut self, ability: &Ability) -> ProfileId {
        let profile = self.crews.len();
        self.crews.push(Crew { ability: ability.clone(), ..Crew::default() });
        self.by_ability.insert(ability.clone(), profile);
        let mut can = |what: Can| self.able.entry(what).or_default().set(profile, true);
        for channel in &ability.channels {
            can(Can::Handle(*channel));
        }
        for language in &ability.languages {
            for (mode, level) in [(Mode::Speak, language.speak), (Mode::Write, language.write)] {
                if level > 0 {
                    can(Can::Use(language.language, mode));
                }
            }
        }
        for skill in &ability.skills {
            (1..=skill.level).for_each(|level| can(Can::Skill(skill.skill, level)));
        }
        profile
    }

    /// Scarce: a skill or language that at most a quarter of the roster has, rounded up, so that a team of two or three
    /// spares its one bilingual rep as well.
    fn weigh_scarcity(&mut self) {
        let mut holders: BTreeMap<Asset, usize> = BTreeMap::new();
        for crew in &self.crews {
            for asset in assets(&crew.ability) {
                *holders.entry(asset).or_default() += crew.members.len();
            }
        }
        let roster = self.of_rep.len();
        for crew in &mut self.crews {
            crew.scarce = assets(&crew.ability).filter(|asset| holders[asset] <= roster.div_ceil(4)).collect();
        }
    }
}

fn assets(ability: &Ability) -> impl Iterator<Item = Asset> + '_ {
    let skills = ability.skills.iter().filter(|s| s.level > 0).map(|s| Asset::Skill(s.skill));
    let languages = ability.languages.iter().filter(|l| l.speak > 0 || l.write > 0);
    skills.chain(languages.map(|l| Asset::Language(l.language)))
}
