//! Whatever is written or said: no text makes the readers panic, and every problem can be shown.

use super::{SHIPPED, SMALL};
use proptest::prelude::*;
use steelbridge::intake::{Safety, language};
use steelbridge::message::LanguageSource;
use steelbridge::plan::words::{Folded, Phrase, Words};
use steelbridge::plan::{Plan, roster};
use steelbridge::routing::ids::Word;
use steelbridge::simulate::Scenario;

const SAFETY: &str = include_str!("../../config/safety.toml");
const ROSTER: &str = include_str!("../../config/roster.toml");
const SCENARIO: &str = include_str!("../../config/scenarios/storm.toml");

/// A text with a piece cut out and another put in.
fn spoilt(text: &str, from: usize, length: usize, piece: &str) -> String {
    let boundary =
        |at: usize| (at % (text.len() + 1)..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let from = boundary(from);
    let to = boundary(from + length.min(text.len() - from));
    format!("{}{piece}{}", &text[..from], &text[to.max(from)..])
}

/// Pieces that mean something in TOML or in a plan.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[\\PC]{0,8}",
        prop::sample::select(
            [
                "[",
                "]",
                "{",
                "}",
                "=",
                "\"",
                "'",
                "\n",
                ",",
                "1e999",
                "99999999999999999999",
                "-1",
                "true",
                "[[rule]]",
                "{ not = ",
                "2026-01-01",
                "\u{0}",
                "żółw"
            ]
            .map(String::from)
            .to_vec()
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_spoilt_text_is_read_or_refused_and_every_problem_can_be_shown(
        which in 0..5usize, from in 0..20_000usize, length in 0..60usize, piece in piece(),
    ) {
        let text = spoilt([SMALL, SHIPPED, SAFETY, ROSTER, SCENARIO][which], from, length, &piece);
        let problems = match which {
            0 | 1 => Plan::parse(&text).err(),
            2 => Safety::parse(&text).err(),
            3 => roster::parse(&text).err(),
            _ => Scenario::parse(&text).err(),
        };
        for problem in problems.unwrap_or_default() {
            prop_assert!(!problem.what.is_empty() && !problem.mend.is_empty(), "{problem}");
        }
    }

    #[test]
    fn any_text_can_be_searched_and_a_phrase_in_it_is_found(before in "\\PC{0,40}", after in "\\PC{0,40}") {
        let words = Words::new(&[Phrase { list: 7, text: "cable caído", tonal: false }]);
        let text = format!("{before} CABLE caido {after}");
        let folded = Folded::new(&text);
        prop_assert!(words.hits(&folded).any(|hit| hit.list == 7 && &folded.as_str()[hit.start..hit.end] == "cable caido"));
    }

    #[test]
    fn any_text_has_a_language_and_the_house_speaks_what_is_unclear(text in "\\PC{0,80}") {
        let [house, es, ru, uk] = ["en", "es", "ru", "uk"].map(|tag| Word::new(tag).unwrap());
        let detector = language::Detector::new(&[house, es, ru, uk]);
        let choice = language::choose(None, &text, house, &detector);
        prop_assert_eq!(choice, language::choose(None, &text, house, &detector));
        match choice.source {
            LanguageSource::Detected => prop_assert!((60..=100).contains(&choice.confidence), "{choice:?}"),
            _ => prop_assert_eq!((choice.code, choice.confidence), (house, 0)),
        }
        if text.chars().filter(|c| c.is_alphabetic()).count() < 2 {
            prop_assert_eq!(choice.source, LanguageSource::Default);
        }
    }
}
