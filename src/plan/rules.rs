//! Rules: conditions over one contact, what follows, and the examples that prove them.

use super::queues::{CHANNELS, URGENCIES, skills};
use super::words::{Folded, Hit, Words};
use crate::document::section::{Section, Text, nearest};
use crate::document::{Document, Node, Place, Value};
use crate::routing::ids::{Channel, Urgency, Word};
use crate::routing::skill::SkillLevel;
use std::collections::{BTreeMap, BTreeSet};

/// Rules of one plan at most.
const RULES_MAX: usize = 500;
/// Conditions within conditions at most.
const DEPTH_MAX: usize = 8;
/// The longest word or phrase, in characters.
const PHRASE_MAX: usize = 100;
/// The name under which examples expect the last resort.
pub const OTHERWISE: &str = "otherwise";

/// What is known of a contact when the plan decides.
#[derive(Clone, Debug)]
pub struct Classified<'a> {
    pub channel: Channel,
    pub language: Word,
    /// A person chose it (not detected, not assumed).
    pub language_sure: bool,
    /// The service's code, with the skill and urgency that the catalogue gives it.
    pub topic: Option<&'a str>,
    pub service_skill: Option<Word>,
    pub service_urgency: Option<Urgency>,
    /// Everything written, one field a line.
    pub text: &'a str,
    pub fields: &'a BTreeMap<String, String>,
    /// Within the programme's hours.
    pub open: bool,
    pub doubtful: bool,
    /// The person has been here before.
    pub returning: bool,
    /// The mailbox it came to.
    pub mailbox: Option<MailboxSeen<'a>>,
}

/// A mailbox by its name, and the queue its mail is meant for where no rule matches.
#[derive(Clone, Copy, Debug)]
pub struct MailboxSeen<'a> {
    pub name: &'a str,
    pub queue: Option<Word>,
}

#[derive(Clone, Debug)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Channel(Vec<Channel>),
    /// A tag stands for its regions and scripts as well: `zh` for `zh-Hant`.
    Language(Vec<Word>),
    LanguageSure(bool),
    Topic(Vec<String>),
    ServiceSkill(Vec<Word>),
    /// A word list, by its number.
    Words(u32),
    /// A form field with one of these values, whatever the case; any value when there are none.
    Field(String, Vec<String>),
    Open(bool),
    Doubtful(bool),
    Returning(bool),
    /// It came to one of these mailboxes.
    Mailbox(Vec<String>),
}

/// What a rule decides.
#[derive(Clone, Debug)]
pub struct Then {
    pub queue: Word,
    /// `None`: as the service catalogue has it, else normal.
    pub urgency: Option<Urgency>,
    /// In addition to the service's own skill.
    pub skills: Vec<SkillLevel>,
    pub tags: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub name: String,
    pub place: Place,
    pub when: Condition,
    pub then: Then,
}

/// All rules, in order, with their words.
#[derive(Clone, Debug)]
pub struct Rules {
    pub rules: Vec<Rule>,
    pub otherwise: Then,
    pub words: Words,
    /// Service codes that rules name, and where.
    pub topics: Vec<(String, Place)>,
    /// Mailboxes that rules name, and where.
    pub mailboxes: Vec<(String, Place)>,
}

/// A contact, as one example gives it, and what should become of it.
struct Example<'d> {
    place: Place,
    given: Section<'d>,
    expect: Section<'d>,
}

/// Collects while the rules are read.
#[derive(Default)]
struct Reading {
    phrases: Vec<(u32, String)>,
    lists: u32,
    topics: Vec<(String, Place)>,
    mailboxes: Vec<(String, Place)>,
}

impl Condition {
    fn holds(&self, contact: &Classified<'_>, lists: &BTreeSet<u32>) -> bool {
        match self {
            Condition::All(all) => all.iter().all(|one| one.holds(contact, lists)),
            Condition::Any(any) => any.iter().any(|one| one.holds(contact, lists)),
            Condition::Not(one) => !one.holds(contact, lists),
            Condition::Channel(channels) => channels.contains(&contact.channel),
            Condition::Language(languages) => languages.iter().any(|tag| covers(*tag, contact.language)),
            Condition::LanguageSure(sure) => contact.language_sure == *sure,
            Condition::Topic(topics) => contact.topic.is_some_and(|topic| topics.iter().any(|t| t == topic)),
            Condition::ServiceSkill(skills) => contact.service_skill.is_some_and(|skill| skills.contains(&skill)),
            Condition::Words(list) => lists.contains(list),
            Condition::Field(name, values) => contact.fields.get(name).is_some_and(|value| {
                let value = value.trim().to_lowercase();
                !value.is_empty() && (values.is_empty() || values.contains(&value))
            }),
            Condition::Open(open) => contact.open == *open,
            Condition::Doubtful(doubtful) => contact.doubtful == *doubtful,
            Condition::Returning(returning) => contact.returning == *returning,
            Condition::Mailbox(names) => contact.mailbox.is_some_and(|m| names.iter().any(|name| name == m.name)),
        }
    }
}

/// Is `tag` the language or a prefix of it (RFC 4647 basic filtering)?
fn covers(tag: Word, language: Word) -> bool {
    let rest = language.as_str().strip_prefix(tag.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

impl Rules {
    /// The first rule that holds and its number; `None` for `otherwise`.
    pub fn decide(&self, contact: &Classified<'_>) -> (Option<u16>, &Then) {
        let text = Folded::new(contact.text);
        let lists: BTreeSet<u32> = self.words.hits(&text).map(|hit: Hit| hit.list).collect();
        let found = self.rules.iter().position(|rule| rule.when.holds(contact, &lists));
        match found {
            Some(at) => (Some(at as u16), &self.rules[at].then),
            None => (None, &self.otherwise),
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.name.as_str())
    }

    pub fn name(&self, rule: Option<u16>) -> &str {
        rule.and_then(|at| self.rules.get(usize::from(at))).map_or(OTHERWISE, |rule| &rule.name)
    }

    /// Read `[[rule]]` and `[otherwise]`, and run every example.
    pub fn read(top: &Section<'_>, queues: &[Word]) -> Option<Rules> {
        let mut reading = Reading::default();
        let mut examples = Vec::new();
        let mut rules: Vec<Rule> = Vec::new();
        let sections = top.sections("rule");
        if sections.len() > RULES_MAX {
            let what = format!("{} rules, more than {RULES_MAX}", sections.len());
            top.problem(&sections[RULES_MAX].place, what, "join rules with `any`");
        }
        for section in sections.into_iter().take(RULES_MAX) {
            let Some(rule) = reading.rule(section, queues, &mut examples) else { continue };
            if rule.name == OTHERWISE || rules.iter().any(|other| other.name == rule.name) {
                let what = format!("there is already a rule named `{}`", rule.name);
                top.problem(&rule.place, what, "give every rule its own name: it is shown as the reason");
            }
            rules.push(rule);
        }
        if !top.has("otherwise") {
            top.missing("[otherwise]", "otherwise = { queue = \"general\" }");
        }
        let otherwise = top.section("otherwise").and_then(|section| {
            collect_examples(&section, &mut examples);
            reading.then(section, queues)
        });
        let phrases: Vec<_> = reading
            .phrases
            .iter()
            .map(|(list, text)| super::words::Phrase { list: *list, text, tonal: false })
            .collect();
        let Reading { topics, mailboxes, .. } = reading;
        let rules = Rules { rules, otherwise: otherwise?, words: Words::new(&phrases), topics, mailboxes };
        for example in examples {
            rules.run(example);
        }
        Some(rules)
    }

    /// Decide an example and compare.
    fn run(&self, example: Example<'_>) {
        let doc = example.given.doc();
        let fields = field_values(&example.given);
        let given = &example.given;
        let parts = ["subject", "text"].map(|key| given.text(key).map_or("", |text| text.value));
        let contact = Classified {
            channel: given.one_of("channel", &CHANNELS).unwrap_or(Channel::Form),
            language: given.word("language").unwrap_or(Word::new("en").expect("short")),
            language_sure: given.flag("language_sure").unwrap_or(true),
            topic: given.text("topic").map(|text| text.value),
            service_skill: given.word("service_skill"),
            service_urgency: given.one_of("service_urgency", &URGENCIES),
            text: &format!("{}\n{}\n{}", parts[0], parts[1], fields.values().cloned().collect::<Vec<_>>().join("\n")),
            fields: &fields,
            open: given.flag("open").unwrap_or(true),
            doubtful: given.flag("doubtful").unwrap_or(false),
            returning: given.flag("returning").unwrap_or(false),
            mailbox: given.text("mailbox").map(|name| MailboxSeen { name: name.value, queue: None }),
        };
        let (rule, then) = self.decide(&contact);
        let urgency = then.urgency.or(contact.service_urgency).unwrap_or(Urgency::Normal);
        let came = [("rule", self.name(rule)), ("queue", then.queue.as_str()), ("urgency", urgency.name())];
        let expect = &example.expect;
        if !came.iter().any(|(key, _)| expect.has(key)) {
            expect.missing("rule", "\"…\"");
        }
        for (key, came) in came {
            let Some(wanted) = expect.text(key) else { continue };
            if wanted.value != came {
                let what = format!("the example expects {key} `{}`, but it is `{came}`", wanted.value);
                let mend = format!("change the example, or a rule (this one was decided by `{}`)", self.name(rule));
                doc.problem(&example.place, what, mend);
            }
        }
        example.given.done();
        example.expect.done();
    }
}

fn field_values(given: &Section<'_>) -> BTreeMap<String, String> {
    let Some(section) = given.section("fields") else { return BTreeMap::new() };
    let texts = section.entries().filter_map(|(name, node)| match &node.value {
        Value::Text(value) => Some((name.value.to_string(), value.clone())),
        other => {
            let what = format!("field `{}` is {}, not a text", name.value, other.kind());
            section.problem(&node.place, what, "write it in quotes");
            None
        }
    });
    texts.collect()
}

fn collect_examples<'d>(section: &Section<'d>, examples: &mut Vec<Example<'d>>) {
    for one in section.sections("example") {
        for key in ["given", "expect"] {
            if !one.has(key) {
                one.missing(key, "{ … }");
            }
        }
        if let (Some(given), Some(expect)) = (one.section("given"), one.section("expect")) {
            examples.push(Example { place: one.place.clone(), given, expect });
        }
        one.done();
    }
}

impl Reading {
    fn rule<'d>(&mut self, section: Section<'d>, queues: &[Word], examples: &mut Vec<Example<'d>>) -> Option<Rule> {
        let name = section.need_text("name", "\"sewage on the ground\"");
        let place = name.as_ref().map_or(section.place.clone(), |name| name.place.clone());
        for (key, example) in [("when", "{ words = [\"…\"] }"), ("then", "{ queue = \"…\" }")] {
            if !section.has(key) {
                section.missing(key, example);
            }
        }
        let when = section.section("when").map(|when| self.condition(when, 0));
        let then = section.section("then").and_then(|then| self.then(then, queues));
        collect_examples(&section, examples);
        section.done();
        Some(Rule { name: name?.value.to_string(), place, when: when?, then: then? })
    }

    fn then(&mut self, section: Section<'_>, queues: &[Word]) -> Option<Then> {
        let queue = section.need_text("queue", "\"general\"").and_then(|text| known_queue(&section, &text, queues));
        let urgency = section.one_of("urgency", &URGENCIES);
        let skills = skills(&section, "skills");
        let tags = section.texts("tag").unwrap_or_default().into_iter().map(|tag| tag.value.to_string()).collect();
        section.done();
        Some(Then { queue: queue?, urgency, skills, tags })
    }

    /// Every key of the table must hold.
    fn condition(&mut self, section: Section<'_>, depth: usize) -> Condition {
        if depth > DEPTH_MAX {
            section.problem(&section.place, "the conditions are nested too deeply", "split the rule into several");
            return Condition::All(Vec::new());
        }
        let mut all = Vec::new();
        all.extend(self.several(&section, "all", depth).map(Condition::All));
        all.extend(self.several(&section, "any", depth).map(Condition::Any));
        if let Some(inner) = section.section("not") {
            all.push(Condition::Not(Box::new(self.condition(inner, depth + 1))));
        }
        all.extend(self.named(&section));
        all.extend(about_person(&section));
        all.extend(self.about_text(&section));
        for (key, make) in FLAGS {
            all.extend(section.flag(key).map(make));
        }
        if all.is_empty() && section.entries().next().is_none() {
            section.problem(
                &section.place,
                "the condition is empty and would always hold",
                "use [otherwise] for the rest",
            );
        }
        section.done();
        if all.len() == 1 { all.remove(0) } else { Condition::All(all) }
    }

    fn several(&mut self, section: &Section<'_>, key: &'static str, depth: usize) -> Option<Vec<Condition>> {
        let node = section.node(key)?;
        let sections = section.sections(key);
        if sections.is_empty() {
            section.problem(&node.place, format!("`{key}` has no conditions"), "add conditions, or remove it");
        }
        Some(sections.into_iter().map(|inner| self.condition(inner, depth + 1)).collect())
    }

    fn named(&mut self, section: &Section<'_>) -> Vec<Condition> {
        let mut all = Vec::new();
        if let Some(topics) = section.texts("topic") {
            self.topics.extend(topics.iter().map(|topic| (topic.value.to_string(), topic.place.clone())));
            all.push(Condition::Topic(topics.iter().map(|topic| topic.value.to_string()).collect()));
        }
        if let Some(skills) = section.texts("service_skill") {
            let skills = skills.iter().filter_map(|skill| section.as_word(skill, "service_skill")).collect();
            all.push(Condition::ServiceSkill(skills));
        }
        if let Some(names) = section.texts("mailbox") {
            self.mailboxes.extend(names.iter().map(|name| (name.value.to_string(), name.place.clone())));
            all.push(Condition::Mailbox(names.iter().map(|name| name.value.to_string()).collect()));
        }
        all
    }

    fn about_text(&mut self, section: &Section<'_>) -> Vec<Condition> {
        let mut all = Vec::new();
        if let Some(phrases) = section.texts("words") {
            let list = self.lists;
            self.lists += 1;
            for phrase in phrases {
                let length = phrase.value.chars().count();
                if Folded::new(phrase.value.trim().trim_end_matches('*')).as_str().trim().is_empty()
                    || length > PHRASE_MAX
                {
                    let what = format!("a word or phrase must have 1 to {PHRASE_MAX} characters");
                    section.problem(&phrase.place, what, "write what people would write");
                    continue;
                }
                self.phrases.push((list, phrase.value.to_string()));
            }
            all.push(Condition::Words(list));
        }
        if let Some(fields) = section.section("field") {
            for (name, node) in fields.entries() {
                all.push(Condition::Field(name.value.to_string(), wanted_values(section.doc(), &name, node)));
            }
        }
        all
    }
}

type MakeFlag = fn(bool) -> Condition;
const FLAGS: [(&str, MakeFlag); 4] = [
    ("language_sure", Condition::LanguageSure),
    ("open", Condition::Open),
    ("doubtful", Condition::Doubtful),
    ("returning", Condition::Returning),
];

fn about_person(section: &Section<'_>) -> Vec<Condition> {
    let mut all = Vec::new();
    if let Some(channels) = section.texts("channel") {
        let channels = channels.iter().filter_map(|name| section.choose(name, "channel", &CHANNELS)).collect();
        all.push(Condition::Channel(channels));
    }
    if let Some(languages) = section.texts("language") {
        let languages = languages.iter().filter_map(|tag| section.as_word(tag, "language")).collect();
        all.push(Condition::Language(languages));
    }
    all
}

/// `field = { blocked = "yes" }`, a list of values, or `true` for any value.
fn wanted_values(doc: &Document, name: &Text<'_>, node: &Node) -> Vec<String> {
    let items = match &node.value {
        Value::Flag(true) => return Vec::new(),
        Value::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let values = items.into_iter().filter_map(|item| match &item.value {
        Value::Text(value) => Some(value.trim().to_lowercase()),
        other => {
            let what = format!("field `{}` is compared with {}", name.value, other.kind());
            doc.problem(&item.place, what, "write a text, a list of texts, or true for any answer");
            None
        }
    });
    values.collect()
}

fn known_queue(section: &Section<'_>, text: &Text<'_>, queues: &[Word]) -> Option<Word> {
    let found = queues.iter().find(|queue| queue.as_str() == text.value).copied();
    if found.is_none() {
        let names = || queues.iter().map(Word::as_str);
        let mend = match nearest(text.value, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("name one of: {}", names().collect::<Vec<_>>().join(", ")),
        };
        section.problem(&text.place, format!("there is no queue named `{}`", text.value), mend);
    }
    found
}
