//! From what came in to what the engine needs: text, danger, language, then the plan's decision. Pure, and the same for every channel.

pub mod language;
pub mod photo;
pub mod safety;

pub use language::Detector;
pub use safety::{Safety, SafetyHit};

use crate::message::{Inbound, LanguageChoice, LanguageSource};
use crate::plan::language::needed;
use crate::plan::{Classified, MailboxSeen, Plan};
use crate::routing::command::Arrival;
use crate::routing::ids::{RepId, Timestamp, Urgency, Word};
use crate::routing::skill::Need;

/// The longest subject line, in characters.
const SUBJECT_MAX: usize = 80;

/// What the service catalogue says of the chosen service.
#[derive(Clone, Copy, Debug)]
pub struct ServiceFacts {
    pub skill: Word,
    pub urgency: Urgency,
}

/// What is known of an inbound besides itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances {
    /// Of the service it names, if the catalogue has it.
    pub service: Option<ServiceFacts>,
    /// The rep this person had last, who is asked first.
    pub prefer: Option<RepId>,
    /// This person has been here before.
    pub returning: bool,
    /// The contact's language, where it is decided: the text is not asked.
    pub language: Option<LanguageChoice>,
}

/// A contact, ready for the engine.
#[derive(Clone, Debug)]
pub struct Intake {
    pub arrival: Arrival,
    /// The customer's language; what the rep must use is in `arrival.need`.
    pub language: LanguageChoice,
    /// The first line, shortened; staff only.
    pub subject: String,
    pub urgency: Urgency,
    /// Danger was found: say so to everyone, and tell the customer whom to call.
    pub safety: Option<SafetyHit>,
    pub tags: Vec<String>,
}

/// Classify an inbound: text → safety screen → language → plan.
///
/// Duplicates and continued contacts are the caller's business: they need the store. A doubtful contact is screened for
/// danger like any other: a person in danger may well look like a robot.
pub fn classify(
    inbound: &Inbound,
    plan: &Plan,
    safety: &Safety,
    detector: &Detector,
    now: Timestamp,
    about: Circumstances,
) -> Intake {
    let text = text_of(inbound);
    let hit = safety.find(&text);
    let told = || language::choose(inbound.language, &inbound.text, plan.house_language(), detector);
    let decided = about.language.map(|choice| LanguageChoice { code: language::tidy(choice.code), ..choice });
    let language = decided.unwrap_or_else(told);
    let needed = needed(language.code, inbound.channel);
    let decision = plan.classify(&Classified {
        channel: inbound.channel,
        language: language.code,
        language_sure: language.source <= LanguageSource::Caller,
        topic: inbound.service.as_deref(),
        service_skill: about.service.map(|service| service.skill),
        service_urgency: about.service.map(|service| service.urgency),
        text: &text,
        fields: &inbound.fields,
        open: plan.is_open(now),
        doubtful: inbound.doubtful,
        returning: about.returning,
        mailbox: inbound.mailbox.as_ref().map(|mailbox| MailboxSeen { name: &mailbox.name, queue: mailbox.queue }),
    });
    let urgency = if hit.is_some() { Urgency::Emergency } else { decision.urgency };
    let need = Need {
        channel: inbound.channel,
        language: needed,
        mode: inbound.channel.mode(),
        interpreter: None,
        skills: decision.skills,
        or_skills: Vec::new(),
    };
    Intake {
        arrival: Arrival {
            queue: decision.queue,
            need,
            urgency,
            prefer: about.prefer,
            rule: decision.rule,
            since: None,
        },
        language,
        subject: subject(&inbound.text),
        urgency,
        safety: hit,
        tags: decision.tags,
    }
}

/// Everything the person wrote: the text and the answers to the form's questions, one a line.
fn text_of(inbound: &Inbound) -> String {
    let mut text = inbound.text.clone();
    for answer in inbound.fields.values() {
        text.push('\n');
        text.push_str(answer);
    }
    text
}

/// The first line with something in it, single-spaced, cut between characters.
fn subject(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line: String =
        line.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect();
    if line.chars().count() <= SUBJECT_MAX {
        return line;
    }
    let mut cut: String = line.chars().take(SUBJECT_MAX - 1).collect();
    cut.truncate(cut.trim_end().len());
    cut + "…"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Party;
    use crate::routing::ids::Channel;

    fn plan() -> Plan {
        Plan::parse(include_str!("../../config/routing.toml")).expect("the shipped plan is tested")
    }

    fn safety() -> Safety {
        Safety::parse(include_str!("../../config/safety.toml")).expect("the shipped words are tested")
    }

    fn inbound(channel: Channel, text: &str) -> Inbound {
        Inbound {
            channel,
            source_key: None,
            fingerprint: None,
            service: None,
            language: None,
            text: text.into(),
            party: Party::default(),
            fields: Default::default(),
            attachments: Vec::new(),
            secret: [0; 32],
            doubtful: false,
            mailbox: None,
        }
    }

    fn taken(inbound: &Inbound, about: Circumstances) -> Intake {
        // Monday 2026-11-23, 12:00 in Portland
        let detector = Detector::new(&["en", "es"].map(word));
        classify(inbound, &plan(), &safety(), &detector, Timestamp(1_795_464_000_000_000), about)
    }

    fn word(text: &str) -> Word {
        Word::new(text).unwrap()
    }

    #[test]
    fn a_pothole_goes_to_the_general_queue_with_its_services_skill() {
        let mut form = inbound(Channel::Form, "A pothole bent my rim");
        form.service = Some("pothole".into());
        let service = ServiceFacts { skill: word("streets"), urgency: Urgency::Normal };
        let intake = taken(&form, Circumstances { service: Some(service), ..Default::default() });
        assert_eq!(intake.arrival.queue, word("general"));
        assert_eq!(intake.arrival.urgency, Urgency::Normal);
        assert_eq!(intake.arrival.need.skills[0].skill, word("streets"));
        assert_eq!(intake.arrival.need.language, word("en"));
        assert_eq!(intake.arrival.rule, None);
        assert_eq!(intake.safety, None);
    }

    #[test]
    fn danger_on_any_channel_is_an_emergency_and_still_has_a_queue() {
        for channel in Channel::ALL {
            let intake = taken(&inbound(channel, "Hay un cable caido en mi calle"), Circumstances::default());
            assert_eq!(intake.arrival.urgency, Urgency::Emergency, "{channel:?}");
            assert_eq!(intake.safety.as_ref().map(|hit| hit.class), Some("downed_wire"));
            assert!(!intake.arrival.queue.as_str().is_empty());
        }
    }

    #[test]
    fn danger_in_an_answer_of_the_form_is_found_too() {
        let mut form = inbound(Channel::Form, "See below");
        form.fields.insert("what".into(), "I smell gas".into());
        assert_eq!(taken(&form, Circumstances::default()).urgency, Urgency::Emergency);
        form.doubtful = true;
        assert_eq!(taken(&form, Circumstances::default()).urgency, Urgency::Emergency, "a robot's look is no reason");
    }

    #[test]
    fn another_language_goes_to_the_language_line_and_written_cantonese_is_written_chinese() {
        let mut chat = inbound(Channel::Chat, "你好");
        chat.language = Some(LanguageChoice::new(word("yue"), LanguageSource::Person));
        let intake = taken(&chat, Circumstances::default());
        assert_eq!(intake.arrival.queue, word("language line"));
        assert_eq!(intake.arrival.need.language, word("zh-Hant"));
        assert_eq!(intake.language.code, word("yue"));
    }

    #[test]
    fn the_rep_a_person_had_is_asked_first() {
        let about = Circumstances { prefer: Some(RepId(7)), returning: true, ..Default::default() };
        assert_eq!(taken(&inbound(Channel::Email, "Me again"), about).arrival.prefer, Some(RepId(7)));
    }

    #[test]
    fn the_subject_is_the_first_line_cut_between_characters() {
        for (text, wanted) in [
            ("", String::new()),
            ("\n  Pothole   on 5th \nIt is deep", "Pothole on 5th".to_string()),
            (&"é".repeat(80), "é".repeat(80)),
            (&"é".repeat(81), "é".repeat(79) + "…"),
            (&"路".repeat(200), "路".repeat(79) + "…"),
            ("bell\u{7}", "bell".to_string()),
        ] {
            assert_eq!(subject(text), wanted);
        }
    }
}
