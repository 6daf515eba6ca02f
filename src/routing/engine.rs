//! The engine: check a command, record its events, settle until nothing more can be matched.

use super::command::{Arrival, Command, Refusal};
use super::contact::{Contact, Stage};
use super::event::*;
use super::ids::*;
use super::queue::{QueueRules, Settings};
use super::rep::Rep;
use super::skill::{Need, SkillLevel};
pub use super::state::Snapshot;
use super::state::State;
use rustc_hash::FxHashMap;

/// Who waits, who is free, who has what.
///
/// Three kinds of methods: `handle` (the only one that changes anything), `next_deadline` (when to call it next), and
/// questions. Deadlines fire only by `Command::Tick`: call it first whenever `next_deadline() <= now`.
#[derive(Default)]
pub struct Engine {
    pub(super) state: State,
    /// Events of the command at hand.
    out: Vec<Event>,
    now: Timestamp,
    /// What a queue's widening step makes of a need, as long as the plan is in force.
    pub(super) wider: FxHashMap<(QueueId, NeedId, u8), NeedId>, // looked up, never iterated
}

impl Engine {
    pub fn new() -> Engine {
        Engine::default()
    }

    /// Decide what happens next. Same calls, same answers. Time never goes back: an earlier `now` counts as the last.
    pub fn handle(&mut self, now: Timestamp, command: Command) -> Result<Vec<Event>, Refusal> {
        self.now = now.max(self.state.now);
        self.decide(command)?;
        self.settle();
        Ok(std::mem::take(&mut self.out))
    }

    /// When to call `handle(_, Command::Tick)` if nothing else comes first.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.state.deadlines.next()
    }

    /// Rebuild from the journal, through the same `apply` that `handle` uses.
    pub fn replay(snapshot: Option<Snapshot>, events: impl Iterator<Item = (Timestamp, Event)>) -> Engine {
        let mut state = snapshot.map(State::restore).unwrap_or_default();
        for (at, event) in events {
            state.apply(at, &event);
        }
        state.settled();
        Engine { now: state.now, state, ..Engine::default() }
    }

    /// The facts, to start from next time.
    pub fn snapshot(&self) -> Snapshot {
        self.state.snapshot()
    }

    /// One arm a command. An arm refuses before it records anything.
    fn decide(&mut self, command: Command) -> Result<(), Refusal> {
        match command {
            Command::Tick => self.tick(),
            Command::SetPlan(settings) => self.set_plan(*settings)?,
            Command::SetRep { rep, profile } => self.set_rep(rep, *profile),
            Command::RemoveRep { rep } => self.remove_rep(rep)?,
            Command::SetPresence { rep, presence } => {
                self.rep_known(rep)?;
                self.go(rep, presence, ReturnReason::SignedOut);
            }
            Command::Connect { rep } => {
                if !self.rep_known(rep)?.connected {
                    self.record(Event::RepConnected { rep });
                }
            }
            Command::Disconnect { rep } => self.disconnect(rep)?,
            Command::Receive(arrival) => self.receive(*arrival)?,
            Command::Reopen { contact, arrival } => self.reopen(contact, *arrival)?,
            Command::CustomerWrote { contact, danger } => self.customer_wrote(contact, danger)?,
            Command::CustomerLeft { contact } => self.customer_left(contact)?,
            Command::CustomerBack { contact } => {
                if self.open(contact)?.customer_away() {
                    self.record(Event::CustomerBack { contact });
                }
            }
            Command::CustomerEnded { contact } => self.customer_ended(contact)?,
            Command::RequestCallback { contact } => {
                self.in_stage(contact, |stage| stage == Stage::Waiting)?;
                self.record(Event::CallbackRequested { contact });
            }
            Command::Reclassify { contact, by, queue, need, urgency } => {
                self.reclassify(contact, Some(by), queue, *need, urgency)?;
            }
            Command::LanguageTold { contact, danger, assumed, queue, need, urgency } => {
                self.language_told(contact, danger, assumed, queue, *need, urgency)?;
            }
            Command::AcknowledgeEmergency { contact, by } => {
                let open = self.in_stage(contact, |s| matches!(s, Stage::Waiting | Stage::Active { .. }))?;
                if open.is_unacknowledged() {
                    self.record(Event::EmergencyAcknowledged { contact, by });
                }
            }
            Command::Accept { offer, rep } => self.accept(offer, rep)?,
            Command::Decline { offer, rep, reason } => {
                let contact = self.offer_to(offer, rep)?;
                let barred_until = self.now + self.state.rules().bar;
                self.record(Event::Declined { offer, contact, rep, reason, barred_until });
            }
            Command::RepWrote { contact, rep } => self.rep_wrote(contact, rep)?,
            Command::Park { contact, rep, until } => {
                self.held(contact, rep, |stage| matches!(stage, Stage::Active { .. }))?;
                self.record(Event::Parked { contact, rep, until });
            }
            Command::Resume { contact, rep } => {
                self.held(contact, rep, |stage| matches!(stage, Stage::Parked { .. } | Stage::WrapUp { .. }))?;
                self.record(Event::Resumed { contact, rep });
            }
            Command::Transfer { contact, rep, to } => self.transfer(contact, rep, to)?,
            Command::Close { contact, rep, disposition } => self.close(contact, rep, disposition)?,
            Command::EndWrapUp { contact, rep } => {
                self.held(contact, rep, |stage| matches!(stage, Stage::WrapUp { .. }))?;
                self.finish(contact);
            }
            Command::Assign { contact, to, by } => self.assign(contact, to, by)?,
        }
        Ok(())
    }

    /// Match until no match is left.
    pub(super) fn settle(&mut self) {
        if self.state.settings.is_none() {
            return self.state.settled(); // nobody waits before there is a plan; with it everyone is looked at anew
        }
        while let Some((contact, rep)) = self.state.next_alarm() {
            self.offer_alarm(contact, rep);
        }
        while let Some(found) = self.state.next_match() {
            let contact = &self.state.contacts.get(found.contact).expect("a match is open");
            let queue = &self.state.rules().queues[usize::from(contact.queue.0)];
            let until = self.now + queue.offer[contact.channel as usize];
            let reason = self.reason(contact, found.rep, found.could_serve, found.chosen);
            self.offer(found.contact, found.rep, Some(until), reason);
        }
        self.state.settled();
    }

    fn offer_alarm(&mut self, contact: ContactId, rep: RepId) {
        let everyone = self.state.reps.values().filter(|rep| rep.is_signed_in()).count();
        let open = self.state.contacts.get(contact).expect("an alarm is open");
        let reason = self.reason(open, rep, u16::try_from(everyone).unwrap_or(u16::MAX), Chosen::Emergency);
        self.offer(contact, rep, None, reason);
    }

    fn offer(&mut self, contact: ContactId, rep: RepId, until: Option<Timestamp>, reason: Reason) {
        let offer = OfferId(self.state.last_offer + 1);
        self.record(Event::Offered { offer, contact, rep, until, reason });
    }

    fn reason(&self, contact: &Contact, rep: RepId, could_serve: u16, chosen: Chosen) -> Reason {
        let rules = self.state.rules();
        Reason {
            plan: rules.version,
            rule: contact.rule,
            need: contact.need,
            head_start: rules.head_start(contact.urgency),
            waited: self.now - contact.since,
            could_serve,
            chosen,
            way: self.state.reps[&rep].profile.ability.way(self.state.need(contact.need)),
            handed: contact.handed(),
        }
    }

    /// The only way anything changes.
    pub(super) fn record(&mut self, event: Event) {
        self.state.apply(self.now, &event);
        self.out.push(event);
    }

    /// The moment it has come to: nothing it knows of is later.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    fn set_plan(&mut self, settings: Settings) -> Result<(), Refusal> {
        let settings = Box::new(merge_queues(self.state.settings.as_deref(), settings)?);
        self.record(Event::PlanSet { settings });
        self.wider.clear();
        self.withdraw_unserved();
        Ok(())
    }

    fn set_rep(&mut self, rep: RepId, mut profile: super::command::Profile) {
        profile.ability.channels.sort();
        profile.ability.channels.dedup();
        profile.ability.languages.sort();
        profile.ability.skills = tidy_skills(profile.ability.skills);
        if self.state.reps.get(&rep).is_none_or(|known| known.profile != profile) {
            self.record(Event::RepSet { rep, profile: Box::new(profile) });
            self.withdraw_unserved();
        }
    }

    fn receive(&mut self, arrival: Arrival) -> Result<(), Refusal> {
        let queue = self.queue_named(arrival.queue)?;
        let contact = ContactId(self.state.opened + 1);
        let since = arrival.since.map_or(self.now, |since| since.min(self.now));
        let place = self.place(queue, arrival.need, arrival.urgency, since, arrival.prefer);
        self.record(Event::Received { contact, place, rule: arrival.rule });
        Ok(())
    }

    fn reopen(&mut self, contact: ContactId, arrival: Arrival) -> Result<(), Refusal> {
        let queue = self.queue_named(arrival.queue)?;
        let was_opened = (1..=self.state.opened).contains(&contact.0);
        if let Some(open) = self.state.contacts.get(contact) {
            return Err(wrong_stage(open));
        } else if !was_opened {
            return Err(Refusal::NoSuchContact(contact));
        }
        let place = self.place(queue, arrival.need, arrival.urgency, self.now, arrival.prefer);
        self.record(Event::Reopened { contact, place, rule: arrival.rule });
        Ok(())
    }

    /// Where a contact stands from now on. Kept for the preferred rep while they are available and serve it.
    pub(super) fn place(
        &mut self,
        queue: QueueId,
        need: Need,
        urgency: Urgency,
        since: Timestamp,
        prefer: Option<RepId>,
    ) -> Place {
        let hold = self.state.rules().channel(need.channel).prefer_for;
        let need = self.need_in(queue, need);
        let reserved = prefer.and_then(|rep| self.reservation(rep, need, hold));
        Place { queue, need, urgency, since, order: self.order(since, urgency), reserved }
    }

    pub(super) fn reservation(&self, rep: RepId, need: NeedId, hold: Span) -> Option<Reservation> {
        let there = self.state.reps.get(&rep).filter(|rep| rep.is_available())?;
        let keep = hold > Span::ZERO && there.profile.ability.serves(self.state.need(need));
        keep.then_some(Reservation { rep, until: self.now + hold })
    }

    pub(super) fn order(&self, since: Timestamp, urgency: Urgency) -> Order {
        Order(since.0 - self.state.rules().head_start(urgency).0)
    }

    /// A need as a contact has it in a queue, which may ask for more. `None`: there is no such queue.
    pub fn need_there(&self, queue: Word, need: Need) -> Option<Need> {
        Some(tidy(self.asked_in(self.queue_named(queue).ok()?, need)))
    }

    fn asked_in(&self, queue: QueueId, mut need: Need) -> Need {
        need.skills.extend(&self.state.rules().queues[usize::from(queue.0)].skills);
        need
    }

    /// The need with the queue's own skills, by its number.
    pub(super) fn need_in(&mut self, queue: QueueId, need: Need) -> NeedId {
        self.need_id(self.asked_in(queue, need))
    }

    pub(super) fn need_id(&mut self, need: Need) -> NeedId {
        let need = tidy(need);
        if let Some(id) = self.state.need_ids.get(&need) {
            return *id;
        }
        let id = NeedId(self.state.needs.len() as u32);
        self.record(Event::NeedDefined { need: id, definition: Box::new(need) });
        id
    }

    pub(super) fn queue_named(&self, name: Word) -> Result<QueueId, Refusal> {
        let settings = self.state.settings.as_ref().ok_or(Refusal::NoPlan)?;
        let found = settings.queues.iter().position(|q| q.name == name && !q.retired);
        found.map(|i| QueueId(i as u16)).ok_or(Refusal::NoSuchQueue(name))
    }

    pub(super) fn rep_known(&self, rep: RepId) -> Result<&Rep, Refusal> {
        self.state.reps.get(&rep).ok_or(Refusal::NoSuchRep(rep))
    }

    pub(super) fn open(&self, contact: ContactId) -> Result<&Contact, Refusal> {
        self.state.contacts.get(contact).ok_or(Refusal::NoSuchContact(contact))
    }

    pub(super) fn in_stage(&self, id: ContactId, right: impl Fn(Stage) -> bool) -> Result<&Contact, Refusal> {
        let contact = self.open(id)?;
        if right(contact.stage) { Ok(contact) } else { Err(wrong_stage(contact)) }
    }

    /// The contact, if this rep has it and it is in the right stage.
    pub(super) fn held(&self, id: ContactId, rep: RepId, right: impl Fn(Stage) -> bool) -> Result<&Contact, Refusal> {
        let contact = self.open(id)?;
        if contact.owner() != Some(rep) {
            return Err(Refusal::NotYours(id));
        }
        if right(contact.stage) { Ok(contact) } else { Err(wrong_stage(contact)) }
    }
}

pub(super) fn wrong_stage(contact: &Contact) -> Refusal {
    let stage = Word::new(contact.stage.name()).expect("stage names are short");
    Refusal::WrongStage { contact: contact.id, stage }
}

fn tidy(need: Need) -> Need {
    Need { skills: tidy_skills(need.skills), or_skills: tidy_skills(need.or_skills), ..need }
}

/// Sorted by skill, each skill once at the highest level asked for; level 0 asks for nothing.
fn tidy_skills(mut skills: Vec<SkillLevel>) -> Vec<SkillLevel> {
    skills.retain(|s| s.level > 0);
    skills.sort_by(|a, b| a.skill.cmp(&b.skill).then(b.level.cmp(&a.level)));
    skills.dedup_by_key(|s| s.skill);
    skills
}

/// A queue keeps its number when a plan changes; one that is no longer named takes no new contacts.
fn merge_queues(before: Option<&Settings>, mut settings: Settings) -> Result<Settings, Refusal> {
    let mut named: Vec<QueueRules> = std::mem::take(&mut settings.queues);
    if named.is_empty() {
        return Err(Refusal::BadPlan("a plan needs at least one queue".into()));
    }
    for (i, queue) in named.iter().enumerate() {
        if named[..i].iter().any(|q| q.name == queue.name) {
            return Err(Refusal::BadPlan(format!("queue {} is named twice", queue.name)));
        }
    }
    for old in before.map_or(&[][..], |b| &b.queues) {
        match named.iter().position(|q| q.name == old.name) {
            Some(i) => settings.queues.push(named.remove(i)),
            None => settings.queues.push(QueueRules { retired: true, ..old.clone() }),
        }
    }
    settings.queues.extend(named);
    Ok(settings)
}
