//! What a simulated day was like: waits by language, queue, urgency and channel, service level, and every rep's load.

use super::reps::Worker;
use super::tally::{Fate, Tally};
use crate::plan::Plan;
use crate::routing::ids::{Span, Word};
use std::collections::BTreeMap;
use std::fmt;

/// The figures of one run; printed as a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub title: String,
    pub seed: u64,
    pub contacts: usize,
    pub turned_away: u32,
    pub offers: u64,
    pub commands: u64,
    pub events: u64,
    /// Simulated time.
    pub length: Span,
    /// Each with its heading: by channel, queue, urgency, language.
    pub groups: Vec<(&'static str, Vec<Row>)>,
    pub reps: Vec<RepRow>,
}

/// Contacts that have something in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: String,
    pub contacts: usize,
    pub accepted: usize,
    pub gave_up: usize,
    /// Still open when the day was over.
    pub left: usize,
    /// Reached with an interpreter, a lower level or another queue's reps.
    pub widened: usize,
    /// Within this half of all who came had reached a rep, and 90 %; `None` when fewer ever did. Those who gave up count as
    /// not reached: among the reached alone, the least urgent of a storm would seem to wait least.
    pub p50: Option<Span>,
    pub p90: Option<Span>,
    /// Of those reached.
    pub longest: Span,
    /// Share accepted within its queue's target, of those with a target (those who gave up within it left out).
    pub on_time: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RepRow {
    pub name: Word,
    pub handled: u32,
    pub missed: u32,
    pub on_shift: Span,
    /// Share of the shift with something in hand.
    pub busy: f64,
}

impl Report {
    pub fn of(title: &str, seed: u64, length: Span, plan: &Plan, tally: &Tally, workers: &[Worker]) -> Report {
        let by = |key: &dyn Fn(&Fate) -> String| {
            let mut groups: BTreeMap<String, Vec<&Fate>> = BTreeMap::new();
            tally.fates.iter().for_each(|fate| groups.entry(key(fate)).or_default().push(fate));
            groups.into_iter().map(|(name, fates)| Row::of(name, &fates, plan)).collect::<Vec<Row>>()
        };
        let all: Vec<&Fate> = tally.fates.iter().collect();
        let reps = workers.iter().map(|worker| RepRow {
            name: worker.name,
            handled: worker.measured.handled,
            missed: worker.measured.missed,
            on_shift: worker.measured.on_shift,
            busy: share(worker.measured.busy.as_secs_f64(), worker.measured.on_shift.as_secs_f64()),
        });
        Report {
            title: title.to_string(),
            seed,
            contacts: tally.fates.len(),
            turned_away: tally.turned_away,
            offers: tally.offers,
            commands: tally.commands,
            events: tally.events,
            length,
            groups: vec![
                ("all", vec![Row::of("all".into(), &all, plan)]),
                ("channel", by(&|fate| fate.channel.name().to_string())),
                ("queue", by(&|fate| fate.queue.to_string())),
                // the digit keeps the order of urgency and is not shown
                ("urgency", unnumbered(by(&|fate| format!("{}{}", fate.urgency as u8, fate.urgency.name())))),
                ("language", by(&|fate| fate.language.to_string())),
            ],
            reps: reps.collect(),
        }
    }

    /// A row by heading and name, for example `row("language", "es")`.
    pub fn row(&self, heading: &str, name: &str) -> Option<&Row> {
        let (_, rows) = self.groups.iter().find(|(h, _)| *h == heading)?;
        rows.iter().find(|row| row.name == name)
    }
}

fn unnumbered(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { name: row.name[1..].to_string(), ..row }).collect()
}

impl Row {
    fn of(name: String, fates: &[&Fate], plan: &Plan) -> Row {
        let mut waits: Vec<Span> = fates.iter().filter_map(|fate| fate.waited(plan)).collect();
        waits.sort_unstable();
        let percentile = |share: f64| {
            let at = (fates.len() as f64 * share).ceil() as usize;
            waits.get(at.max(1) - 1).copied()
        };
        let (mut on_time, mut counted) = (0, 0);
        for fate in fates {
            let Some(target) = plan.target(fate.queue, fate.channel) else { continue };
            match fate.waited(plan) {
                Some(waited) => {
                    counted += 1;
                    on_time += usize::from(waited <= target.within);
                }
                None if fate.waited_in_vain(plan).is_some_and(|waited| waited <= target.within) => {}
                None => counted += 1,
            }
        }
        Row {
            name,
            contacts: fates.len(),
            accepted: waits.len(),
            gave_up: fates.iter().filter(|fate| fate.gave_up.is_some()).count(),
            left: fates.iter().filter(|fate| !fate.ended).count(),
            widened: fates.iter().filter(|fate| fate.widened).count(),
            p50: percentile(0.5),
            p90: percentile(0.9),
            longest: waits.last().copied().unwrap_or_default(),
            on_time: (counted > 0).then(|| share(on_time as f64, counted as f64)),
        }
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (seed {})", self.title, self.seed)?;
        writeln!(f, "{} contacts, {} offers, {} events", self.contacts, self.offers, self.events)?;
        if self.turned_away > 0 {
            writeln!(f, "{} more rang or came while closed", self.turned_away)?;
        }
        for (heading, rows) in &self.groups {
            writeln!(
                f,
                "\n{heading:<15} {:>8} {:>8} {:>7} {:>5} {:>7} {:>8} {:>8} {:>8} {:>8}",
                "contacts", "accepted", "gave up", "left", "widened", "half in", "90 % in", "longest", "on time"
            )?;
            for row in rows {
                row.fmt(f)?;
            }
        }
        writeln!(f, "\n–: never so many; who gave up counts as not reached, and as late once the target had passed")?;
        writeln!(f, "\n{:<15} {:>8} {:>8} {:>8} {:>6}", "rep", "handled", "missed", "on shift", "busy")?;
        for rep in &self.reps {
            let (name, shift) = (rep.name.as_str(), short(rep.on_shift));
            writeln!(f, "{name:<15} {:>8} {:>8} {shift:>8} {:>5.0} %", rep.handled, rep.missed, rep.busy * 100.0)?;
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on_time = self.on_time.map_or("–".to_string(), |share| format!("{:.1} %", share * 100.0));
        let reached = |within: Option<Span>| within.map_or("–".to_string(), short);
        writeln!(
            f,
            "{:<15} {:>8} {:>8} {:>7} {:>5} {:>7} {:>8} {:>8} {:>8} {on_time:>8}",
            self.name,
            self.contacts,
            self.accepted,
            self.gave_up,
            self.left,
            self.widened,
            reached(self.p50),
            reached(self.p90),
            short(self.longest)
        )
    }
}

/// `8 s`, `4:30`, `2:05 h`.
fn short(span: Span) -> String {
    match span.as_secs() {
        secs @ ..60 => format!("{secs} s"),
        secs @ 60..3_600 => format!("{}:{:02}", secs / 60, secs % 60),
        secs => format!("{}:{:02} h", secs / 3_600, secs / 60 % 60),
    }
}
