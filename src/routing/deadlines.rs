//! Everything timed, in one ordered set; what each contact and rep waits for is derived from their state.

use super::contact::{Contact, Stage};
use super::ids::*;
use super::queue::Settings;
use super::rep::Rep;
use std::collections::BTreeSet;

/// What happens when its time comes. Equal times fire in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deadline {
    /// When to take an unanswered offer back and send its rep away.
    OfferExpires(ContactId),
    /// When to stop after-contact work.
    WrapUpEnds(ContactId),
    /// When to stop waiting for a rep whose screen went away.
    GraceEnds(RepId),
    /// When to give up on a customer whose connection went away.
    PatienceEnds(ContactId),
    /// When to bring a parked contact back.
    ParkEnds(ContactId),
    /// When to let others take what was kept for one rep.
    ReservationEnds(ContactId),
    /// When a rep who declined may be asked again.
    BarEnds(ContactId, RepId),
    /// When to let more reps serve.
    Widens(ContactId),
    /// When to tell the next rung that nobody has acknowledged an emergency.
    EmergencyClimbs(ContactId),
}

/// All deadlines, soonest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deadlines(BTreeSet<(Timestamp, Deadline)>);

impl Deadlines {
    pub fn next(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _)| *at)
    }

    pub(super) fn due(&self, now: Timestamp) -> Option<Deadline> {
        self.0.first().filter(|(at, _)| *at <= now).map(|(_, what)| *what)
    }

    pub(super) fn set(&mut self, at: Timestamp, what: Deadline) {
        self.0.insert((at, what));
    }

    pub(super) fn unset(&mut self, at: Timestamp, what: Deadline) {
        self.0.remove(&(at, what));
    }
}

/// The deadlines a contact has, by its state alone.
pub(super) fn of_contact(contact: &Contact, settings: &Settings, mut each: impl FnMut(Timestamp, Deadline)) {
    let id = contact.id;
    match contact.stage {
        Stage::Waiting => {
            if let Some(at) = next_widening(contact, settings) {
                each(at, Deadline::Widens(id));
            }
        }
        Stage::Offered { until, .. } => each(until, Deadline::OfferExpires(id)),
        Stage::Parked { until: Some(until), .. } => each(until, Deadline::ParkEnds(id)),
        Stage::WrapUp { until, .. } => each(until, Deadline::WrapUpEnds(id)),
        Stage::Active { .. } | Stage::Parked { until: None, .. } => {}
    }
    let Some(extras) = &contact.extras else { return };
    if let Some(reserved) = extras.reserved.filter(|_| contact.stage == Stage::Waiting) {
        each(reserved.until, Deadline::ReservationEnds(id));
    }
    for (rep, until) in &extras.barred {
        each(*until, Deadline::BarEnds(id, *rep));
    }
    let in_line = matches!(contact.stage, Stage::Waiting | Stage::Offered { .. });
    if let Some(until) = extras.customer_away.flatten().filter(|_| in_line) {
        each(until, Deadline::PatienceEnds(id));
    }
    if let Some(at) = extras.climbs_at {
        each(at, Deadline::EmergencyClimbs(id));
    }
}

/// When the contact's next widening step is due; emergencies are offered to everyone as it is.
pub(super) fn next_widening(contact: &Contact, settings: &Settings) -> Option<Timestamp> {
    if contact.is_emergency() {
        return None;
    }
    let queue = settings.queues.get(usize::from(contact.queue.0))?;
    queue.widen.get(usize::from(contact.widened)).map(|step| contact.since + step.after)
}

/// The deadline a rep has.
pub(super) fn of_rep(rep: &Rep) -> Option<(Timestamp, Deadline)> {
    rep.grace.map(|(until, _)| (until, Deadline::GraceEnds(rep.id)))
}
