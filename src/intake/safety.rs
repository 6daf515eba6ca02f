//! The safety screen: finds words of danger in what people write, on every channel, before anything waits in line.

use crate::document::section::{Section, Text};
use crate::document::{Document, Node, Problem, Value};
use crate::plan::words::{Folded, Hit, Phrase, Words};
use std::collections::{BTreeMap, BTreeSet};

/// What the words are called in problems.
pub const FILE: &str = "safety.toml";
/// Phrases of all classes at most; the search is one pass whatever their number.
const PHRASES_MAX: usize = 20_000;

/// Kinds of danger, gravest first. The class decides which number the customer is told to call.
const CLASSES: [&str; 10] = [
    "life_safety",
    "suicide_self_harm",
    "gas",
    "downed_wire",
    "fire_smoke",
    "person_missing_found",
    "violence_in_progress",
    "threat_to_staff_or_public",
    "hazmat_sewage",
    "road_hazard_now",
];

/// The list number of phrases that only look dangerous.
const HARMLESS: u32 = u32::MAX;

/// Words of danger, ready to be searched for.
#[derive(Clone, Debug)]
pub struct Safety {
    words: Words,
    phrases: Vec<Danger>,
    /// Whom to call, by class.
    call: BTreeMap<&'static str, Vec<String>>,
}

#[derive(Clone, Debug)]
struct Danger {
    class: &'static str,
    language: String,
    text: String,
}

/// Danger found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafetyHit {
    /// For example `gas`; one of R12's.
    pub class: &'static str,
    /// The language of the phrase, not of the text.
    pub language: String,
    /// As it stands in `safety.toml`. Not the customer's words, so it may be logged.
    pub phrase: String,
}

impl Safety {
    /// Read the phrases. On error: all problems, each with its place and how to mend it.
    pub fn parse(text: &str) -> Result<Safety, Vec<Problem>> {
        let doc = Document::read(FILE, text)?;
        let safety = read(&doc.top());
        doc.outcome(Some(safety))
    }

    /// The first danger in a text, the gravest class first (the order of [`CLASSES`]); `None` when there is none.
    ///
    /// A harmless phrase takes away only the hits it overlaps: "gas leak at the gas station" stays a gas leak.
    pub fn find(&self, text: &str) -> Option<SafetyHit> {
        let folded = Folded::new(text);
        let hits: Vec<Hit> = self.words.hits(&folded).collect();
        let (harmless, dangerous): (Vec<Hit>, Vec<Hit>) = hits.into_iter().partition(|hit| hit.list == HARMLESS);
        let real = dangerous.into_iter().filter(|hit| !overlapped(hit, &harmless));
        let hit = real.min_by_key(|hit| hit.list)?;
        let danger = &self.phrases[hit.phrase];
        Some(SafetyHit { class: danger.class, language: danger.language.clone(), phrase: danger.text.clone() })
    }

    /// The numbers a person in this danger is told to call, the first one first; empty where the file names none.
    pub fn call(&self, class: &str) -> &[String] {
        self.call.get(class).map_or(&[], Vec::as_slice)
    }

    /// The classes with numbers of their own, and those numbers.
    pub fn calls(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.call.iter().map(|(class, numbers)| (*class, numbers.as_slice()))
    }

    /// Languages with phrases of their own, sorted.
    pub fn languages(&self) -> BTreeSet<&str> {
        self.phrases.iter().filter(|danger| !danger.class.is_empty()).map(|danger| danger.language.as_str()).collect()
    }
}

/// `harmless` is in the order of its ends, as the search gives it, so this stays fast in a text made to be slow.
fn overlapped(hit: &Hit, harmless: &[Hit]) -> bool {
    let from = harmless.partition_point(|other| other.end <= hit.start);
    harmless[from..].iter().take(PHRASES_NEAR).any(|other| hit.overlaps(other))
}

/// Harmless phrases that can end close behind one place: no more are looked at.
const PHRASES_NEAR: usize = 64;

fn read(top: &Section<'_>) -> Safety {
    let tonal: Vec<String> = top.texts("tonal").unwrap_or_default().iter().map(|tag| tag.value.to_string()).collect();
    let mut found: Vec<(u32, Danger)> = Vec::new();
    if !top.has("class") {
        top.missing("[class]", "class.gas = { en = [\"gas leak\"] }");
    }
    if let Some(classes) = top.section("class") {
        for (name, node) in classes.entries() {
            let Some(section) = Section::of(classes.doc(), "class", node) else { continue };
            let Some(list) = class_named(&classes, &name) else { continue };
            phrases(&section, |danger| found.push((list as u32, Danger { class: CLASSES[list], ..danger })));
        }
    }
    if let Some(section) = top.section("harmless") {
        phrases(&section, |danger| found.push((HARMLESS, danger)));
    }
    let call = top.section("call").map(|section| numbers(&section)).unwrap_or_default();
    if found.len() > PHRASES_MAX {
        top.problem(&top.place, format!("more than {PHRASES_MAX} phrases"), "remove some");
    }
    top.finish();
    let all: Vec<Phrase<'_>> = found
        .iter()
        .take(PHRASES_MAX)
        .map(|(list, danger)| Phrase { list: *list, text: &danger.text, tonal: tonal.contains(&danger.language) })
        .collect();
    Safety { words: Words::new(&all), phrases: found.into_iter().map(|(_, danger)| danger).collect(), call }
}

fn class_named(section: &Section<'_>, name: &Text<'_>) -> Option<usize> {
    let found = CLASSES.iter().position(|class| *class == name.value);
    if found.is_none() {
        let what = format!("there is no class of danger named `{}`", name.value);
        section.problem(&name.place, what, format!("choose one of: {}", CLASSES.join(", ")));
    }
    found
}

/// `gas = ["911", "800-882-3377"]` and so on, one key a class.
fn numbers(section: &Section<'_>) -> BTreeMap<&'static str, Vec<String>> {
    let mut call: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (name, node) in section.entries() {
        let Some(class) = class_named(section, &name) else { continue };
        list(section, &name, node, "numbers", |number| {
            call.entry(CLASSES[class]).or_default().push(number.value.into())
        });
    }
    call
}

/// The texts of a list; each thing that is none is a problem.
fn list<'d>(section: &Section<'d>, name: &Text<'d>, node: &'d Node, of: &str, mut keep: impl FnMut(Text<'d>)) {
    let Value::List(items) = &node.value else {
        let what = format!("`{}` is {}, not a list of {of}", name.value, node.value.kind());
        return section.problem(&node.place, what, format!("write `{} = [\"…\", \"…\"]`", name.value));
    };
    for item in items {
        match &item.value {
            Value::Text(text) => keep(Text { value: text, place: item.place.clone() }),
            _ => section.problem(&item.place, format!("one of the {of} is not a text"), "write it in quotes"),
        }
    }
}

/// `en = ["gas leak", …]` and so on, one key a language.
fn phrases(section: &Section<'_>, mut keep: impl FnMut(Danger)) {
    for (language, node) in section.entries() {
        list(section, &language, node, "phrases", |phrase| {
            if is_short(&phrase) {
                let what = format!("`{}` is too short to mean danger", phrase.value);
                return section.problem(&phrase.place, what, "write a whole word");
            }
            keep(Danger { class: "", language: language.value.to_string(), text: phrase.value.to_owned() });
        });
    }
}

/// One letter would be found everywhere.
fn is_short(text: &Text<'_>) -> bool {
    Folded::new(text.value.trim().trim_end_matches('*')).as_str().chars().filter(|c| c.is_alphanumeric()).count() < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../config/safety.toml");

    fn shipped() -> Safety {
        Safety::parse(SHIPPED).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn class(text: &str) -> Option<&'static str> {
        shipped().find(text).map(|hit| hit.class)
    }

    /// What the first lexicon held: class, then every phrase of every language.
    const LEXICON: [(&str, &str); 4] = [
        (
            "gas",
            "smell gas|rotten eggs|gas leak|fuga de gas|huele a gas|утечка газа|пахнет газом|煤气泄漏|闻到煤气味|瓦斯外洩|rò rỉ khí gas|mùi gas",
        ),
        (
            "downed_wire",
            "downed line|wire in street|sparking|cable caído|chispas|оборван провод|искрит|电线掉下来|電線掉落|冒火花|dây điện đứt|tóe lửa",
        ),
        (
            "suicide_self_harm",
            "kill myself|end my life|suicide|suicidarme|quitarme la vida|покончить с собой|自杀|自殺|不想活|tự tử|không muốn sống",
        ),
        (
            "violence_in_progress",
            "gun|shots fired|stabbing|breaking in right now|hitting her|disparos|pistola|me está pegando|стреляют|бьёт|开枪|開槍|打人|bắn súng|đang đánh",
        ),
    ];

    #[test]
    fn every_phrase_is_found_alone_in_a_sentence_and_shouted() {
        let safety = shipped();
        for (class, phrases) in LEXICON {
            for phrase in phrases.split('|') {
                let is_han = phrase.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
                let sentences = [
                    phrase.to_string(),
                    format!("Please help, {phrase}! 5th and Main"),
                    phrase.to_uppercase(),
                    if is_han { format!("请快来{phrase}了") } else { format!("xyz {phrase}. xyz") },
                ];
                for sentence in sentences {
                    assert_eq!(safety.find(&sentence).map(|hit| hit.class), Some(class), "{sentence}");
                }
            }
        }
    }

    #[test]
    fn phrases_typed_without_accents_are_found() {
        for (text, wanted) in [
            ("hay un cable caido en la calle", "downed_wire"),
            ("me esta pegando mi marido", "violence_in_progress"),
            ("ro ri khi gas trong bep", "gas"),
            ("day dien dut ngoai duong", "downed_wire"),
            ("toi muon tu tu", "suicide_self_harm"),
            ("он меня бьет", "violence_in_progress"),
            ("I feel suicidal", "suicide_self_harm"),
        ] {
            assert_eq!(class(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn every_hard_negative_stays_harmless() {
        for text in [
            "the gas station on 5th is closed",
            "please kill the weeds on the median",
            "someone shot out streetlight number 12",
            "shooting range noise every night",
            "fire hydrant is leaking",
            "dead tree in the park",
            "fireworks past midnight",
            "question about my gas bill",
            "natural gas permit status",
        ] {
            assert_eq!(class(text), None, "{text}");
        }
    }

    #[test]
    fn a_harmless_phrase_takes_away_only_what_it_overlaps() {
        assert_eq!(class("there is a gas leak at the gas station"), Some("gas"));
        assert_eq!(class("I smell gas near the fire hydrant"), Some("gas"));
        assert_eq!(class("they smell gas station food"), None);
        assert_eq!(class("my gas bill is high and I want to end my life"), Some("suicide_self_harm"));
    }

    #[test]
    fn ordinary_words_are_not_danger() {
        for text in [
            "it has begun to rain",
            "the gunnera plant",
            "xin nói từ từ",
            "a pothole on my street",
            "провода в порядке",
            "",
        ] {
            assert_eq!(class(text), None, "{text}");
        }
    }

    #[test]
    fn the_worst_class_is_named_when_there_are_several() {
        assert_eq!(class("he has a gun and I want to kill myself"), Some("suicide_self_harm"));
    }

    #[test]
    fn what_is_wrong_with_the_file_is_said_with_line_and_remedy() {
        for (text, line, what, mend) in [
            ("[class.gaz]\nen = [\"gas leak\"]", "1:", "no class of danger named `gaz`", "gas"),
            ("[class.gas]\nen = \"gas leak\"", "2:6:", "not a list of phrases", "en = ["),
            ("[class.gas]\nen = [\"x\"]", "2:7:", "too short", "whole word"),
            ("[class.gas]\nen = [1]", "2:7:", "not a text", "quotes"),
            ("tonic = [\"vi\"]\n[class.gas]\nen = [\"gas leak\"]", "1:1:", "`tonic` is not a known key", "tonal"),
            ("[harmless]\nen = [\"gas bill\"]", "", "`[class]` is missing", "class.gas"),
        ] {
            let problem = &Safety::parse(text).unwrap_err()[0];
            let shown = problem.to_string();
            assert!(shown.starts_with("safety.toml:") && shown.contains(line), "{shown}");
            assert!(problem.what.contains(what) && problem.mend.contains(mend), "{shown}");
        }
    }
}
