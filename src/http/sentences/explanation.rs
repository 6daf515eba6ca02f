//! Why a contact stands where it stands, what it asks for, and what each rep is missing.

use super::{asked, channel, language_in, span};
use crate::routing::event::Chosen;
use crate::routing::explain::{Explanation, Obstacle, RepAnswer};
use crate::routing::ids::{AwayReason, RepId, Span, Timestamp};
use crate::routing::skill::Lack;

/// Reps named one by one; the rest is counted.
const REPS_MAX: usize = 40;

/// Why a contact stands where it stands, and what each rep would say if asked now.
pub fn explanation(of: &Explanation, now: Timestamp, name: impl Fn(RepId) -> String) -> Vec<String> {
    let mut all = vec![format!(
        "It asks for {}, by {}; urgency {}.",
        asked(&of.need),
        channel(of.need.channel),
        of.urgency.name()
    )];
    if of.need != of.wanted {
        all.push(format!("At first it asked for {}; the plan has let more serve it since.", asked(&of.wanted)));
    }
    if let Some(handed) = of.handed {
        all.push(match handed.to {
            Some(to) => format!("It was handed over by {} to {}.", name(handed.by), name(to)),
            None => format!("It was handed over by {}.", name(handed.by)),
        });
    }
    match (of.stage.as_str(), of.owner) {
        ("waiting" | "offered", _) => waiting(of, now, &name, &mut all),
        (stage, Some(owner)) => all.push(format!("{} has it ({}).", name(owner), stage.replace('_', "-"))),
        (stage, None) => all.push(format!("It is {stage}.")),
    }
    if let Some(at) = of.next_widening.filter(|at| of.reserved.is_none_or(|kept| kept.until <= *at)) {
        all.push(format!("In {} more reps may serve it.", span(at - now)));
    }
    let is_asked = |rep: &&RepAnswer| of.offers.iter().any(|(_, asked, _)| *asked == rep.rep);
    let others = of.reps.iter().filter(|rep| !is_asked(rep) && of.owner != Some(rep.rep));
    let (free, busy): (Vec<_>, Vec<_>) = others.partition(|rep| rep.could_take);
    let left_out = (free.len() + busy.len()).saturating_sub(REPS_MAX);
    let could = match (of.owner, of.stage.as_str()) {
        (Some(_), _) => "could take it over",
        (None, "offered") => "could take it if it comes back",
        (None, _) => "could take it now",
    };
    all.extend(free.into_iter().chain(busy).take(REPS_MAX).map(|rep| answer(rep, could, now, &name)));
    if left_out > 0 {
        all.push(format!("And {left_out} more."));
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
            Chosen::Only => "nobody else could take it when it was offered".to_owned(),
            Chosen::Emergency => "everyone is asked".to_owned(),
            Chosen::Preferred => "it was kept for them".to_owned(),
            _ => format!("one of {} who could when it was offered", reason.could_serve),
        };
        all.push(format!("{} is asked now: {why}.", name(*rep)));
    }
}

fn answer(rep: &RepAnswer, could: &str, now: Timestamp, name: &impl Fn(RepId) -> String) -> String {
    if rep.could_take {
        return format!("{} {could}.", name(rep.rep));
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
        Lack::Skill { skill, wanted, has: 0 } => super::skill(skill.as_str(), *wanted),
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
        Obstacle::HandedOver { until } => format!("handed it over; asked again in {}", span(*until - now)),
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

fn count(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{name, need, reason, word};
    use super::*;
    use crate::routing::event::{Handed, Reservation};
    use crate::routing::forecast::Forecast;
    use crate::routing::ids::{ContactId, OfferId, Urgency};
    use crate::routing::skill::Need;

    fn answer_of(id: u32, lacks: Vec<Lack>, obstacles: Vec<Obstacle>) -> RepAnswer {
        let could_take = lacks.is_empty() && obstacles.is_empty();
        RepAnswer { rep: RepId(id), name: word("x"), could_take, lacks, obstacles }
    }

    #[test]
    fn an_explanation_of_what_is_offered_does_not_contradict_itself() {
        let now = Timestamp(1_000_000_000);
        let mut of = waiting_for(need("en", &[]), now);
        of.stage = word("offered");
        of.widened_steps = 1; // which let nobody else serve it
        of.offers = vec![(OfferId(1), RepId(1), reason(Chosen::Only))];
        let full = Obstacle::Full { load: 100, weight: 20, capacity: 100 };
        of.reps = vec![answer_of(1, vec![], vec![full]), answer_of(2, vec![], vec![]), answer_of(3, vec![], vec![])];
        let offered = [
            "It asks for English (written), by chat; urgency normal.",
            "It has waited 1 min.",
            "Ana is asked now: nobody else could take it when it was offered.",
            "Ben could take it if it comes back.",
            "Chau could take it if it comes back.",
        ];
        assert_eq!(explanation(&of, now, name), offered);

        (of.stage, of.owner, of.offers) = (word("active"), Some(RepId(1)), vec![]);
        let held = ["Ana has it (active).", "Ben could take it over.", "Chau could take it over."];
        assert_eq!(explanation(&of, now, name)[1..], held);
    }

    #[test]
    fn an_explanation_says_for_whom_it_was_handed_over() {
        let now = Timestamp(1_000_000_000);
        let mut of = waiting_for(need("en", &[]), now);
        let until = now + Span::mins(110);
        of.handed = Some(Handed { by: RepId(1), to: Some(RepId(2)) });
        of.reserved = Some(Reservation { rep: RepId(2), until });
        of.next_widening = Some(now + Span::secs(30)); // nobody else is asked before that time is over
        let full = Obstacle::Full { load: 100, weight: 20, capacity: 100 };
        let kept = Obstacle::KeptForOther { rep: RepId(2), until };
        let handed = Obstacle::HandedOver { until: now + Span::mins(5) };
        of.reps = vec![answer_of(1, vec![], vec![handed, kept]), answer_of(2, vec![], vec![full])];
        let told = [
            "It asks for English (written), by chat; urgency normal.",
            "It was handed over by Ana to Ben.",
            "It has waited 1 min.",
            "It is kept for Ben for another 1 h 50 min.",
            "Ana: handed it over; asked again in 5 min; kept for Ben for another 1 h 50 min.",
            "Ben: no room: holds 100 of 100, this weighs 20.",
        ];
        assert_eq!(explanation(&of, now, name), told);
    }

    /// For a minute, with nothing more to say.
    fn waiting_for(need: Need, now: Timestamp) -> Explanation {
        Explanation {
            contact: ContactId(7),
            stage: word("waiting"),
            queue: word("general"),
            urgency: Urgency::Normal,
            wanted: need.clone(),
            need,
            widened_steps: 0,
            next_widening: None,
            since: now + Span::mins(-1),
            head_start: Span::ZERO,
            ahead: None,
            forecast: None,
            reserved: None,
            handed: None,
            kept_for_named: Span::mins(2),
            reps: vec![],
            offers: vec![],
            owner: None,
        }
    }

    #[test]
    fn an_explanation_says_what_each_rep_is_missing() {
        let now = Timestamp(1_000_000_000);
        let wanted = need("vi", &[("water", 3)]);
        let of = Explanation {
            urgency: Urgency::Soon,
            need: Need { interpreter: Some(word("en")), ..wanted.clone() },
            widened_steps: 1,
            next_widening: Some(now + Span::secs(90)),
            since: now + Span::mins(-62),
            head_start: Span::mins(30),
            ahead: Some(1),
            forecast: Some(Forecast { p50: 240, p90: 900 }),
            reserved: Some(Reservation { rep: RepId(1), until: now + Span::secs(20) }),
            reps: vec![
                answer_of(1, vec![Lack::Skill { skill: word("water"), wanted: 3, has: 1 }], vec![Obstacle::Offline]),
                answer_of(
                    2,
                    vec![],
                    vec![
                        Obstacle::Away { reason: AwayReason::Lunch },
                        Obstacle::Full { load: 80, weight: 40, capacity: 100 },
                    ],
                ),
                answer_of(3, vec![], vec![]),
            ],
            ..waiting_for(wanted, now)
        };
        assert_eq!(
            explanation(&of, now, name),
            [
                "It asks for Vietnamese (written) or through an interpreter + water 3, by chat; urgency soon.",
                "At first it asked for Vietnamese (written) + water 3; the plan has let more serve it since.",
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
}
