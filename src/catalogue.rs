//! The services of the programme: one list behind forms, rule topics, the rep's script and reports. Pure.
//!
//! Written in `config/services.toml`, read once, checked whole: every problem is reported with its line.

use crate::routing::ids::{Urgency, Word};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use toml::Spanned;

/// The list this version ships with.
const SHIPPED: &str = include_str!("../config/services.toml");
/// The service of a contact that named none; it must exist.
pub const UNKNOWN: &str = "unknown";
/// The headings of the page of forms, in its order. The text of a heading is `topic-<name>`.
pub const TOPICS: [&str; 10] =
    ["streets", "parking", "water", "trees", "clean", "homes", "camps", "safety", "city", "other"];
/// A form asks this many questions of its own at most: a page people finish on a phone.
const QUESTIONS_MAX: usize = 12;

/// All services, in the order they are written.
#[derive(Clone, Debug)]
pub struct Catalogue {
    services: Vec<Service>,
    /// Position of each service by its code.
    codes: BTreeMap<String, usize>,
}

/// One thing people ask 311 for.
#[derive(Clone, Debug)]
pub struct Service {
    pub code: Word,
    pub kind: Kind,
    /// One of [`TOPICS`].
    pub topic: &'static str,
    pub skill: Word,
    /// Never an emergency: only the safety screen finds those.
    pub urgency: Urgency,
    /// The bureau or agency that does the work.
    pub owner: String,
    /// Words that point to this service, in any language, as people write them.
    pub keywords: Vec<String>,
    /// What its form asks beside the common questions, in order.
    pub questions: Vec<Question>,
    /// For the rep only.
    pub script: String,
    pub names: Names,
}

/// What kind of answer the person is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Request,
    Report,
    Information,
    Referral,
}

/// One question of a form.
#[derive(Clone, Debug)]
pub struct Question {
    /// Key of the answer in the contact's fields.
    pub name: String,
    pub required: bool,
    pub label: Names,
    pub answer: Answer,
}

/// What may be answered.
#[derive(Clone, Debug)]
pub enum Answer {
    Text,
    /// One of these.
    Choice(Vec<Choice>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    pub label: Names,
}

/// One wording by language (BCP-47).
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// In this language, or in English.
    pub fn get(&self, language: &str) -> &str {
        self.0.get(language).or_else(|| self.0.get("en")).map_or("", String::as_str)
    }

    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Something wrong in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "services.toml line {}: {}", self.line, self.what)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    questions: BTreeMap<String, Spanned<WrittenQuestion>>,
    #[serde(default)]
    service: Vec<Spanned<WrittenService>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenQuestion {
    kind: QuestionKind,
    required: bool,
    label: Names,
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum QuestionKind {
    Text,
    Choice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenService {
    code: Word,
    kind: Kind,
    topic: String,
    skill: Word,
    urgency: Urgency,
    owner: String,
    keywords: Vec<String>,
    #[serde(default)]
    ask: Vec<String>,
    script: String,
    name: Names,
}

impl Catalogue {
    /// The list this version ships with.
    pub fn shipped() -> Catalogue {
        Catalogue::parse(SHIPPED).expect("the shipped services are tested")
    }

    /// Read and check the whole list; or everything that is wrong with it.
    pub fn parse(source: &str) -> Result<Catalogue, Vec<Problem>> {
        let mut problems = Problems { source, found: Vec::new() };
        let written: Written = toml::from_str(source).map_err(|error| {
            problems.add(error.span().unwrap_or_default().start, error.message());
            problems.found.clone()
        })?;
        let languages = every_language(&written);
        let questions = questions(written.questions, &languages, &mut problems);
        let services = written
            .service
            .into_iter()
            .filter_map(|service| {
                let at = service.span().start;
                let service = check(service.into_inner(), at, &questions, &languages, &mut problems)?;
                Some((at, service))
            })
            .collect();
        let catalogue = Catalogue::new(services, &mut problems);
        if problems.found.is_empty() { Ok(catalogue) } else { Err(problems.found) }
    }

    /// From the services with their places in the file.
    fn new(services: Vec<(usize, Service)>, problems: &mut Problems) -> Catalogue {
        let mut codes = BTreeMap::new();
        for (position, (at, service)) in services.iter().enumerate() {
            if codes.insert(service.code.to_string(), position).is_some() {
                problems.add(*at, format!("the service `{}` is there twice", service.code));
            }
        }
        if !codes.contains_key(UNKNOWN) {
            problems.add(0, format!("the service `{UNKNOWN}` is missing"));
        }
        Catalogue { services: services.into_iter().map(|(_, service)| service).collect(), codes }
    }

    pub fn get(&self, code: &str) -> Option<&Service> {
        self.codes.get(code).map(|at| &self.services[*at])
    }

    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The services under one heading, in the order they are written.
    pub fn under<'a>(&'a self, topic: &'a str) -> impl Iterator<Item = &'a Service> {
        self.services.iter().filter(move |service| service.topic == topic)
    }

    /// The languages every service is named in.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.services.first().into_iter().flat_map(|service| service.names.languages())
    }
}

/// Problems with the line each one is on.
struct Problems<'a> {
    source: &'a str,
    found: Vec<Problem>,
}

impl Problems<'_> {
    fn add(&mut self, at: usize, what: impl Into<String>) {
        let before = self.source.as_bytes().get(..at).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        self.found.push(Problem { line, what: what.into() });
    }

    fn languages(&mut self, at: usize, what: &str, names: &Names, wanted: &BTreeSet<String>) {
        for language in wanted.iter().filter(|language| !names.0.contains_key(*language)) {
            self.add(at, format!("{what} has no name in `{language}`"));
        }
    }
}

/// A language used once must be used everywhere: a list in two languages is in none.
fn every_language(written: &Written) -> BTreeSet<String> {
    let names = written.service.iter().map(|service| &service.as_ref().name);
    names.flat_map(|names| names.0.keys().cloned()).chain(["en".to_owned()]).collect()
}

fn questions(
    written: BTreeMap<String, Spanned<WrittenQuestion>>,
    languages: &BTreeSet<String>,
    problems: &mut Problems,
) -> BTreeMap<String, Question> {
    let mut questions = BTreeMap::new();
    for (name, question) in written {
        let at = question.span().start;
        let question = question.into_inner();
        problems.languages(at, &format!("the question `{name}`"), &question.label, languages);
        for choice in &question.choices {
            problems.languages(at, &format!("`{}` of `{name}`", choice.value), &choice.label, languages);
        }
        if !is_name(&name) {
            problems.add(at, format!("`{name}` is not a name: use a to z, 0 to 9 and _"));
        }
        let answer = match (question.kind, question.choices) {
            (QuestionKind::Text, choices) if choices.is_empty() => Answer::Text,
            (QuestionKind::Choice, choices) if choices.len() > 1 => Answer::Choice(choices),
            _ => {
                problems.add(at, format!("the question `{name}` is either text or has two or more choices"));
                continue;
            }
        };
        questions.insert(name.clone(), Question { name, required: question.required, label: question.label, answer });
    }
    questions
}

fn check(
    written: WrittenService,
    at: usize,
    questions: &BTreeMap<String, Question>,
    languages: &BTreeSet<String>,
    problems: &mut Problems,
) -> Option<Service> {
    let code = written.code;
    problems.languages(at, &format!("`{code}`"), &written.name, languages);
    if !is_name(code.as_str()) {
        problems.add(at, format!("`{code}` is not a code: use a to z, 0 to 9 and _"));
    }
    if written.urgency == Urgency::Emergency {
        problems.add(at, format!("`{code}` cannot be an emergency: only the safety screen finds those"));
    }
    if written.ask.len() > QUESTIONS_MAX {
        problems.add(at, format!("`{code}` asks more than {QUESTIONS_MAX} questions"));
    }
    let mut asked = Vec::new();
    for name in &written.ask {
        match questions.get(name) {
            Some(question) => asked.push(question.clone()),
            None => problems.add(at, format!("`{code}` asks `{name}`, which is not a question")),
        }
    }
    let Some(topic) = TOPICS.into_iter().find(|topic| *topic == written.topic) else {
        problems.add(at, format!("`{code}` is under `{}`, which is none of {TOPICS:?}", written.topic));
        return None;
    };
    Some(Service {
        code,
        kind: written.kind,
        topic,
        skill: written.skill,
        urgency: written.urgency,
        owner: written.owner,
        keywords: written.keywords,
        questions: asked,
        script: written.script,
        names: written.name,
    })
}

/// Fit for an address and a field's key.
fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"
[questions.location]
kind = "text"
required = true
label = { en = "Where?", es = "¿Dónde?" }

[[service]]
code = "unknown"
kind = "information"
topic = "other"
skill = "general"
urgency = "normal"
owner = "311"
keywords = []
ask = ["location"]
script = "Listen."
name = { en = "Something else", es = "Otra cosa" }
"#;

    fn problems(source: &str) -> Vec<String> {
        Catalogue::parse(source).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_shipped_services_are_all_there_and_in_every_language() {
        let catalogue = Catalogue::parse(SHIPPED).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(catalogue.services().len(), 49);
        assert_eq!(catalogue.languages().count(), 9);
        assert!(TOPICS.iter().all(|topic| catalogue.under(topic).next().is_some()), "no heading is empty");
        assert!(catalogue.services().iter().all(|s| s.keywords.is_empty() == (s.code.as_str() == UNKNOWN)));
        let sewage = catalogue.get("sewage_release").unwrap();
        assert_eq!((sewage.skill.as_str(), sewage.urgency, sewage.kind), ("dispatch", Urgency::Urgent, Kind::Report));
        assert_eq!(sewage.names.get("es"), "Fuga o reflujo de aguas negras");
        assert_eq!(sewage.names.get("tlh"), "Sewage leak or backup");
        assert!(catalogue.get("Sewage_release").is_none());
    }

    #[test]
    fn every_problem_is_named_with_its_line() {
        assert!(Catalogue::parse(ONE).is_ok());
        assert_eq!(
            problems(&ONE.replace(", es = \"Otra cosa\"", "").replace("unknown", "Unknown")),
            [
                "services.toml line 7: `Unknown` is not a code: use a to z, 0 to 9 and _",
                "services.toml line 1: the service `unknown` is missing",
            ]
        );
        assert_eq!(
            problems(&ONE.replace("label = { en = \"Where?\", es = \"¿Dónde?\" }", "label = { es = \"¿Dónde?\" }")),
            ["services.toml line 2: the question `location` has no name in `en`"]
        );
        assert_eq!(
            problems(&ONE.replace("\"location\"]", "\"plate\"]"))[0],
            "services.toml line 7: `unknown` asks `plate`, which is not a question"
        );
        assert!(
            problems(&ONE.replace("urgency = \"normal\"", "urgency = \"emergency\""))[0]
                .contains("cannot be an emergency")
        );
        assert!(problems(&ONE.replace("topic = \"other\"", "topic = \"misc\""))[0].contains("is none of"));
        assert!(problems(&ONE.replace("kind = \"text\"", "kind = \"choice\""))[0].contains("two or more choices"));
        assert!(
            problems(&ONE.replace("owner =", "owned ="))[0].starts_with("services.toml line 13: unknown field `owned`")
        );
        assert!(
            problems(&format!("{ONE}{}", &ONE[ONE.find("[[").unwrap()..]))
                .contains(&"services.toml line 18: the service `unknown` is there twice".to_owned())
        );
    }
}
