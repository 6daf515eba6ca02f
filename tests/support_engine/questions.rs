//! What screens ask of the engine agrees with the facts: board, desks, explanations, places in line, forecasts.

use super::world::World;
use std::collections::BTreeSet;
use steelbridge::routing::board::{OfferedTo, WaitingContact};
use steelbridge::routing::contact::{Contact, Stage};
use steelbridge::routing::explain::PLACE_MAX;
use steelbridge::routing::ids::*;

/// Ask everything; the first answer that is not so.
pub fn agree(world: &World) -> Result<(), String> {
    let engine = &world.engine;
    let open: Vec<&Contact> = (1..=engine.counts().0).filter_map(|id| engine.contact(ContactId(id))).collect();
    if engine.settings().is_none() {
        return Ok(());
    }
    board(world, &open)?;
    engine.reps().try_for_each(|rep| desk(world, &open, rep.id))?;
    open.iter().try_for_each(|contact| explanation(world, &open, contact))
}

fn so(what: &str, is: bool) -> Result<(), String> {
    if is { Ok(()) } else { Err(what.to_string()) }
}

fn in_line(contact: &Contact) -> bool {
    matches!(contact.stage, Stage::Waiting | Stage::Offered { .. })
}

fn board(world: &World, open: &[&Contact]) -> Result<(), String> {
    let engine = &world.engine;
    let board = engine.board(world.now);
    let waiting: Vec<&&Contact> = open.iter().filter(|c| in_line(c)).collect();
    let counted: u32 = board.waiting.iter().map(|cell| cell.count).sum();
    so("the board counts all who wait", counted as usize == waiting.len())?;
    let oldest = board.waiting.iter().map(|cell| cell.oldest).min();
    so("the board shows the oldest", oldest == waiting.iter().map(|c| c.since).min())?;
    so("opened = open + closed", board.opened == open.len() as u64 + board.closed)?;
    for card in &board.reps {
        let rep = engine.rep(card.rep).ok_or("a card of someone on the roster")?;
        let held = rep.holds.len() + rep.alarms.len();
        let shown = (card.offers + card.active + card.parked + card.wrapping_up) as usize;
        so("a card shows all a rep has", shown == held && u32::from(card.load) == rep.load())?;
    }
    let unseen = |c: &&Contact| {
        let seen = c.extras.as_ref().is_some_and(|e| e.acknowledged);
        c.is_emergency() && if c.stage == Stage::Waiting { !seen } else { c.is_unacknowledged() }
    };
    let alarms: BTreeSet<ContactId> = engine.open_contacts().filter(unseen).map(|c| c.id).collect();
    so("the board shows every emergency nobody has seen", alarms == board.unacknowledged.iter().copied().collect())?;
    let next = board.next.iter().filter_map(|w| engine.contact(w.contact));
    let ranks: Vec<_> = next.map(|c| (!c.is_emergency(), c.order, c.id)).collect();
    so("next in line is in order", ranks.is_sorted())?;
    let waits = |c: &&&Contact| matches!(c.stage, Stage::Waiting | Stage::Offered { .. });
    so("next in line shows up to fifty of those who wait", ranks.len() == open.iter().filter(waits).count().min(50))?;
    let told = |w: &WaitingContact| match engine.contact(w.contact).map(|c| c.stage) {
        Some(Stage::Offered { rep, until, .. }) => w.offered == Some(OfferedTo { rep, until }),
        _ => w.offered.is_none(),
    };
    so("and to whom they are offered", board.next.iter().all(told))
}

fn desk(world: &World, open: &[&Contact], rep: RepId) -> Result<(), String> {
    let desk = world.engine.desk(rep, world.now).ok_or("a rep on the roster has a desk")?;
    let held: BTreeSet<ContactId> = desk.contacts.iter().map(|c| c.contact).collect();
    let owned = open.iter().filter(|c| world.engine.owner(c.id) == Some(rep)).map(|c| c.id).collect();
    so("a desk holds what its rep owns", held == owned)?;
    let offered: BTreeSet<ContactId> = desk.offers.iter().map(|o| o.contact).collect();
    let asked = open.iter().filter(|c| world.engine.offered_to(c.id).contains(&rep)).map(|c| c.id).collect();
    so("a desk shows what its rep is offered", offered == asked)?;
    let fits = desk.offers.iter().all(|o| world.names.offers.get(&o.id) == Some(&(o.contact, rep)));
    so("an offer on a desk is the one that was made", fits)
}

fn explanation(world: &World, open: &[&Contact], contact: &Contact) -> Result<(), String> {
    let engine = &world.engine;
    let told = engine.explain(contact.id, world.now).ok_or("an open contact can be explained")?;
    so("every rep answers", told.reps.len() == engine.reps().count())?;
    so("the owner is named", told.owner == engine.owner(contact.id))?;
    if contact.stage == Stage::Waiting && !contact.is_emergency() {
        so("nobody could take what waits", told.reps.iter().all(|answer| !answer.could_take))?;
    }
    let forecast = engine.forecast(contact.id, world.now);
    so("a forecast is a range", forecast.is_none_or(|f| f.p50 <= f.p90))?;
    so("only those in line have a forecast", in_line(contact) || forecast.is_none())?;
    let weight = engine.settings().map_or(0, |s| s.channel(contact.channel).weight);
    let serves = engine.reps().any(|r| {
        r.is_available() && r.profile.capacity >= weight && r.profile.ability.serves(engine.need(contact.need))
    });
    so("a forecast where someone serves is there", !in_line(contact) || forecast.is_some() == serves)?;
    let place = engine.place_in_line(contact.id);
    match contact.stage {
        Stage::Waiting => {
            let wanted = (ahead(world, open, contact) + 1).min(PLACE_MAX);
            let said = format!("{} stands at place {wanted}, not {place:?}", contact.id);
            so(&said, place == Some(wanted))
        }
        Stage::Offered { .. } => so("who is offered is next", place == Some(1)),
        _ => so("who does not wait has no place", place.is_none()),
    }
}

/// How many stand before it for any of the same reps, counted the long way. Who is kept for one rep stands apart.
fn ahead(world: &World, open: &[&Contact], contact: &Contact) -> u32 {
    let engine = &world.engine;
    let key = |c: &Contact| (!c.is_emergency(), c.order, c.id);
    let share = |other: &Contact| {
        let (mine, theirs) = (engine.need(contact.need), engine.need(other.need));
        engine.reps().any(|r| r.profile.ability.serves(mine) && r.profile.ability.serves(theirs))
    };
    let before = open.iter().filter(|o| o.stage == Stage::Waiting && key(o) < key(contact));
    before.filter(|o| o.is_emergency() || (o.reserved().is_none() && share(o))).count() as u32
}
