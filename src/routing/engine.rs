//! The engine: check a command, record its events, settle until nothing more can be matched.

use super::board::{Board, Desk};
use super::command::{Command, Refusal};
use super::contact::Contact;
use super::event::Event;
use super::explain::Explanation;
use super::forecast::Forecast;
use super::ids::*;
use super::queue::Settings;
use super::rep::Rep;
use super::skill::Need;

/// Who waits, who is free, who has what.
pub struct Engine {}

/// The state at one position of the journal, to start from.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Snapshot {}

#[rustfmt::skip]
impl Engine {
    pub fn new() -> Engine { todo!() }
    pub fn handle(&mut self, _now: Timestamp, _command: Command) -> Result<Vec<Event>, Refusal> { todo!() }
    pub fn next_deadline(&self) -> Option<Timestamp> { todo!() }
    pub fn replay(_snapshot: Option<Snapshot>, _events: impl Iterator<Item = (Timestamp, Event)>) -> Engine { todo!() }
    pub fn snapshot(&self) -> Snapshot { todo!() }
    pub fn explain(&self, _contact: ContactId, _now: Timestamp) -> Option<Explanation> { todo!() }
    pub fn board(&self, _now: Timestamp) -> Board { todo!() }
    pub fn desk(&self, _rep: RepId, _now: Timestamp) -> Option<Desk> { todo!() }
    pub fn offer(&self, _offer: OfferId) -> Option<(ContactId, RepId)> { todo!() }
    pub fn forecast(&self, _contact: ContactId, _now: Timestamp) -> Option<Forecast> { todo!() }
    pub fn place(&self, _contact: ContactId) -> Option<u32> { todo!() }
    pub fn contact(&self, _id: ContactId) -> Option<&Contact> { todo!() }
    pub fn owner(&self, _id: ContactId) -> Option<RepId> { todo!() }
    pub fn offered_to(&self, _id: ContactId) -> Vec<RepId> { todo!() }
    pub fn rep(&self, _id: RepId) -> Option<&Rep> { todo!() }
    pub fn rep_named(&self, _name: &str) -> Option<RepId> { todo!() }
    pub fn settings(&self) -> Option<&Settings> { todo!() }
    pub fn need(&self, _need: NeedId) -> &Need { todo!() }
    pub fn check_invariants(&self) -> Result<(), String> { todo!() }
}
