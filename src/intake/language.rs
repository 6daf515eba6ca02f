//! Which language a contact is in: what a person chose, else what the script shows, else the house language (R6, R7).

use crate::message::{LanguageChoice, LanguageSource};
use crate::routing::ids::Word;

/// Letters of one script that are enough to tell, of the first ones looked at.
const ENOUGH: usize = 4;
const LOOKED_AT: usize = 2_000;
/// A language needs this share of all letters, in percent: a street name in another script does not count.
const SHARE: usize = 60;

/// Written only with simplified, or only with traditional characters; the most frequent ones.
const SIMPLIFIED: &str =
    "们这个说国时会来对发电车路线气东门问间见长马开关无为与书动从现两应该让过还进边树水样点头单报坏请谢话语";
const TRADITIONAL: &str =
    "們這個說國時會來對發電車路線氣東門問間見長馬開關無為與書動從現兩應該讓過還進邊樹水樣點頭單報壞請謝話語";

/// Decide the language. A person's, a rep's or a caller's choice stands; detection fills the gap; what cannot be told
/// goes to the house language, so nobody is locked out.
pub fn choose(given: Option<LanguageChoice>, text: &str, house: Word) -> LanguageChoice {
    match given {
        Some(choice) if choice.source <= LanguageSource::Caller => LanguageChoice { code: tidy(choice.code), ..choice },
        given => match detect(text) {
            Some(code) => LanguageChoice { code, source: LanguageSource::Detected },
            None => {
                let code = given.map_or(house, |choice| tidy(choice.code));
                LanguageChoice { code, source: LanguageSource::Default }
            }
        },
    }
}

/// A tag in the spelling the roster uses: Chinese by script, all others without region (`es-MX` → `es`).
fn tidy(tag: Word) -> Word {
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

/// What the script alone gives away; `None` for Latin text without Vietnamese letters, and for too little text.
fn detect(text: &str) -> Option<Word> {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).take(LOOKED_AT).collect();
    let tags = letters.iter().filter_map(|c| script(*c));
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for tag in tags {
        match counts.iter_mut().find(|(known, _)| *known == tag) {
            Some((_, count)) => *count += 1,
            None => counts.push((tag, 1)),
        }
    }
    let (tag, count) = counts.iter().copied().max_by_key(|(_, count)| *count)?;
    if tag == "vi" {
        // its own letters are about one in eight of Vietnamese text; the others are plain Latin
        return (count >= 2 && count * 20 >= letters.len()).then(|| word("vi"));
    }
    // a Chinese character is a word, and Japanese mixes it with kana
    let kana = counts.iter().find(|(tag, _)| *tag == "ja").map_or(0, |(_, count)| *count);
    let enough = if tag == "zh" { 2 } else { ENOUGH };
    if count + kana < enough || (count + kana) * 100 < letters.len() * SHARE {
        return None;
    }
    Some(word(match tag {
        "zh" if kana > 0 => "ja",
        "zh" => han(&letters),
        "ru" => cyrillic(&letters),
        "ar" if letters.iter().any(|c| "پچژگ".contains(*c)) => "fa",
        tag => tag,
    }))
}

/// The language that a letter's script usually stands for.
fn script(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{0400}'..='\u{052f}' => "ru",
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => "zh",
        '\u{3040}'..='\u{30ff}' => "ja",
        '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => "ko",
        '\u{0600}'..='\u{06ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' => "ar",
        '\u{0590}'..='\u{05ff}' => "he",
        '\u{0e00}'..='\u{0e7f}' => "th",
        '\u{0e80}'..='\u{0eff}' => "lo",
        '\u{1780}'..='\u{17ff}' => "km",
        '\u{1000}'..='\u{109f}' => "my",
        '\u{1200}'..='\u{139f}' => "am",
        '\u{0370}'..='\u{03ff}' => "el",
        '\u{0530}'..='\u{058f}' => "hy",
        '\u{10a0}'..='\u{10ff}' => "ka",
        '\u{1ea0}'..='\u{1ef9}' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | 'đ' | 'Đ' => "vi",
        _ => return None,
    })
}

fn cyrillic(letters: &[char]) -> &'static str {
    let count = |set: &str| letters.iter().filter(|c| set.contains(**c)).count();
    if count("іїєґІЇЄҐ") > count("ыэъёЫЭЪЁ") { "uk" } else { "ru" }
}

fn han(letters: &[char]) -> &'static str {
    // characters that stand in both lists tell nothing
    let only = |set: &str, other: &str| letters.iter().filter(|c| set.contains(**c) && !other.contains(**c)).count();
    if only(TRADITIONAL, SIMPLIFIED) > only(SIMPLIFIED, TRADITIONAL) { "zh-Hant" } else { "zh-Hans" }
}

fn word(tag: &str) -> Word {
    Word::new(tag).expect("language tags are short")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(code: &str, source: LanguageSource) -> Option<LanguageChoice> {
        Some(LanguageChoice { code: word(code), source })
    }

    fn chosen(choice: Option<LanguageChoice>, text: &str) -> (String, LanguageSource) {
        let choice = choose(choice, text, word("en"));
        (choice.code.to_string(), choice.source)
    }

    #[test]
    fn a_choice_stands_whatever_the_text_looks_like() {
        use LanguageSource::*;
        let russian = "Яма на дороге";
        assert_eq!(chosen(given("en", Person), russian), ("en".into(), Person));
        assert_eq!(chosen(given("vi", Rep), russian), ("vi".into(), Rep));
        assert_eq!(chosen(given("es", Caller), russian), ("es".into(), Caller));
        assert_eq!(chosen(None, russian), ("ru".into(), Detected));
        assert_eq!(chosen(given("es", Default), russian), ("ru".into(), Detected));
        assert_eq!(chosen(given("es", Default), "Bache"), ("es".into(), Default));
        assert_eq!(chosen(None, "A pothole"), ("en".into(), Default));
    }

    #[test]
    fn scripts_give_languages_away() {
        for (text, wanted) in [
            ("На улице яма", "ru"),
            ("На вулиці є яма, її треба закрити", "uk"),
            ("路上有一个大坑，请来修", "zh-Hans"),
            ("路上有一個大坑，請來修", "zh-Hant"),
            ("道路に穴があります", "ja"),
            ("도로에 구멍이 있어요", "ko"),
            ("هناك حفرة في الشارع", "ar"),
            ("چاله‌ای در خیابان پرگودال", "fa"),
            ("Có một ổ gà trên đường phố", "vi"),
            ("ที่ถนนมีหลุม", "th"),
            ("በመንገድ ላይ ጉድጓድ አለ", "am"),
        ] {
            assert_eq!(chosen(None, text), (wanted.into(), LanguageSource::Detected), "{text}");
        }
    }

    #[test]
    fn too_little_or_mixed_text_goes_to_the_house_language() {
        for text in ["", "да", "Pothole at the corner of Москва café", "!!! 123", "Déjà vu, São Paulo, Đ"]
        {
            assert_eq!(chosen(None, text), ("en".into(), LanguageSource::Default), "{text}");
        }
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
