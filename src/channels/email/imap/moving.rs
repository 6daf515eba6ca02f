//! Moving mail away once it is safe: together, off the way of new mail, and as gently as the server allows.

use super::fetch::uid_set;
use super::session::{Selected, Session, quoted};
use super::trouble::Trouble;
use crate::routing::ids::{Span, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where a mail goes afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Destination {
    Processed,
    Quarantine,
    Oversize,
}

const DOING: &str = "moving mail";
/// Runs of neighbouring UIDs in one command: with up to 22 bytes each its line stays shorter than 8,192 bytes (RFC 7162 §4).
const RANGES_MOST: usize = 350;

/// Mail that is to be moved. All of it is on disk with us.
#[derive(Debug, Default)]
pub(super) struct Moves {
    waiting: BTreeMap<u32, Destination>,
    /// Not before; once it is reached all that waits is moved.
    due: Option<Timestamp>,
    /// Why the server would not, the last time.
    pub refused: Option<String>,
}

impl Moves {
    pub fn add(&mut self, uid: u32, to: Destination, now: Timestamp, every: Duration) {
        self.waiting.insert(uid, to);
        self.due.get_or_insert(now + span(every));
    }

    /// The first mail that still is where it was.
    pub fn first(&self) -> Option<u32> {
        self.waiting.keys().next().copied()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How long until it is time; `None` when nothing waits, or when `more` is about to: then moves wait for a whole batch.
    pub fn due_in(&self, now: Timestamp, batch: usize, more: bool) -> Option<Duration> {
        if self.refused.is_none() {
            if self.waiting.len() >= batch {
                return Some(Duration::ZERO);
            }
            if more {
                return None;
            }
        }
        let left = self.due? - now;
        Some(Duration::from_micros(left.0.max(0) as u64))
    }

    /// Moves all that waits. What the server refuses waits for a later time.
    pub async fn flush(
        &mut self,
        session: &mut Session,
        open: &Selected,
        folder_of: impl Fn(Destination) -> String,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        (self.due, self.refused) = (None, None);
        for to in [Destination::Processed, Destination::Quarantine, Destination::Oversize] {
            let all: Vec<u32> = self.waiting.iter().filter(|(_, at)| **at == to).map(|(uid, _)| *uid).collect();
            let folder = folder_of(to);
            for uids in pieces(&all, session.limits.move_batch, RANGES_MOST) {
                if !folder.is_empty() {
                    match session.move_away(uids, &folder, open).await {
                        Ok(()) => {}
                        Err(Trouble::Refused { text, .. }) => {
                            self.refused = Some(format!("mail cannot be moved to {folder}: {text}"));
                            self.due = Some(now + span(session.limits.move_again));
                            break;
                        }
                        Err(trouble) => return Err(trouble),
                    }
                }
                for uid in uids {
                    self.waiting.remove(uid);
                }
            }
        }
        Ok(())
    }
}

/// UIDs, ascending, in pieces of so many mails and of so many runs of neighbours: that is how long a command's line gets.
fn pieces(uids: &[u32], mails: usize, ranges: usize) -> Vec<&[u32]> {
    let mut pieces = Vec::new();
    let (mut from, mut runs) = (0, 1);
    for (at, pair) in uids.windows(2).enumerate() {
        let next = at + 1;
        let follows = pair[0].checked_add(1) == Some(pair[1]);
        runs += usize::from(!follows);
        if next - from >= mails || runs > ranges {
            pieces.push(&uids[from..next]);
            (from, runs) = (next, 1);
        }
    }
    pieces.extend(Some(&uids[from..]).filter(|rest| !rest.is_empty()));
    pieces
}

fn span(duration: Duration) -> Span {
    Span::millis(duration.as_millis() as i64)
}

impl Session {
    /// Moves mail of the open folder. To move what is gone already is no error, so this may be repeated.
    async fn move_away(&mut self, uids: &[u32], folder: &str, open: &Selected) -> Result<(), Trouble> {
        let set = uid_set(uids);
        let within = self.limits.moving(uids.len());
        if self.can("MOVE") {
            let line = format!("UID MOVE {set} {}", quoted(folder)); // RFC 6851
            return self.put_away(&line, within, folder).await;
        }
        if self.can("UIDPLUS") {
            self.put_away(&format!("UID COPY {set} {}", quoted(folder)), within, folder).await?;
            self.command(DOING, &format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"), within, |_| {}).await?;
            return self.command(DOING, &format!("UID EXPUNGE {set}"), within, |_| {}).await; // RFC 4315: only these
        }
        // EXPUNGE alone would also remove what a person has marked for deletion: mail stays, and is marked as done.
        let keyword = if open.keywords { " $Steelbridge" } else { "" };
        self.command(DOING, &format!("UID STORE {set} +FLAGS.SILENT (\\Seen{keyword})"), within, |_| {}).await
    }

    /// Makes the folder when the server says that this is what is missing.
    async fn put_away(&mut self, line: &str, within: Duration, folder: &str) -> Result<(), Trouble> {
        match self.command(DOING, line, within, |_| {}).await {
            Err(Trouble::Refused { no_folder: true, .. }) => {
                self.create_folder(folder).await?;
                self.command(DOING, line, within, |_| {}).await
            }
            outcome => outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_moves_so_many_and_its_line_stays_short() {
        let none: [&[u32]; 0] = [];
        assert_eq!(pieces(&[], 3, 2), none);
        assert_eq!(pieces(&[1, 2, 3, 4, 5, 6, 7], 3, 2), [&[1, 2, 3][..], &[4, 5, 6], &[7]]);
        assert_eq!(pieces(&[1, 3, 5, 6, 8], 9, 2), [&[1, 3][..], &[5, 6, 8]]);
        let far_apart: Vec<u32> = (0..1_000).map(|n| u32::MAX - 5_000 + n * 3).collect();
        let longest = pieces(&far_apart, 1_000, RANGES_MOST).into_iter().map(|uids| uid_set(uids).len()).max();
        assert!(longest.expect("some") < 8_000);
    }

    #[test]
    fn while_more_mail_is_taken_moves_wait_for_a_whole_batch() {
        let (now, every) = (Timestamp(0), Duration::from_secs(5));
        let later = now + Span::secs(60);
        let mut moves = Moves::default();
        assert_eq!(moves.due_in(later, 2, false), None, "nothing is to be moved");
        moves.add(7, Destination::Processed, now, every);
        assert_eq!(moves.due_in(later, 2, true), None);
        assert_eq!((moves.due_in(now, 2, false), moves.due_in(later, 2, false)), (Some(every), Some(Duration::ZERO)));
        moves.add(8, Destination::Processed, now, every);
        assert_eq!(moves.due_in(now, 2, true), Some(Duration::ZERO));
        moves.refused = Some("there is no room".into());
        assert_eq!(moves.due_in(now, 2, true), Some(every), "a refusal is not repeated at once");
    }
}
