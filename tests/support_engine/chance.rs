//! Invented days: a plan, people, and one thing after another, all from a seed.

use super::plan;
use super::world::World;
use steelbridge::routing::command::{Arrival, Command, DeclineReason, Target};
use steelbridge::routing::contact::{Contact, Stage};
use steelbridge::routing::ids::*;
use steelbridge::routing::queue::Settings;
use steelbridge::routing::skill::{Need, SkillLevel};

/// A small reproducible source of numbers (SplitMix64).
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.roll() % n.max(1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

pub const NAMES: [&str; 8] = ["ana", "bo", "cy", "di", "ed", "flo", "gus", "hal"];
const LANGUAGES: [&str; 4] = ["en", "es", "vi", "zh"];
const SKILLS: [&str; 3] = ["permits", "streets", "water"];

/// The plan and the people of a day, as lines of a story.
pub fn setting(dice: &mut Dice) -> Vec<String> {
    let mut lines = vec![
        format!("queue general policy {} wrap-up {}", policy(dice), dice.pick(&["0s", "20s", "60s"])),
        format!("queue permits policy {} skills permits {}", policy(dice), 1 + dice.below(3)),
        format!("queue water policy {} wrap-up 30s skills water 1", policy(dice)),
        format!("bar {}", dice.pick(&["60s", "60s", "10s"])),
        format!("grace {}", dice.pick(&["30s", "5s"])),
    ];
    let steps =
        ["with interpreter", "without permits", "permits 1 lower", "also water", "also general", "water 2 lower"];
    for queue in ["general", "permits", "water"] {
        let (first, second) = (dice.pick(&["15s", "60s"]), dice.pick(&["90s", "5m"]));
        for after in [first, second].into_iter().take(dice.below(3) as usize) {
            lines.push(format!("widen {queue} after {after} {}", dice.pick(&steps)));
        }
    }
    if dice.one_in(3) {
        lines.push(format!("channel chat weight {} most {}", dice.pick(&[25, 34, 50]), 1 + dice.below(3)));
    }
    if dice.one_in(4) {
        lines.push("channel email prefer 20s patience 30s".into());
    }
    // Now and then a big office, so that more abilities meet than fit in one machine word.
    let people = if dice.one_in(16) { 70 + dice.below(20) } else { 1 + dice.below(NAMES.len() as u64) };
    for number in 0..people as usize {
        let name = NAMES.get(number).map_or_else(|| format!("p{}", number + 1), |name| name.to_string());
        lines.push(person(dice, &name));
    }
    lines
}

fn policy(dice: &mut Dice) -> &'static str {
    dice.pick(&["spare-scarce", "spare-scarce", "longest-idle", "least-loaded", "most-skilled"])
}

fn person(dice: &mut Dice, name: &str) -> String {
    let some = |dice: &mut Dice, of: &[&str], one_in: u64, level: u64| {
        let chosen: Vec<String> = (of.iter().filter(|_| dice.one_in(one_in)).collect::<Vec<_>>().into_iter())
            .map(|w| format!("{w} {}", 1 + dice.below(level)))
            .collect();
        chosen.join(", ")
    };
    let mut line = format!("rep {name}");
    for (what, words) in [
        ("speaks", some(dice, &LANGUAGES, 2, 5)),
        ("writes", some(dice, &LANGUAGES, 2, 5)),
        ("skills", some(dice, &SKILLS, 2, 4)),
    ] {
        if !words.is_empty() {
            line += &format!(" {what} {words}");
        }
    }
    if dice.one_in(3) {
        line += &format!(" channels {}", dice.pick(&["chat email", "phone email form", "email form sms chat"]));
    }
    line + &format!(" capacity {}", dice.pick(&[20, 60, 100, 100, 100, 200]))
}

/// One thing that happens: how long after the last, and numbers that pick who and what among those there are then.
/// Because it names nobody, it still means something when others before it are left out.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// Milliseconds since the last.
    pub gap: i64,
    /// Nobody looked at the clock in between.
    pub late: bool,
    kind: u64,
    numbers: u64,
}

pub fn moves(dice: &mut Dice, count: usize) -> Vec<Move> {
    let one = |dice: &mut Dice| Move {
        gap: match dice.below(10) {
            0..=2 => 0,
            3..=6 => dice.below(4) as i64 * 1_000,
            7 | 8 => dice.below(30_000) as i64,
            _ => dice.below(200) as i64 * 1_000,
        },
        late: dice.one_in(40),
        kind: dice.below(100),
        numbers: dice.roll(),
    };
    (0..count).map(|_| one(dice)).collect()
}

/// What is to be done, and the line of a story that says so.
pub struct Deed {
    pub command: Command,
    pub line: String,
}

impl Move {
    /// The command this move comes to, as things stand now.
    pub fn deed(&self, world: &World, settings: &mut Settings) -> Option<Deed> {
        let dice = &mut Dice(self.numbers);
        let command = match self.kind {
            0..=25 => receive(dice, world, settings),
            26..=45 => answer(dice, world)?,
            46..=61 => handle(dice, world)?,
            62..=71 => come_or_go(dice, world),
            72..=76 => screen(dice, world),
            77..=85 => customer(dice, world)?,
            86..=91 => supervise(dice, world, settings)?,
            92 | 93 => reopen(dice, world, settings),
            94 => return roster(dice, world),
            95 => return change_plan(dice, settings),
            96 => nonsense(dice, world, settings),
            _ => Command::Tick,
        };
        let line = world.names.spell_command(&command);
        Some(Deed { command, line })
    }
}

/// Someone who is, or was, on the roster; now and then someone who never was.
fn rep(dice: &mut Dice, world: &World) -> RepId {
    let known: Vec<RepId> = world.names.reps.keys().copied().collect();
    if dice.one_in(60) { RepId(99) } else { dice.pick(&known) }
}

fn arrival(dice: &mut Dice, world: &World, settings: &Settings) -> Arrival {
    let channel =
        dice.pick(&[Channel::Email, Channel::Email, Channel::Chat, Channel::Chat, Channel::Phone, Channel::Form]);
    let queues: Vec<Word> = settings.queues.iter().map(|q| q.name).collect();
    let urgencies = [Urgency::Normal, Urgency::Normal, Urgency::Normal, Urgency::Soon, Urgency::Urgent, Urgency::Low];
    let urgency = if dice.one_in(25) { Urgency::Emergency } else { dice.pick(&urgencies) };
    let prefer = dice.one_in(5).then(|| rep(dice, world));
    Arrival { queue: dice.pick(&queues), need: need(dice, channel), urgency, prefer, rule: None, since: None }
}

fn need(dice: &mut Dice, channel: Channel) -> Need {
    let skills = skills(dice);
    let language = word(dice.pick(&["en", "en", "en", "es", "vi", "zh"]));
    Need { channel, language, mode: channel.mode(), interpreter: None, skills, or_skills: Vec::new() }
}

fn skills(dice: &mut Dice) -> Vec<SkillLevel> {
    let asked = SKILLS.into_iter().filter(|_| dice.one_in(4)).collect::<Vec<_>>();
    asked.into_iter().map(|s| SkillLevel { skill: word(s), level: 1 + dice.below(3) as u8 }).collect()
}

pub fn word(text: &str) -> Word {
    Word::new(text).expect("a short word")
}

fn receive(dice: &mut Dice, world: &World, settings: &Settings) -> Command {
    Command::Receive(Box::new(arrival(dice, world, settings)))
}

fn reopen(dice: &mut Dice, world: &World, settings: &Settings) -> Command {
    let opened = world.names.contacts.len() as u64;
    if opened == 0 {
        return nonsense(dice, world, settings);
    }
    let mut arrival = arrival(dice, world, settings);
    if dice.one_in(2) {
        arrival.prefer = Some(rep(dice, world));
    }
    Command::Reopen { contact: ContactId(1 + dice.below(opened)), arrival: Box::new(arrival) }
}

fn answer(dice: &mut Dice, world: &World) -> Option<Command> {
    let offers: Vec<OfferId> = world.names.offers.keys().copied().collect();
    let open: Vec<OfferId> = offers.iter().copied().filter(|o| world.engine.open_offer(*o).is_some()).collect();
    let from = if open.is_empty() || dice.one_in(30) { &offers } else { &open };
    if from.is_empty() {
        return None;
    }
    let offer = dice.pick(from);
    let (_, to) = world.names.offers[&offer];
    if dice.one_in(6) {
        let reasons = [DeclineReason::Busy, DeclineReason::NotMine, DeclineReason::ConflictOfInterest];
        return Some(Command::Decline { offer, rep: to, reason: dice.pick(&reasons) });
    }
    let rep = if dice.one_in(20) { rep(dice, world) } else { to };
    Some(Command::Accept { offer, rep })
}

/// Contacts that are open, those of a stage first asked for.
fn open(world: &World, stage: impl Fn(Stage) -> bool) -> Vec<ContactId> {
    let known = world.names.contacts.keys().filter_map(|id| world.engine.contact(*id));
    known.filter(|c| stage(c.stage)).map(|c| c.id).collect()
}

fn is(world: &World, contact: ContactId, so: fn(&Contact) -> bool) -> bool {
    world.engine.contact(contact).is_some_and(so)
}

fn handle(dice: &mut Dice, world: &World) -> Option<Command> {
    let held = open(world, |s| matches!(s, Stage::Active { .. } | Stage::Parked { .. } | Stage::WrapUp { .. }));
    if held.is_empty() {
        return None;
    }
    let contact = dice.pick(&held);
    let owner = world.engine.owner(contact)?;
    let rep = if dice.one_in(15) { rep(dice, world) } else { owner };
    Some(match (world.engine.contact(contact)?.stage, dice.below(12)) {
        (Stage::WrapUp { .. }, 0..=5) => Command::EndWrapUp { contact, rep },
        (Stage::Parked { .. }, 0..=4) => Command::Resume { contact, rep },
        (_, 0..=3) => Command::Close { contact, rep, disposition: dice.pick(&Disposition::ALL) },
        (_, 4) => Command::Resume { contact, rep },
        (_, 5 | 6) => {
            let soon = world.now + Span::secs(dice.below(60) as i64);
            Command::Park { contact, rep, until: dice.one_in(2).then_some(soon) }
        }
        (_, 7 | 8) => Command::Transfer { contact, rep, to: target(dice, world) },
        (_, 9 | 10) => Command::RepWrote { contact, rep },
        _ => Command::EndWrapUp { contact, rep },
    })
}

fn target(dice: &mut Dice, world: &World) -> Target {
    match dice.below(3) {
        0 => Target::Rep(rep(dice, world)),
        1 => Target::Queue(word(dice.pick(&["general", "permits", "water"]))),
        _ => Target::Need { language: word(dice.pick(&LANGUAGES)), skills: skills(dice) },
    }
}

fn come_or_go(dice: &mut Dice, world: &World) -> Command {
    let presence = match dice.below(10) {
        0..=6 => Presence::Available,
        7 | 8 => Presence::Away(dice.pick(&[AwayReason::Break, AwayReason::Lunch])),
        _ => Presence::Offline,
    };
    Command::SetPresence { rep: rep(dice, world), presence }
}

fn screen(dice: &mut Dice, world: &World) -> Command {
    let rep = rep(dice, world);
    if dice.one_in(2) { Command::Connect { rep } } else { Command::Disconnect { rep } }
}

fn customer(dice: &mut Dice, world: &World) -> Option<Command> {
    let all = open(world, |_| true);
    if all.is_empty() {
        return None;
    }
    let left: Vec<ContactId> = all.iter().copied().filter(|c| is(world, *c, Contact::customer_away)).collect();
    let from = if left.is_empty() || dice.one_in(2) { &all } else { &left };
    let contact = dice.pick(from);
    Some(match dice.below(9) {
        0 if dice.one_in(2) => told(dice, world, contact)?,
        0..=2 => Command::CustomerWrote { contact, danger: dice.one_in(12) },
        3 | 4 => Command::CustomerLeft { contact },
        5 | 6 => Command::CustomerBack { contact },
        7 => Command::RequestCallback { contact },
        _ => Command::CustomerEnded { contact },
    })
}

/// The language is told, sometimes when somebody has said another one meanwhile.
fn told(dice: &mut Dice, world: &World, contact: ContactId) -> Option<Command> {
    let open = world.engine.contact(contact)?;
    let (queue, urgency) = (world.engine.queue_name(open.queue), open.urgency);
    let need = Box::new(need(dice, open.channel));
    let assumed = if dice.one_in(5) { need.language } else { world.engine.need(open.wanted).language };
    Some(Command::LanguageTold { contact, danger: dice.one_in(12), assumed, queue, need, urgency })
}

fn supervise(dice: &mut Dice, world: &World, settings: &Settings) -> Option<Command> {
    let all = open(world, |_| true);
    if all.is_empty() {
        return None;
    }
    let alarms: Vec<ContactId> = all.iter().copied().filter(|c| is(world, *c, Contact::is_emergency)).collect();
    let from = if alarms.is_empty() || dice.one_in(2) { &all } else { &alarms };
    let contact = dice.pick(from);
    let by = rep(dice, world);
    Some(match dice.below(4) {
        0 => Command::Assign { contact, to: rep(dice, world), by },
        1 => Command::AcknowledgeEmergency { contact, by },
        _ => {
            let channel = world.engine.contact(contact)?.channel;
            let arrival = arrival(dice, world, settings);
            let need = Box::new(need(dice, channel));
            Command::Reclassify { contact, by, queue: arrival.queue, need, urgency: arrival.urgency }
        }
    })
}

fn roster(dice: &mut Dice, world: &World) -> Option<Deed> {
    let rep = rep(dice, world);
    let name = world.names.reps.get(&rep)?;
    if dice.one_in(3) {
        return Some(Deed { command: Command::RemoveRep { rep }, line: format!("{name} leaves the roster") });
    }
    let line = person(dice, name);
    let profile = Box::new(plan::rep(&line).ok()?);
    Some(Deed { command: Command::SetRep { rep, profile }, line })
}

fn change_plan(dice: &mut Dice, settings: &mut Settings) -> Option<Deed> {
    let change = match dice.below(8) {
        0 => format!("queue general policy {}", policy(dice)),
        1 => format!("channel email weight {}", dice.pick(&[10, 20, 50])),
        2 => format!("channel chat most {}", 1 + dice.below(3)),
        3 => "no queue water".into(),
        4 => format!("queue water skills water {}", 1 + dice.below(3)),
        5 => format!("widen general after {} without streets", dice.pick(&["30s", "10m"])),
        6 => format!("head start urgent {}", dice.pick(&["1m", "2h"])),
        _ => format!("channel chat {} patience 20s", dice.pick(&["live", "deferred"])),
    };
    settings.version += 1;
    plan::change(settings, &change).ok()?;
    for queue in &mut settings.queues {
        queue.widen.sort_by_key(|step| step.after);
    }
    Some(Deed { command: Command::SetPlan(Box::new(settings.clone())), line: format!("plan {change}") })
}

/// What no honest screen would send.
fn nonsense(dice: &mut Dice, world: &World, settings: &Settings) -> Command {
    let contact = ContactId(901 + dice.below(50));
    match dice.below(5) {
        0 => Command::CustomerWrote { contact, danger: dice.one_in(2) },
        1 => Command::Close { contact, rep: rep(dice, world), disposition: Disposition::Spam },
        2 => Command::Assign { contact, to: rep(dice, world), by: rep(dice, world) },
        3 => {
            let arrival = Arrival { queue: word("nowhere"), ..arrival(dice, world, settings) };
            Command::Receive(Box::new(arrival))
        }
        _ => Command::Reopen { contact, arrival: Box::new(arrival(dice, world, settings)) },
    }
}
