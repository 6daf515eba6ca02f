//! A day in an invented city, as a text: who comes when, by which way, in which language, and who works.

use crate::document::section::Section;
use crate::document::{Document, Problem, Value};
use crate::plan::queues::CHANNELS;
use crate::routing::ids::{Channel, Span, Timestamp, Word};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What a scenario is called in problems, when it has no file of its own.
pub const FILE: &str = "scenario.toml";
/// Days of one scenario at most: a quarter.
const DAYS_MAX: i64 = 92;
/// Contacts in an hour at most: twice New York City's record day.
const PER_HOUR_MAX: f64 = 20_000.0;
/// A surge is at most this many times as many.
const SURGE_MAX: f64 = 100.0;

/// A checked scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub title: String,
    /// The first day, in the plan's zone.
    pub date: Date,
    pub days: u16,
    /// Contacts expected in each hour of a day.
    pub per_hour: [f64; 24],
    pub surges: Vec<Surge>,
    pub channels: Vec<(Channel, f64)>,
    pub languages: Vec<(Word, f64)>,
    /// Weight of a service's code; 1 for those not named.
    pub services: Vec<(String, f64)>,
    /// Mean time with one contact, by channel.
    pub handle: [Span; 6],
    pub wrap_up: Span,
    /// Share of contacts with danger in them.
    pub emergencies: f64,
    /// Share of deferred contacts that wait for an answer of the customer once.
    pub parked: f64,
    /// Share of offers that nobody looks at.
    pub missed: f64,
    /// One in a hundred gives up every so often, after the first half minute.
    pub one_percent_leaves_every: Span,
    pub shifts: Vec<Shift>,
}

/// For some hours of every day, so many times as many contacts.
#[derive(Clone, Copy, Debug)]
pub struct Surge {
    /// Minutes of the day.
    pub from: u16,
    pub to: u16,
    pub times: f64,
}

/// Who works when, in minutes of the day.
#[derive(Clone, Debug)]
pub struct Shift {
    pub name: Word,
    pub from: u16,
    pub to: u16,
    /// Half an hour.
    pub lunch: Option<u16>,
}

impl Scenario {
    /// Read a scenario. On error: all problems, each with its place and how to mend it.
    pub fn parse(text: &str) -> Result<Scenario, Vec<Problem>> {
        let doc = Document::read(FILE, text)?;
        let scenario = read(&doc.top());
        doc.outcome(scenario)
    }

    /// Contacts expected in an hour that begins at this minute of a day.
    pub fn rate(&self, minute: u16) -> f64 {
        let surge: f64 = self.surges.iter().filter(|s| s.from <= minute && minute < s.to).map(|s| s.times).product();
        self.per_hour[usize::from(minute / 60) % 24] * surge
    }

    /// The highest rate of all.
    pub fn peak(&self) -> f64 {
        (0..24 * 60).map(|minute| self.rate(minute)).fold(0.0, f64::max)
    }

    /// A minute of one of the days, as an instant.
    pub fn at(&self, day: u16, minute: u16, zone: &TimeZone) -> Timestamp {
        let date = self.date.saturating_add(jiff::Span::new().days(i64::from(day) + i64::from(minute / 1_440)));
        let time = date.at((minute % 1_440 / 60) as i8, (minute % 60) as i8, 0, 0);
        Timestamp(zone.to_ambiguous_timestamp(time).compatible().map_or(0, |at| at.as_microsecond()))
    }
}

fn read(top: &Section<'_>) -> Option<Scenario> {
    let title = top.need_text("title", "\"A quiet weekday\"").map(|text| text.value.to_string());
    let date = top.need_text("date", "\"2026-11-24\"").and_then(|text| {
        let date = text.value.parse().ok();
        if date.is_none() {
            top.problem(&text.place, format!("`{}` is not a day", text.value), "write year-month-day: \"2026-11-24\"");
        }
        date
    });
    let days = top.integer("days", 1..=DAYS_MAX).unwrap_or(1) as u16;
    let per_hour = per_hour(top);
    let surges = top.sections("surge").into_iter().filter_map(surge).collect();
    let channels = top.numbers("channels").into_iter();
    let channels = channels.filter_map(|(name, share)| Some((top.choose(&name, "channels", &CHANNELS)?, share)));
    let channels: Vec<(Channel, f64)> = channels.collect();
    let languages = top.numbers("languages").into_iter();
    let languages = languages.filter_map(|(tag, share)| Some((top.as_word(&tag, "languages")?, share)));
    let languages: Vec<(Word, f64)> = languages.collect();
    for (key, is_empty) in [("channels", channels.is_empty()), ("languages", languages.is_empty())] {
        if is_empty && !top.has(key) {
            top.missing(key, if key == "channels" { "{ phone = 0.8, form = 0.2 }" } else { "{ en = 1 }" });
        }
    }
    let services = top.numbers("services").into_iter().map(|(code, weight)| (code.value.to_string(), weight)).collect();
    let scenario = Scenario {
        title: title?,
        date: date?,
        days,
        per_hour: per_hour?,
        surges,
        channels,
        languages,
        services,
        handle: handle(top),
        wrap_up: top.duration("wrap_up").unwrap_or(Span::secs(30)),
        emergencies: top.share("emergencies").unwrap_or(0.0),
        parked: top.share("parked").unwrap_or(0.0),
        missed: top.share("missed").unwrap_or(0.0),
        one_percent_leaves_every: top.duration("one_percent_leaves_every").unwrap_or(Span::secs(10)),
        shifts: shifts(top),
    };
    top.finish();
    Some(scenario)
}

fn per_hour(top: &Section<'_>) -> Option<[f64; 24]> {
    let Some(node) = top.node("per_hour") else {
        top.missing("per_hour", "[0, 0, …] with 24 numbers");
        return None;
    };
    let Value::List(items) = &node.value else {
        top.problem(&node.place, "`per_hour` is not a list", "write 24 numbers, for the hours from midnight on");
        return None;
    };
    let numbers = items.iter().filter_map(|item| match item.value {
        Value::Integer(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        _ => None,
    });
    let numbers = numbers.filter(|number| (0.0..=PER_HOUR_MAX).contains(number));
    let numbers: Result<[f64; 24], _> = numbers.collect::<Vec<f64>>().try_into();
    if numbers.is_err() || items.len() != 24 {
        top.problem(
            &node.place,
            format!("`per_hour` does not have 24 numbers from 0 to {PER_HOUR_MAX}"),
            "one for each hour from midnight on",
        );
    }
    numbers.ok()
}

fn surge(section: Section<'_>) -> Option<Surge> {
    let (from, to) = (minute(&section, "from"), minute(&section, "to"));
    let times = section.number("times");
    if times.is_none() && !section.has("times") {
        section.missing("times", "10");
    }
    if times.is_some_and(|times| times > SURGE_MAX) {
        section.problem(&section.place, format!("a surge of more than {SURGE_MAX} times"), "choose fewer");
    }
    section.done();
    Some(Surge { from: from?, to: to?, times: times? })
}

fn handle(top: &Section<'_>) -> [Span; 6] {
    // what contacts on these channels usually take
    let mut handle = [360, 540, 240, 300, 180, 300].map(Span::secs);
    let Some(section) = top.section("handle") else { return handle };
    for (name, channel) in CHANNELS {
        if let Some(span) = section.duration(name) {
            handle[channel as usize] = span;
        }
    }
    section.done();
    handle
}

fn shifts(top: &Section<'_>) -> Vec<Shift> {
    let absent: Vec<&str> = top.texts("absent").unwrap_or_default().iter().map(|name| name.value).collect();
    let mut shifts = Vec::new();
    for section in top.sections("shift") {
        let names = section.texts("who").unwrap_or_default();
        if names.is_empty() {
            section.missing("who", "[\"ana\"]");
        }
        let (from, to) = (minute(&section, "from"), minute(&section, "to"));
        let lunch = section.node("lunch").and_then(|_| minute(&section, "lunch"));
        if let (Some(from), Some(to)) = (from, to) {
            let names = names.iter().filter(|name| !absent.contains(&name.value));
            let names = names.filter_map(|name| section.as_word(name, "shift.who"));
            shifts.extend(names.map(|name| Shift { name, from, to, lunch }));
        }
        section.done();
    }
    if shifts.is_empty() && !top.has("shift") {
        top.missing("shift", "[{ who = [\"ana\"], from = \"07:00\", to = \"15:30\" }]");
    }
    shifts
}

/// `07:30` as a minute of the day; `24:00` is its end.
fn minute(section: &Section<'_>, key: &'static str) -> Option<u16> {
    let text = section.need_text(key, "\"07:30\"")?;
    let parsed = text.value.split_once(':').and_then(|(hour, minute)| {
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
    });
    if parsed.is_none() {
        section.problem(&text.place, format!("`{}` is not a time of day", text.value), "write for example \"07:30\"");
    }
    parsed
}
