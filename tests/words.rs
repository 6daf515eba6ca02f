//! The small words of routing hold for every value: names, spans, and who serves which need.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use steelbridge::routing::ids::{Channel, Span, Timestamp, WORD_MAX, Word};
use steelbridge::routing::skill::{Ability, Lack, LanguageLevel, Mode, Need, SkillLevel};

fn word(text: &str) -> Word {
    Word::new(text).expect("short enough")
}

proptest! {
    #[test]
    fn a_word_keeps_any_text_of_1_to_23_bytes_and_refuses_the_rest(text in ".{0,30}") {
        match Word::new(&text) {
            Ok(word) => {
                prop_assert!((1..=WORD_MAX).contains(&text.len()));
                prop_assert_eq!(word.as_str(), text.as_str());
                prop_assert_eq!(word.to_string(), text.clone());
                let json = serde_json::to_string(&word).unwrap();
                prop_assert_eq!(&json, &serde_json::to_string(&text).unwrap(), "spelled as a plain string");
                prop_assert_eq!(serde_json::from_str::<Word>(&json).unwrap(), word);
                prop_assert_eq!(postcard::from_bytes::<Word>(&postcard::to_stdvec(&word).unwrap()).unwrap(), word);
            }
            Err(error) => {
                prop_assert!(text.is_empty() || text.len() > WORD_MAX);
                prop_assert_eq!(error.0, text.len());
                prop_assert!(serde_json::from_value::<Word>(text.into()).is_err(), "nor does JSON bring it in");
            }
        }
    }

    #[test]
    fn words_are_equal_exactly_when_their_texts_are(a in "[a-c]{1,3}", b in "[a-c]{1,3}") {
        prop_assert_eq!(word(&a) == word(&b), a == b);
    }

    #[test]
    fn time_and_spans_go_there_and_back(at in -1_000_000_000_000_000i64..2_000_000_000_000_000, by in -4_000_000_000_000i64..4_000_000_000_000) {
        let later = Timestamp(at) + Span(by);
        prop_assert_eq!(later - Timestamp(at), Span(by));
        prop_assert_eq!(Span(by).as_secs(), by.div_euclid(1_000_000));
    }

    #[test]
    fn a_rep_serves_a_need_exactly_when_they_lack_nothing(ability in abilities(), need in needs()) {
        prop_assert_eq!(ability.serves(&need), ability.lacks(&need).is_empty());
    }

    /// Written out the long way, from the glossary.
    #[test]
    fn serving_means_channel_language_in_that_mode_and_every_skill_at_its_level(ability in abilities(), need in needs()) {
        let level = |skill: Word| ability.skills.iter().filter(|s| s.skill == skill).map(|s| s.level).max().unwrap_or(0);
        let has_all = |skills: &[SkillLevel]| skills.iter().all(|s| level(s.skill) >= s.level);
        let understands = ability.languages.iter().any(|l| {
            let able = if need.mode == Mode::Speak { l.speak >= 1 } else { l.write >= 1 };
            able && (l.language == need.language || need.interpreter == Some(l.language))
        });
        let skilled = has_all(&need.skills) || (!need.or_skills.is_empty() && has_all(&need.or_skills));
        let expected = ability.channels.contains(&need.channel) && understands && skilled;
        prop_assert_eq!(ability.serves(&need), expected);
    }

    #[test]
    fn widening_never_shuts_anyone_out(ability in abilities(), need in needs(), which in 0usize..4, skills in skills()) {
        let mut wider = need.clone();
        match which {
            0 => wider.interpreter = wider.interpreter.or(Some(word("en"))),
            1 => wider.skills.iter_mut().for_each(|s| s.level = s.level.saturating_sub(1).max(1)),
            2 => drop(wider.skills.pop()),
            _ if need.or_skills.is_empty() => wider.or_skills = skills,
            _ => {}
        }
        prop_assert!(!ability.serves(&need) || ability.serves(&wider));
    }

    #[test]
    fn learning_more_never_loses_a_need(ability in abilities(), need in needs(), which in 0usize..3) {
        let mut learned = ability.clone();
        match which {
            0 => learned.channels = Channel::ALL.to_vec(),
            1 => learned.languages.iter_mut().for_each(|l| { l.speak = 5; l.write = 5; }),
            _ => learned.skills.iter_mut().for_each(|s| s.level = 5),
        }
        prop_assert!(!ability.serves(&need) || learned.serves(&need));
    }

    #[test]
    fn what_is_lacking_is_named(ability in abilities(), need in needs()) {
        for lack in ability.lacks(&need) {
            match lack {
                Lack::Channel { channel } => prop_assert!(channel == need.channel && !ability.channels.contains(&channel)),
                Lack::Language { language, mode } => prop_assert!(mode == need.mode && language == need.interpreter.unwrap_or(need.language)),
                Lack::Skill { skill, wanted, has } => {
                    prop_assert!(has < wanted);
                    let asked = SkillLevel { skill, level: wanted };
                    prop_assert!(need.skills.contains(&asked));
                }
            }
        }
    }
}

fn channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(Channel::ALL.to_vec())
}

fn skills() -> impl Strategy<Value = Vec<SkillLevel>> {
    let names = prop::sample::select(vec!["water", "streets", "permits"]);
    btree_map(names, 1u8..=5, 0..=3)
        .prop_map(|m| m.into_iter().map(|(s, level)| SkillLevel { skill: word(s), level }).collect())
}

fn abilities() -> impl Strategy<Value = Ability> {
    let language = (prop::sample::select(vec!["en", "es", "yue", "zh"]), 0u8..=5, 0u8..=5);
    (btree_set(channel(), 0..=6), vec(language, 0..=3), skills()).prop_map(|(channels, languages, skills)| {
        let mut languages: Vec<LanguageLevel> = languages
            .into_iter()
            .map(|(language, speak, write)| LanguageLevel { language: word(language), speak, write })
            .collect();
        languages.sort();
        languages.dedup_by_key(|l| l.language);
        Ability { channels: channels.into_iter().collect(), languages, skills }
    })
}

fn needs() -> impl Strategy<Value = Need> {
    let languages = prop::sample::select(vec!["en", "es", "yue", "zh", "vi"]);
    (channel(), languages, any::<bool>(), prop::bool::weighted(0.2), skills(), skills(), prop::bool::weighted(0.3))
        .prop_map(|(channel, language, speak, interpreter, skills, or_skills, widened)| Need {
            channel,
            language: word(language),
            mode: if speak { Mode::Speak } else { Mode::Write },
            interpreter: interpreter.then(|| word("en")),
            skills,
            or_skills: if widened { or_skills } else { Vec::new() },
        })
}
