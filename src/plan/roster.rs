//! The roster: who works here, what they speak, write and can do, as `roster.toml` has it.

use super::Problem;
use super::queues::{CHANNELS, skills};
use crate::document::section::Section;
use crate::document::{Document, Value};
use crate::routing::command::Profile;
use crate::routing::ids::{Channel, Word};
use crate::routing::skill::{Ability, LanguageLevel, Mode, SkillLevel};

/// What the roster is called in problems.
pub const FILE: &str = "roster.toml";
/// People of one programme at most.
const PEOPLE_MAX: usize = 5_000;
/// What a rep can hold when the roster does not say.
const CAPACITY: i64 = 100;
/// The longest display name, in characters.
const DISPLAY_MAX: usize = 60;

/// What someone may do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    Rep,
    Supervisor,
    Admin,
    Auditor,
}

pub const DUTIES: [(&str, Duty); 4] =
    [("rep", Duty::Rep), ("supervisor", Duty::Supervisor), ("admin", Duty::Admin), ("auditor", Duty::Auditor)];

/// One person of the roster.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterEntry {
    /// The sign-in name.
    pub name: Word,
    /// What colleagues and customers see.
    pub display: String,
    pub duty: Duty,
    /// A capacity of 0 takes no ordinary contacts, but emergencies.
    pub profile: Profile,
}

impl RosterEntry {
    pub fn has(&self, wanted: SkillLevel) -> bool {
        self.profile.ability.skills.iter().any(|s| s.skill == wanted.skill && s.level >= wanted.level)
    }

    pub fn uses(&self, language: Word, mode: Mode) -> bool {
        let level = |l: &LanguageLevel| if mode == Mode::Speak { l.speak } else { l.write };
        self.profile.ability.languages.iter().any(|l| l.language == language && level(l) > 0)
    }
}

/// Read a roster. On error: all problems, each with its place and how to mend it.
pub fn parse(text: &str) -> Result<Vec<RosterEntry>, Vec<Problem>> {
    let doc = Document::read(FILE, text)?;
    let entries = read(&doc.top());
    doc.outcome(Some(entries))
}

fn read(top: &Section<'_>) -> Vec<RosterEntry> {
    let sections = top.sections("rep");
    if sections.is_empty() {
        top.missing("[[rep]]", "rep = [{ name = \"ana\", languages = { en = 5 } }]");
    }
    if sections.len() > PEOPLE_MAX {
        top.problem(&sections[PEOPLE_MAX].place, format!("more than {PEOPLE_MAX} people"), "use several programmes");
    }
    let mut entries: Vec<RosterEntry> = Vec::new();
    for section in sections.into_iter().take(PEOPLE_MAX) {
        let place = section.place.clone();
        let Some(entry) = person(section) else { continue };
        if entries.iter().any(|other| other.name == entry.name) {
            top.problem(
                &place,
                format!("`{}` is on the roster twice", entry.name),
                "remove one, or choose another name",
            );
        }
        entries.push(entry);
    }
    top.finish();
    entries
}

fn person(section: Section<'_>) -> Option<RosterEntry> {
    let name = section.need_text("name", "\"ana\"");
    let word = name.as_ref().and_then(|name| {
        if is_sign_in_name(name.value) {
            return section.as_word(name, "rep.name");
        }
        let what = format!("`{}` cannot be a sign-in name", name.value);
        section.problem(
            &name.place,
            what,
            "use 1 to 23 of: small letters a-z, digits, `.`, `-`, `_`; begin with a letter",
        );
        None
    });
    let display = section.text("display");
    if let Some(display) =
        display.as_ref().filter(|d| d.value.trim().is_empty() || d.value.chars().count() > DISPLAY_MAX)
    {
        let what = format!("`display` must have 1 to {DISPLAY_MAX} characters");
        section.problem(&display.place, what, "write the name colleagues and customers know");
    }
    let duty = section.one_of("role", &DUTIES).unwrap_or(Duty::Rep);
    let capacity = section.integer("capacity", 0..=10_000).unwrap_or(CAPACITY) as u16;
    let mut channels = channels(&section);
    channels.sort_unstable();
    let ability = Ability { channels, languages: languages(&section), skills: skills(&section, "skills") };
    section.done();
    let name = word?;
    let display = display.map_or(name.to_string(), |display| display.value.trim().to_string());
    Some(RosterEntry { name, display, duty, profile: Profile { name, ability, capacity } })
}

/// Small letters, digits and `.-_`, beginning with a letter; also what `user add` accepts.
pub fn is_sign_in_name(name: &str) -> bool {
    name.len() <= crate::routing::ids::WORD_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c))
}

/// All channels unless the roster names some.
fn channels(section: &Section<'_>) -> Vec<Channel> {
    let Some(names) = section.texts("channels") else { return Channel::ALL.to_vec() };
    let mut found: Vec<Channel> =
        names.iter().filter_map(|name| section.choose(name, "rep.channels", &CHANNELS)).collect();
    found.dedup();
    found
}

/// `languages = { es = { speak = 5, write = 4 }, en = 5 }`; a bare number is both. Sorted.
fn languages(section: &Section<'_>) -> Vec<LanguageLevel> {
    if !section.has("languages") {
        section.missing("languages", "{ en = 5 }");
    }
    let Some(table) = section.section("languages") else { return Vec::new() };
    let mut found = Vec::new();
    for (tag, node) in table.entries() {
        let levels = match &node.value {
            Value::Integer(level @ 1..=5) => Some((*level as u8, *level as u8)),
            Value::Table(_) => Section::of(table.doc(), "languages", node).map(|one| {
                let level = |key| one.integer(key, 0..=5).unwrap_or(0) as u8;
                let levels = (level("speak"), level("write"));
                one.done();
                levels
            }),
            _ => {
                let what = format!("the level of language `{}` must be a whole number from 1 to 5", tag.value);
                table.problem(&node.place, what, "write `es = 4`, or `es = { speak = 5, write = 3 }`");
                None
            }
        };
        if let (Some((speak, write)), Some(language)) = (levels, table.as_word(&tag, "language")) {
            found.push(LanguageLevel { language, speak, write });
        }
    }
    found.sort_unstable();
    found
}
