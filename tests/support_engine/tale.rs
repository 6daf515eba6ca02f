//! One story: its lines, told to the engine one by one; what differs is gathered in words a 311 supervisor can read.

use super::claim;
use super::order::{Teller, timed};
use super::plan::{change, is_plan_line};
use super::read::spell_time;
use super::spell::Spelled;
use super::world::World;
use steelbridge::routing::command::Command;
use steelbridge::routing::ids::Timestamp;

/// A story as it stands in its file.
pub struct Tale {
    /// `tests/stories/offers.story`
    pub file: String,
    pub title: String,
    /// Line number and text, without comments and empty lines.
    pub lines: Vec<(usize, String)>,
}

/// The stories of a file: each begins with `== title`.
pub fn tales(file: &str, text: &str) -> Vec<Tale> {
    let mut tales: Vec<Tale> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(title) = line.strip_prefix("== ") {
            tales.push(Tale { file: file.into(), title: title.into(), lines: Vec::new() });
        } else if !line.is_empty() {
            let tale = tales.last_mut().unwrap_or_else(|| panic!("{file}:{}: a story begins with `== `", number + 1));
            tale.lines.push((number + 1, line.into()));
        }
    }
    tales
}

/// A story being told.
struct Telling<'a> {
    tale: &'a Tale,
    world: World,
    teller: Teller,
    now: Timestamp,
    problems: Vec<String>,
}

/// A timed line with the `->` lines below it.
struct Step {
    number: usize,
    at: Timestamp,
    order: String,
    expected: Vec<String>,
    /// The clock looked away: what was due before comes only now.
    late: bool,
}

/// Tell the story; the problems, empty when it is true.
pub fn tell(tale: &Tale) -> Vec<String> {
    told(tale).1
}

/// Tell the story; the world at its end, and the problems.
pub fn told(tale: &Tale) -> (World, Vec<String>) {
    let world = World { watch_refusals: true, ..World::default() };
    let mut telling = Telling { tale, world, teller: Teller::default(), now: Timestamp(0), problems: Vec::new() };
    telling.tell();
    (telling.world, telling.problems)
}

impl Telling<'_> {
    fn tell(&mut self) {
        let setup: Vec<&(usize, String)> =
            self.tale.lines.iter().take_while(|(_, l)| !l.starts_with("late ") && timed(l).is_none()).collect();
        let rest = &self.tale.lines[setup.len()..];
        let Some((start, _)) = rest.first().and_then(|(_, l)| timed(l.trim_start_matches("late "))) else {
            return self.wrong(0, "nothing happens in this story");
        };
        self.set_up(start, &setup);
        let mut at = 0;
        while at < rest.len() && self.problems.len() < 8 {
            let (number, line) = &rest[at];
            at += 1;
            if let Some(claim) = line.strip_prefix("now ") {
                if let Err(is) = claim::holds(claim, &self.world, &self.teller, self.now) {
                    self.wrong(*number, &format!("\n    expected  now {claim}\n    happened  {is}"));
                }
                continue;
            }
            let (line, late) = line.strip_prefix("late ").map_or((line.as_str(), false), |l| (l, true));
            let (order, mut expected) = line.split_once("->").unwrap_or((line, ""));
            let Some((time, order)) = timed(order.trim()) else {
                return self.wrong(*number, "a line begins with a time, `now`, `->`, or stands before the first time");
            };
            let mut told = items(expected);
            while let Some(more) = rest.get(at).and_then(|(_, l)| l.strip_prefix("->")) {
                expected = more;
                told.extend(items(expected));
                at += 1;
            }
            self.step(Step { number: *number, at: time, order: order.into(), expected: told, late });
        }
        if let Err(broken) = self.world.check_memory() {
            self.wrong(0, &format!("at the end: {broken}"));
        }
    }

    fn wrong(&mut self, number: usize, what: &str) {
        let number = if number == 0 { self.tale.lines.last().map_or(1, |l| l.0) } else { number };
        self.problems.push(format!("{}:{number}  {}  {what}", self.tale.file, self.tale.title));
    }

    fn set_up(&mut self, at: Timestamp, setup: &[&(usize, String)]) {
        for (number, line) in setup {
            let done = if is_plan_line(line) { change(&mut self.teller.settings, line) } else { Ok(()) };
            if let Err(problem) = done {
                self.wrong(*number, &problem);
            }
        }
        self.now = at;
        let plan = Command::SetPlan(Box::new(self.teller.settings.clone()));
        if let Err(broken) = self.world.act(at, plan) {
            self.wrong(0, &broken);
        }
        for (number, line) in setup.iter().filter(|(_, l)| !is_plan_line(l)) {
            let rep = self.teller.command(line, &self.world);
            if let Err(problem) = rep.and_then(|rep| self.world.act(at, rep)) {
                self.wrong(*number, &problem);
            }
        }
    }

    fn step(&mut self, step: Step) {
        if step.at < self.now {
            return self.wrong(step.number, "time goes back");
        }
        let halfway = self.tale.lines.len() / 2;
        if step.number > self.tale.lines[halfway].0 && step.number <= self.tale.lines[halfway].0 + 1 {
            self.world.remember();
        }
        match self.pass_time(&step).and_then(|due| self.obey(&step, due)) {
            Ok((happened, echo)) => self.compare(&step, &happened, echo.as_deref()),
            Err(problem) => self.wrong(step.number, &problem),
        }
    }

    /// Let everything happen that is due until then. What happens at that very moment belongs to the line.
    fn pass_time(&mut self, step: &Step) -> Result<Vec<Spelled>, String> {
        let (number, until) = (step.number, step.at);
        let mut last: Vec<Spelled> = Vec::new();
        while let Some(due) = self.world.engine.next_deadline().filter(|due| *due <= until) {
            let due = if step.late { until } else { due.max(self.now) };
            self.now = due;
            let events = self.world.act(due, Command::Tick)?.map_err(|r| format!("a tick was refused: {r}"))?;
            last.extend(events.iter().filter_map(|e| self.world.names.spell(e)));
            if due < until && !last.is_empty() {
                let what = spelled(&last);
                self.wrong(
                    number,
                    &format!("before this line, at {}, something untold:\n    happened  {what}", spell_time(due)),
                );
                last.clear();
            }
        }
        self.now = until;
        Ok(last)
    }

    /// Give the line's command; what happened, and what of it the line itself says.
    fn obey(&mut self, step: &Step, mut happened: Vec<Spelled>) -> Result<(Vec<Spelled>, Option<String>), String> {
        if step.order.is_empty() {
            return Ok((happened, None));
        }
        let command = self.teller.command(&step.order, &self.world)?;
        self.world.names.arriving = self.teller.arriving.take();
        match self.world.act(step.at, command.clone())? {
            Ok(events) => {
                let echo = self.world.names.echo(&command, &events);
                happened.extend(events.iter().filter_map(|e| self.world.names.spell(e)));
                Ok((happened, echo))
            }
            Err(refusal) => {
                self.world.names.arriving = None;
                let head = format!("refused: {}", self.world.names.spell_refusal(&refusal));
                happened.push(Spelled { head, tails: Vec::new() });
                Ok((happened, None))
            }
        }
    }

    fn compare(&mut self, step: &Step, happened: &[Spelled], echo: Option<&str>) {
        // `c1 waiting` after the arrow is how things stand then, not an event.
        let (stands, told): (Vec<&String>, Vec<&String>) =
            step.expected.iter().partition(|s| s.ends_with(" waiting") && !s.contains(':'));
        let mut unlike = stands.iter().any(|s| claim::holds(s, &self.world, &self.teller, self.now).is_err());
        let mut said = told.into_iter().peekable();
        for event in happened {
            match said.peek() {
                Some(next) if event.is(next) => drop(said.next()),
                _ if echo == Some(event.head.as_str()) => {}
                _ => unlike = true,
            }
        }
        if unlike || said.peek().is_some() {
            let expected = if step.expected.is_empty() { "nothing".into() } else { step.expected.join(", ") };
            let what = format!("\n    at {} {}", spell_time(step.at), step.order);
            self.wrong(step.number, &format!("{what}\n    expected  {expected}\n    happened  {}", spelled(happened)));
        }
    }
}

fn items(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim().to_string()).filter(|item| !item.is_empty()).collect()
}

fn spelled(events: &[Spelled]) -> String {
    if events.is_empty() {
        return "nothing".into();
    }
    events.iter().map(Spelled::whole).collect::<Vec<_>>().join(", ")
}
