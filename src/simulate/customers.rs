//! The invented people who reach 311: when, by which way, in which language, about what, and how patient they are.

use super::chance::Dice;
use super::scenario::Scenario;
use crate::plan::language::needed;
use crate::plan::{Classified, Plan};
use crate::routing::command::Arrival;
use crate::routing::ids::{Channel, Span, Timestamp, Urgency, Word};
use crate::routing::skill::Need;
use std::collections::BTreeMap;

/// Dice of these purposes only; what the reps roll changes nothing here.
const PURPOSE: u64 = 1;
/// Nobody gives up before this.
const PATIENT_FOR: f64 = 30.0;
/// People at a counter give up so many times more slowly than on the phone.
const AT_THE_COUNTER: f64 = 3.0;

/// Something people ask for: a service of the catalogue.
#[derive(Clone, Debug)]
pub struct Offering {
    pub code: String,
    pub skill: Word,
    pub urgency: Urgency,
    /// What people write when they mean it.
    pub phrases: Vec<String>,
}

/// One invented person.
#[derive(Clone, Debug)]
pub struct Customer {
    pub at: Timestamp,
    pub channel: Channel,
    pub language: Word,
    /// Position in the offerings.
    pub service: usize,
    pub phrase: usize,
    pub emergency: bool,
    /// How long a rep has to do with them.
    pub handle: Span,
    /// When they give up, counted from their coming; `None`: they do not wait on the line.
    pub patience: Option<Span>,
    /// They are asked something, and answer after this.
    pub answers_after: Option<Span>,
}

/// Everyone who comes, in the order of their coming: a Poisson process whose rate follows the day.
pub fn invent(scenario: &Scenario, plan: &Plan, offerings: &[Offering], seed: u64) -> Vec<Customer> {
    let mut dice = Dice::new(seed, PURPOSE);
    let zone = plan.hours().zone();
    let peak = scenario.peak();
    let weight = |code: &str| scenario.services.iter().find(|(c, _)| c == code).map_or(1.0, |(_, weight)| *weight);
    let services: Vec<(usize, f64)> = offerings.iter().enumerate().map(|(i, o)| (i, weight(&o.code))).collect();
    let mut customers = Vec::new();
    if peak <= 0.0 || offerings.is_empty() {
        return customers;
    }
    for day in 0..scenario.days {
        let midnight = scenario.at(day, 0, zone);
        let next = scenario.at(day, 24 * 60, zone);
        let mut at = midnight;
        loop {
            at = at + span(dice.wait(3_600.0 / peak));
            if at >= next {
                break;
            }
            // thinning: of the peak's arrivals, those that the hour wants stay
            let minute = ((at - midnight).as_secs() / 60) as u16;
            if dice.happens(scenario.rate(minute) / peak) {
                customers.push(one(at, scenario, offerings, &services, &mut dice));
            }
        }
    }
    customers
}

fn one(
    at: Timestamp,
    scenario: &Scenario,
    offerings: &[Offering],
    services: &[(usize, f64)],
    dice: &mut Dice,
) -> Customer {
    let channel = *dice.pick(&scenario.channels).unwrap_or(&Channel::Form);
    let language = *dice.pick(&scenario.languages).expect("a scenario has languages");
    let service = *dice.pick(services).expect("there are offerings");
    let phrase = dice.below(offerings[service].phrases.len());
    let emergency = dice.happens(scenario.emergencies);
    let handle = span(dice.work(scenario.handle[channel as usize].as_secs_f64()).max(10.0));
    let waits = matches!(channel, Channel::Phone | Channel::Chat | Channel::Counter);
    // a share of one in a hundred every so often is a life of a hundred times as long
    let slowness = if channel == Channel::Counter { AT_THE_COUNTER } else { 1.0 };
    let life = dice.wait(scenario.one_percent_leaves_every.as_secs_f64() * 99.5 * slowness);
    let patience = waits.then(|| span(PATIENT_FOR + life));
    let asked = dice.happens(scenario.parked) && !waits;
    let answers_after = asked.then(|| span(dice.wait(7_200.0)));
    Customer { at, channel, language, service, phrase, emergency, handle, patience, answers_after }
}

impl Customer {
    /// What the plan makes of this person.
    pub fn arrival(&self, plan: &Plan, offerings: &[Offering]) -> Arrival {
        let service = &offerings[self.service];
        let text = service.phrases.get(self.phrase).map_or("", String::as_str);
        let decision = plan.classify(&Classified {
            channel: self.channel,
            language: self.language,
            language_sure: true,
            topic: Some(&service.code),
            service_skill: Some(service.skill),
            service_urgency: Some(service.urgency),
            text,
            fields: &BTreeMap::new(),
            open: plan.is_open(self.at),
            doubtful: false,
            mailbox: None,
            returning: false,
        });
        let need = Need {
            channel: self.channel,
            language: needed(self.language, self.channel),
            mode: self.channel.mode(),
            interpreter: None,
            skills: decision.skills,
            or_skills: Vec::new(),
        };
        let urgency = if self.emergency { Urgency::Emergency } else { decision.urgency };
        Arrival { queue: decision.queue, need, urgency, prefer: None, rule: decision.rule, since: None }
    }
}

/// Seconds as a span.
pub fn span(seconds: f64) -> Span {
    Span((seconds * 1e6) as i64)
}
