//! The routing plan: one TOML text that admins tune, read into a checked [`Plan`] or into every problem at once. Pure.

pub mod language;
pub mod lint;
pub mod queues;
pub mod roster;
pub mod rules;
pub mod words;

pub use crate::document::{Place, Problem};
pub use queues::Target;
pub use rules::{Classified, MailboxSeen, OTHERWISE};

use crate::document::section::Section;
use crate::document::{Document, Value};
use crate::routing::hours::{Hours, zone};
use crate::routing::ids::{Channel, Span, Timestamp, Urgency, Word};
use crate::routing::queue::{ChannelRules, Settings};
use crate::routing::skill::SkillLevel;
use queues::Queue;
use rules::Rules;
use std::collections::BTreeSet;

/// What the plan is called in problems.
pub const FILE: &str = "routing.toml";

/// A checked routing plan. Every name in it is known and every example comes true.
#[derive(Clone, Debug)]
pub struct Plan {
    house_language: Word,
    channels: [ChannelRules; 6],
    head_start: [Span; 5],
    bar: Span,
    rep_grace: Span,
    ladder: [Span; 2],
    hours: Hours,
    queues: Vec<Queue>,
    rules: Rules,
    zone: String,
}

/// Where a contact goes and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub queue: Word,
    pub urgency: Urgency,
    /// The rule's and the service's, sorted, one entry a skill; without the queue's own, which the engine adds.
    pub skills: Vec<SkillLevel>,
    /// Counted from 0; `None` for `otherwise`.
    pub rule: Option<u16>,
    pub tags: Vec<String>,
}

impl Plan {
    /// Read a plan. On error: all problems, each with its place and how to mend it.
    pub fn parse(text: &str) -> Result<Plan, Vec<Problem>> {
        let doc = Document::read(FILE, text)?;
        let plan = read(&doc.top());
        doc.outcome(plan)
    }

    /// The engine's part, under the number this plan was published with.
    pub fn settings(&self, version: u32) -> Settings {
        Settings {
            version,
            house_language: self.house_language,
            channels: self.channels,
            head_start: self.head_start,
            queues: self.queues.iter().map(|queue| queue.rules.clone()).collect(),
            bar: self.bar,
            rep_grace: self.rep_grace,
            ladder: self.ladder,
        }
    }

    /// First match wins; what no rule wants goes to `otherwise`, a mail to the queue its mailbox is meant for.
    pub fn classify(&self, contact: &Classified<'_>) -> Decision {
        let (rule, then) = self.rules.decide(contact);
        let mut skills = then.skills.clone();
        if let Some(skill) = contact.service_skill
            && !skills.iter().any(|wanted| wanted.skill == skill)
        {
            skills.push(SkillLevel { skill, level: 1 });
            skills.sort_unstable();
        }
        let urgency = then.urgency.or(contact.service_urgency).unwrap_or(Urgency::Normal);
        let meant = contact.mailbox.and_then(|mailbox| mailbox.queue).filter(|_| rule.is_none());
        let queue = meant.filter(|queue| self.has_queue(*queue)).unwrap_or(then.queue);
        Decision { queue, urgency, skills, rule, tags: then.tags.clone() }
    }

    pub fn has_queue(&self, name: Word) -> bool {
        self.queues.iter().any(|queue| queue.rules.name == name)
    }

    /// The names of all rules, in order.
    pub fn rule_names(&self) -> impl Iterator<Item = &str> {
        self.rules.names()
    }

    /// The language that reps share, for example `en`.
    pub fn house_language(&self) -> Word {
        self.house_language
    }

    /// IANA name, for example `America/Los_Angeles`.
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// The programme's opening hours.
    pub fn hours(&self) -> &Hours {
        &self.hours
    }

    /// A queue's own opening hours, else the programme's.
    pub fn hours_of(&self, queue: Word) -> &Hours {
        let own = self.queues.iter().find(|q| q.rules.name == queue).and_then(|q| q.hours.as_ref());
        own.unwrap_or(&self.hours)
    }

    pub fn is_open(&self, at: Timestamp) -> bool {
        self.hours.is_open(at)
    }

    /// What share of a queue's contacts on a channel should be offered within what time.
    pub fn target(&self, queue: Word, channel: Channel) -> Option<Target> {
        self.queues.iter().find(|q| q.rules.name == queue)?.targets[channel as usize]
    }

    pub fn channel(&self, channel: Channel) -> &ChannelRules {
        &self.channels[channel as usize]
    }
}

fn read(top: &Section<'_>) -> Option<Plan> {
    let zone_name = top.need_text("zone", "\"America/Los_Angeles\"");
    let time_zone = zone_name.as_ref().and_then(|name| {
        let found = zone(name.value);
        if found.is_none() {
            let what = format!("there is no time zone named `{}`", name.value);
            top.problem(&name.place, what, "use an IANA name such as `America/Los_Angeles` or `Europe/Berlin`");
        }
        found
    });
    let holidays = holidays(top);
    let read_hours = |section: &Section<'_>| {
        let text = section.text("hours")?;
        Hours::parse(text.value, time_zone.clone()?, holidays.clone())
            .map_err(|error| {
                section.problem(&text.place, error.to_string(), "write for example `every day 07:00-20:00`");
            })
            .ok()
    };
    if !top.has("hours") {
        top.missing("hours", "\"every day 07:00-20:00\"");
    }
    let hours = read_hours(top);
    let house_language =
        top.need_text("house_language", "\"en\"").and_then(|text| top.as_word(&text, "house_language"));
    let [bar, rep_grace] = times(top, "times", ["bar", "rep_grace"], [Span::mins(10), Span::secs(60)]);
    let ladder = times(top, "emergency", ["supervisors_after", "on_call_after"], [Span::secs(30), Span::secs(60)]);
    if ladder[0] > ladder[1] {
        let mend = "let `supervisors_after` be the shorter time";
        top.problem(&top.place, "an emergency would reach the on-call contact before the supervisors", mend);
    }
    let channels = queues::channels(top);
    let head_start = queues::head_starts(top);
    let queues = queues::queues(top, read_hours);
    let names: Vec<Word> = queues.iter().map(|queue| queue.rules.name).collect();
    let rules = Rules::read(top, &names);
    let zone = zone_name?.value.to_string();
    top.finish();
    Some(Plan {
        house_language: house_language?,
        channels: channels?,
        head_start,
        bar,
        rep_grace,
        ladder,
        hours: hours?,
        queues,
        rules: rules?,
        zone,
    })
}

/// A table with two times, each with its usual value.
fn times(top: &Section<'_>, key: &'static str, names: [&'static str; 2], usual: [Span; 2]) -> [Span; 2] {
    let Some(section) = top.section(key) else { return usual };
    let found = std::array::from_fn(|i| section.duration(names[i]).unwrap_or(usual[i]));
    section.done();
    found
}

/// `holidays = ["2026-12-25", …]`, as texts or TOML dates.
fn holidays(top: &Section<'_>) -> BTreeSet<jiff::civil::Date> {
    let Some(node) = top.node("holidays") else { return BTreeSet::new() };
    let Value::List(items) = &node.value else {
        top.problem(&node.place, "`holidays` is not a list", "write `holidays = [\"2026-12-25\"]`");
        return BTreeSet::new();
    };
    let days = items.iter().filter_map(|item| {
        let text = match &item.value {
            Value::Text(text) | Value::Date(text) => text.as_str(),
            _ => "",
        };
        let day = text.parse().ok();
        if day.is_none() {
            top.problem(&item.place, format!("`{text}` is not a day"), "write year-month-day: \"2026-12-25\"");
        }
        day
    });
    days.collect()
}
