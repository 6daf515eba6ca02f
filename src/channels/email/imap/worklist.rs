//! What is to be done in an open folder: which mail waits, which is done, and how far there are no gaps.

use super::fetch::Detail;
use super::ledger::{Arrival, Cursor};
use super::moving::Moves;
use super::session::Selected;
use crate::routing::ids::Span;
use std::collections::{BTreeSet, VecDeque};

#[derive(Debug)]
pub(super) struct Worklist {
    pub open: Selected,
    /// Mail that is to be taken first, by UID: what came since we are in charge.
    live: BTreeSet<u32>,
    /// Mail that was there before us, and has its share of the time.
    backlog: BTreeSet<u32>,
    /// The oldest of the backlog, with what the server says of them.
    pub window: VecDeque<Detail>,
    /// Numbered anew: what `start = "unseen"` takes although it arrived before us.
    unopened: BTreeSet<u32>,
    pub moves: Moves,
    /// Highest UID that was ever listed.
    top: u32,
    /// As the ledger knows it.
    pub cursor: Cursor,
}

/// The server's moments have whole seconds.
const SECOND: Span = Span::secs(1);

impl Worklist {
    /// `listed` waits, up to the end of the folder as it is now.
    pub fn new(open: Selected, cursor: Cursor, listed: Vec<u32>) -> Worklist {
        let (backlog, live) = listed.into_iter().partition(|uid| *uid <= cursor.there);
        let top = open.uid_next.saturating_sub(1).max(cursor.last_uid);
        let (window, unopened, moves) = (VecDeque::new(), BTreeSet::new(), Moves::default());
        Worklist { open, live, backlog, window, unopened, moves, top, cursor }
    }

    /// These of the backlog may be new mail after all, so they are taken with it.
    pub fn hurry(&mut self, uids: Vec<u32>) {
        self.live.extend(uids.into_iter().filter(|uid| self.backlog.remove(uid)));
    }

    /// Nobody has opened these, so `start = "unseen"` did not leave them out.
    pub fn unopened(&mut self, uids: Vec<u32>) {
        self.unopened.extend(uids);
    }

    /// Mail that `start` left out stays left out when the folder is numbered anew.
    pub fn is_ours(&self, detail: &Detail) -> bool {
        let old = detail.arrived.is_some_and(|at| at + SECOND < self.cursor.begun);
        let left_out = old && self.cursor.renumbered && detail.uid <= self.cursor.there;
        !left_out || self.unopened.contains(&detail.uid)
    }

    /// How a mail came. In doubt it was there before: to keep silent to one person is better than to wake a city.
    pub fn arrival(&self, detail: &Detail) -> Arrival {
        let since = self.cursor.first_read.filter(|_| self.cursor.renumbered);
        let after = since.zip(detail.arrived).is_some_and(|(since, at)| at > since);
        if detail.uid > self.cursor.there || after { Arrival::Live } else { Arrival::Backlog }
    }

    pub fn top(&self) -> u32 {
        self.top
    }

    pub fn len(&self) -> usize {
        self.live.len() + self.backlog.len()
    }

    /// New mail, ascending.
    pub fn arrived(&mut self, uids: &[u32]) {
        self.live.extend(uids);
        self.top = uids.last().copied().unwrap_or(self.top).max(self.top);
    }

    /// New mail waits.
    pub fn is_live(&self) -> bool {
        !self.live.is_empty()
    }

    pub fn waits(&self, uid: u32) -> bool {
        self.live.contains(&uid) || self.backlog.contains(&uid)
    }

    /// The oldest new mail.
    pub fn live(&self, most: usize) -> Vec<u32> {
        self.live.iter().take(most).copied().collect()
    }

    /// The oldest of the backlog.
    pub fn backlog(&self, most: usize) -> Vec<u32> {
        self.backlog.iter().take(most).copied().collect()
    }

    /// The next of the window that still wait, at most so many.
    pub fn next(&mut self, most: usize) -> VecDeque<Detail> {
        let mut next = VecDeque::new();
        while next.len() < most
            && let Some(detail) = self.window.pop_front()
        {
            if self.waits(detail.uid) {
                next.push_back(detail);
            }
        }
        next
    }

    pub fn done(&mut self, uid: u32) {
        self.live.remove(&uid);
        self.backlog.remove(&uid);
    }

    /// How far all is taken and moved, when that is further than the ledger knows.
    pub fn to_settle(&self) -> Option<Cursor> {
        let open = [self.live.first().copied(), self.backlog.first().copied(), self.moves.first()];
        let last_uid = open.into_iter().flatten().min().map_or(self.top, |first| first - 1);
        (last_uid > self.cursor.last_uid).then_some(Cursor { last_uid, ..self.cursor })
    }
}

#[cfg(test)]
mod tests {
    use super::super::moving::Destination;
    use super::*;
    use crate::routing::ids::Timestamp;
    use std::time::Duration;

    const FIRST: Timestamp = Timestamp(1_000_000_000);

    fn cursor(there: u32, renumbered: bool) -> Cursor {
        let (begun, first_read) = (Timestamp(0), Some(FIRST));
        Cursor { uid_validity: 1, last_uid: 4, begun, unseen: false, there, first_read, renumbered }
    }

    fn list(cursor: Cursor, listed: Vec<u32>) -> Worklist {
        Worklist::new(Selected { uid_validity: 1, uid_next: 11, ..Selected::default() }, cursor, listed)
    }

    fn detail(uid: u32, arrived: Option<Timestamp>) -> Detail {
        Detail { uid, size: 1, arrived }
    }

    #[test]
    fn it_is_settled_as_far_as_there_are_no_gaps() {
        let mut work = list(cursor(8, false), vec![6, 8, 10]);
        let settled = |work: &Worklist| work.to_settle().map(|cursor| cursor.last_uid);
        assert_eq!(settled(&work), Some(5), "there is no 5");
        work.cursor = work.to_settle().unwrap();
        work.arrived(&[11, 12, 13]);
        assert_eq!((work.backlog(3), work.live(2), work.top()), (vec![6, 8], vec![10, 11], 13));
        [8, 10].into_iter().for_each(|uid| work.done(uid));
        assert_eq!(settled(&work), None, "6 is still open");
        work.done(6);
        work.moves.add(6, Destination::Processed, Timestamp(0), Duration::ZERO);
        assert_eq!(settled(&work), None, "6 is taken and not yet moved");
        [11, 12, 13].into_iter().for_each(|uid| work.done(uid));
        assert_eq!((settled(&work), work.len(), work.is_live()), (None, 0, false));
        work.moves = Moves::default();
        assert_eq!(work.to_settle(), Some(Cursor { last_uid: 13, ..work.cursor }));
    }

    #[test]
    fn what_was_there_at_first_is_backlog_whenever_it_is_listed_and_whatever_its_date() {
        let work = list(cursor(8, false), vec![6, 8, 9]);
        let later = Some(FIRST + Span::secs(60));
        let came = [6, 8, 9].map(|uid| work.arrival(&detail(uid, later)));
        assert_eq!(came, [Arrival::Backlog, Arrival::Backlog, Arrival::Live]);
        assert_eq!((work.backlog(9), work.live(9)), (vec![6, 8], vec![9]));
    }

    #[test]
    fn numbered_anew_the_moment_a_mail_arrived_says_whether_it_is_new() {
        let mut work = list(cursor(10, true), vec![5, 6, 7]);
        work.hurry(vec![6, 7, 90]);
        assert_eq!((work.backlog(9), work.live(9)), (vec![5], vec![6, 7]), "only what waits");
        let came = |at| work.arrival(&detail(6, at));
        assert_eq!(came(Some(FIRST + SECOND)), Arrival::Live);
        assert_eq!([came(Some(FIRST)), came(None)], [Arrival::Backlog; 2], "in doubt");
        assert_eq!(work.arrival(&detail(11, None)), Arrival::Live);
        let unknown = Cursor { first_read: None, ..work.cursor };
        assert_eq!(list(unknown, vec![6]).arrival(&detail(6, Some(FIRST + SECOND))), Arrival::Backlog);
    }

    #[test]
    fn what_start_left_out_stays_left_out_when_the_folder_is_numbered_anew() {
        let begun = Cursor { begun: FIRST, ..cursor(10, true) };
        let ours = |cursor, uid, at| list(cursor, vec![uid]).is_ours(&detail(uid, Some(at)));
        assert!(!ours(begun, 6, FIRST + Span::secs(-2)) && ours(begun, 6, FIRST));
        assert!(ours(begun, 11, FIRST + Span::secs(-2)), "it came since");
        assert!(ours(Cursor { renumbered: false, ..begun }, 6, FIRST + Span::secs(-2)), "unseen");
        let mut work = list(begun, vec![6, 7]);
        work.unopened(vec![7]);
        let taken = [6, 7].map(|uid| work.is_ours(&detail(uid, Some(FIRST + Span::secs(-2)))));
        assert_eq!(taken, [false, true], "nobody has opened the second");
    }
}
