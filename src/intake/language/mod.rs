//! Which language a contact is in: what a person chose, else what the text shows, else the house language.

mod chinese;
mod models;
mod script;
mod telling_words;

use crate::message::{LanguageChoice, LanguageSource};
use crate::routing::ids::Word;
use models::Models;

/// What is looked at of a text, in characters: enough to tell, and a long mail takes no longer than a short one.
const LOOKED_AT: usize = 500;
/// How sure we are of a hint: a mailbox's language, a header of the mail, a browser's preference. In percent.
const HINTED: u8 = 30;

/// Tells languages apart, of those that a programme offers. Built once and shared; it only reads.
#[derive(Debug)]
pub struct Detector {
    models: Models,
}

/// What a text gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub code: Word,
    /// How sure it is, in percent.
    pub confidence: u8,
}

impl Detector {
    /// For the languages that settings offer and representatives use. Scripts tell even those that are not among them,
    /// so that a rep knows which interpreter to call.
    ///
    /// Costs next to nothing: the models stand in the binary and are paged in with the first text that needs them, which
    /// takes some 10 ms and, for six languages, 24 MiB of memory that the system can take back; 1 MiB stays ours. A short
    /// text then takes 0.3 ms, one of 500 characters 3 ms.
    pub fn new(offered: &[Word]) -> Detector {
        Detector { models: Models::of(offered) }
    }

    /// The language of a text as far as it can be told; `None` for too little or too mixed a text.
    pub fn detect(&self, text: &str) -> Option<Found> {
        let said = plain_words(text);
        script::of(&said, &self.models)
    }
}

/// Decide the language. The first of these that there is: a person's, a rep's or a caller's choice; the language the
/// conversation is in already; what the text shows; a hint; the house language, so that nobody is locked out.
pub fn choose(given: Option<LanguageChoice>, text: &str, house: Word, detector: &Detector) -> LanguageChoice {
    if let Some(choice) = given
        && choice.source <= LanguageSource::Detected
    {
        return LanguageChoice { code: tidy(choice.code), ..choice };
    }
    if let Some(Found { code, confidence }) = detector.detect(text) {
        return LanguageChoice { code, source: LanguageSource::Detected, confidence };
    }
    let source = LanguageSource::Default;
    match given {
        Some(hint) => LanguageChoice { code: tidy(hint.code), source, confidence: HINTED },
        None => LanguageChoice { code: house, source, confidence: 0 },
    }
}

/// A tag in the spelling the roster uses: Chinese by script, all others without region (`es-MX` → `es`).
pub fn tidy(tag: Word) -> Word {
    let lower = tag.as_str().replace('_', "-").to_ascii_lowercase();
    let mut parts = lower.split('-');
    let primary = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    if primary == "zh" {
        return match rest.as_slice() {
            [] => word("zh-Hans"),
            rest if rest.contains(&"hans") => word("zh-Hans"),
            rest if rest.iter().any(|part| ["hant", "tw", "hk", "mo"].contains(part)) => word("zh-Hant"),
            _ => word("zh-Hans"),
        };
    }
    Word::new(primary).unwrap_or(tag)
}

/// The beginning of a text, without what is in no language: addresses, links, numbers.
fn plain_words(text: &str) -> String {
    let said = |word: &&str| {
        let link = word.contains("://") || word.starts_with("www.") || word.contains('@');
        !link && !word.contains(|c: char| c.is_ascii_digit())
    };
    let beginning: String = text.chars().take(LOOKED_AT).collect();
    beginning.split_whitespace().filter(said).collect::<Vec<_>>().join(" ")
}

fn word(tag: &str) -> Word {
    Word::new(tag).expect("language tags are short")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(code: &str, source: LanguageSource) -> Option<LanguageChoice> {
        Some(LanguageChoice::new(word(code), source))
    }

    fn detector() -> Detector {
        Detector::new(&["en", "es", "ru", "uk", "vi"].map(word))
    }

    fn chosen(choice: Option<LanguageChoice>, text: &str) -> (String, LanguageSource, u8) {
        let choice = choose(choice, text, word("en"), &detector());
        (choice.code.to_string(), choice.source, choice.confidence)
    }

    #[test]
    fn a_choice_stands_whatever_the_text_looks_like() {
        use LanguageSource::*;
        let russian = "Яма на дороге, объехать невозможно";
        assert_eq!(chosen(given("en-US", Person), russian), ("en".into(), Person, 100));
        assert_eq!(chosen(given("vi", Rep), russian), ("vi".into(), Rep, 100));
        assert_eq!(chosen(given("es", Caller), russian), ("es".into(), Caller, 90));
    }

    #[test]
    fn then_the_conversations_language_then_the_text_then_a_hint_then_the_house() {
        use LanguageSource::*;
        let russian = "Яма на дороге, объехать невозможно";
        let thread = LanguageChoice { confidence: 77, ..LanguageChoice::new(word("es"), Detected) };
        assert_eq!(chosen(Some(thread), russian), ("es".into(), Detected, 77));
        let (code, source, confidence) = chosen(given("es", Default), russian);
        assert_eq!((code.as_str(), source), ("ru", Detected));
        assert!((60..=100).contains(&confidence), "{confidence}");
        assert_eq!(chosen(given("es-MX", Default), "Bache"), ("es".into(), Default, 30));
        assert_eq!(chosen(None, "hi"), ("en".into(), Default, 0));
    }

    #[test]
    fn only_the_beginning_is_looked_at_and_no_links() {
        assert_eq!(detector().detect(&format!("{}{}", "1 ".repeat(250), "Яма на дороге, объехать нельзя")), None);
        assert_eq!(plain_words("see https://a.example/улица me@улица.example 82nd ok"), "see ok");
    }

    #[test]
    fn tags_are_tidied() {
        for (tag, wanted) in [
            ("es-MX", "es"),
            ("zh", "zh-Hans"),
            ("zh-TW", "zh-Hant"),
            ("zh-hant-HK", "zh-Hant"),
            ("zh-CN", "zh-Hans"),
            ("EN_us", "en"),
            ("yue", "yue"),
        ] {
            assert_eq!(tidy(word(tag)), word(wanted), "{tag}");
        }
    }
}
