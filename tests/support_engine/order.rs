//! Lines of a story that tell the engine to do something.

use super::plan::{change, default_settings, is_plan_line, rep};
use super::read::{self, Words, channel, disposition, need, time, urgency};
use super::world::World;
use steelbridge::routing::command::{Arrival, Command, DeclineReason, Target};
use steelbridge::routing::ids::*;
use steelbridge::routing::queue::Settings;

/// Names and settings as a story has them so far.
pub struct Teller {
    pub settings: Settings,
    reps: Vec<Word>,
    /// The label of a contact that the line being read brings.
    pub arriving: Option<String>,
}

impl Default for Teller {
    fn default() -> Teller {
        Teller { settings: default_settings(), reps: Vec::new(), arriving: None }
    }
}

impl Teller {
    /// The command a line gives.
    pub fn command(&mut self, line: &str, world: &World) -> Result<Command, String> {
        self.arriving = None;
        let mut words = Words::of(line);
        let first = words.peek().unwrap_or_default();
        if first.is_empty() {
            return Ok(Command::Tick);
        }
        if first == "rep" {
            return self.rep(line);
        }
        if first == "plan" {
            return self.plan(line.trim_start_matches("plan").trim());
        }
        let command = if channel(first).is_some() {
            self.arrival(&mut words, world)?
        } else if let Ok(contact) = contact_named(world, first) {
            words.next()?;
            customer(contact, &mut words, world)?
        } else {
            let who = self.rep_named(words.next()?)?;
            self.of_rep(who, &mut words, world)?
        };
        words.end()?;
        Ok(command)
    }

    fn rep(&mut self, line: &str) -> Result<Command, String> {
        let profile = rep(line)?;
        let known = self.reps.iter().position(|r| *r == profile.name).unwrap_or_else(|| {
            self.reps.push(profile.name);
            self.reps.len() - 1
        });
        Ok(Command::SetRep { rep: RepId(known as u32 + 1), profile: Box::new(profile) })
    }

    fn plan(&mut self, changes: &str) -> Result<Command, String> {
        self.settings.version += 1;
        for line in changes.split(';').map(str::trim) {
            if !is_plan_line(line) {
                return Err(format!("`{line}` is not something a plan has"));
            }
            change(&mut self.settings, line)?;
        }
        Ok(Command::SetPlan(Box::new(self.settings.clone())))
    }

    pub fn rep_named(&self, name: &str) -> Result<RepId, String> {
        let found = self.reps.iter().position(|r| r.as_str() == name);
        let by_number = || name.strip_prefix('r').and_then(|n| n.parse().ok()).filter(|n| *n > 90).map(RepId);
        found
            .map(|at| RepId(at as u32 + 1))
            .or_else(by_number)
            .ok_or_else(|| format!("`{name}` is neither a rep nor a contact here"))
    }

    /// `email c1 [again] [urgent] [to permits] [for ana] [by rule 3] needs write es, water 2`.
    fn arrival(&mut self, words: &mut Words, world: &World) -> Result<Command, String> {
        let channel = channel(words.next()?).ok_or("a channel")?;
        let label = words.next()?;
        let again = words.take("again");
        let said = words.peek().and_then(urgency);
        if said.is_some() {
            words.next()?;
        }
        let queue = if words.take("to") { words.word()? } else { self.settings.queues[0].name };
        let prefer = if words.take("for") { Some(self.rep_named(words.next()?)?) } else { None };
        let rule = match words.take("by") {
            true => words.expect("rule").and_then(|()| words.number()).map(Some)?,
            false => None,
        };
        words.expect("needs")?;
        let need = need(words, channel)?;
        let urgency = said.unwrap_or(Urgency::Normal);
        let arrival = Box::new(Arrival { queue, need, urgency, prefer, rule, since: None });
        if again {
            return Ok(Command::Reopen { contact: contact_named(world, label)?, arrival });
        }
        if label != "new" && contact_named(world, label).is_ok() {
            return Err(format!("there is a contact {label} already; `{label} again` reopens it"));
        }
        self.arriving = Some(label.to_string());
        Ok(Command::Receive(arrival))
    }

    fn of_rep(&self, rep: RepId, words: &mut Words, world: &World) -> Result<Command, String> {
        let verb = words.next()?;
        if let Some(presence) = presence(verb) {
            return Ok(Command::SetPresence { rep, presence });
        }
        let contact = |words: &mut Words| contact_named(world, words.next()?);
        Ok(match verb {
            "connects" => Command::Connect { rep },
            "disconnects" => Command::Disconnect { rep },
            "leaves" => {
                words.expect("the")?;
                words.expect("roster")?;
                Command::RemoveRep { rep }
            }
            "accepts" => Command::Accept { offer: offer_of(world, contact(words)?, rep)?, rep },
            "declines" => {
                let offer = offer_of(world, contact(words)?, rep)?;
                Command::Decline { offer, rep, reason: decline_reason(words)? }
            }
            "takes" => {
                // Someone answers an offer that was made to another rep.
                let (contact, _) = (contact(words)?, words.expect("from")?);
                let from = self.rep_named(words.next()?)?;
                Command::Accept { offer: offer_of(world, contact, from)?, rep }
            }
            "parks" => {
                let contact = contact(words)?;
                let until = if words.take("until") { Some(at(words)?) } else { None };
                Command::Park { contact, rep, until }
            }
            "writes" => {
                words.expect("on")?;
                Command::RepWrote { contact: contact(words)?, rep }
            }
            "resumes" => Command::Resume { contact: contact(words)?, rep },
            "closes" => Command::Close { contact: contact(words)?, rep, disposition: how_it_ended(words)? },
            "ends" => {
                words.expect("wrap-up")?;
                words.expect("of")?;
                Command::EndWrapUp { contact: contact(words)?, rep }
            }
            "acknowledges" => Command::AcknowledgeEmergency { contact: contact(words)?, by: rep },
            "assigns" => {
                let (contact, _) = (contact(words)?, words.expect("to")?);
                Command::Assign { contact, to: self.rep_named(words.next()?)?, by: rep }
            }
            "transfers" => {
                let (contact, _) = (contact(words)?, words.expect("to")?);
                Command::Transfer { contact, rep, to: self.target(words)? }
            }
            "reclassifies" => self.reclassify(rep, contact(words)?, words, world)?,
            other => return Err(format!("a rep cannot `{other}`")),
        })
    }

    fn target(&self, words: &mut Words) -> Result<Target, String> {
        match words.next()? {
            "rep" => Ok(Target::Rep(self.rep_named(words.next()?)?)),
            "queue" => Ok(Target::Queue(words.word()?)),
            "need" => {
                let need = need(words, Channel::Email)?;
                Ok(Target::Need { language: need.language, skills: need.skills })
            }
            other => Err(format!("`{other}`: say to rep, queue or need")),
        }
    }

    /// `sue reclassifies c1 normal [to permits] needs es, water`.
    fn reclassify(&self, by: RepId, contact: ContactId, words: &mut Words, world: &World) -> Result<Command, String> {
        let urgency = urgency(words.next()?).ok_or("an urgency")?;
        let open = world.engine.contact(contact);
        let channel = open.map_or(Channel::Email, |c| c.channel);
        let queue = match words.take("to") {
            true => words.word()?,
            false => open.map_or(self.settings.queues[0].name, |c| world.engine.queue_name(c.queue)),
        };
        words.expect("needs")?;
        Ok(Command::Reclassify { contact, by, queue, need: Box::new(need(words, channel)?), urgency })
    }
}

/// `c1 customer wrote not en normal to general needs write es`.
fn language_told(contact: ContactId, danger: bool, words: &mut Words, world: &World) -> Result<Command, String> {
    let (assumed, urgency) = (words.word()?, urgency(words.next()?).ok_or("an urgency")?);
    words.expect("to")?;
    let queue = words.word()?;
    words.expect("needs")?;
    let channel = world.engine.contact(contact).map_or(Channel::Email, |c| c.channel);
    Ok(Command::LanguageTold { contact, danger, assumed, queue, need: Box::new(need(words, channel)?), urgency })
}

fn customer(contact: ContactId, words: &mut Words, world: &World) -> Result<Command, String> {
    Ok(match words.next()? {
        "customer" => match words.next()? {
            "wrote" => {
                let danger = words.take("of");
                if danger {
                    words.expect("danger")?;
                }
                if words.take("not") {
                    language_told(contact, danger, words, world)?
                } else {
                    Command::CustomerWrote { contact, danger }
                }
            }
            "left" => Command::CustomerLeft { contact },
            "back" => Command::CustomerBack { contact },
            "ended" => Command::CustomerEnded { contact },
            other => return Err(format!("a customer wrote, left, is back or ended; not `{other}`")),
        },
        "wants" => {
            words.expect("a")?;
            words.expect("callback")?;
            Command::RequestCallback { contact }
        }
        other => return Err(format!("a contact cannot `{other}`")),
    })
}

fn presence(word: &str) -> Option<Presence> {
    match word {
        "available" => Some(Presence::Available),
        "offline" => Some(Presence::Offline),
        _ => {
            let reason = word.strip_prefix("away(")?.strip_suffix(')')?;
            serde_json::from_value(reason.into()).ok().map(Presence::Away)
        }
    }
}

fn in_brackets<'a>(words: &mut Words<'a>) -> Option<String> {
    words.peek().filter(|w| w.starts_with('('))?;
    let mut text = String::new();
    while let Ok(word) = words.next() {
        text += word;
        if word.ends_with(')') {
            break;
        }
        text.push('_');
    }
    Some(text.trim_matches(['(', ')']).to_string())
}

fn decline_reason(words: &mut Words) -> Result<DeclineReason, String> {
    let reason = in_brackets(words).unwrap_or("not_mine".into());
    serde_json::from_value(reason.clone().into()).map_err(|_| format!("`{reason}` is not a reason to decline"))
}

fn how_it_ended(words: &mut Words) -> Result<Disposition, String> {
    in_brackets(words).map_or(Ok(Disposition::Informed), |text| disposition(&text))
}

fn at(words: &mut Words) -> Result<Timestamp, String> {
    let text = words.next()?;
    time(text).ok_or_else(|| format!("`{text}` is not a time"))
}

pub fn contact_named(world: &World, label: &str) -> Result<ContactId, String> {
    let found = world.names.contacts.iter().find(|(_, name)| *name == label).map(|(id, _)| *id);
    let by_number = || label.strip_prefix('c').and_then(|n| n.parse().ok()).map(ContactId);
    let unknown = || by_number().filter(|id| !world.names.contacts.contains_key(id) && id.0 > 900);
    found.or_else(unknown).ok_or_else(|| format!("there is no contact `{label}` yet"))
}

/// The offer of this contact to this rep, the last one if it is gone.
fn offer_of(world: &World, contact: ContactId, rep: RepId) -> Result<OfferId, String> {
    let offers = world.names.offers.iter().rev();
    let found = offers.filter(|(_, of)| **of == (contact, rep)).map(|(id, _)| *id).next();
    found.ok_or_else(|| "it was never offered to them".to_string())
}

/// The time at the head of a line, and the rest.
pub fn timed(line: &str) -> Option<(Timestamp, &str)> {
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    read::time(first).map(|at| (at, rest.trim()))
}
