//! Which language a short text is in: a table of what people write, and how many of them must be told right.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use steelbridge::channels::email::mail::automatic::Own;
use steelbridge::channels::email::mail::token::Tokens;
use steelbridge::channels::email::sorting::{Hints, Sorter};
use steelbridge::channels::post::Fate;
use steelbridge::intake::Detector;
use steelbridge::intake::language::choose;
use steelbridge::message::{Inbound, LanguageSource};
use steelbridge::routing::ids::Word;

/// Texts by language, by part of the table.
type Table = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Nothing can be told, so it goes to the house language.
const HOUSE: &str = "house";
const TABLE: &str = include_str!("data/languages.toml");
/// What the shipped settings and roster offer, and what a city with more languages may add.
const USUAL: &[&str] = &["en", "es", "ru", "uk", "vi", "zh-Hans", "zh-Hant", "so", "ar", "yue", "cmn"];
const MORE: &[&str] = &["fr", "pt", "tl", "ro", "de", "pl", "sw", "fa", "ko", "ja"];

fn table() -> Table {
    toml::from_str(TABLE).expect("the table is TOML")
}

fn word(tag: &str) -> Word {
    Word::new(tag).expect("a short tag")
}

fn detector(languages: &[&[&str]]) -> Detector {
    Detector::new(&languages.concat().into_iter().map(word).collect::<Vec<_>>())
}

/// The texts of a part that are told wrong, by language.
fn misses(detector: &Detector, part: &BTreeMap<String, Vec<String>>) -> Vec<(String, String)> {
    let texts = part.iter().flat_map(|(wanted, texts)| texts.iter().map(move |text| (wanted, text)));
    let wrong = texts.filter_map(|(wanted, text)| {
        let found = choose(None, text, word("en"), detector);
        let told = match found.source {
            LanguageSource::Detected => found.code.to_string(),
            _ => HOUSE.into(),
        };
        (told != *wanted)
            .then(|| (wanted.clone(), format!("{wanted} is told as {told} ({}): {text}", found.confidence)))
    });
    wrong.collect()
}

/// So many in a hundred must be told right.
fn mostly_right(detector: &Detector, part: &BTreeMap<String, Vec<String>>, share: usize) {
    let wrong = misses(detector, part);
    let all = part.values().map(Vec::len).sum::<usize>();
    let lines: Vec<&str> = wrong.iter().map(|(_, line)| line.as_str()).collect();
    println!("{} of {all} are told\n  {}", all - wrong.len(), lines.join("\n  "));
    assert!((all - wrong.len()) * 100 >= all * share, "fewer than {share} % are told:\n  {}", lines.join("\n  "));
    for (language, texts) in part {
        let missed = wrong.iter().filter(|(wanted, _)| wanted == language).count();
        assert!(missed * 3 <= texts.len(), "a third of {language} is missed:\n  {}", lines.join("\n  "));
    }
}

#[test]
fn what_people_write_is_told_in_the_languages_that_are_offered() {
    let table = table();
    let texts: usize = table.values().flat_map(BTreeMap::values).map(Vec::len).sum();
    assert!(texts >= 280 && table["usual"].len() >= 20, "the table is there: {texts} texts");
    let detector = detector(&[USUAL]);
    mostly_right(&detector, &table["usual"], 98);
    mostly_right(&detector, &table["mixed"], 98);
    mostly_right(&detector, &table["later"], 94);
}

#[test]
fn more_languages_offered_make_it_no_worse() {
    let (table, detector) = (table(), detector(&[USUAL, MORE]));
    mostly_right(&detector, &table["usual"], 97);
    mostly_right(&detector, &table["mixed"], 98);
    mostly_right(&detector, &table["later"], 92);
    mostly_right(&detector, &table["more"], 95);
}

/// What a mail opens, as the reception is given it.
fn opened(raw: Vec<u8>) -> Inbound {
    let own = Own { addresses: vec!["311@city.example".into()], ..Own::default() };
    let tokens = Arc::new(Tokens::new([7; 32], "mail.city.example"));
    let sorter = Sorter { own, tokens, mailboxes: [("desk".into(), Hints::default())].into() };
    let sorted = sorter.sort(raw.into()).expect("it can be read");
    match sorter.fate(&sorted, "desk", Vec::new(), None) {
        Fate::Open { inbound, .. } => *inbound,
        _ => panic!("a person's first mail opens a contact"),
    }
}

#[test]
fn the_language_of_every_recorded_mail_is_told_from_what_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/email");
    let table = std::fs::read_to_string(folder.join("languages.toml")).expect("a table");
    let table: toml::Table = table.parse().expect("valid TOML");
    let detector = detector(&[USUAL]);
    assert!(table.len() > 30, "the mails are there");
    for (name, entry) in &table {
        let raw = std::fs::read(folder.join(format!("languages/{name}.eml"))).expect("a mail for each entry");
        let inbound = opened(raw);
        let told = choose(inbound.language, &inbound.text, word("en"), &detector);
        let found = format!("{} {}", told.code, format!("{:?}", told.source).to_lowercase());
        assert_eq!(Some(found.as_str()), entry.get("language").and_then(toml::Value::as_str), "{name}");
        assert_eq!(told.source == LanguageSource::Detected, told.confidence >= 60, "{name}: {}", told.confidence);
    }
}

#[test]
fn too_little_to_tell_is_never_told() {
    let table = table();
    for detector in [detector(&[USUAL]), detector(&[USUAL, MORE])] {
        for part in ["usual", "later"] {
            let house = BTreeMap::from([(HOUSE.to_owned(), table[part][HOUSE].clone())]);
            assert_eq!(misses(&detector, &house), [], "{part}");
        }
    }
}

/// A city that offers one language has nothing to tell apart by models, and still hears what scripts and words say.
#[test]
fn one_language_alone_is_not_seen_everywhere() {
    let detector = detector(&[&["en"]]);
    let told = |text: &str| detector.detect(text).map(|found| found.code.to_string());
    assert_eq!(told("zgjidhje ndihma lutem shpejt"), None);
    assert_eq!(told("Яма на дороге").as_deref(), Some("ru"));
    assert_eq!(told("No recogieron la basura de mi calle esta semana").as_deref(), Some("es"));
}

/// Some mail programs send every accent as a character of its own; shouting is not another language.
#[test]
fn neither_loose_accents_nor_capitals_change_the_language() {
    let detector = detector(&[USUAL]);
    let told = |text: &str| detector.detect(text).map(|found| found.code.to_string());
    assert_eq!(told("Rác nha\u{300} tôi không đươ\u{323}c thu gom").as_deref(), Some("vi"));
    assert_eq!(told("HAY UN BACHE ENORME EN MI CALLE").as_deref(), Some("es"));
    assert_eq!(told("MY TRASH WAS NOT PICKED UP THIS WEEK").as_deref(), Some("en"));
}
