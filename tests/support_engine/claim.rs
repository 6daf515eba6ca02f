//! Lines of a story that say how things stand: `now c1 waiting`, `now ana load 40`.

use super::order::{Teller, contact_named};
use super::read::{spell_need, spell_time};
use super::spell::plain;
use super::world::World;
use steelbridge::routing::contact::{Contact, Stage};
use steelbridge::routing::event::Handed;
use steelbridge::routing::explain::Obstacle;
use steelbridge::routing::ids::*;
use steelbridge::routing::skill::{Lack, Mode};

/// Is it so? Otherwise how it is.
pub fn holds(claim: &str, world: &World, teller: &Teller, now: Timestamp) -> Result<(), String> {
    let (about, says) = claim.split_once(' ').ok_or("say of whom, and what")?;
    let is = match about {
        "due" | "nothing" => match world.engine.next_deadline() {
            None => "nothing due".to_string(),
            Some(at) => format!("due at {}", spell_time(at)),
        },
        _ => match contact_named(world, about) {
            Ok(contact) => format!("{about} {}", of_contact(contact, says, world, now)?),
            Err(_) => format!("{about} {}", of_rep(teller.rep_named(about)?, says, world, now)?),
        },
    };
    if is == claim { Ok(()) } else { Err(format!("now {is}")) }
}

fn of_contact(id: ContactId, says: &str, world: &World, now: Timestamp) -> Result<String, String> {
    let engine = &world.engine;
    let Some(contact) = engine.contact(id) else { return Ok("closed".into()) };
    let explained = engine.explain(id, now).ok_or("an open contact can be explained")?;
    Ok(match says.split(' ').next().unwrap_or_default() {
        "needs" => format!("needs {}", spell_need(&explained.need)),
        "wanted" => format!("wanted {}", spell_need(&explained.wanted)),
        "since" => format!("since {}", spell_time(explained.since)),
        "place" => format!("place {}", engine.place_in_line(id).map_or("none".into(), |p| p.to_string())),
        "urgency" => format!("urgency {}", explained.urgency.name()),
        "in" => format!("in {}", explained.queue),
        "kept" => match explained.reserved {
            Some(kept) => format!("kept for {} until {}", world.names.rep(kept.rep), spell_time(kept.until)),
            None => "open to all".into(),
        },
        "handed" => match explained.handed {
            Some(Handed { by, to: Some(to) }) => {
                format!("handed over by {} to {}", world.names.rep(by), world.names.rep(to))
            }
            Some(Handed { by, to: None }) => format!("handed over by {}", world.names.rep(by)),
            None => "handed over by nobody".into(),
        },
        "callback" | "customer" => rare(contact),
        _ => stage(contact, world),
    })
}

fn rare(contact: &Contact) -> String {
    match (contact.is_callback(), contact.customer_away()) {
        (true, _) => "callback".into(),
        (false, true) => "customer away".into(),
        (false, false) => "customer there".into(),
    }
}

fn stage(contact: &Contact, world: &World) -> String {
    let with = |rep: RepId| world.names.rep(rep);
    match contact.stage {
        Stage::Waiting if contact.alarms().is_empty() => "waiting".into(),
        Stage::Waiting => {
            let asked: Vec<String> = contact.alarms().iter().map(|(_, rep)| with(*rep)).collect();
            format!("offered to {}", asked.join(" and "))
        }
        Stage::Offered { rep, .. } => format!("offered to {}", with(rep)),
        Stage::Active { rep, .. } => format!("with {}", with(rep)),
        Stage::Parked { rep, .. } => format!("parked by {}", with(rep)),
        Stage::WrapUp { rep, .. } => format!("wrapped up by {}", with(rep)),
    }
}

fn of_rep(id: RepId, says: &str, world: &World, now: Timestamp) -> Result<String, String> {
    let engine = &world.engine;
    let Some(rep) = engine.rep(id) else { return Ok("off the roster".into()) };
    Ok(match says.split(' ').next().unwrap_or_default() {
        "load" => format!("load {}", rep.load()),
        "idle" => format!("idle since {}", spell_time(rep.idle_since)),
        "has" => has(id, world, now),
        "could" | "cannot" => {
            let label = says.trim_start_matches("could take ").trim_start_matches("cannot take ");
            let label = label.split(':').next().unwrap_or_default();
            let explained = engine.explain(contact_named(world, label)?, now).ok_or("it is closed")?;
            let answer = explained.reps.iter().find(|a| a.rep == id).ok_or("every rep has an answer")?;
            let lacks = answer.lacks.iter().map(spell_lack);
            let whys: Vec<String> = lacks.chain(answer.obstacles.iter().map(|o| spell_obstacle(o, world))).collect();
            if answer.could_take != whys.is_empty() {
                return Err("the explanation contradicts itself".into());
            }
            if whys.is_empty() {
                format!("could take {label}")
            } else {
                format!("cannot take {label}: {}", whys.join(", "))
            }
        }
        _ => super::spell::spell_presence(rep.presence),
    })
}

/// What is on a rep's desk, offers first.
fn has(rep: RepId, world: &World, now: Timestamp) -> String {
    let Some(desk) = world.engine.desk(rep, now) else { return "no desk".into() };
    let offers = desk.offers.iter().map(|o| format!("{} offered", world.names.contact(o.contact)));
    let held = desk.contacts.iter().map(|c| format!("{} {}", world.names.contact(c.contact), plain(c.stage)));
    let all: Vec<String> = offers.chain(held).collect();
    if all.is_empty() { "has nothing".into() } else { format!("has {}", all.join(", ")) }
}

fn spell_lack(lack: &Lack) -> String {
    match lack {
        Lack::Channel { channel } => format!("does not handle {}", channel.name()),
        Lack::Language { language, mode: Mode::Speak } => format!("does not speak {language}"),
        Lack::Language { language, mode: Mode::Write } => format!("does not write {language}"),
        Lack::Skill { skill, wanted, has } => format!("{skill} {has} instead of {wanted}"),
    }
}

fn spell_obstacle(obstacle: &Obstacle, world: &World) -> String {
    match obstacle {
        Obstacle::Offline => "offline".into(),
        Obstacle::Away { reason } => format!("away({})", plain(reason)),
        Obstacle::Full { load, weight, capacity } => format!("{load} + {weight} is more than {capacity}"),
        Obstacle::ChannelFull { channel, most } => format!("{most} {} at most", channel.name()),
        Obstacle::HandedOver { until } => format!("handed over until {}", spell_time(*until)),
        Obstacle::Declined { until } => format!("declined until {}", spell_time(*until)),
        Obstacle::KeptForOther { rep, until } => {
            format!("kept for {} until {}", world.names.rep(*rep), spell_time(*until))
        }
    }
}
