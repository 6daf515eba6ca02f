//! The waiting lines: contacts with the same need in one queue, in order, with every line's head at hand.

use super::contact::{Contact, Stage};
use super::ids::*;
use super::profiles::{Bits, Profiles};
use super::skill::Need;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

pub type LineId = u32;

/// Where a waiting contact stands. A contact that waits stands in exactly one spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Before all lines; offered to everyone.
    Emergency,
    /// Kept for this rep alone.
    Own(RepId),
    Line(QueueId, NeedId),
}

impl Spot {
    pub fn of(contact: &Contact) -> Option<Spot> {
        if contact.stage != Stage::Waiting {
            None
        } else if contact.is_emergency() {
            Some(Spot::Emergency)
        } else if let Some(reserved) = contact.reserved() {
            Some(Spot::Own(reserved.rep))
        } else {
            Some(Spot::Line(contact.queue, contact.need))
        }
    }
}

type Waiting = BTreeSet<(Order, ContactId)>;

#[derive(Clone, Debug)]
pub struct Line {
    pub queue: QueueId,
    pub need: NeedId,
    pub channel: Channel,
    pub waiting: Waiting,
    /// Profiles that serve it.
    pub profiles: Bits,
}

/// A line without anyone sorts behind every other.
const NOBODY: (Order, ContactId) = (Order(i64::MAX), ContactId(u64::MAX));

/// All lines. Derived from the contacts; never kept on disk.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    lines: Vec<Line>,
    /// First of each line, and the line's channel, dense: the only things a freed rep's search reads.
    heads: Vec<(Order, ContactId)>,
    channels: Vec<Channel>,
    by_need: FxHashMap<(QueueId, NeedId), LineId>, // looked up, never iterated
    pub emergencies: Waiting,
    pub own: BTreeMap<RepId, Waiting>,
}

impl Lines {
    pub fn iter(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    pub fn line(&self, id: LineId) -> &Line {
        &self.lines[id as usize]
    }

    pub fn head(&self, id: LineId) -> Option<(Order, ContactId)> {
        Some(self.heads[id as usize]).filter(|head| *head != NOBODY)
    }

    /// The earliest head of these lines, on channels there is room for.
    pub fn earliest(&self, lines: &[LineId], room: &[bool; 6]) -> Option<(Order, ContactId)> {
        let mut best = NOBODY;
        for &line in lines {
            let head = self.heads[line as usize];
            if head < best && room[self.channels[line as usize] as usize] {
                best = head;
            }
        }
        Some(best).filter(|best| *best != NOBODY)
    }

    pub fn of(&self, queue: QueueId, need: NeedId) -> Option<&Line> {
        self.by_need.get(&(queue, need)).map(|id| self.line(*id))
    }

    pub(super) fn stand(&mut self, spot: Spot, key: (Order, ContactId), need: &Need, profiles: &mut Profiles) {
        match spot {
            Spot::Emergency => {
                self.emergencies.insert(key);
            }
            Spot::Own(rep) => {
                self.own.entry(rep).or_default().insert(key);
            }
            Spot::Line(queue, need_id) => {
                let id = match self.by_need.get(&(queue, need_id)) {
                    Some(id) => *id,
                    None => self.open(queue, need_id, need, profiles),
                };
                self.lines[id as usize].waiting.insert(key);
                let head = &mut self.heads[id as usize];
                *head = key.min(*head);
            }
        }
    }

    pub(super) fn leave(&mut self, spot: Spot, key: (Order, ContactId)) {
        match spot {
            Spot::Emergency => {
                self.emergencies.remove(&key);
            }
            Spot::Own(rep) => {
                if let Some(own) = self.own.get_mut(&rep) {
                    own.remove(&key);
                    if own.is_empty() {
                        self.own.remove(&rep);
                    }
                }
            }
            Spot::Line(queue, need) => {
                let Some(&id) = self.by_need.get(&(queue, need)) else { return };
                let line = &mut self.lines[id as usize];
                line.waiting.remove(&key);
                if self.heads[id as usize] == key {
                    self.heads[id as usize] = line.waiting.first().copied().unwrap_or(NOBODY);
                }
            }
        }
    }

    fn open(&mut self, queue: QueueId, need_id: NeedId, need: &Need, profiles: &mut Profiles) -> LineId {
        let id = self.lines.len() as LineId;
        let serving = profiles.serving(need);
        for profile in serving.iter() {
            profiles.crews_mut()[profile].lines.push(id);
        }
        let line = Line { queue, need: need_id, channel: need.channel, waiting: Waiting::new(), profiles: serving };
        self.lines.push(line);
        self.heads.push(NOBODY);
        self.channels.push(need.channel);
        self.by_need.insert((queue, need_id), id);
        id
    }

    /// A new profile appeared: which of the lines does it serve?
    pub(super) fn meet(&mut self, profile: usize, needs: &[Need], profiles: &mut Profiles) {
        let crew = &mut profiles.crews_mut()[profile];
        for (id, line) in self.lines.iter_mut().enumerate() {
            if crew.ability.serves(&needs[line.need.0 as usize]) {
                line.profiles.set(profile, true);
                crew.lines.push(id as LineId);
            }
        }
    }
}
