//! Settings and reps in the story language: `queue permits skills permits 2 wrap-up 60s`, `rep ana speaks es`.

use super::read::{Words, channel, span, urgency};
use steelbridge::routing::command::Profile;
use steelbridge::routing::ids::{Channel, Span, Urgency, Word};
use steelbridge::routing::queue::{ChannelRules, Policy, QueueRules, Settings, Step, Widening};
use steelbridge::routing::skill::{Ability, LanguageLevel, SkillLevel};

/// The plan every story starts from, in the same language.
pub const DEFAULT: &str = include_str!("../stories/default.plan");

/// The settings of `default.plan`.
pub fn default_settings() -> Settings {
    let rules = ChannelRules { weight: 100, live: false, most: 1, prefer_for: Span::ZERO, patience: Span::ZERO };
    let mut settings = Settings {
        version: 1,
        house_language: Word::new("en").expect("short"),
        channels: [rules; 6],
        head_start: [Span::ZERO; 5],
        queues: Vec::new(),
        bar: Span::ZERO,
        rep_grace: Span::ZERO,
        ladder: [Span::ZERO; 2],
    };
    for line in DEFAULT.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        change(&mut settings, line).unwrap_or_else(|e| panic!("default.plan: {line}: {e}"));
    }
    settings
}

/// Is this a line that changes the plan?
pub fn is_plan_line(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    ["channel", "queue", "no", "widen", "head", "bar", "grace", "ladder"].contains(&first)
}

/// Change the settings as one line says.
pub fn change(settings: &mut Settings, line: &str) -> Result<(), String> {
    let mut words = Words::of(line);
    match words.next()? {
        "channel" => change_channel(settings, &mut words)?,
        "queue" => change_queue(settings, &mut words)?,
        "no" => {
            words.expect("queue")?;
            let name = words.word()?;
            settings.queues.retain(|q| q.name != name);
        }
        "widen" => widen(settings, &mut words)?,
        "head" => {
            words.expect("start")?;
            while !words.is_empty() {
                let urgency = urgency(words.next()?).ok_or("an urgency")?;
                settings.head_start[urgency as usize] = span(words.next()?)?;
            }
        }
        "bar" => settings.bar = span(words.next()?)?,
        "grace" => settings.rep_grace = span(words.next()?)?,
        "ladder" => settings.ladder = [span(words.next()?)?, span(words.next()?)?],
        other => return Err(format!("`{other}` is not something a plan has")),
    }
    words.end()
}

fn change_channel(settings: &mut Settings, words: &mut Words) -> Result<(), String> {
    let channel = channel(words.next()?).ok_or("a channel")?;
    let rules = &mut settings.channels[channel as usize];
    while !words.is_empty() {
        match words.next()? {
            "live" => rules.live = true,
            "deferred" => rules.live = false,
            "weight" => rules.weight = words.number()?,
            "most" => rules.most = words.number()?,
            "prefer" => rules.prefer_for = span(words.next()?)?,
            "patience" => rules.patience = span(words.next()?)?,
            other => return Err(format!("`{other}` is not a channel's setting")),
        }
    }
    Ok(())
}

fn change_queue(settings: &mut Settings, words: &mut Words) -> Result<(), String> {
    let name = words.word()?;
    let at = match settings.queues.iter().position(|q| q.name == name) {
        Some(at) => at,
        None => {
            // A new queue starts with the offer times of the first one.
            let offer = settings.queues.first().map_or([Span::secs(30); 6], |q| q.offer);
            let (policy, wrap_up) = (Policy::default(), Span::ZERO);
            let queue = QueueRules { name, skills: vec![], policy, offer, wrap_up, widen: vec![], retired: false };
            settings.queues.push(queue);
            settings.queues.len() - 1
        }
    };
    let queue = &mut settings.queues[at];
    while !words.is_empty() {
        match words.next()? {
            "skills" => queue.skills = words.skills(1)?,
            "wrap-up" => queue.wrap_up = span(words.next()?)?,
            "policy" => queue.policy = policy(words.next()?)?,
            "offer" => {
                while let Some(channel) = words.peek().and_then(channel) {
                    words.next()?;
                    queue.offer[channel as usize] = span(words.next()?)?;
                }
            }
            other => return Err(format!("`{other}` is not a queue's setting")),
        }
    }
    Ok(())
}

fn policy(name: &str) -> Result<Policy, String> {
    serde_json::from_value(name.into()).map_err(|_| format!("`{name}` is not a policy"))
}

/// `widen general after 60s with interpreter`, `… water 1 lower`, `… without water`, `… also permits`.
fn widen(settings: &mut Settings, words: &mut Words) -> Result<(), String> {
    let name = words.word()?;
    words.expect("after")?;
    let after = span(words.next()?)?;
    let widening = match words.next()? {
        "with" => {
            words.expect("interpreter")?;
            Widening::Interpreter
        }
        "without" => Widening::Without { skill: words.word()? },
        "also" => Widening::AlsoQueue { queue: words.word()? },
        skill => {
            let skill = Word::new(skill).map_err(|e| e.to_string())?;
            let by = words.number()?;
            words.expect("lower")?;
            Widening::Lower { skill, by }
        }
    };
    let queue = settings.queues.iter_mut().find(|q| q.name == name).ok_or("a queue named before")?;
    queue.widen.push(Step { after, widening });
    Ok(())
}

/// `rep ana speaks es, en writes es skills water 3, permits 1 channels chat, email capacity 100`. Languages stand at
/// level 3 unless said, skills at 1; all channels and a capacity of 100 unless said.
pub fn rep(line: &str) -> Result<Profile, String> {
    let mut words = Words::of(line);
    words.expect("rep")?;
    let name = words.word()?;
    let mut ability = Ability { channels: Channel::ALL.to_vec(), languages: vec![], skills: vec![] };
    let mut capacity = 100;
    while !words.is_empty() {
        match words.next()? {
            "speaks" => words.skills(3)?.iter().for_each(|l| language(&mut ability, l.skill).speak = l.level),
            "writes" => words.skills(3)?.iter().for_each(|l| language(&mut ability, l.skill).write = l.level),
            "skills" => ability.skills = words.skills(1)?,
            "capacity" => capacity = words.number()?,
            "channels" => {
                ability.channels.clear();
                while let Some(channel) = words.peek().and_then(channel) {
                    words.next()?;
                    ability.channels.push(channel);
                    words.take(",");
                }
                ability.channels.sort();
            }
            other => return Err(format!("`{other}` is not something a rep has")),
        }
    }
    ability.languages.sort();
    Ok(Profile { name, ability, capacity })
}

fn language(ability: &mut Ability, language: Word) -> &mut LanguageLevel {
    if let Some(at) = ability.languages.iter().position(|l| l.language == language) {
        return &mut ability.languages[at];
    }
    ability.languages.push(LanguageLevel { language, speak: 0, write: 0 });
    ability.languages.last_mut().expect("just pushed")
}

/// The lines that make these settings out of the default ones, for a story to paste.
pub fn spell_plan(settings: &Settings) -> Vec<String> {
    let default = default_settings();
    let mut lines = Vec::new();
    for channel in Channel::ALL {
        let rules = settings.channel(channel);
        if rules != default.channel(channel) {
            let live = if rules.live { "live" } else { "deferred" };
            let (weight, most) = (rules.weight, rules.most);
            let (prefer, patience) = (spell_span(rules.prefer_for), spell_span(rules.patience));
            let name = channel.name();
            lines
                .push(format!("channel {name} {live} weight {weight} most {most} prefer {prefer} patience {patience}"));
        }
    }
    let queues = settings.queues.iter().filter(|q| !q.retired);
    for queue in queues.filter(|q| default.queues.iter().all(|d| d != *q)) {
        lines.extend(spell_queue(queue));
    }
    if settings.head_start != default.head_start {
        let starts: Vec<String> = [Urgency::Urgent, Urgency::Soon, Urgency::Normal, Urgency::Low]
            .map(|u| format!("{} {}", u.name(), spell_span(settings.head_start(u))))
            .into();
        lines.push(format!("head start {}", starts.join(" ")));
    }
    lines.push(format!("bar {}", spell_span(settings.bar)));
    lines.push(format!("grace {}", spell_span(settings.rep_grace)));
    lines.push(format!("ladder {} {}", spell_span(settings.ladder[0]), spell_span(settings.ladder[1])));
    lines
}

fn spell_queue(queue: &QueueRules) -> Vec<String> {
    let name = queue.name;
    let policy = serde_json::to_value(queue.policy).expect("a name");
    let mut line = format!("queue {name} policy {} wrap-up {}", policy.as_str().unwrap(), spell_span(queue.wrap_up));
    if !queue.skills.is_empty() {
        line += &format!(" skills {}", spell_skills(&queue.skills));
    }
    line += " offer";
    Channel::ALL.iter().for_each(|c| line += &format!(" {} {}", c.name(), spell_span(queue.offer[*c as usize])));
    let widen = queue.widen.iter().map(|step| {
        let what = match step.widening {
            Widening::Interpreter => "with interpreter".to_string(),
            Widening::Lower { skill, by } => format!("{skill} {by} lower"),
            Widening::Without { skill } => format!("without {skill}"),
            Widening::AlsoQueue { queue } => format!("also {queue}"),
        };
        format!("widen {name} after {} {what}", spell_span(step.after))
    });
    std::iter::once(line).chain(widen).collect()
}

/// The line that makes this rep.
pub fn spell_rep(profile: &Profile) -> String {
    let languages = |level: fn(&LanguageLevel) -> u8| {
        let known = profile.ability.languages.iter().filter(|l| level(l) > 0);
        known.map(|l| format!("{} {}", l.language, level(l))).collect::<Vec<_>>().join(", ")
    };
    let mut line = format!("rep {}", profile.name);
    for (what, list) in [
        (" speaks ", languages(|l| l.speak)),
        (" writes ", languages(|l| l.write)),
        (" skills ", spell_skills(&profile.ability.skills)),
    ] {
        if !list.is_empty() {
            line += &format!("{what}{list}");
        }
    }
    if profile.ability.channels != Channel::ALL {
        line += " channels";
        profile.ability.channels.iter().for_each(|c| line += &format!(" {}", c.name()));
    }
    line + &format!(" capacity {}", profile.capacity)
}

pub fn spell_skills(skills: &[SkillLevel]) -> String {
    skills.iter().map(|s| format!("{} {}", s.skill, s.level)).collect::<Vec<_>>().join(", ")
}

/// `90s`, `1500ms`: the largest unit that says it whole.
pub fn spell_span(span: Span) -> String {
    match span.0 {
        0 => "0s".into(),
        us if us % 3_600_000_000 == 0 => format!("{}h", us / 3_600_000_000),
        us if us % 60_000_000 == 0 => format!("{}m", us / 60_000_000),
        us if us % 1_000_000 == 0 => format!("{}s", us / 1_000_000),
        us => format!("{}ms", us / 1_000),
    }
}
