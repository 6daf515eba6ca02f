//! What is to be done in an open folder: which mail waits, which is done, and how far there are no gaps.

use super::fetch::Detail;
use super::ledger::Arrival;
use super::moving::Moves;
use super::session::Selected;
use crate::routing::ids::{Span, Timestamp};
use std::collections::{BTreeMap, VecDeque};

#[derive(Debug)]
pub(super) struct Worklist {
    pub open: Selected,
    /// Mail that is to be taken, by UID.
    waiting: BTreeMap<u32, Arrival>,
    /// The oldest of it, with what the server says of them.
    pub window: VecDeque<Detail>,
    pub moves: Moves,
    /// Highest UID that was ever listed.
    top: u32,
    /// Up to here the ledger knows that all is settled.
    settled: u32,
    /// Below this nothing is settled: what was left out on purpose has to stay left out (`start = "unseen"`).
    settle_from: u32,
    pub begun: Timestamp,
    /// The folder was numbered anew: what is older than `begun` is none of ours.
    rescan: bool,
}

/// The server's moments have whole seconds.
const SECOND: Span = Span::secs(1);

impl Worklist {
    /// All up to `settled` is done; `listed` waits, up to the end of the folder as it is now.
    pub fn new(open: Selected, settled: u32, begun: Timestamp, listed: Vec<u32>, arrival: Arrival) -> Worklist {
        Worklist {
            open,
            waiting: listed.into_iter().map(|uid| (uid, arrival)).collect(),
            window: VecDeque::new(),
            moves: Moves::default(),
            top: open.uid_next.saturating_sub(1).max(settled),
            settled,
            settle_from: 0,
            begun,
            rescan: false,
        }
    }

    pub fn rescanned(mut self) -> Worklist {
        self.rescan = true;
        self
    }

    /// Mail that `start` left out stays left out when the folder is numbered anew.
    pub fn is_ours(&self, detail: &Detail) -> bool {
        let old = detail.arrived.is_some_and(|at| at + SECOND < self.begun);
        !(old && self.rescan && self.arrival(detail.uid) == Some(Arrival::Backlog))
    }

    /// Nothing is settled before everything is that was there at the start.
    pub fn settle_whole(mut self) -> Worklist {
        self.settle_from = self.top;
        self
    }

    pub fn top(&self) -> u32 {
        self.top
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// New mail, ascending. The newest of it, at most `most`, newest first: they are taken at once; the others wait
    /// their turn.
    pub fn arrived(&mut self, uids: &[u32], most: usize) -> Vec<u32> {
        self.waiting.extend(uids.iter().map(|uid| (*uid, Arrival::Live)));
        self.top = uids.last().copied().unwrap_or(self.top).max(self.top);
        uids.iter().rev().take(most).copied().collect()
    }

    /// How a mail came, while it waits.
    pub fn arrival(&self, uid: u32) -> Option<Arrival> {
        self.waiting.get(&uid).copied()
    }

    /// The oldest that wait.
    pub fn oldest(&self, most: usize) -> Vec<u32> {
        self.waiting.keys().take(most).copied().collect()
    }

    /// The next of the window that still wait, at most so many.
    pub fn next(&mut self, most: usize) -> VecDeque<Detail> {
        let mut next = VecDeque::new();
        while next.len() < most
            && let Some(detail) = self.window.pop_front()
        {
            next.extend(self.arrival(detail.uid).map(|_| detail));
        }
        next
    }

    pub fn done(&mut self, uid: u32) {
        self.waiting.remove(&uid);
    }

    /// How far all is taken and moved, when that is further than the ledger knows.
    pub fn to_settle(&self) -> Option<u32> {
        let first = self.waiting.keys().next().copied().into_iter().chain(self.moves.first()).min();
        let done = first.map_or(self.top, |first| first - 1);
        (done > self.settled && done >= self.settle_from).then_some(done)
    }

    pub fn settled(&mut self, uid: u32) {
        self.settled = uid;
    }
}

#[cfg(test)]
mod tests {
    use super::super::moving::Destination;
    use super::*;
    use std::time::Duration;

    #[test]
    fn it_is_settled_as_far_as_there_are_no_gaps() {
        let open = Selected { uid_validity: 1, uid_next: 11, ..Selected::default() };
        let mut work = Worklist::new(open, 4, Timestamp(0), vec![6, 8, 10], Arrival::Backlog);
        assert_eq!(work.to_settle(), Some(5), "there is no 5");
        work.settled(5);
        assert_eq!(work.arrived(&[11, 12, 13], 2), [13, 12], "newest first, the others wait");
        assert_eq!((work.oldest(3), work.top()), (vec![6, 8, 10], 13));
        work.done(8);
        assert_eq!(work.to_settle(), None, "6 is still open");
        work.done(6);
        work.moves.add(6, Destination::Processed, Timestamp(0), Duration::ZERO);
        assert_eq!(work.to_settle(), None, "6 is taken and not yet moved");
        [10, 11, 12, 13].into_iter().for_each(|uid| work.done(uid));
        assert_eq!((work.to_settle(), work.len()), (None, 0));
        work.moves = Moves::default();
        assert_eq!(work.to_settle(), Some(13));
    }

    #[test]
    fn what_was_left_out_at_the_start_is_settled_with_the_rest() {
        let open = Selected { uid_validity: 1, uid_next: 11, ..Selected::default() };
        let mut work = Worklist::new(open, 0, Timestamp(0), vec![3, 9], Arrival::Backlog).settle_whole();
        work.done(3);
        assert_eq!(work.to_settle(), None);
        work.done(9);
        assert_eq!(work.to_settle(), Some(10));
    }
}
