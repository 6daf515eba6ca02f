//! What the letters give away: which script a text is in, and the letters that one language alone writes with.

use super::models::Models;
use super::{Found, chinese, telling_words, word};

/// Letters of a script that are enough to tell it; of Han and kana, where a character may be a word, [`ENOUGH_HAN`].
const ENOUGH: usize = 4;
const ENOUGH_HAN: usize = 2;
/// Letters that are enough to tell languages of the Latin script apart.
const ENOUGH_LATIN: usize = 12;
/// A script other than Latin needs this share of all letters, in percent: people write streets as the signs have them.
const SHARE: usize = 40;
/// A Chinese character says about as much as two letters.
const HAN_WEIGHT: usize = 2;
/// How sure we are of a language that has a script to itself, or letters, in percent.
const BY_SCRIPT: u8 = 98;
const BY_LETTERS: u8 = 95;
/// Russian is taken for granted where nothing in a Cyrillic text speaks for another language.
const BY_HABIT: u8 = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Han,
    Kana,
    Arabic,
    Devanagari,
    Ethiopic,
    /// Written by one language, or by one above all others.
    Of(&'static str),
}

/// Letters that Arabic itself does not have, and the language that does; Persian last, as the others have its letters too.
const ARABIC_LETTERS: [(&str, &str); 4] = [("ur", "ٹڈڑںےہ"), ("ps", "ټډړږښګېۍځڅ"), ("ckb", "ۆێڵڕ"), ("fa", "پچژگکی")];

pub fn of(text: &str, models: &Models) -> Option<Found> {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    let (script, count) = commonest(&letters)?;
    let enough = match script {
        Script::Latin => ENOUGH_LATIN,
        Script::Han | Script::Kana => ENOUGH_HAN,
        _ => ENOUGH,
    };
    match script {
        _ if count < enough => None,
        Script::Latin => latin(text, letters.len(), models),
        Script::Cyrillic => Some(cyrillic(text, &letters, models)),
        Script::Han | Script::Kana => Some(chinese::or_japanese(text, &letters)),
        Script::Arabic => Some(found(arabic(&letters), BY_LETTERS)),
        Script::Devanagari => Some(found(telling_words::nepali_or_hindi(text), BY_LETTERS)),
        // Tigrinya writes this letter in nearly every sentence, Amharic hardly ever
        Script::Ethiopic => Some(found(if letters.contains(&'ኣ') { "ti" } else { "am" }, BY_LETTERS)),
        Script::Of(tag) => Some(found(tag, BY_SCRIPT)),
    }
}

/// The script that most of a text is in; Han and kana are counted together, as Japanese mixes them.
fn commonest(letters: &[char]) -> Option<(Script, usize)> {
    let mut counts: Vec<(Script, usize)> = Vec::new();
    for letter in letters {
        let script = match script_of(*letter) {
            Some(Script::Kana) => Script::Han,
            Some(script) => script,
            None => continue,
        };
        match counts.iter_mut().find(|(known, _)| *known == script) {
            Some((_, count)) => *count += 1,
            None => counts.push((script, 1)),
        }
    }
    // what is not Latin is meant: names and streets are written in Latin letters everywhere
    let other = counts.iter().copied().filter(|(script, _)| *script != Script::Latin).max_by_key(|(_, count)| *count);
    let latin = counts.iter().copied().find(|(script, _)| *script == Script::Latin);
    let all: usize = counts.iter().map(|(script, count)| count * weight(*script)).sum();
    other.filter(|(script, count)| count * weight(*script) * 100 >= all * SHARE).or(latin)
}

fn weight(script: Script) -> usize {
    if matches!(script, Script::Han | Script::Kana) { HAN_WEIGHT } else { 1 }
}

fn script_of(c: char) -> Option<Script> {
    Some(match c {
        'a'..='z' | 'A'..='Z' | '\u{00c0}'..='\u{024f}' | '\u{1e00}'..='\u{1eff}' => Script::Latin,
        '\u{0400}'..='\u{052f}' => Script::Cyrillic,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2ebef}' => Script::Han,
        '\u{3040}'..='\u{30ff}' => Script::Kana,
        '\u{0600}'..='\u{06ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' => Script::Arabic,
        '\u{0900}'..='\u{097f}' => Script::Devanagari,
        '\u{1200}'..='\u{139f}' => Script::Ethiopic,
        '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' => Script::Of("ko"),
        '\u{0590}'..='\u{05ff}' => Script::Of("he"),
        '\u{0980}'..='\u{09ff}' => Script::Of("bn"),
        '\u{0a00}'..='\u{0a7f}' => Script::Of("pa"),
        '\u{0a80}'..='\u{0aff}' => Script::Of("gu"),
        '\u{0b80}'..='\u{0bff}' => Script::Of("ta"),
        '\u{0c00}'..='\u{0c7f}' => Script::Of("te"),
        '\u{0e00}'..='\u{0e7f}' => Script::Of("th"),
        '\u{0e80}'..='\u{0eff}' => Script::Of("lo"),
        '\u{1780}'..='\u{17ff}' => Script::Of("km"),
        '\u{1000}'..='\u{109f}' => Script::Of("my"),
        '\u{0370}'..='\u{03ff}' => Script::Of("el"),
        '\u{0530}'..='\u{058f}' => Script::Of("hy"),
        '\u{10a0}'..='\u{10ff}' => Script::Of("ka"),
        _ => return None,
    })
}

/// Vietnamese by its letters, some languages by the words they cannot do without, the others by their models.
fn latin(text: &str, letters: usize, models: &Models) -> Option<Found> {
    // its own letters are about one in eight of Vietnamese text; a name in it is not a text in it
    let own = text.chars().filter(|c| is_vietnamese(*c)).count();
    if own >= 2 && own * 20 >= letters {
        return Some(found("vi", BY_LETTERS));
    }
    if are_names(text) {
        return None;
    }
    telling_words::latin(text).or_else(|| models.clear(text))
}

/// Nothing but words in capitals' clothes, as in `SE Cesar E Chavez Blvd`: a street is no sentence.
fn are_names(text: &str) -> bool {
    let small = |word: &str| word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_lowercase);
    text.contains(char::is_lowercase) && !text.split_whitespace().any(small)
}

/// Letters with two marks, and the marks by themselves that no other language puts on Latin letters: some mail
/// programs write every mark as a character of its own.
fn is_vietnamese(c: char) -> bool {
    matches!(c, '\u{1ea0}'..='\u{1ef9}' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | 'đ' | 'Đ' | '\u{0309}' | '\u{031b}' | '\u{0323}')
}

fn cyrillic(text: &str, letters: &[char], models: &Models) -> Found {
    let count = |set: &str| letters.iter().filter(|c| set.contains(**c)).count();
    let (ukrainian, russian) = (count("іїєґІЇЄҐ"), count("ыэъёЫЭЪЁ"));
    if ukrainian != russian {
        return found(if ukrainian > russian { "uk" } else { "ru" }, BY_LETTERS);
    }
    if let Some(found) = telling_words::cyrillic(text) {
        return found;
    }
    let both = models.offers("ru") && models.offers("uk");
    let clear = if both { models.clear(text) } else { None };
    clear.unwrap_or(found("ru", BY_HABIT))
}

fn arabic(letters: &[char]) -> &'static str {
    let has = |set: &str| letters.iter().any(|c| set.contains(*c));
    ARABIC_LETTERS.iter().find(|(_, own)| has(own)).map_or("ar", |(tag, _)| tag)
}

fn found(tag: &str, confidence: u8) -> Found {
    Found { code: word(tag), confidence }
}
