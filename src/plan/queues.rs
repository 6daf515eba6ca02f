//! Channels, head starts, queues and widening steps, as the plan's text has them.

use crate::document::section::{Section, Text};
use crate::routing::hours::Hours;
use crate::routing::ids::{Channel, Span, Urgency, Word};
use crate::routing::queue::{ChannelRules, Policy, QueueRules, Step, Widening};
use crate::routing::skill::SkillLevel;

/// Queues of one plan at most.
const QUEUES_MAX: usize = 200;
/// Widening steps of one queue at most.
const STEPS_MAX: usize = 8;
/// How long an offer stands when the plan does not say: someone waits on the line, or not.
const OFFER_LIVE: Span = Span::secs(20);
const OFFER_DEFERRED: Span = Span::mins(3);

/// `urgent` and the others, by name. An emergency is never chosen by a plan or a service: only the safety screen does.
pub const URGENCIES: [(&str, Urgency); 4] =
    [("urgent", Urgency::Urgent), ("soon", Urgency::Soon), ("normal", Urgency::Normal), ("low", Urgency::Low)];

pub const CHANNELS: [(&str, Channel); 6] = [
    ("email", Channel::Email),
    ("chat", Channel::Chat),
    ("form", Channel::Form),
    ("phone", Channel::Phone),
    ("sms", Channel::Sms),
    ("counter", Channel::Counter),
];

const POLICIES: [(&str, Policy); 4] = [
    ("spare-scarce", Policy::SpareScarce),
    ("longest-idle", Policy::LongestIdle),
    ("least-loaded", Policy::LeastLoaded),
    ("most-skilled", Policy::MostSkilled),
];

/// Share of contacts to be offered within a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    pub share: f64,
    pub within: Span,
}

/// A queue with what only the plan needs to know of it.
#[derive(Clone, Debug)]
pub struct Queue {
    pub rules: QueueRules,
    /// `None`: the programme's hours.
    pub hours: Option<Hours>,
    /// By channel.
    pub targets: [Option<Target>; 6],
}

/// Which channels a key stands for: a channel's name, `voice` (phone, counter) or `written` (the others).
fn channels_named(key: &str) -> Option<Vec<Channel>> {
    match key {
        "voice" => Some(vec![Channel::Phone, Channel::Counter]),
        "written" => Some(vec![Channel::Email, Channel::Chat, Channel::Form, Channel::Sms]),
        _ => CHANNELS.iter().find(|(name, _)| *name == key).map(|(_, channel)| vec![*channel]),
    }
}

/// `[channels.…]`: all six must be there.
pub fn channels(top: &Section<'_>) -> Option<[ChannelRules; 6]> {
    if !top.has("channels") {
        top.missing("[channels]", "channels.phone = { weight = 100, live = true }");
    }
    let all = top.section("channels")?;
    let rules = CHANNELS.map(|(name, _)| channel(&all, name));
    all.done();
    rules.iter().all(Option::is_some).then(|| rules.map(|rules| rules.expect("looked at above")))
}

fn channel(all: &Section<'_>, name: &'static str) -> Option<ChannelRules> {
    if !all.has(name) {
        all.missing(name, "{ weight = 20, live = false }");
        return None;
    }
    let one = all.section(name)?;
    let weight = one.integer("weight", 0..=1000);
    let live = one.flag("live");
    for (key, example) in [("weight", "20"), ("live", "false")] {
        if !one.has(key) {
            one.missing(key, example);
        }
    }
    let most = one.integer("most", 1..=255);
    let prefer_for = one.duration("prefer_for").unwrap_or(Span::ZERO);
    let patience = one.duration("patience").unwrap_or(Span::ZERO);
    one.done();
    Some(ChannelRules { weight: weight? as u16, live: live?, most: most.unwrap_or(255) as u8, prefer_for, patience })
}

/// `[urgency]`: head starts, falling from `urgent` to `low`.
pub fn head_starts(top: &Section<'_>) -> [Span; 5] {
    let mut starts = [Span::ZERO; 5];
    let Some(section) = top.section("urgency") else {
        if !top.has("urgency") {
            top.missing("urgency", "{ urgent = \"2h\", soon = \"30m\", normal = \"0m\", low = \"-30m\" }");
        }
        return starts;
    };
    let mut all_read = true;
    for (name, urgency) in URGENCIES {
        let span = section.span(name);
        if span.is_none() && !section.has(name) {
            section.missing(name, "\"0m\"");
        }
        all_read &= span.is_some();
        starts[urgency as usize] = span.unwrap_or_default();
    }
    if all_read && starts[1..].windows(2).any(|pair| pair[0] < pair[1]) {
        let mend = "let the head starts fall from urgent over soon and normal to low";
        section.problem(&section.place, "a lower urgency has the larger head start", mend);
    }
    section.done();
    starts
}

/// `skills = { dispatch = 2 }`, sorted by skill.
pub fn skills(section: &Section<'_>, key: &'static str) -> Vec<SkillLevel> {
    let Some(table) = section.section(key) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, node) in table.entries() {
        let level = match node.value {
            crate::document::Value::Integer(level @ 1..=5) => level as u8,
            _ => {
                let what = format!("the level of skill `{}` must be a whole number from 1 to 5", name.value);
                section.problem(&node.place, what, "1 is \"can\", 3 is \"usual\", 5 is \"expert\"");
                continue;
            }
        };
        if let Some(skill) = section.as_word(&name, "skill") {
            found.push(SkillLevel { skill, level });
        }
    }
    found.sort_unstable();
    found
}

/// `[[queue]]`: at least one.
pub fn queues(top: &Section<'_>, hours: impl Fn(&Section<'_>) -> Option<Hours>) -> Vec<Queue> {
    let sections = top.sections("queue");
    if sections.is_empty() {
        top.missing("[[queue]]", "queue = [{ name = \"general\" }]");
    }
    if sections.len() > QUEUES_MAX {
        let what = format!("{} queues, more than {QUEUES_MAX}", sections.len());
        top.problem(&sections[QUEUES_MAX].place, what, "use skills instead of more queues");
    }
    let mut queues: Vec<Queue> = Vec::new();
    let mut also: Vec<(Text<'_>, Word)> = Vec::new();
    for section in sections.into_iter().take(QUEUES_MAX) {
        let place = section.place.clone();
        let Some(queue) = queue(section, &hours, &mut also) else { continue };
        if queues.iter().any(|other| other.rules.name == queue.rules.name) {
            let what = format!("there are two queues named `{}`", queue.rules.name);
            top.problem(&place, what, "rename one of them, or remove it");
        }
        queues.push(queue);
    }
    for (text, own) in also {
        if text.value == own.as_str() || !queues.iter().any(|queue| queue.rules.name.as_str() == text.value) {
            let names: Vec<&str> =
                queues.iter().map(|q| q.rules.name.as_str()).filter(|n| *n != own.as_str()).collect();
            let what = format!("`{}` is not another queue", text.value);
            top.problem(&text.place, what, format!("name one of: {}", names.join(", ")));
        }
    }
    queues
}

fn queue<'d>(
    section: Section<'d>,
    hours: impl Fn(&Section<'_>) -> Option<Hours>,
    also: &mut Vec<(Text<'d>, Word)>,
) -> Option<Queue> {
    let name = section.need_text("name", "\"general\"").and_then(|name| section.as_word(&name, "queue.name"));
    let skills = skills(&section, "skills");
    let policy = section.one_of("policy", &POLICIES).unwrap_or_default();
    let offer = offers(&section);
    let wrap_up = section.duration("wrap_up").unwrap_or(Span::ZERO);
    let targets = targets(&section);
    let hours = hours(&section);
    let shortest = offer.iter().copied().min().unwrap_or_default();
    let mut widen = Vec::new();
    for step in section.sections("widen") {
        widen.extend(widening(step, shortest, name, also));
    }
    if widen.windows(2).any(|pair: &[Step]| pair[0].after > pair[1].after) {
        section.problem(&section.place, "the widening steps are not in the order of `after`", "sort them by `after`");
    }
    if widen.len() > STEPS_MAX {
        section.problem(&section.place, format!("more than {STEPS_MAX} widening steps"), "remove some steps");
    }
    section.done();
    Some(Queue {
        rules: QueueRules { name: name?, skills, policy, offer, wrap_up, widen, retired: false },
        hours,
        targets,
    })
}

/// `offer = { voice = "20s", chat = "30s", written = "3m" }`; a channel's own name wins over its group.
fn offers(section: &Section<'_>) -> [Span; 6] {
    let mut offers = CHANNELS.map(|(_, channel)| match channel {
        Channel::Phone | Channel::Chat | Channel::Counter => OFFER_LIVE,
        Channel::Email | Channel::Form | Channel::Sms => OFFER_DEFERRED,
    });
    let Some(table) = section.section("offer") else { return offers };
    const KEYS: [&str; 8] = ["voice", "written", "email", "chat", "form", "phone", "sms", "counter"];
    for key in KEYS {
        let Some(span) = table.duration(key) else { continue };
        if span < Span::secs(5) {
            let what = format!("an offer of {} s is too short to be read", span.as_secs());
            table.problem(&table.place, what, "give a rep at least 5s");
        }
        for channel in channels_named(key).unwrap_or_default() {
            offers[channel as usize] = span;
        }
    }
    table.done();
    offers
}

/// `target = { share = 0.85, within = "25s" }`, or one for each of `voice`, `written` or a channel.
fn targets(section: &Section<'_>) -> [Option<Target>; 6] {
    let Some(table) = section.section("target") else { return [None; 6] };
    if table.has("share") || table.has("within") {
        return [target(table); 6];
    }
    let mut targets = [None; 6];
    for key in ["voice", "written", "email", "chat", "form", "phone", "sms", "counter"] {
        let Some(one) = table.section(key) else { continue };
        let target = target(one);
        for channel in channels_named(key).unwrap_or_default() {
            targets[channel as usize] = target;
        }
    }
    table.done();
    targets
}

fn target(section: Section<'_>) -> Option<Target> {
    let (share, within) = (section.share("share"), section.duration("within"));
    for (key, example) in [("share", "0.85"), ("within", "\"25s\"")] {
        if !section.has(key) {
            section.missing(key, example);
        }
    }
    section.done();
    Some(Target { share: share?, within: within? })
}

/// `{ after = "60s", with = "interpreter" }`, `{ …, skill = "x", level = -1 }`, `{ …, without = "x" }` or `{ …, also = "queue" }`.
fn widening<'d>(
    step: Section<'d>,
    shortest: Span,
    own: Option<Word>,
    also: &mut Vec<(Text<'d>, Word)>,
) -> Option<Step> {
    let after = step.duration("after");
    match after {
        None if !step.has("after") => step.missing("after", "\"60s\""),
        Some(after) if after < shortest => {
            let what = format!("this step comes after {} s, before one offer has run out", after.as_secs());
            step.problem(&step.place, what, format!("make `after` at least {}s", shortest.as_secs()));
        }
        _ => {}
    }
    let interpreter = step.one_of("with", &[("interpreter", Widening::Interpreter)]);
    let lower = step.word("skill").zip(step.integer("level", -4..=-1));
    let lower = lower.map(|(skill, level)| Widening::Lower { skill, by: level.unsigned_abs() as u8 });
    let without = step.word("without").map(|skill| Widening::Without { skill });
    let other = step.text("also");
    if let (Some(text), Some(own)) = (&other, own) {
        also.push((text.clone(), own));
    }
    let other = other.and_then(|text| Word::new(text.value).ok()).map(|queue| Widening::AlsoQueue { queue });
    let keys = ["with", "skill", "without", "also"].iter().filter(|key| step.has(key)).count();
    if keys != 1 {
        let mend =
            "write one of `with = \"interpreter\"`, `skill = \"…\", level = -1`, `without = \"…\"`, `also = \"queue\"`";
        step.problem(&step.place, format!("a widening step does one thing; this one does {keys}"), mend);
    }
    if step.has("skill") && !step.has("level") {
        step.missing("level", "-1");
    }
    let widening = interpreter.or(lower).or(without).or(other);
    step.done();
    Some(Step { after: after?, widening: widening? })
}
