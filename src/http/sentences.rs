//! Reasons in plain English: why this contact came to you, why it still waits, what each rep is missing.

use crate::routing::event::{Chosen, Reason};
use crate::routing::explain::{Explanation, Obstacle, RepAnswer};
use crate::routing::ids::{AwayReason, Channel, RepId, Span, Timestamp, Urgency};
use crate::routing::skill::{Lack, Mode, Need};

/// Reps named one by one; the rest is counted.
const REPS_MAX: usize = 40;

/// Why an offer came to you, for example "You: Spanish (written) + streets; waited 4 min; urgent. 3 could have taken it; you leave
/// the fewest scarce skills unused."
pub fn offer(need: &Need, urgency: Urgency, reason: &Reason) -> String {
    if reason.chosen == Chosen::Emergency {
        return format!("Emergency: offered to everyone who is signed in. It asks for {}.", asked(need));
    }
    let mut first = format!("You: {}; waited {}", asked(need), span(reason.waited));
    if urgency != Urgency::Normal {
        first = format!("{first}; {}", urgency.name());
    }
    format!("{first}. {}", chosen(reason))
}

fn chosen(reason: &Reason) -> String {
    let among = |why: &str| format!("{} could have taken it; {why}.", reason.could_serve);
    match reason.chosen {
        Chosen::Only => "You are the only one who can take it now.".into(),
        Chosen::Preferred => "It was kept for you.".into(),
        Chosen::SparesScarce => among("you leave the fewest scarce skills unused"),
        Chosen::LeastLoaded => among("you have the most room"),
        Chosen::LongestIdle => among("you have been free the longest"),
        Chosen::MostSkilled => among("you have the most skill for it"),
        Chosen::LowestNumber => among("all else was equal"),
        Chosen::Emergency => "An emergency goes to everyone.".into(),
    }
}

/// What a need asks for: "Spanish (written) + streets 2".
pub fn asked(need: &Need) -> String {
    let mut parts = vec![if need.interpreter.is_some() {
        format!("{} through an interpreter", language(need.language.as_str()))
    } else {
        language_in(need.language.as_str(), need.mode)
    }];
    parts.extend(need.skills.iter().map(|s| skill(s.skill.as_str(), s.level)));
    let all = parts.join(" + ");
    if need.or_skills.is_empty() {
        return all;
    }
    let other: Vec<_> = need.or_skills.iter().map(|s| skill(s.skill.as_str(), s.level)).collect();
    format!("{all} (or {} instead)", other.join(" + "))
}

/// Why a contact stands where it stands, and what each rep would say if asked now.
pub fn explanation(of: &Explanation, now: Timestamp, name: impl Fn(RepId) -> String) -> Vec<String> {
    let mut all = vec![format!(
        "It asks for {}, by {}; urgency {}.",
        asked(&of.need),
        channel(of.need.channel),
        of.urgency.name()
    )];
    if of.widened_steps > 0 {
        all.push(format!(
            "At first it asked for {}; {} widening since.",
            asked(&of.wanted),
            count(of.widened_steps.into(), "step", "steps")
        ));
    }
    match (of.stage.as_str(), of.owner) {
        ("waiting" | "offered", _) => waiting(of, now, &name, &mut all),
        (stage, Some(owner)) => all.push(format!("{} has it ({}).", name(owner), stage.replace('_', "-"))),
        (stage, None) => all.push(format!("It is {stage}.")),
    }
    if let Some(at) = of.next_widening {
        all.push(format!("In {} more reps may serve it.", span(at - now)));
    }
    let (free, busy): (Vec<_>, Vec<_>) = of.reps.iter().partition(|rep| rep.could_take);
    all.extend(free.into_iter().chain(busy).take(REPS_MAX).map(|rep| answer(rep, now, &name)));
    if of.reps.len() > REPS_MAX {
        all.push(format!("And {} more.", of.reps.len() - REPS_MAX));
    }
    all
}

fn waiting(of: &Explanation, now: Timestamp, name: &impl Fn(RepId) -> String, all: &mut Vec<String>) {
    let mut line = format!("It has waited {}", span(now - of.since));
    if of.head_start != Span::ZERO {
        let which = if of.head_start > Span::ZERO { "more" } else { "less" };
        line = format!("{line}, counted as {} {which} for its urgency", span(Span(of.head_start.0.abs())));
    }
    all.push(format!("{line}."));
    match of.ahead {
        Some(0) => all.push("It is next.".into()),
        Some(ahead) => all.push(format!("{} before it for the same reps.", count(ahead, "stands", "stand"))),
        None => {}
    }
    if let Some(forecast) = of.forecast {
        let secs = |secs: u32| span(Span::secs(secs.into()));
        all.push(format!(
            "Half of such waits end within {}, nine in ten within {}.",
            secs(forecast.p50),
            secs(forecast.p90)
        ));
    }
    if let Some(kept) = of.reserved {
        all.push(format!("It is kept for {} for another {}.", name(kept.rep), span(kept.until - now)));
    }
    for (_, rep, reason) in &of.offers {
        let why = match reason.chosen {
            Chosen::Only => "the only one who can take it".to_owned(),
            Chosen::Emergency => "everyone is asked".to_owned(),
            _ => format!("one of {} who could", reason.could_serve),
        };
        all.push(format!("{} is asked now: {why}.", name(*rep)));
    }
}

fn answer(rep: &RepAnswer, now: Timestamp, name: &impl Fn(RepId) -> String) -> String {
    if rep.could_take {
        return format!("{} could take it now.", name(rep.rep));
    }
    let lacks = rep.lacks.iter().map(|lack| format!("no {}", missing(lack)));
    let obstacles = rep.obstacles.iter().map(|obstacle| obstacle_in_words(obstacle, now, name));
    let all: Vec<_> = lacks.chain(obstacles).collect();
    format!("{}: {}.", name(rep.rep), all.join("; "))
}

fn missing(lack: &Lack) -> String {
    match lack {
        Lack::Channel { channel: c } => format!("work on {}", channel(*c)),
        Lack::Language { language, mode } => language_in(language.as_str(), *mode),
        Lack::Skill { skill, wanted, has: 0 } => self::skill(skill.as_str(), *wanted),
        Lack::Skill { skill, wanted, has } => format!("{skill} {wanted}, only {has}"),
    }
}

fn obstacle_in_words(obstacle: &Obstacle, now: Timestamp, name: &impl Fn(RepId) -> String) -> String {
    match obstacle {
        Obstacle::Offline => "signed out".into(),
        Obstacle::Away { reason } => format!("away ({})", away(*reason)),
        Obstacle::Full { load, weight, capacity } => {
            format!("no room: holds {load} of {capacity}, this weighs {weight}")
        }
        Obstacle::ChannelFull { channel: c, most } => format!("holds {most} by {} already", channel(*c)),
        Obstacle::Declined { until } => format!("gave it back; asked again in {}", span(*until - now)),
        Obstacle::KeptForOther { rep, until } => format!("kept for {} for another {}", name(*rep), span(*until - now)),
    }
}

fn away(reason: AwayReason) -> &'static str {
    match reason {
        AwayReason::Break => "break",
        AwayReason::Lunch => "lunch",
        AwayReason::Training => "training",
        AwayReason::Meeting => "meeting",
        AwayReason::Missed => "missed an offer",
        AwayReason::Disconnected => "connection lost",
    }
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

fn count(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::event::Reservation;
    use crate::routing::forecast::Forecast;
    use crate::routing::ids::{ContactId, NeedId, Word};
    use crate::routing::skill::SkillLevel;

    fn word(text: &str) -> Word {
        Word::new(text).unwrap()
    }

    fn need(language: &str, skills: &[(&str, u8)]) -> Need {
        let skills = skills.iter().map(|(name, level)| SkillLevel { skill: word(name), level: *level }).collect();
        let (channel, mode) = (Channel::Chat, Mode::Write);
        Need { channel, language: word(language), mode, interpreter: None, skills, or_skills: Vec::new() }
    }

    fn reason(chosen: Chosen) -> Reason {
        let (head_start, waited) = (Span::mins(120), Span::secs(250));
        Reason { plan: 1, rule: Some(3), need: NeedId(1), head_start, waited, could_serve: 3, chosen }
    }

    #[test]
    fn an_offer_says_why_you() {
        let need = need("es", &[("streets", 1)]);
        assert_eq!(
            offer(&need, Urgency::Urgent, &reason(Chosen::SparesScarce)),
            "You: Spanish (written) + streets; waited 4 min; urgent. 3 could have taken it; you leave the fewest scarce skills unused."
        );
        assert_eq!(
            offer(&need, Urgency::Normal, &reason(Chosen::Only)),
            "You: Spanish (written) + streets; waited 4 min. You are the only one who can take it now."
        );
        assert_eq!(
            offer(&need, Urgency::Emergency, &reason(Chosen::Emergency)),
            "Emergency: offered to everyone who is signed in. It asks for Spanish (written) + streets."
        );
    }

    #[test]
    fn an_explanation_says_what_each_rep_is_missing() {
        let now = Timestamp(1_000_000_000);
        let rep =
            |id, lacks, obstacles| RepAnswer { rep: RepId(id), name: word("x"), could_take: false, lacks, obstacles };
        let wanted = need("vi", &[("water", 3)]);
        let of = Explanation {
            contact: ContactId(7),
            stage: word("waiting"),
            queue: word("general"),
            urgency: Urgency::Soon,
            need: Need { interpreter: Some(word("en")), ..wanted.clone() },
            wanted,
            widened_steps: 1,
            next_widening: Some(now + Span::secs(90)),
            since: now + Span::mins(-62),
            head_start: Span::mins(30),
            ahead: Some(1),
            forecast: Some(Forecast { p50: 240, p90: 900 }),
            reserved: Some(Reservation { rep: RepId(1), until: now + Span::secs(20) }),
            reps: vec![
                rep(1, vec![Lack::Skill { skill: word("water"), wanted: 3, has: 1 }], vec![Obstacle::Offline]),
                rep(
                    2,
                    vec![],
                    vec![
                        Obstacle::Away { reason: AwayReason::Lunch },
                        Obstacle::Full { load: 80, weight: 40, capacity: 100 },
                    ],
                ),
                RepAnswer { could_take: true, ..rep(3, vec![], vec![]) },
            ],
            offers: vec![],
            owner: None,
        };
        let name = |id: RepId| ["", "Ana", "Ben", "Chau"][id.0 as usize].to_owned();
        assert_eq!(
            explanation(&of, now, name),
            [
                "It asks for Vietnamese through an interpreter + water 3, by chat; urgency soon.",
                "At first it asked for Vietnamese (written) + water 3; 1 step widening since.",
                "It has waited 1 h 2 min, counted as 30 min more for its urgency.",
                "1 stands before it for the same reps.",
                "Half of such waits end within 4 min, nine in ten within 15 min.",
                "It is kept for Ana for another 20 s.",
                "In 1 min more reps may serve it.",
                "Chau could take it now.",
                "Ana: no water 3, only 1; signed out.",
                "Ben: away (lunch); no room: holds 80 of 100, this weighs 40.",
            ]
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
