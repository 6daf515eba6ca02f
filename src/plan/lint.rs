//! What a plan that reads well can still get wrong: rules that never match, services and skills that nobody has.

use super::roster::RosterEntry;
use super::rules::Condition;
use super::{FILE, Plan, Problem};
use crate::document::Place;
use crate::routing::ids::Word;
use crate::routing::skill::Mode;
use std::collections::BTreeSet;

impl Plan {
    /// Rules behind a rule that takes everything they would take. Sound, not complete: only plain cases are proved.
    pub fn unreachable_rules(&self) -> Vec<Problem> {
        let rules = &self.rules.rules;
        let mut problems = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            if let Some(earlier) = rules[..at].iter().find(|earlier| implies(&rule.when, &earlier.when)) {
                let what = format!("rule `{}` can never match: `{}` stands before it", rule.name, earlier.name);
                problems.push(Problem::new(FILE, rule.place.clone(), what, "move it up, or remove it"));
            }
        }
        problems
    }

    /// Service codes in rules that the catalogue does not have.
    pub fn unknown_topics(&self, services: &BTreeSet<String>) -> Vec<Problem> {
        let unknown = self.rules.topics.iter().filter(|(code, _)| !services.contains(code));
        unknown
            .map(|(code, place)| {
                let mend = match crate::document::section::nearest(code, services.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "add the service to services.toml, or remove it here".into(),
                };
                Problem::new(FILE, place.clone(), format!("there is no service `{code}`"), mend)
            })
            .collect()
    }

    /// Mailboxes in rules that the settings do not have.
    pub fn unknown_mailboxes(&self, names: &BTreeSet<String>) -> Vec<Problem> {
        let unknown = self.rules.mailboxes.iter().filter(|(name, _)| !names.contains(name));
        unknown
            .map(|(name, place)| {
                let mend = match crate::document::section::nearest(name, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "add it to the settings as `[[email.mailbox]]`, or remove it here".into(),
                };
                Problem::new(FILE, place.clone(), format!("there is no mailbox `{name}`"), mend)
            })
            .collect()
    }

    /// Skills that contacts will need and nobody on the roster has at that level.
    pub fn uncovered_skills(&self, roster: &[RosterEntry], service_skills: &BTreeSet<Word>) -> Vec<Problem> {
        let from_rules = self.rules.rules.iter().map(|rule| (&rule.then, rule.place.clone()));
        let thens = from_rules.chain([(&self.rules.otherwise, Place::Whole)]);
        let of_rules = thens.flat_map(|(then, place)| then.skills.iter().map(move |s| (*s, place.clone())));
        let of_queues = self.queues.iter().flat_map(|q| q.rules.skills.iter().map(|s| (*s, Place::Whole)));
        let one = |skill: &Word| crate::routing::skill::SkillLevel { skill: *skill, level: 1 };
        let of_services = service_skills.iter().map(|skill| (one(skill), Place::Whole));
        let mut seen = BTreeSet::new();
        let wanted = of_rules.chain(of_queues).chain(of_services).filter(|(wanted, _)| seen.insert(*wanted));
        wanted
            .filter(|(wanted, _)| !roster.iter().any(|rep| rep.has(*wanted)))
            .map(|(wanted, place)| {
                let what = format!("nobody on the roster has skill `{}` at level {}", wanted.skill, wanted.level);
                Problem::new(FILE, place, what, "give it to a rep in roster.toml, or ask for less")
            })
            .collect()
    }

    /// Languages that the programme offers and nobody on the roster speaks or writes. Not an error where
    /// interpreters are: contacts widen to them.
    pub fn uncovered_languages(&self, roster: &[RosterEntry], languages: &[Word]) -> Vec<Word> {
        let has = |language: Word| {
            roster.iter().any(|rep| rep.uses(language, Mode::Write) || rep.uses(language, Mode::Speak))
        };
        languages.iter().copied().filter(|language| !has(*language)).collect()
    }
}

/// Does `a` hold only where `b` holds?
fn implies(a: &Condition, b: &Condition) -> bool {
    use Condition::*;
    match (a, b) {
        (Any(any), _) => any.iter().all(|one| implies(one, b)),
        (_, All(all)) => all.iter().all(|one| implies(a, one)),
        (_, Any(any)) if any.iter().any(|one| implies(a, one)) => true,
        (All(all), _) => all.iter().any(|one| implies(one, b)),
        (Channel(a), Channel(b)) => is_subset(a, b),
        (Topic(a), Topic(b)) | (Mailbox(a), Mailbox(b)) => is_subset(a, b),
        (ServiceSkill(a), ServiceSkill(b)) => is_subset(a, b),
        (Language(a), Language(b)) => is_subset(a, b),
        (LanguageSure(a), LanguageSure(b)) | (Open(a), Open(b)) => a == b,
        (Doubtful(a), Doubtful(b)) | (Returning(a), Returning(b)) => a == b,
        (Field(a, values), Field(b, wanted)) => {
            a == b && (wanted.is_empty() || (!values.is_empty() && is_subset(values, wanted)))
        }
        (_, Channel(all)) => crate::routing::ids::Channel::ALL.iter().all(|channel| all.contains(channel)),
        _ => false,
    }
}

fn is_subset<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    a.iter().all(|one| b.contains(one))
}
