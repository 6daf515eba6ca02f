//! The waiting lines: contacts with the same need in one queue, in order, with every line's head at hand.

use super::contact::{Contact, Stage};
use super::ids::*;
use super::profiles::{Bits, Profiles};
use super::skill::Need;
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
    pub waiting: Waiting,
    /// Profiles that serve it.
    pub profiles: Bits,
}

/// A line without anyone sorts behind every other.
const NOBODY: Order = Order(i64::MAX);
/// No line of this need in this queue yet.
const NONE: LineId = LineId::MAX;

/// All lines. Derived from the contacts; never kept on disk.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    lines: Vec<Line>,
    /// Order of the first of each line, dense: the only thing a freed rep's search reads.
    heads: Vec<Order>,
    /// By queue, then by need.
    by_need: Vec<Vec<LineId>>,
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

    pub fn head(&self, id: LineId) -> Option<Order> {
        Some(self.heads[id as usize]).filter(|head| *head != NOBODY)
    }

    /// The earliest of all who wait in these lines. Of equals the number decides.
    pub fn earliest<'a>(&self, lines: impl Iterator<Item = &'a LineId>) -> Option<(Order, ContactId)> {
        let (mut order, mut best) = (NOBODY, NONE);
        lines.for_each(|&line| {
            let head = self.heads[line as usize];
            if head < order || (head == order && head != NOBODY && self.first(line) < self.first(best)) {
                (order, best) = (head, line);
            }
        });
        self.first(best)
    }

    fn first(&self, id: LineId) -> Option<(Order, ContactId)> {
        self.lines.get(id as usize)?.waiting.first().copied()
    }

    pub fn of(&self, queue: QueueId, need: NeedId) -> Option<&Line> {
        self.id_of(queue, need).map(|id| self.line(id))
    }

    fn id_of(&self, queue: QueueId, need: NeedId) -> Option<LineId> {
        let id = self.by_need.get(usize::from(queue.0))?.get(need.0 as usize)?;
        Some(*id).filter(|id| *id != NONE)
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
                let known = self.id_of(queue, need_id);
                let id = known.unwrap_or_else(|| self.open(queue, need_id, need, profiles));
                self.lines[id as usize].waiting.insert(key);
                let head = &mut self.heads[id as usize];
                *head = key.0.min(*head);
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
                let Some(id) = self.id_of(queue, need) else { return };
                let line = &mut self.lines[id as usize];
                line.waiting.remove(&key);
                if self.heads[id as usize] == key.0 {
                    self.heads[id as usize] = line.waiting.first().map_or(NOBODY, |first| first.0);
                }
            }
        }
    }

    fn open(&mut self, queue: QueueId, need_id: NeedId, need: &Need, profiles: &mut Profiles) -> LineId {
        let id = self.lines.len() as LineId;
        let serving = profiles.serving(need);
        for profile in serving.iter() {
            profiles.crews_mut()[profile].lines[need.channel as usize].push(id);
        }
        self.lines.push(Line { queue, need: need_id, waiting: Waiting::new(), profiles: serving });
        self.heads.push(NOBODY);
        let (queue, need) = (usize::from(queue.0), need_id.0 as usize);
        let queues = self.by_need.len().max(queue + 1);
        self.by_need.resize(queues, Vec::new());
        let by_need = &mut self.by_need[queue];
        by_need.resize(by_need.len().max(need + 1), NONE);
        by_need[need] = id;
        id
    }

    /// A new profile appeared: which of the lines does it serve?
    pub(super) fn meet(&mut self, profile: usize, needs: &[Need], profiles: &mut Profiles) {
        let crew = &mut profiles.crews_mut()[profile];
        for (id, line) in self.lines.iter_mut().enumerate() {
            let need = &needs[line.need.0 as usize];
            if crew.ability.serves(need) {
                line.profiles.set(profile, true);
                crew.lines[need.channel as usize].push(id as LineId);
            }
        }
    }
}
