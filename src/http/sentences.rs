//! Reasons in plain English: why this contact came to you; [`explanation`]: why it still waits, what each rep is missing.

mod explanation;

pub use explanation::explanation;

use crate::routing::event::{Chosen, Handed, Reason};
use crate::routing::ids::{Channel, RepId, Span, Urgency};
use crate::routing::skill::{Mode, Need, SkillLevel, Way};

/// Why an offer came to you, for example "You: Spanish (written) + streets; waited 4 min; urgent. 3 could have taken it; you leave
/// the fewest scarce skills unused."
pub fn offer(need: &Need, urgency: Urgency, reason: &Reason, me: RepId, name: impl Fn(RepId) -> String) -> String {
    let handed = reason.handed.map(|handed| format!("{} ", handed_over(handed, me, name))).unwrap_or_default();
    if reason.chosen == Chosen::Emergency {
        return format!("Emergency: offered to everyone who is signed in. {handed}It asks for {}.", asked(need));
    }
    let served = reason.way.map_or_else(|| asked(need), |way| served(need, way));
    let mut first = format!("You: {served}; waited {}", span(reason.waited));
    if urgency != Urgency::Normal {
        first = format!("{first}; {}", urgency.name());
    }
    match (reason.handed, reason.chosen) {
        (Some(_), Chosen::Preferred) => format!("{first}. {}", handed.trim_end()),
        _ => format!("{first}. {handed}{}", chosen(reason)),
    }
}

fn handed_over(handed: Handed, me: RepId, name: impl Fn(RepId) -> String) -> String {
    match handed.to {
        Some(to) if to == me => format!("It was handed over by {} to you.", name(handed.by)),
        Some(to) => format!("It was handed over by {} to {}.", name(handed.by), name(to)),
        None => format!("It was handed over by {}.", name(handed.by)),
    }
}

fn chosen(reason: &Reason) -> String {
    let among = |why: &str| format!("{} could have taken it; {why}.", reason.could_serve);
    match reason.chosen {
        Chosen::Only => "Only you could take it when it was offered.".into(),
        Chosen::Preferred => "It was kept for you.".into(),
        Chosen::SparesScarce => among("you leave the fewest scarce skills unused"),
        Chosen::LeastLoaded => among("you have the most room"),
        Chosen::LongestIdle => among("you have been free the longest"),
        Chosen::MostSkilled => among("you have the most skill for it"),
        Chosen::LowestNumber => among("all else was equal"),
        Chosen::Emergency => "An emergency goes to everyone.".into(),
    }
}

/// What a need asks for, with every way that will do: "Spanish (written) or through an interpreter + streets 2".
pub fn asked(need: &Need) -> String {
    let own = language_in(need.language.as_str(), need.mode);
    let all =
        with_skills(if need.interpreter.is_some() { own + " or through an interpreter" } else { own }, &need.skills);
    if need.or_skills.is_empty() {
        return all;
    }
    let other: Vec<_> = need.or_skills.iter().map(|s| skill(s.skill.as_str(), s.level)).collect();
    format!("{all} (or {} instead)", other.join(" + "))
}

/// The way one rep serves a need: "Spanish (written) + streets 2" by who writes it, whatever else would do.
fn served(need: &Need, way: Way) -> String {
    let language = if way.interpreter {
        format!("{} through an interpreter", language(need.language.as_str()))
    } else {
        language_in(need.language.as_str(), need.mode)
    };
    with_skills(language, if way.other_skills { &need.or_skills } else { &need.skills })
}

fn with_skills(language: String, skills: &[SkillLevel]) -> String {
    skills.iter().fold(language, |all, s| format!("{all} + {}", skill(s.skill.as_str(), s.level)))
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Chat => "chat",
        Channel::Form => "web form",
        Channel::Phone => "phone",
        Channel::Sms => "text message",
        Channel::Counter => "walk-in",
    }
}

fn skill(name: &str, level: u8) -> String {
    if level > 1 { format!("{name} {level}") } else { name.to_owned() }
}

fn language_in(code: &str, mode: Mode) -> String {
    let how = match mode {
        Mode::Speak => "spoken",
        Mode::Write => "written",
    };
    format!("{} ({how})", language(code))
}

/// The English name of the languages a US city serves most; otherwise the tag.
fn language(code: &str) -> &str {
    const NAMES: [(&str, &str); 28] = [
        ("am", "Amharic"),
        ("ar", "Arabic"),
        ("chk", "Chuukese"),
        ("cmn", "Mandarin"),
        ("de", "German"),
        ("en", "English"),
        ("es", "Spanish"),
        ("fa", "Persian"),
        ("fr", "French"),
        ("hi", "Hindi"),
        ("ht", "Haitian Creole"),
        ("ja", "Japanese"),
        ("km", "Khmer"),
        ("ko", "Korean"),
        ("lo", "Lao"),
        ("mam", "Mam"),
        ("my", "Burmese"),
        ("ne", "Nepali"),
        ("pl", "Polish"),
        ("pt", "Portuguese"),
        ("ro", "Romanian"),
        ("ru", "Russian"),
        ("so", "Somali"),
        ("sw", "Swahili"),
        ("tl", "Tagalog"),
        ("uk", "Ukrainian"),
        ("vi", "Vietnamese"),
        ("yue", "Cantonese"),
    ];
    match code {
        "zh" | "zh-Hans" => "Chinese (simplified)",
        "zh-Hant" => "Chinese (traditional)",
        "ase" => "American Sign Language",
        _ => NAMES.iter().find(|(tag, _)| *tag == code).map_or(code, |(_, name)| name),
    }
}

/// "8 s", "4 min", "2 h 5 min", "3 days": as exact as people need it.
pub fn span(span: Span) -> String {
    let secs = span.as_secs().max(0);
    match (secs / 60, secs / 3_600, secs / 86_400) {
        (0, ..) => format!("{secs} s"),
        (mins, 0, _) => format!("{mins} min"),
        (mins, hours, 0) if mins % 60 > 0 => format!("{hours} h {} min", mins % 60),
        (_, hours, 0) => format!("{hours} h"),
        (_, _, 1) => "1 day".into(),
        (_, _, days) => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::ids::{NeedId, Word};
    use crate::routing::skill::SkillLevel;

    pub(super) fn word(text: &str) -> Word {
        Word::new(text).unwrap()
    }

    pub(super) fn need(language: &str, skills: &[(&str, u8)]) -> Need {
        let skills = skills.iter().map(|(name, level)| SkillLevel { skill: word(name), level: *level }).collect();
        let (channel, mode) = (Channel::Chat, Mode::Write);
        Need { channel, language: word(language), mode, interpreter: None, skills, or_skills: Vec::new() }
    }

    pub(super) fn reason(chosen: Chosen) -> Reason {
        let (head_start, waited) = (Span::mins(120), Span::secs(250));
        Reason {
            plan: 1,
            rule: Some(3),
            need: NeedId(1),
            head_start,
            waited,
            could_serve: 3,
            chosen,
            way: None,
            handed: None,
        }
    }

    pub(super) fn name(id: RepId) -> String {
        ["", "Ana", "Ben", "Chau"][id.0 as usize].to_owned()
    }

    /// Offered to Chau.
    fn said(need: &Need, urgency: Urgency, reason: &Reason) -> String {
        offer(need, urgency, reason, RepId(3), name)
    }

    #[test]
    fn an_offer_says_why_you() {
        let need = need("es", &[("streets", 1)]);
        assert_eq!(
            said(&need, Urgency::Urgent, &reason(Chosen::SparesScarce)),
            "You: Spanish (written) + streets; waited 4 min; urgent. 3 could have taken it; you leave the fewest scarce skills unused."
        );
        assert_eq!(
            said(&need, Urgency::Normal, &reason(Chosen::Only)),
            "You: Spanish (written) + streets; waited 4 min. Only you could take it when it was offered."
        );
        assert_eq!(
            said(&need, Urgency::Emergency, &reason(Chosen::Emergency)),
            "Emergency: offered to everyone who is signed in. It asks for Spanish (written) + streets."
        );
    }

    #[test]
    fn an_offer_says_how_this_rep_serves_it() {
        let or_skills = vec![SkillLevel { skill: word("roads"), level: 2 }];
        let wide = Need { interpreter: Some(word("en")), or_skills, ..need("es", &[("streets", 1)]) };
        let by = |interpreter, other_skills| {
            let way = Some(Way { interpreter, other_skills });
            let text = said(&wide, Urgency::Normal, &Reason { way, ..reason(Chosen::Only) });
            text.split_once(';').unwrap().0.to_owned()
        };
        assert_eq!(by(false, false), "You: Spanish (written) + streets");
        assert_eq!(by(true, false), "You: Spanish through an interpreter + streets");
        assert_eq!(by(false, true), "You: Spanish (written) + roads 2");
        assert!(
            said(&wide, Urgency::Normal, &reason(Chosen::Only))
                .starts_with("You: Spanish (written) or through an interpreter + streets (or roads 2 instead);"),
            "an event of before this was kept claims neither"
        );
    }

    #[test]
    fn an_offer_says_who_handed_it_over() {
        let need = need("es", &[]);
        let handed = |chosen, to| Reason { handed: Some(Handed { by: RepId(1), to }), ..reason(chosen) };
        for (chosen, to, end) in [
            (Chosen::Preferred, Some(RepId(3)), "It was handed over by Ana to you."),
            (
                Chosen::Only,
                Some(RepId(3)),
                "It was handed over by Ana to you. Only you could take it when it was offered.",
            ),
            (
                Chosen::Only,
                Some(RepId(2)),
                "It was handed over by Ana to Ben. Only you could take it when it was offered.",
            ),
            (Chosen::Only, None, "It was handed over by Ana. Only you could take it when it was offered."),
        ] {
            let text = said(&need, Urgency::Normal, &handed(chosen, to));
            assert_eq!(text, format!("You: Spanish (written); waited 4 min. {end}"));
        }
        assert_eq!(
            said(&need, Urgency::Emergency, &handed(Chosen::Emergency, None)),
            "Emergency: offered to everyone who is signed in. It was handed over by Ana. It asks for Spanish (written)."
        );
    }

    #[test]
    fn spans_are_as_exact_as_people_need() {
        for (secs, text) in [
            (-3, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (7_500, "2 h 5 min"),
            (86_400, "1 day"),
            (200_000, "2 days"),
        ] {
            assert_eq!(span(Span::secs(secs)), text);
        }
    }
}
