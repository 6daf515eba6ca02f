//! The words of the letters nobody writes by hand, from `config/messages/<language>/mail.ftl`.
//!
//! Nothing a customer wrote is in an acknowledgement, neither name nor subject: whoever writes to us under a stranger's address
//! would have us carry their words there.

use super::compose::Passage;
use crate::channels::Opening;
use crate::console::hours::{Week, hours};
use crate::console::when;
use crate::routing::ids::Timestamp;
use crate::texts::{Text, Texts};
use jiff::tz::TimeZone;

/// What every letter may tell: about us, and the number of the request.
pub struct Facts<'a> {
    pub programme: &'a str,
    /// What people quote on the phone; opens nothing.
    pub reference: &'a str,
    pub phone: &'a str,
    pub emergency: &'a str,
    /// The number of the relay service for deaf and hard-of-hearing callers, in the USA 711.
    pub relay: &'a str,
    pub zone: &'a TimeZone,
    /// The usual opening hours.
    pub week: &'a Week,
}

/// A letter's subject, and what it says in each language.
pub struct Words {
    pub subject: String,
    pub passages: Vec<Passage>,
}

/// One line of a conversation; never a note.
pub struct Spoken<'a> {
    /// The representative's display name; `None` for the customer.
    pub rep: Option<&'a str>,
    pub at: Timestamp,
    pub text: &'a str,
}

/// "We have your message." When the language is not sure, the same follows in the house language.
pub fn acknowledgement(texts: &Texts, language: &str, is_sure: bool, opening: Opening, facts: &Facts<'_>) -> Words {
    let t = texts.get(language);
    let house = &texts.all()[0];
    let mut passages = vec![passage(t, received(t, opening, facts))];
    if !is_sure && t.code != house.code {
        let mut again = received(house, opening, facts);
        again.insert(0, house.text("mail-in-english"));
        passages.push(passage(house, again));
    }
    Words { subject: subject(t, "mail-subject-received", facts), passages }
}

fn received(t: &Text, opening: Opening, facts: &Facts<'_>) -> Vec<String> {
    let first = match opening {
        Opening { open: true, .. } => t.text("mail-received-open"),
        Opening { opens_at: Some(at), .. } => {
            let opens = when::day_and_time(t, &when::local(at, facts.zone));
            t.say("mail-received-closed", &[("opening", opens.into())])
        }
        Opening { opens_at: None, .. } => t.text("mail-received-closed-now"),
    };
    let mut said = vec![first, referenced(t, "mail-reference", facts)];
    said.push(t.say("mail-emergency", &[("emergency", facts.emergency.into())]));
    if let Some(hours) = hours(t, facts.week) {
        said.push(t.say("mail-hours", &[("hours", hours.into())]));
    }
    said.extend([call(t, facts), t.text("footer-public-record"), facts.programme.to_owned()]);
    said
}

/// A representative's answer, with what is needed to answer back or to call. The subject is the customer's own.
pub fn answer(texts: &Texts, language: &str, answer: &str, facts: &Facts<'_>) -> Passage {
    let t = texts.get(language);
    let foot =
        vec![answer.to_owned(), facts.programme.to_owned(), referenced(t, "mail-reference", facts), call(t, facts)];
    passage(t, foot)
}

/// Whom to call in danger, as `advice` says: a subject that is opened at once.
pub fn advice(texts: &Texts, language: &str, advice: &str, facts: &Facts<'_>) -> Words {
    let passage = answer(texts, language, advice, facts);
    Words { subject: subject(texts.get(language), "mail-subject-danger", facts), passages: vec![passage] }
}

/// What was said in a chat, to keep.
pub fn transcript(texts: &Texts, language: &str, spoken: &[Spoken<'_>], facts: &Facts<'_>) -> Words {
    let t = texts.get(language);
    let mut said = vec![t.text("mail-transcript-head"), referenced(t, "mail-reference", facts)];
    for line in spoken {
        let time = when::date_and_time(t, &when::local(line.at, facts.zone));
        let who = match line.rep {
            Some(name) => t.say("mail-transcript-rep", &[("name", name.into()), ("time", time.into())]),
            None => t.say("mail-transcript-you", &[("time", time.into())]),
        };
        said.push(format!("{who}\n{}", line.text));
    }
    said.extend([call(t, facts), facts.programme.to_owned()]);
    Words { subject: subject(t, "mail-subject-transcript", facts), passages: vec![passage(t, said)] }
}

/// "Your request is closed."
pub fn closed(texts: &Texts, language: &str, facts: &Facts<'_>) -> Words {
    let t = texts.get(language);
    let said = vec![
        referenced(t, "mail-closed", facts),
        t.text("mail-closed-again"),
        call(t, facts),
        facts.programme.to_owned(),
    ];
    Words { subject: subject(t, "mail-subject-closed", facts), passages: vec![passage(t, said)] }
}

/// "We could not deliver our answer", for another way to the same person.
pub fn undelivered(texts: &Texts, language: &str, facts: &Facts<'_>) -> Words {
    let t = texts.get(language);
    let said = vec![referenced(t, "mail-undelivered", facts), call(t, facts), facts.programme.to_owned()];
    Words { subject: subject(t, "mail-subject-undelivered", facts), passages: vec![passage(t, said)] }
}

fn subject(t: &Text, key: &str, facts: &Facts<'_>) -> String {
    referenced(t, key, facts)
}

fn referenced(t: &Text, key: &str, facts: &Facts<'_>) -> String {
    t.say(key, &[("reference", facts.reference.into())])
}

fn call(t: &Text, facts: &Facts<'_>) -> String {
    t.say("mail-call", &[("phone", facts.phone.into()), ("relay", facts.relay.into())])
}

fn passage(t: &Text, paragraphs: Vec<String>) -> Passage {
    Passage { language: t.code.clone(), text: paragraphs.join("\n\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: Opening = Opening { open: false, staffed: false, opens_at: Some(Timestamp(1_795_446_300_000_000)) };
    const OPEN: Opening = Opening { open: true, staffed: true, opens_at: None };

    fn with<R>(test: impl FnOnce(&Texts, &Facts<'_>) -> R) -> R {
        let texts = Texts::load().unwrap();
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let week: Week = std::array::from_fn(|_| vec![(7 * 60, 20 * 60)]);
        let facts = Facts {
            programme: "Example City 311",
            reference: "SB-000001-8",
            phone: "503-555-0100",
            emergency: "911",
            relay: "711",
            zone: &zone,
            week: &week,
        };
        test(&texts, &facts)
    }

    #[test]
    fn every_letter_is_whole_in_every_language() {
        with(|texts, facts| {
            let spoken = [
                Spoken { rep: None, at: Timestamp(0), text: "hello" },
                Spoken { rep: Some("Ana"), at: Timestamp(0), text: "good day" },
            ];
            for t in texts.all() {
                let code = t.code.as_str();
                let unknown = Opening { opens_at: None, ..CLOSED };
                for (sure, opening) in [(true, OPEN), (true, CLOSED), (false, unknown)] {
                    for passage in acknowledgement(texts, code, sure, opening, facts).passages {
                        assert!(passage.text.contains("911"), "{code}: whom to call in danger: {}", passage.text);
                    }
                }
                let answer =
                    Words { subject: "[SB-000001-8]".into(), passages: vec![answer(texts, code, "Yes.", facts)] };
                for words in [
                    acknowledgement(texts, code, true, OPEN, facts),
                    acknowledgement(texts, code, true, CLOSED, facts),
                    acknowledgement(texts, code, false, unknown, facts),
                    transcript(texts, code, &spoken, facts),
                    closed(texts, code, facts),
                    undelivered(texts, code, facts),
                    answer,
                ] {
                    let text: String = words.passages.iter().map(|p| p.text.as_str()).collect();
                    assert!(words.subject.contains("SB-000001-8"), "{code}: {}", words.subject);
                    assert!(!text.contains("mail-") && !text.contains('{') && !text.contains('$'), "{code}: {text}");
                    for fact in ["SB-000001-8", "503-555-0100", "711", "Example City 311"] {
                        assert!(text.contains(fact), "{code} lacks {fact}: {text}");
                    }
                }
            }
        });
    }

    #[test]
    fn an_acknowledgement_says_what_is_known_and_no_more() {
        with(|texts, facts| {
            let open = acknowledgement(texts, "en", false, OPEN, facts);
            assert_eq!(open.subject, "[SB-000001-8] We have your message");
            assert_eq!(open.passages.len(), 1, "English need not be said twice");
            assert!(
                open.passages[0].text.contains("911")
                    && open.passages[0].text.contains("Our hours: every day 7:00 AM–8:00 PM")
            );
            let closed = acknowledgement(texts, "es", true, CLOSED, facts);
            assert!(closed.passages[0].text.contains("Volvemos a abrir: lunes"), "{}", closed.passages[0].text);
            let unsure = acknowledgement(texts, "ar", false, CLOSED, facts);
            let languages: Vec<&str> = unsure.passages.iter().map(|p| p.language.as_str()).collect();
            assert_eq!(languages, ["ar", "en"]);
            assert!(unsure.passages[1].text.starts_with("The same in English:"));
            let hours = |passage: &Passage, time: &str| passage.text.contains(time);
            assert!(hours(&unsure.passages[0], "07:00–20:00") && hours(&unsure.passages[1], "7:00 AM–8:00 PM"));
        });
    }
}
