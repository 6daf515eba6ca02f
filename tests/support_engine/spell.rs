//! Events, refusals and commands in the story language.

use super::plan::{spell_rep, spell_skills};
use super::read::{spell_need, spell_time};
use serde::Serialize;
use std::collections::BTreeMap;
use steelbridge::routing::command::{Arrival, Command, Refusal, Target};
use steelbridge::routing::event::{Chosen, Event, Place};
use steelbridge::routing::ids::*;
use steelbridge::routing::queue::Widening;

/// What ids are called in this story.
#[derive(Clone, Default)]
pub struct Names {
    pub reps: BTreeMap<RepId, String>,
    pub contacts: BTreeMap<ContactId, String>,
    /// Offer → (contact, rep), also of offers that are gone.
    pub offers: BTreeMap<OfferId, (ContactId, RepId)>,
    /// By `QueueId`, with the widening steps of its plan.
    pub queues: Vec<(Word, Vec<Widening>)>,
    /// The queue each contact was last in.
    pub queue_of: BTreeMap<ContactId, QueueId>,
    /// What to call the contact that comes next; `c` and its number unless said.
    pub arriving: Option<String>,
}

/// An event in words: what must be said, and what may be added, in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Spelled {
    pub head: String,
    pub tails: Vec<String>,
}

impl Spelled {
    pub fn whole(&self) -> String {
        format!("{}{}", self.head, self.tails.concat())
    }

    /// Is this the event that a story calls `said`? Tails may be left out, never changed.
    pub fn is(&self, said: &str) -> bool {
        let Some(mut rest) = said.strip_prefix(&self.head) else { return false };
        for tail in &self.tails {
            rest = rest.strip_prefix(tail.as_str()).unwrap_or(rest);
        }
        rest.is_empty()
    }
}

/// The snake_case name of a small enum, with spaces.
pub fn plain(value: impl Serialize) -> String {
    let text = match serde_json::to_value(value).expect("plain data") {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    text.replace('_', " ")
}

pub fn spell_presence(presence: Presence) -> String {
    match presence {
        Presence::Offline => "offline".into(),
        Presence::Available => "available".into(),
        Presence::Away(reason) => format!("away({})", plain(reason)),
    }
}

impl Names {
    pub fn rep(&self, id: RepId) -> String {
        self.reps.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    pub fn contact(&self, id: ContactId) -> String {
        self.contacts.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    fn queue(&self, id: QueueId) -> String {
        self.queues.get(usize::from(id.0)).map_or(id.to_string(), |q| q.0.to_string())
    }

    /// Learn from an event what its ids are called.
    pub fn learn(&mut self, event: &Event) {
        if let Event::PlanSet { settings } = event {
            let steps = |q: &steelbridge::routing::queue::QueueRules| q.widen.iter().map(|s| s.widening).collect();
            self.queues = settings.queues.iter().map(|q| (q.name, steps(q))).collect();
        }
        if let Event::RepSet { rep, profile } = event {
            self.reps.insert(*rep, profile.name.to_string());
        }
        if let Event::Offered { offer, contact, rep, .. } = event {
            self.offers.insert(*offer, (*contact, *rep));
        }
        if let (Some(contact), Some(place)) = (event.contact(), place_of(event)) {
            let label = self.arriving.take();
            self.contacts.entry(contact).or_insert_with(|| label.unwrap_or_else(|| contact.to_string()));
            self.queue_of.insert(contact, place.queue);
        }
    }

    /// The event in words; `None` for bookkeeping that no reader needs.
    pub fn spell(&self, event: &Event) -> Option<Spelled> {
        let (head, tails) = match event {
            Event::NeedDefined { .. } => return None,
            Event::PlanSet { settings } => (format!("plan {}", settings.version), vec![]),
            Event::RepSet { rep, .. } => (format!("{} on the roster", self.rep(*rep)), vec![]),
            Event::RepRemoved { rep } => (format!("{} off the roster", self.rep(*rep)), vec![]),
            Event::PresenceChanged { rep, presence } => {
                (format!("{} {}", self.rep(*rep), spell_presence(*presence)), vec![])
            }
            Event::RepConnected { rep } => (format!("{} connected", self.rep(*rep)), vec![]),
            Event::RepDisconnected { rep, until } => {
                (format!("{} disconnected", self.rep(*rep)), vec![until_tail(Some(*until))])
            }
            Event::GraceEnded { rep } => (format!("grace of {} over", self.rep(*rep)), vec![]),
            _ => self.spell_about_contact(event),
        };
        Some(Spelled { head, tails: tails.into_iter().filter(|t: &String| !t.is_empty()).collect() })
    }

    fn spell_about_contact(&self, event: &Event) -> (String, Vec<String>) {
        let c = event.contact().map_or(String::new(), |c| self.contact(c));
        let rep = |id: &RepId| self.rep(*id);
        match event {
            Event::Received { place, .. } => self.spell_place(format!("{c} received"), place),
            Event::Reopened { place, .. } => self.spell_place(format!("{c} reopened"), place),
            Event::Unparked { place, .. } => self.spell_place(format!("{c} unparked"), place),
            Event::Transferred { by, place, .. } => {
                let to = format!("{c} transferred by {} to {}", rep(by), self.queue(place.queue));
                self.spell_place(to, place)
            }
            Event::Reclassified { by, place, .. } => {
                let by = by.as_ref().map_or("their words".into(), rep);
                let to = format!("{c} reclassified by {by} to {}", place.urgency.name());
                self.spell_place(to, place)
            }
            Event::EmergencyRaised { place, .. } => self.spell_place(format!("{c} raised to emergency"), place),
            Event::Returned { rep: from, why, .. } => {
                (format!("{c} returned by {}", rep(from)), vec![format!(" ({})", plain(why))])
            }
            Event::Widened { contact, step, .. } => {
                (format!("{c} widened"), vec![format!(" ({})", self.widening(*contact, *step))])
            }
            Event::ReservationEnded { .. } => (format!("{c} open to all"), vec![]),
            Event::BarEnded { rep: who, .. } => (format!("{} may have {c} again", rep(who)), vec![]),
            Event::CallbackRequested { .. } => (format!("{c} wants a callback"), vec![]),
            Event::CustomerLeft { until, .. } => (format!("{c} customer left"), vec![until_tail(*until)]),
            Event::CustomerBack { .. } => (format!("{c} customer back"), vec![]),
            Event::Assigned { to, by, .. } => {
                (format!("{c} assigned to {}", rep(to)), vec![format!(" by {}", rep(by))])
            }
            Event::Parked { rep: by, until, .. } => (format!("{c} parked by {}", rep(by)), vec![until_tail(*until)]),
            Event::Resumed { rep: by, .. } => (format!("{c} resumed by {}", rep(by)), vec![]),
            Event::WrapUpStarted { rep: by, until, disposition, .. } => (
                format!("{} wraps up {c}", rep(by)),
                vec![until_tail(Some(*until)), format!(" ({})", plain(disposition))],
            ),
            Event::Closed { disposition, .. } => (format!("{c} closed"), vec![format!(" ({})", plain(disposition))]),
            Event::EmergencyEscalated { to, .. } => (format!("{c} escalated to {}", plain(to)), vec![]),
            Event::EmergencyAcknowledged { by, .. } => (format!("{c} acknowledged by {}", rep(by)), vec![]),
            _ => self.spell_offer(event, &c),
        }
    }

    fn spell_offer(&self, event: &Event, c: &str) -> (String, Vec<String>) {
        let rep = |id: &RepId| self.rep(*id);
        match event {
            Event::Offered { rep: to, until, reason, .. } => {
                let why = match reason.chosen {
                    Chosen::Only => " (only)".to_string(),
                    chosen => format!(" ({} of {})", plain(chosen), reason.could_serve),
                };
                let way = reason.way.filter(|way| way.interpreter).map_or("", |_| " with interpreter");
                let handed = reason.handed.map_or(String::new(), |handed| {
                    let to = handed.to.map_or(String::new(), |to| format!(" to {}", rep(&to)));
                    format!(" handed over by {}{to}", rep(&handed.by))
                });
                (format!("{c} offered to {}", rep(to)), vec![until_tail(*until), way.into(), handed, why])
            }
            Event::Accepted { rep: by, .. } => (format!("{c} accepted by {}", rep(by)), vec![]),
            Event::Declined { rep: by, reason, barred_until, .. } => (
                format!("{c} declined by {}", rep(by)),
                vec![until_tail(Some(*barred_until)), format!(" ({})", plain(reason))],
            ),
            Event::Expired { rep: to, .. } => (format!("offer to {} expired", rep(to)), vec![format!(" ({c})")]),
            Event::Withdrawn { rep: to, why, .. } => {
                (format!("{c} withdrawn from {} ({})", rep(to), plain(why)), vec![])
            }
            other => (format!("{other:?}"), vec![]),
        }
    }

    fn spell_place(&self, mut head: String, place: &Place) -> (String, Vec<String>) {
        let Some(reserved) = place.reserved else { return (head, vec![]) };
        head += &format!(" for {}", self.rep(reserved.rep));
        (head, vec![until_tail(Some(reserved.until))])
    }

    fn widening(&self, contact: ContactId, step: u8) -> String {
        let steps = self.queue_of.get(&contact).and_then(|q| self.queues.get(usize::from(q.0)));
        match steps.and_then(|(_, steps)| steps.get(usize::from(step))) {
            None => format!("step {step}"),
            Some(Widening::Interpreter) => "with interpreter".into(),
            Some(Widening::Lower { skill, by }) => format!("{skill} {by} lower"),
            Some(Widening::Without { skill }) => format!("without {skill}"),
            Some(Widening::AlsoQueue { queue }) => format!("also {queue}"),
        }
    }

    /// What the command asks for in so many words: a story need not repeat it.
    pub fn echo(&self, command: &Command, events: &[Event]) -> Option<String> {
        let named = |id: &ContactId| self.contact(*id);
        let offer = |id: &OfferId| self.offers.get(id).map(|(c, r)| (self.contact(*c), self.rep(*r)));
        Some(match command {
            Command::SetPlan(_) => return events.iter().find_map(|e| self.spell(e)).map(|s| s.head),
            Command::SetRep { rep, .. } => format!("{} on the roster", self.rep(*rep)),
            Command::RemoveRep { rep } => format!("{} off the roster", self.rep(*rep)),
            Command::SetPresence { rep, presence } => format!("{} {}", self.rep(*rep), spell_presence(*presence)),
            Command::Connect { rep } => format!("{} connected", self.rep(*rep)),
            Command::Disconnect { rep } => format!("{} disconnected", self.rep(*rep)),
            Command::Receive(_) => {
                let received = events.iter().find(|e| matches!(e, Event::Received { .. }))?;
                format!("{} received", named(&received.contact()?))
            }
            Command::Reopen { contact, .. } => format!("{} reopened", named(contact)),
            Command::CustomerLeft { contact } => format!("{} customer left", named(contact)),
            Command::CustomerBack { contact } => format!("{} customer back", named(contact)),
            Command::RequestCallback { contact } => format!("{} wants a callback", named(contact)),
            Command::AcknowledgeEmergency { contact, by } => {
                format!("{} acknowledged by {}", named(contact), self.rep(*by))
            }
            Command::Accept { offer: id, .. } => offer(id).map(|(c, r)| format!("{c} accepted by {r}"))?,
            Command::Decline { offer: id, .. } => offer(id).map(|(c, r)| format!("{c} declined by {r}"))?,
            Command::Park { contact, rep, .. } => format!("{} parked by {}", named(contact), self.rep(*rep)),
            Command::Resume { contact, rep } => format!("{} resumed by {}", named(contact), self.rep(*rep)),
            Command::EndWrapUp { contact, .. } => format!("{} closed", named(contact)),
            Command::Assign { contact, to, .. } => format!("{} assigned to {}", named(contact), self.rep(*to)),
            _ => return None,
        })
    }

    /// A refusal in words, without ids.
    pub fn spell_refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::NoSuchContact(_) => "no such contact".into(),
            Refusal::NoSuchRep(_) => "no such rep".into(),
            Refusal::NoSuchQueue(_) => "no such queue".into(),
            Refusal::OfferGone => "offer gone".into(),
            Refusal::WrongStage { stage, .. } => format!("it is {}", stage.as_str().replace('_', " ")),
            Refusal::NotYours(_) => "not yours".into(),
            Refusal::SignedOut(_) => "signed out".into(),
            Refusal::Away(_) => "away".into(),
            Refusal::DoesNotServe { .. } => "does not serve it".into(),
            Refusal::NoPlan => "no plan".into(),
            Refusal::BadPlan(why) => format!("bad plan: {why}"),
        }
    }

    /// The line of a story that gives this command.
    pub fn spell_command(&self, command: &Command) -> String {
        let rep = |id: &RepId| self.rep(*id);
        let c = |id: &ContactId| self.contact(*id);
        let offer = |id: &OfferId| self.offers.get(id).map_or(id.to_string(), |(contact, _)| self.contact(*contact));
        match command {
            Command::Tick => String::new(),
            Command::SetPlan(settings) => {
                format!("plan is {}", super::plan::spell_plan(settings).join("; "))
            }
            Command::SetRep { profile, .. } => spell_rep(profile),
            Command::RemoveRep { rep: id } => format!("{} leaves the roster", rep(id)),
            Command::SetPresence { rep: id, presence } => format!("{} {}", rep(id), spell_presence(*presence)),
            Command::Connect { rep: id } => format!("{} connects", rep(id)),
            Command::Disconnect { rep: id } => format!("{} disconnects", rep(id)),
            Command::Receive(arrival) => self.spell_arrival("new", "", arrival),
            Command::Reopen { contact, arrival } => self.spell_arrival(&c(contact), " again", arrival),
            Command::CustomerWrote { contact, danger } => {
                format!("{} customer wrote{}", c(contact), if *danger { " of danger" } else { "" })
            }
            Command::LanguageTold { contact, danger, assumed, queue, need, urgency } => {
                let (danger, urgency) = (if *danger { " of danger" } else { "" }, urgency.name());
                format!(
                    "{} customer wrote{danger} not {assumed} {urgency} to {queue} needs {}",
                    c(contact),
                    spell_need(need)
                )
            }
            Command::CustomerLeft { contact } => format!("{} customer left", c(contact)),
            Command::CustomerBack { contact } => format!("{} customer back", c(contact)),
            Command::CustomerEnded { contact } => format!("{} customer ended", c(contact)),
            Command::RequestCallback { contact } => format!("{} wants a callback", c(contact)),
            Command::Reclassify { contact, by, queue, need, urgency } => {
                let urgency = urgency.name();
                format!("{} reclassifies {} {urgency} to {queue} needs {}", rep(by), c(contact), spell_need(need))
            }
            Command::AcknowledgeEmergency { contact, by } => format!("{} acknowledges {}", rep(by), c(contact)),
            Command::Accept { offer: id, rep: by } => match self.offers.get(id) {
                Some((contact, to)) if to != by => format!("{} takes {} from {}", rep(by), c(contact), rep(to)),
                _ => format!("{} accepts {}", rep(by), offer(id)),
            },
            Command::Decline { offer: id, rep: by, reason } => {
                format!("{} declines {} ({})", rep(by), offer(id), plain(reason))
            }
            Command::RepWrote { contact, rep: by } => format!("{} writes on {}", rep(by), c(contact)),
            Command::Park { contact, rep: by, until } => {
                format!("{} parks {}{}", rep(by), c(contact), until_tail(*until))
            }
            Command::Resume { contact, rep: by } => format!("{} resumes {}", rep(by), c(contact)),
            Command::Transfer { contact, rep: by, to } => {
                let to = match to {
                    Target::Rep(to) => format!("rep {}", rep(to)),
                    Target::Queue(queue) => format!("queue {queue}"),
                    Target::Need { language, skills } if skills.is_empty() => format!("need {language}"),
                    Target::Need { language, skills } => format!("need {language}, {}", spell_skills(skills)),
                };
                format!("{} transfers {} to {to}", rep(by), c(contact))
            }
            Command::Close { contact, rep: by, disposition } => {
                format!("{} closes {} ({})", rep(by), c(contact), plain(disposition))
            }
            Command::EndWrapUp { contact, rep: by } => format!("{} ends wrap-up of {}", rep(by), c(contact)),
            Command::Assign { contact, to, by } => format!("{} assigns {} to {}", rep(by), c(contact), rep(to)),
        }
    }

    fn spell_arrival(&self, label: &str, again: &str, arrival: &Arrival) -> String {
        let mut line = format!("{} {label}{again}", arrival.need.channel.name());
        if arrival.urgency != Urgency::Normal {
            line += &format!(" {}", arrival.urgency.name());
        }
        line += &format!(" to {}", arrival.queue);
        if let Some(prefer) = arrival.prefer {
            line += &format!(" for {}", self.rep(prefer));
        }
        if let Some(rule) = arrival.rule {
            line += &format!(" by rule {rule}");
        }
        line + &format!(" needs {}", spell_need(&arrival.need))
    }
}

fn until_tail(until: Option<Timestamp>) -> String {
    until.map_or(String::new(), |at| format!(" until {}", spell_time(at)))
}

pub fn place_of(event: &Event) -> Option<&Place> {
    match event {
        Event::Received { place, .. }
        | Event::Reopened { place, .. }
        | Event::Unparked { place, .. }
        | Event::Transferred { place, .. }
        | Event::Reclassified { place, .. }
        | Event::EmergencyRaised { place, .. } => Some(place),
        _ => None,
    }
}
