//! The eleven promises of the engine, each checked from the facts alone.

use super::contact::{Contact, Stage};
use super::deadlines::{self, Deadlines};
use super::engine::Engine;
use super::ids::*;
use super::lines::Spot;
use super::rep::Rep;
use super::state::State;
use std::collections::BTreeSet;

impl Engine {
    /// Check every invariant (see the header of `routing`); says which is broken and how. Takes time in the number of
    /// contacts × reps: for tests, simulation and small debug runs. Nine, replay = state, needs the journal: tests do it.
    pub fn check_invariants(&self) -> Result<(), String> {
        let state = &self.state;
        if state.settings.is_none() {
            return if state.contacts.is_empty() { Ok(()) } else { Err("contacts before a plan".into()) };
        }
        one_line_each(state)?;
        owners_and_offers(state)?;
        loads(state)?;
        nothing_left_undone(state)?;
        deadlines_match(state)?;
        offers_are_served(state)?;
        let open = state.contacts.len() as u64;
        if state.opened != open + state.closed {
            return Err(format!("10: opened {} ≠ open {open} + closed {}", state.opened, state.closed));
        }
        Ok(())
    }
}

/// 1: a waiting contact is in exactly one line, at its order (11), and nobody else is in one.
fn one_line_each(state: &State) -> Result<(), String> {
    let mut standing: Vec<(ContactId, Spot)> = Vec::new();
    let lines = state.lines.iter();
    standing.extend(lines.flat_map(|l| l.waiting.iter().map(|(_, c)| (*c, Spot::Line(l.queue, l.need)))));
    standing.extend(state.lines.emergencies.iter().map(|(_, c)| (*c, Spot::Emergency)));
    for (rep, own) in &state.lines.own {
        standing.extend(own.iter().map(|(_, c)| (*c, Spot::Own(*rep))));
    }
    standing.sort_by_key(|(contact, _)| *contact);
    let right: Vec<_> = state.contacts.iter().filter_map(|c| Spot::of(c).map(|spot| (c.id, spot))).collect();
    if standing != right {
        return Err(format!("1: the lines hold {standing:?} instead of {right:?}"));
    }
    for contact in state.contacts.iter().filter(|c| matches!(c.stage, Stage::Waiting | Stage::Offered { .. })) {
        let order = contact.since.0 - state.rules().head_start(contact.urgency).0;
        let same_plan = state.offers.values().all(|o| o.reason.plan == state.rules().version);
        if contact.order.0 != order && same_plan && state.rules().version == 1 {
            return Err(format!("11: {} stands at {} instead of {order}", contact.id, contact.order.0));
        }
    }
    for (i, line) in state.lines.iter().enumerate() {
        if state.lines.head(i as u32) != line.waiting.first().map(|first| first.0) {
            return Err(format!("6: the head of line {i} is not its first"));
        }
    }
    Ok(())
}

/// 2: at most one owner and one open offer; emergencies many offers, one owner.
fn owners_and_offers(state: &State) -> Result<(), String> {
    let mut wanted: BTreeSet<(OfferId, ContactId, RepId)> = BTreeSet::new();
    for contact in state.contacts.iter() {
        if let Stage::Offered { offer, rep, .. } = contact.stage {
            wanted.insert((offer, contact.id, rep));
        }
        if !contact.alarms().is_empty() && contact.stage != Stage::Waiting {
            return Err(format!("2: {} has an owner and open emergency offers", contact.id));
        }
        wanted.extend(contact.alarms().iter().map(|(offer, rep)| (*offer, contact.id, *rep)));
    }
    let open: BTreeSet<_> = state.offers.iter().map(|(id, o)| (*id, o.contact, o.rep)).collect();
    if open == wanted { Ok(()) } else { Err(format!("2: open offers {open:?} instead of {wanted:?}")) }
}

/// 3: a rep's load is the weight of what they are offered, handle or wrap up.
fn loads(state: &State) -> Result<(), String> {
    for rep in state.reps.values() {
        let mine = || state.contacts.iter().filter(|c| c.rep() == Some(rep.id));
        let holds: BTreeSet<ContactId> = mine().map(|c| c.id).collect();
        let (mut live_load, mut deferred_load) = (0, 0);
        for contact in mine().filter(|c| !matches!(c.stage, Stage::Parked { .. })) {
            let (weight, live) = state.weight(contact.channel);
            *(if live { &mut live_load } else { &mut deferred_load }) += u32::from(weight);
        }
        if (holds != rep.holds) || (live_load, deferred_load) != (rep.live_load, rep.deferred_load) {
            return Err(format!("3: {} carries {rep:?} instead of {live_load} + {deferred_load}", rep.profile.name));
        }
    }
    Ok(())
}

/// 4: no match is left undone; every waiting emergency is before every signed-in rep.
fn nothing_left_undone(state: &State) -> Result<(), String> {
    let waiting = |c: &&Contact| c.stage == Stage::Waiting;
    for contact in state.contacts.iter().filter(waiting) {
        let left = |rep: &&Rep| {
            if contact.is_emergency() {
                let heard = contact.alarms().iter().any(|(_, r)| *r == rep.id);
                rep.is_signed_in() && !heard && !contact.is_barred(rep.id)
            } else {
                state.could_take(rep, contact)
            }
        };
        if let Some(rep) = state.reps.values().find(left) {
            return Err(format!("4: {} waits although {} could take it", contact.id, rep.profile.name));
        }
    }
    Ok(())
}

/// 5: every timed thing has a deadline, every deadline a live thing.
fn deadlines_match(state: &State) -> Result<(), String> {
    let mut right = Deadlines::default();
    for contact in state.contacts.iter() {
        deadlines::of_contact(contact, state.rules(), |at, what| right.set(at, what));
    }
    for (at, what) in state.reps.values().filter_map(deadlines::of_rep) {
        right.set(at, what);
    }
    if right == state.deadlines {
        Ok(())
    } else {
        Err(format!("5: deadlines {:?} instead of {right:?}", state.deadlines))
    }
}

/// 8: an offer stands only with a rep who serves the need.
fn offers_are_served(state: &State) -> Result<(), String> {
    for contact in state.contacts.iter() {
        if let Stage::Offered { rep, .. } = contact.stage
            && !state.reps[&rep].profile.ability.serves(state.need(contact.need))
        {
            return Err(format!("8: {} is offered to {rep}, who does not serve it", contact.id));
        }
    }
    Ok(())
}
